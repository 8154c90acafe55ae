//! The choices of Ratzon et al. (2023).

use drift_sim::metrics::paper as m;
use pyo3::prelude::*;

use super::binning::{BinnedPositions, dense};
use super::maps::RateMap;
use crate::convert::{Give as _, Given, Matrix, Vector, run, views};
use crate::error::Raised;

/// The trajectory in the paper's bins: signed by direction, 100 equal bins between its extremes.
///
/// Parameters
/// ----------
/// position : array (samples)
///
/// Returns
/// -------
/// BinnedPositions
#[pyfunction]
pub fn bin_positions(position: Vector<'_>) -> Result<BinnedPositions, Raised> {
    Ok(BinnedPositions(m::bin_positions(&position)?))
}

/// Rate maps with the paper's bins, 0 in unvisited ones.
///
/// Parameters
/// ----------
/// position : array (samples)
/// hidden : array (samples, units) or TsGroup
///
/// Returns
/// -------
/// RateMap
#[pyfunction]
pub fn rate_map<'py>(
    py: Python<'py>,
    position: &Bound<'py, PyAny>,
    hidden: &Bound<'py, PyAny>,
) -> Given<'py> {
    let hidden = dense(hidden, position)?;
    let position: Vector<'_> = position.extract()?;
    let (position, hidden): (&[f64], _) = (&position, hidden.view());
    run(py, || m::rate_map(position, hidden))
}

/// `rate_map` of positions that are binned already.
///
/// Parameters
/// ----------
/// positions : BinnedPositions
/// hidden : array (samples, units)
///
/// Returns
/// -------
/// RateMap
#[pyfunction]
pub fn rate_map_in<'py>(
    py: Python<'py>,
    positions: &BinnedPositions,
    hidden: Matrix<'_>,
) -> Given<'py> {
    let hidden = hidden.view();
    run(py, || m::rate_map_in(&positions.0, hidden))
}

/// A map smoothed as in Figures 2D and 2E.
///
/// Parameters
/// ----------
/// rate_map : RateMap
///
/// Returns
/// -------
/// RateMap
#[pyfunction]
pub fn smoothed<'py>(py: Python<'py>, rate_map: &RateMap) -> Given<'py> {
    run(py, || rate_map.0.smoothed(&m::smoothing()))
}

/// Spatial information in bits from the unsmoothed map, 0 for silent units.
///
/// Parameters
/// ----------
/// rate_map : RateMap
///
/// Returns
/// -------
/// array (units)
#[pyfunction]
pub fn spatial_information<'py>(py: Python<'py>, rate_map: &RateMap) -> Given<'py> {
    run(py, || m::spatial_information(&rate_map.0))
}

/// Units with spatial information above 0.01 bits.
///
/// Parameters
/// ----------
/// spatial_information : array (units)
///
/// Returns
/// -------
/// array (units) of bool
#[pyfunction]
pub fn place_units<'py>(py: Python<'py>, spatial_information: Vector<'_>) -> Given<'py> {
    m::place_units(&spatial_information).give(py)
}

/// Mean spatial information of the place units (Figure 2C).
///
/// Parameters
/// ----------
/// spatial_information : array (units)
///
/// Returns
/// -------
/// float
///     NaN without one.
#[pyfunction]
pub fn mean_place_unit_information(spatial_information: Vector<'_>) -> f64 {
    m::mean_place_unit_information(&spatial_information)
}

/// The matrix of Figure 2E.
///
/// Parameters
/// ----------
/// position : array (samples)
/// hidden : list of array (samples, units)
///     Activity at each time.
///
/// Returns
/// -------
/// RateMapCorrelation
#[pyfunction]
pub fn rate_map_correlation<'py>(
    py: Python<'py>,
    position: Vector<'_>,
    hidden: Vec<Matrix<'_>>,
) -> Given<'py> {
    let (position, hidden): (&[f64], _) = (&position, views(&hidden));
    run(py, || m::rate_map_correlation(position, &hidden))
}
