//! Information at unlimited recording time, by extrapolating its fall with the sample size.

use crate::Error;
use crate::error::{at_least, every, finite_or_nan, increasing, same_length};
use crate::statistics::Line;

/// The fitted curve of bounded asymptotic extrapolation, a + b/(1 + c t) with a, b, c ≥ 0.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct BoundedExtrapolation {
    /// a: information at unlimited sample size, the estimate.
    pub information: f64,
    /// b/(1 + c t₁): the bias at the smallest sample size.
    pub bias_at_first: f64,
    /// c t₁/(1 + c t₁) in [0, 1]: 0 is a constant bias, 1 a bias ∝ 1/t (c → ∞).
    pub shape: f64,
    /// The smallest sample size t₁.
    pub first: f64,
    /// R² = 1 − mean(residual²)/variance, the variance with n − 1; 1 for a constant curve fitted
    /// exactly.
    pub r_squared: f64,
}

impl BoundedExtrapolation {
    /// The fitted information at sample size `t`.
    #[must_use]
    pub fn at(&self, t: f64) -> f64 {
        self.information + self.bias_at_first * decay(self.shape, t / self.first)
    }

    /// b, the bias at sample size 0; infinite when the bias is ∝ 1/t.
    #[must_use]
    pub fn b(&self) -> f64 {
        if self.bias_at_first == 0.0 {
            0.0
        } else {
            self.bias_at_first / (1.0 - self.shape)
        }
    }

    /// c, per unit of sample size; infinite when the bias is ∝ 1/t.
    #[must_use]
    pub fn c(&self) -> f64 {
        self.shape / (self.first * (1.0 - self.shape))
    }
}

/// (1 + c t₁)/(1 + c t) written in the shape c t₁/(1 + c t₁) and t/t₁: finite over the whole range
/// of c, infinity included.
fn decay(shape: f64, relative: f64) -> f64 {
    1.0 / (1.0 + shape * (relative - 1.0))
}

/// Which fit bounded asymptotic extrapolation takes where the curve hardly falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum BoundedFit {
    /// The least-squares fit, unless it fails to halve the squared residuals of a + b/t, the
    /// limit c → ∞; then that simpler fit. The default.
    ///
    /// Where information falls by no more than the noise of subsampling, the best c is often near
    /// 0: a straight line, which only a = 0 stops. Such a cell would be said to carry nothing
    /// although its naive information is hardly biased. The guard touches no curve whose bend is
    /// seen: on the published sample it changes population values not at all and keeps the
    /// agreement per cell from depending on the seed.
    #[default]
    Guarded,
    /// The least-squares fit whatever the curve.
    LeastSquares,
}

/// Bounded asymptotic extrapolation (BAE): the least-squares fit of I(t) = a + b/(1 + c t) with
/// a, b, c ≥ 0 to the information at several sample sizes; the estimate is a.
///
/// For a given c the best a and b are a non-negative linear least-squares problem of two columns,
/// solved exactly; what remains is one number, c, which is mapped to a finite interval, scanned,
/// and refined around every local minimum of the scan. So the fit is the global minimum, whatever
/// the start, and it includes c → ∞. The published code runs a local trust-region solver from
/// a = I_end, b = I₁ − I_end, c = (I₁ − I_mid)/(I_mid − I_end)/t_mid with a tolerance on the sum of
/// squares that stops it close to that start on flat curves; [`BoundedFit`] says what is done
/// about those here.
///
/// Points whose information is NaN (a cell silent in every subsample of that size) are left out;
/// with fewer than three points left, all fields but `first` are NaN. Negative information is fine.
///
/// Source: Sheintuch, Rubin and Ziv 2022, <https://doi.org/10.1371/journal.pcbi.1009832>.
///
/// # Errors
/// Lists of different length; fewer than three sample sizes, or sizes that are not positive and
/// strictly increasing; infinite information.
///
/// ```
/// use drift_metrics::information::bias::{BoundedFit, bounded_extrapolation};
///
/// let sizes = [100.0, 200.0, 300.0, 400.0];
/// let information = sizes.map(|t| 1.2 + 0.9 / (1.0 + t / 80.0));
/// let fit = bounded_extrapolation(&sizes, &information, BoundedFit::Guarded)?;
/// assert!((fit.information - 1.2).abs() < 1e-9);
/// assert!((fit.c() - 1.0 / 80.0).abs() < 1e-8);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn bounded_extrapolation(
    sizes: &[f64],
    information: &[f64],
    fit: BoundedFit,
) -> Result<BoundedExtrapolation, Error> {
    let first = check_curve(sizes, information)?;
    let (relative, observed) = usable(sizes, information, first);
    if observed.len() < 3 {
        return Ok(BoundedExtrapolation {
            information: f64::NAN,
            bias_at_first: f64::NAN,
            shape: f64::NAN,
            first,
            r_squared: f64::NAN,
        });
    }
    let mut shape = minimise_on_unit_interval(|shape| fit_at(shape, &relative, &observed).2);
    let (mut a, mut b, mut squares) = fit_at(shape, &relative, &observed);
    if fit == BoundedFit::Guarded {
        let simple = fit_at(1.0, &relative, &observed);
        // Not `>`: on an exact a + b/t both are rounding, and on a flat curve both are equal.
        if 2.0 * squares >= simple.2 {
            shape = 1.0;
            (a, b, squares) = simple;
        }
    }
    Ok(BoundedExtrapolation {
        information: a,
        bias_at_first: b,
        shape,
        first,
        r_squared: r_squared(squares, &observed),
    })
}

/// The best a, b ≥ 0 for one shape, and the sum of squared residuals.
fn fit_at(shape: f64, relative: &[f64], observed: &[f64]) -> (f64, f64, f64) {
    let column: Vec<f64> = relative.iter().map(|&t| decay(shape, t)).collect();
    let line = Line::through(column.iter().zip(observed).map(|(&g, &y)| (1.0, g, y)));
    let along: f64 = column.iter().zip(observed).map(|(g, y)| g * y).sum();
    let length: f64 = column.iter().map(|g| g * g).sum();

    // Two columns: the minimum is the free one if it is feasible, else on an edge of the quadrant.
    let free = (line.intercept(), line.slope());
    let edges = [
        (line.mean_y.max(0.0), 0.0),
        (0.0, (along / length).max(0.0)),
    ];
    let squares = |(a, b): (f64, f64)| -> f64 {
        column
            .iter()
            .zip(observed)
            .map(|(g, y)| (y - a - b * g).powi(2))
            .sum()
    };
    let candidate = if free.0 >= 0.0 && free.1 >= 0.0 {
        free
    } else if squares(edges[0]) <= squares(edges[1]) {
        edges[0]
    } else {
        edges[1]
    };
    (candidate.0, candidate.1, squares(candidate))
}

/// Global minimum of a smooth function of one variable on [0, 1]: a scan, denser towards both
/// ends, then golden-section search in the brackets around its local minima.
fn minimise_on_unit_interval(f: impl Fn(f64) -> f64) -> f64 {
    const SCAN: usize = 96;
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    // (1 − cos)/2 places points quadratically close to 0 and 1.
    let points: Vec<f64> = (0..=SCAN)
        .map(|k| (1.0 - (std::f64::consts::PI * k as f64 / SCAN as f64).cos()) / 2.0)
        .collect();
    let values: Vec<f64> = points.iter().map(|&x| f(x)).collect();
    let mut best = (points[0], values[0]);
    let mut consider = |x: f64, value: f64| {
        if value < best.1 {
            best = (x, value);
        }
    };
    for k in 0..=SCAN {
        consider(points[k], values[k]);
        let before = k.saturating_sub(1);
        let after = (k + 1).min(SCAN);
        if values[before] < values[k] || values[after] < values[k] {
            continue;
        }
        let (mut low, mut high) = (points[before], points[after]);
        let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        let (mut at_left, mut at_right) = (f(left), f(right));
        while high - low > 1e-12 {
            if at_left <= at_right {
                (high, right, at_right) = (right, left, at_left);
                left = high - GOLDEN * (high - low);
                at_left = f(left);
            } else {
                (low, left, at_left) = (left, right, at_right);
                right = low + GOLDEN * (high - low);
                at_right = f(right);
            }
        }
        consider(left, at_left);
        consider(right, at_right);
    }
    best.0
}

/// The unbounded comparator: I(t) = a + b/t + c/t².
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct UnboundedExtrapolation {
    /// a: information at unlimited sample size, the estimate.
    pub information: f64,
    /// b, information × sample size.
    pub linear: f64,
    /// c, information × sample size².
    pub quadratic: f64,
    /// R² as in [`BoundedExtrapolation::r_squared`].
    pub r_squared: f64,
}

/// Unbounded asymptotic extrapolation: the linear least-squares fit of a + b/t + c/t², the series
/// of the bias in 1/t, which diverges where the sample is small.
///
/// Coefficients are free here; the published code, which only draws this curve, keeps them ≥ 0.
/// NaN points as in [`bounded_extrapolation`].
///
/// # Errors
/// As [`bounded_extrapolation`].
///
/// ```
/// use drift_metrics::information::bias::unbounded_extrapolation;
///
/// let sizes = [100.0, 200.0, 300.0, 400.0];
/// let information = sizes.map(|t| 1.2 + 30.0 / t - 500.0 / (t * t));
/// let fit = unbounded_extrapolation(&sizes, &information)?;
/// assert!((fit.information - 1.2).abs() < 1e-9);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn unbounded_extrapolation(
    sizes: &[f64],
    information: &[f64],
) -> Result<UnboundedExtrapolation, Error> {
    let first = check_curve(sizes, information)?;
    let (relative, observed) = usable(sizes, information, first);
    if observed.len() < 3 {
        return Ok(UnboundedExtrapolation {
            information: f64::NAN,
            linear: f64::NAN,
            quadratic: f64::NAN,
            r_squared: f64::NAN,
        });
    }
    let columns = nalgebra::DMatrix::from_fn(observed.len(), 3, |k, power| {
        relative[k].powi(-(power as i32))
    });
    let target = nalgebra::DVector::from_column_slice(&observed);
    let decomposition = columns.clone().qr();
    let projected = decomposition.q().tr_mul(&target);
    // Three distinct positive sizes make three independent columns.
    let coefficients = decomposition
        .r()
        .solve_upper_triangular(&projected)
        .unwrap_or_else(|| projected * f64::NAN);
    let squares = (columns * &coefficients - target).norm_squared();
    Ok(UnboundedExtrapolation {
        information: coefficients[0],
        linear: coefficients[1] * first,
        quadratic: coefficients[2] * first * first,
        r_squared: r_squared(squares, &observed),
    })
}

/// Checks sizes and information, returns the smallest size.
pub(super) fn check_curve(sizes: &[f64], information: &[f64]) -> Result<f64, Error> {
    at_least("sample sizes", sizes.len(), 3)?;
    let (found, needed) = (information.len(), sizes.len());
    same_length("information", found, needed, "sample sizes")?;
    let expected = "positive and above the size before it";
    every("sample sizes", &sizes[..1], |size| size > 0.0, expected)?;
    increasing("sample sizes", sizes, expected)?;
    let expected = "finite, or NaN where it is not known";
    every("information", information, finite_or_nan, expected)?;
    Ok(sizes[0])
}

/// Sizes relative to the first, and information, of the points that are known.
fn usable(sizes: &[f64], information: &[f64], first: f64) -> (Vec<f64>, Vec<f64>) {
    sizes
        .iter()
        .zip(information)
        .filter(|(_, value)| !value.is_nan())
        .map(|(&size, &value)| (size / first, value))
        .unzip()
}

fn r_squared(squares: f64, observed: &[f64]) -> f64 {
    let n = observed.len() as f64;
    let variance = Line::through(observed.iter().map(|&y| (1.0, y, 0.0))).spread / (n - 1.0);
    if variance == 0.0 && squares == 0.0 {
        1.0
    } else {
        1.0 - squares / n / variance
    }
}

#[cfg(test)]
mod tests;
