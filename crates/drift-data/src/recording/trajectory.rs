//! Where the animal was, sample by sample.

use super::Note;
use crate::Error;
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
        let refused = |field, value, expected| Error::Parameter {
            field,
            value,
            expected,
        };
        if let Some(row) = first_not_rising(&time) {
            return Err(refused("time", time[row], "finite times that rise"));
        }
        if let Some(gap) = gap_s
            && !(gap > 0.0)
        {
            return Err(refused("gap_s", gap, "a number above 0"));
        }
        let samples = time.len() as f64;
        let sample_interval = median_interval(&time)
            .ok_or_else(|| refused("time", samples, "two samples or more"))?;
        let lengths = match &position {
            Some(Position::Line(x)) => [x.len(), x.len()],
            Some(Position::Plane { x, y }) => [x.len(), y.len()],
            None => [time.len(); 2],
        };
        if let Some(length) = lengths.iter().find(|length| **length != time.len()) {
            let length = *length as f64;
            return Err(refused("position", length, "as many samples as times"));
        }
        Ok(Self {
            durations: durations(&time, gap_s),
            time,
            clock: Clock::Recording,
            sample_interval,
            position,
            bins: None,
            speed: None,
            heading: None,
            running: None,
        })
    }

    /// A trajectory of `samples` samples at even steps of 1 / `rate_hz` from `start_s` on, s.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a rate that is not a number above 0 or a start that is not finite.
    pub fn even(samples: usize, start_s: f64, rate_hz: f64) -> Result<Self, Error> {
        for (field, value, fits) in [
            ("rate_hz", rate_hz, rate_hz > 0.0 && rate_hz.is_finite()),
            ("start_s", start_s, start_s.is_finite()),
        ] {
            if !fits {
                let expected = "a finite number, a rate above 0";
                return Err(Error::Parameter {
                    field,
                    value,
                    expected,
                });
            }
        }
        Ok(Self {
            time: (0..samples)
                .map(|sample| start_s + sample as f64 / rate_hz)
                .collect(),
            clock: Clock::Recording,
            sample_interval: 1.0 / rate_hz,
            durations: vec![1.0 / rate_hz; samples],
            position: None,
            bins: None,
            speed: None,
            heading: None,
            running: None,
        })
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
        let sample = self
            .time
            .partition_point(|start| *start <= time)
            .checked_sub(1)?;
        // Times are sums of steps: the end of a sample is known to a rounding only.
        (time - self.time[sample] <= self.durations[sample] * (1.0 + 1e-6)).then_some(sample)
    }

    /// When the last sample ends, s.
    #[must_use]
    pub fn end(&self) -> Option<f64> {
        Some(self.time.last()? + self.durations.last()?)
    }

    /// Samples without a position.
    #[must_use]
    pub fn missing(&self) -> usize {
        match &self.position {
            Some(Position::Line(x)) => x.iter().filter(|x| x.is_nan()).count(),
            Some(Position::Plane { x, y }) => x
                .iter()
                .zip(y)
                .filter(|(x, y)| x.is_nan() || y.is_nan())
                .count(),
            None => self
                .bins
                .as_ref()
                .map_or(0, |bins| bins.bin.iter().filter(|bin| **bin == 0).count()),
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
        let samples: Vec<Option<usize>> = clock
            .time
            .iter()
            .map(|time| self.sample_at(*time))
            .collect();
        fn pick<T: Copy>(values: &[T], samples: &[Option<usize>], missing: T) -> Vec<T> {
            let at = |sample: &Option<usize>| sample.map_or(missing, |sample| values[sample]);
            samples.iter().map(at).collect()
        }
        let numbers = |values: &[f64]| pick(values, &samples, f64::NAN);
        let moved = Self {
            position: self.position.as_ref().map(|position| match position {
                Position::Line(x) => Position::Line(numbers(x)),
                Position::Plane { x, y } => Position::Plane {
                    x: numbers(x),
                    y: numbers(y),
                },
            }),
            bins: self.bins.as_ref().map(|bins| TrackBins {
                bin: pick(&bins.bin, &samples, 0),
                ..bins.clone_frame()
            }),
            speed: self.speed.as_deref().map(numbers),
            heading: self.heading.as_deref().map(numbers),
            running: self
                .running
                .as_ref()
                .map(|running| pick(running, &samples, None)),
            ..clock
        };
        let missing = samples.iter().filter(|sample| sample.is_none()).count();
        (moved, missing)
    }

    /// Only the given samples.
    pub(crate) fn select(&self, samples: &[usize]) -> Self {
        fn pick<T: Copy>(values: &[T], samples: &[usize]) -> Vec<T> {
            samples.iter().map(|sample| values[*sample]).collect()
        }
        Self {
            time: pick(&self.time, samples),
            clock: self.clock,
            sample_interval: self.sample_interval,
            durations: pick(&self.durations, samples),
            position: self.position.as_ref().map(|position| match position {
                Position::Line(x) => Position::Line(pick(x, samples)),
                Position::Plane { x, y } => Position::Plane {
                    x: pick(x, samples),
                    y: pick(y, samples),
                },
            }),
            bins: self.bins.as_ref().map(|bins| TrackBins {
                bin: pick(&bins.bin, samples),
                ..bins.clone_frame()
            }),
            speed: self.speed.as_ref().map(|speed| pick(speed, samples)),
            heading: self.heading.as_ref().map(|heading| pick(heading, samples)),
            running: self.running.as_ref().map(|running| pick(running, samples)),
        }
    }
}

impl TrackBins {
    /// The same bins without any sample.
    fn clone_frame(&self) -> Self {
        Self {
            bin: Vec::new(),
            count: self.count,
            width_cm: self.width_cm,
        }
    }
}
