//! AVX-512: a block is one register.

use std::arch::x86_64::{
    __m512d, _CMP_NLE_UQ, _mm_add_pd, _mm_add_sd, _mm_cvtsd_f64, _mm_unpackhi_pd, _mm256_add_pd,
    _mm256_castpd256_pd128, _mm256_extractf128_pd, _mm512_castpd512_pd256, _mm512_cmp_pd_mask,
    _mm512_extractf64x4_pd, _mm512_fmadd_pd, _mm512_loadu_pd, _mm512_maskz_mov_pd, _mm512_max_pd,
    _mm512_set1_pd, _mm512_setzero_pd, _mm512_storeu_pd,
};

#[derive(Clone, Copy)]
struct Block(__m512d);

impl Block {
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn zero() -> Self {
        Self(_mm512_setzero_pd())
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn splat(value: f64) -> Self {
        Self(_mm512_set1_pd(value))
    }

    /// # Safety
    /// `from` points to 8 values.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller vouches for 8 values.
        Self(unsafe { _mm512_loadu_pd(from) })
    }

    /// # Safety
    /// `to` points to 8 values.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller vouches for 8 values.
        unsafe { _mm512_storeu_pd(to, self.0) }
    }

    /// `self + left · right`, rounded once.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn add_product(self, left: Self, right: Self) -> Self {
        Self(_mm512_fmadd_pd(left.0, right.0, self.0))
    }

    /// The maximum with 0; NaN stays NaN, since the instruction returns its second operand then.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn relu(self) -> Self {
        Self(_mm512_max_pd(_mm512_setzero_pd(), self.0))
    }

    /// Bits of the lanes above 0; NaN counts, so that it reaches the loss.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn active(self) -> u8 {
        _mm512_cmp_pd_mask::<_CMP_NLE_UQ>(self.0, _mm512_setzero_pd())
    }

    /// Keeps the lanes where `activity` is above 0 (or NaN), zero elsewhere.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn where_active(self, activity: Self) -> Self {
        Self(_mm512_maskz_mov_pd(activity.active(), self.0))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn sum(self) -> f64 {
        let quarters = _mm256_add_pd(
            _mm512_castpd512_pd256(self.0),
            _mm512_extractf64x4_pd::<1>(self.0),
        );
        let pair = _mm_add_pd(
            _mm256_castpd256_pd128(quarters),
            _mm256_extractf128_pd::<1>(quarters),
        );
        _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)))
    }
}

// 20 accumulators, two operands and a broadcast of 32 registers.
kernel_body! {
    features: [#[target_feature(enable = "avx512f,avx512dq,avx512vl")]],
    group: 2,
    tile: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    samples: [1, 2, 3, 4, 5],
    outputs: [1, 2, 3, 4, 5, 6],
    output_sums: 25
}
