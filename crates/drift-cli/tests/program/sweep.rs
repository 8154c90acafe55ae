//! Sweeps: shards, kills, collections, job scripts.

use crate::bench::Bench;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

const SWEEP: &str = r#"
name = "small"
seed = 3
[[group]]
name = "noise"
preset = "random-sgd-update"
runs = 7
set.steps = 400
set.network.hidden = 12
set.sampling.linear.samples = 21
[group.vary]
"noise.update.distribution.gaussian.standard_deviation" = { log_range = [0.01, 0.1] }
[[group]]
name = "adam"
preset = "random-adam"
set.steps = 400
set.network.hidden = 12
set.sampling.linear.samples = 21
[group.vary]
network.regime = { grid = ["rich", "lazy"] }
"#;

/// The same sweep with runs long enough to be interrupted.
fn slow() -> String {
    SWEEP.replace("set.steps = 400", "set.steps = 20000")
}

fn bench(name: &str, sweep: &str) -> Bench {
    let bench = Bench::new(name);
    fs::write(bench.path("sweep.toml"), sweep).expect("written");
    bench
}

fn run(bench: &Bench, more: &[&str]) -> crate::bench::Ran {
    let mut arguments = vec!["sweep", "run", "sweep.toml"];
    arguments.extend(more);
    bench.drift(&arguments)
}

#[test]
fn shards_in_any_order_collect_to_the_bytes_of_the_whole() {
    let bench = bench("shards", SWEEP);
    let whole = run(&bench, &["--out", "whole", "--jobs", "2"]).expect_success();
    assert!(whole.stdout.contains("9 of 9 runs"), "{}", whole.stdout);
    assert!(whole.stderr.is_empty(), "{}", whole.stderr);
    bench.drift(&["sweep", "collect", "whole"]).expect_success();
    for shard in ["3/4", "1/4", "4/4"] {
        run(&bench, &["--out", "parts", "--jobs", "1", "--shard", shard]).expect_success();
    }
    let status = bench
        .drift(&["sweep", "status", "parts"])
        .expect_success()
        .stdout;
    assert!(status.contains("7 of 9 runs finished"), "{status}");
    let gaps = bench
        .drift(&["sweep", "collect", "parts"])
        .expect_success()
        .stdout;
    assert!(gaps.contains("missing: 2 (1, 5)"), "{gaps}");
    // The last shard is run elsewhere and brought along.
    run(&bench, &["--out", "away", "--shard", "2/4"]).expect_success();
    let both = ["sweep", "collect", "parts", "away", "--out", "all"];
    let collected = bench.drift(&both).expect_success().stdout;
    assert!(!collected.contains("missing"), "{collected}");
    for file in ["table.csv", "curves.npz"] {
        assert!(
            bench.read(&format!("whole/{file}")) == bench.read(&format!("all/{file}")),
            "{file}"
        );
    }
}

#[test]
fn a_report_shows_every_kind_of_run() {
    let bench = bench("report", SWEEP);
    run(&bench, &["--out", "out"]).expect_success();
    bench.drift(&["sweep", "report", "out"]).expect_success();
    let page = bench.text("out/report.html");
    assert!(page.contains("SGD, update noise (7 runs)") && page.contains("Adam (2 runs)"));
    for figure in ["sparsification", "distributions"] {
        assert!(
            bench.path(&format!("out/figures/{figure}.svg")).exists(),
            "{figure}"
        );
    }
    // Published tables of two runs each, made up.
    fs::create_dir(bench.path("tables")).expect("created");
    let header = "data_type,regime,Xdim,ydim,nsamples,learning_algo,lr,update_noise,label_noise,\
                  loss,active,active_units,log_tau,eig_sum,eig_max,eig_nonzero,sim_len\n";
    let row = "random,lazy,5,5,5,SGD,0.1,0.02,0,-2,0.2,0.3,-5.5,0.5,0.6,0.1,999999\n";
    fs::write(bench.path("tables/All.csv"), format!("{header}{row}{row}")).expect("written");
    bench
        .drift(&["sweep", "report", "out", "--published", "tables"])
        .expect_success();
    assert!(
        bench
            .text("out/report.html")
            .contains("SGD, update noise, published (2)")
    );
    // With runs of the same task and length among them, only those compare.
    let alike = row.replace("999999", "399");
    fs::write(
        bench.path("tables/All.csv"),
        format!("{header}{row}{alike}{row}"),
    )
    .expect("written");
    bench
        .drift(&["sweep", "report", "out", "--published", "tables"])
        .expect_success();
    assert!(
        bench
            .text("out/report.html")
            .contains("SGD, update noise, published (1)")
    );
    bench
        .drift(&["sweep", "report", "out", "--published", "out/figures"])
        .expect_failure(2, "All.csv");
}

fn wait_for_journal(directory: &Path, child: &mut std::process::Child) {
    let patience = Instant::now() + Duration::from_secs(60);
    let rows = || {
        fs::read_dir(directory).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let length = entry.metadata().map_or(0, |metadata| metadata.len());
                name.ends_with(".journal") && length > 4096
            })
        })
    };
    while !rows() && child.try_wait().expect("a child").is_none() {
        assert!(
            Instant::now() < patience,
            "no run is finished after a minute"
        );
        sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_killed_sweep_goes_on_to_the_same_bytes() {
    let bench = bench("sweepkill", &slow());
    run(&bench, &["--out", "whole"]).expect_success();
    bench.drift(&["sweep", "collect", "whole"]).expect_success();
    for _ in 0..3 {
        let mut child = bench.start(&[
            "sweep",
            "run",
            "sweep.toml",
            "--out",
            "killed",
            "--jobs",
            "1",
        ]);
        wait_for_journal(&bench.path("killed"), &mut child);
        drop(child.kill());
        child.wait().expect("ended");
    }
    run(&bench, &["--out", "killed"]).expect_success();
    bench
        .drift(&["sweep", "collect", "killed"])
        .expect_success();
    for file in ["table.csv", "curves.npz"] {
        let [a, b] = ["whole", "killed"].map(|name| bench.read(&format!("{name}/{file}")));
        assert!(a == b, "{file}");
    }
}

#[test]
fn a_shard_has_one_worker() {
    let bench = bench("lock", &slow().replace("20000", "20000000"));
    let mut child = bench.start(&["sweep", "run", "sweep.toml", "--out", "out"]);
    let patience = Instant::now() + Duration::from_secs(60);
    while !bench.path("out/sweep.toml").exists() {
        assert!(Instant::now() < patience && child.try_wait().expect("a child").is_none());
        sleep(Duration::from_millis(2));
    }
    let second = run(&bench, &["--out", "out"]);
    drop(child.kill());
    child.wait().expect("ended");
    second.expect_failure(1, "locked");
}

#[test]
fn wrong_sweeps_are_refused() {
    let bench = bench("wrong", SWEEP);
    bench
        .drift(&["sweep", "run", "table-2", "--out", "x"])
        .expect_failure(2, "table2");
    run(&bench, &["--out", "x", "--shard", "5/4"]).expect_failure(2, "5/4");
    run(&bench, &["--out", "x", "--jobs", "0"]).expect_failure(2, "jobs");
    let wrong = [
        ("set.steps = 400", "set.step = 400", "steps"),
        (
            "log_range = [0.01, 0.1]",
            "log_range = [0.1, 0.01]",
            "standard_deviation is [0.1, 0.01]",
        ),
        ("runs = 7", "runs = 1000000000", "1000000"),
        (
            "preset = \"random-adam\"",
            "preset = \"random-adm\"",
            "random-adam",
        ),
    ];
    for (good, bad, named) in wrong {
        fs::write(bench.path("bad.toml"), SWEEP.replacen(good, bad, 1)).expect("written");
        let refused = bench.drift(&["sweep", "run", "bad.toml", "--out", "x"]);
        refused.expect_failure(2, named);
    }
    assert!(
        !bench.path("x").exists(),
        "nothing is left of a sweep that never began"
    );
    fs::create_dir(bench.path("mine")).expect("created");
    fs::write(bench.path("mine/thesis.txt"), "years of work").expect("written");
    run(&bench, &["--out", "mine"]).expect_failure(2, "thesis.txt");
    run(&bench, &["--out", "first", "--shard", "1/9"]).expect_success();
    fs::write(
        bench.path("other.toml"),
        SWEEP.replace("seed = 3", "seed = 4"),
    )
    .expect("written");
    bench
        .drift(&["sweep", "run", "other.toml", "--out", "first"])
        .expect_failure(2, "another sweep");
    let other = [
        "sweep",
        "run",
        "other.toml",
        "--out",
        "second",
        "--shard",
        "1/9",
    ];
    bench.drift(&other).expect_success();
    let mixed = ["sweep", "collect", "first", "second", "--out", "all"];
    bench.drift(&mixed).expect_failure(1, "another sweep");
    bench
        .drift(&["sweep", "status", "nowhere"])
        .expect_failure(1, "nowhere");
}

const SUBMIT: [&str; 7] = [
    "sweep",
    "submit",
    "sweep.toml",
    "--out",
    "out",
    "--shards",
    "3",
];

#[test]
fn job_scripts_are_shown_without_a_scheduler() {
    let bench = bench("dry", SWEEP);
    let shown = bench
        .drift(&[&SUBMIT[..], &["--dry-run"]].concat())
        .expect_success()
        .stdout;
    assert!(shown.contains("#SBATCH --array=1-3") && shown.contains("SLURM_ARRAY_TASK_ID/3"));
    assert!(shown.contains("sweep collect"));
    // The scripts run as they are, where a scheduler sets the variable.
    let script = bench.text("out/array.sbatch");
    for task in ["2", "1", "3"] {
        let ran = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("SLURM_ARRAY_TASK_ID", task)
            .output()
            .expect("a shell");
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }
    let collected = std::process::Command::new("sh")
        .args(["-c", &bench.text("out/collect.sbatch")])
        .output()
        .expect("a shell");
    assert!(
        collected.status.success(),
        "{}",
        String::from_utf8_lossy(&collected.stderr)
    );
    assert_eq!(bench.text("out/table.csv").lines().count(), 1 + 9);
    assert!(bench.path("out/report.html").exists());
}

#[test]
#[cfg(unix)]
fn the_collection_waits_for_the_array() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = bench("submit", SWEEP);
    let tools = bench.path("tools");
    fs::create_dir(&tools).expect("created");
    let install = |text: &str| {
        let path = tools.join("sbatch");
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    };
    // A scheduler that numbers its jobs from 41 and writes down what it was told.
    install("#!/bin/sh\necho \"$@\" >> calls\nn=$(wc -l < calls)\necho \"$((40 + n));cluster\"\n");
    let shown = bench
        .drift_with_path(&tools, &SUBMIT)
        .expect_success()
        .stdout;
    assert!(
        shown.contains("job 41") && shown.contains("job 42"),
        "{shown}"
    );
    let calls = bench.text("calls");
    let lines: Vec<&str> = calls.lines().collect();
    assert!(lines[0].starts_with("--parsable ") && lines[0].ends_with("array.sbatch"));
    assert!(lines[1].contains("--dependency=afterany:41") && lines[1].ends_with("collect.sbatch"));
    install("#!/bin/sh\necho 'sbatch: error: invalid partition' >&2\nexit 1\n");
    bench
        .drift_with_path(&tools, &SUBMIT)
        .expect_failure(1, "invalid partition");
}
