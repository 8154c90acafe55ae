use drift_env::{CorridorParameters, PredictiveParameters, RandomParameters, SmoothedParameters};
use drift_learn::similarity_matching::SimilarityExperiment;
use serde::{Deserialize, Serialize};

use super::{NamedFile, OwnPart};
use crate::similarity::PrincipalSubspaceRun;

/// What is run: where the inputs and targets of a network come from, or a system that needs none.
///
/// In TOML the task is a table named after its kind, `[task.random]`, with the parameters of
/// drift-env's type of that name, or, with every default, a string, `task = "random"`; a file
/// is `task = { file = "own.npz" }`. A task or system that a program has put into its
/// [`Registry`](crate::Registry) is named likewise.
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
    File(NamedFile),
    /// A data set that the program hands over ([`Training::with_dataset`](crate::Training::with_dataset)).
    Given {},
    /// The two-dimensional loss x²y² of Figure 5A, without a network ([`drift_learn::Valley`]).
    Valley(ValleyStart),
    /// Similarity matching by Hebbian and anti-Hebbian rules, without a loss to descend
    /// ([`drift_learn::similarity_matching::SimilarityRun`]).
    SimilarityMatching(SimilarityExperiment),
    /// The linear network of similarity matching
    /// ([`drift_learn::similarity_matching::PrincipalSubspace`]).
    PrincipalSubspace(PrincipalSubspaceRun),
    /// A task of the program's own.
    Own(OwnPart),
    /// A system of the program's own.
    OwnSystem(OwnPart),
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
    pub fn kind(&self) -> &str {
        match self {
            TaskSpec::Random(_) => "random",
            TaskSpec::Smoothed(_) => "smoothed",
            TaskSpec::RandomAutoencoder(_) => "random_autoencoder",
            TaskSpec::SmoothedAutoencoder(_) => "smoothed_autoencoder",
            TaskSpec::Predictive(_) => "predictive",
            TaskSpec::Corridor(_) => "corridor",
            TaskSpec::File(_) => "file",
            TaskSpec::Given {} => "given",
            TaskSpec::Valley(_) => "valley",
            TaskSpec::SimilarityMatching(_) => "similarity_matching",
            TaskSpec::PrincipalSubspace(_) => "principal_subspace",
            TaskSpec::Own(own) | TaskSpec::OwnSystem(own) => &own.name,
        }
    }

    /// Whether a network learns inputs and targets: the fields `network`, `rule`, `noise`,
    /// `measures`, `spectrum` and `stop` are then those of its training.
    #[must_use]
    pub fn has_dataset(&self) -> bool {
        !matches!(
            self,
            TaskSpec::Valley(_)
                | TaskSpec::SimilarityMatching(_)
                | TaskSpec::PrincipalSubspace(_)
                | TaskSpec::OwnSystem(_)
        )
    }

    /// Whether parameters go downhill under a rule and noises, of a network or in the valley.
    pub(crate) fn is_trained(&self) -> bool {
        self.has_dataset() || self.is_valley()
    }

    /// Whether it is the valley, which is trained without a network.
    #[must_use]
    pub fn is_valley(&self) -> bool {
        matches!(self, TaskSpec::Valley(_))
    }
}
