//! What a hidden layer and the one above read of each other: activity laid out as inputs, input
//! weights laid out as output weights.

use drift_simd::Level;

use super::forward::Units;
use super::{LANES, Lanes, Layer, ZERO, flat};
use crate::Samples;

/// What one layer reads: samples of its inputs, without those that are 0 on all samples.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    /// (samples × (inputs + 1)), row-major, last column 1.
    pub(super) rows: &'a [f64],
    /// The rows of weights that these inputs and the bias have, where some are left out.
    pub(super) weights: Option<&'a [u32]>,
    /// Number of inputs.
    pub(super) count: usize,
}

impl<'a> Input<'a> {
    #[inline(always)]
    pub(super) fn of_samples(samples: &'a Samples) -> Self {
        Self {
            rows: samples.augmented_rows(),
            weights: None,
            count: samples.inputs(),
        }
    }
}

/// The activity that a layer sends on, for the layer above, and with which weights that layer
/// reads it.
#[derive(Debug, Clone, Default)]
pub(super) struct Upward {
    /// (samples × (live units + 1)), row-major, last column 1.
    rows: Vec<f64>,
    /// Units that are not silent on all samples, ascending, and then the number of units, which is
    /// the row of the biases in the layer above.
    live: Vec<u32>,
    /// Transposed input weights of the layer above: a row for each unit of its live blocks, padded to
    /// whole blocks of this layer's units.
    weights: Vec<Lanes>,
}

impl Upward {
    /// For a layer of `units` below one of `above`.
    pub(super) fn new(units: usize, above: usize, samples: usize) -> Self {
        let blocks = units.div_ceil(LANES);
        Self {
            rows: vec![1.0; (units + 1) * samples],
            live: Vec::with_capacity(units + 1),
            weights: vec![ZERO; above.next_multiple_of(LANES) * blocks],
        }
    }

    /// The first `count` rows of the weights above, for the group that starts with `block`.
    #[inline(always)]
    pub(super) fn weights(&self, block: usize, units: usize, count: usize) -> Units<'_> {
        let weights = flat(&self.weights);
        Units::new(Some(weights), block, units.next_multiple_of(LANES), &[]).rows(0, count)
    }
}

impl Layer {
    /// Lays out what the last pass sends on.
    ///
    /// Without noise a unit of the ReLU is silent where its flag is unset, and then sends 0; with
    /// noise or another function all count as live.
    #[inline(always)]
    pub(super) fn send<const RELU: bool>(&mut self) {
        let (units, samples) = (self.units, self.samples);
        let sent = if self.noisy { &self.sent } else { &self.hidden };
        let Upward { rows, live, .. } = &mut self.upward;
        live.clear();
        if RELU {
            for (block, flags) in self.active[..sent.len()].chunks_exact(samples).enumerate() {
                let mut any = flags.iter().fold(0, |any, &flags| any | flags);
                while any != 0 {
                    live.push((LANES * block) as u32 + any.trailing_zeros());
                    any &= any - 1;
                }
            }
        } else {
            live.extend(0..units as u32);
        }
        let width = live.len() + 1;
        let mut place = 0;
        for (block, activity) in sent.chunks_exact(samples).enumerate() {
            let end = (LANES * (block + 1)) as u32;
            let mut next = place;
            while next < live.len() && live[next] < end {
                next += 1;
            }
            if next - place == LANES {
                // All eight at once: eight neighbours in a row.
                for (row, activity) in rows.chunks_exact_mut(width).zip(activity) {
                    row[place..][..LANES].copy_from_slice(&activity.0);
                }
            } else {
                for (row, activity) in rows.chunks_exact_mut(width).zip(activity) {
                    for (value, &unit) in row[place..next].iter_mut().zip(&live[place..next]) {
                        *value = activity.0[unit as usize % LANES];
                    }
                }
            }
            place = next;
        }
        for row in rows[..samples * width].chunks_exact_mut(width) {
            row[width - 1] = 1.0;
        }
        live.push(units as u32);
    }

    /// Lays out the weights with which the layer above reads this one, after that layer's part of
    /// the gradient, which tells its live blocks.
    #[inline(always)]
    pub(super) fn transpose_weights<L: Level>(
        &mut self,
        level: L,
        parameters: &[f64],
        above: &Layer,
    ) {
        let blocks = self.units.div_ceil(LANES);
        let live = &above.live_blocks[..above.live];
        let rows = self.upward.weights.chunks_exact_mut(LANES * blocks);
        for (&block, rows) in live.iter().zip(rows) {
            let block = block as usize;
            let parameters = (block < above.full_blocks()).then_some(parameters);
            let weights = Units::new(parameters, block, above.units, &above.tail_weights);
            for here in 0..blocks {
                let mut tile = [level.zero(); LANES];
                for lane in 0..LANES {
                    // The padding repeats the last unit; what comes of it is never read.
                    let unit = (LANES * here + lane).min(self.units - 1);
                    [tile[lane]] = weights.load(level, weights.row(unit));
                }
                let tile = level.transpose(tile);
                for lane in 0..LANES {
                    level.store(tile[lane], &mut rows[lane * blocks + here].0);
                }
            }
        }
    }

    /// What the layer above reads.
    #[inline(always)]
    pub(super) fn input_above(&self) -> Input<'_> {
        let count = self.upward.live.len() - 1;
        Input {
            rows: &self.upward.rows[..(count + 1) * self.samples],
            weights: (count < self.units).then_some(&self.upward.live[..]),
            count,
        }
    }
}
