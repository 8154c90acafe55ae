//! The dense solvers.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::triangular_inverse::invert_lower_triangular;
use faer::{Accum, MatMut, MatRef, Par, Side};
use nalgebra::DMatrix;

use super::band::Tiled;
use super::{bulge_chasing, tridiagonal};
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
pub(crate) fn symmetric_eigenvalues(matrix: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
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
    let band = Tiled::lower(matrix, scale).into_band();
    let (mut diagonal, mut off_diagonal) = bulge_chasing::tridiagonal(&band, size);
    if !tridiagonal::eigenvalues(&mut diagonal, &mut off_diagonal) {
        return Err(Error::EigenSolver { size });
    }
    diagonal.iter_mut().for_each(|value| *value /= scale);
    Ok(diagonal)
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

/// L⁻¹ for a positive definite matrix L Lᵀ; `None` where it is not. Reads the lower triangle only.
pub(crate) fn inverse_cholesky(matrix: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let factored = as_faer(matrix).llt(Side::Lower).ok()?;
    let mut inverse = DMatrix::zeros(matrix.nrows(), matrix.ncols());
    invert_lower_triangular(as_faer_mut(&mut inverse), factored.L(), parallelism());
    Some(inverse)
}

/// Orthonormal columns whose span contains that of the given ones, as many as given (at most as
/// many as rows).
pub(crate) fn orthonormal_columns(matrix: DMatrix<f64>) -> DMatrix<f64> {
    from_faer(as_faer(&matrix).qr().compute_thin_Q().as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::RngExt;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    fn symmetric(size: usize, entry: impl Fn(usize, usize) -> f64) -> DMatrix<f64> {
        DMatrix::from_fn(size, size, |row, column| {
            entry(row.max(column), row.min(column))
        })
    }

    /// Our values-only way and the library's way with eigenvectors share nothing.
    fn assert_both_ways_agree(matrix: DMatrix<f64>) {
        let (expected, vectors) = symmetric_eigen(&matrix).unwrap();
        let found = symmetric_eigenvalues(&matrix).unwrap();
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
        // Sizes around one and several tiles.
        for size in [1, 2, 3, 7, 31, 32, 33, 34, 64, 65, 97, 151, 300] {
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

    /// A random symmetric matrix of one of several kinds.
    fn random_symmetric(size: usize, kind: usize, seed: u64) -> DMatrix<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let half = DMatrix::from_fn(size, size, |_, _| rng.random_range(-1.0..1.0));
        match kind {
            // Dense.
            0 => &half + half.transpose(),
            // A band of any width.
            1 => {
                let width = rng.random_range(0..=size);
                symmetric(size, |i, j| if i - j <= width { half[(i, j)] } else { 0.0 })
            }
            // Many zero rows.
            2 => {
                let zero: Vec<bool> = (0..size).map(|_| rng.random()).collect();
                symmetric(size, |i, j| {
                    if zero[i] || zero[j] {
                        0.0
                    } else {
                        half[(i, j)]
                    }
                })
            }
            // Low rank.
            3 => {
                let rank = rng.random_range(0..=size / 2);
                let factor = half.columns(0, rank);
                factor * factor.transpose()
            }
            // Two clusters of eigenvalues.
            4 => {
                let rotation = half.qr().q();
                let values = DMatrix::from_fn(size, size, |i, j| {
                    if i == j {
                        f64::from(i % 2 == 0) + 1e-9 * i as f64
                    } else {
                        0.0
                    }
                });
                let rotated = &rotation * values * rotation.transpose();
                symmetric(size, |i, j| rotated[(i, j)])
            }
            // Entries over 200 orders of magnitude, to below the smallest normal square root.
            _ => symmetric(size, |i, j| {
                half[(i, j)] * 10.0_f64.powf(-200.0 * (i + j) as f64 / (2 * size) as f64)
            }),
        }
    }

    proptest! {
        #[test]
        fn eigenvalues_are_those_of_the_library(
            size in 1_usize..140,
            kind in 0_usize..6,
            seed: u64,
        ) {
            let matrix = random_symmetric(size, kind, seed);
            let found = symmetric_eigenvalues(&matrix).unwrap();
            prop_assert_eq!(found.len(), size);
            prop_assert!(found.is_sorted());
            let (expected, _) = symmetric_eigen(&matrix).unwrap();
            let scale = matrix.norm();
            for (found, expected) in found.iter().zip(&expected) {
                prop_assert!((found - expected).abs() <= 1e-14 * scale, "{found} {expected}");
            }
            let sum: f64 = found.iter().sum();
            prop_assert!((sum - matrix.trace()).abs() <= 1e-13 * scale);
            let norm = found.iter().map(|value| value * value).sum::<f64>().sqrt();
            prop_assert!((norm - scale).abs() <= 1e-13 * scale);
        }
    }

    #[test]
    fn inverse_cholesky_factor_makes_orthonormal() {
        let matrix = random_symmetric(60, 0, 3);
        let gram = matrix.tr_mul(&matrix) + DMatrix::identity(60, 60);
        let inverse = inverse_cholesky(&gram).unwrap();
        let identity = &inverse * gram * inverse.transpose();
        assert!((identity - DMatrix::identity(60, 60)).amax() < 1e-13);
        assert!(inverse_cholesky(&-DMatrix::<f64>::identity(3, 3)).is_none());
    }

    #[test]
    fn upper_triangle_is_not_read() {
        let full = random_symmetric(70, 0, 1);
        let lower = DMatrix::from_fn(70, 70, |row, column| {
            if row >= column {
                full[(row, column)]
            } else {
                f64::NAN
            }
        });
        assert_eq!(
            symmetric_eigenvalues(&lower).unwrap(),
            symmetric_eigenvalues(&full).unwrap()
        );
    }

    #[test]
    fn extreme_scales_neither_overflow_nor_vanish() {
        let entry = |i: usize, j: usize| ((3 * i + j) as f64).cos();
        let reference = symmetric_eigenvalues(&symmetric(20, entry)).unwrap();
        for power in [-900, 900] {
            let factor = 2.0_f64.powi(power);
            let found = symmetric_eigenvalues(&symmetric(20, |i, j| factor * entry(i, j))).unwrap();
            for (found, reference) in found.iter().zip(&reference) {
                assert_eq!(*found, reference * factor);
            }
        }
        assert_eq!(
            symmetric_eigenvalues(&DMatrix::zeros(3, 3)).unwrap(),
            [0.0; 3]
        );
        assert_eq!(
            symmetric_eigenvalues(&DMatrix::zeros(0, 0)).unwrap(),
            [0.0; 0]
        );
    }

    #[test]
    fn nan_is_an_error() {
        let matrix = symmetric(4, |i, _| if i == 2 { f64::NAN } else { 1.0 });
        assert!(symmetric_eigenvalues(&matrix).is_err());
    }
}
