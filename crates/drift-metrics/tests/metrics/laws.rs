//! Laws that hold for all inputs.

use drift_metrics::information::information;
use drift_metrics::nalgebra::DMatrix;
use drift_metrics::rate_map::order_by_peak;
use drift_metrics::{
    BinEdges, Ends, Smoothing, active_fraction, fraction_active_units, paper, pearson, rate_map,
    rate_map_correlation, smooth, spatial_information, spatial_information_rate,
};
use proptest::prelude::*;

/// A trajectory in [0, 1] and the activity of some units on it, with silent ones among them.
fn session() -> impl Strategy<Value = (Vec<f64>, DMatrix<f64>)> {
    (2_usize..40, 1_usize..20).prop_flat_map(|(frames, units)| {
        let value = prop_oneof![3 => Just(0.0), 2 => 0.0..10.0_f64];
        (
            prop::collection::vec(0.0..1.0_f64, frames),
            prop::collection::vec(value, frames * units),
        )
            .prop_map(move |(position, values)| {
                (position, DMatrix::from_vec(frames, units, values))
            })
    })
}

fn occupancy_and_rates() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    prop::collection::vec(
        (
            0.0..50.0_f64,
            prop_oneof![1 => Just(0.0), 3 => 0.0..20.0_f64],
        ),
        1..30,
    )
    .prop_map(|pairs| pairs.into_iter().unzip())
}

fn smoothing() -> impl Strategy<Value = Smoothing> {
    (0.0..9.0_f64, 0..3).prop_map(|(sigma_bins, kind)| match kind {
        0 => Smoothing::Normalised {
            sigma_bins,
            ends: Ends::Open,
        },
        1 => Smoothing::Normalised {
            sigma_bins,
            ends: Ends::Circular,
        },
        _ => Smoothing::Reflecting { sigma_bins },
    })
}

fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * (1.0 + a.abs()) || (a.is_nan() && b.is_nan())
}

proptest! {
    #[test]
    fn permuting_units_changes_no_metric((position, activity) in session(), shift in 0_usize..20) {
        let units = activity.ncols();
        let moved = |unit: usize| (unit + shift) % units;
        let permuted = DMatrix::from_fn(activity.nrows(), units, |frame, unit| activity[(frame, moved(unit))]);
        let edges = BinEdges::equal(0.0, 1.0, 7).unwrap();
        let (map, other) = (
            rate_map(&edges, &position, activity.as_view()).unwrap(),
            rate_map(&edges, &position, permuted.as_view()).unwrap(),
        );
        let (bits, other_bits) = (spatial_information(&map).unwrap(), spatial_information(&other).unwrap());
        let (rate, other_rate) = (spatial_information_rate(&map).unwrap(), spatial_information_rate(&other).unwrap());
        for unit in 0..units {
            prop_assert!(same(bits[moved(unit)], other_bits[unit]));
            prop_assert!(same(rate[moved(unit)], other_rate[unit]));
            prop_assert_eq!(map.mean_rate[moved(unit)], other.mean_rate[unit]);
        }
        prop_assert_eq!(active_fraction(activity.as_view()), active_fraction(permuted.as_view()));
        prop_assert_eq!(fraction_active_units(activity.as_view()), fraction_active_units(permuted.as_view()));
        let mut order = order_by_peak(&map);
        order.sort_unstable();
        prop_assert_eq!(order, (0..units).collect::<Vec<_>>());

        let half = rate_map(&edges, &position, (activity.map(|rate| rate * rate)).as_view()).unwrap();
        let half_permuted = rate_map(&edges, &position, (permuted.map(|rate| rate * rate)).as_view()).unwrap();
        let all = vec![vec![true; units]; 2];
        let one = rate_map_correlation(&[map, half], &all).unwrap();
        let two = rate_map_correlation(&[other, half_permuted], &all).unwrap();
        prop_assert!(close(one.correlation[(0, 1)], two.correlation[(0, 1)]));
        prop_assert_eq!(one.shared_units, two.shared_units);
    }

    #[test]
    fn permuting_frames_changes_no_map((position, activity) in session(), shift in 0_usize..40) {
        let frames = position.len();
        let moved = |frame: usize| (frame + shift) % frames;
        let rolled = DMatrix::from_fn(frames, activity.ncols(), |frame, unit| activity[(moved(frame), unit)]);
        let positions: Vec<f64> = (0..frames).map(|frame| position[moved(frame)]).collect();
        let edges = BinEdges::equal(0.0, 1.0, 5).unwrap();
        let map = rate_map(&edges, &position, activity.as_view()).unwrap();
        let other = rate_map(&edges, &positions, rolled.as_view()).unwrap();
        prop_assert_eq!(&map.occupancy, &other.occupancy);
        for (a, b) in map.rates.iter().zip(&other.rates) {
            prop_assert!(close(*a, *b));
        }
    }

    #[test]
    fn occupancy_counts_every_frame_once(
        position in prop::collection::vec(prop_oneof![9 => -1.0..2.0_f64, 1 => Just(f64::NAN)], 0..60),
        bins in 1_usize..20,
    ) {
        let edges = BinEdges::equal(0.0, 1.0, bins).unwrap();
        let binned = edges.assign(&position);
        let inside: f64 = binned.occupancy().iter().sum();
        prop_assert_eq!(inside as usize + binned.outside() + binned.missing(), position.len());
        for (&x, bin) in position.iter().zip(binned.iter()) {
            if let Some(bin) = bin {
                prop_assert!(edges.as_slice()[bin] <= x && x <= edges.as_slice()[bin + 1]);
            }
        }
    }

    #[test]
    fn equal_and_listed_edges_agree(bins in 1_usize..50, x in -3.0..7.0_f64) {
        let edges = BinEdges::equal(-2.0, 4.0, bins).unwrap();
        let by_search = edges.as_slice().windows(2).position(|pair| pair[0] <= x && x < pair[1]);
        prop_assert_eq!(edges.index(x), by_search);
        prop_assert_eq!(BinEdges::new(edges.as_slice().to_vec()).unwrap().index(x), by_search);
    }

    #[test]
    fn information_is_never_negative_and_bounded((occupancy, rates) in occupancy_and_rates()) {
        let bits = information(&occupancy, &rates).unwrap();
        let total: f64 = occupancy.iter().sum();
        let least = occupancy.iter().copied().filter(|&time| time > 0.0).fold(f64::INFINITY, f64::min);
        // No spike can say more than that the animal is in the rarest bin.
        prop_assert!(bits.is_nan() || (bits >= 0.0 && bits <= (total / least).log2() + 1e-9));
    }

    #[test]
    fn information_does_not_depend_on_units_of_rate_or_time(
        (occupancy, rates) in occupancy_and_rates(),
        scale in 1e-6..1e6_f64,
    ) {
        let bits = information(&occupancy, &rates).unwrap();
        let scaled: Vec<f64> = rates.iter().map(|rate| rate * scale).collect();
        let longer: Vec<f64> = occupancy.iter().map(|time| time * scale).collect();
        prop_assert!(close(bits, information(&occupancy, &scaled).unwrap()));
        prop_assert!(close(bits, information(&longer, &rates).unwrap()));
    }

    #[test]
    fn one_active_bin_says_all(bins in 1_usize..200, place in 0_usize..200, rate in 1e-3..1e3_f64) {
        let mut rates = vec![0.0; bins];
        rates[place % bins] = rate;
        let bits = information(&vec![0.5; bins], &rates).unwrap();
        prop_assert!((bits - (bins as f64).log2()).abs() < 1e-12);
    }

    #[test]
    fn smoothing_keeps_constants(bins in 1_usize..60, constant in -1e3..1e3_f64, smoothing in smoothing()) {
        for value in smooth(&vec![constant; bins], &smoothing).unwrap() {
            prop_assert!((value - constant).abs() <= 1e-13 * (1.0 + constant.abs()));
        }
    }

    #[test]
    fn smoothing_stays_between_the_extremes(
        values in prop::collection::vec(-5.0..5.0_f64, 1..60),
        smoothing in smoothing(),
    ) {
        let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let min = values.iter().copied().fold(f64::INFINITY, f64::min);
        for value in smooth(&values, &smoothing).unwrap() {
            prop_assert!(value >= min - 1e-12 && value <= max + 1e-12);
        }
    }

    #[test]
    fn mirror_and_ring_keep_the_total(
        values in prop::collection::vec(0.0..5.0_f64, 1..60),
        sigma_bins in 0.0..9.0_f64,
    ) {
        let total: f64 = values.iter().sum();
        let ring = Smoothing::Normalised { sigma_bins, ends: Ends::Circular };
        for smoothing in [ring, Smoothing::Reflecting { sigma_bins }] {
            let after: f64 = smooth(&values, &smoothing).unwrap().iter().sum();
            prop_assert!((after - total).abs() < 1e-10);
        }
    }

    #[test]
    fn a_ring_smooths_the_same_wherever_it_is_cut(
        values in prop::collection::vec(0.0..5.0_f64, 2..40),
        shift in 0_usize..40,
        sigma_bins in 0.0..9.0_f64,
    ) {
        let ring = Smoothing::Normalised { sigma_bins, ends: Ends::Circular };
        let shift = shift % values.len();
        let mut cut = values.clone();
        cut.rotate_left(shift);
        let mut smoothed = smooth(&values, &ring).unwrap();
        smoothed.rotate_left(shift);
        for (a, b) in smoothed.iter().zip(smooth(&cut, &ring).unwrap()) {
            prop_assert!((a - b).abs() < 1e-12);
        }
    }

    #[test]
    fn correlation_is_symmetric_bounded_and_blind_to_scale(
        pairs in prop::collection::vec((-5.0..5.0_f64, -5.0..5.0_f64), 2..30),
        scale in 0.1..10.0_f64,
        offset in -10.0..10.0_f64,
    ) {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let r = pearson(&a, &b).unwrap();
        prop_assert!(same(r, pearson(&b, &a).unwrap()));
        let moved: Vec<f64> = a.iter().map(|x| offset + scale * x).collect();
        prop_assert!((r - pearson(&moved, &b).unwrap()).abs() < 1e-7 || r.is_nan());
        prop_assert!(r.is_nan() || r.abs() <= 1.0);
    }

    #[test]
    fn figure_2e_is_symmetric_with_a_unit_diagonal((position, activity) in session()) {
        prop_assume!(position.iter().any(|&x| (x - position[0]).abs() > 1e-6));
        let later = activity.map(|rate| (rate - 2.0).max(0.0));
        let result = paper::rate_map_correlation(&position, &[activity.as_view(), later.as_view()]).unwrap();
        let r = &result.correlation;
        prop_assert!(same(r[(0, 1)], r[(1, 0)]) && r[(0, 0)] == 1.0 && r[(1, 1)] == 1.0);
        prop_assert_eq!(r[(0, 1)].is_nan(), result.shared_units[(0, 1)] == 0);
    }
}
