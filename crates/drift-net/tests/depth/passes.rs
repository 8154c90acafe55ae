//! Forward and backward passes, with and without noise on hidden activity.

use drift_net::nalgebra::DMatrix;
use drift_net::{Activation, HiddenNoise, Network, Regime, Shape, SimdLevel, Workspace};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use crate::problems::{PlainNoise, PlainPass, Problem, close, normals, problems, side_by_side};

/// Noise in some layers: Gaussian before and after, and gains of 0 or 2.
fn noise(problem: &Problem, which: u8, seed: u64) -> Vec<PlainNoise> {
    let samples = problem.inputs.nrows();
    let shape = problem.network.shape();
    let layers = shape.widths().iter().enumerate();
    layers
        .map(|(layer, &units)| {
            let draw = |kind: u64| {
                if (which >> layer) & 1 == 1 && (seed >> kind) & 1 == 1 {
                    normals(samples, units, seed ^ (16 + 3 * layer as u64 + kind)) * 0.3
                } else {
                    DMatrix::zeros(samples, units)
                }
            };
            let gain = draw(2).map(|z| {
                if z < 0.0 {
                    0.0
                } else if z > 0.0 {
                    2.0
                } else {
                    1.0
                }
            });
            [draw(0), draw(1), gain]
        })
        .collect()
}

fn hidden_noise(problem: &Problem, plain: &[PlainNoise]) -> HiddenNoise {
    let mut noise = HiddenNoise::new(&problem.network, problem.inputs.nrows()).unwrap();
    for (layer, [before, after, gain]) in plain.iter().enumerate() {
        let layer = noise.layer_mut(layer);
        // Only what differs from no noise is asked for, so that all combinations occur.
        let row_by_row = |matrix: &DMatrix<f64>| matrix.transpose().as_slice().to_vec();
        if before.amax() > 0.0 {
            layer.before_mut().copy_from_slice(&row_by_row(before));
        }
        if after.amax() > 0.0 {
            layer.after_mut().copy_from_slice(&row_by_row(after));
        }
        if gain.iter().any(|&gain| gain != 1.0) {
            layer.gain_mut().copy_from_slice(&row_by_row(gain));
        }
    }
    noise
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn passes_equal_plain_matrix_products(problem in problems(40)) {
        let plain = PlainPass::new(&problem, None);
        let parameters = problem.network.parameters();
        let samples = problem.samples();
        let mut workspace = Workspace::new(&problem.network, samples.len()).unwrap();
        let mut gradient = vec![f64::NAN; parameters.len()];
        let loss = workspace.loss_gradient(parameters, &samples, &mut gradient);
        prop_assert!(close(&[loss], &[plain.loss], 1e-12));
        prop_assert!(close(&gradient, &plain.gradient, 1e-11));
        let hidden = side_by_side(&plain.activities);
        prop_assert!(close(workspace.hidden().as_slice(), hidden.as_slice(), 1e-12));
        prop_assert_eq!(workspace.sent(), workspace.hidden());
        prop_assert!(close(workspace.outputs().as_slice(), plain.outputs.as_slice(), 1e-12));
        // The gradient does not depend on what an earlier pass left behind.
        let reversed: Vec<f64> = parameters.iter().rev().copied().collect();
        let mut other = vec![0.0; parameters.len()];
        workspace.loss_gradient(&reversed, &samples, &mut other);
        workspace.loss_gradient(parameters, &samples, &mut other);
        prop_assert_eq!(gradient, other);
    }

    #[test]
    fn noisy_passes_equal_plain_matrix_products(
        problem in problems(24), which: u8, seed: u64
    ) {
        let plain_noise = noise(&problem, which, seed);
        let plain = PlainPass::new(&problem, Some(&plain_noise));
        let noise = hidden_noise(&problem, &plain_noise);
        let parameters = problem.network.parameters();
        let samples = problem.samples();
        let mut workspace = Workspace::new(&problem.network, samples.len()).unwrap();
        let mut gradient = vec![f64::NAN; parameters.len()];
        let loss = workspace.noisy_loss_gradient(parameters, &samples, &noise, &mut gradient);
        prop_assert!(close(&[loss], &[plain.loss], 1e-12));
        prop_assert!(close(&gradient, &plain.gradient, 1e-11));
        let (hidden, sent) = (side_by_side(&plain.activities), side_by_side(&plain.sent));
        prop_assert!(close(workspace.hidden().as_slice(), hidden.as_slice(), 1e-12));
        prop_assert!(close(workspace.sent().as_slice(), sent.as_slice(), 1e-12));
        prop_assert_eq!(workspace.noisy_loss(parameters, &samples, &noise), loss);
        // A clean pass after a noisy one is a clean pass.
        let clean = problem.network
            .loss_gradient(problem.inputs.as_view(), problem.targets.as_view()).unwrap();
        let again = workspace.loss_gradient(parameters, &samples, &mut gradient);
        prop_assert_eq!((again, gradient), clean);
    }

    #[test]
    fn gradient_is_the_slope_of_the_loss(problem in problems(20), seed: u64) {
        let step = 1e-6;
        let direction = normals(problem.network.parameters().len(), 1, seed);
        let direction = direction.as_slice();
        let gradient = problem.gradient();
        let slope = (problem.loss_along(direction, step) - problem.loss_along(direction, -step))
            / (2.0 * step);
        let expected: f64 = gradient.iter().zip(direction).map(|(a, b)| a * b).sum();
        let size: f64 = gradient.iter().zip(direction).map(|(a, b)| (a * b).abs()).sum();
        prop_assume!(!problem.is_near_a_kink(1e-3));
        prop_assert!((slope - expected).abs() < 1e-5 * (1.0 + size), "{} {}", slope, expected);
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits(problem in problems(40), which: u8, seed: u64) {
        let noise = hidden_noise(&problem, &noise(&problem, which, seed));
        let samples = problem.samples();
        let pass = |level| {
            let mut workspace = Workspace::new(&problem.network, samples.len())
                .and_then(|workspace| workspace.with_simd_level(level))
                .unwrap();
            let parameters = problem.network.parameters();
            let mut gradients = vec![vec![0.0; parameters.len()]; 2];
            let clean = workspace.loss_gradient(parameters, &samples, &mut gradients[0]);
            let noisy =
                workspace.noisy_loss_gradient(parameters, &samples, &noise, &mut gradients[1]);
            gradients.push(vec![clean, noisy]);
            gradients.concat().iter().map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        let baseline = pass(SimdLevel::Baseline);
        for level in SimdLevel::available() {
            prop_assert_eq!(&pass(level), &baseline, "{}", level);
        }
    }

    #[test]
    fn permuting_the_units_of_a_layer_permutes_the_gradient(problem in problems(20), layer: u8) {
        let shape = problem.network.shape();
        let layer = usize::from(layer) % shape.layers();
        let units = shape.widths()[layer];
        // Reverses the rows of W_l and b_l and the columns of W_{l+1}, or of V.
        let reversed = |values: &[f64]| -> Vec<f64> {
            let mut values = values.to_vec();
            let first = shape.first_parameter(layer);
            let rows = units * (shape.inputs_of(layer) + 1);
            values[first..][..rows].chunks_exact_mut(units).for_each(<[f64]>::reverse);
            let above = &mut values[first + rows..];
            if layer + 1 == shape.layers() {
                above.chunks_exact_mut(units).for_each(<[f64]>::reverse);
            } else {
                let width = shape.widths()[layer + 1];
                let columns: Vec<f64> =
                    above[..units * width].chunks_exact(width).rev().flatten().copied().collect();
                above[..units * width].copy_from_slice(&columns);
            }
            values
        };
        let twin = problem.at(reversed(problem.network.parameters()));
        let (inputs, targets) = (problem.inputs.as_view(), problem.targets.as_view());
        let loss = problem.network.loss(inputs, targets).unwrap();
        prop_assert!(close(&[twin.network.loss(inputs, targets).unwrap()], &[loss], 1e-12));
        prop_assert!(close(&twin.gradient(), &reversed(&problem.gradient()), 1e-10));
    }

    #[test]
    fn permuting_samples_keeps_loss_and_gradient(problem in problems(20)) {
        let order: Vec<usize> = (0..problem.inputs.nrows()).rev().collect();
        let mut twin = problem.clone();
        twin.inputs = problem.inputs.select_rows(&order);
        twin.targets = problem.targets.select_rows(&order);
        prop_assert!(close(&twin.gradient(), &problem.gradient(), 1e-10));
    }

    #[test]
    fn activity_is_counted_by_layer(problem in problems(20)) {
        let plain = PlainPass::new(&problem, None);
        let samples = problem.samples();
        let mut workspace = Workspace::new(&problem.network, samples.len()).unwrap();
        workspace.forward(problem.network.parameters(), &samples);
        let activation = problem.network.activation();
        let (mut pairs, mut units, mut first) = (0, 0, 0);
        for (layer, activity) in plain.activities.iter().enumerate() {
            // Rounding could turn a threshold.
            prop_assume!(activity.iter().all(|&h| {
                h == 0.0 || (activation.rate(h) - activation.active_above()).abs() > 1e-12
            }));
            let active = activity.map(|h| activation.is_active(h));
            let of_layer = active.iter().filter(|&&active| active).count();
            let alive = active.column_iter().filter(|unit| unit.iter().any(|&active| active));
            let alive = alive.count();
            let fraction = of_layer as f64 / active.len() as f64;
            prop_assert_eq!(workspace.active_fraction_of(layer), fraction);
            let fraction = alive as f64 / active.ncols() as f64;
            prop_assert_eq!(workspace.fraction_active_units_of(layer), fraction);
            for sample in 0..active.nrows() {
                for unit in 0..active.ncols() {
                    let found = workspace.is_active(first + unit, sample);
                    prop_assert_eq!(found, active[(sample, unit)]);
                }
            }
            (pairs, units, first) = (pairs + of_layer, units + alive, first + active.ncols());
        }
        let count = first * samples.len();
        prop_assert_eq!(workspace.active_fraction(), pairs as f64 / count as f64);
        prop_assert_eq!(workspace.fraction_active_units(), units as f64 / first as f64);
    }
}

#[test]
fn parameters_are_drawn_in_flat_order() {
    let shape = Shape::new(50, [200, 100], 40).unwrap();
    for regime in [Regime::Rich, Regime::Lazy] {
        let network = Network::initialize(shape, regime, &mut ChaCha8Rng::seed_from_u64(3));
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut expected = |count: usize, deviation: f64| -> Vec<f64> {
            let mut draw = |_| {
                let normal: f64 = StandardNormal.sample(&mut rng);
                normal * deviation
            };
            (0..count).map(&mut draw).collect()
        };
        let readout = match regime {
            Regime::Rich => (2.0_f64 / 100.0).sqrt(),
            _ => 2.0 / 100.0,
        };
        let parts = [
            expected(200 * 51, (2.0_f64 / 50.0).sqrt()),
            expected(100 * 201, (2.0_f64 / 200.0).sqrt()),
            expected(40 * 100, readout),
        ];
        assert_eq!(network.parameters(), parts.concat());
    }
}

#[test]
fn dead_units_of_every_layer_have_no_gradient() {
    let shape = Shape::new(6, [45, 33, 20], 5).unwrap();
    let mut problem = Problem::new(shape, 23, Activation::Relu, 3);
    for (layer, dead) in [(0, 19), (1, 17), (2, 9)] {
        problem = problem.with_dead_units(layer, dead);
    }
    let plain = PlainPass::new(&problem, None);
    let gradient = problem.gradient();
    assert!(close(&gradient, &plain.gradient, 1e-11));
    let dead = plain.dead();
    for layer in 0..3 {
        assert!(dead[layer].iter().filter(|&&dead| dead).count() >= [19, 17, 9][layer]);
        let units = shape.widths()[layer];
        let rows = &gradient[shape.first_parameter(layer)..];
        let columns = rows[..units * (shape.inputs_of(layer) + 1)].chunks_exact(units);
        for (column, row) in columns.enumerate() {
            for (slope, &dead) in row.iter().zip(&dead[layer]) {
                assert!(!dead || *slope == 0.0);
            }
            let silent = layer > 0 && dead[layer - 1].get(column) == Some(&true);
            assert_eq!(silent, row.iter().all(|&slope| slope == 0.0));
        }
    }
}

#[test]
fn a_parameter_that_became_nan_reaches_the_loss() {
    let shape = Shape::new(3, [20, 11], 2).unwrap();
    for level in SimdLevel::available() {
        let problem = Problem::new(shape, 5, Activation::Relu, 4);
        let samples = problem.samples();
        let mut workspace = Workspace::new(&problem.network, 5)
            .and_then(|workspace| workspace.with_simd_level(level))
            .unwrap();
        for index in [0, 65, 80, 299, 305, 320] {
            let mut parameters = vec![0.5; shape.parameters()];
            parameters[index] = f64::NAN;
            let positive = workspace.loss(&parameters, &samples);
            assert!(positive.is_nan(), "{level}, parameter {index}: {positive}");
        }
    }
}
