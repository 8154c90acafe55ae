//! Matched halves: what is left of a similarity once the noise of estimation is taken away.
//!
//! A short recording lowers every similarity, also that of a code that stands still. So only half
//! maps are compared: *across* is the mean of the four pairs of a half of one session with a half of
//! the other, *within* the measure between the two halves of one session. A stationary code gives
//! across / √(within · within) = 1, and across − mean(within) = 0 for a distance, whatever the noise,
//! and no cell need be chosen. What changes from day to day without drift, such as arousal, still
//! counts as drift, and so do cells that were given wrong identities.

use nalgebra::DMatrixView;
use rand::{Rng, RngExt};

use crate::Error;
use crate::error::{at_least, within};
use crate::shuffle::{Replicates, map_each};
use crate::similarity::{CodeMeasure, SharedCode, mean_parts};
use crate::statistics::quantile;

/// Pairs of (first a, first b, second a, second b): four across, then within each session.
const PAIRS: [(usize, usize); 6] = [(0, 2), (0, 3), (1, 2), (1, 3), (0, 1), (2, 3)];

/// A measure between two sessions, corrected for the noise of estimation.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MatchedHalves {
    /// Bins visited in all four halves.
    pub bins: usize,
    /// Cells found in both sessions.
    pub cells: usize,
    /// Cells (or bins) whose correlation exists in all six pairs and so is in the means; 1 for a
    /// measure of whole codes.
    pub parts: usize,
    /// Mean over the four pairs of a half of each session.
    pub across: f64,
    /// Between the halves of the first session.
    pub within_first: f64,
    /// Between the halves of the second session.
    pub within_second: f64,
    /// What a code that stands still would give: √(within · within), or the mean of both for a
    /// distance.
    pub still: f64,
    /// across / still for a similarity, NaN if a within is not positive; across − still for a
    /// distance. 1 (or 0): no drift.
    pub corrected: f64,
}

impl MatchedHalves {
    fn of(shared: &SharedCode, measure: CodeMeasure) -> Self {
        Self::of_parts(shared, measure, &compared(shared, measure))
    }

    fn of_parts(shared: &SharedCode, measure: CodeMeasure, comparisons: &[Vec<f64>; 6]) -> Self {
        let (parts, means) = mean_parts(comparisons);
        let across = means[..4].iter().sum::<f64>() / 4.0;
        let (first, second) = (means[4], means[5]);
        let (still, corrected) = if measure.is_distance() {
            let floor = (first + second) / 2.0;
            (floor, across - floor)
        } else if first > 0.0 && second > 0.0 {
            let ceiling = (first * second).sqrt();
            (ceiling, across / ceiling)
        } else {
            (f64::NAN, f64::NAN)
        };
        Self {
            bins: shared.bins.len(),
            cells: shared.cells.len(),
            parts,
            across,
            within_first: first,
            within_second: second,
            still,
            corrected,
        }
    }
}

/// The parts of the measure for each of [`PAIRS`].
fn compared(shared: &SharedCode, measure: CodeMeasure) -> [Vec<f64>; 6] {
    let prepared = measure.prepare(shared);
    PAIRS.map(|(i, j)| measure.compare(&prepared[i], &prepared[j]))
}

/// Compares two sessions by their half maps, each (bins × cells) with the cells in one order: NaN
/// where a cell was not found or a bin not visited.
///
/// ```
/// use drift_metrics::nalgebra::DMatrix;
/// use drift_metrics::sessions::matched_halves;
/// use drift_metrics::similarity::CodeMeasure;
/// // The second session is as unlike the first as its own halves are unlike each other.
/// let map = |noise: f64| DMatrix::from_row_slice(3, 1, &[0.0, 1.0 + noise, 3.0 - noise]);
/// let (a, b) = (map(0.4), map(-0.4));
/// let same = [a.as_view(), b.as_view()];
/// let halves = matched_halves(same, same, CodeMeasure::RateMap)?;
/// assert!(halves.within_first < 1.0 && halves.corrected >= 1.0);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// Maps that differ in bins or cells.
pub fn matched_halves(
    first: [DMatrixView<'_, f64>; 2],
    second: [DMatrixView<'_, f64>; 2],
    measure: CodeMeasure,
) -> Result<MatchedHalves, Error> {
    let shared = SharedCode::of(&[first[0], first[1], second[0], second[1]])?;
    Ok(MatchedHalves::of(&shared, measure))
}

/// The interval of [`MatchedHalves::corrected`] that holds a `share` of `resamples` bootstraps over
/// cells: (lower, upper), NaN without a value.
///
/// Resamples run in parallel with the feature `rayon`; results do not depend on the number of
/// threads. Four 64-bit words are drawn from `rng`.
///
/// # Errors
/// As [`matched_halves`]; no resamples; a share outside (0, 1).
pub fn matched_halves_interval<R: Rng + ?Sized>(
    first: [DMatrixView<'_, f64>; 2],
    second: [DMatrixView<'_, f64>; 2],
    measure: CodeMeasure,
    resamples: usize,
    share: f64,
    rng: &mut R,
) -> Result<(f64, f64), Error> {
    at_least("resamples", resamples, 1)?;
    within(share > 0.0 && share < 1.0, "share", share, "0 < share < 1")?;
    let shared = SharedCode::of(&[first[0], first[1], second[0], second[1]])?;
    let replicates = Replicates::draw(rng);
    let cells = shared.cells.len();
    if cells == 0 {
        return Ok((f64::NAN, f64::NAN));
    }
    // A cell's own correlation does not depend on which others are drawn.
    let of_cells = (measure == CodeMeasure::RateMap).then(|| compared(&shared, measure));
    let values = map_each(resamples, |k| {
        let mut rng = replicates.generator(k as u64);
        let drawn: Vec<usize> = (0..cells).map(|_| rng.random_range(0..cells)).collect();
        if let Some(all) = &of_cells {
            let parts = all
                .each_ref()
                .map(|all| drawn.iter().map(|&cell| all[cell]).collect());
            return MatchedHalves::of_parts(&shared, measure, &parts).corrected;
        }
        let resampled = SharedCode {
            bins: shared.bins.clone(),
            cells: drawn.clone(),
            maps: shared
                .maps
                .iter()
                .map(|map| map.select_columns(&drawn))
                .collect(),
        };
        MatchedHalves::of(&resampled, measure).corrected
    });
    let tail = 0.5 * (1.0 - share);
    Ok((quantile(&values, tail)?, quantile(&values, 1.0 - tail)?))
}
