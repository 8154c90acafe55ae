//! Measures of a curvature spectrum: the eigenvalues of the Hessian of the loss, as any slice.
//!
//! Counting needs a tolerance. A Hessian has many eigenvalues that are exactly zero (dead units,
//! directions no sample sees), which every solver returns as numbers of the size of rounding, of
//! either sign. Whatever is counted or logged here is above a stated tolerance, and what was
//! dropped is reported. The published `> 0` exists as [`published_fraction_positive`], for
//! comparison with published tables only.

use crate::error::{at_least, every, not_negative, within};
use crate::{BinEdges, Error};

/// Where an eigenvalue counts as zero.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Tolerance {
    /// |λ| ≤ this number.
    Absolute(f64),
    /// |λ| ≤ this share of the largest |λ| of the spectrum.
    Relative(f64),
}

impl Default for Tolerance {
    /// 1e-10 absolute: between rounding (1e-16 times the largest eigenvalue, a few units for the
    /// networks here) and the smallest true eigenvalues of the reference spectra (about 1e-4).
    fn default() -> Self {
        Self::Absolute(1e-10)
    }
}

/// Where the eigenvalues of a spectrum, which must be finite, count as zero.
fn threshold(eigenvalues: &[f64], tolerance: Tolerance) -> Result<f64, Error> {
    at_least("eigenvalues", eigenvalues.len(), 1)?;
    every("eigenvalues", eigenvalues, f64::is_finite, "finite")?;
    let largest = || {
        eigenvalues
            .iter()
            .fold(0.0_f64, |largest, value| largest.max(value.abs()))
    };
    let (value, threshold) = match tolerance {
        Tolerance::Absolute(value) => (value, value),
        Tolerance::Relative(value) => (value, value * largest()),
    };
    within(not_negative(value), "tolerance", value, ">= 0")?;
    Ok(threshold)
}

/// The eigenvalues above the tolerance, in their order.
fn positive(eigenvalues: &[f64], tolerance: Tolerance) -> Result<Vec<f64>, Error> {
    let threshold = threshold(eigenvalues, tolerance)?;
    Ok(eigenvalues
        .iter()
        .copied()
        .filter(|&value| value > threshold)
        .collect())
}

/// Sum of the logarithms of the positive eigenvalues, and what it leaves out.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LogSum {
    /// Σ ln λ over λ > tolerance (natural logarithm; 0 if none is).
    pub value: f64,
    /// Eigenvalues in the sum.
    pub kept: usize,
    /// Eigenvalues with |λ| ≤ tolerance.
    pub dropped_zero: usize,
    /// Eigenvalues < −tolerance: the point is a saddle, no minimum.
    pub dropped_negative: usize,
}

/// Σ ln λ over the eigenvalues above the tolerance: the log-pseudo-determinant.
///
/// ```
/// use drift_metrics::spectrum::{Tolerance, log_sum};
/// let sum = log_sum(&[1.0, 4.0, 3e-17, -2e-17, -0.5], Tolerance::default())?;
/// assert_eq!((sum.kept, sum.dropped_zero, sum.dropped_negative), (2, 2, 1));
/// assert!((sum.value - 4_f64.ln()).abs() < 1e-15);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// No eigenvalue, one that is not finite, a tolerance that is negative or not finite.
pub fn log_sum(eigenvalues: &[f64], tolerance: Tolerance) -> Result<LogSum, Error> {
    let threshold = threshold(eigenvalues, tolerance)?;
    let mut sum = LogSum {
        value: 0.0,
        kept: 0,
        dropped_zero: 0,
        dropped_negative: 0,
    };
    for &value in eigenvalues {
        if value > threshold {
            sum.value += value.ln();
            sum.kept += 1;
        } else if value < -threshold {
            sum.dropped_negative += 1;
        } else {
            sum.dropped_zero += 1;
        }
    }
    Ok(sum)
}

/// Share of `eigenvalues` (p, in any order) with |λ| above the tolerance.
///
/// # Errors
/// As [`log_sum`].
pub fn fraction_nonzero(eigenvalues: &[f64], tolerance: Tolerance) -> Result<f64, Error> {
    let threshold = threshold(eigenvalues, tolerance)?;
    let nonzero = eigenvalues
        .iter()
        .filter(|value| value.abs() > threshold)
        .count();
    Ok(nonzero as f64 / eigenvalues.len() as f64)
}

/// Share of `eigenvalues` (p, in any order) > 0, the published count.
///
/// It counts about half of the numerically zero eigenvalues too, differently for each solver, so
/// it is for comparison with the published column `eig_nonzero` only. NaN for an empty slice.
#[must_use]
pub fn published_fraction_positive(eigenvalues: &[f64]) -> f64 {
    eigenvalues.iter().filter(|&&value| value > 0.0).count() as f64 / eigenvalues.len() as f64
}

/// Number of directions the positive part of the spectrum spreads over:
/// exp(−Σ qᵢ ln qᵢ), qᵢ = λᵢ / Σ λ over the λ above the tolerance (Roy and Vetterli, EUSIPCO 2007).
///
/// Between 1 and the number of such eigenvalues; 0 if there is none.
///
/// # Errors
/// As [`log_sum`].
pub fn effective_rank(eigenvalues: &[f64], tolerance: Tolerance) -> Result<f64, Error> {
    let positive = positive(eigenvalues, tolerance)?;
    if positive.is_empty() {
        return Ok(0.0);
    }
    // Shares of the largest first, so that the total cannot overflow.
    let largest = positive.iter().copied().fold(0.0, f64::max);
    let total: f64 = positive.iter().map(|value| value / largest).sum();
    let entropy: f64 = positive
        .iter()
        .map(|value| value / largest / total)
        .map(|q| -q * q.ln())
        .sum();
    Ok(entropy.exp())
}

/// What a spectrum says at a glance.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Summary {
    /// Number of eigenvalues.
    pub count: usize,
    /// Σ λ: the trace.
    pub sum: f64,
    /// Largest eigenvalue.
    pub maximum: f64,
    /// Σ ln λ of the positive ones, and what was dropped.
    pub log_sum: LogSum,
    /// Share with |λ| above the tolerance.
    pub fraction_nonzero: f64,
    /// See [`effective_rank`].
    pub effective_rank: f64,
}

/// Summarises a spectrum (p eigenvalues, in any order).
///
/// # Errors
/// As [`log_sum`].
pub fn summarise(eigenvalues: &[f64], tolerance: Tolerance) -> Result<Summary, Error> {
    Ok(Summary {
        count: eigenvalues.len(),
        log_sum: log_sum(eigenvalues, tolerance)?,
        sum: eigenvalues.iter().sum(),
        maximum: eigenvalues
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max),
        fraction_nonzero: fraction_nonzero(eigenvalues, tolerance)?,
        effective_rank: effective_rank(eigenvalues, tolerance)?,
    })
}

/// Two spectra side by side, as Figures 5C and 5D compare the start and the end of drift.
///
/// Label noise lowers the sum; update noise lowers the sum of logarithms and the number of
/// non-zero eigenvalues.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Comparison {
    /// The earlier spectrum.
    pub before: Summary,
    /// The later spectrum.
    pub after: Summary,
    /// Sum after over sum before.
    pub sum_ratio: f64,
    /// Largest after over largest before.
    pub maximum_ratio: f64,
    /// Σ ln λ over **equally many** of the largest eigenvalues of both (as many as the poorer one
    /// has), after minus before: how much the curvature fell in the directions that remain.
    pub log_sum_change_shared: f64,
    /// Non-zero eigenvalues after minus before.
    pub nonzero_change: i64,
    /// The largest eigenvalues of both in pairs, descending (before, after), as many as the richer
    /// spectrum has above its tolerance; 0 where the poorer one has none.
    pub ranked: Vec<(f64, f64)>,
}

/// Compares the spectrum before with the one after.
///
/// # Errors
/// As [`log_sum`], for either.
pub fn compare(before: &[f64], after: &[f64], tolerance: Tolerance) -> Result<Comparison, Error> {
    let descending = |eigenvalues: &[f64]| -> Result<Vec<f64>, Error> {
        let mut kept = positive(eigenvalues, tolerance)?;
        kept.sort_by(|a, b| b.total_cmp(a));
        Ok(kept)
    };
    let summaries = (summarise(before, tolerance)?, summarise(after, tolerance)?);
    let (large_before, large_after) = (descending(before)?, descending(after)?);
    let nonzero = |summary: &Summary| (summary.count - summary.log_sum.dropped_zero) as i64;
    let at = |values: &[f64], rank: usize| values.get(rank).copied().unwrap_or(0.0);
    Ok(Comparison {
        sum_ratio: summaries.1.sum / summaries.0.sum,
        maximum_ratio: summaries.1.maximum / summaries.0.maximum,
        log_sum_change_shared: large_before
            .iter()
            .zip(&large_after)
            .map(|(b, a)| a.ln() - b.ln())
            .sum(),
        nonzero_change: nonzero(&summaries.1) - nonzero(&summaries.0),
        ranked: (0..large_before.len().max(large_after.len()))
            .map(|rank| (at(&large_before, rank), at(&large_after, rank)))
            .collect(),
        before: summaries.0,
        after: summaries.1,
    })
}

/// Counts of log₁₀ λ of several spectra on common bins.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Log10Histogram {
    /// Edges in log₁₀ λ.
    pub edges: BinEdges,
    /// One list of counts (bins) a spectrum.
    pub counts: Vec<Vec<usize>>,
    /// Eigenvalues of each spectrum that are not above the tolerance and so in no bin.
    pub not_positive: Vec<usize>,
}

/// Histograms of log₁₀ λ of several spectra, on `bins` common bins between their extremes.
///
/// # Errors
/// As [`log_sum`], for any of them; `bins` is 0; fewer than two distinct positive eigenvalues in
/// all.
pub fn log10_histogram(
    spectra: &[&[f64]],
    bins: usize,
    tolerance: Tolerance,
) -> Result<Log10Histogram, Error> {
    let logs = spectra
        .iter()
        .map(|all| {
            Ok(positive(all, tolerance)?
                .into_iter()
                .map(f64::log10)
                .collect())
        })
        .collect::<Result<Vec<Vec<f64>>, Error>>()?;
    let edges = BinEdges::spanning(&logs.concat(), bins)?;
    Ok(Log10Histogram {
        counts: logs.iter().map(|logs| edges.counts(logs)).collect(),
        not_positive: spectra
            .iter()
            .zip(&logs)
            .map(|(all, kept)| all.len() - kept.len())
            .collect(),
        edges,
    })
}
