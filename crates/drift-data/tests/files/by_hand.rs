//! Sessions made by hand, whose parts may not fit each other, and those of the loaders, which do.

use drift_data::ziv_lab::{cell_assemblies, unbiased_information};
use drift_data::{
    Activity, Cell, Clock, EpochKind, Error, Filter, FrameActivity, FrameKind, Frames, Place,
    Position, RateMaps, Recording, Session, TrackBins, TrackDirection, Trajectory, Trial, hc6,
    rate_maps,
};
use nalgebra::DMatrix;

use super::shared::data;

/// Four samples and two cells.
fn session() -> Session {
    let events = DMatrix::from_row_slice(4, 2, &[0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 3.0]);
    let cell = |label: &str| Cell {
        label: label.to_owned(),
        region: None,
        identity: None,
    };
    Session {
        label: "own".to_owned(),
        number: 1,
        date: None,
        day: None,
        minutes: None,
        environment: None,
        exposure: None,
        epoch: EpochKind::Run,
        trajectory: Some(Trajectory {
            time: vec![0.0, 1.0, 2.0, 3.0],
            clock: Clock::Recording,
            sample_interval: 1.0,
            durations: vec![1.0; 4],
            position: Some(Position::Line(vec![0.0, 10.0, 20.0, 30.0])),
            bins: Some(TrackBins {
                bin: vec![1, 2, 3, 4],
                count: 4,
                width_cm: 10.0,
            }),
            speed: Some(vec![0.0, 10.0, 10.0, 10.0]),
            heading: None,
            running: Some(vec![Some(TrackDirection::Right); 4]),
        }),
        trials: vec![],
        cells: vec![cell("a"), cell("b")],
        recorded_units: 2,
        activity: Activity::Frames(
            FrameActivity::from_dense(events.as_view(), 1.0, FrameKind::Counts).unwrap(),
        ),
        notes: vec![],
    }
}

fn moving() -> Filter {
    Filter {
        minimum_speed: Some(1.0),
        ..Filter::default()
    }
}

#[test]
fn a_sound_session_is_filtered() {
    let left = session().filtered(&moving()).unwrap();
    assert_eq!(left.samples(), 3);
    left.check().unwrap();
    assert_eq!(
        left.activity_matrix().unwrap(),
        DMatrix::from_row_slice(3, 2, &[0.0, 0.0, 2.0, 0.0, 0.0, 3.0])
    );
}

#[test]
fn parts_that_do_not_fit_are_named() {
    type Change = fn(&mut Session);
    fn trajectory(session: &mut Session) -> &mut Trajectory {
        session.trajectory.as_mut().unwrap()
    }
    let changes: [(&str, Change); 11] = [
        ("trajectory.position", |s| {
            trajectory(s).position = Some(Position::Line(vec![0.0]));
        }),
        ("trajectory.position", |s| {
            trajectory(s).position = Some(Position::Plane {
                x: vec![0.0; 4],
                y: vec![0.0; 5],
            });
        }),
        ("trajectory.bins", |s| {
            trajectory(s).bins.as_mut().unwrap().bin.clear();
        }),
        ("trajectory.speed", |s| {
            trajectory(s).speed.as_mut().unwrap().truncate(2);
        }),
        ("trajectory.heading", |s| {
            trajectory(s).heading = Some(vec![0.0; 3]);
        }),
        ("trajectory.running", |s| {
            trajectory(s).running.as_mut().unwrap().push(None);
        }),
        ("cells", |s| s.cells.truncate(1)),
        ("cells", |s| {
            s.activity = Activity::Spikes(vec![vec![0.5]]);
        }),
        ("activity (frames)", |s| {
            let frames = DMatrix::zeros(3, 2);
            s.activity = Activity::Frames(
                FrameActivity::from_dense(frames.as_view(), 1.0, FrameKind::Counts).unwrap(),
            );
        }),
        ("activity (bins)", |s| {
            let layer = drift_data::MapLayer {
                half: None,
                direction: None,
            };
            s.activity = Activity::RateMaps(RateMaps {
                grid: vec![4],
                bin_cm: 10.0,
                layers: vec![(layer, DMatrix::zeros(5, 2))],
            });
        }),
        ("trials (last sample)", |s| {
            s.trials = vec![Trial {
                number: 1,
                samples: 2..5,
                behaviour_frames: 3,
                imaging_frames: 3,
                frame_log_rows: 0..3,
                position_range: [0.0, 30.0],
            }];
        }),
    ];
    for (expected, change) in changes {
        let mut session = session();
        change(&mut session);
        let refused = session.filtered(&moving());
        assert!(
            matches!(&refused, Err(Error::Unequal { part, .. }) if *part == expected),
            "{expected}: {refused:?}"
        );
        assert_eq!(session.check(), Err(refused.unwrap_err()));
        assert!(session.activity_matrix().is_err());
        assert!(session.sparse_activity().is_err());
    }
}

#[test]
fn what_is_made_of_positions_checks_them_first() {
    let mut short = session();
    short.trajectory.as_mut().unwrap().durations.truncate(1);
    for refused in [short.with_speed(), short.with_running()] {
        let part = "trajectory.durations";
        assert!(matches!(refused, Err(Error::Unequal { part: found, .. }) if found == part));
    }
    let mut falling = session();
    falling.trajectory.as_mut().unwrap().time[2] = f64::NAN;
    let field = "trajectory.time";
    for refused in [falling.with_speed(), falling.filtered(&moving())] {
        assert!(matches!(refused, Err(Error::Parameter { field: found, .. }) if found == field));
    }
    let mut nowhere = session();
    let trajectory = nowhere.trajectory.as_mut().unwrap();
    (trajectory.position, trajectory.speed) = (None, None);
    assert_eq!(
        nowhere.with_speed().unwrap_err().to_string(),
        "session own: a speed or a position is not part of this recording"
    );
}

#[test]
fn a_trajectory_whose_lists_are_short_joins_no_session() {
    let mut trajectory = session().trajectory.unwrap();
    trajectory.speed = Some(vec![1.0]);
    // What has no value is missing at other moments.
    let clock = Trajectory::even(3, 0.5, 1.0).unwrap();
    let (moved, missing) = trajectory.at(clock.clone());
    assert_eq!(missing, 0);
    assert_eq!(moved.speed.unwrap()[0], 1.0);
    trajectory.durations.clear();
    assert_eq!(trajectory.sample_at(1.5), None);
    let place = || {
        Some(Place {
            trajectory: trajectory.clone(),
            notes: Vec::new(),
        })
    };
    let frames = Frames {
        place: "made".to_owned(),
        values: DMatrix::zeros(3, 2),
        kind: FrameKind::Events,
        clock,
    };
    let cells = session().cells;
    let trains = vec![vec![0.5]; 2];
    for refused in [
        Session::of_frames("own", cells.clone(), frames, place()),
        Session::of_spikes("own", cells, trains, place()),
    ] {
        assert!(matches!(refused, Err(Error::Unequal { .. })), "{refused:?}");
    }
}

#[test]
fn mean_rates_of_what_does_not_fit_are_missing() {
    let mut rates = session();
    let values = DMatrix::from_element(4, 2, 2.0);
    let frames = FrameActivity::from_dense(values.as_view(), 1.0, FrameKind::Rates).unwrap();
    rates.activity = Activity::Frames(frames);
    rates.trajectory.as_mut().unwrap().durations.truncate(2);
    assert!(rates.mean_rates().iter().all(|rate| rate.is_nan()));
    let layer = |cells| {
        let layer = drift_data::MapLayer {
            half: None,
            direction: None,
        };
        (layer, DMatrix::from_element(3, cells, 1.0))
    };
    rates.activity = Activity::RateMaps(RateMaps {
        grid: vec![3],
        bin_cm: 10.0,
        layers: vec![layer(2), layer(1)],
    });
    assert_eq!(rates.mean_rates(), [1.0]);
}

#[test]
fn a_silent_trace_is_refused_by_a_value_that_it_has() {
    let mut silent = session();
    let zeros = DMatrix::zeros(4, 2);
    let frames = FrameActivity::from_dense(zeros.as_view(), 1.0, FrameKind::Trace).unwrap();
    silent.activity = Activity::Frames(frames);
    let refused = silent.sparse_activity();
    assert!(
        matches!(&refused, Err(Error::Trace { cell, value, .. }) if cell == "a" && *value == 0.0),
        "{refused:?}"
    );
}

#[test]
fn loaders_make_sound_sessions() {
    let Some(data) = data() else { return };
    let fixtures = data.join("fixtures");
    let options = unbiased_information::Options::default();
    let assemblies = fixtures.join("cell_assemblies_like");
    let assembly = std::fs::read_dir(&assemblies)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "mat"))
        .expect("a file of maps");
    let recordings: Vec<Recording> = vec![
        hc6::load(fixtures.join("hc6/Syn"), &hc6::Options::default()).unwrap(),
        unbiased_information::load(fixtures.join("bias_like"), "C99M2", &options).unwrap(),
        cell_assemblies::load(assembly).unwrap(),
        rate_maps::load(
            fixtures.join("hc22_like/synM1.mat"),
            &rate_maps::Layout::default(),
        )
        .unwrap(),
        #[cfg(feature = "nwb")]
        drift_data::nwb::load(fixtures.join("nwb/syn_ecephys.nwb"), &Default::default()).unwrap(),
        #[cfg(feature = "nwb")]
        drift_data::nwb::load(fixtures.join("nwb/syn_ophys.nwb"), &Default::default()).unwrap(),
    ];
    let sessions = recordings.iter().flat_map(|recording| &recording.sessions);
    for session in sessions {
        session.check().unwrap();
    }
}
