use nalgebra::{Matrix3, Vector3};
use statrs::distribution::{ContinuousCDF, FisherSnedecor, StudentsT};

use crate::Error;

/// Timescales tried, as shares of the record: from a fifth of the smallest spacing up to this.
const LONGEST: f64 = 30.0;
/// Where a decay cannot be told from a straight line any more.
const STRAIGHT: f64 = 1e4;
const TIMESCALES_TRIED: usize = 80;
const ONSETS_TRIED: usize = 60;
/// Huber's constant: 95% efficiency for Gaussian noise.
const HUBER: f64 = 1.345;
const REWEIGHTINGS: usize = 20;
/// Standard deviation of a Gaussian over its median absolute deviation.
const MAD_TO_SIGMA: f64 = 1.482_602_218_505_602;
const MAX_AUTOCORRELATION: f64 = 0.98;

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
    /// τ, in units of x.
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
        let renewed = golden(|s| curve.least(0.0, s).squares, s - 1.5, s + 1.5);
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
        bounds.0 - 3.0,
        STRAIGHT.ln(),
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
        bounds.0 - 3.0,
        STRAIGHT.ln(),
        statistics.limit,
    );
    let onset_range = profile_linear(
        |onset| curve.least(onset, curve.timescale_near(onset, s)).squares,
        onset,
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

/// The best line for given onset and timescale.
struct Least {
    plateau: f64,
    amplitude: f64,
    squares: f64,
}

struct Statistics {
    noise: f64,
    autocorrelation: f64,
    p_value: f64,
    /// Weighted sum of squares up to which a parameter is inside its interval.
    limit: f64,
}

/// A curve with x scaled to u in [0, 1], y to a range of 1, and a weight for each point.
struct Curve {
    u: Vec<f64>,
    y: Vec<f64>,
    weights: Vec<f64>,
    first_x: f64,
    span: f64,
    base: f64,
    range: f64,
    dropped: usize,
}

impl Curve {
    fn new(x: &[f64], y: &[f64], options: &DecayOptions, needed: usize) -> Result<Self, Error> {
        if x.len() != y.len() {
            return Err(Error::Length {
                field: "y",
                actual: y.len(),
                expected: x.len(),
                like: "x",
            });
        }
        if !(options.confidence > 0.0 && options.confidence < 1.0) {
            return Err(Error::OutOfRange {
                field: "confidence",
                value: options.confidence,
                expected: "0 < confidence < 1",
            });
        }
        let kept: Vec<usize> = (0..x.len())
            .filter(|&i| x[i].is_finite() && y[i].is_finite())
            .collect();
        if kept.len() < needed {
            return Err(Error::TooFew {
                field: "y",
                actual: kept.len(),
                needed,
            });
        }
        if let Some(pair) = kept.windows(2).find(|pair| x[pair[1]] < x[pair[0]]) {
            return Err(Error::Entry {
                field: "x",
                index: pair[1],
                value: x[pair[1]],
                expected: "not below the x before it",
            });
        }
        let (first_x, last_x) = (x[kept[0]], x[kept[kept.len() - 1]]);
        let values = || kept.iter().map(|&i| y[i]);
        let base = values().fold(f64::INFINITY, f64::min);
        let range = values().fold(f64::NEG_INFINITY, f64::max) - base;
        if last_x == first_x {
            return Err(Error::NoDecay {
                reason: "all x are equal",
            });
        }
        if range == 0.0 {
            return Err(Error::NoDecay {
                reason: "the curve is constant",
            });
        }
        let span = last_x - first_x;
        Ok(Self {
            u: kept.iter().map(|&i| (x[i] - first_x) / span).collect(),
            y: values().map(|y| (y - base) / range).collect(),
            weights: vec![1.0; kept.len()],
            first_x,
            span,
            base,
            range,
            dropped: x.len() - kept.len(),
        })
    }

    /// Logarithms of the shortest and the longest timescale worth trying.
    fn log_bounds(&self) -> (f64, f64) {
        let gaps = self
            .u
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .filter(|&gap| gap > 0.0);
        let smallest = gaps.fold(1.0, f64::min);
        ((0.2 * smallest).ln(), LONGEST.ln())
    }

    fn basis(u: f64, onset: f64, timescale: f64) -> f64 {
        (-(u - onset).max(0.0) / timescale).exp()
    }

    fn least(&self, onset: f64, s: f64) -> Least {
        let timescale = s.exp();
        let basis: Vec<f64> = self
            .u
            .iter()
            .map(|&u| Self::basis(u, onset, timescale))
            .collect();
        let points = || {
            self.weights
                .iter()
                .zip(&basis)
                .zip(&self.y)
                .map(|((w, e), y)| (w, e, y))
        };
        let (total, sum_e, sum_y) = points()
            .fold((0.0, 0.0, 0.0), |(total, sum_e, sum_y), (w, e, y)| {
                (total + w, sum_e + w * e, sum_y + w * y)
            });
        let (mean_e, mean_y) = (sum_e / total, sum_y / total);
        let (ee, ey) = points().fold((0.0, 0.0), |(ee, ey), (w, e, y)| {
            (
                ee + w * (e - mean_e).powi(2),
                ey + w * (e - mean_e) * (y - mean_y),
            )
        });
        let amplitude = if ee > 0.0 { ey / ee } else { 0.0 };
        let plateau = mean_y - amplitude * mean_e;
        let squares = points()
            .map(|(w, e, y)| w * ((y - mean_y) - amplitude * (e - mean_e)).powi(2))
            .sum();
        Least {
            plateau,
            amplitude,
            squares,
        }
    }

    fn search_timescale(&self, onset: f64, (low, high): (f64, f64)) -> f64 {
        let step = (high - low) / (TIMESCALES_TRIED - 1) as f64;
        let mut best = (f64::INFINITY, low);
        for k in 0..TIMESCALES_TRIED {
            let s = low + k as f64 * step;
            let squares = self.least(onset, s).squares;
            if squares < best.0 {
                best = (squares, s);
            }
        }
        golden(
            |s| self.least(onset, s).squares,
            best.1 - step,
            best.1 + step,
        )
    }

    fn timescale_near(&self, onset: f64, s: f64) -> f64 {
        golden(|s| self.least(onset, s).squares, s - 1.5, s + 1.5)
    }

    /// Gauss–Newton steps in plateau, amplitude and ln τ, as long as they do not lead uphill.
    fn polish(&self, s: f64) -> (f64, f64, f64) {
        let Least {
            mut plateau,
            mut amplitude,
            mut squares,
        } = self.least(0.0, s);
        let mut s = s;
        for _ in 0..30 {
            let timescale = s.exp();
            let mut normal = Matrix3::zeros();
            let mut right = Vector3::zeros();
            for ((&u, &y), &w) in self.u.iter().zip(&self.y).zip(&self.weights) {
                let e = Self::basis(u, 0.0, timescale);
                let gradient = Vector3::new(1.0, e, amplitude * e * u / timescale);
                normal += w * gradient * gradient.transpose();
                right += w * gradient * (y - plateau - amplitude * e);
            }
            let Some(step) = normal.cholesky().map(|factor| factor.solve(&right)) else {
                break;
            };
            let moved = (plateau + step[0], amplitude + step[1], s + step[2]);
            let sum: f64 = self
                .u
                .iter()
                .zip(&self.y)
                .zip(&self.weights)
                .map(|((&u, &y), &w)| {
                    w * (y - moved.0 - moved.1 * Self::basis(u, 0.0, moved.2.exp())).powi(2)
                })
                .sum();
            if sum.is_nan() || sum > squares {
                break;
            }
            squares = sum;
            (plateau, amplitude, s) = moved;
            if step[2].abs() < 1e-15 {
                break;
            }
        }
        (plateau, amplitude, s)
    }

    fn residuals(&self, onset: f64, s: f64) -> Vec<f64> {
        let Least {
            plateau, amplitude, ..
        } = self.least(onset, s);
        let timescale = s.exp();
        self.u
            .iter()
            .zip(&self.y)
            .map(|(&u, y)| y - plateau - amplitude * Self::basis(u, onset, timescale))
            .collect()
    }

    /// Renews the weights; `false` if the residuals are rounding and there is nothing to weigh.
    fn reweigh(&mut self, onset: f64, s: f64) -> bool {
        let residuals = self.residuals(onset, s);
        let scale = MAD_TO_SIGMA * median(residuals.iter().map(|r| r.abs()).collect());
        if scale < 1e-12 {
            return false;
        }
        for (weight, residual) in self.weights.iter_mut().zip(&residuals) {
            *weight = (HUBER * scale / residual.abs()).min(1.0);
        }
        true
    }

    fn statistics(&self, onset: f64, s: f64, fitted: usize, options: &DecayOptions) -> Statistics {
        let residuals = self.residuals(onset, s);
        let weighed = || {
            residuals
                .iter()
                .zip(&self.weights)
                .map(|(r, w)| r * w.sqrt())
        };
        let squares: f64 = weighed().map(|r| r * r).sum();
        let neighbours: f64 = weighed().zip(weighed().skip(1)).map(|(a, b)| a * b).sum();
        let autocorrelation = if squares > 0.0 {
            (neighbours / squares).clamp(0.0, MAX_AUTOCORRELATION)
        } else {
            0.0
        };
        let inflation = (1.0 + autocorrelation) / (1.0 - autocorrelation);
        let points = self.weights.iter().sum::<f64>();
        let variance = squares / (points - fitted as f64).max(1.0);
        let freedom = (points / inflation - fitted as f64).max(1.0);
        let t = StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| {
            t.inverse_cdf(0.5 + 0.5 * options.confidence)
        });
        let mean = self
            .y
            .iter()
            .zip(&self.weights)
            .map(|(y, w)| w * y)
            .sum::<f64>()
            / points;
        let constant: f64 = self
            .y
            .iter()
            .zip(&self.weights)
            .map(|(y, w)| w * (y - mean).powi(2))
            .sum();
        let ratio = (constant - squares).max(0.0) / (fitted - 1) as f64 / (variance * inflation);
        let p_value = if variance > 0.0 && ratio.is_finite() {
            FisherSnedecor::new((fitted - 1) as f64, freedom).map_or(1.0, |f| f.sf(ratio))
        } else {
            0.0
        };
        Statistics {
            noise: variance.sqrt(),
            autocorrelation,
            p_value,
            limit: squares + t * t * variance * inflation,
        }
    }

    fn report(
        &self,
        onset: f64,
        s: f64,
        (plateau, amplitude): (f64, f64),
        timescale: (f64, f64),
        onsets: (f64, f64),
        statistics: &Statistics,
    ) -> DecayFit {
        let at = |u: f64| self.first_x + u * self.span;
        DecayFit {
            timescale: s.exp() * self.span,
            timescale_interval: Interval {
                lower: timescale.0.exp() * self.span,
                upper: timescale.1.exp() * self.span,
            },
            plateau: self.base + plateau * self.range,
            amplitude: amplitude * self.range,
            onset: at(onset),
            onset_interval: Interval {
                lower: at(onsets.0),
                upper: at(onsets.1),
            },
            noise: statistics.noise * self.range,
            residual_autocorrelation: statistics.autocorrelation,
            p_value: statistics.p_value,
            points: self.u.len(),
            dropped: self.dropped,
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        0.5 * (values[middle - 1] + values[middle])
    }
}

/// Minimum of a function with one valley between `low` and `high`, by golden sections.
fn golden(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = 0.5 * (5_f64.sqrt() - 1.0);
    let mut a = high - ratio * (high - low);
    let mut b = low + ratio * (high - low);
    let (mut at_a, mut at_b) = (f(a), f(b));
    for _ in 0..40 {
        if at_a <= at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - ratio * (high - low);
            at_a = f(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + ratio * (high - low);
            at_b = f(b);
        }
    }
    if at_a <= at_b { a } else { b }
}

/// Range of ln τ around `s` with at most `limit` squares; −∞ or ∞ where it reaches the bound.
fn profile(squares: impl Fn(f64) -> f64, s: f64, low: f64, high: f64, limit: f64) -> (f64, f64) {
    let lower = if squares(low) <= limit {
        f64::NEG_INFINITY
    } else {
        crossing(&squares, s, low, limit)
    };
    let upper = if squares(high) <= limit {
        f64::INFINITY
    } else {
        crossing(&squares, s, high, limit)
    };
    (lower, upper)
}

/// The same for a parameter with natural bounds.
fn profile_linear(
    squares: impl Fn(f64) -> f64,
    at: f64,
    (low, high): (f64, f64),
    limit: f64,
) -> (f64, f64) {
    let lower = if squares(low) <= limit {
        low
    } else {
        crossing(&squares, at, low, limit)
    };
    let upper = if squares(high) <= limit {
        high
    } else {
        crossing(&squares, at, high, limit)
    };
    (lower, upper)
}

/// Bisects between a place inside the limit and one outside.
fn crossing(squares: &impl Fn(f64) -> f64, mut inside: f64, mut outside: f64, limit: f64) -> f64 {
    for _ in 0..45 {
        let middle = 0.5 * (inside + outside);
        if squares(middle) <= limit {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    outside
}
