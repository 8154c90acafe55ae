//! AVX2 with FMA: a block is two registers.

use std::arch::x86_64::{
    __m256d, _CMP_NLE_UQ, _mm_add_pd, _mm_add_sd, _mm_cvtsd_f64, _mm_unpackhi_pd, _mm256_add_pd,
    _mm256_and_pd, _mm256_castpd256_pd128, _mm256_cmp_pd, _mm256_extractf128_pd, _mm256_fmadd_pd,
    _mm256_loadu_pd, _mm256_max_pd, _mm256_movemask_pd, _mm256_set1_pd, _mm256_setzero_pd,
    _mm256_storeu_pd,
};

#[derive(Clone, Copy)]
struct Block(__m256d, __m256d);

impl Block {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn zero() -> Self {
        Self(_mm256_setzero_pd(), _mm256_setzero_pd())
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn splat(value: f64) -> Self {
        let lanes = _mm256_set1_pd(value);
        Self(lanes, lanes)
    }

    /// # Safety
    /// `from` points to 8 values.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller vouches for 8 values.
        unsafe { Self(_mm256_loadu_pd(from), _mm256_loadu_pd(from.add(4))) }
    }

    /// # Safety
    /// `to` points to 8 values.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller vouches for 8 values.
        unsafe {
            _mm256_storeu_pd(to, self.0);
            _mm256_storeu_pd(to.add(4), self.1);
        }
    }

    /// `self + left · right`, rounded once.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn add_product(self, left: Self, right: Self) -> Self {
        Self(
            _mm256_fmadd_pd(left.0, right.0, self.0),
            _mm256_fmadd_pd(left.1, right.1, self.1),
        )
    }

    /// The maximum with 0; NaN stays NaN, since the instruction returns its second operand then.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn relu(self) -> Self {
        let zero = _mm256_setzero_pd();
        Self(_mm256_max_pd(zero, self.0), _mm256_max_pd(zero, self.1))
    }

    /// Bits of the lanes above 0; NaN counts, so that it reaches the loss.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn active(self) -> u8 {
        let zero = _mm256_setzero_pd();
        let low = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_NLE_UQ>(self.0, zero));
        let high = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_NLE_UQ>(self.1, zero));
        (low | high << 4) as u8
    }

    /// Keeps the lanes where `activity` is above 0 (or NaN), zero elsewhere.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn where_active(self, activity: Self) -> Self {
        let zero = _mm256_setzero_pd();
        Self(
            _mm256_and_pd(self.0, _mm256_cmp_pd::<_CMP_NLE_UQ>(activity.0, zero)),
            _mm256_and_pd(self.1, _mm256_cmp_pd::<_CMP_NLE_UQ>(activity.1, zero)),
        )
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn sum(self) -> f64 {
        let quarters = _mm256_add_pd(self.0, self.1);
        let pair = _mm_add_pd(
            _mm256_castpd256_pd128(quarters),
            _mm256_extractf128_pd::<1>(quarters),
        );
        _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)))
    }
}

// 12 accumulators, two operands and a broadcast of 16 registers.
kernel_body! {
    features: [#[target_feature(enable = "avx2,fma")]],
    group: 1,
    tile: [1, 2, 3, 4, 5, 6],
    samples: [1, 2],
    outputs: [1, 2, 3],
    output_sums: 6
}
