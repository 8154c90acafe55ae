//! The classifier of learning rules: its features, its probabilities, its files, and fresh runs.

use drift_sim::infer::{DriftRule, FEATURES, Measure, MeasureSet, Model, Record, features};
use drift_sim::{Run, RunRecord, presets};
use proptest::prelude::*;

/// A record of every measure from curves in (0, 1), at times that grow by the gaps.
fn record_csv(rows: &[(f64, [f64; 7])], scale: f64, from: f64) -> String {
    let names: Vec<_> = Measure::ALL
        .iter()
        .map(|measure| measure.column())
        .collect();
    let mut text = format!("time,{}\n", names.join(","));
    let mut time = from;
    for (gap, values) in rows {
        time += gap * scale;
        let values = values.map(|value| value.to_string());
        text += &format!("{time:?},{}\n", values.join(","));
    }
    text
}

fn rows() -> impl Strategy<Value = Vec<(f64, [f64; 7])>> {
    let row = (0.1..10.0_f64, prop::array::uniform7(0.01..0.99_f64));
    prop::collection::vec(row, 3..40)
}

proptest! {
    #[test]
    fn features_do_not_see_the_unit_or_the_origin_of_time(
        rows in rows(), scale in 0.01..100.0_f64, from in -50.0..50.0_f64,
    ) {
        let one = Record::from_csv(&record_csv(&rows, 1.0, 0.0)).unwrap();
        let other = Record::from_csv(&record_csv(&rows, scale, from)).unwrap();
        let one = features(&one, MeasureSet::all());
        let other = features(&other, MeasureSet::all());
        prop_assert_eq!(one.len(), 7 * FEATURES.len());
        for (one, other) in one.iter().zip(&other) {
            prop_assert!(one.is_nan() && other.is_nan() || (one - other).abs() < 1e-6);
        }
    }

    #[test]
    fn probabilities_add_up_for_every_set_of_measures(rows in rows(), bits in 1..128_u8) {
        let record = Record::from_csv(&record_csv(&rows, 1.0, 0.0)).unwrap();
        let set: MeasureSet = Measure::ALL
            .into_iter()
            .filter(|&measure| bits & 1 << measure as u8 != 0)
            .collect();
        let found = Model::shipped().classify(&record, set).unwrap();
        prop_assert_eq!(found.measures, set);
        prop_assert!((found.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        prop_assert!(found.probabilities.iter().all(|&p| (0.0..=1.0).contains(&p)));
    }

    #[test]
    fn records_come_back_from_their_csv(rows in rows()) {
        let record = Record::from_csv(&record_csv(&rows, 1.0, 0.0)).unwrap();
        prop_assert_eq!(Record::from_csv(&record.to_csv()).unwrap(), record);
    }
}

#[test]
fn the_shipped_model_knows_every_set_and_comes_back_from_its_csv() {
    let model = Model::shipped();
    assert_eq!(MeasureSet::every().count(), 127);
    assert_eq!(Model::from_csv(&model.to_csv()).unwrap(), model);
    let broken = model
        .to_csv()
        .replacen("weights,adam,", "weights,adam,x", 1);
    let message = Model::from_csv(&broken).unwrap_err().to_string();
    assert!(message.contains("is no number"), "{message}");
    let torn = model.to_csv().replacen("weights,sed", "# weights,sed", 1);
    assert!(Model::from_csv(&torn).is_err());
}

#[test]
fn a_measure_with_too_few_values_is_not_used() {
    let text = "step,active_fraction,hessian_trace\n0,0.5,10\n1,0.4,\n2,0.4,NaN\n3,0.3,8\n";
    let record = Record::from_csv(text).unwrap();
    let only = [Measure::ActiveFraction].into_iter().collect();
    assert_eq!(record.measures(), only);
    let found = Model::shipped()
        .classify(&record, MeasureSet::all())
        .unwrap();
    assert_eq!(found.measures, only);
}

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
        assert_eq!(DriftRule::of(&scenario), Some(rule));
        let record = Record::simulate(&scenario.try_into().unwrap()).unwrap();
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
        let mut run = Run::create(&directory, &scenario).unwrap();
        let stop = |sample: &drift_sim::Sample, _: &drift_sim::Simulation| match sample.step {
            40 => std::ops::ControlFlow::Break(()),
            _ => std::ops::ControlFlow::Continue(()),
        };
        run.run(&mut { stop }).unwrap();
        let unfinished = Record::from_run(&RunRecord::read(&directory).unwrap()).unwrap();
        assert_eq!(unfinished.samples(), 5);
        run.run(&mut ()).unwrap();
        let found = Record::from_run(&RunRecord::read(&directory).unwrap()).unwrap();
        let expected = Record::simulate(&scenario).unwrap();
        assert_eq!(found.to_csv(), expected.to_csv());
        let correlated = found.curve(Measure::RateMapCorrelation);
        assert_eq!(correlated.len(), if name == "valley" { 0 } else { 7 });
        assert!(correlated.iter().all(|(_, value)| *value <= 1.0 + 1e-12));
    }
}
