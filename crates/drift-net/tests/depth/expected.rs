//! The expected loss of noise in the last hidden layer alone, at any depth, by enumeration.

use drift_net::nalgebra::DMatrix;
use drift_net::{Activation, HiddenNoise, Network, Regime, Samples, Shape, Workspace};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Dropout adds p/(1 − p) · Σ_ij h_ij² ‖V_j‖² / (n d_out), noise after f adds σ² ‖V‖² / d_out.
    #[test]
    fn noise_in_the_last_layer_adds_what_it_should(
        below in prop::collection::vec(1..20_usize, 0..3),
        units in 1..7_usize,
        n in 1..5_usize,
        outputs in 1..4_usize,
        p in 0.0..0.9_f64,
        deviation in 0.0..2.0_f64,
        smooth: bool,
        seed: u64,
    ) {
        let widths: Vec<usize> = below.into_iter().chain([units]).collect();
        let shape = Shape::new(3, widths.as_slice(), outputs).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let function = if smooth { Activation::tanh() } else { Activation::Relu };
        let network = Network::initialize(shape, Regime::Rich, &mut rng)
            .with_activation(function)
            .unwrap();
        let wave = |factor: f64| {
            move |row: usize, column: usize| (factor * (row as f64 + 1.7 * column as f64)).sin()
        };
        let inputs = DMatrix::from_fn(n, 3, wave(1.3));
        let targets = DMatrix::from_fn(n, outputs, wave(0.7));
        let samples = Samples::new(inputs.as_view(), targets.as_view()).unwrap();
        let mut workspace = Workspace::new(&network, n).unwrap();
        let clean = workspace.loss(network.parameters(), &samples);
        let hidden = workspace.hidden();
        let activity = hidden.columns(hidden.ncols() - units, units);
        let squares: Vec<f64> =
            network.output_weights().column_iter().map(|weights| weights.norm_squared()).collect();

        let last = shape.layers() - 1;
        let mut noisy = |gain: bool, value: &dyn Fn(usize) -> f64| {
            let mut noise = HiddenNoise::new(&network, n).unwrap();
            let layer = noise.layer_mut(last);
            let values = if gain { layer.gain_mut() } else { layer.after_mut() };
            for row in values.chunks_exact_mut(units) {
                for (unit, to) in row.iter_mut().enumerate() {
                    *to = value(unit);
                }
            }
            workspace.noisy_loss(network.parameters(), &samples, &noise)
        };
        // Samples are independent, so that masks they share expect the same.
        let mut mean = 0.0;
        for mask in 0..1_u32 << units {
            let kept = mask.count_ones() as i32;
            let weight = (1.0 - p).powi(kept) * p.powi(units as i32 - kept);
            let gain = |unit: usize| f64::from(mask >> unit & 1) / (1.0 - p);
            mean += weight * noisy(true, &gain);
        }
        let through: f64 =
            (0..units).map(|unit| activity.column(unit).norm_squared() * squares[unit]).sum();
        let expected = clean + p / (1.0 - p) * through / (n * outputs) as f64;
        prop_assert!((mean - expected).abs() <= 1e-12 * (1.0 + expected), "{mean} {expected}");

        // Of a quadratic the mean over ±σ is that over any noise of this variance.
        let mut added = 0.0;
        for noisy_unit in 0..units {
            for sign in [-1.0, 1.0] {
                let value = |unit| if unit == noisy_unit { sign * deviation } else { 0.0 };
                added += (noisy(false, &value) - clean) / 2.0;
            }
        }
        let expected = deviation * deviation * squares.iter().sum::<f64>() / outputs as f64;
        prop_assert!(
            (added - expected).abs() <= 1e-11 * (1.0 + clean + expected),
            "{added} {expected}"
        );
    }
}
