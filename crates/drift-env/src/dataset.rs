//! What a task hands to a network.

use nalgebra::DMatrix;

use crate::Error;
use crate::error::{all_finite, at_least_one, length};

/// Inputs and targets of a supervised task, with where the agent was if it was anywhere.
///
/// ```
/// use drift_env::Dataset;
/// use nalgebra::DMatrix;
///
/// let inputs = DMatrix::from_row_slice(2, 3, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
/// let targets = DMatrix::from_row_slice(2, 1, &[0.5, -0.5]);
/// let dataset = Dataset::new(inputs, targets)?.with_position(vec![0.0, 0.1])?;
/// assert_eq!(dataset.samples(), 2);
/// # Ok::<(), drift_env::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    inputs: DMatrix<f64>,
    targets: DMatrix<f64>,
    position: Option<Vec<f64>>,
    heading: Option<Vec<f64>>,
    across: Option<Vec<f64>>,
    environment: Vec<usize>,
}

impl Dataset {
    /// A data set of `inputs` (samples × d_in) and `targets` (samples × d_out), all of one
    /// environment, without positions.
    ///
    /// # Errors
    /// [`Error::Count`] for no samples or columns, [`Error::Length`] when the rows differ in
    /// number, [`Error::NotFinite`] for a value that is not finite.
    pub fn new(inputs: DMatrix<f64>, targets: DMatrix<f64>) -> Result<Self, Error> {
        at_least_one("inputs rows", inputs.nrows())?;
        at_least_one("inputs columns", inputs.ncols())?;
        at_least_one("targets columns", targets.ncols())?;
        length("targets rows", targets.nrows(), inputs.nrows())?;
        all_finite("inputs", inputs.as_slice())?;
        all_finite("targets", targets.as_slice())?;
        Ok(Dataset {
            environment: vec![0; inputs.nrows()],
            inputs,
            targets,
            position: None,
            heading: None,
            across: None,
        })
    }

    /// With the position of each sample along the track (samples), in track units.
    ///
    /// # Errors
    /// [`Error::Length`] unless there is one a sample, [`Error::NotFinite`].
    pub fn with_position(mut self, position: Vec<f64>) -> Result<Self, Error> {
        self.position = Some(self.one_a_sample("position", position)?);
        Ok(self)
    }

    /// With the place of each sample in a plane: x and y (samples each), in units of the arena.
    /// [`position`](Self::position) is then x.
    ///
    /// # Errors
    /// [`Error::Length`] unless there is one a sample, [`Error::NotFinite`].
    pub fn with_places(mut self, x: Vec<f64>, y: Vec<f64>) -> Result<Self, Error> {
        self.across = Some(self.one_a_sample("y", y)?);
        self.with_position(x)
    }

    /// With the heading at each sample (samples), in radians.
    ///
    /// # Errors
    /// [`Error::Length`] unless there is one a sample, [`Error::NotFinite`].
    pub fn with_heading(mut self, heading: Vec<f64>) -> Result<Self, Error> {
        self.heading = Some(self.one_a_sample("heading", heading)?);
        Ok(self)
    }

    fn one_a_sample(&self, field: &'static str, values: Vec<f64>) -> Result<Vec<f64>, Error> {
        length(field, values.len(), self.samples())?;
        all_finite(field, &values)?;
        Ok(values)
    }

    /// With the number of the environment that each sample comes from (samples).
    ///
    /// # Errors
    /// [`Error::Length`] unless there is one a sample.
    pub fn with_environment(mut self, environment: Vec<usize>) -> Result<Self, Error> {
        length("environment", environment.len(), self.samples())?;
        self.environment = environment;
        Ok(self)
    }

    /// The same data with the inputs as targets.
    #[must_use]
    pub(crate) fn autoencoding(mut self) -> Self {
        self.targets = self.inputs.clone();
        self
    }

    /// Number of samples, n.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.inputs.nrows()
    }

    /// Inputs (samples × d_in).
    #[must_use]
    pub fn inputs(&self) -> &DMatrix<f64> {
        &self.inputs
    }

    /// Targets (samples × d_out).
    #[must_use]
    pub fn targets(&self) -> &DMatrix<f64> {
        &self.targets
    }

    /// Position along the track (samples), in track units, where there is a track.
    #[must_use]
    pub fn position(&self) -> Option<&[f64]> {
        self.position.as_deref()
    }

    /// The second coordinate of each sample (samples), where it is a place in a plane.
    #[must_use]
    pub fn across(&self) -> Option<&[f64]> {
        self.across.as_deref()
    }

    /// Heading (samples), in radians, where there is one.
    #[must_use]
    pub fn heading(&self) -> Option<&[f64]> {
        self.heading.as_deref()
    }

    /// Number of the environment of each sample, from 0 (samples).
    #[must_use]
    pub fn environment(&self) -> &[usize] {
        &self.environment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mismatched_parts_are_refused() {
        let matrix = DMatrix::<f64>::zeros;
        assert!(Dataset::new(matrix(0, 2), matrix(0, 1)).is_err());
        assert!(Dataset::new(matrix(2, 0), matrix(2, 1)).is_err());
        assert!(Dataset::new(matrix(2, 1), matrix(2, 0)).is_err());
        assert!(Dataset::new(matrix(2, 1), matrix(3, 1)).is_err());
        assert!(Dataset::new(matrix(2, 1), DMatrix::from_element(2, 1, f64::NAN)).is_err());
        let good = Dataset::new(matrix(2, 1), matrix(2, 1)).unwrap();
        assert!(good.clone().with_position(vec![0.0]).is_err());
        assert!(good.clone().with_heading(vec![0.0, f64::NAN]).is_err());
        assert!(good.with_environment(vec![0, 0, 1]).is_err());
    }
}
