//! Eight sessions on a track against `reference/multiple_maps.json`.

mod session;

use std::path::Path;

use drift_sim::data::ziv_lab::multiple_maps::{self, FrameLogReading, Options};
use drift_sim::data::{Note, Recording};
use drift_sim::metrics::nalgebra::DMatrix;
use drift_sim::metrics::sessions::{RegisteredSession, compare_sessions};
use serde_json::Value;

use super::shared;
use super::tally::Tally;
use session::session;

fn options(frame_log: FrameLogReading) -> Options {
    Options {
        frame_log,
        ..Options::default()
    }
}

fn registered(
    recording: &Recording,
    index: usize,
    maps: &DMatrix<f64>,
    active: &[bool],
) -> RegisteredSession {
    let registration = recording.registration.as_ref().unwrap();
    // The loader's cells are the rows found, in the order of the rows.
    let mut position = 0;
    let order: Vec<Option<usize>> = registration.columns[index]
        .iter()
        .map(|column| {
            column.map(|_| {
                position += 1;
                position - 1
            })
        })
        .collect();
    RegisteredSession::new(maps.as_view(), &order, active).unwrap()
}

fn all_pairs(tally: &mut Tally, name: &str, sessions: &[RegisteredSession], expected: &Value) {
    let pairs = compare_sessions(sessions).unwrap();
    let row = |expected: &Value, index: usize| expected[index].clone();
    for index in 0..sessions.len() {
        let name = format!("{name} pairs of session {}", index + 1);
        let numbers = |matrix: &DMatrix<f64>| matrix.row(index).iter().copied().collect::<Vec<_>>();
        let counts =
            |matrix: &DMatrix<usize>| matrix.row(index).iter().copied().collect::<Vec<_>>();
        tally.all_exact(
            &name,
            &counts(&pairs.cells),
            &row(&expected["cells"], index),
        );
        tally.all_exact(
            &name,
            &counts(&pairs.pv_bins),
            &row(&expected["pv_bins"], index),
        );
        tally.all_exact(
            &name,
            &counts(&pairs.rate_map_cells),
            &row(&expected["rate_map_cells"], index),
        );
        tally.all_close(
            &name,
            &numbers(&pairs.pv_correlation),
            &row(&expected["pv_correlation"], index),
        );
        tally.all_close(
            &name,
            &numbers(&pairs.rate_map_correlation),
            &row(&expected["rate_map_correlation"], index),
        );
        let overlap = row(&expected["overlap_ge5_among_found_in_both"], index);
        tally.all_close(&name, &numbers(&pairs.overlap), &overlap);
    }
}

fn track(tally: &mut Tally, folder: &Path, expected: &Value) {
    let name = folder.display().to_string();
    // Session 8 of C11_M1 A cannot be read strictly: see below.
    let recording = multiple_maps::load(folder, &options(FrameLogReading::Literal)).unwrap();
    let registration = recording.registration.as_ref().unwrap();
    tally.exact(&name, registration.cells, &expected["registered_cells"]);
    tally.exact(
        &name,
        registration.found_in_all(),
        &expected["found_in_all_8"],
    );
    let days: Vec<f64> = recording
        .sessions
        .iter()
        .map(|session| session.day.unwrap())
        .collect();
    assert_eq!(days, [1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0], "{name}");
    let mut compared = Vec::new();
    for (index, one) in recording.sessions.iter().enumerate() {
        let (maps, active) = session(tally, one, registration.cells, &expected["sessions"][index]);
        compared.push(registered(&recording, index, &maps, &active));
    }
    all_pairs(tally, &name, &compared, &expected["pairs"]);
    if let Some(expected) = expected.get("session_8_repaired") {
        repaired(tally, folder, &compared, expected);
    }
}

/// The interrupted session: refused, flagged, or repaired, never read in silence.
fn repaired(tally: &mut Tally, folder: &Path, literal: &[RegisteredSession], expected: &Value) {
    let only = |frame_log| Options {
        sessions: Some(vec![8]),
        ..options(frame_log)
    };
    let refused = multiple_maps::load(folder, &only(FrameLogReading::Strict)).unwrap_err();
    assert!(refused.to_string().contains("frameLog_8.csv"), "{refused}");
    let flagged = multiple_maps::load(folder, &only(FrameLogReading::Literal)).unwrap();
    assert!(
        flagged.sessions[0]
            .notes
            .contains(&Note::LiteralFrameLog { rows: 8 })
    );

    let recording = multiple_maps::load(folder, &only(FrameLogReading::Repair)).unwrap();
    let rows = recording.registration.as_ref().unwrap().cells;
    let (maps, active) = session(tally, &recording.sessions[0], rows, expected);
    let eighth = registered(&recording, 0, &maps, &active);
    let of_trials: Vec<Value> = recording.sessions[0]
        .trials
        .iter()
        .map(|trial| {
            trial
                .frame_log_rows
                .clone()
                .map(|row| row + 1)
                .collect::<Vec<_>>()
                .into()
        })
        .collect();
    assert_eq!(Value::from(of_trials), expected["frame_log_rows_of_trial"]);
    // The last entry is the repaired session with itself.
    let others = literal[..7].iter().chain([&eighth]);
    for (index, other) in others.enumerate() {
        let pairs = compare_sessions(&[eighth.clone(), other.clone()]).unwrap();
        let name = format!("repaired session with session {}", index + 1);
        tally.exact(
            &name,
            pairs.cells[(0, 1)],
            &expected["shared_cells_with_session"][index],
        );
        tally.close(
            &name,
            pairs.pv_correlation[(0, 1)],
            &expected["pv_correlation_with_session"][index],
        );
        tally.close(
            &name,
            pairs.rate_map_correlation[(0, 1)],
            &expected["rate_map_correlation_with_session"][index],
        );
    }
}

#[test]
fn registered_sessions_of_two_mice() {
    let Some(data) = shared::data() else { return };
    let path = data
        .parent()
        .unwrap()
        .join("reference")
        .join("multiple_maps.json");
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut tally = Tally::default();
    for (mouse, tracks) in reference["mice"].as_object().unwrap() {
        for (name, expected) in tracks.as_object().unwrap() {
            track(
                &mut tally,
                &data.join("multiple_maps").join(mouse).join(name),
                expected,
            );
        }
    }
    println!("checked multiple_maps: {} values", tally.values);
}
