//! Simulated units as an experiment would see them: events instead of rates, sessions of minutes,
//! some of the cells, errors of identity.
//!
//! ```text
//! RunRecord ── TrackCode ── Observation::of ── Recording (and the truth beside it)
//! PlaceCode ──┘
//! ```
//!
//! What comes out is a [`Recording`] like any other, so that whatever reads recordings reads an
//! observed simulation, and like is compared with like.
//!
//! Random numbers: the walk and the errors of registration have a stream a session, gains one a
//! unit, activity one a session and unit, and the choice of cells one of its own. So a cell does
//! the same whichever others are seen beside it, and fewer cells are some of the many.
//!
//! ```
//! use drift_sim::observe::{Observation, PlaceCode, Signal};
//!
//! let code = PlaceCode { cells: 20, ..PlaceCode::default() }.draw(2, 1)?;
//! let seen = Observation { minutes: 2.0, cells: Some(5), ..Observation::default() }.of(&code)?;
//! assert_eq!(seen.recording.sessions.len(), 2);
//! assert_eq!(seen.recording.sessions[0].cells.len(), 5);
//! assert_eq!(seen.truth.len(), 10); // five cells on two days
//! # Ok::<(), drift_sim::Error>(())
//! ```

mod signal;
mod track;
mod walk;

pub use signal::{Calcium, Signal};
pub use track::{CodeOfDay, PlaceCode, TrackCode};

use drift_data::{
    Activity, Cell, FrameActivity, FrameKind, Identity, Position, Recording, Registration, Session,
    Trajectory,
};
use nalgebra::DMatrix;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, LogNormal};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::check::{in_range, positive, within};
use crate::code::draws;
use signal::{events, spikes};
use walk::Walk;

/// How a code is observed.
///
/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `signal` | spikes | what is recorded of a cell: spikes, or events found in its fluorescence | |
/// | `rate_hz` | 5 | median over units of their highest expected rate, Hz; 0.08 is usual in calcium imaging | > 0 |
/// | `gain_spread` | 0.8 | standard deviation of the logarithm of a unit's gain, which stays for all days | ≥ 0 |
/// | `minutes` | 20 | length of a session | > 0 |
/// | `frame_hz` | 20 | frames (and positions) a second | > 0 |
/// | `cells` | all | units that are seen, by lot from those that are active on any day | ≥ 1 |
/// | `misregistered` | 0 | share of cells that get another's identity, each day but the first | 0 to 1 |
/// | `errors_chain` | true | identities go wrong from day to day; else each day against the first | |
/// | `track_cm` | 96 | length of the track, cm | 2 to 1000 |
/// | `speed_cm_s` | 9.6 | mean speed of the animal, which runs to and fro, cm/s | > 0 |
/// | `seed` | 0 | of all draws | |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Observation {
    /// What is recorded of a cell.
    pub signal: Signal,
    /// Median over units of their highest expected rate, Hz.
    pub rate_hz: f64,
    /// Standard deviation of the logarithm of a unit's gain.
    pub gain_spread: f64,
    /// Length of a session, minutes.
    pub minutes: f64,
    /// Frames a second.
    pub frame_hz: f64,
    /// Units that are seen; all that are active on any day unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cells: Option<usize>,
    /// Share of cells that get another's identity.
    pub misregistered: f64,
    /// Whether identities go wrong from day to day; else each day against the first.
    pub errors_chain: bool,
    /// Length of the track, cm.
    pub track_cm: f64,
    /// Mean speed, cm/s.
    pub speed_cm_s: f64,
    /// Seed of all draws.
    pub seed: u64,
}

impl Default for Observation {
    fn default() -> Self {
        Self {
            signal: Signal::Spikes,
            rate_hz: 5.0,
            gain_spread: 0.8,
            minutes: 20.0,
            frame_hz: 20.0,
            cells: None,
            misregistered: 0.0,
            errors_chain: true,
            track_cm: 96.0,
            speed_cm_s: 9.6,
            seed: 0,
        }
    }
}

/// One cell of one session, and which unit it is in truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueIdentity {
    /// Label of the session.
    pub session: String,
    /// Name of the cell in its session.
    pub cell: String,
    /// Index of the unit, from 0.
    pub unit: usize,
    /// Row of the registration that the cell was given to.
    pub registered_cell: usize,
}

/// A code as it was seen.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Observed {
    /// The recording, a session a day.
    pub recording: Recording,
    /// Which cell is which unit.
    pub truth: Vec<TrueIdentity>,
}

impl Observation {
    /// Refuses numbers that make no sense.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) with the field.
    pub fn check(&self) -> Result<(), Error> {
        for (field, value) in [
            ("rate_hz", self.rate_hz),
            ("minutes", self.minutes),
            ("frame_hz", self.frame_hz),
            ("speed_cm_s", self.speed_cm_s),
        ] {
            positive(field, value)?;
        }
        within("gain_spread", self.gain_spread, 0.0..=10.0)?;
        let share = self.misregistered;
        let known = (0.0..=1.0).contains(&share);
        in_range("misregistered", share, known, "a share, 0 to 1")?;
        let known = (2.0..=1000.0).contains(&self.track_cm);
        in_range("track_cm", self.track_cm, known, "2 to 1000 cm")?;
        let known = (2.0..1e8).contains(&self.frames());
        in_range("minutes", self.minutes, known, "2 to 10^8 frames")?;
        in_range("cells", 0, self.cells != Some(0), "at least 1")?;
        self.signal.check()
    }

    fn frames(&self) -> f64 {
        (60.0 * self.minutes * self.frame_hz).round()
    }

    /// Observes a code: a session a day, in which the animal runs to and fro on the track.
    ///
    /// A unit's expected rate at a place is that of the nearest sample of its code that was passed
    /// in the same direction, times its gain, times one factor for all: the one that makes the
    /// median over the active units of the highest rate on any day `rate_hz`.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for a setting, where more cells are asked for than are active, or where
    /// a unit would have more than 10⁸ spikes in a session.
    pub fn of(&self, code: &TrackCode) -> Result<Observed, Error> {
        self.check()?;
        let peaks = code.peaks();
        let mut heights: Vec<f64> = peaks.iter().copied().filter(|peak| *peak > 0.0).collect();
        heights.sort_by(f64::total_cmp);
        let Some(&median) = heights.get(heights.len() / 2) else {
            return Err(Error::range(
                "units",
                "silent",
                "one that is active on a day",
            ));
        };
        let chosen = self.chosen(&peaks)?;
        let gain = LogNormal::new(0.0, self.gain_spread).expect("a spread that was checked");
        let factors: Vec<(usize, f64)> = chosen
            .iter()
            .map(|&unit| {
                let drawn = gain.sample(&mut draws(self.seed, &["gain", &unit.to_string()]));
                (unit, drawn * self.rate_hz / median)
            })
            .collect();
        for &(unit, factor) in &factors {
            let spikes = factor * peaks[unit] * 60.0 * self.minutes;
            let expected = "so low that no unit has more than 10^8 spikes in a session";
            in_range("rate_hz", self.rate_hz, spikes <= 1e8, expected)?;
        }
        let mut rows: Vec<usize> = (0..chosen.len()).collect();
        let mut sessions = Vec::new();
        let mut columns = Vec::new();
        let mut truth = Vec::new();
        for (day, code_of_day) in code.days().iter().enumerate() {
            let number = day.to_string();
            let walk = Walk::draw(
                self,
                self.frames() as usize,
                &mut draws(self.seed, &["walk", &number]),
            )?;
            let samples = code.samples_at(&walk.share, &walk.running);
            if day > 0 {
                let before = if self.errors_chain {
                    rows
                } else {
                    (0..chosen.len()).collect()
                };
                rows = self.confused(before, &number);
            }
            let session = self.session(code_of_day, &factors, &rows, walk, &samples, day)?;
            let mut found = vec![None; chosen.len()];
            for (cell, &row) in rows.iter().enumerate() {
                found[row] = Some(cell);
                truth.push(TrueIdentity {
                    session: session.label.clone(),
                    cell: session.cells[cell].label.clone(),
                    unit: chosen[cell],
                    registered_cell: row,
                });
            }
            columns.push(found);
            sessions.push(session);
        }
        let recording = Recording {
            format: "observed simulation",
            subject: Some(code.subject().to_owned()),
            sessions,
            registration: Some(Registration {
                cells: chosen.len(),
                columns,
            }),
            notes: Vec::new(),
        };
        Ok(Observed { recording, truth })
    }

    /// The units that are seen, ascending.
    fn chosen(&self, peaks: &[f64]) -> Result<Vec<usize>, Error> {
        let mut units: Vec<usize> = (0..peaks.len()).filter(|&unit| peaks[unit] > 0.0).collect();
        if let Some(cells) = self.cells {
            let expected = format!("at most {}, the units active on any day", units.len());
            in_range("cells", cells, cells <= units.len(), expected)?;
            units.shuffle(&mut draws(self.seed, &["cells"]));
            units.truncate(cells);
            units.sort_unstable();
        }
        Ok(units)
    }

    /// Marks rows by lot and lets the marked rotate; one alone stays.
    fn confused(&self, mut rows: Vec<usize>, day: &str) -> Vec<usize> {
        let mut rng = draws(self.seed, &["registration", day]);
        let marked: Vec<usize> = (0..rows.len())
            .filter(|_| rng.random::<f64>() < self.misregistered)
            .collect();
        let before: Vec<usize> = marked.iter().map(|&cell| rows[cell]).collect();
        for (place, &cell) in marked.iter().enumerate() {
            rows[cell] = before[(place + 1) % before.len()];
        }
        rows
    }

    /// One day of the units that are seen, each with the factor on its rates; `rows` are the
    /// identities that they are given.
    fn session(
        &self,
        code: &CodeOfDay,
        factors: &[(usize, f64)],
        rows: &[usize],
        walk: Walk,
        samples: &[usize],
        day: usize,
    ) -> Result<Session, Error> {
        let frames = samples.len();
        let trains = factors.iter().map(|&(unit, factor)| {
            let names = ["activity", &day.to_string(), &unit.to_string()];
            let mut rng = draws(self.seed, &names);
            let rates = code.rates.column(unit);
            let rate = |frame: usize| factor * rates[samples[frame]];
            let train = spikes(frames, self.frame_hz, factor * rates.max(), rate, &mut rng);
            (train, rng)
        });
        let activity = match &self.signal {
            Signal::Spikes => Activity::Spikes(trains.map(|(train, _)| train).collect()),
            Signal::Calcium(calcium) => {
                let mut seen = DMatrix::zeros(frames, factors.len());
                for (mut column, (train, mut rng)) in seen.column_iter_mut().zip(trains) {
                    let found = events(&train, frames, self.frame_hz, calcium, &mut rng);
                    found.into_iter().for_each(|frame| column[frame] = 1.0);
                }
                let kind = FrameKind::Events;
                Activity::Frames(FrameActivity::from_dense(
                    seen.as_view(),
                    self.frame_hz,
                    kind,
                )?)
            }
        };
        let cells = rows.iter().enumerate().map(|(cell, &row)| Cell {
            label: cell.to_string(),
            region: None,
            identity: Some(Identity::Registered(row)),
        });
        let mut trajectory = Trajectory::even(frames, 0.0, self.frame_hz)?;
        let position = walk.share.iter().map(|share| share * self.track_cm);
        trajectory.position = Some(Position::Line(position.collect()));
        trajectory.running = Some(walk.running.into_iter().map(Some).collect());
        let mut session = Session::new(code.label.clone(), cells.collect(), activity);
        session.number = day + 1;
        session.day = Some(day as f64);
        session.environment = Some("track".to_owned());
        session.exposure = Some(day as u32 + 1);
        session.minutes = Some(self.minutes);
        session.trajectory = Some(trajectory);
        Ok(session)
    }
}
