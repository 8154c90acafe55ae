//! Mean squared displacement of the peaks of rate maps.

use nalgebra::{DMatrix, DMatrixView};

use crate::Error;
use crate::error::{at_least, every, positive, same_length, same_shape, within};
use crate::rate_map::{Track, peak};
use crate::statistics::Line;

/// Position of the peak of each cell (cells): the middle of its first largest bin, i + ½; NaN for a
/// cell that is silent or was not found.
///
/// `map` (bins × cells), NaN where unknown.
#[must_use]
pub fn peak_positions(map: DMatrixView<'_, f64>) -> Vec<f64> {
    map.column_iter()
        .map(|rates| peak(rates.as_slice()).map_or(f64::NAN, |bin| bin as f64 + 0.5))
        .collect()
}

/// Squared displacement of peaks by the number of sessions between, in bins².
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SquaredDisplacement {
    /// Sessions between (lag), from 1.
    pub lag: usize,
    /// Pairs of a cell and two sessions in the means.
    pub pairs: usize,
    /// Mean of the squares of (aₜ − aₛ) and (bₜ − bₛ): too large by the noise of estimation.
    pub naive: f64,
    /// Mean of ½ [(aₜ − aₛ)(bₜ − bₛ) + (aₜ − bₛ)(bₜ − aₛ)], without that noise: the default.
    pub split: f64,
    /// Mean of (aₜ − aₛ)(bₜ − bₛ) alone.
    pub split_once: f64,
    /// Mean of the four squares between halves of the two sessions minus half the two within them:
    /// the same as `split` on a line.
    pub noise_subtracted: f64,
}

/// The squared displacement an unrelated peak would have, in bins²: L²/12 on a ring, L²/6 on a
/// line of L bins. Displacements saturate there; fit exponents below half of it.
#[must_use]
pub fn saturation(n_bins: usize, track: Track) -> f64 {
    let length = n_bins as f64;
    match track {
        Track::Linear => length * length / 6.0,
        Track::Circular => length * length / 12.0,
    }
}

/// Mean squared displacement at every lag, over all cells and pairs of sessions in which all four
/// peaks are known.
///
/// `even` and `odd` (sessions × cells): peaks in even and in odd laps, in bins, NaN where unknown
/// (see [`peak_positions`]). On a circle of `n_bins` differences are taken the shorter way.
///
/// ```
/// use drift_metrics::increments::squared_displacement;
/// use drift_metrics::{nalgebra::DMatrix, rate_map::Track};
/// // One cell, seen two bins further on the second day, with errors of one bin.
/// let even = DMatrix::from_row_slice(2, 1, &[10.5, 12.5]);
/// let odd = DMatrix::from_row_slice(2, 1, &[9.5, 13.5]);
/// let moved = squared_displacement(&even, &odd, 20, Track::Linear)?;
/// assert_eq!((moved[0].naive, moved[0].split), (10.0, 8.5));
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// Matrices that differ in sessions or cells.
pub fn squared_displacement(
    even: &DMatrix<f64>,
    odd: &DMatrix<f64>,
    n_bins: usize,
    track: Track,
) -> Result<Vec<SquaredDisplacement>, Error> {
    let fields = ["sessions of the odd laps", "cells of the odd laps"];
    same_shape(fields, odd.shape(), even.shape(), "the even laps")?;
    let length = n_bins as f64;
    let step = |from: f64, to: f64| match track {
        Track::Linear => to - from,
        Track::Circular => {
            let step = (to - from).rem_euclid(length);
            // In [−L/2, L/2): half way round is −L/2 both ways.
            if step >= length / 2.0 {
                step - length
            } else {
                step
            }
        }
    };
    let of_lag = |lag: usize| {
        let mut sums = [0.0; 4];
        let mut pairs = 0;
        for early in 0..even.nrows() - lag {
            let late = early + lag;
            for cell in 0..even.ncols() {
                let (a, b) = (even[(early, cell)], odd[(early, cell)]);
                let (c, d) = (even[(late, cell)], odd[(late, cell)]);
                if [a, b, c, d].iter().any(|peak| peak.is_nan()) {
                    continue;
                }
                pairs += 1;
                let (aa, bb, ab, ba) = (step(a, c), step(b, d), step(b, c), step(a, d));
                let inner = step(a, b).powi(2) + step(c, d).powi(2);
                sums[0] += (aa * aa + bb * bb) / 2.0;
                sums[1] += (aa * bb + ab * ba) / 2.0;
                sums[2] += aa * bb;
                sums[3] += (aa * aa + bb * bb + ab * ab + ba * ba) / 4.0 - inner / 2.0;
            }
        }
        let [naive, split, split_once, noise_subtracted] = sums.map(|sum| sum / pairs as f64);
        SquaredDisplacement {
            lag,
            pairs,
            naive,
            split,
            split_once,
            noise_subtracted,
        }
    };
    Ok((1..even.nrows()).map(of_lag).collect())
}

/// Exponent of growth: the slope of log `values` against log `lags` over the positive values below
/// `limit` (half the [`saturation`]); 1 for a random walk, 2 for directed motion. NaN with fewer than three.
///
/// # Errors
/// Lists of different length; a lag that is not positive; a limit that is not positive.
///
/// ```
/// use drift_metrics::increments::exponent;
/// let slope = exponent(&[1.0, 2.0, 4.0, 8.0], &[1.0, 4.0, 16.0, 30.0], 20.0)?;
/// assert!((slope - 2.0).abs() < 1e-12);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn exponent(lags: &[f64], values: &[f64], limit: f64) -> Result<f64, Error> {
    same_length("values", values.len(), lags.len(), "lags")?;
    at_least("lags", lags.len(), 1)?;
    within(limit > 0.0, "limit", limit, "> 0")?;
    every("lags", lags, positive, "positive and finite")?;
    let points: Vec<(f64, f64, f64)> = lags
        .iter()
        .zip(values)
        .filter(|(_, value)| **value > 0.0 && **value < limit)
        .map(|(lag, value)| (1.0, lag.ln(), value.ln()))
        .collect();
    if points.len() < 3 {
        return Ok(f64::NAN);
    }
    Ok(Line::through(points.into_iter()).slope())
}
