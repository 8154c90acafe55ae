use drift_metrics::binning::{directed_rate_maps, velocity};
use drift_metrics::nalgebra::DMatrix;
use drift_metrics::{BinEdges, Direction, signed_position};

#[test]
fn signed_positions_fold_the_way_back_to_negative_places() {
    let position = [5.0, 5.0, 6.0, 8.0, 7.0, 7.0, 5.5];
    assert_eq!(
        velocity(&position).unwrap(),
        [0.0, 0.0, 1.0, 2.0, -1.0, 0.0, -1.5]
    );
    assert_eq!(
        signed_position(&position).unwrap(),
        [0.0, 0.0, 1.0, 3.0, -2.0, 0.0, -0.5]
    );
}

#[test]
fn an_unknown_position_stays_unknown_and_spoils_no_other() {
    let signed = signed_position(&[1.0, 2.0, f64::NAN, 4.0, 5.0]).unwrap();
    assert_eq!(signed[..2], [0.0, 1.0]);
    assert!(
        signed[2].is_nan() && signed[3].is_nan(),
        "no velocity at the frame after the gap"
    );
    assert_eq!(signed[4], 4.0);
    assert!(signed_position(&[1.0]).is_err());
    assert!(signed_position(&[1.0, f64::INFINITY]).is_err());
}

#[test]
fn each_direction_has_its_own_map() {
    let edges = BinEdges::equal(0.0, 3.0, 3).unwrap();
    let position = [0.5, 1.5, 2.5, 2.5, 1.5, 0.5];
    let activity = DMatrix::from_column_slice(6, 1, &[0.0, 1.0, 2.0, 8.0, 4.0, 0.0]);
    let maps = directed_rate_maps(&edges, &position, activity.as_view(), 0.0).unwrap();
    assert_eq!(maps.increasing.unit(0), [0.0, 1.0, 2.0]);
    assert_eq!(maps.decreasing.unit(0)[..2], [0.0, 4.0]);
    assert!(
        maps.decreasing.unit(0)[2].is_nan(),
        "the animal stood there, it did not come back through it"
    );
    assert_eq!(
        (maps.increasing.direction, maps.decreasing.direction),
        (Direction::Increasing, Direction::Decreasing)
    );
    assert_eq!(maps.increasing.occupancy, [1.0; 3]);
    assert!(directed_rate_maps(&edges, &position, activity.as_view(), f64::NAN).is_err());
    let none = directed_rate_maps(&edges, &position, activity.as_view(), 5.0).unwrap();
    assert!(none.increasing.mean_rate[0].is_nan() && none.increasing.occupancy == [0.0; 3]);
}
