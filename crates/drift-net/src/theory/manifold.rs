use nalgebra::{DMatrix, DVector};

use super::covariance::{GradientNoise, StepLimit, stationary_variances};
use crate::error::check_at_least_0;
use crate::spectrum::dense;
use crate::{Error, Hessian, TangentProjector};

/// What noise lowers along the manifold of zero loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Regularizer {
    /// tr H, lowered by label noise.
    Trace,
    /// ln|H|₊, the sum of the logarithms of the non-zero eigenvalues, lowered by update noise.
    LogPseudoDeterminant,
}

/// Mean motion along the manifold that theory expects for one step.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PredictedDrift {
    /// Mean displacement per step, tangent to the manifold (length p).
    pub mean: Vec<f64>,
    /// Variance per step along every tangent direction at leading order: η²s² for update noise,
    /// 0 for label noise.
    pub tangent_variance: f64,
    /// η λ_max.
    pub step_times_curvature: f64,
}

impl PredictedDrift {
    /// From P ∇⟨H, C⟩ and the normal eigenvalues, ascending.
    pub(super) fn new(
        contraction: Vec<f64>,
        eigenvalues: &[f64],
        noise: GradientNoise,
        learning_rate: f64,
    ) -> Self {
        let mut mean = contraction;
        mean.iter_mut()
            .for_each(|value| *value *= -0.5 * learning_rate);
        Self {
            mean,
            tangent_variance: learning_rate * learning_rate * noise.along(0.0),
            step_times_curvature: learning_rate * eigenvalues.last().copied().unwrap_or(0.0),
        }
    }

    /// Whether gradient descent itself is stable here, η λ_max < 2. Where it is not, the
    /// prediction means nothing. It is accurate only for η λ_max well below 1.
    #[must_use]
    pub fn is_stable(&self) -> bool {
        self.step_times_curvature < 2.0
    }
}

/// A point of zero loss with its normal and tangent directions.
///
/// ```
/// use drift_net::nalgebra::DMatrix;
/// use drift_net::{GradientNoise, Hessian, Network, Regime, Shape, StepLimit, ZeroLossPoint};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let network = Network::initialize(Shape::new(3, 20, 2)?, Regime::Rich, &mut rng);
/// let inputs = DMatrix::from_fn(4, 3, |i, a| ((i * 3 + a) as f64).sin());
/// let targets = network.forward(inputs.as_view())?.1;
/// let hessian = Hessian::at(&network, inputs.as_view(), targets.as_view())?;
///
/// let point = ZeroLossPoint::at(&hessian, 1e-9)?;
/// let noise = GradientNoise::Update { variance: 0.01 };
/// let drift = point.predicted_drift(noise, 0.1, StepLimit::Small)?;
/// assert!(drift.is_stable());
/// assert_eq!(drift.mean.len(), hessian.size());
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ZeroLossPoint<'a> {
    hessian: &'a Hessian,
    eigenvalues: Vec<f64>,
    /// Eigenvectors of the Gram matrix for these eigenvalues, (n·d_out × rank).
    vectors: DMatrix<f64>,
    projector: TangentProjector<'a>,
}

impl<'a> ZeroLossPoint<'a> {
    /// The geometry at a point of zero loss; eigenvalues up to `tolerance` count as zero, that is
    /// as tangent.
    ///
    /// # Errors
    /// [`Error::NotZeroLoss`] where the residuals change an eigenvalue by more than `tolerance`;
    /// [`Error::OutOfRange`] for a negative or NaN tolerance; [`Error::EigenSolver`].
    pub fn at(hessian: &'a Hessian, tolerance: f64) -> Result<Self, Error> {
        check_at_least_0("tolerance", tolerance)?;
        let bound = hessian.residual_bound();
        if bound > tolerance {
            return Err(Error::NotZeroLoss { bound, tolerance });
        }
        let (eigenvalues, vectors) = dense::eigenpairs(&hessian.gram(), |value| value > tolerance)?;
        let projector = TangentProjector::from_gram(hessian, &eigenvalues, &vectors);
        Ok(Self {
            hessian,
            eigenvalues,
            vectors,
            projector,
        })
    }

    /// The non-zero eigenvalues (normal directions), ascending.
    #[must_use]
    pub fn normal_eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// Projector on the tangent space of the manifold.
    #[must_use]
    pub fn projector(&self) -> &TangentProjector<'a> {
        &self.projector
    }

    /// P ∇ of a regulariser: its gradient along the manifold, in closed form (length p).
    #[must_use]
    pub fn regularizer_gradient(&self, regularizer: Regularizer) -> Vec<f64> {
        match regularizer {
            Regularizer::Trace => {
                let mut gradient = self.hessian.trace_gradient();
                self.projector.apply(&mut gradient);
                gradient
            }
            Regularizer::LogPseudoDeterminant => {
                let inverse: Vec<f64> = self.eigenvalues.iter().map(|value| 1.0 / value).collect();
                self.contraction(&inverse)
            }
        }
    }

    /// Stationary variance of the fluctuation along each normal eigenvector, in the order of
    /// [`normal_eigenvalues`](Self::normal_eigenvalues). Both kinds of noise leave the
    /// eigenvectors uncorrelated;
    /// [`stationary_covariance`](super::stationary_covariance) takes any other noise.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a negative noise, a learning rate not above 0, or a finite step
    /// without stationary state.
    pub fn normal_variances(
        &self,
        noise: GradientNoise,
        learning_rate: f64,
        limit: StepLimit,
    ) -> Result<Vec<f64>, Error> {
        stationary_variances(&self.eigenvalues, noise, learning_rate, limit)
    }

    /// Mean drift per step, −(η/2) P ∇⟨H, C⟩ with C the stationary covariance.
    ///
    /// # Errors
    /// As [`normal_variances`](Self::normal_variances).
    pub fn predicted_drift(
        &self,
        noise: GradientNoise,
        learning_rate: f64,
        limit: StepLimit,
    ) -> Result<PredictedDrift, Error> {
        let variances = self.normal_variances(noise, learning_rate, limit)?;
        let contraction = self.contraction(&variances);
        let eigenvalues = &self.eigenvalues;
        Ok(PredictedDrift::new(
            contraction,
            eigenvalues,
            noise,
            learning_rate,
        ))
    }

    /// P ∇ Σ_r w_r v_rᵀ H v_r with weights and eigenvectors held fixed. In terms of the
    /// eigenvectors u_r of the Gram matrix this is P ∇ tr(A G), A = Σ_r w_r u_r u_rᵀ, since the
    /// gradient of the residual part is normal to the manifold.
    fn contraction(&self, weights: &[f64]) -> Vec<f64> {
        let scaled = &self.vectors * DMatrix::from_diagonal(&DVector::from_column_slice(weights));
        let weights = scaled * self.vectors.transpose();
        let mut gradient = self.hessian.gram_contraction_gradient(weights.as_view());
        self.projector.apply(&mut gradient);
        gradient
    }
}
