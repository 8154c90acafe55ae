//! What a run's directory holds.

use std::path::PathBuf;

use drift_sim::engine::{SeriesRecord, Trace};
use drift_sim::env::Dataset;
use drift_sim::{Mapping, Registry, RunRecord};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{Give as _, Given, run};
use crate::error::Raised;
use crate::metrics::maps::RateMap;
use crate::network::Network;
use crate::registry::Parts;

/// A trace as arrays by name, NaN where nothing was measured.
pub fn columns<'py>(py: Python<'py>, trace: &Trace) -> Result<Bound<'py, PyDict>, Raised> {
    let columns = PyDict::new(py);
    let steps: Vec<u64> = trace.samples().iter().map(|sample| sample.step).collect();
    columns.set_item("step", steps.give(py)?)?;
    for column in trace.columns() {
        let values = trace.column(&column.name);
        let values: Vec<f64> = values.map(|value| value.unwrap_or(f64::NAN)).collect();
        columns.set_item(&column.name, values.give(py)?)?;
    }
    Ok(columns)
}

/// A data set as arrays by name.
pub fn arrays<'py>(py: Python<'py>, dataset: &Dataset) -> Result<Bound<'py, PyDict>, Raised> {
    let arrays = PyDict::new(py);
    arrays.set_item("inputs", dataset.inputs().clone().give(py)?)?;
    arrays.set_item("targets", dataset.targets().clone().give(py)?)?;
    let optional = [
        ("position", dataset.position()),
        ("across", dataset.across()),
        ("heading", dataset.heading()),
    ];
    for (name, values) in optional {
        if let Some(values) = values {
            arrays.set_item(name, values.to_vec().give(py)?)?;
        }
    }
    arrays.set_item("environment", dataset.environment().to_vec().give(py)?)?;
    Ok(arrays)
}

/// The record of a run; `drift.Run` is made of it.
///
/// Parameters
/// ----------
/// directory : path
/// parts : Parts, optional
#[pyclass(frozen, module = "drift._drift")]
#[derive(Debug)]
pub struct Record {
    record: RunRecord,
    registry: Registry,
}

impl Record {
    /// The library's record.
    pub fn inner(&self) -> &RunRecord {
        &self.record
    }

    /// Parameters at a sample; the last without a step.
    fn parameters(&self, step: Option<u64>) -> Result<Vec<f64>, Raised> {
        let SeriesRecord { steps, values, .. } = self.record.snapshots()?;
        let Some(step) = step.or(steps.last().copied()) else {
            return Err(Raised::value("the run has no snapshots"));
        };
        let row = steps.partition_point(|&at| at < step);
        if steps.get(row) != Some(&step) {
            let near = [row.checked_sub(1), Some(row)].into_iter().flatten();
            let near = near.filter_map(|row| steps.get(row)).map(u64::to_string);
            return Err(Raised::value(format!(
                "step is {step}, expected one at which the run was sampled; next to it: {}",
                near.collect::<Vec<_>>().join(" and ")
            )));
        }
        Ok(values.row(row).iter().copied().collect())
    }

    fn network_at(&self, step: Option<u64>) -> Result<Network, Raised> {
        let network = self.record.network(self.parameters(step)?)?;
        network
            .map(Network)
            .ok_or_else(|| Raised::value("no network learns in this run"))
    }

    fn data(&self) -> Result<&Dataset, Raised> {
        let dataset = self.record.dataset.as_ref();
        dataset.ok_or_else(|| Raised::value("the run has no data set"))
    }
}

#[pymethods]
impl Record {
    #[new]
    #[pyo3(signature = (directory, parts=None))]
    fn new(py: Python<'_>, directory: PathBuf, parts: Option<&Parts>) -> Result<Self, Raised> {
        let registry = Parts::registry(parts);
        let record = py.detach(|| registry.read_run(&directory))?;
        Ok(Self { record, registry })
    }

    fn trace<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>, Raised> {
        columns(py, &self.record.trace)
    }

    fn scenario(&self) -> String {
        self.record.scenario.to_toml()
    }

    fn outcome(&self) -> Option<(String, String)> {
        let outcome = self.record.outcome.as_ref()?;
        Some((outcome.kind().to_owned(), outcome.to_string()))
    }

    fn series<'py>(&self, py: Python<'py>, name: &str) -> Given<'py> {
        run(py, || {
            let SeriesRecord { steps, values, .. } = self.record.series(name)?;
            Ok::<_, drift_sim::Error>((steps, values))
        })
    }

    #[pyo3(signature = (step=None))]
    fn network(&self, py: Python<'_>, step: Option<u64>) -> Result<Network, Raised> {
        py.detach(|| self.network_at(step))
    }

    #[pyo3(signature = (step=None))]
    fn hidden<'py>(&self, py: Python<'py>, step: Option<u64>) -> Given<'py> {
        run(py, || {
            let inputs = self.data()?.inputs().as_view();
            Ok::<_, Raised>(self.network_at(step)?.0.forward(inputs)?.0)
        })
    }

    #[pyo3(signature = (step=None, environment=0))]
    fn rate_maps(
        &self,
        py: Python<'_>,
        step: Option<u64>,
        environment: usize,
    ) -> Result<RateMap, Raised> {
        py.detach(|| {
            let (data, network) = (self.data()?, self.network_at(step)?.0);
            let measures = self.record.scenario.spec().measures.clone();
            let mapping = Mapping::new(data, measures)?
                .ok_or_else(|| Raised::value("the run's task has no positions"))?
                .with_activation(network.activation());
            if environment >= mapping.environments() {
                return Err(Raised::value(format!(
                    "environment is {environment}, expected less than {}",
                    mapping.environments()
                )));
            }
            let hidden = network.forward(data.inputs().as_view())?.0;
            Ok(RateMap(mapping.rate_map(&hidden, environment)?))
        })
    }

    fn dataset<'py>(&self, py: Python<'py>) -> Result<Option<Bound<'py, PyDict>>, Raised> {
        self.record
            .dataset
            .as_ref()
            .map(|data| arrays(py, data))
            .transpose()
    }

    fn report(&self, py: Python<'_>) -> Result<PathBuf, Raised> {
        let directory = self.record.directory();
        Ok(py.detach(|| drift_cli::embed::report(directory, &self.registry))?)
    }
}
