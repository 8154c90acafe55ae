//! Sweeps: what run k is, refusals, shards, collection.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use drift_sim::scenario::NoiseSpec;
use drift_sim::sweep::{
    Collected, RunEnd, Shard, SweepShard, collect, preset, presets, run_scenario, status,
};
use drift_sim::{Error, Outcome, Sweep, npz};
use proptest::prelude::*;
use tempfile::tempdir;

const SMALL: &str = r#"
name = "small"
seed = 3
snapshots = 3

[[group]]
name = "grid"
preset = "random-sgd-update"
set = { steps = 60, network.hidden = 8, sampling.linear.samples = 31, spectrum.samples = 20, spectrum.kind = "exact", spectrum.first = 10, spectrum.last = 11 }
[group.vary]
task.random.samples = { grid = [3, 5] }
network.regime = { grid = ["rich", "lazy"] }
"noise.update.distribution.gaussian.standard_deviation" = { log_range = [0.01, 0.1] }

[[group]]
name = "drawn"
preset = "predictive-adam"
runs = 5
set.steps = 40
set.network.hidden = 8
set.sampling.linear.samples = 11
[group.vary]
"task.predictive.samples" = { range = [5, 9] }
"rule.adam.learning_rate" = { range = [0.001, 0.002] }
"noise.label" = { choice = ["none", { uniform = { width = 0.5 } }] }

[[group]]
name = "wild"
preset = "random-sgd"
runs = 2
set = { steps = 3000, rule.sgd.learning_rate = 1000.0 }

[[group]]
name = "impossible"
preset = "random-sgd"
set.steps = 10
vary.task.random.samples = { grid = [4, 0] }
"#;

fn small() -> Sweep {
    Sweep::from_toml(SMALL).unwrap()
}

fn never() -> bool {
    false
}

fn run(directory: &Path, sweep: &Sweep, shard: Shard, jobs: usize) {
    let mut shard = SweepShard::open(directory, sweep, shard, false).unwrap();
    assert_eq!(shard.run(Some(jobs), &never, &|_| ()).unwrap(), 0);
}

fn tables(directories: &[&Path], output: &Path) -> (Collected, Vec<u8>, Vec<u8>) {
    let collected = collect(directories, output).unwrap();
    let read = |name: &str| fs::read(output.join(name)).unwrap();
    (collected, read("table.csv"), read("curves.npz"))
}

#[test]
fn the_table_does_not_depend_on_shards_order_or_threads() {
    let parent = tempdir().unwrap();
    let path = |name: &str| parent.path().join(name);
    let sweep = small();
    assert_eq!(sweep.runs(), 4 + 5 + 2 + 2);
    run(&path("one"), &sweep, Shard::whole(), 1);
    let (collected, table, curves) = tables(&[&path("one")], &path("table-one"));
    assert_eq!(collected.rows, 13);
    assert_eq!((collected.gaps.len(), collected.duplicates.len()), (0, 0));

    run(&path("two"), &sweep, Shard::whole(), 2);
    let two = tables(&[&path("two")], &path("table-two"));
    assert!(two.1 == table && two.2 == curves, "two threads");

    // Seven shards in some order, in two directories.
    for number in [4, 7, 1, 6, 2, 5, 3] {
        let directory = path(if number % 2 == 0 { "even" } else { "odd" });
        run(&directory, &sweep, Shard::new(number, 7).unwrap(), 2);
    }
    let seven = tables(&[&path("odd"), &path("even")], &path("table-seven"));
    assert!(seven.1 == table && seven.2 == curves, "seven shards");

    // Everything twice is everything, and said so.
    let twice = tables(
        &[&path("even"), &path("one"), &path("odd")],
        &path("table-twice"),
    );
    assert_eq!(twice.0.duplicates, (0..13).collect::<Vec<u64>>());
    assert!(twice.1 == table && twice.2 == curves, "duplicates");
    // A part is a part, and said so.
    let part = tables(&[&path("odd")], &path("table-part"));
    assert_eq!(part.0.gaps, [1, 3, 5, 8, 10, 12]);

    let text = String::from_utf8(table).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows.len(), 14);
    assert!(rows[0].starts_with("run,group,name,seed,outcome,"));
    assert!(
        rows[10].contains(",diverged,") || rows[10].contains(",not_finite,"),
        "{}",
        rows[10]
    );
    assert!(
        rows[13].starts_with("12,impossible,,,failed,,"),
        "{}",
        rows[13]
    );
    assert!(
        rows[13].contains("task.random.samples is 0"),
        "{}",
        rows[13]
    );
    let arrays = npz::read(path("table-one").join("curves.npz")).unwrap();
    assert_eq!(arrays["fraction_active_units"].shape, [13, 100]);
    let snapshots = npz::read(path("one").join("snapshots/run-0.npz")).unwrap();
    assert_eq!(snapshots["step"].values, [0.0, 30.0, 60.0]);
}

#[test]
fn a_stopped_shard_goes_on_where_it_was() {
    let parent = tempdir().unwrap();
    let sweep = small();
    let finished = AtomicUsize::new(0);
    let seen = Mutex::new(Vec::new());
    for attempt in 1.. {
        let mut shard = SweepShard::open(parent.path(), &sweep, Shard::whole(), false).unwrap();
        assert_eq!(shard.total(), 13);
        assert_eq!(shard.pending().len(), 13 - seen.lock().unwrap().len());
        let limit = 4 * attempt;
        let stop = || finished.load(Ordering::SeqCst) >= limit;
        let left = shard
            .run(Some(1), &stop, &|row| {
                finished.fetch_add(1, Ordering::SeqCst);
                seen.lock().unwrap().push(row.run);
            })
            .unwrap();
        assert_eq!(left, shard.pending().len());
        let status = status(parent.path()).unwrap();
        assert_eq!(status.finished as usize, seen.lock().unwrap().len());
        assert_eq!(status.by_group.len(), 4);
        if left == 0 {
            assert_eq!(status.by_end["failed"], 1);
            assert_eq!(status.by_end["completed"], 10);
            break;
        }
    }
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(
        seen,
        (0..13).collect::<Vec<u64>>(),
        "a run was made twice or not at all"
    );
}

/// Runs that take long, one of them with rate maps and snapshots, and the smallest interval there is.
const LONG: &str = r#"
name = "long"
snapshots = 4
[[group]]
name = "noise"
preset = "random-adam-update"
runs = 2
set = { steps = 6000, network.hidden = 20, sampling.linear.samples = 61, spectrum.samples = 3, checkpoint.steps = 700 }
vary.task.random.samples = { range = [3, 12] }
[[group]]
name = "corridor"
preset = "figure2"
runs = 1
set = { steps = 3000, network.hidden = 15, sampling.linear.samples = 61, measures.bins = 30, checkpoint.steps = 700 }
"#;

#[test]
fn a_long_run_goes_on_where_it_was() {
    let parent = tempdir().unwrap();
    let path = |name: &str| parent.path().join(name);
    let sweep = Sweep::from_toml(LONG).unwrap();
    let looks = AtomicUsize::new(0);
    let mut whole = SweepShard::open(path("whole"), &sweep, Shard::whole(), false).unwrap();
    let count = || looks.fetch_add(1, Ordering::SeqCst) == usize::MAX;
    assert_eq!(whole.run(Some(1), &count, &|_| ()).unwrap(), 0);
    let enough = looks.load(Ordering::SeqCst);

    // Stopped after every few looks, ever again: the looks add up to little more than those of the
    // whole, which they could not if runs started again.
    let mut total = 0;
    for part in 0.. {
        assert!(part < 60, "no end");
        let looks = AtomicUsize::new(0);
        let stop = || looks.fetch_add(1, Ordering::SeqCst) >= 5;
        let mut shard = SweepShard::open(path("parts"), &sweep, Shard::whole(), false).unwrap();
        let left = shard.run(Some(1), &stop, &|_| ()).unwrap();
        total += looks.load(Ordering::SeqCst);
        let saved = fs::read_dir(path("parts")).unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().ends_with(".unfinished")
        });
        assert_eq!(saved.count(), usize::from(left > 0), "{left} left");
        if left == 0 {
            break;
        }
        if part == 2 {
            // One that cannot be trusted is no loss but of time.
            let file = path("parts").join("shard-1-of-1.run-0.unfinished");
            let mut bytes = fs::read(&file).unwrap();
            bytes[100] ^= 1;
            fs::write(&file, bytes).unwrap();
        }
    }
    assert!(total < 3 * enough, "{total} looks for {enough}");
    let whole = tables(&[&path("whole")], &path("table-whole"));
    let parts = tables(&[&path("parts")], &path("table-parts"));
    assert!(whole.1 == parts.1 && whole.2 == parts.2);
    for run in 0..3 {
        let name = format!("snapshots/run-{run}.npz");
        let read = |directory: &str| fs::read(path(directory).join(&name)).unwrap();
        assert!(read("whole") == read("parts"), "{name}");
    }
}

#[test]
fn torn_journals_lose_their_last_row_only() {
    let parent = tempdir().unwrap();
    let sweep = small();
    run(parent.path(), &sweep, Shard::whole(), 1);
    let (_, table, _) = tables(&[parent.path()], &parent.path().join("out"));
    let path = parent.path().join("shard-1-of-1.journal");
    let whole = fs::read(&path).unwrap();
    for cut in [1, 700, whole.len() - 12, whole.len() - 2] {
        fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let shard = SweepShard::open(parent.path(), &sweep, Shard::whole(), false).unwrap();
        assert!(!shard.pending().is_empty());
        drop(shard);
        run(parent.path(), &sweep, Shard::whole(), 1);
        assert!(
            tables(&[parent.path()], &parent.path().join("out")).1 == table,
            "cut {cut}"
        );
        fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn directories_of_others_are_refused() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("sweep");
    let sweep = small();
    let shard = SweepShard::open(&directory, &sweep, Shard::whole(), false).unwrap();
    let second = SweepShard::open(&directory, &sweep, Shard::whole(), false);
    assert!(matches!(second, Err(Error::Locked { .. })));
    // Other shards of the same sweep may work beside it.
    SweepShard::open(&directory, &sweep, Shard::new(2, 3).unwrap(), false).unwrap();
    drop(shard);

    let other = Sweep::from_toml(&SMALL.replace("seed = 3", "seed = 4")).unwrap();
    let mixed = SweepShard::open(&directory, &other, Shard::whole(), false).unwrap_err();
    assert!(
        mixed.to_string().contains("already holds another sweep"),
        "{mixed}"
    );
    let elsewhere = parent.path().join("elsewhere");
    drop(SweepShard::open(&elsewhere, &other, Shard::whole(), false).unwrap());
    let mixed = collect(&[&directory, &elsewhere], parent.path().join("out")).unwrap_err();
    assert!(matches!(mixed, Error::MixedSweep { .. }), "{mixed}");

    let foreign = parent.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("notes.txt"), "mine").unwrap();
    let refused = SweepShard::open(&foreign, &sweep, Shard::whole(), false).unwrap_err();
    assert!(
        refused.to_string().contains("already holds notes.txt"),
        "{refused}"
    );
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);
    assert!(matches!(status(&foreign), Err(Error::Io { .. })));
    fs::write(
        directory.join("shard-9-of-9.journal"),
        "something else entirely",
    )
    .unwrap();
    assert!(matches!(status(&directory), Err(Error::Corrupt { .. })));
}

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
    assert_eq!((last.steps(), last.spec().network.hidden), (1000, 1000));
    let parent = tempdir().unwrap();
    let directory = parent.path().join("huge");
    let refused = SweepShard::open(&directory, &sweep, Shard::whole(), false);
    assert!(matches!(
        refused,
        Err(Error::TooManyRuns {
            runs: 1_000_000_000,
            ..
        })
    ));
    assert!(!directory.exists());
    // With it, a shard of a thousand opens at once.
    let shard = Shard::new(5, 1_000_000).unwrap();
    let shard = SweepShard::open(&directory, &sweep, shard, true).unwrap();
    assert_eq!(shard.pending().len(), 1000);
}

#[test]
fn presets_have_the_published_numbers_of_runs() {
    for (name, runs) in [("table2", 1151), ("grid-1e6", 362), ("noise-scale", 118)] {
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
        let noisy = |noise: NoiseSpec| if noise == NoiseSpec::None { "" } else { "+" };
        let key = format!(
            "{}{}{} {}",
            spec.rule.kind(),
            noisy(spec.noise.update.distribution),
            noisy(spec.noise.label),
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
            assert_eq!(grid.group(run), "random-sgd-update-1e6");
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

#[test]
fn a_run_is_summed_up() {
    let scenario = small().scenario(0).unwrap();
    let row = run_scenario(0, "grid", Ok(scenario), None, None, &never)
        .unwrap()
        .unwrap();
    assert_eq!(row.end, RunEnd::Ran(Outcome::Completed { step: 60 }));
    let summary = row.summary;
    let ratio = summary.final_active_units.unwrap() / summary.initial_active_units.unwrap();
    assert_eq!(summary.active_units, Some(ratio));
    assert!(summary.final_trace.unwrap() > 0.0 && summary.eig_sum.unwrap() > 0.0);
    assert!(summary.nonzero_fraction.unwrap() <= 1.0);
    assert!(summary.loss.unwrap() < 0.5);
    assert!(summary.log_tau.is_some());
    assert_eq!(row.curves.steps.len(), 100);
    assert_eq!(
        row.curves.fraction_active_units[0],
        summary.initial_active_units.unwrap()
    );
    assert!(
        row.curves
            .mean_spatial_information
            .iter()
            .all(|bits| bits.is_nan())
    );
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
        prop_assert!((1..=1000).contains(&scenario.spec().network.hidden));
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
        let again = Sweep::from_toml(&sweep.to_toml()).unwrap();
        prop_assert_eq!(&again, &sweep);
        prop_assert_eq!(again.to_toml(), sweep.to_toml());
        for run in [0, sweep.runs() / 2, sweep.runs() - 1] {
            prop_assert_eq!(again.scenario(run).unwrap(), sweep.scenario(run).unwrap());
        }
    }
}
