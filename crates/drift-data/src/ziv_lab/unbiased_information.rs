//! `zivlab/unbiased_information_estimation`: activity and position bins of the running periods.
//!
//! Two files for each mouse: `<mouse>_spike_train.mat` and `<mouse>_stimulus_trace.mat`, each a cell array of
//! 2 environments × 4 sessions × 2 running directions; an element is frames × cells of activity, or frames × 1 of bins.
//! The sample files hold one matrix instead of the cell array. The activity is estimated from fluorescence: in CA1 it is
//! not integer.
//!
//! **Not in the files**: the frame rate (20 Hz, but 10 Hz for C8M2), the times (only running frames were kept, so the
//! clock is [`Clock::JoinedFrames`]), which direction is which, and the identity of cells across sessions: the number of
//! cells differs, and equal columns are not the same cells.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{BIN_CM, BINS, SIDES, region};
use crate::mat::{MatFile, MatRef, MatValue};
use crate::recording::{
    Activity, Cell, Clock, FrameActivity, FrameKind, Note, Recording, Session, TrackBins,
    TrackDirection, Trajectory, Trial,
};
use crate::{Error, error::positive, files};

/// Environments, sessions and directions of the cell arrays.
const SHAPE: [usize; 3] = [2, 4, 2];

/// How the files are read.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Options {
    /// Frames per second; if `None` the published ones: 10 Hz for the mouse C8M2, else 20 Hz.
    pub rate_hz: Option<f64>,
}

/// The mice of a folder: every name in front of `_spike_train.mat` or `_simulated_spike_train.mat`, sorted.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read, [`Error::MissingFiles`] if it has no such file.
pub fn mice(folder: impl AsRef<Path>) -> Result<Vec<String>, Error> {
    let folder = folder.as_ref();
    let mouse = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?;
        let name = name.strip_suffix("_spike_train.mat")?;
        let name = name.strip_suffix("_simulated").unwrap_or(name);
        (name != "simulated").then(|| name.to_owned())
    };
    let names: BTreeSet<String> = files(folder)?.iter().filter_map(mouse).collect();
    if names.is_empty() {
        return Err(Error::MissingFiles {
            folder: folder.to_owned(),
            expected: "files <mouse>_spike_train.mat and <mouse>_stimulus_trace.mat".to_owned(),
        });
    }
    Ok(names.into_iter().collect())
}

/// Reads one mouse of a folder.
///
/// # Errors
/// [`Error::MissingFiles`] if one of the two files is not there; otherwise as [`load_files`].
pub fn load(folder: impl AsRef<Path>, mouse: &str, options: &Options) -> Result<Recording, Error> {
    let folder = folder.as_ref();
    let find = |names: &[String]| -> Result<PathBuf, Error> {
        let mut paths = names.iter().map(|name| folder.join(name));
        let found = paths.find(|path| path.exists());
        found.ok_or_else(|| Error::MissingFiles {
            folder: folder.to_owned(),
            expected: names.join(" or "),
        })
    };
    let activity = find(&[
        format!("{mouse}_spike_train.mat"),
        format!("{mouse}_simulated_spike_train.mat"),
    ])?;
    let stimulus = find(&[format!("{mouse}_stimulus_trace.mat")])?;
    load_files(activity, stimulus, Some(mouse), options)
}

/// Reads a pair of files: a session for each environment and session number, its two directions joined.
///
/// # Errors
/// [`Error::FrameCount`] if activity and bins differ in length, [`Error::WrongShape`] if the two directions differ in
/// cells or the cell array is not 2 × 4 × 2, [`Error::BadValue`] for a bin that is not a whole number from 1 to 24 or
/// activity that is not a finite number of at least 0, [`Error::MissingVariable`] and everything that
/// [`MatFile::open`] reports.
pub fn load_files(
    spike_train: impl AsRef<Path>,
    stimulus_trace: impl AsRef<Path>,
    mouse: Option<&str>,
    options: &Options,
) -> Result<Recording, Error> {
    let published = if mouse == Some("C8M2") { 10.0 } else { 20.0 };
    let rate_hz = positive("rate_hz", options.rate_hz.unwrap_or(published))?;
    let activity_file = MatFile::open(spike_train)?;
    let stimulus_file = MatFile::open(stimulus_trace)?;
    let activity = match activity_file.find("simulated_spike_train") {
        Some(simulated) => simulated,
        None => activity_file.get("spike_train")?,
    };
    let stimulus = stimulus_file.get("stimulus_trace")?;
    let mut notes: Vec<Note> = activity_file.notes().chain(stimulus_file.notes()).collect();
    if options.rate_hz.is_none() {
        notes.push(Note::AssumedRate { rate_hz });
    }
    let mut sessions = Vec::new();
    let mut add = |environment, number, pieces: Vec<Piece<'_>>| -> Result<(), Error> {
        match session(environment, number, pieces, mouse, rate_hz)? {
            Ok(session) => sessions.push(session),
            Err(label) => notes.push(Note::EmptySession { label }),
        }
        Ok(())
    };
    if matches!(activity.value(), MatValue::Cell(_)) {
        for array in [&activity, &stimulus] {
            if array.dims()[..] != SHAPE {
                return Err(array.wrong_shape("2 × 4 × 2 cells (environment, session, direction)"));
            }
        }
        for environment in 0..SHAPE[0] {
            for number in 0..SHAPE[1] {
                let mut pieces = Vec::new();
                for (direction, side) in SIDES.into_iter().enumerate() {
                    let place = [environment, number, direction];
                    let (activity, bins) = (activity.cell_at(&place)?, stimulus.cell_at(&place)?);
                    pieces.push(Piece::new(activity, bins, Some(side))?);
                }
                add(Some(environment + 1), number + 1, pieces)?;
            }
        }
    } else {
        add(None, 1, vec![Piece::new(activity, stimulus, None)?])?;
    }
    Ok(Recording {
        format: "zivlab/unbiased_information_estimation",
        subject: mouse.map(str::to_owned),
        sessions,
        registration: None,
        notes,
    })
}

/// Activity and bins of one running direction.
struct Piece<'a> {
    activity: MatRef<'a>,
    bins: Vec<u32>,
    direction: Option<TrackDirection>,
}

impl<'a> Piece<'a> {
    fn new(
        activity: MatRef<'a>,
        stimulus: MatRef<'a>,
        direction: Option<TrackDirection>,
    ) -> Result<Self, Error> {
        let values = stimulus.vector()?;
        let frames = match activity.dims()[..] {
            _ if activity.is_empty() => 0,
            [frames, _] => frames,
            _ => return Err(activity.wrong_shape("frames × cells")),
        };
        if values.len() != frames {
            return Err(Error::FrameCount {
                file: stimulus.file().to_owned(),
                variable: stimulus.path().to_owned(),
                found: values.len(),
                reference: format!("{} of {}", activity.path(), activity.file().display()),
                expected: frames,
            });
        }
        let is_bin = |value: f64| (1.0..=f64::from(BINS)).contains(&value) && value.fract() == 0.0;
        let expected = "a bin of the track, a whole number from 1 to 24";
        stimulus.check(&values, is_bin, expected)?;
        Ok(Self {
            activity,
            bins: values.iter().map(|bin| *bin as u32).collect(),
            direction,
        })
    }

    fn cells(&self) -> usize {
        self.activity.dims().get(1).copied().unwrap_or(0)
    }

    /// The nonzero entries of each cell.
    fn entries(&self) -> Result<Vec<Vec<(usize, f64)>>, Error> {
        let frames = self.bins.len();
        let cells: Vec<Vec<(usize, f64)>> = match self.activity.value() {
            MatValue::Sparse(matrix) if matrix.imaginary.is_none() => {
                let rows = matrix.row_indices.iter().map(|row| *row as usize);
                let entries: Vec<(usize, f64)> = rows.zip(matrix.real.iter().copied()).collect();
                let column = |bounds: &[usize]| {
                    let mut column = entries[bounds[0]..bounds[1]].to_vec();
                    column.sort_by_key(|(row, _)| *row);
                    column
                };
                matrix.column_starts.windows(2).map(column).collect()
            }
            _ => {
                let column = |values: &[f64]| {
                    let entries = values.iter().copied().enumerate();
                    entries.filter(|(_, value)| *value != 0.0).collect()
                };
                self.activity
                    .numbers()?
                    .chunks(frames)
                    .map(column)
                    .collect()
            }
        };
        for (column, entries) in cells.iter().enumerate() {
            for (row, value) in entries {
                if !(0.0..f64::INFINITY).contains(value) {
                    let expected = "activity: a finite number, at least 0";
                    return Err(self
                        .activity
                        .bad_value(column * frames + row, *value, expected));
                }
            }
        }
        Ok(cells)
    }
}

/// Joins the pieces of a session; `Err` with its name if all are empty.
fn session(
    environment: Option<usize>,
    number: usize,
    mut pieces: Vec<Piece<'_>>,
    mouse: Option<&str>,
    rate_hz: f64,
) -> Result<Result<Session, String>, Error> {
    let label = match environment {
        Some(environment) => format!("environment {environment} session {number}"),
        None => format!("session {number}"),
    };
    let mut notes = Vec::new();
    for piece in &pieces {
        if let (true, Some(direction)) = (piece.bins.is_empty(), piece.direction) {
            notes.push(Note::EmptySession {
                label: format!("{label}, direction {direction:?}"),
            });
        }
    }
    pieces.retain(|piece| !piece.bins.is_empty());
    let Some(first) = pieces.first() else {
        return Ok(Err(label));
    };
    let cells = first.cells();
    if let Some(other) = pieces.iter().find(|piece| piece.cells() != cells) {
        return Err(other
            .activity
            .wrong_shape(format!("{cells} columns, as in the other direction")));
    }
    let mut joined: Vec<Vec<(usize, f64)>> = vec![Vec::new(); cells];
    let (mut bin, mut running, mut trials) = (Vec::new(), Vec::new(), Vec::new());
    for (index, piece) in pieces.iter().enumerate() {
        let start = bin.len();
        for (cell, entries) in joined.iter_mut().zip(piece.entries()?) {
            let entries = entries.into_iter();
            cell.extend(entries.map(|(frame, value)| (start + frame, value)));
        }
        bin.extend_from_slice(&piece.bins);
        running.extend(std::iter::repeat_n(piece.direction, piece.bins.len()));
        trials.push(Trial {
            number: match piece.direction {
                Some(TrackDirection::Left) => 2,
                Some(TrackDirection::Right) => 1,
                None => index + 1,
            },
            samples: start..bin.len(),
            behaviour_frames: piece.bins.len(),
            imaging_frames: piece.bins.len(),
            frame_log_rows: 0..0,
            position_range: [0.0, f64::from(BINS) * BIN_CM],
        });
    }
    let mut values = joined.iter().flatten();
    let kind = match values.all(|(_, value)| value.fract() == 0.0) {
        true => FrameKind::Counts,
        false => FrameKind::Amplitudes,
    };
    let mut frames = FrameActivity::new(rate_hz, kind, bin.len());
    for entries in joined {
        frames.push_cell(entries);
    }
    if frames.is_silent() {
        notes.push(Note::Silent);
    }
    let has_direction = running.iter().any(Option::is_some);
    let clock = Trajectory::even(bin.len(), 0.0, rate_hz)?;
    let trajectory = Trajectory {
        clock: Clock::JoinedFrames,
        bins: Some(TrackBins {
            bin,
            count: BINS,
            width_cm: BIN_CM,
        }),
        running: has_direction.then_some(running),
        ..clock
    };
    let cells = Cell::numbered(cells, mouse.and_then(region));
    Ok(Ok(Session {
        number,
        environment: environment.map(|environment| environment.to_string()),
        trajectory: Some(trajectory),
        trials,
        notes,
        ..Session::new(label, cells, Activity::Frames(frames))
    }))
}
