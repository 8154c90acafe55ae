//! Records of runs: their classes, and directories against simulations.

use drift_sim::infer::{
    DriftRule, Measure, MeasureSet, Model, record_of_run, record_of_scenario, rule_of,
};
use drift_sim::{Moment, Registry, RunRecord, System, presets};

/// Classes of the presets, which the sweep `infer` does not contain: its runs have drawn sizes,
/// rates and noise.
#[test]
fn fresh_runs_are_recognised() {
    for (name, rule) in [
        ("random-sgd-update", DriftRule::UpdateNoise),
        ("random-sgd-label", DriftRule::LabelNoise),
        ("random-sed", DriftRule::Sed),
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
