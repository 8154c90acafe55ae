//! One session from activity and positions that were recorded apart, each on its own clock.

use nalgebra::DMatrix;

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
    /// [`Error::Unequal`] where cells, values and clock differ in number, [`Error::CellValue`] for
    /// a value that is infinite or not of the kind, [`Error::NothingLeft`] if every frame is lost,
    /// [`Error::Parameter`] for more than 2³² − 1 frames.
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
        let empty = Activity::Spikes(Vec::new());
        let mut session = Self::new(label, cells, empty);
        session.equal(
            "activity (columns)",
            values.ncols(),
            "cells",
            session.cells.len(),
        )?;
        session.equal(
            "activity (frames)",
            values.nrows(),
            "the clock",
            clock.len(),
        )?;
        let (mut trajectory, notes) = match place {
            None => (clock, vec![Note::NoTrajectory]),
            Some(Place { trajectory, notes }) if trajectory.time == clock.time => {
                (trajectory, notes)
            }
            Some(Place {
                trajectory,
                mut notes,
            }) => {
                let (moved, missing) = trajectory.at(clock);
                notes.push(Note::ResampledPosition { missing });
                (moved, notes)
            }
        };
        session.notes = notes;
        if let note @ Some(_) = uneven(&trajectory)
            && !session
                .notes
                .iter()
                .any(|note| matches!(note, Note::UnevenClock { .. }))
        {
            session.notes.extend(note);
        }
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
            return Err(Error::Parameter {
                field: "frames",
                value: present.len() as f64,
                expected: "fewer than 2^32",
            });
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
        if kind != FrameKind::Trace && (0..kept.len()).all(|cell| activity.events(cell) == 0) {
            session.notes.push(Note::Silent);
        }
        session.cells = kept
            .iter()
            .map(|cell| session.cells[*cell].clone())
            .collect();
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
    /// [`Error::Unequal`] where cells and trains differ in number, [`Error::CellValue`] for a time
    /// that is not finite.
    pub fn of_spikes(
        label: impl Into<String>,
        cells: Vec<Cell>,
        mut trains: Vec<Vec<f64>>,
        place: Option<Place>,
    ) -> Result<Self, Error> {
        let mut session = Self::new(label, cells, Activity::Spikes(Vec::new()));
        session.equal(
            "activity (trains)",
            trains.len(),
            "cells",
            session.cells.len(),
        )?;
        let (trajectory, notes) = match place {
            Some(Place { trajectory, notes }) => (Some(trajectory), notes),
            None => (None, vec![Note::NoTrajectory]),
        };
        session.notes = notes;
        for (cell, train) in session.cells.iter().zip(&mut trains) {
            if let Some(spike) = train.iter().position(|time| !time.is_finite()) {
                return Err(Error::CellValue {
                    place: format!("spikes of session {}", session.label),
                    cell: cell.label.clone(),
                    frame: spike,
                    value: train[spike],
                    expected: "a finite time",
                });
            }
            train.sort_by(f64::total_cmp);
            if let Some(trajectory) = &trajectory {
                session
                    .notes
                    .extend(outside(&cell.label, train, trajectory));
            }
        }
        if trains.iter().all(Vec::is_empty) {
            session.notes.push(Note::Silent);
        }
        session.trajectory = trajectory;
        session.activity = Activity::Spikes(trains);
        Ok(session)
    }
}

/// The note on a train with spikes before or after a trajectory.
pub(crate) fn outside(cell: &str, train: &[f64], trajectory: &Trajectory) -> Option<Note> {
    let (first, end) = (*trajectory.time.first()?, trajectory.end()?);
    let spikes = train
        .iter()
        .filter(|time| **time < first || **time > end)
        .count();
    let cell = cell.to_owned();
    (spikes > 0).then_some(Note::SpikesOutsideTrajectory { cell, spikes })
}

fn uneven(trajectory: &Trajectory) -> Option<Note> {
    let notes = trajectory.notes().into_iter();
    notes
        .into_iter()
        .find(|note| matches!(note, Note::UnevenClock { .. }))
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
        recording.registration.is_none()
            && recording.subject.is_some()
            && recording
                .sessions
                .iter()
                .all(|session| session.date.is_some())
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
        let unequal = |part, found, reference, expected| Error::Unequal {
            session: self
                .subject
                .clone()
                .unwrap_or_else(|| "recording".to_owned()),
            part,
            found,
            reference,
            expected,
        };
        if registration.columns.len() != self.sessions.len() {
            let (found, expected) = (registration.columns.len(), self.sessions.len());
            return Err(unequal(
                "registration (sessions)",
                found,
                "the recording",
                expected,
            ));
        }
        for (session, columns) in self.sessions.iter().zip(&registration.columns) {
            if columns.len() != registration.cells {
                let (found, expected) = (columns.len(), registration.cells);
                return Err(unequal("registration (rows)", found, "cells", expected));
            }
            let mut named = vec![false; session.cells.len()];
            for column in columns.iter().flatten() {
                match named.get_mut(*column) {
                    Some(seen) if !*seen => *seen = true,
                    taken => {
                        return Err(Error::Parameter {
                            field: "registration column",
                            value: *column as f64,
                            expected: match taken {
                                Some(_) => "a cell that no other row names in this session",
                                None => "less than the session's number of cells",
                            },
                        });
                    }
                }
            }
        }
        for (session, columns) in self.sessions.iter_mut().zip(&registration.columns) {
            for cell in &mut session.cells {
                cell.identity = None;
            }
            for (row, column) in columns.iter().enumerate() {
                if let Some(column) = column {
                    session.cells[*column].identity = Some(Identity::Registered(row));
                }
            }
        }
        self.registration = Some(registration);
        Ok(())
    }
}
