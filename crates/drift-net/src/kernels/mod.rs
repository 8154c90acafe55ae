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
//! (`RELU`), so that neither asks inside a loop.
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

use bytemuck::{Pod, Zeroable};
pub(crate) use drift_simd::LANES;
use drift_simd::{FLAGS, Kernel, Level, sum_lanes};

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
    /// Hidden activity, (blocks × samples).
    pub(crate) hidden: Vec<Lanes>,
    /// Bit u of an entry tells whether unit u of the block is active, (blocks × samples), and some
    /// to spare, as many as are read at a time.
    pub(crate) active: Vec<u8>,
    /// Blocks with an active unit on a sample of the tile at hand, in order; the first `live`
    /// entries count. One entry to spare, since the next is written before it is known to count.
    live_blocks: Vec<u32>,
    live: usize,
    /// Outputs, (samples × outputs) row-major.
    pub(crate) outputs: Vec<f64>,
    /// Derivative of the loss with respect to the outputs, (samples × outputs) row-major.
    residuals: Vec<f64>,
    /// Weights of the last block where it is not full, padded with zeros; one entry a row.
    tail_weights: Vec<Lanes>,
    tail_gradient: Vec<Lanes>,
    /// Derivative of the loss with respect to the pre-activations of a group of blocks.
    delta: Vec<Lanes>,
    /// Derivatives of the activation function for a group of blocks, (blocks × samples); unused
    /// and empty for the ReLU, whose activity tells enough.
    derivatives: Vec<Lanes>,
    /// Samples on which a group of blocks is active; longer than that by what is written at a time.
    sample_list: Vec<u32>,
}

impl Buffers {
    pub(crate) fn new(shape: Shape, activation: Activation, samples: usize) -> Self {
        let blocks = shape.hidden().div_ceil(LANES);
        let rows = shape.parameters_per_unit();
        let derivatives = match activation {
            Activation::Relu => 0,
            _ => tiles::MAX_GROUP * samples,
        };
        Self {
            shape,
            samples,
            activation,
            hidden: vec![ZERO; blocks * samples],
            active: vec![0; blocks * samples + FLAGS],
            live_blocks: vec![0; blocks + 1],
            live: 0,
            outputs: vec![0.0; samples * shape.outputs()],
            residuals: vec![0.0; samples * shape.outputs()],
            tail_weights: vec![ZERO; rows],
            tail_gradient: vec![ZERO; rows],
            delta: vec![ZERO; tiles::MAX_GROUP * samples],
            derivatives: vec![ZERO; derivatives],
            sample_list: vec![0; samples + FLAGS],
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

    /// Full blocks, without a last one that is padded.
    #[inline(always)]
    fn full_blocks(&self) -> usize {
        self.shape.hidden() / LANES
    }

    /// Units of the last block where it is not full, and 0 where it is.
    fn tail_units(&self) -> usize {
        self.shape.hidden() % LANES
    }

    #[inline(always)]
    fn copy_tail_weights(&mut self, parameters: &[f64]) {
        let rows = parameters.chunks_exact(self.shape.hidden());
        // A copy of a length that is known is two moves, one that is not a call.
        with_length!(self.tail_units(), N of [1 2 3 4 5 6 7] => {
            for (row, lanes) in rows.zip(&mut self.tail_weights) {
                lanes.0[..N].copy_from_slice(&row[row.len() - N..]);
            }
        });
    }

    #[inline(always)]
    fn write_tail_gradient(&self, gradient: &mut [f64]) {
        let rows = gradient.chunks_exact_mut(self.shape.hidden());
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
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        forward::forward(level, self.parameters, self.samples, self.buffers);
    }
}

struct LossGradient<'a> {
    parameters: &'a [f64],
    samples: &'a Samples,
    buffers: &'a mut Buffers,
    gradient: &'a mut [f64],
}

impl Kernel for LossGradient<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> f64 {
        backward::loss_gradient(
            level,
            self.parameters,
            self.samples,
            self.buffers,
            self.gradient,
        )
    }
}

fn assert_shapes(parameters: &[f64], samples: &Samples, buffers: &Buffers) {
    let shape = buffers.shape;
    assert_eq!(
        parameters.len(),
        shape.parameters(),
        "length of the parameter vector"
    );
    assert_eq!(samples.len(), buffers.samples, "samples of the workspace");
    assert_eq!(samples.inputs(), shape.inputs(), "input channels");
    assert_eq!(samples.outputs(), shape.outputs(), "output channels");
}

/// Hidden activity and outputs.
pub(crate) fn forward(
    level: SimdLevel,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
) {
    assert_shapes(parameters, samples, buffers);
    let pass = Forward {
        parameters,
        samples,
        buffers,
    };
    level.run(pass);
}

/// Forward pass and loss.
pub(crate) fn loss(
    level: SimdLevel,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
) -> f64 {
    forward(level, parameters, samples, buffers);
    buffers.loss(samples.target_rows())
}

/// Forward pass, loss and its gradient.
pub(crate) fn loss_gradient(
    level: SimdLevel,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
    gradient: &mut [f64],
) -> f64 {
    assert_shapes(parameters, samples, buffers);
    assert_eq!(
        gradient.len(),
        parameters.len(),
        "length of the gradient vector"
    );
    let pass = LossGradient {
        parameters,
        samples,
        buffers,
        gradient,
    };
    level.run(pass)
}
