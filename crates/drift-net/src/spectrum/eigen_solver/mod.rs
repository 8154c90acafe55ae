//! All eigenvalues of a dense symmetric matrix, in two stages: to a band by products of tiles, to
//! a tridiagonal matrix by bulge chasing; then square-root-free QL. The page `eigen-solver` of the
//! book says how, at what cost and in which memory.
//!
//! [`SymmetricMatrix`] is the only way in.

mod band;
mod bulge_chasing;
mod panel;
mod threads;
mod tile;
mod tridiagonal;

use std::ops::Range;

use drift_simd::SimdLevel;
use nalgebra::DMatrix;

use self::band::Band;
use self::threads::{SMALL, each, in_pool};
use self::tile::{Tile, WIDTH, ZERO};
use crate::Error;
use crate::error::{check, check_size};
use crate::scaling::to_unit_scale;

/// A dense symmetric matrix, stored once, for its eigenvalues.
///
/// It holds the square tiles of the lower triangle: half of the memory of the whole matrix.
/// [`into_eigenvalues`](Self::into_eigenvalues) works in place.
///
/// ```
/// use drift_net::{SymmetricMatrix, nalgebra::DMatrix};
///
/// let matrix = DMatrix::from_row_slice(2, 2, &[2.0, 1.0, 1.0, 2.0]);
/// let eigenvalues = SymmetricMatrix::from_lower(&matrix)?.into_eigenvalues()?;
/// assert!((eigenvalues[0] - 1.0).abs() < 1e-15 && (eigenvalues[1] - 3.0).abs() < 1e-15);
/// # Ok::<(), drift_net::Error>(())
/// ```
///
/// With the feature `rayon` the work is done by all threads of the caller's pool. Results are the
/// same bits on any number of threads. They may differ in the last bits between instruction sets.
#[derive(Debug, Clone)]
pub struct SymmetricMatrix {
    /// Rows.
    size: usize,
    /// Tiles of the lower triangle, column of tiles by column of tiles, filled up with zeros to
    /// whole tiles. Diagonal tiles are stored in full.
    tiles: Vec<Tile>,
}

impl SymmetricMatrix {
    /// The symmetric matrix with this lower triangle; the upper one is not read.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the matrix is not square, [`Error::NotFinite`] where an
    /// entry of the lower triangle is NaN or infinite.
    pub fn from_lower(matrix: &DMatrix<f64>) -> Result<Self, Error> {
        let (size, columns) = matrix.shape();
        check_size("columns of the symmetric matrix", columns, size)?;
        Self::from_columns(size, |columns, block| {
            let rows = (columns.start, columns.start);
            block.copy_from(&matrix.view(rows, (size - columns.start, columns.len())));
        })
    }

    /// A (`size` × `size`) matrix that is made some columns at a time, so that it is never held
    /// as a whole. `fill` is told which columns and writes their entries from the row of the first
    /// one on, (`size` − first × columns), all 0 before. What it writes above the diagonal is not
    /// read. It may be called for several blocks of columns at once, in any order.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where an entry of the lower triangle is NaN or infinite,
    /// [`Error::OutOfRange`] where the matrix does not fit the address space.
    pub fn from_columns(
        size: usize,
        fill: impl Fn(Range<usize>, &mut DMatrix<f64>) + Send + Sync,
    ) -> Result<Self, Error> {
        check(
            Self::memory(size) <= isize::MAX as usize,
            "rows of the symmetric matrix",
            size as f64,
            "so few that the matrix fits the address space",
        )?;
        let side = size.div_ceil(WIDTH);
        let mut tiles = vec![ZERO; side * (side + 1) / 2];
        let mut rest = tiles.as_mut_slice();
        let mut columns = Vec::with_capacity(side);
        for column in 0..side {
            let (own, later) = rest.split_at_mut(side - column);
            rest = later;
            columns.push((column * WIDTH..size.min((column + 1) * WIDTH), own));
        }
        let work = |(columns, tiles): (Range<usize>, &mut [Tile])| {
            let first = columns.start;
            let mut block = DMatrix::zeros(size - first, columns.len());
            fill(columns, &mut block);
            if let Some((row, column)) = not_finite(&block) {
                return Err(Error::NotFinite {
                    field: "symmetric matrix",
                    index: first + row + (first + column) * size,
                    value: block[(row, column)],
                });
            }
            store(&block, tiles);
            Ok(())
        };
        let mut pieces = Vec::with_capacity(side.div_ceil(SMALL));
        while !columns.is_empty() {
            pieces.push(columns.split_off(columns.len().saturating_sub(SMALL)));
        }
        let fill_all = || {
            each(pieces.into_iter(), |columns: Vec<_>| {
                columns.into_iter().try_for_each(work)
            })
        };
        // The first piece has the last columns.
        in_pool(side, fill_all)
            .into_iter()
            .rev()
            .collect::<Result<(), Error>>()?;
        Ok(Self { size, tiles })
    }

    /// Bytes of memory that a matrix of this size and its eigenvalues take at most, on up to 16
    /// threads, beside what `from_lower` copies from: half of `size`² numbers and at most 24
    /// columns of tiles, 1.4 GB for 18 000 rows.
    #[must_use]
    pub fn memory(size: usize) -> usize {
        let side = size.div_ceil(WIDTH);
        let tiles = (side.saturating_mul(side + 1) / 2).saturating_add(Band::tiles(side));
        tiles.saturating_mul(size_of::<Tile>())
    }

    /// Rows of the matrix.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// All eigenvalues, ascending, each to within rounding of the largest absolute one.
    ///
    /// # Errors
    /// [`Error::EigenSolver`] where the last stage does not converge, which has not been seen;
    /// [`Error::Simd`] where `DRIFT_SIMD` names no instruction set of this machine.
    pub fn into_eigenvalues(mut self) -> Result<Vec<f64>, Error> {
        let (size, level) = (self.size, SimdLevel::selected()?);
        let Some(scale) = to_unit_scale(self.tiles.as_flattened().as_flattened()) else {
            return Ok(vec![0.0; size]);
        };
        let (mut diagonal, mut off_diagonal) = in_pool(self.side(), || {
            each(self.tiles.chunks_mut(SMALL * SMALL), |tiles| {
                for entry in tiles.as_flattened_mut().as_flattened_mut() {
                    *entry *= scale;
                }
            });
            bulge_chasing::tridiagonal(&Band::of(self, level), size, level)
        });
        if !tridiagonal::eigenvalues(&mut diagonal, &mut off_diagonal) {
            return Err(Error::EigenSolver { size });
        }
        diagonal.iter_mut().for_each(|value| *value /= scale);
        Ok(diagonal)
    }

    /// Tiles in a column.
    fn side(&self) -> usize {
        self.size.div_ceil(WIDTH)
    }
}

/// Place of the first entry on or below the diagonal that is NaN or infinite.
fn not_finite(block: &DMatrix<f64>) -> Option<(usize, usize)> {
    block
        .column_iter()
        .enumerate()
        .find_map(|(column, entries)| {
            let row = (column..entries.len()).find(|&row| !entries[row].is_finite())?;
            Some((row, column))
        })
}

/// Copies the columns of a block, from the row of the first one on, to the tiles below each other.
fn store(block: &DMatrix<f64>, tiles: &mut [Tile]) {
    for (column, entries) in block.column_iter().enumerate() {
        for (row, &entry) in entries.iter().enumerate().skip(column) {
            tiles[row / WIDTH][row % WIDTH][column] = entry;
            if row < WIDTH {
                tiles[0][column][row] = entry;
            }
        }
    }
}

#[cfg(test)]
mod tests;
