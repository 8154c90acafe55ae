//! The activation functions, and the passes through networks that have them.

use approx::assert_relative_eq;
use drift_net::nalgebra::DMatrix;
use drift_net::{Activation, Error, Network, Regime, Samples, Shape, SimdLevel, Workspace};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::laws::{Case, cases};
use crate::plain::{assert_passes, derivative, random_matrix, value};

pub const ALL: [Activation; 5] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::LeakyRelu { slope: 0.0 },
    Activation::Softplus { active_above: 0.3 },
    Activation::Tanh { active_above: 0.2 },
];

pub fn activations() -> impl Strategy<Value = Activation> {
    prop_oneof![
        Just(Activation::Relu),
        (0.0..1.0).prop_map(|slope| Activation::LeakyRelu { slope }),
        (0.0..1.0).prop_map(|active_above| Activation::Softplus { active_above }),
        (0.0..1.0).prop_map(|active_above| Activation::Tanh { active_above }),
    ]
}

/// A network of the case with another activation function, and its data.
pub fn build(case: Case, activation: Activation) -> (Network, DMatrix<f64>, DMatrix<f64>) {
    let (network, inputs, targets) = case.build();
    (
        network.with_activation(activation).unwrap(),
        inputs,
        targets,
    )
}

fn workspace(network: &Network, samples: usize, level: SimdLevel) -> Workspace {
    Workspace::new(network, samples)
        .and_then(|workspace| workspace.with_simd_level(level))
        .unwrap()
}

proptest! {
    #[test]
    fn functions_and_derivatives_are_exact_to_rounding(
        activation in activations(), size in -12f64..2.8, positive: bool
    ) {
        let z = 10f64.powf(size) * if positive { 1.0 } else { -1.0 };
        let h = activation.value(z);
        assert_relative_eq!(h, value(activation, z), max_relative = 6e-16, epsilon = 0.0);
        let (found, expected) = (activation.derivative(h), derivative(activation, z));
        // 1 − h² and 1 − e⁻ʰ are exact to the last bit of 1.
        prop_assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        let step = 1e-5;
        let bend = (derivative(activation, z + step) - derivative(activation, z - step))
            / (2.0 * step);
        if z.abs() > step {
            prop_assert!((activation.second_derivative(h) - bend).abs() < 1e-9);
        }
    }

    #[test]
    fn passes_equal_plain_matrix_formulas(case in cases(), activation in activations()) {
        let (network, inputs, targets) = build(case, activation);
        assert_passes(&network, &inputs, &targets);
    }

    #[test]
    fn gradient_is_the_slope_of_the_loss(case in cases(), activation in activations()) {
        let (network, inputs, targets) = build(case, activation);
        let (_, gradient) = network.loss_gradient(inputs.as_view(), targets.as_view()).unwrap();
        let count = gradient.len();
        let direction = random_matrix(count, 1, &mut ChaCha8Rng::seed_from_u64(case.seed ^ 1));
        let loss_at = |step: f64| {
            let moved = network.parameters().iter().zip(direction.iter())
                .map(|(parameter, slope)| parameter + step * slope).collect();
            Network::from_parameters(case.shape, moved)
                .and_then(|network| network.with_activation(activation)).unwrap()
                .loss(inputs.as_view(), targets.as_view()).unwrap()
        };
        // A kink inside the step is possible, and bounded by the change of slope there.
        let smooth = activation.second_derivative(0.5) != 0.0;
        let (step, tolerance) = if smooth { (1e-5, 1e-7) } else { (1e-7, 1e-5) };
        let slope = (loss_at(step) - loss_at(-step)) / (2.0 * step);
        let expected: f64 = gradient.iter().zip(direction.iter()).map(|(a, b)| a * b).sum();
        let tolerance = tolerance * (1.0 + expected.abs()) * count as f64;
        prop_assert!((slope - expected).abs() < tolerance, "{slope} {expected}");
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits(case in cases(), activation in activations()) {
        let (network, inputs, targets) = build(case, activation);
        let samples = Samples::new(inputs.as_view(), targets.as_view()).unwrap();
        let pass = |level| {
            let mut workspace = workspace(&network, case.samples, level);
            let mut gradient = vec![0.0; case.shape.parameters()];
            let loss = workspace.loss_gradient(network.parameters(), &samples, &mut gradient);
            let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            (
                loss.to_bits(),
                bits(&gradient),
                bits(workspace.hidden().as_slice()),
                bits(workspace.output_rows()),
                workspace.active_fraction(),
            )
        };
        let baseline = pass(SimdLevel::Baseline);
        for level in SimdLevel::available() {
            prop_assert_eq!(&pass(level), &baseline, "{}", level);
        }
        // And the scalar function has those bits.
        let preactivations = {
            let relu = Network::from_parameters(case.shape, network.parameters().to_vec());
            let leaky = Activation::leaky_relu(0.5).unwrap();
            relu.and_then(|network| network.with_activation(leaky)).unwrap()
                .forward(inputs.as_view()).unwrap().0
                .map(|h| if h < 0.0 { 2.0 * h } else { h })
        };
        let hidden = network.forward(inputs.as_view()).unwrap().0;
        prop_assert_eq!(preactivations.map(|z| activation.value(z)), hidden);
    }

    #[test]
    fn activity_is_counted_as_defined(case in cases(), activation in activations()) {
        let (network, inputs, targets) = build(case, activation);
        let samples = Samples::new(inputs.as_view(), targets.as_view()).unwrap();
        let mut workspace = workspace(&network, case.samples, SimdLevel::selected().unwrap());
        workspace.forward(network.parameters(), &samples);
        let hidden = workspace.hidden();
        let active = |unit: usize, sample: usize| {
            let h = hidden[(sample, unit)];
            match activation {
                Activation::Relu | Activation::LeakyRelu { .. } => h > 0.0,
                Activation::Softplus { active_above } => h > active_above,
                Activation::Tanh { active_above } => h.abs() > active_above,
                other => panic!("{other:?} is not in the strategy"),
            }
        };
        let (mut pairs, mut units) = (0, 0);
        for unit in 0..case.shape.hidden() {
            let mut count = 0;
            for sample in 0..case.samples {
                prop_assert_eq!(workspace.is_active(unit, sample), active(unit, sample));
                prop_assert_eq!(
                    activation.is_active(hidden[(sample, unit)]), active(unit, sample)
                );
                count += usize::from(active(unit, sample));
            }
            pairs += count;
            units += usize::from(count > 0);
        }
        prop_assert_eq!(workspace.active_fraction(), pairs as f64 / hidden.len() as f64);
        prop_assert_eq!(
            workspace.fraction_active_units(), units as f64 / case.shape.hidden() as f64
        );
    }

    #[test]
    fn a_leak_of_zero_is_the_relu(case in cases()) {
        let (relu, inputs, targets) = case.build();
        let (leaky, ..) = build(case, Activation::LeakyRelu { slope: 0.0 });
        prop_assert_eq!(
            relu.loss_gradient(inputs.as_view(), targets.as_view()).unwrap(),
            leaky.loss_gradient(inputs.as_view(), targets.as_view()).unwrap()
        );
    }

    #[test]
    fn tanh_is_odd(case in cases()) {
        let (network, inputs, targets) = build(case, Activation::tanh());
        let mirrored = network.parameters().iter().map(|parameter| -parameter).collect();
        let mirrored = Network::from_parameters(case.shape, mirrored)
            .and_then(|network| network.with_activation(Activation::tanh())).unwrap();
        let (loss, gradient) = network.loss_gradient(inputs.as_view(), targets.as_view()).unwrap();
        let (same, opposite) =
            mirrored.loss_gradient(inputs.as_view(), targets.as_view()).unwrap();
        prop_assert_eq!(loss, same);
        for (index, (slope, mirrored)) in gradient.iter().zip(&opposite).enumerate() {
            prop_assert_eq!(*slope, -mirrored, "{}", index);
        }
    }
}

#[test]
fn extremes_have_their_limits() {
    let (softplus, tanh) = (Activation::softplus(), Activation::tanh());
    for far in [40.0, 1e3, 1e300, f64::INFINITY] {
        assert_eq!(tanh.value(far), 1.0);
        assert_eq!(tanh.value(-far), -1.0);
        assert_eq!(tanh.derivative(1.0), 0.0);
        assert_eq!(softplus.value(far), far);
        assert_eq!(softplus.derivative(far), 1.0);
        let low = softplus.value(-far);
        assert!((0.0..1e-17).contains(&low), "{low}");
        assert_eq!(softplus.derivative(low), low);
    }
    assert_eq!(tanh.value(0.0).to_bits(), 0);
    assert_eq!(tanh.value(-0.0).to_bits(), (-0.0_f64).to_bits());
    assert_relative_eq!(
        softplus.value(0.0),
        std::f64::consts::LN_2,
        max_relative = 5e-16
    );
    for activation in ALL {
        assert!(activation.value(f64::NAN).is_nan());
        assert!(activation.is_active(f64::NAN));
    }
}

#[test]
fn a_parameter_that_became_nan_reaches_the_loss() {
    let shape = Shape::new(3, 20, 2).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let inputs = random_matrix(5, 3, &mut rng);
    let targets = random_matrix(5, 2, &mut rng);
    let samples = Samples::new(inputs.as_view(), targets.as_view()).unwrap();
    let relu = Network::initialize(shape, Regime::Rich, &mut rng);
    for (activation, level) in ALL
        .into_iter()
        .flat_map(|kind| SimdLevel::available().into_iter().map(move |l| (kind, l)))
    {
        let network = relu.clone().with_activation(activation).unwrap();
        let mut workspace = workspace(&network, 5, level);
        for index in [0, 19, 65, 100] {
            let mut parameters = vec![1.0; shape.parameters()];
            parameters[index] = f64::NAN;
            let loss = workspace.loss(&parameters, &samples);
            assert!(
                loss.is_nan(),
                "{activation} {level}, parameter {index}: {loss}"
            );
        }
    }
}

#[test]
fn a_workspace_has_the_function_of_its_network() {
    let case = Case {
        shape: Shape::new(4, 21, 3).unwrap(),
        samples: 13,
        seed: 5,
    };
    let (network, inputs, targets) = case.build();
    let samples = Samples::new(inputs.as_view(), targets.as_view()).unwrap();
    for activation in ALL.into_iter().chain([Activation::Relu]) {
        let network = network.clone().with_activation(activation).unwrap();
        let mut workspace = Workspace::new(&network, case.samples).unwrap();
        assert_eq!(workspace.activation(), activation);
        assert_eq!(
            workspace.loss(network.parameters(), &samples),
            network.loss(inputs.as_view(), targets.as_view()).unwrap()
        );
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    let shape = Shape::new(1, 1, 1).unwrap();
    for slope in [-0.1, 1.0, f64::NAN, f64::INFINITY] {
        let error = Activation::leaky_relu(slope).unwrap_err();
        assert!(matches!(error, Error::OutOfRange { field: "slope", .. }));
        let raw = Activation::LeakyRelu { slope };
        let network = Network::from_parameters(shape, vec![0.0; 3]).unwrap();
        assert!(network.with_activation(raw).is_err());
    }
    for active_above in [-1e-9, f64::NAN, f64::INFINITY] {
        for raw in [
            Activation::Softplus { active_above },
            Activation::Tanh { active_above },
        ] {
            assert!(matches!(
                raw.checked(),
                Err(Error::OutOfRange {
                    field: "active_above",
                    ..
                })
            ));
        }
    }
    for activation in ALL {
        assert_eq!(activation.checked().unwrap(), activation);
    }
}
