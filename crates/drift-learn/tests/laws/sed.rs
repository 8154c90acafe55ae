use drift_learn::{
    AnyRule, Gaussian, LearningRule, Loss, Sed, SedSettings, Stream, Streams, TensorGroup,
    UpdateNoise, UpdatePlace,
};
use proptest::prelude::*;

use crate::problems::{Noisy, Quadratic, Slope, nonzero_numbers};

fn rule(settings: SedSettings, groups: &[TensorGroup]) -> Sed {
    Sed::new(
        settings,
        groups,
        Streams::new(5).noise_source(Stream::Sed).unwrap(),
    )
    .unwrap()
}

fn one_group(dimension: usize) -> [TensorGroup; 1] {
    [TensorGroup {
        range: 0..dimension,
        rows: 1,
    }]
}

/// A rule of one's own that has one inside hands its source on, and so can be resumed.
#[test]
fn the_source_of_the_perturbations_is_shown() {
    let mut rule = AnyRule::from(rule(SedSettings::published(0.9), &one_group(2)));
    let mut sources = Vec::new();
    let step = |rule: &mut AnyRule| {
        let mut problem = Slope {
            slopes: vec![1.0, 2.0],
        };
        let mut point = [0.0; 2];
        rule.step(&mut problem, &mut point, &mut UpdateNoise::none());
        point
    };
    LearningRule::<Slope>::visit_sources(&mut rule, &mut |source| sources.push(source.clone()));
    let first = step(&mut rule);
    assert_ne!(step(&mut rule), first);
    let mut kept = sources.into_iter();
    LearningRule::<Slope>::visit_sources(&mut rule, &mut |source| {
        *source = kept.next().expect("one was shown before");
    });
    assert_eq!(step(&mut rule), first);
}

proptest! {
    /// On a slope ΔL = s·P, so θ moves by −η P (s·P).
    #[test]
    fn a_step_on_a_slope(slopes in nonzero_numbers(), seed in any::<u64>()) {
        let dimension = slopes.len();
        let groups = [TensorGroup { range: 0..dimension, rows: dimension }];
        let mut normals = vec![0.0; dimension];
        Streams::new(seed).noise_source(Stream::Sed).unwrap().fill_normal(&mut normals);
        let mut rule = rule(SedSettings::published(0.9), &groups);
        let mut problem = Slope { slopes: slopes.clone() };
        let mut parameters = vec![0.0; dimension];
        let loss = rule.step_with_normals(
            &mut problem, &mut parameters, &mut UpdateNoise::none(), &normals,
        );
        prop_assert_eq!(loss, 0.0);
        let scale = 0.1 / (dimension as f64).sqrt();
        let perturbation: Vec<f64> = normals.iter().map(|z| scale * z).collect();
        let difference: f64 = slopes.iter().zip(&perturbation).map(|(s, p)| s * p).sum();
        for (found, p) in parameters.iter().zip(&perturbation) {
            prop_assert!((found + 0.9 * p * difference).abs() <= 1e-14);
        }
    }

    /// Averaged over perturbations of mean 0 and covariance σ² I, a step is one of gradient descent
    /// with rate η σ²: E[P (L(θ + P) − L(θ))] = σ² ∇L on a quadratic. The ± axes are such
    /// perturbations, and few enough to average over all.
    #[test]
    fn a_step_is_gradient_descent_in_expectation(
        start in nonzero_numbers(), curvature in 0.1..3.0f64, learning_rate in 0.1..2.0f64,
    ) {
        let dimension = start.len();
        let mut problem = Quadratic { curvatures: vec![curvature; dimension] };
        let mut mean = vec![0.0; dimension];
        for axis in 0..dimension {
            for sign in [1.0, -1.0] {
                let mut normals = vec![0.0; dimension];
                normals[axis] = sign * (dimension as f64).sqrt();
                let settings = SedSettings { learning_rate, perturbation: 0.1 };
                let mut parameters = start.clone();
                rule(settings, &one_group(dimension)).step_with_normals(
                    &mut problem, &mut parameters, &mut UpdateNoise::none(), &normals,
                );
                for ((mean, found), start) in mean.iter_mut().zip(&parameters).zip(&start) {
                    *mean += (found - start) / (2 * dimension) as f64;
                }
            }
        }
        for (mean, start) in mean.iter().zip(&start) {
            let expected = -learning_rate * 0.01 * curvature * start;
            prop_assert!((mean - expected).abs() <= 1e-10 * (1.0 + expected.abs()), "{mean} {expected}");
        }
    }
}

/// On average a step goes down the gradient: E[P (s·P)] = s σ².
#[test]
fn steps_descend_on_average() {
    let mut rule = rule(SedSettings::published(1.0), &one_group(3));
    let mut problem = Slope {
        slopes: vec![1.0, -2.0, 0.0],
    };
    let mut parameters = [0.0; 3];
    let steps = 200_000;
    for _ in 0..steps {
        rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
    }
    for (found, slope) in parameters.iter().zip([1.0, -2.0, 0.0]) {
        // Variance of P (s·P) is at most 2 |s|² σ⁴: 0.007 is 5 standard errors.
        let expected = -0.01 * slope * f64::from(steps);
        let error = 5.0 * (10.0 * 1e-4 * f64::from(steps)).sqrt() * 0.1;
        assert!(
            (found - expected).abs() < error,
            "{found}, {expected} ± {error}"
        );
    }
}

#[test]
fn the_perturbed_loss_is_clean_and_the_other_is_the_steps() {
    let mut problem = Noisy {
        clean: Slope::flat(1),
        excess: 2.0,
    };
    let mut rule = rule(
        SedSettings {
            learning_rate: 0.5,
            perturbation: 1.0,
        },
        &one_group(1),
    );
    let mut parameters = [0.0];
    let none = &mut UpdateNoise::none();
    let loss = rule.step_with_normals(&mut problem, &mut parameters, none, &[1.0]);
    assert_eq!(loss, 2.0);
    // ΔL = 0 − 2 and P = 1.
    assert_eq!(parameters, [1.0]);
    assert_eq!(problem.loss(&parameters), 0.0);
}

#[test]
fn groups_set_the_scale_of_their_own_parameters() {
    let groups = [
        TensorGroup {
            range: 0..4,
            rows: 4,
        },
        TensorGroup {
            range: 4..8,
            rows: 1,
        },
    ];
    let mut problem = Noisy {
        clean: Slope::flat(8),
        excess: -1.0,
    };
    let mut rule = rule(
        SedSettings {
            learning_rate: 1.0,
            perturbation: 1.0,
        },
        &groups,
    );
    let mut parameters = [0.0; 8];
    rule.step_with_normals(
        &mut problem,
        &mut parameters,
        &mut UpdateNoise::none(),
        &[1.0; 8],
    );
    assert_eq!(parameters, [-0.5, -0.5, -0.5, -0.5, -1.0, -1.0, -1.0, -1.0]);
}

#[test]
fn update_noise_leaves_the_perturbations_alone() {
    let step = |noise: &mut UpdateNoise| {
        let mut problem = Noisy {
            clean: Slope::flat(20),
            excess: 1.0,
        };
        let mut rule = rule(SedSettings::published(0.5), &one_group(20));
        let mut parameters = [0.0; 20];
        rule.step(&mut problem, &mut parameters, noise);
        parameters
    };
    let source = Streams::new(5).noise_source(Stream::UpdateNoise).unwrap();
    let tiny = Gaussian::new(1e-12).unwrap();
    let noisy = step(&mut UpdateNoise::new(tiny, UpdatePlace::Parameters, source));
    let clean = step(&mut UpdateNoise::none());
    assert_ne!(noisy, clean);
    for (a, b) in noisy.iter().zip(clean) {
        assert!((a - b).abs() < 1e-10);
    }
}
