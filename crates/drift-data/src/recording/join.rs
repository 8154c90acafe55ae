//! One session from activity and positions that were recorded apart, each on its own clock.

use nalgebra::DMatrix;

use super::check::equal;
use super::{
    Activity, Cell, FrameActivity, FrameKind, Identity, Note, Recording, Registration, Session,
    Trajectory,
};
use crate::Error;

/// Activity in frames as a file holds it, lost frames and all.
#[derive(Debug, Clone, PartialEq)]
pub struct Frames {
    /// File and series, for messages.
    pub place: String,
    /// Values (frames × cells); NaN where nothing was recorded.
    pub values: DMatrix<f64>,
    /// What the values are.
    pub kind: FrameKind,
    /// The clock of the frames: a [`Trajectory`] without position, [`Trajectory::even`] or
    /// [`Trajectory::new`].
    pub clock: Trajectory,
}

/// Where the animal was, with what the loader has to say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The trajectory on its own clock.
    pub trajectory: Trajectory,
    /// Notes of the loader.
    pub notes: Vec<Note>,
}

impl Session {
    /// A session of frames: the positions are taken at the frames, frames in which a cell has no
    /// value go (for all cells), cells without any value go, and notes say so.
    ///
    /// # Errors
    /// [`Error::Unequal`] where cells, values and clock differ in number, or the lists of a
    /// trajectory, [`Error::CellValue`] for a value that is infinite or not of the kind,
    /// [`Error::NothingLeft`] if every frame is lost, [`Error::Parameter`] for times that do not rise
    /// and for more than 2³² − 1 frames.
    pub fn of_frames(
        label: impl Into<String>,
        cells: Vec<Cell>,
        frames: Frames,
        place: Option<Place>,
    ) -> Result<Self, Error> {
        let Frames {
            place: source,
            values,
            kind,
            clock,
        } = frames;
        let (label, empty) = (label.into(), Activity::Spikes(Vec::new()));
        let (columns, rows) = (values.ncols(), values.nrows());
        equal(&label, "activity (columns)", columns, "cells", cells.len())?;
        equal(&label, "activity (frames)", rows, "the clock", clock.len())?;
        clock.check(&label)?;
        let (mut trajectory, mut notes) = match place {
            None => (clock, vec![Note::NoTrajectory]),
            Some(Place {
                trajectory,
                mut notes,
            }) => {
                trajectory.check(&label)?;
                if trajectory.time == clock.time {
                    (trajectory, notes)
                } else {
                    let (moved, missing) = trajectory.at(clock);
                    notes.push(Note::ResampledPosition { missing });
                    (moved, notes)
                }
            }
        };
        let uneven = |note: &Note| matches!(note, Note::UnevenClock { .. });
        if !notes.iter().any(uneven) {
            notes.extend(trajectory.notes().into_iter().find(uneven));
        }
        let mut session = Self {
            notes,
            ..Self::new(label, cells, empty)
        };
        let (kept, present) = session.present(&values);
        if present.len() < values.nrows() {
            trajectory = trajectory.select(&present);
        }
        if present.is_empty() {
            return Err(Error::NothingLeft {
                session: format!("{} ({source})", session.label),
                filter: "frames in which every cell has a value".to_owned(),
            });
        }
        let time: f64 = trajectory.durations.iter().sum();
        let rate = if trajectory.is_uneven() {
            present.len() as f64 / time
        } else {
            1.0 / trajectory.sample_interval
        };
        if u32::try_from(present.len()).is_err() {
            let frames = present.len() as f64;
            return Err(Error::parameter("frames", frames, "fewer than 2^32"));
        }
        let mut activity = FrameActivity::new(rate, kind, present.len());
        for &column in &kept {
            let cell = values.column(column);
            for &frame in &present {
                if let Some(expected) = kind.refuses(cell[frame]) {
                    return Err(Error::CellValue {
                        place: source,
                        cell: session.cells[column].label.clone(),
                        frame,
                        value: cell[frame],
                        expected,
                    });
                }
            }
            activity.push_cell(present.iter().map(|frame| cell[*frame]).enumerate());
        }
        if kind != FrameKind::Trace && activity.is_silent() {
            session.notes.push(Note::Silent);
        }
        let cells = kept.iter().map(|cell| session.cells[*cell].clone());
        session.cells = cells.collect();
        session.trajectory = Some(trajectory);
        activity.set_source(&source);
        session.activity = Activity::Frames(activity);
        Ok(session)
    }

    /// The cells with a value and the frames in which all of them have one; notes what is lost.
    fn present(&mut self, values: &DMatrix<f64>) -> (Vec<usize>, Vec<usize>) {
        let has_values = |cell: &usize| values.column(*cell).iter().any(|value| !value.is_nan());
        let kept: Vec<usize> = (0..values.ncols())
            .filter(|cell| values.nrows() == 0 || has_values(cell))
            .collect();
        if kept.len() < values.ncols() {
            let gone = (0..values.ncols()).filter(|cell| kept.binary_search(cell).is_err());
            let cells = gone.map(|cell| self.cells[cell].label.clone()).collect();
            self.notes.push(Note::CellsWithoutValues { cells });
        }
        let mut lost = vec![false; values.nrows()];
        let mut incomplete = 0;
        for &cell in &kept {
            let mut complete = true;
            for (frame, value) in values.column(cell).iter().enumerate() {
                lost[frame] |= value.is_nan();
                complete &= !value.is_nan();
            }
            incomplete += usize::from(!complete);
        }
        let present: Vec<usize> = (0..lost.len()).filter(|frame| !lost[*frame]).collect();
        if present.len() < lost.len() {
            self.notes.push(Note::LostFrames {
                frames: lost.len() - present.len(),
                cells: incomplete,
            });
        }
        (kept, present)
    }

    /// A session of spike trains: times in s on the clock of the trajectory, in any order.
    ///
    /// # Errors
    /// [`Error::Unequal`] where cells and trains differ in number, or the lists of the trajectory,
    /// [`Error::CellValue`] for a time that is not finite, [`Error::Parameter`] for a trajectory whose
    /// times do not rise.
    pub fn of_spikes(
        label: impl Into<String>,
        cells: Vec<Cell>,
        mut trains: Vec<Vec<f64>>,
        place: Option<Place>,
    ) -> Result<Self, Error> {
        let label = label.into();
        equal(
            &label,
            "activity (trains)",
            trains.len(),
            "cells",
            cells.len(),
        )?;
        let (trajectory, mut notes) = match place {
            Some(Place { trajectory, notes }) => (Some(trajectory), notes),
            None => (None, vec![Note::NoTrajectory]),
        };
        if let Some(trajectory) = &trajectory {
            trajectory.check(&label)?;
        }
        for (cell, train) in cells.iter().zip(&mut trains) {
            if let Some(spike) = train.iter().position(|time| !time.is_finite()) {
                return Err(Error::CellValue {
                    place: format!("spikes of session {label}"),
                    cell: cell.label.clone(),
                    frame: spike,
                    value: train[spike],
                    expected: "a finite time",
                });
            }
            train.sort_by(f64::total_cmp);
            if let Some(trajectory) = &trajectory {
                notes.extend(outside(&cell.label, train, trajectory));
            }
        }
        if trains.iter().all(Vec::is_empty) {
            notes.push(Note::Silent);
        }
        Ok(Self {
            trajectory,
            notes,
            ..Self::new(label, cells, Activity::Spikes(trains))
        })
    }
}

/// The first `rows` rows of matrices, side by side.
#[cfg(any(feature = "folder", feature = "nwb"))]
pub(crate) fn beside(parts: &[DMatrix<f64>], rows: usize) -> DMatrix<f64> {
    let mut all = DMatrix::zeros(rows, parts.iter().map(DMatrix::ncols).sum());
    let mut start = 0;
    for part in parts {
        let mut columns = all.columns_mut(start, part.ncols());
        columns.copy_from(&part.rows(0, rows));
        start += part.ncols();
    }
    all
}

/// The note on a train with spikes before or after a trajectory.
pub(crate) fn outside(cell: &str, train: &[f64], trajectory: &Trajectory) -> Option<Note> {
    let (first, end) = (*trajectory.time.first()?, trajectory.end()?);
    let out = |time: &&f64| **time < first || **time > end;
    let spikes = train.iter().filter(out).count();
    let cell = cell.to_owned();
    (spikes > 0).then_some(Note::SpikesOutsideTrajectory { cell, spikes })
}

/// Recordings of the same format and subject become one recording, its sessions in order of their
/// dates (and, within a date, as given), with days counted from the first date where the files give
/// no days. Recordings that name no subject, or have a registration or a session without a date,
/// stay as they are: that two files are of one animal is never guessed.
///
/// Equal labels of cells on two days are not taken for the same cell.
#[must_use]
pub fn one_animal(recordings: Vec<Recording>) -> Vec<Recording> {
    let mut joined: Vec<Recording> = Vec::new();
    let dated = |recording: &Recording| {
        let mut sessions = recording.sessions.iter();
        recording.registration.is_none()
            && recording.subject.is_some()
            && sessions.all(|session| session.date.is_some())
    };
    for recording in recordings {
        let same = joined.iter_mut().find(|other| {
            dated(other)
                && dated(&recording)
                && other.format == recording.format
                && other.subject == recording.subject
        });
        match same {
            Some(other) => {
                other.sessions.extend(recording.sessions);
                other.notes.extend(recording.notes);
            }
            None => joined.push(recording),
        }
    }
    for recording in joined.iter_mut().filter(|recording| dated(recording)) {
        recording.sessions.sort_by_key(|session| session.date);
        let first = recording.sessions.iter().find_map(|session| session.date);
        let several = recording
            .sessions
            .windows(2)
            .any(|pair| pair[0].date != pair[1].date);
        for (index, session) in recording.sessions.iter_mut().enumerate() {
            session.number = index + 1;
            if let (Some(first), Some(date)) = (first, session.date) {
                let day = (date.day_number() - first.day_number() + 1) as f64;
                session.day = session.day.or(Some(day));
                if several {
                    session.label = match session.label.as_str() {
                        "whole file" => date.to_string(),
                        label => format!("{date} {label}"),
                    };
                }
            }
        }
    }
    joined
}

impl Recording {
    /// Gives the cells their identity across sessions.
    ///
    /// The columns of `registration` are positions in the `cells` of the sessions, which keep cells
    /// that no row names; those have no identity.
    ///
    /// # Errors
    /// [`Error::Unequal`] if it has another number of sessions or of rows in one of them,
    /// [`Error::Parameter`] for a column that a session does not have or two rows share.
    pub fn register(&mut self, registration: Registration) -> Result<(), Error> {
        let label = self.subject.as_deref().unwrap_or("recording");
        let (found, sessions) = (registration.columns.len(), self.sessions.len());
        equal(
            label,
            "registration (sessions)",
            found,
            "the recording",
            sessions,
        )?;
        for (session, columns) in self.sessions.iter().zip(&registration.columns) {
            let (found, cells) = (columns.len(), registration.cells);
            equal(label, "registration (rows)", found, "cells", cells)?;
            let mut named = vec![false; session.cells.len()];
            for column in columns.iter().flatten() {
                let expected = match named.get_mut(*column) {
                    Some(seen) if !*seen => {
                        *seen = true;
                        continue;
                    }
                    Some(_) => "a cell that no other row names in this session",
                    None => "less than the session's number of cells",
                };
                let value = *column as f64;
                return Err(Error::parameter("registration column", value, expected));
            }
        }
        for (session, columns) in self.sessions.iter_mut().zip(&registration.columns) {
            for cell in &mut session.cells {
                cell.identity = None;
            }
            for (row, column) in columns.iter().enumerate() {
                let Some(column) = *column else { continue };
                session.cells[column].identity = Some(Identity::Registered(row));
            }
        }
        self.registration = Some(registration);
        Ok(())
    }
}
