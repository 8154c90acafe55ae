//! A noise written in Python.

use std::sync::Arc;

use drift_sim::learn::{Noise, NoiseSource};
use pyo3::prelude::*;
use toml::Table;

use super::{array, generator, numbers};
use crate::error::Raised;
use crate::registry::{Spent, keywords};

/// An object with `sample(values, rng)` and `variance`.
#[derive(Debug)]
pub struct PyNoise {
    noise: Py<PyAny>,
    variance: f64,
    spent: Arc<Spent>,
}

impl PyNoise {
    /// What `make` makes of a noise's settings.
    pub fn new(make: &Py<PyAny>, settings: &Table, spent: Arc<Spent>) -> Result<Self, Raised> {
        Python::attach(|py| {
            let noise = make.bind(py).call((), Some(&keywords(py, settings)?))?;
            Ok(Self {
                variance: noise.getattr("variance")?.extract()?,
                noise: noise.unbind(),
                spent,
            })
        })
    }
}

impl Noise for PyNoise {
    fn add_to(&self, values: &mut [f64], source: &mut NoiseSource) {
        self.spent.call(|py| {
            let arguments = (array(py, values), generator(py, source)?);
            let deviates = self.noise.bind(py).call_method1("sample", arguments)?;
            let deviates = numbers(&deviates, "sample of the noise", values.len())?;
            for (value, deviate) in values.iter_mut().zip(deviates.iter()) {
                *value += deviate;
            }
            Ok(())
        });
    }

    fn variance(&self) -> f64 {
        self.variance
    }
}
