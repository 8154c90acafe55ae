use std::path::PathBuf;

use drift_env::{CorridorParameters, PredictiveParameters, RandomParameters, SmoothedParameters};
use serde::{Deserialize, Serialize};

/// What the network has to do: where inputs and targets come from.
///
/// In TOML the task is a table named after its kind, `[task.random]`, with the parameters of
/// drift-env's type of that name, or, with every default, a string, `task = "random"`; a file
/// is `task = { file = "own.npz" }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskSpec {
    /// Uniform random inputs and targets ([`drift_env::Random`]).
    Random(RandomParameters),
    /// Random, Gaussian-filtered over samples and channels ([`drift_env::Smoothed`]).
    Smoothed(SmoothedParameters),
    /// Targets are the random inputs ([`drift_env::Autoencoder`]); `output_dimension` is unused.
    RandomAutoencoder(RandomParameters),
    /// Targets are the smoothed inputs; `output_dimension` only sets the filter's width.
    SmoothedAutoencoder(SmoothedParameters),
    /// The next view on a ring of smoothed noise ([`drift_env::Predictive`]).
    Predictive(PredictiveParameters),
    /// An agent in a textured corridor predicts its next view ([`drift_env::CorridorTask`]).
    Corridor(CorridorParameters),
    /// Any data set: an `.npz` with `inputs` (samples × d_in), `targets` (samples × d_out) and,
    /// where there are any, `position` and `heading` (samples, a number each) and `environment`
    /// (samples, whole numbers from 0). The published names `x` and `y` do too.
    File(PathBuf),
    /// The two-dimensional loss x²y² of Figure 5A, without a network ([`drift_learn::Valley`]).
    Valley(ValleyStart),
}

/// Where the walk in the valley starts: `x` (default 1) and `y` (default 0.4), both finite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ValleyStart {
    /// First coordinate.
    pub x: f64,
    /// Second coordinate.
    pub y: f64,
}

impl Default for ValleyStart {
    fn default() -> Self {
        Self { x: 1.0, y: 0.4 }
    }
}

impl TaskSpec {
    /// The kind, as it is written in a scenario file.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            TaskSpec::Random(_) => "random",
            TaskSpec::Smoothed(_) => "smoothed",
            TaskSpec::RandomAutoencoder(_) => "random_autoencoder",
            TaskSpec::SmoothedAutoencoder(_) => "smoothed_autoencoder",
            TaskSpec::Predictive(_) => "predictive",
            TaskSpec::Corridor(_) => "corridor",
            TaskSpec::File(_) => "file",
            TaskSpec::Valley(_) => "valley",
        }
    }
}
