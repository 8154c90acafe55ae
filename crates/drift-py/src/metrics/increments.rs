//! How far does tuning move, in rate and in field?

use drift_sim::metrics::{self, increments as m};
use pyo3::prelude::*;

use super::maps::{RateMap, track};
use crate::convert::{Give as _, Given, Matrix, Vector, ok, record, run};
use crate::error::Raised;

record! {
    /// Squared displacement of peaks by the number of sessions between, bins².
    SquaredDisplacement(m::SquaredDisplacement) {
        /// (int) Sessions between.
        lag: [],
        /// (int) Pairs behind it.
        pairs: [],
        /// (float) Mean square of the displacements of the halves, noise and all.
        naive: [],
        /// (float) ½[(a' − a)(b' − b) + (a' − b)(b' − a)] of the halves a and b, without that noise.
        split: [],
        /// (float) (a' − a)(b' − b) alone.
        split_once: [],
        /// (float) Less the noise of estimation.
        noise_subtracted: [],
    }
}

record! {
    /// The squared change of each cell's map, in two parts that add up to it.
    RateAndField(m::RateAndField) {
        /// (cells) Those that have one.
        cells: ["cell"],
        /// (cells) The whole.
        total: ["cell"],
        /// (cells) Of the rate.
        rate: ["cell"],
        /// (cells) Of the field.
        field: ["cell"],
        /// (cells) |r' − r|/(r' + r).
        relative_rate_change: ["cell"],
        /// (float) Share of the field over all cells.
        field_share: [],
    }
}

record! {
    /// Rate and field parts without the noise of estimation.
    RateAndFieldByHalves(m::RateAndFieldByHalves) {
        /// (int) Bins.
        bins: [],
        /// (int) Cells.
        cells: [],
        /// (float) The whole.
        total: [],
        /// (int) Cells whose parts are kept.
        kept_cells: [],
        /// (float) Power of the maps.
        power: [],
        /// (float) Of the rate.
        rate: [],
        /// (float) Of the field.
        field: [],
        /// (float) Share of the field.
        field_share: [],
        /// (float) Mean squared change of the mean rate.
        mean_rate_squared_change: [],
    }
}

record! {
    /// How heavy the tails of a sample are.
    Tails(m::Tails) {
        /// (int) Values.
        count: [],
        /// (float) Excess kurtosis.
        excess_kurtosis: [],
        /// (float) Its standard error for a Gaussian.
        standard_error: [],
        /// (float) Share further than three robust standard deviations from the median.
        share_beyond: [],
        /// (float) That share of a Gaussian, 0.0027.
        gaussian_share: [],
    }
}

record! {
    /// Variance and kurtosis of true steps.
    CorrectedTails(m::CorrectedTails) {
        /// (float) Variance.
        variance: [],
        /// (float) Excess kurtosis.
        excess_kurtosis: [],
    }
}

record! {
    /// Motion of a set of rate maps.
    DriftVelocity(m::DriftVelocity) {
        /// (lags) Time between.
        lags: ["lag"],
        /// (lags) Mean squared displacement.
        mean_squared_displacement: ["lag"],
        /// (lags) Pairs behind it.
        pairs: ["lag"],
        /// (float) Directed velocity v.
        velocity: [],
        /// (float) Diffusion D.
        diffusion: [],
        /// (times − 1) Speed between neighbouring times.
        speed: ["step"],
    }
}

#[pymethods]
impl DriftVelocity {
    /// (float) log₁₀ v; -inf without directed motion.
    #[getter]
    fn log10_velocity(&self) -> f64 {
        self.0.log10_velocity()
    }

    /// (float) log₁₀ D; -inf without diffusion.
    #[getter]
    fn log10_diffusion(&self) -> f64 {
        self.0.log10_diffusion()
    }

    /// Share of the squared displacement over a time that is directed.
    ///
    /// Parameters
    /// ----------
    /// lag : float
    ///
    /// Returns
    /// -------
    /// float
    fn directed_share(&self, lag: f64) -> f64 {
        self.0.directed_share(lag)
    }
}

/// Position of each cell's peak, i + ½ for bin i; NaN for a silent cell.
///
/// Parameters
/// ----------
/// map : array (bins, cells)
///
/// Returns
/// -------
/// array (cells)
#[pyfunction]
pub fn peak_positions<'py>(py: Python<'py>, map: Matrix<'_>) -> Given<'py> {
    let map = map.view();
    ok(py, || m::peak_positions(map))
}

/// The squared displacement that an unrelated peak would have, bins².
///
/// Parameters
/// ----------
/// n_bins : int
/// track : str, optional
///     "linear" (default) or "circular".
///
/// Returns
/// -------
/// float
#[pyfunction]
#[pyo3(signature = (n_bins, *, track="linear"))]
pub fn saturation(n_bins: usize, track: &str) -> Result<f64, Raised> {
    Ok(m::saturation(n_bins, self::track(track)?))
}

/// Mean squared displacement of peaks at every lag, from the peaks of the sessions' halves.
///
/// Parameters
/// ----------
/// even, odd : array (sessions, cells)
///     Peak positions, NaN where there is none.
/// n_bins : int
/// track : str, optional
///     "linear" (default) or "circular".
///
/// Returns
/// -------
/// list of SquaredDisplacement
#[pyfunction]
#[pyo3(signature = (even, odd, n_bins, *, track="linear"))]
pub fn squared_displacement<'py>(
    py: Python<'py>,
    even: Matrix<'_>,
    odd: Matrix<'_>,
    n_bins: usize,
    track: &str,
) -> Given<'py> {
    let track = self::track(track)?;
    let (even, odd) = (even.view().into_owned(), odd.view().into_owned());
    run(py, || m::squared_displacement(&even, &odd, n_bins, track))
}

/// Exponent of growth: the slope of log values against log lags below a limit.
///
/// Parameters
/// ----------
/// lags, values : array (lags)
/// limit : float
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn exponent(lags: Vector<'_>, values: Vector<'_>, limit: f64) -> Result<f64, Raised> {
    Ok(m::exponent(&lags, &values, limit)?)
}

/// Splits the change between two maps into rate and field.
///
/// Parameters
/// ----------
/// before, after : array (bins, cells)
///
/// Returns
/// -------
/// RateAndField
#[pyfunction]
pub fn rate_and_field<'py>(py: Python<'py>, before: Matrix<'_>, after: Matrix<'_>) -> Given<'py> {
    let (before, after) = (before.view(), after.view());
    run(py, || m::rate_and_field(before, after))
}

/// |r' − r|/(r' + r), between 0 and 1; NaN for a cell silent twice.
///
/// Parameters
/// ----------
/// before, after : float
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn relative_rate_change(before: f64, after: f64) -> f64 {
    m::relative_rate_change(before, after)
}

/// Splits the change between two sessions from the maps of their halves.
///
/// Parameters
/// ----------
/// before, after : tuple
///     Two arrays (bins, cells) each.
///
/// Returns
/// -------
/// RateAndFieldByHalves
#[pyfunction]
pub fn rate_and_field_by_halves<'py>(
    py: Python<'py>,
    before: [Matrix<'_>; 2],
    after: [Matrix<'_>; 2],
) -> Given<'py> {
    let before = [before[0].view(), before[1].view()];
    let after = [after[0].view(), after[1].view()];
    run(py, || m::rate_and_field_by_halves(before, after))
}

/// Measures the tails of values, NaN left out.
///
/// Parameters
/// ----------
/// values : array (n)
///
/// Returns
/// -------
/// Tails
#[pyfunction]
pub fn tails<'py>(py: Python<'py>, values: Vector<'_>) -> Given<'py> {
    m::tails(&values)?.give(py)
}

/// Takes the noise of estimation from the tails of steps between two sessions.
///
/// Parameters
/// ----------
/// steps : array (n)
/// half_differences_before, half_differences_after : array (n)
///
/// Returns
/// -------
/// CorrectedTails
#[pyfunction]
pub fn corrected_tails<'py>(
    py: Python<'py>,
    steps: Vector<'_>,
    half_differences_before: Vector<'_>,
    half_differences_after: Vector<'_>,
) -> Given<'py> {
    m::corrected_tails(&steps, &half_differences_before, &half_differences_after)?.give(py)
}

/// Separates the motion of rate maps into velocity and diffusion.
///
/// Parameters
/// ----------
/// maps : list of RateMap
/// times : array (maps)
///
/// Returns
/// -------
/// DriftVelocity
#[pyfunction]
pub fn drift_velocity<'py>(
    py: Python<'py>,
    maps: Vec<Bound<'py, RateMap>>,
    times: Vector<'_>,
) -> Given<'py> {
    let maps: Vec<metrics::RateMap> = maps.iter().map(|map| map.get().0.clone()).collect();
    let times: &[f64] = &times;
    run(py, || m::drift_velocity(&maps, times))
}
