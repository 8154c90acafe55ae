//! Files of sweeps: what they say, what is refused, and what run k is.

use drift_sim::engine;
use drift_sim::engine::sweep::{Cell, Shard, SweepShard, Swept as _};
use drift_sim::scenario::NoiseSpec;
use drift_sim::sweep::{preset, presets};
use drift_sim::{Error, Sweep, UncheckedScenario};
use proptest::prelude::*;
use tempfile::tempdir;

#[test]
fn wrong_files_say_what_is_wrong() {
    let refused = |text: &str| Sweep::from_toml(text).unwrap_err().to_string();
    let with = |vary: &str| {
        refused(&format!(
            "name='x'\n[[group]]\nname='g'\npreset='random-sgd'\nruns=3\n[group.vary]\n{vary}"
        ))
    };
    let message = with("network.hiden = { grid = [1] }");
    assert!(message.contains("did you mean hidden?"), "{message}");
    let message = with("network.hidden = { gird = [1] }");
    assert!(message.contains("vary.network.hidden.gird"), "{message}");
    let message = with("network.hidden = { grid = [] }");
    assert!(
        message.contains("vary.network.hidden is an empty list; expected"),
        "{message}"
    );
    for range in [
        "range = [2, 1]",
        "range = [nan, 1.0]",
        "range = ['a', 2]",
        "log_range = [0, 3]",
    ] {
        let message = with(&format!("network.hidden = {{ {range} }}"));
        assert!(
            message.contains("expected two numbers"),
            "{range}: {message}"
        );
    }
    assert!(with("network.hidden = 3").contains("expected { grid"));
    let message = refused("name='x'\nseeds=2\n[[group]]\nname='g'\npreset='random-sgd'");
    assert!(
        message.contains("unknown field seeds (did you mean seed?)"),
        "{message}"
    );
    let message = refused("name='x'\n[[group]]\nname='g'\npreset='randm-sgd'");
    assert!(message.contains("did you mean random-sgd?"), "{message}");
    assert!(refused("name='x'\ngroup=[]").contains("at least one [[group]]"));
    let message = refused(
        "name='x'\n[[group]]\nname='g'\npreset='random-sgd'\nvary.network.hidden.range=[1,2]",
    );
    assert!(message.contains("group g: runs is missing"), "{message}");
    let twice = "[[group]]\nname='g'\npreset='random-sgd'\n";
    assert!(refused(&format!("name='x'\n{twice}{twice}")).contains("a name of its own"));
    assert!(
        Sweep::from_toml("name = ")
            .unwrap_err()
            .to_string()
            .contains("line 1")
    );
}

#[test]
fn a_draw_of_another_sweep_is_refused() {
    let sweep = preset("noise-scale").unwrap();
    let mut draw = sweep.design().draw(0);
    draw.group = "another".to_owned();
    let refused = sweep.simulation(&draw).map(drop).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "group of the draw is another; expected a group of the sweep"
    );
}

#[test]
fn huge_grids_take_consent() {
    let axis: Vec<String> = (1..=1000).map(|value| value.to_string()).collect();
    let axis = axis.join(",");
    let sweep = Sweep::from_toml(&format!(
        "name='huge'\n[[group]]\nname='g'\npreset='random-sgd'\n[group.vary]\n\
         network.hidden.grid=[{axis}]\nsteps.grid=[{axis}]\ntask.random.samples.grid=[{axis}]"
    ))
    .unwrap();
    assert_eq!(sweep.runs(), 1_000_000_000);
    // Any run can be made without the others.
    let last = sweep.scenario(999_999_999).unwrap();
    assert_eq!(last.steps(), 1000);
    assert_eq!(last.spec().network.hidden, 1000);
    let parent = tempdir().unwrap();
    let directory = parent.path().join("huge");
    let refused = SweepShard::open(&directory, sweep.design(), Shard::whole(), false);
    assert!(matches!(
        refused,
        Err(engine::Error::TooManyRuns {
            runs: 1_000_000_000,
            ..
        })
    ));
    assert!(!directory.exists());
    // With it, a shard of a thousand opens at once.
    let shard = Shard::new(5, 1_000_000).unwrap();
    let shard = SweepShard::open(&directory, sweep.design(), shard, true).unwrap();
    assert_eq!(shard.pending().len(), 1000);
}

#[test]
fn presets_have_the_published_numbers_of_runs() {
    for (name, runs) in [("table2", 1178), ("grid-1e6", 362), ("noise-scale", 118)] {
        assert!(presets().iter().any(|known| known.name == name), "{name}");
        assert_eq!(preset(name).unwrap().runs(), runs, "{name}");
    }
    for known in presets() {
        assert_eq!(preset(&known.name).unwrap().name(), known.name);
    }
    assert!(
        preset("tabel2")
            .unwrap_err()
            .to_string()
            .contains("did you mean table2?")
    );

    let table = preset("table2").unwrap();
    let mut counts = std::collections::BTreeMap::new();
    for run in 0..table.runs() {
        let scenario = table.scenario(run).unwrap();
        let spec = scenario.spec();
        let noisy = |noise: &NoiseSpec| if *noise == NoiseSpec::None { "" } else { "+" };
        let key = format!(
            "{}{}{} {}",
            spec.rule.kind(),
            noisy(&spec.noise.update.distribution),
            noisy(&spec.noise.label),
            scenario.steps()
        );
        *counts.entry(key).or_insert(0) += 1;
        assert_eq!(spec.network.hidden, 100);
    }
    let sgd_long = counts["sgd+ 10000000"];
    assert_eq!(sgd_long, 342 + 353);
    assert_eq!(counts["sgd+ 1000000"], 180 + 182);
    assert_eq!(
        (counts["adam 10000000"], counts["adam+ 10000000"]),
        (27, 18)
    );
    assert_eq!(counts["sed 10000000"], 49);

    // The whole groups of the grid have every place once.
    let grid = preset("grid-1e6").unwrap();
    let mut places: Vec<String> = (0..54)
        .map(|run| {
            assert_eq!(grid.design().draw(run).group, "random-sgd-update-1e6");
            let scenario = grid.scenario(run).unwrap();
            format!(
                "{:?} {:?}",
                scenario.spec().task,
                scenario.spec().network.regime
            )
        })
        .collect();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), 54);
}

/// The case `literals decide the type` of the shared folder.
#[test]
fn the_type_of_a_field_decides_what_is_drawn() {
    let sweep = |vary: &str| {
        Sweep::from_toml(&format!(
            "name='x'\n[[group]]\nname='g'\npreset='random-sgd'\nruns=20\n[group.vary]\n{vary}"
        ))
        .unwrap()
    };
    let rates = sweep("rule.sgd.learning_rate = { range = [0, 1] }");
    let between = (0..20).filter(|&run| {
        let rate = rates.scenario(run).unwrap().spec().rule.learning_rate();
        0.0 < rate && rate < 1.0
    });
    assert_eq!(between.count(), 20);
    let units = sweep("network.hidden = { range = [1, 2] }");
    let drawn: std::collections::BTreeSet<usize> = (0..20)
        .map(|run| {
            units
                .scenario(run)
                .unwrap()
                .spec()
                .network
                .hidden
                .as_slice()[0]
        })
        .collect();
    assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [1, 2]);
    // The end of a range is excluded, also where hardly a number lies between.
    let decays = sweep("rule.adam.mean_decay = { range = [0.9999999999999996, 1.0] }");
    for run in 0..20 {
        decays.scenario(run).unwrap();
    }
}

/// A scenario may stand in the sweep, and the seed may be what varies.
#[test]
fn a_group_varies_a_preset_or_a_scenario() {
    let text = "name='x'\n[[group]]\nname='g'\nscenario.task='random'\nset.steps=7\n\
                vary.seed={ grid=[4, 5] }";
    let sweep = Sweep::from_toml(text).unwrap();
    let scenario = sweep.scenario(1).unwrap();
    assert_eq!((scenario.seed(), scenario.steps()), (5, 7));
    let plain = UncheckedScenario::from_toml("task='random'\nsteps=7\nseed=5\nname='x 1'");
    assert_eq!(scenario.spec(), &plain.unwrap());
    let both = Sweep::from_toml(&format!("{text}\n[[group]]\nname='h'")).unwrap_err();
    assert!(
        matches!(&both, Error::Engine(engine::Error::OutOfRange { field, .. }) if field == "group h"),
        "{both}"
    );
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("own.toml"), "task='random'\nsteps=9").unwrap();
    let text = "name='x'\n[[group]]\nname='g'\nscenario='own.toml'\nruns=2";
    let registry = drift_sim::Registry::new();
    let sweep = registry.sweep_from_toml(text, folder.path()).unwrap();
    assert_eq!(sweep.scenario(1).unwrap().steps(), 9);
    assert!(Sweep::from_toml(text).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_run_depends_on_the_seed_and_its_number_alone(seed in 0..1000_u64, run in 0..200_u64) {
        let file = |runs: u64, extra: &str| Sweep::from_toml(&format!(
            "name='x'\nseed={seed}\n[[group]]\nname='a'\npreset='random-sgd'\nruns={runs}\n\
             [group.vary]\nnetwork.hidden={{ range=[1,1000] }}\n\
             rule.sgd.learning_rate={{ log_range=[0.001,0.1] }}\n{extra}"
        )).unwrap();
        let (short, long) = (file(200, ""), file(100_000, "[[group]]\nname='b'\npreset='valley'"));
        let scenario = short.scenario(run).unwrap();
        prop_assert_eq!(&scenario, &long.scenario(run).unwrap());
        let rate = scenario.spec().rule.learning_rate();
        prop_assert!((0.001..=0.1).contains(&rate));
        prop_assert!((1..=1000).contains(&scenario.spec().network.hidden.as_slice()[0]));
        let other = short.scenario((run + 1) % 200).unwrap();
        prop_assert_ne!(scenario.seed(), other.seed());
    }

    #[test]
    fn toml_gives_the_sweep_back(
        name in "[ -~]{0,12}",
        seed in 0..=i64::MAX as u64,
        snapshots in 0..9_usize,
        groups in prop::collection::vec(
            (
                prop::sample::select(vec!["random-sgd", "figure2", "smoothed-adam-label", "valley"]),
                1..50_u64,
                prop::collection::vec(1..9_i64, 1..4),
                (1e-4..1.0_f64, 1.0..3.0_f64),
            ),
            1..4,
        ),
    ) {
        let mut text = format!(
            "name = {}\nseed = {seed}\nsnapshots = {snapshots}\n",
            serde_json::to_string(&name).unwrap(),
        );
        for (index, (preset, runs, grid, (from, factor))) in groups.iter().enumerate() {
            text += &format!(
                "[[group]]\nname = \"g{index}\"\npreset = \"{preset}\"\nruns = {runs}\n\
                 set = {{ steps = {runs}, network.regime = \"rich\" }}\n[group.vary]\n\
                 network.hidden = {{ grid = {grid:?} }}\n\
                 \"rule.sgd.learning_rate\" = {{ log_range = [{from:?}, {:?}] }}\n",
                from * factor + 1e-6,
            );
        }
        let sweep = Sweep::from_toml(&text).unwrap();
        let again = Sweep::from_toml(sweep.to_toml()).unwrap();
        prop_assert_eq!(again.spec(), sweep.spec());
        prop_assert_eq!(again.design(), sweep.design());
        prop_assert_eq!(again.to_toml(), sweep.to_toml());
        for run in [0, sweep.runs() / 2, sweep.runs() - 1] {
            prop_assert_eq!(again.scenario(run).unwrap(), sweep.scenario(run).unwrap());
        }
    }
}

#[test]
fn a_row_shows_whatever_was_drawn() {
    let sweep = Sweep::from_toml(
        "name = 'x'
         [[group]]
         name = 'g'
         preset = 'random-sgd'
         set.noise.weight.distribution.proportional.standard_deviation = 0.01
         [group.vary]
         network.hidden = { grid = [10] }
         noise.weight.biases = { grid = [true, false] }",
    )
    .unwrap();
    for (run, biases) in [(0, true), (1, false)] {
        let row = sweep.describe(&sweep.design().draw(run));
        let of = |name: &str| row.iter().filter(|(column, _)| column == name).count();
        assert!(row.contains(&("noise.weight.biases".to_owned(), Cell::Truth(biases))));
        // What has a column of its own has no second one.
        assert_eq!((of("hidden"), of("network.hidden")), (1, 0));
    }
}
