//! Loss and gradient.

use drift_simd::NullaryFnOnce;

use super::forward::{Reads, Units, add_weighted};
use super::tiles::{Tiling, tiles};
use super::upward::Input;
use super::{Buffers, HiddenNoise, LANES, Lanes, Layer, ZERO, flat, flat_mut, functions};
use crate::{Activation, Samples};

/// Derivative with respect to the pre-activations of `B` blocks on the `T` samples that `list`
/// names. `gate`: the activity itself (`RELU`) or the derivative of the activation function there.
///
/// `weights`: a row for each of what reads the blocks, outputs or units of the layer above. `slopes`:
/// derivatives with respect to these, so many for each sample, rows so far apart. `gate`: `B` rows
/// with an entry for each of `samples`. `delta`: `T·B` entries.
#[inline(always)]
fn delta_tile<L: Tiling, const B: usize, const T: usize, const RELU: bool>(
    level: L,
    weights: Units<'_>,
    slopes: (&[f64], usize, usize),
    list: &[u32],
    (gate, samples): (&[Lanes], usize),
    delta: &mut [Lanes],
) {
    if T > L::TILE {
        unreachable!("tiles are at most {} long", L::TILE);
    }
    let list = &list[..T];
    let mut sums = [[level.zero(); B]; T];
    add_weighted(level, &mut sums, weights, None, slopes, list);
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

/// Rows of a gradient, `stride` apart, and which of them the factors have: all in order, or those
/// listed.
struct Rows<'a> {
    gradient: &'a mut [f64],
    stride: usize,
    listed: Option<&'a [u32]>,
}

/// `T` rows of the gradient of `B` blocks, of `8·B` values each: Σ over listed samples of factors ×
/// panel.
#[inline(always)]
fn gradient_tile<L: Tiling, const B: usize, const T: usize>(
    level: L,
    list: &[u32],
    factors: Factors<'_>,
    panel: Panel<'_>,
    into: Rows<'_>,
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
    let mut every = rows.chunks_exact(width);
    let mut sums = [[level.zero(); B]; T];
    match panel {
        Panel::OfSamples(entries, samples) => {
            let mut panels: [&[Lanes]; B] = [&[]; B];
            for b in 0..B {
                panels[b] = &entries[b * samples..][..samples];
            }
            if all {
                for (sample, row) in (0..samples).zip(every.by_ref()) {
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
                for (entry, row) in entries.iter().zip(every.by_ref()) {
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
    let Rows {
        gradient,
        stride,
        listed,
    } = into;
    // Asked once a tile, not once a row.
    match listed {
        None => {
            for t in 0..T {
                store_row(level, sums[t], &mut gradient[(column + t) * stride..]);
            }
        }
        Some(listed) => {
            for t in 0..T {
                let row = listed[column + t] as usize;
                store_row(level, sums[t], &mut gradient[row * stride..]);
            }
        }
    }
}

/// Writes the sums of `B` blocks to the beginning of a row.
#[inline(always)]
fn store_row<L: Tiling, const B: usize>(level: L, sums: [L::Block; B], row: &mut [f64]) {
    let (row, _) = row[..LANES * B].as_chunks_mut();
    for b in 0..B {
        level.store(sums[b], &mut row[b]);
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
    reads: Reads<'_>,
    (layer, above): (&mut Layer, Option<&Layer>),
) {
    level.compiled(GradientGroup::<L, B, RELU> {
        level,
        parameters,
        block,
        reads,
        layer,
        above,
    });
}

struct GradientGroup<'a, L, const B: usize, const RELU: bool> {
    level: L,
    parameters: Option<(&'a [f64], &'a mut [f64])>,
    block: usize,
    reads: Reads<'a>,
    layer: &'a mut Layer,
    above: Option<&'a Layer>,
}

impl<L: Tiling, const B: usize, const RELU: bool> NullaryFnOnce for GradientGroup<'_, L, B, RELU> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            level,
            parameters,
            block,
            reads,
            layer,
            above,
        } = self;
        let (inputs, channels, count) = (layer.inputs, layer.channels, layer.samples);
        let group = block * count..(block + B) * count;
        let listed = if RELU {
            layer.list_samples::<L, B>(level, block)
        } else {
            let derivatives = &mut layer.derivatives[..B * count];
            functions::derivatives(
                layer.activation,
                flat(&layer.hidden[group.clone()]),
                flat_mut(derivatives),
            );
            if let Some(noise) = reads.noise {
                for (at, derivative) in derivatives.iter_mut().enumerate() {
                    noise.scale(layer.units, block + at / count, at % count, derivative);
                }
            }
            count
        };
        let list = if RELU {
            &layer.sample_list[..listed]
        } else {
            &layer.every_sample[..]
        };
        let hidden = &layer.hidden[group.clone()];
        let sent = if layer.noisy {
            &layer.sent[group]
        } else {
            hidden
        };
        let gate = if RELU { hidden } else { &layer.derivatives[..] };
        let delta = &mut layer.delta[..B * listed];
        let residuals = &layer.residuals[..];
        let first = LANES * block;
        let (weights, gradient, stride) = match parameters {
            Some((weights, gradient)) => (Some(weights), &mut gradient[first..], layer.units),
            None => (None, flat_mut(&mut layer.tail_gradient), LANES),
        };
        let (weights, slopes) = match above {
            None => {
                let weights = Units::new(weights, block, layer.units, &layer.tail_weights);
                let weights = weights.rows(inputs + 1, channels);
                (weights, (residuals, channels, channels))
            }
            Some(above) => {
                let (live, stride) = (above.live_units(), above.units.next_multiple_of(LANES));
                let weights = layer.upward.weights(block, layer.units, live);
                (weights, (flat(&above.deltas), live, stride))
            }
        };
        for (first, length) in tiles(listed, L::TILE) {
            let (list, delta) = (&list[first..], &mut delta[first * B..]);
            with_length!(length, T => delta_tile::<L, B, T, RELU>(
                level, weights, slopes, list, (gate, count), delta,
            ));
        }
        if !layer.deltas.is_empty() && listed > 0 {
            let (live, blocks) = (layer.live, layer.units.div_ceil(LANES));
            if listed < count {
                for row in layer.deltas.chunks_exact_mut(blocks) {
                    row[live..][..B].fill(ZERO);
                }
            }
            for (&sample, delta) in list.iter().zip(delta.as_chunks::<B>().0) {
                layer.deltas[sample as usize * blocks + live..][..B].copy_from_slice(delta);
            }
            for b in 0..B {
                layer.live_blocks[live + b] = (block + b) as u32;
            }
            layer.live += B;
        }
        for (first, length) in tiles(reads.input.count + 1, L::TILE) {
            let factors = Factors {
                rows: reads.input.rows,
                stride: reads.input.count + 1,
                column: first,
            };
            let into = Rows {
                gradient: &mut *gradient,
                stride,
                listed: reads.input.weights,
            };
            with_length!(length, T => gradient_tile::<L, B, T>(
                level, list, factors, Panel::OfList(delta), into,
            ));
        }
        for (first, length) in tiles(channels, L::TILE) {
            let factors = Factors {
                rows: residuals,
                stride: channels,
                column: first,
            };
            let into = Rows {
                gradient: &mut gradient[(inputs + 1) * stride..],
                stride,
                listed: None,
            };
            with_length!(length, T => gradient_tile::<L, B, T>(
                level, list, factors, Panel::OfSamples(sent, count), into,
            ));
        }
    }
}

/// Loss and gradient after a forward pass.
#[inline(always)]
pub(super) fn loss_gradient<L: Tiling>(
    level: L,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
    noise: Option<&HiddenNoise>,
    gradient: &mut [f64],
) -> f64 {
    let relu = buffers.activation == Activation::Relu;
    let last = buffers.layers.len() - 1;
    let loss = buffers.layers[last].residuals_and_loss(samples.target_rows());
    for index in (0..=last).rev() {
        let (below, layers) = buffers.layers.split_at_mut(index);
        let Some((layer, above)) = layers.split_first_mut() else {
            unreachable!("index is that of a layer")
        };
        let above = above.first();
        if let Some(above) = above {
            layer.transpose_weights(level, above.parameters(parameters), above);
        }
        let reads = Reads {
            input: match below.last() {
                None => Input::of_samples(samples),
                Some(below) => below.input_above(),
            },
            noise: noise.and_then(|noise| noise.layer(index)),
        };
        let gradient = &mut gradient[layer.offset..][..layer.parameter_count()];
        let parameters = layer.parameters(parameters);
        if relu && !layer.noisy {
            gradient_of_layer::<L, true>(level, parameters, reads, (layer, above), gradient);
        } else {
            gradient_of_layer::<L, false>(level, parameters, reads, (layer, above), gradient);
        }
    }
    loss
}

#[inline(always)]
fn gradient_of_layer<L: Tiling, const RELU: bool>(
    level: L,
    parameters: &[f64],
    reads: Reads<'_>,
    (layer, above): (&mut Layer, Option<&Layer>),
    gradient: &mut [f64],
) {
    if let Some(live) = reads.input.weights {
        // The rows of silent inputs, which no tile writes.
        let mut live = live.iter().map(|&live| live as usize).peekable();
        for input in 0..layer.inputs {
            if live.next_if_eq(&input).is_none() {
                gradient[input * layer.units..][..layer.units].fill(0.0);
                layer.tail_gradient[input] = ZERO;
            }
        }
    }
    layer.live = 0;
    let full = layer.full_blocks();
    let mut block = 0;
    while block < full {
        let pair = L::PAIRS && full - block >= 2 && (!RELU || layer.share_samples(level, block));
        let rows = Some((parameters, &mut *gradient));
        if pair {
            gradient_group::<L, 2, RELU>(level, rows, block, reads, (layer, above));
            block += 2;
        } else {
            gradient_group::<L, 1, RELU>(level, rows, block, reads, (layer, above));
            block += 1;
        }
    }
    if layer.tail_units() > 0 {
        gradient_group::<L, 1, RELU>(level, None, full, reads, (layer, above));
        layer.write_tail_gradient(gradient);
    }
}
