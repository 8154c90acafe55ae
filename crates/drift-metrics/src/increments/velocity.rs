//! Velocity and diffusion of rate maps over time.
//!
//! The maps of all units at one time are one point in a space of bins × units dimensions. How far
//! it moves between two times depends on the time between them: a directed motion covers v Δt, a
//! random one √(2 D Δt). The mean squared displacement over all pairs of times tells them apart.
//! This is a measure of this crate's own, not of Ratzon et al. 2023.

use crate::error::{at_least, increasing, same_length};
use crate::similarity::check_same_bins;
use crate::{Error, RateMap};

/// Times closer than this share of the record count as one lag.
const SAME_LAG: f64 = 1e-9;

/// Motion of a set of rate maps.
///
/// All distances are root mean squares over bins and units, in units of the rates.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DriftVelocity {
    /// Distances in time that occur, ascending.
    pub lags: Vec<f64>,
    /// Mean squared displacement at each lag (rate²).
    pub mean_squared_displacement: Vec<f64>,
    /// Pairs of times at each lag.
    pub pairs: Vec<usize>,
    /// Directed part v (rate per unit of time), from MSD = v² Δt² + 2 D Δt.
    pub velocity: f64,
    /// Undirected part D (rate² per unit of time).
    pub diffusion: f64,
    /// Displacement between neighbouring times over the time between them (times − 1).
    pub speed: Vec<f64>,
}

impl DriftVelocity {
    /// log₁₀ v; −∞ without directed motion.
    #[must_use]
    pub fn log10_velocity(&self) -> f64 {
        self.velocity.log10()
    }

    /// log₁₀ D; −∞ without diffusion.
    #[must_use]
    pub fn log10_diffusion(&self) -> f64 {
        self.diffusion.log10()
    }

    /// Share of the squared displacement over a time `lag` that is directed; NaN if nothing moves.
    #[must_use]
    pub fn directed_share(&self, lag: f64) -> f64 {
        let directed = (self.velocity * lag).powi(2);
        directed / (directed + 2.0 * self.diffusion * lag)
    }
}

/// Separates the motion of rate maps into velocity and diffusion.
///
/// `maps` (one a time, same bins and units; smoothed or not), `times` (increasing). Only bins
/// visited at all times are used. Fitted by least squares of MSD/Δt against v² Δt + 2 D with both
/// ≥ 0, over lags up to half the record (longer ones rest on few, overlapping pairs), each lag
/// weighted by its pairs. A constant measurement error in the maps would show as a displacement
/// that does not vanish at short lags: keep sampling noise out of them, or average first.
///
/// # Errors
/// Fewer than three maps, maps that differ in bins or units, times that do not fit or do not
/// increase, no bin visited at all times or no unit.
///
/// ```
/// use drift_metrics::{BinEdges, RateMap, increments::drift_velocity};
/// use nalgebra::DMatrix;
/// let times: Vec<f64> = (0..8).map(f64::from).collect();
/// let maps = times
///     .iter()
///     .map(|t| RateMap::new(BinEdges::equal(0.0, 1.0, 2)?, vec![1.0; 2], DMatrix::from_element(2, 3, 0.5 * t)))
///     .collect::<Result<Vec<_>, _>>()?;
/// let drift = drift_velocity(&maps, &times)?; // every rate grows by 0.5 a step
/// assert!((drift.velocity - 0.5).abs() < 1e-12 && drift.diffusion < 1e-12);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn drift_velocity(maps: &[RateMap], times: &[f64]) -> Result<DriftVelocity, Error> {
    at_least("maps", maps.len(), 3)?;
    same_length("times", times.len(), maps.len(), "maps")?;
    increasing("times", times, "finite and above the one before it")?;
    check_same_bins(maps)?;
    let present: Vec<Vec<bool>> = maps.iter().map(RateMap::present).collect();
    let visited: Vec<usize> = (0..maps[0].bins())
        .filter(|&bin| present.iter().all(|present| present[bin]))
        .collect();
    let entries = visited.len() * maps[0].units();
    at_least("bins visited at all times × units", entries, 1)?;
    let points: Vec<Vec<f64>> = maps
        .iter()
        .map(|map| {
            (0..map.units())
                .flat_map(|unit| visited.iter().map(move |&bin| map.rates[(bin, unit)]))
                .collect()
        })
        .collect();

    let squared = |early: usize, late: usize| -> f64 {
        let pairs = points[late].iter().zip(&points[early]);
        pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / entries as f64
    };
    let mut displacements: Vec<(f64, f64)> = (1..times.len())
        .flat_map(|late| (0..late).map(move |early| (early, late)))
        .map(|(early, late)| (times[late] - times[early], squared(early, late)))
        .collect();
    let speed = (1..times.len())
        .map(|k| squared(k - 1, k).sqrt() / (times[k] - times[k - 1]))
        .collect();
    displacements.sort_by(|a, b| a.0.total_cmp(&b.0));

    let span = times[times.len() - 1] - times[0];
    let same = |a: &(f64, f64), b: &(f64, f64)| b.0 - a.0 <= SAME_LAG * span;
    let mut lags = Vec::new();
    let mut mean_squared_displacement = Vec::new();
    let mut pairs = Vec::new();
    for group in displacements.chunk_by(same) {
        let count = group.len() as f64;
        lags.push(group.iter().map(|pair| pair.0).sum::<f64>() / count);
        mean_squared_displacement.push(group.iter().map(|pair| pair.1).sum::<f64>() / count);
        pairs.push(group.len());
    }
    let used = lags
        .partition_point(|&lag| lag <= 0.5 * span * (1.0 + SAME_LAG))
        .max(2);
    let (velocity_squared, twice_diffusion) = non_negative_line(
        lags[..used]
            .iter()
            .zip(&mean_squared_displacement)
            .zip(&pairs)
            .map(|((&lag, &msd), &pairs)| (lag, msd / lag, pairs as f64)),
    );
    Ok(DriftVelocity {
        lags,
        mean_squared_displacement,
        pairs,
        velocity: velocity_squared.sqrt(),
        diffusion: 0.5 * twice_diffusion,
        speed,
    })
}

/// Weighted least squares of y = slope · x + offset with neither below 0; points (x, y, weight).
fn non_negative_line(points: impl Iterator<Item = (f64, f64, f64)> + Clone) -> (f64, f64) {
    let sum = |f: &dyn Fn(f64, f64) -> f64| {
        points
            .clone()
            .map(|(x, y, weight)| weight * f(x, y))
            .sum::<f64>()
    };
    let total = sum(&|_, _| 1.0);
    let (mean_x, mean_y) = (sum(&|x, _| x) / total, sum(&|_, y| y) / total);
    let slope = sum(&|x, y| (x - mean_x) * (y - mean_y)) / sum(&|x, _| (x - mean_x).powi(2));
    let offset = mean_y - slope * mean_x;
    if slope < 0.0 {
        (0.0, mean_y)
    } else if offset < 0.0 {
        (sum(&|x, y| x * y) / sum(&|x, _| x * x), 0.0)
    } else {
        (slope, offset)
    }
}
