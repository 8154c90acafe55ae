use nalgebra::{DMatrix, DMatrixView};

use crate::Error;
use crate::error::{check, check_above_0, check_at_least_0, check_size};

/// Noise ξ that a learning step adds to the gradient, by its covariance.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum GradientNoise {
    /// Update noise: the same `variance` s² on every entry, Σ = s² I.
    Update {
        /// s², at least 0.
        variance: f64,
    },
    /// Noise shaped like the curvature, Σ = `factor` · H.
    Curvature {
        /// At least 0.
        factor: f64,
    },
}

impl GradientNoise {
    /// Label noise of `variance` q on each of the n·d_out = `targets` targets: at zero loss the
    /// gradient noise has covariance (2 q / (n d_out)) H. A uniform distribution of width w has
    /// q = w²/12.
    #[must_use]
    pub fn label(variance: f64, targets: usize) -> Self {
        Self::Curvature {
            factor: 2.0 * variance / targets as f64,
        }
    }

    fn check(self) -> Result<(), Error> {
        match self {
            Self::Update { variance } => check_at_least_0("variance", variance),
            Self::Curvature { factor } => check_at_least_0("factor", factor),
        }
    }

    /// Variance of the gradient noise along an eigenvector of curvature `eigenvalue`.
    pub(crate) fn along(self, eigenvalue: f64) -> f64 {
        match self {
            Self::Update { variance } => variance,
            Self::Curvature { factor } => factor * eigenvalue,
        }
    }
}

/// How the learning rate η enters the stationary covariance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum StepLimit {
    /// First order in η: HC + CH = ηΣ, as in the continuous-time theory. Off by a factor of about
    /// 1/(1 − ηλ/2) along an eigenvalue λ.
    #[default]
    Small,
    /// The linear recursion itself: C = (1 − ηH) C (1 − ηH) + η²Σ. Infinite at ηλ = 2.
    Finite,
}

impl StepLimit {
    /// What η Σ_ab is divided by.
    fn denominator(self, first: f64, second: f64, learning_rate: f64) -> f64 {
        match self {
            Self::Small => first + second,
            Self::Finite => first + second - learning_rate * first * second,
        }
    }
}

/// Stationary covariance C of the fluctuation normal to the manifold under any gradient noise.
///
/// `eigenvalues` are those of the Hessian normal to the manifold (all above 0) and `noise` is the
/// covariance Σ of the gradient noise along their eigenvectors, (rank × rank); so is the result:
/// C_ab = η Σ_ab / (λ_a + λ_b), or with λ_a + λ_b − η λ_a λ_b for [`StepLimit::Finite`].
///
/// ```
/// use drift_net::{StepLimit, nalgebra::DMatrix, stationary_covariance};
/// let noise = DMatrix::from_element(1, 1, 4.0);
/// let covariance = stationary_covariance(&[2.0], noise.as_view(), 0.1, StepLimit::Finite)?;
/// // One step of θ ← (1 − ηλ) θ − η ξ keeps it: 0.8² C + 0.1² · 4 = C.
/// assert!((0.64 * covariance[0] + 0.04 - covariance[0]).abs() < 1e-15);
/// # Ok::<(), drift_net::Error>(())
/// ```
///
/// # Errors
/// [`Error::ShapeMismatch`] where `noise` has another side than `eigenvalues`;
/// [`Error::OutOfRange`] where an eigenvalue or the learning rate is not above 0, or where
/// [`StepLimit::Finite`] has no stationary state because ηλ ≥ 2.
pub fn stationary_covariance(
    eigenvalues: &[f64],
    noise: DMatrixView<'_, f64>,
    learning_rate: f64,
    limit: StepLimit,
) -> Result<DMatrix<f64>, Error> {
    check_size("rows of noise", noise.nrows(), eigenvalues.len())?;
    check_size("columns of noise", noise.ncols(), eigenvalues.len())?;
    check_above_0("learning_rate", learning_rate)?;
    for &eigenvalue in eigenvalues {
        check_above_0("eigenvalue", eigenvalue)?;
        check_stationary(learning_rate, eigenvalue, limit)?;
    }
    Ok(DMatrix::from_fn(
        eigenvalues.len(),
        eigenvalues.len(),
        |a, b| {
            learning_rate * noise[(a, b)]
                / limit.denominator(eigenvalues[a], eigenvalues[b], learning_rate)
        },
    ))
}

/// The diagonal of [`stationary_covariance`] for noise that leaves eigenvectors uncorrelated, from
/// ascending eigenvalues.
pub(super) fn stationary_variances(
    eigenvalues: &[f64],
    noise: GradientNoise,
    learning_rate: f64,
    limit: StepLimit,
) -> Result<Vec<f64>, Error> {
    noise.check()?;
    check_above_0("learning_rate", learning_rate)?;
    let largest = eigenvalues.last().copied().unwrap_or(0.0);
    check_stationary(learning_rate, largest, limit)?;
    let variance = |&value: &f64| {
        learning_rate * noise.along(value) / limit.denominator(value, value, learning_rate)
    };
    Ok(eigenvalues.iter().map(variance).collect())
}

/// Refuses a finite step that has no stationary state.
fn check_stationary(
    learning_rate: f64,
    largest_eigenvalue: f64,
    limit: StepLimit,
) -> Result<(), Error> {
    let product = learning_rate * largest_eigenvalue;
    check(
        limit != StepLimit::Finite || product < 2.0,
        "learning_rate * largest eigenvalue",
        product,
        "a number below 2, for a stationary state to exist",
    )
}
