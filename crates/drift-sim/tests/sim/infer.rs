//! Records of runs: their classes, and directories against simulations.

use drift_sim::infer::{
    DriftRule, Measure, MeasureSet, Model, record_of_run, record_of_scenario, record_of_snapshots,
    rule_of,
};
use drift_sim::{Moment, Registry, RunRecord, System, presets, sweep};

/// Classes of the presets, which the sweep `infer` does not contain: its runs have drawn sizes,
/// rates and noise.
#[test]
fn fresh_runs_are_recognised() {
    for (name, rule) in [
        ("random-sgd-update", DriftRule::UpdateNoise),
        ("random-sgd-label", DriftRule::LabelNoise),
        ("random-sed", DriftRule::Sed),
        ("random-sgd", DriftRule::NoiseFree),
    ] {
        let mut scenario = presets::preset(name).unwrap().into_unchecked();
        scenario.steps = 100_000;
        scenario.seed = 17;
        scenario.spectrum.samples = 21;
        scenario.spectrum.kind = drift_sim::scenario::SpectrumKind::GaussNewton;
        assert_eq!(rule_of(&scenario), Some(rule));
        let record = record_of_scenario(&scenario.try_into().unwrap()).unwrap();
        let found = Model::shipped()
            .classify(&record, MeasureSet::all())
            .unwrap();
        let (said, probability) = found.most_probable();
        assert_eq!(said, rule, "{name}: {:?}", found.probabilities);
        assert!(probability > 0.5, "{name}: {probability}");
    }
}

#[test]
fn a_run_in_a_directory_has_the_record_of_its_simulation() {
    let parent = tempfile::tempdir().unwrap();
    for (name, sets) in [
        (
            "predictive-sgd-update",
            &["network.activation=softplus"][..],
        ),
        ("corridor-sgd-label", &["task.corridor.samples=40"]),
        ("valley", &[]),
    ] {
        let mut unchecked = presets::preset(name).unwrap().into_unchecked();
        for set in ["steps=60", "network.hidden=12", "sampling.linear.samples=7"]
            .iter()
            .chain(sets)
        {
            unchecked.set(set).unwrap();
        }
        let scenario = unchecked.try_into().unwrap();
        let directory = parent.path().join(name);
        let mut run = Registry::new().create_run(&directory, &scenario).unwrap();
        let stop = |moment: &Moment<'_, Box<dyn System>>| {
            Ok(match moment.step {
                40 => std::ops::ControlFlow::Break(()),
                _ => std::ops::ControlFlow::Continue(()),
            })
        };
        run.run(&mut { stop }).unwrap();
        let unfinished = record_of_run(&RunRecord::read(&directory).unwrap()).unwrap();
        assert_eq!(unfinished.samples(), 5);
        run.run(&mut ()).unwrap();
        let found = record_of_run(&RunRecord::read(&directory).unwrap()).unwrap();
        let expected = record_of_scenario(&scenario).unwrap();
        assert_eq!(found.to_csv(), expected.to_csv());
        let correlated = found.curve(Measure::RateMapCorrelation);
        assert_eq!(correlated.len(), if name == "valley" { 0 } else { 7 });
        assert!(correlated.iter().all(|(_, value)| *value <= 1.0 + 1e-12));
    }
}

#[test]
fn snapshots_have_the_record_of_their_run() {
    let parent = tempfile::tempdir().unwrap();
    for name in ["random-sgd-update", "predictive-adam"] {
        let mut unchecked = presets::preset(name).unwrap().into_unchecked();
        for set in [
            "steps=60",
            "network.hidden=12",
            "network.activation=softplus",
            "sampling.linear.samples=7",
            "spectrum.samples=4",
            "spectrum.kind=gauss_newton",
        ] {
            unchecked.set(set).unwrap();
        }
        let scenario = unchecked.try_into().unwrap();
        let directory = parent.path().join(name);
        let mut run = Registry::new().create_run(&directory, &scenario).unwrap();
        run.run(&mut ()).unwrap();
        let run = RunRecord::read(&directory).unwrap();
        let snapshots = run.snapshots().unwrap();
        let found = record_of_snapshots(&scenario, &snapshots.steps, &snapshots.values).unwrap();
        let expected = record_of_run(&run).unwrap();
        assert_eq!(found.measures(), expected.measures());
        for measure in Measure::ALL {
            let (found, expected) = (found.curve(measure), expected.curve(measure));
            assert_eq!(found.len(), expected.len(), "{name}: {measure:?}");
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(found.0, expected.0);
                let close = (found.1 - expected.1).abs() <= 1e-9 * expected.1.abs().max(1.0);
                assert!(close, "{name}: {measure:?}: {found:?} {expected:?}");
            }
        }
        let few = snapshots.values.rows(0, 2).into_owned();
        let refused = record_of_snapshots(&scenario, &snapshots.steps[..2], &few).unwrap_err();
        assert!(refused.to_string().contains("2 samples"), "{refused}");
    }
}

#[test]
fn the_class_of_a_scenario_is_its_rule_or_its_one_noise() {
    use DriftRule::*;
    for (preset, set, rule) in [
        ("random-sgd", "", Some(NoiseFree)),
        ("random-sgd-update", "", Some(UpdateNoise)),
        ("random-sgd-label", "", Some(LabelNoise)),
        (
            "random-sgd",
            "noise.activity.before=0.1",
            Some(ActivityNoise),
        ),
        (
            "random-sgd",
            "noise.activity.after=0.1",
            Some(ActivityNoise),
        ),
        ("random-sgd", "noise.dropout.probability=0.1", Some(Dropout)),
        ("random-adam-update", "", Some(Adam)),
        ("random-rmsprop-label", "", Some(RmsProp)),
        ("random-sed", "", Some(Sed)),
        ("random-sgd-update", "noise.label.uniform.width=1", None),
        ("random-sgd-update", "noise.input.uniform.width=1", None),
        (
            "random-sgd",
            "noise.weight.distribution.proportional.standard_deviation=0.1",
            None,
        ),
        ("random-sgd-update", "batch.size=2", None),
        ("random-adam", "noise.dropout.probability=0.1", None),
        ("random-sgd", "decay.rate=0.1", None),
    ] {
        let mut scenario = presets::preset(preset).unwrap().into_unchecked();
        if !set.is_empty() {
            scenario.set(set).unwrap();
        }
        assert_eq!(rule_of(&scenario), rule, "{preset} {set}");
    }
}

#[test]
fn each_of_36_shards_of_the_sweep_has_its_part_of_every_group() {
    let sweep = sweep::preset("infer").unwrap();
    assert_eq!(sweep.runs(), 3888);
    let mut known = std::collections::BTreeMap::new();
    for run in (0..sweep.runs()).step_by(36) {
        let rule = rule_of(sweep.scenario(run).unwrap().spec());
        *known.entry(rule).or_insert(0) += 1;
    }
    let each: Vec<usize> = DriftRule::ALL
        .iter()
        .map(|rule| known[&Some(*rule)])
        .collect();
    assert_eq!(each, [12; 8]);
    assert_eq!(known[&None], 12);
}
