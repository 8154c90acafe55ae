//! Activity: how sparse it is, and a record kept as the few frames in which each cell was active.
//!
//! Two measures of sparsity part ways as drift proceeds. The *active fraction* counts (unit,
//! sample) pairs; the *fraction of active units* counts units that respond to anything at all. Some
//! labels in the published figures call the first one by the name of the second (Figures 2C and
//! 4B).

use nalgebra::{DMatrix, DMatrixView};

use crate::error::{at_least, not_negative, within};
use crate::{BinnedPositions, Error};

/// Activity of many cells over time (frames × cells), stored as nonzero entries only.
///
/// Event trains of calcium recordings and binned spike trains are zero in more than 99 of 100
/// frames. Everything that only adds activity up by state (rate maps, spatial information, mutual
/// information, and thousands of shuffles of them) costs one addition per *active* frame here,
/// not one per frame.
///
/// Values are counts or amplitudes per frame: finite and not negative.
///
/// ```
/// use drift_metrics::activity::SparseActivity;
/// use nalgebra::DMatrix;
///
/// let dense = DMatrix::from_row_slice(3, 2, &[0.0, 1.0, 2.0, 0.0, 0.5, 0.0]);
/// let activity = SparseActivity::from_dense(dense.as_view())?;
/// assert_eq!((activity.frames(), activity.cells()), (3, 2));
/// assert_eq!(activity.active_frames(0), 2);
/// assert_eq!(activity.total(0), 2.5);
/// assert_eq!(activity.to_dense(), dense);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SparseActivity {
    frames: usize,
    /// Entries of cell i are `starts[i]..starts[i + 1]`.
    starts: Vec<usize>,
    frame: Vec<u32>,
    value: Vec<f64>,
}

impl SparseActivity {
    /// Reads a dense matrix (frames × cells).
    ///
    /// # Errors
    /// A matrix without frames or cells, or an entry that is NaN, infinite or negative.
    pub fn from_dense(activity: DMatrixView<'_, f64>) -> Result<Self, Error> {
        Self::collect(
            activity.nrows(),
            activity
                .column_iter()
                .map(|column| column.into_iter().copied().enumerate()),
        )
    }

    /// Reads one list of (frame, value) for each cell; frames strictly increasing, zeros dropped.
    ///
    /// # Errors
    /// No frames or no cells; a frame not below `frames` or not after the one before it; a value
    /// that is NaN, infinite or negative.
    pub fn from_entries(frames: usize, cells: &[Vec<(usize, f64)>]) -> Result<Self, Error> {
        for cell in cells {
            let mut next = 0;
            for &(frame, _) in cell {
                let (field, value) = ("frame of an entry", frame as f64);
                let expected = "less than the number of frames";
                within(frame < frames, field, value, expected)?;
                let expected = "later than the frame of the entry before it";
                within(frame >= next, field, value, expected)?;
                next = frame + 1;
            }
        }
        Self::collect(frames, cells.iter().map(|cell| cell.iter().copied()))
    }

    pub(crate) fn collect<C>(frames: usize, cells: impl Iterator<Item = C>) -> Result<Self, Error>
    where
        C: Iterator<Item = (usize, f64)>,
    {
        at_least("frames of the activity", frames, 1)?;
        within(
            u32::try_from(frames).is_ok(),
            "frames of the activity",
            frames as f64,
            "at most 4294967295",
        )?;
        let mut activity = Self {
            frames,
            starts: vec![0],
            frame: Vec::new(),
            value: Vec::new(),
        };
        for (cell, entries) in cells.enumerate() {
            for (frame, value) in entries {
                if !not_negative(value) {
                    let index = cell * frames + frame;
                    let expected = "a count or amplitude: finite and not negative";
                    return Err(Error::entry("activity", index, value, expected));
                }
                if value > 0.0 {
                    activity.frame.push(frame as u32);
                    activity.value.push(value);
                }
            }
            activity.starts.push(activity.frame.len());
        }
        at_least("cells of the activity", activity.cells(), 1)?;
        Ok(activity)
    }

    /// Number of frames (time bins).
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Number of cells.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.starts.len() - 1
    }

    /// Frames in which `cell` was active, out of [`frames`](Self::frames).
    ///
    /// # Panics
    /// If `cell` is out of range.
    #[must_use]
    pub fn active_frames(&self, cell: usize) -> usize {
        self.starts[cell + 1] - self.starts[cell]
    }

    /// Sum of the activity of `cell` over all frames.
    ///
    /// # Panics
    /// If `cell` is out of range.
    #[must_use]
    pub fn total(&self, cell: usize) -> f64 {
        self.of(cell).1.iter().sum()
    }

    /// (frame, value) of the active frames of `cell`, in order of time.
    ///
    /// # Panics
    /// If `cell` is out of range.
    pub fn entries(&self, cell: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let (frames, values) = self.of(cell);
        frames
            .iter()
            .zip(values)
            .map(|(&frame, &value)| (frame as usize, value))
    }

    /// The train of one cell as a dense vector (frames).
    ///
    /// # Panics
    /// If `cell` is out of range.
    #[must_use]
    pub fn train(&self, cell: usize) -> Vec<f64> {
        let mut train = vec![0.0; self.frames];
        for (frame, value) in self.entries(cell) {
            train[frame] = value;
        }
        train
    }

    /// All frames of all cells (frames × cells), zeros written out.
    #[must_use]
    pub fn to_dense(&self) -> DMatrix<f64> {
        let mut dense = DMatrix::zeros(self.frames, self.cells());
        for (cell, mut column) in dense.column_iter_mut().enumerate() {
            for (frame, value) in self.entries(cell) {
                column[frame] = value;
            }
        }
        dense
    }

    /// The record of some of the cells, in the order of `cells`.
    ///
    /// # Errors
    /// An empty list, or an index out of range.
    pub fn select(&self, cells: &[usize]) -> Result<Self, Error> {
        for &cell in cells {
            let (holds, expected) = (cell < self.cells(), "less than the number of cells");
            within(holds, "index of a cell", cell as f64, expected)?;
        }
        Self::collect(self.frames, cells.iter().map(|&cell| self.entries(cell)))
    }

    /// Cells active in at least `frames` frames (indices from 0). Silent cells never count.
    #[must_use]
    pub fn cells_active_in(&self, frames: usize) -> Vec<usize> {
        (0..self.cells())
            .filter(|&cell| self.active_frames(cell) >= frames.max(1))
            .collect()
    }

    /// Whether every value of every cell is a whole number.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.value.iter().all(|value| value.fract() == 0.0)
    }

    /// Smallest and largest nonzero value over all cells; `None` when every cell is silent.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        let first = *self.value.first()?;
        let widen = |(low, high): (f64, f64), &value: &f64| (low.min(value), high.max(value));
        Some(self.value.iter().fold((first, first), widen))
    }

    /// The same values at other frames: `move_frames(cell, frames)` changes the frames of a cell,
    /// which stay distinct and below the number of frames but may lose their order.
    pub(crate) fn with_frames(&self, mut move_frames: impl FnMut(usize, &mut [u32])) -> Self {
        let mut moved = self.clone();
        for cell in 0..self.cells() {
            let range = self.starts[cell]..self.starts[cell + 1];
            let frames = &mut moved.frame[range.clone()];
            move_frames(cell, frames);
            if !frames.is_sorted() {
                let mut order: Vec<usize> = range.clone().collect();
                order.sort_unstable_by_key(|&entry| moved.frame[entry]);
                let frames: Vec<u32> = order.iter().map(|&entry| moved.frame[entry]).collect();
                let values: Vec<f64> = order.iter().map(|&entry| moved.value[entry]).collect();
                moved.frame[range.clone()].copy_from_slice(&frames);
                moved.value[range].copy_from_slice(&values);
            }
        }
        moved
    }

    /// Active frames of a cell and their values.
    pub(crate) fn of(&self, cell: usize) -> (&[u32], &[f64]) {
        let entries = self.starts[cell]..self.starts[cell + 1];
        (&self.frame[entries.clone()], &self.value[entries])
    }
}

/// Share of (unit, sample) pairs with activity > 0, of `hidden` (samples × units).
///
/// NaN for an empty matrix. A NaN entry counts as inactive.
#[must_use]
pub fn active_fraction(hidden: DMatrixView<'_, f64>) -> f64 {
    let in_column = |column: &[f64]| column.iter().filter(|&&value| value > 0.0).count();
    let active: usize = hidden
        .column_iter()
        .map(|column| in_column(column.as_slice()))
        .sum();
    active as f64 / hidden.len() as f64
}

/// Which units have activity > 0 on at least one sample (units), of `hidden` (samples × units).
#[must_use]
pub fn active_units(hidden: DMatrixView<'_, f64>) -> Vec<bool> {
    hidden
        .column_iter()
        .map(|column| column.as_slice().iter().any(|&value| value > 0.0))
        .collect()
}

/// Share of units with activity > 0 on at least one sample, of `hidden` (samples × units).
///
/// The published test is Σ over samples > 0, which is the same as activity is never negative.
/// NaN if there is no unit.
///
/// ```
/// use drift_metrics::{active_fraction, fraction_active_units};
/// use nalgebra::DMatrix;
/// let hidden = DMatrix::from_row_slice(2, 3, &[0.0, 0.5, 0.0, 0.0, 0.0, 1.5]); // 2 samples, 3 units
/// assert_eq!(active_fraction(hidden.as_view()), 2.0 / 6.0);
/// assert_eq!(fraction_active_units(hidden.as_view()), 2.0 / 3.0);
/// ```
#[must_use]
pub fn fraction_active_units(hidden: DMatrixView<'_, f64>) -> f64 {
    count(&active_units(hidden)) as f64 / hidden.ncols() as f64
}

/// How many of the flags are set.
pub(crate) fn count(flags: &[bool]) -> usize {
    flags.iter().filter(|&&flag| flag).count()
}

/// Activity as measures take it (frames × units).
#[derive(Debug, Clone, Copy)]
pub enum Activity<'a> {
    /// A value for every frame; any sign.
    Dense(DMatrixView<'a, f64>),
    /// The frames with activity only.
    Sparse(&'a SparseActivity),
}

impl<'a> From<DMatrixView<'a, f64>> for Activity<'a> {
    fn from(dense: DMatrixView<'a, f64>) -> Self {
        Self::Dense(dense)
    }
}

impl<'a> From<&'a SparseActivity> for Activity<'a> {
    fn from(sparse: &'a SparseActivity) -> Self {
        Self::Sparse(sparse)
    }
}

impl Activity<'_> {
    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        match self {
            Self::Dense(dense) => dense.nrows(),
            Self::Sparse(sparse) => sparse.frames(),
        }
    }

    /// Number of units (cells).
    #[must_use]
    pub fn units(&self) -> usize {
        match self {
            Self::Dense(dense) => dense.ncols(),
            Self::Sparse(sparse) => sparse.cells(),
        }
    }

    /// The first value of a unit that is not finite on a frame with a bin, and its frame; the
    /// first frame if only the sum is not.
    pub(crate) fn not_finite(&self, unit: usize, positions: &BinnedPositions) -> (usize, f64) {
        match self {
            Self::Sparse(_) => (0, f64::INFINITY),
            Self::Dense(dense) => {
                let bad = |&frame: &usize| {
                    positions.bin(frame).is_some() && !dense[(frame, unit)].is_finite()
                };
                let frame = (0..dense.nrows()).find(bad).unwrap_or(0);
                (frame, dense[(frame, unit)])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    #[test]
    fn dense_and_sparse_agree() {
        let dense = DMatrix::from_row_slice(4, 2, &[0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.5, 3.0]);
        let sparse = SparseActivity::from_dense(dense.as_view()).unwrap();
        let listed =
            SparseActivity::from_entries(4, &[vec![(1, 2.0), (3, 0.5)], vec![(0, 1.0), (3, 3.0)]])
                .unwrap();
        assert_eq!(sparse, listed);
        assert_eq!(sparse.train(1), vec![1.0, 0.0, 0.0, 3.0]);
        assert_eq!(sparse.range(), Some((0.5, 3.0)));
        assert!(!sparse.is_integer());
        assert!(sparse.select(&[1]).unwrap().is_integer());
        assert_eq!(sparse.select(&[1, 0]).unwrap().total(0), 4.0);
    }

    #[test]
    fn refuses_what_is_not_activity() {
        for bad in [f64::NAN, f64::INFINITY] {
            let dense = DMatrix::from_row_slice(2, 1, &[0.0, bad]);
            assert!(matches!(
                SparseActivity::from_dense(dense.as_view()),
                Err(Error::Entry {
                    field: "activity",
                    index: 1,
                    ..
                })
            ));
        }
        let negative = DMatrix::from_row_slice(2, 1, &[0.0, -1.0]);
        assert!(SparseActivity::from_dense(negative.as_view()).is_err());
        assert!(SparseActivity::from_dense(DMatrix::zeros(0, 2).as_view()).is_err());
        assert!(SparseActivity::from_dense(DMatrix::zeros(2, 0).as_view()).is_err());
        assert!(SparseActivity::from_entries(3, &[vec![(3, 1.0)]]).is_err());
        assert!(SparseActivity::from_entries(3, &[vec![(1, 1.0), (1, 1.0)]]).is_err());
        let silent = SparseActivity::from_dense(DMatrix::zeros(3, 1).as_view()).unwrap();
        assert!(silent.select(&[1]).is_err());
        assert!(silent.cells_active_in(0).is_empty());
        assert_eq!(silent.range(), None);
    }
}
