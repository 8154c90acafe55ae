//! The pass itself, a macro expanded once for each instruction set.

/// Blocks that a group holds at most.
pub(super) const MAX_GROUP: usize = 2;

/// Start and length of tiles of nearly equal length, none longer than `longest`.
pub(super) fn tiles(length: usize, longest: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = length.div_ceil(longest);
    let (base, longer) = (length / count.max(1), length % count.max(1));
    (0..count).map(move |tile| {
        (
            tile * base + tile.min(longer),
            base + usize::from(tile < longer),
        )
    })
}

/// `features`: the set to compile for. `group`: blocks taken together, so that a broadcast serves
/// all of them. `tile`: lengths of a tile, 1 to the longest; `group · longest` accumulators, the
/// group's operands and a broadcast have to fit the registers. `samples` and `outputs`: the same
/// for the two sides of the output's tile, which holds at most `output_sums` accumulators.
macro_rules! kernel_body {
    (
        features: [$(#[$feature:meta])*],
        group: $group:literal,
        tile: [$($tile:literal),+],
        samples: [$($output_samples:literal),+],
        outputs: [$($output_channels:literal),+],
        output_sums: $output_sums:literal
    ) => {
        use super::body::tiles;
        use super::{Buffers, LANES, Lanes, flat, flat_mut, functions};
        use crate::{Activation, Samples};

        const TILE: usize = [$($tile),+].len();
        const OUTPUT_SAMPLES: usize = [$($output_samples),+].len();
        const OUTPUT_CHANNELS: usize = [$($output_channels),+].len();
        const OUTPUT_SUMS: usize = $output_sums;

        forward_body! {
            [$($feature),*], $group, [$($tile),+], [$($output_samples),+], [$($output_channels),+]
        }
        backward_body! { [$($feature),*], $group, [$($tile),+] }
    };
}
