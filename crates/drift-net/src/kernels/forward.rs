//! Hidden activity and outputs.

use std::slice::ChunksExact;

use drift_simd::NullaryFnOnce;

use super::tiles::{Tiling, tiles};
use super::upward::Input;
use super::{Buffers, HiddenNoise, LANES, Lanes, Layer, LayerNoise, flat, flat_mut, functions};
use crate::{Activation, Samples};

/// A tile of samples: the first, and their number.
type Tile = (usize, usize);

/// Rows of the weights of all units, and the first unit of a group of blocks.
#[derive(Clone, Copy)]
pub(super) struct Units<'a> {
    rows: &'a [f64],
    stride: usize,
    unit: usize,
}

impl<'a> Units<'a> {
    /// The group that starts with `block`; the padded last block, which is the only one in its
    /// rows, where there are no parameters.
    #[inline(always)]
    pub(super) fn new(
        parameters: Option<&'a [f64]>,
        block: usize,
        units: usize,
        tail: &'a [Lanes],
    ) -> Self {
        match parameters {
            Some(rows) => Self {
                rows,
                stride: units,
                unit: LANES * block,
            },
            None => Self {
                rows: flat(tail),
                stride: LANES,
                unit: 0,
            },
        }
    }

    #[inline(always)]
    pub(super) fn rows(self, first: usize, count: usize) -> Self {
        Self {
            rows: &self.rows[first * self.stride..][..count * self.stride],
            ..self
        }
    }

    #[inline(always)]
    pub(super) fn row(self, index: usize) -> &'a [f64] {
        &self.rows[index * self.stride..][..self.stride]
    }

    #[inline(always)]
    pub(super) fn iter(self) -> ChunksExact<'a, f64> {
        self.rows.chunks_exact(self.stride)
    }

    /// The weights of the group in one row.
    #[inline(always)]
    pub(super) fn load<L: Tiling, const B: usize>(self, level: L, row: &[f64]) -> [L::Block; B] {
        let mut blocks = [level.zero(); B];
        let (row, _) = row[self.unit..][..LANES * B].as_chunks();
        for b in 0..B {
            blocks[b] = level.load(&row[b]);
        }
        blocks
    }
}

/// Adds to `sums` the products of rows of weights of `B` blocks with factors of the `T` samples that
/// `samples` names, in the order of the factors.
///
/// `weights`: a row for each factor, or those listed. `factors`: so many for each sample, rows so far
/// apart. The samples are looked up even where they are neighbours: their rows are then pointers of
/// their own, where the compiler would otherwise add up the distance again for every product.
#[inline(always)]
pub(super) fn add_weighted<L: Tiling, const B: usize, const T: usize>(
    level: L,
    sums: &mut [[L::Block; B]; T],
    weights: Units<'_>,
    listed: Option<&[u32]>,
    (factors, count, stride): (&[f64], usize, usize),
    samples: &[u32],
) {
    let samples = &samples[..T];
    let mut rows: [&[f64]; T] = [&[]; T];
    for t in 0..T {
        rows[t] = &factors[samples[t] as usize * stride..][..count];
    }
    match listed {
        None => {
            // `by_ref`: a zip of the chunks themselves would divide to count them.
            for (factor, row) in (0..count).zip(weights.rows(0, count).iter().by_ref()) {
                add_products(level, sums, weights.load(level, row), rows, factor);
            }
        }
        Some(listed) => {
            for (factor, &row) in (0..count).zip(listed) {
                let weight = weights.load(level, weights.row(row as usize));
                add_products(level, sums, weight, rows, factor);
            }
        }
    }
}

/// Adds the products of `B` blocks of weights with one factor of `T` samples.
#[inline(always)]
fn add_products<L: Tiling, const B: usize, const T: usize>(
    level: L,
    sums: &mut [[L::Block; B]; T],
    weight: [L::Block; B],
    rows: [&[f64]; T],
    factor: usize,
) {
    for t in 0..T {
        let factor = level.splat(rows[t][factor]);
        for b in 0..B {
            sums[t][b] = level.add_product(sums[t][b], weight[b], factor);
        }
    }
}

/// Activity (`RELU`) or pre-activation of `B` blocks on `T` samples; returns the units that may be
/// active on any of them.
///
/// `weights`: a row for each input and one of biases. `samples`: all, as a list, of which the tile
/// starts at `sample`. `hidden` and `active`: rows of all samples, those of the `B` blocks being the
/// first.
#[inline(always)]
fn hidden_tile<L: Tiling, const B: usize, const T: usize, const RELU: bool>(
    level: L,
    weights: Units<'_>,
    inputs: usize,
    input: Input<'_>,
    (sample, samples): (usize, &[u32]),
    (hidden, active): (&mut [Lanes], &mut [u8]),
) -> [u8; B] {
    if T > L::TILE {
        unreachable!("tiles are at most {} long", L::TILE);
    }
    let mut sums = [weights.load::<L, B>(level, weights.row(inputs)); T];
    let factors = (input.rows, input.count, input.count + 1);
    let list = &samples[sample..];
    add_weighted(level, &mut sums, weights, input.weights, factors, list);
    let mut any = [0; B];
    for b in 0..B {
        let at = b * samples.len() + sample;
        let (hidden, active) = (&mut hidden[at..][..T], &mut active[at..][..T]);
        for t in 0..T {
            if !RELU {
                level.store(sums[t][b], &mut hidden[t].0);
                any[b] = u8::MAX;
                continue;
            }
            let activity = level.relu(sums[t][b]);
            level.store(activity, &mut hidden[t].0);
            let flags = level.active(activity);
            active[t] = flags;
            any[b] |= flags;
        }
    }
    any
}

/// Sums of a tile of the outputs over the blocks of `blocks`.
///
/// `weights`: `K` rows of all blocks. `hidden`: a row of `samples` entries for each block, of which
/// the first `S` are read.
#[inline(always)]
fn add_outputs<L: Tiling, const S: usize, const K: usize>(
    level: L,
    blocks: &[u32],
    weights: [&[[f64; LANES]]; K],
    hidden: &[Lanes],
    samples: usize,
    sums: &mut [[L::Block; K]; S],
) {
    // Most often no block is silent on a tile; then nothing has to be looked up.
    if blocks.len() == weights[0].len() {
        for (block, hidden) in (0..blocks.len()).zip(hidden.chunks(samples).by_ref()) {
            add_block(level, block, weights, hidden, sums);
        }
    } else {
        for &block in blocks {
            let block = block as usize;
            add_block(level, block, weights, &hidden[block * samples..], sums);
        }
    }
}

#[inline(always)]
fn add_block<L: Tiling, const S: usize, const K: usize>(
    level: L,
    block: usize,
    weights: [&[[f64; LANES]]; K],
    hidden: &[Lanes],
    sums: &mut [[L::Block; K]; S],
) {
    let mut weight = [level.zero(); K];
    for k in 0..K {
        weight[k] = level.load(&weights[k][block]);
    }
    let hidden = &hidden[..S];
    for s in 0..S {
        let activity = level.load(&hidden[s].0);
        for k in 0..K {
            sums[s][k] = level.add_product(sums[s][k], activity, weight[k]);
        }
    }
}

/// Outputs of `S` samples on `K` channels, from `sample` and `channel` on.
#[inline(always)]
fn output_tile<L: Tiling, const S: usize, const K: usize>(
    level: L,
    parameters: &[f64],
    layer: &mut Layer,
    sample: usize,
    channel: usize,
) {
    if S > L::OUTPUT_SAMPLES || K > L::OUTPUT_CHANNELS || S * K > L::OUTPUT_SUMS {
        unreachable!("tiles are chosen within {} sums", L::OUTPUT_SUMS);
    }
    let (row, samples) = (layer.inputs + 1 + channel, layer.samples);
    let tail_block = layer.full_blocks();
    let live = &layer.live_blocks[..layer.live];
    let full = live.len() - usize::from(live.last() == Some(&(tail_block as u32)));
    let mut sums = [[level.zero(); K]; S];
    let mut weights: [&[[f64; LANES]]; K] = [&[]; K];
    for k in 0..K {
        // One length for all rows, so that one comparison serves all of them.
        weights[k] = &parameters[(row + k) * layer.units..].as_chunks().0[..tail_block];
    }
    let hidden = &layer.activity_sent()[sample..];
    add_outputs(level, &live[..full], weights, hidden, samples, &mut sums);
    if full < live.len() {
        // The tail's weights are a block of their own, so its activity is that of block 0.
        for k in 0..K {
            weights[k] = std::slice::from_ref(&layer.tail_weights[row + k].0);
        }
        let hidden = &hidden[tail_block * samples..];
        add_outputs(level, &[0], weights, hidden, samples, &mut sums);
    }
    for s in 0..S {
        let outputs = &mut layer.outputs[(sample + s) * layer.channels + channel..][..K];
        for k in 0..K {
            outputs[k] = level.sum(sums[s][k]);
        }
    }
}

/// Turns pre-activations of `block` into activities, for the samples of one tile.
struct Activate<'a, L> {
    level: L,
    block: usize,
    tile: Tile,
    layer: &'a mut Layer,
    noise: Option<&'a LayerNoise>,
}

impl<L: Tiling> NullaryFnOnce for Activate<'_, L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (layer, block, (first, length)) = (self.layer, self.block, self.tile);
        let activation = layer.activation;
        let count = layer.units;
        let units = LANES.min(count - LANES * block);
        // The padding of the last block is never active.
        let units = u8::MAX >> (LANES - units);
        let at = block * layer.samples + first;
        let hidden = &mut layer.hidden[at..at + length];
        if let Some(noise) = self.noise {
            for (sample, hidden) in (first..).zip(&mut *hidden) {
                noise.add_before(count, block, sample, hidden);
            }
        }
        functions::apply(activation, flat_mut(hidden));
        if let Some(noise) = self.noise {
            let sent = &mut layer.sent[at..at + length];
            for (sample, (sent, hidden)) in (first..).zip(sent.iter_mut().zip(&*hidden)) {
                *sent = noise.send(count, block, sample, *hidden);
            }
        }
        let margins = &mut layer.delta[..length];
        functions::margins(activation, flat(hidden), flat_mut(margins));
        for (flags, margin) in layer.active[at..at + length].iter_mut().zip(margins) {
            *flags = self.level.active(self.level.load(&margin.0)) & units;
        }
    }
}

/// What a layer reads in a pass, and the noise on what it sends on.
#[derive(Clone, Copy)]
pub(super) struct Reads<'a> {
    pub(super) input: Input<'a>,
    pub(super) noise: Option<&'a LayerNoise>,
}

/// Activity of the group of `B` blocks from `block` on, for the samples of one tile; of the padded
/// last block where there are no parameters to read.
#[inline(always)]
fn hidden_group<L: Tiling, const B: usize, const RELU: bool>(
    level: L,
    parameters: Option<&[f64]>,
    block: usize,
    (first, length): Tile,
    reads: Reads<'_>,
    layer: &mut Layer,
) {
    let (count, inputs) = (layer.samples, layer.inputs);
    let weights = Units::new(parameters, block, layer.units, &layer.tail_weights);
    let at = block * count;
    let into = (&mut layer.hidden[at..], &mut layer.active[at..]);
    let any = with_length!(length, T => hidden_tile::<L, B, T, RELU>(
        level, weights, inputs, reads.input, (first, &layer.every_sample[..]), into,
    ));
    for b in 0..B {
        if !RELU {
            level.compiled(Activate {
                level,
                block: block + b,
                tile: (first, length),
                layer,
                noise: reads.noise,
            });
        }
        layer.live_blocks[layer.live] = (block + b) as u32;
        layer.live += usize::from(any[b] != 0);
    }
}

/// The activity of all blocks on the samples of one tile.
struct HiddenOfTile<'a, L, const RELU: bool> {
    level: L,
    parameters: &'a [f64],
    reads: Reads<'a>,
    layer: &'a mut Layer,
    tile: Tile,
}

impl<L: Tiling, const RELU: bool> NullaryFnOnce for HiddenOfTile<'_, L, RELU> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            level,
            parameters,
            reads,
            layer,
            tile,
        } = self;
        let full = layer.full_blocks();
        layer.live = 0;
        let mut block = 0;
        if L::PAIRS {
            while full - block >= 2 {
                hidden_group::<L, 2, RELU>(level, Some(parameters), block, tile, reads, layer);
                block += 2;
            }
        }
        while block < full {
            hidden_group::<L, 1, RELU>(level, Some(parameters), block, tile, reads, layer);
            block += 1;
        }
        if layer.tail_units() > 0 {
            hidden_group::<L, 1, RELU>(level, None, full, tile, reads, layer);
        }
    }
}

/// The outputs on the samples of one tile.
struct OutputsOfTile<'a, L> {
    level: L,
    parameters: &'a [f64],
    layer: &'a mut Layer,
    tile: Tile,
}

impl<L: Tiling> NullaryFnOnce for OutputsOfTile<'_, L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (parameters, layer, (first, length)) = (self.parameters, self.layer, self.tile);
        for (sample, height) in tiles(length, L::OUTPUT_SAMPLES) {
            let widest = L::OUTPUT_CHANNELS.min(L::OUTPUT_SUMS / height);
            for (channel, width) in tiles(layer.channels, widest) {
                with_length!(height, S => with_length!(width, K => output_tile::<L, S, K>(
                    self.level, parameters, layer, first + sample, channel,
                )));
            }
        }
    }
}

/// Hidden activity of all layers and outputs.
#[inline(always)]
pub(super) fn forward<L: Tiling>(
    level: L,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
    noise: Option<&HiddenNoise>,
) {
    let relu = buffers.activation == Activation::Relu;
    let count = buffers.layers.len();
    for index in 0..count {
        let (below, layers) = buffers.layers.split_at_mut(index);
        let layer = &mut layers[0];
        let reads = Reads {
            input: match below.last() {
                None => Input::of_samples(samples),
                Some(below) => below.input_above(),
            },
            noise: noise.and_then(|noise| noise.layer(index)),
        };
        let parameters = layer.parameters(parameters);
        if relu && !layer.noisy {
            forward_with::<L, true>(level, parameters, reads, layer);
            if index + 1 < count {
                layer.send::<true>();
            }
        } else {
            forward_with::<L, false>(level, parameters, reads, layer);
            if index + 1 < count {
                layer.send::<false>();
            }
        }
    }
}

/// Hidden activity and outputs of one layer, a tile of samples at a time, so that the tile's
/// activity is still in the nearest cache when the outputs sum it.
#[inline(always)]
fn forward_with<L: Tiling, const RELU: bool>(
    level: L,
    parameters: &[f64],
    reads: Reads<'_>,
    layer: &mut Layer,
) {
    if layer.tail_units() > 0 {
        layer.copy_tail_weights(parameters);
    }
    for tile in tiles(layer.samples, L::TILE) {
        level.compiled(HiddenOfTile::<L, RELU> {
            level,
            parameters,
            reads,
            layer,
            tile,
        });
        level.compiled(OutputsOfTile {
            level,
            parameters,
            layer,
            tile,
        });
    }
}
