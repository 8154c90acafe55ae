use nalgebra::{DMatrix, DMatrixView};

use crate::Error;
use crate::error::{check, check_finite, check_not_zero, check_size};

/// Mean drift measured over an ensemble of runs from the same point.
#[derive(Debug, Clone, PartialEq)]
pub struct EnsembleDrift {
    /// Displacement per step of each run, (runs × parameters).
    displacements: DMatrix<f64>,
    mean: Vec<f64>,
    standard_error: Vec<f64>,
}

/// How a measured drift agrees with a predicted one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Agreement {
    /// Cosine of the angle between the predicted and the measured mean drift. Sampling noise in
    /// the measurement lowers it: compare `sampling_share`.
    pub cosine: f64,
    /// Its standard error, by leaving out one run at a time (jackknife).
    pub cosine_standard_error: f64,
    /// Measured drift along the predicted one over its length, ⟨m, p⟩/⟨p, p⟩: 1 where theory
    /// holds, and free of bias by sampling noise.
    pub slope: f64,
    /// Its standard error over runs.
    pub slope_standard_error: f64,
    /// Share of ‖m‖² that sampling noise alone explains: Σ (standard error)² / ‖m‖².
    pub sampling_share: f64,
}

impl EnsembleDrift {
    /// From the displacement of each run, (runs × parameters), over `steps` steps. Project the
    /// rows onto the tangent space first where only drift along the manifold is wanted.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] with fewer than two runs, [`Error::ZeroDimension`] for no steps or
    /// no parameters, [`Error::NotFinite`].
    pub fn measure(displacements: DMatrixView<'_, f64>, steps: u64) -> Result<Self, Error> {
        let (runs, parameters) = displacements.shape();
        check(
            runs >= 2,
            "runs",
            runs as f64,
            "at least 2, for a standard error",
        )?;
        if steps == 0 {
            return Err(Error::ZeroDimension { field: "steps" });
        }
        check_not_zero([("parameters", parameters)])?;
        let displacements = displacements.into_owned() / steps as f64;
        check_finite("displacements", displacements.as_slice())?;
        let runs = runs as f64;
        let mut mean = Vec::with_capacity(parameters);
        let mut standard_error = Vec::with_capacity(parameters);
        for column in displacements.column_iter() {
            let average = column.sum() / runs;
            let squares: f64 = column.iter().map(|value| (value - average).powi(2)).sum();
            mean.push(average);
            standard_error.push((squares / (runs * (runs - 1.0))).sqrt());
        }
        Ok(Self {
            displacements,
            mean,
            standard_error,
        })
    }

    /// Mean displacement per step of each parameter (p).
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Standard error of [`mean`](Self::mean) over runs (p).
    #[must_use]
    pub fn standard_error(&self) -> &[f64] {
        &self.standard_error
    }

    /// Number of runs.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.displacements.nrows()
    }

    /// Compares with a predicted mean drift per step (p).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for another number of parameters, [`Error::NotFinite`],
    /// [`Error::OutOfRange`] where the prediction or the measured drift is zero: no angle is
    /// defined.
    pub fn agreement(&self, predicted: &[f64]) -> Result<Agreement, Error> {
        check_size("entries of predicted", predicted.len(), self.mean.len())?;
        check_finite("predicted", predicted)?;
        let runs = self.runs() as f64;
        let squared_prediction = dot(predicted, predicted);
        let squared_mean = dot(&self.mean, &self.mean);
        for (field, value) in [
            ("squared length of predicted", squared_prediction),
            ("squared length of the measured mean", squared_mean),
        ] {
            check(value > 0.0, field, value, "a number above 0")?;
        }
        let overlap = dot(&self.mean, predicted);
        let length = squared_prediction.sqrt();
        let mut slope_squares = 0.0;
        let mut left_out = Vec::with_capacity(self.runs());
        for row in self.displacements.row_iter() {
            let along: f64 = row.iter().zip(predicted).map(|(a, b)| a * b).sum();
            let with_mean: f64 = row.iter().zip(&self.mean).map(|(a, b)| a * b).sum();
            slope_squares += ((along - overlap) / squared_prediction).powi(2);
            let squared = runs * runs * squared_mean - 2.0 * runs * with_mean + row.norm_squared();
            left_out.push((runs * overlap - along) / (length * squared.max(0.0).sqrt()));
        }
        let average = left_out.iter().sum::<f64>() / runs;
        let spread: f64 = left_out.iter().map(|value| (value - average).powi(2)).sum();
        Ok(Agreement {
            cosine: overlap / (length * squared_mean.sqrt()),
            cosine_standard_error: ((runs - 1.0) / runs * spread).sqrt(),
            slope: overlap / squared_prediction,
            slope_standard_error: (slope_squares / (runs * (runs - 1.0))).sqrt(),
            sampling_share: dot(&self.standard_error, &self.standard_error) / squared_mean,
        })
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
