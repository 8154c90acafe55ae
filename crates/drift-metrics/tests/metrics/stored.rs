use drift_metrics::nalgebra::DMatrix;
use drift_metrics::{BinEdges, Direction, RateMap, Smoothing};

#[test]
fn a_map_survives_being_stored() {
    let edges = BinEdges::equal(0.0, 3.0, 3).unwrap();
    let rates = DMatrix::from_column_slice(3, 2, &[0.5, 0.25, 4.0, 1.0, 0.0, 2.0]);
    let map = RateMap::new(edges, vec![1.0, 2.0, 1.0], rates)
        .unwrap()
        .with_direction(Direction::Signed);
    let text = serde_json::to_string(&map).unwrap();
    assert_eq!(serde_json::from_str::<RateMap>(&text).unwrap(), map);
    let shorter = text.replace("[1.0,2.0,1.0]", "[1.0,2.0]");
    let refused = serde_json::from_str::<RateMap>(&shorter)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("occupancy has 2 entries, expected 3"),
        "{refused}"
    );
}

#[test]
fn stored_edges_are_checked() {
    assert_eq!(
        serde_json::from_str::<BinEdges>("[0.0, 1.5]")
            .unwrap()
            .bins(),
        1
    );
    let refused = serde_json::from_str::<BinEdges>("[0.0, 1.5, 1.5]")
        .unwrap_err()
        .to_string();
    assert!(refused.contains("edges[2] is 1.5"), "{refused}");
    let smoothing = Smoothing::Reflecting { sigma_bins: 2.0 };
    let text = serde_json::to_string(&smoothing).unwrap();
    assert_eq!(serde_json::from_str::<Smoothing>(&text).unwrap(), smoothing);
}
