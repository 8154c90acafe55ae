//! Loss and gradient.

use drift_simd::NullaryFnOnce;

use super::forward::{Reads, Summed, Units};
use super::tiles::{Tiling, tiles};
use super::upward::Input;
use super::{Buffers, HiddenNoise, LANES, Lanes, Layer, ZERO, flat, flat_mut, functions};
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

/// As [`delta_tile`], on all listed samples, from the derivative of the loss with respect to what
/// the layer sends on. `backward`: a row of `stride` values for each sample.
#[inline(always)]
fn delta_from_above<L: Tiling, const B: usize, const RELU: bool>(
    level: L,
    (backward, stride): (&[f64], usize),
    block: usize,
    list: &[u32],
    (gate, samples): (&[Lanes], usize),
    delta: &mut [Lanes],
) {
    let (delta, _) = delta.as_chunks_mut::<B>();
    for (&sample, delta) in list.iter().zip(delta) {
        let sample = sample as usize;
        let (row, _) = backward[sample * stride + LANES * block..][..LANES * B].as_chunks();
        for b in 0..B {
            let sum = level.load(&row[b]);
            let gate = level.load(&gate[b * samples + sample].0);
            let slope = if RELU {
                level.where_active(sum, gate)
            } else {
                level.add_product(level.zero(), sum, gate)
            };
            level.store(slope, &mut delta[b].0);
        }
    }
}

/// Gradient of the group of `B` blocks from `block` on; of the padded last block where there are
/// no parameters to read, then into a buffer of its own.
#[inline(always)]
fn gradient_group<L: Tiling, const B: usize, const RELU: bool>(
    level: L,
    parameters: Option<(&[f64], &mut [f64])>,
    block: usize,
    reads: Reads<'_>,
    layer: &mut Layer,
) {
    level.compiled(GradientGroup::<L, B, RELU> {
        level,
        parameters,
        block,
        reads,
        layer,
    });
}

struct GradientGroup<'a, L, const B: usize, const RELU: bool> {
    level: L,
    parameters: Option<(&'a [f64], &'a mut [f64])>,
    block: usize,
    reads: Reads<'a>,
    layer: &'a mut Layer,
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
        let list = &layer.sample_list[..listed];
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
        if channels > 0 {
            let weights = Units::new(weights, block, layer.units, &layer.tail_weights);
            let output_weights = weights.rows(inputs + 1, channels);
            for (first, length) in tiles(listed, L::TILE) {
                let (list, delta) = (&list[first..], &mut delta[first * B..]);
                with_length!(length, T => delta_tile::<L, B, T, RELU>(
                    level, output_weights, (residuals, channels), list, (gate, count), delta,
                ));
            }
        } else {
            let backward = layer.upward.backward_rows(layer.units);
            delta_from_above::<L, B, RELU>(level, backward, block, list, (gate, count), delta);
        }
        if !layer.deltas.is_empty() {
            let deltas = &mut layer.deltas[block * count..][..B * count];
            if listed < count {
                deltas.fill(ZERO);
            }
            for (&sample, delta) in list.iter().zip(delta.as_chunks::<B>().0) {
                for b in 0..B {
                    deltas[b * count + sample as usize] = delta[b];
                }
            }
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

/// The derivative of the loss with respect to what a layer sends on, from that of the layer above
/// with respect to its pre-activations: its product with the rows of that layer's input weights.
struct BackThrough<'a, L> {
    level: L,
    /// Of the layer above.
    parameters: &'a [f64],
    above: &'a Layer,
    layer: &'a mut Layer,
}

impl<L: Tiling> NullaryFnOnce for BackThrough<'_, L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (above, layer) = (self.above, self.layer);
        let summed = Summed {
            blocks: &above.deltas,
            samples: above.samples,
            live: &above.live_blocks[..above.live],
            weights: self.parameters,
            units: above.units,
            tail: &above.tail_weights,
        };
        let live = layer.upward.live_units().len();
        for (sample, height) in tiles(layer.samples, L::OUTPUT_SAMPLES) {
            let widest = L::OUTPUT_CHANNELS.min(L::OUTPUT_SUMS / height);
            for (first, width) in tiles(live, widest) {
                with_length!(height, S => with_length!(width, K => back_tile::<L, S, K>(
                    self.level, summed, layer, sample, first,
                )));
            }
        }
    }
}

/// Derivatives with respect to what `K` live units send on `S` samples.
#[inline(always)]
fn back_tile<L: Tiling, const S: usize, const K: usize>(
    level: L,
    summed: Summed<'_>,
    layer: &mut Layer,
    sample: usize,
    first: usize,
) {
    let mut units = [0; K];
    for k in 0..K {
        units[k] = layer.upward.live_units()[first + k] as usize;
    }
    let sums = summed.tile::<L, S, K>(level, sample, units);
    let stride = layer.units.next_multiple_of(LANES);
    for s in 0..S {
        let row = &mut layer.upward.backward[(sample + s) * stride..][..stride];
        for k in 0..K {
            row[units[k]] = sums[s][k];
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
        if let Some(above) = above.first() {
            level.compiled(BackThrough {
                level,
                parameters: above.parameters(parameters),
                above,
                layer,
            });
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
            gradient_of_layer::<L, true>(level, parameters, reads, layer, gradient);
        } else {
            gradient_of_layer::<L, false>(level, parameters, reads, layer, gradient);
        }
    }
    loss
}

#[inline(always)]
fn gradient_of_layer<L: Tiling, const RELU: bool>(
    level: L,
    parameters: &[f64],
    reads: Reads<'_>,
    layer: &mut Layer,
    gradient: &mut [f64],
) {
    if !RELU {
        layer.list_all_samples();
    }
    if reads.input.weights.is_some() {
        // The rows of silent inputs, which no tile writes.
        gradient[..layer.inputs * layer.units].fill(0.0);
        layer.tail_gradient.fill(ZERO);
    }
    let full = layer.full_blocks();
    let mut block = 0;
    while block < full {
        let pair = L::PAIRS && full - block >= 2 && (!RELU || layer.share_samples(level, block));
        let rows = Some((parameters, &mut *gradient));
        if pair {
            gradient_group::<L, 2, RELU>(level, rows, block, reads, layer);
            block += 2;
        } else {
            gradient_group::<L, 1, RELU>(level, rows, block, reads, layer);
            block += 1;
        }
    }
    if layer.tail_units() > 0 {
        gradient_group::<L, 1, RELU>(level, None, full, reads, layer);
        layer.write_tail_gradient(gradient);
    }
    if !layer.deltas.is_empty() {
        layer.list_live_blocks::<RELU>();
    }
}
