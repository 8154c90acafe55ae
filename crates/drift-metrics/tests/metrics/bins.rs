use drift_metrics::{BinEdges, BinnedPositions, Error};

#[test]
fn the_last_bin_is_closed_and_all_others_are_half_open() {
    let edges = BinEdges::equal(0.0, 1.0, 10).unwrap();
    assert_eq!(edges.bins(), 10);
    for (bin, &edge) in edges.as_slice().iter().enumerate() {
        assert_eq!(edges.index(edge), Some(bin.min(9)), "edge {edge}");
    }
    assert_eq!(edges.index(1.0_f64.next_up()), None);
    assert_eq!(edges.index(0.0_f64.next_down()), None);
}

#[test]
fn every_edge_of_an_awkward_axis_starts_its_own_bin() {
    // (x − min)/width lands on the wrong side of many of these edges; the edges decide.
    for bins in [3, 7, 49, 100, 1021] {
        let edges = BinEdges::equal(-0.1, 5.7, bins).unwrap();
        for bin in 1..bins {
            let edge = edges.as_slice()[bin];
            assert_eq!(edges.index(edge), Some(bin));
            assert_eq!(edges.index(edge.next_down()), Some(bin - 1));
        }
    }
}

#[test]
fn an_arena_around_a_negative_origin_keeps_all_its_samples() {
    let x: Vec<f64> = (0..=600).map(|k| -2.0 + 0.01 * f64::from(k)).collect();
    let edges = BinEdges::equal(-2.0, 4.0, 6).unwrap();
    let binned = edges.assign(&x);
    assert_eq!((binned.outside(), binned.missing()), (0, 0));
    assert_eq!(binned.occupancy().iter().sum::<f64>(), 601.0);
    assert_eq!(edges.centres(), [-1.5, -0.5, 0.5, 1.5, 2.5, 3.5]);
}

#[test]
fn positions_without_a_bin_are_counted_by_their_reason() {
    let edges = BinEdges::new(vec![0.0, 1.0, 3.0]).unwrap();
    let binned = edges.assign(&[-0.5, 0.0, f64::NAN, 2.0, 3.0, 3.5, f64::INFINITY, f64::NAN]);
    assert_eq!(binned.occupancy(), [1.0, 2.0]);
    assert_eq!(
        (binned.outside(), binned.missing(), binned.frames()),
        (3, 2, 8)
    );
    assert_eq!(binned.bin(0), None);
    assert_eq!(binned.iter().flatten().collect::<Vec<_>>(), [0, 1, 1]);
}

#[test]
fn an_epoch_keeps_frame_numbers() {
    let edges = BinEdges::new(vec![0.0, 1.0, 2.0]).unwrap();
    let binned = edges.assign(&[0.5, 1.5, 0.5, f64::NAN]);
    let epoch = binned.restricted_to(&[false, true, true, false]).unwrap();
    assert_eq!(
        epoch.iter().collect::<Vec<_>>(),
        [None, Some(1), Some(0), None]
    );
    assert_eq!((epoch.left_out(), epoch.missing()), (1, 1));
    assert!(matches!(
        binned.restricted_to(&[true]),
        Err(Error::Length { field: "keep", .. })
    ));
}

#[test]
fn a_plane_has_bins_x_times_bins_y() {
    let (x, y) = (
        BinEdges::equal(0.0, 2.0, 2).unwrap(),
        BinEdges::equal(0.0, 3.0, 3).unwrap(),
    );
    let binned =
        BinnedPositions::in_plane(&x, &y, &[0.5, 1.5, f64::NAN, 0.5], &[2.5, 0.5, 0.5, 9.0])
            .unwrap();
    assert_eq!(
        binned.iter().collect::<Vec<_>>(),
        [Some(2), Some(3), None, None]
    );
    assert_eq!(
        (binned.n_bins(), binned.missing(), binned.outside()),
        (6, 1, 1)
    );
    assert!(BinnedPositions::in_plane(&x, &y, &[0.5], &[]).is_err());
}

#[test]
fn spanning_edges_ignore_missing_values() {
    let edges = BinEdges::spanning(&[f64::NAN, 2.0, -1.0, f64::INFINITY, 5.0], 3).unwrap();
    assert_eq!(edges.as_slice(), [-1.0, 1.0, 3.0, 5.0]);
    assert!(matches!(
        BinEdges::spanning(&[f64::NAN], 3),
        Err(Error::TooFew { .. })
    ));
    assert!(matches!(
        BinEdges::spanning(&[1.0, 1.0], 3),
        Err(Error::OutOfRange { field: "max", .. })
    ));
}

#[test]
fn edges_that_are_none_are_refused() {
    assert!(matches!(
        BinEdges::new(vec![1.0]),
        Err(Error::TooFew { needed: 2, .. })
    ));
    assert!(matches!(
        BinEdges::new(vec![0.0, 1.0, 1.0]),
        Err(Error::Entry { index: 2, .. })
    ));
    assert!(matches!(
        BinEdges::new(vec![0.0, f64::NAN, 1.0]),
        Err(Error::Entry { index: 1, .. })
    ));
    assert!(matches!(
        BinEdges::new(vec![f64::NEG_INFINITY, 1.0]),
        Err(Error::Entry { index: 0, .. })
    ));
    assert!(BinEdges::equal(0.0, 1.0, 0).is_err());
    assert!(BinEdges::equal(1.0, 0.0, 4).is_err());
    // Without room for so many edges being asked for.
    for bins in [usize::MAX, u32::MAX as usize] {
        let refused = BinEdges::equal(0.0, 1.0, bins).unwrap_err().to_string();
        assert!(refused.contains("less than 4294967295"), "{refused}");
    }
    // Of a plane the product counts: more would not be told from "no bin".
    let fine = BinEdges::equal(0.0, 1.0, 1 << 16).unwrap();
    assert!(matches!(
        BinnedPositions::in_plane(&fine, &fine, &[0.5], &[0.5]),
        Err(Error::OutOfRange {
            field: "bins of the plane",
            ..
        })
    ));
    assert!(BinEdges::equal(f64::NAN, 1.0, 4).is_err());
    let refused = BinEdges::equal(1.0, 1.0_f64.next_up(), 4).unwrap_err();
    assert!(refused.to_string().contains("neighbouring edges differ"));
}
