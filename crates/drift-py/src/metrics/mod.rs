//! The metrics: a function or a class for each of drift-metrics'.

pub mod activity;
pub mod bias;
pub mod binning;
pub mod cohort;
pub mod decoding;
pub mod extrapolation;
pub mod geometry;
pub mod increments;
pub mod information;
pub mod maps;
pub mod paper;
pub mod phases;
pub mod ridge;
pub mod sessions;
pub mod shuffle;
pub mod similarity;
pub mod spectrum;
pub mod statistics;
pub mod timescale;

use drift_sim::metrics::activity::Activity as ActivityView;
use drift_sim::metrics::binning::Durations;
use pyo3::prelude::*;

use crate::convert::{Matrix, Vector};
use activity::SparseActivity;

/// Activity of units over samples: an array, a [`SparseActivity`], or spike times that are counted
/// at the times of another object.
#[derive(Debug)]
pub enum Activity<'py> {
    /// (samples × units).
    Dense(Matrix<'py>),
    /// The few entries that are not 0.
    Sparse(Bound<'py, SparseActivity>),
}

impl<'py> Activity<'py> {
    /// Of an argument; a pynapple `TsGroup` is counted at the times of `like`.
    pub fn of(value: &Bound<'py, PyAny>, like: Option<&Bound<'py, PyAny>>) -> PyResult<Self> {
        if let Ok(sparse) = value.cast::<SparseActivity>() {
            return Ok(Self::Sparse(sparse.clone()));
        }
        if value.get_type().name()? == "TsGroup" {
            let counts = value.py().import("drift._labelled")?.getattr("counts")?;
            return Ok(Self::Dense(counts.call1((value, like))?.extract()?));
        }
        Ok(Self::Dense(value.extract()?))
    }

    /// As the library sees it.
    pub fn view(&self) -> ActivityView<'_> {
        match self {
            Self::Dense(matrix) => ActivityView::Dense(matrix.view()),
            Self::Sparse(sparse) => ActivityView::Sparse(&sparse.get().0),
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Activity<'py> {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Self::of(&value, None)
    }
}

/// The seconds that each sample stands for: one number, or one a sample.
#[derive(Debug, FromPyObject)]
pub enum Seconds<'py> {
    /// The same for all.
    #[pyo3(transparent)]
    All(f64),
    /// One a sample.
    #[pyo3(transparent)]
    Each(Vector<'py>),
}

impl Seconds<'_> {
    /// As the library sees it.
    pub fn view(&self) -> Durations<'_> {
        match self {
            Self::All(seconds) => Durations::Constant(*seconds),
            Self::Each(seconds) => Durations::Each(seconds),
        }
    }
}
