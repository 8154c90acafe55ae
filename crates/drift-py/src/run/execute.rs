//! Work on a thread of its own, while the calling thread listens to Ctrl-C and shows progress.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use drift_sim::engine::{Error, Run};
use drift_sim::{Observer, System};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::scenario::scenario;
use crate::error::Raised;
use crate::registry::{Parts, caught};

/// How often signals are looked for and progress is shown.
const INTERVAL: Duration = Duration::from_millis(50);

/// Computes without the interpreter. `watch` is called every now and then with it; what it raises,
/// as Ctrl-C does, sets the flag that `compute` looks at, and comes back beside the result.
pub fn interruptible<T: Send>(
    py: Python<'_>,
    compute: impl FnOnce(&AtomicBool) -> T + Send,
    mut watch: impl FnMut(Python<'_>) -> PyResult<()> + Send,
) -> (T, Option<PyErr>) {
    let stop = AtomicBool::new(false);
    let stop = &stop;
    py.detach(move || {
        std::thread::scope(|scope| {
            let (done, ended) = channel::<()>();
            let worker = scope.spawn(move || {
                let result = compute(stop);
                drop(done);
                result
            });
            let mut raised = None;
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(INTERVAL) {
                if raised.is_none()
                    && let Err(error) =
                        Python::attach(|py| watch(py).and_then(|()| py.check_signals()))
                {
                    stop.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            match worker.join() {
                Ok(result) => (result, raised),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    })
}

/// Where a run is, for the thread that shows it.
#[derive(Debug, Default)]
pub struct Position {
    step: AtomicU64,
    loss: AtomicU64,
}

/// Tells where a run is, and stops it where the flag is set.
#[derive(Debug)]
pub struct Watched<'a> {
    /// Whether to stop.
    pub stop: &'a AtomicBool,
    /// What is told.
    pub position: &'a Position,
}

impl<S: ?Sized> Observer<S> for Watched<'_> {
    #[inline]
    fn step(&mut self, step: u64, loss: f64) -> ControlFlow<()> {
        self.position.step.store(step, Ordering::Relaxed);
        self.position.loss.store(loss.to_bits(), Ordering::Relaxed);
        if self.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

fn carry_on(
    py: Python<'_>,
    mut run: Run<Box<dyn System>>,
    progress: Option<&Bound<'_, PyAny>>,
) -> Result<(String, Vec<String>), Raised> {
    let position = Position::default();
    let progress = progress.map(|progress| progress.clone().unbind());
    let (outcome, raised) = interruptible(
        py,
        |stop| {
            let mut watched = Watched {
                stop,
                position: &position,
            };
            caught(move || {
                let outcome = run.run(&mut watched)?;
                Ok::<_, Error>((outcome, run.notes().to_vec()))
            })
        },
        |py| {
            if let Some(progress) = &progress {
                let loss = f64::from_bits(position.loss.load(Ordering::Relaxed));
                progress.call1(py, (position.step.load(Ordering::Relaxed), loss))?;
            }
            Ok(())
        },
    );
    let (outcome, notes) = outcome??;
    match raised {
        // Everything is kept: the caller says how to go on.
        Some(error) => Err(error.into()),
        None => Ok((outcome.to_string(), notes)),
    }
}

/// Runs a scenario in a directory; returns how it ended, and notes.
#[pyfunction]
#[pyo3(signature = (name, directory, steps=None, seed=None, fields=None, parts=None, progress=None))]
#[expect(clippy::too_many_arguments, reason = "they are keywords of drift.run")]
pub fn run_in(
    py: Python<'_>,
    name: &str,
    directory: PathBuf,
    steps: Option<u64>,
    seed: Option<u64>,
    fields: Option<&Bound<'_, PyDict>>,
    parts: Option<&Parts>,
    progress: Option<&Bound<'_, PyAny>>,
) -> Result<(String, Vec<String>), Raised> {
    let registry = Parts::registry(parts);
    let scenario = scenario(name, steps, seed, fields, &registry)?;
    let run = py.detach(|| caught(|| registry.create_run(&directory, &scenario)))??;
    carry_on(py, run, progress)
}

/// Goes on with the run in a directory.
#[pyfunction]
#[pyo3(signature = (directory, parts=None, progress=None))]
pub fn resume_in(
    py: Python<'_>,
    directory: PathBuf,
    parts: Option<&Parts>,
    progress: Option<&Bound<'_, PyAny>>,
) -> Result<(String, Vec<String>), Raised> {
    let registry = Parts::registry(parts);
    let run = py.detach(|| caught(|| registry.open_run(&directory)))??;
    carry_on(py, run, progress)
}
