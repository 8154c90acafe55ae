//! Runs in a directory: what is written, what is refused, what survives.

use std::fs;
use std::path::Path;

use super::interrupted::{StopAt, create, files, open, tear, tear_checkpoint, whole};
use drift_sim::engine;
use drift_sim::{Error, Outcome, RunRecord, Scenario, System, Training, dataset, npz, presets};
use tempfile::tempdir;

pub fn scenario(changes: &[&str]) -> Scenario {
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

    let mut simulation = scenario.simulation().unwrap();
    simulation.run(&mut ()).unwrap();
    let training = simulation.system();
    let record = RunRecord::read(&directory).unwrap();
    assert_eq!(record.scenario, scenario);
    assert_eq!(record.dataset.as_ref(), Some(training.dataset()));
    assert_eq!(record.trace.to_csv(), simulation.trace().to_csv());
    let snapshots = record.snapshots().unwrap();
    assert_eq!(snapshots.steps, [0, 50, 100, 150, 200, 250, 300]);
    let last: Vec<f64> = snapshots.values.row(6).iter().copied().collect();
    assert_eq!(last, training.parameters());
    let network = record.network(last).unwrap();
    assert_eq!(network, training.network());
    let spectra = record.spectra().unwrap();
    assert_eq!(spectra.steps, [0, 150, 300]);
    let last: Vec<f64> = spectra.values.row(2).iter().copied().collect();
    assert_eq!(last, training.problem().eigenvalues());
    // Of many, evenly spaced ones; of a series that is not there, none.
    let thinned = record.thinned("snapshots", 3).unwrap();
    assert_eq!(thinned.steps, [0, 150, 300]);
    assert_eq!(thinned.values.row(1), snapshots.values.row(3));
    assert!(record.series("responses").unwrap().steps.is_empty());
    assert_eq!(record.outcome, Some(Outcome::Completed { step: 300 }));

    let arrays = npz::read(directory.join("snapshots.npz")).unwrap();
    assert_eq!(arrays["parameters"].shape, [7, training.parameters().len()]);
    assert_eq!(arrays["step"].shape, [7]);

    // An ended run opens and is still ended.
    let mut run = open(&directory).unwrap();
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
        let mut run = create(&directory, &scenario).unwrap();
        for stop in [1, 49, 50, 51, 120, 299] {
            assert_eq!(
                run.run(&mut StopAt(stop)).unwrap(),
                Outcome::Stopped { step: stop }
            );
            let record = RunRecord::read(&directory).unwrap();
            assert_eq!(record.outcome, None);
            assert_eq!(record.trace.to_csv(), run.simulation().trace().to_csv());
            let snapshots = record.snapshots().unwrap();
            assert_eq!(snapshots.steps.len(), record.trace.samples().len());
            drop(run);
            run = open(&directory).unwrap();
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
    let mut run = create(&directory, &scenario).unwrap();
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

    let mut run = open(&directory).unwrap();
    assert_eq!(run.simulation().steps_done(), 120);
    // Those of the torn checkpoint and of nothing else: torn ends are no loss.
    assert_eq!(run.notes().len(), 1, "{:?}", run.notes());
    assert!(
        run.notes()[0].contains("checkpoint is not valid"),
        "{:?}",
        run.notes()
    );
    let rows = fs::read_to_string(directory.join("trace.csv"))
        .unwrap()
        .lines()
        .count();
    assert_eq!(rows, 7, "a row was taken back");
    run.run(&mut ()).unwrap();
    drop(run);
    assert!(files(&directory) == expected);
}

/// The cases `zero tail` and `another processor` of the shared folder, and their like: what can be
/// made again is made again.
#[test]
fn what_is_damaged_is_made_again_and_said() {
    let parent = tempdir().unwrap();
    let scenario = scenario(&[]);
    let expected = whole(&parent.path().join("whole"), &scenario);
    let zeros = |path: &Path, count: usize| {
        let mut bytes = fs::read(path).unwrap();
        let from = bytes.len().saturating_sub(count);
        bytes[from..].fill(0);
        fs::write(path, bytes).unwrap();
    };
    type Damage<'a> = (&'a str, &'a dyn Fn(&Path), &'a str);
    let damages: [Damage<'_>; 7] = [
        (
            "zeros",
            &|run| zeros(&run.join("snapshots.bin"), 8192),
            "lost",
        ),
        (
            "spectra",
            &|run| zeros(&run.join("spectra.bin"), 100),
            "lost",
        ),
        ("rows", &|run| zeros(&run.join("trace.csv"), 200), "lost"),
        (
            "header",
            &|run| fs::write(run.join("snapshots.bin"), [0; 5000]).unwrap(),
            "lost",
        ),
        (
            "gone",
            &|run| fs::remove_file(run.join("spectra.bin")).unwrap(),
            "lost",
        ),
        (
            "field",
            &|run| {
                let path = run.join("trace.csv");
                let text = fs::read_to_string(&path).unwrap();
                fs::write(&path, text.replace("\n100,0.", "\n100,0x")).unwrap();
            },
            "row 4 cannot be read",
        ),
        (
            "both",
            &|run| {
                zeros(&run.join("checkpoint"), 30);
                zeros(&run.join("checkpoint.previous"), 30);
            },
            "the run is made again from its start",
        ),
    ];
    for (name, damage, note) in damages {
        let directory = parent.path().join(name);
        let mut run = create(&directory, &scenario).unwrap();
        run.run(&mut StopAt(120)).unwrap();
        run.run(&mut StopAt(260)).unwrap();
        drop(run);
        damage(&directory);
        let mut run = open(&directory).unwrap();
        let notes = run.notes().join("\n");
        assert!(notes.contains(note), "{name}: {notes}");
        run.run(&mut ()).unwrap();
        drop(run);
        let found = files(&directory);
        let differ = |file: &&String| found.get(*file) != expected.get(*file);
        let differing: Vec<&String> = found.keys().chain(expected.keys()).filter(differ).collect();
        assert!(differing.is_empty(), "{name}: {differing:?}");
        assert!(open(&directory).unwrap().notes().is_empty(), "{name}");
    }
}

/// What another processor gives with other last bits is kept as it was recorded, and parameters
/// are compared.
#[test]
fn numbers_of_another_processor_are_kept() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut run = create(&directory, &scenario(&[])).unwrap();
    let start = fs::read(directory.join("checkpoint")).unwrap();
    run.run(&mut StopAt(260)).unwrap();
    drop(run);
    fs::write(directory.join("checkpoint"), start).unwrap();
    let path = directory.join("trace.csv");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let columns: Vec<&str> = lines[0].split(',').collect();
    let place = columns.iter().position(|name| *name == "hessian_max");
    let mut fields: Vec<String> = lines[1].split(',').map(str::to_owned).collect();
    let field: &mut String = &mut fields[place.unwrap()];
    *field = format!("{:?}", field.parse::<f64>().unwrap().next_up());
    lines[1] = fields.join(",");
    let other = lines.join("\n") + "\n";
    fs::write(&path, &other).unwrap();
    let mut run = open(&directory).unwrap();
    assert_eq!(run.run(&mut ()).unwrap(), Outcome::Completed { step: 300 });
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(&other), "a recorded number was changed");
}

#[test]
fn an_ended_run_whose_last_checkpoint_is_damaged_stays_as_it_ended() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut run = create(&directory, &scenario(&[])).unwrap();
    run.run(&mut StopAt(120)).unwrap();
    let outcome = run.run(&mut ()).unwrap();
    drop(run);
    fs::write(directory.join("checkpoint"), "torn").unwrap();
    let before = files(&directory);
    let mut run = open(&directory).unwrap();
    assert_eq!(run.run(&mut ()).unwrap(), outcome);
    assert_eq!(
        run.simulation().trace().to_csv(),
        RunRecord::read(&directory).unwrap().trace.to_csv()
    );
    drop(run);
    assert!(files(&directory) == before);
}

#[test]
fn a_row_that_a_resumed_run_does_not_give_is_an_error() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut run = create(&directory, &scenario(&[])).unwrap();
    let start = fs::read(directory.join("checkpoint")).unwrap();
    run.run(&mut StopAt(120)).unwrap();
    drop(run);
    fs::write(directory.join("checkpoint"), start).unwrap();
    let path = directory.join("trace.csv");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("\n50,0.", "\n50,1.");
    fs::write(&path, text).unwrap();
    let mut run = open(&directory).unwrap();
    assert!(matches!(
        run.run(&mut ()),
        Err(engine::Error::Corrupt { reason, .. }) if reason.starts_with("row 3 differs")
    ));
    assert!(run.run(&mut ()).is_err(), "went on after a failed write");
}

#[test]
fn nothing_is_overwritten() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let scenario = scenario(&[]);
    let before = whole(&directory, &scenario);
    let error = create(&directory, &scenario).map(drop).unwrap_err();
    assert!(
        matches!(&error, Error::Engine(engine::Error::DirectoryInUse { holds, .. }) if holds == "a run"),
        "{error}"
    );
    assert!(files(&directory) == before);

    let foreign = parent.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.tex"), "years of work").unwrap();
    let error = create(&foreign, &scenario)
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(error.contains("already holds thesis.tex"), "{error}");
    assert_eq!(
        fs::read_to_string(foreign.join("thesis.tex")).unwrap(),
        "years of work"
    );

    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(
        create(&file.join("run"), &scenario),
        Err(Error::Engine(engine::Error::Io { .. }))
    ));
    let missing = parent.path().join("none");
    assert!(matches!(
        open(&missing),
        Err(Error::Engine(engine::Error::Io { .. }))
    ));
    assert!(!missing.exists());
}

#[test]
fn a_second_process_on_a_run_is_refused() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let run = create(&directory, &scenario(&[])).unwrap();
    assert!(matches!(
        open(&directory),
        Err(Error::Engine(engine::Error::Locked { .. }))
    ));
    drop(run);
    open(&directory).unwrap();
}

#[test]
fn data_and_start_from_files_survive_the_files() {
    let parent = tempdir().unwrap();
    let data = parent.path().join("own.npz");
    let source = Training::of(&scenario(&[])).unwrap();
    dataset::write(&data, source.dataset()).unwrap();
    let start = parent.path().join("start.npz");
    let mut writer = npz::Writer::create(&start).unwrap();
    let parameters = source.parameters();
    writer
        .add(
            "parameters",
            &[parameters.len()],
            parameters.iter().copied(),
        )
        .unwrap();
    writer.finish().unwrap();

    let mut unchecked = scenario(&["seed=5"]).into_unchecked();
    unchecked.task = drift_sim::scenario::TaskSpec::File(data.clone().into());
    unchecked.network.initial = Some(start.clone().into());
    let by_path: Scenario = unchecked.clone().try_into().unwrap();
    unchecked.pin_files(Path::new("")).unwrap();
    let pinned: Scenario = unchecked.try_into().unwrap();
    for (name, from_files) in [("path", &by_path), ("pinned", &pinned)] {
        let directory = parent.path().join(name);
        let mut run = create(&directory, from_files).unwrap();
        let first = run.simulation().system().vector(0, 0).unwrap();
        assert_eq!(first[..], parameters);
        run.run(&mut StopAt(130)).unwrap();
    }
    // Another content is another scenario, where the content was pinned.
    let mut changed = source.dataset().inputs().clone();
    changed[(0, 0)] += 0.5;
    let changed = drift_sim::env::Dataset::new(changed, source.dataset().targets().clone());
    dataset::write(&data, &changed.unwrap()).unwrap();
    by_path.simulation().unwrap();
    let refused = pinned.simulation().unwrap_err().to_string();
    assert!(
        refused.contains("its content has changed since the scenario was written"),
        "{refused}"
    );
    fs::remove_file(&data).unwrap();
    fs::remove_file(&start).unwrap();
    for name in ["path", "pinned"] {
        let directory = parent.path().join(name);
        let mut run = open(&directory).unwrap();
        assert_eq!(run.run(&mut ()).unwrap(), Outcome::Completed { step: 300 });
        drop(run);
        let record = RunRecord::read(&directory).unwrap();
        assert_eq!(record.dataset.as_ref(), Some(source.dataset()));
    }
    for from_files in [by_path, pinned] {
        let gone = from_files.simulation();
        assert!(matches!(gone, Err(Error::Engine(engine::Error::Io { .. }))));
    }
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
    unchecked.network.initial = Some(path.into());
    let unchecked: Scenario = unchecked.try_into().unwrap();
    let wrong = unchecked.simulation().unwrap_err().to_string();
    assert!(wrong.contains("there is no array input_weights"), "{wrong}");
}
