//! Laws of the Hessian: every way to compute it agrees with every other.

use drift_net::nalgebra::{DMatrix, DVector};
use drift_net::{Hessian, Method, Network, Shape};
use proptest::prelude::*;

use crate::problems::{
    self, largest_absolute, largest_difference, random_problem, zero_loss_problem,
};

/// By the solver library on the whole matrix: nothing in common with the crate's way. (nalgebra's
/// solver is wrong by the order of the largest eigenvalue on some matrices with zero rows.)
fn dense_eigenvalues(matrix: DMatrix<f64>) -> Vec<f64> {
    let (rows, columns) = matrix.shape();
    faer::MatRef::from_column_major_slice(matrix.as_slice(), rows, columns)
        .self_adjoint_eigenvalues(faer::Side::Lower)
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn dense_is_symmetric_and_is_the_derivative_of_the_gradient(problem in random_problem()) {
        let dense = problem.hessian().dense();
        prop_assert_eq!(&dense, &dense.transpose());
        // The gradient is a cubic polynomial in any direction while no unit switches, so that a
        // central difference errs only by the step squared.
        let step = 1e-5;
        prop_assume!(problem.distance_to_kink() > 20.0 * step);
        let scale = dense.amax().max(1.0);
        for column in 0..dense.ncols() {
            let difference =
                problem.moved(column, step).gradient() - problem.moved(column, -step).gradient();
            let error = (difference / (2.0 * step) - dense.column(column)).amax();
            prop_assert!(error < 1e-7 * scale, "column {} differs by {}", column, error);
        }
    }

    #[test]
    fn products_match_the_dense_matrix(problem in random_problem(), seed: u64) {
        let hessian = problem.hessian();
        let vector = problems::normal_vector(hessian.size(), seed);
        let mut product = vec![f64::NAN; hessian.size()];
        hessian.apply(vector.as_slice(), &mut product);
        let expected = hessian.dense() * &vector;
        let scale = expected.amax().max(hessian.trace());
        prop_assert!(largest_difference(&product, expected.as_slice()) <= 1e-13 * scale);
    }

    #[test]
    fn reduced_spectrum_is_the_dense_spectrum(problem in random_problem()) {
        let hessian = problem.hessian();
        let spectrum = hessian.spectrum().unwrap();
        let expected = dense_eigenvalues(hessian.dense());
        let scale = largest_absolute(&expected);
        prop_assert!(largest_difference(spectrum.eigenvalues(), &expected) <= 1e-12 * scale);
        prop_assert!(spectrum.eigenvalues().is_sorted());
        prop_assert!(spectrum.reduction().size <= hessian.size());
        prop_assert_eq!(spectrum.reduction(), hessian.reduction());
        let removed = hessian.size() - spectrum.reduction().size;
        let zeros = spectrum.eigenvalues().iter().filter(|&&value| value == 0.0).count();
        prop_assert!(zeros >= removed);
    }

    #[test]
    fn trace_and_norm_are_those_of_the_eigenvalues(problem in random_problem()) {
        let hessian = problem.hessian();
        let dense = hessian.dense();
        let eigenvalues = hessian.spectrum().unwrap().into_eigenvalues();
        let scale = hessian.trace();
        prop_assert!((dense.trace() - hessian.trace()).abs() <= 1e-13 * scale);
        prop_assert!((eigenvalues.iter().sum::<f64>() - hessian.trace()).abs() <= 1e-12 * scale);
        let norm = hessian.frobenius_norm();
        prop_assert!((dense.norm() - norm).abs() <= 1e-12 * norm);
        let squares: f64 = eigenvalues.iter().map(|value| value * value).sum();
        prop_assert!((squares.sqrt() - norm).abs() <= 1e-12 * norm);
    }

    #[test]
    fn gauss_newton_is_within_the_residual_bound(problem in random_problem()) {
        let hessian = problem.hessian();
        let exact = hessian.spectrum().unwrap().into_eigenvalues();
        let spectrum = hessian.gauss_newton_spectrum().unwrap();
        let approximate = spectrum.eigenvalues();
        let rounding = 1e-12 * largest_absolute(&exact);
        prop_assert!(approximate[0] >= -rounding);
        let bound = hessian.residual_bound();
        prop_assert!(largest_difference(&exact, approximate) <= bound + rounding);
        let rank = spectrum.rank(rounding).unwrap();
        prop_assert!(rank <= hessian.samples() * hessian.shape().outputs());
        let sum: f64 = approximate.iter().sum();
        prop_assert!((sum - hessian.trace()).abs() <= 1e-12 * hessian.trace());
    }

    #[test]
    fn order_of_units_and_of_samples_does_not_matter(problem in random_problem(), seed: u64) {
        let reference = problem.hessian().spectrum().unwrap().into_eigenvalues();
        let scale = largest_absolute(&reference);
        for permuted in [problem.with_permuted_units(seed), problem.with_permuted_samples(seed)] {
            let eigenvalues = permuted.hessian().spectrum().unwrap().into_eigenvalues();
            prop_assert!(largest_difference(&reference, &eigenvalues) <= 1e-12 * scale);
        }
    }

    #[test]
    fn zero_loss_goes_through_the_gram_matrix(problem in zero_loss_problem()) {
        let hessian = problem.hessian();
        let spectrum = hessian.spectrum().unwrap();
        let reduction = spectrum.reduction();
        let expected = dense_eigenvalues(hessian.dense());
        let scale = largest_absolute(&expected);
        prop_assert!(reduction.left_out <= 1e-13 * scale);
        prop_assert!(reduction.size <= hessian.samples() * hessian.shape().outputs());
        prop_assert!(largest_difference(spectrum.eigenvalues(), &expected) <= 1e-12 * scale);
        prop_assert!(hessian.loss() < 1e-24);
    }

    #[test]
    fn projector_keeps_the_null_space_and_nothing_else(
        problem in prop_oneof![random_problem(), zero_loss_problem()],
        seed: u64,
    ) {
        let hessian = problem.hessian();
        let tolerance = 1e-7 * hessian.trace();
        let projector = hessian.tangent_projector(tolerance).unwrap();
        prop_assert_eq!(projector.normal_dimension(), hessian.spectrum().unwrap().rank(tolerance).unwrap());
        let vector = problems::normal_vector(hessian.size(), seed);
        let mut tangent = vector.as_slice().to_vec();
        projector.apply(&mut tangent);
        let mut product = vec![0.0; hessian.size()];
        hessian.apply(&tangent, &mut product);
        prop_assert!(largest_absolute(&product) <= 2.0 * tolerance * vector.norm());
        let mut again = tangent.clone();
        projector.apply(&mut again);
        prop_assert!(largest_difference(&again, &tangent) < 1e-10 * vector.norm());
        // Orthogonal: what was taken off is perpendicular to what is left.
        let tangent = DVector::from_vec(tangent);
        let overlap = (&vector - &tangent).dot(&tangent);
        prop_assert!(overlap.abs() < 1e-9 * vector.norm_squared());
        let trace_of_projector: f64 = (0..hessian.size())
            .map(|index| {
                let mut unit = vec![0.0; hessian.size()];
                unit[index] = 1.0;
                projector.apply(&mut unit);
                unit[index]
            })
            .sum();
        prop_assert!((trace_of_projector - projector.tangent_dimension() as f64).abs() < 1e-7);
    }

    #[test]
    fn published_count_lies_between_the_true_one_and_all(problem in random_problem()) {
        let hessian = problem.hessian();
        let tolerance = 1e-10 * hessian.trace().max(1.0);
        let spectrum = hessian.spectrum().unwrap();
        let positive = spectrum.count_above(tolerance) as f64;
        let living = (hessian.active_units().len() * hessian.shape().parameters_per_unit()) as f64;
        let expected = spectrum.published_expected_count(tolerance).unwrap();
        for counted in [expected, hessian.published_count().unwrap() as f64] {
            prop_assert!(counted >= positive - 0.5 && counted <= living + 0.5, "{} {}", counted, living);
        }
        let density = spectrum.density();
        let share = density.mean(|value| f64::from(u8::from(value.abs() > tolerance)));
        let rank = spectrum.rank(tolerance).unwrap() as f64;
        prop_assert!((share * hessian.size() as f64 - rank).abs() < 1e-9);
    }
}

#[test]
fn the_norm_of_very_large_and_very_small_hessians_is_finite() {
    // One unit, one sample, input 1 and output w u at it: 2 [w², w², u w; …; u²] without residual.
    for scale in [1e-85, 1.0, 1e90] {
        let (weight, output) = (2.0 * scale, 3.0 * scale);
        let one = DMatrix::from_element(1, 1, 1.0);
        let network = Network::from_weights(
            DMatrix::from_element(1, 1, weight).as_view(),
            DVector::from_element(1, 0.0).as_view(),
            DMatrix::from_element(1, 1, output).as_view(),
        )
        .unwrap();
        let target = DMatrix::from_element(1, 1, weight * output);
        let hessian = Hessian::at(&network, one.as_view(), target.as_view()).unwrap();
        // Rank one: the norm is the trace, 2 (2 output² + weight²).
        let expected = 44.0 * scale * scale;
        assert!((hessian.frobenius_norm() / expected - 1.0).abs() < 1e-14);
        assert!((hessian.trace() / expected - 1.0).abs() < 1e-14);
    }
}

#[test]
fn all_units_dead_gives_zeros() {
    let problem = problems::sized(5, 3, 7, 2, 11).with_bias(-1e3);
    let hessian = problem.hessian();
    let spectrum = hessian.spectrum().unwrap();
    assert_eq!(spectrum.eigenvalues(), vec![0.0; hessian.size()]);
    assert_eq!(spectrum.reduction().method, Method::Zero);
    assert_eq!(spectrum.reduction().dead_units, 7);
    assert_eq!((hessian.trace(), hessian.frobenius_norm()), (0.0, 0.0));
    assert_eq!(
        hessian.dense(),
        DMatrix::zeros(hessian.size(), hessian.size())
    );
    assert_eq!(spectrum.rank(0.0).unwrap(), 0);
    let determinant = spectrum.log_pseudo_determinant(1e-10).unwrap();
    assert_eq!((determinant.log, determinant.kept), (0.0, 0));
    let mut vector = vec![1.0; hessian.size()];
    hessian.tangent_projector(0.0).unwrap().apply(&mut vector);
    assert_eq!(vector, vec![1.0; hessian.size()]);
}

#[test]
fn one_sample_one_unit_one_output() {
    // output = w·relu(m x + b): with hidden z = m x + b and residual r the Hessian over
    // (m, b, w) is 2 [[w²x², w²x, wzx + rx], [·, w², wz + r], [·, ·, z²]].
    let (m, b, w, x, target) = (0.8, 0.1, -1.5, 2.0, 0.3);
    let network = Network::from_parameters(Shape::new(1, 1, 1).unwrap(), vec![m, b, w]).unwrap();
    let hessian = Hessian::at(
        &network,
        DMatrix::from_element(1, 1, x).as_view(),
        DMatrix::from_element(1, 1, target).as_view(),
    )
    .unwrap();
    let z: f64 = m * x + b;
    let r = w * z - target;
    let (xw, ow) = (w * z * x + r * x, w * z + r);
    let expected = DMatrix::from_row_slice(
        3,
        3,
        &[
            w * w * x * x,
            w * w * x,
            xw,
            w * w * x,
            w * w,
            ow,
            xw,
            ow,
            z * z,
        ],
    ) * 2.0;
    assert!((hessian.dense() - &expected).amax() < 1e-14);
    let eigenvalues = hessian.spectrum().unwrap().into_eigenvalues();
    assert!(largest_difference(&eigenvalues, &dense_eigenvalues(expected)) < 1e-13);
    assert!(eigenvalues[0] < 0.0 && eigenvalues[1] == 0.0);
}

#[test]
fn repeated_eigenvalues_are_found_as_often_as_they_occur() {
    // Zero output weights: H = c (HᵀH ⊗ I) plus the residual part; with targets 0 the latter
    // vanishes and every eigenvalue of c HᵀH occurs once for each output.
    let mut problem = problems::sized(4, 3, 6, 5, 2);
    problem.set_output_weights_to_zero();
    problem.targets.fill(0.0);
    let hessian = problem.hessian();
    let spectrum = hessian.spectrum().unwrap();
    let nonzero: Vec<f64> = spectrum
        .eigenvalues()
        .iter()
        .copied()
        .filter(|value| value.abs() > 1e-10)
        .collect();
    assert!(!nonzero.is_empty());
    assert_eq!(nonzero.len() % 5, 0);
    for group in nonzero.chunks(5) {
        assert!(group[4] - group[0] < 1e-14 * hessian.trace());
    }
}

#[test]
fn many_dead_units_and_repeated_samples_finish() {
    let mut problem = problems::sized(6, 3, 30, 2, 5).with_first_units_dead(24);
    for column in 0..3 {
        for sample in 3..6 {
            problem.inputs[(sample, column)] = problem.inputs[(sample - 3, column)];
        }
    }
    let hessian = problem.hessian();
    assert!(hessian.reduction().dead_units >= 24);
    let expected = dense_eigenvalues(hessian.dense());
    let difference = largest_difference(&hessian.spectrum().unwrap().into_eigenvalues(), &expected);
    assert!(difference < 1e-13 * largest_absolute(&expected));
}

#[test]
fn large_networks_with_residuals_have_the_dense_spectrum() {
    // Sizes at which directions are shared between units, as the published sizes do. Their Gram
    // matrix is singular: a sample's activity times its residual is made of own directions alone.
    for (seed, [samples, inputs, hidden, outputs]) in [
        [10, 20, 40, 10],
        [14, 12, 40, 15],
        [6, 20, 50, 12],
        [14, 30, 30, 30],
    ]
    .into_iter()
    .enumerate()
    {
        let mut problem = problems::sized(samples, inputs, hidden, outputs, seed as u64);
        for vanishing in [false, true] {
            if vanishing {
                // A sample without residual and two that are the same.
                let outputs = problem.outputs();
                problem.targets.row_mut(1).copy_from(&outputs.row(1));
                let (first, target) = (
                    problem.inputs.row(0).into_owned(),
                    problem.targets.row(0).into_owned(),
                );
                problem.inputs.row_mut(2).copy_from(&first);
                problem.targets.row_mut(2).copy_from(&target);
            }
            let hessian = problem.hessian();
            assert!(hessian.reduction().size < hessian.size());
            let expected = dense_eigenvalues(hessian.dense());
            let difference =
                largest_difference(&hessian.spectrum().unwrap().into_eigenvalues(), &expected);
            assert!(
                difference < 1e-13 * largest_absolute(&expected),
                "{samples} {inputs} {hidden} {outputs} {vanishing}: {difference}"
            );
        }
    }
}

#[test]
fn same_input_gives_the_same_bits() {
    let problem = problems::sized(8, 5, 40, 6, 1);
    assert_eq!(
        problem.hessian().spectrum().unwrap().into_eigenvalues(),
        problem.hessian().spectrum().unwrap().into_eigenvalues()
    );
}

#[test]
fn bad_arguments_are_refused() {
    let problem = problems::sized(4, 3, 5, 2, 3);
    let at = |inputs: &DMatrix<f64>, targets: &DMatrix<f64>| {
        Hessian::at(&problem.network, inputs.as_view(), targets.as_view()).map(|h| h.trace())
    };
    assert!(at(&DMatrix::zeros(4, 2), &problem.targets).is_err());
    assert!(at(&problem.inputs, &DMatrix::zeros(4, 3)).is_err());
    assert!(at(&problem.inputs, &DMatrix::zeros(3, 2)).is_err());
    assert!(at(&DMatrix::zeros(0, 3), &DMatrix::zeros(0, 2)).is_err());
    assert!(at(&DMatrix::from_element(4, 3, f64::NAN), &problem.targets).is_err());
    assert!(at(&problem.inputs, &DMatrix::from_element(4, 2, f64::INFINITY)).is_err());
    assert!(at(&DMatrix::from_element(4, 3, 1e300), &problem.targets).is_err());
    let hessian = problem.hessian();
    let spectrum = hessian.spectrum().unwrap();
    for tolerance in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(spectrum.rank(tolerance).is_err());
        assert!(spectrum.log_pseudo_determinant(tolerance).is_err());
        assert!(spectrum.published_expected_count(tolerance).is_err());
        assert!(hessian.tangent_projector(tolerance).is_err());
    }
}

#[test]
fn log_pseudo_determinant_accounts_for_every_eigenvalue() {
    let problem = problems::sized(4, 3, 6, 2, 9);
    let hessian = problem.hessian();
    let spectrum = hessian.spectrum().unwrap();
    let eigenvalues = spectrum.eigenvalues();
    let tolerance = 1e-10;
    let determinant = spectrum.log_pseudo_determinant(tolerance).unwrap();
    let expected: f64 = eigenvalues
        .iter()
        .filter(|&&value| value > tolerance)
        .map(|value| value.ln())
        .sum();
    assert!((determinant.log - expected).abs() < 1e-12);
    assert!(
        determinant.negative > 0,
        "away from a minimum some are negative"
    );
    assert_eq!(
        determinant.kept + determinant.negative + determinant.within_tolerance,
        hessian.size()
    );
    assert!(determinant.largest_within_tolerance <= tolerance);
    assert!(determinant.smallest_kept > tolerance);
}

#[test]
fn public_types_can_cross_threads() {
    fn check<T: Send + Sync + std::fmt::Debug>() {}
    check::<Hessian>();
    check::<drift_net::Spectrum>();
    check::<drift_net::TangentProjector<'_>>();
    check::<drift_net::SpectralDensity>();
    check::<drift_net::Lanczos>();
}
