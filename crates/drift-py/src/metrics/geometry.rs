//! In which directions does the code move, beside its variability?

use drift_sim::metrics::geometry as m;
use nalgebra::DVector;
use pyo3::prelude::*;

use super::sessions::BinnedSession;
use crate::convert::{Give as _, Given, Indices, Matrix, Vector, ok, record};
use crate::error::Raised;

fn vector(values: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(values)
}

record! {
    /// The population vectors of one bin in one session. `of` makes it.
    LapCloud(m::LapCloud) {
        /// (int) Laps, R.
        laps: [],
        /// (cells) Mean μ.
        mean: ["cell"],
        /// (cells) Mean of the even laps.
        even: ["cell"],
        /// (cells) Mean of the odd laps.
        odd: ["cell"],
        /// (cells, cells) Covariance Σ over laps.
        covariance: ["cell", "other"],
        /// (n) Variances along the components, descending.
        variances: ["component"],
        /// (cells, n) Principal components.
        components: ["cell", "component"],
    }
}

#[pymethods]
impl LapCloud {
    /// Of the samples of a session in one bin.
    ///
    /// Parameters
    /// ----------
    /// session : BinnedSession
    /// bin : int
    /// cells : array (n) of int
    ///
    /// Returns
    /// -------
    /// LapCloud
    #[staticmethod]
    fn of(session: &BinnedSession, bin: usize, cells: Indices) -> Result<Self, Raised> {
        Ok(Self(m::LapCloud::of(&session.0, bin, &cells.numbers()?)?))
    }

    /// (float) tr Σ.
    #[getter]
    fn total_variance(&self) -> f64 {
        self.0.total_variance()
    }

    /// (float) Participation ratio D = (Σλ)²/Σλ².
    #[getter]
    fn dimension(&self) -> f64 {
        self.0.dimension()
    }

    /// (int) ⌈D⌉.
    #[getter]
    fn variational_dimension(&self) -> usize {
        self.0.variational_dimension()
    }

    /// (float) Share of the variance in the variational space.
    #[getter]
    fn variance_in_variation(&self) -> f64 {
        self.0.variance_in_variation()
    }

    /// Share of the variance along a direction.
    ///
    /// Parameters
    /// ----------
    /// direction : array (cells)
    ///
    /// Returns
    /// -------
    /// float
    fn variance_along(&self, direction: Vector<'_>) -> Result<f64, Raised> {
        Ok(self.0.variance_along(&vector(&direction))?)
    }

    /// Overlap of the variational spaces of two clouds, 1 where one holds the other.
    ///
    /// Parameters
    /// ----------
    /// other : LapCloud
    ///
    /// Returns
    /// -------
    /// float
    fn overlap(&self, other: &Self) -> Result<f64, Raised> {
        Ok(self.0.overlap(&other.0)?)
    }
}

record! {
    /// The drift of one bin from one session to another. `between` makes it.
    Drift(m::Drift) {
        /// (cells) d = μ' − μ.
        vector: ["cell"],
        /// (cells) Of the even laps.
        even: ["cell"],
        /// (cells) Of the odd laps.
        odd: ["cell"],
        /// (float) d · d.
        squared: [],
        /// (float) d · d without the noise of estimation.
        squared_unbiased: [],
        /// (float) Relative to the variance.
        relative: [],
        /// (float) Relative to the mean.
        relative_magnitude: [],
        /// (float) Angle of the two means, degrees.
        angle_of_means: [],
        /// (float) Share in the variational space.
        in_variation: [],
        /// (float) Share along the mean.
        gain: [],
        /// (float) d_a · d_b of the halves.
        squared_split: [],
        /// (float) Its part in the variational space.
        projected_split: [],
        /// (float) Its part along the mean.
        gain_split: [],
    }
}

#[pymethods]
impl Drift {
    /// From the cloud of a bin in an earlier session to that in a later one.
    ///
    /// Parameters
    /// ----------
    /// before, after : LapCloud
    ///
    /// Returns
    /// -------
    /// Drift
    #[staticmethod]
    fn between(before: &LapCloud, after: &LapCloud) -> Result<Self, Raised> {
        Ok(Self(m::Drift::between(&before.0, &after.0)?))
    }

    /// Share of the drift in the span of some directions.
    ///
    /// Parameters
    /// ----------
    /// directions : array (cells, directions)
    ///
    /// Returns
    /// -------
    /// float
    fn share_in(&self, directions: Matrix<'_>) -> Result<f64, Raised> {
        Ok(self.0.share_in(&directions.view().into_owned())?)
    }

    /// The part of d_a · d_b in the span of some directions.
    ///
    /// Parameters
    /// ----------
    /// directions : array (cells, directions)
    ///
    /// Returns
    /// -------
    /// float
    fn split_in(&self, directions: Matrix<'_>) -> Result<f64, Raised> {
        Ok(self.0.split_in(&directions.view().into_owned())?)
    }

    /// Cosine of the drift with a direction.
    ///
    /// Parameters
    /// ----------
    /// direction : array (cells)
    ///
    /// Returns
    /// -------
    /// float
    fn cosine_with(&self, direction: Vector<'_>) -> Result<f64, Raised> {
        Ok(self.0.cosine_with(&vector(&direction))?)
    }

    /// Angle with each of the first components of the earlier cloud, degrees.
    ///
    /// Parameters
    /// ----------
    /// cloud : LapCloud
    /// components : int
    ///
    /// Returns
    /// -------
    /// array (components)
    fn angles_with<'py>(&self, py: Python<'py>, cloud: &LapCloud, components: usize) -> Given<'py> {
        self.0.angles_with(&cloud.0, components)?.give(py)
    }

    /// Inner product with the next drift, from the session in the middle, unbiased.
    ///
    /// Parameters
    /// ----------
    /// next : Drift
    /// middle : LapCloud
    ///
    /// Returns
    /// -------
    /// float
    fn inner_with_next(&self, next: &Self, middle: &LapCloud) -> Result<f64, Raised> {
        Ok(self.0.inner_with_next(&next.0, &middle.0)?)
    }
}

record! {
    /// Drift of several bins, corrected: sums over bins, then divided.
    PooledDrift(m::PooledDrift) {
        /// (int) Bins.
        bins: [],
        /// (float) Σ d_a · d_b.
        squared: [],
        /// (float) Share in the variational space.
        in_variation: [],
        /// (float) Share along the mean.
        gain: [],
    }
}

/// Pools the drifts of several bins between the same two sessions.
///
/// Parameters
/// ----------
/// drifts : list of Drift
///
/// Returns
/// -------
/// PooledDrift
#[pyfunction]
pub fn pool<'py>(py: Python<'py>, drifts: Vec<Bound<'py, Drift>>) -> Given<'py> {
    let drifts: Vec<_> = drifts.iter().map(|drift| drift.get().0.clone()).collect();
    ok(py, || m::pool(&drifts))
}

/// Cosine of two vectors; NaN where one is 0.
///
/// Parameters
/// ----------
/// a, b : array (cells)
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn cosine(a: Vector<'_>, b: Vector<'_>) -> Result<f64, Raised> {
    Ok(m::cosine(&vector(&a), &vector(&b))?)
}
