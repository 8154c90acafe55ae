//! The program from outside: exit codes, messages, and what stands on the disk afterwards.

use crate::bench::{Bench, SMALL};
use std::fs;

use drift_sim::Registry;

#[test]
fn presets_are_listed_and_printed() {
    let bench = Bench::new("presets");
    let list = bench.drift(&["presets"]).expect_success();
    assert!(list.stdout.contains("figure2") && list.stdout.contains("TASK-RULE-NOISE"));
    assert!(list.stdout.lines().count() < 45, "{}", list.stdout);
    let all = bench.drift(&["presets", "--all"]).expect_success();
    assert!(all.stdout.contains("corridor-sed-label"), "{}", all.stdout);
    let one = bench.drift(&["presets", "figure2"]).expect_success();
    assert!(one.stdout.contains("hidden = 500"), "{}", one.stdout);
}

#[test]
fn without_a_command_the_program_says_what_to_do_first() {
    let bench = Bench::new("first");
    let said = bench.drift(&[]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("drift run figure2"), "{}", said.stderr);
}

#[test]
fn completions_and_manual_pages_are_written() {
    let bench = Bench::new("packaging");
    let bash = bench.drift(&["completions", "bash"]).expect_success();
    assert!(bash.stdout.contains("complete -F"), "{}", bash.stdout);
    bench.drift(&["man", "--out", "man1"]).expect_success();
    let page = fs::read_to_string(bench.path("man1/drift-sweep-run.1")).expect("a page");
    assert!(page.contains("shard"), "{page}");
}

#[test]
fn a_printed_preset_runs_as_a_file() {
    let bench = Bench::new("file");
    let toml = bench
        .drift(&["presets", "random-sgd-update"])
        .expect_success()
        .stdout;
    fs::write(bench.path("mine.toml"), toml).expect("written");
    bench
        .drift(&["run", "mine.toml", "--steps", "200", "--out", "a"])
        .expect_success();
    bench
        .drift(&["run", "random-sgd-update", "--steps", "200", "--out", "b"])
        .expect_success();
    for file in ["trace.csv", "scenario.toml", "snapshots.npz", "dataset.npz"] {
        assert!(
            bench.read(&format!("a/{file}")) == bench.read(&format!("b/{file}")),
            "{file}"
        );
    }
}

#[test]
fn a_deeper_network_shows_its_layers() {
    let bench = Bench::new("deep");
    let mut arguments = vec!["run", "figure2", "--out", "out"];
    arguments.extend(SMALL);
    arguments.extend([
        "--set",
        "network.hidden=[20,12]",
        "--set",
        "noise.dropout.probability=0.1",
    ]);
    bench.drift(&arguments).expect_success();
    assert!(bench.text("out/scenario.toml").contains("hidden = ["));
    let trace = bench.text("out/trace.csv");
    let names = trace.lines().next().expect("a head");
    assert!(names.contains(",active_fraction_layer1,") && names.contains("_layer2"));
    let page = bench.text("out/report.html");
    assert!(page.contains("active units, layer 2"));
    assert!(page.contains("Hidden layers") && !page.contains("Own measures"));
    for figure in ["rate_maps", "rate_maps_layer1", "rate_maps_layer2"] {
        let drawing = bench.text(&format!("out/figures/{figure}.svg"));
        assert!(page.contains(&drawing), "{figure} stands in the page");
    }
    bench
        .drift(&["run", "random-sgd", "--set", "network.hidden=[5,0]"])
        .expect_failure(2, "network.hidden[1] is 0");
}

#[test]
fn snapshots_of_another_run_are_no_points_of_the_valley() {
    let bench = Bench::new("valley-mixed");
    for (preset, out) in [("valley", "out"), ("random-sgd", "other")] {
        bench
            .drift(&["run", preset, "--steps", "50", "--no-report", "--out", out])
            .expect_success();
    }
    bench.drift(&["report", "out"]).expect_success();
    let other = bench.path("other/snapshots.npz");
    std::fs::copy(other, bench.path("out/snapshots.npz")).expect("copied");
    bench
        .drift(&["report", "out"])
        .expect_failure(1, "parameters, expected 2");
}

#[test]
fn a_run_leaves_everything_the_reader_needs() {
    let bench = Bench::new("run");
    let mut arguments = vec!["run", "figure2", "--out", "out"];
    arguments.extend(SMALL);
    let output = bench.drift(&arguments).expect_success();
    assert!(
        output.stderr.is_empty(),
        "quiet without a terminal: {}",
        output.stderr
    );
    assert!(
        output.stdout.contains("out/report.html"),
        "{}",
        output.stdout
    );
    let trace = bench.text("out/trace.csv");
    assert!(trace.starts_with(
        "step,loss,log10_normalised_loss,active_fraction,fraction_active_units,\
         mean_spatial_information,place_units"
    ));
    assert_eq!(trace.lines().count(), 1 + 11);
    for npz in ["out/snapshots.npz", "out/dataset.npz"] {
        assert!(bench.read(npz).starts_with(b"PK\x03\x04"), "{npz}");
    }
    let page = bench.text("out/report.html");
    for figure in ["loss", "sparsity", "rate_maps", "correlation"] {
        let drawing = bench.text(&format!("out/figures/{figure}.svg"));
        assert!(drawing.starts_with("<svg") && drawing.trim_end().ends_with("</svg>"));
        assert!(page.contains(&drawing), "{figure} stands in the page");
    }
    assert!(!page.contains("src=\"") && !page.contains("fetch("));
    // No text of a figure is smaller than 12 CSS pixels: drawings have 8 units a pixel.
    for size in page.split("font-size=\"").skip(1) {
        let size: f64 = size
            .split('"')
            .next()
            .expect("closed")
            .parse()
            .expect("a number");
        assert!(size >= 12.0 * 8.0, "font size {size}");
    }
}

#[test]
fn the_written_scenario_makes_the_same_run() {
    let bench = Bench::new("again");
    let mut arguments = vec!["run", "figure2", "--out", "a", "--no-report"];
    arguments.extend(SMALL);
    bench.drift(&arguments).expect_success();
    bench
        .drift(&["run", "a/scenario.toml", "--out", "b", "--no-report"])
        .expect_success();
    for file in ["trace.csv", "snapshots.npz", "dataset.npz", "scenario.toml"] {
        assert!(
            bench.read(&format!("a/{file}")) == bench.read(&format!("b/{file}")),
            "{file}"
        );
    }
    assert!(!bench.path("a/report.html").exists());
    bench.drift(&["report", "a"]).expect_success();
    assert!(bench.path("a/report.html").exists());
}

#[test]
fn the_valley_has_its_own_figure() {
    let bench = Bench::new("valley");
    bench
        .drift(&["run", "valley", "--steps", "2000", "--out", "v"])
        .expect_success();
    assert!(bench.path("v/figures/valley.svg").exists());
}

#[test]
fn a_spectrum_adds_columns_and_figures() {
    let bench = Bench::new("spectrum");
    let run = [
        "run",
        "random-sgd-update",
        "--steps",
        "400",
        "--spectrum",
        "5",
        "--out",
        "s",
        "--set",
        "network.hidden=20",
    ];
    bench.drift(&run).expect_success();
    let trace = bench.text("s/trace.csv");
    let header = trace.lines().next().expect("a header");
    for column in [
        "hessian_trace",
        "hessian_max",
        "eta_hessian_max",
        "log_pseudo_determinant",
        "nonzero_fraction",
    ] {
        assert!(header.contains(column), "{header}");
    }
    for figure in [
        "edge_of_stability",
        "hessian_sums",
        "hessian_spectra",
        "hessian_pairs",
        "active_units_nonzero_eigenvalues",
    ] {
        assert!(
            bench.path(&format!("s/figures/{figure}.svg")).exists(),
            "{figure}"
        );
    }
}

#[test]
fn the_edge_is_drawn_for_gradient_descent_and_no_edge_for_other_rules() {
    let bench = Bench::new("edge");
    for (preset, words) in [("random-sgd", "2/η = 20"), ("random-adam", "")] {
        let run = ["run", preset, "--steps", "300", "--out", preset];
        bench.drift(&run).expect_success();
        let figure = bench.text(&format!("{preset}/figures/edge_of_stability.svg"));
        assert_eq!(figure.contains("2/η"), !words.is_empty(), "{preset}");
        assert!(figure.contains(words), "{preset}");
        let page = bench.text(&format!("{preset}/report.html"));
        assert!(page.contains("Edge of stability"));
    }
    let page = bench.text("random-adam/report.html");
    assert!(page.contains("scale the step of every parameter"));
}

#[test]
fn convergence_is_seen_on_the_logarithmic_axis() {
    let bench = Bench::new("early");
    let run = ["run", "random-sgd-update", "--steps", "20000", "--out", "r"];
    bench.drift(&run).expect_success();
    let trace = bench.text("r/trace.csv");
    let steps = trace.lines().skip(1).map(|line| {
        let step = line.split(',').next().expect("a step");
        step.parse::<u64>().expect("a whole number")
    });
    let steps: Vec<u64> = steps.collect();
    assert_eq!(steps[..4], [0, 1, 2, 3]);
    assert!(steps.iter().filter(|step| **step < 200).count() > 20);
    assert_eq!(steps.iter().filter(|step| **step >= 200).count(), 100);
    let page = bench.text("r/report.html");
    assert!(
        page.contains("end of convergence"),
        "a border within the run"
    );
}

#[test]
fn a_directory_with_another_run_is_refused_and_untouched() {
    let bench = Bench::new("refuse");
    bench
        .drift(&["run", "random-sgd", "--steps", "50", "--out", "out"])
        .expect_success();
    let before = bench.tree("out");
    let output = bench.drift(&["run", "random-sgd", "--steps", "60", "--out", "out"]);
    output.expect_failure(2, "out");
    assert_eq!(bench.tree("out"), before);
    fs::create_dir(bench.path("mine")).expect("created");
    fs::write(bench.path("mine/thesis.txt"), "years of work").expect("written");
    bench
        .drift(&["run", "random-sgd", "--steps", "50", "--out", "mine"])
        .expect_failure(2, "mine");
    assert_eq!(bench.text("mine/thesis.txt"), "years of work");
    assert_eq!(
        bench.tree("mine").len(),
        1,
        "nothing is left there, no lock either"
    );
}

#[test]
fn wrong_usage_is_named_in_one_line() {
    let bench = Bench::new("usage");
    let run = |arguments: &[&str]| {
        let mut all = vec!["run"];
        all.extend(arguments);
        all.extend(["--out", "out"]);
        bench.drift(&all)
    };
    run(&["figure-2"]).expect_failure(2, "figure2");
    run(&["random-sdg"]).expect_failure(2, "random-sgd");
    run(&["random-sgd", "--set", "rule.sgd.learning_rate=-1"])
        .expect_failure(2, "rule.sgd.learning_rate");
    run(&["random-sgd", "--set", "rule.sgd.learning_rate=nan"])
        .expect_failure(2, "rule.sgd.learning_rate");
    run(&["random-sgd", "--set", "network.hiden=3"]).expect_failure(2, "hidden");
    run(&["random-sgd", "--set", "network.hidden=0"]).expect_failure(2, "network.hidden");
    run(&["random-sgd", "--set", "network"]).expect_failure(2, "network");
    run(&["random-sgd", "--steps", "0"]).expect_failure(2, "steps");
    run(&["missing.toml"]).expect_failure(1, "missing.toml");
    fs::write(bench.path("broken.toml"), "steps = \n[task").expect("written");
    run(&["broken.toml"]).expect_failure(
        2,
        "broken.toml: scenario (TOML) cannot be read: TOML parse error at line 2",
    );
    fs::write(bench.path("bytes.toml"), [0xff, 0xfe, 0x00]).expect("written");
    run(&["bytes.toml"]).expect_failure(1, "bytes.toml");
    assert!(
        !bench.path("out").exists(),
        "nothing is left of a run that never began"
    );
    let nothing = bench.drift(&["run"]);
    assert_eq!(nothing.code, Some(2));
    bench
        .drift(&["resume", "nowhere"])
        .expect_failure(1, "nowhere");
    bench
        .drift(&["report", "nowhere"])
        .expect_failure(1, "nowhere");
}

#[test]
fn a_read_only_place_is_a_failure_with_its_name() {
    let bench = Bench::new("readonly");
    // A file where a directory should be refuses everyone, root included.
    fs::write(bench.path("file"), "").expect("written");
    let output = bench.drift(&["run", "random-sgd", "--steps", "50", "--out", "file/run"]);
    output.expect_failure(1, "file/run");
    // proc takes no new directories, whoever asks.
    if cfg!(target_os = "linux") {
        bench
            .drift(&[
                "run",
                "random-sgd",
                "--steps",
                "50",
                "--out",
                "/proc/drift-test",
            ])
            .expect_failure(1, "/proc/drift-test");
    }
}

#[test]
fn a_full_disk_is_a_failure_that_loses_nothing() {
    let bench = Bench::new("full");
    let Some(disk) = bench.small_disk(192 * 1024) else {
        println!("skipped: a small tmpfs cannot be mounted here");
        return;
    };
    let out = disk.path().join("run");
    let out = out.to_str().expect("plain");
    let output = bench.drift(&[
        "run",
        "random-sgd-update",
        "--steps",
        "20000",
        "--out",
        out,
        "--set",
        "checkpoint.steps=500",
    ]);
    let line = output.expect_failure(1, out);
    assert!(line.contains("space"), "{line}");
    // What was recorded before the disk was full is whole.
    let trace = fs::read_to_string(disk.path().join("run/trace.csv")).expect("the record");
    let columns = trace.lines().next().expect("a header").split(',').count();
    let mut lines = trace.lines().collect::<Vec<_>>();
    if !trace.ends_with('\n') {
        lines.pop();
    }
    assert!(lines.iter().all(|line| line.split(',').count() == columns));
}

/// What a report needs grows by the curves of further samples, not by their snapshots and spectra.
#[test]
fn a_report_holds_few_snapshots_and_spectra() {
    let bench = Bench::new("many");
    let cases: [(&str, &str, &[&str]); 2] = [
        ("figure2", "snapshots.npz", &["spectrum.samples=0"]),
        (
            "random-sgd-update",
            "spectra.npz",
            &["spectrum.samples=1200", "spectrum.kind=gauss_newton"],
        ),
    ];
    for (preset, series, settings) in cases {
        let [few, many] = [300, 1200].map(|samples: u64| {
            let out = format!("{preset}-{samples}");
            let samples = format!("sampling.linear.samples={samples}");
            let mut arguments = vec!["run", preset, "--no-report", "--out", &out];
            arguments.extend(["--steps", "1200", "--set", &samples]);
            arguments.extend(["--set", "network.hidden=30", "--set", "spectrum.largest=0"]);
            arguments.extend(settings.iter().flat_map(|setting| ["--set", *setting]));
            bench.drift(&arguments).expect_success();
            let directory = bench.path(&out);
            let counted = allocation_counter::measure(|| {
                let page = drift_cli::embed::report(&directory, &Registry::new());
                page.expect("a report");
            });
            (
                counted.bytes_max,
                bench.read(&format!("{out}/{series}")).len() as u64,
            )
        });
        let (more, recorded) = (many.0.saturating_sub(few.0), many.1 - few.1);
        assert!(recorded > 5_000_000, "{series}: {recorded} bytes more");
        assert!(more < recorded / 4, "{series}: {more} of {recorded} bytes");
    }
}
