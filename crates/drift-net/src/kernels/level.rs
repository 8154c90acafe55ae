//! Blocks of eight numbers on each instruction set, by way of pulp: its tokens are only to be had
//! where the machine has the instructions, so calling them is safe.

use pulp::NullaryFnOnce;

use super::{LANES, sum_lanes};

/// Flags looked at together.
pub(super) const FLAGS: usize = 64;

/// An instruction set: what it does with a block, and how large tiles are that fit its registers.
///
/// All functions are inlined into what [`compiled`](Level::compiled) runs; left out of line they
/// would be compiled for the target's baseline only.
pub(super) trait Level: Copy {
    /// Eight numbers in registers.
    type Block: Copy;

    /// Whether two blocks are taken together, so that a broadcast serves both.
    const PAIRS: bool;
    /// The longest tile of samples, inputs or outputs: that times the blocks of a group
    /// accumulators, the group's operands and a broadcast have to fit the registers.
    const TILE: usize;
    /// The same for the two sides of an output's tile, and its accumulators.
    const OUTPUT_SAMPLES: usize;
    const OUTPUT_CHANNELS: usize;
    const OUTPUT_SUMS: usize;

    /// Runs what is compiled for this instruction set.
    fn compiled<F: NullaryFnOnce>(self, function: F) -> F::Output;

    fn zero(self) -> Self::Block;
    fn splat(self, value: f64) -> Self::Block;
    fn load(self, from: &[f64; LANES]) -> Self::Block;
    fn store(self, block: Self::Block, to: &mut [f64; LANES]);
    /// `sum + left · right`, rounded once.
    fn add_product(self, sum: Self::Block, left: Self::Block, right: Self::Block) -> Self::Block;
    /// The maximum with 0; NaN stays NaN.
    fn relu(self, block: Self::Block) -> Self::Block;
    /// Bits of the lanes above 0; NaN counts, so that it reaches the loss.
    fn active(self, block: Self::Block) -> u8;
    /// Keeps the lanes where `activity` is above 0 (or NaN), zero elsewhere.
    fn where_active(self, block: Self::Block, activity: Self::Block) -> Self::Block;
    /// Sum over a block in the order of [`sum_lanes`].
    fn sum(self, block: Self::Block) -> f64;
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
}

/// No instruction set beyond the target's own: a block is eight numbers.
#[derive(Clone, Copy)]
pub(super) struct Plain;

// AArch64 has 32 registers of two: 24 accumulators and the operands. Elsewhere some spill.
impl Level for Plain {
    type Block = [f64; LANES];

    const PAIRS: bool = false;
    const TILE: usize = 6;
    const OUTPUT_SAMPLES: usize = 2;
    const OUTPUT_CHANNELS: usize = 3;
    const OUTPUT_SUMS: usize = 6;

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
    fn nonzero(self, flags: &[u8; FLAGS]) -> u64 {
        let mut bits = 0;
        for (bit, &flag) in flags.iter().enumerate() {
            bits |= u64::from(flag != 0) << bit;
        }
        bits
    }
}

fn is_active(value: f64) -> bool {
    value > 0.0 || value.is_nan()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{__m256d, __m256i, __m512d, _CMP_NLE_UQ};

    use pulp::x86::{V3, V4};
    use pulp::{NullaryFnOnce, cast};

    use super::{FLAGS, LANES, Level};

    /// Lanes 0 + 4, …, 3 + 7 to their sum.
    #[inline(always)]
    fn sum_quarters(level: V3, quarters: __m256d) -> f64 {
        let pair = level.sse2._mm_add_pd(
            level.avx._mm256_castpd256_pd128(quarters),
            level.avx._mm256_extractf128_pd::<1>(quarters),
        );
        let high = level.sse2._mm_unpackhi_pd(pair, pair);
        level.sse2._mm_cvtsd_f64(level.sse2._mm_add_sd(pair, high))
    }

    /// AVX-512: a block is one register. 20 accumulators, two operands and a broadcast of 32.
    impl Level for V4 {
        type Block = __m512d;

        const PAIRS: bool = true;
        const TILE: usize = 10;
        const OUTPUT_SAMPLES: usize = 5;
        const OUTPUT_CHANNELS: usize = 6;
        const OUTPUT_SUMS: usize = 25;

        #[inline(always)]
        fn compiled<F: NullaryFnOnce>(self, function: F) -> F::Output {
            self.vectorize(function)
        }

        #[inline(always)]
        fn zero(self) -> __m512d {
            self.avx512f._mm512_setzero_pd()
        }

        #[inline(always)]
        fn splat(self, value: f64) -> __m512d {
            self.avx512f._mm512_set1_pd(value)
        }

        #[inline(always)]
        fn load(self, from: &[f64; LANES]) -> __m512d {
            cast(*from)
        }

        #[inline(always)]
        fn store(self, block: __m512d, to: &mut [f64; LANES]) {
            *to = cast(block);
        }

        #[inline(always)]
        fn add_product(self, sum: __m512d, left: __m512d, right: __m512d) -> __m512d {
            self.avx512f._mm512_fmadd_pd(left, right, sum)
        }

        /// The instruction returns its second operand where one is NaN.
        #[inline(always)]
        fn relu(self, block: __m512d) -> __m512d {
            self.avx512f._mm512_max_pd(self.zero(), block)
        }

        #[inline(always)]
        fn active(self, block: __m512d) -> u8 {
            self.avx512f
                ._mm512_cmp_pd_mask::<_CMP_NLE_UQ>(block, self.zero())
        }

        #[inline(always)]
        fn where_active(self, block: __m512d, activity: __m512d) -> __m512d {
            self.avx512f
                ._mm512_maskz_mov_pd(self.active(activity), block)
        }

        #[inline(always)]
        fn sum(self, block: __m512d) -> f64 {
            let quarters = self.avx._mm256_add_pd(
                self.avx512f._mm512_castpd512_pd256(block),
                self.avx512f._mm512_extractf64x4_pd::<1>(block),
            );
            sum_quarters(*self, quarters)
        }

        #[inline(always)]
        fn nonzero(self, flags: &[u8; FLAGS]) -> u64 {
            let flags = cast(*flags);
            self.avx512bw._mm512_test_epi8_mask(flags, flags)
        }

        #[inline(always)]
        fn list_bits(self, bits: u64, first: u32, list: &mut [u32; FLAGS]) {
            let mut places = self.avx512f._mm512_add_epi32(
                cast(std::array::from_fn::<u32, 16, _>(|place| place as u32)),
                self.avx512f._mm512_set1_epi32(first.cast_signed()),
            );
            let mut listed = 0;
            for quarter in 0..4 {
                let bits = (bits >> (16 * quarter)) as u16;
                // At most what was listed before plus 16, which is at most 64.
                if let Some(list) = list[listed..].first_chunk_mut::<16>() {
                    *list = cast(self.avx512f._mm512_maskz_compress_epi32(bits, places));
                }
                listed += bits.count_ones() as usize;
                let next = self.avx512f._mm512_set1_epi32(16);
                places = self.avx512f._mm512_add_epi32(places, next);
            }
        }
    }

    /// AVX2 with FMA: a block is two registers. 12 accumulators, two operands and a broadcast
    /// of 16.
    impl Level for V3 {
        type Block = [__m256d; 2];

        const PAIRS: bool = false;
        const TILE: usize = 6;
        const OUTPUT_SAMPLES: usize = 2;
        const OUTPUT_CHANNELS: usize = 3;
        const OUTPUT_SUMS: usize = 6;

        #[inline(always)]
        fn compiled<F: NullaryFnOnce>(self, function: F) -> F::Output {
            self.vectorize(function)
        }

        #[inline(always)]
        fn zero(self) -> [__m256d; 2] {
            [self.avx._mm256_setzero_pd(); 2]
        }

        #[inline(always)]
        fn splat(self, value: f64) -> [__m256d; 2] {
            [self.avx._mm256_set1_pd(value); 2]
        }

        #[inline(always)]
        fn load(self, from: &[f64; LANES]) -> [__m256d; 2] {
            cast(*from)
        }

        #[inline(always)]
        fn store(self, block: [__m256d; 2], to: &mut [f64; LANES]) {
            *to = cast(block);
        }

        #[inline(always)]
        fn add_product(
            self,
            sum: [__m256d; 2],
            left: [__m256d; 2],
            right: [__m256d; 2],
        ) -> [__m256d; 2] {
            [
                self.fma._mm256_fmadd_pd(left[0], right[0], sum[0]),
                self.fma._mm256_fmadd_pd(left[1], right[1], sum[1]),
            ]
        }

        /// The instruction returns its second operand where one is NaN.
        #[inline(always)]
        fn relu(self, block: [__m256d; 2]) -> [__m256d; 2] {
            let [zero, _] = self.zero();
            [
                self.avx._mm256_max_pd(zero, block[0]),
                self.avx._mm256_max_pd(zero, block[1]),
            ]
        }

        #[inline(always)]
        fn active(self, block: [__m256d; 2]) -> u8 {
            let [zero, _] = self.zero();
            let low = self.avx._mm256_cmp_pd::<_CMP_NLE_UQ>(block[0], zero);
            let high = self.avx._mm256_cmp_pd::<_CMP_NLE_UQ>(block[1], zero);
            (self.avx._mm256_movemask_pd(low) | self.avx._mm256_movemask_pd(high) << 4) as u8
        }

        #[inline(always)]
        fn where_active(self, block: [__m256d; 2], activity: [__m256d; 2]) -> [__m256d; 2] {
            let [zero, _] = self.zero();
            let low = self.avx._mm256_cmp_pd::<_CMP_NLE_UQ>(activity[0], zero);
            let high = self.avx._mm256_cmp_pd::<_CMP_NLE_UQ>(activity[1], zero);
            [
                self.avx._mm256_and_pd(block[0], low),
                self.avx._mm256_and_pd(block[1], high),
            ]
        }

        #[inline(always)]
        fn sum(self, block: [__m256d; 2]) -> f64 {
            sum_quarters(self, self.avx._mm256_add_pd(block[0], block[1]))
        }

        #[inline(always)]
        fn nonzero(self, flags: &[u8; FLAGS]) -> u64 {
            let [low, high]: [__m256i; 2] = cast(*flags);
            let zero = self.avx._mm256_setzero_si256();
            let low = self.avx2._mm256_cmpeq_epi8(low, zero);
            let high = self.avx2._mm256_cmpeq_epi8(high, zero);
            let low = self.avx2._mm256_movemask_epi8(low).cast_unsigned();
            let high = self.avx2._mm256_movemask_epi8(high).cast_unsigned();
            !(u64::from(low) | u64::from(high) << 32)
        }
    }
}
