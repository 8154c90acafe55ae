//! Lanczos methods against exact spectra.

use drift_net::{Error, HessianOperator, Lanczos, LargestEigenvalue, SpectralDensity, Wanted};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::problems::{self, largest_absolute, random_problem};

fn diagonal(values: &[f64]) -> impl FnMut(&[f64], &mut [f64]) + '_ {
    move |vector, result| {
        for ((result, vector), value) in result.iter_mut().zip(vector).zip(values) {
            *result = vector * value;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn outermost_pairs_are_those_of_the_exact_spectrum(
        problem in random_problem(),
        count in 1..6_usize,
        seed: u64,
    ) {
        let hessian = problem.hessian();
        let exact = hessian.spectrum().unwrap().into_eigenvalues();
        let scale = largest_absolute(&exact);
        for wanted in [Wanted::Largest, Wanted::LargestMagnitude] {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let found = hessian.largest(count, wanted, &Lanczos::default(), &mut rng).unwrap();
            prop_assert_eq!(found.len(), count.min(hessian.size()));
            let mut expected: Vec<f64> = exact.clone();
            match wanted {
                Wanted::Largest => expected.sort_by(|a, b| b.total_cmp(a)),
                _ => expected.sort_by(|a, b| b.abs().total_cmp(&a.abs())),
            }
            for (pair, expected) in found.iter().zip(&expected) {
                // Two of equal magnitude and opposite sign may come in either order.
                let error = match wanted {
                    Wanted::Largest => pair.value - expected,
                    _ => pair.value.abs() - expected.abs(),
                };
                prop_assert!(error.abs() <= 1e-9 * scale, "{} {}", pair.value, expected);
                let mut product = vec![0.0; hessian.size()];
                hessian.apply(&pair.vector, &mut product);
                for (product, entry) in product.iter().zip(&pair.vector) {
                    prop_assert!((product - pair.value * entry).abs() <= 1e-8 * scale);
                }
            }
        }
    }

    #[test]
    fn density_has_the_moments_of_the_spectrum(problem in random_problem(), seed: u64) {
        let hessian = problem.hessian();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let density = hessian.density(4, 30, &mut rng).unwrap();
        prop_assert!((density.weights().iter().sum::<f64>() - 1.0).abs() < 1e-13);
        prop_assert!(density.weights().iter().all(|&weight| weight >= 0.0));
        prop_assert!(density.nodes().is_sorted());
        let exact = hessian.spectrum().unwrap().into_eigenvalues();
        let slack = 1e-10 * largest_absolute(&exact);
        let inside = |node: &f64| {
            (exact[0] - slack..=exact[exact.len() - 1] + slack).contains(node)
        };
        prop_assert!(density.nodes().iter().all(inside));
    }
}

#[test]
fn an_eigenvalue_comes_as_often_as_it_is_there() {
    // The largest is simple, the next is fourfold: neither copies of the first nor losses.
    let mut values = vec![0.5; 60];
    values[17] = 9.0;
    for index in [3, 20, 41, 59] {
        values[index] = 4.0;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let found = Lanczos::default()
        .outermost(60, diagonal(&values), 6, Wanted::Largest, &mut rng)
        .unwrap();
    let found: Vec<f64> = found.iter().map(|pair| pair.value).collect();
    for (value, expected) in found.iter().zip([9.0, 4.0, 4.0, 4.0, 4.0, 0.5]) {
        assert!((value - expected).abs() < 1e-9, "{found:?}");
    }
}

#[test]
fn negative_eigenvalues_are_the_outermost_where_they_are_larger() {
    let values = [-8.0, -2.0, 1.0, 3.0];
    let run = |wanted| {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let found = Lanczos::default().outermost(4, diagonal(&values), 2, wanted, &mut rng);
        found
            .unwrap()
            .into_iter()
            .map(|pair| pair.value.round())
            .collect::<Vec<f64>>()
    };
    assert_eq!(run(Wanted::LargestMagnitude), [-8.0, 3.0]);
    assert_eq!(run(Wanted::Largest), [3.0, 1.0]);
}

#[test]
fn the_start_matters_only_within_the_tolerance() {
    let hessian = problems::sized(12, 6, 40, 5, 3).hessian();
    let largest = |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let found = hessian
            .largest(1, Wanted::Largest, &Lanczos::default(), &mut rng)
            .unwrap();
        found[0].value
    };
    let exact = hessian.spectrum().unwrap().largest();
    for seed in 0..4 {
        assert!((largest(seed) - exact).abs() < 1e-11 * exact);
    }
}

#[test]
fn zero_operator_and_single_direction() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let zero = Lanczos::default()
        .outermost(5, diagonal(&[0.0; 5]), 9, Wanted::Largest, &mut rng)
        .unwrap();
    assert_eq!(zero.len(), 5);
    assert!(zero.iter().all(|pair| pair.value == 0.0));
    let one = Lanczos::default()
        .outermost(1, diagonal(&[-3.0]), 1, Wanted::LargestMagnitude, &mut rng)
        .unwrap();
    assert_eq!(one[0].value, -3.0);
}

#[test]
fn too_few_steps_are_an_error_not_a_wrong_answer() {
    let values: Vec<f64> = (0..200).map(f64::from).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let lanczos = Lanczos::new(5, 1e-12).unwrap();
    let found = lanczos.outermost(200, diagonal(&values), 3, Wanted::Largest, &mut rng);
    assert_eq!(found, Err(Error::NotConverged { steps: 5 }));
    assert!(Lanczos::new(0, 1e-3).is_err());
    for tolerance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Lanczos::new(10, tolerance).is_err());
    }
    let none = Lanczos::default().outermost(5, diagonal(&values), 0, Wanted::Largest, &mut rng);
    assert!(none.is_err());
}

#[test]
fn density_of_a_known_spectrum() {
    // A quarter at −1, the rest at 2: the quadrature is exact in its nodes after two steps, and
    // weights vary over probes as 1/√(probes · size).
    let values: Vec<f64> = (0..400)
        .map(|index| if index % 4 == 0 { -1.0 } else { 2.0 })
        .collect();
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let density = SpectralDensity::of_operator(400, diagonal(&values), 50, 10, &mut rng).unwrap();
    let below: f64 = density
        .nodes()
        .iter()
        .zip(density.weights())
        .filter(|(node, _)| **node < 0.0)
        .map(|(_, weight)| weight)
        .sum();
    assert!((below - 0.25).abs() < 0.02);
    assert!(
        density
            .nodes()
            .iter()
            .all(|node| (node + 1.0).abs() < 1e-12 || (node - 2.0).abs() < 1e-12)
    );
    assert!((density.mean(|value| value) - 1.25).abs() < 0.05);
    let grid: Vec<f64> = (0..2000)
        .map(|index| -6.0 + 0.006 * f64::from(index))
        .collect();
    let smooth = density.smoothed(&grid, 0.3).unwrap();
    assert!((smooth.iter().sum::<f64>() * 0.006 - 1.0).abs() < 1e-6);
    assert!(density.smoothed(&grid, 0.0).is_err());
    assert!(density.smoothed(&grid, f64::NAN).is_err());
    for (size, probes, steps) in [(0, 1, 1), (4, 0, 1), (4, 1, 0)] {
        let refused =
            SpectralDensity::of_operator(size, diagonal(&values), probes, steps, &mut rng);
        assert!(matches!(refused, Err(Error::ZeroDimension { .. })));
    }
    // Steps end where the space does, and make no room before.
    let all = SpectralDensity::of_operator(4, diagonal(&values), 2, usize::MAX, &mut rng);
    assert!(all.unwrap().nodes().len() <= 8);
}

#[test]
fn extreme_scales_are_those_of_ordinary_ones() {
    let values: Vec<f64> = (0..30)
        .map(|index| f64::from(index).mul_add(0.2, -0.3))
        .collect();
    for factor in [1e-300, 1e-170, 1.0, 1e155, 1e300] {
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let found = Lanczos::default()
            .outermost(30, diagonal(&scaled), 3, Wanted::Largest, &mut rng)
            .unwrap();
        for (pair, expected) in found.iter().zip(scaled.iter().rev()) {
            assert!(
                (pair.value / expected - 1.0).abs() < 1e-12,
                "{pair:?} {expected}"
            );
            assert!(pair.vector.iter().all(|entry| entry.is_finite()));
        }
        let density = SpectralDensity::of_operator(30, diagonal(&scaled), 3, 30, &mut rng).unwrap();
        let nodes = density.nodes();
        assert!((nodes[nodes.len() - 1] / scaled[29] - 1.0).abs() < 1e-10);
        let mut largest = LargestEigenvalue::new(30, Lanczos::default()).unwrap();
        let found = largest.update(diagonal(&scaled)).unwrap();
        assert!((found.value / scaled[29] - 1.0).abs() < 1e-12);
    }
}

#[test]
fn products_that_are_not_finite_are_an_error() {
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let operator = |vector: &[f64], result: &mut [f64]| {
            result.copy_from_slice(vector);
            result[3] = wrong;
        };
        let is_expected = |error: Error| {
            matches!(error, Error::NotFinite { index: 3, value, .. }
                if value.to_bits() == wrong.to_bits())
        };
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let found = Lanczos::default().outermost(9, operator, 2, Wanted::Largest, &mut rng);
        assert!(is_expected(found.unwrap_err()));
        let density = SpectralDensity::of_operator(9, operator, 1, 4, &mut rng);
        assert!(is_expected(density.unwrap_err()));
        let mut largest = LargestEigenvalue::new(9, Lanczos::default()).unwrap();
        assert!(is_expected(largest.update(operator).unwrap_err()));
        assert_eq!(largest.state(), [0.0; 9]);
    }
}

/// Largest eigenvalue of a Hessian at some steps of gradient descent, followed.
#[test]
fn the_largest_eigenvalue_is_followed_along_training() {
    let mut problem = problems::sized(12, 6, 40, 5, 3);
    let lanczos = Lanczos::new(200, 1e-6).unwrap();
    let mut largest = LargestEigenvalue::new(problem.hessian().size(), lanczos).unwrap();
    let (mut fresh, mut warm) = (0, 0);
    for sample in 0..12 {
        let (inputs, targets) = (problem.inputs.as_view(), problem.targets.as_view());
        let operator = HessianOperator::at(&problem.network, inputs, targets).unwrap();
        let mut anew = LargestEigenvalue::new(operator.size(), lanczos).unwrap();
        // Saved and restored, it is the same.
        largest = LargestEigenvalue::resume(largest.state().to_vec(), lanczos).unwrap();
        let found = largest.update_hessian(&operator).unwrap();
        let exact = problem.hessian().spectrum().unwrap().largest();
        assert!(
            (found.value - exact).abs() <= 1e-9 * exact,
            "{found:?} {exact}"
        );
        assert!(found.residual <= 1e-6 * exact);
        if sample > 0 {
            warm += found.products;
            fresh += anew.update_hessian(&operator).unwrap().products;
        }
        for _ in 0..20 {
            let (inputs, targets) = (problem.inputs.as_view(), problem.targets.as_view());
            let (_, gradient) = problem.network.loss_gradient(inputs, targets).unwrap();
            let parameters = problem.network.parameters_mut().iter_mut();
            for (parameter, slope) in parameters.zip(&gradient) {
                *parameter -= 0.05 * slope;
            }
        }
    }
    assert!(warm < fresh, "{warm} products, {fresh} from fresh starts");
}

#[test]
fn an_eigenvalue_that_overtakes_is_seen() {
    // The followed eigenvector stays one; another eigenvalue, to whose eigenvector it is exactly
    // orthogonal, becomes the largest.
    let size = 18_000;
    let mut values: Vec<f64> = (0..size)
        .map(|index| (index % 100) as f64 * 0.005)
        .collect();
    values[700] = 1.0;
    let mut largest = LargestEigenvalue::new(size, Lanczos::new(100, 1e-6).unwrap()).unwrap();
    assert!((largest.update(diagonal(&values)).unwrap().value - 1.0).abs() < 1e-9);
    for other in [1.002, 1.1, 3.0] {
        values[9_000] = other;
        let mut largest = largest.clone();
        let found = largest.update(diagonal(&values)).unwrap();
        assert!((found.value - other).abs() < 1e-6, "{found:?} {other}");
    }
}

#[test]
fn a_negative_largest_eigenvalue_is_found_and_wrong_states_are_refused() {
    let values = [-3.0, -1.5, -8.0];
    let mut largest = LargestEigenvalue::new(3, Lanczos::default()).unwrap();
    for _ in 0..2 {
        let found = largest.update(diagonal(&values)).unwrap();
        assert!((found.value + 1.5).abs() < 1e-12);
    }
    let zero = LargestEigenvalue::new(3, Lanczos::default())
        .unwrap()
        .update(diagonal(&[0.0; 3]));
    assert_eq!(zero.unwrap().value, 0.0);
    let lanczos = Lanczos::default();
    assert!(matches!(
        LargestEigenvalue::new(0, lanczos),
        Err(Error::ZeroDimension { field: "state" })
    ));
    assert!(matches!(
        LargestEigenvalue::resume(vec![0.0, f64::NAN], lanczos),
        Err(Error::NotFinite { index: 1, .. })
    ));
    for state in [vec![1e200, 1e200], vec![0.5, 0.5]] {
        assert!(matches!(
            LargestEigenvalue::resume(state, lanczos),
            Err(Error::OutOfRange {
                field: "length of state",
                ..
            })
        ));
    }
    let hessian = problems::sized(4, 3, 5, 2, 1);
    let (inputs, targets) = (hessian.inputs.as_view(), hessian.targets.as_view());
    let operator = HessianOperator::at(&hessian.network, inputs, targets).unwrap();
    assert!(matches!(
        largest.update_hessian(&operator),
        Err(Error::ShapeMismatch { expected: 3, .. })
    ));
}
