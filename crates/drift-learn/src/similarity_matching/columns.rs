use nalgebra::{DMatrix, DMatrixView};

use crate::kernels::generator::LANES;
use crate::kernels::normal::BATCH;

/// Values that a cache line holds.
const LINE: usize = 8;
const LINE_BYTES: usize = 64;

/// Eight values, the step of every loop.
pub(super) type Block = [f64; LANES];

/// A matrix by columns, for loops over the rows: every column begins on a cache line and is
/// padded to whole batches of noise. What the padding holds is never read as a value.
#[derive(Debug)]
pub(super) struct Columns {
    storage: Vec<f64>,
    /// Where the first cache line of the storage begins.
    start: usize,
    rows: usize,
    stride: usize,
    columns: usize,
}

/// Copies to a new allocation, whose cache lines begin elsewhere.
impl Clone for Columns {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.rows, self.columns);
        copy.padded_mut().copy_from_slice(self.padded());
        copy
    }
}

impl Columns {
    pub(super) fn zeros(rows: usize, columns: usize) -> Self {
        let stride = rows.next_multiple_of(BATCH);
        let storage = vec![0.0; stride * columns + LINE - 1];
        let start = storage.as_ptr().align_offset(LINE_BYTES).min(LINE - 1);
        Self {
            storage,
            start,
            rows,
            stride,
            columns,
        }
    }

    pub(super) fn from_matrix(matrix: DMatrixView<'_, f64>) -> Self {
        let mut all = Self::zeros(matrix.nrows(), matrix.ncols());
        for (index, column) in matrix.column_iter().enumerate() {
            for (to, &from) in all.column_mut(index).iter_mut().zip(column.iter()) {
                *to = from;
            }
        }
        all
    }

    pub(super) fn to_matrix(&self) -> DMatrix<f64> {
        let values = (0..self.columns).flat_map(|index| self.column(index).iter().copied());
        DMatrix::from_iterator(self.rows, self.columns, values)
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn column(&self, index: usize) -> &[f64] {
        &self.padded()[index * self.stride..][..self.rows]
    }

    pub(super) fn column_mut(&mut self, index: usize) -> &mut [f64] {
        let (rows, stride) = (self.rows, self.stride);
        &mut self.padded_mut()[index * stride..][..rows]
    }

    /// All columns with their padding.
    pub(super) fn padded(&self) -> &[f64] {
        &self.storage[self.start..][..self.stride * self.columns]
    }

    pub(super) fn padded_mut(&mut self) -> &mut [f64] {
        &mut self.storage[self.start..][..self.stride * self.columns]
    }

    pub(super) fn blocks(&self) -> &[Block] {
        self.padded().as_chunks().0
    }

    pub(super) fn blocks_mut(&mut self) -> &mut [Block] {
        self.padded_mut().as_chunks_mut().0
    }
}
