//! Which bin or state is this sample in, and which way does the animal move?

use drift_sim::metrics::binning as m;
use pyo3::prelude::*;

use super::maps::RateMap;
use super::{Activity, Seconds};
use crate::convert::{Flags, Give as _, Given, Indices, Vector, fields, run};
use crate::error::Raised;

/// Edges of neighbouring bins: bin i holds edges[i] ≤ x < edges[i + 1], the last bin its upper edge
/// as well.
///
/// Parameters
/// ----------
/// edges : array (bins + 1)
///     Finite and strictly increasing.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct BinEdges(pub m::BinEdges);

fields!(BinEdges {
    edges: ["edge"],
    centres: ["bin"],
    widths: ["bin"]
});

#[pymethods]
impl BinEdges {
    #[new]
    fn new(edges: Vector<'_>) -> Result<Self, Raised> {
        Ok(Self(m::BinEdges::new(edges.to_vec())?))
    }

    /// Equal bins from `low` to `high`.
    ///
    /// Parameters
    /// ----------
    /// low, high : float
    /// bins : int
    ///
    /// Returns
    /// -------
    /// BinEdges
    #[staticmethod]
    fn equal(low: f64, high: f64, bins: usize) -> Result<Self, Raised> {
        Ok(Self(m::BinEdges::equal(low, high, bins)?))
    }

    /// Equal bins between the extremes of the finite values.
    ///
    /// Parameters
    /// ----------
    /// values : array (samples)
    /// bins : int
    ///
    /// Returns
    /// -------
    /// BinEdges
    #[staticmethod]
    fn spanning(values: Vector<'_>, bins: usize) -> Result<Self, Raised> {
        Ok(Self(m::BinEdges::spanning(&values, bins)?))
    }

    /// (bins + 1) All edges.
    #[getter]
    fn edges<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.as_slice().to_vec().give(py)
    }

    /// (bins) The middle of each bin.
    #[getter]
    fn centres<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.centres().give(py)
    }

    /// (bins) The width of each bin.
    #[getter]
    fn widths<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.widths().give(py)
    }

    /// (int) Number of bins.
    #[getter]
    fn bins(&self) -> usize {
        self.0.bins()
    }

    fn __len__(&self) -> usize {
        self.0.bins()
    }

    /// The bin of each value.
    ///
    /// Parameters
    /// ----------
    /// values : array (samples)
    ///
    /// Returns
    /// -------
    /// array (samples) of int
    ///     -1 outside the edges and for NaN.
    fn index<'py>(&self, py: Python<'py>, values: Vector<'_>) -> Given<'py> {
        let bins: Vec<Option<usize>> = values.iter().map(|&value| self.0.index(value)).collect();
        bins.give(py)
    }

    /// Bins a trajectory, once for all units.
    ///
    /// Parameters
    /// ----------
    /// values : array (samples)
    ///
    /// Returns
    /// -------
    /// BinnedPositions
    fn assign(&self, values: Vector<'_>) -> BinnedPositions {
        BinnedPositions(self.0.assign(&values))
    }

    /// How many values fall in each bin.
    ///
    /// Parameters
    /// ----------
    /// values : array (samples)
    ///
    /// Returns
    /// -------
    /// array (bins) of int
    fn counts<'py>(&self, py: Python<'py>, values: Vector<'_>) -> Given<'py> {
        self.0.counts(&values).give(py)
    }
}

/// Edges as an argument: `BinEdges`, or the edges themselves.
#[derive(Debug)]
pub struct Edges(pub m::BinEdges);

impl<'py> FromPyObject<'_, 'py> for Edges {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(edges) = value.cast::<BinEdges>() {
            return Ok(Self(edges.get().0.clone()));
        }
        let edges: Vector<'_> = value.extract()?;
        Ok(Self(
            m::BinEdges::new(edges.to_vec()).map_err(Raised::from)?,
        ))
    }
}

/// The bin of every sample of a trajectory, computed once and used for all units.
/// `BinEdges.assign` makes it on a track.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct BinnedPositions(pub m::BinnedPositions);

fields!(BinnedPositions {
    bins: ["sample"],
    occupancy: ["bin"],
    outside: [],
    missing: [],
    left_out: [],
});

#[pymethods]
impl BinnedPositions {
    /// Positions in a plane: bin = bin_x · bins_y + bin_y.
    ///
    /// Parameters
    /// ----------
    /// edges_x, edges_y : BinEdges
    /// x, y : array (samples)
    ///
    /// Returns
    /// -------
    /// BinnedPositions
    #[staticmethod]
    fn in_plane(
        edges_x: Edges,
        edges_y: Edges,
        x: Vector<'_>,
        y: Vector<'_>,
    ) -> Result<Self, Raised> {
        Ok(Self(m::BinnedPositions::in_plane(
            &edges_x.0, &edges_y.0, &x, &y,
        )?))
    }

    /// Some of the samples only.
    ///
    /// Parameters
    /// ----------
    /// keep : array (samples) of bool
    ///
    /// Returns
    /// -------
    /// BinnedPositions
    fn restricted_to(&self, keep: Flags) -> Result<Self, Raised> {
        Ok(Self(self.0.restricted_to(&keep)?))
    }

    /// (samples) The bin of each sample, -1 where it has none.
    #[getter]
    fn bins<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.iter().collect::<Vec<_>>().give(py)
    }

    /// (int) Number of bins in all.
    #[getter]
    fn n_bins(&self) -> usize {
        self.0.n_bins()
    }

    /// (BinEdges) The edges along the track, or along x in a plane.
    #[getter]
    fn edges(&self) -> BinEdges {
        BinEdges(self.0.edges().clone())
    }

    /// (BinEdges or None) The edges along y in a plane.
    #[getter]
    fn edges_y(&self) -> Option<BinEdges> {
        self.0.edges_y().cloned().map(BinEdges)
    }

    /// (bins) Samples spent in each bin.
    #[getter]
    fn occupancy<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.occupancy().give(py)
    }

    /// (int) Samples whose position is a number outside the edges.
    #[getter]
    fn outside(&self) -> usize {
        self.0.outside()
    }

    /// (int) Samples whose position is NaN.
    #[getter]
    fn missing(&self) -> usize {
        self.0.missing()
    }

    /// (int) Samples with a bin that were left out by `restricted_to`.
    #[getter]
    fn left_out(&self) -> usize {
        self.0.left_out()
    }

    fn __len__(&self) -> usize {
        self.0.frames()
    }

    /// Seconds spent in each bin.
    ///
    /// Parameters
    /// ----------
    /// durations : float or array (samples)
    ///     Seconds of each sample.
    ///
    /// Returns
    /// -------
    /// array (bins)
    fn seconds<'py>(&self, py: Python<'py>, durations: Seconds<'_>) -> Given<'py> {
        let durations = durations.view();
        run(py, || self.0.seconds(durations))
    }
}

/// One state for each sample, as consecutive indices.
///
/// Parameters
/// ----------
/// labels : array (samples) of int
///     Any whole numbers from 0 on.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct States(pub m::States);

fields!(States {
    labels: ["state"],
    occupancy: ["state"],
    index: ["sample"]
});

#[pymethods]
impl States {
    #[new]
    fn new(labels: Indices) -> Result<Self, Raised> {
        Ok(Self(m::States::new(&labels.numbers()?)?))
    }

    /// (states) The distinct labels, increasing.
    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.labels().to_vec().give(py)
    }

    /// (states) Samples spent in each state.
    #[getter]
    fn occupancy<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.occupancy().to_vec().give(py)
    }

    /// (samples) The index of each sample's state.
    #[getter]
    fn index<'py>(&self, py: Python<'py>) -> Given<'py> {
        let index: Vec<u32> = self
            .0
            .index()
            .iter()
            .map(|&state| u32::from(state))
            .collect();
        index.give(py)
    }

    fn __len__(&self) -> usize {
        self.0.count()
    }
}

/// Change of position from sample to sample.
///
/// Parameters
/// ----------
/// position : array (samples)
///
/// Returns
/// -------
/// array (samples)
#[pyfunction]
pub fn velocity<'py>(py: Python<'py>, position: Vector<'_>) -> Given<'py> {
    let position: &[f64] = &position;
    run(py, || m::velocity(position))
}

/// Position on a track on which each direction of motion is a place of its own.
///
/// Parameters
/// ----------
/// position : array (samples)
///
/// Returns
/// -------
/// array (samples)
#[pyfunction]
pub fn signed_position<'py>(py: Python<'py>, position: Vector<'_>) -> Given<'py> {
    let position: &[f64] = &position;
    run(py, || m::signed_position(position))
}

/// Rate maps of the two directions of motion apart.
///
/// Parameters
/// ----------
/// edges : BinEdges
/// position : array (samples)
/// activity : array (samples, units) or TsGroup
/// least_speed : float, optional
///     Samples below it, in position units a sample, belong to neither. Default: 0.
///
/// Returns
/// -------
/// tuple
///     The `RateMap` of increasing and that of decreasing position.
#[pyfunction]
#[pyo3(signature = (edges, position, activity, *, least_speed=0.0))]
pub fn directed_rate_maps<'py>(
    py: Python<'py>,
    edges: Edges,
    position: &Bound<'py, PyAny>,
    activity: &Bound<'py, PyAny>,
    least_speed: f64,
) -> Result<(RateMap, RateMap), Raised> {
    let activity = dense(activity, position)?;
    let position: Vector<'_> = position.extract()?;
    let (position, activity): (&[f64], _) = (&position, activity.view());
    let maps = py.detach(|| m::directed_rate_maps(&edges.0, position, activity, least_speed))?;
    Ok((RateMap(maps.increasing), RateMap(maps.decreasing)))
}

/// Activity as an array, of spikes counted at the times of the position.
pub fn dense<'py>(
    activity: &Bound<'py, PyAny>,
    position: &Bound<'py, PyAny>,
) -> Result<crate::convert::Matrix<'py>, Raised> {
    match Activity::of(activity, Some(position))? {
        Activity::Dense(matrix) => Ok(matrix),
        Activity::Sparse(_) => Err(Raised::value(
            "activity is sparse, expected an array (samples, units); rate_map_of takes it sparse",
        )),
    }
}
