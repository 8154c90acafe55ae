//! A run as an experiment would see it, and what reads it.

use crate::analyze::column;
use crate::bench::Bench;

/// A short run in the corridor.
fn short_run(bench: &Bench, out: &str, seed: &str) {
    let run = format!(
        "run figure2 --steps 400 --out {out} --seed {seed} --no-report --set network.hidden=40 \
         --set sampling.linear.samples=21"
    );
    bench.drift(&words(&run)).expect_success();
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn an_observed_run_is_analysed_and_compared_as_recordings_are() {
    let bench = Bench::new("observe");
    short_run(&bench, "run", "0");
    let observe = "observe run --out seen --sessions 3 --minutes 4 --cells 12 --rate 3";
    bench.drift(&words(observe)).expect_success();
    let truth = bench.text("seen/truth.csv");
    assert_eq!(column(&truth, "unit").len(), 36);
    assert!(
        bench
            .text("seen/observation.toml")
            .contains("rate_hz = 3.0")
    );

    bench
        .drift(&words(
            "analyze recording seen --out out --shuffles 20 --subsamplings 0",
        ))
        .expect_success();
    let table = bench.text("out/sessions.csv");
    assert_eq!(column(&table, "kind"), ["recorded"; 3]);
    assert_eq!(column(&table, "found_cells"), ["12"; 3]);
    for name in [
        "corrected_map_correlation_with_first",
        "corrected_map_correlation_low",
        "decoding_error_bins",
        "decoding_error_from_first_bins",
    ] {
        for value in column(&table, name) {
            let value: f64 = value.parse().expect(name);
            assert!(value.is_finite(), "{name}");
        }
    }
    assert_eq!(
        column(&table, "corrected_map_correlation_with_first")[0],
        "1.0"
    );
    let report = bench.text("out/report.html");
    for part in ["matched halves", "A decoder&#39;s error", "decoder"] {
        let found = report.contains(part) || report.contains(&part.replace("&#39;", "'"));
        assert!(found, "{part}");
    }

    // Beside another animal: like is compared with like.
    short_run(&bench, "other-run", "1");
    let other = "observe other-run --out other --sessions 2 --minutes 4 --signal calcium \
        --rate 3 --misregistered 0.1";
    bench.drift(&words(other)).expect_success();
    bench
        .drift(&words(
            "compare seen recording other --out both --shuffles 20",
        ))
        .expect_success();
    let table = bench.text("both/compare.csv");
    assert_eq!(column(&table, "kind"), ["recorded"; 5]);
    // A least speed, given or a laboratory's, is asked of the run as well, whose files have none.
    for least in ["--speed 2", "--laboratory khatib"] {
        let compare = format!("compare seen recording other --out both --shuffles 0 {least}");
        bench.drift(&words(&compare)).expect_success();
        let report = bench.text("both/report.html");
        assert_eq!(report.matches("the speed is from the positions").count(), 5);
    }
    bench
        .drift(&words("compare seen recording other --out both --from 3"))
        .expect_failure(2, "--from");
    bench
        .drift(&words(
            "compare seen recording seen --out same --shuffles 20",
        ))
        .expect_failure(1, "name their animals");
}

#[test]
fn what_cannot_be_observed_is_named() {
    let bench = Bench::new("unobservable");
    let observe = |more: &str| bench.drift(&words(&format!("observe {more} --out seen")));
    observe("nowhere").expect_failure(1, "nowhere");
    short_run(&bench, "run", "0");
    observe("run --cells 0").expect_failure(2, "cells is 0");
    observe("run --cells 41").expect_failure(2, "cells is 41");
    observe("run --misregistered 2").expect_failure(2, "misregistered is 2");
    observe("run --minutes 1 --sessions 2").expect_success();
    observe("run").expect_failure(2, "seen already holds something");
    let random = "run random-sgd-update --steps 100 --out random --no-report";
    bench.drift(&words(random)).expect_success();
    bench
        .drift(&words("observe random --out more"))
        .expect_failure(1, "positions");
}
