//! Runs in a directory: what is written, what is refused, what survives.

mod interrupted;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use drift_sim::{Error, Outcome, Run, RunRecord, Scenario, Simulation, dataset, npz, presets};
use interrupted::{StopAt, files, tear, tear_checkpoint};
use tempfile::tempdir;

fn scenario(changes: &[&str]) -> Scenario {
    let mut unchecked = presets::preset("corridor-sgd-update")
        .unwrap()
        .into_unchecked();
    for change in [
        "steps=300",
        "network.hidden=20",
        "sampling.linear.samples=7",
        "spectrum.samples=3",
        "spectrum.kind=exact",
        "task.corridor.samples=40",
    ]
    .iter()
    .chain(changes)
    {
        unchecked.set(change).unwrap();
    }
    unchecked.try_into().unwrap()
}

fn whole(directory: &Path, scenario: &Scenario) -> BTreeMap<String, Vec<u8>> {
    let mut run = Run::create(directory, scenario).unwrap();
    assert_eq!(run.run(&mut ()).unwrap(), Outcome::Completed { step: 300 });
    drop(run);
    files(directory)
}

#[test]
fn a_run_writes_its_files_and_reads_them_back() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("a/b");
    let scenario = scenario(&[]);
    let names: Vec<_> = whole(&directory, &scenario).into_keys().collect();
    let expected = [
        "checkpoint",
        "dataset.npz",
        "lock",
        "outcome.toml",
        "scenario.toml",
        "snapshots.npz",
        "spectra.npz",
        "trace.csv",
    ];
    assert_eq!(names, expected);

    let mut simulation = Simulation::new(&scenario).unwrap();
    simulation.run(&mut ()).unwrap();
    let record = RunRecord::read(&directory).unwrap();
    assert_eq!(record.scenario, scenario);
    assert_eq!(record.dataset.as_ref(), simulation.dataset());
    assert_eq!(&record.trace, simulation.trace());
    assert_eq!(record.snapshot_steps, [0, 50, 100, 150, 200, 250, 300]);
    let last: Vec<f64> = record.snapshots.row(6).iter().copied().collect();
    assert_eq!(last, simulation.parameters());
    assert_eq!(record.spectrum_steps, [0, 150, 300]);
    let last: Vec<f64> = record.spectra.row(2).iter().copied().collect();
    assert_eq!(last, simulation.eigenvalues());
    assert_eq!(record.outcome, Some(Outcome::Completed { step: 300 }));

    let arrays = npz::read(directory.join("snapshots.npz")).unwrap();
    assert_eq!(
        arrays["parameters"].shape,
        [7, simulation.parameters().len()]
    );
    assert_eq!(arrays["step"].shape, [7]);

    // An ended run opens and is still ended.
    let mut run = Run::open(&directory).unwrap();
    assert_eq!(run.run(&mut ()).unwrap(), Outcome::Completed { step: 300 });
    assert_eq!(run.simulation().trace(), simulation.trace());
}

#[test]
fn interrupted_runs_end_with_the_same_bytes() {
    let parent = tempdir().unwrap();
    for checkpoint in [
        "checkpoint.steps=35",
        "checkpoint.seconds=1e-9",
        "checkpoint={}",
    ] {
        let scenario = scenario(&[checkpoint]);
        let expected = whole(&parent.path().join("whole"), &scenario);
        let directory = parent.path().join("parts");
        let mut run = Run::create(&directory, &scenario).unwrap();
        for stop in [1, 49, 50, 51, 120, 299] {
            assert_eq!(
                run.run(&mut StopAt(stop)).unwrap(),
                Outcome::Stopped { step: stop }
            );
            let record = RunRecord::read(&directory).unwrap();
            assert_eq!(record.outcome, None);
            assert_eq!(record.trace, *run.simulation().trace());
            assert_eq!(record.snapshot_steps.len(), record.trace.samples().len());
            drop(run);
            run = Run::open(&directory).unwrap();
            assert_eq!(run.simulation().steps_done(), stop);
        }
        run.run(&mut ()).unwrap();
        drop(run);
        assert!(files(&directory) == expected, "{checkpoint}");
        fs::remove_dir_all(&directory).unwrap();
        fs::remove_dir_all(parent.path().join("whole")).unwrap();
    }
}

/// What a kill leaves behind, put together by hand: an old checkpoint, later rows, torn ends.
#[test]
fn rows_after_the_checkpoint_stay_and_torn_ends_are_cut() {
    let parent = tempdir().unwrap();
    let scenario = scenario(&[]);
    let expected = whole(&parent.path().join("whole"), &scenario);
    let directory = parent.path().join("killed");
    let mut run = Run::create(&directory, &scenario).unwrap();
    run.run(&mut StopAt(120)).unwrap();
    let old = fs::read(directory.join("checkpoint")).unwrap();
    run.run(&mut StopAt(260)).unwrap();
    drop(run);
    for torn in ["trace.csv", "snapshots.bin", "spectra.bin"] {
        tear(&directory.join(torn));
    }
    // The newest checkpoint is torn too: the one before it is taken.
    tear_checkpoint(&directory, &old);
    let record = RunRecord::read(&directory).unwrap();
    assert_eq!(record.trace.samples().len(), 6);

    let mut run = Run::open(&directory).unwrap();
    assert_eq!(run.simulation().steps_done(), 120);
    let rows = fs::read_to_string(directory.join("trace.csv"))
        .unwrap()
        .lines()
        .count();
    assert_eq!(rows, 7, "a row was taken back");
    run.run(&mut ()).unwrap();
    drop(run);
    assert!(files(&directory) == expected);
}

#[test]
fn an_ended_run_whose_last_checkpoint_is_damaged_stays_as_it_ended() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut run = Run::create(&directory, &scenario(&[])).unwrap();
    run.run(&mut StopAt(120)).unwrap();
    let outcome = run.run(&mut ()).unwrap();
    drop(run);
    fs::write(directory.join("checkpoint"), "torn").unwrap();
    let before = files(&directory);
    let mut run = Run::open(&directory).unwrap();
    assert_eq!(run.run(&mut ()).unwrap(), outcome);
    assert_eq!(
        run.simulation().trace(),
        &RunRecord::read(&directory).unwrap().trace
    );
    drop(run);
    assert!(files(&directory) == before);
}

#[test]
fn a_row_that_a_resumed_run_does_not_give_is_an_error() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut run = Run::create(&directory, &scenario(&[])).unwrap();
    let start = fs::read(directory.join("checkpoint")).unwrap();
    run.run(&mut StopAt(120)).unwrap();
    drop(run);
    fs::write(directory.join("checkpoint"), start).unwrap();
    let path = directory.join("trace.csv");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("\n50,0.", "\n50,1.");
    fs::write(&path, text).unwrap();
    let mut run = Run::open(&directory).unwrap();
    assert!(matches!(run.run(&mut ()), Err(Error::Corrupt { .. })));
    assert!(run.run(&mut ()).is_err(), "went on after a failed write");
}

#[test]
fn nothing_is_overwritten() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let scenario = scenario(&[]);
    let before = whole(&directory, &scenario);
    let error = Run::create(&directory, &scenario).unwrap_err();
    assert!(
        matches!(&error, Error::DirectoryInUse { holds, .. } if holds == "a run"),
        "{error}"
    );
    assert!(files(&directory) == before);

    let foreign = parent.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.tex"), "years of work").unwrap();
    let error = Run::create(&foreign, &scenario).unwrap_err().to_string();
    assert!(error.contains("already holds thesis.tex"), "{error}");
    assert_eq!(
        fs::read_to_string(foreign.join("thesis.tex")).unwrap(),
        "years of work"
    );

    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(
        Run::create(file.join("run"), &scenario),
        Err(Error::Io { .. })
    ));
    let missing = parent.path().join("none");
    assert!(matches!(Run::open(&missing), Err(Error::Io { .. })));
    assert!(!missing.exists());
}

#[test]
fn a_second_process_on_a_run_is_refused() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let run = Run::create(&directory, &scenario(&[])).unwrap();
    assert!(matches!(Run::open(&directory), Err(Error::Locked { .. })));
    drop(run);
    Run::open(&directory).unwrap();
}

#[test]
fn data_and_start_from_files_survive_the_files() {
    let parent = tempdir().unwrap();
    let data = parent.path().join("own.npz");
    let source = Simulation::new(&scenario(&[])).unwrap();
    dataset::write(&data, source.dataset().unwrap()).unwrap();
    let start = parent.path().join("start.npz");
    let mut writer = npz::Writer::create(&start).unwrap();
    writer
        .add(
            "parameters",
            &[source.parameters().len()],
            source.parameters().iter().copied(),
        )
        .unwrap();
    writer.finish().unwrap();

    let mut unchecked = scenario(&["seed=5"]).into_unchecked();
    unchecked.task = drift_sim::scenario::TaskSpec::File(data.clone());
    unchecked.network.initial = Some(start.clone());
    let from_files: Scenario = unchecked.try_into().unwrap();
    let directory = parent.path().join("run");
    let mut run = Run::create(&directory, &from_files).unwrap();
    assert_eq!(run.simulation().parameters(), source.parameters());
    run.run(&mut StopAt(130)).unwrap();
    drop(run);
    fs::remove_file(&data).unwrap();
    fs::remove_file(&start).unwrap();
    let mut run = Run::open(&directory).unwrap();
    assert_eq!(run.run(&mut ()).unwrap(), Outcome::Completed { step: 300 });
    assert_eq!(run.simulation().dataset(), source.dataset());
    assert!(matches!(
        Simulation::new(&from_files),
        Err(Error::Io { .. })
    ));
}

#[test]
fn files_that_do_not_fit_are_refused_by_name() {
    let parent = tempdir().unwrap();
    let path = parent.path().join("data.npz");
    fs::write(&path, "not an archive").unwrap();
    let error = dataset::read(&path).unwrap_err().to_string();
    assert!(error.contains("data.npz is not valid"), "{error}");

    let mut writer = npz::Writer::create(&path).unwrap();
    writer
        .add("inputs", &[3, 2], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
        .unwrap();
    writer.add("targets", &[2, 1], [0.0, 1.0]).unwrap();
    writer.finish().unwrap();
    let error = dataset::read(&path).unwrap_err().to_string();
    assert!(error.contains("targets"), "{error}");

    let mut unchecked = scenario(&[]).into_unchecked();
    unchecked.network.initial = Some(path);
    let wrong = Simulation::new(&unchecked.try_into().unwrap())
        .unwrap_err()
        .to_string();
    assert!(wrong.contains("there is no array input_weights"), "{wrong}");
}
