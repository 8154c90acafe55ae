//! What is simulated, as data: the unchecked form that files hold and the checked form that
//! simulations take.
mod check;
mod noise;
mod rule;
mod sampling;
mod task;
mod text;

use std::path::PathBuf;

use drift_net::{Activation, Regime};
use serde::{Deserialize, Serialize};

pub(crate) use check::{checkpoint as check_checkpoint, run as check_run};
pub use noise::{GaussianSpec, NoisePlaces, NoiseSpec, UniformSpec, UpdateNoiseSpec};
pub use rule::{AdamSpec, RmsPropSpec, RuleSpec, SedSpec, SgdSpec};
pub(crate) use sampling::MOST_SAMPLES;
pub use sampling::{ExplicitSampling, LinearSampling, LogarithmicSampling, SamplingSpec};
pub use task::{TaskSpec, ValleyStart};
pub(crate) use text::{
    checked_to_toml, deserialize, from_value, parse_assignment, path_of, set_value,
    set_value_among, tree_of,
};

/// A scenario as it is written in a file, not yet checked.
///
/// Only `task` is required. `try_into` the checked [`Scenario`] says which field is outside
/// which range.
///
/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `name` | "unnamed" | free text for reports | one line |
/// | `seed` | 0 | all random numbers follow from it | 0 to 2⁶³ − 1 |
/// | `steps` | 1000000 | updates | 1 to 10¹⁵ |
/// | `task` | – | where inputs and targets come from | [`TaskSpec`] |
/// | `network` | 100 units, lazy | the network; unused in the valley | [`NetworkSpec`] |
/// | `rule` | SGD, η 0.1 | the learning rule | [`RuleSpec`] |
/// | `noise` | none | update, label and input noise | [`NoisePlaces`] |
/// | `sampling` | 101 linear | when the run is measured | [`SamplingSpec`] |
/// | `measures` | as published | how it is measured | [`MeasuresSpec`] |
/// | `spectrum` | none | how often and how the Hessian is | [`SpectrumSpec`] |
/// | `checkpoint` | every 30 s | what a kill can cost | [`CheckpointSpec`] |
/// | `stop` | as published | early stop | [`StopSpec`] |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncheckedScenario {
    /// Free text for reports.
    #[serde(default = "unnamed")]
    pub name: String,
    /// All random numbers of the run follow from it, by named streams.
    #[serde(default)]
    pub seed: u64,
    /// Updates.
    #[serde(default = "a_million")]
    pub steps: u64,
    /// Where inputs and targets come from.
    pub task: TaskSpec,
    /// The network.
    #[serde(default)]
    pub network: NetworkSpec,
    /// The learning rule.
    #[serde(default)]
    pub rule: RuleSpec,
    /// Update, label and input noise.
    #[serde(default)]
    pub noise: NoisePlaces,
    /// When the run is measured.
    #[serde(default)]
    pub sampling: SamplingSpec,
    /// How it is measured.
    #[serde(default)]
    pub measures: MeasuresSpec,
    /// How often the Hessian's spectrum is measured, and how.
    #[serde(default)]
    pub spectrum: SpectrumSpec,
    /// How often the state is saved.
    #[serde(default)]
    pub checkpoint: CheckpointSpec,
    /// When a run stops before its last step.
    #[serde(default)]
    pub stop: StopSpec,
}

fn unnamed() -> String {
    "unnamed".to_owned()
}

fn a_million() -> u64 {
    1_000_000
}

/// The network's size and start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkSpec {
    /// Hidden units h (default 100, 1 to 10⁷).
    pub hidden: usize,
    /// Standard deviation of the initial output weights (default lazy).
    pub regime: Regime,
    /// Activation function of the hidden units (default "relu"): also "softplus", "tanh",
    /// "leaky_relu", or one with its numbers, `{ leaky_relu = { slope = 0.1 } }`. It decides which
    /// units count as active.
    pub activation: Activation,
    /// Start from these parameters instead: an `.npz` with `parameters`, flat in
    /// [`drift_net::Network`]'s order, or (k × p) as in `snapshots.npz`, of which the last row
    /// is taken; or with `input_weights` (units × inputs), `bias` (units) and `output_weights`
    /// (outputs × units).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial: Option<PathBuf>,
}

impl Default for NetworkSpec {
    fn default() -> Self {
        Self {
            hidden: 100,
            regime: Regime::Lazy,
            activation: Activation::Relu,
            initial: None,
        }
    }
}

/// How a run is measured; all measures are on clean data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MeasuresSpec {
    /// Bins of the rate maps along the signed position (default 100, 1 to 10⁶).
    pub bins: usize,
    /// Standard deviation of the maps' smoothing for correlations and plots (default 6 bins,
    /// ≥ 0). Spatial information uses the unsmoothed map.
    pub smoothing: f64,
    /// A unit with more spatial information than this is a place unit (default 0.01 bits per
    /// unit of activity, ≥ 0).
    pub place_threshold: f64,
}

impl Default for MeasuresSpec {
    fn default() -> Self {
        Self {
            bins: 100,
            smoothing: 6.0,
            place_threshold: 0.01,
        }
    }
}

/// How much of the Hessian's spectrum is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpectrumKind {
    /// The trace alone, exact: milliseconds at any size. The one kind that exists for other
    /// activation functions than the ReLU.
    #[default]
    Trace,
    /// Every eigenvalue of the Gauss–Newton part, which is the whole Hessian at zero loss.
    GaussNewton,
    /// Every eigenvalue of the exact Hessian.
    Exact,
}

/// How often the Hessian of the clean loss is measured, and how.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpectrumSpec {
    /// Points, evenly spaced over the run and moved to the next sampling point (default 0: no
    /// spectrum).
    pub samples: usize,
    /// How much of the spectrum.
    pub kind: SpectrumKind,
    /// Eigenvalues above this count as non-zero (default 1e-10, ≥ 0).
    pub tolerance: f64,
    /// Measure only this many of the points at the start …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<usize>,
    /// … and this many at the end; without both, all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<usize>,
}

impl Default for SpectrumSpec {
    fn default() -> Self {
        Self {
            samples: 0,
            kind: SpectrumKind::Trace,
            tolerance: 1e-10,
            first: None,
            last: None,
        }
    }
}

impl SpectrumSpec {
    /// Which of the sampling points have a spectrum: one flag a point.
    #[must_use]
    pub fn selection(&self, points: &[u64]) -> Vec<bool> {
        let mut selected = vec![false; points.len()];
        let Some(&end) = points.last() else {
            return selected;
        };
        let grid = SamplingSpec::linear(self.samples).points(end);
        let ends_only = self.first.is_some() || self.last.is_some();
        let first = self.first.unwrap_or(0);
        let last = grid.len().saturating_sub(self.last.unwrap_or(0));
        for (index, wanted) in grid.iter().enumerate() {
            if ends_only && index >= first && index < last {
                continue;
            }
            let nearest = points.partition_point(|point| point < wanted);
            selected[nearest.min(points.len() - 1)] = true;
        }
        selected
    }
}

/// How often the state is saved, for runs that write into a directory. Whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointSpec {
    /// At least every so many seconds (default 30, > 0, at most 3.2·10⁹); absent: not by time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Every so many steps (≥ 1); absent: not by steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
}

impl Default for CheckpointSpec {
    fn default() -> Self {
        Self {
            seconds: Some(30.0),
            steps: None,
        }
    }
}

/// When a run stops before its last step (Methods: loss over 10, or no activity).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StopSpec {
    /// The clean normalised loss may not exceed this (default 10, > 0). In the valley, whose
    /// loss is not normalised, it is the loss itself.
    pub maximum_loss: f64,
    /// Step from which `maximum_loss` holds (default 100, the distance of the published samples).
    /// Where the step is too large for the curvature at the start, η λ_max > 2, the loss first
    /// overshoots by orders of magnitude and then settles on flatter ground. A loss that is not
    /// finite ends a run at any step.
    pub from_step: u64,
    /// Stop where no unit is active on any sample (default true).
    pub all_units_inactive: bool,
}

impl Default for StopSpec {
    fn default() -> Self {
        Self {
            maximum_loss: 10.0,
            from_step: 100,
            all_units_inactive: true,
        }
    }
}

impl UncheckedScenario {
    /// A scenario of a task with every default.
    #[must_use]
    pub fn new(task: TaskSpec) -> Self {
        Self {
            name: unnamed(),
            seed: 0,
            steps: a_million(),
            task,
            network: NetworkSpec::default(),
            rule: RuleSpec::default(),
            noise: NoisePlaces::default(),
            sampling: SamplingSpec::default(),
            measures: MeasuresSpec::default(),
            spectrum: SpectrumSpec::default(),
            checkpoint: CheckpointSpec::default(),
            stop: StopSpec::default(),
        }
    }
}

/// A checked scenario: every number in its range, every combination meaningful.
///
/// Reads and writes TOML and JSON (through serde the unchecked form, which is checked), and
/// both directions give back the same scenario.
///
/// ```
/// use drift_sim::Scenario;
///
/// let scenario = Scenario::from_toml(r#"
///     steps = 1000
///     task = "random"
///     [noise.update.distribution.gaussian]
///     standard_deviation = 0.03
/// "#)?;
/// assert_eq!(Scenario::from_toml(&scenario.to_toml())?, scenario);
///
/// let wrong = Scenario::from_toml("task = 'random'\nrule.sgd.learning_rate = -1");
/// assert_eq!(
///     wrong.unwrap_err().to_string(),
///     "rule.sgd.learning_rate is -1; expected a finite number > 0",
/// );
/// # Ok::<(), drift_sim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedScenario", into = "UncheckedScenario")]
pub struct Scenario(UncheckedScenario);

impl Scenario {
    /// The fields, all within their ranges.
    #[must_use]
    pub fn spec(&self) -> &UncheckedScenario {
        &self.0
    }

    /// The fields, to be changed and checked again.
    #[must_use]
    pub fn into_unchecked(self) -> UncheckedScenario {
        self.0
    }

    /// Free text for reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.0.seed
    }

    /// Updates.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.0.steps
    }

    /// The same scenario with another seed.
    ///
    /// # Errors
    /// [`Error::OutOfRange`](crate::Error::OutOfRange) for a seed beyond 2⁶³ − 1.
    pub fn with_seed(&self, seed: u64) -> Result<Self, crate::Error> {
        let mut unchecked = self.0.clone();
        unchecked.seed = seed;
        unchecked.try_into()
    }

    /// The steps at which the run is measured, strictly increasing.
    #[must_use]
    pub fn sampling_points(&self) -> Vec<u64> {
        self.0.sampling.points(self.0.steps)
    }
}

impl From<Scenario> for UncheckedScenario {
    fn from(scenario: Scenario) -> Self {
        scenario.0
    }
}
