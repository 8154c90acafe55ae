//! Bins: one type of edges for positions, events and time; which bin, state and direction of
//! motion each frame has, and how much time it stands for.
//!
//! Rates divide what happened in a bin by the time spent in it, so both must be binned with the
//! same edges; and sessions can only be compared when they share them. Edges are therefore a
//! value of their own, made once ([`BinEdges`]) and handed to everything that bins.

mod motion;
mod states;

pub use motion::{DirectedRateMaps, directed_rate_maps, signed_position, velocity};
pub use states::States;

use crate::Error;
use crate::error::{at_least, every, increasing, not_negative, positive, same_length, within};

/// Edges of neighbouring bins, finite and strictly increasing.
///
/// Bin i is `[edges[i], edges[i+1])`; the last one is closed, so the largest edge belongs to it.
///
/// ```
/// use drift_metrics::BinEdges;
/// let edges = BinEdges::new(vec![-2.0, 0.0, 4.0])?;
/// assert_eq!(edges.index(0.0), Some(1));
/// assert_eq!(edges.index(4.0), Some(1));
/// assert_eq!(edges.index(4.1), None);
/// assert_eq!(edges.index(f64::NAN), None);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<f64>", into = "Vec<f64>"))]
pub struct BinEdges {
    edges: Vec<f64>,
    /// Bins per unit of position if all bins are equally wide: turns the search into a product.
    inverse_width: Option<f64>,
}

impl BinEdges {
    /// Takes the caller's edges (one more than bins).
    ///
    /// # Errors
    /// Fewer than two edges, an edge that is not finite or not above the one before it.
    pub fn new(edges: Vec<f64>) -> Result<Self, Error> {
        at_least("edges", edges.len(), 2)?;
        increasing("edges", &edges, "finite and above the edge before it")?;
        let n = edges.len() - 1;
        let (first, last) = (edges[0], edges[n]);
        let width = (last - first) / n as f64;
        let equal = edges
            .iter()
            .enumerate()
            .all(|(i, &edge)| (edge - (first + i as f64 * width)).abs() <= 1e-6 * width);
        let inverse_width = Some(1.0 / width).filter(|inverse| equal && inverse.is_finite());
        Ok(Self {
            edges,
            inverse_width,
        })
    }

    /// `bins` equal bins from `min` to `max`.
    ///
    /// # Errors
    /// `min < max` does not hold, one of them is not finite, `bins` is 0 or not below 2³² − 1, or so
    /// large that neighbouring edges coincide.
    pub fn equal(min: f64, max: f64, bins: usize) -> Result<Self, Error> {
        within(bins != 0, "bins", 0.0, "bins >= 1")?;
        check_bins("bins", bins)?;
        within(min.is_finite(), "min", min, "finite")?;
        within(
            max > min && max.is_finite(),
            "max",
            max,
            "finite, max > min",
        )?;
        let width = (max - min) / bins as f64;
        // Before room is made for them: edges that coincide have no end.
        within(
            min + width > min && max - width < max,
            "bins",
            bins as f64,
            "so few that neighbouring edges differ",
        )?;
        let mut edges: Vec<f64> = (0..bins).map(|i| i as f64 * width + min).collect();
        edges.push(max);
        Self::new(edges)
    }

    /// `bins` equal bins between the smallest and the largest finite value of `values` (samples).
    ///
    /// For one session only: two sessions binned by their own extremes are not comparable.
    ///
    /// # Errors
    /// As [`BinEdges::equal`]; also if no value is finite.
    pub fn spanning(values: &[f64], bins: usize) -> Result<Self, Error> {
        let finite = values.iter().copied().filter(|value| value.is_finite());
        let (min, max) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), value| {
            (min.min(value), max.max(value))
        });
        at_least("values", if min <= max { 2 } else { 0 }, 2)?;
        Self::equal(min, max, bins)
    }

    /// Number of bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.edges.len() - 1
    }

    /// All edges (bins + 1), ascending, in the unit of the positions.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.edges
    }

    /// Middle of each bin (bins).
    #[must_use]
    pub fn centres(&self) -> Vec<f64> {
        self.edges
            .windows(2)
            .map(|pair| pair[0] + 0.5 * (pair[1] - pair[0]))
            .collect()
    }

    /// Width of each bin (bins).
    #[must_use]
    pub fn widths(&self) -> Vec<f64> {
        self.edges
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .collect()
    }

    /// The bin a value falls in; `None` outside the edges and for NaN.
    #[must_use]
    pub fn index(&self, value: f64) -> Option<usize> {
        let bins = self.bins();
        if !(value >= self.edges[0] && value <= self.edges[bins]) {
            return None;
        }
        let Some(inverse_width) = self.inverse_width else {
            return Some((self.edges.partition_point(|&edge| edge <= value) - 1).min(bins - 1));
        };
        // The product can be one bin off next to an edge; the edges themselves decide.
        let mut bin = (((value - self.edges[0]) * inverse_width) as usize).min(bins - 1);
        while value < self.edges[bin] {
            bin -= 1;
        }
        while bin + 1 < bins && value >= self.edges[bin + 1] {
            bin += 1;
        }
        Some(bin)
    }

    /// Bins a whole trajectory (or a list of event positions) at once.
    #[must_use]
    pub fn assign(&self, values: &[f64]) -> BinnedPositions {
        BinnedPositions::collect(self.clone(), None, values.len(), |frame| {
            (self.index(values[frame]), values[frame].is_nan())
        })
    }

    /// How many values fall in each bin (bins).
    #[must_use]
    pub fn counts(&self, values: &[f64]) -> Vec<usize> {
        let mut counts = vec![0; self.bins()];
        for bin in values.iter().filter_map(|&value| self.index(value)) {
            counts[bin] += 1;
        }
        counts
    }
}

/// Refuses more bins than [`BinnedPositions`] can number beside "no bin".
fn check_bins(field: &'static str, bins: usize) -> Result<(), Error> {
    let holds = bins < u32::MAX as usize;
    within(holds, field, bins as f64, "less than 4294967295")
}

/// The seconds that each frame stands for.
///
/// Made from a number where the clock is even, from a slice (frames) where it is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Durations<'a> {
    /// Every frame lasts as long, in seconds.
    Constant(f64),
    /// Seconds of each frame (frames).
    Each(&'a [f64]),
}

impl Durations<'_> {
    pub(crate) fn check(&self, frames: usize) -> Result<(), Error> {
        match *self {
            Self::Constant(each) => {
                let expected = "a positive number of seconds";
                within(positive(each), "frame_duration", each, expected)
            }
            Self::Each(each) => {
                same_length("durations", each.len(), frames, "the trajectory")?;
                every("durations", each, not_negative, "seconds: finite, >= 0")
            }
        }
    }

    /// Seconds of all `frames` together.
    pub(crate) fn total(&self, frames: usize) -> f64 {
        match self {
            Self::Constant(each) => frames as f64 * each,
            Self::Each(each) => each.iter().sum(),
        }
    }
}

impl From<f64> for Durations<'_> {
    fn from(each: f64) -> Self {
        Self::Constant(each)
    }
}

impl<'a> From<&'a [f64]> for Durations<'a> {
    fn from(each: &'a [f64]) -> Self {
        Self::Each(each)
    }
}

impl TryFrom<Vec<f64>> for BinEdges {
    type Error = Error;

    fn try_from(edges: Vec<f64>) -> Result<Self, Error> {
        Self::new(edges)
    }
}

impl From<BinEdges> for Vec<f64> {
    fn from(edges: BinEdges) -> Self {
        edges.edges
    }
}

/// The bin of every frame of a trajectory, computed once and used for all units.
///
/// Frames without a bin stay in the list as `None`, so frames keep their numbers; how many there
/// are and why is counted in [`outside`](Self::outside) and [`missing`](Self::missing).
#[derive(Debug, Clone, PartialEq)]
pub struct BinnedPositions {
    edges: BinEdges,
    edges_y: Option<BinEdges>,
    /// One entry a frame; `n_bins` stands for "no bin", so that sums need no branch.
    bins: Vec<u32>,
    n_bins: usize,
    outside: usize,
    missing: usize,
    left_out: usize,
}

impl BinnedPositions {
    fn collect(
        edges: BinEdges,
        edges_y: Option<BinEdges>,
        frames: usize,
        locate: impl Fn(usize) -> (Option<usize>, bool),
    ) -> Self {
        let n_bins = edges.bins() * edges_y.as_ref().map_or(1, BinEdges::bins);
        let mut missing = 0;
        let mut outside = 0;
        let bins = (0..frames)
            .map(|frame| match locate(frame) {
                (Some(bin), _) => bin as u32,
                (None, is_nan) => {
                    *(if is_nan { &mut missing } else { &mut outside }) += 1;
                    n_bins as u32
                }
            })
            .collect();
        Self {
            edges,
            edges_y,
            bins,
            n_bins,
            outside,
            missing,
            left_out: 0,
        }
    }

    /// Bins positions in a plane: bin = `bin_x · bins_y + bin_y`.
    ///
    /// # Errors
    /// `x` and `y` differ in length; 2³² − 1 bins or more in all.
    pub fn in_plane(
        edges_x: &BinEdges,
        edges_y: &BinEdges,
        x: &[f64],
        y: &[f64],
    ) -> Result<Self, Error> {
        same_length("y", y.len(), x.len(), "x")?;
        let bins = edges_x.bins().saturating_mul(edges_y.bins());
        check_bins("bins of the plane", bins)?;
        Ok(Self::collect(
            edges_x.clone(),
            Some(edges_y.clone()),
            x.len(),
            |frame| {
                let bin = edges_x.index(x[frame]).zip(edges_y.index(y[frame]));
                (
                    bin.map(|(bin_x, bin_y)| bin_x * edges_y.bins() + bin_y),
                    x[frame].is_nan() || y[frame].is_nan(),
                )
            },
        ))
    }

    /// Keeps only the frames marked `true` (an epoch, running frames, one direction).
    ///
    /// # Errors
    /// `keep` has another length than the trajectory.
    pub fn restricted_to(&self, keep: &[bool]) -> Result<Self, Error> {
        same_length("keep", keep.len(), self.bins.len(), "the trajectory")?;
        let mut restricted = self.clone();
        for (bin, _) in restricted
            .bins
            .iter_mut()
            .zip(keep)
            .filter(|(_, keep)| !**keep)
        {
            restricted.left_out += usize::from((*bin as usize) < self.n_bins);
            *bin = self.n_bins as u32;
        }
        Ok(restricted)
    }

    /// The edges along the track, or along x in a plane.
    #[must_use]
    pub fn edges(&self) -> &BinEdges {
        &self.edges
    }

    /// The edges along y, if the positions lie in a plane.
    #[must_use]
    pub fn edges_y(&self) -> Option<&BinEdges> {
        self.edges_y.as_ref()
    }

    /// Number of bins in all.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.n_bins
    }

    /// Number of frames, with and without a bin.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.bins.len()
    }

    /// Frames whose position is a number outside the edges.
    #[must_use]
    pub fn outside(&self) -> usize {
        self.outside
    }

    /// Frames whose position is NaN.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// Frames that have a bin but were left out by [`restricted_to`](Self::restricted_to).
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The bin of one frame.
    ///
    /// # Panics
    /// If there is no such frame.
    #[must_use]
    pub fn bin(&self, frame: usize) -> Option<usize> {
        Some(self.bins[frame] as usize).filter(|&bin| bin < self.n_bins)
    }

    /// The bins of all frames in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<usize>> + '_ {
        (0..self.bins.len()).map(|frame| self.bin(frame))
    }

    /// Frames spent in each bin (bins).
    #[must_use]
    pub fn occupancy(&self) -> Vec<f64> {
        self.sum(self.bins.iter().map(|_| 1.0))
    }

    /// Seconds spent in each bin (bins), from the seconds each frame stands for.
    ///
    /// # Errors
    /// A list of seconds of another length than the trajectory; seconds that are negative or not
    /// finite, or a constant that is not positive.
    ///
    /// ```
    /// use drift_metrics::BinEdges;
    /// let positions = BinEdges::equal(0.0, 2.0, 2)?.assign(&[0.5, 1.5, 1.5]);
    /// assert_eq!(positions.seconds(0.5.into())?, [0.5, 1.0]);
    /// // An uneven clock.
    /// assert_eq!(positions.seconds([0.5, 0.25, 1.0][..].into())?, [0.5, 1.25]);
    /// # Ok::<(), drift_metrics::Error>(())
    /// ```
    pub fn seconds(&self, durations: Durations<'_>) -> Result<Vec<f64>, Error> {
        durations.check(self.frames())?;
        Ok(match durations {
            Durations::Constant(each) => self
                .occupancy()
                .iter()
                .map(|frames| frames * each)
                .collect(),
            Durations::Each(each) => self.sum(each.iter().copied()),
        })
    }

    fn sum(&self, of_frames: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut sums = vec![0.0; self.n_bins + 1];
        for (&bin, value) in self.bins.iter().zip(of_frames) {
            sums[bin as usize] += value;
        }
        sums.truncate(self.n_bins);
        sums
    }

    /// The raw numbers, with `n_bins` for frames without a bin.
    pub(crate) fn raw(&self) -> &[u32] {
        &self.bins
    }
}
