//! Correlation of codes: of two vectors, and of all rate maps over time (Figure 2E).

use nalgebra::DMatrix;

mod code;
mod population;

pub use code::{
    CodeMeasure, Procrustes, SharedCode, code_similarity, compare_dissimilarities, dissimilarity,
    procrustes, spearman_brown,
};
pub use population::{
    SessionCorrelation, centroid_shift, ensemble_rate_correlation, population_vector_correlation,
    tuning_curve_correlation,
};

pub(crate) use code::mean_parts;
pub(crate) use population::where_known;

use crate::error::same_length;
use crate::statistics::{Mean, by_lag};
use crate::{Error, RateMap};

/// Deviations below this many units in the last place of the largest value are rounding, and the
/// vector counts as constant (smoothing a constant leaves a few of them).
const CONSTANT_ULPS: f64 = 16.0;

/// Units whose maps are multiplied together at once: bounds the memory, keeps the product large.
const UNITS_A_BLOCK: usize = 64;

/// Pearson's correlation coefficient over the entries that are present (not NaN) in both `a` and
/// `b` (samples, equally many).
///
/// NaN if fewer than two are, or if one of the vectors is constant there (up to rounding).
///
/// # Errors
/// Different lengths.
pub fn pearson(a: &[f64], b: &[f64]) -> Result<f64, Error> {
    same_length("b", b.len(), a.len(), "a")?;
    let (mut a, mut b): (Vec<f64>, Vec<f64>) = a
        .iter()
        .zip(b)
        .filter(|(a, b)| !(a.is_nan() || b.is_nan()))
        .unzip();
    if !(standardise(&mut a) && standardise(&mut b)) {
        return Ok(f64::NAN);
    }
    Ok(dot(&a, &b).clamp(-1.0, 1.0))
}

/// Subtracts the mean and divides by the norm; `false` if the values are constant.
fn standardise(values: &mut [f64]) -> bool {
    let largest = values
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if !(largest > 0.0 && largest.is_finite()) {
        return false;
    }
    // Scaled by the largest value, no square can over- or underflow.
    values.iter_mut().for_each(|value| *value /= largest);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|value| *value -= mean);
    let norm = dot(values, values).sqrt();
    if norm.is_nan() || norm <= CONSTANT_ULPS * f64::EPSILON * (values.len() as f64).sqrt() {
        return false;
    }
    values.iter_mut().for_each(|value| *value /= norm);
    true
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Similarity of the code at all pairs of times.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RateMapCorrelation {
    /// Mean over the shared units of Pearson's r between their maps (times × times): symmetric,
    /// 1 on the diagonal wherever a unit is included, NaN where no unit is shared.
    pub correlation: DMatrix<f64>,
    /// Number of units the mean is over (times × times).
    pub shared_units: DMatrix<usize>,
}

impl RateMapCorrelation {
    /// Mean correlation of all pairs `lag` times apart (lag 0, 1, …); NaN if no pair has a value.
    #[must_use]
    pub fn by_lag(&self) -> Vec<f64> {
        by_lag(&self.correlation)
    }
}

/// Correlation of rate maps over time: entry (t₁, t₂) is the mean, over the units included at
/// both times, of Pearson's r between their maps.
///
/// `maps` (one a time; smoothed, for Figure 2E), `included[t]` (units): place units at time t, as
/// the published code has it, or active units, as the text of the paper does. A unit whose map is
/// constant has no correlation and is left out. Where bins are missing at one of two times, r is
/// over the bins present at both.
///
/// Cost: maps are standardised once, all pairs then come from one matrix product, unless missing
/// bins differ between times.
///
/// ```
/// use drift_metrics::{BinEdges, RateMap, rate_map_correlation};
/// use nalgebra::DMatrix;
///
/// let edges = BinEdges::equal(0.0, 3.0, 3)?;
/// let map = |rates: [f64; 3]| {
///     RateMap::new(edges.clone(), vec![1.0; 3], DMatrix::from_column_slice(3, 1, &rates))
/// };
/// let maps = [map([0.0, 1.0, 2.0])?, map([0.0, 2.0, 4.0])?, map([2.0, 1.0, 0.0])?];
/// let included = vec![vec![true]; 3];
/// let similarity = rate_map_correlation(&maps, &included)?;
/// assert!((similarity.correlation[(0, 1)] - 1.0).abs() < 1e-12);
/// assert!((similarity.correlation[(0, 2)] + 1.0).abs() < 1e-12);
/// assert_eq!(similarity.shared_units[(1, 2)], 1);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// The maps differ in bins or units, or `included` does not fit them.
pub fn rate_map_correlation(
    maps: &[RateMap],
    included: &[Vec<bool>],
) -> Result<RateMapCorrelation, Error> {
    same_length("included", included.len(), maps.len(), "maps")?;
    let units = maps.first().map_or(0, RateMap::units);
    check_same_bins(maps)?;
    for included in included {
        same_length("included[t]", included.len(), units, "units")?;
    }
    let present: Vec<Vec<bool>> = maps.iter().map(RateMap::present).collect();
    let mut result = if present.windows(2).all(|pair| pair[0] == pair[1]) {
        correlate_standardised(maps, included, present.first().map_or(&[], Vec::as_slice))
    } else {
        correlate_pairs(maps, included)?
    };
    for time in 0..maps.len() {
        if result.shared_units[(time, time)] > 0 {
            result.correlation[(time, time)] = 1.0;
        }
    }
    Ok(result)
}

/// Maps that are compared must share edges and number of units.
pub(crate) fn check_same_bins(maps: &[RateMap]) -> Result<(), Error> {
    let Some(first) = maps.first() else {
        return Ok(());
    };
    for (index, map) in maps.iter().enumerate() {
        let (field, like) = ("units of a rate map", "the first map");
        same_length(field, map.units(), first.units(), like)?;
        if map.edges != first.edges || map.edges_y != first.edges_y {
            return Err(Error::DifferentBins { index });
        }
    }
    Ok(())
}

fn correlate_standardised(
    maps: &[RateMap],
    included: &[Vec<bool>],
    present: &[bool],
) -> RateMapCorrelation {
    let times = maps.len();
    let units = maps.first().map_or(0, RateMap::units);
    let bins = present.iter().filter(|&&present| present).count();
    let mut sums = DMatrix::<f64>::zeros(times, times);
    let mut shared = DMatrix::<f64>::zeros(times, times);
    for first in (0..units).step_by(UNITS_A_BLOCK) {
        let block = first..units.min(first + UNITS_A_BLOCK);
        let mut standardised = DMatrix::<f64>::zeros(bins * block.len(), times);
        let mut valid = DMatrix::<f64>::zeros(block.len(), times);
        for (time, map) in maps.iter().enumerate() {
            let mut column = standardised.column_mut(time);
            let chunks = column.as_mut_slice().chunks_exact_mut(bins.max(1));
            for (place, (unit, chunk)) in block.clone().zip(chunks).enumerate() {
                if !included[time][unit] {
                    continue;
                }
                let values = map
                    .unit(unit)
                    .iter()
                    .zip(present)
                    .filter(|(_, present)| **present);
                for (entry, (value, _)) in chunk.iter_mut().zip(values) {
                    *entry = *value;
                }
                if standardise(chunk) {
                    valid[(place, time)] = 1.0;
                } else {
                    chunk.fill(0.0);
                }
            }
        }
        sums += standardised.transpose() * &standardised;
        shared += valid.transpose() * &valid;
    }
    RateMapCorrelation {
        correlation: sums.zip_map(
            &shared,
            |sum, count| if count > 0.0 { sum / count } else { f64::NAN },
        ),
        shared_units: shared.map(|count| count as usize),
    }
}

fn correlate_pairs(maps: &[RateMap], included: &[Vec<bool>]) -> Result<RateMapCorrelation, Error> {
    let times = maps.len();
    let units = maps.first().map_or(0, RateMap::units);
    let mut correlation = DMatrix::from_element(times, times, f64::NAN);
    let mut shared_units = DMatrix::from_element(times, times, 0);
    for early in 0..times {
        for late in early..times {
            let values = (0..units)
                .filter(|&unit| included[early][unit] && included[late][unit])
                .map(|unit| pearson(maps[early].unit(unit), maps[late].unit(unit)))
                .collect::<Result<Vec<_>, _>>()?;
            let Mean { count, mean, .. } = Mean::of(values);
            for entry in [(early, late), (late, early)] {
                (correlation[entry], shared_units[entry]) = (mean, count);
            }
        }
    }
    Ok(RateMapCorrelation {
        correlation,
        shared_units,
    })
}
