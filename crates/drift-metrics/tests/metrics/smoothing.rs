use drift_metrics::nalgebra::DMatrix;
use drift_metrics::{
    BinEdges, BinnedPositions, Ends, RateMap, Smoothing, rate_map::rate_map_of, smooth,
};

const OPEN: Smoothing = Smoothing::Normalised {
    sigma_bins: 1.7,
    ends: Ends::Open,
};
const RING: Smoothing = Smoothing::Normalised {
    sigma_bins: 1.7,
    ends: Ends::Circular,
};
const MIRROR: Smoothing = Smoothing::Reflecting { sigma_bins: 1.7 };

#[test]
fn a_constant_map_stays_constant_to_its_edges() {
    for smoothing in [OPEN, RING, MIRROR] {
        for value in smooth(&[2.5; 12], &smoothing).unwrap() {
            assert!((value - 2.5).abs() < 1e-14, "{smoothing:?}");
        }
    }
    let gaps = [4.0, f64::NAN, 4.0, 4.0, f64::NAN, f64::NAN, 4.0];
    for (value, before) in smooth(&gaps, &OPEN).unwrap().iter().zip(gaps) {
        assert!(if before.is_nan() {
            value.is_nan()
        } else {
            (value - 4.0).abs() < 1e-14
        });
    }
}

#[test]
fn the_kernel_is_a_gaussian_cut_at_four_sigma() {
    let mut impulse = vec![0.0; 41];
    impulse[20] = 1.0;
    for smoothing in [OPEN, RING, MIRROR] {
        let kernel = smooth(&impulse, &smoothing).unwrap();
        assert!((kernel.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        let ratio = (-0.5 * (3.0_f64 / 1.7).powi(2)).exp();
        assert!((kernel[23] / kernel[20] - ratio).abs() < 1e-14);
        // ⌊4 · 1.7 + ½⌋ = 7
        assert!(kernel[27] > 0.0 && kernel[28] == 0.0 && kernel[13] > 0.0 && kernel[12] == 0.0);
    }
}

#[test]
fn a_ring_has_no_end() {
    let bump = |shift: usize| -> Vec<f64> {
        (0..10)
            .map(|k| f64::from(u8::from((k + shift) % 10 < 2)))
            .collect()
    };
    let smoothed = smooth(&bump(0), &RING).unwrap();
    for shift in 1..10 {
        let rolled = smooth(&bump(shift), &RING).unwrap();
        for k in 0..10 {
            assert!((rolled[k] - smoothed[(k + shift) % 10]).abs() < 1e-15);
        }
    }
    let open = smooth(&bump(0), &OPEN).unwrap();
    assert_eq!(open[9], 0.0, "an open end is far from the other");
    assert!(smoothed[9] > 0.1);
}

#[test]
fn the_mirror_repeats_its_edge_bin_and_takes_gaps_as_zero() {
    // A kernel wider than the map: the mirror image repeats with period six.
    let wide = Smoothing::Reflecting { sigma_bins: 2.0 };
    let map = [1.0, 2.0, 4.0];
    let continued: Vec<f64> = (-8_i32..11)
        .map(|k| map[[0, 1, 2, 2, 1, 0][k.rem_euclid(6) as usize]])
        .collect();
    let weights: Vec<f64> = (-8..=8).map(|k| (-f64::from(k * k) / 8.0).exp()).collect();
    let total: f64 = weights.iter().sum();
    for (bin, value) in smooth(&map, &wide).unwrap().iter().enumerate() {
        let expected: f64 = weights
            .iter()
            .zip(&continued[bin..])
            .map(|(w, x)| w * x)
            .sum::<f64>()
            / total;
        assert!((value - expected).abs() < 1e-14);
    }
    let (gap, zero) = (
        smooth(&[1.0, f64::NAN, 1.0], &wide).unwrap(),
        smooth(&[1.0, 0.0, 1.0], &wide).unwrap(),
    );
    assert_eq!(gap, zero);
}

#[test]
fn planes_are_smoothed_along_both_axes() {
    let (x, y) = (
        BinEdges::equal(0.0, 9.0, 9).unwrap(),
        BinEdges::equal(0.0, 7.0, 7).unwrap(),
    );
    let places: Vec<(f64, f64)> = (0..9)
        .flat_map(|i| (0..7).map(move |j| (f64::from(i) + 0.5, f64::from(j) + 0.5)))
        .collect();
    let (xs, ys): (Vec<f64>, Vec<f64>) = places.iter().copied().unzip();
    let binned = BinnedPositions::in_plane(&x, &y, &xs, &ys).unwrap();
    let activity = DMatrix::from_fn(63, 1, |k, _| if k == 4 * 7 + 3 { 1.0 } else { 0.0 });
    let map = rate_map_of(&binned, activity.as_view()).unwrap();
    let smoothed = map
        .smoothed(&Smoothing::Reflecting { sigma_bins: 0.6 })
        .unwrap();
    let (mut line_x, mut line_y) = ([0.0; 9], [0.0; 7]);
    (line_x[4], line_y[3]) = (1.0, 1.0);
    let line_x = smooth(&line_x, &Smoothing::Reflecting { sigma_bins: 0.6 }).unwrap();
    let line_y = smooth(&line_y, &Smoothing::Reflecting { sigma_bins: 0.6 }).unwrap();
    for (i, along_x) in line_x.iter().enumerate() {
        for (j, along_y) in line_y.iter().enumerate() {
            assert!((smoothed.unit(0)[i * 7 + j] - along_x * along_y).abs() < 1e-15);
        }
    }
}

#[test]
fn a_width_of_zero_changes_nothing_and_impossible_widths_are_refused() {
    let values = [1.0, f64::NAN, 3.0];
    let same = smooth(
        &values,
        &Smoothing::Normalised {
            sigma_bins: 0.0,
            ends: Ends::Open,
        },
    )
    .unwrap();
    assert_eq!((same[0], same[2]), (1.0, 3.0));
    for sigma_bins in [-1.0, f64::NAN, f64::INFINITY, 1e7] {
        assert!(smooth(&values, &Smoothing::Reflecting { sigma_bins }).is_err());
    }
    assert!(smooth(&[f64::INFINITY], &OPEN).is_err());
    assert!(smooth(&[], &OPEN).unwrap().is_empty());
}

#[test]
fn a_smoothed_map_keeps_the_mean_rate_of_its_epoch() {
    let edges = BinEdges::equal(0.0, 3.0, 3).unwrap();
    let map = RateMap::new(
        edges,
        vec![1.0, 2.0, 0.0],
        DMatrix::from_column_slice(3, 1, &[3.0, 0.0, 0.0]),
    )
    .unwrap();
    let smoothed = map.smoothed(&OPEN).unwrap();
    assert_eq!(
        (smoothed.mean_rate[0], &smoothed.occupancy),
        (1.0, &map.occupancy)
    );
    assert!(smoothed.unit(0)[2].is_nan());
    assert!(
        map.smoothed(&MIRROR).unwrap().unit(0)[2] > 0.0,
        "the mirror filter fills gaps"
    );
}
