//! Runs of similarity matching: what is written, what is refused, and that an interrupted run is
//! the uninterrupted one.

use std::fs;
use std::ops::ControlFlow;

use super::interrupted::{StopAt, create, files, open, tear, tear_checkpoint, whole};
use drift_sim::engine;
use drift_sim::learn::Streams;
use drift_sim::learn::similarity_matching::{SimilarityRun, population_vector_correlation};
use drift_sim::scenario::TaskSpec;
use drift_sim::similarity::{Responses, correlation, phases};
use drift_sim::{
    Error, Moment, Outcome, Registry, RunRecord, Scenario, System, UncheckedScenario, presets,
};
use proptest::prelude::*;
use tempfile::tempdir;

const PRESETS: [&str; 6] = [
    "ring",
    "ring-feedforward-noise",
    "ring-lateral-noise",
    "ring-noise",
    "place",
    "principal-subspace",
];

const STEPS: u64 = 60;

/// A preset in miniature.
fn small(preset: &str) -> UncheckedScenario {
    let mut scenario = presets::preset(preset).unwrap().into_unchecked();
    scenario.set_steps(STEPS);
    for set in [
        "sampling.decades.every=20",
        "sampling.decades.per_decade=3",
        "reference=40",
    ] {
        scenario.set(set).unwrap();
    }
    let sets: &[&str] = match preset {
        "place" => &[
            "network.units=12",
            "network.channels=24",
            "inputs.grid_cells.modules=1",
            "inputs.grid_cells.positions=20",
            "inputs.grid_cells.offsets=2",
            "network.similarity_offset=2",
            "network.settling.max_iterations=200",
        ],
        "principal-subspace" => &[],
        _ => &[
            "network.units=8",
            "inputs.ring.points=40",
            "network.settling.max_iterations=200",
        ],
    };
    for set in sets {
        scenario.set(set).unwrap();
    }
    scenario
}

fn checked(scenario: UncheckedScenario) -> Scenario {
    scenario.try_into().unwrap()
}

#[test]
fn a_run_writes_its_files_and_reads_them_back() {
    let parent = tempdir().unwrap();
    for preset in PRESETS {
        let directory = parent.path().join(preset);
        let scenario = checked(small(preset));
        let names: Vec<_> = whole(&directory, &scenario).into_keys().collect();
        let expected = [
            "checkpoint",
            "lock",
            "outcome.toml",
            "responses.npz",
            "scenario.toml",
            "trace.csv",
        ];
        assert_eq!(names, expected);

        let mut simulation = Registry::new().simulation(&scenario).unwrap();
        simulation.run(&mut ()).unwrap();
        let record = RunRecord::read(&directory).unwrap();
        assert_eq!(record.scenario, scenario);
        assert_eq!(record.dataset, None);
        assert_eq!(record.trace.to_csv(), simulation.trace().to_csv());
        let samples = record.trace.samples();
        let steps: Vec<u64> = samples.iter().map(|sample| sample.step).collect();
        assert_eq!(steps, [0, 1, 2, 5, 10, 20, 22, 40, 46, 60]);
        let responses = Responses::read(&record).unwrap().unwrap();
        assert_eq!(responses.steps, [0, 20, 40, 60]);
        let last = simulation.system().vector(0, STEPS).unwrap();
        assert_eq!(responses.at(3).as_slice(), &last[..]);
        assert!(simulation.system().vector(0, 46).is_none());
        assert_eq!(record.outcome, Some(Outcome::Completed { step: STEPS }));
        phases(&record, &responses).unwrap();

        for sample in samples {
            let correlation = sample.get("population_vector_correlation");
            assert_eq!(correlation.is_some(), sample.step >= 40, "{sample:?}");
            assert!(sample.step != 40 || (correlation.unwrap() - 1.0).abs() < 1e-12);
            let linear = preset == "principal-subspace";
            assert_eq!(sample.get("active_fraction").is_none(), linear);
            assert_eq!(sample.get("subspace_error").is_some(), linear);
        }

        // An ended run opens and is still ended.
        let mut run = open(&directory).unwrap();
        assert_eq!(
            run.run(&mut ()).unwrap(),
            Outcome::Completed { step: STEPS }
        );
        assert_eq!(run.simulation().trace(), simulation.trace());
        assert_eq!(Scenario::from_toml(&scenario.to_toml()).unwrap(), scenario);
    }
}

#[test]
fn only_similarity_matching_has_responses() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("valley");
    let mut valley = presets::preset("valley").unwrap().into_unchecked();
    valley.set_steps(10);
    let mut run = create(&directory, &valley.try_into().unwrap()).unwrap();
    run.run(&mut ()).unwrap();
    let record = RunRecord::read(&directory).unwrap();
    assert_eq!(Responses::read(&record).unwrap(), None);
}

#[test]
fn a_preset_is_the_experiment_of_its_name() {
    let scenario = checked(small("ring"));
    let mut simulation = Registry::new().simulation(&scenario).unwrap();
    simulation.run(&mut ()).unwrap();
    let TaskSpec::SimilarityMatching(settings) = &scenario.spec().task else {
        panic!("{:?}", scenario.spec().task);
    };
    let mut run = SimilarityRun::new(*settings, &Streams::new(0)).unwrap();
    for sample in simulation.trace().samples() {
        while run.steps() < sample.step {
            run.step().unwrap();
        }
        let row = run.row(&run.responses().unwrap()).unwrap();
        assert_eq!(Some(row.loss), sample.get("loss"));
        assert_eq!(Some(row.active_fraction), sample.get("active_fraction"));
        assert_eq!(
            row.population_vector_correlation,
            sample.get("population_vector_correlation")
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn an_interrupted_run_is_the_uninterrupted_one(
        preset in prop::sample::select(vec!["ring", "ring-lateral-noise", "place", "principal-subspace"]),
        mut stops in prop::collection::vec(1..=STEPS, 1..4),
        checkpoint in prop::sample::select(vec!["steps=7", "seconds=1e-9", "seconds=1000"]),
        seed in 0..1000u64,
    ) {
        let parent = tempdir().unwrap();
        let mut scenario = small(preset);
        scenario.seed = seed;
        scenario.set(&format!("checkpoint={{ {checkpoint} }}")).unwrap();
        let scenario = checked(scenario);
        let expected = whole(&parent.path().join("whole"), &scenario);
        let directory = parent.path().join("parts");
        let mut run = create(&directory, &scenario).unwrap();
        stops.sort_unstable();
        stops.dedup();
        for stop in stops {
            prop_assert_eq!(run.run(&mut StopAt(stop)).unwrap(), Outcome::Stopped { step: stop });
            let record = RunRecord::read(&directory).unwrap();
            prop_assert_eq!(record.outcome, None);
            prop_assert_eq!(record.trace.to_csv(), run.simulation().trace().to_csv());
            drop(run);
            run = open(&directory).unwrap();
            prop_assert_eq!(run.simulation().steps_done(), stop);
        }
        run.run(&mut ()).unwrap();
        drop(run);
        prop_assert!(files(&directory) == expected);
    }
}

/// What a kill leaves behind, put together by hand: an old checkpoint, later rows, torn ends.
#[test]
fn rows_after_the_checkpoint_stay_and_torn_ends_are_cut() {
    let parent = tempdir().unwrap();
    let scenario = checked(small("ring"));
    let expected = whole(&parent.path().join("whole"), &scenario);
    let directory = parent.path().join("killed");
    let mut run = create(&directory, &scenario).unwrap();
    run.run(&mut StopAt(15)).unwrap();
    let old = fs::read(directory.join("checkpoint")).unwrap();
    run.run(&mut StopAt(45)).unwrap();
    drop(run);
    for torn in ["trace.csv", "responses.bin"] {
        tear(&directory.join(torn));
    }
    tear_checkpoint(&directory, &old);
    let record = RunRecord::read(&directory).unwrap();
    assert_eq!(record.trace.samples().len(), 8);
    let mut run = open(&directory).unwrap();
    assert_eq!(run.simulation().steps_done(), 15);
    run.run(&mut ()).unwrap();
    drop(run);
    assert!(files(&directory) == expected);

    // Killed between the last sample and the last checkpoint, or that and the outcome.
    for has_checkpoint in [false, true] {
        let directory = parent.path().join(format!("last-{has_checkpoint}"));
        let mut run = create(&directory, &scenario).unwrap();
        let outcome = run.run(&mut |moment: &Moment<'_, Box<dyn System>>| {
            Ok(if moment.step == STEPS {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        });
        assert_eq!(outcome.unwrap(), Outcome::Stopped { step: STEPS });
        drop(run);
        if has_checkpoint {
            fs::write(directory.join("checkpoint"), &expected["checkpoint"]).unwrap();
        } else {
            fs::write(directory.join("checkpoint"), &old).unwrap();
        }
        fs::remove_file(directory.join("responses.npz")).unwrap();
        let mut run = open(&directory).unwrap();
        assert!(run.run(&mut ()).unwrap().is_final());
        drop(run);
        assert!(files(&directory) == expected);
    }

    // A row that the run does not give is not taken for one of its own.
    let directory = parent.path().join("other");
    let mut run = create(&directory, &scenario).unwrap();
    run.run(&mut StopAt(45)).unwrap();
    drop(run);
    fs::write(directory.join("checkpoint"), &old).unwrap();
    let text = fs::read_to_string(directory.join("trace.csv")).unwrap();
    fs::write(directory.join("trace.csv"), text.replace("\n40,", "\n40,1")).unwrap();
    let mut run = open(&directory).unwrap();
    let refused = run.run(&mut ());
    assert!(matches!(refused, Err(engine::Error::Corrupt { .. })));
    assert!(run.run(&mut ()).is_err(), "went on after a failed write");
}

#[test]
fn a_run_that_is_no_longer_finite_ends_and_says_so() {
    let parent = tempdir().unwrap();
    let mut scenario = small("ring");
    scenario.set("network.feedforward_noise=1e308").unwrap();
    scenario.set("network.settling.max_iterations=5").unwrap();
    let scenario = checked(scenario);
    let directory = parent.path().join("run");
    let mut run = create(&directory, &scenario).unwrap();
    let outcome = run.run(&mut ()).unwrap();
    assert!(
        outcome.step() > 0 && outcome.kind() == "not_finite",
        "{outcome}"
    );
    drop(run);
    let mut run = open(&directory).unwrap();
    assert_eq!(run.run(&mut ()).unwrap(), outcome);
    let record = RunRecord::read(&directory).unwrap();
    assert_eq!(record.outcome, Some(outcome));
    assert_eq!(
        record.trace.samples().len(),
        run.simulation().trace().samples().len()
    );
}

#[test]
fn correlations_are_those_of_population_vectors() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    whole(&directory, &checked(small("ring")));
    let record = RunRecord::read(&directory).unwrap();
    let responses = Responses::read(&record).unwrap().unwrap();
    let all = correlation(&responses);
    for one in 0..4 {
        for other in 0..4 {
            let [a, b] = [one, other].map(|index| responses.at(index));
            let expected = population_vector_correlation(a.as_view(), b.as_view())
                .unwrap()
                .unwrap();
            assert!((all[(one, other)] - expected).abs() < 1e-12);
        }
    }
}

#[test]
fn what_cannot_be_run_is_refused_by_name() {
    let refused = |preset: &str, set: &str| -> String {
        let mut scenario = small(preset);
        match scenario.set(set) {
            Err(error) => error.to_string(),
            Ok(()) => Scenario::try_from(scenario).unwrap_err().to_string(),
        }
    };
    let at = "task.similarity_matching";
    for (set, expected) in [
        ("network.units=0", "network.units is 0"),
        ("network.learning_rate=nan", "network.learning_rate is NaN"),
        (
            "network.settling.start.uniform.width=-1",
            "network.settling.start.uniform.width is -1",
        ),
        ("inputs.ring.points=0", "inputs.ring.points is 0"),
        (
            "network.channels=3",
            "network.channels is 3; expected 2, as inputs has",
        ),
        ("active.above=-1", "active.above is -1"),
        (
            "reference=61",
            "reference is 61; expected at most steps (60)",
        ),
    ] {
        let message = refused("ring", set);
        assert!(
            message.starts_with(&format!("{at}.{expected}")),
            "{set}: {message}"
        );
        // With the whole path it is the same.
        assert_eq!(refused("ring", &format!("{at}.{set}")), message);
    }
    for (preset, set, expected) in [
        (
            "ring",
            "network.unit=3",
            "unknown field task.similarity_matching.network.unit (did you mean units?)",
        ),
        ("ring", "inputs.square.points=3", "square"),
        (
            "ring",
            "sampling.decades.every=0",
            "sampling.decades.every is 0",
        ),
        (
            "ring",
            "sampling.decades.per_decade=1001",
            "sampling.decades.per_decade is 1001",
        ),
        ("ring", "steps=0", "steps is 0"),
        ("ring", "seed=-1", "seed"),
        ("ring", "checkpoint.seconds=0", "checkpoint.seconds is 0"),
        ("ring", "network", "there is no `=`"),
        (
            "principal-subspace",
            "network.units=11",
            "task.principal_subspace.network.units is 11",
        ),
        (
            "principal-subspace",
            "active={ above = 1, more_than = 0 }",
            "unknown field task.principal_subspace.active",
        ),
        (
            "principal-subspace",
            "reference=61",
            "task.principal_subspace.reference is 61; expected at most steps (60)",
        ),
    ] {
        let message = refused(preset, set);
        assert!(message.contains(expected), "{set}: {message}");
    }
    // TOML's integers have a sign.
    let mut beyond = small("ring");
    beyond.sampling = engine::Sampling::Decades(engine::DecadeSampling {
        per_decade: 3,
        every: u64::MAX,
    });
    let message = beyond.clone().set("steps=5").unwrap_err().to_string();
    let expected =
        "sampling.decades.every is 18446744073709551615; expected at most 9223372036854775807";
    assert_eq!(message, expected);
    assert_eq!(
        Scenario::try_from(beyond).unwrap_err().to_string(),
        expected
    );
    let unknown = presets::preset("rign").unwrap_err().to_string();
    assert_eq!(unknown, "unknown preset rign (did you mean ring?)");
    let text = Scenario::from_toml("steps = 10\ntask.similarity_matching.reference = 5");
    let text = text.unwrap_err().to_string();
    assert!(text.contains("missing field `network`"), "{text}");

    // The other alternative replaces the one that was there.
    let mut silent = small("ring");
    silent.set("network.settling.start=silent").unwrap();
    let silent = checked(silent);
    Registry::new().simulation(&silent).unwrap();
    // It is no training of a network.
    let refused = silent.simulation().unwrap_err().to_string();
    assert!(
        refused.starts_with("task is similarity_matching; expected"),
        "{refused}"
    );
}

#[test]
fn a_directory_that_is_refused_stays_as_it_was() {
    let parent = tempdir().unwrap();
    let scenario = checked(small("ring"));
    let mine = parent.path().join("mine");
    fs::create_dir(&mine).unwrap();
    fs::write(mine.join("thesis.txt"), "years of work").unwrap();
    let refused = create(&mine, &scenario);
    assert!(
        matches!(refused, Err(Error::Engine(engine::Error::DirectoryInUse { ref holds, .. })) if holds == "thesis.txt")
    );
    assert_eq!(files(&mine).into_keys().collect::<Vec<_>>(), ["thesis.txt"]);

    let directory = parent.path().join("run");
    let before = whole(&directory, &scenario);
    let refused = create(&directory, &scenario);
    assert!(
        matches!(refused, Err(Error::Engine(engine::Error::DirectoryInUse { ref holds, .. })) if holds == "a run")
    );
    assert!(files(&directory) == before);
    let held = open(&directory).unwrap();
    assert!(matches!(
        open(&directory),
        Err(Error::Engine(engine::Error::Locked { .. }))
    ));
    drop(held);
    assert!(open(&directory).is_ok());
}
