//! The same bits on every instruction set of this machine.

use drift_learn::{
    Adam, AdamSettings, Gaussian, LearningRule, NoiseSource, RmsProp, RmsPropSettings, Sed,
    SedSettings, Sgd, SgdSettings, SimdLevel, Stream, Streams, TensorGroup, UpdateNoise,
    UpdatePlace,
};

use crate::problems::Quadratic;

fn source(level: SimdLevel) -> NoiseSource {
    let source = Streams::new(9).noise_source(Stream::UpdateNoise).unwrap();
    source.with_level(level).unwrap()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// What `draw` makes on every level; the first entry is the baseline's.
fn on_every_level(draw: impl Fn(SimdLevel) -> Vec<f64>) {
    let levels = SimdLevel::available();
    assert_eq!(levels[0], SimdLevel::Baseline);
    let baseline = bits(&draw(SimdLevel::Baseline));
    for &level in &levels[1..] {
        assert_eq!(
            bits(&draw(level)),
            baseline,
            "{level} differs from baseline"
        );
    }
}

#[test]
fn noise() {
    for length in (0..70).chain([3100]) {
        on_every_level(|level| {
            let mut source = source(level);
            let mut values: Vec<f64> = (0..length).map(|i| i as f64 * 0.1).collect();
            source.add_normal(0.3, &mut values);
            source.add_uniform(0.7, &mut values);
            let mut filled = vec![0.0; length];
            source.fill_normal(&mut filled);
            values.extend(filled);
            values
        });
    }
}

#[test]
fn rules() {
    for dimension in [1, 5, 16, 33, 200] {
        let curvatures: Vec<f64> = (0..dimension).map(|i| 0.3 + 0.01 * i as f64).collect();
        let noise =
            |level, place| UpdateNoise::new(Gaussian::new(0.1).unwrap(), place, source(level));
        let train = |rule: &mut dyn LearningRule<Quadratic>, mut noise: UpdateNoise| {
            let mut problem = Quadratic {
                curvatures: curvatures.clone(),
            };
            let mut parameters: Vec<f64> = (0..dimension).map(|i| 1.0 + i as f64).collect();
            for _ in 0..20 {
                rule.step(&mut problem, &mut parameters, &mut noise);
            }
            parameters
        };
        for place in [UpdatePlace::Gradient, UpdatePlace::Parameters] {
            on_every_level(|level| {
                let rule = Sgd::new(SgdSettings { learning_rate: 0.1 }, dimension).unwrap();
                train(&mut rule.with_level(level).unwrap(), noise(level, place))
            });
            on_every_level(|level| {
                let rule = Adam::new(AdamSettings::pytorch(), dimension).unwrap();
                train(&mut rule.with_level(level).unwrap(), noise(level, place))
            });
            for settings in [RmsPropSettings::pytorch(), RmsPropSettings::keras()] {
                on_every_level(|level| {
                    let rule = RmsProp::new(settings, dimension).unwrap();
                    train(&mut rule.with_level(level).unwrap(), noise(level, place))
                });
            }
            on_every_level(|level| {
                let groups = [TensorGroup {
                    range: 0..dimension,
                    rows: dimension,
                }];
                let settings = SedSettings::published(0.5);
                let rule = Sed::new(settings, &groups, source(level)).unwrap();
                train(&mut rule.with_level(level).unwrap(), noise(level, place))
            });
        }
    }
}

#[test]
fn a_level_is_known_by_its_name() {
    for level in SimdLevel::available() {
        assert_eq!(level.name().parse(), Ok(level));
        assert_eq!(level.to_string(), level.name());
    }
    let error = "sse9".parse::<SimdLevel>().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("instruction set sse9 is not available")
    );
    assert!(SimdLevel::selected().unwrap().runs_here());
}
