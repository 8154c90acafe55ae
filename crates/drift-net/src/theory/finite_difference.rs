use nalgebra::{DMatrix, DVector};

use super::covariance::{GradientNoise, StepLimit, stationary_variances};
use super::manifold::PredictedDrift;
use crate::Error;
use crate::error::{check_above_0, check_at_least_0, check_finite, check_not_zero};
use crate::spectrum::dense;

/// Curvature and its change for any loss, from its gradient alone.
///
/// `gradient(parameters, result)` writes the gradient and returns the loss, as a closure over
/// any problem does. Steps are of fixed length; at a kink of the loss within reach of a step the
/// results are wrong. For a loss that is a polynomial of degree 4 along lines, as this crate's
/// network has between kinks, only rounding (about ε/step²) limits the change of curvature.
///
/// ```
/// use drift_net::{FiniteDifference, GradientNoise, StepLimit};
/// // The valley L = x²y² on its floor y = 0 (Ratzon et al. 2023, Figure 5A).
/// let valley = |p: &[f64], gradient: &mut [f64]| {
///     gradient[0] = 2.0 * p[0] * p[1] * p[1];
///     gradient[1] = 2.0 * p[0] * p[0] * p[1];
///     (p[0] * p[1]).powi(2)
/// };
/// let (x, learning_rate, variance) = (2.0, 0.01, 0.01);
/// let drift = FiniteDifference::default().predicted_drift(
///     &[x, 0.0],
///     valley,
///     GradientNoise::Update { variance },
///     learning_rate,
///     StepLimit::Small,
///     1e-6,
/// )?;
/// let expected = -learning_rate.powi(2) * variance / (2.0 * x);
/// assert!((drift.mean[0] - expected).abs() < 1e-6 * expected.abs());
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FiniteDifference {
    step: f64,
}

impl Default for FiniteDifference {
    /// A step of 10⁻³.
    fn default() -> Self {
        Self { step: 1e-3 }
    }
}

impl FiniteDifference {
    /// Differences over ± `step` along unit vectors.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] where `step` is not above 0.
    pub fn new(step: f64) -> Result<Self, Error> {
        check_above_0("step", step)?;
        Ok(Self { step })
    }

    /// The Hessian by central differences of the gradient, made symmetric, (p × p).
    /// It takes 2p gradients.
    #[must_use]
    pub fn hessian(
        &self,
        parameters: &[f64],
        mut gradient: impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> DMatrix<f64> {
        let size = parameters.len();
        let mut hessian = DMatrix::zeros(size, size);
        let mut moved = parameters.to_vec();
        let (mut above, mut below) = (vec![0.0; size], vec![0.0; size]);
        for column in 0..size {
            moved[column] = parameters[column] + self.step;
            gradient(&moved, &mut above);
            moved[column] = parameters[column] - self.step;
            gradient(&moved, &mut below);
            moved[column] = parameters[column];
            for row in 0..size {
                hessian[(row, column)] = (above[row] - below[row]) / (2.0 * self.step);
            }
        }
        let transposed = hessian.transpose();
        (hessian + transposed) * 0.5
    }

    /// ∇(vᵀ H v) with `direction` v held fixed: the second difference of the gradient along v,
    /// times the square of its length. Two gradients beside the one at the point.
    ///
    /// # Panics
    /// Where `direction` has another length than `parameters`.
    #[must_use]
    pub fn curvature_gradient(
        &self,
        parameters: &[f64],
        direction: &[f64],
        mut gradient: impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> Vec<f64> {
        assert_eq!(direction.len(), parameters.len(), "length of direction");
        let length = direction
            .iter()
            .map(|value| value * value)
            .sum::<f64>()
            .sqrt();
        let mut sum = vec![0.0; parameters.len()];
        if length == 0.0 {
            return sum;
        }
        let mut moved = vec![0.0; parameters.len()];
        let mut found = vec![0.0; parameters.len()];
        for (offset, weight) in [(1.0, 1.0), (0.0, -2.0), (-1.0, 1.0)] {
            for (index, value) in moved.iter_mut().enumerate() {
                *value = parameters[index] + offset * self.step * direction[index] / length;
            }
            gradient(&moved, &mut found);
            for (sum, value) in sum.iter_mut().zip(&found) {
                *sum += weight * value;
            }
        }
        let factor = (length / self.step).powi(2);
        sum.iter_mut().for_each(|value| *value *= factor);
        sum
    }

    /// ∇ tr H (p), from 3p gradients.
    #[must_use]
    pub fn trace_gradient(
        &self,
        parameters: &[f64],
        mut gradient: impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> Vec<f64> {
        let mut total = vec![0.0; parameters.len()];
        let mut direction = vec![0.0; parameters.len()];
        for index in 0..parameters.len() {
            direction[index] = 1.0;
            let part = self.curvature_gradient(parameters, &direction, &mut gradient);
            direction[index] = 0.0;
            add(&mut total, 1.0, &part);
        }
        total
    }

    /// P ∇ ln|H|₊ over the eigenvalues above `tolerance`, P the projector on the other
    /// eigenvectors, with the eigenvectors of the finite-difference Hessian.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a negative or NaN tolerance, [`Error::ZeroDimension`] without
    /// parameters, [`Error::NotFinite`] where a gradient is NaN or infinite, [`Error::EigenSolver`].
    pub fn log_pseudo_determinant_gradient(
        &self,
        parameters: &[f64],
        mut gradient: impl FnMut(&[f64], &mut [f64]) -> f64,
        tolerance: f64,
    ) -> Result<Vec<f64>, Error> {
        let (values, vectors) = self.normal(parameters, &mut gradient, tolerance)?;
        let weights: Vec<f64> = values.iter().map(|value| 1.0 / value).collect();
        Ok(self.contraction(parameters, &mut gradient, &vectors, &weights))
    }

    /// Mean drift per step near a minimum, −(η/2) P ∇⟨H, C⟩, for any loss;
    /// [`ZeroLossPoint::predicted_drift`](super::ZeroLossPoint::predicted_drift) is the closed
    /// form for the network. Eigenvalues up to `tolerance` count as tangent.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a negative or NaN tolerance or noise, a learning rate not above
    /// 0, or a finite step without stationary state; [`Error::ZeroDimension`] without parameters;
    /// [`Error::NotFinite`] where a gradient is NaN or infinite; [`Error::EigenSolver`].
    pub fn predicted_drift(
        &self,
        parameters: &[f64],
        mut gradient: impl FnMut(&[f64], &mut [f64]) -> f64,
        noise: GradientNoise,
        learning_rate: f64,
        limit: StepLimit,
        tolerance: f64,
    ) -> Result<PredictedDrift, Error> {
        let (values, vectors) = self.normal(parameters, &mut gradient, tolerance)?;
        let variances = stationary_variances(&values, noise, learning_rate, limit)?;
        let contraction = self.contraction(parameters, &mut gradient, &vectors, &variances);
        Ok(PredictedDrift::new(
            contraction,
            &values,
            noise,
            learning_rate,
        ))
    }

    /// Eigenvalues above the tolerance, ascending, and their eigenvectors as columns.
    fn normal(
        &self,
        parameters: &[f64],
        gradient: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
        tolerance: f64,
    ) -> Result<(Vec<f64>, DMatrix<f64>), Error> {
        check_at_least_0("tolerance", tolerance)?;
        check_not_zero([("parameters", parameters.len())])?;
        let hessian = self.hessian(parameters, gradient);
        check_finite("Hessian by differences", hessian.as_slice())?;
        dense::eigenpairs(&hessian, |value| value > tolerance)
    }

    /// P ∇ Σ_r w_r v_rᵀ H v_r.
    fn contraction(
        &self,
        parameters: &[f64],
        gradient: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
        vectors: &DMatrix<f64>,
        weights: &[f64],
    ) -> Vec<f64> {
        let mut total = vec![0.0; parameters.len()];
        for (vector, &weight) in vectors.column_iter().zip(weights) {
            let part = self.curvature_gradient(parameters, vector.as_slice(), &mut *gradient);
            add(&mut total, weight, &part);
        }
        let total = DVector::from_vec(total);
        let along = vectors.tr_mul(&total);
        (total - vectors * along).data.into()
    }
}

fn add(total: &mut [f64], weight: f64, part: &[f64]) {
    for (total, part) in total.iter_mut().zip(part) {
        *total += weight * part;
    }
}
