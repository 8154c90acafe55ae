//! Recordings, their analysis, and the rule behind a drift.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use drift_sim::data::{self, Activity, Position};
use drift_sim::infer::{DriftRule, Measure, MeasureSet, Model, Record as Measures, record_of_run};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{Give as _, Given, Vector, fields};
use crate::error::Raised;
use crate::metrics::activity::SparseActivity;
use crate::registry::{Parts, caught};
use crate::run::execute::interruptible;
use crate::run::record::Record;

/// The number of the signal of Ctrl-C.
const INTERRUPT: usize = 2;

/// A recording of one animal in one environment over sessions. `drift.load` reads it.
#[pyclass(frozen, module = "drift")]
#[derive(Debug)]
pub struct Recording(Arc<data::Recording>);

fields!(Recording {
    format: [],
    subject: [],
    notes: [],
    sessions: []
});

#[pymethods]
impl Recording {
    /// (str) The format that it came from.
    #[getter]
    fn format(&self) -> &'static str {
        self.0.format
    }

    /// (str or None) The animal.
    #[getter]
    fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// (list of str) What was done on reading that one should know.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.0.notes.iter().map(ToString::to_string).collect()
    }

    /// (list of Session) The sessions in the order of time.
    #[getter]
    fn sessions(&self) -> Vec<Session> {
        let session = |index| Session {
            recording: Arc::clone(&self.0),
            index,
        };
        (0..self.0.sessions.len()).map(session).collect()
    }

    fn __len__(&self) -> usize {
        self.0.sessions.len()
    }

    /// For each session the column of every registered cell, -1 where it was not found; None
    /// without a registration.
    ///
    /// Returns
    /// -------
    /// list of array (cells) of int or None
    fn registration<'py>(&self, py: Python<'py>) -> Result<Option<Vec<Bound<'py, PyAny>>>, Raised> {
        let Some(registration) = &self.0.registration else {
            return Ok(None);
        };
        // Columns of the files; a session may hold fewer cells, in the order of the registration.
        let column = |session: usize| -> Vec<Option<usize>> {
            let cells = &self.0.sessions[session].cells;
            let mut columns = vec![None; registration.cells];
            for (column, cell) in cells.iter().enumerate() {
                if let Some(data::Identity::Registered(row)) = cell.identity {
                    columns[row] = Some(column);
                }
            }
            columns
        };
        let all = (0..self.0.sessions.len()).map(|session| column(session).give(py));
        Ok(Some(all.collect::<Result<_, _>>()?))
    }
}

/// One session of a recording.
#[pyclass(frozen, module = "drift")]
#[derive(Debug)]
pub struct Session {
    recording: Arc<data::Recording>,
    index: usize,
}

impl Session {
    fn get(&self) -> &data::Session {
        &self.recording.sessions[self.index]
    }
}

fields!(Session {
    label: [],
    day: [],
    environment: [],
    samples: [],
    cells: [],
    time: ["sample"],
    position: ["sample", "axis"],
    durations: ["sample"],
    mean_rates: ["cell"],
});

#[pymethods]
impl Session {
    /// (str) Its name.
    #[getter]
    fn label(&self) -> &str {
        &self.get().label
    }

    /// (float or None) Its day.
    #[getter]
    fn day(&self) -> Option<f64> {
        self.get().day
    }

    /// (str or None) The environment.
    #[getter]
    fn environment(&self) -> Option<&str> {
        self.get().environment.as_deref()
    }

    /// (int) Number of samples.
    #[getter]
    fn samples(&self) -> usize {
        self.get().samples()
    }

    /// (list of str) The cells, in the order of the activity's columns.
    #[getter]
    fn cells(&self) -> Vec<String> {
        let cells = self.get().cells.iter();
        cells.map(|cell| cell.label.clone()).collect()
    }

    /// (list of str) What was done on reading that one should know.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.get().notes.iter().map(ToString::to_string).collect()
    }

    /// (samples) Time of each sample, s; None without a trajectory.
    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> Given<'py> {
        let trajectory = self.get().trajectory.as_ref();
        trajectory.map(|t| t.time.clone()).give(py)
    }

    /// (samples, axes) Position, cm, with one axis or two; None without one.
    #[getter]
    fn position<'py>(&self, py: Python<'py>) -> Given<'py> {
        let trajectory = self.get().trajectory.as_ref();
        let position: Option<&Position> = trajectory.and_then(|t| t.position.as_ref());
        let matrix = position.map(|position| {
            let axes = position.axes();
            nalgebra::DMatrix::from_vec(axes[0].len(), axes.len(), axes.concat())
        });
        matrix.give(py)
    }

    /// (samples) Speed, cm/s; None where it is not known.
    #[getter]
    fn speed<'py>(&self, py: Python<'py>) -> Given<'py> {
        let trajectory = self.get().trajectory.as_ref();
        trajectory.and_then(|t| t.speed.clone()).give(py)
    }

    /// (samples) Seconds of each sample; None without samples.
    #[getter]
    fn durations<'py>(&self, py: Python<'py>) -> Given<'py> {
        let durations = self.get().durations();
        durations.map(|durations| durations.into_owned()).give(py)
    }

    /// (cells) Mean rate, Hz.
    #[getter]
    fn mean_rates<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.get().mean_rates().give(py)
    }

    /// Activity of each sample.
    ///
    /// Returns
    /// -------
    /// array (samples, cells)
    fn activity<'py>(&self, py: Python<'py>) -> Given<'py> {
        crate::convert::run(py, || self.get().activity_matrix())
    }

    /// Activity of each sample, sparse; rates as the spikes expected.
    ///
    /// Returns
    /// -------
    /// SparseActivity
    fn sparse_activity(&self, py: Python<'_>) -> Result<SparseActivity, Raised> {
        Ok(SparseActivity(py.detach(|| self.get().sparse_activity())?))
    }

    /// Spike times of each cell, s, where the recording has them.
    ///
    /// Returns
    /// -------
    /// list of array (spikes) or None
    fn spike_times<'py>(&self, py: Python<'py>) -> Given<'py> {
        match &self.get().activity {
            Activity::Spikes(trains) => trains.clone().give(py),
            _ => Ok(py.None().into_bound(py)),
        }
    }
}

/// Recordings from the arguments of `drift analyze`.
#[pyfunction]
pub fn load_recordings(py: Python<'_>, arguments: Vec<String>) -> Result<Vec<Recording>, Raised> {
    let recordings = py.detach(|| drift_cli::embed::load(arguments))?;
    Ok(recordings
        .into_iter()
        .map(|recording| Recording(Arc::new(recording)))
        .collect())
}

/// A command of the program, with Ctrl-C listened to; returns what it would print.
#[pyfunction]
#[pyo3(signature = (arguments, parts=None))]
pub fn command(
    py: Python<'_>,
    arguments: Vec<String>,
    parts: Option<&Parts>,
) -> Result<String, Raised> {
    let registry = Parts::registry(parts);
    // The program asks for the number of the signal that stops it.
    let signal = Arc::new(AtomicUsize::new(0));
    let heard = Arc::clone(&signal);
    let (printed, raised) = interruptible(
        py,
        move |_| caught(|| drift_cli::embed::call(arguments, &registry, signal)),
        move |py| {
            py.check_signals()
                .inspect_err(|_| heard.store(INTERRUPT, Ordering::Relaxed))
        },
    );
    match raised {
        Some(error) => Err(error.into()),
        None => Ok(printed??),
    }
}

/// Rules with their probabilities, the measures that were used, how typical the record is, and the
/// measures that are not.
type Classified = (
    Vec<(&'static str, f64)>,
    Vec<&'static str>,
    f64,
    Vec<&'static str>,
);

/// The probabilities of the rules that may have made a drift.
#[pyfunction]
#[pyo3(signature = (curves, measures=None))]
pub fn classify(
    py: Python<'_>,
    curves: &Bound<'_, PyAny>,
    measures: Option<Vec<String>>,
) -> Result<Classified, Raised> {
    let known = |name: &str| {
        let found = Measure::ALL
            .into_iter()
            .find(|measure| measure.column() == name);
        found.ok_or_else(|| {
            let names = Measure::ALL.map(Measure::column).join(", ");
            Raised::value(format!("unknown measure {name}; known: {names}"))
        })
    };
    let allowed: MeasureSet = match measures {
        None => MeasureSet::all(),
        Some(names) => names
            .iter()
            .map(|name| known(name))
            .collect::<Result<_, _>>()?,
    };
    let record = match curves.cast::<Record>() {
        Ok(run) => {
            let run = run.get();
            py.detach(|| record_of_run(run.inner()))?
        }
        Err(_) => measured(curves.cast::<PyDict>().map_err(PyErr::from)?)?,
    };
    let found = py.detach(|| Model::shipped().classify(&record, allowed))?;
    let names = DriftRule::ALL.map(DriftRule::name);
    let probabilities = names.into_iter().zip(found.probabilities).collect();
    let columns = |set: MeasureSet| set.iter().map(Measure::column).collect();
    Ok((
        probabilities,
        columns(found.measures),
        found.typicality,
        columns(found.outside),
    ))
}

/// Curves by name, one of them the time.
fn measured(curves: &Bound<'_, PyDict>) -> Result<Measures, Raised> {
    let column = |name: &str| -> Result<Option<Vec<f64>>, Raised> {
        let Some(values) = curves.get_item(name)? else {
            return Ok(None);
        };
        Ok(Some(values.extract::<Vector<'_>>()?.to_vec()))
    };
    let mut times = None;
    for name in ["step", "time", "day"] {
        times = times.or(column(name)?);
    }
    let times = times.ok_or_else(|| Raised::value("the curves have none of step, time, day"))?;
    let mut read = Vec::new();
    for measure in Measure::ALL {
        for name in measure.columns() {
            if let Some(values) = column(name)? {
                read.push((measure, values));
                break;
            }
        }
    }
    Ok(Measures::new(times, read)?)
}
