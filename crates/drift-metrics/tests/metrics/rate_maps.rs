use drift_metrics::nalgebra::DMatrix;
use drift_metrics::rate_map::rate_map_of;
use drift_metrics::{
    BinEdges, BinnedPositions, Ends, Error, RateMap, Smoothing, Unvisited, event_rate_map, paper,
    rate_map, rate_map_correlation, spatial_information,
};

fn edges(bins: usize) -> BinEdges {
    BinEdges::equal(0.0, bins as f64, bins).unwrap()
}

#[test]
fn a_bin_never_visited_is_missing_and_a_silent_one_is_zero() {
    let activity = DMatrix::from_column_slice(3, 1, &[2.0, 4.0, 0.0]);
    let map = rate_map(&edges(3), &[0.5, 0.5, 1.5], activity.as_view()).unwrap();
    assert_eq!(map.occupancy, [2.0, 1.0, 0.0]);
    assert_eq!(map.unit(0)[..2], [3.0, 0.0]);
    assert!(map.unit(0)[2].is_nan());

    let zeroed = map.clone().with_unvisited(Unvisited::Zero);
    assert_eq!(zeroed.unit(0), [3.0, 0.0, 0.0]);
    assert_eq!(zeroed.occupancy, map.occupancy, "the gap is still known");
    assert!(zeroed.with_unvisited(Unvisited::Missing).unit(0)[2].is_nan());
}

#[test]
fn the_papers_preset_writes_zero_where_nobody_was() {
    let position = [0.0, 1.0, 2.0, 1.0, 0.0];
    let map = paper::rate_map(&position, DMatrix::from_element(5, 2, 1.0).as_view()).unwrap();
    assert_eq!(map.bins(), 100);
    for (bin, &time) in map.occupancy.iter().enumerate() {
        assert_eq!(map.unit(1)[bin], if time > 0.0 { 1.0 } else { 0.0 });
    }
    assert_eq!(
        paper::spatial_information(&map).unwrap(),
        [0.0, 0.0],
        "unvisited bins carry nothing"
    );
}

#[test]
fn the_mean_rate_is_that_of_the_epoch_the_map_was_made_of() {
    // Silent in the first half, tuned in the second: information over the second half must not
    // see the mean of the whole.
    let position = [0.5, 1.5, 0.5, 1.5];
    let activity = DMatrix::from_column_slice(4, 1, &[0.0, 0.0, 6.0, 0.0]);
    let binned = edges(2)
        .assign(&position)
        .restricted_to(&[false, false, true, true])
        .unwrap();
    let map = rate_map_of(&binned, activity.as_view()).unwrap();
    assert_eq!(map.mean_rate[0], 3.0);
    assert!((spatial_information(&map).unwrap()[0] - 1.0).abs() < 1e-15);
    // And frames off the track count neither in the map nor in the mean.
    let map = rate_map(&edges(2), &[0.5, 1.5, 9.0, f64::NAN], activity.as_view()).unwrap();
    assert_eq!(map.mean_rate[0], 0.0);
}

#[test]
fn two_sessions_share_the_callers_edges() {
    let shared = edges(4);
    let activity = DMatrix::from_element(2, 1, 1.0);
    let first = rate_map(&shared, &[0.5, 3.5], activity.as_view()).unwrap();
    let second = rate_map(&shared, &[1.5, 2.5], activity.as_view()).unwrap();
    assert_eq!(first.edges, second.edges);

    let own = BinEdges::spanning(&[1.5, 2.5], 4).unwrap();
    let apart = rate_map(&own, &[1.5, 2.5], activity.as_view()).unwrap();
    let included = vec![vec![true]; 2];
    assert_eq!(
        rate_map_correlation(&[first, apart], &included),
        Err(Error::DifferentBins { index: 1 })
    );
}

#[test]
fn a_plane_with_empty_bins_has_gaps_and_finite_information() {
    let (x, y) = (edges(3), edges(2));
    let binned =
        BinnedPositions::in_plane(&x, &y, &[0.5, 0.5, 2.5, 2.5], &[0.5, 1.5, 0.5, 0.5]).unwrap();
    let activity = DMatrix::from_column_slice(4, 1, &[4.0, 0.0, 0.0, 0.0]);
    let map = rate_map_of(&binned, activity.as_view()).unwrap();
    assert_eq!(map.occupancy, [1.0, 1.0, 0.0, 0.0, 2.0, 0.0]);
    let missing: Vec<bool> = map.unit(0).iter().map(|rate| rate.is_nan()).collect();
    assert_eq!(missing, [false, false, true, true, false, true]);
    assert!(
        (spatial_information(&map).unwrap()[0] - 2.0).abs() < 1e-15,
        "a quarter of the time: two bits"
    );
    let smoothed = map
        .smoothed(&Smoothing::Normalised {
            sigma_bins: 1.0,
            ends: Ends::Open,
        })
        .unwrap();
    for (smooth, missing) in smoothed.unit(0).iter().zip(missing) {
        assert_eq!(smooth.is_nan(), missing);
    }
}

#[test]
fn events_and_time_are_binned_by_one_edge_array() {
    let track = BinEdges::new(vec![0.0, 1.0, 2.5, 4.0]).unwrap();
    let position = [0.2, 0.4, 1.0, 2.0, 2.4, 4.0];
    let map = event_rate_map(
        &track,
        &position,
        0.5,
        &[vec![0.3, 1.0, 1.2], vec![], vec![4.0, f64::NAN, 7.0]],
    )
    .unwrap();
    assert_eq!(map.occupancy, [1.0, 1.5, 0.5]);
    assert_eq!(map.unit(0), [1.0, 2.0 / 1.5, 0.0]);
    assert_eq!(
        map.unit(1),
        [0.0; 3],
        "a unit without events is silent, not missing"
    );
    assert_eq!(map.unit(2), [0.0, 0.0, 2.0]);
    assert_eq!(map.mean_rate[0], 1.0, "three events in three seconds");

    let elsewhere = event_rate_map(&track, &[0.5], 0.5, &[vec![0.5], vec![3.0]]);
    assert_eq!(
        elsewhere,
        Err(Error::EventWithoutOccupancy { unit: 1, bin: 2 })
    );
    assert!(event_rate_map(&track, &position, 0.0, &[vec![0.5]]).is_err());
}

#[test]
fn counts_a_frame_become_rates_a_second() {
    let counts = DMatrix::from_column_slice(4, 1, &[1.0, 0.0, 2.0, 1.0]);
    let map = rate_map(&edges(2), &[0.5, 0.5, 1.5, 1.5], counts.as_view())
        .unwrap()
        .per_second(0.05)
        .unwrap();
    assert!((map.unit(0)[0] - 10.0).abs() < 1e-12 && (map.unit(0)[1] - 30.0).abs() < 1e-12);
    assert!((map.occupancy[0] - 0.1).abs() < 1e-15 && (map.mean_rate[0] - 20.0).abs() < 1e-12);
    assert!(map.per_second(f64::NAN).is_err());
}

#[test]
fn activity_that_is_no_number_is_named() {
    let mut activity = DMatrix::from_element(3, 11, 1.0);
    activity[(1, 9)] = f64::NAN;
    match rate_map(&edges(2), &[0.5, 1.5, 1.5], activity.as_view()) {
        Err(Error::Entry {
            field: "activity",
            index: 28,
            value,
            ..
        }) => assert!(value.is_nan()),
        other => panic!("{other:?}"),
    }
    // Where the animal is not on the track its activity is not looked at.
    assert!(rate_map(&edges(2), &[0.5, f64::NAN, 1.5], activity.as_view()).is_ok());
    assert!(matches!(
        rate_map(&edges(2), &[0.5], activity.as_view()),
        Err(Error::Length {
            field: "activity (rows)",
            actual: 3,
            expected: 1,
            ..
        })
    ));
}

#[test]
fn many_units_at_once_equal_each_alone() {
    // More entries than the parallel threshold, and a number of units that fills no whole panel.
    let (frames, units) = (9001, 37);
    let position: Vec<f64> = (0..frames)
        .map(|k| (k as f64 * 0.37).sin() * 3.2 + 3.0)
        .collect();
    let activity = DMatrix::from_fn(frames, units, |k, unit| ((k * (unit + 3)) % 101) as f64);
    let binned = edges(6).assign(&position);
    assert!(binned.outside() > 0);
    let all = rate_map_of(&binned, activity.as_view()).unwrap();
    for unit in 0..units {
        let alone = rate_map_of(&binned, activity.columns(unit, 1).as_view()).unwrap();
        assert_eq!(all.unit(unit), alone.unit(0));
        let by_hand: f64 = (0..frames)
            .filter(|&k| binned.bin(k) == Some(2))
            .map(|k| activity[(k, unit)])
            .sum::<f64>()
            / all.occupancy[2];
        assert_eq!(all.unit(unit)[2], by_hand, "sums of integers are exact");
    }
}

#[test]
fn parts_that_do_not_fit_make_no_map() {
    let rates = DMatrix::from_element(2, 1, 1.0);
    assert!(RateMap::new(edges(2), vec![1.0], rates.clone()).is_err());
    assert!(RateMap::new(edges(3), vec![1.0; 3], rates.clone()).is_err());
    assert!(RateMap::new(edges(2), vec![1.0, -1.0], rates.clone()).is_err());
    assert!(RateMap::new(edges(2), vec![1.0, 1.0], rates * f64::NAN).is_err());
}

#[test]
fn no_units_and_no_frames_are_fine() {
    let none = rate_map(&edges(2), &[0.5], DMatrix::zeros(1, 0).as_view()).unwrap();
    assert_eq!(none.units(), 0);
    let empty = rate_map(&edges(2), &[], DMatrix::zeros(0, 3).as_view()).unwrap();
    assert_eq!(empty.occupancy, [0.0; 2]);
    assert!(
        spatial_information(&empty)
            .unwrap()
            .iter()
            .all(|bits| bits.is_nan())
    );
}
