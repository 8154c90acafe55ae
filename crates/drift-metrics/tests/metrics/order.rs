//! No measure of a population sees the order of its units, of its frames, or of an eigenvalue.

use drift_metrics::activity::active_units;
use drift_metrics::increments::drift_velocity;
use drift_metrics::information::mutual_information_of_labels;
use drift_metrics::nalgebra::DMatrix;
use drift_metrics::sessions::turnover;
use drift_metrics::similarity::{
    ensemble_rate_correlation, population_vector_correlation, tuning_curve_correlation,
};
use drift_metrics::spectrum::{Tolerance, compare, effective_rank, summarise};
use drift_metrics::{
    BinEdges, active_fraction, fraction_active_units, rate_map, spatial_information,
};
use proptest::prelude::*;

/// Two sessions of the same cells (bins × cells), some silent in one of them.
fn two_sessions() -> impl Strategy<Value = [DMatrix<f64>; 2]> {
    (2_usize..12, 2_usize..9).prop_flat_map(|(bins, cells)| {
        let rate = prop_oneof![2 => Just(0.0), 3 => 0.0..9.0_f64];
        prop::collection::vec(rate, 2 * bins * cells).prop_map(move |values| {
            let (first, second) = values.split_at(bins * cells);
            [first, second].map(|half| DMatrix::from_column_slice(bins, cells, half))
        })
    })
}

fn rolled(matrix: &DMatrix<f64>, rows: usize, columns: usize) -> DMatrix<f64> {
    DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |row, column| {
        matrix[(
            (row + rows) % matrix.nrows(),
            (column + columns) % matrix.ncols(),
        )]
    })
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs()) || (a.is_nan() && b.is_nan())
}

proptest! {
    #[test]
    fn comparisons_of_sessions_do_not_see_the_order_of_cells(sessions in two_sessions(), shift in 0_usize..9) {
        let [first, second] = &sessions;
        let [one, two] = [rolled(first, 0, shift), rolled(second, 0, shift)];
        let cells = first.ncols();
        let vectors = population_vector_correlation(first.as_view(), second.as_view()).unwrap();
        let others = population_vector_correlation(one.as_view(), two.as_view()).unwrap();
        for (a, b) in vectors.parts.iter().zip(&others.parts) {
            prop_assert!(close(*a, *b), "{a} {b}");
        }
        let curves = tuning_curve_correlation(first.as_view(), second.as_view()).unwrap();
        let others = tuning_curve_correlation(one.as_view(), two.as_view()).unwrap();
        prop_assert!(close(curves.mean, others.mean) && curves.count == others.count);
        for (cell, other) in others.parts.iter().enumerate() {
            prop_assert!(close(curves.parts[(cell + shift) % cells], *other));
        }
        let rates = |map: &DMatrix<f64>| map.row_mean().iter().copied().collect::<Vec<f64>>();
        prop_assert!(close(
            ensemble_rate_correlation(&rates(first), &rates(second)).unwrap(),
            ensemble_rate_correlation(&rates(&one), &rates(&two)).unwrap(),
        ));
        let active = |map: &DMatrix<f64>| active_units(map.as_view());
        let change = turnover(&active(first), &active(second)).unwrap();
        let other = turnover(&active(&one), &active(&two)).unwrap();
        for (a, b) in [
            (change.survival(), other.survival()),
            (change.recruitment(), other.recruitment()),
            (change.turnover_ratio(), other.turnover_ratio()),
        ] {
            prop_assert!(close(a, b));
        }
    }

    #[test]
    fn drift_velocity_does_not_see_the_order_of_units(
        values in prop::collection::vec(0.0..9.0_f64, 3 * 24 * 4), shift in 0_usize..4,
    ) {
        let edges = BinEdges::equal(0.0, 1.0, 6).unwrap();
        let places: Vec<f64> = (0..24).map(|frame| (frame as f64 + 0.5) / 24.0).collect();
        let maps = |shift: usize| -> Vec<_> {
            let sessions = values.chunks_exact(24 * 4);
            sessions.map(|session| {
                let activity = rolled(&DMatrix::from_column_slice(24, 4, session), 0, shift);
                rate_map(&edges, &places, activity.as_view()).unwrap()
            }).collect()
        };
        let times = [0.0, 1.0, 3.0];
        let one = drift_velocity(&maps(0), &times).unwrap();
        let two = drift_velocity(&maps(shift), &times).unwrap();
        prop_assert!(close(one.velocity, two.velocity) && close(one.diffusion, two.diffusion));
        for (a, b) in one.mean_squared_displacement.iter().zip(&two.mean_squared_displacement) {
            prop_assert!(close(*a, *b));
        }
    }

    #[test]
    fn sparsity_and_information_do_not_see_the_order_of_frames(
        sessions in two_sessions(), shift in 0_usize..12,
    ) {
        let [activity, _] = &sessions;
        let frames = activity.nrows();
        let moved = rolled(activity, shift, 0);
        prop_assert_eq!(active_fraction(activity.as_view()), active_fraction(moved.as_view()));
        prop_assert_eq!(
            fraction_active_units(activity.as_view()), fraction_active_units(moved.as_view())
        );
        let edges = BinEdges::equal(0.0, 1.0, 3).unwrap();
        let place = |frame: usize| ((frame * 7) % 11) as f64 / 11.0;
        let places: Vec<f64> = (0..frames).map(place).collect();
        let moved_places: Vec<f64> = (0..frames).map(|frame| places[(frame + shift) % frames]).collect();
        let bits = spatial_information(&rate_map(&edges, &places, activity.as_view()).unwrap()).unwrap();
        let other = spatial_information(&rate_map(&edges, &moved_places, moved.as_view()).unwrap()).unwrap();
        for (a, b) in bits.iter().zip(&other) {
            prop_assert!(close(*a, *b));
        }
    }

    /// A relabelling of responses or of states is no change either.
    #[test]
    fn mutual_information_sees_neither_order_nor_names(
        pairs in prop::collection::vec((0_usize..4, 0_usize..5), 2..60), shift in 0_usize..60,
    ) {
        let (responses, states): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        let bits = mutual_information_of_labels(&responses, &states).unwrap();
        let rolled = |labels: &[usize], names: usize| -> Vec<usize> {
            (0..labels.len()).map(|i| names - labels[(i + shift) % labels.len()]).collect()
        };
        let other = mutual_information_of_labels(&rolled(&responses, 3), &rolled(&states, 4)).unwrap();
        prop_assert!(close(bits, other) && bits >= -1e-12, "{bits} {other}");
        prop_assert!(close(bits, mutual_information_of_labels(&states, &responses).unwrap()));
    }

    #[test]
    fn a_spectrum_has_no_order(
        values in prop::collection::vec(prop_oneof![1 => Just(0.0), 4 => -0.5..9.0_f64], 1..40),
        shift in 0_usize..40,
        scale in 0.01..100.0_f64,
    ) {
        let tolerance = Tolerance::Relative(1e-9);
        let mut turned = values.clone();
        turned.rotate_left(shift % values.len());
        turned.reverse();
        let (one, two) = (summarise(&values, tolerance).unwrap(), summarise(&turned, tolerance).unwrap());
        prop_assert_eq!(
            (one.count, one.maximum, one.fraction_nonzero, one.log_sum.kept),
            (two.count, two.maximum, two.fraction_nonzero, two.log_sum.kept)
        );
        prop_assert!(close(one.sum, two.sum) && close(one.log_sum.value, two.log_sum.value));
        prop_assert!(close(one.effective_rank, two.effective_rank));
        // It takes part with at least one direction and with no more than there are, in any units.
        let positive = one.log_sum.kept as f64;
        if positive > 0.0 {
            prop_assert!((1.0 - 1e-9..=positive + 1e-9).contains(&one.effective_rank));
        }
        let scaled: Vec<f64> = values.iter().map(|value| value * scale).collect();
        prop_assert!(close(effective_rank(&scaled, tolerance).unwrap(), one.effective_rank));
        // A spectrum beside itself.
        if one.sum.abs() > 1e-6 {
            let same = compare(&values, &turned, tolerance).unwrap();
            prop_assert!(close(same.sum_ratio, 1.0) && close(same.maximum_ratio, 1.0) || one.maximum <= 0.0);
        }
    }
}
