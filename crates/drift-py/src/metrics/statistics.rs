//! Do two lists of results agree?

use drift_sim::metrics::statistics as m;
use pyo3::prelude::*;

use crate::convert::{Give as _, Given, Matrix, Vector, record, run};
use crate::error::Raised;

record! {
    /// Mean and standard error of the finite values of a sample.
    Mean(m::Mean) {
        /// (int) Finite values.
        count: [],
        /// (float) Their mean.
        mean: [],
        /// (float) Its standard error.
        standard_error: [],
    }
}

record! {
    /// Result of the two-sample Kolmogorov–Smirnov test.
    KolmogorovSmirnov(m::KolmogorovSmirnov) {
        /// (float) Largest distance of the two distribution functions.
        distance: [],
        /// (float) p.
        p_value: [],
    }
}

record! {
    /// A straight line with the standard error of its slope.
    LineFit(m::LineFit) {
        /// (float) Slope.
        slope: [],
        /// (float) Its standard error.
        slope_error: [],
        /// (float) Intercept.
        intercept: [],
    }
}

/// Mean and standard error of the finite values.
///
/// Parameters
/// ----------
/// values : array (n)
///
/// Returns
/// -------
/// Mean
#[pyfunction]
pub fn mean<'py>(py: Python<'py>, values: Vector<'_>) -> Given<'py> {
    m::Mean::of(values.iter().copied()).give(py)
}

/// Quantile of the finite values, linear between neighbours.
///
/// Parameters
/// ----------
/// values : array (n)
/// share : float
///     0 to 1.
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn quantile(values: Vector<'_>, share: f64) -> Result<f64, Raised> {
    Ok(m::quantile(&values, share)?)
}

/// Means of the upper diagonals: over all pairs of times so far apart, NaN left out.
///
/// Parameters
/// ----------
/// measure : array (times, times)
///
/// Returns
/// -------
/// array (lags)
#[pyfunction]
pub fn by_lag<'py>(py: Python<'py>, measure: Matrix<'_>) -> Given<'py> {
    let measure = measure.view().into_owned();
    if measure.ncols() < measure.nrows() {
        let (rows, columns) = measure.shape();
        return Err(Raised::value(format!(
            "measure has {columns} columns, expected {rows} as it has rows"
        )));
    }
    m::by_lag(&measure).give(py)
}

/// Two-sample Kolmogorov–Smirnov test of the finite values.
///
/// Parameters
/// ----------
/// a : array (n)
/// b : array (m)
///
/// Returns
/// -------
/// KolmogorovSmirnov
#[pyfunction]
pub fn kolmogorov_smirnov<'py>(py: Python<'py>, a: Vector<'_>, b: Vector<'_>) -> Given<'py> {
    let (a, b): (&[f64], &[f64]) = (&a, &b);
    run(py, || m::kolmogorov_smirnov(a, b))
}

/// The line of least squares.
///
/// Parameters
/// ----------
/// x, y : array (n)
///
/// Returns
/// -------
/// LineFit
#[pyfunction]
pub fn fit_line<'py>(py: Python<'py>, x: Vector<'_>, y: Vector<'_>) -> Given<'py> {
    m::fit_line(&x, &y)?.give(py)
}

/// Spearman's rank correlation.
///
/// Parameters
/// ----------
/// a, b : array (n)
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn spearman(a: Vector<'_>, b: Vector<'_>) -> Result<f64, Raised> {
    Ok(m::spearman(&a, &b)?)
}

/// Two-sided p of the sign test.
///
/// Parameters
/// ----------
/// agreeing, opposing : int
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn sign_test(agreeing: usize, opposing: usize) -> f64 {
    m::sign_test(agreeing, opposing)
}
