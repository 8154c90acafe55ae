//! The made hc-6 recording, and awkward files of its kind.

use std::path::Path;

use drift_data::{Activity, EpochKind, Error, Filter, Identity, Note, Session, hc6};
use serde_json::Value;

use super::fixtures::{close, finite_sum, json, plane};
use super::shared;

fn trains(session: &Session) -> &[Vec<f64>] {
    match &session.activity {
        Activity::Spikes(trains) => trains,
        other => panic!("{other:?}"),
    }
}

/// One hc-6 session against its expected values; returns how many were compared.
fn hc6_session(session: &Session, expected: &Value) -> usize {
    let kind = EpochKind::from_word(expected["type"].as_str().unwrap());
    assert_eq!(session.epoch, kind);
    assert_eq!(
        session.environment.as_deref(),
        expected["environment"].as_str()
    );
    let trajectory = session.trajectory.as_ref().unwrap();
    let pos = &expected["pos"];
    let (x, y) = plane(session);
    assert_eq!(trajectory.len() as u64, pos["n"].as_u64().unwrap());
    assert_eq!(trajectory.missing() as u64, pos["x_nan"].as_u64().unwrap());
    close(trajectory.time[0], &pos["t_first"]);
    close(*trajectory.time.last().unwrap(), &pos["t_last"]);
    close(finite_sum(x), &pos["x_sum_finite"]);
    close(finite_sum(y), &pos["y_sum_finite"]);
    close(
        finite_sum(trajectory.speed.as_ref().unwrap()),
        &pos["vel_sum_finite"],
    );
    close(trajectory.sample_interval, &pos["median_dt"]);
    let longest = trajectory
        .time
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .fold(0.0, f64::max);
    close(longest, &pos["max_dt"]);
    let heading = trajectory.heading.as_ref().unwrap()[0];
    let speed = trajectory.speed.as_ref().unwrap()[0];
    for (found, expected) in [trajectory.time[0], x[0], y[0], heading, speed]
        .iter()
        .zip(pos["first_row"].as_array().unwrap())
    {
        close(*found, expected);
    }
    let cells = expected["cells"].as_object().unwrap();
    assert_eq!(session.cells.len(), cells.len());
    let mut spikes = 0;
    for (cell, train) in session.cells.iter().zip(trains(session)) {
        let expected = &cells[&cell.label];
        assert_eq!(
            train.len() as u64,
            expected["n"].as_u64().unwrap(),
            "{}",
            cell.label
        );
        close(train.iter().sum(), &expected["t_sum"]);
        match train.first() {
            Some(first) => close(*first, &expected["t_first"]),
            None => assert!(expected["t_first"].is_null()),
        }
        assert_eq!(cell.region.as_deref(), expected["area"].as_str());
        spikes += train.len() as u64;
    }
    assert_eq!(
        session.cells.len() as u64,
        expected["n_cells_defined"].as_u64().unwrap()
    );
    assert_eq!(spikes, expected["n_spikes_total"].as_u64().unwrap());
    16 + 4 * cells.len()
}

#[test]
fn hc6() {
    let Some(data) = shared::data() else { return };
    let expected = json(&data.join("fixtures/hc6/Syn.expected.json"));
    let recording = hc6::load(data.join("fixtures/hc6/Syn"), &hc6::Options::default()).unwrap();
    assert_eq!(recording.subject.as_deref(), expected["animal"].as_str());
    let mut sessions = recording.sessions.iter();
    let mut checked = 0;
    for (day, of_day) in expected["days"].as_object().unwrap() {
        for (epoch, of_epoch) in of_day["epochs"].as_object().unwrap() {
            let session = sessions.next().unwrap();
            assert_eq!(session.label, format!("day {day} epoch {epoch}"));
            checked += hc6_session(session, of_epoch);
            for absent in of_day["absent_cells"].as_array().unwrap() {
                assert!(
                    session
                        .cells
                        .iter()
                        .all(|cell| cell.label != absent.as_str().unwrap())
                );
            }
        }
    }
    assert!(sessions.next().is_none());
    println!("checked hc6/Syn: {checked} values");

    // Clusters are the same neuron within a day, and in no other.
    assert_eq!(
        recording.shared_cells(0, 1).unwrap().len(),
        recording.sessions[0].cells.len()
    );
    let other_day = recording
        .sessions
        .iter()
        .position(|session| session.day == Some(2.0))
        .unwrap();
    assert!(matches!(
        recording.shared_cells(0, other_day),
        Err(Error::NotRecorded { .. })
    ));
    assert!(matches!(
        recording.sessions[0].cells[0].identity,
        Some(Identity::Cluster {
            day: 1,
            tetrode: 1,
            cell: 1
        })
    ));

    // Running in CA1, faster than 4 cm/s.
    let filter = Filter {
        minimum_speed: Some(4.0),
        region: Some("ca1".to_owned()),
        epochs: Some(vec![EpochKind::Run]),
        ..Filter::default()
    };
    let filtered = recording.filtered(&filter).unwrap();
    assert!(
        filtered
            .sessions
            .iter()
            .all(|session| session.epoch == EpochKind::Run)
    );
    for session in &filtered.sessions {
        assert!(
            session
                .cells
                .iter()
                .all(|cell| cell.region.as_deref() == Some("CA1"))
        );
        assert!(
            session
                .trajectory
                .as_ref()
                .unwrap()
                .speed
                .as_ref()
                .unwrap()
                .iter()
                .all(|speed| *speed >= 4.0)
        );
        let spikes: usize = trains(session).iter().map(Vec::len).sum();
        assert_eq!(
            session.activity_matrix().unwrap().sum(),
            spikes as f64,
            "every spike kept has its sample"
        );
    }
    // The missing second of a run is a gap that nothing fills.
    let run = &recording.sessions[1];
    assert!(
        run.notes
            .iter()
            .any(|note| matches!(note, Note::Gap { .. })),
        "{:?}",
        run.notes
    );
    assert!(run.notes.contains(&Note::MissingPositions { samples: 15 }));
}

#[test]
fn hc6_days_and_prefixes() {
    let Some(data) = shared::data() else { return };
    let folder = data.join("fixtures/hc6/Syn");
    let one = hc6::Options {
        days: Some(vec![2]),
        prefix: Some("syn".to_owned()),
        ..hc6::Options::default()
    };
    assert!(
        hc6::load(&folder, &one)
            .unwrap()
            .sessions
            .iter()
            .all(|session| session.day == Some(2.0))
    );
    let none = hc6::Options {
        days: Some(vec![9]),
        ..hc6::Options::default()
    };
    let error = hc6::load(&folder, &none).unwrap_err();
    assert!(error.to_string().contains("synspikes09.mat"), "{error}");
    let error = hc6::load(data.join("fixtures/nwb"), &hc6::Options::default()).unwrap_err();
    assert!(
        matches!(error, Error::MissingFiles { .. }) && error.to_string().contains("spikesDD.mat"),
        "{error}"
    );
}

/// The awkward files, copied into a folder of their own with the names that hc-6 asks for.
fn edge_folder(edge: &Path, files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in files {
        std::fs::copy(edge.join(from), folder.path().join(to)).unwrap();
    }
    folder
}

#[test]
fn awkward_hc6_files() {
    let Some(data) = shared::data() else { return };
    let edge = data.join("fixtures/edge");
    let expected = json(&edge.join("expected.json"));
    let options = hc6::Options::default();

    let folder = edge_folder(&edge, &[("synspikes03_ticks.mat", "synspikes03.mat")]);
    let ticks = hc6::load(folder.path(), &options).unwrap();
    let session = &ticks.sessions[0];
    assert_eq!((session.day, session.number), (Some(3.0), 1));
    for (found, expected) in trains(session)[0].iter().zip(
        expected["synspikes03_ticks.mat"]["t1c1"]["seconds"]
            .as_array()
            .unwrap(),
    ) {
        close(*found, expected);
    }
    assert!(session.notes.contains(&Note::TicksToSeconds {
        cell: "t1c1".to_owned()
    }));

    let columns = &expected["synpos04_ninecols.mat"];
    let folder = edge_folder(
        &edge,
        &[
            ("synpos04_ninecols.mat", "synpos04.mat"),
            ("synspikes03_ticks.mat", "synspikes04.mat"),
        ],
    );
    let nine = hc6::load(folder.path(), &options).unwrap();
    let speed = |epoch: usize| {
        let session = nine
            .sessions
            .iter()
            .find(|session| session.number == epoch)
            .unwrap();
        session
            .trajectory
            .as_ref()
            .map(|trajectory| trajectory.speed.as_ref().unwrap()[0])
    };
    assert_eq!(speed(1), columns["epoch1_speed"].as_f64());
    assert_eq!(speed(2), columns["epoch2_speed"].as_f64());
    // Epoch 3 has empty positions, epoch 4 is absent.
    let third = nine
        .sessions
        .iter()
        .find(|session| session.number == 3)
        .unwrap();
    assert!(third.trajectory.is_none() && third.notes.contains(&Note::NoTrajectory));
    assert!(nine.sessions.iter().all(|session| session.number != 4));

    let folder = edge_folder(&edge, &[("synspikes02_scipyheader.mat", "synspikes02.mat")]);
    let plain = hc6::load(folder.path(), &options).unwrap();
    let original = hc6::load(
        data.join("fixtures/hc6/Syn"),
        &hc6::Options {
            days: Some(vec![2]),
            ..options
        },
    )
    .unwrap();
    for (a, b) in plain.sessions.iter().zip(&original.sessions) {
        assert_eq!(trains(a), trains(b));
    }
}
