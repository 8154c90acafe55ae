//! Is the code of registered cells the same on two days? Who joins it, who leaves?

use drift_sim::metrics::sessions as m;
use nalgebra::DMatrixView;
use pyo3::prelude::*;

use super::Seconds;
use super::similarity::measure;
use crate::convert::{Flags, Give as _, Given, Indices, Matrix, Seed, fields, record, run};
use crate::error::Raised;

/// One session in the frame of the registration: row r of the registration is cell r here.
///
/// Parameters
/// ----------
/// rate_maps : array (bins, recorded cells)
/// active : array (recorded cells) of bool
/// column_of : array (registered cells) of int, optional
///     Column of each registered cell, -1 where it was not found. Default: all are, in their order.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct RegisteredSession(pub m::RegisteredSession);

fields!(RegisteredSession {
    rate_maps: ["bin", "cell"],
    found: ["cell"],
    active: ["cell"],
    fraction_active: [],
    fraction_active_of_found: [],
});

#[pymethods]
impl RegisteredSession {
    #[new]
    #[pyo3(signature = (rate_maps, active, column_of=None))]
    fn new(
        rate_maps: Matrix<'_>,
        active: Flags,
        column_of: Option<Indices>,
    ) -> Result<Self, Raised> {
        let maps = rate_maps.view();
        Ok(Self(match column_of {
            Some(columns) => m::RegisteredSession::new(maps, &columns.optional()?, &active)?,
            None => m::RegisteredSession::complete(maps, &active)?,
        }))
    }

    /// (bins, cells) Rate maps, NaN for cells not found.
    #[getter]
    fn rate_maps<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.rate_maps().clone().give(py)
    }

    /// (cells) Which cells were found.
    #[getter]
    fn found<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.found().to_vec().give(py)
    }

    /// (cells) Which cells were found and active.
    #[getter]
    fn active<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.active().to_vec().give(py)
    }

    /// (float) Active cells as a share of all registered ones.
    #[getter]
    fn fraction_active(&self) -> f64 {
        self.0.fraction_active()
    }

    /// (float) Active cells as a share of those found.
    #[getter]
    fn fraction_active_of_found(&self) -> f64 {
        self.0.fraction_active_of_found()
    }
}

record! {
    /// Similarity of every pair of sessions.
    SessionPairs(m::SessionPairs) {
        /// (sessions, sessions) Cells found and active in both.
        cells: ["session", "other"],
        /// (sessions, sessions) Population-vector correlation, mean over bins.
        pv_correlation: ["session", "other"],
        /// (sessions, sessions) Bins behind it.
        pv_bins: ["session", "other"],
        /// (sessions, sessions) Rate-map correlation, mean over cells.
        rate_map_correlation: ["session", "other"],
        /// (sessions, sessions) Cells behind it.
        rate_map_cells: ["session", "other"],
        /// (sessions, sessions) Correlation of mean rates.
        ensemble_rate_correlation: ["session", "other"],
        /// (sessions, sessions) Active in both as a share of active in at least one.
        overlap: ["session", "other"],
    }
}

record! {
    /// Cells by their activity in an earlier and a later session.
    Turnover(m::Turnover) {
        /// (n) Active later only.
        gained: ["gained"],
        /// (n) Active earlier only.
        lost: ["lost"],
        /// (n) Active in both.
        kept: ["kept"],
        /// (n) Active in neither.
        silent: ["silent"],
    }
}

#[pymethods]
impl Turnover {
    /// (float) kept/(kept + lost).
    #[getter]
    fn survival(&self) -> f64 {
        self.0.survival()
    }

    /// (float) gained/(kept + gained).
    #[getter]
    fn recruitment(&self) -> f64 {
        self.0.recruitment()
    }

    /// (float) (gained + lost)/(gained + lost + 2 kept): 0 when the same cells are active.
    #[getter]
    fn turnover_ratio(&self) -> f64 {
        self.0.turnover_ratio()
    }
}

record! {
    /// A measure between two sessions, corrected for the noise of estimation.
    MatchedHalves(m::MatchedHalves) {
        /// (int) Bins behind it.
        bins: [],
        /// (int) Cells behind it.
        cells: [],
        /// (int) Parts of the mean.
        parts: [],
        /// (float) Between halves of the two sessions.
        across: [],
        /// (float) Between the halves of the first.
        within_first: [],
        /// (float) Between the halves of the second.
        within_second: [],
        /// (float) What a code that stands still would give.
        still: [],
        /// (float) Corrected.
        corrected: [],
    }
}

/// The samples of one session: activity, bin and lap of each.
///
/// Parameters
/// ----------
/// counts : array (samples, cells)
///     Events or amplitudes, with the registered cells in their order.
/// bins : array (samples) of int
///     Bin of each sample, -1 where it has none.
/// n_bins : int
/// laps : array (samples) of int
///     Lap of each sample, by any numbers.
/// durations : float or array (samples)
///     Seconds of each sample.
/// found : array (cells) of bool, optional
///     Default: all.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct BinnedSession(pub m::BinnedSession);

fields!(BinnedSession {
    counts: ["sample", "cell"],
    bins: ["sample"],
    laps: ["sample"],
    seconds: ["sample"],
    found: ["cell"],
    n_bins: [],
    n_laps: [],
});

#[pymethods]
impl BinnedSession {
    #[new]
    #[pyo3(signature = (counts, bins, n_bins, laps, durations, found=None))]
    fn new(
        counts: Matrix<'_>,
        bins: Indices,
        n_bins: usize,
        laps: Indices,
        durations: Seconds<'_>,
        found: Option<Flags>,
    ) -> Result<Self, Raised> {
        let counts = counts.view();
        let found = found.map_or_else(|| vec![true; counts.ncols()], |found| found.0);
        let (bins, laps) = (bins.optional()?, laps.numbers()?);
        let durations = durations.view();
        Ok(Self(m::BinnedSession::new(
            counts, &bins, n_bins, &laps, durations, &found,
        )?))
    }

    /// (samples, cells) Activity.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.activity().to_dense().give(py)
    }

    /// (samples) Bin of each sample, -1 where it has none.
    #[getter]
    fn bins<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.bins().to_vec().give(py)
    }

    /// (samples) Lap of each sample, numbered from 0.
    #[getter]
    fn laps<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.laps().to_vec().give(py)
    }

    /// (samples) Seconds of each sample.
    #[getter]
    fn seconds<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.seconds().to_vec().give(py)
    }

    /// (cells) Which cells were found.
    #[getter]
    fn found<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.found().to_vec().give(py)
    }

    /// (int) Number of bins.
    #[getter]
    fn n_bins(&self) -> usize {
        self.0.n_bins()
    }

    /// (int) Number of laps.
    #[getter]
    fn n_laps(&self) -> usize {
        self.0.n_laps()
    }

    /// Rate map in Hz, NaN for bins not visited and cells not found.
    ///
    /// Returns
    /// -------
    /// array (bins, cells)
    fn rate_map<'py>(&self, py: Python<'py>) -> Given<'py> {
        crate::convert::ok(py, || self.0.rate_map())
    }

    /// Rate maps of the even laps and of the odd laps, from 0.
    ///
    /// Returns
    /// -------
    /// tuple
    ///     Two arrays (bins, cells).
    fn half_maps<'py>(&self, py: Python<'py>) -> Given<'py> {
        crate::convert::ok(py, || self.0.half_maps())
    }
}

/// Every pair of sessions over the cells active in both.
///
/// Parameters
/// ----------
/// sessions : list of RegisteredSession
///
/// Returns
/// -------
/// SessionPairs
#[pyfunction]
pub fn compare_sessions<'py>(
    py: Python<'py>,
    sessions: Vec<Bound<'py, RegisteredSession>>,
) -> Given<'py> {
    let sessions: Vec<_> = sessions
        .iter()
        .map(|session| session.get().0.clone())
        .collect();
    run(py, || m::compare_sessions(&sessions))
}

/// Turnover from activity of the same cells, in the same order.
///
/// Parameters
/// ----------
/// before, after : array (cells) of bool
///
/// Returns
/// -------
/// Turnover
#[pyfunction]
pub fn turnover<'py>(py: Python<'py>, before: Flags, after: Flags) -> Given<'py> {
    run(py, || m::turnover(&before, &after))
}

/// Turnover between two sessions, among the cells found in both.
///
/// Parameters
/// ----------
/// before, after : RegisteredSession
///
/// Returns
/// -------
/// Turnover
#[pyfunction]
pub fn session_turnover<'py>(
    py: Python<'py>,
    before: &RegisteredSession,
    after: &RegisteredSession,
) -> Given<'py> {
    run(py, || m::session_turnover(&before.0, &after.0))
}

fn pair<'a>(halves: &'a [Matrix<'_>; 2]) -> [DMatrixView<'a, f64>; 2] {
    [halves[0].view(), halves[1].view()]
}

/// Two sessions by the maps of their halves, corrected for the noise of estimation.
///
/// Parameters
/// ----------
/// first, second : tuple
///     Two arrays (bins, cells) each, as `BinnedSession.half_maps` gives them.
/// measure : str, optional
///     As `code_similarity`.
///
/// Returns
/// -------
/// MatchedHalves
#[pyfunction]
#[pyo3(signature = (first, second, *, measure="rate_map"))]
pub fn matched_halves<'py>(
    py: Python<'py>,
    first: [Matrix<'_>; 2],
    second: [Matrix<'_>; 2],
    measure: &str,
) -> Given<'py> {
    let measure = self::measure(measure)?;
    let (first, second) = (pair(&first), pair(&second));
    run(py, || m::matched_halves(first, second, measure))
}

/// The interval of the corrected measure, by bootstraps over cells.
///
/// Parameters
/// ----------
/// first, second : tuple
///     Two arrays (bins, cells) each.
/// measure : str, optional
///     As `code_similarity`.
/// resamples : int, optional
///     Default: 1000.
/// share : float, optional
///     Of the bootstraps that it holds. Default: 0.95.
/// seed : int or numpy.random.Generator, optional
///
/// Returns
/// -------
/// tuple
///     Lower and upper end.
#[pyfunction]
#[pyo3(signature = (
    first, second, *, measure="rate_map", resamples=1000, share=0.95, seed=None
))]
pub fn matched_halves_interval<'py>(
    py: Python<'py>,
    first: [Matrix<'_>; 2],
    second: [Matrix<'_>; 2],
    measure: &str,
    resamples: usize,
    share: f64,
    seed: Option<Seed>,
) -> Given<'py> {
    let measure = self::measure(measure)?;
    let (first, second) = (pair(&first), pair(&second));
    let mut rng = seed.unwrap_or(Seed(0)).rng();
    run(py, || {
        m::matched_halves_interval(first, second, measure, resamples, share, &mut rng)
    })
}
