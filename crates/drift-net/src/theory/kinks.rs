use nalgebra::{DMatrix, DMatrixView};

use crate::error::{check_finite, check_size};
use crate::{Error, Shape};

/// Activity that changed between two snapshots. Where none did, both lie in one region on which
/// the output is smooth, as the theory of drift supposes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KinkCrossings {
    /// (unit, sample) pairs that became active.
    pub switched_on: usize,
    /// (unit, sample) pairs that became inactive.
    pub switched_off: usize,
    /// Units with any change, ascending.
    pub units: Vec<usize>,
}

impl KinkCrossings {
    /// All changed (unit, sample) pairs.
    #[must_use]
    pub fn total(&self) -> usize {
        self.switched_on + self.switched_off
    }
}

/// Counts the ReLU kinks between two parameter vectors of one `shape`: (unit, sample) pairs
/// whose activity on `inputs` (samples × d_in) differs. A unit that switched and came back in
/// between is not seen.
///
/// # Errors
/// [`Error::ShapeMismatch`] where a parameter vector or the inputs do not fit,
/// [`Error::NotFinite`] where a parameter is NaN or infinite, [`Error::OneHiddenLayer`] for a deeper
/// network.
pub fn kink_crossings(
    shape: Shape,
    before: &[f64],
    after: &[f64],
    inputs: DMatrixView<'_, f64>,
) -> Result<KinkCrossings, Error> {
    shape.check_one_hidden_layer("counting kinks")?;
    check_size("columns of inputs", inputs.ncols(), shape.inputs())?;
    let before = activity(shape, before, inputs)?;
    let after = activity(shape, after, inputs)?;
    let mut crossings = KinkCrossings {
        switched_on: 0,
        switched_off: 0,
        units: Vec::new(),
    };
    for unit in 0..shape.hidden() {
        let previous = crossings.total();
        for (&was, &is) in before.column(unit).iter().zip(after.column(unit).iter()) {
            crossings.switched_on += usize::from(!was && is);
            crossings.switched_off += usize::from(was && !is);
        }
        if crossings.total() > previous {
            crossings.units.push(unit);
        }
    }
    Ok(crossings)
}

/// Whether hidden > 0, (samples × units).
fn activity(
    shape: Shape,
    parameters: &[f64],
    inputs: DMatrixView<'_, f64>,
) -> Result<DMatrix<bool>, Error> {
    check_size("parameters", parameters.len(), shape.parameters())?;
    check_finite("parameters", parameters)?;
    let units = DMatrixView::from_slice(parameters, shape.hidden(), shape.inputs() + 1);
    let mut preactivation = inputs * units.columns(0, shape.inputs()).transpose();
    let bias = units.column(shape.inputs()).transpose();
    for mut row in preactivation.row_iter_mut() {
        row += &bias;
    }
    Ok(preactivation.map(|value| value > 0.0))
}
