//! Smooth random inputs and targets.

use nalgebra::DMatrix;
use rand::Rng;

use super::{RandomParameters, Task, normalised_dataset};
use crate::error::within;
use crate::smoothing::{Edge, MAX_STANDARD_DEVIATION, gaussian_filter_2d};
use crate::{Dataset, Error, Normalisation};

/// Unchecked sizes of [`Smoothed`].
///
/// | Name | Default | Meaning | Range |
/// |---|---|---|---|
/// | `samples` | 10 | n | ≥ 1 |
/// | `input_dimension` | 20 | d_in | ≥ 1 |
/// | `output_dimension` | 10 | d_out | ≥ 1 |
/// | `smooth_factor` | 5 | n over the filter's std along the samples | > 0, std ≤ 10⁶ |
/// | `column_smooth_factor` | 5 | d_out over the filter's std along the columns | > 0, std ≤ 10⁶ |
/// | `normalisation` | symmetric | see [`Normalisation`] | |
///
/// The published code fixes the last one at 5.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct SmoothedParameters {
    /// Number of samples, n.
    pub samples: usize,
    /// Number of input columns, d_in.
    pub input_dimension: usize,
    /// Number of target columns, d_out.
    pub output_dimension: usize,
    /// n over the filter's standard deviation along the samples.
    pub smooth_factor: f64,
    /// d_out over the filter's standard deviation along the columns.
    pub column_smooth_factor: f64,
    /// Range of inputs and targets.
    pub normalisation: Normalisation,
}

impl Default for SmoothedParameters {
    fn default() -> Self {
        let RandomParameters {
            samples,
            input_dimension,
            output_dimension,
            normalisation,
        } = RandomParameters::default();
        SmoothedParameters {
            samples,
            input_dimension,
            output_dimension,
            smooth_factor: 5.0,
            column_smooth_factor: 5.0,
            normalisation,
        }
    }
}

impl SmoothedParameters {
    /// The sizes of the arrays that are drawn and then filtered.
    fn drawn(&self) -> RandomParameters {
        RandomParameters {
            samples: self.samples,
            input_dimension: self.input_dimension,
            output_dimension: self.output_dimension,
            normalisation: self.normalisation,
        }
    }
}

/// Uniform draws put through a two-dimensional Gaussian filter of standard deviation
/// (n/`smooth_factor`, d_out/`column_smooth_factor`), reflecting edges, then normalised.
///
/// The published code's `smoothed`. The filter of the inputs has the **targets'** width in its
/// second standard deviation too.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "SmoothedParameters", into = "SmoothedParameters")
)]
pub struct Smoothed {
    parameters: SmoothedParameters,
}

impl Smoothed {
    /// A task of `samples` rows with the given numbers of columns and the published factors of 5.
    ///
    /// # Errors
    /// [`Error::Count`] unless all are at least 1 and the arrays have at most 2³¹ entries.
    pub fn new(
        samples: usize,
        input_dimension: usize,
        output_dimension: usize,
    ) -> Result<Self, Error> {
        Smoothed::try_from(SmoothedParameters {
            samples,
            input_dimension,
            output_dimension,
            ..SmoothedParameters::default()
        })
    }

    /// The sizes.
    #[must_use]
    pub fn parameters(&self) -> &SmoothedParameters {
        &self.parameters
    }

    /// Standard deviations of the filter, along samples and along columns, in entries.
    #[must_use]
    pub fn standard_deviations(&self) -> (f64, f64) {
        let sizes = &self.parameters;
        (
            sizes.samples as f64 / sizes.smooth_factor,
            sizes.output_dimension as f64 / sizes.column_smooth_factor,
        )
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
        self.parameters.drawn().check_draws(&inputs, &targets)?;
        normalised_dataset(
            self.filter(&inputs)?,
            self.filter(&targets)?,
            self.parameters.normalisation,
        )
    }

    pub(super) fn filter(&self, draws: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        let (rows, columns) = self.standard_deviations();
        gaussian_filter_2d(draws.as_view(), rows, columns, Edge::Reflect)
    }
}

impl Task for Smoothed {
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
        let [inputs, targets] = self.parameters.drawn().draw(rng);
        self.dataset_from_draws(inputs, targets)
    }
}

impl TryFrom<SmoothedParameters> for Smoothed {
    type Error = Error;

    fn try_from(parameters: SmoothedParameters) -> Result<Self, Error> {
        parameters.drawn().check()?;
        let expected = "a factor > 0 whose filter is at most 1e6 entries wide";
        let narrowest = |length: usize| length as f64 / MAX_STANDARD_DEVIATION;
        for (field, factor, length) in [
            (
                "smooth_factor",
                parameters.smooth_factor,
                parameters.samples,
            ),
            (
                "column_smooth_factor",
                parameters.column_smooth_factor,
                parameters.output_dimension,
            ),
        ] {
            within(field, factor, narrowest(length)..=f64::MAX, expected)?;
        }
        Ok(Smoothed { parameters })
    }
}

impl From<Smoothed> for SmoothedParameters {
    fn from(task: Smoothed) -> Self {
        task.parameters
    }
}
