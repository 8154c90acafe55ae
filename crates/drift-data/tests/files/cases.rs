//! Every case of `cases/recordings` in the shared folder, made by its generator and read with the
//! right value: files that are easily read wrongly. The page "Recordings that are read wrongly" of the
//! book lists them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use drift_data::mat::MatFile;
use drift_data::metrics::information::information;
use drift_data::{
    Activity, CellChoice, Error, FrameKind, Note, Position, Recording, Session, TraceUse,
    one_animal, rate_maps,
};
use drift_data::{Choices, nwb};

use super::shared;

/// The folder `made` of the generators, all of which have run; none where they cannot.
fn made() -> Option<&'static Path> {
    static MADE: OnceLock<Option<(tempfile::TempDir, PathBuf)>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let scripts = shared::data()?.join("../cases/recordings");
        if !scripts.is_dir() {
            println!("skipped: there is no {}", scripts.display());
            return None;
        }
        let needed = "import pynwb, h5py, scipy";
        let found = Command::new("python3").args(["-c", needed]).output();
        if !found.is_ok_and(|output| output.status.success()) {
            println!("skipped: python3 with pynwb, h5py and scipy is not installed");
            assert!(
                std::env::var("CI").is_err(),
                "CI must install python3, pynwb, h5py and scipy"
            );
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        for path in files_of(&scripts, "py") {
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        for script in files_of(folder.path(), "py") {
            if script.to_string_lossy().ends_with("kit.py") {
                continue;
            }
            let run = Command::new("python3")
                .arg(&script)
                .current_dir(folder.path())
                .env("PYTHONWARNINGS", "ignore")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&run.stderr).into_owned();
            assert!(run.status.success(), "{}: {said}", script.display());
        }
        let made = folder.path().join("made");
        Some((folder, made))
    });
    made.as_ref().map(|(_, made)| made.as_path())
}

fn files_of(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

fn load(path: &Path, options: &Choices) -> Recording {
    nwb::load(path, options).unwrap_or_else(|error| panic!("{error}"))
}

fn only(recording: &Recording) -> &Session {
    assert_eq!(recording.sessions.len(), 1);
    &recording.sessions[0]
}

/// Bins of 4 cm from the lowest position on, and the bin of every sample.
fn bins(session: &Session) -> (usize, Vec<Option<usize>>) {
    let position = session.trajectory.as_ref().unwrap().position.as_ref();
    let axes = position.unwrap().axes();
    let mut count = 1;
    let mut bin: Vec<Option<usize>> = vec![Some(0); axes[0].len()];
    for axis in axes {
        let known = axis.iter().copied().filter(|value| !value.is_nan());
        let low = known.clone().fold(f64::INFINITY, f64::min);
        let high = known.fold(f64::NEG_INFINITY, f64::max);
        let along = ((high - low) / 4.0 - 1e-9).ceil() as usize;
        for (bin, value) in bin.iter_mut().zip(axis) {
            let own = ((value - low) / 4.0) as usize;
            *bin = bin
                .filter(|_| !value.is_nan())
                .map(|bin| bin * along + own.min(along - 1));
        }
        count *= along;
    }
    (count, bin)
}

/// Spatial information of a cell, bits per spike, by the duration of every sample.
fn si(session: &Session, cell: usize) -> f64 {
    let (count, bin) = bins(session);
    let durations = session.durations().unwrap();
    let activity = session.sparse_activity().unwrap();
    let (mut time, mut spikes) = (vec![0.0; count], vec![0.0; count]);
    for (bin, duration) in bin.iter().zip(durations.iter()) {
        if let Some(bin) = bin {
            time[*bin] += duration;
        }
    }
    for (frame, value) in activity.entries(cell) {
        if let Some(bin) = bin[frame] {
            spikes[bin] += value;
        }
    }
    let rate = |(spikes, time): (&f64, &f64)| if *time > 0.0 { spikes / time } else { 0.0 };
    let rates: Vec<f64> = spikes.iter().zip(&time).map(rate).collect();
    information(&time, &rates).unwrap()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} for {expected}"
    );
}

#[track_caller]
fn says(session: &Session, words: &[&str]) {
    let notes = session.notes.iter().fold(String::new(), |mut all, note| {
        let _ = writeln!(all, "{note}");
        all
    });
    for word in words {
        assert!(notes.contains(word), "{word:?} is not in {notes}");
    }
}

/// Information of a cell with a field of 4 cm on the generators' track.
const TUNED: f64 = 5.237_863_830_098_888;

#[test]
fn a_compass_beside_the_position_is_no_position() {
    let Some(made) = made() else { return };
    let folder = made.join("compass_beside_position");
    for file in ["with_compass.nwb", "position_only.nwb"] {
        let recording = load(&folder.join(file), &Choices::default());
        close(si(only(&recording), 0), TUNED, 1e-9);
    }
    let with = folder.join("with_compass.nwb");
    let chosen = Choices {
        position: Some("nothing".into()),
        ..Choices::default()
    };
    let Err(Error::Ambiguous {
        choices, option, ..
    }) = nwb::load(&with, &chosen)
    else {
        panic!("a position that is not there was found");
    };
    assert_eq!(
        choices,
        [
            "processing/behavior/direction/head_direction",
            "processing/behavior/position/animal_position"
        ]
    );
    assert_eq!(option, "--position NAME");
    let named = Choices {
        position: Some("animal_position".into()),
        ..Choices::default()
    };
    close(si(only(&load(&with, &named)), 0), TUNED, 1e-9);
}

#[test]
fn units_of_the_position_are_read() {
    let Some(made) = made() else { return };
    let folder = made.join("units_of_position");
    for file in ["metres.nwb", "centimetres.nwb", "cm_with_conversion.nwb"] {
        let recording = load(&folder.join(file), &Choices::default());
        let session = only(&recording);
        assert_eq!(bins(session).0, 25, "{file}");
        close(si(session, 0), TUNED, 1e-9);
        close(si(session, 1), 0.080_007_590_444_606_73, 1e-9);
    }
    let scaled = Choices {
        scale: Some(50.0),
        ..Choices::default()
    };
    let recording = load(&folder.join("metres.nwb"), &scaled);
    assert_eq!(bins(only(&recording)).0, 13);
    says(only(&recording), &["--scale", "50 cm"]);
}

#[test]
fn timestamps_behind_a_soft_link_are_found() {
    let Some(made) = made() else { return };
    for file in ["own.nwb", "shared.nwb"] {
        let path = made.join("shared_timestamps").join(file);
        close(si(only(&load(&path, &Choices::default())), 0), TUNED, 1e-9);
    }
}

#[test]
fn regions_of_interest_by_time_are_turned() {
    let Some(made) = made() else { return };
    for (file, turned) in [("right.nwb", false), ("transposed.nwb", true)] {
        let recording = load(&made.join("rois_by_time").join(file), &Choices::default());
        let session = only(&recording);
        assert_eq!(
            (session.cells.len(), session.samples()),
            (6, 12_000),
            "{file}"
        );
        close(si(session, 0), 3.650_874_246_902_25, 1e-9);
        if turned {
            says(
                session,
                &["6 regions of interest × 12000 frames", "was turned"],
            );
        }
    }
}

#[test]
fn a_series_an_epoch_is_a_position_in_each() {
    let Some(made) = made() else { return };
    for file in ["one_series.nwb", "series_per_epoch.nwb"] {
        let path = made.join("series_per_epoch").join(file);
        let recording = load(&path, &Choices::default());
        assert_eq!(recording.sessions.len(), 2);
        let expected = [5.210_896_782_498_619, 5.251_538_766_995_965];
        for (session, expected) in recording.sessions.iter().zip(expected) {
            close(si(session, 0), expected, 1e-9);
        }
        let labels: Vec<&str> = recording
            .sessions
            .iter()
            .map(|s| s.label.as_str())
            .collect();
        assert_eq!(labels, ["run 1", "run 2"]);
    }
}

#[test]
fn traces_are_a_kind_of_activity() {
    let Some(made) = made() else { return };
    let folder = made.join("negative_dff");
    let recording = load(&folder.join("dff.nwb"), &Choices::default());
    let session = only(&recording);
    let Activity::Frames(frames) = &session.activity else {
        panic!()
    };
    assert_eq!(frames.kind(), FrameKind::Trace);
    let error = session.sparse_activity().unwrap_err();
    assert!(matches!(error, Error::Trace { .. }), "{error}");
    for word in [
        "dff.nwb",
        "DfOverF/RoiResponseSeries",
        "cell roi ",
        "is -0.",
        "--traces",
    ] {
        assert!(
            error.to_string().contains(word),
            "{word:?} is not in {error}"
        );
    }
    let events = session.traces_as(TraceUse::default()).unwrap();
    says(&events, &["4 robust standard deviations"]);
    // The transients of each cell are in a field 5 cm wide: its events tell the place.
    for cell in 0..5 {
        assert!(
            si(&events, cell) > 1.5,
            "cell {cell}: {}",
            si(&events, cell)
        );
    }
    let both = folder.join("dff_and_deconvolved.nwb");
    let Err(Error::Ambiguous {
        choices, option, ..
    }) = nwb::load(&both, &Choices::default())
    else {
        panic!("one of two series was guessed");
    };
    assert_eq!(
        choices,
        [
            "processing/ophys/DfOverF/RoiResponseSeries",
            "processing/ophys/Fluorescence/Deconvolved"
        ]
    );
    assert_eq!(option, "--series NAME");
    let chosen = Choices {
        series: Some("Deconvolved".into()),
        ..Choices::default()
    };
    let recording = load(&both, &chosen);
    for (cell, expected) in [2.9233, 3.2818, 3.3838, 3.376, 3.1821]
        .into_iter()
        .enumerate()
    {
        close(si(only(&recording), cell), expected, 1e-4);
    }
}

#[test]
fn two_planes_give_their_own_regions() {
    let Some(made) = made() else { return };
    let path = made.join("two_planes/planes.nwb");
    let recording = load(&path, &Choices::default());
    let regions: Vec<&str> = only(&recording)
        .cells
        .iter()
        .filter_map(|cell| cell.region.as_deref())
        .collect();
    assert_eq!(regions, ["CA1", "CA1", "CA3", "CA3", "CA3"]);
    for plane in ["plane1", "PlaneSegmentation1"] {
        let chosen = Choices {
            plane: Some(plane.into()),
            ..Choices::default()
        };
        assert_eq!(only(&load(&path, &chosen)).cells.len(), 3);
    }
}

#[test]
fn rejected_regions_of_interest_are_no_cells() {
    let Some(made) = made() else { return };
    let path = made.join("rejected_rois/iscell.nwb");
    let recording = load(&path, &Choices::default());
    let session = only(&recording);
    let labels: Vec<&str> = session
        .cells
        .iter()
        .map(|cell| cell.label.as_str())
        .collect();
    assert_eq!(
        (labels, session.recorded_units),
        (vec!["roi 0", "roi 3"], 4)
    );
    says(session, &["2 of 4", "iscell", "--cells all"]);
    let all = Choices {
        cells: CellChoice::All,
        ..Choices::default()
    };
    assert_eq!(only(&load(&path, &all)).cells.len(), 4);
}

#[test]
fn regions_come_through_electrodes() {
    let Some(made) = made() else { return };
    let path = made.join("region_by_electrodes/electrodes.nwb");
    let recording = load(&path, &Choices::default());
    let regions: Vec<Option<&str>> = only(&recording)
        .cells
        .iter()
        .map(|cell| cell.region.as_deref())
        .collect();
    assert_eq!(regions, [Some("CA1"), Some("CA3")]);
}

#[test]
fn samples_of_an_uneven_clock_have_durations_of_their_own() {
    let Some(made) = made() else { return };
    let folder = made.join("uneven_clock");
    for (file, expected) in [
        ("two_intervals_imaging.nwb", 0.53),
        ("spikes_40_60.nwb", 13.698_333),
        ("spikes_20_80.nwb", 13.698_333),
    ] {
        let recording = load(&folder.join(file), &Choices::default());
        let session = only(&recording);
        close(session.mean_rates()[0], expected, 2e-4 * expected);
        says(session, &["the clock is uneven"]);
        if let Activity::Spikes(trains) = &session.activity {
            // No spike is dropped, and none is without a sample.
            let counted = session.sparse_activity().unwrap().total(0);
            assert_eq!(counted, trains[0].len() as f64, "{file}");
        }
    }
}

#[test]
fn a_position_in_acquisition_is_found() {
    let Some(made) = made() else { return };
    let path = made.join("position_in_acquisition/acquisition.nwb");
    let recording = load(&path, &Choices::default());
    close(si(only(&recording), 0), TUNED, 1e-9);
    says(only(&recording), &["acquisition/position_sensor0"]);
    // A file without any says where it was looked for.
    let path = made.join("rois_by_time/right.nwb");
    let named = Choices {
        position: Some("tail".into()),
        ..Choices::default()
    };
    let error = nwb::load(path, &named).unwrap_err().to_string();
    assert!(
        error.contains("processing/behavior/Position/SpatialSeries"),
        "{error}"
    );
}

#[test]
fn a_stated_marker_of_lost_tracking_is_no_place() {
    let Some(made) = made() else { return };
    let folder = made.join("lost_tracking");
    for file in ["nan.nwb", "minus_one.nwb"] {
        let recording = load(&folder.join(file), &Choices::default());
        close(si(only(&recording), 0), 5.242, 5e-4);
    }
    let recording = load(&folder.join("minus_one.nwb"), &Choices::default());
    says(
        only(&recording),
        &["-1, which marks lost tracking", "comments"],
    );
    let lost = only(&recording).trajectory.as_ref().unwrap().missing();
    assert!((1100..1300).contains(&lost), "{lost}");
    let chosen = Choices {
        missing: Some(-1.0),
        ..Choices::default()
    };
    let recording = load(&folder.join("minus_one.nwb"), &chosen);
    says(only(&recording), &["--missing"]);
    assert_eq!(
        only(&recording).trajectory.as_ref().unwrap().missing(),
        lost
    );
}

#[test]
fn two_files_of_one_animal_are_one_recording() {
    let Some(made) = made() else { return };
    let files = files_of(&made.join("two_days_two_files/days"), "nwb");
    let loaded = files.iter().map(|file| load(file, &Choices::default()));
    let joined = one_animal(loaded.collect());
    let [recording] = &joined[..] else {
        panic!("{} recordings", joined.len())
    };
    assert_eq!(recording.subject.as_deref(), Some("R1"));
    let days: Vec<Option<f64>> = recording
        .sessions
        .iter()
        .map(|session| session.day)
        .collect();
    assert_eq!(days, [Some(1.0), Some(4.0)]);
    // Equal ids on two days are not the same cell.
    assert!(recording.shared_cells(0, 1).is_err());
}

#[test]
fn a_variable_that_cannot_be_read_costs_only_itself() {
    let Some(made) = made() else { return };
    let folder = made.join("v73_options_and_complex");
    for path in files_of(&folder, "mat") {
        let file = MatFile::open(&path).unwrap_or_else(|error| panic!("{error}"));
        let rates = file.get("rates").unwrap();
        assert_eq!(&rates.dims()[..], [2, 3]);
        assert_eq!(*rates.numbers().unwrap(), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    }
    let tree = |name: &str| MatFile::open(folder.join(name)).unwrap().tree().to_string();
    let options = tree("options_without_fields.mat");
    assert!(options.contains("options: 1×1 struct"), "{options}");
    for name in ["complex_single.mat", "complex_int16.mat"] {
        let text = tree(name);
        assert!(text.contains("z: 2×3 complex"), "{text}");
    }
}

#[test]
fn integers_and_days_are_as_the_file_has_them() {
    let Some(made) = made() else { return };
    let folder = made.join("large_integers_and_days");
    let ids = MatFile::open(folder.join("ids.mat")).unwrap();
    let text = ids.tree().to_string();
    for exact in ["9007199254740993", "18446744073709551615"] {
        assert!(text.contains(exact), "{text}");
    }
    let layout = rate_maps::Layout {
        rate_maps: "maps".into(),
        trajectory: None,
        day: Some("day".into()),
        plane: false,
        bin_cm: 2.5,
        ..rate_maps::Layout::default()
    };
    let recording = rate_maps::load(folder.join("own.mat"), &layout).unwrap();
    let days: Vec<Option<f64>> = recording
        .sessions
        .iter()
        .map(|session| session.day)
        .collect();
    assert_eq!(days, [-3.0, -1.0, 0.0, 1.0, 2.5].map(Some));
    assert_eq!(recording.sessions[0].label, "day -3");
}

#[test]
fn whatever_the_generators_made_is_read_or_refused_by_name() {
    let Some(made) = made() else { return };
    let mut read = 0;
    let folders = std::fs::read_dir(made).unwrap();
    for folder in folders.map(|entry| entry.unwrap().path()) {
        for path in files_of(&folder, "nwb") {
            match nwb::load(&path, &Choices::default()) {
                Ok(recording) => {
                    read += 1;
                    let position = |session: &Session| {
                        let trajectory = session.trajectory.as_ref();
                        matches!(
                            trajectory.and_then(|found| found.position.as_ref()),
                            Some(Position::Line(_) | Position::Plane { .. })
                        )
                    };
                    let unplaced = recording.sessions.iter().find(|session| !position(session));
                    if let Some(session) = unplaced {
                        let told = |note: &Note| matches!(note, Note::Read(_) | Note::NoTrajectory);
                        assert!(session.notes.iter().any(told), "{}", path.display());
                    }
                }
                Err(error) => {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    assert!(error.to_string().contains(&name), "{error}");
                }
            }
        }
    }
    assert!(read >= 18, "{read}");
}
