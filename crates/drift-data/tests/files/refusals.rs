//! What a loader refuses, and what its message says: file, variable, and what was expected.

use std::path::Path;

use drift_data::ziv_lab::{multiple_maps, unbiased_information};
use drift_data::{
    Activity, EmptySessions, EpochKind, Error, Filter, Identity, Note, TrackDirection, hc6,
    rate_maps,
};

use super::builder::*;

const B: Builder = LITTLE;

fn write(folder: &Path, name: &str, variables: &[Vec<u8>]) {
    std::fs::write(folder.join(name), B.file(variables)).unwrap();
}

fn column(values: &[f64]) -> Vec<u8> {
    B.doubles("", &[values.len() as i32, 1], values)
}

fn says(error: &Error, words: &[&str]) {
    let message = error.to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}

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
        sessions: None,
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

#[test]
fn contradictions_of_spike_trains_and_stimulus() {
    let folder = tempfile::tempdir().unwrap();
    let (spikes, bins) = (
        folder.path().join("M_spike_train.mat"),
        folder.path().join("M_stimulus_trace.mat"),
    );
    let options = unbiased_information::Options::default();
    let load = || unbiased_information::load_files(&spikes, &bins, None, &options);
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.doubles("spike_train", &[3, 2], &[0.0, 1.0, 0.0, 2.0, 0.0, 0.0])],
    );
    write(
        folder.path(),
        "M_stimulus_trace.mat",
        &[B.doubles("stimulus_trace", &[2, 1], &[3.0, 4.0])],
    );
    says(
        &load().unwrap_err(),
        &[
            "M_stimulus_trace.mat",
            "stimulus_trace",
            "2 frames",
            "spike_train",
            "3",
        ],
    );
    for (bin, word) in [(0.0, "0"), (25.0, "25"), (3.5, "3.5"), (f64::NAN, "NaN")] {
        write(
            folder.path(),
            "M_stimulus_trace.mat",
            &[B.doubles("stimulus_trace", &[3, 1], &[3.0, bin, 4.0])],
        );
        says(
            &load().unwrap_err(),
            &[
                "M_stimulus_trace.mat",
                &format!("entry 2 is {word}"),
                "from 1 to 24",
            ],
        );
    }
    write(
        folder.path(),
        "M_stimulus_trace.mat",
        &[B.doubles("stimulus_trace", &[3, 1], &[3.0, 3.0, 4.0])],
    );
    let session = load().unwrap().sessions.remove(0);
    assert_eq!(
        session.activity_matrix().unwrap().as_slice(),
        [0.0, 1.0, 0.0, 2.0, 0.0, 0.0]
    );
    assert_eq!(session.mean_rates(), [20.0 / 3.0, 40.0 / 3.0]);
    assert_eq!(session.sparse_events().unwrap().total(1), 1.0);
    assert!(matches!(
        session.filtered(&Filter {
            minimum_speed: Some(1.0),
            ..Filter::default()
        }),
        Err(Error::NotRecorded { .. })
    ));
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.doubles("spike_train", &[3, 1], &[0.0, -1.0, 0.0])],
    );
    says(
        &load().unwrap_err(),
        &["M_spike_train.mat", "entry 2 is -1", "at least 0"],
    );
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.cell("spike_train", &[2, 4], &vec![B.unset(); 8])],
    );
    says(&load().unwrap_err(), &["spike_train", "2 × 4 × 2"]);
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.doubles("other", &[0, 0], &[])],
    );
    says(
        &load().unwrap_err(),
        &["`spike_train` is missing", "present: other"],
    );
    // All silent: read, and said.
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.doubles("spike_train", &[3, 1], &[0.0; 3])],
    );
    assert_eq!(load().unwrap().sessions[0].notes, [Note::Silent]);
    let slow = unbiased_information::Options {
        rate_hz: Some(f64::NAN),
    };
    assert!(matches!(
        unbiased_information::load_files(&spikes, &bins, None, &slow),
        Err(Error::Parameter {
            field: "rate_hz",
            ..
        })
    ));
    std::fs::remove_file(&bins).unwrap();
    says(
        &unbiased_information::load(folder.path(), "M", &options).unwrap_err(),
        &["M_stimulus_trace.mat"],
    );
    std::fs::remove_file(&spikes).unwrap();
    assert!(matches!(
        unbiased_information::mice(folder.path()),
        Err(Error::MissingFiles { .. })
    ));
}

/// An hc-6 folder of day 1 with one run: position rows (time, x, y, velocity) and spike times of one cell.
fn hc6_folder(rows: &[[f64; 4]], spikes: &[f64], fields: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let columns: Vec<f64> = (0..4)
        .flat_map(|column| rows.iter().map(move |row| row[column]))
        .collect();
    let pos = B.structure(
        "",
        &[1, 1],
        32,
        &["data", "fields"],
        &[
            B.doubles("", &[rows.len() as i32, 4], &columns),
            B.text("", "time x y vel"),
        ],
    );
    let train = B.structure(
        "",
        &[1, 1],
        32,
        &["data", "fields"],
        &[
            B.doubles("", &[spikes.len() as i32, 1], spikes),
            B.text("", fields),
        ],
    );
    let task = B.structure(
        "",
        &[1, 1],
        32,
        &["type", "environment", "exposure"],
        &[
            B.text("", "run"),
            B.text("", "TrackA"),
            B.doubles("", &[1, 1], &[4.0]),
        ],
    );
    let nest = |value: Vec<u8>| B.cell("", &[1, 1], &[value]);
    write(
        folder.path(),
        "con_spikes01.mat",
        &[B.cell("spikes", &[1, 1], &[nest(nest(nest(train)))])],
    );
    write(
        folder.path(),
        "con_pos01.mat",
        &[B.cell("pos", &[1, 1], &[nest(pos)])],
    );
    write(
        folder.path(),
        "con_task01.mat",
        &[B.cell("task", &[1, 1], &[nest(task)])],
    );
    folder
}

const ROWS: [[f64; 4]; 4] = [
    [10.0, 1.0, 1.0, 5.0],
    [10.1, 2.0, 1.0, 5.0],
    [10.2, 3.0, 1.0, 0.5],
    [10.3, 0.0, 0.0, 5.0],
];

#[test]
fn tetrode_recordings_that_cannot_be() {
    let options = hc6::Options::default();
    let load = |folder: &tempfile::TempDir| hc6::load(folder.path(), &options);
    let sound = hc6_folder(&ROWS, &[10.05, 10.25, 10.31, 12.0], "time");
    let recording = load(&sound).unwrap();
    assert_eq!(recording.subject.as_deref(), Some("Con"));
    let session = &recording.sessions[0];
    assert_eq!(
        (&session.epoch, session.exposure),
        (&EpochKind::Run, Some(4))
    );
    // A spike behind the last sample is kept, and has no position.
    assert!(session.notes.contains(&Note::SpikesOutsideTrajectory {
        cell: "t1c1".to_owned(),
        spikes: 1
    }));
    assert_eq!(
        session.activity_matrix().unwrap().as_slice(),
        [1.0, 0.0, 1.0, 1.0]
    );
    // Both coordinates 0 is no place.
    assert_eq!(session.trajectory.as_ref().unwrap().missing(), 1);

    // A session without movement.
    let standing = Filter {
        minimum_speed: Some(10.0),
        ..Filter::default()
    };
    says(
        &recording.filtered(&standing).unwrap_err(),
        &["day 1 epoch 1", "no sample", "speed >= 10 cm/s"],
    );
    let left_out = Filter {
        empty_sessions: EmptySessions::LeaveOut,
        ..standing
    };
    assert!(recording.filtered(&left_out).unwrap().sessions.is_empty());
    let moving = Filter {
        minimum_speed: Some(1.0),
        ..Filter::default()
    };
    let filtered = recording.filtered(&moving).unwrap();
    // The spike of the slow sample is gone, and so is that without a sample.
    assert_eq!(
        filtered.sessions[0].activity_matrix().unwrap().as_slice(),
        [1.0, 0.0, 1.0]
    );
    let bad = Filter {
        minimum_rate: Some(f64::NAN),
        ..Filter::default()
    };
    assert!(matches!(
        recording.filtered(&bad),
        Err(Error::Parameter {
            field: "minimum_rate",
            ..
        })
    ));

    let mut backwards = ROWS;
    backwards[2][0] = 10.05;
    says(
        &load(&hc6_folder(&backwards, &[], "time")).unwrap_err(),
        &["con_pos01.mat", "pos{1}{1}.data", "row 3", "10.1", "10.05"],
    );
    let mut missing = ROWS;
    missing[1][0] = f64::NAN;
    says(
        &load(&hc6_folder(&missing, &[], "time")).unwrap_err(),
        &["pos{1}{1}.data", "entry 2 is NaN"],
    );
    // Milliseconds for seconds; with several columns ticks are no explanation either.
    says(
        &load(&hc6_folder(&ROWS, &[10_050.0, 10_250.0], "time")).unwrap_err(),
        &[
            "con_spikes01.mat",
            "spikes{1}{1}{1}{1}.data",
            "10050",
            "is the unit wrong",
        ],
    );
    says(
        &load(&hc6_folder(&ROWS, &[10.05], "x y")).unwrap_err(),
        &["spikes{1}{1}{1}{1}.data", "time"],
    );
    // Silent cells.
    let silent = load(&hc6_folder(&ROWS, &[], "time")).unwrap();
    assert_eq!(silent.sessions[0].cells.len(), 1);
    assert!(silent.sessions[0].notes.contains(&Note::Silent));

    let two = hc6_folder(&ROWS, &[], "time");
    write(
        two.path(),
        "bonspikes01.mat",
        &[B.cell("spikes", &[1, 1], &[B.unset()])],
    );
    says(&load(&two).unwrap_err(), &["one animal", "bon, con_"]);
    let bon = hc6::Options {
        prefix: Some("bon".to_owned()),
        ..hc6::Options::default()
    };
    assert!(hc6::load(two.path(), &bon).unwrap().sessions.is_empty());
    let con = hc6::Options {
        prefix: Some("con".to_owned()),
        ..hc6::Options::default()
    };
    assert_eq!(hc6::load(two.path(), &con).unwrap().sessions.len(), 1);
    assert!(matches!(
        hc6::load("no such folder", &options),
        Err(Error::Io { .. })
    ));
}

#[test]
fn rate_maps_that_do_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.mat");
    let layout = rate_maps::Layout {
        day: None,
        ..rate_maps::Layout::default()
    };
    let load = |layout: &rate_maps::Layout| rate_maps::load(&path, layout);
    let maps = B.cell(
        "rate_maps",
        &[1, 1],
        &[B.doubles("", &[2, 2, 2], &[1.0; 8])],
    );
    let path_of = |time: [f64; 3]| {
        let values = [time, [1.0, 2.0, 3.0], [1.0, f64::NAN, 1.0]].concat();
        B.cell("trajectory", &[1, 1], &[B.doubles("", &[3, 3], &values)])
    };
    write(
        folder.path(),
        "m.mat",
        &[maps.clone(), path_of([0.0, 0.1, 0.2])],
    );
    let recording = load(&layout).unwrap();
    assert!(
        recording.sessions[0]
            .notes
            .contains(&Note::MissingPositions { samples: 1 })
    );
    write(
        folder.path(),
        "m.mat",
        &[maps.clone(), path_of([0.0, 0.2, 0.1])],
    );
    says(
        &load(&layout).unwrap_err(),
        &["m.mat", "trajectory{1}", "row 3", "0.2 s to 0.1 s"],
    );
    write(
        folder.path(),
        "m.mat",
        &[maps.clone(), B.cell("trajectory", &[0, 0], &[])],
    );
    says(&load(&layout).unwrap_err(), &["rate_maps", "0 days"]);
    write(
        folder.path(),
        "m.mat",
        &[
            B.cell(
                "rate_maps",
                &[1, 1],
                &[B.doubles("", &[2, 2, 1], &[1.0, -1.0, 1.0, 1.0])],
            ),
            path_of([0.0, 0.1, 0.2]),
        ],
    );
    says(
        &load(&layout).unwrap_err(),
        &["rate_maps{1}", "entry 2 is -1", "a rate"],
    );
    write(folder.path(), "m.mat", &[maps]);
    says(
        &load(&layout).unwrap_err(),
        &["`trajectory` is missing", "present: rate_maps"],
    );
    let alone = rate_maps::Layout {
        trajectory: None,
        ..layout.clone()
    };
    assert_eq!(
        load(&alone).unwrap().sessions[0].notes,
        [Note::NoTrajectory]
    );
    let line = rate_maps::Layout {
        plane: false,
        ..alone
    };
    says(
        &load(&line).unwrap_err(),
        &["rate_maps{1}", "bins × cells", "[2, 2, 2]"],
    );
    let zero = rate_maps::Layout {
        bin_cm: 0.0,
        ..layout
    };
    assert!(matches!(
        load(&zero),
        Err(Error::Parameter {
            field: "bin_cm",
            ..
        })
    ));
}

#[test]
fn public_types_go_between_threads() {
    fn check<T: Send + Sync + std::fmt::Debug>() {}
    check::<drift_data::Recording>();
    check::<drift_data::mat::MatFile>();
    check::<drift_data::mat::MatRef<'_>>();
    check::<Error>();
    check::<Filter>();
    check::<rate_maps::Layout>();
    check::<hc6::Options>();
    check::<multiple_maps::Options>();
}
