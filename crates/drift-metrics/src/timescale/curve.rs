//! The least-squares side of a decay: sums of squares, weights, statistics.

use nalgebra::{Matrix3, Vector3};
use statrs::distribution::{ContinuousCDF, FisherSnedecor, StudentsT};

use super::decay::{DecayFit, DecayOptions, Interval};
use super::profile::golden;
use crate::Error;
use crate::error::{at_least, same_length, within};
use crate::statistics::{Line, MAD_TO_SIGMA, median};

/// Timescales tried, as shares of the record: from a fifth of the smallest spacing up to this.
const LONGEST: f64 = 30.0;
const TIMESCALES_TRIED: usize = 80;
/// Huber's constant: 95% efficiency for Gaussian noise.
const HUBER: f64 = 1.345;
const MAX_AUTOCORRELATION: f64 = 0.98;

/// The best line for given onset and timescale.
pub(super) struct Least {
    pub(super) plateau: f64,
    pub(super) amplitude: f64,
    pub(super) squares: f64,
}

pub(super) struct Statistics {
    noise: f64,
    autocorrelation: f64,
    p_value: f64,
    /// Weighted sum of squares up to which a parameter is inside its interval.
    pub(super) limit: f64,
}

/// A curve with x scaled to u in [0, 1], y to a range of 1, and a weight for each point.
pub(super) struct Curve {
    pub(super) u: Vec<f64>,
    y: Vec<f64>,
    weights: Vec<f64>,
    first_x: f64,
    span: f64,
    base: f64,
    range: f64,
    dropped: usize,
}

impl Curve {
    pub(super) fn new(
        x: &[f64],
        y: &[f64],
        options: &DecayOptions,
        needed: usize,
    ) -> Result<Self, Error> {
        same_length("y", y.len(), x.len(), "x")?;
        let confidence = options.confidence;
        let holds = confidence > 0.0 && confidence < 1.0;
        within(holds, "confidence", confidence, "0 < confidence < 1")?;
        let kept: Vec<usize> = (0..x.len())
            .filter(|&i| x[i].is_finite() && y[i].is_finite())
            .collect();
        at_least("y", kept.len(), needed)?;
        if let Some(pair) = kept.windows(2).find(|pair| x[pair[1]] < x[pair[0]]) {
            let (index, expected) = (pair[1], "not below the x before it");
            return Err(Error::entry("x", index, x[index], expected));
        }
        let (first_x, last_x) = (x[kept[0]], x[kept[kept.len() - 1]]);
        let values = || kept.iter().map(|&i| y[i]);
        let base = values().fold(f64::INFINITY, f64::min);
        let range = values().fold(f64::NEG_INFINITY, f64::max) - base;
        let refuse = |reason| Err(Error::NoDecay { reason });
        if last_x == first_x {
            return refuse("all x are equal");
        }
        if range == 0.0 {
            return refuse("the curve is constant");
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
    pub(super) fn log_bounds(&self) -> (f64, f64) {
        let gaps = self.u.windows(2).map(|pair| pair[1] - pair[0]);
        let smallest = gaps.filter(|&gap| gap > 0.0).fold(1.0, f64::min);
        ((0.2 * smallest).ln(), LONGEST.ln())
    }

    fn basis(u: f64, onset: f64, timescale: f64) -> f64 {
        (-(u - onset).max(0.0) / timescale).exp()
    }

    pub(super) fn least(&self, onset: f64, s: f64) -> Least {
        let timescale = s.exp();
        let basis: Vec<f64> = self
            .u
            .iter()
            .map(|&u| Self::basis(u, onset, timescale))
            .collect();
        let points = || {
            let values = basis.iter().zip(&self.y);
            self.weights
                .iter()
                .zip(values)
                .map(|(&w, (&e, &y))| (w, e, y))
        };
        let line = Line::through(points());
        let amplitude = if line.spread > 0.0 { line.slope() } else { 0.0 };
        let plateau = line.mean_y - amplitude * line.mean_x;
        let squares = points()
            .map(|(w, e, y)| w * ((y - line.mean_y) - amplitude * (e - line.mean_x)).powi(2))
            .sum();
        Least {
            plateau,
            amplitude,
            squares,
        }
    }

    pub(super) fn search_timescale(&self, onset: f64, (low, high): (f64, f64)) -> f64 {
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

    pub(super) fn timescale_near(&self, onset: f64, s: f64) -> f64 {
        golden(
            |s| self.least(onset, s).squares,
            s - 1.5,
            (s + 1.5).min(LONGEST.ln()),
        )
    }

    /// Gauss–Newton steps in plateau, amplitude and ln τ, as long as they do not lead uphill.
    pub(super) fn polish(&self, s: f64) -> (f64, f64, f64) {
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
            if sum.is_nan() || sum > squares || moved.2 > LONGEST.ln() {
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
    pub(super) fn reweigh(&mut self, onset: f64, s: f64) -> bool {
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

    pub(super) fn statistics(
        &self,
        onset: f64,
        s: f64,
        fitted: usize,
        options: &DecayOptions,
    ) -> Statistics {
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
        let levels = self.weights.iter().zip(&self.y).map(|(&w, &y)| (w, y, 0.0));
        let constant = Line::through(levels).spread;
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

    pub(super) fn report(
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
