//! Parts written in Python, under names that scenarios use.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use drift_sim::{OwnError, Registry};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use toml::Table;

use crate::error::{Exception, Raised};
use crate::parts::{measure, noise, rule, system};
use crate::settings;

/// How long code in Python took, of all parts of a registry.
#[derive(Debug, Default)]
pub struct Spent {
    nanoseconds: AtomicU64,
    calls: AtomicU64,
}

impl Spent {
    /// Calls Python from the engine. What it raises leaves the engine as a panic that no one prints,
    /// so that nothing is written after the last checkpoint; [`caught`] makes an exception of it.
    pub fn call<T>(&self, call: impl FnOnce(Python<'_>) -> Result<T, Raised>) -> T {
        let start = Instant::now();
        let result = Python::attach(call);
        let spent = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(spent, Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
        match result {
            Ok(value) => value,
            Err(Raised(error)) => resume_unwind(Box::new(Exception(error))),
        }
    }
}

/// What `call` gives, or the exception that Python raised within it.
pub fn caught<T>(call: impl FnOnce() -> T) -> Result<T, Raised> {
    // What the call was working on is dropped or opened again from its files.
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| match payload.downcast::<Exception>() {
        Ok(exception) => Raised(exception.0),
        Err(other) => resume_unwind(other),
    })
}

/// Learning rules, noises, measures and systems written in Python. Scenarios name them as they name
/// ours, and `drift.run(…, parts=parts)` runs them in the engine.
///
/// A step then costs a call into Python, about 5 to 50 µs, where ours cost 1 to 100 µs by the size of
/// the network; `spent` says how much it was.
#[pyclass(frozen, module = "drift")]
#[derive(Debug, Default)]
pub struct Parts {
    registry: Mutex<Registry>,
    spent: Arc<Spent>,
}

impl Parts {
    /// The library's registry of these parts, or ours alone.
    pub fn registry(parts: Option<&Self>) -> Registry {
        parts.map(|parts| parts.lock().clone()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(
        &self,
        with: impl FnOnce(Registry) -> Result<Registry, drift_sim::Error>,
    ) -> Result<(), Raised> {
        let mut registry = self.lock();
        *registry = with(registry.clone())?;
        Ok(())
    }
}

/// Keyword arguments from a part's settings.
pub fn keywords<'py>(py: Python<'py>, settings: &Table) -> Result<Bound<'py, PyDict>, Raised> {
    let written = settings::write(py, settings)?;
    Ok(written.cast_into().map_err(PyErr::from)?)
}

fn own(raised: Raised) -> OwnError {
    Box::new(Exception(raised.0))
}

#[pymethods]
impl Parts {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Adds a learning rule: `make(parameters, **settings)` makes an object with
    /// `step(parameters, gradient, loss)`, which returns the new parameters. Where `step` has an
    /// argument `rng`, it gets a `numpy.random.Generator` that follows from the run's seed.
    ///
    /// What it keeps between steps stands in `memory`, a list of arrays with an entry a parameter,
    /// and `numbers`, a list of numbers: these are saved, resumed, and reordered with the units.
    ///
    /// Parameters
    /// ----------
    /// name : str
    /// make : callable
    fn rule(&self, name: &str, make: Py<PyAny>) -> Result<(), Raised> {
        let spent = Arc::clone(&self.spent);
        self.add(|registry| {
            registry.with_rule(name, move |settings: Table, parameters, streams| {
                rule::PyRule::new(&make, &settings, parameters, streams, Arc::clone(&spent))
                    .map_err(own)
            })
        })
    }

    /// Adds a noise: `make(**settings)` makes an object with `sample(values, rng)`, which returns a
    /// deviate to be added to each value, and `variance`, a number. All draws come from `rng`, a
    /// `numpy.random.Generator` that follows from the run's seed.
    ///
    /// Parameters
    /// ----------
    /// name : str
    /// make : callable
    fn noise(&self, name: &str, make: Py<PyAny>) -> Result<(), Raised> {
        let spent = Arc::clone(&self.spent);
        self.add(|registry| {
            registry.with_noise(name, move |settings: Table| {
                noise::PyNoise::new(&make, &settings, Arc::clone(&spent)).map_err(own)
            })
        })
    }

    /// Adds a measure of trained networks: `function(moment, **settings)` returns a number, a
    /// sequence with one a column, or None. A scenario asks for it by `measures__own__NAME={}`.
    ///
    /// Parameters
    /// ----------
    /// name : str
    /// function : callable
    ///     Of a `Moment`: step, network, hidden (samples, units), sample.
    /// columns : sequence of str, optional
    ///     Columns of the trace. Default: the name.
    #[pyo3(signature = (name, function, columns=None))]
    fn measure(
        &self,
        name: &str,
        function: Py<PyAny>,
        columns: Option<Vec<String>>,
    ) -> Result<(), Raised> {
        let spent = Arc::clone(&self.spent);
        let columns = columns.unwrap_or_else(|| vec![name.to_owned()]);
        self.add(|registry| {
            registry.with_measure(name, move |settings: Table| {
                let function = Python::attach(|py| function.clone_ref(py));
                Ok(measure::PyMeasure::new(
                    function,
                    settings,
                    &columns,
                    Arc::clone(&spent),
                ))
            })
        })
    }

    /// Adds a system that needs no network: `make(seed, **settings)` makes an object with `columns`
    /// (names, or a dictionary of name to meaning), `step()`, which returns the number that
    /// progress shows, and `sample()`, which returns a dictionary of numbers. Its state is its
    /// attributes, or what `state()` returns and `restore(state)` takes. A scenario names it as its
    /// task.
    ///
    /// Parameters
    /// ----------
    /// name : str
    /// make : callable
    fn system(&self, name: &str, make: Py<PyAny>) -> Result<(), Raised> {
        let spent = Arc::clone(&self.spent);
        self.add(|registry| {
            registry.with_system(name, move |settings: Table, streams| {
                system::PySystem::new(&make, &settings, streams, Arc::clone(&spent)).map_err(own)
            })
        })
    }

    /// (int, float) Calls into Python from the engine so far, and seconds spent in them.
    #[getter]
    fn spent(&self) -> (u64, f64) {
        let nanoseconds = self.spent.nanoseconds.load(Ordering::Relaxed);
        (
            self.spent.calls.load(Ordering::Relaxed),
            nanoseconds as f64 / 1e9,
        )
    }
}
