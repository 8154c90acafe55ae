//! Multiplicative noise, weight decay and batches.

use drift_learn::{
    Adam, AdamSettings, AnyRule, BatchSettings, Batches, DecayKind, DecaySettings, Decayed, Error,
    LearningRule, LogNormal, Loss, Noise, Proportional, RmsProp, RmsPropSettings, Sed, SedSettings,
    Sgd, SgdSettings, Stream, Streams, TensorGroup, UpdateNoise,
};
use proptest::prelude::*;

use crate::problems::{Quadratic, nonzero_numbers};

/// Of gradient 2θ.
fn bowl(size: usize) -> Quadratic {
    Quadratic {
        curvatures: vec![2.0; size],
    }
}

fn close(found: &[f64], expected: &[f64]) -> bool {
    let pairs = found.iter().zip(expected);
    pairs.fold(true, |all, (a, b)| {
        all && (a - b).abs() <= 1e-13 * (1.0 + a.abs())
    })
}

fn batches(settings: BatchSettings, samples: usize, seed: u64) -> Result<Batches, Error> {
    let source = Streams::new(seed).noise_source(Stream::Batches)?;
    Batches::new(settings, samples, source)
}

proptest! {
    /// Each noise is its formula with the source's deviates, whatever the length.
    #[test]
    fn multiplicative_noise_is_its_formula(
        values in prop::collection::vec(-3.0..3.0_f64, 1..600),
        scale in 0.0..2.0_f64,
        seed in 0..1000_u64,
    ) {
        let source = Streams::new(seed).noise_source(Stream::WeightNoise).unwrap();
        let mut deviates = vec![0.0; values.len()];
        source.clone().fill_normal(&mut deviates);
        let mut found = values.clone();
        Proportional::new(scale).unwrap().add_to(&mut found, &mut source.clone());
        let pairs = values.iter().zip(&deviates);
        let expected: Vec<f64> = pairs.clone().map(|(v, z)| v + scale * v.abs() * z).collect();
        prop_assert!(close(&found, &expected));
        let mut found = values.clone();
        LogNormal::new(scale).unwrap().add_to(&mut found, &mut source.clone());
        let expected: Vec<f64> =
            pairs.map(|(v, z)| v * (scale * z - scale * scale / 2.0).exp()).collect();
        prop_assert!(close(&found, &expected));
        // Signs stay, and so does zero.
        prop_assert!(found.iter().zip(&values).all(|(a, b)| a * b >= 0.0));
    }

    /// Coupled decay is one with decoupled decay under SGD, and is the gradient of a penalty.
    #[test]
    fn decays_agree_for_gradient_descent(
        start in nonzero_numbers(),
        rate in 0.01..0.4_f64,
        decay in 0.0..0.5_f64,
    ) {
        let after = |kind| {
            let sgd = Sgd::new(SgdSettings { learning_rate: rate }, start.len()).unwrap();
            let mut rule = Decayed::new(sgd, DecaySettings { rate: decay, kind }).unwrap();
            let (mut point, mut problem) = (start.clone(), bowl(start.len()));
            for _ in 0..3 {
                rule.step(&mut problem, &mut point, &mut UpdateNoise::none());
            }
            point
        };
        let coupled = after(DecayKind::Coupled);
        prop_assert!(close(&coupled, &after(DecayKind::Decoupled)));
        // The bowl's gradient is 2 θ.
        let factor = (1.0 - rate * (2.0 + decay)).powi(3);
        let expected: Vec<f64> = start.iter().map(|value| value * factor).collect();
        prop_assert!(close(&coupled, &expected));
    }

    /// No decay is the rule alone, bit for bit; decoupled decay of any rule is the shrunk point and
    /// the rule's step from the gradient before it.
    #[test]
    fn decay_of_any_gradient_rule(start in nonzero_numbers(), decay in 0.0..0.5_f64, which in 0..3_usize) {
        let size = start.len();
        let rule = || -> AnyRule {
            match which {
                0 => Sgd::new(SgdSettings { learning_rate: 0.1 }, size).unwrap().into(),
                1 => Adam::new(AdamSettings::default(), size).unwrap().into(),
                _ => RmsProp::new(RmsPropSettings::default(), size).unwrap().into(),
            }
        };
        let step = |rule: &mut dyn FnMut(&mut [f64])| {
            let mut point = start.clone();
            rule(&mut point);
            point
        };
        let (mut plain, mut problem) = (rule(), bowl(size));
        let moved = step(&mut |point| {
            plain.step(&mut problem, point, &mut UpdateNoise::none());
        });
        for kind in [DecayKind::Coupled, DecayKind::Decoupled] {
            let mut decayed = Decayed::new(rule(), DecaySettings { rate: 0.0, kind }).unwrap();
            let found = step(&mut |point| {
                decayed.step(&mut bowl(size), point, &mut UpdateNoise::none());
            });
            prop_assert_eq!(&found, &moved);
        }
        let settings = DecaySettings { rate: decay, kind: DecayKind::Decoupled };
        let mut decayed = Decayed::new(rule(), settings).unwrap();
        let found = step(&mut |point| {
            let loss = decayed.step(&mut bowl(size), point, &mut UpdateNoise::none());
            assert_eq!(loss, bowl(size).loss(&start));
        });
        let shrink = rule().learning_rate() * decay;
        let expected: Vec<f64> =
            moved.iter().zip(&start).map(|(moved, start)| moved - shrink * start).collect();
        prop_assert!(close(&found, &expected));
    }

    /// A pass has every sample as often as it should, in batches of the size and one rest.
    #[test]
    fn a_pass_has_every_sample(
        times in prop::collection::vec(1..4_u8, 1..30),
        size in 1..40_usize,
        seed in 0..1000_u64,
    ) {
        let total: usize = times.iter().map(|&times| usize::from(times)).sum();
        let size = size.min(total);
        let settings = BatchSettings {
            size,
            replacement: false,
            frequencies: times.iter().map(|&times| f64::from(times)).collect(),
        };
        let mut batches = batches(settings, times.len(), seed).unwrap();
        let (whole, rest) = batches.sizes();
        prop_assert_eq!(whole, size);
        for _ in 0..3 {
            let mut seen = vec![0; times.len()];
            for _ in 0..total / size {
                let batch = batches.draw();
                prop_assert_eq!(batch.len(), size);
                batch.iter().for_each(|&sample| seen[sample as usize] += 1);
            }
            if let Some(rest) = rest {
                let batch = batches.draw();
                prop_assert_eq!(batch.len(), rest);
                batch.iter().for_each(|&sample| seen[sample as usize] += 1);
            }
            prop_assert_eq!(&seen, &times);
        }
    }

    /// A state goes on to the same batches.
    #[test]
    fn batches_go_on_from_a_state(
        samples in 1..20_usize,
        size in 1..20_usize,
        replacement: bool,
        before in 0..9_usize,
        seed in 0..1000_u64,
    ) {
        let settings = BatchSettings {
            size: size.min(samples),
            replacement,
            frequencies: Vec::new(),
        };
        let mut first = batches(settings.clone(), samples, seed).unwrap();
        for _ in 0..before {
            first.draw();
        }
        let mut second = batches(settings, samples, seed + 1).unwrap();
        second.set_state(first.state()).unwrap();
        for _ in 0..9 {
            prop_assert_eq!(first.draw(), second.draw());
        }
    }
}

/// Frequencies with replacement, to five standard errors.
#[test]
fn frequencies_with_replacement() {
    let settings = BatchSettings {
        size: 5,
        replacement: true,
        frequencies: vec![1.0, 3.0, 0.5, 5.5],
    };
    let mut batches = batches(settings.clone(), 4, 3).unwrap();
    let mut seen = [0.0; 4];
    for _ in 0..20_000 {
        for &sample in batches.draw() {
            seen[sample as usize] += 1.0;
        }
    }
    for (seen, frequency) in seen.iter().zip(&settings.frequencies) {
        let (count, p) = (100_000.0, frequency / 10.0);
        let error: f64 = (seen - count * p) / f64::sqrt(count * p * (1.0 - p));
        assert!(error.abs() < 5.0, "{seen} of {count} at {p}");
    }
}

#[test]
fn refused() {
    let refused = |size, replacement, frequencies: &[f64]| {
        let settings = BatchSettings {
            size,
            replacement,
            frequencies: frequencies.to_vec(),
        };
        batches(settings, 3, 0).unwrap_err().to_string()
    };
    assert!(refused(0, false, &[]).starts_with("size is 0; expected 1 to"));
    assert!(refused(4, false, &[]).starts_with("size is 4; expected 1 to"));
    assert_eq!(
        refused(1, true, &[1.0]),
        "frequencies has length 1; expected 3"
    );
    assert_eq!(
        refused(1, true, &[1.0, 0.0, 2.0]),
        "frequencies is 0; expected finite numbers > 0"
    );
    assert_eq!(
        refused(1, false, &[1.0, 1.5, 2.0]),
        "frequencies is 1.5; expected whole numbers without replacement"
    );
    // What is refused is the sum, not the size or the limit.
    assert_eq!(
        refused(1, true, &[1e308, 1e308, 1.0]),
        "frequencies is inf; expected a finite sum"
    );
    assert_eq!(
        refused(1, false, &[1e8, 1e8, 1.0]),
        "frequencies is 200000001; expected at most 1e8 samples in a pass"
    );
    let source = Streams::new(1).noise_source(Stream::Sed).unwrap();
    let groups = [TensorGroup {
        range: 0..2,
        rows: 2,
    }];
    let sed = Sed::new(SedSettings::published(0.9), &groups, source).unwrap();
    assert_eq!(
        Decayed::new(sed, DecaySettings::default()).unwrap_err(),
        Error::NoGradient {
            what: "weight decay"
        }
    );
    let sgd = Sgd::new(SgdSettings::default(), 2).unwrap();
    let negative = DecaySettings {
        rate: -1.0,
        ..DecaySettings::default()
    };
    assert_eq!(
        Decayed::new(sgd, negative).unwrap_err().to_string(),
        "rate is -1; expected a finite number >= 0"
    );
    assert_eq!(
        Proportional::new(-0.1).unwrap_err(),
        LogNormal::new(-0.1).unwrap_err()
    );
}
