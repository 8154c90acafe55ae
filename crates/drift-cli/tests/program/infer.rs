use std::fs;

use crate::bench::Bench;

const SESSIONS: &str = "time,active_fraction,fraction_active_units\n\
    0,0.52,0.99\n1,0.44,0.97\n2,0.36,0.92\n3,0.30,0.85\n4,0.26,0.80\n";

fn write(bench: &Bench, name: &str, text: &str) -> String {
    let path = bench.path(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn probabilities(stdout: &str) -> Vec<f64> {
    stdout
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().nth(1).unwrap().parse().unwrap())
        .collect()
}

#[test]
fn a_record_with_some_measures_is_classified() {
    let bench = Bench::new("infer-some");
    let file = write(&bench, "sessions.csv", SESSIONS);
    let ran = bench.drift(&["infer", &file]).expect_success();
    let found = probabilities(&ran.stdout);
    assert_eq!(found.len(), 8);
    assert!((found.iter().sum::<f64>() - 1.0).abs() < 0.003, "{found:?}");
    assert!(found.is_sorted_by(|one, other| one >= other), "{found:?}");
    let used = "from 5 samples of active_fraction, fraction_active_units";
    assert!(ran.stdout.contains(used), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("fewer than 3 values of log10_normalised_loss")
    );

    let one = bench
        .drift(&["infer", &file, "--measures", "active_fraction"])
        .expect_success();
    assert!(
        one.stdout.ends_with("from 5 samples of active_fraction\n"),
        "{}",
        one.stdout
    );
}

#[test]
fn a_run_of_the_program_is_classified() {
    let bench = Bench::new("infer-run");
    let out = bench.path("run");
    let out = out.to_str().unwrap();
    bench
        .drift(&[
            "run",
            "random-sgd-update",
            "--steps",
            "2000",
            "--spectrum",
            "5",
            "--no-report",
            "--out",
            out,
        ])
        .expect_success();
    let ran = bench
        .drift(&["infer", &format!("{out}/trace.csv")])
        .expect_success();
    assert!(ran.stdout.contains("hessian_trace"), "{}", ran.stdout);
    // The directory has what the trace has not.
    let missing = "fewer than 3 values of rate_map_correlation";
    assert!(ran.stdout.contains(missing), "{}", ran.stdout);
    let ran = bench.drift(&["infer", out]).expect_success();
    let used = "active_units, hessian_trace, log_pseudo_determinant, rate_map_correlation";
    assert!(ran.stdout.contains(used), "{}", ran.stdout);
    let alone = ["infer", out, "--measures", "rate_map_correlation"];
    bench.drift(&alone).expect_success();
    fs::create_dir(bench.path("empty")).unwrap();
    bench
        .drift(&["infer", "empty"])
        .expect_failure(1, "scenario.toml");
}

#[test]
fn a_record_outside_what_was_learned_from_is_none_of_these() {
    let bench = Bench::new("infer-outside");
    // A spectrum of another world.
    let text = "step,active_fraction,hessian_trace\n0,0.3,1e30\n1,0.3,1e3\n2,0.3,1e20\n3,0.3,1e3\n";
    let file = write(&bench, "strange.csv", text);
    let ran = bench.drift(&["infer", &file]).expect_success();
    for said in [
        "none of these, most likely",
        "1 % of runs of these rules lie as far",
        "outside what was learned from:",
        "hessian_trace",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
}

#[test]
fn what_was_observed_has_a_model_of_its_own() {
    let bench = Bench::new("infer-observed");
    let rows = "1,0.01,1.9\n2,0.01,1.8\n3,0.009,1.9\n";
    let own = format!("session_number,active_fraction,mean_si_bits_per_spike\n{rows}");
    let file = write(&bench, "own.csv", &own);
    let whole = bench.drift(&["infer", &file]).expect_success().stdout;
    assert!(
        whole.contains("of active_fraction, mean_spatial_information\n"),
        "{whole}"
    );
    let observed = bench.drift(&["infer", &file, "--observed"]);
    let observed = observed.expect_success().stdout;
    assert!(observed.contains("of active_fraction\n"), "{observed}");
    // What an analysis of recordings writes says itself that it is recorded.
    let recorded = own
        .replace("\n", "\nrecorded,")
        .replacen("session", "kind,session", 1);
    let file = write(&bench, "mouse.csv", recorded.trim_end_matches("recorded,"));
    let said = bench.drift(&["infer", &file]).expect_success().stdout;
    assert_eq!(said, observed);
}

#[test]
fn what_is_no_record_is_refused_with_its_place() {
    let bench = Bench::new("infer-wrong");
    for (text, thing) in [
        ("", "no column step, time, day or session_number"),
        ("step,colour\n0,1\n", "no column of a measure"),
        (
            "step,active_fraction\n0,0.5\n1,0.4\n",
            "2 samples; expected at least 3",
        ),
        (
            "step,active_fraction\n0,0.5\n1,red\n2,0.4\n",
            "line 3: active_fraction is \"red\"",
        ),
        (
            "step,active_fraction\n0,0.5\n1,1.5\n2,0.4\n",
            "line 3: active_fraction is 1.5",
        ),
        (
            "step,active_fraction\n0,0.5\n0,0.5\n2,0.4\n",
            "strictly increasing",
        ),
        ("step,active_fraction\n0,0.5\n1\n2,0.4\n", "line"),
        (
            "step,active_fraction\n0,\n1,\n2,0.4\n",
            "no measure has at least 3",
        ),
    ] {
        let file = write(&bench, "wrong.csv", text);
        bench.drift(&["infer", &file]).expect_failure(2, thing);
    }
    let file = write(&bench, "sessions.csv", SESSIONS);
    bench
        .drift(&["infer", &file, "--measures", "active"])
        .expect_failure(2, "unknown measure active");
    bench
        .drift(&["infer", &file, "--measures", "hessian_trace"])
        .expect_failure(2, "no measure has at least 3");
    bench
        .drift(&["infer", "absent.csv"])
        .expect_failure(1, "absent.csv");
}
