//! Runs that are killed or told to stop, and go on.

use crate::bench::Bench;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

const STEPS: &str = "60000";

fn arguments(out: &str) -> Vec<&str> {
    vec![
        "run",
        "random-sgd-update",
        "--steps",
        STEPS,
        "--out",
        out,
        "--no-report",
        "--set",
        "checkpoint.steps=1000",
        "--set",
        "sampling.linear.samples=61",
    ]
}

/// Waits until `path` has at least `lines` lines, or the program has ended.
pub fn wait_for_lines(path: &Path, lines: usize, child: &mut Child) {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let count = fs::read_to_string(path).map_or(0, |text| text.lines().count());
        if count >= lines || child.try_wait().expect("a child").is_some() {
            return;
        }
        assert!(
            Instant::now() < patience,
            "{} stays at {count} lines",
            path.display()
        );
        sleep(Duration::from_millis(1));
    }
}

fn assert_same_record(bench: &Bench, a: &str, b: &str) {
    for file in ["trace.csv", "snapshots.npz", "dataset.npz", "scenario.toml"] {
        assert!(
            bench.read(&format!("{a}/{file}")) == bench.read(&format!("{b}/{file}")),
            "{file}"
        );
    }
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let bench = Bench::new("kill");
    bench.drift(&arguments("whole")).expect_success();
    let mut child = bench.start(&arguments("killed"));
    let mut kills = 0;
    for lines in [5, 15, 30, 45] {
        wait_for_lines(&bench.path("killed/trace.csv"), lines, &mut child);
        // The child may have finished on a fast machine; then there is nothing to kill.
        if child.try_wait().expect("a child").is_none() {
            child.kill().expect("killed");
            kills += 1;
        }
        child.wait().expect("ended");
        child = bench.start(&["resume", "killed", "--no-report"]);
    }
    child.wait().expect("ended");
    println!("killed {kills} times");
    bench
        .drift(&["resume", "killed", "--no-report"])
        .expect_success();
    assert_same_record(&bench, "whole", "killed");
}

#[test]
#[cfg(unix)]
fn a_run_told_to_stop_saves_itself_first() {
    let bench = Bench::new("term");
    bench.drift(&arguments("whole")).expect_success();
    for (name, signal, code) in [("INT", "-INT", 130), ("TERM", "-TERM", 143)] {
        let mut slow = arguments(name);
        // So many checkpoints by number would be luck; this one is made by the signal alone.
        slow.extend(["--set", "checkpoint.steps=1000000"]);
        let mut child = bench.start(&slow);
        wait_for_lines(&bench.path(&format!("{name}/trace.csv")), 10, &mut child);
        let told = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(
            told.is_ok_and(|status| status.success()),
            "the run ended before the signal"
        );
        let status = child.wait().expect("ended");
        if status.code() == Some(0) {
            println!("skipped {name}: the run was over before the signal came");
            continue;
        }
        assert_eq!(status.code(), Some(code));
        bench
            .drift(&["resume", name, "--no-report"])
            .expect_success();
        for file in ["trace.csv", "snapshots.npz"] {
            let [a, b] = ["whole", name].map(|run| bench.read(&format!("{run}/{file}")));
            assert!(a == b, "{file}");
        }
    }
}
