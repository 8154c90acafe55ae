use drift_learn::rand::Rng;
use drift_learn::rand::distr::Distribution;
use drift_learn::{
    AnyNoise, BoxMuller, Gaussian, NoNoise, Noise, NoiseSource, Stream, Streams, Uniform,
    UpdateNoise, UpdatePlace,
};
use proptest::prelude::*;

fn source(seed: u64) -> NoiseSource {
    Streams::new(seed).noise_source(Stream::LabelNoise).unwrap()
}

proptest! {
    /// Whatever the length, a value's draw depends on its position alone, and a call uses whole
    /// batches.
    #[test]
    fn a_shorter_slice_gets_the_first_draws(seed in any::<u64>(), length in 0..200usize) {
        let (mut long, mut short) = (vec![0.0; 208], vec![0.0; length]);
        source(seed).fill_normal(&mut long);
        let mut part = source(seed);
        part.fill_normal(&mut short);
        prop_assert_eq!(&short[..], &long[..length]);
        let whole = length.next_multiple_of(16);
        let mut rest = vec![0.0; 208 - whole];
        part.fill_normal(&mut rest);
        prop_assert_eq!(&rest[..], &long[whole..]);
    }

    #[test]
    fn uniform_draws_fill_their_interval(seed in any::<u64>(), length in 0..100usize) {
        let mut values = vec![10.0; length];
        source(seed).add_uniform(0.5, &mut values);
        prop_assert!(values.iter().all(|&x| (9.75..10.25).contains(&x)));
    }

    /// Adding is exact: σ z enters by one fused multiply-add of its factors.
    #[test]
    fn scale_is_a_factor(seed in any::<u64>(), length in 0..100usize) {
        let (mut unit, mut scaled) = (vec![0.0; length], vec![0.0; length]);
        source(seed).add_normal(1.0, &mut unit);
        source(seed).add_normal(0.125, &mut scaled);
        for (a, b) in unit.iter().zip(&scaled) {
            prop_assert_eq!(a * 0.125, *b);
        }
    }

    /// One source more or less does not move another.
    #[test]
    fn streams_are_apart(seed in any::<u64>()) {
        let streams = Streams::new(seed);
        let first = |stream| streams.named(stream).next_u64();
        let mut words: Vec<u64> = Stream::ALL.into_iter().map(first).collect();
        words.sort_unstable();
        words.dedup();
        prop_assert_eq!(words.len(), Stream::ALL.len());
    }
}

#[test]
fn streams_are_uncorrelated() {
    let streams = Streams::new(11);
    let drawn: Vec<Vec<f64>> = Stream::ALL
        .into_iter()
        .map(|stream| {
            let mut values = vec![0.0; 40_000];
            streams
                .noise_source(stream)
                .unwrap()
                .fill_normal(&mut values);
            values
        })
        .collect();
    for (i, a) in drawn.iter().enumerate() {
        for b in &drawn[..i] {
            let correlation = a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>() / 40_000.0;
            // 28 pairs of standard error 0.005.
            assert!(correlation.abs() < 0.02, "{correlation}");
        }
    }
}

#[test]
fn no_noise_draws_nothing() {
    let mut quiet = source(1);
    let mut values = [1.0, 2.0];
    NoNoise.add_to(&mut values, &mut quiet);
    AnyNoise::None.add_to(&mut values, &mut quiet);
    assert_eq!(values, [1.0, 2.0]);
    assert_eq!(quiet, source(1));
    let mut none = UpdateNoise::none();
    none.perturb_gradient(&mut values);
    none.perturb_parameters(&mut values);
    assert_eq!(values, [1.0, 2.0]);
}

#[test]
fn noise_enters_at_its_place_only() {
    let noise = Uniform::new(1.0).unwrap();
    let mut update = UpdateNoise::new(noise, UpdatePlace::Parameters, source(1));
    let mut values = [0.0; 4];
    update.perturb_gradient(&mut values);
    assert_eq!(values, [0.0; 4]);
    update.perturb_parameters(&mut values);
    assert!(values.iter().all(|&value| value != 0.0));
}

#[test]
fn variances_are_those_of_the_draws() {
    let cases: [AnyNoise; 3] = [
        NoNoise.into(),
        Gaussian::new(0.3).unwrap().into(),
        Uniform::new(1.2).unwrap().into(),
    ];
    for noise in cases {
        let mut values = vec![0.0; 100_000];
        noise.add_to(&mut values, &mut source(2));
        let variance = values.iter().map(|x| x * x).sum::<f64>() / 1e5;
        assert!((variance - noise.variance()).abs() <= 0.02 * noise.variance());
    }
}

#[test]
fn distributions_draw_from_any_generator() {
    let mut rng = Streams::new(3).named(Stream::Shuffles);
    let gaussian = Gaussian::new(2.0).unwrap();
    let uniform = Uniform::new(2.0).unwrap();
    let (mut squares, mut widest) = (0.0, 0.0f64);
    for _ in 0..20_000 {
        let deviate: f64 = gaussian.sample(&mut rng);
        squares += deviate * deviate;
        widest = widest.max(uniform.sample(&mut rng).abs());
    }
    assert!((squares / 20_000.0 / 4.0 - 1.0).abs() < 0.05);
    assert!(widest > 0.99 && widest <= 1.0);
}

/// The scalar transform and the vectorised one are one: feed it the words that the source uses.
#[test]
fn slices_are_filled_by_the_box_muller_transform() {
    let mut words = source(4);
    let first: Vec<u64> = (0..8).map(|_| words.next_u64()).collect();
    let second: Vec<u64> = (0..8).map(|_| words.next_u64()).collect();
    let mut values = [0.0; 16];
    source(4).fill_normal(&mut values);
    for lane in 0..8 {
        let mut pair = Words([first[lane], second[lane]].into_iter().collect());
        let [cosine, sine] = BoxMuller.sample(&mut pair);
        assert_eq!([values[lane], values[lane + 8]], [cosine, sine]);
    }
}

/// A generator that repeats given words.
struct Words(std::collections::VecDeque<u64>);

impl drift_learn::rand::TryRng for Words {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|word| word as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let word = self.0.pop_front().expect("a word is left");
        self.0.push_back(word);
        Ok(word)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for byte in bytes {
            *byte = self.try_next_u64()? as u8;
        }
        Ok(())
    }
}

/// Extreme words stay finite: u = 1 gives 0, the smallest u 8.49 standard deviations.
#[test]
fn extreme_words_make_finite_normals() {
    for second in [0, 1, u64::MAX, 1 << 63, (1 << 52) - 1, 1 << 51] {
        let sample = |first| -> [f64; 2] {
            BoxMuller.sample(&mut Words([first, second].into_iter().collect()))
        };
        assert_eq!(sample(0).map(f64::abs), [0.0, 0.0]);
        let [a, b] = sample(u64::MAX);
        let radius = a.hypot(b);
        let expected = (2.0 * 52.0 * std::f64::consts::LN_2).sqrt();
        assert!(
            (radius / expected - 1.0).abs() < 1e-12,
            "{radius}, {expected}"
        );
    }
}

#[test]
fn a_jump_leaves_the_sequence_and_is_repeatable() {
    let (mut a, mut b) = (source(6), source(6));
    let _ = a.next_u64();
    a.jump();
    b.jump();
    assert_ne!(a, source(6));
    // The first step of `a` was taken before: `b` is one behind.
    for _ in 0..8 {
        let _ = b.next_u64();
    }
    let words = [a.next_u64(), b.next_u64()];
    assert_eq!(words[0], words[1]);
}

#[test]
fn bytes_and_halves_come_from_the_words() {
    let word = source(7).next_u64();
    let mut bytes = [0; 11];
    source(7).fill_bytes(&mut bytes);
    assert_eq!(bytes[..8], word.to_le_bytes());
    assert_eq!(source(7).next_u32(), (word >> 32) as u32);
}
