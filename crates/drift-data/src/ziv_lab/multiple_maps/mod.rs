//! `zivlab/multiple_maps`: eight sessions on a linear track, cells registered from session to session.
//!
//! A track's folder holds for each session k `finalEventsMat_k.mat` (frames × cells, calcium events as amplitudes),
//! `behavior_k.mat` (one struct for each trial; trial 1 is unset), `frameLog_k.csv` (first and last frame of each trial)
//! and, once, `cell_registration.mat` (cells × sessions, 1-based columns, 0 = not found). Track A is straight, B is
//! L-shaped; the two are registered apart, so that each track is a [`Recording`] of its own.
//!
//! Conventions, those of the published script (Sheintuch et al. 2020, doi:10.1016/j.cub.2020.06.079):
//!
//! * Trials 2 to 6. Row t of the frame log belongs to trial t; frames are 1-based and inclusive; 20 Hz.
//! * Position and velocity are `position` (0 to 1 of 96 cm) and `velocity` (cm/s), or where those are absent
//!   `rough_linearized_location` (cm along the diagonal of the L) and `velocity_VER2`.
//! * Velocity is smoothed over the whole trial: the mean of samples t−3 to t+4, of those that exist at the edges.
//! * Then the first frame of behaviour is dropped and position, velocity and events are cut to the shortest, at the end.
//! * Bin ⌈(x − lo)/(hi − lo) · 24⌉, 0 becomes 1; lo = min(0, smallest x), hi = max(1, largest x) of the trial, taken
//!   after the drop and before the cut. On track B the bins therefore differ between trials.
//! * Running right is a smoothed velocity above 0, left below; use [`Filter`](crate::Filter) with 1 cm/s and bins
//!   3..=22 for what the published analysis keeps.
//! * The trials are joined to one session; columns that no registered cell names are left out.
//!
//! A recording that was interrupted has more rows in its frame log than trials, and every later row then names the
//! wrong trial. [`FrameLogReading`] says what happens: by default lengths that disagree are an error, never a silent
//! mismatch.

mod behaviour;
mod frame_log;

use std::path::{Path, PathBuf};

use super::{BIN_CM, BINS, registration};
use crate::mat::MatFile;
use crate::recording::{
    Activity, Cell, Clock, Faults, FrameActivity, FrameKind, Identity, Note, Position, Recording,
    Session, TrackBins, TrackDirection, Trajectory, Trial,
};
use crate::{Error, files};

use behaviour::TrialBehaviour;
use frame_log::FrameLog;

/// Frames per second of behaviour and imaging.
const RATE_HZ: f64 = 20.0;

/// The trials that the published analysis uses.
const TRIALS: std::ops::RangeInclusive<usize> = 2..=6;

/// How the rows of a frame log are given to trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FrameLogReading {
    /// Row t is trial t; lengths of behaviour and imaging that differ by more than `allowed_difference` frames are an
    /// [`Error::FrameLog`].
    #[default]
    Strict,
    /// As `Strict` where the lengths agree; else neighbouring rows are joined so that they agree, and
    /// [`Note::RepairedFrameLog`] says how. An [`Error::FrameLog`] if no joining makes them agree.
    Repair,
    /// Row t is trial t whatever the lengths, as the published script reads it; [`Note::LiteralFrameLog`] flags it.
    Literal,
}

/// How a track is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How the frame log is read.
    pub frame_log: FrameLogReading,
    /// Largest difference of the lengths of behaviour and imaging that is only a cut end, frames.
    pub allowed_difference: usize,
    /// The sessions to read, by their number; all if `None`.
    pub sessions: Option<Vec<usize>>,
    /// What happens to a session that cannot be read.
    pub faults: Faults,
}

impl Default for Options {
    /// Strict, a difference of at most 100 frames (5 s; the sound sessions of the data set stay below), all sessions.
    fn default() -> Self {
        Self {
            frame_log: FrameLogReading::Strict,
            allowed_difference: 100,
            sessions: None,
            faults: Faults::Refuse,
        }
    }
}

/// Reads all tracks of a mouse: the folders inside `folder` that hold a `cell_registration.mat`, sorted by name.
///
/// # Errors
/// [`Error::MissingFiles`] if there is none; otherwise as [`load`].
pub fn load_mouse(folder: impl AsRef<Path>, options: &Options) -> Result<Vec<Recording>, Error> {
    let folder = folder.as_ref();
    let mut tracks = files(folder)?;
    tracks.retain(|path| path.join("cell_registration.mat").exists());
    if tracks.is_empty() {
        let expected = "folders with a cell_registration.mat".to_owned();
        return Err(Error::MissingFiles {
            folder: folder.to_owned(),
            expected,
        });
    }
    tracks.iter().map(|track| load(track, options)).collect()
}

/// Reads one track of a mouse.
///
/// # Errors
/// [`Error::MissingFiles`] for a file that is not there, [`Error::FrameLog`] for a frame log whose rows cannot be the
/// trials, [`Error::BadValue`] and [`Error::FrameCount`] for contents that contradict each other, and everything that
/// [`MatFile::open`] reports.
pub fn load(folder: impl AsRef<Path>, options: &Options) -> Result<Recording, Error> {
    let folder = folder.as_ref();
    let numbers = session_numbers(folder, options)?;
    let map = MatFile::open(folder.join("cell_registration.mat"))?;
    let mut notes: Vec<Note> = map.notes().collect();
    let registration = registration(&map.get("cell_to_index_map")?, numbers.iter().copied())?;
    let name = |path: Option<&Path>| {
        let name = path.and_then(Path::file_name);
        name.map(|name| name.to_string_lossy().into_owned())
    };
    let track = name(Some(folder));
    let mut sessions = Vec::with_capacity(numbers.len());
    let mut kept = Vec::new();
    for (index, (number, columns)) in numbers.iter().zip(&registration.columns).enumerate() {
        match session(folder, track.as_deref(), *number, columns, options) {
            Ok(session) => {
                sessions.push(session);
                kept.push(index);
            }
            Err(error) if options.faults == Faults::LeaveOut => notes.push(Note::LeftOut {
                name: label(track.as_deref(), *number),
                reason: error.to_string(),
            }),
            Err(error) => return Err(error),
        }
    }
    let left_out = |note: &Note| match note {
        Note::LeftOut { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    if let (true, Some(first)) = (sessions.is_empty(), notes.iter().find_map(left_out)) {
        return Err(Error::NothingReadable {
            folder: folder.to_owned(),
            first,
        });
    }
    let registration = registration.of_sessions(&kept);
    let first = sessions.iter().filter_map(|session| session.date).min();
    for session in &mut sessions {
        if let (Some(first), Some(date)) = (first, session.date) {
            session.day = Some((date.day_number() - first.day_number() + 1) as f64);
        }
    }
    Ok(Recording {
        format: "zivlab/multiple_maps",
        subject: name(folder.parent()),
        sessions,
        registration: Some(registration),
        notes,
    })
}

fn session_numbers(folder: &Path, options: &Options) -> Result<Vec<usize>, Error> {
    let number = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?.strip_prefix("behavior_")?;
        let number: usize = name.strip_suffix(".mat")?.parse().ok()?;
        (number > 0).then_some(number)
    };
    let mut found: Vec<usize> = files(folder)?.iter().filter_map(number).collect();
    found.sort_unstable();
    let missing = |expected: String| Error::MissingFiles {
        folder: folder.to_owned(),
        expected,
    };
    if found.is_empty() {
        let expected =
            "files behavior_k.mat, finalEventsMat_k.mat, frameLog_k.csv and cell_registration.mat";
        return Err(missing(expected.to_owned()));
    }
    if let Some(wanted) = &options.sessions {
        if let Some(number) = wanted.iter().find(|number| !found.contains(number)) {
            return Err(missing(format!("behavior_{number}.mat")));
        }
        found.retain(|number| wanted.contains(number));
    }
    for number in &found {
        for name in [
            format!("finalEventsMat_{number}.mat"),
            format!("frameLog_{number}.csv"),
        ] {
            if !folder.join(&name).exists() {
                return Err(missing(name));
            }
        }
    }
    if !folder.join("cell_registration.mat").exists() {
        return Err(missing("cell_registration.mat".to_owned()));
    }
    Ok(found)
}

/// Frames that are looked at together.
const BLOCK: usize = 64;

fn label(track: Option<&str>, number: usize) -> String {
    format!("{} {number}", track.unwrap_or("session"))
}

fn session(
    folder: &Path,
    track: Option<&str>,
    number: usize,
    columns: &[Option<usize>],
    options: &Options,
) -> Result<Session, Error> {
    let events_file = MatFile::open(folder.join(format!("finalEventsMat_{number}.mat")))?;
    let events = events_file.get("allEventsMat")?;
    let [frames, units] = events.dims()[..] else {
        return Err(events.wrong_shape("frames × cells"));
    };
    let log = folder.join(format!("frameLog_{number}.csv"));
    let log = FrameLog::read(&log, frames, &events)?;
    let behaviour_file = MatFile::open(folder.join(format!("behavior_{number}.mat")))?;
    let behaviour = behaviour::read(&behaviour_file)?;
    let mut notes: Vec<Note> = events_file.notes().chain(behaviour_file.notes()).collect();
    let pairs = log.pair(&behaviour, options, &mut notes)?;
    let used = columns.iter().flatten().count();
    if units > used {
        notes.push(Note::Unregistered {
            units: units - used,
        });
    }
    let mut samples = Samples::default();
    let mut trials = Vec::new();
    let mut pieces: Vec<(usize, usize, usize)> = Vec::new();
    for (trial, rows) in pairs {
        let imaging = log.frames(&rows);
        let length = trial.position.len().min(imaging.len());
        if trial.position.len() != imaging.len() {
            notes.push(Note::Cut {
                trial: trial.number,
                behaviour: trial.position.len(),
                imaging: imaging.len(),
            });
        }
        let start = samples.bin.len();
        let position_range = samples.append(trial, length);
        pieces.push((start, imaging.start, length));
        trials.push(Trial {
            number: trial.number,
            samples: start..start + length,
            behaviour_frames: trial.position.len(),
            imaging_frames: imaging.len(),
            frame_log_rows: rows,
            position_range,
        });
    }
    let trajectory = samples.trajectory()?;
    let numbers = events.numbers()?;
    let mut activity = FrameActivity::new(RATE_HZ, FrameKind::Events, trajectory.len());
    let mut cells = Vec::with_capacity(used);
    for (row, column) in columns.iter().enumerate() {
        let Some(column) = *column else { continue };
        if column >= units {
            return Err(Error::BadValue {
                file: folder.join("cell_registration.mat"),
                variable: "cell_to_index_map".to_owned(),
                index: (number - 1) * columns.len() + row,
                value: (column + 1) as f64,
                expected: "0 or a column of the session's allEventsMat",
            });
        }
        let values = &numbers[column * frames..(column + 1) * frames];
        // Without an early end, and in blocks of which most are silent, the compiler uses vectors.
        let is_amplitude = |value: &f64| (0.0..f64::INFINITY).contains(value);
        let all = |all: bool, value: &f64| all & is_amplitude(value);
        if !values.iter().fold(true, all)
            && let Some(frame) = values.iter().position(|value| !is_amplitude(value))
        {
            let expected = "an event's amplitude: a finite number, at least 0";
            return Err(events.bad_value(column * frames + frame, values[frame], expected));
        }
        activity.push_cell(pieces.iter().flat_map(|&(start, from, length)| {
            let blocks = values[from..from + length].chunks(BLOCK).enumerate();
            let active =
                |block: &[f64]| block.iter().fold(false, |any, value| any | (*value != 0.0));
            blocks
                .filter(move |(_, block)| active(block))
                .flat_map(move |(number, block)| {
                    let frames = start + number * BLOCK..;
                    frames.zip(block.iter().copied())
                })
        }));
        cells.push(Cell {
            label: format!("cell {}", row + 1),
            region: Some("CA1".to_owned()),
            identity: Some(Identity::Registered(row)),
        });
    }
    if activity.is_silent() {
        notes.push(Note::Silent);
    }
    Ok(Session {
        number,
        date: log.date(),
        environment: track.map(str::to_owned),
        exposure: Some(number as u32),
        trajectory: Some(trajectory),
        trials,
        recorded_units: units,
        notes,
        ..Session::new(label(track, number), cells, Activity::Frames(activity))
    })
}

/// What the samples of all trials are.
#[derive(Default)]
struct Samples {
    position: Vec<f64>,
    bin: Vec<u32>,
    speed: Vec<f64>,
    running: Vec<Option<TrackDirection>>,
}

impl Samples {
    /// Adds the first `length` samples of a trial; returns the range that the bins span.
    fn append(&mut self, trial: &TrialBehaviour, length: usize) -> [f64; 2] {
        let low = trial.position.iter().copied().fold(0.0, f64::min);
        let high = trial.position.iter().copied().fold(1.0, f64::max);
        for (x, velocity) in trial.position.iter().zip(&trial.velocity).take(length) {
            let bin = ((x - low) / (high - low) * f64::from(BINS)).ceil();
            self.position.push(x * trial.cm_per_unit);
            self.bin.push((bin as u32).max(1));
            self.speed.push(velocity.abs());
            self.running.push(TrackDirection::of(*velocity));
        }
        [low, high]
    }

    fn trajectory(self) -> Result<Trajectory, Error> {
        let clock = Trajectory::even(self.bin.len(), 0.0, RATE_HZ)?;
        Ok(Trajectory {
            clock: Clock::JoinedFrames,
            position: Some(Position::Line(self.position)),
            bins: Some(TrackBins {
                bin: self.bin,
                count: BINS,
                width_cm: BIN_CM,
            }),
            speed: Some(self.speed),
            running: Some(self.running),
            ..clock
        })
    }
}
