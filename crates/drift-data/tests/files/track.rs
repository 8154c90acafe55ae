//! Tracks with registered cells, made here: how they are read, and what is refused.

use std::path::Path;

use drift_data::ziv_lab::multiple_maps;
use drift_data::{Activity, Error, Faults, Filter, Identity, Note, TrackDirection};

use super::refusals::{B, column, says, write};

/// A `behavior_k.mat`: trial 1 unset, the others with these numbers of frames; the animal runs to and fro.
fn behaviour(frames: &[usize]) -> Vec<u8> {
    let mut trials = vec![B.unset()];
    for count in frames {
        let position: Vec<f64> = (0..*count)
            .map(|k| 0.5 - 0.45 * (k as f64 * 0.1).cos())
            .collect();
        let velocity: Vec<f64> = (0..*count).map(|k| 80.0 * (k as f64 * 0.1).sin()).collect();
        trials.push(B.structure(
            "",
            &[1, 1],
            11,
            &["position", "velocity"],
            &[column(&position), column(&velocity)],
        ));
    }
    B.cell("my_mvmt", &[1, trials.len() as i32], &trials)
}

/// A track's folder with one session; `rows` are the lengths of the frame log's rows.
fn track(folder: &Path, frames: &[usize], rows: &[usize]) {
    let total: usize = rows.iter().sum();
    // Cell 1 fires in every frame of row 2 and nowhere else, cell 2 never, cell 3 belongs to nobody.
    let mut events = vec![0.0; 3 * total];
    events[rows[0]..rows[0] + rows[1]].fill(0.5);
    write(
        folder,
        "finalEventsMat_1.mat",
        &[B.doubles("allEventsMat", &[total as i32, 3], &events)],
    );
    write(folder, "behavior_1.mat", &[behaviour(frames)]);
    write(
        folder,
        "cell_registration.mat",
        &[B.doubles("cell_to_index_map", &[4, 1], &[0.0, 1.0, 2.0, 0.0])],
    );
    log(folder, rows);
}

fn log(folder: &Path, rows: &[usize]) {
    let mut text = "session,trial,begFrame,endFrame,Var5\n".to_owned();
    let mut from = 1;
    for (index, count) in rows.iter().enumerate() {
        text += &format!(
            "1,{},{from},{},recording_20150701_151133.tif\n",
            index + 1,
            from + count - 1
        );
        from += count;
    }
    std::fs::write(folder.join("frameLog_1.csv"), text).unwrap();
}

fn reading(frame_log: multiple_maps::FrameLogReading) -> multiple_maps::Options {
    multiple_maps::Options {
        frame_log,
        allowed_difference: 2,
        ..multiple_maps::Options::default()
    }
}

#[test]
fn a_session_that_cannot_be_read_is_left_out_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    track(folder.path(), &[41; 5], &[40; 7]);
    // Nothing makes the lengths of the second session agree.
    track(other.path(), &[51, 41, 61, 51, 41], &[40; 7]);
    for (from, to) in [
        ("behavior_1.mat", "behavior_2.mat"),
        ("finalEventsMat_1.mat", "finalEventsMat_2.mat"),
        ("frameLog_1.csv", "frameLog_2.csv"),
    ] {
        std::fs::copy(other.path().join(from), folder.path().join(to)).unwrap();
    }
    let map = [0.0, 1.0, 2.0, 0.0, 1.0, 0.0, 2.0, 0.0];
    write(
        folder.path(),
        "cell_registration.mat",
        &[B.doubles("cell_to_index_map", &[4, 2], &map)],
    );
    let repair = reading(multiple_maps::FrameLogReading::Repair);
    assert!(matches!(
        multiple_maps::load(folder.path(), &repair),
        Err(Error::FrameLog { .. })
    ));
    let lenient = multiple_maps::Options {
        faults: Faults::LeaveOut,
        ..repair
    };
    let recording = multiple_maps::load(folder.path(), &lenient).unwrap();
    assert_eq!(recording.sessions.len(), 1);
    assert_eq!(recording.registration.unwrap().columns.len(), 1);
    let [Note::LeftOut { name, reason }] = &recording.notes[..] else {
        panic!("{:?}", recording.notes)
    };
    assert!(
        name.ends_with(" 2") && reason.contains("frameLog_2.csv"),
        "{name}: {reason}"
    );
    // A folder of which nothing is left is refused.
    std::fs::copy(
        other.path().join("behavior_1.mat"),
        folder.path().join("behavior_1.mat"),
    )
    .unwrap();
    let error = multiple_maps::load(folder.path(), &lenient).unwrap_err();
    assert!(matches!(error, Error::NothingReadable { .. }), "{error}");
}

#[test]
fn unreadable_variables_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    track(folder.path(), &[41, 42, 41, 41, 41], &[40; 7]);
    let files = [
        "cell_registration.mat",
        "finalEventsMat_1.mat",
        "behavior_1.mat",
    ];
    for name in files {
        let path = folder.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend(B.matrix(99, &[1, 1], "extra", &[]));
        std::fs::write(path, bytes).unwrap();
    }
    let recording = multiple_maps::load(folder.path(), &multiple_maps::Options::default()).unwrap();
    let notes = recording.notes.iter().chain(&recording.sessions[0].notes);
    let said: Vec<&String> = notes
        .filter_map(|note| match note {
            Note::Read(text) => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(said.len(), files.len(), "{said:?}");
    for (text, name) in said.iter().zip(files) {
        for part in [name, "`extra`", "unknown array class 99"] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn a_track_is_read_by_its_conventions() {
    let folder = tempfile::tempdir().unwrap();
    // One more frame of behaviour than of imaging: the first one is dropped. Trial 3 has a surplus frame.
    track(folder.path(), &[41, 42, 41, 41, 41], &[40; 7]);
    let recording = multiple_maps::load(folder.path(), &multiple_maps::Options::default()).unwrap();
    let session = &recording.sessions[0];
    assert_eq!(session.samples(), 200);
    assert_eq!(session.date.unwrap().to_string(), "2015-07-01");
    assert_eq!(
        session.notes,
        [
            Note::Unregistered { units: 1 },
            Note::Cut {
                trial: 3,
                behaviour: 41,
                imaging: 40
            },
        ]
    );
    let identities: Vec<_> = session
        .cells
        .iter()
        .map(|cell| cell.identity.clone().unwrap())
        .collect();
    assert_eq!(
        identities,
        [Identity::Registered(1), Identity::Registered(2)]
    );
    let Activity::Frames(frames) = &session.activity else {
        panic!()
    };
    assert_eq!((frames.events(0), frames.events(1)), (40, 0));
    assert_eq!(
        frames
            .entries(0)
            .map(|(frame, _)| frame)
            .collect::<Vec<_>>(),
        (0..40).collect::<Vec<_>>()
    );
    // Right and left, in the inner bins.
    let filter = |direction| Filter {
        minimum_speed: Some(1.0),
        bins: Some(3..=22),
        direction: Some(direction),
        ..Filter::default()
    };
    let right = session.filtered(&filter(TrackDirection::Right)).unwrap();
    let left = session.filtered(&filter(TrackDirection::Left)).unwrap();
    assert!(right.samples() > 0 && left.samples() > 0 && right.samples() + left.samples() <= 200);
    let trajectory = right.trajectory.as_ref().unwrap();
    assert!(
        trajectory
            .bins
            .as_ref()
            .unwrap()
            .bin
            .iter()
            .all(|bin| (3..=22).contains(bin))
    );
    assert_eq!(right.trials.last().unwrap().samples.end, right.samples());
    assert!(
        (right.mean_rates()[0]
            - 20.0 * right.sparse_events().unwrap().total(0) / right.samples() as f64)
            .abs()
            < 1e-12
    );
}

#[test]
fn an_interrupted_recording_is_never_read_in_silence() {
    use multiple_maps::FrameLogReading::{Literal, Repair, Strict};
    let folder = tempfile::tempdir().unwrap();
    // Trial 3 was interrupted: its 40 frames are two rows, and all later rows are shifted.
    track(
        folder.path(),
        &[51, 41, 61, 51, 41],
        &[40, 50, 15, 25, 60, 50, 40, 40],
    );
    let error = multiple_maps::load(folder.path(), &reading(Strict)).unwrap_err();
    assert!(matches!(error, Error::FrameLog { rows: 8, .. }));
    says(
        &error,
        &[
            "frameLog_1.csv",
            "8 rows",
            "[0, -25, -35, 10, 10]",
            "Repair",
        ],
    );

    let repaired = multiple_maps::load(folder.path(), &reading(Repair)).unwrap();
    let session = &repaired.sessions[0];
    assert!(session.notes.contains(&Note::RepairedFrameLog {
        trial: 3,
        rows: 2..4
    }));
    let rows: Vec<_> = session
        .trials
        .iter()
        .map(|trial| trial.frame_log_rows.clone())
        .collect();
    assert_eq!(rows, [1..2, 2..4, 4..5, 5..6, 6..7]);
    assert!(
        session
            .trials
            .iter()
            .all(|trial| trial.behaviour_frames == trial.imaging_frames)
    );

    let literal = multiple_maps::load(folder.path(), &reading(Literal)).unwrap();
    assert!(
        literal.sessions[0]
            .notes
            .contains(&Note::LiteralFrameLog { rows: 8 })
    );
    assert!(
        literal.sessions[0]
            .notes
            .iter()
            .any(|note| matches!(note, Note::Cut { trial: 3, .. }))
    );

    // Where nothing makes the lengths agree, repair refuses too.
    track(folder.path(), &[51, 41, 61, 51, 41], &[40; 7]);
    assert!(matches!(
        multiple_maps::load(folder.path(), &reading(Repair)),
        Err(Error::FrameLog { .. })
    ));
}

#[test]
fn short_frame_logs_and_missing_trials_are_flagged() {
    let folder = tempfile::tempdir().unwrap();
    let options = reading(multiple_maps::FrameLogReading::Strict);
    // Five rows: trial 6 has none.
    track(folder.path(), &[41; 5], &[40; 5]);
    let session = &multiple_maps::load(folder.path(), &options)
        .unwrap()
        .sessions[0];
    assert_eq!(session.trials.len(), 4);
    assert!(session.notes.contains(&Note::MissingTrial { trial: 6 }));
    // Five trials of behaviour: trial 6 is missing there. Seven: the seventh is not used.
    track(folder.path(), &[41; 4], &[40; 7]);
    let session = &multiple_maps::load(folder.path(), &options)
        .unwrap()
        .sessions[0];
    assert_eq!(
        (
            session.trials.len(),
            session.notes.contains(&Note::MissingTrial { trial: 6 })
        ),
        (4, true)
    );
    track(folder.path(), &[41; 6], &[40; 7]);
    let session = &multiple_maps::load(folder.path(), &options)
        .unwrap()
        .sessions[0];
    assert_eq!(session.trials.len(), 5);
}

#[test]
fn contradictions_of_a_track() {
    let folder = tempfile::tempdir().unwrap();
    let load =
        || multiple_maps::load(folder.path(), &multiple_maps::Options::default()).unwrap_err();
    track(folder.path(), &[41; 5], &[40; 7]);
    // Rows with a hole; a log that ends before the events do; text for a number.
    std::fs::write(
        folder.path().join("frameLog_1.csv"),
        "session,trial,begFrame,endFrame,Var5\n1,1,1,40,a\n1,2,42,80,b\n",
    )
    .unwrap();
    says(
        &load(),
        &["frameLog_1.csv", "row 2", "42..80", "without a hole"],
    );
    log(folder.path(), &[40; 6]);
    says(
        &load(),
        &["frameLog_1.csv", "endFrame", "240", "allEventsMat", "280"],
    );
    std::fs::write(
        folder.path().join("frameLog_1.csv"),
        "session,trial,begFrame,endFrame,Var5\n1,1,one,40,a\n",
    )
    .unwrap();
    says(&load(), &["row 1, begFrame", "\"one\"", "frame number"]);
    // Behind the largest number there is no next one.
    std::fs::write(
        folder.path().join("frameLog_1.csv"),
        format!(
            "session,trial,begFrame,endFrame\n1,1,1,{}\n1,2,1,2\n",
            usize::MAX
        ),
    )
    .unwrap();
    says(&load(), &["row 2", "1..2", "without a hole"]);
    std::fs::write(folder.path().join("frameLog_1.csv"), "a,b\n1,2\n").unwrap();
    says(&load(), &["begFrame", "missing", "present: a, b"]);
    log(folder.path(), &[40; 7]);

    write(
        folder.path(),
        "cell_registration.mat",
        &[B.doubles("cell_to_index_map", &[2, 1], &[1.0, 7.0])],
    );
    says(
        &load(),
        &[
            "cell_registration.mat",
            "cell_to_index_map",
            "entry 2 is 7",
            "allEventsMat",
        ],
    );
    write(
        folder.path(),
        "cell_registration.mat",
        &[B.doubles("cell_to_index_map", &[2, 1], &[1.0, 0.5])],
    );
    says(&load(), &["cell_to_index_map", "0.5"]);
    write(
        folder.path(),
        "cell_registration.mat",
        &[B.doubles("cell_to_index_map", &[2, 0], &[])],
    );
    says(&load(), &["cell_to_index_map", "one for each session"]);
    write(
        folder.path(),
        "cell_registration.mat",
        &[B.doubles("cell_to_index_map", &[1, 1], &[1.0])],
    );

    let mut events = vec![0.0; 280];
    events[3] = f64::NAN;
    write(
        folder.path(),
        "finalEventsMat_1.mat",
        &[B.doubles("allEventsMat", &[280, 1], &events)],
    );
    says(
        &load(),
        &[
            "finalEventsMat_1.mat",
            "allEventsMat",
            "entry 4 is NaN",
            "amplitude",
        ],
    );
    write(
        folder.path(),
        "finalEventsMat_1.mat",
        &[B.doubles("allEventsMat", &[280, 1], &[0.0; 280])],
    );

    let trial = B.structure(
        "",
        &[1, 1],
        11,
        &["position", "velocity"],
        &[column(&[0.1, 0.2, 0.3]), column(&[1.0, 2.0])],
    );
    write(
        folder.path(),
        "behavior_1.mat",
        &[B.cell("my_mvmt", &[1, 2], &[B.unset(), trial])],
    );
    says(
        &load(),
        &[
            "behavior_1.mat",
            "my_mvmt{2}.velocity",
            "2 frames",
            "my_mvmt{2}.position",
            "3",
        ],
    );
    let trial = B.structure("", &[1, 1], 11, &["place"], &[column(&[0.1])]);
    write(
        folder.path(),
        "behavior_1.mat",
        &[B.cell("my_mvmt", &[1, 2], &[B.unset(), trial])],
    );
    says(
        &load(),
        &["my_mvmt{2}.position", "missing", "present: place"],
    );
    write(
        folder.path(),
        "behavior_1.mat",
        &[B.cell("my_mvmt", &[1, 1], &[B.unset()])],
    );
    says(&load(), &["my_mvmt", "trials 2 to 6"]);

    std::fs::remove_file(folder.path().join("finalEventsMat_1.mat")).unwrap();
    says(&load(), &["finalEventsMat_1.mat"]);
    std::fs::remove_file(folder.path().join("behavior_1.mat")).unwrap();
    says(&load(), &["behavior_k.mat", "found none"]);
    assert!(matches!(
        multiple_maps::load_mouse(folder.path(), &multiple_maps::Options::default()),
        Err(Error::MissingFiles { .. })
    ));
}
