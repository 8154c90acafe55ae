//! Place units, and the order in which rate maps are drawn.
//!
//! Selection by shuffling, for recorded cells, is in [`significance`](crate::shuffle); here is
//! the threshold on the spatial information that Ratzon et al. 2023 use for their noise-free units.

use crate::RateMap;

/// Units whose spatial information is above a threshold, in bits (units).
///
/// Silent units, whose information is NaN, are not place units.
#[must_use]
pub fn place_units(spatial_information: &[f64], threshold: f64) -> Vec<bool> {
    spatial_information
        .iter()
        .map(|&bits| bits > threshold)
        .collect()
}

/// The bin of each unit's highest rate, the first one on ties (units).
///
/// `None` for a unit without a positive rate in a bin that holds a value.
#[must_use]
pub fn peak_bins(map: &RateMap) -> Vec<Option<usize>> {
    (0..map.units()).map(|unit| peak(map.unit(unit))).collect()
}

/// The first bin of the highest rate; `None` without a positive one.
pub(crate) fn peak(rates: &[f64]) -> Option<usize> {
    let mut highest = (0.0, None);
    for (bin, &rate) in rates.iter().enumerate() {
        if rate > highest.0 {
            highest = (rate, Some(bin));
        }
    }
    highest.1
}

/// All units in the order of their peaks along the track (units).
///
/// Ties keep the order of the units; units without a peak come last. To draw several sessions in
/// the order of one of them, compute the order there and use it for all.
///
/// ```
/// use drift_metrics::{BinEdges, order_by_peak, rate_map};
/// use nalgebra::DMatrix;
/// // Peaks: none, second bin, first bin.
/// let activity = DMatrix::from_row_slice(2, 3, &[0.0, 0.0, 2.0, 0.0, 1.0, 0.0]);
/// let map = rate_map(&BinEdges::equal(0.0, 2.0, 2)?, &[0.5, 1.5], activity.as_view())?;
/// assert_eq!(order_by_peak(&map), [2, 1, 0]);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
#[must_use]
pub fn order_by_peak(map: &RateMap) -> Vec<usize> {
    let peaks = peak_bins(map);
    let mut order: Vec<usize> = (0..map.units()).collect();
    order.sort_by_key(|&unit| peaks[unit].unwrap_or(usize::MAX));
    order
}
