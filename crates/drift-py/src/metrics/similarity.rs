//! Do two times share a code?

use drift_sim::metrics::{self, similarity as m};
use pyo3::prelude::*;

use super::maps::{RateMap, track};
use crate::convert::{Flags, Give as _, Given, Matrix, Vector, choice, record, run, views};
use crate::error::Raised;

choice!(measure: m::CodeMeasure {
    "rate_map" => m::CodeMeasure::RateMap,
    "population_vector" => m::CodeMeasure::PopulationVector,
    "rsa_pearson" => m::CodeMeasure::RsaPearson,
    "rsa_spearman" => m::CodeMeasure::RsaSpearman,
    "cka" => m::CodeMeasure::Cka,
    "cka_debiased" => m::CodeMeasure::CkaDebiased,
    "procrustes" => m::CodeMeasure::Procrustes,
});

record! {
    /// Similarity of the code at all pairs of times.
    RateMapCorrelation(m::RateMapCorrelation) {
        /// (times, times) Mean over shared units of Pearson's r between their maps.
        correlation: ["time", "other"],
        /// (times, times) Units that the mean is over.
        shared_units: ["time", "other"],
    }
}

#[pymethods]
impl RateMapCorrelation {
    /// Mean correlation of all pairs of times so far apart.
    ///
    /// Returns
    /// -------
    /// array (lags)
    fn by_lag<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.by_lag().give(py)
    }
}

record! {
    /// Correlation of two sessions, in parts and on average.
    SessionCorrelation(m::SessionCorrelation) {
        /// (bins or cells) Of each part, NaN where there is none.
        parts: ["part"],
        /// (float) Their mean.
        mean: [],
        /// (int) Parts that the mean is over.
        count: [],
    }
}

record! {
    /// Distances between the shapes of two codes.
    Procrustes(m::Procrustes) {
        /// (float) Nuclear norm of the product of the two, 1 for equal shapes.
        nuclear_norm: [],
        /// (float) Squared distance.
        squared: [],
        /// (float) SciPy's disparity.
        disparity: [],
        /// (float) Angle, radians.
        angle: [],
    }
}

record! {
    /// Maps on the cells found in all of them and the bins visited in all of them.
    SharedCode(m::SharedCode) {
        /// (n) The bins.
        bins: ["bin"],
        /// (m) The cells.
        cells: ["cell"],
        /// (list of (n, m)) The maps.
        maps: [],
    }
}

/// Pearson's correlation over the entries present (not NaN) in both.
///
/// Parameters
/// ----------
/// a, b : array (samples)
///
/// Returns
/// -------
/// float
///     NaN where one is constant.
#[pyfunction]
pub fn pearson<'py>(py: Python<'py>, a: Vector<'_>, b: Vector<'_>) -> Given<'py> {
    let (a, b): (&[f64], &[f64]) = (&a, &b);
    run(py, || m::pearson(a, b))
}

/// Correlation of rate maps at all pairs of times (Figure 2E).
///
/// Parameters
/// ----------
/// maps : list of RateMap
///     One a time.
/// included : list of array (units) of bool
///     Which units count at each time.
///
/// Returns
/// -------
/// RateMapCorrelation
#[pyfunction]
pub fn rate_map_correlation<'py>(
    py: Python<'py>,
    maps: Vec<Bound<'py, RateMap>>,
    included: Vec<Flags>,
) -> Given<'py> {
    let maps: Vec<metrics::RateMap> = maps.iter().map(|map| map.get().0.clone()).collect();
    let included: Vec<Vec<bool>> = included.into_iter().map(|flags| flags.0).collect();
    run(py, || m::rate_map_correlation(&maps, &included))
}

/// Pearson's r over cells in each bin.
///
/// Parameters
/// ----------
/// first, second : array (bins, cells)
///     NaN where a bin was not visited or a cell not found.
///
/// Returns
/// -------
/// SessionCorrelation
#[pyfunction]
pub fn population_vector_correlation<'py>(
    py: Python<'py>,
    first: Matrix<'_>,
    second: Matrix<'_>,
) -> Given<'py> {
    let (first, second) = (first.view(), second.view());
    run(py, || m::population_vector_correlation(first, second))
}

/// Pearson's r over bins of each cell.
///
/// Parameters
/// ----------
/// first, second : array (bins, cells)
///
/// Returns
/// -------
/// SessionCorrelation
#[pyfunction]
pub fn tuning_curve_correlation<'py>(
    py: Python<'py>,
    first: Matrix<'_>,
    second: Matrix<'_>,
) -> Given<'py> {
    let (first, second) = (first.view(), second.view());
    run(py, || m::tuning_curve_correlation(first, second))
}

/// Pearson's r over cells of their mean rates.
///
/// Parameters
/// ----------
/// first, second : array (cells)
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn ensemble_rate_correlation(first: Vector<'_>, second: Vector<'_>) -> Result<f64, Raised> {
    Ok(m::ensemble_rate_correlation(&first, &second)?)
}

/// How far the centre of mass of each cell moved, in bins.
///
/// Parameters
/// ----------
/// first, second : array (bins, cells)
/// track : str, optional
///     "linear" (default) or "circular".
///
/// Returns
/// -------
/// array (cells)
#[pyfunction]
#[pyo3(signature = (first, second, *, track="linear"))]
pub fn centroid_shift<'py>(
    py: Python<'py>,
    first: Matrix<'_>,
    second: Matrix<'_>,
    track: &str,
) -> Given<'py> {
    let track = self::track(track)?;
    let (first, second) = (first.view(), second.view());
    run(py, || m::centroid_shift(first, second, track))
}

/// Maps on the cells and bins that all have.
///
/// Parameters
/// ----------
/// maps : list of array (bins, cells)
///
/// Returns
/// -------
/// SharedCode
#[pyfunction]
pub fn shared_code<'py>(py: Python<'py>, maps: Vec<Matrix<'_>>) -> Given<'py> {
    let maps = views(&maps);
    run(py, || m::SharedCode::of(&maps))
}

/// 1 − Pearson's r over cells of the population vectors of all pairs of bins.
///
/// Parameters
/// ----------
/// map : array (bins, cells)
///
/// Returns
/// -------
/// array (bins, bins)
#[pyfunction]
pub fn dissimilarity<'py>(py: Python<'py>, map: Matrix<'_>) -> Given<'py> {
    let map = map.view();
    crate::convert::ok(py, || m::dissimilarity(map))
}

/// Pearson's or Spearman's r of the dissimilarities of two codes.
///
/// Parameters
/// ----------
/// first, second : array (bins, bins)
///     From `dissimilarity`.
/// by_rank : bool, optional
///     Spearman's. Default: False.
///
/// Returns
/// -------
/// float
#[pyfunction]
#[pyo3(signature = (first, second, *, by_rank=false))]
pub fn compare_dissimilarities<'py>(
    py: Python<'py>,
    first: Matrix<'_>,
    second: Matrix<'_>,
    by_rank: bool,
) -> Given<'py> {
    let (first, second) = (first.view().into_owned(), second.view().into_owned());
    run(py, || m::compare_dissimilarities(&first, &second, by_rank))
}

/// Distances between the shapes of two maps.
///
/// Parameters
/// ----------
/// first, second : array (bins, cells)
///
/// Returns
/// -------
/// Procrustes
#[pyfunction]
pub fn procrustes<'py>(py: Python<'py>, first: Matrix<'_>, second: Matrix<'_>) -> Given<'py> {
    let (first, second) = (first.view(), second.view());
    run(py, || m::procrustes(first, second))
}

/// A measure between every pair of maps.
///
/// Parameters
/// ----------
/// maps : list of array (bins, cells)
/// measure : str, optional
///     "rate_map" (default), "population_vector", "rsa_pearson", "rsa_spearman", "cka",
///     "cka_debiased" or "procrustes" (a distance).
///
/// Returns
/// -------
/// array (maps, maps)
#[pyfunction]
#[pyo3(signature = (maps, *, measure="rate_map"))]
pub fn code_similarity<'py>(py: Python<'py>, maps: Vec<Matrix<'_>>, measure: &str) -> Given<'py> {
    let measure = self::measure(measure)?;
    let maps = views(&maps);
    run(py, || m::code_similarity(&maps, measure))
}

/// Reliability of a full session from that of its halves, 2r/(1 + r).
///
/// Parameters
/// ----------
/// r : float
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn spearman_brown(r: f64) -> f64 {
    m::spearman_brown(r)
}
