//! The network.

use drift_sim::learn::{Stream, Streams};
use drift_sim::net::{self, Activation, HessianOperator, Network as Net, Regime, Shape};
use nalgebra::DVectorView;
use pyo3::prelude::*;

use crate::convert::{Give as _, Given, Matrix, Seed, Vector, choice, fields, run};
use crate::error::Raised;
use crate::hessian::{Hessian, Kind};
use crate::settings;

choice!(regime: Regime { "rich" => Regime::Rich, "lazy" => Regime::Lazy });

/// The activation function that an argument names.
fn activation(named: Option<&Bound<'_, PyAny>>) -> Result<Activation, Raised> {
    let Some(named) = named else {
        return Ok(Activation::Relu);
    };
    let read: Activation = match named.extract::<String>().as_deref() {
        Ok("leaky_relu") => Activation::leaky_relu(Activation::SLOPE)?,
        Ok("softplus") => Activation::softplus(),
        Ok("tanh") => Activation::tanh(),
        _ => settings::read(named)?,
    };
    Ok(read.checked()?)
}

/// A network with one hidden layer: hidden = f(X Mᵀ + b), output = hidden Nᵀ. It does not change;
/// `with_parameters` makes another of the same shape.
///
/// Parameters
/// ----------
/// input_weights : array (units, inputs)
///     M.
/// bias : array (units)
///     b.
/// output_weights : array (outputs, units)
///     N.
/// activation : str or dict, optional
///     "relu" (default), "leaky_relu", "softplus" or "tanh", or with its number, such as
///     {"leaky_relu": {"slope": 0.1}}.
#[pyclass(frozen, module = "drift")]
#[derive(Debug, Clone)]
pub struct Network(pub Net);

#[pymethods]
impl Network {
    #[new]
    #[pyo3(signature = (input_weights, bias, output_weights, *, activation=None))]
    fn new(
        input_weights: Matrix<'_>,
        bias: Vector<'_>,
        output_weights: Matrix<'_>,
        activation: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self, Raised> {
        let bias = DVectorView::from_slice(&bias, bias.len());
        let network = Net::from_weights(input_weights.view(), bias, output_weights.view())?;
        Ok(Self(
            network.with_activation(self::activation(activation)?)?,
        ))
    }

    /// A network of random weights, as runs start from.
    ///
    /// Parameters
    /// ----------
    /// inputs, hidden, outputs : int
    ///     Sizes.
    /// regime : str, optional
    ///     "lazy" (default) or "rich": how the output weights start.
    /// seed : int or numpy.random.Generator, optional
    /// activation : str or dict, optional
    ///
    /// Returns
    /// -------
    /// Network
    #[staticmethod]
    #[pyo3(signature = (inputs, hidden, outputs, *, regime="lazy", seed=None, activation=None))]
    fn initialize(
        inputs: usize,
        hidden: usize,
        outputs: usize,
        regime: &str,
        seed: Option<Seed>,
        activation: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self, Raised> {
        let shape = Shape::new(inputs, hidden, outputs)?;
        let mut rng = Streams::new(seed.map_or(0, |seed| seed.0)).named(Stream::Init);
        let network = Net::initialize(shape, self::regime(regime)?, &mut rng);
        Ok(Self(
            network.with_activation(self::activation(activation)?)?,
        ))
    }

    /// The same network with other parameters.
    ///
    /// Parameters
    /// ----------
    /// parameters : array (parameters)
    ///     As `parameters` gives them.
    ///
    /// Returns
    /// -------
    /// Network
    fn with_parameters(&self, parameters: Vector<'_>) -> Result<Self, Raised> {
        let network = Net::from_parameters(self.0.shape(), parameters.to_vec())?;
        Ok(Self(network.with_activation(self.0.activation())?))
    }

    /// (parameters) All parameters: the input weights of all units for the first input, for the
    /// second, …, the biases, the output weights of all units to the first output, ….
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.parameters().to_vec().give(py)
    }

    /// (units, inputs) Input weights M.
    #[getter]
    fn input_weights<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.input_weights().into_owned().give(py)
    }

    /// (units) Biases b.
    #[getter]
    fn bias<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.bias().into_owned().give(py)
    }

    /// (outputs, units) Output weights N.
    #[getter]
    fn output_weights<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.output_weights().into_owned().give(py)
    }

    /// (int, int, int) Inputs, hidden units and outputs.
    #[getter]
    fn shape(&self) -> (usize, usize, usize) {
        let shape = self.0.shape();
        (shape.inputs(), shape.hidden(), shape.outputs())
    }

    /// (str) The activation function of the hidden units.
    #[getter]
    fn activation(&self) -> &'static str {
        self.0.activation().name()
    }

    /// Hidden activity and outputs.
    ///
    /// Parameters
    /// ----------
    /// inputs : array (samples, inputs)
    ///
    /// Returns
    /// -------
    /// tuple
    ///     Arrays (samples, units) and (samples, outputs).
    fn forward<'py>(&self, py: Python<'py>, inputs: Matrix<'_>) -> Given<'py> {
        let inputs = inputs.view();
        run(py, || self.0.forward(inputs))
    }

    /// Hidden activity.
    ///
    /// Parameters
    /// ----------
    /// inputs : array (samples, inputs)
    ///
    /// Returns
    /// -------
    /// array (samples, units)
    fn hidden<'py>(&self, py: Python<'py>, inputs: Matrix<'_>) -> Given<'py> {
        let inputs = inputs.view();
        run(py, || Ok::<_, net::Error>(self.0.forward(inputs)?.0))
    }

    /// The loss: the mean over samples and outputs of (output − target)².
    ///
    /// Parameters
    /// ----------
    /// inputs : array (samples, inputs)
    /// targets : array (samples, outputs)
    ///
    /// Returns
    /// -------
    /// float
    fn loss<'py>(&self, py: Python<'py>, inputs: Matrix<'_>, targets: Matrix<'_>) -> Given<'py> {
        let (inputs, targets) = (inputs.view(), targets.view());
        run(py, || self.0.loss(inputs, targets))
    }

    /// The loss divided by the variance of the targets.
    ///
    /// Parameters
    /// ----------
    /// inputs : array (samples, inputs)
    /// targets : array (samples, outputs)
    ///
    /// Returns
    /// -------
    /// float
    fn normalised_loss<'py>(
        &self,
        py: Python<'py>,
        inputs: Matrix<'_>,
        targets: Matrix<'_>,
    ) -> Given<'py> {
        let (inputs, targets) = (inputs.view(), targets.view());
        run(py, || self.0.normalised_loss(inputs, targets))
    }

    /// The gradient of the loss, in the order of `parameters`.
    ///
    /// Parameters
    /// ----------
    /// inputs : array (samples, inputs)
    /// targets : array (samples, outputs)
    ///
    /// Returns
    /// -------
    /// array (parameters)
    fn gradient<'py>(
        &self,
        py: Python<'py>,
        inputs: Matrix<'_>,
        targets: Matrix<'_>,
    ) -> Given<'py> {
        let (inputs, targets) = (inputs.view(), targets.view());
        run(py, || {
            Ok::<_, net::Error>(self.0.loss_gradient(inputs, targets)?.1)
        })
    }

    /// The loss and its gradient, by one pass.
    ///
    /// Parameters
    /// ----------
    /// inputs : array (samples, inputs)
    /// targets : array (samples, outputs)
    ///
    /// Returns
    /// -------
    /// tuple
    ///     The loss, and an array (parameters).
    fn loss_gradient<'py>(
        &self,
        py: Python<'py>,
        inputs: Matrix<'_>,
        targets: Matrix<'_>,
    ) -> Given<'py> {
        let (inputs, targets) = (inputs.view(), targets.view());
        run(py, || self.0.loss_gradient(inputs, targets))
    }

    /// The Hessian of the loss at these parameters.
    ///
    /// Parameters
    /// ----------
    /// inputs : array (samples, inputs)
    /// targets : array (samples, outputs)
    ///
    /// Returns
    /// -------
    /// Hessian
    fn hessian(
        &self,
        py: Python<'_>,
        inputs: Matrix<'_>,
        targets: Matrix<'_>,
    ) -> Result<Hessian, Raised> {
        let (inputs, targets) = (inputs.view(), targets.view());
        Ok(py.detach(|| {
            Ok::<_, net::Error>(Hessian(match self.0.activation() {
                Activation::Relu => Kind::Exact(net::Hessian::at(&self.0, inputs, targets)?),
                other => Kind::Operator(HessianOperator::at(&self.0, inputs, targets)?, other),
            }))
        })?)
    }
}

fields!(Network {
    shape: [],
    activation: [],
    input_weights: ["unit", "input"],
    bias: ["unit"],
    output_weights: ["output", "unit"],
});
