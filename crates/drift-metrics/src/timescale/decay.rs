use super::curve::Curve;
use super::profile::{golden, profile};
use crate::Error;

/// Where a decay cannot be told from a straight line any more.
const STRAIGHT: f64 = 1e4;
const ONSETS_TRIED: usize = 60;
const REWEIGHTINGS: usize = 20;

/// How to fit a decay.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `confidence` | 0.95 | coverage of the intervals | (0, 1) |
/// | `robust` | true | Huber weights, so that single outliers do not decide | |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DecayOptions {
    /// Coverage of the intervals.
    pub confidence: f64,
    /// Whether outliers are given less weight.
    pub robust: bool,
}

impl Default for DecayOptions {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            robust: true,
        }
    }
}

/// A confidence interval; its upper end may be infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl Interval {
    /// Whether a value lies in it, ends included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.lower..=self.upper).contains(&value)
    }
}

/// y(x) = plateau + amplitude · exp(−max(0, x − onset) / τ).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DecayFit {
    /// τ, in units of x; at most 30 times the record, where a decay is a straight line to the eye.
    pub timescale: f64,
    /// Confidence interval of τ by profiling: infinite above where the record is too short to show
    /// the plateau, 0 below where the decay is faster than the sampling can show.
    pub timescale_interval: Interval,
    /// Level after the decay.
    pub plateau: f64,
    /// Level before the decay minus the plateau; negative for a rise.
    pub amplitude: f64,
    /// Where the decay starts; the first x unless the onset was fitted.
    pub onset: f64,
    /// Confidence interval of the onset; `onset` itself if it was not fitted.
    pub onset_interval: Interval,
    /// Standard deviation of the residuals, outliers weighed down.
    pub noise: f64,
    /// Correlation of neighbouring residuals (0 to 0.98); the intervals are widened by it.
    pub residual_autocorrelation: f64,
    /// Probability of a curve this far from constant if there were only noise (F test; small =
    /// there is a decay).
    pub p_value: f64,
    /// Points used.
    pub points: usize,
    /// Points left out because they are not finite.
    pub dropped: usize,
}

impl DecayFit {
    /// The fitted curve at x.
    #[must_use]
    pub fn value_at(&self, x: f64) -> f64 {
        self.plateau + self.amplitude * (-(x - self.onset).max(0.0) / self.timescale).exp()
    }

    /// log₁₀(1/τ): comparable with the published `log_tau`, more negative is slower.
    #[must_use]
    pub fn log10_rate(&self) -> f64 {
        -self.timescale.log10()
    }

    /// The x at which a `share` of the change is done: onset − τ ln(1 − share).
    #[must_use]
    pub fn settled_at(&self, share: f64) -> f64 {
        self.onset - self.timescale * (1.0 - share).ln()
    }
}

/// Fits a decay to a plateau: y = c + a exp(−(x − x₀)/τ) with x₀ the first x.
///
/// `x` (points, not decreasing, in any unit), `y` (points). Points that are not finite are left out
/// and counted. Values of any sign are fine: no logarithm is taken.
///
/// Method: for each τ the best c and a follow from linear least squares; τ is searched on a
/// logarithmic grid, refined, and polished by Gauss–Newton steps to rounding. Huber weights are
/// renewed until they settle. The interval holds all τ whose sum of squares exceeds the least one
/// by no more than t² σ² (1 + ρ)/(1 − ρ), with ρ the correlation of neighbouring residuals, which
/// curves sampled along a run have.
///
/// ```
/// use drift_metrics::timescale::{DecayOptions, fit_decay};
/// let x: Vec<f64> = (0..50).map(f64::from).collect();
/// let y: Vec<f64> = x.iter().map(|x| (-x / 12.5).exp()).collect();
/// let fit = fit_decay(&x, &y, &DecayOptions::default())?;
/// assert!((fit.timescale / 12.5 - 1.0).abs() < 1e-9);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// Different lengths, fewer than five finite points, decreasing x, a constant curve, a confidence
/// outside (0, 1).
pub fn fit_decay(x: &[f64], y: &[f64], options: &DecayOptions) -> Result<DecayFit, Error> {
    let mut curve = Curve::new(x, y, options, 5)?;
    let bounds = curve.log_bounds();
    let mut s = curve.search_timescale(0.0, bounds);
    let mut parameters = curve.polish(s);
    for _ in 0..REWEIGHTINGS {
        if !(options.robust && curve.reweigh(0.0, s)) {
            break;
        }
        let renewed = curve.timescale_near(0.0, s);
        parameters = curve.polish(renewed);
        let moved = (parameters.2 - s).abs();
        s = parameters.2;
        if moved < 1e-10 {
            break;
        }
    }
    s = parameters.2;
    let statistics = curve.statistics(0.0, s, 3, options);
    let interval = profile(
        |s| curve.least(0.0, s).squares,
        s,
        (bounds.0 - 3.0, STRAIGHT.ln()),
        (f64::NEG_INFINITY, f64::INFINITY),
        statistics.limit,
    );
    Ok(curve.report(
        0.0,
        s,
        (parameters.0, parameters.1),
        interval,
        (0.0, 0.0),
        &statistics,
    ))
}

/// Fits a plateau followed by a transition to another one:
/// y = c + a for x ≤ onset, then c + a exp(−(x − onset)/τ).
///
/// As [`fit_decay`], with the onset searched among the sampled x and refined between them; both
/// intervals come from profiles in which the other parameters are fitted anew.
///
/// # Errors
/// As [`fit_decay`], with at least six points.
pub fn fit_delayed_decay(x: &[f64], y: &[f64], options: &DecayOptions) -> Result<DecayFit, Error> {
    let mut curve = Curve::new(x, y, options, 6)?;
    let bounds = curve.log_bounds();
    let last = curve.u.len() - 3;
    let tried = ONSETS_TRIED.min(last + 1);
    let onsets: Vec<f64> = (0..tried)
        .map(|k| curve.u[if tried > 1 { k * last / (tried - 1) } else { 0 }])
        .collect();
    let mut best = (f64::INFINITY, 0, 0.0);
    for (k, &onset) in onsets.iter().enumerate() {
        let s = curve.search_timescale(onset, bounds);
        let squares = curve.least(onset, s).squares;
        if squares < best.0 {
            best = (squares, k, s);
        }
    }
    let around = (
        onsets[best.1.saturating_sub(1)],
        onsets[(best.1 + 1).min(tried - 1)],
    );
    let (mut onset, mut s) = (onsets[best.1], best.2);
    for _ in 0..REWEIGHTINGS {
        let squares = |onset: f64| curve.least(onset, curve.timescale_near(onset, s)).squares;
        let refined = golden(squares, around.0, around.1);
        // Golden sections miss a kink at a sampled onset by a little: keep the better one.
        let refined = if squares(refined) < squares(onset) {
            refined
        } else {
            onset
        };
        let moved = (refined - onset).abs();
        onset = refined;
        s = curve.timescale_near(onset, s);
        if !(options.robust && curve.reweigh(onset, s)) || moved < 1e-9 {
            break;
        }
    }
    let statistics = curve.statistics(onset, s, 4, options);
    let interval = profile(
        |s| {
            let (low, high) = (around.0.min(onset), around.1.max(onset));
            let near = golden(|onset| curve.least(onset, s).squares, low, high);
            curve
                .least(near, s)
                .squares
                .min(curve.least(onset, s).squares)
        },
        s,
        (bounds.0 - 3.0, STRAIGHT.ln()),
        (f64::NEG_INFINITY, f64::INFINITY),
        statistics.limit,
    );
    let onset_range = profile(
        |onset| curve.least(onset, curve.timescale_near(onset, s)).squares,
        onset,
        (0.0, curve.u[last]),
        (0.0, curve.u[last]),
        statistics.limit,
    );
    let least = curve.least(onset, s);
    Ok(curve.report(
        onset,
        s,
        (least.plateau, least.amplitude),
        interval,
        onset_range,
        &statistics,
    ))
}
