//! Rate maps: mean activity of every unit in every bin.

use nalgebra::{DMatrix, DMatrixView, DVector};

use crate::bin_sums::sum_by_bin;
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
    /// (see [`signed_position`](crate::motion::signed_position)).
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
#[cfg_attr(feature = "serde", serde(try_from = "Parts"))]
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

/// A map as it is read from a file, before its shapes are checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Parts {
    edges: BinEdges,
    edges_y: Option<BinEdges>,
    occupancy: Vec<f64>,
    rates: DMatrix<f64>,
    mean_rate: DVector<f64>,
    direction: Direction,
    unvisited: Unvisited,
}

#[cfg(feature = "serde")]
impl TryFrom<Parts> for RateMap {
    type Error = Error;

    fn try_from(parts: Parts) -> Result<Self, Error> {
        let bins = parts.edges.bins() * parts.edges_y.as_ref().map_or(1, BinEdges::bins);
        let units = parts.rates.ncols();
        for (field, actual, expected, like) in [
            ("occupancy", parts.occupancy.len(), bins, "bins"),
            ("rates (rows)", parts.rates.nrows(), bins, "bins"),
            ("mean_rate", parts.mean_rate.len(), units, "units"),
        ] {
            if actual != expected {
                return Err(Error::Length {
                    field,
                    actual,
                    expected,
                    like,
                });
            }
        }
        Ok(Self {
            edges: parts.edges,
            edges_y: parts.edges_y,
            occupancy: parts.occupancy,
            rates: parts.rates,
            mean_rate: parts.mean_rate,
            direction: parts.direction,
            unvisited: parts.unvisited,
        })
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

    pub(crate) fn assemble(
        edges: BinEdges,
        edges_y: Option<BinEdges>,
        occupancy: Vec<f64>,
        mut rates: DMatrix<f64>,
    ) -> Result<Self, Error> {
        let bins = edges.bins() * edges_y.as_ref().map_or(1, BinEdges::bins);
        for (field, actual) in [
            ("occupancy", occupancy.len()),
            ("rates (rows)", rates.nrows()),
        ] {
            if actual != bins {
                return Err(Error::Length {
                    field,
                    actual,
                    expected: bins,
                    like: "bins",
                });
            }
        }
        for (index, &value) in occupancy.iter().enumerate() {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::Entry {
                    field: "occupancy",
                    index,
                    value,
                    expected: "finite, >= 0",
                });
            }
        }
        let total: f64 = occupancy.iter().sum();
        let mut mean_rate = DVector::zeros(rates.ncols());
        for (unit, mut column) in rates.column_iter_mut().enumerate() {
            let mut sum = 0.0;
            for (bin, (rate, &time)) in column.iter_mut().zip(&occupancy).enumerate() {
                if time == 0.0 {
                    *rate = f64::NAN;
                } else if rate.is_finite() {
                    sum += time * *rate;
                } else {
                    return Err(Error::Entry {
                        field: "rates",
                        index: unit * bins + bin,
                        value: *rate,
                        expected: "finite in visited bins",
                    });
                }
            }
            mean_rate[unit] = sum / total;
        }
        Ok(Self {
            edges,
            edges_y,
            occupancy,
            rates,
            mean_rate,
            direction: Direction::Any,
            unvisited: Unvisited::Missing,
        })
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
            for (rate, _) in column
                .iter_mut()
                .zip(&self.occupancy)
                .filter(|(_, time)| **time == 0.0)
            {
                *rate = value;
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
        check_frame_duration(frame_duration)?;
        self.rates /= frame_duration;
        self.mean_rate /= frame_duration;
        for time in &mut self.occupancy {
            *time *= frame_duration;
        }
        Ok(self)
    }
}

fn check_frame_duration(frame_duration: f64) -> Result<(), Error> {
    if frame_duration > 0.0 && frame_duration.is_finite() {
        Ok(())
    } else {
        Err(Error::OutOfRange {
            field: "frame_duration",
            value: frame_duration,
            expected: "> 0",
        })
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

/// [`rate_map`] of positions that are binned already: the way to make many maps of one trajectory.
///
/// # Errors
/// As [`rate_map`].
pub fn rate_map_of(
    positions: &BinnedPositions,
    activity: DMatrixView<'_, f64>,
) -> Result<RateMap, Error> {
    if activity.nrows() != positions.frames() {
        return Err(Error::Length {
            field: "activity (rows)",
            actual: activity.nrows(),
            expected: positions.frames(),
            like: "position",
        });
    }
    let occupancy = positions.occupancy();
    let mut rates = DMatrix::zeros(positions.n_bins(), activity.ncols());
    sum_by_bin(positions, activity, rates.as_mut_slice());
    // A visited bin whose sum is not a number points to activity that is none.
    if let Some(sum) = rates.iter().position(|sum| !sum.is_finite()) {
        let unit = sum / positions.n_bins();
        let frame = (0..positions.frames())
            .find(|&frame| positions.bin(frame).is_some() && !activity[(frame, unit)].is_finite())
            .unwrap_or(0);
        return Err(Error::Entry {
            field: "activity",
            index: unit * activity.nrows() + frame,
            value: activity[(frame, unit)],
            expected: "finite, and a finite sum",
        });
    }
    for mut column in rates.column_iter_mut() {
        for (sum, &frames) in column.iter_mut().zip(&occupancy) {
            *sum = if frames > 0.0 {
                *sum / frames
            } else {
                f64::NAN
            };
        }
    }
    RateMap::assemble(
        positions.edges().clone(),
        positions.edges_y().cloned(),
        occupancy,
        rates,
    )
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
    check_frame_duration(frame_duration)?;
    let occupancy: Vec<f64> = edges
        .assign(position)
        .occupancy()
        .iter()
        .map(|frames| frames * frame_duration)
        .collect();
    let mut rates = DMatrix::zeros(edges.bins(), event_positions.len());
    for (unit, events) in event_positions.iter().enumerate() {
        for (bin, (count, &time)) in edges
            .counts(events.as_ref())
            .into_iter()
            .zip(&occupancy)
            .enumerate()
        {
            if count > 0 && time == 0.0 {
                return Err(Error::EventWithoutOccupancy { unit, bin });
            }
            rates[(bin, unit)] = count as f64 / time;
        }
    }
    RateMap::assemble(edges.clone(), None, occupancy, rates)
}
