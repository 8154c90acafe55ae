//! The tasks: what makes a data set.

mod autoencoder;
mod changed_corridor;
mod corridor;
mod corridor_draws;
mod corridor_scaling;
mod predictive;
mod random;
mod smoothed;

pub use autoencoder::Autoencoder;
pub use changed_corridor::ScaledBy;
pub use corridor::{CorridorParameters, CorridorTask, Walk};
pub use corridor_draws::{CorridorDraws, EnvironmentDraws};
pub use corridor_scaling::CorridorScaling;
pub use predictive::{Predictive, PredictiveParameters, PredictiveTargets, PredictiveWalk};
pub use random::{Random, RandomParameters};
pub use smoothed::{Smoothed, SmoothedParameters};

use nalgebra::DMatrix;
use rand::{Rng, RngExt};

use crate::error::{all_finite, length};
use crate::{Dataset, Error, Normalisation};

/// Makes data sets from random draws.
///
/// Yours to implement, for tasks of your own; methods added later will have defaults. It serves as
/// a type parameter and as a trait object.
///
/// ```
/// use drift_env::{Dataset, Error, Task};
///
/// fn describe(task: &impl Task) -> String {
///     format!("{} samples", task.samples())
/// }
/// let task = drift_env::Random::new(10, 20, 10)?;
/// assert_eq!(describe(&task), "10 samples");
/// # Ok::<(), Error>(())
/// ```
pub trait Task {
    /// Number of samples in its data sets, n.
    #[must_use]
    fn samples(&self) -> usize;

    /// Number of input columns, d_in.
    #[must_use]
    fn input_dimension(&self) -> usize;

    /// Number of target columns, d_out.
    #[must_use]
    fn output_dimension(&self) -> usize;

    /// A data set from the draws of `rng`.
    ///
    /// # Errors
    /// [`Error::Constant`] when the draws leave an array that cannot be normalised, and whatever
    /// the task says.
    fn dataset(&self, rng: &mut dyn Rng) -> Result<Dataset, Error>;

    /// A data set from the draws of two generators: what the agent sees and how it walks. A task
    /// without an agent draws from the first alone, which is the default.
    ///
    /// # Errors
    /// As [`dataset`](Task::dataset).
    fn dataset_with(
        &self,
        texture: &mut dyn Rng,
        trajectory: &mut dyn Rng,
    ) -> Result<Dataset, Error> {
        let _ = trajectory;
        self.dataset(texture)
    }
}

/// Uniform draws from [0, 1), row by row as the published code fills its arrays.
fn uniform_matrix<R: Rng + ?Sized>(rows: usize, columns: usize, rng: &mut R) -> DMatrix<f64> {
    let draws: Vec<f64> = (0..rows * columns).map(|_| rng.random()).collect();
    DMatrix::from_row_slice(rows, columns, &draws)
}

/// Checks the shape and values of given draws.
fn check_draws(
    field: &'static str,
    draws: &DMatrix<f64>,
    rows: usize,
    columns: usize,
) -> Result<(), Error> {
    length(field, draws.nrows(), rows)?;
    length(field, draws.ncols(), columns)?;
    all_finite(field, draws.as_slice())
}

/// The data set of two arrays, each normalised as a whole.
fn normalised_dataset(
    mut inputs: DMatrix<f64>,
    mut targets: DMatrix<f64>,
    normalisation: Normalisation,
) -> Result<Dataset, Error> {
    normalisation.apply_field("inputs", inputs.as_mut_slice())?;
    normalisation.apply_field("targets", targets.as_mut_slice())?;
    Dataset::new(inputs, targets)
}
