//! Normal deviates from random words: Box and Muller's transform (1958,
//! <https://doi.org/10.1214/aoms/1177706645>) with polynomials of our own.
//!
//! A word's low 52 bits make w = k·2⁻⁵². The first word of a pair gives u = 1 − w in (0, 1], so
//! the radius r = √(−2 ln u) is finite, at most 8.49; the second gives an angle in [−π/2, π/2),
//! and its top bit the sign of r, which opens the other half of the circle. The relative error of the
//! logarithm is below 3e-14, the absolute error of sine and cosine below 7e-14.

use super::generator::{Generator, LANES, Lanes, State};
use crate::simd::{Kernel, Words};

/// Normals made together: 8 cosines, then 8 sines.
pub(crate) const BATCH: usize = 2 * LANES;

/// Batches whose stages are done side by side, so that their latencies overlap.
const GROUP: usize = 8;

const MANTISSA: u64 = (1 << 52) - 1;
const SIGN: u64 = 1 << 63;
const ONE: u64 = 1.0f64.to_bits();

/// Minimax fit of −2 ln((1 + s)/(1 − s))/s in s², for s² up to ((√2 − 1)/(√2 + 1))².
const LOGARITHM: [f64; 6] = [
    -3.999_999_999_999_893_4,
    -1.333_333_333_593_027_3,
    -0.799_999_897_443_946_1,
    -0.571_443_360_320_930_6,
    -0.443_483_544_593_543_1,
    -0.392_181_680_377_008_46,
];

/// Minimax fit of sin(πw)/w in w², for |w| up to ½.
const SINE: [f64; 8] = [
    3.141_592_653_589_792_7,
    -5.167_712_780_049_753,
    2.550_164_039_859_776_5,
    -0.599_264_528_775_714_9,
    0.082_145_878_256_615_28,
    -0.007_370_361_072_076_683,
    0.000_465_977_618_234_921_06,
    -2.112_295_442_674_661e-5,
];

/// Minimax fit of cos(πw) in w², for |w| up to ½.
const COSINE: [f64; 8] = [
    0.999_999_999_999_998_1,
    -4.934_802_200_543_689,
    4.058_712_126_333_491,
    -1.335_262_766_186_467,
    0.235_330_588_366_951_45,
    -0.025_806_532_291_478_418,
    0.001_927_870_970_900_626_3,
    -0.000_100_417_513_806_563_85,
];

#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut sum = coefficients[N - 1];
    for index in (0..N - 1).rev() {
        sum = sum.mul_add(x, coefficients[index]);
    }
    sum
}

/// √(−2 ln u) of the uniform u that a word makes.
#[inline(always)]
fn radius(word: u64) -> f64 {
    const HALF_ROOT: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    // 2^52 + 1023, whose low bits as an f64 take an exponent field as an integer.
    const SHIFTER: f64 = 4_503_599_627_370_496.0;
    let u = 2.0 - f64::from_bits((word & MANTISSA) | ONE);
    // u = m 2^e with m in [1/√2, √2): the exponent field is read after moving the boundary from
    // a power of two to 1/√2.
    let moved = u.to_bits().wrapping_add(ONE.wrapping_sub(HALF_ROOT));
    let m = f64::from_bits((moved & MANTISSA).wrapping_add(HALF_ROOT));
    let e = f64::from_bits((moved >> 52) | SHIFTER.to_bits()) - (SHIFTER + 1023.0);
    let s = (m - 1.0) / (m + 1.0);
    let square = e.mul_add(
        -2.0 * std::f64::consts::LN_2,
        s * polynomial(&LOGARITHM, s * s),
    );
    square.sqrt()
}

/// Cosine and sine of the angle in [−π/2, π/2) that a word makes.
#[inline(always)]
fn direction(word: u64) -> (f64, f64) {
    let w = f64::from_bits((word & MANTISSA) | ONE) - 1.5;
    let square = w * w;
    (polynomial(&COSINE, square), w * polynomial(&SINE, square))
}

/// Two independent standard normals from two random words.
#[inline(always)]
pub(crate) fn pair(first: u64, second: u64) -> [f64; 2] {
    let r = signed(radius(first), second);
    let (cosine, sine) = direction(second);
    [r * cosine, r * sine]
}

#[inline(always)]
fn signed(radius: f64, word: u64) -> f64 {
    f64::from_bits(radius.to_bits() ^ (word & SIGN))
}

/// What happens to a value when its normal arrives.
pub(crate) trait Receive {
    /// `r·t` is the normal: the factors come apart so that it can enter by fused multiply-add.
    fn receive(&self, value: &mut f64, r: f64, t: f64);
}

/// value ← normal
pub(crate) struct Set;

impl Receive for Set {
    #[inline(always)]
    fn receive(&self, value: &mut f64, r: f64, t: f64) {
        *value = r * t;
    }
}

/// value ← value + scale · normal
pub(crate) struct Add {
    pub(crate) scale: f64,
}

impl Receive for Add {
    #[inline(always)]
    fn receive(&self, value: &mut f64, r: f64, t: f64) {
        *value = (self.scale * r).mul_add(t, *value);
    }
}

/// Gives each value a normal. A call takes whole batches: what a last, partial batch leaves over
/// is discarded, so the draws depend on nothing but the lengths asked for.
pub(crate) struct Normals<'a, R> {
    pub(crate) state: &'a mut State,
    pub(crate) values: &'a mut [f64],
    pub(crate) receive: R,
}

impl<R: Receive> Kernel for Normals<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<W: Words>(self) {
        let mut generator = Generator::<W>::load(self.state);
        let (groups, rest) = self.values.as_chunks_mut::<{ GROUP * BATCH }>();
        for group in groups {
            batches::<GROUP, W, R>(
                &mut generator,
                group.as_chunks_mut::<BATCH>().0,
                &self.receive,
            );
        }
        let (single, last) = rest.as_chunks_mut::<BATCH>();
        for batch in single {
            batches::<1, W, R>(&mut generator, std::slice::from_mut(batch), &self.receive);
        }
        if !last.is_empty() {
            let mut batch = [0.0; BATCH];
            batch[..last.len()].copy_from_slice(last);
            batches::<1, W, R>(
                &mut generator,
                std::slice::from_mut(&mut batch),
                &self.receive,
            );
            last.copy_from_slice(&batch[..last.len()]);
        }
        generator.store(self.state);
    }
}

#[inline(always)]
fn batches<const K: usize, W: Words, R: Receive>(
    generator: &mut Generator<W>,
    values: &mut [[f64; BATCH]],
    receive: &R,
) {
    assert!(values.len() == K);
    let mut first: [Lanes; K] = [[0; LANES]; K];
    let mut second: [Lanes; K] = [[0; LANES]; K];
    for k in 0..K {
        generator.step().store(&mut first[k]);
        generator.step().store(&mut second[k]);
    }
    for k in 0..K {
        let (cosines, sines) = values[k].split_at_mut(LANES);
        for lane in 0..LANES {
            let r = signed(radius(first[k][lane]), second[k][lane]);
            let (cosine, sine) = direction(second[k][lane]);
            receive.receive(&mut cosines[lane], r, cosine);
            receive.receive(&mut sines[lane], r, sine);
        }
    }
}
