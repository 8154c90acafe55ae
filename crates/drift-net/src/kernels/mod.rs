//! The forward and backward pass of the network, vectorised over hidden units.
//!
//! Units lie side by side in memory, so a vector register holds the same weight of 8 units (a
//! *block*) and every inner loop multiplies a block with one broadcast input, residual or
//! activity; nothing is summed across a register but the output. The pass is written once, over a
//! [`Level`], and compiled for each instruction set with that set's type of block. Each entry of
//! each result is one chain of fused multiply-adds in the order of the samples, inputs,
//! outputs or blocks, whatever the tiling, so all sets give the same bits, and leaving out
//! blocks or samples on which no unit is active (their terms are exact zeros) gives them too.
//!
//! The ReLU is applied to sums in registers, and its activity tells its derivative. For every other
//! activation function ([`functions`]) a pass over the tile that was just stored follows, no unit
//! is ever without effect, and nothing is left out. Which of the two is compiled in twice
//! (`RELU`), so that neither asks inside a loop. A layer with noise takes the second way, whatever
//! its function.
//!
//! A deeper network is a stack of [`Layer`]s, of which each is what a network with one hidden layer
//! is. Two things stand between them ([`Upward`]): what a layer sends on is laid out once as the
//! inputs of the next, without units that are silent on all samples; and the next layer's input
//! weights are laid out, transposed, as output weights of this one, with which its derivatives are
//! read as residuals are. With one hidden layer neither exists.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over a tile have constant ends and unroll into registers"
)]

#[macro_use]
mod tiles;
mod active_samples;
mod backward;
mod forward;
pub(crate) mod functions;
mod noise;
mod upward;

use bytemuck::{Pod, Zeroable};
pub(crate) use drift_simd::LANES;
use drift_simd::{FLAGS, Kernel, Level, sum_lanes};
pub use noise::{HiddenNoise, LayerNoise};
use upward::Upward;

use crate::{Activation, Samples, Shape, SimdLevel};

/// One value of each unit of a block.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Lanes(pub(crate) [f64; LANES]);

const ZERO: Lanes = Lanes([0.0; LANES]);

/// The values of all units of all blocks.
#[inline(always)]
fn flat(blocks: &[Lanes]) -> &[f64] {
    bytemuck::cast_slice(blocks)
}

#[inline(always)]
fn flat_mut(blocks: &mut [Lanes]) -> &mut [f64] {
    bytemuck::cast_slice_mut(blocks)
}

/// Everything a pass writes but the gradient; built once, reused by every step.
#[derive(Debug, Clone)]
pub(crate) struct Buffers {
    shape: Shape,
    samples: usize,
    activation: Activation,
    /// From the inputs up; only the last has outputs.
    pub(crate) layers: Vec<Layer>,
}

/// One hidden layer with all that stands on it and below it in its rows of parameters: its input
/// weights, its biases and, for the last, the output weights. A network with one hidden layer is
/// one of these.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    inputs: usize,
    pub(crate) units: usize,
    /// Output channels: 0 below the last layer.
    channels: usize,
    samples: usize,
    activation: Activation,
    /// Where its parameters begin.
    offset: usize,
    /// Activity f(z), (blocks × samples).
    pub(crate) hidden: Vec<Lanes>,
    /// What is sent on where that is not the activity, (blocks × samples); empty without noise.
    sent: Vec<Lanes>,
    /// Whether the last pass was a noisy one, so that `sent` counts.
    noisy: bool,
    /// Bit u of an entry tells whether unit u of the block is active, (blocks × samples), and some
    /// to spare, as many as are read at a time.
    pub(crate) active: Vec<u8>,
    /// Blocks with an active unit on a sample of the tile at hand, or in the backward pass on any, in
    /// order; the first `live` entries count. One entry to spare, since the next is written before it
    /// is known to count.
    live_blocks: Vec<u32>,
    live: usize,
    /// Outputs, (samples × outputs) row-major; empty below the last layer.
    pub(crate) outputs: Vec<f64>,
    /// Derivative of the loss with respect to the outputs, (samples × outputs) row-major.
    residuals: Vec<f64>,
    /// Weights of the last block where it is not full, padded with zeros; one entry a row.
    tail_weights: Vec<Lanes>,
    tail_gradient: Vec<Lanes>,
    /// Derivative of the loss with respect to the pre-activations of a group of blocks.
    delta: Vec<Lanes>,
    /// Derivatives of the activation function for a group of blocks, (blocks × samples); unused
    /// and empty for the ReLU without noise, whose activity tells enough.
    derivatives: Vec<Lanes>,
    /// Samples on which a group of blocks is active; longer than that by what is written at a time.
    sample_list: Vec<u32>,
    /// All samples, as a list.
    every_sample: Vec<u32>,
    /// What the layer above reads of this one; empty for the last.
    upward: Upward,
    /// `delta` of the live blocks, (samples × blocks), 0 where nothing is active: what the layer
    /// below reads of this one; empty for the first.
    deltas: Vec<Lanes>,
}

impl Buffers {
    pub(crate) fn new(shape: Shape, activation: Activation, samples: usize) -> Self {
        let layers = (0..shape.layers())
            .map(|layer| Layer::new(shape, layer, activation, samples))
            .collect();
        Self {
            shape,
            samples,
            activation,
            layers,
        }
    }

    pub(crate) fn activation(&self) -> Activation {
        self.activation
    }

    pub(crate) fn samples(&self) -> usize {
        self.samples
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// The layer that the outputs read.
    pub(crate) fn last(&self) -> &Layer {
        &self.layers[self.layers.len() - 1]
    }
}

impl Layer {
    fn new(shape: Shape, layer: usize, activation: Activation, samples: usize) -> Self {
        let (inputs, units) = (shape.inputs_of(layer), shape.widths()[layer]);
        let last = layer + 1 == shape.layers();
        let channels = if last { shape.outputs() } else { 0 };
        let blocks = units.div_ceil(LANES);
        let rows = inputs + 1 + channels;
        let derivatives = match activation {
            Activation::Relu => 0,
            _ => tiles::MAX_GROUP * samples,
        };
        Self {
            inputs,
            units,
            channels,
            samples,
            activation,
            offset: shape.first_parameter(layer),
            hidden: vec![ZERO; blocks * samples],
            sent: Vec::new(),
            noisy: false,
            active: vec![0; blocks * samples + FLAGS],
            live_blocks: vec![0; blocks + 1],
            live: 0,
            outputs: vec![0.0; samples * channels],
            residuals: vec![0.0; samples * channels],
            tail_weights: vec![ZERO; rows],
            tail_gradient: vec![ZERO; rows],
            delta: vec![ZERO; tiles::MAX_GROUP * samples],
            derivatives: vec![ZERO; derivatives],
            sample_list: vec![0; samples + FLAGS],
            every_sample: (0..samples as u32).collect(),
            upward: if last {
                Upward::default()
            } else {
                Upward::new(units, shape.widths()[layer + 1], samples)
            },
            deltas: if layer > 0 {
                vec![ZERO; blocks * samples]
            } else {
                Vec::new()
            },
        }
    }

    /// Its rows of the parameter vector, or of one that is like it.
    fn parameters<'a>(&self, parameters: &'a [f64]) -> &'a [f64] {
        &parameters[self.offset..][..self.parameter_count()]
    }

    fn parameter_count(&self) -> usize {
        (self.inputs + 1 + self.channels) * self.units
    }

    /// Activity of each unit of a block times what multiplies it, on all samples.
    pub(crate) fn activity_sent(&self) -> &[Lanes] {
        if self.noisy { &self.sent } else { &self.hidden }
    }

    /// Full blocks, without a last one that is padded.
    #[inline(always)]
    fn full_blocks(&self) -> usize {
        self.units / LANES
    }

    /// Units of the live blocks, without the padding of the last.
    #[inline(always)]
    fn live_units(&self) -> usize {
        let last = self.live_blocks[..self.live].last();
        let padded = last == Some(&(self.full_blocks() as u32));
        LANES * self.live - if padded { LANES - self.tail_units() } else { 0 }
    }

    /// Units of the last block where it is not full, and 0 where it is.
    fn tail_units(&self) -> usize {
        self.units % LANES
    }

    #[inline(always)]
    fn copy_tail_weights(&mut self, parameters: &[f64]) {
        let rows = parameters.chunks_exact(self.units);
        // A copy of a length that is known is two moves, one that is not a call.
        with_length!(self.tail_units(), N of [1 2 3 4 5 6 7] => {
            for (row, lanes) in rows.zip(&mut self.tail_weights) {
                lanes.0[..N].copy_from_slice(&row[row.len() - N..]);
            }
        });
    }

    #[inline(always)]
    fn write_tail_gradient(&self, gradient: &mut [f64]) {
        let rows = gradient.chunks_exact_mut(self.units);
        with_length!(self.tail_units(), N of [1 2 3 4 5 6 7] => {
            for (row, lanes) in rows.zip(&self.tail_gradient) {
                let first = row.len() - N;
                row[first..].copy_from_slice(&lanes.0[..N]);
            }
        });
    }

    /// Writes the derivative of the loss with respect to the outputs; returns the loss.
    #[inline(always)]
    fn residuals_and_loss(&mut self, targets: &[f64]) -> f64 {
        let count = self.outputs.len() as f64;
        let scale = 2.0 / count;
        let mut sums = [0.0; LANES];
        let entries = self
            .residuals
            .chunks_mut(LANES)
            .zip(self.outputs.chunks(LANES).zip(targets.chunks(LANES)));
        for (residuals, (outputs, targets)) in entries {
            for (lane, residual) in residuals.iter_mut().enumerate() {
                let difference = outputs[lane] - targets[lane];
                sums[lane] += difference * difference;
                *residual = scale * difference;
            }
        }
        sum_lanes(sums) / count
    }

    fn loss(&self, targets: &[f64]) -> f64 {
        let mut sums = [0.0; LANES];
        for (outputs, targets) in self.outputs.chunks(LANES).zip(targets.chunks(LANES)) {
            for (lane, (output, target)) in outputs.iter().zip(targets).enumerate() {
                let difference = output - target;
                sums[lane] += difference * difference;
            }
        }
        sum_lanes(sums) / self.outputs.len() as f64
    }
}

struct Forward<'a> {
    parameters: &'a [f64],
    samples: &'a Samples,
    buffers: &'a mut Buffers,
    noise: Option<&'a HiddenNoise>,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        forward::forward(
            level,
            self.parameters,
            self.samples,
            self.buffers,
            self.noise,
        );
    }
}

struct LossGradient<'a> {
    forward: Forward<'a>,
    gradient: &'a mut [f64],
}

impl Kernel for LossGradient<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> f64 {
        let Forward {
            parameters,
            samples,
            buffers,
            noise,
        } = self.forward;
        forward::forward(level, parameters, samples, buffers, noise);
        backward::loss_gradient(level, parameters, samples, buffers, noise, self.gradient)
    }
}

impl<'a> Forward<'a> {
    /// # Panics
    /// Where sizes differ.
    fn new(
        parameters: &'a [f64],
        samples: &'a Samples,
        buffers: &'a mut Buffers,
        noise: Option<&'a HiddenNoise>,
    ) -> Self {
        let shape = buffers.shape;
        assert_eq!(
            parameters.len(),
            shape.parameters(),
            "length of the parameter vector"
        );
        assert_eq!(samples.len(), buffers.samples, "samples of the workspace");
        assert_eq!(samples.inputs(), shape.inputs(), "input channels");
        assert_eq!(samples.outputs(), shape.outputs(), "output channels");
        if let Some(noise) = noise {
            noise.assert_fits(shape, buffers.samples);
        }
        for (index, layer) in buffers.layers.iter_mut().enumerate() {
            layer.expect_noise(noise.is_some_and(|noise| noise.is_noisy(index)));
        }
        Self {
            parameters,
            samples,
            buffers,
            noise,
        }
    }
}

/// Hidden activity and outputs.
pub(crate) fn forward(
    level: SimdLevel,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
    noise: Option<&HiddenNoise>,
) {
    level.run(Forward::new(parameters, samples, buffers, noise));
}

/// Forward pass and loss.
pub(crate) fn loss(
    level: SimdLevel,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
    noise: Option<&HiddenNoise>,
) -> f64 {
    forward(level, parameters, samples, buffers, noise);
    buffers.last().loss(samples.target_rows())
}

/// Forward pass, loss and its gradient.
pub(crate) fn loss_gradient(
    level: SimdLevel,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
    noise: Option<&HiddenNoise>,
    gradient: &mut [f64],
) -> f64 {
    assert_eq!(
        gradient.len(),
        parameters.len(),
        "length of the gradient vector"
    );
    level.run(LossGradient {
        forward: Forward::new(parameters, samples, buffers, noise),
        gradient,
    })
}
