//! Turns the parts of a scenario into the things they describe.

use std::collections::BTreeMap;
use std::path::Path;

use drift_env::{Autoencoder, CorridorTask, Dataset, Predictive, Random, Smoothed, Task};
use drift_learn::{
    Adam, AdamSettings, AnyNoise, AnyRule, Gaussian, RmsProp, RmsPropSettings, Sed, SedSettings,
    Sgd, SgdSettings, Stream, Streams, TensorGroup, Uniform,
};
use drift_net::{Network, Shape};
use nalgebra::DVectorView;

use crate::npz::{self, Array};
use crate::scenario::{NoiseSpec, RuleSpec, Scenario, TaskSpec};
use crate::{Error, dataset};

/// Samples, inputs and outputs of a task that drift-env makes.
pub(crate) fn sizes(task: &TaskSpec) -> Option<[usize; 3]> {
    checked_sizes(task).ok().flatten()
}

/// As [`sizes`], with what drift-env refuses.
pub(crate) fn checked_sizes(task: &TaskSpec) -> Result<Option<[usize; 3]>, drift_env::Error> {
    fn count(task: &impl Task) -> [usize; 3] {
        [
            task.samples(),
            task.input_dimension(),
            task.output_dimension(),
        ]
    }
    Ok(Some(match task {
        TaskSpec::Random(parameters) => count(&Random::try_from(*parameters)?),
        TaskSpec::Smoothed(parameters) => count(&Smoothed::try_from(*parameters)?),
        TaskSpec::RandomAutoencoder(parameters) => {
            count(&Autoencoder::new(Random::try_from(*parameters)?))
        }
        TaskSpec::SmoothedAutoencoder(parameters) => {
            count(&Autoencoder::new(Smoothed::try_from(*parameters)?))
        }
        TaskSpec::Predictive(parameters) => count(&Predictive::try_from(*parameters)?),
        TaskSpec::Corridor(parameters) => count(&CorridorTask::try_from(*parameters)?),
        TaskSpec::File(_) | TaskSpec::Valley(_) => return Ok(None),
    }))
}

/// The data set of a scenario. Tasks without an agent draw from the texture stream.
pub(crate) fn dataset(scenario: &Scenario) -> Result<Dataset, Error> {
    let streams = Streams::new(scenario.seed());
    let mut texture = streams.named(Stream::Texture);
    Ok(match &scenario.spec().task {
        TaskSpec::Random(parameters) => Random::try_from(*parameters)?.dataset(&mut texture)?,
        TaskSpec::Smoothed(parameters) => Smoothed::try_from(*parameters)?.dataset(&mut texture)?,
        TaskSpec::RandomAutoencoder(parameters) => {
            Autoencoder::new(Random::try_from(*parameters)?).dataset(&mut texture)?
        }
        TaskSpec::SmoothedAutoencoder(parameters) => {
            Autoencoder::new(Smoothed::try_from(*parameters)?).dataset(&mut texture)?
        }
        TaskSpec::Predictive(parameters) => {
            Predictive::try_from(*parameters)?.dataset(&mut texture)?
        }
        TaskSpec::Corridor(parameters) => CorridorTask::try_from(*parameters)?
            .dataset_with(&mut texture, &mut streams.named(Stream::Trajectory))?,
        TaskSpec::File(path) => dataset::read(path)?,
        TaskSpec::Valley(_) => {
            return Err(Error::range("task", "valley", "a task with a data set"));
        }
    })
}

/// A distribution of noise.
pub(crate) fn noise(spec: NoiseSpec) -> Result<AnyNoise, Error> {
    Ok(match spec {
        NoiseSpec::None => AnyNoise::None,
        NoiseSpec::Gaussian(noise) => Gaussian::new(noise.standard_deviation)?.into(),
        NoiseSpec::Uniform(noise) => Uniform::new(noise.width)?.into(),
    })
}

/// A learning rule for `dimension` parameters, which are a network's where there is a shape.
pub(crate) fn rule(
    spec: &RuleSpec,
    dimension: usize,
    shape: Option<Shape>,
    streams: &Streams,
) -> Result<AnyRule, Error> {
    Ok(match spec {
        RuleSpec::Sgd(spec) => {
            let learning_rate = spec.learning_rate;
            Sgd::new(SgdSettings { learning_rate }, dimension)?.into()
        }
        RuleSpec::Adam(spec) => {
            let settings = AdamSettings {
                learning_rate: spec.learning_rate,
                mean_decay: spec.mean_decay,
                square_decay: spec.square_decay,
                epsilon: spec.epsilon,
            };
            Adam::new(settings, dimension)?.into()
        }
        RuleSpec::RmsProp(spec) => {
            let settings = RmsPropSettings {
                learning_rate: spec.learning_rate,
                square_decay: spec.square_decay,
                epsilon: spec.epsilon,
                epsilon_place: spec.epsilon_place,
            };
            RmsProp::new(settings, dimension)?.into()
        }
        RuleSpec::Sed(spec) => {
            let settings = SedSettings {
                learning_rate: spec.learning_rate,
                perturbation: spec.perturbation,
            };
            let groups = tensor_groups(dimension, shape);
            Sed::new(settings, &groups, streams.noise_source(Stream::Sed)?)?.into()
        }
    })
}

/// The tensors of a network with their first dimensions: input weights and bias have h rows,
/// output weights d_out. Without a network, one row of everything.
fn tensor_groups(dimension: usize, shape: Option<Shape>) -> Vec<TensorGroup> {
    let Some(shape) = shape else {
        return vec![TensorGroup {
            range: 0..dimension,
            rows: 1,
        }];
    };
    let (hidden, inputs) = (shape.hidden(), shape.inputs());
    let (bias, output) = (hidden * inputs, hidden * (inputs + 1));
    [
        (0..bias, hidden),
        (bias..output, hidden),
        (output..shape.parameters(), shape.outputs()),
    ]
    .map(|(range, rows)| TensorGroup { range, rows })
    .to_vec()
}

/// Initial parameters from an `.npz` file.
pub(crate) fn initial_network(path: &Path, shape: Shape) -> Result<Network, Error> {
    let mut arrays = npz::read(path)?;
    if let Some(parameters) = arrays.remove("parameters") {
        let length = parameters.shape.last().copied().unwrap_or(0);
        if length != shape.parameters() || parameters.shape.len() > 2 {
            return Err(Error::ShapeMismatch {
                field: format!("last axis of parameters in {}", path.display()),
                found: length,
                expected: shape.parameters(),
            });
        }
        let last = parameters.values.len().saturating_sub(length);
        return Ok(Network::from_parameters(
            shape,
            parameters.values[last..].to_vec(),
        )?);
    }
    let input_weights = matrix(&mut arrays, "input_weights", path)?;
    let bias = matrix(&mut arrays, "bias", path)?;
    let output_weights = matrix(&mut arrays, "output_weights", path)?;
    let network = Network::from_weights(
        input_weights.as_view(),
        DVectorView::from_slice(bias.as_slice(), bias.len()),
        output_weights.as_view(),
    )?;
    for (axis, found, expected) in [
        ("inputs", network.shape().inputs(), shape.inputs()),
        ("hidden units", network.shape().hidden(), shape.hidden()),
        ("outputs", network.shape().outputs(), shape.outputs()),
    ] {
        if found != expected {
            return Err(Error::ShapeMismatch {
                field: format!("number of {axis} in {}", path.display()),
                found,
                expected,
            });
        }
    }
    Ok(network)
}

fn matrix(
    arrays: &mut BTreeMap<String, Array>,
    name: &str,
    path: &Path,
) -> Result<nalgebra::DMatrix<f64>, Error> {
    arrays
        .remove(name)
        .ok_or_else(|| Error::corrupt(path, format!("there is no array {name}")))?
        .to_matrix()
        .ok_or_else(|| Error::corrupt(path, format!("array {name} has more than two axes")))
}
