//! How sparse the activity is: over all entries, and over units.
//!
//! The two measures part ways as drift proceeds. The *active fraction* counts (unit, sample) pairs;
//! the *fraction of active units* counts units that respond to anything at all. Some labels in the
//! published figures call the first one by the name of the second (Figures 2C and 4B).

use nalgebra::DMatrixView;

use crate::Error;

/// Share of (unit, sample) pairs with activity > 0, of `hidden` (samples × units).
///
/// NaN for an empty matrix. A NaN entry counts as inactive.
#[must_use]
pub fn active_fraction(hidden: DMatrixView<'_, f64>) -> f64 {
    let active: usize = hidden
        .column_iter()
        .map(|column| count_active(column.as_slice()))
        .sum();
    active as f64 / hidden.len() as f64
}

/// [`active_fraction`] of values in any order.
#[must_use]
pub fn active_fraction_of(values: &[f64]) -> f64 {
    count_active(values) as f64 / values.len() as f64
}

/// Which units have activity > 0 on at least one sample (units), of `hidden` (samples × units).
#[must_use]
pub fn active_units(hidden: DMatrixView<'_, f64>) -> Vec<bool> {
    hidden
        .column_iter()
        .map(|column| column.as_slice().iter().any(|&value| value > 0.0))
        .collect()
}

/// Share of units with activity > 0 on at least one sample, of `hidden` (samples × units).
///
/// The published test is Σ over samples > 0, which is the same as activity is never negative.
/// NaN if there is no unit.
///
/// ```
/// use drift_metrics::{active_fraction, fraction_active_units};
/// use nalgebra::DMatrix;
/// let hidden = DMatrix::from_row_slice(2, 3, &[0.0, 0.5, 0.0, 0.0, 0.0, 1.5]); // 2 samples, 3 units
/// assert_eq!(active_fraction(hidden.as_view()), 2.0 / 6.0);
/// assert_eq!(fraction_active_units(hidden.as_view()), 2.0 / 3.0);
/// ```
#[must_use]
pub fn fraction_active_units(hidden: DMatrixView<'_, f64>) -> f64 {
    let active = active_units(hidden)
        .into_iter()
        .filter(|&active| active)
        .count();
    active as f64 / hidden.ncols() as f64
}

/// [`fraction_active_units`] of a slice in which all `samples` values of one unit are followed by
/// those of the next.
///
/// # Errors
/// `samples` is 0 or does not divide the number of values.
pub fn fraction_active_units_of(values: &[f64], samples: usize) -> Result<f64, Error> {
    if samples == 0 || !values.len().is_multiple_of(samples) {
        return Err(Error::OutOfRange {
            field: "samples",
            value: samples as f64,
            expected: ">= 1, a divisor of the number of values",
        });
    }
    let units = values.chunks_exact(samples);
    let count = units.len();
    Ok(units
        .filter(|unit| unit.iter().any(|&value| value > 0.0))
        .count() as f64
        / count as f64)
}

fn count_active(values: &[f64]) -> usize {
    values.iter().map(|&value| usize::from(value > 0.0)).sum()
}
