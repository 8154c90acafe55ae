//! What do several animals show?

use drift_sim::metrics::cohort as m;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{Give as _, Given, Seed, Vector, record, run};
use crate::error::Raised;

record! {
    /// One time of a cohort.
    CohortRow(m::CohortRow) {
        /// (float) The time.
        time: [],
        /// (int) Animals that have it.
        animals: [],
        /// (float) Their mean.
        mean: [],
        /// (float) Its standard error.
        sem: [],
    }
}

record! {
    /// Whether a quantity changes with time, with the animal as the unit.
    Trend(m::Trend) {
        /// (animals) Slope of each.
        slopes: ["animal"],
        /// (float) Their mean.
        mean_slope: [],
        /// (float) Its standard error.
        sem_slope: [],
        /// (float or None) p by sign flips; None with too few animals.
        p_value: [],
    }
}

/// Series from a dictionary of animal to (times, values).
fn series(animals: &Bound<'_, PyDict>) -> Result<Vec<m::Series>, Raised> {
    let read = |(animal, values): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let animal: String = animal.extract()?;
        let (times, values): (Vector<'_>, Vector<'_>) = values.extract()?;
        if times.len() != values.len() {
            return Err(Raised::value(format!(
                "{animal} has {} values, expected {} as it has times",
                values.len(),
                times.len()
            )));
        }
        let values = times.iter().copied().zip(values.iter().copied()).collect();
        Ok(m::Series { animal, values })
    };
    animals.iter().map(read).collect()
}

/// Mean ± standard error over animals at every time that one of them has.
///
/// Parameters
/// ----------
/// animals : dict
///     Of each animal (times, values), two arrays.
///
/// Returns
/// -------
/// list of CohortRow
#[pyfunction]
pub fn cohort<'py>(py: Python<'py>, animals: &Bound<'py, PyDict>) -> Given<'py> {
    let animals = series(animals)?;
    run(py, || m::cohort(&animals))
}

/// Tests a trend by flipping the signs of the animals' slopes.
///
/// Parameters
/// ----------
/// animals : dict
///     Of each animal (times, values), two arrays.
/// seed : int or numpy.random.Generator, optional
///
/// Returns
/// -------
/// Trend
#[pyfunction]
#[pyo3(signature = (animals, *, seed=None))]
pub fn trend<'py>(py: Python<'py>, animals: &Bound<'py, PyDict>, seed: Option<Seed>) -> Given<'py> {
    let (animals, mut rng) = (series(animals)?, seed.unwrap_or(Seed(0)).rng());
    run(py, || m::trend(&animals, &mut rng))
}

/// Every animal's values divided by its first.
///
/// Parameters
/// ----------
/// animals : dict
///     Of each animal (times, values), two arrays.
///
/// Returns
/// -------
/// dict
#[pyfunction]
pub fn normalised_to_first<'py>(
    py: Python<'py>,
    animals: &Bound<'py, PyDict>,
) -> Result<Bound<'py, PyDict>, Raised> {
    let normalised = PyDict::new(py);
    for one in series(animals)? {
        let (times, values): (Vec<f64>, Vec<f64>) =
            one.normalised_to_first()?.values.into_iter().unzip();
        let given = (times, values).give(py)?;
        normalised.set_item(one.animal, given)?;
    }
    Ok(normalised)
}
