use nalgebra::{DMatrix, DMatrixView, DVector};

use super::Hessian;
use super::basis::Basis;
use super::reduction::Plan;
use crate::Error;
use crate::error::check_at_least_0;
use crate::spectrum::dense;

/// Orthogonal projector onto the null space of a [`Hessian`]: at a zero-loss point the tangent
/// space of the manifold of solutions.
///
/// Made by [`Hessian::tangent_projector`]. It keeps only the non-null directions, never a p × p
/// matrix.
#[derive(Debug, Clone)]
pub struct TangentProjector<'a> {
    hessian: &'a Hessian,
    normal: Normal,
}

/// The non-null directions.
#[derive(Debug, Clone)]
enum Normal {
    None,
    /// Column r is √(c/λ_r) u_r with u_r an eigenvector of the Gram matrix: Jᵀ times it is a
    /// unit vector. (n·d_out × rank)
    Gram(DMatrix<f64>),
    /// Eigenvectors in the coordinates of the basis. (size × rank)
    Subspace(Box<Basis>, DMatrix<f64>),
}

impl Hessian {
    /// Projector onto the span of all eigenvectors with |λ| ≤ `tolerance`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a negative or NaN tolerance, [`Error::EigenSolver`].
    pub fn tangent_projector(&self, tolerance: f64) -> Result<TangentProjector<'_>, Error> {
        check_at_least_0("tolerance", tolerance)?;
        let wanted = |value: f64| value.abs() > tolerance;
        let gauss_newton = self.residual_is_rounding();
        let normal = match self.plan(gauss_newton).0 {
            Plan::Zero => Normal::None,
            Plan::Gram(_) => {
                let (values, vectors) = dense::eigenpairs(&self.gram(), wanted)?;
                return Ok(TangentProjector::from_gram(self, &values, &vectors));
            }
            Plan::Subspace(directions) => {
                let basis = directions.into_basis();
                let matrix = basis.matrix(self, !gauss_newton);
                Normal::Subspace(Box::new(basis), dense::eigenpairs(&matrix, wanted)?.1)
            }
        };
        Ok(TangentProjector {
            hessian: self,
            normal,
        })
    }
}

impl<'a> TangentProjector<'a> {
    /// Leaves out the directions of these non-zero eigenvalues of the Gram matrix, with their
    /// eigenvectors as columns.
    pub(crate) fn from_gram(hessian: &'a Hessian, values: &[f64], vectors: &DMatrix<f64>) -> Self {
        let mut directions = vectors.clone();
        for (mut column, value) in directions.column_iter_mut().zip(values) {
            column *= (hessian.scale / value.abs()).sqrt();
        }
        Self {
            hessian,
            normal: Normal::Gram(directions),
        }
    }

    /// Number of directions that are projected out: the rank of the Hessian.
    #[must_use]
    pub fn normal_dimension(&self) -> usize {
        match &self.normal {
            Normal::None => 0,
            Normal::Gram(directions) | Normal::Subspace(_, directions) => directions.ncols(),
        }
    }

    /// Dimension of the null space, p − rank.
    #[must_use]
    pub fn tangent_dimension(&self) -> usize {
        self.hessian.size() - self.normal_dimension()
    }

    /// Replaces a parameter vector (p) by its part in the null space.
    ///
    /// # Panics
    /// Where `vector` has not length p.
    pub fn apply(&self, vector: &mut [f64]) {
        assert_eq!(vector.len(), self.hessian.size(), "length of vector");
        // A second pass removes what rounding of the first left in the normal space.
        for _ in 0..2 {
            let normal = match &self.normal {
                Normal::None => return,
                Normal::Gram(directions) => {
                    let change = self.hessian.jacobian_times(vector);
                    let flat = DVector::from_column_slice(change.as_slice());
                    let back = directions * directions.tr_mul(&flat);
                    let outputs = DMatrixView::from_slice(
                        back.as_slice(),
                        self.hessian.samples(),
                        self.hessian.shape.outputs(),
                    );
                    self.hessian.jacobian_transpose_times(outputs)
                }
                Normal::Subspace(basis, directions) => {
                    let coordinates = DVector::from_vec(basis.project(self.hessian, vector));
                    let back = directions * directions.tr_mul(&coordinates);
                    basis.expand(self.hessian, back.as_slice())
                }
            };
            for (value, part) in vector.iter_mut().zip(&normal) {
                *value -= part;
            }
        }
    }
}
