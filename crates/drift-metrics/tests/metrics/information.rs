use drift_metrics::information::{
    information, information_rate, mean_information, offset_information,
};
use drift_metrics::nalgebra::DMatrix;
use drift_metrics::{BinEdges, RateMap, paper, spatial_information, spatial_information_rate};

#[test]
fn one_active_bin_of_many_carries_the_logarithm_of_their_number() {
    for bins in [2, 8, 100] {
        let mut rates = vec![0.0; bins];
        rates[bins / 2] = 7.5;
        let bits = information(&vec![3.0; bins], &rates).unwrap();
        assert!((bits - (bins as f64).log2()).abs() < 1e-13);
    }
}

#[test]
fn by_hand_with_uneven_occupancy() {
    // p = (1/4, 3/4), r = (6, 2): r̄ = 3, Σ = ¼·2·log₂2 + ¾·⅔·log₂⅔.
    let expected = 0.5 + 0.5 * (2.0_f64 / 3.0).log2();
    assert!((information(&[1.0, 3.0], &[6.0, 2.0]).unwrap() - expected).abs() < 1e-15);
}

#[test]
fn bits_per_second_are_the_mean_rate_times_bits_per_spike() {
    let (occupancy, rates) = ([2.0, 1.0, 5.0], [0.5, 8.0, 0.0]);
    let mean = (2.0 * 0.5 + 8.0) / 8.0;
    let per_spike = information(&occupancy, &rates).unwrap();
    assert!((information_rate(&occupancy, &rates).unwrap() - mean * per_spike).abs() < 1e-15);

    let edges = BinEdges::equal(0.0, 3.0, 3).unwrap();
    let both = DMatrix::from_columns(&[
        DMatrix::from_column_slice(3, 1, &rates).column(0),
        DMatrix::from_column_slice(3, 1, &rates.map(|rate| 2.0 * rate)).column(0),
    ]);
    let map = RateMap::new(edges, occupancy.to_vec(), both).unwrap();
    let (spike, second) = (
        spatial_information(&map).unwrap(),
        spatial_information_rate(&map).unwrap(),
    );
    assert!(
        (spike[0] - spike[1]).abs() < 1e-15,
        "twice the rate, the same bits a spike"
    );
    assert!(
        (second[1] - 2.0 * second[0]).abs() < 1e-14,
        "twice the rate, twice the bits a second"
    );
}

#[test]
fn a_silent_bin_adds_nothing_and_a_silent_unit_says_nothing() {
    assert!((information(&[1.0, 1.0, 2.0], &[0.0, 4.0, 0.0]).unwrap() - 2.0).abs() < 1e-15);
    assert!(information(&[1.0, 1.0], &[0.0, 0.0]).unwrap().is_nan());
    assert!(information_rate(&[1.0, 1.0], &[0.0, 0.0]).unwrap().is_nan());
    assert!(information(&[0.0, 0.0], &[1.0, 1.0]).unwrap().is_nan());
    assert_eq!(mean_information(&[1.0, f64::NAN, 2.0]), 1.5);
    assert!(mean_information(&[f64::NAN]).is_nan());

    let edges = BinEdges::equal(0.0, 2.0, 2).unwrap();
    let map = RateMap::new(edges, vec![1.0; 2], DMatrix::zeros(2, 1)).unwrap();
    assert!(spatial_information(&map).unwrap()[0].is_nan());
    assert_eq!(paper::spatial_information(&map).unwrap(), [0.0]);
    assert_eq!(
        offset_information(&[1.0, 1.0], &[0.0, 0.0], 1e-10).unwrap(),
        0.0
    );
}

#[test]
fn unvisited_bins_have_no_say_whatever_they_hold() {
    let expected = information(&[1.0, 1.0], &[1.0, 3.0]).unwrap();
    for gap in [f64::NAN, 0.0, 1e9, -5.0] {
        assert_eq!(
            information(&[1.0, 0.0, 1.0], &[1.0, gap, 3.0]).unwrap(),
            expected
        );
    }
}

#[test]
fn tiny_and_huge_rates_lose_no_digits() {
    let expected = information(&[1.0, 2.0], &[1.0, 3.0]).unwrap();
    for scale in [1e-300, 1e300] {
        let bits = information(&[1.0, 2.0], &[scale, 3.0 * scale]).unwrap();
        assert!((bits - expected).abs() < 1e-14);
    }
}

#[test]
fn rates_that_are_none_are_refused() {
    assert!(information(&[1.0, 1.0], &[1.0, -0.1]).is_err());
    assert!(information(&[1.0, 1.0], &[1.0, f64::NAN]).is_err());
    assert!(information(&[1.0, f64::NAN], &[1.0, 1.0]).is_err());
    assert!(information(&[1.0, -1.0], &[1.0, 1.0]).is_err());
    assert!(information(&[1.0], &[1.0, 1.0]).is_err());
    assert!(offset_information(&[1.0], &[1.0], -1.0).is_err());
}
