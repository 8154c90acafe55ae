//! Loss and gradient.

use drift_simd::NullaryFnOnce;

use super::forward::{Units, forward_with};
use super::tiles::{Tiling, tiles};
use super::{Buffers, LANES, Lanes, ZERO, flat, flat_mut, functions};
use crate::{Activation, Samples};

/// Derivative with respect to the pre-activations of `B` blocks on the `T` samples that `list`
/// names. `gate`: the activity itself (`RELU`) or the derivative of the activation function there.
///
/// `weights`: a row for each output. `residuals`: a row of `outputs` values for each sample. `gate`:
/// `B` rows with an entry for each of `samples`. `delta`: `T·B` entries.
#[inline(always)]
fn delta_tile<L: Tiling, const B: usize, const T: usize, const RELU: bool>(
    level: L,
    weights: Units<'_>,
    (residuals, outputs): (&[f64], usize),
    list: &[u32],
    (gate, samples): (&[Lanes], usize),
    delta: &mut [Lanes],
) {
    if T > L::TILE {
        unreachable!("tiles are at most {} long", L::TILE);
    }
    let list = &list[..T];
    let mut rows: [&[f64]; T] = [&[]; T];
    for t in 0..T {
        rows[t] = &residuals[list[t] as usize * outputs..][..outputs];
    }
    let mut sums = [[level.zero(); B]; T];
    for (output, row) in (0..outputs).zip(weights.iter()) {
        let weight = weights.load::<L, B>(level, row);
        for t in 0..T {
            let residual = level.splat(rows[t][output]);
            for b in 0..B {
                sums[t][b] = level.add_product(sums[t][b], weight[b], residual);
            }
        }
    }
    let delta = &mut delta[..T * B];
    for b in 0..B {
        let gate = &gate[b * samples..][..samples];
        for t in 0..T {
            let gate = level.load(&gate[list[t] as usize].0);
            let slope = if RELU {
                level.where_active(sums[t][b], gate)
            } else {
                level.add_product(level.zero(), sums[t][b], gate)
            };
            level.store(slope, &mut delta[t * B + b].0);
        }
    }
}

/// What a gradient's rows are sums of products with: hidden activity, or the derivatives with
/// respect to the pre-activations.
#[derive(Clone, Copy)]
enum Panel<'a> {
    /// `B` rows with an entry for each sample, so many apart.
    OfSamples(&'a [Lanes], usize),
    /// `B` entries for each listed sample, in the order of the list.
    OfList(&'a [Lanes]),
}

/// Adds the products of `B` blocks with `T` factors.
#[inline(always)]
fn add_products<L: Tiling, const B: usize, const T: usize>(
    level: L,
    sums: &mut [[L::Block; B]; T],
    blocks: [&Lanes; B],
    factors: &[f64],
) {
    let mut values = [level.zero(); B];
    for b in 0..B {
        values[b] = level.load(&blocks[b].0);
    }
    let factors = &factors[..T];
    for t in 0..T {
        let factor = level.splat(factors[t]);
        for b in 0..B {
            sums[t][b] = level.add_product(sums[t][b], values[b], factor);
        }
    }
}

/// Rows of factors, one for each sample, and the first of the tile's columns.
#[derive(Clone, Copy)]
struct Factors<'a> {
    rows: &'a [f64],
    stride: usize,
    column: usize,
}

/// `T` rows of the gradient of `B` blocks: Σ over listed samples of factors × panel.
///
/// `gradient`: `T` rows of `8·B` values, `stride` apart.
#[inline(always)]
fn gradient_tile<L: Tiling, const B: usize, const T: usize>(
    level: L,
    list: &[u32],
    factors: Factors<'_>,
    panel: Panel<'_>,
    (gradient, stride): (&mut [f64], usize),
) {
    if T > L::TILE {
        unreachable!("tiles are at most {} long", L::TILE);
    }
    let Factors {
        rows,
        stride: width,
        column,
    } = factors;
    // Most often all samples are listed, in order; then nothing has to be looked up.
    let all = list.len() * width == rows.len();
    let every = rows.chunks_exact(width);
    let mut sums = [[level.zero(); B]; T];
    match panel {
        Panel::OfSamples(entries, samples) => {
            let mut panels: [&[Lanes]; B] = [&[]; B];
            for b in 0..B {
                panels[b] = &entries[b * samples..][..samples];
            }
            if all {
                for (sample, row) in (0..samples).zip(every) {
                    let blocks = blocks_of(panels, sample);
                    add_products(level, &mut sums, blocks, &row[column..]);
                }
            } else {
                for &sample in list {
                    let sample = sample as usize;
                    let blocks = blocks_of(panels, sample);
                    add_products(level, &mut sums, blocks, &rows[sample * width + column..]);
                }
            }
        }
        Panel::OfList(entries) => {
            let (entries, _) = entries.as_chunks::<B>();
            if all {
                for (entry, row) in entries.iter().zip(every) {
                    add_products(level, &mut sums, entry.each_ref(), &row[column..]);
                }
            } else {
                for (entry, &sample) in entries.iter().zip(list) {
                    let row = &rows[sample as usize * width + column..];
                    add_products(level, &mut sums, entry.each_ref(), row);
                }
            }
        }
    }
    for t in 0..T {
        let (row, _) = gradient[t * stride..][..LANES * B].as_chunks_mut();
        for b in 0..B {
            level.store(sums[t][b], &mut row[b]);
        }
    }
}

#[inline(always)]
fn blocks_of<const B: usize>(panels: [&[Lanes]; B], sample: usize) -> [&Lanes; B] {
    let mut blocks = [&ZERO; B];
    for b in 0..B {
        blocks[b] = &panels[b][sample];
    }
    blocks
}

/// Gradient of the group of `B` blocks from `block` on; of the padded last block where there are
/// no parameters to read, then into a buffer of its own.
#[inline(always)]
fn gradient_group<L: Tiling, const B: usize, const RELU: bool>(
    level: L,
    parameters: Option<(&[f64], &mut [f64])>,
    block: usize,
    samples: &Samples,
    buffers: &mut Buffers,
) {
    level.compiled(GradientGroup::<L, B, RELU> {
        level,
        parameters,
        block,
        samples,
        buffers,
    });
}

struct GradientGroup<'a, L, const B: usize, const RELU: bool> {
    level: L,
    parameters: Option<(&'a [f64], &'a mut [f64])>,
    block: usize,
    samples: &'a Samples,
    buffers: &'a mut Buffers,
}

impl<L: Tiling, const B: usize, const RELU: bool> NullaryFnOnce for GradientGroup<'_, L, B, RELU> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            level,
            parameters,
            block,
            samples,
            buffers,
        } = self;
        let (shape, count) = (buffers.shape, buffers.samples);
        let (inputs, outputs) = (shape.inputs(), shape.outputs());
        let group = block * count..(block + B) * count;
        let listed = if RELU {
            buffers.list_samples::<L, B>(level, block)
        } else {
            functions::derivatives(
                buffers.activation,
                flat(&buffers.hidden[group.clone()]),
                flat_mut(&mut buffers.derivatives[..B * count]),
            );
            count
        };
        let list = &buffers.sample_list[..listed];
        let hidden = &buffers.hidden[group];
        let gate = if RELU {
            hidden
        } else {
            &buffers.derivatives[..]
        };
        let delta = &mut buffers.delta[..B * listed];
        let residuals = &buffers.residuals[..];
        let first = LANES * block;
        let (weights, gradient, stride) = match parameters {
            Some((weights, gradient)) => (Some(weights), &mut gradient[first..], shape.hidden()),
            None => (None, flat_mut(&mut buffers.tail_gradient), LANES),
        };
        let weights = Units::new(weights, block, shape, &buffers.tail_weights);
        let output_weights = weights.rows(inputs + 1, outputs);
        for (first, length) in tiles(listed, L::TILE) {
            let (list, delta) = (&list[first..], &mut delta[first * B..]);
            with_length!(length, T => delta_tile::<L, B, T, RELU>(
                level, output_weights, (residuals, outputs), list, (gate, count), delta,
            ));
        }
        for (first, length) in tiles(inputs + 1, L::TILE) {
            let factors = Factors {
                rows: samples.augmented_rows(),
                stride: inputs + 1,
                column: first,
            };
            let gradient = (&mut gradient[first * stride..], stride);
            with_length!(length, T => gradient_tile::<L, B, T>(
                level, list, factors, Panel::OfList(delta), gradient,
            ));
        }
        for (first, length) in tiles(outputs, L::TILE) {
            let factors = Factors {
                rows: residuals,
                stride: outputs,
                column: first,
            };
            let gradient = (&mut gradient[(inputs + 1 + first) * stride..], stride);
            with_length!(length, T => gradient_tile::<L, B, T>(
                level, list, factors, Panel::OfSamples(hidden, count), gradient,
            ));
        }
    }
}

/// Forward pass, loss and gradient.
#[inline(always)]
pub(super) fn loss_gradient<L: Tiling>(
    level: L,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
    gradient: &mut [f64],
) -> f64 {
    if buffers.activation == Activation::Relu {
        loss_gradient_with::<L, true>(level, parameters, samples, buffers, gradient)
    } else {
        loss_gradient_with::<L, false>(level, parameters, samples, buffers, gradient)
    }
}

#[inline(always)]
fn loss_gradient_with<L: Tiling, const RELU: bool>(
    level: L,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
    gradient: &mut [f64],
) -> f64 {
    forward_with::<L, RELU>(level, parameters, samples, buffers);
    if !RELU {
        buffers.list_all_samples();
    }
    let loss = buffers.residuals_and_loss(samples.target_rows());
    let full = buffers.full_blocks();
    let mut block = 0;
    while block < full {
        let pair = L::PAIRS && full - block >= 2 && (!RELU || buffers.share_samples(level, block));
        let rows = Some((parameters, &mut *gradient));
        if pair {
            gradient_group::<L, 2, RELU>(level, rows, block, samples, buffers);
            block += 2;
        } else {
            gradient_group::<L, 1, RELU>(level, rows, block, samples, buffers);
            block += 1;
        }
    }
    if buffers.tail_units() > 0 {
        gradient_group::<L, 1, RELU>(level, None, full, samples, buffers);
        buffers.write_tail_gradient(gradient);
    }
    loss
}
