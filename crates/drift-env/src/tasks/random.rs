//! Unrelated uniform inputs and targets.

use nalgebra::DMatrix;
use rand::Rng;

use super::{Task, check_draws, normalised_dataset, uniform_matrix};
use crate::error::{array_size, at_least_one};
use crate::{Dataset, Error, Normalisation};

/// Unchecked sizes of [`Random`].
///
/// | Name | Default | Meaning | Range |
/// |---|---|---|---|
/// | `samples` | 10 | n | ≥ 1 |
/// | `input_dimension` | 20 | d_in | ≥ 1 |
/// | `output_dimension` | 10 | d_out | ≥ 1 |
/// | `normalisation` | symmetric | see [`Normalisation`] | |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct RandomParameters {
    /// Number of samples, n.
    pub samples: usize,
    /// Number of input columns, d_in.
    pub input_dimension: usize,
    /// Number of target columns, d_out.
    pub output_dimension: usize,
    /// Range of inputs and targets.
    pub normalisation: Normalisation,
}

impl Default for RandomParameters {
    fn default() -> Self {
        RandomParameters {
            samples: 10,
            input_dimension: 20,
            output_dimension: 10,
            normalisation: Normalisation::Symmetric,
        }
    }
}

impl RandomParameters {
    pub(super) fn check(&self) -> Result<(), Error> {
        at_least_one("samples", self.samples)?;
        at_least_one("input_dimension", self.input_dimension)?;
        at_least_one("output_dimension", self.output_dimension)?;
        array_size("samples", self.samples, self.input_dimension)?;
        array_size("samples", self.samples, self.output_dimension)
    }

    /// Uniform draws for the inputs, then for the targets.
    pub(super) fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> [DMatrix<f64>; 2] {
        [self.input_dimension, self.output_dimension]
            .map(|columns| uniform_matrix(self.samples, columns, rng))
    }

    pub(super) fn check_draws(
        &self,
        inputs: &DMatrix<f64>,
        targets: &DMatrix<f64>,
    ) -> Result<(), Error> {
        check_draws("inputs", inputs, self.samples, self.input_dimension)?;
        check_draws("targets", targets, self.samples, self.output_dimension)
    }
}

/// Inputs and targets drawn independently, uniform on [0, 1), each normalised as a whole.
///
/// The published code's `random`; drawn inputs first, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "RandomParameters", into = "RandomParameters")
)]
pub struct Random {
    parameters: RandomParameters,
}

impl Random {
    /// A task of `samples` rows with the given numbers of columns.
    ///
    /// # Errors
    /// [`Error::Count`] unless all are at least 1 and the arrays have at most 2³¹ entries.
    pub fn new(
        samples: usize,
        input_dimension: usize,
        output_dimension: usize,
    ) -> Result<Self, Error> {
        Random::try_from(RandomParameters {
            samples,
            input_dimension,
            output_dimension,
            ..RandomParameters::default()
        })
    }

    /// The sizes.
    #[must_use]
    pub fn parameters(&self) -> &RandomParameters {
        &self.parameters
    }

    /// The data set of given uniform draws (samples × d_in) and (samples × d_out).
    ///
    /// # Errors
    /// [`Error::Length`] for another shape, [`Error::NotFinite`], [`Error::Constant`].
    pub fn dataset_from_draws(
        &self,
        inputs: DMatrix<f64>,
        targets: DMatrix<f64>,
    ) -> Result<Dataset, Error> {
        self.parameters.check_draws(&inputs, &targets)?;
        normalised_dataset(inputs, targets, self.parameters.normalisation)
    }
}

impl Task for Random {
    fn samples(&self) -> usize {
        self.parameters.samples
    }

    fn input_dimension(&self) -> usize {
        self.parameters.input_dimension
    }

    fn output_dimension(&self) -> usize {
        self.parameters.output_dimension
    }

    fn dataset(&self, rng: &mut dyn Rng) -> Result<Dataset, Error> {
        let [inputs, targets] = self.parameters.draw(rng);
        self.dataset_from_draws(inputs, targets)
    }
}

impl TryFrom<RandomParameters> for Random {
    type Error = Error;

    fn try_from(parameters: RandomParameters) -> Result<Self, Error> {
        parameters.check()?;
        Ok(Random { parameters })
    }
}

impl From<Random> for RandomParameters {
    fn from(task: Random) -> Self {
        task.parameters
    }
}
