//! The forward and backward pass of the network, vectorised over hidden units.
//!
//! Units lie side by side in memory, so a vector register holds the same weight of 8 units (a
//! *block*) and every inner loop multiplies a block with one broadcast input, residual or
//! activity; nothing is summed across a register but the output. The body of the pass is written
//! once, in `body.rs`, and compiled for each instruction set with that set's block type. Each
//! entry of each result is one chain of fused multiply-adds in the order of the samples, inputs,
//! outputs or blocks, whatever the tiling, so all sets give the same bits, and leaving out
//! blocks or samples on which no unit is active (their terms are exact zeros) gives them too.
//!
//! The ReLU is applied to sums in registers, and its activity tells its derivative. For every other
//! activation function ([`functions`]) a pass over the tile that was just stored follows, no unit
//! is ever without effect, and nothing is left out. Which of the two is compiled in twice
//! (`RELU`), so that neither asks inside a loop.
#![allow(
    unsafe_code,
    reason = "the one module with vector intrinsics and unchecked indexing; bounds are asserted by `assert_shapes`"
)]
#![allow(
    clippy::too_many_arguments,
    clippy::needless_range_loop,
    reason = "a tile is addressed by pointers and strides; its loops have to unroll into registers"
)]

#[macro_use]
mod backward;
#[macro_use]
mod forward;
#[macro_use]
mod body;
mod baseline;
pub(crate) mod functions;
#[cfg(target_arch = "x86_64")]
mod v3;
#[cfg(target_arch = "x86_64")]
mod v4;

use crate::{Activation, Samples, Shape, SimdLevel};

/// Units in a block, on every instruction set.
pub(crate) const LANES: usize = 8;

/// One value of each unit of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Lanes(pub(crate) [f64; LANES]);

const ZERO: Lanes = Lanes([0.0; LANES]);

/// The values of all units of all blocks.
#[inline]
fn flat(blocks: &[Lanes]) -> &[f64] {
    // SAFETY: a block is 8 values and nothing else.
    unsafe { std::slice::from_raw_parts(blocks.as_ptr().cast(), LANES * blocks.len()) }
}

#[inline]
fn flat_mut(blocks: &mut [Lanes]) -> &mut [f64] {
    // SAFETY: as above, and any value may be written.
    unsafe { std::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast(), LANES * blocks.len()) }
}

/// Everything a pass writes but the gradient; built once, reused by every step.
#[derive(Debug, Clone)]
pub(crate) struct Buffers {
    shape: Shape,
    samples: usize,
    activation: Activation,
    /// Hidden activity, (blocks × samples).
    pub(crate) hidden: Vec<Lanes>,
    /// Bit u of an entry tells whether unit u of the block is active, (blocks × samples).
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
    /// Samples on which a group of blocks is active.
    sample_list: Vec<u32>,
}

impl Buffers {
    pub(crate) fn new(shape: Shape, samples: usize) -> Self {
        let blocks = shape.hidden().div_ceil(LANES);
        let rows = shape.parameters_per_unit();
        Self {
            shape,
            samples,
            activation: Activation::Relu,
            hidden: vec![ZERO; blocks * samples],
            active: vec![0; blocks * samples],
            live_blocks: vec![0; blocks + 1],
            live: 0,
            outputs: vec![0.0; samples * shape.outputs()],
            residuals: vec![0.0; samples * shape.outputs()],
            tail_weights: vec![ZERO; rows],
            tail_gradient: vec![ZERO; rows],
            delta: vec![ZERO; body::MAX_GROUP * samples],
            derivatives: Vec::new(),
            sample_list: vec![0; samples + 1],
        }
    }

    pub(crate) fn activation(&self) -> Activation {
        self.activation
    }

    pub(crate) fn set_activation(&mut self, activation: Activation) {
        self.activation = activation;
        let derivatives = match activation {
            Activation::Relu => 0,
            _ => body::MAX_GROUP * self.samples,
        };
        self.derivatives.resize(derivatives, ZERO);
    }

    pub(crate) fn samples(&self) -> usize {
        self.samples
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Full blocks, without a last one that is padded.
    fn full_blocks(&self) -> usize {
        self.shape.hidden() / LANES
    }

    fn copy_tail_weights(&mut self, parameters: &[f64]) {
        let hidden = self.shape.hidden();
        let first = self.full_blocks() * LANES;
        if first == hidden {
            return;
        }
        for (row, lanes) in parameters.chunks_exact(hidden).zip(&mut self.tail_weights) {
            lanes.0[..hidden - first].copy_from_slice(&row[first..]);
        }
    }

    fn write_tail_gradient(&self, gradient: &mut [f64]) {
        let hidden = self.shape.hidden();
        let first = self.full_blocks() * LANES;
        if first == hidden {
            return;
        }
        for (row, lanes) in gradient.chunks_exact_mut(hidden).zip(&self.tail_gradient) {
            row[first..].copy_from_slice(&lanes.0[..hidden - first]);
        }
    }

    /// Lists the samples on which a unit of the `B` blocks from `block` on is active; returns
    /// their number.
    #[inline]
    fn list_samples<const B: usize>(&mut self, block: usize) -> usize {
        let mut flags = [&[][..]; B];
        for (b, flags) in flags.iter_mut().enumerate() {
            *flags = &self.active[(block + b) * self.samples..][..self.samples];
        }
        let mut listed = 0;
        for sample in 0..self.samples {
            let any = flags.iter().fold(0, |any, flags| any | flags[sample]);
            self.sample_list[listed] = sample as u32;
            listed += usize::from(any != 0);
        }
        listed
    }

    fn list_all_samples(&mut self) {
        for (sample, entry) in self.sample_list.iter_mut().enumerate() {
            *entry = sample as u32;
        }
    }

    /// Whether the `B` blocks from `block` on are active on mostly the same samples. Together
    /// they share broadcasts but visit the union of their samples.
    #[inline]
    fn share_samples<const B: usize>(&self, block: usize) -> bool {
        let (mut union, mut apart) = (0, 0);
        for sample in 0..self.samples {
            let mut any = 0;
            for b in 0..B {
                let flags = self.active[(block + b) * self.samples + sample];
                apart += usize::from(flags != 0);
                any |= flags;
            }
            union += usize::from(any != 0);
        }
        // A block alone runs at about 0.85 of the speed of two together.
        100 * apart >= 85 * B * union
    }

    /// Writes the derivative of the loss with respect to the outputs; returns the loss.
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

/// Sum over a block in the order that every instruction set keeps: halves, quarters, pairs.
fn sum_lanes(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

macro_rules! dispatch {
    ($level:expr, $function:ident ( $($argument:expr),* )) => {
        match $level {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a level is only held where `SimdLevel::runs_here` found its instructions.
            SimdLevel::V4 => unsafe { v4::$function($($argument),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            SimdLevel::V3 => unsafe { v3::$function($($argument),*) },
            // SAFETY: needs nothing beyond the target's own instructions.
            _ => unsafe { baseline::$function($($argument),*) },
        }
    };
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
    dispatch!(level, forward(parameters, samples, buffers));
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
    dispatch!(level, loss_gradient(parameters, samples, buffers, gradient))
}
