//! The ridge decoder: place as a linear function of activity.

use std::f64::consts::TAU;

use nalgebra::{DMatrix, DMatrixView, DVector};

use crate::Error;
use crate::error::{at_least, every, positive, same_length, same_shape, within};
use crate::shuffle::map_each;
use crate::statistics::distinct;

/// The place to be decoded in every frame, on a line, in a plane or on a ring.
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    /// (frames × outputs): x, (x, y) or (cos φ, sin φ).
    values: DMatrix<f64>,
    ring: bool,
}

impl Targets {
    /// Places on a line (frames).
    ///
    /// # Errors
    /// No frames, or a place that is not finite.
    pub fn line(x: &[f64]) -> Result<Self, Error> {
        Self::of(&[x], false)
    }

    /// Places in a plane (frames each).
    ///
    /// # Errors
    /// As [`line`](Self::line); lists of different length.
    pub fn plane(x: &[f64], y: &[f64]) -> Result<Self, Error> {
        Self::of(&[x, y], false)
    }

    /// Angles in radians (frames). The decoder fits (cos φ, sin φ).
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub fn ring(angles: &[f64]) -> Result<Self, Error> {
        every("places", angles, f64::is_finite, "finite")?;
        let (sines, cosines): (Vec<f64>, Vec<f64>) = angles.iter().map(|a| a.sin_cos()).unzip();
        Self::of(&[&cosines, &sines], true)
    }

    fn of(columns: &[&[f64]], ring: bool) -> Result<Self, Error> {
        let frames = columns[0].len();
        at_least("places", frames, 1)?;
        for column in columns {
            same_length("places (y)", column.len(), frames, "x")?;
            every("places", column, f64::is_finite, "finite")?;
        }
        Ok(Self {
            values: DMatrix::from_fn(frames, columns.len(), |f, k| columns[k][f]),
            ring,
        })
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.values.nrows()
    }

    /// Distance of each decoded place (as [`RidgeDecoder::decode`] gives them) from the true one:
    /// Euclidean, or the shorter way round in radians on a ring.
    ///
    /// # Errors
    /// Another number of frames or coordinates.
    pub fn errors(&self, decoded: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
        let coordinates = if self.ring { 1 } else { self.values.ncols() };
        same_shape(
            ["decoded places", "coordinates"],
            decoded.shape(),
            (self.frames(), coordinates),
            "the true places",
        )?;
        let of = |frame: usize| {
            let target = self.values.row(frame);
            if self.ring {
                let away = (decoded[(frame, 0)] - target[1].atan2(target[0])).rem_euclid(TAU);
                away.min(TAU - away)
            } else {
                (decoded.row(frame) - target).norm()
            }
        };
        Ok((0..self.frames()).map(of).collect())
    }
}

/// A linear decoder with a penalty on its weights: W = (XᵀX + α n I)⁻¹ XᵀY of n centred frames,
/// without a penalty on the intercept (scikit-learn's `alpha` is α n).
///
/// ```
/// use drift_metrics::decoding::{RidgeDecoder, Targets};
/// use drift_metrics::nalgebra::DMatrix;
/// let counts = DMatrix::from_column_slice(4, 1, &[0.0, 1.0, 2.0, 3.0]);
/// let places = Targets::line(&[1.0, 3.0, 5.0, 7.0])?;
/// let decoder = RidgeDecoder::fit(counts.as_view(), &places, 1e-12)?;
/// let decoded = decoder.decode(counts.as_view())?;
/// assert!(places.errors(&decoded)?.iter().all(|error| *error < 1e-9));
/// # Ok::<(), drift_metrics::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RidgeDecoder {
    weights: DMatrix<f64>,
    intercept: DVector<f64>,
    ring: bool,
}

impl RidgeDecoder {
    /// Fits `activity` (frames × cells) to the places of the frames. Leave out cells that were not
    /// found, and frames without a place.
    ///
    /// # Errors
    /// Another number of places than frames; activity that is not finite; α that is not positive.
    pub fn fit(
        activity: DMatrixView<'_, f64>,
        targets: &Targets,
        alpha: f64,
    ) -> Result<Self, Error> {
        check(activity, targets)?;
        check_alpha(alpha)?;
        let rows = Rows::of(activity);
        Moments::of(&rows, targets, |_| true).fit(alpha, targets.ring)
    }

    /// Weights (cells × outputs): one output on a line, two in a plane, (cos φ, sin φ) on a ring.
    #[must_use]
    pub fn weights(&self) -> &DMatrix<f64> {
        &self.weights
    }

    /// Intercept (outputs).
    #[must_use]
    pub fn intercept(&self) -> &DVector<f64> {
        &self.intercept
    }

    /// Decoded places of `activity` (frames × cells): (frames × coordinates), one angle in
    /// [0, 2π) on a ring.
    ///
    /// # Errors
    /// Another number of cells; activity that is not finite.
    pub fn decode(&self, activity: DMatrixView<'_, f64>) -> Result<DMatrix<f64>, Error> {
        let (cells, expected) = (activity.ncols(), self.weights.nrows());
        same_length("cells", cells, expected, "the cells trained on")?;
        check_activity(activity)?;
        let rows = Rows::of(activity);
        let mut decoded = DMatrix::zeros(
            activity.nrows(),
            if self.ring { 1 } else { self.weights.ncols() },
        );
        let mut outputs = vec![0.0; self.weights.ncols()];
        for frame in 0..activity.nrows() {
            self.outputs(&rows, frame, &mut outputs);
            if self.ring {
                decoded[(frame, 0)] = outputs[1].atan2(outputs[0]).rem_euclid(TAU);
            } else {
                for (k, &output) in outputs.iter().enumerate() {
                    decoded[(frame, k)] = output;
                }
            }
        }
        Ok(decoded)
    }

    fn outputs(&self, rows: &Rows, frame: usize, outputs: &mut [f64]) {
        outputs.copy_from_slice(self.intercept.as_slice());
        for (cell, value) in rows.of_frame(frame) {
            for (k, output) in outputs.iter_mut().enumerate() {
                *output += value * self.weights[(cell, k)];
            }
        }
    }
}

/// The fold of each frame: `per_fold` laps that follow each other, numbered as in
/// [`BinnedSession::laps`](crate::sessions::BinnedSession::laps), are one.
///
/// # Errors
/// No laps in a fold.
pub fn lap_folds(laps: &[usize], per_fold: usize) -> Result<Vec<usize>, Error> {
    at_least("laps in a fold", per_fold, 1)?;
    Ok(laps.iter().map(|lap| lap / per_fold).collect())
}

/// Result of [`cross_validated_ridge`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CrossValidation {
    /// Squared error of each α, summed over outputs, mean over the frames.
    pub squared_error: Vec<f64>,
    /// The α of the smallest one, the first of equals.
    pub alpha: f64,
}

/// Chooses α by leaving out one fold after the other; `folds` (frames) from [`lap_folds`]. In
/// parallel with the feature `rayon`.
///
/// The products of the activity with itself are computed once and shared by all folds and α.
///
/// # Errors
/// As [`RidgeDecoder::fit`]; no α; another number of folds than frames; fewer than two folds.
pub fn cross_validated_ridge(
    activity: DMatrixView<'_, f64>,
    targets: &Targets,
    folds: &[usize],
    alphas: &[f64],
) -> Result<CrossValidation, Error> {
    check(activity, targets)?;
    let like = "the frames of the activity";
    same_length("folds", folds.len(), activity.nrows(), like)?;
    at_least("alphas", alphas.len(), 1)?;
    alphas.iter().try_for_each(|&alpha| check_alpha(alpha))?;
    let distinct = distinct(folds);
    at_least("folds", distinct.len(), 2)?;
    let rows = Rows::of(activity);
    let parts = map_each(distinct.len(), |fold| {
        Moments::of(&rows, targets, |frame| folds[frame] == distinct[fold])
    });
    let all = parts[1..]
        .iter()
        .fold(parts[0].clone(), |sum, part| sum.plus(part, 1.0));
    let squares = map_each(distinct.len() * alphas.len(), |task| {
        let (fold, alpha) = (task / alphas.len(), alphas[task % alphas.len()]);
        let decoder = all.plus(&parts[fold], -1.0).fit(alpha, targets.ring)?;
        let mut outputs = vec![0.0; targets.values.ncols()];
        let mut squares = 0.0;
        for frame in (0..folds.len()).filter(|&frame| folds[frame] == distinct[fold]) {
            decoder.outputs(&rows, frame, &mut outputs);
            let target = targets.values.row(frame);
            let pairs = outputs.iter().zip(target.iter());
            squares += pairs.map(|(o, t)| (o - t).powi(2)).sum::<f64>();
        }
        Ok(squares)
    });
    let squares = squares.into_iter().collect::<Result<Vec<f64>, Error>>()?;
    let frames = folds.len() as f64;
    let squared_error: Vec<f64> = (0..alphas.len())
        .map(|k| squares.iter().skip(k).step_by(alphas.len()).sum::<f64>() / frames)
        .collect();
    let best = (0..alphas.len()).fold(0, |best, k| {
        if squared_error[k] < squared_error[best] {
            k
        } else {
            best
        }
    });
    Ok(CrossValidation {
        squared_error,
        alpha: alphas[best],
    })
}

fn check_alpha(alpha: f64) -> Result<(), Error> {
    within(positive(alpha), "alpha", alpha, "positive and finite")
}

fn check(activity: DMatrixView<'_, f64>, targets: &Targets) -> Result<(), Error> {
    let like = "the frames of the activity";
    same_length("places", targets.frames(), activity.nrows(), like)?;
    check_activity(activity)
}

fn check_activity(activity: DMatrixView<'_, f64>) -> Result<(), Error> {
    activity.column_iter().try_for_each(|column| {
        let values = column.as_slice();
        every("activity of a cell", values, f64::is_finite, "finite")
    })
}

/// The entries of each frame that are not zero.
struct Rows {
    starts: Vec<usize>,
    cell: Vec<u32>,
    value: Vec<f64>,
    cells: usize,
}

impl Rows {
    fn of(activity: DMatrixView<'_, f64>) -> Self {
        let mut counts = vec![0; activity.nrows() + 1];
        for column in activity.column_iter() {
            for (count, value) in counts.iter_mut().zip(column.iter()) {
                *count += usize::from(*value != 0.0);
            }
        }
        let mut total = 0;
        for count in &mut counts {
            (*count, total) = (total, total + *count);
        }
        let mut next = counts.clone();
        let (mut cell, mut value) = (vec![0; total], vec![0.0; total]);
        for (index, column) in activity.column_iter().enumerate() {
            for (place, &entry) in next.iter_mut().zip(column.iter()) {
                if entry != 0.0 {
                    (cell[*place], value[*place]) = (index as u32, entry);
                    *place += 1;
                }
            }
        }
        Self {
            starts: counts,
            cell,
            value,
            cells: activity.ncols(),
        }
    }

    fn of_frame(&self, frame: usize) -> impl Iterator<Item = (usize, f64)> + Clone {
        let entries = self.starts[frame]..self.starts[frame + 1];
        let cells = self.cell[entries.clone()].iter();
        cells
            .map(|&cell| cell as usize)
            .zip(self.value[entries].iter().copied())
    }
}

/// Sums over frames from which a fit follows.
#[derive(Clone)]
struct Moments {
    frames: f64,
    activity: DVector<f64>,
    target: DVector<f64>,
    /// XᵀX; its lower triangle only.
    gram: DMatrix<f64>,
    /// XᵀY.
    cross: DMatrix<f64>,
}

impl Moments {
    fn of(rows: &Rows, targets: &Targets, keep: impl Fn(usize) -> bool) -> Self {
        let (cells, outputs) = (rows.cells, targets.values.ncols());
        let mut moments = Self {
            frames: 0.0,
            activity: DVector::zeros(cells),
            target: DVector::zeros(outputs),
            gram: DMatrix::zeros(cells, cells),
            cross: DMatrix::zeros(cells, outputs),
        };
        for frame in (0..targets.frames()).filter(|&frame| keep(frame)) {
            moments.frames += 1.0;
            for k in 0..outputs {
                moments.target[k] += targets.values[(frame, k)];
            }
            let mut entries = rows.of_frame(frame);
            while let Some((cell, value)) = entries.next() {
                moments.activity[cell] += value;
                for k in 0..outputs {
                    moments.cross[(cell, k)] += value * targets.values[(frame, k)];
                }
                // Cells come in order: the rest of the frame lies below the diagonal.
                let column = &mut moments.gram.as_mut_slice()[cell * cells..(cell + 1) * cells];
                column[cell] += value * value;
                for (other, other_value) in entries.clone() {
                    column[other] += value * other_value;
                }
            }
        }
        moments
    }

    fn plus(&self, other: &Self, sign: f64) -> Self {
        Self {
            frames: self.frames + sign * other.frames,
            activity: &self.activity + &other.activity * sign,
            target: &self.target + &other.target * sign,
            gram: &self.gram + &other.gram * sign,
            cross: &self.cross + &other.cross * sign,
        }
    }

    fn fit(self, alpha: f64, ring: bool) -> Result<RidgeDecoder, Error> {
        let (n, cells) = (self.frames, self.activity.len());
        at_least("frames trained on", n as usize, 1)?;
        let (activity, target) = (self.activity / n, self.target / n);
        let mut gram = self.gram;
        for column in 0..cells {
            for row in column..cells {
                gram[(row, column)] -= n * activity[row] * activity[column];
            }
            gram[(column, column)] += alpha * n;
        }
        let cross = self.cross - &activity * target.transpose() * n;
        // The factorisation reads the lower triangle only.
        let weights = match gram.cholesky() {
            Some(factor) => factor.solve(&cross),
            None => cross * f64::NAN,
        };
        let intercept = target - weights.tr_mul(&activity);
        Ok(RidgeDecoder {
            weights,
            intercept,
            ring,
        })
    }
}
