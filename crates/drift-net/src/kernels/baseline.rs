//! No instruction set beyond the target's own: a block is eight numbers.

use super::{LANES as WIDTH, sum_lanes};

#[derive(Clone, Copy)]
struct Block([f64; WIDTH]);

impl Block {
    #[inline]
    fn zero() -> Self {
        Self([0.0; WIDTH])
    }

    #[inline]
    fn splat(value: f64) -> Self {
        Self([value; WIDTH])
    }

    /// # Safety
    /// `from` points to 8 values.
    #[inline]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller vouches for 8 values; an array has the alignment of its entries.
        Self(unsafe { *from.cast() })
    }

    /// # Safety
    /// `to` points to 8 values.
    #[inline]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller vouches for 8 values; an array has the alignment of its entries.
        unsafe { *to.cast() = self.0 }
    }

    /// `self + left · right`, rounded once.
    #[inline]
    fn add_product(self, left: Self, right: Self) -> Self {
        let mut sums = self.0;
        for (sum, (left, right)) in sums.iter_mut().zip(left.0.into_iter().zip(right.0)) {
            *sum = left.mul_add(right, *sum);
        }
        Self(sums)
    }

    /// The maximum with 0; NaN stays NaN.
    #[inline]
    fn relu(self) -> Self {
        Self(self.0.map(|value| if value < 0.0 { 0.0 } else { value }))
    }

    /// Bits of the lanes above 0; NaN counts, so that it reaches the loss.
    #[inline]
    fn active(self) -> u8 {
        let mut bits = 0;
        for (lane, value) in self.0.into_iter().enumerate() {
            bits |= u8::from(is_active(value)) << lane;
        }
        bits
    }

    /// Keeps the lanes where `activity` is above 0 (or NaN), zero elsewhere.
    #[inline]
    fn where_active(self, activity: Self) -> Self {
        let mut kept = self.0;
        for (value, rate) in kept.iter_mut().zip(activity.0) {
            if !is_active(rate) {
                *value = 0.0;
            }
        }
        Self(kept)
    }

    #[inline]
    fn sum(self) -> f64 {
        sum_lanes(self.0)
    }
}

fn is_active(value: f64) -> bool {
    value > 0.0 || value.is_nan()
}

// AArch64 has 32 registers of two: 24 accumulators and the operands. Elsewhere some spill.
kernel_body! {
    features: [],
    group: 1,
    tile: [1, 2, 3, 4, 5, 6],
    samples: [1, 2],
    outputs: [1, 2, 3],
    output_sums: 6
}
