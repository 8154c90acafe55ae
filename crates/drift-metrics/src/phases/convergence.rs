//! Where the loss settles.

use nalgebra::{Matrix3, Vector3};

use super::{Border, PhaseOptions, SETTLED};
use crate::Error;
use crate::error::at_least;
use crate::statistics::{MAD_TO_SIGMA, median};
use crate::timescale::Interval;

/// Running medians span this many samples.
const MEDIAN_WIDTH: usize = 5;
/// Timescales on the grid, from a fifth of the smallest spacing to this share of the record.
const TIMESCALES: usize = 40;
const LONGEST: f64 = 30.0;
/// A fast and a slow part of the loss differ in timescale by at least this factor.
const APART: f64 = 10.0;

pub(super) fn end_of_convergence(
    time: &[f64],
    log10_loss: &[f64],
    options: &PhaseOptions,
) -> Result<Border, Error> {
    let (time, loss): (Vec<f64>, Vec<f64>) = time
        .iter()
        .zip(log10_loss)
        .filter(|(_, loss)| loss.is_finite())
        .unzip();
    at_least("log10_loss", time.len(), 10)?;
    let smooth = running_median(&loss);
    let (first, last) = (time[0], time[time.len() - 1]);
    let from = |share: f64| {
        let start = first + share * (last - first);
        // At least five samples, however unevenly they lie.
        time.partition_point(|&t| t < start).min(time.len() - 5)
    };
    let (half, quarter) = (from(0.5), from(0.75));
    let noise = noise_of(&loss[half..]);
    let settled = median(smooth[half..].to_vec());
    let whole_fall = smooth[0] - settled;
    let least_fall = options.least_fall.max(4.0 * noise);
    if whole_fall <= least_fall {
        return Ok(Border::BeforeStart { first });
    }
    let shortest = options.level_timescale * (last - first);
    let slow = slow_part(&time, &smooth)
        .filter(|(timescale, _)| *timescale >= shortest)
        .map(|(_, slow)| slow)
        .filter(|slow| smooth[0] - slow[0] > (0.5 * whole_fall).max(least_fall));
    if slow.is_none() {
        let still_falling = median(smooth[half..quarter.max(half + 1)].to_vec())
            - median(smooth[quarter..].to_vec());
        if still_falling > (0.1 * whole_fall).max(3.0 * noise) {
            return Ok(Border::NotReached { last });
        }
    }
    let above: Vec<f64> = match slow {
        Some(slow) => smooth
            .iter()
            .zip(slow)
            .map(|(value, level)| value - level)
            .collect(),
        None => smooth.iter().map(|value| value - settled).collect(),
    };
    let margin = ((1.0 - SETTLED) * above[0]).max(2.0 * noise);
    let reach = |height: f64| -> (f64, f64, f64) {
        let k = above
            .iter()
            .position(|&value| value <= height)
            .unwrap_or(half)
            .max(1);
        let share = if above[k - 1] > above[k] {
            ((above[k - 1] - height) / (above[k - 1] - above[k])).clamp(0.0, 1.0)
        } else {
            1.0
        };
        (
            time[k - 1],
            time[k - 1] + share * (time[k] - time[k - 1]),
            time[k],
        )
    };
    let (before, border, after) = reach(margin);
    let interval = Interval {
        lower: reach(2.0 * margin).1.min(before),
        upper: reach(0.5 * margin).1.max(after),
    };
    Ok(Border::At {
        time: border,
        interval,
    })
}

/// The slow one of two exponentials that together fit a curve best: its timescale, and its value
/// at each sample.
fn slow_part(time: &[f64], values: &[f64]) -> Option<(f64, Vec<f64>)> {
    let (first, last) = (time[0], time[time.len() - 1]);
    let span = last - first;
    let gap = time
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .fold(span, f64::min);
    let shortest = (0.2 * gap / span).ln();
    let step = (LONGEST.ln() - shortest) / (TIMESCALES - 1) as f64;
    let timescale = |k: usize| span * (shortest + k as f64 * step).exp();
    let curves: Vec<Vec<f64>> = (0..TIMESCALES)
        .map(|k| {
            let timescale = timescale(k);
            time.iter()
                .map(|t| (-(t - first) / timescale).exp())
                .collect()
        })
        .collect();
    let apart = (APART.ln() / step).ceil() as usize;
    let mut best: Option<(f64, usize, Vector3<f64>)> = None;
    for fast in 0..TIMESCALES {
        for slow in fast + apart..TIMESCALES {
            let mut normal = Matrix3::zeros();
            let mut right = Vector3::zeros();
            for ((&value, &a), &b) in values.iter().zip(&curves[fast]).zip(&curves[slow]) {
                let row = Vector3::new(1.0, a, b);
                normal += row * row.transpose();
                right += value * row;
            }
            let Some(solution) = normal.cholesky().map(|factor| factor.solve(&right)) else {
                continue;
            };
            let squares: f64 = values
                .iter()
                .zip(&curves[fast])
                .zip(&curves[slow])
                .map(|((value, a), b)| {
                    (value - solution[0] - solution[1] * a - solution[2] * b).powi(2)
                })
                .sum();
            if best.as_ref().is_none_or(|best| squares < best.0) {
                best = Some((squares, slow, solution));
            }
        }
    }
    let (_, slow, solution) = best?;
    let level = curves[slow].iter().map(|b| solution[0] + solution[2] * b);
    Some((timescale(slow), level.collect()))
}

fn running_median(values: &[f64]) -> Vec<f64> {
    let reach = MEDIAN_WIDTH / 2;
    (0..values.len())
        .map(|k| {
            // Narrower at both ends, so that the first value of a steep fall is kept.
            let reach = reach.min(k).min(values.len() - 1 - k);
            median(values[k - reach..=k + reach].to_vec())
        })
        .collect()
}

/// Standard deviation of the noise on a slowly varying curve, from its successive differences.
fn noise_of(values: &[f64]) -> f64 {
    let steps = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .collect();
    MAD_TO_SIGMA * median(steps) / 2_f64.sqrt()
}
