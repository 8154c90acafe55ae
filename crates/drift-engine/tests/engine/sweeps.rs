//! Sweeps: whoever draws, divides, kills and collects, the table is the same.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::oscillator::Oscillator;
use drift_engine::sweep::{
    Cell, Collected, Distribution, Draw, RunEnd, Shard, Sweep, SweepShard, Swept, collect,
    run_draw, status, sweep_text,
};
use drift_engine::toml::Value;
use drift_engine::{CheckpointEvery, Error, Plan, Sampling, Simulation, npz};
use proptest::prelude::*;
use tempfile::tempdir;

const STEPS: u64 = 900;

fn sweep() -> Sweep {
    Sweep::new("oscillators", 5)
        .unwrap()
        .with_snapshots(3)
        .with_group(
            "grid",
            None,
            [
                ("stiffness", Distribution::grid([1.0, 2.0, 3.0])),
                ("speed", Distribution::between(-1.0, 1.0)),
            ],
        )
        .unwrap()
        .with_group(
            "odd",
            Some(4),
            // One of the grid is refused, one panics, one breaks.
            [("stiffness", Distribution::grid([-1.0, 0.0, 5.0, 6.0]))],
        )
        .unwrap()
}

/// Makes the oscillator of a draw, on a processor.
struct Oscillators {
    processor: f64,
}

impl Swept for Oscillators {
    type System = Oscillator;

    fn simulation(&self, draw: &Draw) -> Result<Simulation<Oscillator>, Error> {
        let stiffness = draw.number("stiffness").unwrap();
        if stiffness < 0.0 {
            return Err(Error::OutOfRange {
                field: "stiffness".to_owned(),
                value: stiffness.to_string(),
                expected: "a number >= 0".to_owned(),
            });
        }
        assert!(stiffness > 0.0, "nobody thought of a stiffness of zero");
        let mut system = Oscillator::new(stiffness);
        system.processor = self.processor;
        system.now.speed = draw.number("speed").unwrap_or(0.0);
        system.breaks_at = (stiffness == 6.0).then_some(333);
        let plan = Plan::new(STEPS, Sampling::linear(10))?.with_checkpoint(CheckpointEvery {
            seconds: None,
            steps: Some(100),
        })?;
        Simulation::new(system, plan)
    }
}

const HERE: Oscillators = Oscillators { processor: 1.0 };

fn work(directory: &Path, shard: Shard, stop: &(dyn Fn() -> bool + Sync)) -> usize {
    let mut shard = SweepShard::open(directory, &sweep(), shard, false).unwrap();
    shard.run(&HERE, Some(2), stop, &|_| ()).unwrap()
}

fn collected(directories: &[&Path], output: &Path) -> (Collected, [Vec<u8>; 2]) {
    let collected = collect(&sweep(), directories, output).unwrap();
    let read = |name: &str| fs::read(output.join(name)).unwrap();
    (collected, ["table.csv", "curves.npz"].map(read))
}

fn alone() -> [Vec<u8>; 2] {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("sweep");
    assert_eq!(work(&directory, Shard::whole(), &|| false), 0);
    collected(&[&directory], &parent.path().join("out")).1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn no_division_no_stop_and_no_torn_journal_shows_in_the_table(
        shards in 1..9_u64,
        directories in 1..4_u64,
        patience in 1..6_usize,
        cuts in prop::collection::vec((0..9_u64, 0.0..1.0_f64, any::<bool>()), 0..4),
    ) {
        let parent = tempdir().unwrap();
        let folder = |number: u64| parent.path().join(format!("part-{}", number % directories));
        for number in 1..=shards {
            let shard = Shard::new(number, shards).unwrap();
            // Stopped after ever more looks, until nothing is left.
            for attempt in 1.. {
                let looks = AtomicUsize::new(0);
                let stop = || looks.fetch_add(1, Ordering::SeqCst) >= patience * attempt;
                if work(&folder(number), shard, &stop) == 0 {
                    break;
                }
            }
        }
        for (number, share, zeros) in cuts {
            let number = 1 + number % shards;
            let directory = folder(number);
            let journal = directory.join(format!("shard-{number}-of-{shards}.journal"));
            let mut bytes = fs::read(&journal).unwrap();
            let place = (share * bytes.len() as f64) as usize;
            if zeros {
                // Never from within the header: disks lose whole sectors.
                let place = if place < 512 { 0 } else { place };
                bytes[place..].fill(0);
            } else {
                bytes.truncate(place);
            }
            fs::write(&journal, bytes).unwrap();
            prop_assert_eq!(work(&directory, Shard::new(number, shards).unwrap(), &|| false), 0);
        }
        let all: Vec<_> = (0..directories.min(shards)).map(|n| folder(n + 1)).collect();
        let all: Vec<&Path> = all.iter().map(AsRef::as_ref).collect();
        let (found, tables) = collected(&all, &parent.path().join("out"));
        prop_assert_eq!((found.rows, found.gaps.len(), found.duplicates.len()), (7, 0, 0));
        prop_assert!(tables == alone());
    }

    #[test]
    fn a_range_is_without_its_end(
        low in -1e6..1e6_f64,
        ulps in 1..50_u64,
        width in prop_oneof![Just(None), (1e-9..1e9_f64).prop_map(Some)],
        seed in 0..1000_u64,
    ) {
        let high = match width {
            Some(width) => low + width,
            // Hardly any number lies between.
            None => (0..ulps).fold(low, |high, _| high.next_up()),
        };
        prop_assume!(low < high);
        let sweep = Sweep::new("ends", seed)
            .unwrap()
            .with_group("all", Some(200), [("x", Distribution::between(low, high))])
            .unwrap();
        for run in 0..200 {
            let x = sweep.draw(run).number("x").unwrap();
            prop_assert!(low <= x && x < high, "{x} of {low} to {high}");
        }
    }

    #[test]
    fn a_logarithmic_range_is_without_its_end(low in 1e-9..1e3_f64, factor in 1.0..1e6_f64) {
        let high = (low * factor).max(low.next_up());
        let sweep = Sweep::new("ends", 1)
            .unwrap()
            .with_group("all", Some(200), [("x", Distribution::log_between(low, high))])
            .unwrap();
        for run in 0..200 {
            let x = sweep.draw(run).number("x").unwrap();
            prop_assert!(low <= x && x < high, "{x} of {low} to {high}");
        }
    }

    #[test]
    fn a_draw_depends_on_the_seed_and_its_number_alone(seed in 0..1000_u64, run in 0..200_u64) {
        let sweep = |runs: u64| {
            let sweep = Sweep::new("x", seed).unwrap().with_group("a", Some(runs), [
                ("rate", Distribution::log_between(0.001, 0.1)),
                ("count", Distribution::Range([Value::Integer(1), Value::Integer(9)])),
                ("word", Distribution::Choice(vec![Value::from("rich"), Value::from("lazy")])),
            ]);
            sweep.unwrap()
        };
        let more = sweep(100_000).with_group("b", None, [("y", Distribution::grid([1, 2]))]);
        let draw = sweep(200).draw(run);
        prop_assert_eq!(&draw, &more.unwrap().draw(run));
        prop_assert!(draw.seed < 1 << 63);
        prop_assert_ne!(draw.seed, sweep(200).draw((run + 1) % 200).seed);
        prop_assert!((1..=9).contains(&draw.integer("count").unwrap()));
        prop_assert!(["rich", "lazy"].contains(&draw.word("word").unwrap()));
        prop_assert_eq!(draw.number("word"), None);
    }
}

/// The case `excluded end` of the shared folder.
#[test]
fn a_decay_below_one_is_never_one() {
    let ends = Distribution::between(0.9999999999999996, 1.0);
    for seed in 0..20 {
        let sweep = Sweep::new("decay", seed).unwrap();
        let sweep = sweep.with_group("all", Some(60), [("decay", ends.clone())]);
        let sweep = sweep.unwrap();
        let drawn: Vec<f64> = (0..60)
            .map(|run| sweep.draw(run).number("decay").unwrap())
            .collect();
        assert!(
            drawn
                .iter()
                .all(|&decay| (0.9999999999999996..1.0).contains(&decay))
        );
        assert!(drawn.iter().any(|&decay| decay > 0.9999999999999996));
    }
}

#[test]
fn whole_numbers_reach_both_ends_of_their_range() {
    for distribution in [
        Distribution::Range([Value::Integer(1), Value::Integer(3)]),
        Distribution::LogRange([Value::Integer(1), Value::Integer(3)]),
    ] {
        let sweep = Sweep::new("x", 0).unwrap();
        let sweep = sweep.with_group("a", Some(100), [("n", distribution.clone())]);
        let sweep = sweep.unwrap();
        let drawn: std::collections::BTreeSet<i64> = (0..100)
            .map(|run| sweep.draw(run).integer("n").unwrap())
            .collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
        // Of a field of numbers they are ends of an interval.
        let sweep = Sweep::new("x", 0).unwrap();
        let sweep = sweep.with_group("a", Some(100), [("n", distribution.of_numbers())]);
        let sweep = sweep.unwrap();
        let fraction = |run: u64| sweep.draw(run).number("n").unwrap().fract() != 0.0;
        assert!((0..100).all(fraction));
    }
}

#[test]
fn a_draw_that_makes_no_run_is_a_row_with_what_was_drawn() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("sweep");
    work(&directory, Shard::whole(), &|| false);
    let (_, [table, curves]) = collected(&[&directory], &parent.path().join("out"));
    let mut reader = csv::Reader::from_reader(&table[..]);
    let header = reader.headers().unwrap().clone();
    let known = [
        "run",
        "group",
        "outcome",
        "outcome_step",
        "reason",
        "seed",
        "speed",
        "stiffness",
        "initial_angle",
        "final_angle",
    ];
    assert_eq!(header.iter().take(10).collect::<Vec<_>>(), known);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let field = |row: usize, name: &str| -> &str {
        &rows[row][header.iter().position(|known| known == name).expect(name)]
    };
    let sweep = sweep();
    for (run, outcome, step, reason) in [
        (0, "completed", "900", "completed 900 steps"),
        (3, "failed", "", "stiffness is -1; expected a number >= 0"),
        (
            4,
            "failed",
            "",
            "the run panicked: nobody thought of a stiffness of zero",
        ),
        (5, "completed", "900", "completed 900 steps"),
        (6, "broken", "333", "broken at step 333"),
    ] {
        assert_eq!(field(run, "outcome"), outcome, "run {run}");
        assert_eq!(field(run, "outcome_step"), step, "run {run}");
        assert_eq!(field(run, "reason"), reason, "run {run}");
        let draw = sweep.draw(run as u64);
        assert_eq!(field(run, "seed"), draw.seed.to_string(), "run {run}");
        let stiffness = draw.number("stiffness").unwrap();
        assert_eq!(field(run, "stiffness"), format!("{stiffness:?}"));
        assert_eq!(field(run, "final_angle").is_empty(), outcome == "failed");
    }
    let mut archive = npz::Archive::from_bytes("curves.npz", &curves).unwrap();
    let angles = archive.array("angle").unwrap();
    assert_eq!(angles.shape, [7, 100]);
    assert_eq!(angles.values[0], 1.0);
    let failed = &angles.values[300..400];
    assert!(failed.iter().all(|angle| angle.is_nan()));
    // Snapshots are of the first series, under its name.
    let snapshots = npz::read(directory.join("snapshots/run-0.npz")).unwrap();
    assert_eq!(snapshots["step"].values, [0.0, 500.0, 900.0]);
    assert_eq!(snapshots["state"].shape, [3, 2]);
    assert!(!directory.join("snapshots/run-3.npz").exists());
}

#[test]
fn two_processors_may_differ_in_last_bits_and_more_is_said() {
    let parent = tempdir().unwrap();
    let here = parent.path().join("here");
    work(&here, Shard::whole(), &|| false);
    let tables = |directories: &[&Path]| collected(directories, &parent.path().join("out"));
    let (_, expected) = tables(&[&here]);
    for (name, processor, differing) in [("bits", 1.0 + 1e-12, 0), ("more", 1.001, 5)] {
        let there = parent.path().join(name);
        let mut shard = SweepShard::open(&there, &sweep(), Shard::whole(), false).unwrap();
        let other = Oscillators { processor };
        shard.run(&other, Some(1), &|| false, &|_| ()).unwrap();
        let (found, table) = tables(&[&here, &there]);
        assert_eq!(found.duplicates, (0..7).collect::<Vec<u64>>());
        assert!(table == expected, "the first row stands");
        assert_eq!(found.differing.len(), differing, "{:?}", found.differing);
        for (_, columns) in &found.differing {
            assert_eq!(columns, &["initial_energy", "final_energy"]);
        }
    }
    // Two rows that are of two things are of two sweeps.
    let there = parent.path().join("other");
    let mut shard = SweepShard::open(&there, &sweep(), Shard::whole(), false).unwrap();
    let other =
        |_: &Draw| Simulation::new(Oscillator::new(4.0), Plan::new(5, Sampling::linear(2))?);
    shard.run(&other, Some(1), &|| false, &|_| ()).unwrap();
    let refused = collect(&sweep(), &[&here, &there], parent.path().join("out"));
    match refused {
        Err(Error::MixedSweep { path, reason }) => {
            assert!(path.starts_with(&there), "{}", path.display());
            assert_eq!(reason, "it contradicts another journal about run 3");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_under_way_is_gone_on_with_unless_it_is_damaged() {
    let parent = tempdir().unwrap();
    let file = parent.path().join("run.unfinished");
    let sweep = sweep();
    let draw = sweep.draw(0);
    let whole = run_draw(&HERE, &draw, None, None, &|| false)
        .unwrap()
        .unwrap();
    assert!(matches!(whole.end, RunEnd::Ran(_)));
    for damaged in [false, true] {
        let looks = AtomicUsize::new(0);
        let stop = || looks.fetch_add(1, Ordering::SeqCst) >= 2;
        let stopped = run_draw(&HERE, &draw, None, Some(&file), &stop).unwrap();
        assert_eq!(stopped, None);
        if damaged {
            let mut bytes = fs::read(&file).unwrap();
            let from = bytes.len() - 40;
            bytes[from..].fill(0);
            fs::write(&file, bytes).unwrap();
        }
        let looks = AtomicUsize::new(0);
        let count = || looks.fetch_add(1, Ordering::SeqCst) == usize::MAX;
        let row = run_draw(&HERE, &draw, None, Some(&file), &count).unwrap();
        // By what is shown: NaN is not itself.
        assert_eq!(format!("{row:?}"), format!("{:?}", Some(&whole)));
        // It stays until the row is safe; 900 steps have three looks.
        assert!(file.exists());
        assert_eq!(looks.into_inner(), if damaged { 3 } else { 0 });
        fs::remove_file(&file).unwrap();
    }
    // A disk that takes no file is no row.
    let nowhere = parent.path().join("none/run.unfinished");
    let failed = run_draw(&HERE, &draw, None, Some(&nowhere), &|| false);
    assert!(matches!(failed, Err(Error::Io { .. })));
}

#[test]
fn a_snapshot_of_another_width_is_a_row_with_the_reason() {
    let folder = tempdir().unwrap();
    let wide = |_: &Draw| {
        let mut system = Oscillator::new(1.0);
        system.too_wide = true;
        Simulation::new(system, Plan::new(5, Sampling::linear(2))?)
    };
    let kept = Some((folder.path(), 2));
    let row = run_draw(&wide, &sweep().draw(0), kept, None, &|| false);
    let reason = "entries of a vector of states is 3; expected 2".to_owned();
    assert_eq!(row.unwrap().unwrap().end, RunEnd::Failed { reason });
}

#[test]
fn a_directory_tells_how_far_it_is() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("sweep");
    work(&directory, Shard::new(2, 3).unwrap(), &|| false);
    let sweep = sweep();
    assert_eq!(sweep_text(&directory).unwrap(), sweep.text());
    let now = status(&directory, &sweep).unwrap();
    assert_eq!((now.runs, now.finished), (7, 2));
    assert_eq!(
        now.by_group,
        [("grid".to_owned(), 1, 3), ("odd".to_owned(), 1, 4)]
    );
    assert_eq!(now.by_end["completed"], 1);
    assert_eq!(now.by_end["failed"], 1);
    assert_eq!(now.by_journal.len(), 1);
    let open = |shard: Shard| SweepShard::open(&directory, &sweep, shard, false);
    // What another shard has done is not done again.
    let whole = open(Shard::whole()).unwrap();
    assert_eq!(whole.pending(), [0, 2, 3, 5, 6]);
    assert!(matches!(open(Shard::whole()), Err(Error::Locked { .. })));
    let mut shard = open(Shard::new(3, 3).unwrap()).unwrap();
    let refused = shard.run(&HERE, Some(0), &|| false, &|_| ());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "jobs is 0; expected at least 1"
    );
    let other = Sweep::new("oscillators", 6).unwrap();
    let refused = SweepShard::open(&directory, &other, Shard::whole(), false);
    assert!(
        matches!(refused, Err(Error::DirectoryInUse { holds, .. }) if holds == "another sweep")
    );
}

#[test]
fn impossible_designs_are_refused_by_name() {
    let sweep = || Sweep::new("x", 0).unwrap();
    let refused = |runs: Option<u64>, distribution: Distribution| {
        let refused = sweep().with_group("g", runs, [("x", distribution)]);
        refused.unwrap_err().to_string()
    };
    for (message, expected) in [
        (
            refused(Some(3), Distribution::Grid(Vec::new())),
            "group g: vary.x is an empty list; expected at least one value",
        ),
        (
            refused(Some(3), Distribution::between(2.0, 1.0)),
            "group g: vary.x is [2.0, 1.0]; expected two numbers, the second not below the first",
        ),
        (
            refused(Some(3), Distribution::between(f64::MIN, f64::MAX)),
            "expected two numbers, the second not below the first",
        ),
        (
            refused(Some(3), Distribution::log_between(0.0, 1.0)),
            "expected two numbers > 0, the second not below the first",
        ),
        (
            refused(Some(3), Distribution::log_between(1e-200, 1e200)),
            "the second not below the first, of a finite ratio",
        ),
        (
            refused(None, Distribution::between(1.0, 2.0)),
            "group g: runs is missing; expected a number: nothing of the group is a grid",
        ),
        (
            refused(Some(0), Distribution::between(1.0, 2.0)),
            "group g: runs is 0; expected at least 1",
        ),
        (
            Sweep::new("x", u64::MAX).unwrap_err().to_string(),
            "seed is 18446744073709551615; expected 0 to 9223372036854775807",
        ),
    ] {
        assert!(message.contains(expected), "{message}");
    }
    let twice = sweep().with_group("g", Some(1), []).unwrap();
    let twice = twice.with_group("g", Some(1), []).unwrap_err();
    assert_eq!(
        twice.to_string(),
        "group.name is g; expected a name of its own"
    );
    let x = || ("x", Distribution::grid([1]));
    let both = sweep().with_group("g", Some(1), [x(), x()]).unwrap_err();
    assert_eq!(
        both.to_string(),
        "group g: vary is x; expected each field once"
    );
    let axis = || Distribution::grid(0..1000);
    let many = sweep().with_group("g", None, [("x", axis()), ("y", axis())]);
    let parent = tempdir().unwrap();
    let directory = parent.path().join("many");
    let open = |many_runs| {
        SweepShard::open(
            &directory,
            many.as_ref().unwrap(),
            Shard::new(7, 100_000).unwrap(),
            many_runs,
        )
    };
    let refused = open(false);
    assert!(matches!(
        refused,
        Err(Error::TooManyRuns {
            runs: 1_000_000,
            limit: 100_000
        })
    ));
    assert!(!directory.exists());
    assert_eq!(open(true).unwrap().pending().len(), 10);
}

#[test]
fn cells_keep_the_type_of_what_was_drawn() {
    let sweep = Sweep::new("x", 0).unwrap();
    let sweep = sweep.with_group(
        "g",
        None,
        [
            ("count", Distribution::grid([3])),
            ("rate", Distribution::grid([3.0])),
            ("fast", Distribution::grid([true])),
            ("word", Distribution::grid(["rich"])),
            ("seed", Distribution::grid([8])),
        ],
    );
    let cells = HERE.describe(&sweep.unwrap().draw(0));
    let of = |name: &str| &cells.iter().find(|(known, _)| known == name).unwrap().1;
    assert_eq!(of("count"), &Cell::Integer(3));
    assert_eq!(of("rate"), &Cell::Number(3.0));
    assert_eq!(of("fast"), &Cell::Truth(true));
    assert_eq!(of("word"), &Cell::Word("rich".to_owned()));
    // A seed that is drawn as a field stands there once.
    assert_eq!(cells.iter().filter(|(name, _)| name == "seed").count(), 1);
    assert_eq!(of("seed"), &Cell::Integer(8));
}
