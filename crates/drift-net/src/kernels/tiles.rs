//! Cutting a range into tiles, and calling what is compiled for each length of a tile.

use drift_simd::Level;

/// Blocks that a group holds at most.
pub(super) const MAX_GROUP: usize = 2;

/// How large tiles are that fit an instruction set's registers: with 32 blocks of registers at
/// most 25 accumulators, with 8 at most 6, with fewer 2, beside operands and a broadcast.
pub(super) trait Tiling: Level {
    /// Whether two blocks are taken together, so that a broadcast serves both.
    const PAIRS: bool = Self::REGISTERS >= 32;
    /// The longest tile of samples, inputs or outputs: that times the blocks of a group
    /// accumulators, the group's operands and a broadcast have to fit the registers.
    const TILE: usize = by_registers(Self::REGISTERS, [10, 6, 2]);
    /// The same for the two sides of an output's tile, and its accumulators.
    const OUTPUT_SAMPLES: usize = by_registers(Self::REGISTERS, [5, 2, 1]);
    const OUTPUT_CHANNELS: usize = by_registers(Self::REGISTERS, [6, 3, 2]);
    const OUTPUT_SUMS: usize = by_registers(Self::REGISTERS, [25, 6, 2]);
}

/// What is for 32 blocks of registers, for 8, or for fewer.
const fn by_registers(registers: usize, [many, some, few]: [usize; 3]) -> usize {
    match registers {
        32.. => many,
        8.. => some,
        _ => few,
    }
}

impl<L: Level> Tiling for L {}

/// Start and length of tiles of nearly equal length, none longer than `longest`.
#[inline(always)]
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

/// `$body` with `$T` a constant that equals `$length`, from 1 to 10 or of those given. What exceeds
/// a level's own limit is cut off inside, where that limit is known.
macro_rules! with_length {
    ($length:expr, $T:ident => $body:expr) => {
        with_length!($length, $T of [1 2 3 4 5 6 7 8 9 10] => $body)
    };
    ($length:expr, $T:ident of [$($value:literal)+] => $body:expr) => {
        match $length {
            $($value => {
                const $T: usize = $value;
                $body
            })+
            length => unreachable!("a tile of {length}"),
        }
    };
}
