//! Eigenvalues: an exact spectrum and what is read from it, and Lanczos methods for operators
//! that are only known by their product with a vector.

pub(crate) mod dense;
mod density;
mod eigen_solver;
mod lanczos;
mod largest;

pub use density::SpectralDensity;
pub use eigen_solver::SymmetricMatrix;
pub use lanczos::{Eigenpair, Lanczos, Wanted};
pub use largest::{FoundEigenvalue, LargestEigenvalue};

use crate::error::check_at_least_0;
use crate::{Error, Reduction};

/// All eigenvalues of one Hessian and how they were computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    eigenvalues: Vec<f64>,
    reduction: Reduction,
    /// Parameters of units that are active on some sample.
    living: usize,
}

/// Logarithm of the product of the eigenvalues above a tolerance, and what was not in it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PseudoDeterminant {
    /// Σ ln λ over λ > tolerance; 0 where there is none.
    pub log: f64,
    /// Number of eigenvalues in the sum.
    pub kept: usize,
    /// Number dropped because |λ| ≤ tolerance.
    pub within_tolerance: usize,
    /// Number dropped because λ < −tolerance: 0 at a minimum.
    pub negative: usize,
    /// The smallest eigenvalue in the sum; infinite where there is none.
    pub smallest_kept: f64,
    /// The largest |λ| within the tolerance; 0 where there is none. Far below `smallest_kept`
    /// where the tolerance separates cleanly.
    pub largest_within_tolerance: f64,
}

impl Spectrum {
    /// From the eigenvalues of the matrix that was solved, ascending. The zeros of the directions
    /// that were removed join them.
    pub(crate) fn new(mut eigenvalues: Vec<f64>, reduction: Reduction, living: usize) -> Self {
        let zeros = reduction.parameters - eigenvalues.len();
        let negative = eigenvalues.partition_point(|&value| value < 0.0);
        eigenvalues.splice(negative..negative, std::iter::repeat_n(0.0, zeros));
        Self {
            eigenvalues,
            reduction,
            living,
        }
    }

    /// All p eigenvalues, ascending.
    #[must_use]
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// All p eigenvalues, ascending, given up.
    #[must_use]
    pub fn into_eigenvalues(self) -> Vec<f64> {
        self.eigenvalues
    }

    /// The matrix that was solved instead of the whole one.
    #[must_use]
    pub fn reduction(&self) -> Reduction {
        self.reduction
    }

    /// The largest eigenvalue.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.eigenvalues.last().copied().unwrap_or(0.0)
    }

    /// Number of eigenvalues λ > `threshold`.
    #[must_use]
    pub fn count_above(&self, threshold: f64) -> usize {
        self.eigenvalues
            .iter()
            .filter(|&&value| value > threshold)
            .count()
    }

    /// Number of eigenvalues λ < −`threshold`.
    #[must_use]
    pub fn count_below_minus(&self, threshold: f64) -> usize {
        self.eigenvalues
            .iter()
            .filter(|&&value| value < -threshold)
            .count()
    }

    /// Number of eigenvalues with |λ| above `tolerance`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a negative or NaN tolerance.
    pub fn rank(&self, tolerance: f64) -> Result<usize, Error> {
        check_at_least_0("tolerance", tolerance)?;
        Ok(self.count_above(tolerance) + self.count_below_minus(tolerance))
    }

    /// What the published rule counts as non-zero on average. The published code counts `λ > 0`
    /// among the unsorted results of a non-symmetric solver, where an eigenvalue that should be
    /// 0 is rounding of either sign, except that dead units come out exactly 0. So this is
    /// [`published_expected_count`]. For comparison with published values only.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a negative or NaN tolerance.
    pub fn published_expected_count(&self, tolerance: f64) -> Result<f64, Error> {
        published_expected_count(&self.eigenvalues, self.living, tolerance)
    }

    /// The exact density: a mass of 1/p at every eigenvalue.
    #[must_use]
    pub fn density(&self) -> SpectralDensity {
        SpectralDensity::of_eigenvalues(&self.eigenvalues)
    }

    /// Σ ln λ over the eigenvalues above `tolerance`, with an account of the others.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a negative or NaN tolerance.
    pub fn log_pseudo_determinant(&self, tolerance: f64) -> Result<PseudoDeterminant, Error> {
        check_at_least_0("tolerance", tolerance)?;
        let mut result = PseudoDeterminant {
            log: 0.0,
            kept: 0,
            within_tolerance: 0,
            negative: 0,
            smallest_kept: f64::INFINITY,
            largest_within_tolerance: 0.0,
        };
        for &value in &self.eigenvalues {
            if value > tolerance {
                result.log += value.ln();
                result.kept += 1;
                result.smallest_kept = result.smallest_kept.min(value);
            } else if value < -tolerance {
                result.negative += 1;
            } else {
                result.within_tolerance += 1;
                result.largest_within_tolerance = result.largest_within_tolerance.max(value.abs());
            }
        }
        Ok(result)
    }
}

/// What the published `λ > 0` counts on average among `eigenvalues` (p, in any order), of which
/// `living` belong to active units: those above `tolerance`, and half of the `living` ones within
/// it, which a solver's rounding puts on either side of 0. See
/// [`Spectrum::published_expected_count`].
///
/// ```
/// // Six parameters of living units, two of a dead one.
/// let eigenvalues = [-0.1, 0.0, 0.0, 1e-17, -1e-17, 1e-18, 1.0, 2.0];
/// let count = drift_net::published_expected_count(&eigenvalues, 6, 1e-8)?;
/// assert_eq!(count, 2.0 + 0.5 * 3.0);
/// # Ok::<(), drift_net::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] for a negative or NaN tolerance.
pub fn published_expected_count(
    eigenvalues: &[f64],
    living: usize,
    tolerance: f64,
) -> Result<f64, Error> {
    check_at_least_0("tolerance", tolerance)?;
    let entries = || eigenvalues.iter().copied();
    let positive = entries().filter(|&value| value > tolerance).count();
    let negative = entries().filter(|&value| value < -tolerance).count();
    let rounding = living.saturating_sub(positive + negative);
    Ok(positive as f64 + 0.5 * rounding as f64)
}
