use nalgebra::{DMatrix, DMatrixView, DVectorView, Dyn, MatrixView};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::error::{check, check_finite, check_size};
use crate::{Activation, Error, Samples, Shape, Workspace};

/// How the output weights start, which sets how far the hidden weights travel.
///
/// Ratzon et al. 2023, Methods: input weights and biases have standard deviation √(2/d_in) in
/// both regimes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Regime {
    /// Output weights with standard deviation √(2/h): features are learned from the start.
    Rich,
    /// Output weights with standard deviation 2/h, as in Figure 2. Only these are smaller; that
    /// the others then move little is found with one hidden layer.
    #[default]
    Lazy,
}

impl Regime {
    /// Standard deviation of the initial output weights for `hidden` units in the last layer.
    #[must_use]
    pub fn output_standard_deviation(self, hidden: usize) -> f64 {
        match self {
            Regime::Rich => (2.0 / hidden as f64).sqrt(),
            Regime::Lazy => 2.0 / hidden as f64,
        }
    }
}

/// A network with hidden layers h_l = f(h_{l−1} W_lᵀ + b_l), h_0 the inputs, and
/// `output = h_L Nᵀ`, where f is the ReLU unless [`Network::with_activation`] says otherwise. With
/// one layer, hidden = f(X Mᵀ + b).
///
/// All parameters lie in one flat vector, which optimizers move as a whole: for each hidden layer
/// from the inputs up W_l column by column (entry j of column a at a·h_l + j: all units for one
/// input side by side, which is what the kernels stream through) and then b_l; last N row by row
/// (all units for one output side by side). So every block is a matrix view without a copy, and
/// the last layer's parameters are a column-major matrix with one row a unit, (h_L ×
/// (h_{L−1} + 1 + d_out)). With one hidden layer that is all.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    shape: Shape,
    activation: Activation,
    parameters: Vec<f64>,
}

impl Network {
    /// A network from its flat parameter vector (length [`Shape::parameters`], order as in the
    /// type's description).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for a wrong length, [`Error::NotFinite`] for NaN or infinity.
    pub fn from_parameters(shape: Shape, parameters: Vec<f64>) -> Result<Self, Error> {
        check_size("parameters", parameters.len(), shape.parameters())?;
        check_finite("parameters", &parameters)?;
        Ok(Self {
            shape,
            activation: Activation::Relu,
            parameters,
        })
    }

    /// A network with one hidden layer from input weights M (units × inputs), biases (units) and output weights N
    /// (outputs × units).
    ///
    /// # Errors
    /// As [`from_layers`](Self::from_layers).
    pub fn from_weights(
        input_weights: DMatrixView<'_, f64>,
        bias: DVectorView<'_, f64>,
        output_weights: DMatrixView<'_, f64>,
    ) -> Result<Self, Error> {
        Self::from_layers(&[(input_weights, bias)], output_weights)
    }

    /// A network from the weights W_l (h_l × h_{l−1}) and biases b_l (h_l) of its hidden layers, from the
    /// inputs up, and output weights N (outputs × h_L).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`], [`Error::ZeroDimension`], [`Error::TooDeep`] or [`Error::NotFinite`].
    pub fn from_layers(
        layers: &[(DMatrixView<'_, f64>, DVectorView<'_, f64>)],
        output_weights: DMatrixView<'_, f64>,
    ) -> Result<Self, Error> {
        let widths: Vec<usize> = layers.iter().map(|(weights, _)| weights.nrows()).collect();
        let inputs = layers.first().map_or(0, |(weights, _)| weights.ncols());
        let shape = Shape::new(inputs, widths.as_slice(), output_weights.nrows())?;
        let mut parameters = Vec::with_capacity(shape.parameters());
        let mut below = inputs;
        for (weights, bias) in layers {
            check_size("columns of a layer's weights", weights.ncols(), below)?;
            check_size("bias entries", bias.len(), weights.nrows())?;
            parameters.extend(weights.iter());
            parameters.extend(bias.iter());
            below = weights.nrows();
        }
        check_size("columns of output_weights", output_weights.ncols(), below)?;
        parameters.extend(output_weights.transpose().iter());
        Self::from_parameters(shape, parameters)
    }

    /// Draws initial parameters in storage order, all Gaussian with mean 0: weights and biases of a
    /// hidden layer with standard deviation √(2/h_{l−1}), output weights with that of [`Regime`],
    /// the same for every activation function.
    pub fn initialize<R: Rng + ?Sized>(shape: Shape, regime: Regime, rng: &mut R) -> Self {
        let mut parameters = Vec::with_capacity(shape.parameters());
        let mut draw = |count: usize, deviation: f64| {
            parameters.extend((0..count).map(|_| {
                let normal: f64 = StandardNormal.sample(rng);
                normal * deviation
            }));
        };
        for (layer, &width) in shape.widths().iter().enumerate() {
            let inputs = shape.inputs_of(layer);
            draw(width * (inputs + 1), (2.0 / inputs as f64).sqrt());
        }
        let last = shape.widths()[shape.layers() - 1];
        draw(
            last * shape.outputs(),
            regime.output_standard_deviation(last),
        );
        Self {
            shape,
            activation: Activation::Relu,
            parameters,
        }
    }

    /// The same parameters under another activation function.
    ///
    /// ```
    /// use drift_net::{Activation, Network, Regime, Shape, nalgebra::DMatrix};
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let shape = Shape::new(3, 8, 2)?;
    /// let network = Network::initialize(shape, Regime::Rich, &mut ChaCha8Rng::seed_from_u64(1))
    ///     .with_activation(Activation::tanh())?;
    /// let (hidden, _) = network.forward(DMatrix::from_element(4, 3, 0.5).as_view())?;
    /// assert!(hidden.iter().all(|activity| activity.abs() < 1.0));
    /// # Ok::<(), drift_net::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] where a number of `activation` is outside its range.
    pub fn with_activation(mut self, activation: Activation) -> Result<Self, Error> {
        self.activation = activation.checked()?;
        Ok(self)
    }

    /// The activation function of the hidden units.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The sizes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The flat parameter vector (p), ordered as in the type's description.
    #[must_use]
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// The flat parameter vector (p), to be moved by a learning rule.
    #[must_use]
    pub fn parameters_mut(&mut self) -> &mut [f64] {
        &mut self.parameters
    }

    /// The flat parameter vector (p), given up.
    #[must_use]
    pub fn into_parameters(self) -> Vec<f64> {
        self.parameters
    }

    /// The parameters of the last hidden layer with one row a unit, (h_L × (h_{L−1} + 1 + d_out)):
    /// all there are with one hidden layer.
    #[must_use]
    pub fn units(&self) -> DMatrixView<'_, f64> {
        let last = self.shape.layers() - 1;
        DMatrixView::from_slice(
            &self.parameters[self.shape.first_parameter(last)..],
            self.shape.widths()[last],
            self.shape.parameters_per_unit(),
        )
    }

    /// Weights W of hidden layer `layer`, (h_l × h_{l−1}); layer 0 reads the inputs.
    ///
    /// # Panics
    /// Where there is no such layer.
    #[must_use]
    pub fn weights_of(&self, layer: usize) -> DMatrixView<'_, f64> {
        let (inputs, units) = (self.shape.inputs_of(layer), self.shape.widths()[layer]);
        let first = self.shape.first_parameter(layer);
        DMatrixView::from_slice(&self.parameters[first..][..units * inputs], units, inputs)
    }

    /// Biases of hidden layer `layer`, (h_l).
    ///
    /// # Panics
    /// Where there is no such layer.
    #[must_use]
    pub fn bias_of(&self, layer: usize) -> DVectorView<'_, f64> {
        let (inputs, units) = (self.shape.inputs_of(layer), self.shape.widths()[layer]);
        let first = self.shape.first_parameter(layer) + units * inputs;
        DVectorView::from_slice(&self.parameters[first..][..units], units)
    }

    /// Input weights M: those of the first hidden layer, (units × inputs).
    #[must_use]
    pub fn input_weights(&self) -> DMatrixView<'_, f64> {
        self.weights_of(0)
    }

    /// Biases b of the first hidden layer, (units).
    #[must_use]
    pub fn bias(&self) -> DVectorView<'_, f64> {
        self.bias_of(0)
    }

    /// Output weights N, (outputs × units of the last hidden layer): a strided view, since the
    /// storage keeps the weights of all units to one output side by side.
    #[must_use]
    pub fn output_weights(&self) -> MatrixView<'_, f64, Dyn, Dyn, Dyn, Dyn> {
        let layers = self.shape.layers();
        let hidden = self.shape.widths()[layers - 1];
        MatrixView::from_slice_with_strides_generic(
            &self.parameters[self.shape.first_parameter(layers)..],
            Dyn(self.shape.outputs()),
            Dyn(hidden),
            Dyn(hidden),
            Dyn(1),
        )
    }

    /// Hidden activity (samples × units, layers side by side) and outputs (samples × d_out) for
    /// `inputs` (samples × d_in). Allocates; a loop wants [`Workspace::forward`].
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`], [`Error::ZeroDimension`] or [`Error::NotFinite`] for inputs that
    /// do not fit, [`Error::Simd`] for an unusable `DRIFT_SIMD`.
    pub fn forward(
        &self,
        inputs: DMatrixView<'_, f64>,
    ) -> Result<(DMatrix<f64>, DMatrix<f64>), Error> {
        let targets = DMatrix::zeros(inputs.nrows(), self.shape.outputs());
        let (samples, mut workspace) = self.pass(inputs, targets.as_view())?;
        workspace.forward(&self.parameters, &samples);
        Ok((workspace.hidden(), workspace.outputs()))
    }

    /// The loss: the mean over all n·d_out entries of (output − target)². Allocates; a loop wants
    /// [`Workspace::loss`].
    ///
    /// # Errors
    /// As [`Network::forward`].
    pub fn loss(
        &self,
        inputs: DMatrixView<'_, f64>,
        targets: DMatrixView<'_, f64>,
    ) -> Result<f64, Error> {
        let (samples, mut workspace) = self.pass(inputs, targets)?;
        Ok(workspace.loss(&self.parameters, &samples))
    }

    /// The loss divided by the variance of all target entries (n·d_out − 1 in the denominator).
    /// Traces and figures show its log10.
    ///
    /// # Errors
    /// As [`Network::forward`], and [`Error::OutOfRange`] where that variance is not above 0.
    pub fn normalised_loss(
        &self,
        inputs: DMatrixView<'_, f64>,
        targets: DMatrixView<'_, f64>,
    ) -> Result<f64, Error> {
        let (samples, mut workspace) = self.pass(inputs, targets)?;
        let value = samples.target_variance();
        check(value > 0.0, "variance of targets", value, "more than 0")?;
        Ok(workspace.loss(&self.parameters, &samples) / value)
    }

    /// The loss and its gradient (p), in the order of the parameters. Allocates; a loop wants
    /// [`Workspace::loss_gradient`].
    ///
    /// With e = 2 (output − target)/(n·d_out) the gradient is eᵀ·hidden for the output weights,
    /// and with δ = (e N) ∘ f′, where f′ is \[hidden > 0\] for the ReLU, it is δᵀX for the input
    /// weights and the column sums of δ for the biases. With more hidden layers X is what the
    /// layer reads, and below the last δ_l = (δ_{l+1} W_{l+1}) ∘ f′.
    ///
    /// # Errors
    /// As [`Network::forward`].
    pub fn loss_gradient(
        &self,
        inputs: DMatrixView<'_, f64>,
        targets: DMatrixView<'_, f64>,
    ) -> Result<(f64, Vec<f64>), Error> {
        let (samples, mut workspace) = self.pass(inputs, targets)?;
        let mut gradient = vec![0.0; self.parameters.len()];
        let loss = workspace.loss_gradient(&self.parameters, &samples, &mut gradient);
        Ok((loss, gradient))
    }

    fn pass(
        &self,
        inputs: DMatrixView<'_, f64>,
        targets: DMatrixView<'_, f64>,
    ) -> Result<(Samples, Workspace), Error> {
        let samples = Samples::new(inputs, targets)?;
        samples.check_shape(self.shape)?;
        let workspace = Workspace::new(self, samples.len())?;
        Ok((samples, workspace))
    }
}
