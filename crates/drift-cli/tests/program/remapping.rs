//! Remapping experiments through the program.

use std::fs;

use crate::bench::Bench;

/// An experiment in miniature.
const SMALL: [&str; 15] = [
    "--seeds",
    "2",
    "--steps",
    "120",
    "--set",
    "network.hidden=15",
    "--set",
    "sampling.logarithmic.first=20",
    "--set",
    "sampling.logarithmic.samples=5",
    "--set",
    "measures.remapping.from=20",
    "--set",
    "spectrum.kind=trace",
    "--out",
];

fn small<'a>(scenario: &'a str, out: &'a str) -> Vec<&'a str> {
    let mut arguments = vec!["run", scenario];
    arguments.extend(SMALL);
    arguments.push(out);
    arguments
}

#[test]
fn an_experiment_leaves_table_and_report_and_goes_on_where_it_was() {
    let bench = Bench::new("remapping");
    let first = bench.drift(&small("remapping", "a")).expect_success();
    assert!(first.stdout.contains("fraction_moved") && first.stdout.contains("a/report.html"));
    let table = bench.text("a/remapping.csv");
    assert!(table.starts_with("seed,step,change,correlation,fraction_moved"));
    // Two seeds, step 0 and four more, four changes.
    assert_eq!(table.lines().count(), 1 + 2 * 5 * 4);
    let page = bench.text("a/report.html");
    assert!(page.contains("Rate-map correlation") && page.contains("length x1.5"));
    for figure in ["remapping", "flatness"] {
        assert!(
            bench
                .text(&format!("a/figures/{figure}.svg"))
                .contains("<svg")
        );
    }

    // A seed that is lost is made again, the same; the others are left alone.
    fs::remove_dir_all(bench.path("a/seed-1")).expect("removed");
    bench.drift(&small("remapping", "a")).expect_success();
    assert_eq!(bench.text("a/remapping.csv"), table);
    fs::remove_file(bench.path("a/report.html")).expect("removed");
    bench.drift(&["report", "a"]).expect_success();
    assert_eq!(bench.text("a/report.html"), page);

    // The scenario of a seed is a scenario.
    fs::copy(
        bench.path("a/seed-0/scenario.toml"),
        bench.path("mine.toml"),
    )
    .expect("copied");
    let again = [
        "run",
        "mine.toml",
        "--seeds",
        "2",
        "--out",
        "b",
        "--no-report",
    ];
    bench.drift(&again).expect_success();
    assert_eq!(bench.text("b/remapping.csv"), table);
    assert!(!bench.path("b/report.html").exists());
}

#[test]
fn experiments_are_listed_and_wrong_usage_is_told() {
    let bench = Bench::new("remapping-usage");
    let list = bench.drift(&["presets"]).expect_success().stdout;
    assert!(list.contains("remapping-three"));
    let text = bench
        .drift(&["presets", "remapping"])
        .expect_success()
        .stdout;
    assert!(text.contains("changes = "), "{text}");
    bench
        .drift(&[
            "run",
            "random-sgd",
            "--seeds",
            "3",
            "--steps",
            "100",
            "--out",
            "seeds",
        ])
        .expect_success();
    assert!(bench.path("seeds/seed-2/trace.csv").exists());
    bench
        .drift(&["run", "remapping", "--spectrum", "3"])
        .expect_failure(2, "--spectrum");
    bench
        .drift(&["run", "remapping", "--seeds", "0"])
        .expect_failure(2, "seeds is 0");
    let out = small("remapping", "a");
    bench.drift(&out).expect_success();
    bench
        .drift(&["run", "remapping", "--out", "a"])
        .expect_failure(2, "runs of another scenario");
}
