use pulp::NullaryFnOnce;

/// Numbers in a block, on every instruction set.
pub const LANES: usize = 8;

/// Flags that [`Level::nonzero`] looks at together.
pub const FLAGS: usize = 64;

/// Sum over a block in the order that every instruction set keeps: halves, quarters, pairs.
#[inline(always)]
#[must_use]
pub fn sum_lanes(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// An instruction set: what it does with blocks of eight doubles, eight words of 64 bits, and 64
/// flags.
///
/// All functions are inlined into what [`compiled`](Level::compiled) runs; left out of line they
/// would be compiled for the target's baseline only. The compiler turns arrays that live across
/// a loop into scalars, so accumulators and the state of a generator are spelled out in blocks;
/// loops over slices need no more than to be compiled for the level.
///
/// It is implemented for this crate's levels only.
pub trait Level: Copy + sealed::Sealed {
    /// Eight doubles in registers.
    type Block: Copy;

    /// Eight words of 64 bits in registers.
    type Words: Copy;

    /// Blocks of doubles that the registers hold.
    const REGISTERS: usize;

    /// Runs what is compiled for this instruction set.
    fn compiled<F: NullaryFnOnce>(self, function: F) -> F::Output;

    /// Eight zeros.
    fn zero(self) -> Self::Block;
    /// A number, eight times.
    fn splat(self, value: f64) -> Self::Block;
    /// Eight numbers from memory.
    fn load(self, from: &[f64; LANES]) -> Self::Block;
    /// Eight numbers to memory.
    fn store(self, block: Self::Block, to: &mut [f64; LANES]);
    /// `sum + left · right`, rounded once.
    fn add_product(self, sum: Self::Block, left: Self::Block, right: Self::Block) -> Self::Block;
    /// The maximum with 0; NaN stays NaN.
    fn relu(self, block: Self::Block) -> Self::Block;
    /// Bits of the lanes above 0; NaN counts, so that it is not lost.
    fn active(self, block: Self::Block) -> u8;
    /// Keeps the lanes where `activity` is above 0 (or NaN), zero elsewhere.
    fn where_active(self, block: Self::Block, activity: Self::Block) -> Self::Block;
    /// Sum over a block in the order of [`sum_lanes`].
    fn sum(self, block: Self::Block) -> f64;
    /// Lane j of block i becomes lane i of block j.
    fn transpose(self, blocks: [Self::Block; LANES]) -> [Self::Block; LANES];

    /// Bits of the flags that are not 0.
    fn nonzero(self, flags: &[u8; FLAGS]) -> u64;

    /// The places of the bits that are set, from `first` on, in order at the start of `list`.
    #[inline(always)]
    fn list_bits(self, mut bits: u64, first: u32, list: &mut [u32; FLAGS]) {
        for entry in list {
            if bits == 0 {
                break;
            }
            *entry = first + bits.trailing_zeros();
            bits &= bits - 1;
        }
    }

    /// Eight words from memory.
    fn load_words(self, from: &[u64; LANES]) -> Self::Words;
    /// Eight words to memory.
    fn store_words(self, words: Self::Words, to: &mut [u64; LANES]);
    /// Sums modulo 2⁶⁴.
    fn add_words(self, left: Self::Words, right: Self::Words) -> Self::Words;
    /// Bits that differ.
    fn xor_words(self, left: Self::Words, right: Self::Words) -> Self::Words;
    /// Words shifted to the left by `BITS`.
    fn shift_words<const BITS: u32>(self, words: Self::Words) -> Self::Words;
    /// Words rotated to the left by `LEFT`; `RIGHT` must be 64 − `LEFT`.
    fn rotate_words<const LEFT: u32, const RIGHT: u32>(self, words: Self::Words) -> Self::Words;
}

pub(crate) mod sealed {
    /// Lets nobody but this crate implement a level.
    pub trait Sealed {}
}

/// No instruction set beyond the target's own: a block is eight numbers.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

impl sealed::Sealed for Plain {}

impl Level for Plain {
    type Block = [f64; LANES];
    type Words = [u64; LANES];

    // AArch64 has 32 registers of two numbers, x86-64 without AVX has 16. More would spill there, and
    // the products, each a call, would be compiled that many times.
    const REGISTERS: usize = if cfg!(target_arch = "x86_64") { 4 } else { 8 };

    #[inline(always)]
    fn compiled<F: NullaryFnOnce>(self, function: F) -> F::Output {
        function.call()
    }

    #[inline(always)]
    fn zero(self) -> [f64; LANES] {
        [0.0; LANES]
    }

    #[inline(always)]
    fn splat(self, value: f64) -> [f64; LANES] {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, from: &[f64; LANES]) -> [f64; LANES] {
        *from
    }

    #[inline(always)]
    fn store(self, block: [f64; LANES], to: &mut [f64; LANES]) {
        *to = block;
    }

    #[inline(always)]
    fn add_product(
        self,
        mut sum: [f64; LANES],
        left: [f64; LANES],
        right: [f64; LANES],
    ) -> [f64; LANES] {
        for (sum, (left, right)) in sum.iter_mut().zip(left.into_iter().zip(right)) {
            *sum = left.mul_add(right, *sum);
        }
        sum
    }

    #[inline(always)]
    fn relu(self, block: [f64; LANES]) -> [f64; LANES] {
        block.map(|value| if value < 0.0 { 0.0 } else { value })
    }

    #[inline(always)]
    fn active(self, block: [f64; LANES]) -> u8 {
        let mut bits = 0;
        for (lane, value) in block.into_iter().enumerate() {
            bits |= u8::from(is_active(value)) << lane;
        }
        bits
    }

    #[inline(always)]
    fn where_active(self, mut block: [f64; LANES], activity: [f64; LANES]) -> [f64; LANES] {
        for (value, rate) in block.iter_mut().zip(activity) {
            if !is_active(rate) {
                *value = 0.0;
            }
        }
        block
    }

    #[inline(always)]
    fn sum(self, block: [f64; LANES]) -> f64 {
        sum_lanes(block)
    }

    #[inline(always)]
    fn transpose(self, blocks: [[f64; LANES]; LANES]) -> [[f64; LANES]; LANES] {
        std::array::from_fn(|to| std::array::from_fn(|from| blocks[from][to]))
    }

    #[inline(always)]
    fn nonzero(self, flags: &[u8; FLAGS]) -> u64 {
        let mut bits = 0;
        for (bit, &flag) in flags.iter().enumerate() {
            bits |= u64::from(flag != 0) << bit;
        }
        bits
    }

    #[inline(always)]
    fn load_words(self, words: &[u64; LANES]) -> [u64; LANES] {
        *words
    }

    #[inline(always)]
    fn store_words(self, words: [u64; LANES], to: &mut [u64; LANES]) {
        *to = words;
    }

    #[inline(always)]
    fn add_words(self, left: [u64; LANES], right: [u64; LANES]) -> [u64; LANES] {
        std::array::from_fn(|lane| left[lane].wrapping_add(right[lane]))
    }

    #[inline(always)]
    fn xor_words(self, left: [u64; LANES], right: [u64; LANES]) -> [u64; LANES] {
        std::array::from_fn(|lane| left[lane] ^ right[lane])
    }

    #[inline(always)]
    fn shift_words<const BITS: u32>(self, words: [u64; LANES]) -> [u64; LANES] {
        words.map(|word| word << BITS)
    }

    #[inline(always)]
    fn rotate_words<const LEFT: u32, const RIGHT: u32>(self, words: [u64; LANES]) -> [u64; LANES] {
        words.map(|word| word.rotate_left(LEFT))
    }
}

fn is_active(value: f64) -> bool {
    value > 0.0 || value.is_nan()
}
