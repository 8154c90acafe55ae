use nalgebra::{DMatrix, DMatrixView};

use crate::error::{check_finite, check_not_zero, check_size};
use crate::{Error, Shape};

/// Inputs and targets of one full batch, laid out as the kernels read them.
///
/// The rows of a matrix are samples. Kept besides the plain rows are the rows with a trailing 1
/// (the bias sees it as one more input); [`Samples::update_inputs`] keeps both in step.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    samples: usize,
    inputs: usize,
    outputs: usize,
    /// (samples × inputs), row-major.
    input_rows: Vec<f64>,
    /// (samples × (inputs + 1)), row-major, last column 1.
    augmented_rows: Vec<f64>,
    /// (samples × outputs), row-major.
    target_rows: Vec<f64>,
}

impl Samples {
    /// Copies `inputs` (samples × d_in) and `targets` (samples × d_out).
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] for an empty matrix, [`Error::ShapeMismatch`] where the numbers of
    /// rows differ, [`Error::NotFinite`] for NaN or infinity.
    pub fn new(inputs: DMatrixView<'_, f64>, targets: DMatrixView<'_, f64>) -> Result<Self, Error> {
        check_not_zero([
            ("rows of inputs", inputs.nrows()),
            ("columns of inputs", inputs.ncols()),
            ("columns of targets", targets.ncols()),
        ])?;
        check_size("rows of targets", targets.nrows(), inputs.nrows())?;
        let (samples, channels) = inputs.shape();
        let mut copy = Self {
            samples,
            inputs: channels,
            outputs: targets.ncols(),
            input_rows: to_row_major(inputs),
            augmented_rows: vec![1.0; samples * (channels + 1)],
            target_rows: to_row_major(targets),
        };
        check_finite("inputs", &copy.input_rows)?;
        check_finite("targets", &copy.target_rows)?;
        copy.spread_inputs();
        Ok(copy)
    }

    /// Number of samples, n.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples
    }

    /// Never true: an empty batch cannot be built.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// Input channels, d_in.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Output channels, d_out.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Inputs, (samples × inputs) with a sample's channels side by side.
    #[must_use]
    pub fn input_rows(&self) -> &[f64] {
        &self.input_rows
    }

    /// Targets, (samples × outputs) with a sample's channels side by side.
    #[must_use]
    pub fn target_rows(&self) -> &[f64] {
        &self.target_rows
    }

    /// Targets to be changed in place (label noise; samples × d_out, row after row), laid out as
    /// [`Samples::target_rows`].
    #[must_use]
    pub fn target_rows_mut(&mut self) -> &mut [f64] {
        &mut self.target_rows
    }

    /// Lets `change` rewrite the inputs (input noise), laid out as [`Samples::input_rows`].
    pub fn update_inputs(&mut self, change: impl FnOnce(&mut [f64])) {
        change(&mut self.input_rows);
        self.spread_inputs();
    }

    /// Variance over all entries of the targets, with n·d_out − 1 in the denominator: what the
    /// normalised loss is divided by. NaN for a single entry.
    #[must_use]
    pub fn target_variance(&self) -> f64 {
        let count = self.target_rows.len() as f64;
        let mean = self.target_rows.iter().sum::<f64>() / count;
        self.target_rows
            .iter()
            .map(|target| (target - mean).powi(2))
            .sum::<f64>()
            / (count - 1.0)
    }

    pub(crate) fn augmented_rows(&self) -> &[f64] {
        &self.augmented_rows
    }

    pub(crate) fn check_shape(&self, shape: Shape) -> Result<(), Error> {
        check_size("columns of inputs", self.inputs, shape.inputs())?;
        check_size("columns of targets", self.outputs, shape.outputs())
    }

    fn spread_inputs(&mut self) {
        for (sample, row) in self.input_rows.chunks_exact(self.inputs).enumerate() {
            self.augmented_rows[sample * (self.inputs + 1)..][..self.inputs].copy_from_slice(row);
        }
    }
}

fn to_row_major(matrix: DMatrixView<'_, f64>) -> Vec<f64> {
    let transposed: DMatrix<f64> = matrix.transpose();
    transposed.data.into()
}
