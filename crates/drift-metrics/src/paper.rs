//! The choices of Ratzon, Derdikman, Barak, "Representational drift as a result of implicit
//! regularization", eLife 12:RP90069 (2023), under one name.
//!
//! They follow the published code, from which the figures came:
//!
//! | choice | here | in general |
//! |---|---|---|
//! | coordinate | position signed by direction of motion | the caller's |
//! | bins | 100 equal ones between the observed extremes | the caller's edges |
//! | unvisited bins | 0 | missing |
//! | smoothing | σ = 6 bins, mirrored at the ends (and across the join of the two directions) | normalised |
//! | silent units | 0 bits | NaN |
//! | place units | more than 0.01 bits | the caller's threshold, or shuffles |
//! | correlation over time | units that are place units at both times (the text: active units) | the caller's choice |

use nalgebra::DMatrixView;

use crate::rate_map::rate_map_of;
use crate::similarity::{RateMapCorrelation, rate_map_correlation as correlate};
use crate::{BinEdges, BinnedPositions, Direction, Error, RateMap, Smoothing, Unvisited};

/// Bins of a rate map.
pub const BINS: usize = 100;

/// Standard deviation of the smoothing kernel in bins.
pub const SMOOTHING_SIGMA_BINS: f64 = 6.0;

/// A unit with more spatial information than this, in bits, is a place unit.
pub const PLACE_UNIT_THRESHOLD: f64 = 0.01;

/// The smoothing of Figures 2D and 2E.
#[must_use]
pub fn smoothing() -> Smoothing {
    Smoothing::Reflecting {
        sigma_bins: SMOOTHING_SIGMA_BINS,
    }
}

/// The trajectory in the paper's bins: signed by direction, 100 equal bins between its extremes.
///
/// Make it once for maps of the same trajectory at many times.
///
/// # Errors
/// As [`signed_position`](crate::binning::signed_position); an agent that never moves.
pub fn bin_positions(position: &[f64]) -> Result<BinnedPositions, Error> {
    let signed = crate::binning::signed_position(position)?;
    Ok(BinEdges::spanning(&signed, BINS)?.assign(&signed))
}

/// Rate maps with the paper's bins, 0 in unvisited ones; `position` (samples), `hidden`
/// (samples × units).
///
/// # Errors
/// As [`bin_positions`] and [`rate_map`](crate::rate_map::rate_map).
///
/// ```
/// use drift_metrics::paper;
/// use nalgebra::DMatrix;
/// let position = [0.0, 1.0, 2.0, 3.0, 2.0, 1.0];
/// let hidden = DMatrix::from_fn(6, 1, |sample, _| if sample == 2 { 1.0 } else { 0.0 });
/// let map = paper::rate_map(&position, hidden.as_view())?;
/// assert_eq!(map.rates.iter().filter(|rate| **rate > 0.0).count(), 1);
/// let bits = paper::spatial_information(&map)?;
/// assert_eq!(paper::place_units(&bits), [true]);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn rate_map(position: &[f64], hidden: DMatrixView<'_, f64>) -> Result<RateMap, Error> {
    rate_map_in(&bin_positions(position)?, hidden)
}

/// [`rate_map`] of positions that are binned already by [`bin_positions`].
///
/// # Errors
/// As [`rate_map`](crate::rate_map::rate_map).
pub fn rate_map_in(
    positions: &BinnedPositions,
    hidden: DMatrixView<'_, f64>,
) -> Result<RateMap, Error> {
    Ok(rate_map_of(positions, hidden)?
        .with_direction(Direction::Signed)
        .with_unvisited(Unvisited::Zero))
}

/// Spatial information in bits, from the unsmoothed map, 0 for silent units (units).
///
/// # Errors
/// As [`spatial_information`](crate::information::spatial_information).
pub fn spatial_information(map: &RateMap) -> Result<Vec<f64>, Error> {
    let mut bits = crate::information::spatial_information(map)?;
    bits.iter_mut()
        .filter(|bits| bits.is_nan())
        .for_each(|bits| *bits = 0.0);
    Ok(bits)
}

/// Units with spatial information (units; bits per spike) above [`PLACE_UNIT_THRESHOLD`].
#[must_use]
pub fn place_units(spatial_information: &[f64]) -> Vec<bool> {
    crate::rate_map::place_units(spatial_information, PLACE_UNIT_THRESHOLD)
}

/// Mean spatial information (units; bits per spike) of the place units (Figure 2C), NaN if there is
/// none.
#[must_use]
pub fn mean_place_unit_information(spatial_information: &[f64]) -> f64 {
    let of_place_units: Vec<f64> = spatial_information
        .iter()
        .copied()
        .filter(|&bits| bits > PLACE_UNIT_THRESHOLD)
        .collect();
    crate::information::mean_information(&of_place_units)
}

/// The matrix of Figure 2E: `hidden` holds the activity (samples × units) at each time on the one
/// trajectory `position` (samples).
///
/// As in the published figure its diagonal is 1 even at a time without a single place unit, where
/// all other entries are NaN.
///
/// # Errors
/// As [`rate_map`]; times that differ in units.
pub fn rate_map_correlation(
    position: &[f64],
    hidden: &[DMatrixView<'_, f64>],
) -> Result<RateMapCorrelation, Error> {
    let positions = bin_positions(position)?;
    let mut maps = Vec::with_capacity(hidden.len());
    let mut place = Vec::with_capacity(hidden.len());
    for &hidden in hidden {
        let map = rate_map_in(&positions, hidden)?;
        place.push(place_units(&spatial_information(&map)?));
        maps.push(map.smoothed(&smoothing())?);
    }
    let mut result = correlate(&maps, &place)?;
    result.correlation.fill_diagonal(1.0);
    Ok(result)
}
