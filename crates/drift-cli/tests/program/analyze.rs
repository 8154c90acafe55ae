//! Analyses of recordings and the inspection of their files.

use crate::bench::Bench;
use std::path::PathBuf;

/// The shared recordings, or nothing with a printed reason.
pub fn shared(part: &str) -> Option<String> {
    let root = std::env::var_os("DRIFT_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = root.join(part);
    if path.exists() {
        return Some(path.to_str()?.to_owned());
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// A column of a CSV file.
pub fn column(text: &str, name: &str) -> Vec<String> {
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    let index = header
        .split(',')
        .position(|column| column == name)
        .expect("a column");
    lines
        .map(|line| line.split(',').nth(index).expect("a field").to_owned())
        .collect()
}

#[test]
fn tetrode_recordings_become_tables_and_a_report() {
    let Some(data) = shared("data/fixtures/hc6/Syn") else {
        return;
    };
    let bench = Bench::new("hc6");
    let run = [
        "analyze",
        "hc6",
        &data,
        "--out",
        "out",
        "--subsamplings",
        "5",
        "--shuffles",
        "100",
    ];
    let output = bench.drift(&run).expect_success();
    assert!(
        output.stderr.is_empty(),
        "quiet without a terminal: {}",
        output.stderr
    );
    let sessions = bench.text("out/sessions.csv");
    assert_eq!(column(&sessions, "environment").len(), 3);
    let cells = bench.text("out/cells.csv");
    assert!(
        column(&cells, "si_bits_per_spike")
            .iter()
            .any(|bits| !bits.is_empty())
    );
    assert!(bench.text("out/report.html").contains("Rate maps"));
    let before = bench.tree("out");
    bench.drift(&run).expect_success();
    assert!(
        before == bench.tree("out"),
        "the same seed gives the same bytes"
    );
}

/// Both shared mice on both tracks, to 1e-10 of values that were computed independently.
#[test]
fn registered_sessions_give_the_reference_values() {
    let (Some(data), Some(reference)) = (
        shared("data/multiple_maps"),
        shared("reference/multiple_maps.json"),
    ) else {
        return;
    };
    let text = std::fs::read_to_string(reference).expect("readable");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let bench = Bench::new("maps");
    let close = |found: &str, expected: &serde_json::Value, place: &str| {
        let expected = expected
            .as_f64()
            .unwrap_or_else(|| panic!("{place} has no reference"));
        let found: f64 = found
            .parse()
            .unwrap_or_else(|_| panic!("{place} is {found:?}"));
        assert!(
            (found - expected).abs() < 1e-10,
            "{place} is {found}, not {expected}"
        );
    };
    for (mouse, track) in [
        ("C11_M1", "A"),
        ("C11_M1", "B"),
        ("C12_M4", "A"),
        ("C12_M4", "B"),
    ] {
        let folder = format!("{data}/{mouse}/{track}");
        let run = ["analyze", "multiple-maps", &folder, "--out", "out"];
        bench
            .drift(&[&run[..], &["--subsamplings", "0", "--shuffles", "0"]].concat())
            .expect_success();
        let table = bench.text("out/sessions.csv");
        let expected = &json["mice"][mouse][track];
        for session in 0..8 {
            // The eighth session of one was interrupted; it is repaired, and its values stand apart.
            let repaired = expected.get("session_8_repaired").filter(|_| session == 7);
            let values = repaired.unwrap_or(&expected["sessions"][session]);
            let mut columns = vec![
                ("registered_cells", &expected["registered_cells"]),
                ("found_cells", &values["cells_found"]),
                ("active_cells", &values["active_ge5"]),
                ("active_share_of_registered", &values["fraction_active_ge5"]),
                ("active_share_of_found", &values["fraction_of_found_ge5"]),
                ("si_values", &values["both"]["cell_directions_ge5"]),
                (
                    "mean_si_bits_per_spike",
                    &values["both"]["mean_si_bits_per_event"],
                ),
            ];
            if repaired.is_none() {
                let pair = |name: &str| &expected["pairs"][name][0][session];
                columns.push((
                    "population_vector_correlation_with_first",
                    pair("pv_correlation"),
                ));
                columns.push(("map_correlation_with_first", pair("rate_map_correlation")));
            }
            for (name, expected) in columns {
                let place = format!("{mouse} {track}, session {}, {name}", session + 1);
                close(&column(&table, name)[session], expected, &place);
            }
        }
        let report = bench.text("out/report.html");
        let repaired = expected.get("session_8_repaired").is_some();
        assert_eq!(
            report.contains("frame log was repaired"),
            repaired,
            "{mouse} {track}"
        );
        std::fs::remove_dir_all(bench.path("out")).expect("removed");
    }
}

#[test]
fn published_maps_are_analysed_without_a_trajectory() {
    for (format, data) in [
        ("cell-assemblies", "data/fixtures/cell_assemblies_like"),
        ("rate-maps", "data/fixtures/hc22_like"),
    ] {
        let Some(data) = shared(data) else { return };
        let bench = Bench::new(format);
        bench
            .drift(&["analyze", format, &data, "--out", "out"])
            .expect_success();
        assert!(bench.path("out/cells.csv").exists() && bench.path("out/report.html").exists());
    }
}

#[test]
fn hdf5_files_are_read() {
    let Some(data) = shared("data/fixtures") else {
        return;
    };
    let bench = Bench::new("hdf5");
    let nwb = format!("{data}/nwb/syn_ecephys.nwb");
    let few = ["--out", "out", "--subsamplings", "0", "--shuffles", "10"];
    bench
        .drift(&[&["analyze", "nwb", &nwb], few.as_slice()].concat())
        .expect_success();
    assert!(!column(&bench.text("out/cells.csv"), "cell").is_empty());
    let tree = bench
        .drift(&["data", "inspect", &format!("{data}/v73/synpos02_v73.mat")])
        .expect_success()
        .stdout;
    assert!(tree.contains("pos"), "{tree}");
}

#[test]
fn wrong_recordings_are_named() {
    let bench = Bench::new("norecording");
    let analyze = |more: &[&str]| bench.drift(&[&["analyze"], more].concat());
    assert_eq!(analyze(&["hc-6", ".", "--out", "x"]).code, Some(2));
    analyze(&["hc6", "nowhere", "--out", "x"]).expect_failure(1, "nowhere");
    std::fs::create_dir(bench.path("empty")).expect("created");
    for format in [
        "hc6",
        "place-cells",
        "multiple-maps",
        "cell-assemblies",
        "rate-maps",
        "nwb",
    ] {
        analyze(&[format, "empty", "--out", "x"]).expect_failure(1, "empty");
    }
    analyze(&["hc6", "empty", "--out", "x", "--bin-cm", "0"]).expect_failure(2, "bin_cm");
    analyze(&["hc6", "empty", "--out", "x", "--speed", "nan"]).expect_failure(2, "minimum_speed");
    analyze(&["hc6", "empty", "--out", "x", "--active-frames", "0"])
        .expect_failure(2, "active_samples");
    for (option, value, choice) in [
        ("--laboratory", "mine", "karlsson"),
        ("--axis", "week", "exposure"),
    ] {
        let told = analyze(&["hc6", "empty", "--out", "x", option, value]);
        assert_eq!(told.code, Some(2));
        assert!(told.stderr.contains(choice), "{}", told.stderr);
    }
    std::fs::create_dir(bench.path("mine")).expect("created");
    std::fs::write(bench.path("mine/thesis.txt"), "years of work").expect("written");
    analyze(&["hc6", "empty", "--out", "mine"]).expect_failure(2, "mine");
}

#[test]
fn a_file_is_shown_as_a_tree() {
    let bench = Bench::new("inspect");
    std::fs::write(bench.path("page.mat"), "<!DOCTYPE html><html></html>").expect("written");
    bench
        .drift(&["data", "inspect", "page.mat"])
        .expect_failure(1, "page.mat");
    bench
        .drift(&["data", "inspect", "nowhere.mat"])
        .expect_failure(1, "nowhere.mat");
    let Some(file) = shared("data/fixtures/hc22_like/synM1.mat") else {
        return;
    };
    let tree = bench
        .drift(&["data", "inspect", &file])
        .expect_success()
        .stdout;
    assert!(tree.contains("rate_maps: 1×3 cell"), "{tree}");
}

/// A folder of one mouse: it stands for 5 s and then runs to and fro on 100 cm, for 40 s. Of its three cells
/// the last fires 6 times. Session d9 has a length that cannot be.
fn mouse(bench: &Bench) {
    let write = |name: &str, text: String| {
        std::fs::write(bench.path("mouse").join(name), text).expect("written");
    };
    std::fs::create_dir(bench.path("mouse")).expect("created");
    let mut toml = "format = \"drift-recording\"\nversion = 1\nsubject = \"M1\"\n".to_owned();
    for (label, day, more) in [("d1", 0, ""), ("d3", 2, ""), ("d9", 8, "minutes = -1\n")] {
        toml += &format!(
            "[[session]]\nlabel = \"{label}\"\nday = {day}\n{more}cells = \"cells.csv\"\n\
             positions = {{ file = \"positions.csv\" }}\n\
             activity = {{ file = \"spikes.csv\", kind = \"spikes\" }}\n"
        );
    }
    write("recording.toml", toml);
    write("cells.csv", "id,region\n0,CA1\n1,CA3\n2,CA1\n".to_owned());
    let (mut positions, mut spikes) = ("time_s,x_cm,y_cm\n".to_owned(), "time_s,cell\n".to_owned());
    for sample in 0..800_usize {
        let step = sample.saturating_sub(100) % 160;
        let x = 1.25 * step.min(160 - step) as f64;
        let time = sample as f64 / 20.0;
        positions += &format!("{time},{x},5\n");
        let fires = [
            (40.0..45.0).contains(&x),
            sample % 7 == 0,
            sample % 130 == 99,
        ];
        for (cell, _) in fires.iter().enumerate().filter(|(_, fires)| **fires) {
            spikes += &format!("{},{cell}\n", time + 0.01);
        }
    }
    write("positions.csv", positions);
    write("spikes.csv", spikes);
}

#[test]
fn filters_and_choices_reach_recording_folders() {
    let bench = Bench::new("folder-filters");
    mouse(&bench);
    let run = |more: &[&str]| {
        let given = [
            "analyze",
            "recording",
            "mouse",
            "--out",
            "out",
            "--shuffles",
            "0",
        ];
        bench.drift(&[&given[..], &["--subsamplings", "0"], more].concat())
    };
    let sessions = |more: &[&str], name: &str| {
        run(more).expect_success();
        column(&bench.text("out/sessions.csv"), name)
    };
    // Samples in which cell 1, which fires everywhere, is active on the first day.
    let frames = |more: &[&str]| -> usize {
        run(more).expect_success();
        let text = bench.text("out/cells.csv");
        let cells = column(&text, "cell")
            .into_iter()
            .zip(column(&text, "active_frames"));
        let all = cells.zip(column(&text, "session"));
        let wanted = all.filter(|((cell, _), session)| cell == "1" && session == "d1");
        wanted
            .map(|((_, frames), _)| frames.parse::<usize>().expect("a number"))
            .sum()
    };
    let left_out = sessions(&[], "left_out");
    assert_eq!(left_out.len(), 2);
    assert!(
        left_out.iter().all(|text| text.contains("d9 is left out")),
        "{left_out:?}"
    );
    let report = bench.text("out/report.html");
    assert!(report.contains("Left out") && report.contains("d9 is left out"));
    run(&["--strict"]).expect_failure(1, "minutes");

    assert_eq!(sessions(&[], "found_cells"), ["3", "3"]);
    assert_eq!(sessions(&["--region", "CA1"], "found_cells"), ["2", "2"]);
    assert_eq!(sessions(&[], "active_cells"), ["3", "3"]);
    assert_eq!(sessions(&["--min-rate", "0.2"], "active_cells"), ["2", "2"]);
    assert_eq!(sessions(&["--epochs", "d3"], "session"), ["d3"]);
    run(&["--epochs", "d4"]).expect_failure(2, "d3");

    let all = frames(&[]);
    let fast = frames(&["--speed", "2"]);
    assert!(fast < all && fast > all / 2, "{fast} of {all}");
    let line = ["--linearise", "straight"];
    assert_eq!(frames(&line), all);
    let inner = frames(&[&line[..], &["--edges", "10"]].concat());
    assert!(inner < fast && inner > fast / 2, "{inner} of {fast}");
    run(&[&line[..], &["--running"]].concat()).expect_success();
    let directions = column(&bench.text("out/cells.csv"), "direction");
    for direction in ["left", "right"] {
        assert!(
            directions.iter().any(|found| found == direction),
            "{directions:?}"
        );
    }

    run(&["--series", "dF"]).expect_failure(1, "--series");
    run(&["--plane", "plane0"]).expect_failure(1, "--plane");
    let hc6 = ["analyze", "hc6", "mouse", "--out", "x", "--scale", "2"];
    bench.drift(&hc6).expect_failure(2, "--scale");
}
