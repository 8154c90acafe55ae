//! Gaussian filters along one and two axes.
//!
//! The discrete Gaussian is truncated at four standard deviations: with standard deviation σ (in
//! samples) its radius is ⌊4σ + ½⌋ and its weights, exp(−k²/2σ²), are divided by their sum, so a
//! constant stays a constant.

use nalgebra::{DMatrix, DMatrixView};

use crate::Error;
use crate::error::{all_finite, within};

/// Largest standard deviation a filter takes, in samples.
pub const MAX_STANDARD_DEVIATION: f64 = 1e6;

/// What a filter finds beyond the ends of its axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Edge {
    /// Mirrored with the end value repeated: `c b a | a b c d | d c b`.
    Reflect,
    /// Continued from the other end, as on a ring: `b c d | a b c d | a b c`.
    Wrap,
}

impl Edge {
    /// Index into an axis of `length` that stands for the (possibly outlying) `index`.
    fn source(self, index: isize, length: isize) -> usize {
        let inside = match self {
            Edge::Wrap => index.rem_euclid(length),
            Edge::Reflect => {
                let folded = index.rem_euclid(2 * length);
                folded.min(2 * length - 1 - folded)
            }
        };
        inside as usize
    }
}

/// Weights of the truncated Gaussian of `standard_deviation` samples: odd in number, symmetric,
/// with sum 1. A standard deviation below 1/8 has radius 0 and leaves data as they are.
///
/// # Errors
/// [`Error::OutOfRange`] unless the standard deviation lies in [0, [`MAX_STANDARD_DEVIATION`]].
pub fn gaussian_kernel(standard_deviation: f64) -> Result<Vec<f64>, Error> {
    within(
        "standard_deviation",
        standard_deviation,
        0.0..=MAX_STANDARD_DEVIATION,
        "a standard deviation in [0, 1e6] samples",
    )?;
    let radius = (4.0 * standard_deviation + 0.5) as usize;
    if radius == 0 {
        return Ok(vec![1.0]);
    }
    let mut weights: Vec<f64> = (0..=2 * radius)
        .map(|index| {
            let distance = (index as f64 - radius as f64) / standard_deviation;
            (-0.5 * distance * distance).exp()
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    Ok(weights)
}

/// The Gaussian-filtered `values`; `standard_deviation` in samples.
///
/// ```
/// use drift_env::smoothing::{Edge, gaussian_filter};
///
/// let smooth = gaussian_filter(&[0.0, 0.0, 1.0, 0.0, 0.0], 0.5, Edge::Reflect)?;
/// assert!(smooth[2] < 1.0 && smooth[1] > 0.0);
/// assert!((smooth.iter().sum::<f64>() - 1.0).abs() < 1e-12);
/// # Ok::<(), drift_env::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] for a standard deviation outside [0, [`MAX_STANDARD_DEVIATION`]],
/// [`Error::NotFinite`] for a value that is not finite.
pub fn gaussian_filter(
    values: &[f64],
    standard_deviation: f64,
    edge: Edge,
) -> Result<Vec<f64>, Error> {
    all_finite("values", values)?;
    let weights = gaussian_kernel(standard_deviation)?;
    let mut filtered = vec![0.0; values.len()];
    convolve(values, &weights, edge, &mut Vec::new(), &mut filtered);
    Ok(filtered)
}

/// The matrix filtered down its columns (`rows_standard_deviation`) and then along its rows
/// (`columns_standard_deviation`), both in entries.
///
/// # Errors
/// As [`gaussian_filter`], for either standard deviation.
pub fn gaussian_filter_2d(
    values: DMatrixView<'_, f64>,
    rows_standard_deviation: f64,
    columns_standard_deviation: f64,
    edge: Edge,
) -> Result<DMatrix<f64>, Error> {
    let owned = values.clone_owned();
    all_finite("values", owned.as_slice())?;
    let down = gaussian_kernel(rows_standard_deviation)?;
    let along = gaussian_kernel(columns_standard_deviation)?;
    let filtered = filter_columns(&owned, &down, edge);
    Ok(filter_columns(&filtered.transpose(), &along, edge).transpose())
}

fn filter_columns(values: &DMatrix<f64>, weights: &[f64], edge: Edge) -> DMatrix<f64> {
    let mut filtered = DMatrix::zeros(values.nrows(), values.ncols());
    if values.nrows() == 0 {
        return filtered;
    }
    let mut padded = Vec::new();
    let columns = values.as_slice().chunks_exact(values.nrows());
    let targets = filtered.as_mut_slice().chunks_exact_mut(values.nrows());
    for (column, target) in columns.zip(targets) {
        convolve(column, weights, edge, &mut padded, target);
    }
    filtered
}

/// Writes the convolution of `values` with the symmetric `weights` into `filtered`; `padded` is
/// scratch space that several calls can share.
fn convolve(
    values: &[f64],
    weights: &[f64],
    edge: Edge,
    padded: &mut Vec<f64>,
    filtered: &mut [f64],
) {
    let length = values.len() as isize;
    let radius = (weights.len() / 2) as isize;
    if length == 0 {
        return;
    }
    padded.clear();
    padded.extend((-radius..length + radius).map(|index| values[edge.source(index, length)]));
    for (target, window) in filtered.iter_mut().zip(padded.windows(weights.len())) {
        *target = window.iter().zip(weights).map(|(v, w)| v * w).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn kernel_of_one_half_has_radius_two() {
        let kernel = gaussian_kernel(0.5).unwrap();
        assert_eq!(kernel.len(), 5);
        // exp(-2 k^2) for k = 0, 1, 2, over their (two-sided) sum.
        let sum = 1.0 + 2.0 * ((-2.0f64).exp() + (-8.0f64).exp());
        assert_relative_eq!(kernel[2], 1.0 / sum, max_relative = 1e-15);
        assert_relative_eq!(kernel[0], (-8.0f64).exp() / sum, max_relative = 1e-15);
        assert_eq!(kernel[0], kernel[4]);
    }

    #[test]
    fn no_spread_changes_nothing() {
        let values = [3.0, -1.0, 2.5];
        for edge in [Edge::Reflect, Edge::Wrap] {
            assert_eq!(gaussian_filter(&values, 0.0, edge).unwrap(), values);
        }
    }

    #[test]
    fn ends_are_mirrored_with_the_end_value_repeated_or_wrapped() {
        let reflected: Vec<usize> = (-5..9).map(|i| Edge::Reflect.source(i, 4)).collect();
        assert_eq!(reflected, [3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0]);
        let wrapped: Vec<usize> = (-5..9).map(|i| Edge::Wrap.source(i, 4)).collect();
        assert_eq!(wrapped, [3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0]);
    }

    #[test]
    fn a_kernel_wider_than_the_axis_approaches_the_mean() {
        let values = [1.0, 2.0, 6.0];
        for edge in [Edge::Reflect, Edge::Wrap] {
            for value in gaussian_filter(&values, 40.0, edge).unwrap() {
                assert_relative_eq!(value, 3.0, epsilon = 1e-3);
            }
        }
    }

    #[test]
    fn two_axes_are_filtered_one_after_the_other() {
        let values = DMatrix::from_row_slice(2, 3, &[1.0, 0.0, 2.0, 4.0, 1.0, 0.5]);
        let filtered = gaussian_filter_2d(values.as_view(), 0.0, 0.7, Edge::Reflect).unwrap();
        let row = gaussian_filter(&[4.0, 1.0, 0.5], 0.7, Edge::Reflect).unwrap();
        for (column, value) in row.iter().enumerate() {
            assert_eq!(filtered[(1, column)], *value);
        }
    }

    #[test]
    fn bad_input_is_refused() {
        assert!(gaussian_filter(&[1.0], -1.0, Edge::Wrap).is_err());
        assert!(gaussian_filter(&[1.0], f64::NAN, Edge::Wrap).is_err());
        assert!(gaussian_filter(&[1.0], 2e6, Edge::Wrap).is_err());
        assert!(gaussian_filter(&[1.0, f64::INFINITY], 1.0, Edge::Wrap).is_err());
        assert!(gaussian_filter(&[], 1.0, Edge::Wrap).unwrap().is_empty());
    }
}
