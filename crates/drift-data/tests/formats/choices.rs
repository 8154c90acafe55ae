//! What is chosen goes to the files that have it, and is refused with what the others have instead.

use drift_data::mat::Limits;
use drift_data::{CellChoice, Choices, Error, Faults, Note, Position, Recording, Session, folder};

use super::samples::{self, Files, x_cm};
use super::{folder_of, load, replaced};

fn chosen(files: &Files, choices: &Choices) -> Result<Recording, Error> {
    folder::load_with(folder_of(files).path(), choices, &Limits::default())
}

fn read(files: &Files, choices: &Choices) -> Recording {
    chosen(files, choices).unwrap_or_else(|error| panic!("{error}"))
}

fn line(recording: &Recording) -> &[f64] {
    match &recording.sessions[0].trajectory.as_ref().unwrap().position {
        Some(Position::Line(x)) => x,
        other => panic!("{other:?}"),
    }
}

#[test]
fn cells_planes_and_signals_are_chosen() {
    let all = Choices {
        cells: CellChoice::All,
        ..Choices::default()
    };
    for files in [samples::suite2p(), samples::caiman()] {
        assert_eq!(load(&files).unwrap().sessions[0].cells.len(), 2);
        let recording = read(&files, &all);
        assert_eq!(recording.sessions[0].cells.len(), 3);
        // The registration still counts what it counted.
        let pairs = |recording: &Recording| recording.shared_cells(0, 1).unwrap();
        assert_eq!(pairs(&recording), pairs(&load(&files).unwrap()));
    }
    let plane = |name: &str| Choices {
        plane: Some(name.to_owned()),
        ..Choices::default()
    };
    let recording = read(&samples::suite2p(), &plane("plane0"));
    assert_eq!(recording.sessions[0].cells.len(), 2);
    let error = chosen(&samples::suite2p(), &plane("plane7")).unwrap_err();
    assert!(error.to_string().contains("plane0"), "{error}");
    let raw = Choices {
        series: Some("F".to_owned()),
        ..Choices::default()
    };
    let values = |recording: Recording| recording.sessions[0].activity_matrix().unwrap()[(0, 0)];
    assert!((values(read(&samples::suite2p(), &raw)) - 1.4).abs() < 1e-6);
    assert!(values(load(&samples::suite2p()).unwrap()).abs() < 1e-6);
}

#[test]
fn scale_marker_and_frame_rate_are_chosen() {
    let choices = Choices {
        scale: Some(2.0),
        missing: Some(x_cm(5)),
        ..Choices::default()
    };
    let recording = read(&samples::neutral_tables(), &choices);
    for (frame, x) in line(&recording).iter().enumerate() {
        let lost = frame == 5 || line(&load(&samples::neutral_tables()).unwrap())[frame].is_nan();
        assert!(
            x.is_nan() == lost && (lost || *x == 2.0 * x_cm(frame)),
            "{frame}: {x}"
        );
    }
    let notes = &recording.sessions[0].notes;
    let said = notes
        .iter()
        .any(|note| note.to_string().contains("1 samples at 13.5 count as lost"));
    assert!(said, "{notes:?}");
    for files in [samples::deeplabcut_table(), samples::sleap()] {
        let choices = Choices {
            scale: Some(0.4),
            ..Choices::default()
        };
        let (recording, once) = (read(&files, &choices), load(&files).unwrap());
        assert!((line(&recording)[20] / line(&once)[20] - 2.0).abs() < 1e-9);
    }
    let choices = Choices {
        frame_rate: Some(25.0),
        ..Choices::default()
    };
    let recording = read(&samples::suite2p(), &choices);
    let time = &recording.sessions[0].trajectory.as_ref().unwrap().time;
    assert!((time[10] - 0.4).abs() < 1e-12, "{time:?}");
}

#[test]
fn what_says_nothing_about_the_files_is_refused() {
    let text = || Some("one".to_owned());
    let choices = Choices::default;
    let refused = [
        (
            samples::neutral_tables(),
            Choices {
                series: text(),
                ..choices()
            },
            "--series",
            "neutral",
        ),
        (
            samples::neutral_tables(),
            Choices {
                position: text(),
                ..choices()
            },
            "--position",
            "node",
        ),
        (
            samples::neutral_tables(),
            Choices {
                plane: text(),
                ..choices()
            },
            "--plane",
            "suite2p",
        ),
        (
            samples::neutral_tables(),
            Choices {
                frame_rate: Some(20.0),
                ..choices()
            },
            "--frame-rate",
            "times",
        ),
        (
            samples::pynapple(),
            Choices {
                series: text(),
                ..choices()
            },
            "--series",
            "Pynapple",
        ),
        (
            samples::pynapple(),
            Choices {
                plane: text(),
                ..choices()
            },
            "--plane",
            "Pynapple",
        ),
        (
            samples::caiman(),
            Choices {
                plane: text(),
                ..choices()
            },
            "--plane",
            "CaImAn",
        ),
        (
            samples::sleap(),
            Choices {
                position: text(),
                ..choices()
            },
            "node",
            "",
        ),
        (
            samples::cnmfe(),
            Choices {
                cells: CellChoice::All,
                ..choices()
            },
            "--cells all",
            "CnmfE",
        ),
    ];
    for (files, choices, option, instead) in refused {
        let error = chosen(&files, &choices).unwrap_err().to_string();
        assert!(error.contains(option) && error.contains(instead), "{error}");
    }
    let wrong = Choices {
        scale: Some(0.0),
        ..choices()
    };
    let error = chosen(&samples::neutral_tables(), &wrong).unwrap_err();
    assert!(error.to_string().contains("scale"), "{error}");
}

#[test]
fn a_bad_session_does_not_end_a_folder() {
    let leave_out = Choices {
        faults: Faults::LeaveOut,
        ..Choices::default()
    };
    for files in [samples::neutral_tables(), samples::suite2p()] {
        let whole = load(&files).unwrap();
        let broken = replaced(&files, "recording.toml", "day = 3", "day = 3\nminutes = -1");
        let recording = read(&broken, &leave_out);
        // As text: what is missing is NaN, which is equal to nothing. Activity names its folder.
        let kept = |sessions: &[Session]| {
            let kept = sessions
                .iter()
                .map(|one| (&one.label, &one.cells, &one.trajectory));
            format!("{:?}", kept.collect::<Vec<_>>())
        };
        assert_eq!(kept(&recording.sessions), kept(&whole.sessions[..1]));
        let [Note::LeftOut { name, reason }] = &recording.notes[..] else {
            panic!("{:?}", recording.notes)
        };
        assert_eq!(*name, whole.sessions[1].label);
        assert!(reason.contains("minutes"), "{reason}");
        let registration = recording.registration.unwrap();
        assert_eq!(registration.columns.len(), 1);
        assert_eq!(
            registration.columns[0],
            whole.registration.unwrap().columns[0]
        );
        let error = load(&broken).unwrap_err();
        assert!(error.to_string().contains("minutes"), "{error}");
        // Where nothing can be read, the first reason ends it.
        let both = replaced(
            &broken,
            "recording.toml",
            "day = 0",
            "day = 0\nminutes = -2",
        );
        let error = chosen(&both, &leave_out).unwrap_err();
        assert!(error.to_string().contains("-2"), "{error}");
    }
}
