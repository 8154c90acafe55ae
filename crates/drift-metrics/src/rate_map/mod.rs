//! Rate maps: mean activity of every unit in every bin, from dense or sparse activity; their
//! smoothing, peaks, fields and centres.

mod fields;
mod peaks;
mod smoothing;
mod sums;

pub use fields::{FieldCriteria, PlaceField, Track, centroid, place_fields};
pub(crate) use peaks::peak;
pub use peaks::{order_by_peak, peak_bins, place_units};
pub use smoothing::{Ends, Smoothing, smooth};

use nalgebra::{DMatrix, DMatrixView, DVector};

use self::sums::sum_by_bin;
use crate::activity::Activity;
use crate::binning::Durations;
use crate::error::{every, not_negative, same_length};
use crate::{BinEdges, BinnedPositions, Error};

/// Which way the animal moved in the frames of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Direction {
    /// All frames, whatever the direction.
    #[default]
    Any,
    /// Frames in which the position grows.
    Increasing,
    /// Frames in which the position falls.
    Decreasing,
    /// Both directions on one axis: places passed downwards have negative coordinates
    /// (see [`signed_position`](crate::binning::signed_position)).
    Signed,
}

/// What stands in a bin that was never visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Unvisited {
    /// NaN: nothing is known about it.
    #[default]
    Missing,
    /// 0, as in the published code of Ratzon et al. (2023).
    Zero,
}

/// Rate maps of all units over the same bins, with the time spent in each.
///
/// The mean rate comes from the very frames the map was made of, so information computed from it
/// never mixes two epochs.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(remote = "Self"))]
#[non_exhaustive]
pub struct RateMap {
    /// Edges along the track, or along x in a plane.
    pub edges: BinEdges,
    /// Edges along y for maps of a plane (bin = `bin_x · bins_y + bin_y`).
    pub edges_y: Option<BinEdges>,
    /// Time spent in each bin (bins): frames, or seconds where a frame duration was given.
    pub occupancy: Vec<f64>,
    /// Mean activity (bins × units), in units of activity, or events per second.
    pub rates: DMatrix<f64>,
    /// Mean rate r̄ = Σ pᵢ rᵢ of each unit over the binned frames (units).
    pub mean_rate: DVector<f64>,
    /// Direction of motion of the frames used.
    pub direction: Direction,
    /// What unvisited bins hold.
    pub unvisited: Unvisited,
}

#[cfg(feature = "serde")]
impl serde::Serialize for RateMap {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

/// Shapes are checked as a map is read.
#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for RateMap {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Self::deserialize(deserializer)?;
        map.check_shape().map_err(serde::de::Error::custom)?;
        Ok(map)
    }
}

impl RateMap {
    /// Puts a map together from its parts, with missing values in unvisited bins.
    ///
    /// # Errors
    /// `occupancy` or `rates` do not have one entry (row) a bin; an occupancy is negative or
    /// not finite; the rate of a visited bin is not finite.
    pub fn new(edges: BinEdges, occupancy: Vec<f64>, rates: DMatrix<f64>) -> Result<Self, Error> {
        Self::assemble(edges, None, occupancy, rates)
    }

    fn assemble(
        edges: BinEdges,
        edges_y: Option<BinEdges>,
        occupancy: Vec<f64>,
        rates: DMatrix<f64>,
    ) -> Result<Self, Error> {
        let mut map = Self {
            edges,
            edges_y,
            occupancy,
            mean_rate: DVector::zeros(rates.ncols()),
            rates,
            direction: Direction::Any,
            unvisited: Unvisited::Missing,
        };
        map.check_shape()?;
        every("occupancy", &map.occupancy, not_negative, "finite, >= 0")?;
        let total: f64 = map.occupancy.iter().sum();
        for (unit, mut column) in map.rates.column_iter_mut().enumerate() {
            let mut sum = 0.0;
            for (bin, (rate, &time)) in column.iter_mut().zip(&map.occupancy).enumerate() {
                if time == 0.0 {
                    *rate = f64::NAN;
                } else if rate.is_finite() {
                    sum += time * *rate;
                } else {
                    let index = unit * map.occupancy.len() + bin;
                    let expected = "finite in visited bins";
                    return Err(Error::entry("rates", index, *rate, expected));
                }
            }
            map.mean_rate[unit] = sum / total;
        }
        Ok(map)
    }

    fn check_shape(&self) -> Result<(), Error> {
        let bins = self.edges.bins() * self.edges_y.as_ref().map_or(1, BinEdges::bins);
        same_length("occupancy", self.occupancy.len(), bins, "bins")?;
        same_length("rates (rows)", self.rates.nrows(), bins, "bins")?;
        same_length("mean_rate", self.mean_rate.len(), self.units(), "units")
    }

    /// Whether each bin holds a value that counts (bins): it was visited, or holds 0 by choice.
    pub(crate) fn present(&self) -> Vec<bool> {
        let zero = self.unvisited == Unvisited::Zero;
        self.occupancy
            .iter()
            .map(|&time| time > 0.0 || zero)
            .collect()
    }

    /// Number of bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.occupancy.len()
    }

    /// Number of units.
    #[must_use]
    pub fn units(&self) -> usize {
        self.rates.ncols()
    }

    /// The map of one unit (bins).
    ///
    /// # Panics
    /// If there is no such unit.
    #[must_use]
    pub fn unit(&self, unit: usize) -> &[f64] {
        let bins = self.rates.nrows();
        &self.rates.as_slice()[unit * bins..(unit + 1) * bins]
    }

    /// Share of the time spent in each bin, pᵢ (bins); NaN if nothing was visited.
    #[must_use]
    pub fn occupancy_probability(&self) -> Vec<f64> {
        let total: f64 = self.occupancy.iter().sum();
        self.occupancy.iter().map(|time| time / total).collect()
    }

    /// Writes the chosen value into all unvisited bins.
    #[must_use]
    pub fn with_unvisited(mut self, unvisited: Unvisited) -> Self {
        let value = match unvisited {
            Unvisited::Missing => f64::NAN,
            Unvisited::Zero => 0.0,
        };
        for mut column in self.rates.column_iter_mut() {
            for (rate, &time) in column.iter_mut().zip(&self.occupancy) {
                if time == 0.0 {
                    *rate = value;
                }
            }
        }
        self.unvisited = unvisited;
        self
    }

    /// States which way the animal moved in the frames of this map.
    #[must_use]
    pub fn with_direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Turns counts per frame into events per second and frames into seconds.
    ///
    /// # Errors
    /// `frame_duration` (s) is not a positive number.
    pub fn per_second(mut self, frame_duration: f64) -> Result<Self, Error> {
        Durations::Constant(frame_duration).check(0)?;
        self.rates /= frame_duration;
        self.mean_rate /= frame_duration;
        for time in &mut self.occupancy {
            *time *= frame_duration;
        }
        Ok(self)
    }
}

/// Mean activity per bin: rᵢ = mean of the activity over the frames in bin i.
///
/// `position` (samples), `activity` (samples × units; any sign). Frames outside the edges or with
/// NaN position are not used, neither in the map nor in the mean rate. Unvisited bins are NaN.
///
/// ```
/// use drift_metrics::{BinEdges, rate_map, spatial_information};
/// use nalgebra::DMatrix;
///
/// // Four samples, two units: the first fires at the end of the track only.
/// let position = [0.5, 0.7, 1.2, 1.9];
/// let activity = DMatrix::from_row_slice(4, 2, &[0.0, 1.0, 0.0, 1.0, 2.0, 1.0, 4.0, 1.0]);
/// let map = rate_map(&BinEdges::equal(0.0, 2.0, 2)?, &position, activity.as_view())?;
/// assert_eq!(map.unit(0), [0.0, 3.0]);
/// assert_eq!(map.occupancy, [2.0, 2.0]);
/// assert_eq!(spatial_information(&map)?, [1.0, 0.0]);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// The number of samples differs, or the activity of a used frame is not finite.
pub fn rate_map(
    edges: &BinEdges,
    position: &[f64],
    activity: DMatrixView<'_, f64>,
) -> Result<RateMap, Error> {
    rate_map_of(&edges.assign(position), activity)
}

/// [`rate_map`] of positions that are binned already, from dense or sparse activity: the way to
/// make many maps of one trajectory.
///
/// # Errors
/// As [`rate_map`].
pub fn rate_map_of<'a>(
    positions: &BinnedPositions,
    activity: impl Into<Activity<'a>>,
) -> Result<RateMap, Error> {
    over_time(positions, activity.into(), positions.occupancy())
}

/// Activity per second in each bin: the sum of the activity over the frames in the bin, divided
/// by the seconds these frames stand for.
///
/// # Errors
/// As [`rate_map`] and [`BinnedPositions::seconds`].
///
/// ```
/// use drift_metrics::rate_map::rate_map_per_second;
/// use drift_metrics::{BinEdges, nalgebra::DMatrix};
/// let positions = BinEdges::equal(0.0, 2.0, 2)?.assign(&[0.5, 0.7, 1.5]);
/// let events = DMatrix::from_column_slice(3, 1, &[1.0, 2.0, 1.0]);
/// let seconds = [0.1, 0.2, 0.1];
/// let map = rate_map_per_second(&positions, events.as_view(), seconds[..].into())?;
/// assert!((map.rates[(0, 0)] - 10.0).abs() < 1e-12 && map.rates[(1, 0)] == 10.0);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn rate_map_per_second<'a>(
    positions: &BinnedPositions,
    activity: impl Into<Activity<'a>>,
    durations: Durations<'_>,
) -> Result<RateMap, Error> {
    over_time(positions, activity.into(), positions.seconds(durations)?)
}

/// Sums of the activity over the time in each bin.
fn over_time(
    positions: &BinnedPositions,
    activity: Activity<'_>,
    occupancy: Vec<f64>,
) -> Result<RateMap, Error> {
    let (frames, bins) = (activity.frames(), positions.n_bins());
    same_length("activity (rows)", frames, positions.frames(), "position")?;
    let mut rates = DMatrix::zeros(bins, activity.units());
    sum_by_bin(positions, activity, rates.as_mut_slice());
    // A visited bin whose sum is not a number points to activity that is none.
    if let Some(sum) = rates.iter().position(|sum| !sum.is_finite()) {
        let unit = sum / bins;
        let (frame, value) = activity.not_finite(unit, positions);
        let (index, expected) = (unit * frames + frame, "finite, and a finite sum");
        return Err(Error::entry("activity", index, value, expected));
    }
    for mut column in rates.column_iter_mut() {
        for (sum, &time) in column.iter_mut().zip(&occupancy) {
            *sum = if time > 0.0 { *sum / time } else { f64::NAN };
        }
    }
    let (edges, edges_y) = (positions.edges().clone(), positions.edges_y().cloned());
    RateMap::assemble(edges, edges_y, occupancy, rates)
}

/// Events per second in each bin: nᵢ / (oᵢ · `frame_duration`), with events and time binned by
/// the same edges.
///
/// `position` (samples) of the animal in frames of `frame_duration` seconds; `event_positions`
/// has for each unit the positions at its events. A unit without events has rate 0 where the
/// animal was. Events and frames outside the edges, or at an unknown position, are not used.
///
/// # Errors
/// The frame duration is not positive, or an event lies in a bin that was never visited.
pub fn event_rate_map(
    edges: &BinEdges,
    position: &[f64],
    frame_duration: f64,
    event_positions: &[impl AsRef<[f64]>],
) -> Result<RateMap, Error> {
    let occupancy = edges.assign(position).seconds(frame_duration.into())?;
    let mut rates = DMatrix::zeros(edges.bins(), event_positions.len());
    for (unit, events) in event_positions.iter().enumerate() {
        for (bin, count) in edges.counts(events.as_ref()).into_iter().enumerate() {
            if count > 0 && occupancy[bin] == 0.0 {
                return Err(Error::EventWithoutOccupancy { unit, bin });
            }
            rates[(bin, unit)] = count as f64 / occupancy[bin];
        }
    }
    RateMap::assemble(edges.clone(), None, occupancy, rates)
}
