use drift_env::Dataset;
use drift_learn::{AnyNoise, Loss, LossGradient, Noise, NoiseSource, Stream, Streams};
use drift_net::{Activation, Network, Samples, Shape, Workspace};

use crate::Error;

/// A network on a data set as a loss to be learned: drift-net's kernels behind drift-learn's
/// traits, with input and label noise drawn anew for every step.
///
/// [`Loss::loss`] is on the clean data; [`Loss::step_loss`] and [`LossGradient::loss_gradient`]
/// draw this step's noise first. Nothing is allocated after it is built.
///
/// ```
/// use drift_sim::{NetworkProblem, env::Dataset, net::{Network, Shape}, learn::*};
/// use drift_sim::net::nalgebra::DMatrix;
///
/// let inputs = DMatrix::from_row_slice(4, 2, &[0., 0., 0., 1., 1., 0., 1., 1.]);
/// let targets = DMatrix::from_row_slice(4, 1, &[0., 1., 1., 0.]);
/// let dataset = Dataset::new(inputs, targets)?;
/// let shape = Shape::new(2, 16, 1)?;
/// let streams = Streams::new(1);
/// let network = Network::from_parameters(shape, vec![0.1; shape.parameters()])?;
/// let mut problem =
///     NetworkProblem::new(&dataset, &network, AnyNoise::None, AnyNoise::None, &streams)?;
/// let mut rule = Sgd::new(SgdSettings { learning_rate: 0.1 }, shape.parameters())?;
/// let mut parameters = network.into_parameters();
/// let before = problem.loss(&parameters);
/// rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
/// assert!(problem.loss(&parameters) < before);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct NetworkProblem {
    clean: Samples,
    /// This step's data; absent where there is no noise.
    noisy: Option<Samples>,
    workspace: Workspace,
    noise: DataNoise,
}

/// Input and label noise with their sources.
#[derive(Debug, Clone, PartialEq)]
struct DataNoise {
    input: AnyNoise,
    input_source: NoiseSource,
    label: AnyNoise,
    label_source: NoiseSource,
}

impl NetworkProblem {
    /// Networks of the shape and activation function of `network` on `dataset`, with noise on inputs and labels drawn from the streams
    /// of their names.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the data do not fit the network.
    pub fn new(
        dataset: &Dataset,
        network: &Network,
        input_noise: AnyNoise,
        label_noise: AnyNoise,
        streams: &Streams,
    ) -> Result<Self, Error> {
        let shape = network.shape();
        let (inputs, targets) = (dataset.inputs(), dataset.targets());
        for (field, found, expected) in [
            ("columns of inputs", inputs.ncols(), shape.inputs()),
            ("columns of targets", targets.ncols(), shape.outputs()),
        ] {
            if found != expected {
                return Err(Error::ShapeMismatch {
                    field: field.to_owned(),
                    found,
                    expected,
                });
            }
        }
        let clean = Samples::new(inputs.as_view(), targets.as_view())?;
        let noise_free = input_noise.is_none() && label_noise.is_none();
        Ok(Self {
            noisy: (!noise_free).then(|| clean.clone()),
            workspace: Workspace::new(network, clean.len())?,
            clean,
            noise: DataNoise {
                input: input_noise,
                input_source: streams.noise_source(Stream::InputNoise)?,
                label: label_noise,
                label_source: streams.noise_source(Stream::LabelNoise)?,
            },
        })
    }

    /// The activation function of the hidden units.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.workspace.activation()
    }

    /// The sizes of the network.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.workspace.shape()
    }

    /// The clean data.
    #[must_use]
    pub fn samples(&self) -> &Samples {
        &self.clean
    }

    /// The buffers of the last pass, after a forward pass on the clean data.
    ///
    /// # Panics
    /// Where `parameters` is not [`dimension`](Loss::dimension) long.
    pub fn forward(&mut self, parameters: &[f64]) -> &Workspace {
        self.workspace.forward(parameters, &self.clean);
        &self.workspace
    }

    /// The buffers of the last pass, whichever it was.
    pub(crate) fn last_pass(&self) -> &Workspace {
        &self.workspace
    }

    /// The sources of input and label noise: the state of a problem. The distributions are none of
    /// it, for those of one's own cannot be stored.
    pub(crate) fn sources(&self) -> [&NoiseSource; 2] {
        [&self.noise.input_source, &self.noise.label_source]
    }

    pub(crate) fn restore_sources(&mut self, [input, label]: [NoiseSource; 2]) {
        self.noise.input_source = input;
        self.noise.label_source = label;
    }

    /// Draws this step's data, once, and passes them to `pass`.
    fn on_step_data<T>(&mut self, pass: impl FnOnce(&mut Workspace, &Samples) -> T) -> T {
        let Some(noisy) = &mut self.noisy else {
            return pass(&mut self.workspace, &self.clean);
        };
        let DataNoise {
            input,
            input_source,
            label,
            label_source,
        } = &mut self.noise;
        if !input.is_none() {
            noisy.update_inputs(|rows| {
                rows.copy_from_slice(self.clean.input_rows());
                input.add_to(rows, input_source);
            });
        }
        if !label.is_none() {
            let rows = noisy.target_rows_mut();
            rows.copy_from_slice(self.clean.target_rows());
            label.add_to(rows, label_source);
        }
        pass(&mut self.workspace, noisy)
    }
}

impl Loss for NetworkProblem {
    fn dimension(&self) -> usize {
        self.shape().parameters()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        self.workspace.loss(parameters, &self.clean)
    }

    fn step_loss(&mut self, parameters: &[f64]) -> f64 {
        self.on_step_data(|workspace, samples| workspace.loss(parameters, samples))
    }
}

impl LossGradient for NetworkProblem {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        self.on_step_data(|workspace, samples| {
            workspace.loss_gradient(parameters, samples, gradient)
        })
    }
}
