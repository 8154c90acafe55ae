use super::*;
use approx::{assert_abs_diff_eq, assert_relative_eq};
use proptest::prelude::*;

fn sizes() -> Vec<f64> {
    (1..=10).map(|k| 309.1 * f64::from(k)).collect()
}

proptest! {
    #[test]
    fn exact_curves_are_recovered(
        a in 0.0f64..3.0, b in 0.05f64..5.0, log_c in -3.0f64..1.0,
    ) {
        let c = 10f64.powf(log_c) / 309.1;
        let curve: Vec<f64> = sizes().iter().map(|t| a + b / (1.0 + c * t)).collect();
        let fit = bounded_extrapolation(&sizes(), &curve, BoundedFit::Guarded).unwrap();
        // A slow decay hardly bends over the sizes, so a is known less well.
        let tolerance = 1e-7 * (1.0 + b / 10f64.powf(log_c).powi(2));
        prop_assert!((fit.information - a).abs() < tolerance, "{fit:?}");
        for (t, value) in sizes().iter().zip(&curve) {
            prop_assert!((fit.at(*t) - value).abs() < 1e-9);
        }
        prop_assert!(fit.r_squared > 1.0 - 1e-9);
    }

    #[test]
    fn no_other_curve_fits_better(
        curve in proptest::collection::vec(-0.2f64..2.0, 10),
        a in 0.0f64..2.0, b in 0.0f64..4.0, log_c in -5.0f64..5.0,
    ) {
        let fit = bounded_extrapolation(&sizes(), &curve, BoundedFit::LeastSquares).unwrap();
        let c = 10f64.powf(log_c) / 309.1;
        let squares = |f: &dyn Fn(f64) -> f64| -> f64 {
            sizes().iter().zip(&curve).map(|(&t, y)| (f(t) - y).powi(2)).sum()
        };
        prop_assert!(
            squares(&|t| fit.at(t)) <= squares(&|t| a + b / (1.0 + c * t)) + 1e-9);
        prop_assert!(fit.information >= 0.0 && fit.bias_at_first >= 0.0);
    }

    #[test]
    fn the_series_is_recovered(a in -2.0f64..2.0, b in -5.0f64..5.0, c in -5.0f64..5.0) {
        let curve: Vec<f64> = sizes()
            .iter()
            .map(|t| { let x = 309.1 / t; a + b * x + c * x * x })
            .collect();
        let fit = unbounded_extrapolation(&sizes(), &curve).unwrap();
        prop_assert!((fit.information - a).abs() < 1e-10);
        prop_assert!((fit.linear - b * 309.1).abs() < 1e-6);
        prop_assert!((fit.quadratic - c * 309.1 * 309.1).abs() < 1e-3);
    }
}

#[test]
fn limits_of_the_curve() {
    let inverse: Vec<f64> = sizes().iter().map(|t| 0.5 + 700.0 / t).collect();
    let fit = bounded_extrapolation(&sizes(), &inverse, BoundedFit::LeastSquares).unwrap();
    assert_abs_diff_eq!(fit.information, 0.5, epsilon = 1e-6);
    assert!(fit.shape > 0.999_99);

    let guarded = bounded_extrapolation(&sizes(), &inverse, BoundedFit::Guarded).unwrap();
    assert_abs_diff_eq!(guarded.information, 0.5, epsilon = 1e-12);
    assert_eq!((guarded.shape, guarded.c()), (1.0, f64::INFINITY));

    let flat = bounded_extrapolation(&sizes(), &[0.7; 10], BoundedFit::Guarded).unwrap();
    assert_abs_diff_eq!(
        flat.at(1e9) + flat.at(309.1) - flat.at(500.0),
        0.7,
        epsilon = 1e-9
    );

    let rising: Vec<f64> = (0..10).map(|k| 1.0 + 0.1 * f64::from(k)).collect();
    let fit = bounded_extrapolation(&sizes(), &rising, BoundedFit::Guarded).unwrap();
    assert_abs_diff_eq!(fit.information, 1.45, epsilon = 1e-12);
    assert_eq!((fit.bias_at_first, fit.b()), (0.0, 0.0));

    let straight: Vec<f64> = (0..10).map(|k| 2.0 - 0.1 * f64::from(k)).collect();
    let fit = bounded_extrapolation(&sizes(), &straight, BoundedFit::Guarded).unwrap();
    assert_eq!(fit.information, 0.0);
    assert_relative_eq!(
        fit.b(),
        fit.bias_at_first * (1.0 + fit.c() * 309.1),
        epsilon = 1e-9
    );
}

#[test]
fn a_curve_that_hardly_falls_is_not_extrapolated_to_nothing() {
    // A cell of the published sample: noise of 0.008 on 3.53 bits.
    let curve = [
        3.5362, 3.5275, 3.5265, 3.5408, 3.5232, 3.5477, 3.5255, 3.5295, 3.5264, 3.5278,
    ];
    let free = bounded_extrapolation(&sizes(), &curve, BoundedFit::LeastSquares).unwrap();
    assert!(free.information < 1.0, "{free:?}");
    let guarded = bounded_extrapolation(&sizes(), &curve, BoundedFit::Guarded).unwrap();
    assert!((guarded.information - 3.53).abs() < 0.01, "{guarded:?}");
}

#[test]
fn unknown_points_are_left_out() {
    let mut curve: Vec<f64> = sizes()
        .iter()
        .map(|t| 0.4 + 1.0 / (1.0 + t / 400.0))
        .collect();
    curve[0] = f64::NAN;
    curve[3] = f64::NAN;
    let fit = bounded_extrapolation(&sizes(), &curve, BoundedFit::Guarded).unwrap();
    assert_abs_diff_eq!(fit.information, 0.4, epsilon = 1e-8);
    let unknown = [1.0, f64::NAN, 2.0];
    let bounded = bounded_extrapolation(&sizes()[..3], &unknown, BoundedFit::Guarded).unwrap();
    let unbounded = unbounded_extrapolation(&sizes()[..3], &unknown).unwrap();
    assert!(bounded.information.is_nan() && unbounded.information.is_nan());
}

#[test]
fn refuses_what_is_not_a_curve() {
    for (sizes, information) in [
        (&[1.0, 2.0][..], &[1.0; 2][..]),
        (&[1.0, 2.0, 2.0], &[1.0; 3]),
        (&[0.0, 1.0, 2.0], &[1.0; 3]),
        (&[1.0, f64::NAN, 2.0], &[1.0; 3]),
        (&[1.0, 2.0, 3.0], &[1.0; 2]),
        (&[1.0, 2.0, 3.0], &[1.0, f64::INFINITY, 1.0]),
    ] {
        assert!(bounded_extrapolation(sizes, information, BoundedFit::Guarded).is_err());
        assert!(unbounded_extrapolation(sizes, information).is_err());
    }
}
