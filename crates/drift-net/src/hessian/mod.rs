//! The exact Hessian of the loss, kept as its factors.
//!
//! With x̃ = (x, 1), c = 2/(n d_out), J the Jacobian of all outputs and r the residuals,
//! H = c (JᵀJ + R). R is block-diagonal in units: it couples the input weights and bias of unit
//! j with its own output weights through B_j = Σ_i 1_ij x̃_i r_iᵀ, the sum over samples on which
//! the unit is active. Nothing of size p × p is formed unless [`Hessian::dense`] asks for it.

mod curvature;
mod dense;
mod gram;
mod layered;
mod operator;
mod product;
mod residual;

#[cfg(feature = "spectrum")]
mod basis;
#[cfg(feature = "spectrum")]
mod eigenvalues;
#[cfg(feature = "spectrum")]
mod orthonormal;
#[cfg(feature = "spectrum")]
mod projected;
#[cfg(feature = "spectrum")]
mod reduction;
#[cfg(feature = "spectrum")]
mod shared;
#[cfg(feature = "spectrum")]
mod tangent;

#[cfg(feature = "spectrum")]
pub use reduction::{Method, Reduction};
#[cfg(feature = "spectrum")]
pub use tangent::TangentProjector;

pub use operator::HessianOperator;

use nalgebra::{DMatrix, DMatrixView};

use crate::error::{check_finite, check_not_zero, check_size};
use crate::scaling::to_unit_scale;
use crate::{Activation, Error, Network, Shape};

/// Hessian of the plain loss (the mean over all n·d_out entries of (output − target)²) at one
/// point, p × p with p = h (d_in + 1 + d_out), in the order of [`Network::parameters`].
///
/// It holds the factors of the Hessian, about n (d_in + 2h + d_out) numbers, and answers each
/// question by the cheapest exact way. The ReLU's second derivative is taken as 0 and its first
/// as 0 at 0, as in the published code. For other activation functions and more hidden layers
/// there is [`HessianOperator`].
///
/// ```
/// use drift_net::{Hessian, Network, Regime, Shape, nalgebra::DMatrix};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let network = Network::initialize(Shape::new(3, 8, 2)?, Regime::Rich, &mut rng);
/// let inputs = DMatrix::from_fn(4, 3, |i, a| (i + 2 * a) as f64 / 5.0 - 0.5);
/// let targets = DMatrix::from_fn(4, 2, |i, k| (i * k) as f64);
///
/// let hessian = Hessian::at(&network, inputs.as_view(), targets.as_view())?;
/// let spectrum = hessian.spectrum()?;
/// assert_eq!(spectrum.eigenvalues().len(), network.shape().parameters());
/// assert!((spectrum.eigenvalues().iter().sum::<f64>() - hessian.trace()).abs() < 1e-12 * hessian.trace());
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Hessian {
    shape: Shape,
    /// x̃ = (x, 1), (samples × (d_in + 1)).
    inputs: DMatrix<f64>,
    /// Hidden activity, (samples × units).
    hidden: DMatrix<f64>,
    /// 1 where hidden > 0, else 0, (samples × units).
    active: DMatrix<f64>,
    /// output − target, (samples × outputs).
    residual: DMatrix<f64>,
    /// Output weights with one row a unit, (units × outputs).
    output_weights: DMatrix<f64>,
    /// c = 2 / (n d_out).
    scale: f64,
}

impl Hessian {
    /// The Hessian at the network's parameters on `inputs` (samples × d_in) and `targets`
    /// (samples × d_out).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the matrices do not fit the network or each other,
    /// [`Error::ZeroDimension`] without samples, [`Error::NotFinite`] where an input, target or
    /// parameter is NaN or infinite or the outputs or the trace overflow, [`Error::ReluOnly`] for
    /// a network with another activation function, [`Error::OneHiddenLayer`] for a
    /// deeper one.
    pub fn at(
        network: &Network,
        inputs: DMatrixView<'_, f64>,
        targets: DMatrixView<'_, f64>,
    ) -> Result<Self, Error> {
        network
            .shape()
            .check_one_hidden_layer("Hessian, but not HessianOperator,")?;
        if network.activation() != Activation::Relu {
            return Err(Error::ReluOnly {
                computation: "the exact Hessian",
                activation: network.activation(),
            });
        }
        let shape = network.shape();
        let samples = inputs.nrows();
        let augmented = augmented_inputs(network, inputs, targets)?;
        let columns = augmented.ncols();

        let units = network.units();
        let mut hidden = &augmented * units.columns(0, columns).transpose();
        let active = hidden.map(|preactivation| f64::from(preactivation > 0.0));
        hidden.apply(|value| *value = value.max(0.0));
        let output_weights = units.columns(columns, shape.outputs()).into_owned();
        let residual = &hidden * &output_weights - targets;
        check_finite("outputs - targets", residual.as_slice())?;
        let hessian = Self {
            shape,
            scale: 2.0 / (samples * shape.outputs()) as f64,
            inputs: augmented,
            hidden,
            active,
            residual,
            output_weights,
        };
        check_finite("trace", &[hessian.trace()])?;
        Ok(hessian)
    }

    /// Sizes of the network.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Number of samples, n.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.inputs.nrows()
    }

    /// Side p of the matrix: the number of parameters.
    #[must_use]
    pub fn size(&self) -> usize {
        self.shape.parameters()
    }

    /// The loss at this point, mean squared residual.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.residual.norm_squared() / self.residual.len() as f64
    }

    /// Units that are active on at least one sample, ascending. All others have zero rows.
    #[must_use]
    pub fn active_units(&self) -> Vec<usize> {
        (0..self.shape.hidden())
            .filter(|&unit| self.active.column(unit).iter().any(|&on| on > 0.0))
            .collect()
    }

    /// Trace, c Σ_i Σ_j 1_ij [d_out hidden_ij² + ‖N_j‖² (‖x_i‖² + 1)]: exact, and without
    /// forming anything. The residual part has a zero diagonal.
    ///
    /// ```
    /// # use drift_net::{Hessian, Network, Shape, nalgebra::{DMatrix, DVector}};
    /// // One unit, one sample: output = 3 (2 x) at x = 1, so the second derivatives are
    /// // 2·3² (weight), 2·3² (bias) and 2·2² (output weight).
    /// let network = Network::from_weights(
    ///     DMatrix::from_element(1, 1, 2.0).as_view(),
    ///     DVector::from_element(1, 0.0).as_view(),
    ///     DMatrix::from_element(1, 1, 3.0).as_view(),
    /// )?;
    /// let one = DMatrix::from_element(1, 1, 1.0);
    /// assert_eq!(Hessian::at(&network, one.as_view(), one.as_view())?.trace(), 44.0);
    /// # Ok::<(), drift_net::Error>(())
    /// ```
    #[must_use]
    pub fn trace(&self) -> f64 {
        let outputs = self.shape.outputs() as f64;
        let squared_inputs = self.squared_input_norms();
        let mut total = 0.0;
        for (unit, weights) in self.output_weights.row_iter().enumerate() {
            let activity = self.hidden.column(unit);
            let mask = self.active.column(unit);
            let weight_norm: f64 = weights.iter().map(|weight| weight * weight).sum();
            total += outputs * activity.norm_squared() + weight_norm * mask.dot(&squared_inputs);
        }
        self.scale * total
    }

    /// Frobenius norm, from the n·d_out square Gram matrix and the residual blocks.
    #[must_use]
    pub fn frobenius_norm(&self) -> f64 {
        let gram = self.gram();
        let units = self.active_units().into_iter();
        let blocks: Vec<_> = units
            .map(|unit| (unit, self.residual_block(unit) * self.scale))
            .collect();
        let residuals = blocks.iter().flat_map(|(_, block)| block);
        let Some(scale) = to_unit_scale(gram.iter().chain(residuals)) else {
            return 0.0;
        };
        let mut squared = (gram * scale).norm_squared();
        for (unit, block) in blocks {
            let block = block * scale;
            // (JᵀJ) between the unit's own input and output weights is (Σ_i x̃_i hidden_ij) N_jᵀ.
            let moment = self.inputs.tr_mul(&self.hidden.column(unit));
            let weights = self.output_weights.row(unit).transpose() * (self.scale * scale);
            squared += 4.0 * block.tr_mul(&moment).dot(&weights) + 2.0 * block.norm_squared();
        }
        squared.max(0.0).sqrt() / scale
    }

    /// ‖x_i‖² + 1 of every sample.
    fn squared_input_norms(&self) -> nalgebra::DVector<f64> {
        let mut norms = nalgebra::DVector::zeros(self.samples());
        for column in self.inputs.column_iter() {
            norms.zip_apply(&column, |sum, value| *sum += value * value);
        }
        norms
    }
}

/// x̃ = (x, 1), (samples × (d_in + 1)), after all shapes and numbers have been checked.
fn augmented_inputs(
    network: &Network,
    inputs: DMatrixView<'_, f64>,
    targets: DMatrixView<'_, f64>,
) -> Result<DMatrix<f64>, Error> {
    let shape = network.shape();
    let samples = inputs.nrows();
    check_size("columns of inputs", inputs.ncols(), shape.inputs())?;
    check_size("columns of targets", targets.ncols(), shape.outputs())?;
    check_size("rows of targets", targets.nrows(), samples)?;
    check_not_zero([("samples", samples)])?;
    check_finite("parameters", network.parameters())?;
    let mut augmented = DMatrix::from_element(samples, shape.inputs() + 1, 1.0);
    augmented.columns_mut(0, shape.inputs()).copy_from(&inputs);
    check_finite("inputs", augmented.as_slice())?;
    check_finite("targets", targets.clone_owned().as_slice())?;
    Ok(augmented)
}
