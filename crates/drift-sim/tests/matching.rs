//! Runs of similarity matching: what is written, what is refused, and that an interrupted run is
//! the uninterrupted one.

mod interrupted;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use drift_sim::learn::Streams;
use drift_sim::learn::similarity_matching::{
    SimilarityExperiment, SimilarityRun, population_vector_correlation,
};
use drift_sim::matching::{
    self, Run, RunRecord, Settings, Simulation, UncheckedSettings, read_samples, samples_to_csv,
};
use drift_sim::{Error, Outcome};
use interrupted::{StopAt, files, tear, tear_checkpoint};
use proptest::prelude::*;
use tempfile::tempdir;

const STEPS: u64 = 60;

/// A preset in miniature.
fn small(preset: &str) -> UncheckedSettings {
    let mut settings = matching::preset(preset).unwrap().into_unchecked();
    settings.set_steps(STEPS);
    settings.set("recording.every=20").unwrap();
    settings.set("recording.per_decade=3").unwrap();
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
        settings.set(set).unwrap();
    }
    settings
}

fn checked(settings: UncheckedSettings) -> Settings {
    settings.try_into().unwrap()
}

fn whole(directory: &Path, settings: &Settings) -> BTreeMap<String, Vec<u8>> {
    let mut run = Run::create(directory, settings).unwrap();
    assert_eq!(
        run.run(&mut ()).unwrap(),
        Outcome::Completed { step: STEPS }
    );
    drop(run);
    files(directory)
}

#[test]
fn a_run_writes_its_files_and_reads_them_back() {
    let parent = tempdir().unwrap();
    for preset in matching::presets() {
        let directory = parent.path().join(&preset.name);
        let settings = checked(small(&preset.name));
        let names: Vec<_> = whole(&directory, &settings).into_keys().collect();
        let expected = [
            "checkpoint",
            "lock",
            "matching.toml",
            "outcome.toml",
            "responses.npz",
            "trace.csv",
        ];
        assert_eq!(names, expected);

        let mut simulation = Simulation::new(&settings).unwrap();
        simulation.run(&mut ()).unwrap();
        let record = RunRecord::read(&directory).unwrap();
        assert_eq!(record.settings, settings);
        assert_eq!(record.samples, simulation.samples());
        let steps: Vec<u64> = record.samples.iter().map(|sample| sample.step).collect();
        assert_eq!(steps, [0, 1, 2, 5, 10, 20, 22, 30, 40, 46, 60]);
        assert_eq!(record.response_steps, [0, 20, 40, 60]);
        assert_eq!(record.responses(3), simulation.responses().unwrap());
        assert_eq!(record.outcome, Some(Outcome::Completed { step: STEPS }));
        record.phases().unwrap();

        // The reference is at half of the run.
        for sample in &record.samples {
            let correlation = sample.population_vector_correlation;
            assert_eq!(correlation.is_some(), sample.step >= 30, "{sample:?}");
            assert!(sample.step != 30 || (correlation.unwrap() - 1.0).abs() < 1e-12);
            let linear = preset.name == "principal-subspace";
            assert_eq!(sample.active_fraction.is_none(), linear);
            assert_eq!(sample.subspace_error.is_some(), linear);
        }

        // An ended run opens and is still ended.
        let mut run = Run::open(&directory).unwrap();
        assert_eq!(
            run.run(&mut ()).unwrap(),
            Outcome::Completed { step: STEPS }
        );
        assert_eq!(run.simulation().samples(), record.samples);
        assert_eq!(Settings::from_toml(&settings.to_toml()).unwrap(), settings);
        assert_eq!(
            read_samples(&samples_to_csv(&record.samples)).unwrap(),
            record.samples
        );
    }
}

#[test]
fn a_preset_is_the_experiment_of_its_name() {
    let settings = checked(small("ring"));
    let mut simulation = Simulation::new(&settings).unwrap();
    simulation.run(&mut ()).unwrap();
    let experiment = SimilarityExperiment {
        network: settings.spec().network.unwrap(),
        inputs: settings.spec().inputs.unwrap(),
        ..SimilarityExperiment::ring()
    };
    let mut run = SimilarityRun::new(experiment, &Streams::new(0)).unwrap();
    let rows = run.rows(settings.recording_points()).unwrap();
    for (row, sample) in rows.iter().zip(simulation.samples()) {
        assert_eq!((row.step, row.loss), (sample.step, sample.loss));
        assert_eq!(Some(row.active_fraction), sample.active_fraction);
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
        let mut settings = small(preset);
        settings.seed = seed;
        settings.set(&format!("checkpoint={{ {checkpoint} }}")).unwrap();
        let settings = checked(settings);
        let expected = whole(&parent.path().join("whole"), &settings);
        let directory = parent.path().join("parts");
        let mut run = Run::create(&directory, &settings).unwrap();
        stops.sort_unstable();
        stops.dedup();
        for stop in stops {
            prop_assert_eq!(run.run(&mut StopAt(stop)).unwrap(), Outcome::Stopped { step: stop });
            let record = RunRecord::read(&directory).unwrap();
            prop_assert_eq!(record.outcome, None);
            prop_assert_eq!(&record.samples[..], run.simulation().samples());
            drop(run);
            run = Run::open(&directory).unwrap();
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
    let settings = checked(small("ring"));
    let expected = whole(&parent.path().join("whole"), &settings);
    let directory = parent.path().join("killed");
    let mut run = Run::create(&directory, &settings).unwrap();
    run.run(&mut StopAt(15)).unwrap();
    let old = fs::read(directory.join("checkpoint")).unwrap();
    run.run(&mut StopAt(45)).unwrap();
    drop(run);
    for torn in ["trace.csv", "responses.bin"] {
        tear(&directory.join(torn));
    }
    tear_checkpoint(&directory, &old);
    assert_eq!(RunRecord::read(&directory).unwrap().samples.len(), 9);
    let mut run = Run::open(&directory).unwrap();
    assert_eq!(run.simulation().steps_done(), 15);
    run.run(&mut ()).unwrap();
    drop(run);
    assert!(files(&directory) == expected);

    // Killed between the last checkpoint and the outcome.
    fs::remove_file(directory.join("outcome.toml")).unwrap();
    fs::remove_file(directory.join("responses.npz")).unwrap();
    let record = RunRecord::read(parent.path().join("whole")).unwrap();
    let mut raw = Vec::new();
    for (index, step) in record.response_steps.iter().enumerate() {
        raw.extend(step.to_le_bytes());
        raw.extend(
            record
                .responses(index)
                .iter()
                .flat_map(|value| value.to_le_bytes()),
        );
    }
    fs::write(directory.join("responses.bin"), raw).unwrap();
    let mut run = Run::open(&directory).unwrap();
    assert!(run.run(&mut ()).unwrap().is_final());
    drop(run);
    assert!(files(&directory) == expected);

    // A row that the run does not give is not taken for one of its own.
    let mut run = Run::create(parent.path().join("other"), &settings).unwrap();
    run.run(&mut StopAt(15)).unwrap();
    drop(run);
    fs::copy(
        parent.path().join("other/checkpoint"),
        directory.join("checkpoint"),
    )
    .unwrap();
    fs::remove_file(directory.join("outcome.toml")).unwrap();
    let text = fs::read_to_string(directory.join("trace.csv")).unwrap();
    fs::write(directory.join("trace.csv"), text.replace("\n40,", "\n40,1")).unwrap();
    fs::remove_file(directory.join("checkpoint.previous")).unwrap();
    let raw = parent.path().join("other/responses.bin");
    fs::copy(raw, directory.join("responses.bin")).unwrap();
    let mut run = Run::open(&directory).unwrap();
    assert!(matches!(run.run(&mut ()), Err(Error::Corrupt { .. })));
    assert!(run.run(&mut ()).is_err(), "went on after a failed write");
}

#[test]
fn a_run_that_is_no_longer_finite_ends_and_says_so() {
    let parent = tempdir().unwrap();
    let mut settings = small("ring");
    settings.set("network.feedforward_noise=1e308").unwrap();
    settings.set("network.settling.max_iterations=5").unwrap();
    let settings = checked(settings);
    let directory = parent.path().join("run");
    let mut run = Run::create(&directory, &settings).unwrap();
    let outcome = run.run(&mut ()).unwrap();
    assert!(
        matches!(outcome, Outcome::NotFinite { step } if step > 0),
        "{outcome}"
    );
    drop(run);
    let mut run = Run::open(&directory).unwrap();
    assert_eq!(run.run(&mut ()).unwrap(), outcome);
    let record = RunRecord::read(&directory).unwrap();
    assert_eq!(record.outcome, Some(outcome));
    assert_eq!(record.samples.len(), run.simulation().samples().len());
}

#[test]
fn correlations_are_those_of_population_vectors() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    whole(&directory, &checked(small("ring")));
    let record = RunRecord::read(&directory).unwrap();
    let all = record.correlation();
    for one in 0..4 {
        for other in 0..4 {
            let [a, b] = [one, other].map(|index| record.responses(index));
            let expected = population_vector_correlation(a.as_view(), b.as_view())
                .unwrap()
                .unwrap();
            assert!((all[(one, other)] - expected).abs() < 1e-12);
        }
    }
}

#[test]
fn what_cannot_be_run_is_refused_by_name() {
    let refused = |preset: &str, sets: &[&str]| -> String {
        let mut settings = small(preset);
        for set in sets {
            if let Err(error) = settings.set(set) {
                return error.to_string();
            }
        }
        Settings::try_from(settings).unwrap_err().to_string()
    };
    for (preset, set, expected) in [
        (
            "ring",
            "network.unit=3",
            "unknown field network.unit (did you mean units?)",
        ),
        ("ring", "network.units=0", "network.units is 0"),
        (
            "ring",
            "network.learning_rate=nan",
            "network.learning_rate is NaN",
        ),
        (
            "ring",
            "network.settling.start.uniform.width=-1",
            "network.settling.start.uniform.width",
        ),
        ("ring", "inputs.ring.points=0", "inputs.ring.points is 0"),
        (
            "ring",
            "network.channels=3",
            "network.channels is 3; expected 2",
        ),
        ("ring", "active.above=-1", "active.above is -1"),
        ("ring", "inputs.square.points=3", "square"),
        (
            "ring",
            "reference=61",
            "reference is 61; expected at most steps (60)",
        ),
        ("ring", "recording.every=0", "recording.every is 0"),
        (
            "ring",
            "recording.per_decade=1001",
            "recording.per_decade is 1001",
        ),
        ("ring", "steps=0", "steps is 0"),
        ("ring", "seed=-1", "seed"),
        ("ring", "checkpoint.seconds=0", "checkpoint.seconds is 0"),
        ("ring", "network", "there is no `=`"),
        (
            "principal-subspace",
            "principal_subspace.units=11",
            "principal_subspace.units is 11",
        ),
        (
            "principal-subspace",
            "active={ above = 1, more_than = 0 }",
            "active, principal_subspace",
        ),
    ] {
        let message = refused(preset, &[set]);
        assert!(message.contains(expected), "{set}: {message}");
    }
    // TOML's integers have a sign.
    let mut beyond = small("ring");
    beyond.recording.every = u64::MAX;
    let message = beyond.clone().set("steps=5").unwrap_err().to_string();
    let expected = "recording.every is 18446744073709551615; expected at most 9223372036854775807";
    assert_eq!(message, expected);
    assert_eq!(
        Settings::try_from(beyond).unwrap_err().to_string(),
        expected
    );
    let unknown = matching::preset("rign").unwrap_err().to_string();
    assert_eq!(unknown, "unknown preset rign (did you mean ring?)");
    let text = Settings::from_toml("steps = 10\nreference = 5").unwrap_err();
    assert!(text.to_string().contains("absent"), "{text}");

    // The other alternative replaces the one that was there.
    let mut silent = small("ring");
    silent.set("network.settling.start=silent").unwrap();
    Simulation::new(&checked(silent)).unwrap();
}

#[test]
fn a_directory_that_is_refused_stays_as_it_was() {
    let parent = tempdir().unwrap();
    let settings = checked(small("ring"));
    let mine = parent.path().join("mine");
    fs::create_dir(&mine).unwrap();
    fs::write(mine.join("thesis.txt"), "years of work").unwrap();
    let refused = Run::create(&mine, &settings);
    assert!(
        matches!(refused, Err(Error::DirectoryInUse { ref holds, .. }) if holds == "thesis.txt")
    );
    assert_eq!(files(&mine).into_keys().collect::<Vec<_>>(), ["thesis.txt"]);

    let directory = parent.path().join("run");
    let before = whole(&directory, &settings);
    let refused = Run::create(&directory, &settings);
    assert!(matches!(refused, Err(Error::DirectoryInUse { ref holds, .. }) if holds == "a run"));
    assert!(files(&directory) == before);
    let held = Run::open(&directory).unwrap();
    assert!(matches!(Run::open(&directory), Err(Error::Locked { .. })));
    drop(held);
    assert!(Run::open(&directory).is_ok());
}

#[test]
fn public_types_cross_threads() {
    fn assert_send_sync<T: Send + Sync + std::fmt::Debug>() {}
    assert_send_sync::<Settings>();
    assert_send_sync::<Simulation>();
    assert_send_sync::<Run>();
    assert_send_sync::<RunRecord>();
}
