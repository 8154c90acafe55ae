//! Dense linear algebra by `faer`: what is not ours.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::triangular_inverse::invert_lower_triangular;
use faer::{Accum, MatMut, MatRef, Par, Side};
use nalgebra::DMatrix;

use crate::Error;
use crate::scaling::to_unit_scale;

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

/// Eigenvalues, ascending, and the matching eigenvectors as columns. Reads the lower triangle
/// only.
pub(crate) fn symmetric_eigen(matrix: &DMatrix<f64>) -> Result<(Vec<f64>, DMatrix<f64>), Error> {
    let size = matrix.nrows();
    let (matrix, scale) = scaled(matrix.lower_triangle());
    let solved = as_faer(&matrix)
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| Error::EigenSolver { size })?;
    let values = (0..size).map(|index| solved.S()[index] / scale).collect();
    Ok((values, from_faer(solved.U())))
}

/// The eigenpairs of [`symmetric_eigen`] whose eigenvalue is wanted.
pub(crate) fn eigenpairs(
    matrix: &DMatrix<f64>,
    wanted: impl Fn(f64) -> bool,
) -> Result<(Vec<f64>, DMatrix<f64>), Error> {
    let (values, vectors) = symmetric_eigen(matrix)?;
    let kept: Vec<usize> = (0..values.len())
        .filter(|&index| wanted(values[index]))
        .collect();
    let values = kept.iter().map(|&index| values[index]).collect();
    Ok((values, vectors.select_columns(&kept)))
}

/// Real parts of the eigenvalues of a general matrix.
pub(crate) fn general_eigenvalues(matrix: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
    let size = matrix.nrows();
    let (matrix, scale) = scaled(matrix.clone());
    let values = as_faer(&matrix)
        .eigenvalues()
        .map_err(|_| Error::EigenSolver { size })?;
    Ok(values.into_iter().map(|value| value.re / scale).collect())
}

/// A matrix whose largest entry is of the order of 1, as the library's solvers need it, and what
/// it was multiplied by.
fn scaled(mut matrix: DMatrix<f64>) -> (DMatrix<f64>, f64) {
    let scale = to_unit_scale(&matrix).unwrap_or(1.0);
    matrix *= scale;
    (matrix, scale)
}

/// Products of some columns of a matrix, rows of the result, and some columns of another.
pub(crate) fn products(
    left: &DMatrix<f64>,
    rows: Range<usize>,
    right: &DMatrix<f64>,
    columns: Range<usize>,
) -> DMatrix<f64> {
    let mut result = DMatrix::zeros(rows.len(), columns.len());
    matmul(
        as_faer_mut(&mut result),
        Accum::Replace,
        as_faer(left).subcols(rows.start, rows.len()).transpose(),
        as_faer(right).subcols(columns.start, columns.len()),
        1.0,
        Par::Seq,
    );
    result
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
        Par::Seq,
    );
    product
}

/// L⁻¹ for a positive definite matrix L Lᵀ; `None` where it is not. Reads the lower triangle only.
pub(crate) fn inverse_cholesky(matrix: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let factored = as_faer(matrix).llt(Side::Lower).ok()?;
    let mut inverse = DMatrix::zeros(matrix.nrows(), matrix.ncols());
    invert_lower_triangular(as_faer_mut(&mut inverse), factored.L(), Par::Seq);
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

    #[test]
    fn inverse_cholesky_factor_makes_orthonormal() {
        let matrix = DMatrix::from_fn(60, 60, |i, j| ((i * 31 + j * j) as f64).sin());
        let gram = matrix.tr_mul(&matrix) + DMatrix::identity(60, 60);
        let inverse = inverse_cholesky(&gram).unwrap();
        let identity = &inverse * gram * inverse.transpose();
        assert!((identity - DMatrix::identity(60, 60)).amax() < 1e-13);
        assert!(inverse_cholesky(&-DMatrix::<f64>::identity(3, 3)).is_none());
    }

    #[test]
    fn eigenpairs_do_not_depend_on_the_scale() {
        let matrix = DMatrix::from_fn(9, 9, |i, j| ((3 * i.max(j) + i.min(j)) as f64).cos());
        let (reference, vectors) = symmetric_eigen(&matrix).unwrap();
        let mut general = general_eigenvalues(&matrix).unwrap();
        general.sort_by(f64::total_cmp);
        for power in [-1000, -565, 515, 1000] {
            let factor = 2.0_f64.powi(power);
            let (values, scaled_vectors) = symmetric_eigen(&(&matrix * factor)).unwrap();
            assert_eq!(scaled_vectors, vectors);
            let mut scaled_general = general_eigenvalues(&(&matrix * factor)).unwrap();
            scaled_general.sort_by(f64::total_cmp);
            for index in 0..9 {
                assert_eq!(values[index], reference[index] * factor);
                assert_eq!(scaled_general[index], general[index] * factor);
            }
        }
    }
}
