//! Every format gives the same recording.

use drift_data::{
    Activity, FrameKind, Identity, Note, Position, Recording, Session, TraceUse, TrackDirection,
};

use super::samples::{self, CELLS, FRAMES, activity, samples, x_cm};
use super::{load, replaced, with};

fn read(files: &samples::Files) -> Recording {
    load(files).unwrap_or_else(|error| panic!("{error}"))
}

fn kind(session: &Session) -> Option<FrameKind> {
    match &session.activity {
        Activity::Frames(frames) => Some(frames.kind()),
        _ => None,
    }
}

/// Positions along the track, lost where the sample's tracking was.
fn line(session: &Session) -> &[f64] {
    match &session.trajectory.as_ref().unwrap().position {
        Some(Position::Line(x)) => x,
        other => panic!("{other:?}"),
    }
}

#[test]
fn cells_samples_and_positions_are_the_same_in_every_format() {
    for (name, files) in samples() {
        let recording = read(&files);
        assert_eq!(recording.subject.as_deref(), Some("M1"), "{name}");
        assert_eq!(recording.sessions.len(), 2, "{name}");
        for session in &recording.sessions {
            let place = format!("{name}, {}", session.label);
            session.check().unwrap();
            let values = session.activity_matrix().unwrap();
            assert_eq!(values.nrows(), FRAMES, "{place}");
            for (frame, x) in line(session).iter().enumerate() {
                let right = (x - x_cm(frame)).abs() < 1e-9;
                assert!(
                    right || (frame == 3 && x.is_nan()),
                    "{place}: {frame} at {x}"
                );
            }
            for (column, cell) in session.cells.iter().enumerate() {
                let number = cell.label.trim_start_matches(|c: char| !c.is_ascii_digit());
                let number = number.rsplit('/').next().unwrap();
                let number: usize = number.parse().unwrap();
                for frame in 0..FRAMES {
                    let found = values[(frame, column)] > 0.1;
                    let expected = activity(frame, number) > 0.0;
                    assert_eq!(found, expected, "{place}: {}, {frame}", cell.label);
                }
            }
        }
    }
}

#[test]
fn days_exposures_and_environments_are_as_given() {
    let files = samples::neutral_tables();
    let recording = read(&files);
    let [first, second] = &recording.sessions[..] else {
        panic!()
    };
    assert_eq!((first.day, second.day), (Some(0.0), Some(3.0)));
    assert_eq!((first.exposure, second.exposure), (Some(1), Some(2)));
    assert_eq!(first.environment.as_deref(), Some("track"));
    assert_eq!((first.number, second.number), (1, 2));
    let running = &first.trajectory.as_ref().unwrap().running;
    assert!(
        running
            .as_ref()
            .unwrap()
            .iter()
            .all(|side| *side == Some(TrackDirection::Right))
    );

    let dated = replaced(
        &files,
        "recording.toml",
        "day = 0",
        "date = \"2020-02-28\"\nminutes = 1.5",
    );
    let dated = replaced(
        &dated,
        "recording.toml",
        "day = 3",
        "date = 2020-03-01\nexposure = 7",
    );
    let recording = read(&dated);
    let [first, second] = &recording.sessions[..] else {
        panic!()
    };
    // 2020 has a 29 February.
    assert_eq!((first.day, second.day), (Some(0.0), Some(2.0)));
    assert_eq!(second.date.unwrap().to_string(), "2020-03-01");
    assert_eq!((first.minutes, second.exposure), (Some(1.5), Some(7)));
    // The next one after the largest number is that number again.
    let often = replaced(
        &dated,
        "recording.toml",
        "minutes = 1.5",
        "exposure = 4294967295",
    );
    let often = replaced(&often, "recording.toml", "\nexposure = 7", "");
    assert_eq!(read(&often).sessions[1].exposure, Some(u32::MAX));
}

#[test]
fn identities_come_from_the_registration_and_from_nowhere_else() {
    let pairs = |files: &samples::Files| read(files).shared_cells(0, 1).unwrap();
    let tables = samples::neutral_tables();
    assert_eq!(pairs(&tables), [(0, 1), (1, 0)]);
    assert_eq!(pairs(&samples::neutral_arrays()), [(0, 1), (1, 0)]);
    assert_eq!(pairs(&samples::suite2p()), [(0, 1), (1, 0)]);
    // The row without an index names nobody.
    assert_eq!(read(&samples::suite2p()).registration.unwrap().cells, 2);
    assert_eq!(pairs(&samples::caiman()), [(0, 1)]);
    assert_eq!(pairs(&samples::cnmfe()), [(0, 1)]);

    let alone = replaced(
        &tables,
        "recording.toml",
        "registration = \"registration.csv\"\n",
        "",
    );
    let recording = read(&alone);
    assert!(recording.shared_cells(0, 1).is_err());
    assert!(
        recording
            .sessions
            .iter()
            .all(|session| { session.cells.iter().all(|cell| cell.identity.is_none()) })
    );

    // A cell that is not kept has no place, and its row stays.
    let files = replaced(&tables, "cells.csv", "1,CA3,true", "1,CA3,false");
    let recording = read(&files);
    assert_eq!(recording.sessions[0].cells.len(), CELLS - 1);
    assert_eq!(recording.sessions[0].recorded_units, CELLS);
    assert_eq!(recording.shared_cells(0, 1).unwrap(), []);
    let identities: Vec<_> = recording.sessions[1]
        .cells
        .iter()
        .map(|cell| cell.identity.clone())
        .collect();
    assert_eq!(
        identities,
        [Some(Identity::Registered(1)), Some(Identity::Registered(2))]
    );
}

#[test]
fn signals_of_the_programs_have_their_kinds() {
    let suite2p = samples::suite2p();
    assert_eq!(kind(&read(&suite2p).sessions[0]), Some(FrameKind::Trace));
    for (signal, expected, peak) in [
        ("signal = \"spks\"", FrameKind::Amplitudes, 1.5),
        ("signal = \"F\"", FrameKind::Trace, 2.9),
        ("signal = \"dF\"", FrameKind::Trace, 1.5),
    ] {
        let files = replaced(&suite2p, "recording.toml", "signal = \"dF\"", signal);
        let session = &read(&files).sessions[0];
        assert_eq!(kind(session), Some(expected), "{signal}");
        assert_eq!(session.cells.len(), 2);
        assert_eq!(session.cells[1].label, "plane0/1");
        let found = session.activity_matrix().unwrap().max();
        assert!((found - peak).abs() < 1e-6, "{signal}: {found}");
    }
    // Traces become events or amplitudes, and a note says which.
    let session = &read(&suite2p).sessions[0];
    let events = session.traces_as(TraceUse::default()).unwrap();
    assert_eq!(kind(&events), Some(FrameKind::Events));
    assert!(
        events
            .notes
            .iter()
            .any(|note| matches!(note, Note::TracesAsEvents { .. }))
    );
    let amplitudes = session.traces_as(TraceUse::Amplitudes).unwrap();
    assert!(amplitudes.notes.contains(&Note::TracesAsAmplitudes));

    let caiman = samples::caiman();
    let session = &read(&caiman).sessions[0];
    assert_eq!(kind(session), Some(FrameKind::Amplitudes));
    assert!(
        session
            .notes
            .iter()
            .any(|note| matches!(note, Note::Assumed { .. }))
    );
    assert_eq!((session.cells.len(), session.recorded_units), (2, 3));
    let files = replaced(
        &caiman,
        "recording.toml",
        "format = \"caiman\" }\n",
        "format = \"caiman\", signal = \"C\" }\n",
    );
    assert_eq!(kind(&read(&files).sessions[0]), Some(FrameKind::Trace));
}

#[test]
fn two_planes_stand_side_by_side() {
    let mut files = samples::suite2p();
    for array in ["F", "Fneu", "spks", "iscell"] {
        let name = format!("suite2p/plane0/{array}.npy");
        let content = files
            .iter()
            .find(|(path, _)| *path == name)
            .unwrap()
            .1
            .clone();
        files.push((format!("suite2p/plane1/{array}.npy"), content));
    }
    // What `combined` pads is not read.
    files.push((
        "suite2p/combined/iscell.npy".to_owned(),
        b"nothing".to_vec(),
    ));
    let recording = read(&files);
    let labels: Vec<&str> = recording.sessions[0]
        .cells
        .iter()
        .map(|cell| cell.label.as_str())
        .collect();
    assert_eq!(labels, ["plane0/0", "plane0/1", "plane1/0", "plane1/1"]);
    // The registration is of plane 0 only.
    assert_eq!(recording.shared_cells(0, 1).unwrap(), [(0, 1), (1, 0)]);
}

#[test]
fn spikes_move_by_the_offset_and_may_come_in_any_order() {
    let files = samples::neutral_tables();
    let moved = replaced(
        &files,
        "recording.toml",
        "kind = \"spikes\"",
        "kind = \"spikes\", offset_s = 0.05",
    );
    let (before, after) = (read(&files), read(&moved));
    let counts = |recording: &Recording| recording.sessions[0].activity_matrix().unwrap();
    let (before, after) = (counts(&before), counts(&after));
    assert_eq!(before.rows(0, FRAMES - 1), after.rows(1, FRAMES - 1));
}

#[test]
fn a_frame_without_a_value_is_missing_for_all() {
    let mut table = "time_s,0,1,2\n".to_owned();
    for frame in 0..FRAMES {
        let value = if frame == 5 {
            String::new()
        } else {
            activity(frame, 0).to_string()
        };
        table += &format!(
            "{},{value},{},0\n",
            samples::time(frame),
            activity(frame, 1)
        );
    }
    let files = with(&samples::neutral_tables(), "frames.csv", table);
    let files = replaced(
        &files,
        "recording.toml",
        "file = \"spikes.csv\", kind = \"spikes\"",
        "file = \"frames.csv\", kind = \"events\"",
    );
    let session = &read(&files).sessions[0];
    assert_eq!(session.samples(), FRAMES - 1);
    assert!(session.notes.contains(&Note::LostFrames {
        frames: 1,
        cells: 1
    }));
    assert_eq!(session.cells[1].region.as_deref(), Some("CA3"));
}

#[test]
fn a_likelihood_that_nobody_gave_is_noted() {
    for files in [samples::deeplabcut_table(), samples::deeplabcut_frame()] {
        let recording = read(&files);
        let assumed = |note: &&Note| matches!(note, Note::Assumed { what, taken } if what.contains("likelihood") && taken == "0.9");
        assert_eq!(
            recording.sessions[0].notes.iter().filter(assumed).count(),
            1
        );
        assert!(
            recording.sessions[0]
                .notes
                .contains(&Note::MissingPositions { samples: 1 })
        );
        // With the least of all likelihoods the lost point stands where the network guessed.
        let trusting = replaced(
            &files,
            "recording.toml",
            "rate_hz = 20",
            "rate_hz = 20, likelihood = 0.0",
        );
        assert_eq!(
            read(&trusting).sessions[0]
                .trajectory
                .as_ref()
                .unwrap()
                .missing(),
            0
        );
    }
}

#[test]
fn sleap_rows_may_start_late_and_end_early() {
    let files = samples::sleap();
    let late = replaced(
        &files,
        "recording.toml",
        "node =",
        "first_frame = 4, node =",
    );
    let session = &read(&late).sessions[0];
    let trajectory = session.trajectory.as_ref().unwrap();
    assert_eq!(trajectory.time[0], 0.2);
    assert_eq!(trajectory.len(), FRAMES);
}

#[test]
fn both_coordinates_are_the_position_unless_one_is_chosen() {
    for (files, name) in [
        (samples::deeplabcut_table(), "table"),
        (samples::sleap(), "sleap"),
    ] {
        let plane = replaced(&files, "recording.toml", "axes = \"x\"", "axes = \"xy\"");
        match &read(&plane).sessions[0]
            .trajectory
            .as_ref()
            .unwrap()
            .position
        {
            Some(Position::Plane { y, .. }) => assert!((y[0] - 8.0).abs() < 1e-9, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        let y = replaced(
            &files,
            "recording.toml",
            "axes = \"x\"",
            "unit = \"cm\", axes = \"y\"",
        );
        assert!(
            (line(&read(&y).sessions[0])[0] - 8.0).abs() < 1e-9,
            "{name}"
        );
    }
}

#[test]
fn inscopix_traces_start_at_their_first_frame() {
    let files = samples::inscopix();
    let recording = read(&files);
    let [traces, events] = &recording.sessions[..] else {
        panic!()
    };
    assert_eq!(kind(traces), Some(FrameKind::Trace));
    assert_eq!((traces.cells.len(), traces.recorded_units), (1, 3));
    assert_eq!(traces.trajectory.as_ref().unwrap().time[0], 0.0);
    assert!(matches!(&events.activity, Activity::Spikes(trains) if trains[0].len() == 8));
    let undecided = replaced(
        &files,
        "recording.toml",
        "file = \"traces.csv\",",
        "file = \"traces.csv\", undecided = true,",
    );
    assert_eq!(read(&undecided).sessions[0].cells.len(), 2);

    // The wide table of events has a column a cell.
    let mut wide = "Time (s), C0, C1\n".to_owned();
    for (time, first, second) in [("0.41", "2.0", ""), ("1.2", "", "3.0"), ("1.5", "1.0", "0")] {
        wide += &format!("{time}, {first}, {second}\n");
    }
    let recording = read(&with(&files, "events.csv", wide));
    assert!(matches!(
        &recording.sessions[1].activity,
        Activity::Spikes(trains) if *trains == [vec![0.41, 1.5], vec![1.2]]
    ));
}

#[test]
fn arrays_of_numpy_are_read_in_every_type_and_order() {
    let files = samples::neutral_arrays();
    let expected = read(&files).sessions[0].activity_matrix().unwrap();
    let values: Vec<f64> = (0..FRAMES)
        .flat_map(|frame| (0..CELLS).map(move |cell| activity(frame, cell)))
        .collect();
    let big: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect();
    let doubled: Vec<u8> = values
        .iter()
        .flat_map(|value| ((2.0 * value) as i16).to_le_bytes())
        .collect();
    let by_column: Vec<u8> = (0..CELLS)
        .flat_map(|cell| (0..FRAMES).map(move |frame| activity(frame, cell)))
        .flat_map(f64::to_le_bytes)
        .collect();
    let fortran = String::from_utf8_lossy(&samples::npy("<f8", "(40, 3)", &[])).into_owned();
    assert!(fortran.contains("False"));
    let mut fortran = samples::npy("<f8", "(40, 3)", &by_column);
    let at = fortran
        .windows(5)
        .position(|word| word == b"False")
        .unwrap();
    fortran.splice(at..at + 5, *b"True ");
    for (name, array, scale) in [
        ("big-endian", samples::npy(">f8", "(40, 3)", &big), 1.0),
        (
            "whole numbers",
            samples::npy("<i2", "(40, 3)", &doubled),
            2.0,
        ),
        ("columns first", fortran, 1.0),
    ] {
        let times: Vec<f64> = (0..FRAMES).map(samples::time).collect();
        let archive = samples::npz(&[
            ("activity", array),
            ("ids", samples::texts(&["0", "1", "2"])),
            ("time_s", samples::f64s("(40,)", &times)),
        ]);
        let session = &read(&with(&files, "activity.npz", archive)).sessions[0];
        assert_eq!(
            session.activity_matrix().unwrap(),
            &expected * scale,
            "{name}"
        );
    }
}

/// A laboratory's file often holds objects and odd types beside what is needed.
#[test]
fn what_cannot_be_read_beside_the_activity_is_noted() {
    use hdf5_pure::{AttrValue, CompoundTypeBuilder};
    let file = samples::level73(|builder| {
        let class = |name: &str| AttrValue::AsciiString(name.to_owned());
        let signal = builder.create_dataset("S");
        signal
            .with_f64_data(&samples::by_frame())
            .with_shape(&[40, 3]);
        signal.set_attr("MATLAB_class", class("double"));
        let rate = builder.create_dataset("Fs");
        rate.with_f64_data(&[20.0]).with_shape(&[1, 1]);
        let pair = CompoundTypeBuilder::new().f64_field("a").f64_field("b");
        let footprints = builder.create_dataset("A");
        footprints.with_compound_data(pair.build().unwrap(), vec![0; 48], 3);
    });
    let recording = read(&with(&samples::cnmfe(), "day.mat", file));
    let session = &recording.sessions[0];
    assert_eq!(session.cells.len(), 3);
    let told = |note: &Note| {
        let text = note.to_string();
        ["day.mat", "`A`", "not readable"]
            .iter()
            .all(|word| text.contains(word))
    };
    assert!(session.notes.iter().any(told), "{:?}", session.notes);
}
