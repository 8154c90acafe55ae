//! Where the animal was, sample by sample.

#[cfg(any(feature = "hc6", feature = "rate-maps", feature = "nwb"))]
use super::Note;

/// Where the animal was, how fast it went and where to (samples).
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// Time of each sample, s, rising.
    pub time: Vec<f64>,
    /// What the times mean.
    pub clock: Clock,
    /// Typical time between samples, s (median of the differences, or 1 / frame rate).
    pub sample_interval: f64,
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

    /// The sample that a moment belongs to: the last one not after it, if no more than one and a half sample intervals
    /// ago.
    #[must_use]
    pub fn sample_at(&self, time: f64) -> Option<usize> {
        let sample = self
            .time
            .partition_point(|start| *start <= time)
            .checked_sub(1)?;
        (time - self.time[sample] <= 1.5 * self.sample_interval).then_some(sample)
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

    /// Times without samples: pairs of neighbouring times that are further apart than `intervals` sample intervals.
    #[must_use]
    pub fn gaps(&self, intervals: f64) -> Vec<(f64, f64)> {
        self.time
            .windows(2)
            .filter(|pair| pair[1] - pair[0] > intervals * self.sample_interval)
            .map(|pair| (pair[0], pair[1]))
            .collect()
    }

    /// What a reader of the trajectory is told: missing positions, and gaps of more than one and a
    /// half sample intervals.
    #[cfg(any(feature = "hc6", feature = "rate-maps", feature = "nwb"))]
    pub(crate) fn notes(&self) -> impl Iterator<Item = Note> {
        let samples = self.missing();
        let missing = (samples > 0).then_some(Note::MissingPositions { samples });
        let gaps = self.gaps(1.5).into_iter();
        missing
            .into_iter()
            .chain(gaps.map(|(from, to)| Note::Gap { from, to }))
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
