//! Laws of the forward and backward pass.

use crate::plain::{PlainPass, assert_passes, random_matrix};
use approx::assert_relative_eq;
use drift_net::nalgebra::DMatrix;
use drift_net::{Error, Network, Regime, Samples, Shape, SimdLevel, Workspace};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub shape: Shape,
    pub samples: usize,
    pub seed: u64,
}

/// Shapes around every edge of the blocks (8 units), groups (16) and tiles (up to 10).
pub fn cases() -> impl Strategy<Value = Case> {
    (1usize..24, 1usize..40, 1usize..14, 1usize..26, any::<u64>()).prop_map(
        |(inputs, hidden, outputs, samples, seed)| Case {
            shape: Shape::new(inputs, hidden, outputs).expect("sizes start at 1"),
            samples,
            seed,
        },
    )
}

impl Case {
    pub fn build(self) -> (Network, DMatrix<f64>, DMatrix<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let network = Network::initialize(self.shape, Regime::Rich, &mut rng);
        let inputs = random_matrix(self.samples, self.shape.inputs(), &mut rng);
        let targets = random_matrix(self.samples, self.shape.outputs(), &mut rng);
        (network, inputs, targets)
    }
}

proptest! {
    #[test]
    fn passes_equal_plain_matrix_products(case in cases()) {
        let (network, inputs, targets) = case.build();
        assert_passes(&network, &inputs, &targets);
    }

    #[test]
    fn gradient_is_the_slope_of_the_loss(case in cases()) {
        let (network, inputs, targets) = case.build();
        let (_, gradient) = network.loss_gradient(inputs.as_view(), targets.as_view()).unwrap();
        let direction = random_matrix(
            gradient.len(), 1, &mut ChaCha8Rng::seed_from_u64(case.seed ^ 1)
        );
        let loss_at = |step: f64| {
            let moved = network.parameters().iter().zip(direction.iter())
                .map(|(parameter, slope)| parameter + step * slope).collect();
            Network::from_parameters(case.shape, moved).unwrap()
                .loss(inputs.as_view(), targets.as_view()).unwrap()
        };
        let step = 1e-7;
        let slope = (loss_at(step) - loss_at(-step)) / (2.0 * step);
        let expected: f64 = gradient.iter().zip(direction.iter()).map(|(a, b)| a * b).sum();
        // A kink of the ReLU inside ±1e-7 is possible, and bounded by the change of slope there.
        prop_assert!((slope - expected).abs() < 1e-5 * (1.0 + expected.abs()) * (gradient.len() as f64));
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits(case in cases()) {
        let (network, inputs, targets) = case.build();
        let samples = Samples::new(inputs.as_view(), targets.as_view()).unwrap();
        let pass = |level| {
            let mut workspace =
                Workspace::new(&network, case.samples).unwrap().with_simd_level(level).unwrap();
            let mut gradient = vec![0.0; case.shape.parameters()];
            let loss = workspace.loss_gradient(network.parameters(), &samples, &mut gradient);
            (
                loss.to_bits(),
                gradient.iter().map(|slope| slope.to_bits()).collect::<Vec<_>>(),
                workspace.outputs(),
                workspace.hidden(),
                workspace.active_fraction(),
            )
        };
        let baseline = pass(SimdLevel::Baseline);
        for level in SimdLevel::available() {
            prop_assert_eq!(&pass(level), &baseline, "{}", level);
        }
    }

    #[test]
    fn permuting_units_permutes_the_gradient_and_keeps_the_loss(case in cases()) {
        let (network, inputs, targets) = case.build();
        let hidden = case.shape.hidden();
        let reversed = |values: &[f64]| -> Vec<f64> {
            values.chunks_exact(hidden).flat_map(|row| row.iter().rev().copied()).collect()
        };
        let twin = Network::from_parameters(case.shape, reversed(network.parameters())).unwrap();
        let (loss, gradient) = network.loss_gradient(inputs.as_view(), targets.as_view()).unwrap();
        let (twin_loss, twin_gradient) =
            twin.loss_gradient(inputs.as_view(), targets.as_view()).unwrap();
        assert_relative_eq!(loss, twin_loss, max_relative = 1e-12);
        for (slope, expected) in reversed(&gradient).iter().zip(&twin_gradient) {
            assert_relative_eq!(slope, expected, epsilon = 1e-13, max_relative = 1e-10);
        }
    }

    #[test]
    fn permuting_samples_permutes_the_activity_and_keeps_the_rest(case in cases(), shift in 0usize..26) {
        let (network, inputs, targets) = case.build();
        let moved = |matrix: &DMatrix<f64>| DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |row, column| {
            matrix[((row + shift) % matrix.nrows(), column)]
        });
        let (hidden, outputs) = network.forward(inputs.as_view()).unwrap();
        let (other_hidden, other_outputs) = network.forward(moved(&inputs).as_view()).unwrap();
        prop_assert_eq!(moved(&hidden), other_hidden);
        prop_assert_eq!(moved(&outputs), other_outputs);
        let (loss, gradient) = network.loss_gradient(inputs.as_view(), targets.as_view()).unwrap();
        let (other_loss, other_gradient) = network
            .loss_gradient(moved(&inputs).as_view(), moved(&targets).as_view())
            .unwrap();
        assert_relative_eq!(loss, other_loss, max_relative = 1e-12);
        for (slope, other) in gradient.iter().zip(&other_gradient) {
            assert_relative_eq!(slope, other, epsilon = 1e-12, max_relative = 1e-10);
        }
    }

    #[test]
    fn rescaling_a_unit_keeps_the_outputs(case in cases(), factor in 0.1f64..10.0) {
        let (network, inputs, _) = case.build();
        let (_, outputs) = network.forward(inputs.as_view()).unwrap();
        let first_output = case.shape.hidden() * (case.shape.inputs() + 1);
        let parameters = network.parameters().iter().enumerate().map(|(index, &parameter)| {
            if index % case.shape.hidden() != 0 {
                parameter
            } else if index < first_output {
                parameter * factor
            } else {
                parameter / factor
            }
        }).collect();
        let scaled = Network::from_parameters(case.shape, parameters).unwrap();
        let (_, same) = scaled.forward(inputs.as_view()).unwrap();
        assert_relative_eq!(outputs, same, epsilon = 1e-12, max_relative = 1e-11);
    }
}

#[test]
fn dead_units_have_no_gradient_and_sparse_activity_is_exact() {
    let shape = Shape::new(6, 45, 5).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut network = Network::initialize(shape, Regime::Lazy, &mut rng);
    let biases = 45 * 6..45 * 7;
    for (unit, bias) in network.parameters_mut()[biases].iter_mut().enumerate() {
        *bias = if unit % 3 == 0 { -1.5 } else { -100.0 };
    }
    let inputs = random_matrix(33, 6, &mut rng);
    let targets = random_matrix(33, 5, &mut rng);
    let plain = PlainPass::new(&network, &inputs, &targets);
    let (loss, gradient) = network
        .loss_gradient(inputs.as_view(), targets.as_view())
        .unwrap();
    assert_relative_eq!(loss, plain.loss, max_relative = 1e-13);
    for (index, (slope, expected)) in gradient.iter().zip(&plain.gradient).enumerate() {
        assert_relative_eq!(slope, expected, epsilon = 1e-14, max_relative = 1e-11);
        if index % 45 % 3 != 0 {
            assert_eq!(*slope, 0.0);
        }
    }
    let samples = Samples::new(inputs.as_view(), targets.as_view()).unwrap();
    let mut workspace = Workspace::new(&network, 33).unwrap();
    workspace.forward(network.parameters(), &samples);
    let positive = plain.hidden.iter().filter(|&&rate| rate > 0.0).count();
    assert_eq!(workspace.active_fraction(), positive as f64 / (33.0 * 45.0));
    let units = plain.hidden.column_iter().filter(|unit| unit.max() > 0.0);
    assert_eq!(
        workspace.fraction_active_units(),
        units.count() as f64 / 45.0
    );
}

#[test]
fn a_preactivation_of_zero_is_inactive() {
    let shape = Shape::new(1, 1, 1).unwrap();
    let network = Network::from_parameters(shape, vec![1.0, -1.0, 1.0]).unwrap();
    let one = DMatrix::from_element(1, 1, 1.0);
    let (_, gradient) = network.loss_gradient(one.as_view(), one.as_view()).unwrap();
    assert_eq!(gradient, [0.0, 0.0, 0.0]);
}

#[test]
fn a_parameter_that_became_nan_reaches_the_loss() {
    let shape = Shape::new(3, 20, 2).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let inputs = random_matrix(5, 3, &mut rng);
    let targets = random_matrix(5, 2, &mut rng);
    let samples = Samples::new(inputs.as_view(), targets.as_view()).unwrap();
    let network = Network::initialize(shape, Regime::Rich, &mut rng);
    for level in SimdLevel::available() {
        let workspace = Workspace::new(&network, 5).unwrap();
        let mut workspace = workspace.with_simd_level(level).unwrap();
        for index in [0, 19, 65, 100] {
            let mut parameters = vec![-1.0; shape.parameters()];
            parameters[index] = f64::NAN;
            let is_output_weight = index >= 80;
            if is_output_weight {
                parameters[..80].fill(1.0);
            }
            let loss = workspace.loss(&parameters, &samples);
            assert!(loss.is_nan(), "{level}, parameter {index}: {loss}");
        }
    }
}

#[test]
fn bad_input_is_refused() {
    assert_eq!(
        Shape::new(3, 0, 2).unwrap_err(),
        Error::ZeroDimension { field: "hidden" }
    );
    assert!(matches!(
        Shape::new(usize::MAX, 2, 2),
        Err(Error::TooLarge { .. })
    ));
    let shape = Shape::new(2, 3, 1).unwrap();
    assert!(matches!(
        Network::from_parameters(shape, vec![0.0; 11]),
        Err(Error::ShapeMismatch {
            found: 11,
            expected: 12,
            ..
        })
    ));
    let mut parameters = vec![0.0; 12];
    parameters[7] = f64::INFINITY;
    assert!(matches!(
        Network::from_parameters(shape, parameters),
        Err(Error::NotFinite { index: 7, .. })
    ));
    let network = Network::from_parameters(shape, vec![0.0; 12]).unwrap();
    let (narrow, wide, one) = (
        DMatrix::zeros(4, 2),
        DMatrix::zeros(4, 3),
        DMatrix::zeros(4, 1),
    );
    assert!(matches!(
        network.loss(wide.as_view(), one.as_view()),
        Err(Error::ShapeMismatch {
            field: "columns of inputs",
            ..
        })
    ));
    assert!(matches!(
        network.loss(narrow.as_view(), DMatrix::zeros(3, 1).as_view()),
        Err(Error::ShapeMismatch {
            field: "rows of targets",
            ..
        })
    ));
    assert!(matches!(
        network.normalised_loss(narrow.as_view(), one.as_view()),
        Err(Error::OutOfRange { .. })
    ));
    assert!(matches!(
        Workspace::new(&network, 0),
        Err(Error::ZeroDimension { field: "samples" })
    ));
    assert_eq!(
        "avx9000".parse::<SimdLevel>().unwrap_err().requested,
        "avx9000"
    );
}

#[test]
fn public_types_cross_threads() {
    fn check<T: Send + Sync + std::fmt::Debug>() {}
    check::<Network>();
    check::<Samples>();
    check::<Shape>();
    check::<SimdLevel>();
    check::<Workspace>();
    check::<Error>();
}
