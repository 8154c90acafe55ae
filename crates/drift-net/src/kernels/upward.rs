//! What a hidden layer sends to the one above, laid out as that layer's inputs.

use super::{LANES, Layer};
use crate::Samples;

/// What one layer reads: samples of its inputs, without those that are 0 on all samples.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    /// (inputs × samples), row-major.
    pub(super) columns: &'a [f64],
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
            columns: samples.input_columns(),
            rows: samples.augmented_rows(),
            weights: None,
            count: samples.inputs(),
        }
    }
}

/// The activity that a layer sends on, for the layer above, and the derivative of the loss with
/// respect to it.
#[derive(Debug, Clone, Default)]
pub(super) struct Upward {
    /// (live units × samples), row-major.
    columns: Vec<f64>,
    /// (samples × (live units + 1)), row-major, last column 1.
    rows: Vec<f64>,
    /// Units that are not silent on all samples, ascending, and then the number of units, which is
    /// the row of the biases in the layer above.
    live: Vec<u32>,
    /// Derivative of the loss with respect to what is sent, (samples × units), each row padded to
    /// whole blocks; entries of units that are not live do not count.
    pub(super) backward: Vec<f64>,
}

impl Upward {
    pub(super) fn new(units: usize, samples: usize) -> Self {
        Self {
            columns: vec![0.0; units * samples],
            rows: vec![1.0; (units + 1) * samples],
            live: Vec::with_capacity(units + 1),
            backward: vec![0.0; samples * units.next_multiple_of(LANES)],
        }
    }

    /// `backward` and how far its rows are apart.
    #[inline(always)]
    pub(super) fn backward_rows(&self, units: usize) -> (&[f64], usize) {
        (&self.backward, units.next_multiple_of(LANES))
    }

    /// Units that are not silent on all samples.
    #[inline(always)]
    pub(super) fn live_units(&self) -> &[u32] {
        &self.live[..self.live.len() - 1]
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
        let Upward {
            columns,
            rows,
            live,
            ..
        } = &mut self.upward;
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
            for (place, &unit) in (place..next).zip(&live[place..next]) {
                let lane = unit as usize % LANES;
                let column = &mut columns[place * samples..][..samples];
                for (value, activity) in column.iter_mut().zip(activity) {
                    *value = activity.0[lane];
                }
            }
            place = next;
        }
        for row in rows[..samples * width].chunks_exact_mut(width) {
            row[width - 1] = 1.0;
        }
        live.push(units as u32);
    }

    /// What the layer above reads.
    #[inline(always)]
    pub(super) fn input_above(&self) -> Input<'_> {
        let count = self.upward.live_units().len();
        Input {
            columns: &self.upward.columns[..count * self.samples],
            rows: &self.upward.rows[..(count + 1) * self.samples],
            weights: (count < self.units).then_some(&self.upward.live[..]),
            count,
        }
    }
}
