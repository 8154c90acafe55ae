use drift_metrics::activity::active_units;
use drift_metrics::nalgebra::DMatrix;
use drift_metrics::rate_map::{order_by_peak, peak_bins, place_units};
use drift_metrics::{
    BinEdges, BinnedPositions, Error, RateMap, active_fraction, fraction_active_units, paper,
};

fn map(bins: usize, rates: &[f64]) -> RateMap {
    let edges = BinEdges::equal(0.0, 1.0, bins).unwrap();
    RateMap::new(
        edges,
        vec![1.0; bins],
        DMatrix::from_column_slice(bins, rates.len() / bins, rates),
    )
    .unwrap()
}

#[test]
fn units_are_ordered_along_the_track() {
    let map = map(
        3,
        &[
            0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 9.0, 0.0, 0.0, 0.0, 1.0, 0.0,
        ],
    );
    assert_eq!(peak_bins(&map), [Some(2), None, Some(1), Some(0), Some(1)]);
    assert_eq!(
        order_by_peak(&map),
        [3, 2, 4, 0, 1],
        "ties keep their order, silent units come last"
    );
}

#[test]
fn the_threshold_is_exceeded_not_met() {
    assert_eq!(
        place_units(&[0.3, 0.2, f64::NAN, 0.1], 0.2),
        [true, false, false, false]
    );
    assert_eq!(
        paper::place_units(&[0.01, 0.010_000_1, 0.0]),
        [false, true, false]
    );
    assert_eq!(
        paper::mean_place_unit_information(&[0.0, 1.0, 2.0, 0.005]),
        1.5
    );
    assert!(paper::mean_place_unit_information(&[0.0]).is_nan());
}

#[test]
fn sparsity_over_entries_and_over_units() {
    let hidden = DMatrix::from_row_slice(2, 4, &[0.0, 1.0, 0.0, -3.0, 0.0, 2.0, 0.5, 0.0]);
    assert_eq!(active_fraction(hidden.as_view()), 3.0 / 8.0);
    assert_eq!(active_units(hidden.as_view()), [false, true, true, false]);
    assert_eq!(fraction_active_units(hidden.as_view()), 0.5);
    assert!(active_fraction(DMatrix::zeros(0, 0).as_view()).is_nan());
    // A view of some of the rows, as one epoch is.
    assert_eq!(fraction_active_units(hidden.rows(0, 1)), 0.25);
}

fn assert_send_sync<T: Send + Sync + std::fmt::Debug>() {}

#[test]
fn results_cross_threads() {
    assert_send_sync::<BinEdges>();
    assert_send_sync::<BinnedPositions>();
    assert_send_sync::<RateMap>();
    assert_send_sync::<Error>();
    assert_send_sync::<drift_metrics::RateMapCorrelation>();
    assert_send_sync::<drift_metrics::binning::DirectedRateMaps>();
    assert_send_sync::<drift_metrics::spectrum::Comparison>();
    assert_send_sync::<drift_metrics::timescale::DecayFit>();
    assert_send_sync::<drift_metrics::phases::Phases>();
    assert_send_sync::<drift_metrics::increments::DriftVelocity>();
}
