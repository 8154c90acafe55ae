use approx::assert_relative_eq;
use drift_learn::{
    Adam, AdamSettings, AnyRule, EpsilonPlace, Gaussian, LearningRule, LossGradient, RmsProp,
    RmsPropSettings, Sgd, SgdSettings, Stream, Streams, UpdateNoise, UpdatePlace, Valley,
};
use proptest::prelude::*;

use crate::problems::{Quadratic, Slope, nonzero_numbers};

fn gaussian(standard_deviation: f64, place: UpdatePlace, seed: u64) -> UpdateNoise {
    let source = Streams::new(seed)
        .noise_source(Stream::UpdateNoise)
        .unwrap();
    UpdateNoise::new(Gaussian::new(standard_deviation).unwrap(), place, source)
}

proptest! {
    /// θ_t = (1 − ηλ)^t θ_0
    #[test]
    fn gradient_descent_on_a_quadratic(start in nonzero_numbers(), steps in 1..60i32) {
        let curvatures: Vec<f64> = (0..start.len()).map(|i| 0.1 + i as f64 * 0.05).collect();
        let learning_rate = 0.3;
        let mut problem = Quadratic { curvatures: curvatures.clone() };
        let mut rule = Sgd::new(SgdSettings { learning_rate }, start.len()).unwrap();
        let mut parameters = start.clone();
        for _ in 0..steps {
            rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
        }
        for ((found, start), curvature) in parameters.iter().zip(&start).zip(&curvatures) {
            let expected = (1.0 - learning_rate * curvature).powi(steps) * start;
            prop_assert!((found - expected).abs() <= 1e-13 * start.abs());
        }
    }

    /// From rest, with g = λθ: SGD moves by −η g, Adam by −η g/(|g| + ε) whatever the decays, RMSprop
    /// by −η g/(√(1 − α)|g| + ε).
    #[test]
    fn first_steps_on_a_quadratic(
        start in nonzero_numbers(), curvature in 0.01..5.0f64, decay in 0.0..0.999f64,
    ) {
        let settings = AdamSettings {
            learning_rate: 0.02, mean_decay: decay, square_decay: decay, epsilon: 1e-4,
        };
        let adam = Adam::new(settings, start.len()).unwrap();
        let settings = RmsPropSettings {
            learning_rate: 0.02, square_decay: decay, epsilon: 1e-4,
            epsilon_place: EpsilonPlace::OutsideRoot,
        };
        let rms_prop = RmsProp::new(settings, start.len()).unwrap();
        let sgd = Sgd::new(SgdSettings { learning_rate: 0.02 }, start.len()).unwrap();
        type Direction = fn(f64, f64) -> f64;
        let rules: [(AnyRule, Direction); 3] = [
            (sgd.into(), |g, _| g),
            (adam.into(), |g, _| g / (g.abs() + 1e-4)),
            (rms_prop.into(), |g, decay| g / ((1.0 - decay).sqrt() * g.abs() + 1e-4)),
        ];
        for (mut rule, direction) in rules {
            let mut problem = Quadratic { curvatures: vec![curvature; start.len()] };
            let mut parameters = start.clone();
            rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
            for (found, start) in parameters.iter().zip(&start) {
                let expected = start - 0.02 * direction(curvature * start, decay);
                prop_assert!((found - expected).abs() <= 1e-12 * (1.0 + start.abs()), "{found} {expected}");
            }
        }
    }

    /// With a constant gradient g both bias-corrected moments are exact, m̂ = g and v̂ = g²: every
    /// step is η g/(|g| + ε).
    #[test]
    fn adam_on_a_slope(slopes in nonzero_numbers(), steps in 1..60usize) {
        let settings = AdamSettings { learning_rate: 0.02, epsilon: 1e-4, ..AdamSettings::pytorch() };
        let mut rule = Adam::new(settings, slopes.len()).unwrap();
        let mut parameters = vec![0.0; slopes.len()];
        let mut problem = Slope { slopes: slopes.clone() };
        for _ in 0..steps {
            rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
        }
        for (found, slope) in parameters.iter().zip(&slopes) {
            let expected = -(steps as f64) * 0.02 * slope / (slope.abs() + 1e-4);
            prop_assert!((found / expected - 1.0).abs() < 1e-12);
        }
    }

    /// With a constant gradient v_t = (1 − α^t) g², wherever ε stands.
    #[test]
    fn rmsprop_on_a_slope(slopes in nonzero_numbers(), steps in 1..60i32, inside in any::<bool>()) {
        let epsilon_place = if inside { EpsilonPlace::InsideRoot } else { EpsilonPlace::OutsideRoot };
        let settings = RmsPropSettings {
            learning_rate: 0.02, square_decay: 0.9, epsilon: 1e-3, epsilon_place,
        };
        let mut rule = RmsProp::new(settings, slopes.len()).unwrap();
        let mut parameters = vec![0.0; slopes.len()];
        let mut problem = Slope { slopes: slopes.clone() };
        for _ in 0..steps {
            rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
        }
        for (found, slope) in parameters.iter().zip(&slopes) {
            let expected: f64 = (1..=steps).map(|t| {
                let v = (1.0 - 0.9f64.powi(t)) * slope * slope;
                let root = if inside { (v + 1e-3).sqrt() } else { v.sqrt() + 1e-3 };
                -0.02 * slope / root
            }).sum();
            prop_assert!((found / expected - 1.0).abs() < 1e-11);
        }
    }

    /// The same draws move SGD by η times what they move parameters by; and the fused step of
    /// normal noise has the bits of noise and update apart.
    #[test]
    fn a_place_scales_the_noise(seed in any::<u64>(), dimension in 1..100usize) {
        let learning_rate = 0.25;
        let mut moved = [UpdatePlace::Gradient, UpdatePlace::Parameters].map(|place| {
            let mut noise = gaussian(0.5, place, seed);
            let mut rule = Sgd::new(SgdSettings { learning_rate }, dimension).unwrap();
            let mut parameters = vec![0.0; dimension];
            rule.step(&mut Slope::flat(dimension), &mut parameters, &mut noise);
            parameters
        });
        // A power of two scales exactly.
        for value in &mut moved[0] {
            *value /= -learning_rate;
        }
        prop_assert_eq!(&moved[0], &moved[1]);
    }

    #[test]
    fn a_noisy_step_is_noise_then_update(seed in any::<u64>(), slopes in nonzero_numbers()) {
        let mut parameters = vec![1.0; slopes.len()];
        let mut problem = Slope { slopes: slopes.clone() };
        let mut rule = Sgd::new(SgdSettings { learning_rate: 0.3 }, slopes.len()).unwrap();
        let mut noise = gaussian(0.7, UpdatePlace::Gradient, seed);
        for _ in 0..3 {
            rule.step(&mut problem, &mut parameters, &mut noise);
        }
        let mut source = Streams::new(seed).noise_source(Stream::UpdateNoise).unwrap();
        let mut expected = vec![1.0; slopes.len()];
        for _ in 0..3 {
            let mut gradient = slopes.clone();
            source.add_normal(0.7, &mut gradient);
            for (parameter, g) in expected.iter_mut().zip(gradient) {
                *parameter = (-0.3f64).mul_add(g, *parameter);
            }
        }
        prop_assert_eq!(parameters, expected);
    }
}

/// pytorch issue 23796, TensorFlow issue 58412: where ε stands.
#[test]
fn a_first_step_of_rmsprop_has_epsilon_outside_the_root() {
    let settings = RmsPropSettings::pytorch();
    assert_eq!(settings.square_decay, 0.99);
    assert_eq!(settings.epsilon, 1e-8);
    let mut rule = RmsProp::new(settings, 1).unwrap();
    let mut parameters = [0.0];
    let mut problem = Slope { slopes: vec![1.0] };
    rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
    let expected = -settings.learning_rate / (0.01f64.sqrt() + 1e-8);
    assert_relative_eq!(parameters[0], expected, max_relative = 1e-14);
    // Far enough from what ε inside the root gives.
    let inside = -settings.learning_rate / (0.01f64 + 1e-8).sqrt();
    assert!((parameters[0] / inside - 1.0).abs() > 1e-8);
}

#[test]
fn presets_are_the_frameworks_defaults() {
    assert_eq!(SgdSettings::pytorch().learning_rate, 1e-3);
    let adam = AdamSettings::pytorch();
    let found = [
        adam.learning_rate,
        adam.mean_decay,
        adam.square_decay,
        adam.epsilon,
    ];
    assert_eq!(found, [1e-3, 0.9, 0.999, 1e-8]);
    let keras = RmsPropSettings::keras();
    let found = [keras.learning_rate, keras.square_decay, keras.epsilon];
    assert_eq!(found, [1e-3, 0.9, 1e-7]);
    assert_eq!(keras.epsilon_place, EpsilonPlace::InsideRoot);
}

/// A gradient that is always 0, as a dead unit's: no 0/0, and moments do not linger among the
/// subnormal numbers.
#[test]
fn moments_of_a_dead_unit_decay_to_zero() {
    let settings = AdamSettings {
        mean_decay: 0.5,
        square_decay: 0.5,
        ..AdamSettings::pytorch()
    };
    let mut rule = Adam::new(settings, 2).unwrap();
    let mut parameters = [0.0; 2];
    let mut problem = Slope {
        slopes: vec![1.0, 0.0],
    };
    rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
    problem.slopes[0] = 0.0;
    for _ in 0..2000 {
        rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
    }
    assert!(parameters[0].is_finite());
    assert_eq!(parameters[1], 0.0);
    assert_eq!(rule.mean(), [0.0; 2]);
    assert_eq!(rule.mean_square(), [0.0; 2]);
}

#[test]
fn a_step_returns_the_loss_before_it() {
    let mut problem = Quadratic {
        curvatures: vec![2.0],
    };
    let mut rule = Sgd::new(
        SgdSettings {
            learning_rate: 0.25,
        },
        1,
    )
    .unwrap();
    let mut parameters = [3.0];
    let losses: Vec<f64> = (0..2)
        .map(|_| rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none()))
        .collect();
    assert_eq!(losses, [9.0, 2.25]);
}

#[test]
fn the_valleys_gradient_is_its_loss_differentiated() {
    for point in [[1.0, 0.5], [-0.3, 2.0], [0.0, 1.5]] {
        let mut gradient = [0.0; 2];
        Valley.loss_gradient(&point, &mut gradient);
        let [x, y]: [f64; 2] = point;
        assert_relative_eq!(gradient[0], 2.0 * x * y * y, epsilon = 1e-15);
        assert_relative_eq!(gradient[1], 2.0 * x * x * y, epsilon = 1e-15);
        let step = 1e-6;
        for (axis, row) in Valley::hessian(point).iter().enumerate() {
            let mut shifted = point;
            shifted[axis] += step;
            let mut after = [0.0; 2];
            Valley.loss_gradient(&shifted, &mut after);
            for other in 0..2 {
                let difference = (after[other] - gradient[other]) / step;
                assert_relative_eq!(difference, row[other], epsilon = 1e-4);
            }
        }
    }
}

/// Update noise moves a point on the x axis towards the origin by η² s²/(2x) a step on average
/// (design page on theory: η .01, s .1, x 2). Here at larger noise, averaged over 2000 walkers;
/// the standard error comes from the walkers themselves.
#[test]
fn noise_drives_a_point_along_the_valley_to_the_flat_end() {
    let (learning_rate, deviation, steps, walkers) = (0.02, 1.0, 400, 2000u64);
    let ends: Vec<f64> = (0..walkers)
        .map(|seed| {
            let mut rule = Sgd::new(SgdSettings { learning_rate }, 2).unwrap();
            let mut noise = gaussian(deviation, UpdatePlace::Gradient, seed);
            let mut point = [2.0, 0.0];
            for _ in 0..steps {
                rule.step(&mut Valley, &mut point, &mut noise);
            }
            point[0] - 2.0
        })
        .collect();
    let mean = ends.iter().sum::<f64>() / walkers as f64;
    let variance = ends.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (walkers - 1) as f64;
    let error = (variance / walkers as f64).sqrt();
    let predicted = -f64::from(steps) * (learning_rate * deviation).powi(2) / 4.0;
    assert!(mean < -2.5 * error, "drift {mean} ± {error}");
    assert!(
        (mean - predicted).abs() < 4.0 * error,
        "drift {mean} ± {error}, {predicted}"
    );
    let diffusion = f64::from(steps) * (learning_rate * deviation).powi(2);
    assert!(
        (variance / diffusion - 1.0).abs() < 0.2,
        "variance {variance}, {diffusion}"
    );
}
