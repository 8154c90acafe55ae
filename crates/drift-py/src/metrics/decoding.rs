//! Does a decoder age?

use drift_sim::metrics::decoding as m;
use pyo3::prelude::*;

use super::sessions::BinnedSession;
use crate::convert::{
    Flags, Give as _, Given, Indices, Matrix, Seed, Vector, choice, fields, record, run,
};
use crate::error::Raised;

choice!(prior: m::Prior { "uniform" => m::Prior::Uniform, "occupancy" => m::Prior::Occupancy });

/// The space that bins lie in: a word, or the number of bins along y of a plane.
#[derive(Debug, Clone, Copy)]
pub struct Space(m::Space);

impl<'py> FromPyObject<'_, 'py> for Space {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bins_y) = value.extract::<usize>() {
            return Ok(Self(m::Space::Plane { bins_y }));
        }
        match value.extract::<String>()?.as_str() {
            "line" => Ok(Self(m::Space::Line)),
            "ring" => Ok(Self(m::Space::Ring)),
            word => Err(Raised::value(format!(
                "space is {word:?}, expected line, ring, or the number of bins along y of a plane"
            ))
            .into()),
        }
    }
}

fn line(space: Option<Space>) -> m::Space {
    space.map_or(m::Space::Line, |space| space.0)
}

/// Distance between two bins, in bins.
///
/// Parameters
/// ----------
/// a, b : int
/// n_bins : int
/// space : str or int, optional
///     "line" (default), "ring", or the number of bins along y of a plane.
///
/// Returns
/// -------
/// float
#[pyfunction]
#[pyo3(signature = (a, b, n_bins, *, space=None))]
pub fn bin_distance(
    a: usize,
    b: usize,
    n_bins: usize,
    space: Option<Space>,
) -> Result<f64, Raised> {
    if let m::Space::Plane { bins_y: 0 } = line(space) {
        return Err(Raised::value(
            "space is a plane of 0 bins along y, expected at least 1",
        ));
    }
    Ok(line(space).distance(a, b, n_bins))
}

/// Mean distance over all pairings of a decoded with a true bin: what decoding by chance would give.
///
/// Parameters
/// ----------
/// decoded, actual : array (samples) of int
/// n_bins : int
/// space : str or int, optional
///     As `bin_distance`.
///
/// Returns
/// -------
/// float
#[pyfunction]
#[pyo3(signature = (decoded, actual, n_bins, *, space=None))]
pub fn mean_pairing_error<'py>(
    py: Python<'py>,
    decoded: Indices,
    actual: Indices,
    n_bins: usize,
    space: Option<Space>,
) -> Given<'py> {
    let (decoded, actual, space) = (decoded.numbers()?, actual.numbers()?, line(space));
    run(py, || {
        m::mean_pairing_error(&decoded, &actual, n_bins, space)
    })
}

record! {
    /// Decoding errors of every pair of sessions (training × tested), in bins.
    ErrorMatrix(m::ErrorMatrix) {
        /// (sessions, sessions) Mean distance of the decoded from the true bin.
        mean: ["training", "tested"],
        /// (sessions, sessions) Its median.
        median: ["training", "tested"],
        /// (sessions, sessions) By chance.
        chance: ["training", "tested"],
        /// (sessions, sessions) Cells found in both.
        cells: ["training", "tested"],
        /// (sessions, sessions) Windows decoded.
        windows: ["training", "tested"],
    }
}

#[pymethods]
impl ErrorMatrix {
    /// Mean error by the number of sessions between.
    ///
    /// Returns
    /// -------
    /// ErrorByLag
    fn by_lag<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.by_lag().give(py)
    }

    /// (sessions) Mean error in each session of the decoder of the first.
    #[getter]
    fn stale<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.stale().give(py)
    }

    /// (sessions) Mean error in each session of its own decoder.
    #[getter]
    fn refit<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.refit().give(py)
    }

    /// (sessions) (stale − refit)/(chance − refit).
    #[getter]
    fn relative_gap<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.relative_gap().give(py)
    }
}

record! {
    /// Mean error against the number of sessions between training and test.
    ErrorByLag(m::ErrorByLag) {
        /// (lags) Decoders of earlier sessions.
        forward: ["lag"],
        /// (lags) Decoders of later sessions.
        backward: ["lag"],
    }
}

/// Counts of a session in windows.
///
/// Parameters
/// ----------
/// session : BinnedSession
/// window : float, optional
///     Seconds. Default: 1.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct Windows(pub m::Windows);

fields!(Windows {
    bins: ["window"],
    laps: ["window"]
});

#[pymethods]
impl Windows {
    #[new]
    #[pyo3(signature = (session, window=1.0))]
    fn new(session: &BinnedSession, window: f64) -> Result<Self, Raised> {
        Ok(Self(m::Windows::of(&session.0, window)?))
    }

    fn __len__(&self) -> usize {
        self.0.count()
    }

    /// (windows) Bin of each window's middle sample, -1 where it has none.
    #[getter]
    fn bins<'py>(&self, py: Python<'py>) -> Given<'py> {
        (0..self.0.count())
            .map(|window| self.0.bin(window))
            .collect::<Vec<_>>()
            .give(py)
    }

    /// (windows) Lap of each window.
    #[getter]
    fn laps<'py>(&self, py: Python<'py>) -> Given<'py> {
        (0..self.0.count())
            .map(|window| self.0.lap(window))
            .collect::<Vec<_>>()
            .give(py)
    }
}

record! {
    /// Decoded bins of windows.
    Decoded(m::Decoded) {
        /// (windows) Most likely bin.
        decoded: ["window"],
        /// (windows) True bin.
        actual: ["window"],
    }
}

#[pymethods]
impl Decoded {
    /// Distance of each decoded bin from the true one, in bins.
    ///
    /// Parameters
    /// ----------
    /// n_bins : int
    /// space : str or int, optional
    ///     As `bin_distance`.
    ///
    /// Returns
    /// -------
    /// array (windows)
    #[pyo3(signature = (n_bins, *, space=None))]
    fn errors<'py>(&self, py: Python<'py>, n_bins: usize, space: Option<Space>) -> Given<'py> {
        self.0.errors(n_bins, line(space)).give(py)
    }
}

/// Position from counts, by Bayes' rule with Poisson spikes.
///
/// Parameters
/// ----------
/// rate_map : array (bins, cells)
///     Hz; NaN in bins not visited and for cells not found.
/// seconds : array (bins)
///     Time spent in each bin.
/// floor : float, optional
///     Least rate, Hz. Default: 0.01.
/// prior : str, optional
///     "uniform" (default) or "occupancy".
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct PoissonDecoder(pub m::PoissonDecoder);

fn settings(floor: f64, prior: &str, window: f64) -> Result<m::PoissonSettings, Raised> {
    let prior = self::prior(prior)?;
    Ok(m::PoissonSettings {
        floor,
        prior,
        window,
    })
}

#[pymethods]
impl PoissonDecoder {
    #[new]
    #[pyo3(signature = (rate_map, seconds, *, floor=0.01, prior="uniform"))]
    fn new(
        rate_map: Matrix<'_>,
        seconds: Vector<'_>,
        floor: f64,
        prior: &str,
    ) -> Result<Self, Raised> {
        let settings = settings(floor, prior, 1.0)?;
        Ok(Self(m::PoissonDecoder::new(
            rate_map.view(),
            &seconds,
            &settings,
        )?))
    }

    /// Of all laps of a session.
    ///
    /// Parameters
    /// ----------
    /// session : BinnedSession
    /// floor : float, optional
    /// prior : str, optional
    ///
    /// Returns
    /// -------
    /// PoissonDecoder
    #[staticmethod]
    #[pyo3(signature = (session, *, floor=0.01, prior="uniform"))]
    fn of(session: &BinnedSession, floor: f64, prior: &str) -> Result<Self, Raised> {
        Ok(Self(m::PoissonDecoder::of(
            &session.0,
            &settings(floor, prior, 1.0)?,
        )?))
    }

    /// The decoder with permuted identities: cell c responds as cell order[c] did.
    ///
    /// Parameters
    /// ----------
    /// order : array (cells) of int
    ///
    /// Returns
    /// -------
    /// PoissonDecoder
    fn with_identities(&self, order: Indices) -> Result<Self, Raised> {
        Ok(Self(self.0.with_identities(&order.numbers()?)?))
    }

    /// Normalised log posterior over bins, -inf where training did not go.
    ///
    /// Parameters
    /// ----------
    /// counts : array (cells)
    /// seconds : float
    ///
    /// Returns
    /// -------
    /// array (bins)
    fn log_posterior<'py>(&self, py: Python<'py>, counts: Vector<'_>, seconds: f64) -> Given<'py> {
        let counts: &[f64] = &counts;
        run(py, || self.0.log_posterior(counts, seconds))
    }

    /// Normalised log posterior of all windows.
    ///
    /// Parameters
    /// ----------
    /// windows : Windows
    ///
    /// Returns
    /// -------
    /// array (windows, bins)
    fn log_posteriors<'py>(&self, py: Python<'py>, windows: &Windows) -> Given<'py> {
        run(py, || self.0.log_posteriors(&windows.0))
    }

    /// The most likely bin of every window.
    ///
    /// Parameters
    /// ----------
    /// windows : Windows
    /// found : array (cells) of bool
    ///     Cells found in the windows' session; those found in both are used.
    ///
    /// Returns
    /// -------
    /// Decoded
    fn decode<'py>(&self, py: Python<'py>, windows: &Windows, found: Flags) -> Given<'py> {
        run(py, || self.0.decode(&windows.0, &found))
    }

    fn __repr__(&self) -> &'static str {
        "<drift.metrics.PoissonDecoder>"
    }
}

record! {
    /// A decoder against itself with permuted identities of the cells.
    IdentityTest(m::IdentityTest) {
        /// (float) Mean error, bins.
        observed: [],
        /// (permutations) With permuted identities.
        permuted: ["permutation"],
        /// (float) Chance of an error as small.
        p_value: [],
    }
}

/// Whether a decoder does better than chance, by permutations of the cells' identities.
///
/// Parameters
/// ----------
/// decoder : PoissonDecoder
/// windows : Windows
/// space : str or int, optional
///     As `bin_distance`.
/// permutations : int, optional
///     Default: 1000.
/// seed : int or numpy.random.Generator, optional
///
/// Returns
/// -------
/// IdentityTest
#[pyfunction]
#[pyo3(signature = (decoder, windows, *, space=None, permutations=1000, seed=None))]
pub fn identity_test<'py>(
    py: Python<'py>,
    decoder: &PoissonDecoder,
    windows: &Windows,
    space: Option<Space>,
    permutations: usize,
    seed: Option<Seed>,
) -> Given<'py> {
    let (space, mut rng) = (line(space), seed.unwrap_or(Seed(0)).rng());
    run(py, || {
        m::identity_test(&decoder.0, &windows.0, space, permutations, &mut rng)
    })
}

/// A Poisson decoder of every session tested on every session.
///
/// Parameters
/// ----------
/// sessions : list of BinnedSession
/// window : float, optional
///     Seconds. Default: 1.
/// floor : float, optional
///     Least rate, Hz. Default: 0.01.
/// prior : str, optional
///     "uniform" (default) or "occupancy".
/// space : str or int, optional
///     As `bin_distance`.
/// laps_left_out : int, optional
///     Laps of a fold; 0 leaves none out, for codes without noise. Default: 2.
///
/// Returns
/// -------
/// ErrorMatrix
#[pyfunction]
#[pyo3(signature = (
    sessions, *, window=1.0, floor=0.01, prior="uniform", space=None, laps_left_out=2
))]
pub fn error_matrix<'py>(
    py: Python<'py>,
    sessions: Vec<Bound<'py, BinnedSession>>,
    window: f64,
    floor: f64,
    prior: &str,
    space: Option<Space>,
    laps_left_out: usize,
) -> Given<'py> {
    let decoder = settings(floor, prior, window)?;
    let settings = m::ErrorMatrixSettings {
        decoder,
        space: line(space),
        laps_left_out,
    };
    let sessions: Vec<_> = sessions
        .iter()
        .map(|session| session.get().0.clone())
        .collect();
    run(py, || m::error_matrix(&sessions, &settings))
}
