//! Similarity of the code of the same cells in two sessions.
//!
//! Rate maps are (bins × cells) with the same bins and the same cells, in the same order, in both
//! sessions; a bin that was not visited is NaN. [`sessions`](crate::sessions) applies these
//! measures to every pair of a longitudinal recording and takes care of registration.

use nalgebra::DMatrixView;

use super::pearson;
use crate::Error;
use crate::error::same_shape;
use crate::rate_map::{Track, centroid};
use crate::statistics::Mean;

/// Correlation of two sessions, in parts and on average.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SessionCorrelation {
    /// Pearson's r of each part, a bin or a cell; NaN where it is undefined.
    pub parts: Vec<f64>,
    /// Mean of the parts that are defined; NaN if none is.
    pub mean: f64,
    /// Number of defined parts.
    pub count: usize,
}

impl SessionCorrelation {
    /// Pearson's r of every column of one matrix with the same column of the other.
    fn of_columns(
        first: DMatrixView<'_, f64>,
        second: DMatrixView<'_, f64>,
    ) -> Result<Self, Error> {
        let parts = (0..first.ncols())
            .map(|k| pearson(first.column(k).as_slice(), second.column(k).as_slice()))
            .collect::<Result<Vec<_>, _>>()?;
        let Mean { count, mean, .. } = Mean::of(parts.iter().copied());
        Ok(Self { parts, mean, count })
    }
}

/// Population-vector correlation: for each bin, Pearson's r over the cells between the two
/// sessions; the mean is over the bins visited in both in which neither vector is constant.
///
/// A cell whose rate is NaN in one of the sessions is left out of that bin; a bin not visited is
/// NaN for all cells. Give both running directions as separate bins (rows).
///
/// # Errors
/// The maps differ in bins or cells.
///
/// ```
/// use drift_metrics::similarity::population_vector_correlation;
/// use nalgebra::DMatrix;
///
/// let first = DMatrix::from_row_slice(2, 3, &[1.0, 0.0, 2.0, 0.0, 3.0, 1.0]);
/// let second = DMatrix::from_row_slice(2, 3, &[2.0, 0.0, 4.0, f64::NAN, f64::NAN, f64::NAN]);
/// let correlation = population_vector_correlation(first.as_view(), second.as_view())?;
/// assert!((correlation.mean - 1.0).abs() < 1e-12);
/// assert_eq!(correlation.count, 1);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn population_vector_correlation(
    first: DMatrixView<'_, f64>,
    second: DMatrixView<'_, f64>,
) -> Result<SessionCorrelation, Error> {
    check_shapes(first, second)?;
    SessionCorrelation::of_columns(first.transpose().as_view(), second.transpose().as_view())
}

/// Tuning-curve (rate-map) correlation: for each cell, Pearson's r over the bins visited in both
/// sessions; the mean is over the cells whose map is constant in neither.
///
/// # Errors
/// The maps differ in bins or cells.
pub fn tuning_curve_correlation(
    first: DMatrixView<'_, f64>,
    second: DMatrixView<'_, f64>,
) -> Result<SessionCorrelation, Error> {
    check_shapes(first, second)?;
    SessionCorrelation::of_columns(first, second)
}

/// Ensemble-rate correlation: Pearson's r over cells of their mean rates in two sessions, blind to
/// where the cells are active. NaN rates are left out; NaN if fewer than two cells are left or the
/// rates of a session are all equal.
///
/// # Errors
/// Lists of different length.
pub fn ensemble_rate_correlation(first: &[f64], second: &[f64]) -> Result<f64, Error> {
    pearson(first, second)
}

/// How far the centre of mass of each cell moved from the first session to the second (cells), in
/// bins, positive towards higher bins; on a circle the shorter way, in [−n/2, n/2].
///
/// Only bins visited in both sessions count, so that a part not visited in one does not look like a
/// shift. NaN for a cell silent in one of them.
///
/// # Errors
/// The maps differ in bins or cells; a rate that is negative or infinite.
///
/// ```
/// use drift_metrics::{rate_map::Track, similarity::centroid_shift};
/// use nalgebra::DMatrix;
///
/// let first = DMatrix::from_column_slice(4, 1, &[0.0, 1.0, 0.0, 0.0]);
/// let second = DMatrix::from_column_slice(4, 1, &[0.0, 0.0, 1.0, 1.0]);
/// let shift = centroid_shift(first.as_view(), second.as_view(), Track::Linear)?;
/// assert_eq!(shift, [1.5]);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn centroid_shift(
    first: DMatrixView<'_, f64>,
    second: DMatrixView<'_, f64>,
    track: Track,
) -> Result<Vec<f64>, Error> {
    check_shapes(first, second)?;
    let bins = first.nrows() as f64;
    (0..first.ncols())
        .map(|cell| {
            let (a, b) = (first.column(cell), second.column(cell));
            let (before, after) = (a.zip_map(&b, where_known), b.zip_map(&a, where_known));
            let shift = centroid(after.as_slice(), track)? - centroid(before.as_slice(), track)?;
            Ok(match track {
                Track::Linear => shift,
                Track::Circular => shift - bins * (shift / bins).round(),
            })
        })
        .collect()
}

/// A rate where that of the other session is known too.
pub(crate) fn where_known(rate: f64, other: f64) -> f64 {
    if other.is_nan() { f64::NAN } else { rate }
}

fn check_shapes(first: DMatrixView<'_, f64>, second: DMatrixView<'_, f64>) -> Result<(), Error> {
    let fields = ["bins of the second session", "cells of the second session"];
    same_shape(fields, second.shape(), first.shape(), "the first session")
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use nalgebra::DMatrix;
    use proptest::prelude::*;

    #[test]
    fn parts_that_are_undefined_do_not_count() {
        let nan = f64::NAN;
        // Bin 1 has a constant vector in the first session, bin 2 is not visited in the second.
        let first = DMatrix::from_row_slice(3, 3, &[1.0, 2.0, 3.0, 4.0, 4.0, 4.0, 0.0, 1.0, 0.0]);
        let second = DMatrix::from_row_slice(3, 3, &[3.0, 2.0, 1.0, 1.0, 2.0, 5.0, nan, nan, nan]);
        let by_bin = population_vector_correlation(first.as_view(), second.as_view()).unwrap();
        assert_eq!(by_bin.count, 1);
        assert_abs_diff_eq!(by_bin.mean, -1.0, epsilon = 1e-12);
        assert!(by_bin.parts[1].is_nan() && by_bin.parts[2].is_nan());
        let by_cell = tuning_curve_correlation(first.as_view(), second.as_view()).unwrap();
        assert_eq!(by_cell.count, 2);
        assert_abs_diff_eq!(by_cell.parts[0], -1.0, epsilon = 1e-12);
        assert_abs_diff_eq!(by_cell.parts[2], 1.0, epsilon = 1e-12);
        let none = tuning_curve_correlation(
            DMatrix::zeros(3, 2).as_view(),
            DMatrix::zeros(3, 2).as_view(),
        )
        .unwrap();
        assert!(none.mean.is_nan());
    }

    #[test]
    fn ensemble_rates_ignore_place() {
        assert_abs_diff_eq!(
            ensemble_rate_correlation(&[1.0, 2.0, 4.0], &[2.0, 4.0, 8.0]).unwrap(),
            1.0,
            epsilon = 1e-12
        );
        assert!(ensemble_rate_correlation(&[1.0], &[1.0, 2.0]).is_err());
    }

    #[test]
    fn a_part_not_visited_is_no_shift() {
        let first = DMatrix::from_column_slice(4, 1, &[1.0, 1.0, 1.0, 1.0]);
        let second = DMatrix::from_column_slice(4, 1, &[1.0, 1.0, f64::NAN, f64::NAN]);
        let shift = centroid_shift(first.as_view(), second.as_view(), Track::Linear).unwrap();
        assert_eq!(shift, [0.0]);
    }

    #[test]
    fn silence_has_no_centre_and_bad_rates_are_refused() {
        assert!(centroid(&[0.0, 0.0], Track::Linear).unwrap().is_nan());
        assert!(centroid(&[1.0; 6], Track::Circular).unwrap().is_nan());
        assert!(centroid(&[-1.0, 0.0], Track::Linear).is_err());
        assert!(centroid(&[f64::INFINITY, 0.0], Track::Linear).is_err());
        let (a, b) = (DMatrix::zeros(2, 2), DMatrix::zeros(3, 2));
        assert!(centroid_shift(a.as_view(), b.as_view(), Track::Linear).is_err());
        let b = DMatrix::zeros(2, 3);
        assert!(population_vector_correlation(a.as_view(), b.as_view()).is_err());
        assert!(tuning_curve_correlation(a.as_view(), b.as_view()).is_err());
    }

    proptest! {
        #[test]
        fn a_turned_map_moves_by_the_turn(
            peak in 0usize..12, turn in 0usize..6, width in 0.5f64..2.0,
        ) {
            let bump = |centre: usize| DMatrix::from_fn(12, 1, |bin, _| {
                let away = (bin as f64 - centre as f64).rem_euclid(12.0);
                (-(away.min(12.0 - away) / width).powi(2)).exp()
            });
            let (first, second) = (bump(peak), bump((peak + turn) % 12));
            let shift = |a: &DMatrix<f64>, b: &DMatrix<f64>| {
                centroid_shift(a.as_view(), b.as_view(), Track::Circular).unwrap()[0]
            };
            prop_assert!((shift(&first, &second) - turn as f64).abs() < 1e-9);
            prop_assert!((shift(&second, &first) + turn as f64).abs() < 1e-9);
        }

        #[test]
        fn a_session_correlates_with_itself(
            rates in proptest::collection::vec(0.0f64..5.0, 20),
        ) {
            let map = DMatrix::from_column_slice(5, 4, &rates);
            for correlation in [
                population_vector_correlation(map.as_view(), map.as_view()).unwrap(),
                tuning_curve_correlation(map.as_view(), map.as_view()).unwrap(),
            ] {
                prop_assert!((correlation.mean - 1.0).abs() < 1e-9);
            }
        }
    }
}
