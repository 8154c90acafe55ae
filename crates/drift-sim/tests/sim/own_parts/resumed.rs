//! Interrupted at arbitrary steps and resumed, a run leaves the bytes of one that was not.

use std::fs;

use drift_sim::engine::{Error, Outcome, Plan, Run, Sampling, Simulation};
use drift_sim::env::{Dataset, nalgebra::DMatrix};
use drift_sim::learn::Streams;
use drift_sim::{Registry, Scenario, Training};
use tempfile::tempdir;

use super::super::interrupted::{StopAt, files};
use super::{registry, system};

/// Every part by itself, the places of a noise, all together, and what the examples leave alone;
/// with the files that a run of it leaves beside those of every run.
const SCENARIOS: [(&str, &str, &[&str]); 8] = [
    (
        "rule",
        "task = 'predictive'
        rule.momentum = { learning_rate = 0.02, momentum = 0.9, weight_decay = 1e-5 }",
        &["dataset.npz", "snapshots.npz"],
    ),
    (
        "noise on the parameters",
        "task = 'predictive'
        noise.update = { place = 'parameters', distribution.multiplicative.scale = 0.001 }",
        &["dataset.npz", "snapshots.npz"],
    ),
    (
        "noise on gradient, labels and inputs",
        "task = 'predictive'
        rule = 'adam'
        noise.update.distribution.multiplicative.scale = 0.1
        noise.label.multiplicative.scale = 0.1
        noise.input.multiplicative.scale = 0.1",
        &["dataset.npz", "snapshots.npz"],
    ),
    (
        "task",
        "task.open_field = { samples = 60, landmarks = 8 }
        measures.plane_bins = 6",
        &["dataset.npz", "snapshots.npz"],
    ),
    (
        "measures",
        "task = 'predictive'
        measures.own = { participation = {}, change = {} }
        spectrum = { samples = 3, kind = 'exact' }",
        &["dataset.npz", "snapshots.npz", "spectra.npz"],
    ),
    (
        "all",
        "task.open_field = { samples = 60, landmarks = 8 }
        rule.momentum = { learning_rate = 0.02, momentum = 0.9, weight_decay = 1e-5 }
        noise.update = { place = 'parameters', distribution.multiplicative.scale = 0.001 }
        noise.label.multiplicative.scale = 0.01
        measures = { plane_bins = 6, own.participation = {}, own.change = {} }",
        &["dataset.npz", "snapshots.npz"],
    ),
    (
        "a rule that draws",
        "task = 'predictive'
        rule = 'node_perturbation'
        noise.update = { place = 'parameters', distribution.multiplicative.scale = 1e-4 }",
        &["dataset.npz", "snapshots.npz"],
    ),
    (
        "system",
        "task.ring = { oscillators = 12, coupling = 1, noise = 0.1 }",
        &[],
    ),
];

fn scenario(text: &str) -> Scenario {
    // Beyond the step at which stored units, and a rule's memory with them, are sorted.
    let text = format!("{text}\nsteps = 4200\nsampling.linear.samples = 22\nseed = 5");
    let mut unchecked = registry().scenario(&text).unwrap().into_unchecked();
    if unchecked.task.has_dataset() {
        let changed = registry().set(&mut unchecked, "network.hidden=12");
        changed.unwrap();
    }
    unchecked.try_into().unwrap()
}

#[test]
fn every_part_goes_on_to_the_same_bytes() {
    let parent = tempdir().unwrap();
    for (name, text, own_files) in SCENARIOS {
        let scenario = scenario(text);
        let registry = registry();
        let whole = parent.path().join(name).join("whole");
        let mut run = registry.create_run(&whole, &scenario).unwrap();
        let outcome = run.run(&mut ()).unwrap();
        assert_eq!(outcome, Outcome::Completed { step: 4200 }, "{name}");
        drop(run);
        let expected = files(&whole);
        let mut names = vec![
            "checkpoint",
            "lock",
            "outcome.toml",
            "scenario.toml",
            "trace.csv",
        ];
        names.extend(own_files);
        names.sort_unstable();
        assert_eq!(expected.keys().collect::<Vec<_>>(), names, "{name}");

        for stops in [vec![1], vec![3999, 4150], vec![7, 200, 201, 4096, 4199]] {
            let directory = parent.path().join(name).join(format!("{stops:?}"));
            drop(registry.create_run(&directory, &scenario).unwrap());
            for stop in stops {
                let mut run = registry.open_run(&directory).unwrap();
                assert_eq!(run.notes(), [] as [String; 0], "{name}");
                let outcome = run.run(&mut StopAt(stop)).unwrap();
                assert_eq!(outcome, Outcome::Stopped { step: stop }, "{name}");
            }
            registry.open_run(&directory).unwrap().run(&mut ()).unwrap();
            for (file, bytes) in files(&directory) {
                assert!(expected[&file] == bytes, "{name}: {file}");
            }
        }
    }
}

#[test]
fn a_checkpoint_older_than_the_rows_makes_the_same_rows_again() {
    let parent = tempdir().unwrap();
    for (name, text, _) in SCENARIOS {
        let (scenario, registry) = (scenario(text), registry());
        let directory = parent.path().join(name);
        let mut run = registry.create_run(&directory, &scenario).unwrap();
        run.run(&mut StopAt(1500)).unwrap();
        let old = fs::read(directory.join("checkpoint")).unwrap();
        run.run(&mut StopAt(3100)).unwrap();
        drop(run);
        // As a kill after step 3100 leaves it: rows up to there, the checkpoint of step 1500.
        fs::write(directory.join("checkpoint"), old).unwrap();
        let mut run = registry.open_run(&directory).unwrap();
        assert_eq!(run.simulation().steps_done(), 1500, "{name}");
        // Rows that differ from those on the disk are an error.
        run.run(&mut ()).unwrap();
    }
}

#[test]
fn a_run_is_read_back_with_its_parts() {
    let parent = tempdir().unwrap();
    let (scenario, registry) = (scenario(SCENARIOS[5].1), registry());
    let directory = parent.path().join("run");
    let mut run = registry.create_run(&directory, &scenario).unwrap();
    run.run(&mut ()).unwrap();
    let record = registry.read_run(&directory).unwrap();
    assert_eq!(record.scenario, scenario);
    let data = record.dataset.as_ref().unwrap();
    let (x, y) = (data.position().unwrap(), data.across().unwrap());
    assert!(x.iter().chain(y).all(|along| (0.0..=1.0).contains(along)));
    let last = record.trace.last().unwrap();
    let dimensions = last.get("participation_ratio").unwrap();
    assert!((1.0..12.0).contains(&dimensions), "{dimensions}");
    assert_eq!(record.trace.samples()[0].get("change"), Some(0.0));
    assert!(last.get("change").unwrap() > 0.1);
    assert!(
        record
            .trace
            .column("samples_seen")
            .all(|seen| seen == Some(1.0))
    );
    // Place maps are of the plane: there is information about places in 36 bins.
    assert!(last.get("mean_spatial_information").unwrap() > 0.0);
    let snapshots = record.snapshots().unwrap();
    let parameters = snapshots.values.row(21).iter().copied().collect();
    let network = record.network(parameters).unwrap().unwrap();
    let hidden = network.forward(data.inputs().as_view()).unwrap().0;
    let training = registry.training(&scenario).unwrap();
    let mapping = training.mapping().unwrap();
    assert_eq!(mapping.plane(), Some(6));
    let map = mapping.rate_map(&hidden, 0).unwrap();
    assert_eq!((map.bins(), map.units()), (36, 12));
    // The mean of a unit over the samples in one bin.
    let bin = |along: &[f64], i: usize| {
        let low = along.iter().copied().fold(f64::INFINITY, f64::min);
        let high = along.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (((along[i] - low) / (high - low) * 6.0) as usize).min(5)
    };
    let here = 6 * bin(x, 17) + bin(y, 17);
    let rows = (0..60).filter(|&i| 6 * bin(x, i) + bin(y, i) == here);
    let activity: Vec<f64> = rows.map(|i| hidden[(i, 3)]).collect();
    let mean = activity.iter().sum::<f64>() / activity.len() as f64;
    assert!((map.unit(3)[here] - mean).abs() < 1e-12);
    // A program without these parts says which one it lacks.
    let lacks = Registry::new()
        .read_run(&directory)
        .unwrap_err()
        .to_string();
    assert!(
        ["open_field", "momentum", "multiplicative"]
            .iter()
            .any(|part| lacks.contains(part)),
        "{lacks}"
    );
}

#[test]
fn data_from_memory_are_kept_in_the_directory() {
    // 40 places on a ring, seen by 8 sensors; the next view is to be predicted.
    let sense = |place: usize, sensor: usize| {
        let angle = std::f64::consts::TAU * (place as f64 / 40.0 - sensor as f64 / 8.0);
        (4.0 * (angle.cos() - 1.0)).exp()
    };
    let inputs = DMatrix::from_fn(40, 8, sense);
    let targets = DMatrix::from_fn(40, 8, |place, sensor| sense(place + 1, sensor));
    let data = Dataset::new(inputs, targets).unwrap();
    let text = "task = 'given'\nsteps = 500\nsampling.linear.samples = 6";
    let scenario = Scenario::from_toml(text).unwrap();
    let simulation = || {
        let training = Training::with_dataset(&scenario, data.clone()).unwrap();
        Simulation::new(training, scenario.plan().clone()).unwrap()
    };
    let mut alone = simulation();
    alone.run(&mut ()).unwrap();

    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut run = Run::create(&directory, &scenario.to_toml(), simulation()).unwrap();
    run.run(&mut StopAt(123)).unwrap();
    drop(run);
    // The data are those in the directory.
    let mut run = Registry::new().open_run(&directory).unwrap();
    assert_eq!(run.simulation().steps_done(), 123);
    run.run(&mut ()).unwrap();
    assert_eq!(run.simulation().trace(), alone.trace());
}

#[test]
fn a_state_goes_back_only_onto_its_own_settings() {
    let ring = |text: &str, seed: u64| {
        let settings = drift_sim::toml::from_str(text).unwrap();
        let ring = system::Ring::new(settings, &Streams::new(seed)).unwrap();
        let plan = Plan::new(100, Sampling::linear(3)).unwrap();
        Simulation::new(ring, plan).unwrap()
    };
    let text = "oscillators = 9\ncoupling = 1.0\nnoise = 0.1";
    let mut simulation = ring(text, 1);
    simulation.run_until(50, &mut ()).unwrap();
    let (checkpoint, trace) = (simulation.checkpoint().unwrap(), simulation.trace().clone());
    let same = ring(text, 1).restore(&checkpoint, trace.clone());
    same.unwrap();
    for mut other in [ring(text, 2), ring(&text.replace("0.1", "0.2"), 1)] {
        let refused = other.restore(&checkpoint, trace.clone()).unwrap_err();
        assert!(matches!(refused, Error::OtherSystem { .. }), "{refused}");
    }
}
