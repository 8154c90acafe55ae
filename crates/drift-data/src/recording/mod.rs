//! What every loader returns: sessions in order, each with its trajectory, cells and activity.

mod activity;
mod cells;
mod check;
mod choices;
mod date;
mod filter;
mod join;
mod motion;
mod note;
mod over_time;
mod trace;
mod trajectory;

pub use activity::{Activity, FrameActivity, FrameKind, MapLayer, RateMaps};
pub use cells::{Cell, CellChoice, Identity, Registration};
pub use choices::Choices;
pub use date::Date;
pub use filter::{EmptySessions, Filter};
#[cfg(feature = "hc6")]
pub(crate) use join::outside;
pub use join::{Frames, Place, one_animal};
pub use motion::Track;
pub use note::Note;
pub use trace::TraceUse;
pub use trajectory::{Clock, Position, TrackBins, TrackDirection, Trajectory};
#[cfg(any(feature = "folder", feature = "nwb"))]
pub(crate) use {join::beside, motion::range};

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use crate::Error;

/// What happens to a session or a file that cannot be read, where others can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Faults {
    /// Its error is that of the whole.
    #[default]
    Refuse,
    /// It is left out, and a [`Note::LeftOut`] says why.
    LeaveOut,
}

/// A recording of one animal over sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The format it came from: `hc-6`, `zivlab/multiple_maps`, ….
    pub format: &'static str,
    /// The animal, if the files or their names tell.
    pub subject: Option<String>,
    /// The sessions in the order of time.
    pub sessions: Vec<Session>,
    /// Which cell of one session is which of another, where somebody found out.
    pub registration: Option<Registration>,
    /// What the loader did that a reader should know.
    pub notes: Vec<Note>,
}

/// One session (a run, a sleep, a set of trials in one environment).
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// A name for messages and axes: `day 2 epoch 4`, `A 3`.
    pub label: String,
    /// The session's number in its files, 1-based (the epoch of hc-6, the session of a track).
    pub number: usize,
    /// Calendar date, if the files tell.
    pub date: Option<Date>,
    /// Day as the files give it, or days since the first session with a date, from 1. May be
    /// negative (counted from a manipulation) or a fraction.
    pub day: Option<f64>,
    /// Name of the environment.
    pub environment: Option<String>,
    /// How many times the animal has been in this environment, this one included.
    pub exposure: Option<u32>,
    /// Length that the files state, minutes; it may be longer than what the samples cover.
    pub minutes: Option<f64>,
    /// What the animal did.
    pub epoch: EpochKind,
    /// Where the animal was.
    pub trajectory: Option<Trajectory>,
    /// The pieces that the session is joined from, if it is.
    pub trials: Vec<Trial>,
    /// The cells, in the order of the activity's columns.
    pub cells: Vec<Cell>,
    /// Units in the session's files; fewer are in `cells` if some belong to no registered cell.
    pub recorded_units: usize,
    /// What the cells did.
    pub activity: Activity,
    /// What the loader did that a reader should know.
    pub notes: Vec<Note>,
}

/// A piece of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The trial's number in its files, 1-based.
    pub number: usize,
    /// Its samples in the session's trajectory and frames.
    pub samples: Range<usize>,
    /// Frames of behaviour before they were cut to match.
    pub behaviour_frames: usize,
    /// Frames of imaging before they were cut to match.
    pub imaging_frames: usize,
    /// Rows of the frame log it was read from, 0-based.
    pub frame_log_rows: Range<usize>,
    /// Lowest and highest position that the trial's bins span, in the position's own unit.
    pub position_range: [f64; 2],
}

/// What the animal did in a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EpochKind {
    /// Ran in the environment.
    Run,
    /// Slept.
    Sleep,
    /// Rested.
    Rest,
    /// Something else, as the files call it.
    Other(String),
}

impl EpochKind {
    /// The kind from the word that files use, whatever its case.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "run" => Self::Run,
            "sleep" => Self::Sleep,
            "rest" => Self::Rest,
            _ => Self::Other(word.trim().to_owned()),
        }
    }
}

impl fmt::Display for EpochKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Run => "run",
            Self::Sleep => "sleep",
            Self::Rest => "rest",
            Self::Other(word) => word,
        })
    }
}

impl Recording {
    /// The recording with some of its sessions only, in the given order.
    ///
    /// # Panics
    /// If there is no such session.
    #[must_use]
    pub fn of_sessions(&self, kept: &[usize]) -> Self {
        let sessions = kept.iter().map(|index| self.sessions[*index].clone());
        self.with_sessions(sessions.collect(), kept)
    }

    /// The recording with other sessions in place of those at `kept`.
    fn with_sessions(&self, sessions: Vec<Session>, kept: &[usize]) -> Self {
        let registration = self.registration.as_ref();
        Self {
            sessions,
            registration: registration.map(|registration| registration.of_sessions(kept)),
            notes: self.notes.clone(),
            subject: self.subject.clone(),
            ..*self
        }
    }

    /// What [`Filter`] leaves, session by session, in a new recording.
    ///
    /// # Errors
    /// As [`Session::filtered`]; a session of which nothing is left is an error or is left out, as the filter says.
    pub fn filtered(&self, filter: &Filter) -> Result<Self, Error> {
        let mut sessions = Vec::with_capacity(self.sessions.len());
        let mut kept = Vec::new();
        for (index, session) in self.sessions.iter().enumerate() {
            if !filter.wants(session) {
                continue;
            }
            match session.filtered(filter) {
                Ok(session) => {
                    sessions.push(session);
                    kept.push(index);
                }
                Err(Error::NothingLeft { .. })
                    if filter.empty_sessions == EmptySessions::LeaveOut => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.with_sessions(sessions, &kept))
    }

    /// The cells that two sessions share, as pairs of positions in their `cells`.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] if the recording does not say which cell of one session is which of the other. It is never
    /// guessed from numbers that happen to agree.
    ///
    /// # Panics
    /// If there is no such session.
    pub fn shared_cells(&self, a: usize, b: usize) -> Result<Vec<(usize, usize)>, Error> {
        let (first, second) = (&self.sessions[a], &self.sessions[b]);
        if a == b {
            return Ok((0..first.cells.len()).map(|cell| (cell, cell)).collect());
        }
        if self.registration.is_none() && !first.same_identities(second) {
            return Err(Error::NotRecorded {
                session: format!("{} and {}", first.label, second.label),
                wanted: "the identity of cells across these sessions",
            });
        }
        let positions = second.cells.iter().enumerate();
        let positions: HashMap<&Identity, usize> = positions
            .filter_map(|(position, cell)| Some((cell.identity.as_ref()?, position)))
            .collect();
        let shared = |(position, cell): (usize, &Cell)| {
            Some((position, *positions.get(cell.identity.as_ref()?)?))
        };
        Ok(first.cells.iter().enumerate().filter_map(shared).collect())
    }
}

impl Session {
    /// A session with cells and what they did, and nothing else known: the fields say the rest.
    #[must_use]
    pub fn new(label: impl Into<String>, cells: Vec<Cell>, activity: Activity) -> Self {
        Self {
            label: label.into(),
            number: 1,
            date: None,
            day: None,
            environment: None,
            exposure: None,
            minutes: None,
            epoch: EpochKind::Run,
            trajectory: None,
            trials: Vec::new(),
            recorded_units: cells.len(),
            cells,
            activity,
            notes: Vec::new(),
        }
    }

    /// Whether the identities of the two sessions' cells can be compared: clusters of one day.
    fn same_identities(&self, other: &Self) -> bool {
        let day = |session: &Self| match session.cells.first().map(|cell| &cell.identity) {
            Some(Some(Identity::Cluster { day, .. })) => Some(*day),
            _ => None,
        };
        day(self).is_some() && day(self) == day(other)
    }

    /// Number of samples of the trajectory or of frames; 0 if the session has neither.
    #[must_use]
    pub fn samples(&self) -> usize {
        match (&self.activity, &self.trajectory) {
            (Activity::Frames(frames), _) => frames.frames(),
            (_, Some(trajectory)) => trajectory.len(),
            _ => 0,
        }
    }

    /// Time that each sample stands for (samples), s; `None` where there are no samples.
    ///
    /// The trajectory is the clock; frames without one are even.
    #[must_use]
    pub fn durations(&self) -> Option<Cow<'_, [f64]>> {
        match (&self.activity, &self.trajectory) {
            (_, Some(trajectory)) => Some(Cow::Borrowed(&trajectory.durations)),
            (Activity::Frames(frames), None) => {
                Some(Cow::Owned(vec![1.0 / frames.rate_hz(); frames.frames()]))
            }
            _ => None,
        }
    }

    /// Time that the samples cover, s: the sum of their durations; for spike trains without
    /// trajectory `None`.
    #[must_use]
    pub fn duration(&self) -> Option<f64> {
        Some(self.durations()?.iter().sum())
    }

    /// Mean rate of each cell (cells), Hz: spikes or events per second of the samples present.
    ///
    /// Frames of counts are summed, frames of rates are averaged over time; in frames of events and
    /// amplitudes every frame above 0 is one event. Rate maps give the mean of their visited bins, every bin the same
    /// weight (the 0.1 Hz rule of the paper is on this mean).
    /// NaN if the duration is unknown, if nothing was visited, and for traces, which have no rate.
    #[must_use]
    pub fn mean_rates(&self) -> Vec<f64> {
        match &self.activity {
            Activity::Spikes(trains) => {
                let duration = self.duration().unwrap_or(f64::NAN);
                let rates = trains.iter().map(|train| train.len() as f64 / duration);
                rates.collect()
            }
            Activity::Frames(frames) => frames.mean_rates(&self.durations().unwrap_or_default()),
            Activity::RateMaps(maps) => maps.mean_rates(),
        }
    }

    pub(crate) fn not_recorded(&self, wanted: &'static str) -> Error {
        Error::NotRecorded {
            session: self.label.clone(),
            wanted,
        }
    }
}
