//! Hessian-vector products and trace for every activation function.

use approx::assert_relative_eq;
use drift_net::{Activation, Error, Hessian, HessianOperator, Network, Shape};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::activations::{activations, build};
use crate::laws::{Case, cases};
use crate::plain::random_matrix;

fn directions(case: Case) -> [Vec<f64>; 2] {
    let mut rng = ChaCha8Rng::seed_from_u64(case.seed ^ 2);
    [(); 2].map(|()| {
        random_matrix(case.shape.parameters(), 1, &mut rng)
            .normalize()
            .data
            .into()
    })
}

/// H v. What was in the result does not count.
fn product(hessian: &HessianOperator, vector: &[f64]) -> Vec<f64> {
    let mut result = vec![f64::NAN; vector.len()];
    hessian.apply(vector, &mut result);
    result
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

proptest! {
    #[test]
    fn products_are_differences_of_gradients(case in cases(), activation in activations()) {
        let (network, inputs, targets) = build(case, activation);
        let hessian =
            HessianOperator::at(&network, inputs.as_view(), targets.as_view()).unwrap();
        let [direction, _] = directions(case);
        let step = 1e-5;
        let at = |offset: f64| {
            let moved = network.parameters().iter().zip(&direction)
                .map(|(parameter, along)| parameter + offset * along).collect();
            let network = Network::from_parameters(case.shape, moved)
                .and_then(|network| network.with_activation(activation)).unwrap();
            let signs = network.forward(inputs.as_view()).unwrap().0.map(|h| h > 0.0);
            (network.loss_gradient(inputs.as_view(), targets.as_view()).unwrap().1, signs)
        };
        let ((ahead, here), (behind, there)) = (at(step), at(-step));
        // Across a kink the difference of gradients holds a jump.
        prop_assume!(activation.second_derivative(0.5) != 0.0 || here == there);
        let found = product(&hessian, &direction);
        let size = dot(&found, &found).sqrt();
        for ((ahead, behind), found) in ahead.iter().zip(&behind).zip(&found) {
            let expected = (ahead - behind) / (2.0 * step);
            prop_assert!((found - expected).abs() < 1e-7 * (1.0 + size), "{found} {expected}");
        }
    }

    #[test]
    fn the_operator_is_symmetric_and_its_diagonal_sums_to_the_trace(
        activation in activations(), hidden in 1usize..6, samples in 1usize..9, seed: u64
    ) {
        let case = Case { shape: Shape::new(3, hidden, 2).unwrap(), samples, seed };
        let (network, inputs, targets) = build(case, activation);
        let hessian =
            HessianOperator::at(&network, inputs.as_view(), targets.as_view()).unwrap();
        let [one, other] = directions(case);
        assert_relative_eq!(
            dot(&one, &product(&hessian, &other)),
            dot(&other, &product(&hessian, &one)),
            epsilon = 1e-12, max_relative = 1e-10
        );
        let size = hessian.size();
        let diagonal: f64 = (0..size).map(|index| {
            let mut unit = vec![0.0; size];
            unit[index] = 1.0;
            product(&hessian, &unit)[index]
        }).sum();
        assert_relative_eq!(diagonal, hessian.trace(), epsilon = 1e-12, max_relative = 1e-10);
    }

    #[test]
    fn for_the_relu_it_is_the_exact_hessian(case in cases()) {
        let (network, inputs, targets) = case.build();
        let operator =
            HessianOperator::at(&network, inputs.as_view(), targets.as_view()).unwrap();
        let exact = Hessian::at(&network, inputs.as_view(), targets.as_view()).unwrap();
        assert_relative_eq!(operator.trace(), exact.trace(), max_relative = 1e-12);
        let [direction, _] = directions(case);
        let mut expected = vec![0.0; direction.len()];
        exact.apply(&direction, &mut expected);
        for (found, expected) in product(&operator, &direction).iter().zip(&expected) {
            assert_relative_eq!(found, expected, epsilon = 1e-12, max_relative = 1e-9);
        }
    }
}

#[test]
fn the_exact_hessian_is_for_the_relu() {
    let case = Case {
        shape: Shape::new(2, 3, 1).unwrap(),
        samples: 4,
        seed: 1,
    };
    let (network, inputs, targets) = build(case, Activation::tanh());
    let error = Hessian::at(&network, inputs.as_view(), targets.as_view()).unwrap_err();
    assert!(
        matches!(error, Error::ReluOnly { activation, .. } if activation == Activation::tanh())
    );
    assert_eq!(
        error.to_string(),
        "activation is tanh; the exact Hessian is for relu only, use HessianOperator for others"
    );
    assert!(matches!(
        HessianOperator::at(&network, inputs.as_view(), inputs.as_view()),
        Err(Error::ShapeMismatch { .. })
    ));
}

#[cfg(feature = "spectrum")]
#[test]
fn the_largest_eigenvalues_are_those_of_the_dense_matrix() {
    use drift_net::nalgebra::DMatrix;
    use drift_net::{Lanczos, Wanted};

    let case = Case {
        shape: Shape::new(4, 9, 3).unwrap(),
        samples: 11,
        seed: 7,
    };
    for activation in [
        Activation::LeakyRelu { slope: 0.2 },
        Activation::softplus(),
        Activation::tanh(),
    ] {
        let (network, inputs, targets) = build(case, activation);
        let hessian = HessianOperator::at(&network, inputs.as_view(), targets.as_view()).unwrap();
        let size = hessian.size();
        let mut dense = DMatrix::zeros(size, size);
        for index in 0..size {
            let mut unit = vec![0.0; size];
            unit[index] = 1.0;
            dense.set_column(
                index,
                &DMatrix::from_vec(size, 1, product(&hessian, &unit)).column(0),
            );
        }
        let mut expected: Vec<f64> = dense.symmetric_eigenvalues().iter().copied().collect();
        expected.sort_by(|a, b| b.total_cmp(a));
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let found = hessian
            .largest(4, Wanted::Largest, &Lanczos::default(), &mut rng)
            .unwrap();
        for (pair, expected) in found.iter().zip(&expected) {
            assert_relative_eq!(pair.value, *expected, max_relative = 1e-8);
        }
        assert_eq!(found.len(), 4);
    }
}
