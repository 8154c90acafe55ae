//! The library's errors as Python's.

use std::io;

use drift_sim::data;
use pyo3::exceptions::{
    PyFileNotFoundError, PyOSError, PyPermissionError, PyRuntimeError, PyValueError,
};
use pyo3::{PyErr, PyTypeInfo, Python};

/// An error on its way to Python: `OSError` where a file could not be read or written, `ValueError`
/// otherwise, with the library's own message.
#[derive(Debug)]
pub struct Raised(pub PyErr);

impl Raised {
    /// A `ValueError`.
    pub fn value(message: impl Into<String>) -> Self {
        Self(PyValueError::new_err(message.into()))
    }

    /// A `RuntimeError`: a fault of ours.
    pub fn runtime(message: impl Into<String>) -> Self {
        Self(PyRuntimeError::new_err(message.into()))
    }

    /// Of any error: what it says, and the class by what lies under it. An exception that Python
    /// code raised, on its way through the library, comes back as itself.
    pub fn from_error(error: &(dyn std::error::Error + 'static)) -> Self {
        if let Some(data::Error::Io { kind, .. }) = of_data(error) {
            let message = error.to_string();
            return Self(match kind {
                io::ErrorKind::NotFound => PyFileNotFoundError::new_err(message),
                io::ErrorKind::PermissionDenied => PyPermissionError::new_err(message),
                _ => PyOSError::new_err(message),
            });
        }
        let mut message = error.to_string();
        let mut cause = Some(error);
        let mut system = None;
        while let Some(inner) = cause {
            if let Some(Exception(raised)) = inner.downcast_ref::<Exception>() {
                return Self(Python::attach(|py| raised.clone_ref(py)));
            }
            if let Some(found) = inner.downcast_ref::<io::Error>() {
                system = Some(found);
            }
            let text = inner.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = inner.source();
        }
        match system {
            None => Self::value(message),
            Some(system) => Self(with_number(message, system)),
        }
    }
}

/// The error of a loader within another crate's, which shows it as its own and so hides it as a cause.
fn of_data<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a data::Error> {
    use drift_cli::Error as Cli;
    let simulation = match error.downcast_ref::<Cli>() {
        Some(Cli::Data(error)) => return Some(error),
        Some(Cli::Simulation(error)) => Some(error),
        Some(Cli::InFile { source, .. }) => Some(&**source),
        _ => error.downcast_ref(),
    };
    match simulation {
        Some(drift_sim::Error::Data(error)) => Some(error),
        _ => error.downcast_ref(),
    }
}

/// `FileNotFoundError` and its like, where the system gave a number.
fn with_number(message: String, system: &io::Error) -> PyErr {
    match system.raw_os_error() {
        // OSError chooses the subclass by errno.
        Some(number) => Python::attach(|py| {
            let made = PyOSError::type_object(py);
            match pyo3::types::PyAnyMethods::call1(made.as_any(), (number, message.clone())) {
                Ok(exception) => PyErr::from_value(exception),
                Err(_) => PyOSError::new_err(message),
            }
        }),
        None => PyOSError::new_err(message),
    }
}

/// An exception that code in Python raised within a run.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Exception(pub PyErr);

impl From<PyErr> for Raised {
    fn from(error: PyErr) -> Self {
        Self(error)
    }
}

impl From<Raised> for PyErr {
    fn from(raised: Raised) -> Self {
        raised.0
    }
}

macro_rules! raise {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Raised {
            fn from(error: $error) -> Self {
                Self::from_error(&error)
            }
        })*
    };
}

raise!(
    drift_sim::Error,
    drift_sim::engine::Error,
    drift_sim::env::Error,
    drift_sim::learn::Error,
    drift_sim::metrics::Error,
    drift_sim::net::Error,
    drift_sim::data::Error,
    drift_infer::Error,
    drift_cli::Error,
    io::Error,
    serde_json::Error,
);
