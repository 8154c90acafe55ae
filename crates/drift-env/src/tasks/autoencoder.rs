//! Inputs as targets.

use nalgebra::DMatrix;
use rand::Rng;

use super::{Random, Smoothed, Task, check_draws, normalised_dataset};
use crate::{Dataset, Error};

/// A task whose targets are the inputs of another.
///
/// `Autoencoder<Random>` and `Autoencoder<Smoothed>` are the published code's two autoencoders;
/// the inner task's own targets are drawn and dropped. In `Autoencoder<Smoothed>` the inner
/// `output_dimension` only sets the width of the filter along the columns.
///
/// ```
/// use drift_env::{Autoencoder, Smoothed, Task};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let task = Autoencoder::new(Smoothed::new(10, 20, 10)?);
/// let dataset = task.dataset(&mut ChaCha8Rng::seed_from_u64(0))?;
/// assert_eq!(dataset.inputs(), dataset.targets());
/// # Ok::<(), drift_env::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Autoencoder<T> {
    task: T,
}

impl<T: Task> Autoencoder<T> {
    /// The task that gives back the inputs of `task`.
    #[must_use]
    pub fn new(task: T) -> Self {
        Autoencoder { task }
    }

    /// The task whose inputs are used.
    #[must_use]
    pub fn task(&self) -> &T {
        &self.task
    }
}

impl Autoencoder<Random> {
    /// The data set of given uniform draws (samples × d_in).
    ///
    /// # Errors
    /// [`Error::Length`] for another shape, [`Error::NotFinite`], [`Error::Constant`].
    pub fn dataset_from_draws(&self, inputs: DMatrix<f64>) -> Result<Dataset, Error> {
        check_draws("inputs", &inputs, self.samples(), self.input_dimension())?;
        let normalisation = self.task.parameters().normalisation;
        normalised_dataset(inputs.clone(), inputs, normalisation)
    }
}

impl Autoencoder<Smoothed> {
    /// The data set of given uniform draws (samples × d_in), which are filtered first.
    ///
    /// # Errors
    /// [`Error::Length`] for another shape, [`Error::NotFinite`], [`Error::Constant`].
    pub fn dataset_from_draws(&self, inputs: DMatrix<f64>) -> Result<Dataset, Error> {
        check_draws("inputs", &inputs, self.samples(), self.input_dimension())?;
        let smooth = self.task.filter(&inputs)?;
        let normalisation = self.task.parameters().normalisation;
        normalised_dataset(smooth.clone(), smooth, normalisation)
    }
}

impl<T: Task> Task for Autoencoder<T> {
    fn samples(&self) -> usize {
        self.task.samples()
    }

    fn input_dimension(&self) -> usize {
        self.task.input_dimension()
    }

    fn output_dimension(&self) -> usize {
        self.task.input_dimension()
    }

    fn dataset(&self, rng: &mut dyn Rng) -> Result<Dataset, Error> {
        Ok(self.task.dataset(rng)?.autoencoding())
    }
}
