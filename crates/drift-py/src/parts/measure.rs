//! A measure of trained networks written in Python.

use std::sync::Arc;

use drift_sim::engine::{Column, Error, Measure};
use drift_sim::{Moment as EngineMoment, Training};
use nalgebra::DMatrix;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use toml::Table;

use crate::convert::{Give as _, Given};
use crate::network::Network;
use crate::registry::{Spent, keywords};

/// A sampling point as a measure sees it.
#[pyclass(frozen, module = "drift")]
#[derive(Debug)]
pub struct Moment {
    step: u64,
    network: Option<Network>,
    hidden: Option<DMatrix<f64>>,
    sample: Vec<(String, Option<f64>)>,
}

#[pymethods]
impl Moment {
    /// (int) Updates done.
    #[getter]
    fn step(&self) -> u64 {
        self.step
    }

    /// (Network or None) The network; None where a parameter is not finite.
    #[getter]
    fn network(&self) -> Option<Network> {
        self.network.clone()
    }

    /// (samples, units) Hidden activity on the clean data; None where a parameter is not finite.
    #[getter]
    fn hidden<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.hidden.clone().give(py)
    }

    /// (dict) The measures taken before, None where there is no value.
    #[getter]
    fn sample<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let sample = PyDict::new(py);
        for (name, value) in &self.sample {
            sample.set_item(name, value)?;
        }
        Ok(sample)
    }
}

/// A function of a [`Moment`].
#[derive(Debug)]
pub struct PyMeasure {
    function: Py<PyAny>,
    settings: Table,
    columns: Vec<Column>,
    spent: Arc<Spent>,
}

impl PyMeasure {
    /// A function with its settings.
    pub fn new(
        function: Py<PyAny>,
        settings: Table,
        columns: &[String],
        spent: Arc<Spent>,
    ) -> Self {
        let column = |name: &String| Column::new(name, "", "of a measure in Python").not_portable();
        Self {
            function,
            settings,
            columns: columns.iter().map(column).collect(),
            spent,
        }
    }
}

impl Measure<Training> for PyMeasure {
    fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    fn take(&mut self, moment: &EngineMoment<'_, Training>) -> Result<Vec<Option<f64>>, Error> {
        let columns = moment.sample.columns().iter().zip(moment.sample.values());
        let seen = Moment {
            step: moment.step,
            network: moment.system.sampled_network().cloned().map(Network),
            hidden: moment.system.sampled_hidden().cloned(),
            sample: columns
                .map(|(column, value)| (column.name.clone(), *value))
                .collect(),
        };
        let count = self.columns.len();
        Ok(self.spent.call(|py| {
            let settings = keywords(py, &self.settings)?;
            let taken = self.function.bind(py).call((seen,), Some(&settings))?;
            if taken.is_none() {
                return Ok(vec![None; count]);
            }
            Ok(match taken.extract::<f64>() {
                Ok(number) => vec![Some(number)],
                Err(_) => taken.extract()?,
            })
        }))
    }
}
