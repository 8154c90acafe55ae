//! The files that laboratories' programs write, from the generators in `cases/formats`: what is read
//! of them against the values that each generator leaves beside its files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use drift_sim::data::folder::{self, Counts, Discovery, SessionEntry, Unit};
use drift_sim::data::nalgebra::DMatrix;
use drift_sim::data::{Identity, Position, Recording, Session};
use drift_sim::metrics::{BinEdges, rate_map, spatial_information};
use serde_json::Value;

use super::shared;

/// Width of the bins of the generators' information, cm.
const BIN_CM: f64 = 4.0;

/// `cases/formats` beside the shared recordings.
fn cases() -> Option<PathBuf> {
    let cases = shared::data()?.parent()?.join("cases/formats");
    if cases.is_dir() {
        return Some(cases);
    }
    println!("skipped: there is no {}", cases.display());
    None
}

fn python() -> String {
    std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// The folder with one folder a generator: made anew in `scratch` where Python has what they need.
fn made(cases: &Path, scratch: &Path) -> PathBuf {
    let modules = "import numpy, scipy, h5py, pandas, tables";
    let present = Command::new(python()).args(["-c", modules]).output();
    if !present.is_ok_and(|output| output.status.success()) {
        println!(
            "no Python with numpy, scipy, h5py, pandas and tables: the files in made/ are read"
        );
        return cases.join("made");
    }
    let scripts: Vec<PathBuf> = fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "py"))
        .collect();
    for script in &scripts {
        fs::copy(script, scratch.join(script.file_name().unwrap())).unwrap();
    }
    let mut run = 0;
    for script in scripts.iter().filter(|script| !script.ends_with("kit.py")) {
        let output = Command::new(python())
            .current_dir(scratch)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(script.file_name().unwrap())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", script.display());
        run += 1;
    }
    println!("{run} generators run");
    scratch.join("made")
}

/// The labels `day1`, `day3`, … that names in a folder start with, in the order of the days.
fn labels(folder: &Path) -> Vec<(String, f64)> {
    let mut days = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if let Some(rest) = name.strip_prefix("day") {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            days.extend(digits.parse::<u32>().ok());
        }
    }
    days.into_iter()
        .map(|day| (format!("day{day}"), f64::from(day)))
        .collect()
}

/// What the owner of the files knows beside them: the README of the cases.
fn known(name: &str, sessions: &[(String, f64)]) -> Discovery {
    let mut known = Discovery {
        subject: Some("M1".to_owned()),
        ..Discovery::default()
    };
    for (label, day) in sessions {
        known.sessions.push(SessionEntry {
            label: label.clone(),
            day: Some(*day),
            ..SessionEntry::default()
        });
    }
    let format = name.split('_').next().unwrap();
    match format {
        "suite2p" | "cnmfe" => known.activity.rate_hz = Some(20.0),
        "caiman" => known.registration.counts = Some(Counts::Accepted),
        "pynapple" => known.positions.unit = Some(Unit::M),
        "deeplabcut" | "sleap" => {
            let positions = &mut known.positions;
            positions.rate_hz = Some(20.0);
            positions.cm_per_px = Some(0.2);
            positions.origin_px = Some(folder::Origin::Both(20.0));
            positions.axes = Some(folder::Axes::X);
            if format == "sleap" {
                positions.node = Some("back".to_owned());
                positions.track = Some("track_0".to_owned());
            } else {
                positions.bodypart = Some("back".to_owned());
                positions.individual = Some("mouse1".to_owned());
                positions.likelihood = Some(0.9);
            }
        }
        _ => {}
    }
    known
}

/// Files of one kind side by side, of which one is chosen: each choice gives the same recording.
fn choices(name: &str) -> Vec<Vec<&'static str>> {
    match name {
        "cellreg" => vec![
            vec!["cellRegistered_20200103_120000.mat"],
            vec!["cell_registration.mat"],
        ],
        "cnmfe" => vec![vec!["day1.mat"], vec!["day1_v73.mat"]],
        _ => vec![Vec::new()],
    }
}

/// The id that a file gives to the cell with this local number.
fn id(name: &str, local: u64) -> String {
    match name {
        "suite2p" => format!("plane0/{local}"),
        "pynapple" => (2 * local + 1).to_string(),
        _ => local.to_string(),
    }
}

fn read(name: &str, folder: &Path, sessions: &[(String, f64)], take: &[&str]) -> Recording {
    if folder.join(folder::FILE).exists() {
        return folder::load(folder).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let mut known = known(name, sessions);
    known.take = take.iter().map(PathBuf::from).collect();
    let manifest =
        folder::discover(folder, &known).unwrap_or_else(|error| panic!("{name}: {error}"));
    manifest
        .read(folder, &Default::default(), &Default::default())
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Tracked samples and the activity in them (samples × cells).
fn tracked(session: &Session) -> (Vec<f64>, DMatrix<f64>) {
    let Some(Position::Line(x)) = &session.trajectory.as_ref().unwrap().position else {
        panic!("{}: no position along a line", session.label);
    };
    let samples: Vec<usize> = (0..x.len()).filter(|sample| !x[*sample].is_nan()).collect();
    let activity = session.activity_matrix().unwrap();
    let x = samples.iter().map(|sample| x[*sample]).collect();
    (x, activity.select_rows(&samples))
}

/// Bits per event in bins from the lowest position on.
fn information(x: &[f64], activity: &DMatrix<f64>) -> Vec<f64> {
    let lowest = x.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let bins = ((highest - lowest) / BIN_CM).ceil();
    let edges = BinEdges::equal(lowest, lowest + BIN_CM * bins, bins as usize).unwrap();
    spatial_information(&rate_map(&edges, x, activity.as_view()).unwrap()).unwrap()
}

/// Compares what was read with what the generator says; the number of values compared.
fn check(name: &str, recording: &Recording, expected: &Value) -> usize {
    let sessions = expected["sessions"].as_array().unwrap();
    assert_eq!(recording.sessions.len(), sessions.len(), "{name}");
    let mut values = 0;
    let number = |value: &Value| value.as_u64().unwrap() as usize;
    for (session, expected) in recording.sessions.iter().zip(sessions) {
        let place = format!("{name}, {}", session.label);
        let (x, activity) = tracked(session);
        let found = [
            ("frames", session.samples()),
            ("tracked_frames", x.len()),
            ("rois", session.recorded_units),
            ("kept_cells", session.cells.len()),
        ];
        for (key, found) in found {
            assert_eq!(found, number(&expected[key]), "{place}: {key}");
            values += 1;
        }
        let bits = information(&x, &activity);
        for (cell, expected) in expected["cells"].as_object().unwrap() {
            let place = format!("{place}, {cell}");
            let label = id(name, expected["local_id"].as_u64().unwrap());
            let column = session.cells.iter().position(|cell| cell.label == label);
            assert_eq!(
                column.is_some(),
                expected["keep"].as_bool().unwrap(),
                "{place}: keep"
            );
            values += 1;
            let Some(column) = column else { continue };
            let weights = activity.column(column);
            let active = weights.iter().filter(|weight| **weight > 0.0).count();
            assert_eq!(
                active,
                number(&expected["active_tracked_frames"]),
                "{place}: active"
            );
            let close = |found: f64, expected: &Value, what: &str| match expected.as_f64() {
                Some(expected) => {
                    let error = (found - expected).abs();
                    assert!(
                        error <= 1e-6,
                        "{place}: {what} {found} instead of {expected}"
                    );
                }
                None => assert!(found.is_nan() || found == 0.0, "{place}: {what} {found}"),
            };
            close(weights.sum(), &expected["total_tracked"], "total");
            let seconds = x.len() as f64 / 20.0;
            close(weights.sum() / seconds, &expected["per_s_tracked"], "rate");
            close(bits[column], &expected["information_bits"], "information");
            values += 4;
        }
    }
    values + check_identities(name, recording, expected)
}

fn check_identities(name: &str, recording: &Recording, expected: &Value) -> usize {
    let mut values = 0;
    let mut registered = BTreeSet::new();
    for (cell, locals) in expected["registration"].as_object().unwrap() {
        let mut identities = BTreeSet::new();
        for (session, local) in recording.sessions.iter().zip(locals.as_array().unwrap()) {
            let Some(local) = local.as_u64() else {
                continue;
            };
            let label = id(name, local);
            let Some(found) = session.cells.iter().find(|cell| cell.label == label) else {
                continue;
            };
            match &found.identity {
                Some(Identity::Registered(row)) => identities.insert(*row),
                other => panic!("{name}: {cell} in {} is {other:?}", session.label),
            };
            registered.insert((session.label.clone(), label));
            values += 1;
        }
        assert!(identities.len() <= 1, "{name}: {cell} is {identities:?}");
    }
    // What no row names is nobody beyond its session, and no two cells of a session are the same.
    for session in &recording.sessions {
        let mut seen = BTreeSet::new();
        for cell in &session.cells {
            let named = registered.contains(&(session.label.clone(), cell.label.clone()));
            assert_eq!(
                cell.identity.is_some(),
                named,
                "{name}, {}: {cell:?}",
                session.label
            );
            if let Some(Identity::Registered(row)) = &cell.identity {
                assert!(seen.insert(*row), "{name}, {}: {row} twice", session.label);
            }
            values += 1;
        }
    }
    values
}

#[test]
fn every_format_gives_the_right_values() {
    let Some(cases) = cases() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let made = made(&cases, scratch.path());
    let mut formats = 0;
    let mut folders: Vec<PathBuf> = fs::read_dir(&made)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    for folder in folders
        .iter()
        .filter(|folder| folder.join("expected.json").exists())
    {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let expected = fs::read_to_string(folder.join("expected.json")).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let days = labels(folder);
        let count = expected["sessions"].as_array().unwrap().len();
        for take in choices(&name) {
            let recording = read(&name, folder, &days[..count], &take);
            let values = check(&name, &recording, &expected);
            println!("checked {name} {take:?}: {values} values");
            // The neutral folder of it is the same recording.
            let neutral = tempfile::tempdir().unwrap();
            folder::write(&recording, neutral.path()).unwrap();
            let again = folder::load(neutral.path()).unwrap();
            for (again, session) in again.sessions.iter().zip(&recording.sessions) {
                assert_eq!(again.activity_matrix(), session.activity_matrix(), "{name}");
                assert_eq!(again.day, session.day, "{name}");
                let cells = |session: &Session| {
                    let cells = session.cells.iter();
                    cells
                        .map(|cell| (cell.label.clone(), cell.region.clone()))
                        .collect::<Vec<_>>()
                };
                assert_eq!(cells(again), cells(session), "{name}");
                let line = |session: &Session| tracked(session).0;
                assert_eq!(line(again), line(session), "{name}");
            }
            let pairs = |recording: &Recording| recording.shared_cells(0, 1).unwrap();
            assert_eq!(pairs(&again), pairs(&recording), "{name}");
        }
        // Days beside those of the generator are read too.
        for day in &days[count..] {
            let more = read(&name, folder, std::slice::from_ref(day), &[]);
            println!(
                "read {name}, {}: {} cells",
                day.0,
                more.sessions[0].cells.len()
            );
        }
        formats += 1;
    }
    assert!(
        formats >= 9,
        "only {formats} formats found in {}",
        made.display()
    );
}
