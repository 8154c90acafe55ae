//! Codes on a track that can be observed: of a run, or drawn with a drift that is known.

use drift_data::TrackDirection;
use nalgebra::DMatrix;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::check::{in_range, not_negative, positive, same_size, within};
use crate::code::{Directions, SimulatedCode, draws};
use crate::{Error, RunRecord};

/// The code of one day.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeOfDay {
    /// Name of the day's session, of its own.
    pub label: String,
    /// Rates (samples × units), in any unit, not negative.
    pub rates: DMatrix<f64>,
}

/// Rates of units at places along a track, day by day.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackCode {
    subject: String,
    ends: [f64; 2],
    /// For each direction the samples passed in it: position and index, by position.
    passed: [Vec<(f64, usize)>; 2],
    days: Vec<CodeOfDay>,
}

impl TrackCode {
    /// A code from the `position` of each sample (any unit, within `ends`), the direction in which
    /// it was passed (`None` where the code is the same both ways) and the rates of each day.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for lists that do not fit each other, [`OutOfRange`](drift_engine::Error::OutOfRange) for no
    /// day, ends that do not rise, a position outside them, or a rate that is negative or not finite.
    pub fn new(
        subject: impl Into<String>,
        position: &[f64],
        running: Option<&[TrackDirection]>,
        ends: [f64; 2],
        days: Vec<CodeOfDay>,
    ) -> Result<Self, Error> {
        let samples = position.len();
        let Some(first) = days.first() else {
            return Err(Error::range("days", 0, "at least 1"));
        };
        if let Some(running) = running {
            same_size("running", running.len(), samples)?;
        }
        let units = first.rates.ncols();
        for day in &days {
            same_size("samples of a day's rates", day.rates.nrows(), samples)?;
            same_size("units of a day's rates", day.rates.ncols(), units)?;
            let wrong = |rate: &&f64| !(**rate >= 0.0 && rate.is_finite());
            if let Some(rate) = day.rates.iter().find(wrong) {
                return Err(Error::range("rates", rate, "finite and not negative"));
            }
        }
        let rise = ends[0] < ends[1];
        in_range("ends", format!("{ends:?}"), rise, "two that rise")?;
        let outside = |x: &&f64| !(ends[0]..=ends[1]).contains(*x);
        if let Some(x) = position.iter().find(outside) {
            return Err(Error::range("position", x, format!("within {ends:?}")));
        }
        let passed = [TrackDirection::Right, TrackDirection::Left].map(|wanted| {
            let counts = |sample: &usize| running.is_none_or(|all| all[*sample] == wanted);
            let mut places: Vec<(f64, usize)> = (0..samples)
                .filter(counts)
                .map(|sample| (position[sample], sample))
                .collect();
            places.sort_by(|one, other| one.0.total_cmp(&other.0));
            places
        });
        // A direction that was never taken has the code of the other.
        let passed = match passed {
            [right, left] if right.is_empty() => [left.clone(), left],
            [right, left] if left.is_empty() => [right.clone(), right],
            both => both,
        };
        in_range("samples", 0, !passed[0].is_empty(), "at least 1")?;
        Ok(Self {
            subject: subject.into(),
            ends,
            passed,
            days,
        })
    }

    /// The hidden units of a run at up to `sessions` snapshots from step `from` on (default: a
    /// hundredth of the run), as evenly spread as they were taken: a day each.
    ///
    /// # Errors
    /// [`Error::NoCode`] where the run has no track on which an agent moves, or fewer than two
    /// snapshots there; [`Error::Engine`] where they cannot be read.
    pub fn of_run(record: &RunRecord, from: Option<u64>, sessions: usize) -> Result<Self, Error> {
        let lacks = |missing, expected| Error::NoCode {
            source_name: format!("run {}", record.scenario.name()),
            missing,
            expected,
        };
        if record
            .dataset
            .as_ref()
            .is_some_and(|data| data.across().is_some())
        {
            return Err(lacks(
                "track",
                "positions along a line; a plane cannot be observed yet",
            ));
        }
        let last = record.trace.last().map_or(0, |sample| sample.step);
        let from = from.unwrap_or(last / 100);
        let code = SimulatedCode::new(record, 0, Directions::Apart, from, sessions)?;
        if code.steps().len() < 2 {
            return Err(lacks(
                "two snapshots of a code",
                "a longer run, or an earlier first step",
            ));
        }
        let days = code.steps().iter().enumerate().map(|(snapshot, step)| {
            Ok(CodeOfDay {
                label: format!("step {step}"),
                rates: code.rates(snapshot)?,
            })
        });
        let days = days.collect::<Result<Vec<_>, Error>>()?;
        let subject = code.population().subject;
        let ends = [
            code.edges().as_slice()[0],
            code.edges().as_slice()[code.edges().bins()],
        ];
        Self::new(subject, code.position(), Some(code.running()), ends, days)
    }

    /// Whose code it is.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The days, in order.
    #[must_use]
    pub fn days(&self) -> &[CodeOfDay] {
        &self.days
    }

    /// Highest rate of each unit on any day (units).
    pub(super) fn peaks(&self) -> Vec<f64> {
        let units = self.days[0].rates.ncols();
        let peak = |unit| {
            let of_day = |day: &CodeOfDay| day.rates.column(unit).max();
            self.days.iter().map(of_day).fold(0.0, f64::max)
        };
        (0..units).map(peak).collect()
    }

    /// The nearest sample of the code, passed in the same direction, of each frame; `share` is the
    /// position from one end (0) to the other (1).
    pub(super) fn samples_at(&self, share: &[f64], running: &[TrackDirection]) -> Vec<usize> {
        let [low, high] = self.ends;
        let nearest = |(share, running): (&f64, &TrackDirection)| {
            let passed = &self.passed[usize::from(*running == TrackDirection::Left)];
            let x = low + share * (high - low);
            let after = passed.partition_point(|(place, _)| *place < x);
            match (after.checked_sub(1).map(|at| passed[at]), passed.get(after)) {
                (Some((a, before)), Some(&(b, next))) => {
                    if x - a <= b - x {
                        before
                    } else {
                        next
                    }
                }
                (Some((_, only)), None) => only,
                (None, Some(&(_, only))) => only,
                (None, None) => unreachable!("a code has samples in both directions"),
            }
        };
        share.iter().zip(running).map(nearest).collect()
    }
}

/// A place code of which everything is known: what stands still, and what drifts.
///
/// Cells with a place have a Gaussian field at a centre by lot on a line of `bins`, the others fire
/// alike everywhere. From day to day a share of the fields is redrawn, and nothing else changes.
///
/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `cells` | 150 | units | ≥ 1 |
/// | `bins` | 24 | places on the track | ≥ 2 |
/// | `place_share` | 0.6 | probability that a unit has a field | 0 to 1 |
/// | `field_bins` | 2 | standard deviation of a field, bins | > 0 |
/// | `baseline` | 0.025 | rate outside fields, as a share of their height | ≥ 0 |
/// | `redrawn` | 0 | share of the fields that get a new centre each day; 0 does not drift | 0 to 1 |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlaceCode {
    /// Units.
    pub cells: usize,
    /// Places on the track.
    pub bins: usize,
    /// Probability that a unit has a field.
    pub place_share: f64,
    /// Standard deviation of a field, bins.
    pub field_bins: f64,
    /// Rate outside fields, as a share of their height.
    pub baseline: f64,
    /// Share of the fields that get a new centre each day.
    pub redrawn: f64,
}

impl Default for PlaceCode {
    fn default() -> Self {
        Self {
            cells: 150,
            bins: 24,
            place_share: 0.6,
            field_bins: 2.0,
            baseline: 0.025,
            redrawn: 0.0,
        }
    }
}

/// A slip in a size shall be an error, not an exhausted memory.
const MOST_RATES: usize = 100_000_000;

impl PlaceCode {
    /// Draws the code of so many `days`; all draws follow from `seed`.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for a setting or no days.
    pub fn draw(&self, days: usize, seed: u64) -> Result<TrackCode, Error> {
        within("place_share", self.place_share, 0.0..=1.0)?;
        within("redrawn", self.redrawn, 0.0..=1.0)?;
        positive("field_bins", self.field_bins)?;
        not_negative("baseline", self.baseline)?;
        let found = format!("{} cells, {} bins", self.cells, self.bins);
        let most = MOST_RATES / self.bins.max(1);
        let known = (1..=most).contains(&self.cells) && self.bins >= 2;
        let expected = "at least 1 and 2, and at most 10^8 rates a day";
        in_range("cells, bins", found, known, expected)?;
        let length = self.bins as f64;
        let mut rng = draws(seed, &["fields"]);
        let mut centres: Vec<Option<f64>> = (0..self.cells)
            .map(|_| {
                let (drawn, centre): (f64, f64) = (rng.random(), rng.random());
                (drawn < self.place_share).then_some(centre * length)
            })
            .collect();
        let position: Vec<f64> = (0..self.bins).map(|bin| bin as f64 + 0.5).collect();
        let mut all = Vec::new();
        for day in 0..days {
            if day > 0 {
                let mut rng = draws(seed, &["drift", &day.to_string()]);
                for centre in &mut centres {
                    let (drawn, new): (f64, f64) = (rng.random(), rng.random());
                    if drawn < self.redrawn {
                        *centre = centre.map(|_| new * length);
                    }
                }
            }
            let rates = DMatrix::from_fn(self.bins, self.cells, |bin, cell| {
                let field = centres[cell].map_or(0.0, |centre| {
                    (-0.5 * ((position[bin] - centre) / self.field_bins).powi(2)).exp()
                });
                field + self.baseline
            });
            all.push(CodeOfDay {
                label: format!("day {}", day + 1),
                rates,
            });
        }
        TrackCode::new("place code", &position, None, [0.0, length], all)
    }
}
