//! Tails of the distribution of increments.

use crate::Error;
use crate::error::{every, finite_or_nan};
use crate::statistics::{MAD_TO_SIGMA, median};

/// Share of a Gaussian beyond three standard deviations.
pub(crate) const GAUSSIAN_SHARE: f64 = 0.002_699_796_063_260_186_6;

/// How heavy the tails of a sample are.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Tails {
    /// Values.
    pub count: usize,
    /// Excess kurtosis from population moments, 0 for a Gaussian; NaN without spread.
    pub excess_kurtosis: f64,
    /// Standard error of the kurtosis if the values were Gaussian, √(24/n).
    pub standard_error: f64,
    /// Share of values further than three robust standard deviations (1.4826 × median absolute
    /// deviation) from the median; NaN where that deviation is 0.
    pub share_beyond: f64,
    /// That share of a Gaussian, 0.0027.
    pub gaussian_share: f64,
}

/// Measures the tails of `values`, NaN left out.
///
/// # Errors
/// A value that is infinite.
///
/// ```
/// use drift_metrics::increments::tails;
/// let mut steps: Vec<f64> = (0..99).map(|k| f64::from(k % 3) - 1.0).collect();
/// steps.push(50.0);
/// let tails = tails(&steps)?;
/// assert!(tails.excess_kurtosis > 50.0 && tails.share_beyond == 0.01);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn tails(values: &[f64]) -> Result<Tails, Error> {
    let expected = "finite, or NaN where unknown";
    every("values", values, finite_or_nan, expected)?;
    let known: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    let n = known.len() as f64;
    let (second, fourth) = cumulants(&known);
    let mut share_beyond = f64::NAN;
    if !known.is_empty() {
        let middle = median(known.clone());
        let away: Vec<f64> = known.iter().map(|value| (value - middle).abs()).collect();
        let deviation = MAD_TO_SIGMA * median(away.clone());
        if deviation > 0.0 {
            share_beyond = away.iter().filter(|&&away| away > 3.0 * deviation).count() as f64 / n;
        }
    }
    Ok(Tails {
        count: known.len(),
        excess_kurtosis: fourth / (second * second),
        standard_error: (24.0 / n).sqrt(),
        share_beyond,
        gaussian_share: GAUSSIAN_SHARE,
    })
}

/// Second and fourth cumulant, from population moments.
fn cumulants(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let moment = |power: i32| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
    let second = moment(2);
    (second, moment(4) - 3.0 * second * second)
}

/// Variance and kurtosis of true steps.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CorrectedTails {
    /// Variance without the noise of estimation; may be negative.
    pub variance: f64,
    /// Excess kurtosis without it; NaN where the variance is not positive.
    pub excess_kurtosis: f64,
}

/// Takes the noise of estimation from steps of a quantity between two sessions, estimated in halves
/// a and b of each.
///
/// A step is between estimates of one half each, a_t − a_s. Cumulants add, so for the second and the
/// fourth κ(true step) = κ(step) − ½ [κ(a − b at s) + κ(a − b at t)].
///
/// # Errors
/// A value that is not finite.
pub fn corrected_tails(
    steps: &[f64],
    half_differences_before: &[f64],
    half_differences_after: &[f64],
) -> Result<CorrectedTails, Error> {
    for values in [steps, half_differences_before, half_differences_after] {
        every("values", values, f64::is_finite, "finite")?;
    }
    let [step, before, after] =
        [steps, half_differences_before, half_differences_after].map(cumulants);
    let variance = step.0 - 0.5 * (before.0 + after.0);
    let fourth = step.1 - 0.5 * (before.1 + after.1);
    let excess_kurtosis = if variance > 0.0 {
        fourth / (variance * variance)
    } else {
        f64::NAN
    };
    Ok(CorrectedTails {
        variance,
        excess_kurtosis,
    })
}
