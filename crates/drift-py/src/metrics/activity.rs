//! How many units respond?

use drift_sim::metrics::activity as m;
use pyo3::prelude::*;

use super::Activity;
use crate::convert::{Give as _, Given, Indices, Matrix, fields, ok};
use crate::error::Raised;

/// Activity of many cells over time, of which only what is not 0 is kept.
///
/// Parameters
/// ----------
/// activity : array (samples, units) or TsGroup
///     Not negative.
/// like : Tsd, optional
///     At whose times the spikes of a pynapple TsGroup are counted.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct SparseActivity(pub m::SparseActivity);

fields!(SparseActivity {
    frames: [],
    cells: []
});

#[pymethods]
impl SparseActivity {
    #[new]
    #[pyo3(signature = (activity, like=None))]
    fn new<'py>(
        py: Python<'py>,
        activity: &Bound<'py, PyAny>,
        like: Option<&Bound<'py, PyAny>>,
    ) -> Result<Self, Raised> {
        match Activity::of(activity, like)? {
            Activity::Sparse(sparse) => Ok(sparse.get().clone()),
            Activity::Dense(matrix) => {
                let view = matrix.view();
                Ok(Self(py.detach(|| m::SparseActivity::from_dense(view))?))
            }
        }
    }

    /// Of a list of (frame, value) for each cell.
    ///
    /// Parameters
    /// ----------
    /// frames : int
    ///     Number of frames.
    /// cells : list of list of tuple
    ///     Frames strictly increasing.
    ///
    /// Returns
    /// -------
    /// SparseActivity
    #[staticmethod]
    fn from_entries(frames: usize, cells: Vec<Vec<(usize, f64)>>) -> Result<Self, Raised> {
        Ok(Self(m::SparseActivity::from_entries(frames, &cells)?))
    }

    /// (int) Number of frames.
    #[getter]
    fn frames(&self) -> usize {
        self.0.frames()
    }

    /// (int) Number of cells.
    #[getter]
    fn cells(&self) -> usize {
        self.0.cells()
    }

    /// Frames in which each cell was active.
    ///
    /// Returns
    /// -------
    /// array (cells) of int
    fn active_frames<'py>(&self, py: Python<'py>) -> Given<'py> {
        let each = (0..self.0.cells()).map(|cell| self.0.active_frames(cell));
        each.collect::<Vec<usize>>().give(py)
    }

    /// Sum of each cell's activity.
    ///
    /// Returns
    /// -------
    /// array (cells)
    fn totals<'py>(&self, py: Python<'py>) -> Given<'py> {
        let each = (0..self.0.cells()).map(|cell| self.0.total(cell));
        each.collect::<Vec<f64>>().give(py)
    }

    /// The train of one cell.
    ///
    /// Parameters
    /// ----------
    /// cell : int
    ///
    /// Returns
    /// -------
    /// array (frames)
    fn train<'py>(&self, py: Python<'py>, cell: usize) -> Given<'py> {
        if cell >= self.0.cells() {
            let cells = self.0.cells();
            return Err(Raised::value(format!(
                "cell is {cell}, expected less than {cells}"
            )));
        }
        self.0.train(cell).give(py)
    }

    /// Some of the cells, in the order given.
    ///
    /// Parameters
    /// ----------
    /// cells : array (n) of int
    ///
    /// Returns
    /// -------
    /// SparseActivity
    fn select(&self, cells: Indices) -> Result<Self, Raised> {
        Ok(Self(self.0.select(&cells.numbers()?)?))
    }

    /// The cells active in at least so many frames.
    ///
    /// Parameters
    /// ----------
    /// frames : int
    ///
    /// Returns
    /// -------
    /// array (n) of int
    fn cells_active_in<'py>(&self, py: Python<'py>, frames: usize) -> Given<'py> {
        self.0.cells_active_in(frames).give(py)
    }

    /// (bool) Whether every value is a whole number.
    #[getter]
    fn is_integer(&self) -> bool {
        self.0.is_integer()
    }

    /// (tuple or None) Smallest and largest value that is not 0; None where all cells are silent.
    #[getter]
    fn range(&self) -> Option<(f64, f64)> {
        self.0.range()
    }
}

/// Share of (unit, sample) pairs with activity above 0.
///
/// Parameters
/// ----------
/// hidden : array (samples, units)
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn active_fraction<'py>(py: Python<'py>, hidden: Matrix<'_>) -> Given<'py> {
    let hidden = hidden.view();
    ok(py, || m::active_fraction(hidden))
}

/// Which units have activity above 0 on at least one sample.
///
/// Parameters
/// ----------
/// hidden : array (samples, units)
///
/// Returns
/// -------
/// array (units) of bool
#[pyfunction]
pub fn active_units<'py>(py: Python<'py>, hidden: Matrix<'_>) -> Given<'py> {
    let hidden = hidden.view();
    ok(py, || m::active_units(hidden))
}

/// Share of units with activity above 0 on at least one sample.
///
/// Parameters
/// ----------
/// hidden : array (samples, units)
///
/// Returns
/// -------
/// float
#[pyfunction]
pub fn fraction_active_units<'py>(py: Python<'py>, hidden: Matrix<'_>) -> Given<'py> {
    let hidden = hidden.view();
    ok(py, || m::fraction_active_units(hidden))
}
