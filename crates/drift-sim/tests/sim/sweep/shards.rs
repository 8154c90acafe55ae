//! Shards: stopped, torn, mixed up, and collected into one table.

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use drift_sim::engine::Error;
use drift_sim::engine::sweep::{Shard, SweepShard, collect, status};
use drift_sim::{Sweep, npz};
use tempfile::tempdir;

use super::small::{SMALL, run, small, tables};

#[test]
fn the_table_does_not_depend_on_shards_order_or_threads() {
    let parent = tempdir().unwrap();
    let path = |name: &str| parent.path().join(name);
    let sweep = small();
    assert_eq!(sweep.runs(), 4 + 5 + 2 + 2);
    run(&path("one"), &sweep, Shard::whole(), 1);
    let (collected, table, curves) = tables(&sweep, &[&path("one")], &path("table-one"));
    assert_eq!(collected.rows, 13);
    assert_eq!((collected.gaps.len(), collected.duplicates.len()), (0, 0));

    run(&path("two"), &sweep, Shard::whole(), 2);
    let two = tables(&sweep, &[&path("two")], &path("table-two"));
    assert!(two.1 == table && two.2 == curves, "two threads");

    // Seven shards in some order, in two directories.
    for number in [4, 7, 1, 6, 2, 5, 3] {
        let directory = path(if number % 2 == 0 { "even" } else { "odd" });
        run(&directory, &sweep, Shard::new(number, 7).unwrap(), 2);
    }
    let seven = tables(&sweep, &[&path("odd"), &path("even")], &path("table-seven"));
    assert!(seven.1 == table && seven.2 == curves, "seven shards");

    // Everything twice is everything, and said so.
    let twice = tables(
        &sweep,
        &[&path("even"), &path("one"), &path("odd")],
        &path("table-twice"),
    );
    assert_eq!(twice.0.duplicates, (0..13).collect::<Vec<u64>>());
    assert!(twice.1 == table && twice.2 == curves, "duplicates");
    // A part is a part, and said so.
    let part = tables(&sweep, &[&path("odd")], &path("table-part"));
    assert_eq!(part.0.gaps, [1, 3, 5, 8, 10, 12]);

    let mut reader = csv::Reader::from_reader(&table[..]);
    let header = reader.headers().unwrap().clone();
    let known = [
        "run",
        "group",
        "outcome",
        "outcome_step",
        "reason",
        "name",
        "seed",
        "task",
        "steps",
        "samples",
        "inputs",
        "outputs",
        "hidden",
        "regime",
        "rule",
        "learning_rate",
        "update_noise",
        "update_place",
        "label_noise",
        "input_noise",
        "scenario",
        "initial_active_units",
    ];
    assert_eq!(header.iter().take(known.len()).collect::<Vec<_>>(), known);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 13);
    let field = |row: usize, name: &str| -> &str {
        &rows[row][header.iter().position(|known| known == name).expect(name)]
    };
    for row in 0..13 {
        // A refused run tells what was drawn for it as the others do.
        assert!(field(row, "seed").parse::<i64>().is_ok(), "run {row}");
        assert!(field(row, "steps").parse::<u64>().is_ok(), "run {row}");
        assert_eq!(field(row, "name"), format!("small {row}"));
        assert_eq!(field(row, "run"), row.to_string());
    }
    let wild = field(9, "outcome");
    assert!(wild == "diverged" || wild == "not_finite", "{wild}");
    assert_eq!(field(0, "reason"), "completed 60 steps");
    assert_eq!(field(12, "group"), "impossible");
    assert_eq!(field(12, "outcome"), "failed");
    assert_eq!(field(12, "outcome_step"), "");
    assert!(field(12, "reason").starts_with("task.random.samples is 0"));
    assert_eq!(field(12, "task"), "random");
    assert!(field(12, "scenario").contains("\"samples\":0"));
    assert_eq!(field(12, "initial_active_units"), "");
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
        let mut shard =
            SweepShard::open(parent.path(), sweep.design(), Shard::whole(), false).unwrap();
        assert_eq!(shard.total(), 13);
        assert_eq!(shard.pending().len(), 13 - seen.lock().unwrap().len());
        let limit = 4 * attempt;
        let stop = || finished.load(Ordering::SeqCst) >= limit;
        let left = shard
            .run(&sweep, Some(1), &stop, &|row| {
                finished.fetch_add(1, Ordering::SeqCst);
                seen.lock().unwrap().push(row.run);
            })
            .unwrap();
        assert_eq!(left, shard.pending().len());
        let status = status(parent.path(), sweep.design()).unwrap();
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

#[test]
fn torn_journals_lose_their_last_row_only() {
    let parent = tempdir().unwrap();
    let sweep = small();
    run(parent.path(), &sweep, Shard::whole(), 1);
    let (_, table, _) = tables(&sweep, &[parent.path()], &parent.path().join("out"));
    let path = parent.path().join("shard-1-of-1.journal");
    let whole = fs::read(&path).unwrap();
    for cut in [1, 700, whole.len() - 12, whole.len() - 2] {
        fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let shard = SweepShard::open(parent.path(), sweep.design(), Shard::whole(), false).unwrap();
        assert!(!shard.pending().is_empty());
        drop(shard);
        run(parent.path(), &sweep, Shard::whole(), 1);
        assert!(
            tables(&sweep, &[parent.path()], &parent.path().join("out")).1 == table,
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
    let shard = SweepShard::open(&directory, sweep.design(), Shard::whole(), false).unwrap();
    let second = SweepShard::open(&directory, sweep.design(), Shard::whole(), false);
    assert!(matches!(second, Err(Error::Locked { .. })));
    // Other shards of the same sweep may work beside it.
    SweepShard::open(&directory, sweep.design(), Shard::new(2, 3).unwrap(), false).unwrap();
    drop(shard);

    let other = Sweep::from_toml(&SMALL.replace("seed = 3", "seed = 4")).unwrap();
    let mixed = SweepShard::open(&directory, other.design(), Shard::whole(), false).unwrap_err();
    assert!(
        mixed.to_string().contains("already holds another sweep"),
        "{mixed}"
    );
    let elsewhere = parent.path().join("elsewhere");
    drop(SweepShard::open(&elsewhere, other.design(), Shard::whole(), false).unwrap());
    let mixed = collect(
        sweep.design(),
        &[&directory, &elsewhere],
        parent.path().join("out"),
    )
    .unwrap_err();
    assert!(matches!(mixed, Error::MixedSweep { .. }), "{mixed}");

    let foreign = parent.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("notes.txt"), "mine").unwrap();
    let refused = SweepShard::open(&foreign, sweep.design(), Shard::whole(), false).unwrap_err();
    assert!(
        refused.to_string().contains("already holds notes.txt"),
        "{refused}"
    );
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);
    assert!(matches!(
        status(&foreign, sweep.design()),
        Err(Error::Io { .. })
    ));
    let strange = directory.join("shard-9-of-9.journal");
    fs::write(&strange, "something else entirely").unwrap();
    assert!(matches!(
        status(&directory, sweep.design()),
        Err(Error::Corrupt { .. })
    ));
}
