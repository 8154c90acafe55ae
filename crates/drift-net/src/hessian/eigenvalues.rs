use super::Hessian;
use super::projected::Projected;
use super::reduction::Plan;
use crate::Error;
use crate::spectrum::{Spectrum, SymmetricMatrix, dense};

impl Hessian {
    /// All p eigenvalues with exact zeros for the directions that were removed: computed once,
    /// and asked as often as wanted.
    ///
    /// The matrix is first reduced without approximation. Units that are never active have zero
    /// rows. Input weights of a unit matter only through the span of the x̃ on which it is
    /// active. Output weights matter only through span(hiddenᵀ) ⊗ outputs and the row space of
    /// the unit's residual block. Where the residuals vanish, the non-zero eigenvalues are those
    /// of the n·d_out square Gram matrix. [`reduction`](Self::reduction) tells the choice and
    /// the side of the matrix that is solved. Errors are of the order of rounding times the
    /// largest eigenvalue, never relative to a small one.
    ///
    /// # Errors
    /// [`Error::EigenSolver`] where the solver fails.
    pub fn spectrum(&self) -> Result<Spectrum, Error> {
        self.solve(self.residual_is_rounding())
    }

    /// The spectrum of the Gauss–Newton part c JᵀJ: no eigenvalue is negative but for rounding.
    /// It is the Hessian's at zero loss; elsewhere [`residual_bound`](Self::residual_bound)
    /// bounds the difference.
    ///
    /// # Errors
    /// As [`spectrum`](Self::spectrum).
    pub fn gauss_newton_spectrum(&self) -> Result<Spectrum, Error> {
        self.solve(true)
    }

    /// Bytes of memory that [`spectrum`](Self::spectrum) takes at most beside the Hessian, small
    /// arrays left out. It is known in much less time than the spectrum takes.
    #[must_use]
    pub fn spectrum_memory(&self) -> usize {
        let (plan, reduction) = self.plan(self.residual_is_rounding());
        let beside = match plan {
            Plan::Zero => 0,
            // The Gram matrix as a whole and of the samples that count.
            Plan::Gram(_) => {
                let rows = self.samples() * self.shape.outputs();
                (rows * rows + reduction.size * reduction.size) * size_of::<f64>()
            }
            Plan::Subspace(directions) => directions.memory(self.samples()),
        };
        SymmetricMatrix::memory(reduction.size) + beside
    }

    fn solve(&self, gauss_newton: bool) -> Result<Spectrum, Error> {
        let (plan, reduction) = self.plan(gauss_newton);
        let nonzero = match plan {
            Plan::Zero => Vec::new(),
            Plan::Gram(samples) => {
                let mut gram = self.gram();
                if samples.len() < self.samples() {
                    let rows = self.gram_rows(&samples);
                    gram = gram.select_rows(&rows).select_columns(&rows);
                }
                SymmetricMatrix::from_lower(&gram)?.into_eigenvalues()?
            }
            Plan::Subspace(directions) => {
                let shared = directions.shared_jacobian(self);
                let projected = Projected::new(&directions, self, !gauss_newton, &shared);
                projected.tiles()?.into_eigenvalues()?
            }
        };
        let living = self.size() - reduction.dead_units * self.shape.parameters_per_unit();
        Ok(Spectrum::new(nonzero, reduction, living))
    }

    /// What the published rule counts as non-zero: eigenvalues of a non-symmetric solver on the
    /// dense matrix with real parts above 0. It counts rounding, so that its value depends on the
    /// solver and the machine, and its time grows as p³ without any reduction. For comparison
    /// with published values only; [`Spectrum::published_expected_count`] is its mean.
    ///
    /// # Errors
    /// [`Error::EigenSolver`] where the solver fails.
    pub fn published_count(&self) -> Result<usize, Error> {
        // Balancing, in the published solver, splits zero rows off; here they are left out.
        let units = self.active_units();
        let living: Vec<usize> = (0..self.size())
            .filter(|index| units.binary_search(&(index % self.shape.hidden())).is_ok())
            .collect();
        if living.is_empty() {
            return Ok(0);
        }
        let dense = self.dense();
        let matrix = dense.select_rows(&living).select_columns(&living);
        let real_parts = dense::general_eigenvalues(&matrix)?;
        Ok(real_parts.into_iter().filter(|&value| value > 0.0).count())
    }
}
