use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut};

use super::augmented_inputs;
use crate::error::check_finite;
use crate::{Error, Network, Shape};

/// Hessian of the plain loss as a linear operator, for any number of hidden layers and every
/// [`Activation`](crate::Activation): exact products with vectors, exact trace, spectra.
///
/// The product differentiates the gradient along the vector (Pearlmutter 1994, "Fast exact
/// multiplication by the Hessian", <https://doi.org/10.1162/neco.1994.6.1.147>). With
/// z_l = h̃_{l−1} W̃_lᵀ, where h̃ = (h, 1) and W̃ = (W, b), h_l = f(z_l), e = c (h_L Nᵀ − y),
/// c = 2/(n d_out), δ_L = f′(z_L) ∘ (e N), δ_l = f′(z_l) ∘ (δ_{l+1} W_{l+1}), and a dot for the
/// derivative along the vector:
///
/// ż_l = h̃_{l−1} W̃̇_lᵀ + ḣ_{l−1} W_lᵀ, ḣ_l = f′(z_l) ∘ ż_l, ė = c (ḣ_L Nᵀ + h_L Ṅᵀ),
/// δ̇_L = f″(z_L) ∘ ż_L ∘ (e N) + f′(z_L) ∘ (ė N + e Ṅ),
/// δ̇_l = f″(z_l) ∘ ż_l ∘ (δ_{l+1} W_{l+1}) + f′(z_l) ∘ (δ̇_{l+1} W_{l+1} + δ_{l+1} Ẇ_{l+1}),
///
/// and the product is δ̇_lᵀ h̃_{l−1} + δ_lᵀ (ḣ_{l−1}, 0) for a hidden layer's weights and biases and
/// ėᵀ h_L + eᵀ ḣ_L for the output weights. At a kink f″ is taken as 0 and f′ as the gradient takes
/// it. For one hidden layer of the ReLU, [`Hessian`](crate::Hessian) answers more, and faster.
///
/// ```
/// use drift_net::{Activation, HessianOperator, Network, Regime, Shape, nalgebra::DMatrix};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let network = Network::initialize(Shape::new(3, [8, 5], 2)?, Regime::Rich, &mut rng)
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
    pub(super) shape: Shape,
    /// From the inputs up.
    pub(super) layers: Vec<LayerFactors>,
    /// h_L, (samples × units).
    pub(super) hidden: DMatrix<f64>,
    /// e, (samples × outputs).
    pub(super) residual: DMatrix<f64>,
    /// Output weights with one row a unit, (units × outputs).
    pub(super) output_weights: DMatrix<f64>,
    /// c.
    pub(super) scale: f64,
}

/// What one hidden layer enters the products with.
#[derive(Debug, Clone)]
pub(super) struct LayerFactors {
    /// Where its parameters begin.
    first: usize,
    /// h̃_{l−1}, (samples × (h_{l−1} + 1)), the last column 1.
    pub(super) inputs: DMatrix<f64>,
    /// W_l, (h_l × h_{l−1}).
    pub(super) weights: DMatrix<f64>,
    /// f′(z_l), (samples × h_l).
    pub(super) slope: DMatrix<f64>,
    /// f″(z_l) ∘ (δ_{l+1} W_{l+1}), for the last layer f″(z_L) ∘ (e N), (samples × h_l).
    pub(super) bend: DMatrix<f64>,
    /// Whether `bend` is anywhere not 0.
    bent: bool,
    /// δ_l, (samples × h_l).
    delta: DMatrix<f64>,
    /// Units whose activity and slope are 0 on all samples.
    #[cfg(feature = "spectrum")]
    pub(super) dead: Vec<bool>,
}

/// Change along a direction of a layer's pre-activations and of its activity.
struct Change {
    /// ż; absent where nothing is bent along it.
    preactivation: Option<DMatrix<f64>>,
    hidden: DMatrix<f64>,
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
        let mut inputs = augmented_inputs(network, inputs, targets)?;
        let samples = inputs.nrows();
        let scale = 2.0 / targets.len() as f64;
        let mut layers = Vec::with_capacity(shape.layers());
        let mut activities: Vec<DMatrix<f64>> = Vec::with_capacity(shape.layers());
        for layer in 0..shape.layers() {
            if let Some(below) = activities.last() {
                inputs = below.clone().insert_column(below.ncols(), 1.0);
            }
            let (units, columns) = (shape.widths()[layer], inputs.ncols());
            let first = shape.first_parameter(layer);
            let rows = DMatrixView::from_slice(&network.parameters()[first..], units, columns);
            let hidden =
                (&inputs * rows.transpose()).map(|preactivation| activation.value(preactivation));
            let slope = hidden.map(|activity| activation.derivative(activity));
            #[cfg(feature = "spectrum")]
            let dead = hidden
                .column_iter()
                .zip(slope.column_iter())
                .map(|(hidden, slope)| hidden.iter().chain(slope.iter()).all(|&value| value == 0.0))
                .collect();
            layers.push(LayerFactors {
                first,
                inputs: std::mem::replace(&mut inputs, DMatrix::zeros(0, 0)),
                weights: network.weights_of(layer).into_owned(),
                slope,
                bend: DMatrix::zeros(samples, units),
                bent: false,
                delta: DMatrix::zeros(samples, units),
                #[cfg(feature = "spectrum")]
                dead,
            });
            activities.push(hidden);
        }
        let output_weights = network.output_weights().transpose();
        let last = activities.len() - 1;
        let residual = (&activities[last] * &output_weights - targets) * scale;
        let mut backward = &residual * output_weights.transpose();
        for (index, layer) in layers.iter_mut().enumerate().rev() {
            layer.delta = backward.component_mul(&layer.slope);
            layer.bend = backward;
            layer
                .bend
                .zip_apply(&activities[index], |backward, activity| {
                    *backward *= activation.second_derivative(activity);
                });
            layer.bent = layer.bend.iter().any(|&bend| bend != 0.0);
            backward = &layer.delta * &layer.weights;
        }
        let operator = Self {
            shape,
            layers,
            hidden: activities.swap_remove(last),
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

    /// Number of samples, n.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.residual.nrows()
    }

    /// Hessian-vector product, `result` = H `vector` (both of length p), at about the cost of two
    /// gradients.
    ///
    /// # Panics
    /// Where a slice has not length p.
    pub fn apply(&self, vector: &[f64], result: &mut [f64]) {
        self.product(vector, result, true);
    }

    /// Product with the Gauss–Newton part, `result` = c JᵀJ `vector` (both of length p).
    ///
    /// # Panics
    /// Where a slice has not length p.
    pub fn gauss_newton_apply(&self, vector: &[f64], result: &mut [f64]) {
        self.product(vector, result, false);
    }

    fn product(&self, vector: &[f64], result: &mut [f64], with_residual: bool) {
        assert_eq!(vector.len(), self.size(), "length of vector");
        assert_eq!(result.len(), self.size(), "length of result");
        let (units, outputs) = self.output_weights.shape();
        let first_output = self.shape.first_parameter(self.layers.len());
        let direction_out = DMatrixView::from_slice(&vector[first_output..], units, outputs);

        let mut changes: Vec<Change> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let mut hidden = &layer.inputs * layer.of(vector).transpose();
            if let Some(below) = changes.last() {
                hidden.gemm(1.0, &below.hidden, &layer.weights.transpose(), 1.0);
            }
            let preactivation = (with_residual && layer.bent).then(|| hidden.clone());
            hidden.component_mul_assign(&layer.slope);
            changes.push(Change {
                preactivation,
                hidden,
            });
        }
        let hidden_change = &changes[changes.len() - 1].hidden;
        let mut residual_change = hidden_change * &self.output_weights;
        residual_change.gemm(self.scale, &self.hidden, &direction_out, self.scale);

        let mut into_output =
            DMatrixViewMut::from_slice(&mut result[first_output..], units, outputs);
        into_output.gemm(1.0, &self.hidden.transpose(), &residual_change, 0.0);
        let mut backward = &residual_change * self.output_weights.transpose();
        if with_residual {
            into_output.gemm(1.0, &hidden_change.transpose(), &self.residual, 1.0);
            backward.gemm(1.0, &self.residual, &direction_out.transpose(), 1.0);
        }
        for (index, layer) in self.layers.iter().enumerate().rev() {
            backward.component_mul_assign(&layer.slope);
            if let Some(preactivation) = &changes[index].preactivation {
                backward += layer.bend.component_mul(preactivation);
            }
            let (units, columns) = (layer.weights.nrows(), layer.inputs.ncols());
            let slice = &mut result[layer.first..][..units * columns];
            let mut into_layer = DMatrixViewMut::from_slice(slice, units, columns);
            into_layer.gemm(1.0, &backward.transpose(), &layer.inputs, 0.0);
            if index == 0 {
                break;
            }
            let mut below = &backward * &layer.weights;
            if with_residual {
                let change = &changes[index - 1].hidden;
                let mut into_weights = into_layer.columns_mut(0, columns - 1);
                into_weights.gemm(1.0, &layer.delta.transpose(), change, 1.0);
                let direction = layer.of(vector);
                below.gemm(1.0, &layer.delta, &direction.columns(0, columns - 1), 1.0);
            }
            backward = below;
        }
    }
}

impl LayerFactors {
    /// The layer's part of a vector with an entry a parameter, (h_l × (h_{l−1} + 1)).
    fn of<'a>(&self, vector: &'a [f64]) -> DMatrixView<'a, f64> {
        let (units, columns) = (self.weights.nrows(), self.inputs.ncols());
        DMatrixView::from_slice(&vector[self.first..], units, columns)
    }
}
