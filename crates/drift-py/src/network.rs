//! The network.

use drift_sim::learn::{Stream, Streams};
use drift_sim::net::{self, Activation, Network as Net, Regime, Shape};
use nalgebra::{DMatrixView, DVectorView};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::convert::{Give as _, Given, Matrix, PerLayer, Seed, Vector, choice, presented, run};
use crate::error::Raised;
use crate::hessian::Hessian;
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

/// A network with one hidden layer or several: hidden = f(X Mᵀ + b), for each layer above
/// hidden = f(hidden below Wᵀ + b), output = hidden Nᵀ. It does not change; `with_parameters` makes
/// another of the same shape.
///
/// Parameters
/// ----------
/// input_weights : array (units, inputs) or list of array (units, units below)
///     M; of several hidden layers a list of their weights, from the inputs up.
/// bias : array (units) or list of array (units)
///     b; of several hidden layers a list.
/// output_weights : array (outputs, units)
///     N, of the last hidden layer.
/// activation : str or dict, optional
///     "relu" (default), "leaky_relu", "softplus" or "tanh", or with its number, such as
///     {"leaky_relu": {"slope": 0.1}}.
#[pyclass(frozen, module = "drift")]
#[derive(Debug, Clone)]
pub struct Network(pub Net);

/// Inputs and targets as they are computed with.
type Data<'a> = (DMatrixView<'a, f64>, DMatrixView<'a, f64>);

impl Network {
    /// Computes on inputs and targets without holding the interpreter.
    fn on<'py, T: crate::convert::Give + Send>(
        &self,
        py: Python<'py>,
        (inputs, targets): (Matrix<'_>, Matrix<'_>),
        compute: impl FnOnce(&Net, Data<'_>) -> Result<T, net::Error> + Send,
    ) -> Given<'py> {
        let data = (inputs.view(), targets.view());
        run(py, || compute(&self.0, data))
    }
}

#[pymethods]
impl Network {
    #[new]
    #[pyo3(signature = (input_weights, bias, output_weights, *, activation=None))]
    fn new(
        input_weights: PerLayer<Matrix<'_>>,
        bias: PerLayer<Vector<'_>>,
        output_weights: Matrix<'_>,
        activation: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self, Raised> {
        let (weights, biases) = (input_weights.0, bias.0);
        if weights.len() != biases.len() {
            return Err(Raised::value(format!(
                "input_weights has {} hidden layers, bias {}; expected as many of both",
                weights.len(),
                biases.len()
            )));
        }
        let layers = weights.iter().zip(&biases);
        let layers: Vec<_> = layers
            .map(|(weights, bias)| {
                let bias: &[f64] = bias;
                (weights.view(), DVectorView::from_slice(bias, bias.len()))
            })
            .collect();
        let network = Net::from_layers(&layers, output_weights.view())?;
        Ok(Self(
            network.with_activation(self::activation(activation)?)?,
        ))
    }

    /// A network of random weights, as runs start from.
    ///
    /// Parameters
    /// ----------
    /// inputs : int
    /// hidden : int or list of int
    ///     Units; of several hidden layers a list, from the inputs up.
    /// outputs : int
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
        hidden: PerLayer<usize>,
        outputs: usize,
        regime: &str,
        seed: Option<Seed>,
        activation: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self, Raised> {
        let shape = Shape::new(inputs, hidden.0.as_slice(), outputs)?;
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

    /// (parameters) All parameters: the weights of all units of the first hidden layer for the first
    /// input, for the second, …, the biases; the same for each layer above; the output weights of all
    /// units to the first output, ….
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.parameters().to_vec().give(py)
    }

    /// (units, inputs) Input weights M: those of the first hidden layer.
    #[getter]
    fn input_weights<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.input_weights().into_owned().give(py)
    }

    /// (units) Biases b of the first hidden layer.
    #[getter]
    fn bias<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.bias().into_owned().give(py)
    }

    /// (list of (units, units below)) Weights of each hidden layer, from the inputs up.
    #[getter]
    fn weights<'py>(&self, py: Python<'py>) -> Given<'py> {
        let layers = 0..self.0.shape().layers();
        let weights = layers.map(|layer| self.0.weights_of(layer).into_owned());
        weights.collect::<Vec<_>>().give(py)
    }

    /// (list of (units)) Biases of each hidden layer, from the inputs up.
    #[getter]
    fn biases<'py>(&self, py: Python<'py>) -> Given<'py> {
        let layers = 0..self.0.shape().layers();
        let biases = layers.map(|layer| self.0.bias_of(layer).as_slice().to_vec());
        biases.collect::<Vec<_>>().give(py)
    }

    /// (outputs, units) Output weights N, of the last hidden layer.
    #[getter]
    fn output_weights<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.output_weights().into_owned().give(py)
    }

    /// (tuple) Inputs, hidden units and outputs, as `initialize` takes them: of several hidden layers
    /// the units are a list, from the inputs up.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let shape = self.0.shape();
        let (inputs, outputs) = (shape.inputs(), shape.outputs());
        match shape.widths() {
            [units] => (inputs, units, outputs).into_pyobject(py),
            widths => (inputs, widths.to_vec(), outputs).into_pyobject(py),
        }
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
    ///     Arrays (samples, units), the layers side by side, and (samples, outputs).
    fn forward<'py>(&self, py: Python<'py>, inputs: Matrix<'_>) -> Given<'py> {
        let inputs = inputs.view();
        run(py, || self.0.forward(inputs))
    }

    /// Hidden activity.
    ///
    /// Parameters
    /// ----------
    /// inputs : array (samples, inputs)
    /// layer : int, optional
    ///     Of one hidden layer; 0 reads the inputs. Default: of all, side by side.
    ///
    /// Returns
    /// -------
    /// array (samples, units)
    #[pyo3(signature = (inputs, *, layer=None))]
    fn hidden<'py>(&self, py: Python<'py>, inputs: Matrix<'_>, layer: Option<usize>) -> Given<'py> {
        let shape = self.0.shape();
        let widths = shape.widths();
        if let Some(layer) = layer.filter(|&layer| layer >= widths.len()) {
            return Err(Raised::value(format!(
                "layer is {layer}, expected less than {}",
                widths.len()
            )));
        }
        let inputs = inputs.view();
        run(py, || {
            let hidden = self.0.forward(inputs)?.0;
            Ok::<_, net::Error>(match layer {
                Some(layer) => {
                    let first = widths[..layer].iter().sum();
                    hidden.columns(first, widths[layer]).into_owned()
                }
                None => hidden,
            })
        })
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
        self.on(py, (inputs, targets), |net, (x, y)| net.loss(x, y))
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
        self.on(py, (inputs, targets), |net, (x, y)| {
            net.normalised_loss(x, y)
        })
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
        self.on(py, (inputs, targets), |net, (x, y)| {
            Ok(net.loss_gradient(x, y)?.1)
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
        self.on(py, (inputs, targets), |net, (x, y)| net.loss_gradient(x, y))
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
        Ok(py.detach(|| Hessian::at(&self.0, inputs, targets))?)
    }

    /// Axes of its arrays; hidden layers have units of their own.
    #[getter]
    fn _axes(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let (first, last) = match self.0.shape().layers() {
            1 => ("unit", "unit"),
            _ => ("unit", "last_unit"),
        };
        let mut axes = vec![
            ("shape", vec![]),
            ("activation", vec![]),
            ("input_weights", vec![first, "input"]),
            ("bias", vec![first]),
            ("output_weights", vec!["output", last]),
        ];
        if first != last {
            axes.extend([("weights", vec![]), ("biases", vec![])]);
        }
        axes
    }
}

presented!(Network);
