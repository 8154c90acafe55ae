//! A system written in Python.

use std::sync::Arc;

use drift_sim::System;
use drift_sim::engine::{Column, End, Error, Fingerprint, Sample};
use drift_sim::learn::Streams;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use toml::Table;

use crate::error::Raised;
use crate::registry::{Spent, caught, keywords};

/// An object with `columns`, `step()` and `sample()`.
#[derive(Debug)]
pub struct PySystem {
    system: Py<PyAny>,
    columns: Vec<Column>,
    settings: String,
    spent: Arc<Spent>,
}

impl PySystem {
    /// What `make` makes of a system's settings.
    pub fn new(
        make: &Py<PyAny>,
        settings: &Table,
        streams: &Streams,
        spent: Arc<Spent>,
    ) -> Result<Self, Raised> {
        Python::attach(|py| {
            let system = make
                .bind(py)
                .call((streams.seed(),), Some(&keywords(py, settings)?))?;
            let columns = system.getattr("columns")?;
            let columns = match columns.cast::<PyDict>() {
                Ok(named) => named
                    .iter()
                    .map(|(name, meaning)| Ok((name.extract()?, meaning.extract()?)))
                    .collect::<PyResult<Vec<(String, String)>>>()?,
                Err(_) => {
                    let names: Vec<String> = columns.extract()?;
                    names
                        .into_iter()
                        .map(|name| (name, String::new()))
                        .collect()
                }
            };
            let column = |(name, meaning)| Column::new(name, "", meaning).not_portable();
            Ok(Self {
                system: system.unbind(),
                columns: columns.into_iter().map(column).collect(),
                settings: settings.to_string(),
                spent,
            })
        })
    }
}

impl System for PySystem {
    fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    fn step(&mut self) -> f64 {
        self.spent
            .call(|py| Ok(self.system.bind(py).call_method0("step")?.extract()?))
    }

    fn sample(&mut self, _step: u64, sample: &mut Sample) -> Result<Option<End>, Error> {
        Ok(self.spent.call(|py| {
            let taken = self.system.bind(py).call_method0("sample")?;
            for (name, value) in taken.cast::<PyDict>().map_err(PyErr::from)?.iter() {
                let name: String = name.extract()?;
                if !self.columns.iter().any(|column| column.name == name) {
                    let names: Vec<_> = self.columns.iter().map(|c| c.name.as_str()).collect();
                    return Err(Raised::value(format!(
                        "sample of the system has {name:?}, expected of {}",
                        names.join(", ")
                    )));
                }
                sample.set(&name, value.extract::<Option<f64>>()?);
            }
            Ok(None)
        }))
    }

    fn state(&self) -> Option<Vec<u8>> {
        Some(self.spent.call(|py| {
            let system = self.system.bind(py);
            let state = if system.hasattr("state")? {
                system.call_method0("state")?
            } else {
                system.getattr("__dict__")?
            };
            let pickled = py.import("pickle")?.call_method1("dumps", (state,))?;
            Ok(pickled.extract()?)
        }))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        // A checkpoint that cannot be read is refused as any other.
        let restored = caught(|| {
            self.spent.call(|py| {
                let system = self.system.bind(py);
                let bytes = PyBytes::new(py, state);
                let state = py.import("pickle")?.call_method1("loads", (bytes,))?;
                if system.hasattr("restore")? {
                    system.call_method1("restore", (state,))?;
                } else {
                    let attributes = system.getattr("__dict__")?;
                    attributes.call_method1("update", (state,))?;
                }
                Ok(())
            })
        });
        restored.map_err(|raised| Error::system(crate::error::Exception(raised.0)))
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new()
            .text(&self.settings)
            .bytes(&self.state().unwrap_or_default())
    }
}
