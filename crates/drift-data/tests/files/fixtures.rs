//! The made recordings and awkward files of the shared folder against their expected contents.

use std::path::Path;

use drift_data::mat::{FileKind, MatFile, MatValue};
use drift_data::ziv_lab::{cell_assemblies, unbiased_information};
use drift_data::{
    Activity, Error, Filter, Note, Position, Recording, Session, TrackDirection, rate_maps,
};
use serde_json::Value;

use super::shared;

pub fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[track_caller]
pub fn close(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
        "{found} instead of {expected}"
    );
}

pub fn plane(session: &Session) -> (&[f64], &[f64]) {
    match session
        .trajectory
        .as_ref()
        .and_then(|trajectory| trajectory.position.as_ref())
    {
        Some(Position::Plane { x, y }) => (x, y),
        other => panic!("{other:?}"),
    }
}

pub fn finite_sum(values: &[f64]) -> f64 {
    values.iter().filter(|value| !value.is_nan()).sum()
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
        assert_eq!(session.day, expected["days"][index].as_f64());
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
