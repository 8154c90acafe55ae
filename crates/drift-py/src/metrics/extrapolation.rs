//! Information of an endless recording, from its curve against sample size.

use drift_sim::metrics::information::bias as m;
use pyo3::prelude::*;

use crate::convert::{Given, Vector, choice, record, run};

choice!(fit: m::BoundedFit {
    "guarded" => m::BoundedFit::Guarded,
    "least_squares" => m::BoundedFit::LeastSquares,
});

record! {
    /// The curve a + b/(1 + c t) of bounded asymptotic extrapolation.
    BoundedExtrapolation(m::BoundedExtrapolation) {
        /// (float) a, the information of an endless recording.
        information: [],
        /// (float) The bias at the first size.
        bias_at_first: [],
        /// (float) The curve's shape.
        shape: [],
        /// (float) The first size.
        first: [],
        /// (float) R² of the fit.
        r_squared: [],
    }
}

#[pymethods]
impl BoundedExtrapolation {
    /// The fitted information at a sample size.
    ///
    /// Parameters
    /// ----------
    /// t : float
    ///
    /// Returns
    /// -------
    /// float
    fn at(&self, t: f64) -> f64 {
        self.0.at(t)
    }

    /// (float) b, the bias at size 0; infinite where the bias is ∝ 1/t.
    #[getter]
    fn b(&self) -> f64 {
        self.0.b()
    }

    /// (float) c, per unit of size; infinite where the bias is ∝ 1/t.
    #[getter]
    fn c(&self) -> f64 {
        self.0.c()
    }
}

record! {
    /// The curve a + b/t + c/t².
    UnboundedExtrapolation(m::UnboundedExtrapolation) {
        /// (float) a.
        information: [],
        /// (float) b.
        linear: [],
        /// (float) c.
        quadratic: [],
        /// (float) R² of the fit.
        r_squared: [],
    }
}

record! {
    /// Result of scaled shuffle reduction.
    ScaledShuffleReduction(m::ScaledShuffleReduction) {
        /// (float) The corrected information.
        information: [],
        /// (sizes) The same at each size.
        by_size: ["size"],
        /// (float) How alike they are.
        stability: [],
    }
}

record! {
    /// One information, naive and corrected in every way.
    CorrectedInformation(m::CorrectedInformation) {
        /// (float) Uncorrected.
        naive: [],
        /// (float) Scaled shuffle reduction.
        ssr: [],
        /// (float) Its stability over sizes.
        ssr_stability: [],
        /// (float) Bounded asymptotic extrapolation.
        bae: [],
        /// (float) R² of its fit.
        bae_r_squared: [],
        /// (float) Disagreement of the two.
        disagreement: [],
        /// (float) Plain shuffle reduction.
        shuffle_reduction: [],
        /// (float) Unbounded extrapolation.
        unbounded: [],
    }
}

/// Bounded asymptotic extrapolation (BAE): the fit of a + b/(1 + c t), a, b, c ≥ 0.
///
/// Parameters
/// ----------
/// sizes : array (sizes)
/// information : array (sizes)
/// fit : str, optional
///     "guarded" (default) or "least_squares".
///
/// Returns
/// -------
/// BoundedExtrapolation
#[pyfunction]
#[pyo3(signature = (sizes, information, *, fit="guarded"))]
pub fn bounded_extrapolation<'py>(
    py: Python<'py>,
    sizes: Vector<'_>,
    information: Vector<'_>,
    fit: &str,
) -> Given<'py> {
    let fit = self::fit(fit)?;
    let (sizes, information): (&[f64], &[f64]) = (&sizes, &information);
    run(py, || m::bounded_extrapolation(sizes, information, fit))
}

/// Unbounded asymptotic extrapolation: the fit of a + b/t + c/t².
///
/// Parameters
/// ----------
/// sizes : array (sizes)
/// information : array (sizes)
///
/// Returns
/// -------
/// UnboundedExtrapolation
#[pyfunction]
pub fn unbounded_extrapolation<'py>(
    py: Python<'py>,
    sizes: Vector<'_>,
    information: Vector<'_>,
) -> Given<'py> {
    let (sizes, information): (&[f64], &[f64]) = (&sizes, &information);
    run(py, || m::unbounded_extrapolation(sizes, information))
}

/// Scaled shuffle reduction (SSR).
///
/// Parameters
/// ----------
/// sizes : array (sizes)
/// naive : array (sizes)
/// shuffled : array (sizes)
///
/// Returns
/// -------
/// ScaledShuffleReduction
#[pyfunction]
pub fn scaled_shuffle_reduction<'py>(
    py: Python<'py>,
    sizes: Vector<'_>,
    naive: Vector<'_>,
    shuffled: Vector<'_>,
) -> Given<'py> {
    let (sizes, naive, shuffled): (&[f64], &[f64], &[f64]) = (&sizes, &naive, &shuffled);
    run(py, || m::scaled_shuffle_reduction(sizes, naive, shuffled))
}

/// All corrections of one curve of information against sample size.
///
/// Parameters
/// ----------
/// sizes : array (sizes)
/// naive : array (sizes)
/// shuffled : array (sizes)
/// fit : str, optional
///     "guarded" (default) or "least_squares".
///
/// Returns
/// -------
/// CorrectedInformation
#[pyfunction]
#[pyo3(signature = (sizes, naive, shuffled, *, fit="guarded"))]
pub fn corrected_information<'py>(
    py: Python<'py>,
    sizes: Vector<'_>,
    naive: Vector<'_>,
    shuffled: Vector<'_>,
    fit: &str,
) -> Given<'py> {
    let fit = self::fit(fit)?;
    let (sizes, naive, shuffled): (&[f64], &[f64], &[f64]) = (&sizes, &naive, &shuffled);
    run(py, || {
        m::CorrectedInformation::from_curve(sizes, naive, shuffled, fit)
    })
}
