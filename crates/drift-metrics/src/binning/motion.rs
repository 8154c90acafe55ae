//! Direction of motion: velocity, signed positions, one rate map for each direction.

use nalgebra::DMatrixView;

use crate::error::{at_least, every, finite_or_nan, within};
use crate::rate_map::rate_map_of;
use crate::{BinEdges, Direction, Error, RateMap};

/// Change of position from frame to frame, v (samples; position units a frame).
///
/// v\[0\] repeats v\[1\], so that every frame has a velocity. A step from or to a missing position
/// is NaN.
///
/// # Errors
/// Fewer than two positions.
pub fn velocity(position: &[f64]) -> Result<Vec<f64>, Error> {
    at_least("position", position.len(), 2)?;
    let steps = (1..position.len()).map(|frame| position[frame] - position[frame - 1]);
    Ok(std::iter::once(position[1] - position[0])
        .chain(steps)
        .collect())
}

/// Position on a track on which each direction of motion is a place of its own (samples):
/// (x − min x) · sign v.
///
/// A frame without motion (v = 0) lands at 0, as in the published code of Ratzon et al. (2023);
/// a missing position, or one without a velocity, stays missing (NaN).
///
/// ```
/// use drift_metrics::binning::signed_position;
/// let there_and_back = [2.0, 3.0, 4.0, 3.5, 3.5];
/// assert_eq!(signed_position(&there_and_back)?, [0.0, 1.0, 2.0, -1.5, 0.0]);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// Fewer than two positions, or an infinite one.
pub fn signed_position(position: &[f64]) -> Result<Vec<f64>, Error> {
    let expected = "finite, or NaN where unknown";
    every("position", position, finite_or_nan, expected)?;
    let velocity = velocity(position)?;
    let min = position.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(position
        .iter()
        .zip(velocity)
        .map(|(x, v)| match v.partial_cmp(&0.0) {
            Some(std::cmp::Ordering::Greater) => x - min,
            Some(std::cmp::Ordering::Less) => min - x,
            Some(std::cmp::Ordering::Equal) => 0.0,
            None => f64::NAN,
        })
        .collect())
}

/// One rate map for each direction of motion, on the same bins.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DirectedRateMaps {
    /// Frames with velocity > the least speed.
    pub increasing: RateMap,
    /// Frames with velocity < − the least speed.
    pub decreasing: RateMap,
}

/// Rate maps of the two directions of motion apart.
///
/// `position` (samples), `activity` (samples × units), `least_speed` ≥ 0 in position units a frame:
/// frames with |v| ≤ `least_speed` belong to neither map. See [`velocity`] for v.
///
/// # Errors
/// As [`rate_map`](crate::rate_map::rate_map); fewer than two samples; a negative or NaN speed.
pub fn directed_rate_maps(
    edges: &BinEdges,
    position: &[f64],
    activity: DMatrixView<'_, f64>,
    least_speed: f64,
) -> Result<DirectedRateMaps, Error> {
    within(least_speed >= 0.0, "least_speed", least_speed, ">= 0")?;
    let velocity = velocity(position)?;
    let positions = edges.assign(position);
    let one_way = |sign: f64, direction| {
        let keep: Vec<bool> = velocity.iter().map(|v| v * sign > least_speed).collect();
        Ok(rate_map_of(&positions.restricted_to(&keep)?, activity)?.with_direction(direction))
    };
    Ok(DirectedRateMaps {
        increasing: one_way(1.0, Direction::Increasing)?,
        decreasing: one_way(-1.0, Direction::Decreasing)?,
    })
}
