//! What is simulated, as data: the unchecked form that files hold and the checked form that
//! simulations take.
mod check;
mod noise;
mod own;
mod rule;
mod task;
mod text;

use drift_engine::{CheckpointEvery, Plan, Sampling};
use drift_learn::similarity_matching::SimilarityExperiment;
use drift_learn::{BatchSettings, DecaySettings};
use drift_net::{Activation, Regime, Widths};
use serde::{Deserialize, Serialize};

use crate::similarity::PrincipalSubspaceRun;

pub use noise::{
    ActivityNoiseSpec, DropoutSpec, GaussianSpec, NoisePlaces, NoiseSpec, PerLayer, UniformSpec,
    UpdateNoiseSpec, WeightNoiseSpec,
};
pub use own::{NamedFile, OwnPart};
pub use rule::RuleSpec;
pub use task::{TaskSpec, ValleyStart};
pub(crate) use text::{
    OwnNames, Place, deserialize, from_value, is_own, path_in, set_value, table_of, tree, tree_of,
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
/// | `noise` | none | update, label and input noise, noise in the network | [`NoisePlaces`] |
/// | `batch` | all samples | which samples a step is on | [`BatchSettings`] |
/// | `decay` | none | weight decay | [`DecaySettings`] |
/// | `sampling` | 101 even, 12 a decade before | when the run is measured | [`Sampling`] |
/// | `measures` | as published | how it is measured | [`MeasuresSpec`] |
/// | `spectrum` | none | how often and how the Hessian is measured | [`SpectrumSpec`] |
/// | `checkpoint` | every 30 s | what a kill can cost | [`CheckpointEvery`] |
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
    /// Update, label and input noise, and noise in the network.
    #[serde(default)]
    pub noise: NoisePlaces,
    /// Samples of a step; without it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchSettings>,
    /// Weight decay of sgd, adam and rmsprop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<DecaySettings>,
    /// When the run is measured.
    #[serde(default)]
    pub sampling: Sampling,
    /// How it is measured.
    #[serde(default)]
    pub measures: MeasuresSpec,
    /// How often the Hessian's spectrum is measured, and how.
    #[serde(default)]
    pub spectrum: SpectrumSpec,
    /// How often the state is saved.
    #[serde(default)]
    pub checkpoint: CheckpointEvery,
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
    /// Hidden units (default 100): a number, or a list with one a layer from the inputs up, each
    /// 1 to 10⁷, of at most 16 layers.
    pub hidden: Widths,
    /// Standard deviation of the initial output weights (default lazy).
    pub regime: Regime,
    /// Activation function of the hidden units (default "relu"): also "softplus", "tanh",
    /// "leaky_relu", or one with its numbers, `{ leaky_relu = { slope = 0.1 } }`. It decides which
    /// units count as active.
    pub activation: Activation,
    /// Start from these parameters instead: an `.npz` with `parameters`, flat in
    /// [`drift_net::Network`]'s order, or (k × p) as in `snapshots.npz`, of which the last row
    /// is taken; or with `input_weights` (units × inputs), `bias` (units) and `output_weights`
    /// (outputs × units), of one hidden layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial: Option<NamedFile>,
}

impl Default for NetworkSpec {
    fn default() -> Self {
        Self {
            hidden: 100.into(),
            regime: Regime::Lazy,
            activation: Activation::Relu,
            initial: None,
        }
    }
}

/// How a run is measured; all measures are on clean data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Bins of the rate maps along each side of a plane (default 20, 1 to 1000).
    #[serde(skip_serializing_if = "is_twenty")]
    pub plane_bins: usize,
    /// What a change of the corridor does to the code, at every sampling point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remapping: Option<crate::remapping::RemappingSpec>,
    /// Measures of the program's own, by their names in its [`Registry`](crate::Registry), with
    /// their settings: `own.NAME = {}`.
    #[serde(skip_serializing_if = "toml::Table::is_empty")]
    pub own: toml::Table,
}

fn is_twenty(bins: &usize) -> bool {
    *bins == 20
}

impl Default for MeasuresSpec {
    fn default() -> Self {
        Self {
            bins: 100,
            smoothing: 6.0,
            place_threshold: 0.01,
            plane_bins: 20,
            remapping: None,
            own: toml::Table::new(),
        }
    }
}

/// How much of the Hessian's spectrum is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpectrumKind {
    /// The trace alone, exact: milliseconds at most sizes.
    #[default]
    Trace,
    /// Every eigenvalue of the Gauss–Newton part, which is the whole Hessian at zero loss.
    GaussNewton,
    /// Every eigenvalue of the exact Hessian. With several hidden layers or another function than
    /// the ReLU for at most 20 000 parameters of living units.
    Exact,
}

impl SpectrumKind {
    /// The array of eigenvalues in `spectra.npz`, which says of what they are.
    pub(crate) fn entries(self) -> &'static str {
        match self {
            Self::GaussNewton => "gauss_newton_eigenvalues",
            _ => "eigenvalues",
        }
    }
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
    /// Points at which the largest eigenvalue is measured, placed as `samples` are (default: every
    /// sampling point; 0 for none). Lanczos iteration finds it from the last eigenvector, for every
    /// activation function, at the cost of some twenty gradients a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest: Option<usize>,
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
            largest: None,
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
        let ends_only = self.first.is_some() || self.last.is_some();
        let first = self.first.unwrap_or(0);
        let behind = self.last.unwrap_or(0);
        spread(self.samples, points, |index, count| {
            !ends_only || index < first || index + behind >= count
        })
    }

    /// The sampling points at which the spectrum is measured.
    pub(crate) fn places(&self, points: &[u64]) -> Vec<u64> {
        chosen(points, self.selection(points))
    }

    /// The sampling points at which the largest eigenvalue is measured.
    pub(crate) fn places_of_largest(&self, points: &[u64]) -> Vec<u64> {
        match self.largest {
            Some(count) => chosen(points, spread(count, points, |_, _| true)),
            None => points.to_vec(),
        }
    }
}

/// The points that are flagged.
fn chosen(points: &[u64], flags: Vec<bool>) -> Vec<u64> {
    let flagged = points.iter().zip(flags);
    flagged
        .filter_map(|(&point, flag)| flag.then_some(point))
        .collect()
}

/// Flags those of `points` that come next after `count` even places over them, of which `wanted`
/// (index, number of places) takes some.
fn spread(count: usize, points: &[u64], wanted: impl Fn(usize, usize) -> bool) -> Vec<bool> {
    let mut selected = vec![false; points.len()];
    let Some(&end) = points.last() else {
        return selected;
    };
    let grid = Sampling::linear(count).points(end);
    for (index, place) in grid.iter().enumerate() {
        if wanted(index, grid.len()) {
            let next = points.partition_point(|point| point < place);
            selected[next.min(points.len() - 1)] = true;
        }
    }
    selected
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
    /// Changes the number of steps; a step of the task's that would lie beyond them, as the
    /// reference of similarity matching, moves to their middle.
    pub fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
        if let TaskSpec::SimilarityMatching(SimilarityExperiment { reference, .. })
        | TaskSpec::PrincipalSubspace(PrincipalSubspaceRun { reference, .. }) = &mut self.task
            && *reference > steps
        {
            *reference = steps / 2;
        }
    }

    /// Resolves the files that the scenario names against `folder`, and pins what is in them.
    ///
    /// # Errors
    /// [`Error::Engine`](crate::Error::Engine) for a file that cannot be read.
    pub fn pin_files(&mut self, folder: &std::path::Path) -> Result<(), crate::Error> {
        if let TaskSpec::File(file) = &mut self.task {
            *file = file.pinned(folder)?;
        }
        if let Some(file) = &mut self.network.initial {
            *file = file.pinned(folder)?;
        }
        Ok(())
    }

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
            batch: None,
            decay: None,
            sampling: Sampling::default(),
            measures: MeasuresSpec::default(),
            spectrum: SpectrumSpec::default(),
            checkpoint: CheckpointEvery::default(),
            stop: StopSpec::default(),
        }
    }
}

/// A checked scenario: every number in its range, every combination meaningful.
///
/// Reads and writes TOML and JSON, and both directions give back the same scenario.
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
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    spec: UncheckedScenario,
    plan: Plan,
}

impl Scenario {
    /// The fields, all within their ranges.
    #[must_use]
    pub fn spec(&self) -> &UncheckedScenario {
        &self.spec
    }

    /// The fields, to be changed and checked again.
    #[must_use]
    pub fn into_unchecked(self) -> UncheckedScenario {
        self.spec
    }

    /// Free text for reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.spec.seed
    }

    /// Updates.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.spec.steps
    }

    /// The same scenario with another seed.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for a seed beyond 2⁶³ − 1.
    pub fn with_seed(&self, seed: u64) -> Result<Self, crate::Error> {
        let mut unchecked = self.spec.clone();
        unchecked.seed = seed;
        unchecked.try_into()
    }

    /// The steps at which the run is measured, strictly increasing.
    #[must_use]
    pub fn sampling_points(&self) -> &[u64] {
        self.plan.points()
    }

    /// How long the run is, when it is measured and how often it is saved.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

impl From<Scenario> for UncheckedScenario {
    fn from(scenario: Scenario) -> Self {
        scenario.spec
    }
}
