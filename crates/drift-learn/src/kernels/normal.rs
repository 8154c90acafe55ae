//! Normal deviates from random words: Box and Muller's transform (1958,
//! <https://doi.org/10.1214/aoms/1177706645>) with polynomials of our own.
//!
//! A word's low 52 bits make w = k·2⁻⁵². The first word of a pair gives u = 1 − w in (0, 1], so
//! the radius r = √(−2 ln u) is finite, at most 8.49; the second gives an angle in [−π/2, π/2),
//! and its top bit the sign of r, which opens the other half of the circle. The relative error of the
//! logarithm is below 3e-14, the absolute error of sine and cosine below 1e-14.

use super::generator::{Generator, LANES, Lanes, State};
use super::uniform::centred;
use drift_simd::{Kernel, Level};

/// Normals made together: 8 cosines, then 8 sines.
pub(crate) const BATCH: usize = 2 * LANES;

/// Batches whose stages are done side by side, so that their latencies overlap.
const GROUP: usize = 2;

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
    let w = centred(word);
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

/// Eight pairs of standard normals, as factors so that they can enter by fused multiply-add: the
/// normals are r·cosine and r·sine.
pub(crate) struct Pairs {
    r: [f64; LANES],
    cosine: [f64; LANES],
    sine: [f64; LANES],
}

impl Pairs {
    const NONE: Pairs = Pairs {
        r: [0.0; LANES],
        cosine: [0.0; LANES],
        sine: [0.0; LANES],
    };
}

/// What takes the normals: values, in batches of 16.
pub(crate) trait Sink {
    /// Number of values.
    fn length(&self) -> usize;

    /// Gives a whole batch of values, counted from the first, its normals.
    fn take(&mut self, batch: usize, pairs: &Pairs);

    /// Gives the values after the last whole batch theirs.
    fn take_last(&mut self, pairs: &Pairs);
}

/// value ← combine(value, r, t) where r·t is the normal
#[inline(always)]
pub(crate) fn combine(
    batch: &mut [f64; BATCH],
    pairs: &Pairs,
    combine: impl Fn(f64, f64, f64) -> f64,
) {
    let (cosines, sines) = batch.split_at_mut(LANES);
    for lane in 0..LANES {
        cosines[lane] = combine(cosines[lane], pairs.r[lane], pairs.cosine[lane]);
        sines[lane] = combine(sines[lane], pairs.r[lane], pairs.sine[lane]);
    }
}

/// As [`combine`] for what is left after the last whole batch.
#[inline(always)]
fn combine_last(values: &mut [f64], pairs: &Pairs, f: impl Fn(f64, f64, f64) -> f64) {
    let last = values.as_chunks_mut::<BATCH>().1;
    let mut batch = [0.0; BATCH];
    batch[..last.len()].copy_from_slice(last);
    combine(&mut batch, pairs, f);
    last.copy_from_slice(&batch[..last.len()]);
}

/// value ← normal
pub(crate) struct Fill<'a> {
    pub(crate) values: &'a mut [f64],
}

impl Sink for Fill<'_> {
    #[inline(always)]
    fn length(&self) -> usize {
        self.values.len()
    }

    #[inline(always)]
    fn take(&mut self, batch: usize, pairs: &Pairs) {
        let values = &mut self.values.as_chunks_mut::<BATCH>().0[batch];
        combine(values, pairs, |_, r, t| r * t);
    }

    #[inline(always)]
    fn take_last(&mut self, pairs: &Pairs) {
        combine_last(self.values, pairs, |_, r, t| r * t);
    }
}

/// value ← value + scale · normal
pub(crate) struct Add<'a> {
    pub(crate) values: &'a mut [f64],
    pub(crate) scale: f64,
}

impl Sink for Add<'_> {
    #[inline(always)]
    fn length(&self) -> usize {
        self.values.len()
    }

    #[inline(always)]
    fn take(&mut self, batch: usize, pairs: &Pairs) {
        let scale = self.scale;
        let values = &mut self.values.as_chunks_mut::<BATCH>().0[batch];
        combine(values, pairs, |value, r, t| (scale * r).mul_add(t, value));
    }

    #[inline(always)]
    fn take_last(&mut self, pairs: &Pairs) {
        let scale = self.scale;
        combine_last(self.values, pairs, |value, r, t| {
            (scale * r).mul_add(t, value)
        });
    }
}

/// θ ← θ − rate · (gradient + scale · normal): the noise and the update of gradient descent in
/// one pass, with the bits of [`Add`] to the gradient and
/// [`Descend`](super::update::Descend) after it.
pub(crate) struct AddDescend<'a> {
    pub(crate) parameters: &'a mut [f64],
    pub(crate) gradient: &'a [f64],
    pub(crate) scale: f64,
    pub(crate) rate: f64,
}

impl AddDescend<'_> {
    #[inline(always)]
    fn move_batch(
        parameters: &mut [f64; BATCH],
        gradient: &[f64; BATCH],
        pairs: &Pairs,
        [scale, rate]: [f64; 2],
    ) {
        let mut noisy = *gradient;
        combine(&mut noisy, pairs, |value, r, t| {
            (scale * r).mul_add(t, value)
        });
        for (parameter, gradient) in parameters.iter_mut().zip(noisy) {
            *parameter = (-rate).mul_add(gradient, *parameter);
        }
    }
}

impl Sink for AddDescend<'_> {
    #[inline(always)]
    fn length(&self) -> usize {
        self.parameters.len().min(self.gradient.len())
    }

    #[inline(always)]
    fn take(&mut self, batch: usize, pairs: &Pairs) {
        let parameters = &mut self.parameters.as_chunks_mut::<BATCH>().0[batch];
        let gradient = &self.gradient.as_chunks::<BATCH>().0[batch];
        Self::move_batch(parameters, gradient, pairs, [self.scale, self.rate]);
    }

    #[inline(always)]
    fn take_last(&mut self, pairs: &Pairs) {
        let parameters = self.parameters.as_chunks_mut::<BATCH>().1;
        let gradient = self.gradient.as_chunks::<BATCH>().1;
        let mut whole = [[0.0; BATCH]; 2];
        whole[0][..parameters.len()].copy_from_slice(parameters);
        whole[1][..gradient.len()].copy_from_slice(gradient);
        let [moved, gradient] = &mut whole;
        Self::move_batch(moved, gradient, pairs, [self.scale, self.rate]);
        parameters.copy_from_slice(&moved[..parameters.len()]);
    }
}

/// Gives each value of a sink a normal. A call takes whole batches: what a last, partial batch
/// leaves over is discarded, so the draws depend on nothing but the lengths asked for.
pub(crate) struct Normals<'a, S> {
    pub(crate) state: &'a mut State,
    pub(crate) sink: S,
}

impl<S: Sink> Kernel for Normals<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(mut self, level: L) {
        let mut generator = Generator::load(level, self.state);
        let length = self.sink.length();
        let whole = length / BATCH;
        for group in 0..whole / GROUP {
            let pairs = pairs::<GROUP, L>(&mut generator);
            for (k, pairs) in pairs.iter().enumerate() {
                self.sink.take(group * GROUP + k, pairs);
            }
        }
        for batch in whole / GROUP * GROUP..whole {
            let [pairs] = pairs::<1, L>(&mut generator);
            self.sink.take(batch, &pairs);
        }
        if !length.is_multiple_of(BATCH) {
            let [pairs] = pairs::<1, L>(&mut generator);
            self.sink.take_last(&pairs);
        }
        generator.store(self.state);
    }
}

#[inline(always)]
fn pairs<const K: usize, L: Level>(generator: &mut Generator<L>) -> [Pairs; K] {
    let mut words: [[Lanes; 2]; K] = [[[0; LANES]; 2]; K];
    for [first, second] in &mut words {
        generator.step(first);
        generator.step(second);
    }
    let mut all = [Pairs::NONE; K];
    for (pairs, [first, second]) in all.iter_mut().zip(&words) {
        for lane in 0..LANES {
            pairs.r[lane] = signed(radius(first[lane]), second[lane]);
            (pairs.cosine[lane], pairs.sine[lane]) = direction(second[lane]);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words from every octave of u and every part of the circle, ends included.
    fn words() -> impl Iterator<Item = u64> {
        let octaves = (0..52).flat_map(|bit| {
            let edge = 1u64 << bit;
            (0..200).map(move |i| edge - 1 + edge.wrapping_mul(i) / 200)
        });
        octaves.flat_map(|word| [word, !word])
    }

    fn fraction(word: u64) -> f64 {
        (word & MANTISSA) as f64 / (1u64 << 52) as f64
    }

    #[test]
    fn the_radius_is_accurate_to_1e_13() {
        for word in words() {
            let u = 1.0 - fraction(word);
            // ln_1p keeps the digits where u is near 1.
            let expected = (-2.0 * (-fraction(word)).ln_1p()).sqrt();
            let found = radius(word);
            assert!(
                (found - expected).abs() <= 1e-13 * expected,
                "u = {u:e}: {found:e}, {expected:e}"
            );
        }
    }

    #[test]
    fn sine_and_cosine_are_accurate_to_1e_14() {
        for word in words() {
            let angle = std::f64::consts::PI * (fraction(word) - 0.5);
            let (cosine, sine) = direction(word);
            assert!((sine - angle.sin()).abs() < 1e-14, "sin {angle}: {sine}");
            assert!(
                (cosine - angle.cos()).abs() < 1e-14,
                "cos {angle}: {cosine}"
            );
        }
    }

    /// All four quadrants, by the sign of the radius and of the sine.
    #[test]
    fn the_circle_is_whole() {
        let quadrant = |second: u64| pair(u64::MAX / 3, second).map(|x| x > 0.0);
        let (low, high) = (1u64 << 50, 3u64 << 50);
        let found = [low, high, low | SIGN, high | SIGN].map(quadrant);
        assert_eq!(
            found,
            [[true, false], [true, true], [false, true], [false, false]]
        );
    }
}
