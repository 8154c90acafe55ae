//! One command a figure.

use crate::bench::Bench;

#[test]
fn a_figure_is_run_once_and_drawn_again() {
    let bench = Bench::new("figure-5a");
    let command = ["figure", "5a", "--quick", "--out", "f"];
    let first = bench.drift(&command).expect_success();
    assert!(
        first.stdout.contains("f/figures/valley.svg"),
        "{}",
        first.stdout
    );
    let trace = bench.read("f/trace.csv");
    let figure = bench.text("f/figures/valley.svg");
    std::fs::remove_file(bench.path("f/figures/valley.svg")).expect("removed");
    bench.drift(&command).expect_success();
    assert_eq!(bench.read("f/trace.csv"), trace);
    assert_eq!(bench.text("f/figures/valley.svg"), figure);
    // The whole figure is another run: it does not overwrite the quick one.
    let whole = bench.drift(&["figure", "5a", "--out", "f"]);
    whole.expect_failure(2, "f");
    assert_eq!(bench.read("f/trace.csv"), trace);
}

#[test]
fn figure_5d_holds_both_noises_in_its_panels() {
    let bench = Bench::new("figure-5d");
    bench
        .drift(&["figure", "5d", "--quick", "--out", "f"])
        .expect_success();
    let figure = bench.text("f/figures/sums_under_two_noises.svg");
    for words in [
        "random-sgd-update",
        "random-sgd-label",
        "λ &gt; 0",
        "tolerance",
    ] {
        assert!(figure.contains(words), "{words}");
    }
    for run in ["random-sgd-update", "random-sgd-label"] {
        assert!(bench.path(&format!("f/{run}/report.html")).exists());
        assert!(
            bench
                .path(&format!("f/{run}/figures/hessian_pairs.svg"))
                .exists()
        );
    }
}

#[test]
fn a_figure_of_recordings_asks_for_them() {
    let bench = Bench::new("figure-3");
    bench
        .drift(&["figure", "3", "--out", "f"])
        .expect_failure(2, "--recordings FORMAT PATH");
    let unknown = bench.drift(&["figure", "6", "--out", "f"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("5d"), "{}", unknown.stderr);
    bench
        .drift(&["figure", "5a", "--out", "f", "--recordings", "nwb", "x"])
        .expect_failure(2, "figure 3 alone");
}
