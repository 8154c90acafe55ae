//! Whether lists of results agree: quantiles, ranks, lines, and tests of two samples.
//!
//! Values that are not finite stand for a result that could not be measured: functions of one or
//! two samples leave them out, functions of pairs refuse them.

use nalgebra::DMatrix;

use crate::error::{at_least, every, same_length, within};
use crate::{Error, pearson};

/// Standard deviation of a Gaussian over its median absolute deviation.
pub(crate) const MAD_TO_SIGMA: f64 = 1.482_602_218_505_602;

/// Mean and standard error of the finite values of a sample.
///
/// ```
/// use drift_metrics::statistics::Mean;
///
/// let mean = Mean::of([1.0, f64::NAN, 3.0]);
/// assert_eq!((mean.count, mean.mean, mean.standard_error), (2, 2.0, 1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Mean {
    /// Number of finite values.
    pub count: usize,
    /// Their mean; NaN without one.
    pub mean: f64,
    /// Standard error of the mean: standard deviation over n − 1, divided by √n; NaN with fewer
    /// than two.
    pub standard_error: f64,
}

impl Mean {
    /// Over `values`.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let kept: Vec<f64> = values
            .into_iter()
            .filter(|value| value.is_finite())
            .collect();
        let count = kept.len() as f64;
        let mean = kept.iter().sum::<f64>() / count;
        let squares: f64 = kept.iter().map(|value| (value - mean).powi(2)).sum();
        Self {
            count: kept.len(),
            mean,
            // 0/0 with fewer than two.
            standard_error: (squares / (count - 1.0) / count).sqrt(),
        }
    }
}

/// Quantile `share` (0..=1) of the finite `values`, linear between neighbours as in NumPy's
/// default; NaN without a finite value.
///
/// ```
/// use drift_metrics::statistics::quantile;
///
/// assert_eq!(quantile(&[4.0, 1.0, f64::NAN, 2.0, 3.0], 0.5)?, 2.5);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless 0 ≤ `share` ≤ 1.
pub fn quantile(values: &[f64], share: f64) -> Result<f64, Error> {
    let holds = (0.0..=1.0).contains(&share);
    within(holds, "share", share, "0 <= share <= 1")?;
    let sorted = sorted(values);
    let Some(last) = sorted.len().checked_sub(1) else {
        return Ok(f64::NAN);
    };
    let place = share * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    Ok(sorted[below] + (place - below as f64) * (sorted[above] - sorted[below]))
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut finite: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    finite.sort_by(f64::total_cmp);
    finite
}

/// The median; the mean of the two middle values of an even number of them.
///
/// # Panics
/// If there is no value.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        0.5 * (values[middle - 1] + values[middle])
    }
}

/// The labels that occur, ascending.
pub(crate) fn distinct<T: Copy + Ord>(labels: &[T]) -> Vec<T> {
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// Means of the upper diagonals of a `measure` (times × times): over all pairs of times `lag` apart
/// (lag 0, 1, …), values that are not finite left out; NaN for a lag without one. Of the longer side
/// of a matrix that is not square the rest is not used.
///
/// ```
/// use drift_metrics::{nalgebra::DMatrix, statistics::by_lag};
///
/// let measure = DMatrix::from_row_slice(3, 3, &[1., 0.5, 0.2, 0.5, 1., 0.7, 0.2, 0.7, 1.]);
/// assert_eq!(by_lag(&measure), [1.0, 0.6, 0.2]);
/// ```
#[must_use]
pub fn by_lag(measure: &DMatrix<f64>) -> Vec<f64> {
    let times = measure.nrows().min(measure.ncols());
    (0..times)
        .map(|lag| Mean::of((0..times - lag).map(|time| measure[(time, time + lag)])).mean)
        .collect()
}

/// Result of [`kolmogorov_smirnov`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct KolmogorovSmirnov {
    /// Largest distance between the two empirical distribution functions, 0..=1.
    pub distance: f64,
    /// Asymptotic probability of a larger distance between samples of one distribution.
    pub p_value: f64,
}

/// Two-sample Kolmogorov–Smirnov test of the finite values of `a` and `b`.
///
/// D is the largest distance between the empirical distribution functions, and
/// p = 2 Σₖ (−1)ᵏ⁻¹ exp(−2k²λ²) with λ = (√n + 0.12 + 0.11/√n) D and n = n₁n₂/(n₁ + n₂) (Stephens
/// 1970): good to a few percent from n = 4 on, and conservative where values are tied.
///
/// # Errors
/// [`Error::TooFew`] where a sample has no finite value.
pub fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> Result<KolmogorovSmirnov, Error> {
    let (a, b) = (sorted(a), sorted(b));
    at_least("a", a.len(), 1)?;
    at_least("b", b.len(), 1)?;
    let share = |values: &[f64], x: f64| {
        values.partition_point(|value| *value <= x) as f64 / values.len() as f64
    };
    let distance = a
        .iter()
        .chain(&b)
        .map(|x| (share(&a, *x) - share(&b, *x)).abs())
        .fold(0.0, f64::max);
    let size = (a.len() * b.len()) as f64 / (a.len() + b.len()) as f64;
    let root = size.sqrt();
    let lambda = (root + 0.12 + 0.11 / root) * distance;
    // The series does not converge near 0, where the probability is 1.
    let p_value = if lambda < 0.2 {
        1.0
    } else {
        let term = |k: i32| {
            let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
            sign * (-2.0 * f64::from(k * k) * lambda * lambda).exp()
        };
        (2.0 * (1..=100).map(term).sum::<f64>()).clamp(0.0, 1.0)
    };
    Ok(KolmogorovSmirnov { distance, p_value })
}

/// A straight line with the standard error of its slope.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LineFit {
    /// Slope.
    pub slope: f64,
    /// Standard error of the slope: the residuals' root mean square over n − 2, over the root of
    /// x's sum of squares.
    pub slope_error: f64,
    /// Value at x = 0.
    pub intercept: f64,
}

/// The line of least squares through the points (`x`, `y`); both slope and intercept NaN where
/// all `x` are equal.
///
/// # Errors
/// [`Error::Length`] for different lengths, [`Error::TooFew`] for fewer than three points,
/// [`Error::Entry`] for one that is not finite.
pub fn fit_line(x: &[f64], y: &[f64]) -> Result<LineFit, Error> {
    pairs(x, y, 3)?;
    let points = || x.iter().zip(y);
    let line = Line::through(points().map(|(&x, &y)| (1.0, x, y)));
    let (slope, intercept) = (line.slope(), line.intercept());
    let residual: f64 = points()
        .map(|(x, y)| (y - intercept - slope * x).powi(2))
        .sum();
    Ok(LineFit {
        slope,
        slope_error: (residual / (line.total - 2.0) / line.spread).sqrt(),
        intercept,
    })
}

/// Weighted moments of points, from which the line of least squares follows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// Σ w.
    pub(crate) total: f64,
    pub(crate) mean_x: f64,
    pub(crate) mean_y: f64,
    /// Σ w (x − mean)².
    pub(crate) spread: f64,
    /// Σ w (x − mean)(y − mean).
    pub(crate) shared: f64,
}

impl Line {
    /// Through points (weight, x, y).
    pub(crate) fn through(points: impl Iterator<Item = (f64, f64, f64)> + Clone) -> Self {
        let (mut total, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
        for (weight, x, y) in points.clone() {
            total += weight;
            sum_x += weight * x;
            sum_y += weight * y;
        }
        let (mean_x, mean_y) = (sum_x / total, sum_y / total);
        let (mut spread, mut shared) = (0.0, 0.0);
        for (weight, x, y) in points {
            spread += weight * (x - mean_x).powi(2);
            shared += weight * (x - mean_x) * (y - mean_y);
        }
        Self {
            total,
            mean_x,
            mean_y,
            spread,
            shared,
        }
    }

    pub(crate) fn slope(&self) -> f64 {
        self.shared / self.spread
    }

    pub(crate) fn intercept(&self) -> f64 {
        self.mean_y - self.slope() * self.mean_x
    }
}

fn pairs(a: &[f64], b: &[f64], needed: usize) -> Result<(), Error> {
    same_length("b", b.len(), a.len(), "a")?;
    at_least("pairs", a.len(), needed)?;
    for (field, values) in [("a", a), ("b", b)] {
        every(field, values, f64::is_finite, "a finite value")?;
    }
    Ok(())
}

/// Spearman's rank correlation: Pearson's of the ranks, ties at their mean rank. NaN for fewer
/// than two pairs or a list of equal values.
///
/// ```
/// use drift_metrics::statistics::spearman;
///
/// assert!((spearman(&[1.0, 10.0, 100.0], &[0.3, 0.2, 0.1])? + 1.0).abs() < 1e-12);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// [`Error::Length`] for lists of different length, [`Error::Entry`] for a value that is not
/// finite.
pub fn spearman(a: &[f64], b: &[f64]) -> Result<f64, Error> {
    pairs(a, b, 0)?;
    pearson(&ranks(a), &ranks(b))
}

/// Ranks from 1, ties at their mean.
pub(crate) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for tied in order.chunk_by(|&i, &j| values[i] == values[j]) {
        for &i in tied {
            ranks[i] = below as f64 + (tied.len() as f64 + 1.0) / 2.0;
        }
        below += tied.len();
    }
    ranks
}

/// Two-sided p of the sign test: the chance that fair coins fall at least as unevenly as
/// `agreeing` to `opposing`. 1 without a coin.
///
/// ```
/// use drift_metrics::statistics::sign_test;
///
/// assert_eq!(sign_test(10, 0), 2.0 / 1024.0);
/// assert_eq!(sign_test(3, 3), 1.0);
/// ```
#[must_use]
pub fn sign_test(agreeing: usize, opposing: usize) -> f64 {
    let coins = agreeing as f64 + opposing as f64;
    let rarer = agreeing.min(opposing);
    // Binomial probabilities by recursion on their logarithm: 2⁻ⁿ itself is 0 from n = 1075 on.
    let mut log_probability = -coins * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for heads in 0..=rarer {
        tail += log_probability.exp();
        log_probability += ((coins - heads as f64) / (heads as f64 + 1.0)).ln();
    }
    (2.0 * tail).min(1.0)
}
