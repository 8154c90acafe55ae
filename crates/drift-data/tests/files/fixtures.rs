//! The made recordings and awkward files of the shared folder against their expected contents.

use std::path::Path;

use drift_data::mat::{FileKind, MatFile, MatValue};
use drift_data::ziv_lab::{cell_assemblies, unbiased_information};
use drift_data::{
    Activity, EpochKind, Error, Filter, Identity, Note, Position, Recording, Session,
    TrackDirection, hc6, rate_maps,
};
use serde_json::Value;

use super::shared;

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[track_caller]
fn close(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
        "{found} instead of {expected}"
    );
}

fn plane(session: &Session) -> (&[f64], &[f64]) {
    match session
        .trajectory
        .as_ref()
        .and_then(|trajectory| trajectory.position.as_ref())
    {
        Some(Position::Plane { x, y }) => (x, y),
        other => panic!("{other:?}"),
    }
}

fn trains(session: &Session) -> &[Vec<f64>] {
    match &session.activity {
        Activity::Spikes(trains) => trains,
        other => panic!("{other:?}"),
    }
}

fn finite_sum(values: &[f64]) -> f64 {
    values.iter().filter(|value| !value.is_nan()).sum()
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
        .position(|session| session.day == Some(2))
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
            .all(|session| session.day == Some(2))
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
    assert_eq!((session.day, session.number), (Some(3), 1));
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

#[test]
fn awkward_mat_files() {
    let Some(data) = shared::data() else { return };
    let edge = data.join("fixtures/edge");
    let open = |name: &str| MatFile::open(edge.join(name));
    let found = |error: Error| match error {
        Error::NotLevel5 { found, .. } => found,
        other => panic!("{other}"),
    };
    assert_eq!(found(open("empty.mat").unwrap_err()), FileKind::Empty);
    assert_eq!(
        found(open("html_instead_of_mat.mat").unwrap_err()),
        FileKind::Html
    );
    let truncated = open("synspikes02_truncated.mat").unwrap_err();
    assert!(matches!(truncated, Error::Malformed { .. }));
    let message = truncated.to_string();
    assert!(
        message.contains("synspikes02_truncated.mat") && message.contains("offset"),
        "{message}"
    );

    let narrow = open("narrow_double.mat").unwrap();
    assert_eq!(
        *narrow.get("u").unwrap().numbers().unwrap(),
        [1.0, 2.0, 255.0]
    );
    assert_eq!(*narrow.get("i").unwrap().numbers().unwrap(), [-300.0, 7.0]);
    for (name, value) in [("t", 1.0), ("f", 0.0)] {
        let MatValue::Array(array) = narrow.get(name).unwrap().value() else {
            panic!()
        };
        assert!(array.logical);
        assert_eq!(*array.real.to_f64(), [value]);
    }
    let MatValue::Sparse(sparse) = open("logical_sparse_bytes.mat")
        .unwrap()
        .take("sl")
        .unwrap()
    else {
        panic!()
    };
    assert!(sparse.logical);
    assert_eq!(sparse.to_dense().as_slice(), [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(
        *open("bigendian.mat")
            .unwrap()
            .get("x")
            .unwrap()
            .numbers()
            .unwrap(),
        [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
    );
    let unset = open("unset_cell.mat").unwrap();
    let c = unset.get("c").unwrap();
    assert_eq!(*c.dims(), [1, 3]);
    for index in [0, 1] {
        assert_eq!(*c.cell(index).unwrap().dims(), [0, 0]);
    }
    assert!(matches!(c.cell(0).unwrap().value(), MatValue::Unset));
    assert!(matches!(c.cell(1).unwrap().value(), MatValue::Array(_)));
    assert_eq!(c.cell(2).unwrap().scalar().unwrap(), 7.0);
    println!("checked edge: 13 files");
}

fn bias(recording: &Recording, expected: &Value) -> usize {
    assert_eq!(
        recording.notes,
        [Note::AssumedRate {
            rate_hz: expected["frame_rate_hz"].as_f64().unwrap()
        }]
    );
    let mut checked = 0;
    for cell in expected["cells"].as_array().unwrap() {
        let number = |name: &str| cell[name].as_u64().unwrap() as usize;
        let environment = number("env").to_string();
        let session = recording
            .sessions
            .iter()
            .find(|one| {
                one.environment.as_ref() == Some(&environment) && one.number == number("session")
            })
            .unwrap();
        let direction = [TrackDirection::Right, TrackDirection::Left][number("direction") - 1];
        let frames = cell["shape"][0].as_u64().unwrap() as usize;
        let filter = Filter {
            direction: Some(direction),
            ..Filter::default()
        };
        if frames == 0 {
            assert!(matches!(
                session.filtered(&filter),
                Err(Error::NothingLeft { .. })
            ));
            assert!(
                session
                    .notes
                    .iter()
                    .any(|note| matches!(note, Note::EmptySession { .. }))
            );
            checked += 1;
            continue;
        }
        let one = session.filtered(&filter).unwrap();
        let activity = one.activity_matrix().unwrap();
        assert_eq!(
            activity.shape(),
            (frames, cell["shape"][1].as_u64().unwrap() as usize)
        );
        assert_eq!(activity.sum(), cell["spikes"].as_f64().unwrap());
        let bins = &one.trajectory.as_ref().unwrap().bins.as_ref().unwrap().bin;
        assert_eq!(bins.len(), number("stim_len"));
        assert_eq!(bins.iter().sum::<u32>() as usize, number("stim_sum"));
        checked += 5;
    }
    checked
}

#[test]
fn unbiased_information_dense_and_sparse() {
    let Some(data) = shared::data() else { return };
    let folder = data.join("fixtures/bias_like");
    let expected = json(&folder.join("C99M2.expected.json"));
    assert_eq!(unbiased_information::mice(&folder).unwrap(), ["C99M2"]);
    let options = unbiased_information::Options::default();
    let dense = unbiased_information::load(&folder, "C99M2", &options).unwrap();
    let sparse = unbiased_information::load_files(
        folder.join("C99M2_spike_train_sparse.mat"),
        folder.join("C99M2_stimulus_trace.mat"),
        Some("C99M2"),
        &options,
    )
    .unwrap();
    assert_eq!(dense.sessions, sparse.sessions);
    let checked = bias(&dense, &expected);
    println!("checked bias_like/C99M2: {checked} values");
    // The number of cells differs, and nobody said who is who.
    assert!(dense.registration.is_none());
    assert!(matches!(
        dense.shared_cells(0, 1),
        Err(Error::NotRecorded { .. })
    ));
}

#[test]
fn cell_assemblies_file() {
    let Some(data) = shared::data() else { return };
    let folder = data.join("fixtures/cell_assemblies_like");
    let expected = json(&folder.join("C99M1.expected.json"));
    let path = folder.join("C99M1.mat");
    let recording = cell_assemblies::load(&path).unwrap();
    let published = cell_assemblies::published(&path).unwrap();
    assert_eq!(recording.subject.as_deref(), expected["mouse"].as_str());
    assert_eq!(
        recording.sessions.len() as u64,
        expected["n_sessions"].as_u64().unwrap()
    );
    let registration = recording.registration.as_ref().unwrap();
    let without = expected["session_without_data"].as_u64().unwrap() as usize;
    let mut sum = 0.0;
    for (index, session) in recording.sessions.iter().enumerate() {
        assert_eq!(
            u64::from(session.day.unwrap()),
            expected["days"][index].as_u64().unwrap()
        );
        assert_eq!(
            session.environment.as_deref(),
            expected["environment_of_session"][index].as_str()
        );
        close(
            published.neurons[index],
            &expected["n_neurons_sessions"][index],
        );
        close(
            registration.found(index) as f64 / registration.cells as f64,
            &expected["frac_active"][index],
        );
        let Activity::RateMaps(maps) = &session.activity else {
            panic!()
        };
        assert_eq!((maps.grid[0], maps.layers.len()), (20, 4));
        assert_eq!(maps.bin_cm, expected["bin_cm"].as_f64().unwrap());
        if index + 1 == without {
            assert!(session.cells.is_empty());
            assert!(
                session
                    .notes
                    .iter()
                    .any(|note| matches!(note, Note::EmptySession { .. }))
            );
        } else {
            assert_eq!(session.cells.len() as f64, published.neurons[index]);
        }
        sum += maps
            .layers
            .iter()
            .map(|(_, maps)| finite_sum(maps.as_slice()))
            .sum::<f64>();
        assert_eq!(
            published.information[index].len() as u64,
            expected["SI_counts"][index].as_u64().unwrap()
        );
        match expected["SI_means"][index].as_f64() {
            Some(mean) => assert!((published.mean_information[index] - mean).abs() < 1e-12),
            None => assert!(published.mean_information[index].is_nan()),
        }
    }
    // Maps of cells that were not found in a session are not part of it: the file's sum counts them, if finite.
    let file = MatFile::open(&path).unwrap();
    let maps = file
        .get("this_mouse_data")
        .unwrap()
        .field("rate_maps_trials")
        .unwrap();
    close(
        finite_sum(&maps.numbers().unwrap()),
        &expected["rate_maps_sum_finite"],
    );
    assert!(sum > 0.0 && sum <= expected["rate_maps_sum_finite"].as_f64().unwrap() * (1.0 + 1e-12));
    for (found, expected) in maps
        .numbers()
        .unwrap()
        .iter()
        .zip(expected["rate_maps_first_fortran"].as_array().unwrap())
    {
        close(*found, expected);
    }
    assert_eq!(
        published.population_vector_correlation.nrows() as u64,
        expected["PV_shape"][0].as_u64().unwrap()
    );
    let missing = published
        .population_vector_correlation
        .iter()
        .filter(|value| value.is_nan())
        .count();
    assert_eq!(missing as u64, expected["PV_nan"].as_u64().unwrap());
    for (found, expected) in published
        .population_vector_dynamics
        .iter()
        .zip(expected["mean_PV_dynamics_used"].as_array().unwrap())
    {
        close(*found, expected);
    }
    assert_eq!(published.population_vector_dynamics.len(), 16);
    let significant: Vec<f64> = published.significant_right[0][0]
        .iter()
        .map(|cell| (*cell + 1) as f64)
        .collect();
    assert_eq!(Value::from(significant), expected["significant_right_1_1"]);
    println!("checked cell_assemblies_like/C99M1: {} values", 16 * 8 + 8);
    // Cells are known from session to session.
    for (a, b) in recording.shared_cells(0, 1).unwrap() {
        assert_eq!(
            recording.sessions[0].cells[a].identity,
            recording.sessions[1].cells[b].identity
        );
    }
}

#[test]
fn rate_maps_with_trajectory() {
    let Some(data) = shared::data() else { return };
    let folder = data.join("fixtures/hc22_like");
    let expected = json(&folder.join("synM1.expected.json"));
    let layout = rate_maps::Layout::default();
    let recording = rate_maps::load(folder.join("synM1.mat"), &layout).unwrap();
    let days = expected["days"].as_array().unwrap();
    assert_eq!(recording.sessions.len(), days.len());
    for (session, day) in recording.sessions.iter().zip(days) {
        let Activity::RateMaps(maps) = &session.activity else {
            panic!()
        };
        assert_eq!(maps.grid, [10, 10]);
        assert_eq!(
            maps.bin_cm * maps.grid[0] as f64,
            expected["box_cm"][0].as_f64().unwrap()
        );
        let rates = &maps.layers[0].1;
        close(finite_sum(rates.as_slice()), &day["map_sum_finite"]);
        assert_eq!(
            rates.iter().filter(|rate| rate.is_nan()).count() as u64,
            day["map_nan"].as_u64().unwrap()
        );
        for (found, expected) in session
            .mean_rates()
            .iter()
            .zip(day["mean_rate_hz"].as_array().unwrap())
        {
            close(*found, expected);
        }
        let kept = session
            .filtered(&Filter {
                minimum_rate: Some(0.1),
                ..Filter::default()
            })
            .unwrap();
        let kept: Vec<String> = kept.cells.into_iter().map(|cell| cell.label).collect();
        let names: Vec<String> = day["kept_rate_gt_0.1Hz"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cell| format!("cell {}", cell.as_u64().unwrap() + 1))
            .collect();
        assert_eq!(kept, names);
        let trajectory = session.trajectory.as_ref().unwrap();
        assert_eq!(trajectory.len() as u64, day["traj_n"].as_u64().unwrap());
        assert_eq!(
            trajectory.missing() as u64,
            day["traj_nan_rows"].as_u64().unwrap()
        );
        close(finite_sum(plane(session).0), &day["traj_sum_x_finite"]);
        close(trajectory.sample_interval, &day["dt"]);
    }
    println!("checked hc22_like/synM1: {} values", days.len() * 15);
}
