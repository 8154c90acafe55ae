//! How fast does a curve settle?

use drift_sim::metrics::timescale as m;
use pyo3::prelude::*;

use crate::convert::{Give, Given, Vector, record, run};

impl Give for m::Interval {
    fn give(self, py: Python<'_>) -> Given<'_> {
        (self.lower, self.upper).give(py)
    }
}

record! {
    /// y = plateau + amplitude · exp(−max(0, x − onset)/timescale).
    DecayFit(m::DecayFit) {
        /// (float) τ.
        timescale: [],
        /// (tuple) Its confidence interval.
        timescale_interval: [],
        /// (float) Where it settles.
        plateau: [],
        /// (float) How far it was from there.
        amplitude: [],
        /// (float) Where it starts.
        onset: [],
        /// (tuple) Its confidence interval.
        onset_interval: [],
        /// (float) Standard deviation of the residuals.
        noise: [],
        /// (float) Their autocorrelation.
        residual_autocorrelation: [],
        /// (float) p against no decay.
        p_value: [],
        /// (int) Points.
        points: [],
        /// (int) Points left out.
        dropped: [],
    }
}

#[pymethods]
impl DecayFit {
    /// The fitted curve.
    ///
    /// Parameters
    /// ----------
    /// x : array (n)
    ///
    /// Returns
    /// -------
    /// array (n)
    fn value_at<'py>(&self, py: Python<'py>, x: Vector<'_>) -> Given<'py> {
        x.iter()
            .map(|&x| self.0.value_at(x))
            .collect::<Vec<f64>>()
            .give(py)
    }

    /// (float) log₁₀(1/τ).
    #[getter]
    fn log10_rate(&self) -> f64 {
        self.0.log10_rate()
    }

    /// The x at which a share of the change is done.
    ///
    /// Parameters
    /// ----------
    /// share : float
    ///
    /// Returns
    /// -------
    /// float
    fn settled_at(&self, share: f64) -> f64 {
        self.0.settled_at(share)
    }
}

record! {
    /// The straight line of the published procedure.
    PublishedRate(m::PublishedRate) {
        /// (float) b.
        rate: [],
        /// (float) Intercept.
        intercept: [],
        /// (int) Points kept.
        kept: [],
    }
}

#[pymethods]
impl PublishedRate {
    /// (float) log₁₀|b|, the published `log_tau`.
    #[getter]
    fn log10_rate(&self) -> f64 {
        self.0.log10_rate()
    }
}

type Fit = fn(&[f64], &[f64], &m::DecayOptions) -> Result<m::DecayFit, drift_sim::metrics::Error>;

fn fit<'py>(
    py: Python<'py>,
    (x, y): (Vector<'_>, Vector<'_>),
    options: m::DecayOptions,
    fit: Fit,
) -> Given<'py> {
    let (x, y): (&[f64], &[f64]) = (&x, &y);
    run(py, || fit(x, y, &options))
}

/// Fits a decay to a plateau, from the first x on.
///
/// Parameters
/// ----------
/// x, y : array (n)
/// confidence : float, optional
///     Of the intervals. Default: 0.95.
/// robust : bool, optional
///     Whether outliers count less. Default: True.
///
/// Returns
/// -------
/// DecayFit
#[pyfunction]
#[pyo3(signature = (x, y, *, confidence=0.95, robust=true))]
pub fn fit_decay<'py>(
    py: Python<'py>,
    x: Vector<'_>,
    y: Vector<'_>,
    confidence: f64,
    robust: bool,
) -> Given<'py> {
    let options = m::DecayOptions { confidence, robust };
    fit(py, (x, y), options, m::fit_decay)
}

/// Fits a plateau followed by a transition to another one.
///
/// Parameters
/// ----------
/// x, y : array (n)
/// confidence : float, optional
///     Of the intervals. Default: 0.95.
/// robust : bool, optional
///     Whether outliers count less. Default: True.
///
/// Returns
/// -------
/// DecayFit
#[pyfunction]
#[pyo3(signature = (x, y, *, confidence=0.95, robust=true))]
pub fn fit_delayed_decay<'py>(
    py: Python<'py>,
    x: Vector<'_>,
    y: Vector<'_>,
    confidence: f64,
    robust: bool,
) -> Given<'py> {
    let options = m::DecayOptions { confidence, robust };
    fit(py, (x, y), options, m::fit_delayed_decay)
}

/// Slope of a decay by the published procedure of Ratzon et al. (2023).
///
/// Parameters
/// ----------
/// x, y : array (n)
///
/// Returns
/// -------
/// PublishedRate
#[pyfunction]
pub fn published_rate<'py>(py: Python<'py>, x: Vector<'_>, y: Vector<'_>) -> Given<'py> {
    m::published_rate(&x, &y)?.give(py)
}

/// The column `log_tau` of the published tables; 0 where the fit failed.
///
/// Parameters
/// ----------
/// x, y : array (n)
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn published_log_tau(x: Vector<'_>, y: Vector<'_>) -> f64 {
    m::published_log_tau(&x, &y)
}
