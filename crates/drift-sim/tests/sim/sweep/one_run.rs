//! A run of a sweep: summed up, and gone on with where it was.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use drift_sim::engine;
use drift_sim::engine::sweep::{RunEnd, Shard, SweepShard, run_draw};
use drift_sim::{Outcome, Sweep};
use tempfile::tempdir;

use super::small::{never, small, tables};

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
    let mut whole = SweepShard::open(path("whole"), sweep.design(), Shard::whole(), false).unwrap();
    let count = || looks.fetch_add(1, Ordering::SeqCst) == usize::MAX;
    assert_eq!(whole.run(&sweep, Some(1), &count, &|_| ()).unwrap(), 0);
    let enough = looks.load(Ordering::SeqCst);

    // Stopped after every few looks, ever again: the looks add up to little more than those of the
    // whole, which they could not if runs started again.
    let mut total = 0;
    for part in 0.. {
        assert!(part < 60, "no end");
        let looks = AtomicUsize::new(0);
        let stop = || looks.fetch_add(1, Ordering::SeqCst) >= 5;
        let mut shard =
            SweepShard::open(path("parts"), sweep.design(), Shard::whole(), false).unwrap();
        let left = shard.run(&sweep, Some(1), &stop, &|_| ()).unwrap();
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
    let whole = tables(&sweep, &[&path("whole")], &path("table-whole"));
    let parts = tables(&sweep, &[&path("parts")], &path("table-parts"));
    assert!(whole.1 == parts.1 && whole.2 == parts.2);
    for run in 0..3 {
        let name = format!("snapshots/run-{run}.npz");
        let read = |directory: &str| fs::read(path(directory).join(&name)).unwrap();
        assert!(read("whole") == read("parts"), "{name}");
    }
}

#[test]
fn a_run_is_summed_up() {
    let sweep = small();
    let row = run_draw(&sweep, &sweep.design().draw(0), None, None, &never)
        .unwrap()
        .unwrap();
    assert_eq!(row.end, RunEnd::Ran(Outcome::Completed { step: 60 }));
    assert_eq!((row.run, row.group.as_str()), (0, "grid"));
    let number = |name: &str| -> Option<f64> {
        let mut numbers = row.summary.numbers.iter();
        numbers.find(|(known, _)| known == name).expect(name).1
    };
    let ratio = number("final_active_units").unwrap() / number("initial_active_units").unwrap();
    assert_eq!(number("active_units"), Some(ratio));
    assert!(number("final_trace").unwrap() > 0.0 && number("eig_sum").unwrap() > 0.0);
    assert!(number("nonzero_fraction").unwrap() <= 1.0);
    assert!(number("loss").unwrap() < 0.5);
    assert!(number("log_tau").is_some());
    let curve = |name: &str| -> &[f64] {
        let mut curves = row.summary.curves.iter();
        &curves.find(|(known, _)| known == name).expect(name).1
    };
    assert_eq!(curve("steps").len(), 100);
    assert_eq!(
        curve("fraction_active_units")[0],
        number("initial_active_units").unwrap()
    );
    let bits = curve("mean_spatial_information");
    assert!(bits.len() == 100 && bits.iter().all(|bits| bits.is_nan()));
    // The row is the scenario's, which comes back from it.
    let (_, written) = row.description.last().unwrap();
    let engine::sweep::Cell::Word(json) = written else {
        panic!("{written:?}");
    };
    let scenario = sweep.scenario(0).unwrap();
    assert_eq!(drift_sim::Scenario::from_json(json).unwrap(), scenario);
}

/// Systems without a network, and measures beside a network's own, stand in a table too.
#[test]
fn any_scenario_can_be_swept() {
    let sweep = Sweep::from_toml(
        r#"
        name = "any"
        [[group]]
        name = "linear"
        preset = "principal-subspace"
        set = { steps = 40, sampling.decades.every = 10 }
        vary.task.principal_subspace.reference = { grid = [0, 20] }
        [[group]]
        name = "remapped"
        preset = "remapping"
        set = { steps = 40, network.hidden = 12, sampling.logarithmic.first = 10, measures.remapping.from = 10 }
        vary.rule.sgd.learning_rate = { grid = [0.1] }
        "#,
    )
    .unwrap();
    let parent = tempdir().unwrap();
    let directory = parent.path().join("sweep");
    super::small::run(&directory, &sweep, Shard::whole(), 1);
    let (collected, table, _) = tables(&sweep, &[&directory], &parent.path().join("out"));
    assert_eq!(collected.rows, 3);
    let mut reader = csv::Reader::from_reader(&table[..]);
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let field = |row: usize, name: &str| -> String {
        let place = header.iter().position(|known| known == name).expect(name);
        rows[row][place].to_owned()
    };
    for row in 0..3 {
        assert_eq!(field(row, "outcome"), "completed");
        assert_eq!(field(row, "steps"), "40");
    }
    assert_eq!(field(0, "task.principal_subspace.reference"), "0");
    assert_eq!(field(1, "task.principal_subspace.reference"), "20");
    assert!(field(1, "final_subspace_error").parse::<f64>().unwrap() >= 0.0);
    assert_eq!(field(1, "hidden"), "");
    assert_eq!(field(2, "hidden"), "12");
    assert!(!field(2, "final_remapping[0].fraction_moved").is_empty());
    assert!(!field(2, "final_active_units").is_empty());
}
