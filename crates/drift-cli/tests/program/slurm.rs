//! A real Slurm, where one answers (see docs: one machine on loopback is enough).

use crate::bench::Bench;
use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

const SWEEP: &str = r#"
name = "cluster"
seed = 5
[[group]]
name = "noise"
preset = "random-sgd-update"
runs = 12
set.steps = 150000
set.network.hidden = 20
[group.vary]
"noise.update.distribution.gaussian.standard_deviation" = { log_range = [0.01, 0.1] }
"#;

/// What a command of Slurm prints, or nothing where it cannot be had.
fn slurm(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Waits until `jobs` have left the queue.
fn wait_for(jobs: &[String]) {
    let patience = Instant::now() + Duration::from_secs(300);
    loop {
        // A job that is long gone is no longer known, which squeue calls an error.
        let queued = slurm("squeue", &["-h", "-j", &jobs.join(",")]).unwrap_or_default();
        if queued.trim().is_empty() {
            return;
        }
        assert!(
            Instant::now() < patience,
            "still queued after five minutes: {queued}"
        );
        sleep(Duration::from_millis(500));
    }
}

/// The job numbers that `drift sweep submit` names.
fn jobs(text: &str) -> Vec<String> {
    let numbers = text.lines().filter_map(|line| line.rsplit_once("job "));
    numbers
        .map(|(_, number)| number.trim().to_owned())
        .collect()
}

#[test]
fn an_array_that_is_killed_and_submitted_again_loses_nothing() {
    if slurm("sinfo", &["-h"]).is_none_or(|nodes| nodes.trim().is_empty()) {
        println!("skipped: no Slurm answers here");
        return;
    }
    let bench = Bench::new("slurm");
    fs::write(bench.path("sweep.toml"), SWEEP).expect("written");
    let submit = [
        "sweep",
        "submit",
        "sweep.toml",
        "--out",
        "out",
        "--shards",
        "3",
    ];
    let first = jobs(&bench.drift(&submit).expect_success().stdout);
    assert_eq!(first.len(), 2);
    // A second in, one task is killed so that it cannot clean up.
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let running = slurm(
            "squeue",
            &["-h", "-r", "-t", "R", "-j", &first[0], "-o", "%A"],
        );
        let running = running.unwrap_or_default();
        if let Some(task) = running.lines().next() {
            sleep(Duration::from_secs(1));
            slurm("scancel", &["--signal=KILL", "--full", task.trim()]);
            break;
        }
        if Instant::now() > patience {
            println!("no task was seen running, none was killed");
            break;
        }
        sleep(Duration::from_millis(100));
    }
    wait_for(&first);
    let again = jobs(&bench.drift(&submit).expect_success().stdout);
    wait_for(&again);
    bench
        .drift(&["sweep", "run", "sweep.toml", "--out", "whole"])
        .expect_success();
    bench.drift(&["sweep", "collect", "whole"]).expect_success();
    for file in ["table.csv", "curves.npz"] {
        let [a, b] = ["whole", "out"].map(|name| bench.read(&format!("{name}/{file}")));
        assert!(a == b, "{file}");
    }
    assert!(
        bench.path("out/report.html").exists(),
        "the dependent job wrote the report"
    );
}
