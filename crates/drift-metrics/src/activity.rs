//! Recorded activity, kept as the few frames in which each cell was active.

use nalgebra::DMatrixView;

use crate::Error;

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
            for (position, &(frame, _)) in cell.iter().enumerate() {
                if frame >= frames {
                    return Err(Error::OutOfRange {
                        field: "frame of an entry",
                        value: frame as f64,
                        expected: "less than the number of frames",
                    });
                }
                if position > 0 && frame <= cell[position - 1].0 {
                    return Err(Error::OutOfRange {
                        field: "frame of an entry",
                        value: frame as f64,
                        expected: "later than the frame of the entry before it",
                    });
                }
            }
        }
        Self::collect(frames, cells.iter().map(|cell| cell.iter().copied()))
    }

    fn collect<C>(frames: usize, cells: impl Iterator<Item = C>) -> Result<Self, Error>
    where
        C: Iterator<Item = (usize, f64)>,
    {
        if frames == 0 {
            return Err(Error::TooFew {
                field: "frames of the activity",
                actual: 0,
                needed: 1,
            });
        }
        if u32::try_from(frames).is_err() {
            return Err(Error::OutOfRange {
                field: "frames of the activity",
                value: frames as f64,
                expected: "at most 4294967295",
            });
        }
        let mut activity = Self {
            frames,
            starts: vec![0],
            frame: Vec::new(),
            value: Vec::new(),
        };
        for (cell, entries) in cells.enumerate() {
            for (frame, value) in entries {
                if !(value.is_finite() && value >= 0.0) {
                    return Err(Error::Entry {
                        field: "activity",
                        index: cell * frames + frame,
                        value,
                        expected: "a count or amplitude: finite and not negative",
                    });
                }
                if value > 0.0 {
                    activity.frame.push(frame as u32);
                    activity.value.push(value);
                }
            }
            activity.starts.push(activity.frame.len());
        }
        if activity.starts.len() == 1 {
            return Err(Error::TooFew {
                field: "cells of the activity",
                actual: 0,
                needed: 1,
            });
        }
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
        self.values_of(cell).iter().sum()
    }

    /// (frame, value) of the active frames of `cell`, in order of time.
    ///
    /// # Panics
    /// If `cell` is out of range.
    pub fn entries(&self, cell: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.frames_of(cell)
            .iter()
            .zip(self.values_of(cell))
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

    /// The record of some of the cells, in the order of `cells`.
    ///
    /// # Errors
    /// An empty list, or an index out of range.
    pub fn select(&self, cells: &[usize]) -> Result<Self, Error> {
        if let Some(&bad) = cells.iter().find(|&&cell| cell >= self.cells()) {
            return Err(Error::OutOfRange {
                field: "index of a cell",
                value: bad as f64,
                expected: "less than the number of cells",
            });
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
        Some(
            self.value
                .iter()
                .fold((first, first), |(low, high), &v| (low.min(v), high.max(v))),
        )
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

    pub(crate) fn frames_of(&self, cell: usize) -> &[u32] {
        &self.frame[self.starts[cell]..self.starts[cell + 1]]
    }

    pub(crate) fn values_of(&self, cell: usize) -> &[f64] {
        &self.value[self.starts[cell]..self.starts[cell + 1]]
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
