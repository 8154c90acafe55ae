//! Blocks on AVX2 and AVX-512.

use std::arch::x86_64::{__m256d, __m256i, __m512d, __m512i, _CMP_NLE_UQ};

use pulp::x86::{V3, V4};
use pulp::{NullaryFnOnce, cast};

use crate::level::sealed::Sealed;
use crate::{FLAGS, LANES, Level};

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

/// Four rows of four to their columns.
#[inline(always)]
fn transpose_quarter(level: V3, [a, b, c, d]: [__m256d; 4]) -> [__m256d; 4] {
    let avx = level.avx;
    let even = [avx._mm256_unpacklo_pd(a, b), avx._mm256_unpacklo_pd(c, d)];
    let odd = [avx._mm256_unpackhi_pd(a, b), avx._mm256_unpackhi_pd(c, d)];
    [
        avx._mm256_permute2f128_pd::<0x20>(even[0], even[1]),
        avx._mm256_permute2f128_pd::<0x20>(odd[0], odd[1]),
        avx._mm256_permute2f128_pd::<0x31>(even[0], even[1]),
        avx._mm256_permute2f128_pd::<0x31>(odd[0], odd[1]),
    ]
}

/// Pairs of rows, each the pairs of four columns, to these columns.
#[inline(always)]
fn transpose_pairs(level: V4, [ab, cd, ef, gh]: [__m512d; 4]) -> [__m512d; 4] {
    let avx = level.avx512f;
    let outer = [
        avx._mm512_shuffle_f64x2::<0x88>(ab, cd),
        avx._mm512_shuffle_f64x2::<0x88>(ef, gh),
    ];
    let inner = [
        avx._mm512_shuffle_f64x2::<0xdd>(ab, cd),
        avx._mm512_shuffle_f64x2::<0xdd>(ef, gh),
    ];
    [
        avx._mm512_shuffle_f64x2::<0x88>(outer[0], outer[1]),
        avx._mm512_shuffle_f64x2::<0x88>(inner[0], inner[1]),
        avx._mm512_shuffle_f64x2::<0xdd>(outer[0], outer[1]),
        avx._mm512_shuffle_f64x2::<0xdd>(inner[0], inner[1]),
    ]
}

impl Sealed for V4 {}

impl Sealed for V3 {}

/// AVX-512: a block is one register of 32.
impl Level for V4 {
    type Block = __m512d;
    type Words = __m512i;

    const REGISTERS: usize = 32;

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
    fn transpose(self, blocks: [__m512d; LANES]) -> [__m512d; LANES] {
        let avx = self.avx512f;
        let [a, b, c, d, e, f, g, h] = blocks;
        let even = [
            avx._mm512_unpacklo_pd(a, b),
            avx._mm512_unpacklo_pd(c, d),
            avx._mm512_unpacklo_pd(e, f),
            avx._mm512_unpacklo_pd(g, h),
        ];
        let odd = [
            avx._mm512_unpackhi_pd(a, b),
            avx._mm512_unpackhi_pd(c, d),
            avx._mm512_unpackhi_pd(e, f),
            avx._mm512_unpackhi_pd(g, h),
        ];
        let [a, c, e, g] = transpose_pairs(self, even);
        let [b, d, f, h] = transpose_pairs(self, odd);
        [a, b, c, d, e, f, g, h]
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

    #[inline(always)]
    fn load_words(self, words: &[u64; LANES]) -> __m512i {
        cast(*words)
    }

    #[inline(always)]
    fn store_words(self, words: __m512i, to: &mut [u64; LANES]) {
        *to = cast(words);
    }

    #[inline(always)]
    fn add_words(self, left: __m512i, right: __m512i) -> __m512i {
        self.avx512f._mm512_add_epi64(left, right)
    }

    #[inline(always)]
    fn xor_words(self, left: __m512i, right: __m512i) -> __m512i {
        self.avx512f._mm512_xor_si512(left, right)
    }

    #[inline(always)]
    fn shift_words<const BITS: u32>(self, words: __m512i) -> __m512i {
        self.avx512f._mm512_slli_epi64::<BITS>(words)
    }

    #[inline(always)]
    fn rotate_words<const LEFT: u32, const RIGHT: u32>(self, words: __m512i) -> __m512i {
        self.avx512f._mm512_or_si512(
            self.avx512f._mm512_slli_epi64::<LEFT>(words),
            self.avx512f._mm512_srli_epi64::<RIGHT>(words),
        )
    }
}

/// AVX2 with FMA: a block is two registers of 16.
impl Level for V3 {
    type Block = [__m256d; 2];
    type Words = [__m256i; 2];

    const REGISTERS: usize = 8;

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
    fn transpose(self, blocks: [[__m256d; 2]; LANES]) -> [[__m256d; 2]; LANES] {
        let [a, b, c, d, e, f, g, h] = blocks;
        let top_left = transpose_quarter(self, [a[0], b[0], c[0], d[0]]);
        let top_right = transpose_quarter(self, [a[1], b[1], c[1], d[1]]);
        let low_left = transpose_quarter(self, [e[0], f[0], g[0], h[0]]);
        let low_right = transpose_quarter(self, [e[1], f[1], g[1], h[1]]);
        [
            [top_left[0], low_left[0]],
            [top_left[1], low_left[1]],
            [top_left[2], low_left[2]],
            [top_left[3], low_left[3]],
            [top_right[0], low_right[0]],
            [top_right[1], low_right[1]],
            [top_right[2], low_right[2]],
            [top_right[3], low_right[3]],
        ]
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

    #[inline(always)]
    fn load_words(self, words: &[u64; LANES]) -> [__m256i; 2] {
        cast(*words)
    }

    #[inline(always)]
    fn store_words(self, words: [__m256i; 2], to: &mut [u64; LANES]) {
        *to = cast(words);
    }

    #[inline(always)]
    fn add_words(self, left: [__m256i; 2], right: [__m256i; 2]) -> [__m256i; 2] {
        [
            self.avx2._mm256_add_epi64(left[0], right[0]),
            self.avx2._mm256_add_epi64(left[1], right[1]),
        ]
    }

    #[inline(always)]
    fn xor_words(self, left: [__m256i; 2], right: [__m256i; 2]) -> [__m256i; 2] {
        [
            self.avx2._mm256_xor_si256(left[0], right[0]),
            self.avx2._mm256_xor_si256(left[1], right[1]),
        ]
    }

    #[inline(always)]
    fn shift_words<const BITS: u32>(self, words: [__m256i; 2]) -> [__m256i; 2] {
        let count = self.sse2._mm_cvtsi32_si128(BITS as i32);
        [
            self.avx2._mm256_sll_epi64(words[0], count),
            self.avx2._mm256_sll_epi64(words[1], count),
        ]
    }

    #[inline(always)]
    fn rotate_words<const LEFT: u32, const RIGHT: u32>(self, words: [__m256i; 2]) -> [__m256i; 2] {
        let left = self.sse2._mm_cvtsi32_si128(LEFT as i32);
        let right = self.sse2._mm_cvtsi32_si128(RIGHT as i32);
        [
            self.avx2._mm256_or_si256(
                self.avx2._mm256_sll_epi64(words[0], left),
                self.avx2._mm256_srl_epi64(words[0], right),
            ),
            self.avx2._mm256_or_si256(
                self.avx2._mm256_sll_epi64(words[1], left),
                self.avx2._mm256_srl_epi64(words[1], right),
            ),
        ]
    }
}
