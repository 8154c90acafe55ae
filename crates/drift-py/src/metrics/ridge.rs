//! A linear decoder of place.

use drift_sim::metrics::decoding as m;
use pyo3::prelude::*;

use crate::convert::{Give as _, Given, Indices, Matrix, Vector, fields, record, run};
use crate::error::Raised;

/// The place to be decoded in every sample: on a line (x), in a plane (x, y) or on a ring (radians).
///
/// Parameters
/// ----------
/// x : array (samples)
/// y : array (samples), optional
/// ring : bool, optional
///     Whether x are angles. Default: False.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct Targets(pub m::Targets);

#[pymethods]
impl Targets {
    #[new]
    #[pyo3(signature = (x, y=None, *, ring=false))]
    fn new(x: Vector<'_>, y: Option<Vector<'_>>, ring: bool) -> Result<Self, Raised> {
        Ok(Self(match (y, ring) {
            (None, false) => m::Targets::line(&x)?,
            (None, true) => m::Targets::ring(&x)?,
            (Some(y), false) => m::Targets::plane(&x, &y)?,
            (Some(_), true) => {
                return Err(Raised::value(
                    "ring is True and y is given, expected one of them",
                ));
            }
        }))
    }

    fn __len__(&self) -> usize {
        self.0.frames()
    }

    /// Distance of each decoded place from the true one.
    ///
    /// Parameters
    /// ----------
    /// decoded : array (samples, coordinates)
    ///
    /// Returns
    /// -------
    /// array (samples)
    fn errors<'py>(&self, py: Python<'py>, decoded: Matrix<'_>) -> Given<'py> {
        let decoded = decoded.view().into_owned();
        run(py, || self.0.errors(&decoded))
    }
}

/// A linear decoder with a penalty on its weights. `fit` makes it.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct RidgeDecoder(pub m::RidgeDecoder);

fields!(RidgeDecoder {
    weights: ["cell", "output"],
    intercept: ["output"]
});

#[pymethods]
impl RidgeDecoder {
    /// Fits activity to places.
    ///
    /// Parameters
    /// ----------
    /// activity : array (samples, cells)
    /// targets : Targets
    /// alpha : float
    ///     Penalty, per sample.
    ///
    /// Returns
    /// -------
    /// RidgeDecoder
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        activity: Matrix<'_>,
        targets: &Targets,
        alpha: f64,
    ) -> Result<Self, Raised> {
        let activity = activity.view();
        Ok(Self(py.detach(|| {
            m::RidgeDecoder::fit(activity, &targets.0, alpha)
        })?))
    }

    /// (cells, outputs) Weights.
    #[getter]
    fn weights<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.weights().clone().give(py)
    }

    /// (outputs) Intercept.
    #[getter]
    fn intercept<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.intercept().clone().give(py)
    }

    /// Decoded places.
    ///
    /// Parameters
    /// ----------
    /// activity : array (samples, cells)
    ///
    /// Returns
    /// -------
    /// array (samples, coordinates)
    fn decode<'py>(&self, py: Python<'py>, activity: Matrix<'_>) -> Given<'py> {
        let activity = activity.view();
        run(py, || self.0.decode(activity))
    }
}

record! {
    /// Result of `cross_validated_ridge`.
    CrossValidation(m::CrossValidation) {
        /// (alphas) Squared error of each penalty.
        squared_error: ["alpha"],
        /// (float) The best.
        alpha: [],
    }
}

/// The fold of each sample: so many laps that follow each other are one.
///
/// Parameters
/// ----------
/// laps : array (samples) of int
/// per_fold : int
///
/// Returns
/// -------
/// array (samples) of int
#[pyfunction]
pub fn lap_folds<'py>(py: Python<'py>, laps: Indices, per_fold: usize) -> Given<'py> {
    m::lap_folds(&laps.numbers()?, per_fold)?.give(py)
}

/// Chooses the penalty by leaving out one fold after the other.
///
/// Parameters
/// ----------
/// activity : array (samples, cells)
/// targets : Targets
/// folds : array (samples) of int
///     From `lap_folds`.
/// alphas : array (alphas)
///
/// Returns
/// -------
/// CrossValidation
#[pyfunction]
pub fn cross_validated_ridge<'py>(
    py: Python<'py>,
    activity: Matrix<'_>,
    targets: &Targets,
    folds: Indices,
    alphas: Vector<'_>,
) -> Given<'py> {
    let (activity, folds, alphas) = (activity.view(), folds.numbers()?, &*alphas);
    run(py, || {
        m::cross_validated_ridge(activity, &targets.0, &folds, alphas)
    })
}
