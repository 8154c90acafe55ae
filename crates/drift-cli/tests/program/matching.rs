//! Similarity matching through the program.

use std::fs;
use std::process::Command;

use crate::bench::Bench;
use crate::interruption::wait_for_lines;

const RING: [&str; 9] = [
    "ring",
    "--set",
    "network.units=12",
    "--set",
    "inputs.ring.points=60",
    "--set",
    "network.settling.max_iterations=300",
    "--steps",
    "400",
];

fn run<'a>(preset: &[&'a str], out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["run"];
    arguments.extend(preset);
    arguments.extend(["--out", out]);
    arguments.extend(more);
    arguments
}

#[test]
fn a_ring_leaves_what_a_run_leaves_and_can_be_made_again() {
    let bench = Bench::new("matching");
    let ran = bench
        .drift(&run(&RING, "a", &["--seed", "3"]))
        .expect_success();
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
    for text in [
        "ring (seed 3): completed 400 steps",
        "active fraction",
        "correlation with step 200",
        "phases: convergence",
        "a/report.html",
    ] {
        assert!(ran.stdout.contains(text), "{text}: {}", ran.stdout);
    }
    let trace = bench.text("a/trace.csv");
    let header = "step,loss,active_fraction,population_vector_correlation\n0,";
    assert!(trace.starts_with(header), "{trace}");
    assert!(trace.lines().last().expect("a row").starts_with("400,"));
    assert!(bench.text("a/outcome.toml").contains("completed"));
    assert!(bench.read("a/responses.npz").starts_with(b"PK\x03\x04"));
    let page = bench.text("a/report.html");
    for figure in ["phases", "responses", "correlation"] {
        let drawing = bench.text(&format!("a/figures/{figure}.svg"));
        assert!(page.contains(&drawing), "{figure} stands in the page");
    }
    for text in ["null drift", "steps since the reference", "reference = 200"] {
        assert!(page.contains(text), "{text}");
    }

    fs::remove_file(bench.path("a/report.html")).expect("removed");
    bench.drift(&["report", "a"]).expect_success();
    assert_eq!(bench.text("a/report.html"), page);
    bench.drift(&["resume", "a"]).expect_success();
    assert_eq!(bench.text("a/report.html"), page);

    bench
        .drift(&["run", "a/scenario.toml", "--out", "b", "--no-report"])
        .expect_success();
    for file in [
        "trace.csv",
        "responses.npz",
        "scenario.toml",
        "outcome.toml",
    ] {
        assert!(
            bench.read(&format!("a/{file}")) == bench.read(&format!("b/{file}")),
            "{file}"
        );
    }
    assert!(!bench.path("b/report.html").exists());
}

#[test]
fn every_preset_is_listed_printed_and_run() {
    let bench = Bench::new("matching-presets");
    let list = bench.drift(&["presets"]).expect_success().stdout;
    for preset in [
        "ring",
        "ring-feedforward-noise",
        "ring-lateral-noise",
        "ring-noise",
        "place",
        "principal-subspace",
    ] {
        assert!(
            list.lines()
                .any(|line| line.trim_start().starts_with(&format!("{preset} ")))
        );
        let text = bench.drift(&["presets", preset]).expect_success().stdout;
        fs::write(bench.path("mine.toml"), &text).expect("written");
        let mut small = vec![
            "mine.toml",
            "--steps",
            "12",
            "--set",
            "sampling.decades.every=4",
        ];
        if preset != "principal-subspace" {
            small.extend(["--set", "network.units=8"]);
        }
        if preset == "place" {
            small.extend(["--set", "inputs.grid_cells.positions=20"]);
        } else if preset != "principal-subspace" {
            small.extend(["--set", "inputs.ring.points=40"]);
        }
        bench.drift(&run(&small, preset, &[])).expect_success();
        let page = bench.text(&format!("{preset}/report.html"));
        assert!(page.contains(&format!("{preset} (seed 0)")));
        assert!(bench.path(&format!("{preset}/figures/phases.svg")).exists());
    }
    assert!(
        bench
            .text("principal-subspace/report.html")
            .contains("subspace error")
    );
}

#[test]
fn wrong_usage_is_told_and_nothing_is_touched() {
    let bench = Bench::new("matching-usage");
    let refused = |more: &[&str], code: i32, thing: &str| {
        bench
            .drift(&run(&["ring"], "out", more))
            .expect_failure(code, thing);
    };
    refused(&["--set", "network.unit=3"], 2, "did you mean units?");
    refused(&["--set", "network.units=0"], 2, "network.units is 0");
    refused(&["--set", "network.ridge=nan"], 2, "network.ridge is NaN");
    refused(&["--set", "referenc=5"], 2, "did you mean reference?");
    refused(&["--steps", "0"], 2, "steps is 0");
    refused(&["--spectrum", "3"], 2, "--spectrum");
    refused(&["--seeds", "0"], 2, "seeds is 0");
    bench
        .drift(&run(&["rin"], "out", &[]))
        .expect_failure(2, "rin");
    fs::write(bench.path("bad.toml"), "reference = 3\nsteps = 'many'").expect("written");
    bench
        .drift(&run(&["bad.toml"], "out", &[]))
        .expect_failure(2, "bad.toml");
    assert!(
        !bench.path("out").exists(),
        "nothing is left of what never began"
    );

    fs::create_dir(bench.path("mine")).expect("created");
    fs::write(bench.path("mine/thesis.txt"), "years of work").expect("written");
    bench
        .drift(&run(&RING, "mine", &[]))
        .expect_failure(2, "mine");
    assert_eq!(
        bench.tree("mine").len(),
        1,
        "nothing is left there, no lock either"
    );
    bench
        .drift(&run(&RING, "a", &["--no-report"]))
        .expect_success();
    let before = bench.tree("a");
    bench
        .drift(&run(&RING, "a", &[]))
        .expect_failure(2, "a run");
    bench
        .drift(&["run", "random-sgd", "--steps", "50", "--out", "a"])
        .expect_failure(2, "a run");
    assert_eq!(bench.tree("a"), before);
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let bench = Bench::new("matching-kill");
    let more = [
        "--no-report",
        "--set",
        "sampling.decades.every=40",
        "--set",
        "checkpoint.steps=25",
    ];
    bench.drift(&run(&RING, "whole", &more)).expect_success();
    let mut child = bench.start(&run(&RING, "killed", &more));
    for lines in [3, 15, 25] {
        wait_for_lines(&bench.path("killed/trace.csv"), lines, &mut child);
        // The child may have finished on a fast machine; then there is nothing to kill.
        if child.try_wait().expect("a child").is_none() {
            child.kill().expect("killed");
        }
        child.wait().expect("ended");
        child = bench.start(&["resume", "killed", "--no-report"]);
    }
    child.wait().expect("ended");
    bench
        .drift(&["resume", "killed", "--no-report"])
        .expect_success();
    for file in [
        "trace.csv",
        "responses.npz",
        "scenario.toml",
        "outcome.toml",
    ] {
        let [a, b] = ["whole", "killed"].map(|run| bench.read(&format!("{run}/{file}")));
        assert!(a == b, "{file}");
    }
}

#[test]
#[cfg(unix)]
fn a_run_told_to_stop_saves_itself_first() {
    let bench = Bench::new("matching-term");
    // No checkpoint but the one made by the signal.
    let more = ["--no-report", "--set", "checkpoint={}"];
    bench.drift(&run(&RING, "whole", &more)).expect_success();
    let mut child = bench.start(&run(&RING, "told", &more));
    wait_for_lines(&bench.path("told/trace.csv"), 10, &mut child);
    let told = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    let status = child.wait().expect("ended");
    if status.code() == Some(0) {
        println!("skipped: the run was over before the signal came ({told:?})");
        return;
    }
    assert_eq!(status.code(), Some(130));
    assert!(!bench.path("told/outcome.toml").exists());
    // What is there can be drawn.
    bench.drift(&["report", "told"]).expect_success();
    assert!(bench.text("told/report.html").contains("Not finished"));
    bench
        .drift(&["resume", "told", "--no-report"])
        .expect_success();
    for file in ["trace.csv", "responses.npz"] {
        let [a, b] = ["whole", "told"].map(|run| bench.read(&format!("{run}/{file}")));
        assert!(a == b, "{file}");
    }
}
