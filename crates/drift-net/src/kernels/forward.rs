//! Hidden activity and outputs.

use std::slice::ChunksExact;

use drift_simd::NullaryFnOnce;

use super::tiles::{Tiling, tiles};
use super::{Buffers, LANES, Lanes, flat, flat_mut, functions};
use crate::{Activation, Samples, Shape};

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
        shape: Shape,
        tail: &'a [Lanes],
    ) -> Self {
        match parameters {
            Some(rows) => Self {
                rows,
                stride: shape.hidden(),
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
/// `weights`: a row for each input and one of biases. `columns`: a row of all samples for each input,
/// of which the tile starts at `sample`. `hidden` and `active`: rows of all samples, those of the `B`
/// blocks being the first.
#[inline(always)]
fn hidden_tile<L: Tiling, const B: usize, const T: usize, const RELU: bool>(
    level: L,
    weights: Units<'_>,
    inputs: usize,
    (columns, samples): (&[f64], usize),
    sample: usize,
    hidden: &mut [Lanes],
    active: &mut [u8],
) -> [u8; B] {
    if T > L::TILE {
        unreachable!("tiles are at most {} long", L::TILE);
    }
    let mut sums = [weights.load::<L, B>(level, weights.row(inputs)); T];
    let columns = columns.chunks_exact(samples);
    for (row, values) in weights.rows(0, inputs).iter().zip(columns) {
        let weight = weights.load::<L, B>(level, row);
        let values = &values[sample..][..T];
        for t in 0..T {
            let value = level.splat(values[t]);
            for b in 0..B {
                sums[t][b] = level.add_product(sums[t][b], weight[b], value);
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

/// Outputs of `S` samples on `K` channels, from `sample` and `channel` on.
#[inline(always)]
fn output_tile<L: Tiling, const S: usize, const K: usize>(
    level: L,
    parameters: &[f64],
    buffers: &mut Buffers,
    sample: usize,
    channel: usize,
) {
    if S > L::OUTPUT_SAMPLES || K > L::OUTPUT_CHANNELS || S * K > L::OUTPUT_SUMS {
        unreachable!("tiles are chosen within {} sums", L::OUTPUT_SUMS);
    }
    let (shape, samples) = (buffers.shape, buffers.samples);
    let row = shape.inputs() + 1 + channel;
    let live = &buffers.live_blocks[..buffers.live];
    let tail_block = buffers.full_blocks();
    let full = live.len() - usize::from(live.last() == Some(&(tail_block as u32)));
    let mut sums = [[level.zero(); K]; S];

    let hidden = shape.hidden();
    let mut weights: [&[[f64; LANES]]; K] = [&[]; K];
    for k in 0..K {
        // One length for all rows, so that one comparison serves all of them.
        weights[k] = &parameters[(row + k) * hidden..].as_chunks().0[..tail_block];
    }
    let activity = &buffers.hidden[sample..];
    add_outputs(level, &live[..full], weights, activity, samples, &mut sums);
    if full < live.len() {
        // The tail's weights are a block of their own, so its activity is that of block 0.
        for k in 0..K {
            weights[k] = std::slice::from_ref(&buffers.tail_weights[row + k].0);
        }
        let activity = &activity[tail_block * samples..];
        add_outputs(level, &[0], weights, activity, samples, &mut sums);
    }
    for s in 0..S {
        let outputs = &mut buffers.outputs[(sample + s) * shape.outputs() + channel..][..K];
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
    buffers: &'a mut Buffers,
}

impl<L: Tiling> NullaryFnOnce for Activate<'_, L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (buffers, (first, length)) = (self.buffers, self.tile);
        let activation = buffers.activation;
        let units = LANES.min(buffers.shape.hidden() - LANES * self.block);
        // The padding of the last block is never active.
        let units = u8::MAX >> (LANES - units);
        let at = self.block * buffers.samples + first;
        let hidden = &mut buffers.hidden[at..at + length];
        functions::apply(activation, flat_mut(hidden));
        let margins = &mut buffers.delta[..length];
        functions::margins(activation, flat(hidden), flat_mut(margins));
        for (flags, margin) in buffers.active[at..at + length].iter_mut().zip(margins) {
            *flags = self.level.active(self.level.load(&margin.0)) & units;
        }
    }
}

/// Activity of the group of `B` blocks from `block` on, for the samples of one tile; of the padded
/// last block where there are no parameters to read.
#[inline(always)]
fn hidden_group<L: Tiling, const B: usize, const RELU: bool>(
    level: L,
    parameters: Option<&[f64]>,
    block: usize,
    (first, length): Tile,
    samples: &Samples,
    buffers: &mut Buffers,
) {
    let count = buffers.samples;
    let weights = Units::new(parameters, block, buffers.shape, &buffers.tail_weights);
    let (inputs, columns) = (samples.inputs(), samples.input_columns());
    let at = block * count;
    let (hidden, active) = (&mut buffers.hidden[at..], &mut buffers.active[at..]);
    let any = with_length!(length, T => hidden_tile::<L, B, T, RELU>(
        level, weights, inputs, (columns, count), first, hidden, active,
    ));
    for b in 0..B {
        if !RELU {
            level.compiled(Activate {
                level,
                block: block + b,
                tile: (first, length),
                buffers,
            });
        }
        buffers.live_blocks[buffers.live] = (block + b) as u32;
        buffers.live += usize::from(any[b] != 0);
    }
}

/// The activity of all blocks on the samples of one tile.
struct HiddenOfTile<'a, L, const RELU: bool> {
    level: L,
    parameters: &'a [f64],
    samples: &'a Samples,
    buffers: &'a mut Buffers,
    tile: Tile,
}

impl<L: Tiling, const RELU: bool> NullaryFnOnce for HiddenOfTile<'_, L, RELU> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            level,
            parameters,
            samples,
            buffers,
            tile,
        } = self;
        let full = buffers.full_blocks();
        buffers.live = 0;
        let mut block = 0;
        if L::PAIRS {
            while full - block >= 2 {
                hidden_group::<L, 2, RELU>(level, Some(parameters), block, tile, samples, buffers);
                block += 2;
            }
        }
        while block < full {
            hidden_group::<L, 1, RELU>(level, Some(parameters), block, tile, samples, buffers);
            block += 1;
        }
        if buffers.tail_units() > 0 {
            hidden_group::<L, 1, RELU>(level, None, full, tile, samples, buffers);
        }
    }
}

/// The outputs on the samples of one tile.
struct OutputsOfTile<'a, L> {
    level: L,
    parameters: &'a [f64],
    buffers: &'a mut Buffers,
    tile: Tile,
}

impl<L: Tiling> NullaryFnOnce for OutputsOfTile<'_, L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (parameters, buffers, (first, length)) = (self.parameters, self.buffers, self.tile);
        for (sample, height) in tiles(length, L::OUTPUT_SAMPLES) {
            let widest = L::OUTPUT_CHANNELS.min(L::OUTPUT_SUMS / height);
            for (channel, width) in tiles(buffers.shape.outputs(), widest) {
                with_length!(height, S => with_length!(width, K => output_tile::<L, S, K>(
                    self.level, parameters, buffers, first + sample, channel,
                )));
            }
        }
    }
}

/// Hidden activity and outputs, a tile of samples at a time, so that the tile's activity is still
/// in the nearest cache when the outputs sum it.
#[inline(always)]
pub(super) fn forward<L: Tiling>(
    level: L,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
) {
    if buffers.activation == Activation::Relu {
        forward_with::<L, true>(level, parameters, samples, buffers);
    } else {
        forward_with::<L, false>(level, parameters, samples, buffers);
    }
}

#[inline(always)]
pub(super) fn forward_with<L: Tiling, const RELU: bool>(
    level: L,
    parameters: &[f64],
    samples: &Samples,
    buffers: &mut Buffers,
) {
    if buffers.tail_units() > 0 {
        buffers.copy_tail_weights(parameters);
    }
    for tile in tiles(buffers.samples, L::TILE) {
        level.compiled(HiddenOfTile::<L, RELU> {
            level,
            parameters,
            samples,
            buffers,
            tile,
        });
        level.compiled(OutputsOfTile {
            level,
            parameters,
            buffers,
            tile,
        });
    }
}
