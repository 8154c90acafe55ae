//! Turns the parts of a scenario into the things they describe.

use std::path::Path;

use drift_engine::npz::Archive;
use drift_env::{Autoencoder, CorridorTask, Predictive, Random, Smoothed, Task};
use drift_learn::{
    Adam, AnyRule, DecaySettings, Decayed, RmsProp, Sed, Sgd, Stream, Streams, TensorGroup,
};
use drift_net::{Network, Shape};
use nalgebra::DVectorView;

use crate::check::{in_range, same_size};
use crate::scenario::{RuleSpec, TaskSpec};
use crate::{Error, Registry, TrainingRule};

/// A task of drift-env; `None` for what is no such task.
pub(crate) fn task(spec: &TaskSpec) -> Result<Option<Box<dyn Task>>, drift_env::Error> {
    Ok(Some(match spec {
        TaskSpec::Random(parameters) => Box::new(Random::try_from(*parameters)?),
        TaskSpec::Smoothed(parameters) => Box::new(Smoothed::try_from(*parameters)?),
        TaskSpec::RandomAutoencoder(parameters) => {
            Box::new(Autoencoder::new(Random::try_from(*parameters)?))
        }
        TaskSpec::SmoothedAutoencoder(parameters) => {
            Box::new(Autoencoder::new(Smoothed::try_from(*parameters)?))
        }
        TaskSpec::Predictive(parameters) => Box::new(Predictive::try_from(*parameters)?),
        TaskSpec::Corridor(parameters) => Box::new(CorridorTask::try_from(*parameters)?),
        _ => return Ok(None),
    }))
}

/// Samples, inputs and outputs of a task of drift-env.
pub(crate) fn sizes(spec: &TaskSpec) -> Result<Option<[usize; 3]>, drift_env::Error> {
    Ok(task(spec)?.map(|task| sizes_of(&*task)))
}

/// Samples, inputs and outputs of a task.
pub(crate) fn sizes_of(task: &dyn Task) -> [usize; 3] {
    [
        task.samples(),
        task.input_dimension(),
        task.output_dimension(),
    ]
}

/// A learning rule for `dimension` parameters, which are a network's where there is a shape.
pub(crate) fn rule(
    spec: &RuleSpec,
    decay: Option<DecaySettings>,
    dimension: usize,
    shape: Option<Shape>,
    streams: &Streams,
    registry: &Registry,
) -> Result<TrainingRule, Error> {
    let rule: AnyRule = match spec {
        RuleSpec::Sgd(settings) => Sgd::new(*settings, dimension)?.into(),
        RuleSpec::Adam(settings) => Adam::new(*settings, dimension)?.into(),
        RuleSpec::RmsProp(settings) => RmsProp::new(*settings, dimension)?.into(),
        RuleSpec::Sed(settings) => {
            let groups = tensor_groups(dimension, shape);
            Sed::new(*settings, &groups, streams.noise_source(Stream::Sed)?)?.into()
        }
        RuleSpec::Own(own) => return registry.rule(own, dimension, streams),
    };
    Ok(match decay {
        None => rule.into(),
        Some(decay) => TrainingRule::own(Decayed::new(rule, decay)?),
    })
}

/// The tensors of a network with their first dimensions: weights and biases of a hidden layer have
/// h_l rows, output weights d_out. Without a network, one row of everything.
fn tensor_groups(dimension: usize, shape: Option<Shape>) -> Vec<TensorGroup> {
    let Some(shape) = shape else {
        return vec![TensorGroup {
            range: 0..dimension,
            rows: 1,
        }];
    };
    let mut groups = Vec::with_capacity(2 * shape.layers() + 1);
    let mut start = 0;
    let mut add = |length: usize, rows: usize| {
        groups.push(TensorGroup {
            range: start..start + length,
            rows,
        });
        start += length;
    };
    for (layer, &units) in shape.widths().iter().enumerate() {
        add(units * shape.inputs_of(layer), units);
        add(units, units);
    }
    let first = shape.first_parameter(shape.layers());
    add(shape.parameters() - first, shape.outputs());
    groups
}

/// Initial parameters from an `.npz` file.
pub(crate) fn initial_network(path: &Path, shape: Shape) -> Result<Network, Error> {
    let mut arrays = Archive::open(path)?;
    if arrays.has("parameters") {
        let parameters = arrays.array("parameters")?;
        let axes = parameters.shape.len();
        let field = format!("axes of parameters in {}", path.display());
        in_range(field, axes, (1..=2).contains(&axes), "1 or 2")?;
        let length = parameters.shape.last().copied().unwrap_or(0);
        let field = format!("last axis of parameters in {}", path.display());
        same_size(field, length, shape.parameters())?;
        let last = parameters.values.len().saturating_sub(length);
        return Ok(Network::from_parameters(
            shape,
            parameters.values[last..].to_vec(),
        )?);
    }
    let input_weights = arrays.matrix("input_weights")?;
    let bias = arrays.matrix("bias")?;
    let output_weights = arrays.matrix("output_weights")?;
    let network = Network::from_weights(
        input_weights.as_view(),
        DVectorView::from_slice(bias.as_slice(), bias.len()),
        output_weights.as_view(),
    )?;
    check_shape(network.shape(), shape, &path.display())?;
    Ok(network)
}

/// Refuses a network of another shape than the data and the scenario have.
pub(crate) fn check_shape(
    found: Shape,
    expected: Shape,
    source: &dyn std::fmt::Display,
) -> Result<(), Error> {
    for (axis, found, expected) in [
        ("inputs", found.inputs(), expected.inputs()),
        ("hidden layers", found.layers(), expected.layers()),
        ("hidden units", found.hidden(), expected.hidden()),
        ("outputs", found.outputs(), expected.outputs()),
    ] {
        same_size(format!("number of {axis} in {source}"), found, expected)?;
    }
    let (found, expected) = (found.widths(), expected.widths());
    in_range(
        format!("widths of the hidden layers in {source}"),
        format!("{found:?}"),
        found == expected,
        format!("{expected:?}"),
    )
}
