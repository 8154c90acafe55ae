//! The dense solvers. Everything that names faer is here.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::tridiag;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};
use nalgebra::DMatrix;

use super::tridiagonal;
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
    if size == 0 {
        return Ok(Vec::new());
    }
    let par = parallelism();
    let mut reflections = Mat::zeros(1, size - 1);
    let mut memory = MemBuffer::new(tridiag::tridiag_in_place_scratch::<f64>(
        size,
        par,
        Default::default(),
    ));
    tridiag::tridiag_in_place(
        as_faer_mut(&mut matrix),
        reflections.as_mut(),
        par,
        MemStack::new(&mut memory),
        Default::default(),
    );
    let mut diagonal: Vec<f64> = matrix.diagonal().iter().copied().collect();
    let mut off_diagonal: Vec<f64> = (1..size).map(|row| matrix[(row, row - 1)]).collect();
    tridiagonal::eigenvalues(&mut diagonal, &mut off_diagonal)
        .then_some(diagonal)
        .ok_or(Error::EigenSolver { size })
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
