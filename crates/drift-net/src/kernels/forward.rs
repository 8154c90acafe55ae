//! Hidden activity and outputs.

use std::slice::ChunksExact;

use drift_simd::NullaryFnOnce;

use super::tiles::{Tiling, tiles};
use super::upward::Input;
use super::{Buffers, HiddenNoise, LANES, Lanes, Layer, LayerNoise, flat, flat_mut, functions};
use crate::{Activation, Samples};

/// A tile of samples: the first, and their number.
pub(super) type Tile = (usize, usize);

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
    fn row(self, index: usize) -> &'a [f64] {
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

/// Activity (`RELU`) or pre-activation of `B` blocks on `T` samples; returns the units that may be
/// active on any of them.
///
/// `weights`: a row for each input and one of biases. `input`: a row of all samples for each input,
/// of which the tile starts at `sample`. `hidden` and `active`: rows of all samples, those of the `B`
/// blocks being the first.
#[inline(always)]
fn hidden_tile<L: Tiling, const B: usize, const T: usize, const RELU: bool>(
    level: L,
    weights: Units<'_>,
    inputs: usize,
    (input, samples): (Input<'_>, usize),
    sample: usize,
    hidden: &mut [Lanes],
    active: &mut [u8],
) -> [u8; B] {
    if T > L::TILE {
        unreachable!("tiles are at most {} long", L::TILE);
    }
    let mut sums = [weights.load::<L, B>(level, weights.row(inputs)); T];
    let columns = input.columns.chunks_exact(samples);
    match input.weights {
        None => {
            for (row, values) in weights.rows(0, inputs).iter().zip(columns) {
                add_input(
                    level,
                    &mut sums,
                    weights.load(level, row),
                    &values[sample..],
                );
            }
        }
        Some(live) => {
            for (&live, values) in live.iter().zip(columns) {
                let row = weights.row(live as usize);
                add_input(
                    level,
                    &mut sums,
                    weights.load(level, row),
                    &values[sample..],
                );
            }
        }
    }
    let mut any = [0; B];
    let rows = hidden.chunks_exact_mut(samples);
    for (b, (hidden, active)) in rows
        .zip(active.chunks_exact_mut(samples))
        .enumerate()
        .take(B)
    {
        let (hidden, active) = (&mut hidden[sample..][..T], &mut active[sample..][..T]);
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

/// Adds the products of `B` blocks of weights with an input on `T` samples.
#[inline(always)]
fn add_input<L: Tiling, const B: usize, const T: usize>(
    level: L,
    sums: &mut [[L::Block; B]; T],
    weight: [L::Block; B],
    values: &[f64],
) {
    let values = &values[..T];
    for t in 0..T {
        let value = level.splat(values[t]);
        for b in 0..B {
            sums[t][b] = level.add_product(sums[t][b], weight[b], value);
        }
    }
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
        for (block, hidden) in (0..blocks.len()).zip(hidden.chunks(samples)) {
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

/// Blocks of units on all samples and the rows of weights with which they are summed: activity
/// with output weights, or derivatives with input weights.
#[derive(Clone, Copy)]
pub(super) struct Summed<'a> {
    /// (blocks × samples).
    pub(super) blocks: &'a [Lanes],
    pub(super) samples: usize,
    /// Blocks that are not 0 on all samples of the tile, ascending.
    pub(super) live: &'a [u32],
    /// Rows of the weights of all units.
    pub(super) weights: &'a [f64],
    pub(super) units: usize,
    /// The last block's weights where it is not full, a block for each row.
    pub(super) tail: &'a [Lanes],
}

impl Summed<'_> {
    /// Sums over units for `S` samples from `sample` on and `K` rows of weights.
    #[inline(always)]
    pub(super) fn tile<L: Tiling, const S: usize, const K: usize>(
        self,
        level: L,
        sample: usize,
        rows: [usize; K],
    ) -> [[f64; K]; S] {
        if S > L::OUTPUT_SAMPLES || K > L::OUTPUT_CHANNELS || S * K > L::OUTPUT_SUMS {
            unreachable!("tiles are chosen within {} sums", L::OUTPUT_SUMS);
        }
        let Self { live, samples, .. } = self;
        let tail_block = self.units / LANES;
        let full = live.len() - usize::from(live.last() == Some(&(tail_block as u32)));
        let mut sums = [[level.zero(); K]; S];
        let mut weights: [&[[f64; LANES]]; K] = [&[]; K];
        for k in 0..K {
            // One length for all rows, so that one comparison serves all of them.
            weights[k] = &self.weights[rows[k] * self.units..].as_chunks().0[..tail_block];
        }
        let blocks = &self.blocks[sample..];
        add_outputs(level, &live[..full], weights, blocks, samples, &mut sums);
        if full < live.len() {
            // The tail's weights are a block of their own, so its activity is that of block 0.
            for k in 0..K {
                weights[k] = std::slice::from_ref(&self.tail[rows[k]].0);
            }
            let blocks = &blocks[tail_block * samples..];
            add_outputs(level, &[0], weights, blocks, samples, &mut sums);
        }
        let mut results = [[0.0; K]; S];
        for s in 0..S {
            for k in 0..K {
                results[s][k] = level.sum(sums[s][k]);
            }
        }
        results
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
    let row = layer.inputs + 1 + channel;
    let mut rows = [0; K];
    for k in 0..K {
        rows[k] = row + k;
    }
    let summed = Summed {
        blocks: layer.activity_sent(),
        samples: layer.samples,
        live: &layer.live_blocks[..layer.live],
        weights: parameters,
        units: layer.units,
        tail: &layer.tail_weights,
    };
    let sums = summed.tile::<L, S, K>(level, sample, rows);
    for s in 0..S {
        let outputs = &mut layer.outputs[(sample + s) * layer.channels + channel..];
        outputs[..K].copy_from_slice(&sums[s]);
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
    let count = layer.samples;
    let weights = Units::new(parameters, block, layer.units, &layer.tail_weights);
    let inputs = layer.inputs;
    let at = block * count;
    let (hidden, active) = (&mut layer.hidden[at..], &mut layer.active[at..]);
    let any = with_length!(length, T => hidden_tile::<L, B, T, RELU>(
        level, weights, inputs, (reads.input, count), first, hidden, active,
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
