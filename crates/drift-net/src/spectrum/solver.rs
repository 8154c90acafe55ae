//! The dense solvers.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par, Side};
use nalgebra::DMatrix;

use super::{householder, tridiagonal};
use crate::Error;

/// One thread, unless the feature `rayon` asks for all.
fn parallelism() -> Par {
    #[cfg(feature = "rayon")]
    return Par::rayon(0);
    #[cfg(not(feature = "rayon"))]
    Par::Seq
}

fn as_faer(matrix: &DMatrix<f64>) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(matrix.as_slice(), matrix.nrows(), matrix.ncols())
}

fn as_faer_mut(matrix: &mut DMatrix<f64>) -> MatMut<'_, f64> {
    let (rows, columns) = matrix.shape();
    MatMut::from_column_major_slice_mut(matrix.as_mut_slice(), rows, columns)
}

fn from_faer(matrix: MatRef<'_, f64>) -> DMatrix<f64> {
    DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |row, column| {
        matrix[(row, column)]
    })
}

/// Eigenvalues of a symmetric matrix, ascending. Reads the lower triangle only.
pub(crate) fn symmetric_eigenvalues(mut matrix: DMatrix<f64>) -> Result<Vec<f64>, Error> {
    let size = matrix.nrows();
    let mut largest = 0.0_f64;
    for (index, column) in matrix.column_iter().enumerate() {
        largest = column
            .rows_range(index..)
            .iter()
            .fold(largest, |l, value| l.max(value.abs()));
    }
    if largest == 0.0 {
        return Ok(vec![0.0; size]);
    }
    // Squares must neither overflow nor vanish. A power of two scales exactly.
    let scale = 2.0_f64.powi(-(largest.log2().floor().clamp(-1000.0, 1000.0) as i32));
    matrix *= scale;
    let (mut diagonal, mut off_diagonal) = householder::tridiagonal(matrix, parallelism());
    if !tridiagonal::eigenvalues(&mut diagonal, &mut off_diagonal) {
        return Err(Error::EigenSolver { size });
    }
    diagonal.iter_mut().for_each(|value| *value /= scale);
    Ok(diagonal)
}

/// A ← A − V Wᵀ − W Vᵀ on the lower triangle of the trailing matrix from row `first` on; all
/// three have the same number of rows.
pub(super) fn subtract_symmetric_product(
    matrix: &mut DMatrix<f64>,
    first: usize,
    v: &DMatrix<f64>,
    w: &DMatrix<f64>,
    par: Par,
) {
    let (size, columns) = v.shape();
    // One product over twice the columns instead of two.
    let mut left = DMatrix::zeros(size - first, 2 * columns);
    let mut right = DMatrix::zeros(size - first, 2 * columns);
    for (target, one, other) in [(&mut left, v, w), (&mut right, w, v)] {
        target
            .columns_mut(0, columns)
            .copy_from(&one.rows_range(first..));
        target
            .columns_mut(columns, columns)
            .copy_from(&other.rows_range(first..));
    }
    triangular::matmul(
        as_faer_mut(matrix).submatrix_mut(first, first, size - first, size - first),
        BlockStructure::TriangularLower,
        Accum::Add,
        as_faer(&left),
        BlockStructure::Rectangular,
        as_faer(&right).transpose(),
        BlockStructure::Rectangular,
        -1.0,
        par,
    );
}

/// Eigenvalues, ascending, and the matching eigenvectors as columns. Reads the lower triangle
/// only.
pub(crate) fn symmetric_eigen(matrix: &DMatrix<f64>) -> Result<(Vec<f64>, DMatrix<f64>), Error> {
    let size = matrix.nrows();
    let solved = as_faer(matrix)
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| Error::EigenSolver { size })?;
    let values = (0..size).map(|index| solved.S()[index]).collect();
    Ok((values, from_faer(solved.U())))
}

/// Real parts of the eigenvalues of a general matrix.
pub(crate) fn general_eigenvalues(matrix: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
    let values = as_faer(matrix)
        .eigenvalues()
        .map_err(|_| Error::EigenSolver {
            size: matrix.nrows(),
        })?;
    Ok(values.into_iter().map(|value| value.re).collect())
}

/// Lower triangle of `scale` · AᵀA; the rest is zero.
pub(crate) fn lower_gram(matrix: &DMatrix<f64>, scale: f64) -> DMatrix<f64> {
    let mut product = DMatrix::zeros(matrix.ncols(), matrix.ncols());
    let factor = as_faer(matrix);
    triangular::matmul(
        as_faer_mut(&mut product),
        BlockStructure::TriangularLower,
        Accum::Replace,
        factor.transpose(),
        BlockStructure::Rectangular,
        factor,
        BlockStructure::Rectangular,
        scale,
        parallelism(),
    );
    product
}

/// Orthonormal columns whose span contains that of the given ones, as many as given (at most as
/// many as rows).
pub(crate) fn orthonormal_columns(matrix: DMatrix<f64>) -> DMatrix<f64> {
    from_faer(as_faer(&matrix).qr().compute_thin_Q().as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symmetric(size: usize, entry: impl Fn(usize, usize) -> f64) -> DMatrix<f64> {
        DMatrix::from_fn(size, size, |row, column| {
            entry(row.max(column), row.min(column))
        })
    }

    /// Our values-only way and the library's way with eigenvectors share nothing.
    fn assert_both_ways_agree(matrix: DMatrix<f64>) {
        let (expected, vectors) = symmetric_eigen(&matrix).unwrap();
        let found = symmetric_eigenvalues(matrix.clone()).unwrap();
        let largest = expected
            .iter()
            .fold(0.0_f64, |largest, value| largest.max(value.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            assert!(
                (found - expected).abs() <= 1e-13 * largest,
                "{found} {expected}"
            );
        }
        let scaled = &vectors * DMatrix::from_diagonal(&expected.into());
        assert!((matrix * vectors - scaled).amax() <= 1e-12 * largest);
    }

    #[test]
    fn both_ways_agree_on_dense_matrices() {
        for size in [1, 2, 7, 16, 64, 151, 300] {
            let phase = size as f64;
            assert_both_ways_agree(symmetric(size, |i, j| {
                ((i * 31 + j * j) as f64 + phase).sin()
            }));
        }
    }

    #[test]
    fn both_ways_agree_where_reflections_degenerate() {
        // Diagonal, low rank, many zero rows, repeated eigenvalues, a graded matrix.
        assert_both_ways_agree(symmetric(50, |i, j| if i == j { i as f64 } else { 0.0 }));
        assert_both_ways_agree(symmetric(50, |_, _| 1.0));
        assert_both_ways_agree(symmetric(50, |i, j| f64::from(i % 5 == 0 && j % 5 == 0)));
        assert_both_ways_agree(symmetric(50, |i, j| f64::from(i == j)));
        assert_both_ways_agree(symmetric(50, |i, j| 0.1_f64.powi((i + j) as i32 / 3)));
    }

    #[test]
    fn extreme_scales_neither_overflow_nor_vanish() {
        let entry = |i: usize, j: usize| ((3 * i + j) as f64).cos();
        let reference = symmetric_eigenvalues(symmetric(20, entry)).unwrap();
        for power in [-900, 900] {
            let factor = 2.0_f64.powi(power);
            let found = symmetric_eigenvalues(symmetric(20, |i, j| factor * entry(i, j))).unwrap();
            for (found, reference) in found.iter().zip(&reference) {
                assert_eq!(*found, reference * factor);
            }
        }
        assert_eq!(
            symmetric_eigenvalues(DMatrix::zeros(3, 3)).unwrap(),
            [0.0; 3]
        );
        assert_eq!(
            symmetric_eigenvalues(DMatrix::zeros(0, 0)).unwrap(),
            [0.0; 0]
        );
    }

    #[test]
    fn nan_is_an_error() {
        let matrix = symmetric(4, |i, _| if i == 2 { f64::NAN } else { 1.0 });
        assert!(symmetric_eigenvalues(matrix).is_err());
    }
}
