//! A run of a sweep: summed up, and gone on with where it was.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use drift_sim::sweep::{RunEnd, Shard, SweepShard, run_scenario};
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
