//! Rules, noises, measures and systems whose code is Python.

pub mod measure;
pub mod noise;
pub mod rule;
pub mod system;

use drift_sim::learn::NoiseSource;
use drift_sim::rand::Rng as _;
use numpy::PyArray1;
use pyo3::prelude::*;

use crate::convert::Vector;
use crate::error::Raised;

/// A copy of numbers as an array.
fn array<'py>(py: Python<'py>, values: &[f64]) -> Bound<'py, PyAny> {
    PyArray1::from_slice(py, values).into_any()
}

/// `numpy.random.Generator` of one word of a source.
fn generator<'py>(py: Python<'py>, source: &mut NoiseSource) -> PyResult<Bound<'py, PyAny>> {
    py.import("numpy.random")?
        .call_method1("default_rng", (source.next_u64(),))
}

/// What a part returned, of so many numbers.
fn numbers<'py>(
    returned: &Bound<'py, PyAny>,
    of: &str,
    expected: usize,
) -> Result<Vector<'py>, Raised> {
    let vector: Vector<'py> = returned.extract()?;
    if vector.len() != expected {
        return Err(Raised::value(format!(
            "{of} returned {} numbers, expected {expected}",
            vector.len()
        )));
    }
    Ok(vector)
}
