//! Filters and rescaling.

use drift_env::Normalisation;
use drift_env::nalgebra::DMatrix;
use drift_env::smoothing::{Edge, gaussian_filter, gaussian_filter_2d, gaussian_kernel};
use proptest::collection::vec;
use proptest::prelude::*;

fn edge() -> impl Strategy<Value = Edge> {
    prop_oneof![Just(Edge::Reflect), Just(Edge::Wrap)]
}

proptest! {
    #[test]
    fn kernels_are_symmetric_and_sum_to_one(standard_deviation in 0.0..50.0) {
        let kernel = gaussian_kernel(standard_deviation).unwrap();
        prop_assert_eq!(kernel.len(), 2 * ((4.0 * standard_deviation + 0.5) as usize) + 1);
        prop_assert!((kernel.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let mut reversed = kernel.clone();
        reversed.reverse();
        prop_assert_eq!(kernel, reversed);
    }

    #[test]
    fn a_constant_stays_a_constant(
        value in -100.0..100.0,
        (rows, columns) in (1..20usize, 1..20usize),
        (down, along) in (0.0..15.0, 0.0..15.0),
        edge in edge(),
    ) {
        let matrix = DMatrix::from_element(rows, columns, value);
        let filtered = gaussian_filter_2d(matrix.as_view(), down, along, edge).unwrap();
        prop_assert!((filtered - matrix).amax() < 1e-11);
    }

    #[test]
    fn the_total_is_kept(
        values in vec(-10.0..10.0, 1..40),
        standard_deviation in 0.0..12.0,
        edge in edge(),
    ) {
        let filtered = gaussian_filter(&values, standard_deviation, edge).unwrap();
        let total = values.iter().sum::<f64>();
        prop_assert!((filtered.iter().sum::<f64>() - total).abs() < 1e-10);
    }

    #[test]
    fn wrapping_commutes_with_rotation(
        values in vec(-10.0..10.0, 2..40),
        standard_deviation in 0.0..12.0,
        by in 0..40usize,
    ) {
        let by = by % values.len();
        let mut rotated = values.clone();
        rotated.rotate_left(by);
        let mut expected = gaussian_filter(&values, standard_deviation, Edge::Wrap).unwrap();
        expected.rotate_left(by);
        let filtered = gaussian_filter(&rotated, standard_deviation, Edge::Wrap).unwrap();
        prop_assert_eq!(filtered, expected);
    }

    #[test]
    fn reflection_commutes_with_reversal(
        mut values in vec(-10.0..10.0, 1..40),
        standard_deviation in 0.0..12.0,
    ) {
        let mut expected = gaussian_filter(&values, standard_deviation, Edge::Reflect).unwrap();
        expected.reverse();
        values.reverse();
        let filtered = gaussian_filter(&values, standard_deviation, Edge::Reflect).unwrap();
        for (value, expected) in filtered.iter().zip(expected) {
            prop_assert!((value - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn normalised_values_fill_their_range(
        mut values in vec(-50.0..50.0, 2..60),
    ) {
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assume!(highest - lowest > 1e-3);
        let order = |values: &[f64]| {
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
            order
        };
        let before = order(&values);
        let mut unit = values.clone();
        Normalisation::Symmetric.apply(&mut values).unwrap();
        Normalisation::UnitInterval.apply(&mut unit).unwrap();
        prop_assert_eq!(before, order(&values));
        let margin = 1e-5 / (highest - lowest);
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assert!((least - (-1.0 - 2.0 * margin)).abs() < 1e-8);
        prop_assert!((greatest - (1.0 - 2.0 * margin)).abs() < 1e-8);
        for (value, unit) in values.iter().zip(unit) {
            prop_assert_eq!(*value, 2.0 * (unit - 0.5));
        }
    }
}
