use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut};

use super::{Hessian, augmented_inputs};
use crate::network::check_finite;
use crate::{Error, Network, Shape};

/// A symmetric matrix that is known by its product with a vector.
///
/// [`Hessian`] and [`HessianOperator`] are such, and so is anybody's matrix that implements this:
/// all that asks for outermost eigenvalues or a spectral density takes any of them. Nothing
/// checks the symmetry.
///
/// ```
/// use drift_net::SymmetricOperator;
///
/// /// The second difference on a ring.
/// struct Ring(usize);
///
/// impl SymmetricOperator for Ring {
///     fn dimension(&self) -> usize {
///         self.0
///     }
///     fn apply(&self, vector: &[f64], result: &mut [f64]) {
///         for place in 0..self.0 {
///             let (next, last) = ((place + 1) % self.0, (place + self.0 - 1) % self.0);
///             result[place] = 2.0 * vector[place] - vector[next] - vector[last];
///         }
///     }
/// }
///
/// let mut result = [0.0; 4];
/// Ring(4).apply(&[1.0, -1.0, 1.0, -1.0], &mut result);
/// assert_eq!(result, [4.0, -4.0, 4.0, -4.0]);
/// ```
pub trait SymmetricOperator {
    /// Side p of the matrix.
    fn dimension(&self) -> usize;

    /// Writes the product with `vector` to `result` (both of length p), whatever was there.
    ///
    /// # Panics
    /// Where a slice has not length p.
    fn apply(&self, vector: &[f64], result: &mut [f64]);
}

impl SymmetricOperator for Hessian {
    fn dimension(&self) -> usize {
        self.size()
    }

    fn apply(&self, vector: &[f64], result: &mut [f64]) {
        Hessian::apply(self, vector, result);
    }
}

impl SymmetricOperator for HessianOperator {
    fn dimension(&self) -> usize {
        self.size()
    }

    fn apply(&self, vector: &[f64], result: &mut [f64]) {
        HessianOperator::apply(self, vector, result);
    }
}

impl<T: SymmetricOperator + ?Sized> SymmetricOperator for &T {
    fn dimension(&self) -> usize {
        (**self).dimension()
    }

    fn apply(&self, vector: &[f64], result: &mut [f64]) {
        (**self).apply(vector, result);
    }
}

/// Hessian of the plain loss as a linear operator, for every [`Activation`](crate::Activation):
/// exact products with vectors, exact trace, outermost eigenvalues.
///
/// The product differentiates the gradient along the vector (Pearlmutter 1994, "Fast exact
/// multiplication by the Hessian", <https://doi.org/10.1162/neco.1994.6.1.147>). With
/// z = x̃ Wᵀ, h = f(z), e = c (h Nᵀ − y), c = 2/(n d_out), δ = f′(z) ∘ (e N), and a dot for the
/// derivative along the vector (Ẇ, Ṅ):
///
/// ż = x̃ Ẇᵀ, ḣ = f′(z) ∘ ż, ė = c (ḣ Nᵀ + h Ṅᵀ),
/// δ̇ = f″(z) ∘ ż ∘ (e N) + f′(z) ∘ (ė N + e Ṅ),
///
/// and the product is δ̇ᵀ x̃ for the input weights and biases and ėᵀ h + eᵀ ḣ for the output
/// weights. At a kink f″ is taken as 0 and f′ as the gradient takes it. For the ReLU,
/// [`Hessian`] also gives the whole spectrum.
///
/// ```
/// use drift_net::{Activation, HessianOperator, Network, Regime, Shape, nalgebra::DMatrix};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let network = Network::initialize(Shape::new(3, 8, 2)?, Regime::Rich, &mut rng)
///     .with_activation(Activation::softplus())?;
/// let inputs = DMatrix::from_fn(4, 3, |i, a| (i + 2 * a) as f64 / 5.0 - 0.5);
/// let targets = DMatrix::from_fn(4, 2, |i, k| (i * k) as f64);
/// let hessian = HessianOperator::at(&network, inputs.as_view(), targets.as_view())?;
///
/// let mut diagonal = 0.0;
/// let mut column = vec![0.0; hessian.size()];
/// for index in 0..hessian.size() {
///     let mut unit = vec![0.0; hessian.size()];
///     unit[index] = 1.0;
///     hessian.apply(&unit, &mut column);
///     diagonal += column[index];
/// }
/// assert!((diagonal - hessian.trace()).abs() < 1e-12 * diagonal.abs());
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct HessianOperator {
    shape: Shape,
    /// x̃ = (x, 1), (samples × (d_in + 1)).
    inputs: DMatrix<f64>,
    /// h, (samples × units).
    hidden: DMatrix<f64>,
    /// f′(z), (samples × units).
    slope: DMatrix<f64>,
    /// f″(z) ∘ (e N), (samples × units).
    bend: DMatrix<f64>,
    /// e, (samples × outputs).
    residual: DMatrix<f64>,
    /// Output weights with one row a unit, (units × outputs).
    output_weights: DMatrix<f64>,
    /// c.
    scale: f64,
}

impl HessianOperator {
    /// The Hessian at the network's parameters on `inputs` (samples × d_in) and `targets`
    /// (samples × d_out).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the matrices do not fit the network or each other,
    /// [`Error::ZeroDimension`] without samples, [`Error::NotFinite`] where an input, target or
    /// parameter is NaN or infinite or the outputs or the trace overflow.
    pub fn at(
        network: &Network,
        inputs: DMatrixView<'_, f64>,
        targets: DMatrixView<'_, f64>,
    ) -> Result<Self, Error> {
        let shape = network.shape();
        let activation = network.activation();
        let inputs = augmented_inputs(network, inputs, targets)?;
        let columns = inputs.ncols();
        let scale = 2.0 / targets.len() as f64;
        let units = network.units();
        let hidden = (&inputs * units.columns(0, columns).transpose())
            .map(|preactivation| activation.value(preactivation));
        let output_weights = units.columns(columns, shape.outputs()).into_owned();
        let residual = (&hidden * &output_weights - targets) * scale;
        let mut bend = &residual * output_weights.transpose();
        bend.zip_apply(&hidden, |backward, activity| {
            *backward *= activation.second_derivative(activity);
        });
        let operator = Self {
            shape,
            slope: hidden.map(|activity| activation.derivative(activity)),
            inputs,
            hidden,
            bend,
            residual,
            output_weights,
            scale,
        };
        check_finite("outputs - targets", operator.residual.as_slice())?;
        check_finite("trace", &[operator.trace()])?;
        Ok(operator)
    }

    /// Side p of the matrix: the number of parameters.
    #[must_use]
    pub fn size(&self) -> usize {
        self.shape.parameters()
    }

    /// Hessian-vector product, `result` = H `vector` (both of length p), at about the cost of two
    /// gradients.
    ///
    /// # Panics
    /// Where a slice has not length p.
    pub fn apply(&self, vector: &[f64], result: &mut [f64]) {
        assert_eq!(vector.len(), self.size(), "length of vector");
        assert_eq!(result.len(), self.size(), "length of result");
        let (units, rows) = (self.shape.hidden(), self.shape.parameters_per_unit());
        let (columns, outputs) = (self.inputs.ncols(), self.shape.outputs());
        let direction = DMatrixView::from_slice(vector, units, rows);
        let direction_out = direction.columns(columns, outputs);

        let preactivation_change = &self.inputs * direction.columns(0, columns).transpose();
        let hidden_change = self.slope.component_mul(&preactivation_change);
        let mut residual_change = &hidden_change * &self.output_weights;
        residual_change.gemm(self.scale, &self.hidden, &direction_out, self.scale);

        let mut backward = &residual_change * self.output_weights.transpose();
        backward.gemm(1.0, &self.residual, &direction_out.transpose(), 1.0);
        backward.component_mul_assign(&self.slope);
        backward += self.bend.component_mul(&preactivation_change);

        let mut result = DMatrixViewMut::from_slice(result, units, rows);
        let mut into_input = result.columns_mut(0, columns);
        into_input.gemm(1.0, &backward.transpose(), &self.inputs, 0.0);
        let mut into_output = result.columns_mut(columns, outputs);
        into_output.gemm(1.0, &self.hidden.transpose(), &residual_change, 0.0);
        into_output.gemm(1.0, &hidden_change.transpose(), &self.residual, 1.0);
    }

    /// Trace, Σ_ij ‖x̃_i‖² [c f′_ij² ‖N_j‖² + f″_ij (e N)_ij] + c d_out Σ_ij h_ij², without
    /// forming anything. Away from zero loss a curved f adds to the diagonal, with either sign.
    #[must_use]
    pub fn trace(&self) -> f64 {
        let mut total = self.scale * self.shape.outputs() as f64 * self.hidden.norm_squared();
        for (sample, input) in self.inputs.row_iter().enumerate() {
            let input = input.norm_squared();
            for (unit, weights) in self.output_weights.row_iter().enumerate() {
                let slope = self.slope[(sample, unit)];
                let curvature = self.scale * slope * slope * weights.norm_squared();
                total += input * (curvature + self.bend[(sample, unit)]);
            }
        }
        total
    }
}
