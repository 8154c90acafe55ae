//! Reading, checking and writing scenarios.

use drift_sim::engine::{CheckpointEvery, ExplicitSampling, LogarithmicSampling, Sampling};
use drift_sim::learn::{AdamSettings, SedSettings, SgdSettings};
use drift_sim::scenario::{NoiseSpec, RuleSpec, SpectrumKind, TaskSpec, ValleyStart};
use drift_sim::{Error, Scenario, UncheckedScenario, presets};
use proptest::prelude::*;

fn random() -> UncheckedScenario {
    presets::preset("random-sgd").unwrap().into_unchecked()
}

fn refusal(change: impl FnOnce(&mut UncheckedScenario)) -> String {
    let mut unchecked = random();
    change(&mut unchecked);
    Scenario::try_from(unchecked).unwrap_err().to_string()
}

#[test]
fn refusals_name_field_value_and_range() {
    assert_eq!(
        refusal(|s| s.steps = 0),
        "steps is 0; expected 1 to 1000000000000000"
    );
    assert_eq!(
        refusal(|s| s.seed = u64::MAX),
        "seed is 18446744073709551615; expected 0 to 9223372036854775807"
    );
    assert_eq!(
        refusal(|s| s.network.hidden = 0.into()),
        "network.hidden is 0; expected 1 to 10000000"
    );
    assert_eq!(
        refusal(|s| s.noise.label = NoiseSpec::uniform(f64::NAN)),
        "noise.label.uniform.width is NaN; expected a finite number >= 0"
    );
    assert_eq!(
        refusal(|s| s.rule = RuleSpec::Adam(AdamSettings {
            square_decay: 1.0,
            ..AdamSettings::default()
        })),
        "rule.adam.square_decay is 1; expected 0 <= value < 1"
    );
    assert_eq!(
        refusal(|s| s.rule = RuleSpec::Sed(SedSettings {
            learning_rate: f64::INFINITY,
            ..SedSettings::default()
        })),
        "rule.sed.learning_rate is inf; expected a finite number > 0"
    );
    assert_eq!(
        refusal(|s| s.sampling = Sampling::linear(0)),
        "sampling.linear.samples is 0; expected 1 to 10000000"
    );
    assert_eq!(
        refusal(|s| {
            s.steps = 10;
            s.sampling = Sampling::Explicit(ExplicitSampling { steps: vec![0, 11] });
        }),
        "sampling.explicit.steps is 11; expected at most steps (10)"
    );
    assert_eq!(
        refusal(|s| s.checkpoint = CheckpointEvery {
            seconds: Some(-1.0),
            steps: None
        }),
        "checkpoint.seconds is -1; expected a finite number > 0"
    );
    for (field, value) in [
        ("checkpoint.seconds", "1e300"),
        ("spectrum.samples", "1000000000000"),
        ("measures.bins", "1000000000000"),
        ("network.hidden", "1000000000000"),
    ] {
        let message = refusal(|s| s.set(&format!("{field}={value}")).unwrap());
        assert!(message.starts_with(&format!("{field} is 1")), "{message}");
    }
    assert_eq!(
        refusal(|s| s.stop.maximum_loss = f64::NAN),
        "stop.maximum_loss is NaN; expected a finite number > 0"
    );
}

#[test]
fn refusals_of_the_tasks_carry_the_whole_path() {
    let message = refusal(|s| s.set("task.random.samples=0").unwrap());
    assert!(
        message.starts_with("task.random.samples is 0; expected"),
        "{message}"
    );
    let message = refusal(|s| s.set("task.corridor.arena.size_x=-1.0").unwrap());
    assert!(
        message.starts_with("task.corridor.arena.size_x is -1; expected"),
        "{message}"
    );
    let message = refusal(|s| s.set("task.corridor.motion.speed_std=nan").unwrap());
    assert!(
        message.starts_with("task.corridor.motion.speed_std is NaN; expected"),
        "{message}"
    );
    let message = refusal(|s| {
        s.set("task={random={samples=1,output_dimension=1}}")
            .unwrap()
    });
    assert!(message.contains("at least 2 targets"), "{message}");
}

#[test]
fn the_valley_takes_no_data_noise() {
    let message = refusal(|s| {
        s.task = TaskSpec::Valley(ValleyStart::default());
        s.noise.input = NoiseSpec::gaussian(0.1);
    });
    assert_eq!(
        message,
        "noise.input is gaussian; expected none: the valley has no data"
    );
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    let message = |text: &str| Scenario::from_toml(text).unwrap_err().to_string();
    let unknown = message("task = 'random'\n[network]\nhiden = 3");
    assert!(
        unknown.starts_with("unknown field network.hiden (did you mean hidden?)"),
        "{unknown}"
    );
    let unknown = message("task = 'randm'");
    assert!(unknown.contains("did you mean random?"), "{unknown}");
    let unknown = message("task = 'random'\nrule.sdg.learning_rate = 0.1");
    assert!(
        unknown.contains("rule.sdg (did you mean sgd?)"),
        "{unknown}"
    );
    let unknown = message("task = 'random'\nnetwork.regime = 'rihc'");
    assert!(unknown.contains("did you mean rich?"), "{unknown}");
    let unknown = Scenario::from_json(r#"{"task": "random", "stpes": 3}"#).unwrap_err();
    assert!(
        unknown.to_string().contains("did you mean steps?"),
        "{unknown}"
    );
    assert!(matches!(
        presets::preset("xyzzy"),
        Err(Error::UnknownPreset { nearest: None, .. })
    ));
}

/// Every number of a tree in turn, replaced by `value`.
fn with_one_replaced(
    tree: &serde_json::Value,
    value: &serde_json::Value,
) -> Vec<serde_json::Value> {
    let mut all = Vec::new();
    match tree {
        serde_json::Value::Object(fields) => {
            for (key, field) in fields {
                for replaced in with_one_replaced(field, value) {
                    let mut fields = fields.clone();
                    fields.insert(key.clone(), replaced);
                    all.push(fields.into());
                }
            }
        }
        // An option that may hold a number.
        serde_json::Value::Number(_) | serde_json::Value::Null => all.push(value.clone()),
        _ => {}
    }
    all
}

#[test]
fn whatever_is_checked_can_be_written_and_read_again() {
    let mut accepted = 0;
    for name in [
        "random-sgd",
        "figure2",
        "predictive-adam",
        "smoothed-sed",
        "valley",
    ] {
        let mut unchecked = presets::preset(name).unwrap().into_unchecked();
        unchecked.checkpoint.steps = Some(7);
        unchecked.spectrum.first = Some(2);
        unchecked.spectrum.last = Some(2);
        let tree = serde_json::to_value(&unchecked).unwrap();
        for value in [u64::MAX, i64::MAX as u64 + 1, i64::MAX as u64, 0, 1] {
            for replaced in with_one_replaced(&tree, &value.into()) {
                let text = replaced.to_string();
                let Ok(mut unchecked) = UncheckedScenario::from_json(&text) else {
                    continue;
                };
                // Unchecked numbers may be anything, and still fields can be set.
                let _ = unchecked.clone().set("name=other");
                let _ = unchecked.set("steps=1000");
                let Ok(scenario) = Scenario::from_json(&text) else {
                    continue;
                };
                accepted += 1;
                assert_eq!(Scenario::from_toml(&scenario.to_toml()).unwrap(), scenario);
                assert_eq!(Scenario::from_json(&scenario.to_json()).unwrap(), scenario);
            }
        }
    }
    assert!(accepted > 200, "{accepted} were accepted");
    assert_eq!(
        refusal(|s| s.stop.from_step = u64::MAX),
        "stop.from_step is 18446744073709551615; expected at most 9223372036854775807"
    );
    assert_eq!(
        refusal(|s| s.network.initial = Some(std::path::PathBuf::new().into())),
        "network.initial is \"\"; expected a path in UTF-8, not empty"
    );
    let mut unchecked = random();
    unchecked.seed = u64::MAX;
    let message = unchecked.set("steps=5").unwrap_err().to_string();
    assert_eq!(
        message,
        "seed is 18446744073709551615; expected at most 9223372036854775807"
    );
}

#[cfg(unix)]
#[test]
fn paths_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStringExt;
    let file = std::path::PathBuf::from(std::ffi::OsString::from_vec(vec![b'f', 0xff]));
    for message in [
        refusal(|s| s.network.initial = Some(file.clone().into())),
        refusal(|s| s.task = TaskSpec::File(file.clone().into())),
    ] {
        assert!(
            message.ends_with("expected a path in UTF-8, not empty"),
            "{message}"
        );
    }
}

#[test]
fn broken_text_says_where() {
    let error = Scenario::from_toml("task = 'random'\nsteps = = 3")
        .unwrap_err()
        .to_string();
    assert!(error.contains("line 2"), "{error}");
    let error = Scenario::from_toml("task = 'random'\nsteps = 'many'")
        .unwrap_err()
        .to_string();
    assert!(error.contains("steps"), "{error}");
    let error = Scenario::from_toml("steps = 3").unwrap_err().to_string();
    assert!(error.contains("task"), "{error}");
    assert!(Scenario::from_json("{").is_err());
    assert!(Scenario::from_toml("task = 'random'\nsteps = -3").is_err());
}

#[test]
fn overrides_replace_choices_and_leave_a_failed_scenario_alone() {
    let mut scenario = random();
    scenario.set("noise.label.uniform.width = 0.5").unwrap();
    assert_eq!(scenario.noise.label, NoiseSpec::uniform(0.5));
    scenario.set("noise.label=none").unwrap();
    assert_eq!(scenario.noise.label, NoiseSpec::None);
    scenario.set("sampling.logarithmic.samples=7").unwrap();
    assert_eq!(
        scenario.sampling,
        Sampling::Logarithmic(LogarithmicSampling {
            samples: 7,
            first: 1
        })
    );
    scenario.set("rule=rmsprop").unwrap();
    assert_eq!(scenario.rule.kind(), "rmsprop");
    scenario.set("rule.rmsprop.learning_rate=1").unwrap();
    assert_eq!(scenario.rule.learning_rate(), 1.0);
    scenario.set("spectrum.kind=exact").unwrap();
    assert_eq!(scenario.spectrum.kind, SpectrumKind::Exact);
    scenario.set("name=42 and more").unwrap();
    assert_eq!(scenario.name, "42 and more");
    scenario.set("task.file=own.npz").unwrap();
    assert_eq!(
        scenario.task,
        TaskSpec::File(std::path::PathBuf::from("own.npz").into())
    );

    let before = scenario.clone();
    for wrong in [
        "steps",
        "steps.more=3",
        "=3",
        "seed=x",
        "netwrk.hidden=3",
        "a..b=1",
    ] {
        assert!(scenario.set(wrong).is_err(), "{wrong}");
        assert_eq!(scenario, before);
    }
}

#[test]
fn every_preset_is_listed_once_valid_and_round_trips() {
    let list = presets::presets();
    let mut names: Vec<_> = list.iter().map(|preset| preset.name.clone()).collect();
    assert_eq!(names.len(), 3 + 6 * 4 * 3 + 6 + 3);
    for preset in &list {
        assert!(!preset.description.contains('\n'));
        let scenario = presets::preset(&preset.name).unwrap();
        assert_eq!(scenario.name(), preset.name);
        assert_eq!(Scenario::from_toml(&scenario.to_toml()).unwrap(), scenario);
        assert_eq!(Scenario::from_json(&scenario.to_json()).unwrap(), scenario);
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), list.len());
}

#[test]
fn figure2_is_the_published_configuration() {
    let scenario = presets::preset("figure2").unwrap();
    let spec = scenario.spec();
    assert_eq!(spec.steps, 1_000_000);
    assert_eq!(spec.network.hidden, 500);
    assert_eq!(spec.network.regime, drift_sim::net::Regime::Lazy);
    assert_eq!(spec.rule, RuleSpec::Sgd(SgdSettings { learning_rate: 0.1 }));
    assert_eq!(
        spec.noise.update.distribution,
        NoiseSpec::gaussian(0.013894954943731374)
    );
    assert_eq!(spec.noise.label, NoiseSpec::None);
    let TaskSpec::Corridor(corridor) = spec.task else {
        panic!("not a corridor")
    };
    assert_eq!((corridor.samples, corridor.field_of_view.pixels), (150, 17));
    assert_eq!(
        (
            corridor.arena.size_x,
            corridor.arena.size_y,
            corridor.kernel
        ),
        (1.0, 14.0, 0.09)
    );
}

/// Any scenario of the table tasks whose numbers are in range.
fn scenarios() -> impl Strategy<Value = UncheckedScenario> {
    let rule = prop_oneof![
        (1e-9..10.0).prop_map(|learning_rate| format!("rule.sgd.learning_rate={learning_rate:?}")),
        (0.0..1.0).prop_map(|decay: f64| format!("rule.adam.mean_decay={decay:?}")),
        (1e-30..1.0).prop_map(|epsilon: f64| format!("rule.rmsprop.epsilon={epsilon:?}")),
        Just("rule=sed".to_owned()),
    ];
    let noise = prop_oneof![
        Just(NoiseSpec::None),
        (0.0..1e3).prop_map(NoiseSpec::gaussian),
        (0.0..1e-3).prop_map(NoiseSpec::uniform),
    ];
    let task = prop_oneof![
        Just("task=random"),
        Just("task=smoothed"),
        Just("task.predictive.scene_std=3.7"),
        Just("task.corridor.perimeter=arc_length"),
        Just("task.file='a \"b\".npz'"),
    ];
    // What else a file can say, one thing at a time.
    let more = prop_oneof![
        (2..500_usize).prop_map(|n| format!("sampling.logarithmic={{samples={n}, first=1}}")),
        Just("sampling.explicit.steps=[0]".to_owned()),
        (0.01..0.99)
            .prop_map(|slope: f64| format!("network.activation.leaky_relu.slope={slope:?}")),
        Just("network.activation=tanh".to_owned()),
        Just("network.regime=rich".to_owned()),
        Just("network.initial='./start \u{e9}.npz'".to_owned()),
        (0.0..9.0).prop_map(|width: f64| format!("measures.smoothing={width:?}")),
        (1e-3..1e9).prop_map(|limit: f64| format!("stop.maximum_loss={limit:?}")),
        Just("stop.all_units_inactive=false".to_owned()),
        Just("spectrum={samples=3, kind='exact', last=2}".to_owned()),
        (1..1_000_000_u64).prop_map(|steps| format!("checkpoint.steps={steps}")),
        Just("noise.update.place=parameters".to_owned()),
    ];
    let seconds = proptest::option::of(1e-3..1e6);
    let names = "[ -~]{0,12}";
    (
        names,
        0..=i64::MAX as u64,
        1..1_000_000_u64,
        rule,
        noise,
        task,
        seconds,
        more,
    )
        .prop_map(|(name, seed, steps, rule, noise, task, seconds, more)| {
            let mut scenario = random();
            scenario.name = name;
            scenario.seed = seed;
            scenario.steps = steps;
            scenario.set(&rule).unwrap();
            scenario.set(task).unwrap();
            scenario.noise.update.distribution = noise.clone();
            scenario.noise.input = noise;
            scenario.checkpoint = CheckpointEvery {
                seconds,
                steps: None,
            };
            scenario.spectrum.first = seconds.map(|seconds| seconds as usize);
            scenario.set(&more).unwrap();
            // The exact spectrum is the ReLU's.
            if scenario.network.activation != drift_sim::net::Activation::Relu {
                scenario.spectrum.kind = SpectrumKind::Trace;
            }
            scenario
        })
}

proptest! {
    #[test]
    fn toml_and_json_give_the_scenario_back(unchecked in scenarios()) {
        let scenario = Scenario::try_from(unchecked).unwrap();
        prop_assert_eq!(&Scenario::from_toml(&scenario.to_toml()).unwrap(), &scenario);
        prop_assert_eq!(&Scenario::from_json(&scenario.to_json()).unwrap(), &scenario);
    }
}

#[test]
fn the_spectrum_falls_on_sampling_points() {
    let mut scenario = random();
    scenario.steps = 1000;
    scenario.sampling = Sampling::linear(101);
    scenario.spectrum.samples = 11;
    let points = scenario.sampling.points(1000);
    let chosen = |scenario: &UncheckedScenario| -> Vec<u64> {
        let selection = scenario.spectrum.selection(&points);
        points
            .iter()
            .zip(selection)
            .filter(|(_, chosen)| *chosen)
            .map(|(&point, _)| point)
            .collect()
    };
    assert_eq!(
        chosen(&scenario),
        (0..=10).map(|k| 100 * k).collect::<Vec<u64>>()
    );
    scenario.spectrum.first = Some(2);
    scenario.spectrum.last = Some(3);
    assert_eq!(chosen(&scenario), [0, 100, 800, 900, 1000]);
    scenario.spectrum.samples = 0;
    assert_eq!(chosen(&scenario), Vec::<u64>::new());
}

/// The case `small` of the shared folder.
#[test]
fn what_people_write_is_read_or_refused_by_name() {
    let mut scenario = random();
    for (written, rate) in [(".5", 0.5), ("5.", 5.0), ("+.25", 0.25), ("1", 1.0)] {
        scenario
            .set(&format!("rule.sgd.learning_rate={written}"))
            .unwrap();
        assert_eq!(scenario.rule.learning_rate(), rate);
    }
    let broken = scenario.set("steps=3\nseed=4").unwrap_err().to_string();
    assert!(broken.contains("a value with a line break"), "{broken}");
    let marked = Scenario::from_json("\u{feff}{\"task\": \"random\"}").unwrap();
    assert_eq!(marked.spec().task.kind(), "random");
    let null = Scenario::from_json(r#"{"task": "random", "network": {"hidden": null}}"#);
    assert_eq!(
        null.unwrap_err().to_string(),
        "scenario (JSON) cannot be read: network.hidden is null; leave a field out for its default"
    );
    let folder = tempfile::tempdir().unwrap();
    let text = "\u{feff}task = 'random'\nsteps = 5";
    for name in ["scenario.TOML", "scenario"] {
        std::fs::write(folder.path().join(name), text).unwrap();
        let registry = drift_sim::Registry::new();
        let read = registry.read_scenario(folder.path().join(name)).unwrap();
        assert_eq!(read.steps, 5);
    }
}

#[test]
fn a_file_is_a_path_or_a_path_with_its_content_pinned() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.npz"), "anything").unwrap();
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, "task.file = 'own.npz'").unwrap();
    let pinned = drift_sim::Registry::new().read_scenario(&path).unwrap();
    let TaskSpec::File(file) = &pinned.task else {
        panic!("{:?}", pinned.task);
    };
    assert_eq!(file.path(), folder.path().join("own.npz"));
    let text = Scenario::try_from(pinned.clone()).unwrap().to_toml();
    assert!(text.contains("fingerprint = \""), "{text}");
    assert_eq!(UncheckedScenario::from_toml(&text).unwrap(), pinned);
    // Read again, it keeps what it was pinned to.
    std::fs::write(&path, &text).unwrap();
    std::fs::write(folder.path().join("own.npz"), "something else").unwrap();
    let again = drift_sim::Registry::new().read_scenario(&path).unwrap();
    assert_eq!(again, pinned);
    std::fs::remove_file(folder.path().join("own.npz")).unwrap();
    std::fs::write(&path, "task.file = 'own.npz'").unwrap();
    assert!(drift_sim::Registry::new().read_scenario(&path).is_err());
}
