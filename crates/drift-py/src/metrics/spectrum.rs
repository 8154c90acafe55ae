//! How curved is the loss?

use drift_sim::metrics::spectrum as m;
use pyo3::prelude::*;

use crate::convert::{Give as _, Given, Vector, fields, handed, record, run};
use crate::error::Raised;

record! {
    /// Sum of the logarithms of the positive eigenvalues, and what it leaves out.
    LogSum(m::LogSum) {
        /// (float) Σ ln λ.
        value: [],
        /// (int) Eigenvalues in it.
        kept: [],
        /// (int) Left out for they count as 0.
        dropped_zero: [],
        /// (int) Left out for they are negative.
        dropped_negative: [],
    }
}

record! {
    /// What a spectrum says at a glance.
    Summary(m::Summary) {
        /// (int) Eigenvalues.
        count: [],
        /// (float) Their sum.
        sum: [],
        /// (float) The largest.
        maximum: [],
        /// (LogSum) Σ ln λ.
        log_sum: [],
        /// (float) Share that is not 0.
        fraction_nonzero: [],
        /// (float) Effective rank.
        effective_rank: [],
    }
}

record! {
    /// Two spectra side by side.
    Comparison(m::Comparison) {
        /// (Summary) The first.
        before: [],
        /// (Summary) The second.
        after: [],
        /// (float) Ratio of the sums.
        sum_ratio: [],
        /// (float) Ratio of the largest.
        maximum_ratio: [],
        /// (float) Change of Σ ln λ over the ranks that both have.
        log_sum_change_shared: [],
        /// (int) Change of the number that are not 0.
        nonzero_change: [],
        /// (list of tuple) Eigenvalues of equal rank.
        ranked: [],
    }
}

/// Counts of log₁₀ λ of several spectra on common bins.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct Log10Histogram(m::Log10Histogram);

handed!(Log10Histogram(m::Log10Histogram));

fields!(Log10Histogram {
    edges: ["edge"],
    counts: [],
    not_positive: ["spectrum"]
});

#[pymethods]
impl Log10Histogram {
    /// (bins + 1) Edges, log₁₀ λ.
    #[getter]
    fn edges<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.edges.as_slice().to_vec().give(py)
    }

    /// (list of (bins)) Counts of each spectrum.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.counts.clone().give(py)
    }

    /// (spectra) Eigenvalues of each that are not positive.
    #[getter]
    fn not_positive<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.not_positive.clone().give(py)
    }
}

fn tolerance(absolute: f64, relative: Option<f64>) -> m::Tolerance {
    relative.map_or(m::Tolerance::Absolute(absolute), m::Tolerance::Relative)
}

/// Σ ln λ over the eigenvalues above the tolerance.
///
/// Parameters
/// ----------
/// eigenvalues : array (n)
/// tolerance : float, optional
///     Below it in magnitude an eigenvalue counts as 0. Default: 1e-10.
/// relative : float, optional
///     The same as a share of the largest magnitude, in the place of `tolerance`.
///
/// Returns
/// -------
/// LogSum
#[pyfunction]
#[pyo3(signature = (eigenvalues, *, tolerance=1e-10, relative=None))]
pub fn log_sum<'py>(
    py: Python<'py>,
    eigenvalues: Vector<'_>,
    tolerance: f64,
    relative: Option<f64>,
) -> Given<'py> {
    m::log_sum(&eigenvalues, self::tolerance(tolerance, relative))?.give(py)
}

/// Share of the eigenvalues that are not 0.
///
/// Parameters
/// ----------
/// eigenvalues : array (n)
/// tolerance : float, optional
///     As `log_sum`.
/// relative : float, optional
///
/// Returns
/// -------
/// float
#[pyfunction]
#[pyo3(signature = (eigenvalues, *, tolerance=1e-10, relative=None))]
pub fn fraction_nonzero(
    eigenvalues: Vector<'_>,
    tolerance: f64,
    relative: Option<f64>,
) -> Result<f64, Raised> {
    Ok(m::fraction_nonzero(
        &eigenvalues,
        self::tolerance(tolerance, relative),
    )?)
}

/// Share of the eigenvalues above 0, the published count.
///
/// Parameters
/// ----------
/// eigenvalues : array (n)
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn published_fraction_positive(eigenvalues: Vector<'_>) -> f64 {
    m::published_fraction_positive(&eigenvalues)
}

/// Number of directions that the positive part of the spectrum spreads over.
///
/// Parameters
/// ----------
/// eigenvalues : array (n)
/// tolerance : float, optional
///     As `log_sum`.
/// relative : float, optional
///
/// Returns
/// -------
/// float
#[pyfunction]
#[pyo3(signature = (eigenvalues, *, tolerance=1e-10, relative=None))]
pub fn effective_rank(
    eigenvalues: Vector<'_>,
    tolerance: f64,
    relative: Option<f64>,
) -> Result<f64, Raised> {
    Ok(m::effective_rank(
        &eigenvalues,
        self::tolerance(tolerance, relative),
    )?)
}

/// Summarises a spectrum.
///
/// Parameters
/// ----------
/// eigenvalues : array (n)
/// tolerance : float, optional
///     As `log_sum`.
/// relative : float, optional
///
/// Returns
/// -------
/// Summary
#[pyfunction]
#[pyo3(signature = (eigenvalues, *, tolerance=1e-10, relative=None))]
pub fn summarise<'py>(
    py: Python<'py>,
    eigenvalues: Vector<'_>,
    tolerance: f64,
    relative: Option<f64>,
) -> Given<'py> {
    m::summarise(&eigenvalues, self::tolerance(tolerance, relative))?.give(py)
}

/// Compares the spectrum before with the one after.
///
/// Parameters
/// ----------
/// before, after : array (n)
/// tolerance : float, optional
///     As `log_sum`.
/// relative : float, optional
///
/// Returns
/// -------
/// Comparison
#[pyfunction]
#[pyo3(signature = (before, after, *, tolerance=1e-10, relative=None))]
pub fn compare<'py>(
    py: Python<'py>,
    before: Vector<'_>,
    after: Vector<'_>,
    tolerance: f64,
    relative: Option<f64>,
) -> Given<'py> {
    m::compare(&before, &after, self::tolerance(tolerance, relative))?.give(py)
}

/// Histograms of log₁₀ λ of several spectra on common bins.
///
/// Parameters
/// ----------
/// spectra : list of array (n)
/// bins : int
/// tolerance : float, optional
///     As `log_sum`.
/// relative : float, optional
///
/// Returns
/// -------
/// Log10Histogram
#[pyfunction]
#[pyo3(signature = (spectra, bins, *, tolerance=1e-10, relative=None))]
pub fn log10_histogram<'py>(
    py: Python<'py>,
    spectra: Vec<Vector<'_>>,
    bins: usize,
    tolerance: f64,
    relative: Option<f64>,
) -> Given<'py> {
    let spectra: Vec<&[f64]> = spectra.iter().map(|spectrum| &**spectrum).collect();
    let tolerance = self::tolerance(tolerance, relative);
    run(py, || m::log10_histogram(&spectra, bins, tolerance))
}
