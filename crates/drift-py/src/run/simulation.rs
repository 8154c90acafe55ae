//! A simulation in memory, stepped by hand.

use std::sync::{Mutex, MutexGuard, PoisonError};

use drift_sim::{Simulation as Engine, System, Training};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::execute::{Position, Watched, interruptible};
use super::record::{arrays, columns};
use super::scenario::scenario;
use crate::convert::{Give as _, Given};
use crate::error::Raised;
use crate::network::Network;
use crate::registry::{Parts, caught};

/// A network in training can be looked into between steps; other systems show their samples.
enum Kind {
    Training(Box<Engine<Training>>),
    Other(Box<Engine<Box<dyn System>>>),
}

/// Evaluates an expression of whichever simulation it is.
macro_rules! either {
    ($kind:expr, $simulation:ident => $do:expr) => {
        match $kind {
            Kind::Training($simulation) => $do,
            Kind::Other($simulation) => $do,
        }
    };
}

/// A run in memory, made step by step.
///
/// Parameters
/// ----------
/// scenario : str
///     A preset, a file ending in .toml or .json, or TOML text.
/// steps : int, optional
/// seed : int, optional
/// parts : Parts, optional
///     Parts written in Python.
/// **fields
///     Fields of the scenario: `network__hidden=50` is the field `network.hidden`.
#[pyclass(frozen, module = "drift")]
pub struct Simulation {
    kind: Mutex<Kind>,
    text: String,
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Simulation")
            .field("scenario", &self.text)
            .finish_non_exhaustive()
    }
}

impl Simulation {
    fn lock(&self) -> MutexGuard<'_, Kind> {
        self.kind.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Simulation {
    #[new]
    #[pyo3(signature = (scenario, *, steps=None, seed=None, parts=None, **fields))]
    fn new(
        py: Python<'_>,
        scenario: &str,
        steps: Option<u64>,
        seed: Option<u64>,
        parts: Option<&Parts>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> Result<Self, Raised> {
        let registry = Parts::registry(parts);
        let scenario = self::scenario(scenario, steps, seed, fields, &registry)?;
        let measures = &scenario.spec().measures;
        let plain = measures.own.is_empty() && measures.remapping.is_none();
        let kind = py.detach(|| {
            caught(|| {
                if scenario.spec().task.has_dataset() && plain {
                    let training = registry.training(&scenario)?;
                    let simulation = Engine::new(training, scenario.plan().clone())?;
                    return Ok(Kind::Training(Box::new(simulation)));
                }
                Ok::<_, drift_sim::Error>(Kind::Other(Box::new(registry.simulation(&scenario)?)))
            })
        })??;
        Ok(Self {
            kind: Mutex::new(kind),
            text: scenario.to_toml(),
        })
    }

    /// (str) The whole scenario as TOML.
    #[getter]
    fn scenario(&self) -> &str {
        &self.text
    }

    /// (int) Steps done.
    #[getter]
    fn steps_done(&self, py: Python<'_>) -> u64 {
        py.detach(|| either!(&*self.lock(), simulation => simulation.steps_done()))
    }

    /// Makes steps; nothing is measured or checked.
    ///
    /// Parameters
    /// ----------
    /// count : int, optional
    ///     How many. Default: 1.
    ///
    /// Returns
    /// -------
    /// float
    ///     The loss before the last step, on its data; NaN without a step.
    #[pyo3(signature = (count=1))]
    fn step(&self, py: Python<'_>, count: u64) -> Result<f64, Raised> {
        py.detach(|| {
            caught(|| {
                either!(&mut *self.lock(), simulation => {
                    (0..count).fold(f64::NAN, |_, _| simulation.step())
                })
            })
        })
    }

    /// Runs until so many steps are done, with the samples up to then. Ctrl-C stops it between
    /// steps, and it can go on.
    ///
    /// Parameters
    /// ----------
    /// step : int, optional
    ///     Default: the end.
    ///
    /// Returns
    /// -------
    /// str or None
    ///     How the run ended, if it has.
    #[pyo3(signature = (step=None))]
    fn run(&self, py: Python<'_>, step: Option<u64>) -> Result<Option<String>, Raised> {
        let position = Position::default();
        let (outcome, raised) = interruptible(
            py,
            |stop| {
                let position = &position;
                caught(|| {
                    either!(&mut *self.lock(), simulation => {
                        let step = step.unwrap_or(simulation.plan().steps());
                        simulation.run_until(step, &mut Watched { stop, position })
                    })
                })
            },
            |_| Ok(()),
        );
        let outcome = outcome??;
        match raised {
            Some(error) => Err(error.into()),
            None => Ok(outcome.map(|outcome| outcome.to_string())),
        }
    }

    /// (dict) The samples taken so far, an array a column.
    #[getter]
    fn trace<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>, Raised> {
        let trace = py.detach(|| either!(&*self.lock(), simulation => simulation.trace().clone()));
        columns(py, &trace)
    }

    /// (Network or None) The network as it is now; None where no network learns or a parameter is
    /// not finite.
    #[getter]
    fn network(&self, py: Python<'_>) -> Option<Network> {
        py.detach(|| match &*self.lock() {
            Kind::Training(simulation) => simulation.system().network().map(Network),
            Kind::Other(_) => None,
        })
    }

    /// (samples, units) Hidden activity on the clean data, as it is now; None as `network`.
    #[getter]
    fn hidden<'py>(&self, py: Python<'py>) -> Given<'py> {
        let hidden = py.detach(|| match &*self.lock() {
            Kind::Training(simulation) => simulation.system().hidden(),
            Kind::Other(_) => None,
        });
        hidden.give(py)
    }

    /// (dict or None) The data set; None where no network learns one.
    #[getter]
    fn dataset<'py>(&self, py: Python<'py>) -> Result<Option<Bound<'py, PyDict>>, Raised> {
        let data = py.detach(|| match &*self.lock() {
            Kind::Training(simulation) => Some(simulation.system().dataset().clone()),
            Kind::Other(_) => None,
        });
        data.map(|data| arrays(py, &data)).transpose()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<drift.Simulation after {} steps>", self.steps_done(py))
    }
}
