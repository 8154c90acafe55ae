//! A run beside recordings.

use crate::analyze::{column, shared};
use crate::bench::Bench;

/// A short run in the corridor, in the directory `run`.
fn short_run(bench: &Bench) {
    let run = [
        "run",
        "figure2",
        "--steps",
        "400",
        "--out",
        "run",
        "--no-report",
    ];
    let less = [
        "--set",
        "network.hidden=40",
        "--set",
        "sampling.linear.samples=21",
    ];
    bench
        .drift(&[run.as_slice(), &less].concat())
        .expect_success();
}

#[test]
fn a_run_and_a_mouse_go_through_the_same_measures() {
    let (Some(track), Some(reference)) = (
        shared("data/multiple_maps/C11_M1/A"),
        shared("reference/multiple_maps.json"),
    ) else {
        return;
    };
    let bench = Bench::new("compare");
    short_run(&bench);
    let compare = [
        "compare",
        "run",
        "multiple-maps",
        &track,
        "--out",
        "out",
        "--shuffles",
        "20",
    ];
    bench.drift(&compare).expect_success();
    let table = bench.text("out/compare.csv");
    let kinds = column(&table, "kind");
    let simulated = kinds.iter().filter(|kind| *kind == "simulated").count();
    assert_eq!((simulated, kinds.len()), (8, 16));
    let json = std::fs::read_to_string(reference).expect("readable");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let track = &json["mice"]["C11_M1"]["A"];
    let active = column(&table, "active_cells");
    let vectors = column(&table, "population_vector_correlation_with_first");
    // The eighth session is repaired here, and other than in the reference.
    for session in 0..7 {
        let expected = &track["sessions"][session]["active_ge5"];
        assert_eq!(
            active[8 + session],
            expected.to_string(),
            "session {session}"
        );
        let expected = track["pairs"]["pv_correlation"][0][session].as_f64();
        let found: f64 = vectors[8 + session].parse().expect("a number");
        assert!(
            (found - expected.expect("a number")).abs() < 1e-9,
            "session {session}"
        );
    }
    let report = bench.text("out/report.html");
    for part in [
        "figure2",
        "C11_M1 A",
        "Side by side",
        "Similarity against the time between",
    ] {
        assert!(report.contains(part), "{part}");
    }
    assert_eq!(column(&bench.text("out/lags.csv"), "lag").len(), 16);
    let before = bench.tree("out");
    bench.drift(&compare).expect_success();
    assert!(
        before == bench.tree("out"),
        "the same seed gives the same bytes"
    );
}

#[test]
fn what_cannot_be_compared_is_named() {
    let bench = Bench::new("incomparable");
    let compare = |more: &[&str]| bench.drift(&[&["compare"], more, &["--out", "out"]].concat());
    compare(&["nowhere", "multiple-maps", "x"]).expect_failure(1, "nowhere");
    short_run(&bench);
    std::fs::create_dir(bench.path("empty")).expect("created");
    compare(&["run", "multiple-maps", "empty"]).expect_failure(1, "empty");
}
