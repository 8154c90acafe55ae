use crate::Error;
use crate::error::{at_least, every, not_negative, same_length};
use crate::statistics::Line;

/// Share of the fall from the maximum after which the published procedure stops to look.
const FALL_KEPT: f64 = 0.9;

/// Height the smallest kept value is moved to before its logarithm is taken.
const FLOOR: f64 = 1e-10;

/// The straight line of the published procedure.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PublishedRate {
    /// Slope b of ln y against x: negative for a decay, in 1 / units of x. A rate, not a time.
    pub rate: f64,
    /// Value of the line at x = 0.
    pub intercept: f64,
    /// Number of points the line was fitted to.
    pub kept: usize,
}

impl PublishedRate {
    /// log₁₀|b|, the number that the published tables call `log_tau`: more negative is slower.
    #[must_use]
    pub fn log10_rate(&self) -> f64 {
        self.rate.abs().log10()
    }
}

/// Slope of a decay by the procedure of the published code of Ratzon et al. (2023).
///
/// With m = max y and range r = m − min y:
/// 1. end = index of the value closest to m − 0.9 r (the first on ties); keep the points before it;
/// 2. z = y − (min of the kept y − 1e-10);
/// 3. fit ln z = a + b x by least squares with weights wᵢ² = (xₖ₋₁₋ᵢ / max x), that is the
///    kept x reversed, which multiply the **squares**.
///
/// Units: b in 1 / units of x. See [`fit_decay`](super::fit_decay) for an unbiased estimate.
///
/// # Errors
/// Different lengths; a value that is not finite; a negative x; fewer than two points kept, or
/// kept points that all have the same x (no slope).
pub fn published_rate(x: &[f64], y: &[f64]) -> Result<PublishedRate, Error> {
    same_length("y", y.len(), x.len(), "x")?;
    every("x", x, not_negative, "finite, >= 0")?;
    every("y", y, f64::is_finite, "finite")?;
    let max = y.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let min = y.iter().copied().fold(f64::INFINITY, f64::min);
    let target = max - FALL_KEPT * (max - min);
    let mut end = 0;
    for (index, value) in y.iter().enumerate() {
        if (value - target).abs() < (y[end] - target).abs() {
            end = index;
        }
    }
    let (x, y) = (&x[..end], &y[..end]);
    at_least("y above 10% of its range", end, 2)?;
    let shift = y.iter().copied().fold(f64::INFINITY, f64::min) - FLOOR;
    let largest = x.iter().copied().fold(0.0, f64::max);
    let weights = || x.iter().rev().map(|x| x / largest);
    let logs: Vec<f64> = y.iter().map(|y| (y - shift).ln()).collect();

    let line = Line::through(
        weights()
            .zip(x.iter().zip(&logs))
            .map(|(w, (&x, &y))| (w, x, y)),
    );
    let rate = line.slope();
    if !rate.is_finite() {
        return Err(Error::NoDecay {
            reason: "the points kept have no slope",
        });
    }
    Ok(PublishedRate {
        rate,
        intercept: line.intercept(),
        kept: end,
    })
}

/// The column `log_tau` of the published tables: log₁₀|b|, and 0 where the fit failed.
#[must_use]
pub fn published_log_tau(x: &[f64], y: &[f64]) -> f64 {
    published_rate(x, y).map_or(0.0, |line| line.log10_rate())
}
