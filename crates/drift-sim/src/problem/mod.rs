//! A network on a data set as drift-learn's problem.

mod hidden;
mod weights;

use drift_env::Dataset;
use drift_learn::{
    AnyNoise, BatchSettings, BatchState, Batches, Loss, LossGradient, Noise, NoiseSource, Stream,
    Streams,
};
use drift_net::{Activation, HiddenNoise, Network, Samples, Shape, Workspace};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::check::{in_range, same_size};
use crate::registry::MOST_ENTRIES;
use hidden::{HiddenDraws, HiddenState};
pub use hidden::{HiddenNoiseSettings, Masks};
use weights::WeightNoise;
pub use weights::WeightPlace;

/// A network on a data set as a loss to be learned: drift-net's kernels behind drift-learn's
/// traits, with input and label noise drawn anew for every step and, where it is asked for, batches,
/// noise on hidden activity, dropout and multiplicative noise on the parameters.
///
/// [`Loss::loss`] is of the clean network on all data; [`Loss::step_loss`] and
/// [`LossGradient::loss_gradient`] draw this step's noise first. The order of a step: its samples;
/// input and label noise; noise on parameters in transmission; masks and noise on activity, layers
/// upwards; the gradient. Each draws from a stream of its own. Nothing is allocated after the first
/// step of every size of batch.
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
    workspace: Workspace,
    /// What steps pass through: of the whole data or of a batch, and of the rest of a pass. Empty
    /// where a step has the clean data and no noise in the network.
    passes: Vec<StepPass>,
    /// The pass made last; `None` for the clean one.
    last: Option<usize>,
    noise: DataNoise,
    batches: Option<Batches>,
    hidden: Option<HiddenDraws>,
    weights: Option<WeightNoise>,
}

/// The data of a step, its buffers and its noise.
#[derive(Debug, Clone)]
struct StepPass {
    samples: Samples,
    workspace: Workspace,
    hidden: Option<HiddenNoise>,
}

/// Input and label noise with their sources.
#[derive(Debug, Clone, PartialEq)]
struct DataNoise {
    input: AnyNoise,
    input_source: NoiseSource,
    label: AnyNoise,
    label_source: NoiseSource,
}

/// What is drawn inside the network, to be stored; absent where nothing is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InnerState {
    batches: Option<BatchState>,
    hidden: Option<HiddenState>,
    weights: Option<NoiseSource>,
}

impl NetworkProblem {
    /// Networks of the shape and activation function of `network` on `dataset`, with noise on
    /// inputs and labels drawn from the streams of their names.
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
            same_size(field, found, expected)?;
        }
        let clean = Samples::new(inputs.as_view(), targets.as_view())?;
        let noise_free = input_noise.is_none() && label_noise.is_none();
        let mut problem = Self {
            passes: Vec::new(),
            last: None,
            workspace: Workspace::new(network, clean.len())?,
            clean,
            noise: DataNoise {
                input: input_noise,
                input_source: streams.noise_source(Stream::InputNoise)?,
                label: label_noise,
                label_source: streams.noise_source(Stream::LabelNoise)?,
            },
            batches: None,
            hidden: None,
            weights: None,
        };
        if !noise_free {
            problem.passes.push(problem.whole_pass());
        }
        Ok(problem)
    }

    /// The same with steps on batches of the data, drawn from [`Stream::Batches`].
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) and [`Error::ShapeMismatch`], with the field of `batch`.
    pub fn with_batches(
        mut self,
        settings: BatchSettings,
        streams: &Streams,
    ) -> Result<Self, Error> {
        let source = streams.noise_source(Stream::Batches)?;
        let batches =
            Batches::new(settings, self.clean.len(), source).map_err(|error| match error {
                drift_learn::Error::OutOfRange {
                    field,
                    value,
                    expected,
                } => Error::range(format!("batch.{field}"), value, expected),
                drift_learn::Error::LengthMismatch {
                    field,
                    found,
                    expected,
                } => Error::ShapeMismatch {
                    field: format!("batch.{field}"),
                    found,
                    expected,
                },
                other => Error::Learn(other),
            })?;
        let (whole, rest) = batches.sizes();
        let shape = self.shape();
        let widest = shape.inputs().max(shape.outputs()).max(shape.hidden());
        let most = MOST_ENTRIES / widest;
        let expected = format!("at most {most}, for a layer has up to {widest} numbers a sample");
        in_range("batch.size", whole, whole <= most, expected)?;
        self.batches = Some(batches);
        let passes = std::iter::once(whole).chain(rest);
        self.passes = passes
            .map(|count| self.pass_of(count))
            .collect::<Result<_, Error>>()?;
        Ok(self)
    }

    /// The same with noise on hidden activity and dropout, drawn from [`Stream::NoiseBefore`],
    /// [`Stream::NoiseAfter`] and [`Stream::Dropout`].
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange), [`Error::ShapeMismatch`] for another number of layers.
    pub fn with_hidden_noise(
        mut self,
        settings: HiddenNoiseSettings,
        streams: &Streams,
    ) -> Result<Self, Error> {
        if settings.is_none() {
            return Ok(self);
        }
        self.hidden = Some(HiddenDraws::new(settings, self.shape(), streams)?);
        if self.passes.is_empty() {
            self.passes.push(self.whole_pass());
        }
        let network = self.blank_network()?;
        for pass in &mut self.passes {
            pass.hidden = Some(HiddenNoise::new(&network, pass.samples.len())?);
        }
        Ok(self)
    }

    /// The same with noise on the parameters, on biases as well or not, drawn from
    /// [`Stream::WeightNoise`] or [`Stream::TransmissionNoise`]. [`AfterStep`](WeightPlace::AfterStep)
    /// it is applied by [`Training`](crate::Training), through
    /// [`Problem::perturb`](crate::Problem::perturb).
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for a noise in transmission that does not multiply.
    pub fn with_weight_noise(
        mut self,
        noise: impl Into<AnyNoise>,
        place: WeightPlace,
        biases: bool,
        streams: &Streams,
    ) -> Result<Self, Error> {
        let noise = noise.into();
        self.weights = match noise.is_none() {
            true => None,
            false => Some(WeightNoise::new(
                noise,
                place,
                biases,
                self.shape(),
                streams,
            )?),
        };
        Ok(self)
    }

    /// Buffers of all samples, which hold the clean data.
    fn whole_pass(&self) -> StepPass {
        StepPass {
            samples: self.clean.clone(),
            workspace: self.workspace.clone(),
            hidden: None,
        }
    }

    /// Some network of the shape and function.
    fn blank_network(&self) -> Result<Network, Error> {
        let shape = self.shape();
        let network = Network::from_parameters(shape, vec![0.0; shape.parameters()])?;
        Ok(network.with_activation(self.activation())?)
    }

    /// Buffers of a number of samples.
    fn pass_of(&self, count: usize) -> Result<StepPass, Error> {
        let shape = self.shape();
        let network = self.blank_network()?;
        let zeros = |columns| nalgebra::DMatrix::zeros(count, columns);
        let samples = Samples::new(
            zeros(shape.inputs()).as_view(),
            zeros(shape.outputs()).as_view(),
        )?;
        let noisy = self.hidden.is_some();
        Ok(StepPass {
            samples,
            workspace: Workspace::new(&network, count)?,
            hidden: noisy
                .then(|| HiddenNoise::new(&network, count))
                .transpose()?,
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
        self.last = None;
        &self.workspace
    }

    /// The buffers of the last pass, whichever it was.
    pub(crate) fn last_pass(&self) -> &Workspace {
        match self.last {
            None => &self.workspace,
            Some(pass) => &self.passes[pass].workspace,
        }
    }

    /// Whether a step's activity is that of all samples, by which units can be sorted; and what a
    /// unit draws does not depend on where it is stored.
    pub(crate) fn can_sort(&self) -> bool {
        self.shape().layers() == 1 && self.batches.is_none() && self.hidden.is_none()
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

    /// What else is drawn; `None` where nothing is.
    pub(crate) fn inner_state(&self) -> Option<InnerState> {
        let weights = self.weights.as_ref().map(|weights| weights.source.clone());
        let any = self.batches.is_some() || self.hidden.is_some() || weights.is_some();
        any.then(|| InnerState {
            batches: self.batches.as_ref().map(Batches::state),
            hidden: self.hidden.as_ref().map(HiddenDraws::state),
            weights,
        })
    }

    pub(crate) fn restore_inner(&mut self, state: InnerState) -> Result<(), Error> {
        let differs = || Error::range("noise of the state", "another", "the scenario's");
        match (&mut self.batches, state.batches) {
            (None, None) => {}
            (Some(batches), Some(state)) => batches.set_state(state)?,
            _ => return Err(differs()),
        }
        match (&mut self.hidden, state.hidden) {
            (None, None) => {}
            (Some(hidden), Some(state)) => hidden.restore(state)?,
            _ => return Err(differs()),
        }
        match (&mut self.weights, state.weights) {
            (None, None) => Ok(()),
            (Some(weights), Some(source)) => {
                weights.source = source;
                Ok(())
            }
            _ => Err(differs()),
        }
    }

    /// Noise on the parameters after a step.
    pub(crate) fn perturb(&mut self, parameters: &mut [f64]) {
        if let Some(weights) = &mut self.weights
            && weights.place == WeightPlace::AfterStep
        {
            weights.change(parameters);
        }
    }

    /// Draws this step's samples and noise, once.
    fn draw(&mut self) {
        self.last = None;
        if self.passes.is_empty() {
            return;
        }
        let drawn = self.batches.as_mut().map(Batches::draw);
        let full = self.passes[0].samples.len();
        let chosen = usize::from(drawn.is_some_and(|batch| batch.len() != full));
        self.last = Some(chosen);
        let StepPass {
            samples, hidden, ..
        } = &mut self.passes[chosen];
        let batch = self.batches.as_ref().map(Batches::last);
        let clean = &self.clean;
        let DataNoise {
            input,
            input_source,
            label,
            label_source,
        } = &mut self.noise;
        // Where there is no noise and no batch, the data are the clean ones already.
        if batch.is_some() || !input.is_none() {
            samples.update_inputs(|rows| {
                gather(rows, clean.input_rows(), clean.inputs(), batch);
                input.add_to(rows, input_source);
            });
        }
        if batch.is_some() || !label.is_none() {
            let rows = samples.target_rows_mut();
            gather(rows, clean.target_rows(), clean.outputs(), batch);
            label.add_to(rows, label_source);
        }
        if let (Some(draws), Some(noise)) = (&mut self.hidden, hidden) {
            draws.draw(noise);
        }
    }

    /// The loss at other parameters on the data of the step drawn last, and its gradient where one
    /// is asked for.
    fn pass(&mut self, parameters: &[f64], gradient: Option<&mut [f64]>) -> f64 {
        let (workspace, samples, noise) = match self.last {
            None => (&mut self.workspace, &self.clean, None),
            Some(pass) => {
                let StepPass {
                    samples,
                    workspace,
                    hidden,
                } = &mut self.passes[pass];
                (workspace, &*samples, hidden.as_ref())
            }
        };
        match (gradient, noise) {
            (None, None) => workspace.loss(parameters, samples),
            (None, Some(noise)) => workspace.noisy_loss(parameters, samples, noise),
            (Some(gradient), None) => workspace.loss_gradient(parameters, samples, gradient),
            (Some(gradient), Some(noise)) => {
                workspace.noisy_loss_gradient(parameters, samples, noise, gradient)
            }
        }
    }

    /// A step's loss and gradient, after everything is drawn.
    fn step_pass(&mut self, parameters: &[f64], mut gradient: Option<&mut [f64]>) -> f64 {
        self.draw();
        let Some(mut weights) = self
            .weights
            .take_if(|w| w.place == WeightPlace::Transmission)
        else {
            return self.pass(parameters, gradient);
        };
        weights.transmit(parameters);
        let loss = self.pass(&weights.sent, gradient.as_deref_mut());
        if let Some(gradient) = gradient {
            weights.through(parameters, gradient);
        }
        self.weights = Some(weights);
        loss
    }
}

/// Copies the rows of a batch, or all.
fn gather(to: &mut [f64], from: &[f64], columns: usize, batch: Option<&[u32]>) {
    let Some(batch) = batch else {
        return to.copy_from_slice(from);
    };
    for (row, &sample) in to.chunks_exact_mut(columns).zip(batch) {
        row.copy_from_slice(&from[sample as usize * columns..][..columns]);
    }
}

impl Loss for NetworkProblem {
    fn dimension(&self) -> usize {
        self.shape().parameters()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        self.last = None;
        self.workspace.loss(parameters, &self.clean)
    }

    fn step_loss(&mut self, parameters: &[f64]) -> f64 {
        self.step_pass(parameters, None)
    }

    fn same_step_loss(&mut self, parameters: &[f64]) -> f64 {
        if self.batches.is_none() && self.hidden.is_none() {
            return self.loss(parameters);
        }
        // Input and label noise are of the other loss alone.
        if let Some(pass) = self.last {
            let batch = self.batches.as_ref().map(Batches::last);
            let (clean, samples) = (&self.clean, &mut self.passes[pass].samples);
            if !self.noise.input.is_none() {
                samples.update_inputs(|rows| {
                    gather(rows, clean.input_rows(), clean.inputs(), batch);
                });
            }
            if !self.noise.label.is_none() {
                let rows = samples.target_rows_mut();
                gather(rows, clean.target_rows(), clean.outputs(), batch);
            }
        }
        self.pass(parameters, None)
    }
}

impl LossGradient for NetworkProblem {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        self.step_pass(parameters, Some(gradient))
    }
}
