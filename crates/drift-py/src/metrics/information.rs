//! How much does a unit tell about place?

use drift_sim::metrics::information as m;
use pyo3::prelude::*;

use super::activity::SparseActivity;
use super::binning::States;
use super::maps::RateMap;
use crate::convert::{Give as _, Given, Indices, Vector, run};
use crate::error::Raised;

/// Information per spike (or per unit of activity) of one unit, in bits: Σ pᵢ (rᵢ/r̄) log₂(rᵢ/r̄).
///
/// Parameters
/// ----------
/// occupancy : array (bins)
///     Time in each bin, in any unit.
/// rates : array (bins)
///
/// Returns
/// -------
/// float
///     NaN for a silent unit.
#[pyfunction]
pub fn information(occupancy: Vector<'_>, rates: Vector<'_>) -> Result<f64, Raised> {
    Ok(m::information(&occupancy, &rates)?)
}

/// Information per unit of time of one unit: Σ pᵢ rᵢ log₂(rᵢ/r̄), in bits per second for rates in Hz.
///
/// Parameters
/// ----------
/// occupancy : array (bins)
/// rates : array (bins)
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn information_rate(occupancy: Vector<'_>, rates: Vector<'_>) -> Result<f64, Raised> {
    Ok(m::information_rate(&occupancy, &rates)?)
}

/// `information` with a small offset added to every rate, as some published code does.
///
/// Parameters
/// ----------
/// occupancy : array (bins)
/// rates : array (bins)
/// offset : float
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn offset_information(
    occupancy: Vector<'_>,
    rates: Vector<'_>,
    offset: f64,
) -> Result<f64, Raised> {
    Ok(m::offset_information(&occupancy, &rates, offset)?)
}

/// Information per spike of every unit of a map, in bits.
///
/// Parameters
/// ----------
/// rate_map : RateMap
///
/// Returns
/// -------
/// array (units)
///     NaN for silent units.
#[pyfunction]
pub fn spatial_information<'py>(py: Python<'py>, rate_map: &RateMap) -> Given<'py> {
    run(py, || m::spatial_information(&rate_map.0))
}

/// Information per unit of time of every unit of a map.
///
/// Parameters
/// ----------
/// rate_map : RateMap
///
/// Returns
/// -------
/// array (units)
#[pyfunction]
pub fn spatial_information_rate<'py>(py: Python<'py>, rate_map: &RateMap) -> Given<'py> {
    run(py, || m::spatial_information_rate(&rate_map.0))
}

/// Mean of the values that are not NaN: silent units have no say.
///
/// Parameters
/// ----------
/// information : array (units)
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn mean_information(information: Vector<'_>) -> f64 {
    m::mean_information(&information)
}

/// How activity is cut into the classes that mutual information counts.
pub fn response_classes(
    named: Option<&Bound<'_, PyAny>>,
    activity: &SparseActivity,
) -> Result<m::ResponseClasses, Raised> {
    let Some(named) = named else {
        return Ok(m::ResponseClasses::published(&activity.0));
    };
    if let Ok(word) = named.extract::<String>() {
        return match word.as_str() {
            "published" => Ok(m::ResponseClasses::published(&activity.0)),
            "counts" => Ok(m::ResponseClasses::Counts),
            "rounded" => Ok(m::ResponseClasses::Rounded),
            _ => Err(Raised::value(format!(
                "classes is {word:?}, expected published, counts, rounded, or an array of centres"
            ))),
        };
    }
    let centres: Vector<'_> = named.extract()?;
    Ok(m::ResponseClasses::Centres(centres.to_vec()))
}

/// Mutual information of every cell and the state, in bits per sample (plug-in estimate, which is
/// too high in short recordings).
///
/// Parameters
/// ----------
/// activity : SparseActivity
/// states : States
/// classes : str or array (classes), optional
///     "published" (default), "counts", "rounded", or centres of classes.
///
/// Returns
/// -------
/// array (cells)
#[pyfunction]
#[pyo3(signature = (activity, states, *, classes=None))]
pub fn mutual_information<'py>(
    py: Python<'py>,
    activity: &SparseActivity,
    states: &States,
    classes: Option<&Bound<'py, PyAny>>,
) -> Given<'py> {
    let classes = response_classes(classes, activity)?;
    run(py, || {
        m::mutual_information(&activity.0, &states.0, &classes)
    })
}

/// Mutual information of two discrete variables seen together, in bits per sample.
///
/// Parameters
/// ----------
/// responses : array (samples) of int
/// states : array (samples) of int
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn mutual_information_of_labels<'py>(
    py: Python<'py>,
    responses: Indices,
    states: Indices,
) -> Given<'py> {
    m::mutual_information_of_labels(&responses.numbers()?, &states.numbers()?)?.give(py)
}
