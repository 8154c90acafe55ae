//! Quantiles, ranks, lines and tests of two samples.

use drift_metrics::Error;
use drift_metrics::statistics::{
    Mean, by_lag, fit_line, kolmogorov_smirnov, quantile, sign_test, spearman,
};
use nalgebra::DMatrix;
use proptest::prelude::*;

#[test]
fn a_matrix_that_is_not_square_has_the_lags_of_its_shorter_side() {
    let square = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 3.0, 5.0]);
    let tall = square.clone().insert_row(2, 9.0);
    let wide = square.clone().insert_column(2, 9.0);
    for measure in [&square, &tall, &wide] {
        assert_eq!(by_lag(measure), [3.0, 2.0]);
    }
}

#[test]
fn a_mean_leaves_missing_values_out() {
    let mean = Mean::of([1.0, f64::NAN, 3.0, f64::INFINITY]);
    assert_eq!((mean.count, mean.mean, mean.standard_error), (2, 2.0, 1.0));
    assert!(Mean::of([]).mean.is_nan() && Mean::of([]).standard_error.is_nan());
    assert!(Mean::of([2.0]).standard_error.is_nan());
}

#[test]
fn quantiles_are_linear_between_neighbours() {
    let values = [4.0, 1.0, f64::NAN, 2.0, 3.0, f64::NEG_INFINITY];
    assert_eq!(quantile(&values, 0.5), Ok(2.5));
    assert_eq!(quantile(&values, 0.0), Ok(1.0));
    assert_eq!(quantile(&values, 1.0), Ok(4.0));
    assert!(quantile(&[], 0.5).unwrap().is_nan());
    assert!(quantile(&values, f64::NAN).is_err() && quantile(&values, 1.1).is_err());
}

#[test]
fn two_samples_are_compared() {
    let low: Vec<f64> = (0..50).map(f64::from).collect();
    let same = kolmogorov_smirnov(&low, &low).unwrap();
    assert_eq!((same.distance, same.p_value), (0.0, 1.0));
    let high: Vec<f64> = low.iter().map(|value| value + 25.0).collect();
    let other = kolmogorov_smirnov(&low, &high).unwrap();
    assert!((other.distance - 0.5).abs() < 1e-12);
    // λ = (5 + 0.12 + 0.022)·0.5 = 2.571, 2 exp(−2λ²) = 3.6e-6.
    assert!((other.p_value / 3.62e-6 - 1.0).abs() < 0.02, "{other:?}");
    assert!(matches!(
        kolmogorov_smirnov(&[f64::NAN], &low),
        Err(Error::TooFew { field: "a", .. })
    ));
}

#[test]
fn a_line_has_its_error() {
    // Residuals .1, .3, −.3, −.1 about y = 0.1 + 0.6 x: s² = 0.2/2, spread 5.
    let fit = fit_line(&[0.0, 1.0, 2.0, 3.0], &[0.0, 1.0, 1.0, 2.0]).unwrap();
    assert!((fit.slope - 0.6).abs() < 1e-12 && (fit.intercept - 0.1).abs() < 1e-12);
    assert!((fit.slope_error - 0.02f64.sqrt()).abs() < 1e-12);
    assert!(
        fit_line(&[1.0; 3], &[2.0, 3.0, 4.0])
            .unwrap()
            .slope
            .is_nan()
    );
    assert!(matches!(
        fit_line(&[1.0, 2.0], &[1.0, 2.0]),
        Err(Error::TooFew { actual: 2, .. })
    ));
    assert!(fit_line(&[1.0, 2.0, f64::NAN], &[1.0, 2.0, 3.0]).is_err());
}

#[test]
fn tied_ranks_share_their_mean() {
    // Two ties: 1 − 6·Σd² does not hold; by hand, ranks (1, 2.5, 2.5, 4) and (1, 2, 3, 4).
    let rho = spearman(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert!((rho - 4.5 / (4.5f64 * 5.0).sqrt()).abs() < 1e-12);
    // The two zeros are one value.
    assert!(spearman(&[0.0, -0.0], &[5.0, 6.0]).unwrap().is_nan());
    assert!(spearman(&[1.0, 2.0], &[5.0, 5.0]).unwrap().is_nan());
    assert!(spearman(&[1.0, f64::NAN], &[5.0, 5.0]).is_err());
    assert!(spearman(&[1.0], &[5.0, 5.0]).is_err());
}

#[test]
fn sign_test_by_hand() {
    // (1 + 10)·2/1024.
    assert!((sign_test(9, 1) - 22.0 / 1024.0).abs() < 1e-15);
    assert_eq!(sign_test(usize::MAX, 0), 0.0);
    assert!((sign_test(1, 9) - 22.0 / 1024.0).abs() < 1e-15);
    assert_eq!(sign_test(0, 0), 1.0);
    assert_eq!(sign_test(1, 0), 1.0);
    // Near the middle of very many coins: the normal distribution at 1.98 standard deviations.
    let p = sign_test(5000, 5199);
    assert!((p - 0.0499).abs() < 1e-3, "{p}");
}

proptest! {
    #[test]
    fn rank_correlation_knows_order_only(values in prop::collection::vec(-1e3..1e3f64, 3..20)) {
        let steps: Vec<f64> = (1..=values.len()).map(|step| step as f64).collect();
        let logs: Vec<f64> = steps.iter().map(|step| step.ln()).collect();
        let rho = spearman(&steps, &values).unwrap();
        prop_assert_eq!(rho, spearman(&logs, &values).unwrap());
        prop_assert!((-1.0..=1.0).contains(&rho));
        let reversed: Vec<f64> = values.iter().map(|value| -value.cbrt()).collect();
        prop_assert!((rho + spearman(&steps, &reversed).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn sign_test_is_a_probability(agreeing in 0..2000usize, opposing in 0..2000usize) {
        let p = sign_test(agreeing, opposing);
        prop_assert!((0.0..=1.0).contains(&p));
        prop_assert_eq!(p, sign_test(opposing, agreeing));
    }

    #[test]
    fn samples_are_compared_in_either_order_and_unit(
        a in prop::collection::vec(-9.0..9.0f64, 1..40),
        b in prop::collection::vec(-9.0..9.0f64, 1..40),
        scale in 0.01..100.0f64,
    ) {
        let test = kolmogorov_smirnov(&a, &b).unwrap();
        prop_assert_eq!(test, kolmogorov_smirnov(&b, &a).unwrap());
        let scaled = |values: &[f64]| values.iter().map(|value| scale * value).collect::<Vec<_>>();
        prop_assert_eq!(test, kolmogorov_smirnov(&scaled(&a), &scaled(&b)).unwrap());
        prop_assert!((0.0..=1.0).contains(&test.distance) && (0.0..=1.0).contains(&test.p_value));
    }

    #[test]
    fn a_line_through_a_line_is_that_line(
        slope in -5.0..5.0f64,
        intercept in -5.0..5.0f64,
        x in prop::collection::btree_set(-50..50i32, 3..20),
    ) {
        let x: Vec<f64> = x.into_iter().map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| intercept + slope * x).collect();
        let fit = fit_line(&x, &y).unwrap();
        prop_assert!((fit.slope - slope).abs() < 1e-9 && (fit.intercept - intercept).abs() < 1e-9);
        prop_assert!(fit.slope_error < 1e-9);
    }
}
