//! Where the animal was, sample by sample.

use super::Note;
use super::check::equal;
use crate::Error;
use crate::error::positive;
use crate::times::{durations, first_not_rising, median_interval};

/// Where the animal was, how fast it went and where to (samples).
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// Time of each sample, s, rising.
    pub time: Vec<f64>,
    /// What the times mean.
    pub clock: Clock,
    /// Typical time between samples, s (median of the differences, or 1 / frame rate).
    pub sample_interval: f64,
    /// Time that each sample stands for, s, above 0. On a clock that is not even the steps differ,
    /// and rates, occupancy and information go by these, not by the typical interval.
    pub durations: Vec<f64>,
    /// Position, NaN where it is missing; `None` if the files hold only bins.
    pub position: Option<Position>,
    /// Position as bins of a track, if the files or their published analysis bin it.
    pub bins: Option<TrackBins>,
    /// Speed, cm/s; NaN where it is missing.
    pub speed: Option<Vec<f64>>,
    /// Head direction, rad.
    pub heading: Option<Vec<f64>>,
    /// Direction of running on a track; `None` where the animal stands.
    pub running: Option<Vec<Option<TrackDirection>>>,
}

/// What the times of a trajectory mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// Times of the recording system.
    Recording,
    /// Frames counted from the start of the session; pieces are joined as if nothing lay between them.
    JoinedFrames,
}

/// Position in cm.
#[derive(Debug, Clone, PartialEq)]
pub enum Position {
    /// Along a track, cm.
    Line(Vec<f64>),
    /// In the plane, cm.
    Plane {
        /// First coordinate, cm.
        x: Vec<f64>,
        /// Second coordinate, cm.
        y: Vec<f64>,
    },
}

impl Position {
    /// The coordinates: one of a line, two of the plane.
    #[must_use]
    pub fn axes(&self) -> Vec<&[f64]> {
        match self {
            Self::Line(x) => vec![x],
            Self::Plane { x, y } => vec![x, y],
        }
    }
}

/// Bins along a track.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackBins {
    /// Bin of each sample, 1-based; 0 where it is unknown.
    pub bin: Vec<u32>,
    /// Number of bins of the whole track.
    pub count: u32,
    /// Width of a bin, cm.
    pub width_cm: f64,
}

/// Which way along a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrackDirection {
    /// Towards larger positions; the first direction of files that only number them.
    Right,
    /// Towards smaller positions; the second direction of files that only number them.
    Left,
}

impl TrackDirection {
    /// The direction of a velocity; `None` for none, or where it is unknown.
    pub(crate) fn of(velocity: f64) -> Option<Self> {
        match velocity {
            velocity if velocity > 0.0 => Some(Self::Right),
            velocity if velocity < 0.0 => Some(Self::Left),
            _ => None,
        }
    }
}

/// What is expected of the times of a clock.
const RISING: &str = "finite times that rise";

impl Trajectory {
    /// A trajectory on a clock whose times are given, with nothing but a position: the way to make
    /// one from arrays of one's own. What else is known (`speed`, `running`, …) is a field to fill.
    ///
    /// A sample lasts until the next one. A step is a gap where it is longer than `gap_s`, or, if
    /// that is `None`, than one and a half times the step that 95 % of the steps do not exceed; the
    /// sample before a gap and the last sample last one typical (median) step.
    ///
    /// ```
    /// use drift_data::{Position, Trajectory};
    /// // 40 ms and 60 ms in turn: an uneven clock without a gap.
    /// let time = vec![0.0, 0.04, 0.10, 0.14, 0.20];
    /// let x = Position::Line(vec![0.0, 1.0, 2.0, 3.0, 4.0]);
    /// let trajectory = Trajectory::new(time, Some(x), None)?;
    /// assert!((trajectory.durations[1] - 0.06).abs() < 1e-12);
    /// assert_eq!(trajectory.sample_at(0.09), Some(1));
    /// assert!(trajectory.is_uneven());
    /// # Ok::<(), drift_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for a time that is not finite or does not rise, for fewer than two
    /// times, for a `gap_s` that is not above 0, and for positions of another number.
    pub fn new(
        time: Vec<f64>,
        position: Option<Position>,
        gap_s: Option<f64>,
    ) -> Result<Self, Error> {
        if let Some(row) = first_not_rising(&time) {
            return Err(Error::parameter("time", time[row], RISING));
        }
        if let Some(gap) = gap_s
            && !(gap > 0.0)
        {
            return Err(Error::parameter("gap_s", gap, "a number above 0"));
        }
        let Some(sample_interval) = median_interval(&time) else {
            let samples = time.len() as f64;
            return Err(Error::parameter("time", samples, "two samples or more"));
        };
        let axes = position.iter().flat_map(Position::axes);
        let lengths: Vec<usize> = axes.map(<[f64]>::len).collect();
        if let Some(length) = lengths.iter().find(|length| **length != time.len()) {
            let (samples, expected) = (*length as f64, "as many samples as times");
            return Err(Error::parameter("position", samples, expected));
        }
        Ok(Self {
            position,
            ..Self::on_clock(durations(&time, gap_s), time, sample_interval)
        })
    }

    /// A trajectory of which only the clock is known.
    pub(crate) fn on_clock(durations: Vec<f64>, time: Vec<f64>, sample_interval: f64) -> Self {
        Self {
            time,
            clock: Clock::Recording,
            sample_interval,
            durations,
            position: None,
            bins: None,
            speed: None,
            heading: None,
            running: None,
        }
    }

    /// A trajectory of `samples` samples at even steps of 1 / `rate_hz` from `start_s` on, s.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a rate that is not a number above 0 or a start that is not finite.
    pub fn even(samples: usize, start_s: f64, rate_hz: f64) -> Result<Self, Error> {
        positive("rate_hz", rate_hz)?;
        if !start_s.is_finite() {
            return Err(Error::parameter("start_s", start_s, "a finite number"));
        }
        let interval = 1.0 / rate_hz;
        let time = (0..samples).map(|sample| start_s + sample as f64 / rate_hz);
        let durations = vec![interval; samples];
        Ok(Self::on_clock(durations, time.collect(), interval))
    }

    /// Refuses lists of another length than the times, and times that do not rise; `label` is that of the session.
    pub(super) fn check(&self, label: &str) -> Result<(), Error> {
        let position = self.position.iter().flat_map(Position::axes);
        let position = position.map(|axis| ("trajectory.position", Some(axis.len())));
        let bins = self.bins.as_ref().map(|bins| bins.bin.len());
        let running = self.running.as_ref().map(Vec::len);
        let lists = [
            ("trajectory.bins", bins),
            ("trajectory.durations", Some(self.durations.len())),
            ("trajectory.speed", self.speed.as_ref().map(Vec::len)),
            ("trajectory.heading", self.heading.as_ref().map(Vec::len)),
            ("trajectory.running", running),
        ];
        for (part, length) in position.chain(lists) {
            let found = length.unwrap_or(self.len());
            equal(label, part, found, "trajectory.time", self.len())?;
        }
        match first_not_rising(&self.time) {
            None => Ok(()),
            Some(row) => Err(Error::parameter("trajectory.time", self.time[row], RISING)),
        }
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// Whether the samples last so differently (by more than 5 % of the typical interval) that a
    /// single interval for all of them would be wrong.
    #[must_use]
    pub fn is_uneven(&self) -> bool {
        let near =
            |duration: &f64| (duration - self.sample_interval).abs() <= 0.05 * self.sample_interval;
        !self.durations.iter().all(near)
    }

    /// The sample that a moment belongs to: the last one not after it, as long as that lasts.
    #[must_use]
    pub fn sample_at(&self, time: f64) -> Option<usize> {
        let after = self.time.partition_point(|start| *start <= time);
        let sample = after.checked_sub(1)?;
        let lasts = self.durations.get(sample)?;
        // Times are sums of steps: the end of a sample is known to a rounding only.
        (time - self.time[sample] <= lasts * (1.0 + 1e-6)).then_some(sample)
    }

    /// When the last sample ends, s.
    #[must_use]
    pub fn end(&self) -> Option<f64> {
        Some(self.time.last()? + self.durations.last()?)
    }

    /// Samples without a position.
    #[must_use]
    pub fn missing(&self) -> usize {
        match (&self.position, &self.bins) {
            (Some(Position::Line(x)), _) => x.iter().filter(|x| x.is_nan()).count(),
            (Some(Position::Plane { x, y }), _) => {
                let places = x.iter().zip(y);
                places.filter(|(x, y)| x.is_nan() || y.is_nan()).count()
            }
            (None, Some(bins)) => bins.bin.iter().filter(|bin| **bin == 0).count(),
            (None, None) => 0,
        }
    }

    /// Times without samples: pairs of neighbouring times of which the second comes more than half
    /// a typical interval after the first sample has ended.
    #[must_use]
    pub fn gaps(&self) -> Vec<(f64, f64)> {
        self.time
            .windows(2)
            .zip(&self.durations)
            .filter(|(pair, duration)| pair[1] - pair[0] > *duration + 0.5 * self.sample_interval)
            .map(|(pair, _)| (pair[0], pair[1]))
            .collect()
    }

    /// What a reader of the trajectory is told: missing positions, an uneven clock, and gaps.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let samples = self.missing();
        if samples > 0 {
            notes.push(Note::MissingPositions { samples });
        }
        if self.is_uneven() {
            let bounds = self.durations.iter().copied();
            notes.push(Note::UnevenClock {
                shortest: bounds.clone().fold(f64::INFINITY, f64::min),
                longest: bounds.fold(0.0, f64::max),
            });
        }
        let gaps = self.gaps().into_iter();
        notes.extend(gaps.map(|(from, to)| Note::Gap { from, to }));
        notes
    }

    /// The trajectory at other moments: each of them gets what the sample holds that it belongs to,
    /// and nothing (NaN, bin 0) where it belongs to none; and how many of those there are.
    ///
    /// `clock` gives the moments; what it holds beside its times is replaced.
    #[must_use]
    pub fn at(&self, clock: Self) -> (Self, usize) {
        let samples = clock.time.iter().map(|time| self.sample_at(*time));
        let samples: Vec<Option<usize>> = samples.collect();
        let missing = samples.iter().filter(|sample| sample.is_none()).count();
        (self.picked(&samples, clock), missing)
    }

    /// Only the given samples.
    pub(crate) fn select(&self, samples: &[usize]) -> Self {
        let pick = |values: &[f64]| samples.iter().map(|sample| values[*sample]).collect();
        let (time, durations) = (pick(&self.time), pick(&self.durations));
        let clock = Self {
            clock: self.clock,
            ..Self::on_clock(durations, time, self.sample_interval)
        };
        let samples: Vec<Option<usize>> = samples.iter().copied().map(Some).collect();
        self.picked(&samples, clock)
    }

    /// What is known of the samples, on a clock that has as many; nothing of `None`.
    fn picked(&self, samples: &[Option<usize>], clock: Self) -> Self {
        fn pick<T: Copy>(values: &[T], samples: &[Option<usize>], missing: T) -> Vec<T> {
            let held = |sample: &Option<usize>| values.get((*sample)?).copied();
            let held = samples.iter().map(held);
            held.map(|held| held.unwrap_or(missing)).collect()
        }
        let numbers = |values: &[f64]| pick(values, samples, f64::NAN);
        Self {
            position: self.position.as_ref().map(|position| match position {
                Position::Line(x) => Position::Line(numbers(x)),
                Position::Plane { x, y } => Position::Plane {
                    x: numbers(x),
                    y: numbers(y),
                },
            }),
            bins: self.bins.as_ref().map(|bins| TrackBins {
                bin: pick(&bins.bin, samples, 0),
                ..*bins
            }),
            speed: self.speed.as_deref().map(numbers),
            heading: self.heading.as_deref().map(numbers),
            running: self
                .running
                .as_ref()
                .map(|running| pick(running, samples, None)),
            ..clock
        }
    }
}
