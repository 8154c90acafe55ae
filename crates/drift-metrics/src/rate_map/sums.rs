//! The one pass over the activity that rate maps cost.

use nalgebra::DMatrixView;

use crate::BinnedPositions;
use crate::activity::Activity;

/// Units summed side by side: enough independent sums to hide the latency of an addition to
/// memory when the animal stays in one bin for many frames.
const LANES: usize = 8;

/// Copies of the sums that frames take turns in, where they fit into the fastest cache.
const TURNS: usize = 4;
const FAST_BYTES: usize = 32 << 10;

/// Below this many entries threads cost more than they save.
#[cfg(feature = "rayon")]
const PARALLEL_FROM: usize = 1 << 18;

/// Adds up the activity in each bin; `sums` (bins × units, column-major).
pub(super) fn sum_by_bin(positions: &BinnedPositions, activity: Activity<'_>, sums: &mut [f64]) {
    match activity {
        Activity::Dense(activity) => sum_dense(positions, activity, sums),
        Activity::Sparse(activity) => {
            for (cell, sums) in sums.chunks_exact_mut(positions.n_bins()).enumerate() {
                for (frame, value) in activity.entries(cell) {
                    if let Some(bin) = positions.bin(frame) {
                        sums[bin] += value;
                    }
                }
            }
        }
    }
}

fn sum_dense(positions: &BinnedPositions, activity: DMatrixView<'_, f64>, sums: &mut [f64]) {
    let bins = positions.n_bins();
    // The order of additions depends on the number of bins only, not on the place of a unit among
    // the others.
    let add = if (bins + 1) * LANES * TURNS * size_of::<f64>() <= FAST_BYTES {
        add_panel::<TURNS>
    } else {
        add_panel::<1>
    };
    let panel = |first: usize, sums: &mut [f64]| {
        // A panel with fewer units repeats its last one.
        let last = sums.len() / bins - 1;
        let columns: [_; LANES] =
            std::array::from_fn(|lane| activity.column(first + lane.min(last)));
        let panel = add(
            positions.raw(),
            columns.each_ref().map(|column| column.as_slice()),
            bins,
        );
        for (lane, column) in sums.chunks_exact_mut(bins).enumerate() {
            for (sum, row) in column.iter_mut().zip(&panel) {
                *sum = row[lane];
            }
        }
    };
    #[cfg(feature = "rayon")]
    if activity.len() >= PARALLEL_FROM {
        use rayon::prelude::*;
        sums.par_chunks_mut(bins * LANES)
            .enumerate()
            .for_each(|(index, sums)| panel(index * LANES, sums));
        return;
    }
    for (index, sums) in sums.chunks_mut(bins * LANES).enumerate() {
        panel(index * LANES, sums);
    }
}

/// Sums of one panel of units (bins + 1, the last row for frames without a bin).
///
/// Frames take turns in `T` copies of the sums: an animal stays in a bin for several frames, and
/// each addition to one row would wait for the one before it.
fn add_panel<const T: usize>(
    frames: &[u32],
    columns: [&[f64]; LANES],
    bins: usize,
) -> Vec<[f64; LANES]> {
    let rows = bins + 1;
    let mut panel = vec![[0.0; LANES]; T * rows];
    let columns = columns.map(|column| &column[..frames.len()]);
    for (frame, &bin) in frames.iter().enumerate() {
        let row = &mut panel[(frame % T) * rows + bin as usize];
        for lane in 0..LANES {
            row[lane] += columns[lane][frame];
        }
    }
    let (sums, turns) = panel.split_at_mut(rows);
    for turn in turns.chunks_exact(rows) {
        for (sum, row) in sums.iter_mut().zip(turn) {
            for lane in 0..LANES {
                sum[lane] += row[lane];
            }
        }
    }
    panel.truncate(rows);
    panel
}
