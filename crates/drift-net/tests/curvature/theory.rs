//! Laws of the predicted drift: closed forms against finite differences and exact cases.

use drift_net::nalgebra::DMatrix;
use drift_net::{
    EnsembleDrift, Error, FiniteDifference, GradientNoise, Regularizer, Shape, StepLimit,
    ZeroLossPoint, kink_crossings, stationary_covariance,
};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use crate::problems::{
    self, Problem, largest_absolute, largest_difference, random_problem, zero_loss_problem,
};

fn gradient_of(problem: &Problem) -> impl FnMut(&[f64], &mut [f64]) -> f64 {
    let problem = problem.clone();
    move |parameters, gradient| {
        let moved = problem.at(parameters.to_vec());
        gradient.copy_from_slice(moved.gradient().as_slice());
        moved.loss()
    }
}

fn valley(p: &[f64], gradient: &mut [f64]) -> f64 {
    gradient[0] = 2.0 * p[0] * p[1] * p[1];
    gradient[1] = 2.0 * p[0] * p[0] * p[1];
    (p[0] * p[1]).powi(2)
}

const STEP: f64 = 1e-3;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn trace_gradient_is_the_derivative_of_the_trace(problem in random_problem()) {
        prop_assume!(problem.distance_to_kink() > 20.0 * STEP);
        let gradient = problem.hessian().trace_gradient();
        let scale = largest_absolute(&gradient);
        for (index, &expected) in gradient.iter().enumerate() {
            // The trace is quadratic in the parameters, so the difference is exact.
            let above = problem.moved(index, STEP).hessian().trace();
            let below = problem.moved(index, -STEP).hessian().trace();
            let difference = (above - below) / (2.0 * STEP);
            prop_assert!((difference - expected).abs() <= 1e-9 * scale.max(above));
        }
        let third = FiniteDifference::new(STEP).unwrap()
            .trace_gradient(problem.network.parameters(), gradient_of(&problem));
        prop_assert!(largest_difference(&third, &gradient) <= 1e-6 * scale.max(1.0));
    }

    #[test]
    fn gram_contraction_is_the_derivative_of_the_contraction(
        problem in random_problem(),
        seed: u64,
    ) {
        prop_assume!(problem.distance_to_kink() > 20.0 * STEP);
        let hessian_here = problem.hessian();
        let side = hessian_here.samples() * hessian_here.shape().outputs();
        let half = DMatrix::from_iterator(
            side, side, problems::normal_vector(side * side, seed).iter().copied(),
        );
        let weights = &half + half.transpose();
        let contraction = |problem: &Problem| weights.dot(&problem.hessian().gram());
        let gradient = hessian_here.gram_contraction_gradient(weights.as_view());
        let scale = largest_absolute(&gradient).max(hessian_here.trace() * weights.amax());
        for (index, &expected) in gradient.iter().enumerate() {
            let difference = (contraction(&problem.moved(index, STEP))
                - contraction(&problem.moved(index, -STEP))) / (2.0 * STEP);
            prop_assert!((difference - expected).abs() <= 1e-8 * scale);
        }
    }

    #[test]
    fn closed_forms_match_finite_differences_along_the_manifold(problem in zero_loss_problem()) {
        prop_assume!(problem.distance_to_kink() > 20.0 * STEP);
        let hessian = problem.hessian();
        let eigenvalues = hessian.spectrum().unwrap().into_eigenvalues();
        let largest = largest_absolute(&eigenvalues);
        // Where a non-zero eigenvalue is nearly zero, differences cannot tell it from one.
        let tolerance = 1e-3 * largest;
        prop_assume!(largest > 0.0);
        prop_assume!(eigenvalues.iter().all(|value| value.abs() < 1e-10 || *value > 10.0 * tolerance));
        let point = ZeroLossPoint::at(&hessian, tolerance).unwrap();
        let differences = FiniteDifference::new(STEP).unwrap();
        let parameters = problem.network.parameters();
        let gradient = gradient_of(&problem);

        let closed = point.regularizer_gradient(Regularizer::LogPseudoDeterminant);
        let numerical =
            differences.log_pseudo_determinant_gradient(parameters, gradient, tolerance).unwrap();
        let scale = largest_absolute(&closed).max(1.0);
        prop_assert!(largest_difference(&closed, &numerical) < 1e-4 * scale);

        let learning_rate = 0.5 / largest;
        for noise in [
            GradientNoise::Update { variance: 0.3 },
            GradientNoise::label(0.2, problem.targets.len()),
        ] {
            for limit in [StepLimit::Small, StepLimit::Finite] {
                let closed = point.predicted_drift(noise, learning_rate, limit).unwrap();
                let numerical = differences
                    .predicted_drift(
                        parameters, gradient_of(&problem), noise, learning_rate, limit, tolerance,
                    )
                    .unwrap();
                let scale = largest_absolute(&closed.mean).max(learning_rate * learning_rate);
                prop_assert!(largest_difference(&closed.mean, &numerical.mean) < 1e-4 * scale);
                prop_assert!((closed.step_times_curvature - 0.5).abs() < 1e-10);
                prop_assert!(closed.is_stable());
            }
        }
    }

    #[test]
    fn drift_has_the_constants_of_the_theory(problem in zero_loss_problem()) {
        let hessian = problem.hessian();
        prop_assume!(hessian.trace() > 1e-6);
        let tolerance = 1e-9 * hessian.trace();
        // Rounding reaches the drift divided by the eigenvalues that are counted.
        let counted = |&value: &f64| value.abs() < tolerance || value > 1e4 * tolerance;
        prop_assume!(hessian.spectrum().unwrap().into_eigenvalues().iter().all(counted));
        let point = ZeroLossPoint::at(&hessian, tolerance).unwrap();
        let (learning_rate, variance) = (0.01, 0.04);
        let targets = problem.targets.len() as f64;
        for (noise, regularizer, constant) in [
            (
                GradientNoise::Update { variance },
                Regularizer::LogPseudoDeterminant,
                -learning_rate * learning_rate * variance / 4.0,
            ),
            (
                GradientNoise::label(variance, problem.targets.len()),
                Regularizer::Trace,
                -learning_rate * learning_rate * variance / (2.0 * targets),
            ),
        ] {
            let drift = point.predicted_drift(noise, learning_rate, StepLimit::Small).unwrap();
            let expected: Vec<f64> = point
                .regularizer_gradient(regularizer)
                .iter()
                .map(|value| constant * value)
                .collect();
            let scale = largest_absolute(&expected).max(constant.abs() * 1e-3);
            prop_assert!(largest_difference(&drift.mean, &expected) < 1e-6 * scale);
            let mut tangent = drift.mean.clone();
            point.projector().apply(&mut tangent);
            prop_assert!(largest_difference(&drift.mean, &tangent) < 1e-9 * scale);
        }
    }

    #[test]
    fn stationary_covariance_solves_both_equations(
        eigenvalues in prop::collection::vec(0.1..5.0_f64, 1..5),
        seed: u64,
    ) {
        let size = eigenvalues.len();
        let root = DMatrix::from_iterator(
            size, size, problems::normal_vector(size * size, seed).iter().copied(),
        );
        let noise = &root * root.transpose();
        let learning_rate = 0.2;
        let curvature = DMatrix::from_diagonal(&eigenvalues.clone().into());
        let small =
            stationary_covariance(&eigenvalues, noise.as_view(), learning_rate, StepLimit::Small)
                .unwrap();
        let residue = &curvature * &small + &small * &curvature - &noise * learning_rate;
        prop_assert!(residue.amax() < 1e-12 * noise.amax());
        let finite =
            stationary_covariance(&eigenvalues, noise.as_view(), learning_rate, StepLimit::Finite)
                .unwrap();
        let step = DMatrix::identity(size, size) - curvature * learning_rate;
        let kept = &step * &finite * &step + noise.clone() * (learning_rate * learning_rate);
        prop_assert!((kept - &finite).amax() < 1e-12 * noise.amax());
    }
}

#[test]
fn valley_has_its_known_drift() {
    let (x, learning_rate, variance) = (2.0, 0.01, 0.01);
    let noise = GradientNoise::Update { variance };
    let drift = |limit| {
        FiniteDifference::default()
            .predicted_drift(&[x, 0.0], valley, noise, learning_rate, limit, 1e-6)
            .unwrap()
    };
    let small = drift(StepLimit::Small);
    let expected = -learning_rate.powi(2) * variance / (2.0 * x);
    assert!((small.mean[0] / expected - 1.0).abs() < 1e-6);
    assert!(small.mean[1].abs() < 1e-12);
    assert!((small.tangent_variance - 1e-6).abs() < 1e-18);
    assert!((small.step_times_curvature - learning_rate * 8.0).abs() < 1e-6);
    // To finite step: a factor 1/(1 − η x²).
    let finite = drift(StepLimit::Finite);
    assert!((finite.mean[0] / expected * (1.0 - learning_rate * x * x) - 1.0).abs() < 1e-6);
    // Noise shaped like the curvature, Σ = f H: −(η² f/4) ∂x tr H with tr H = 2x² + 2y².
    let shaped = FiniteDifference::default()
        .predicted_drift(
            &[x, 0.0],
            valley,
            GradientNoise::Curvature { factor: 0.5 },
            learning_rate,
            StepLimit::Small,
            1e-6,
        )
        .unwrap();
    assert!((shaped.mean[0] / (-learning_rate.powi(2) * 0.5 / 4.0 * 4.0 * x) - 1.0).abs() < 1e-6);
    assert_eq!(shaped.tangent_variance, 0.0);
}

#[test]
fn instability_is_flagged_and_has_no_stationary_state() {
    let noise = GradientNoise::Update { variance: 1.0 };
    let predict = |limit| {
        FiniteDifference::default().predicted_drift(&[2.0, 0.0], valley, noise, 0.25, limit, 1e-6)
    };
    assert!(!predict(StepLimit::Small).unwrap().is_stable());
    assert!(matches!(
        predict(StepLimit::Finite),
        Err(Error::OutOfRange { .. })
    ));
}

#[test]
fn a_point_with_residuals_is_not_on_the_manifold() {
    let problem = problems::sized(4, 3, 8, 2, 5);
    let hessian = problem.hessian();
    assert!(matches!(
        ZeroLossPoint::at(&hessian, 1e-9),
        Err(Error::NotZeroLoss { .. })
    ));
    assert!(matches!(
        ZeroLossPoint::at(&hessian, f64::NAN),
        Err(Error::OutOfRange { .. })
    ));
}

#[test]
fn all_units_dead_has_no_drift() {
    let mut problem = problems::sized(4, 3, 8, 2, 5).with_bias(-1e3);
    problem.targets.fill(0.0);
    let hessian = problem.hessian();
    let point = ZeroLossPoint::at(&hessian, 1e-9).unwrap();
    assert!(point.normal_eigenvalues().is_empty());
    let noise = GradientNoise::Update { variance: 1.0 };
    let drift = point
        .predicted_drift(noise, 0.1, StepLimit::Finite)
        .unwrap();
    assert_eq!(drift.mean, vec![0.0; hessian.size()]);
}

#[test]
fn ensemble_finds_a_planted_drift_within_its_errors() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (runs, size, steps) = (400, 30, 50);
    let truth: Vec<f64> = (0..size).map(|index| (index as f64).cos()).collect();
    let displacements = DMatrix::from_fn(runs, size, |_, column| {
        let normal: f64 = StandardNormal.sample(&mut rng);
        steps as f64 * (truth[column] + 2.0 * normal)
    });
    let drift = EnsembleDrift::measure(displacements.as_view(), steps).unwrap();
    assert_eq!(drift.runs(), runs);
    for (mean, (error, truth)) in drift
        .mean()
        .iter()
        .zip(drift.standard_error().iter().zip(&truth))
    {
        assert!((error - 0.1).abs() < 0.02);
        assert!((mean - truth).abs() < 4.5 * error);
    }
    let agreement = drift.agreement(&truth).unwrap();
    assert!((agreement.slope - 1.0).abs() < 4.0 * agreement.slope_standard_error);
    // ‖truth‖² ≈ 15, so the slope's error is 0.1/√15 and noise adds 30 · 0.01 to ‖m‖².
    assert!((agreement.slope_standard_error - 0.026).abs() < 0.005);
    assert!((agreement.sampling_share - 0.02).abs() < 0.008);
    let expected_cosine = 1.0 / (1.0 + 0.3 / 15.0_f64).sqrt();
    assert!((agreement.cosine - expected_cosine).abs() < 5.0 * agreement.cosine_standard_error);
    assert!(agreement.cosine_standard_error > 0.0005 && agreement.cosine_standard_error < 0.01);
}

#[test]
fn jackknife_error_matches_leaving_runs_out_by_hand() {
    let displacements = DMatrix::from_row_slice(3, 2, &[1.0, 0.5, 0.5, 1.5, 2.0, 0.0]);
    let predicted = [1.0, 0.25];
    let drift = EnsembleDrift::measure(displacements.as_view(), 1).unwrap();
    let agreement = drift.agreement(&predicted).unwrap();
    let cosine = |rows: &[usize]| {
        let mean = displacements.select_rows(rows).row_mean();
        (mean[0] * predicted[0] + mean[1] * predicted[1])
            / (mean.norm() * predicted[0].hypot(predicted[1]))
    };
    assert!((agreement.cosine - cosine(&[0, 1, 2])).abs() < 1e-15);
    let parts = [cosine(&[1, 2]), cosine(&[0, 2]), cosine(&[0, 1])];
    let average = parts.iter().sum::<f64>() / 3.0;
    let spread: f64 = parts.iter().map(|part| (part - average).powi(2)).sum();
    let expected = (spread * 2.0 / 3.0).sqrt();
    assert!((agreement.cosine_standard_error - expected).abs() < 1e-14);
}

#[test]
fn ensembles_that_have_no_answer_are_refused() {
    let two = DMatrix::from_element(2, 3, 1.0);
    assert!(EnsembleDrift::measure(two.rows(0, 1).into_owned().as_view(), 1).is_err());
    assert!(EnsembleDrift::measure(two.as_view(), 0).is_err());
    assert!(EnsembleDrift::measure(DMatrix::zeros(2, 0).as_view(), 1).is_err());
    let infinite = DMatrix::from_element(2, 3, f64::INFINITY);
    assert!(EnsembleDrift::measure(infinite.as_view(), 1).is_err());
    let drift = EnsembleDrift::measure(two.as_view(), 1).unwrap();
    assert!(drift.agreement(&[1.0, 1.0]).is_err());
    assert!(drift.agreement(&[0.0; 3]).is_err());
    assert!(drift.agreement(&[f64::NAN; 3]).is_err());
    let still = EnsembleDrift::measure(DMatrix::zeros(2, 3).as_view(), 1).unwrap();
    assert!(still.agreement(&[1.0; 3]).is_err());
}

#[test]
fn kinks_are_counted_by_unit_and_sample() {
    // One input, two units; on inputs −1 and 1 unit 0 goes from (off, on) to (on, off) and unit
    // 1 stays on.
    let shape = Shape::new(1, 2, 1).unwrap();
    let inputs = DMatrix::from_row_slice(2, 1, &[-1.0, 1.0]);
    let before = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    let after = [-1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    let crossings = kink_crossings(shape, &before, &after, inputs.as_view()).unwrap();
    assert_eq!((crossings.switched_on, crossings.switched_off), (1, 1));
    assert_eq!(
        (crossings.units.as_slice(), crossings.total()),
        ([0].as_slice(), 2)
    );
    let none = kink_crossings(shape, &before, &before, inputs.as_view()).unwrap();
    assert_eq!((none.total(), none.units.len()), (0, 0));
    assert!(kink_crossings(shape, &before[1..], &after, inputs.as_view()).is_err());
    assert!(kink_crossings(shape, &[f64::NAN; 6], &after, inputs.as_view()).is_err());
    assert!(
        kink_crossings(
            shape,
            &before,
            &after,
            DMatrix::from_element(1, 2, 1.0).as_view()
        )
        .is_err()
    );
}

#[test]
fn bad_noise_and_steps_are_refused() {
    let eigenvalues = [1.0, 2.0];
    let noise = DMatrix::identity(2, 2);
    let small = StepLimit::Small;
    assert!(stationary_covariance(&eigenvalues, noise.as_view(), 0.0, small).is_err());
    assert!(stationary_covariance(&eigenvalues, noise.as_view(), f64::NAN, small).is_err());
    assert!(stationary_covariance(&[1.0, 0.0], noise.as_view(), 0.1, small).is_err());
    assert!(stationary_covariance(&[1.0], noise.as_view(), 0.1, small).is_err());
    assert!(stationary_covariance(&eigenvalues, noise.as_view(), 1.0, StepLimit::Finite).is_err());
    for step in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(FiniteDifference::new(step).is_err());
    }
    let predict = |noise| {
        FiniteDifference::default().predicted_drift(&[1.0, 0.0], valley, noise, 0.1, small, 1e-6)
    };
    let nowhere = FiniteDifference::default();
    assert!(
        nowhere
            .log_pseudo_determinant_gradient(&[], |_, _| 0.0, 1e-6)
            .is_err()
    );
    let not_a_number = |_: &[f64], gradient: &mut [f64]| {
        gradient.fill(f64::NAN);
        0.0
    };
    assert!(matches!(
        nowhere.log_pseudo_determinant_gradient(&[1.0], not_a_number, 1e-6),
        Err(Error::NotFinite { index: 0, .. })
    ));
    assert!(predict(GradientNoise::Update { variance: -1.0 }).is_err());
    assert!(predict(GradientNoise::Curvature { factor: f64::NAN }).is_err());
}
