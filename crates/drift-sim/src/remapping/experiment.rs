use drift_env::{Change, CorridorParameters, CorridorTask, ScaledBy};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::nearest;
use crate::presets::Preset;
use crate::scenario::{
    LogarithmicSampling, NoiseSpec, SamplingSpec, Scenario, SpectrumKind, TaskSpec,
    UncheckedScenario, deserialize, parse_assignment, set_value,
};

/// A remapping experiment as it is written in a file, not yet checked.
///
/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `scenario` | – | the run, on a corridor task | see [`UncheckedScenario`] |
/// | `seeds` | 10 | runs, of seeds `scenario.seed` and following | 1 to 10⁶ |
/// | `changes` | – | what is done to the corridor, each alone | 1 to 1000 |
/// | `environment` | 0 | the corridor that is changed | below `num_envs` |
/// | `shift_bins` | 10 | a field moved if its peak is farther away than this | below `measures.bins` |
/// | `scaled_by` | known | the range of the network's inputs after a change | [`ScaledBy`] |
/// | `from` | 0 | the prediction is tested from this step on: convergence | ≤ `scenario.steps` |
///
/// It is measured at the scenario's sampling points. Of `scenario.spectrum`, `kind` and
/// `tolerance` say how much of the Hessian is computed there; its `samples` have no say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncheckedExperiment {
    /// Number of seeds.
    #[serde(default = "ten")]
    pub seeds: u64,
    /// The environment that is changed.
    #[serde(default)]
    pub environment: usize,
    /// Largest shift of a peak that is no move, in bins.
    #[serde(default = "ten_bins")]
    pub shift_bins: usize,
    /// Which walk sets the range of inputs after a change.
    #[serde(default)]
    pub scaled_by: ScaledBy,
    /// First step at which the network counts as converged.
    #[serde(default)]
    pub from: u64,
    /// The changes.
    pub changes: Vec<Change>,
    /// The run.
    pub scenario: UncheckedScenario,
}

fn ten() -> u64 {
    10
}

fn ten_bins() -> usize {
    10
}

impl UncheckedExperiment {
    /// Changes one field, given as `field.path=value` with the value in TOML: a field of the
    /// experiment itself, or, where it has none of that name, of its scenario
    /// ([`UncheckedScenario::set`]).
    ///
    /// ```
    /// let mut experiment = drift_sim::remapping::preset("remapping")?.into_unchecked();
    /// experiment.set("network.hidden=50")?;
    /// experiment.set("changes=['new_texture', { lengthen = { factor = 2.0 } }]")?;
    /// assert_eq!((experiment.scenario.network.hidden, experiment.changes.len()), (50, 2));
    /// # Ok::<(), drift_sim::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`UncheckedScenario::set`]; the experiment is then unchanged.
    pub fn set(&mut self, assignment: &str) -> Result<(), Error> {
        let wrong = |reason: String| Error::Override {
            text: assignment.to_owned(),
            reason,
        };
        let mut tree = toml::Value::try_from(&*self).map_err(|error| wrong(error.to_string()))?;
        let (path, value) = parse_assignment(assignment)?;
        if path.contains('.') || tree.get(path).is_none() {
            return self.scenario.set(assignment);
        }
        set_value(&mut tree, path, value).map_err(wrong)?;
        *self = deserialize(tree, "remapping experiment")?;
        Ok(())
    }
}

/// A checked [`UncheckedExperiment`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedExperiment", into = "UncheckedExperiment")]
pub struct Experiment {
    spec: UncheckedExperiment,
    scenario: Scenario,
    task: CorridorTask,
}

impl Experiment {
    /// The fields, all within their ranges.
    #[must_use]
    pub fn spec(&self) -> &UncheckedExperiment {
        &self.spec
    }

    /// The fields, to be changed and checked again.
    #[must_use]
    pub fn into_unchecked(self) -> UncheckedExperiment {
        self.spec
    }

    /// The run, with the first seed.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The corridor task.
    #[must_use]
    pub fn task(&self) -> &CorridorTask {
        &self.task
    }

    /// The seeds, ascending.
    #[must_use]
    pub fn seeds(&self) -> std::ops::Range<u64> {
        self.scenario.seed()..self.scenario.seed() + self.spec.seeds
    }

    /// The experiment as TOML, defaults written out.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(&self.spec).expect("a checked experiment is TOML")
    }

    /// Reads and checks TOML.
    ///
    /// # Errors
    /// [`Error::Syntax`], [`Error::UnknownField`] or [`Error::OutOfRange`].
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| Error::Syntax {
                what: "remapping experiment (TOML)",
                message: error.to_string().trim_end().to_owned(),
            })?;
        let unchecked: UncheckedExperiment =
            deserialize(toml::Value::Table(table), "remapping experiment (TOML)")?;
        unchecked.try_into()
    }
}

impl TryFrom<UncheckedExperiment> for Experiment {
    type Error = Error;

    fn try_from(spec: UncheckedExperiment) -> Result<Self, Error> {
        let scenario = Scenario::try_from(spec.scenario.clone())?;
        let TaskSpec::Corridor(parameters) = spec.scenario.task else {
            return Err(Error::range(
                "scenario.task",
                spec.scenario.task.kind(),
                "corridor: only a corridor has walls to change",
            ));
        };
        let task = CorridorTask::try_from(parameters)?;
        let last_seed = scenario.seed().checked_add(spec.seeds);
        if !(1..=1_000_000).contains(&spec.seeds)
            || last_seed.is_none_or(|last| last > i64::MAX as u64)
        {
            return Err(Error::range(
                "seeds",
                spec.seeds,
                "1 to 1000000, with the last seed below 2^63",
            ));
        }
        if spec.changes.is_empty() || spec.changes.len() > 1000 {
            return Err(Error::range("changes", spec.changes.len(), "1 to 1000"));
        }
        for (index, change) in spec.changes.iter().enumerate() {
            change.check()?;
            change.arena(task.arena())?;
            change.motion(task.motion())?;
            // Rows name their change, so two of one name could not be told apart.
            if spec.changes[..index].contains(change) {
                return Err(Error::range("changes", change, "each change once"));
            }
        }
        if spec.environment >= task.num_envs() {
            return Err(Error::range(
                "environment",
                spec.environment,
                format!("below num_envs ({})", task.num_envs()),
            ));
        }
        let bins = spec.scenario.measures.bins;
        if spec.shift_bins >= bins {
            return Err(Error::range(
                "shift_bins",
                spec.shift_bins,
                format!("below measures.bins ({bins})"),
            ));
        }
        if spec.from > scenario.steps() {
            return Err(Error::range(
                "from",
                spec.from,
                format!("at most scenario.steps ({})", scenario.steps()),
            ));
        }
        Ok(Self {
            spec,
            scenario,
            task,
        })
    }
}

impl From<Experiment> for UncheckedExperiment {
    fn from(experiment: Experiment) -> Self {
        experiment.spec
    }
}

/// All experiments known by name, in the order to list them.
#[must_use]
pub fn presets() -> Vec<Preset> {
    [
        (
            "remapping",
            "remapping over training: one corridor, update noise, 200 units, 2*10^5 steps, 10 seeds",
        ),
        (
            "remapping-label",
            "the same under label noise, which flattens the loss by its trace",
        ),
        (
            "remapping-three",
            "the same of a network that has learned three corridors, of which one is changed",
        ),
    ]
    .map(|(name, description)| Preset {
        name: name.to_owned(),
        description: description.to_owned(),
    })
    .to_vec()
}

/// The experiment of a preset: Figure 2's corridor at a size at which ten seeds take minutes.
///
/// 200 units, 2·10⁵ steps, measured at step 0 and at 12 steps evenly spaced in logarithm from
/// 2000, when the fast fall of the loss is over, to the end. `remapping` has Table 2's Gaussian update noise
/// of 0.03 (Figure 2 has 0.0139 and five times the steps, so about the same diffusion);
/// `remapping-label` has uniform label noise of width 2 instead; `remapping-three` learns three
/// corridors of 150 samples each under the update noise.
///
/// # Errors
/// [`Error::UnknownPreset`], with the nearest name where one is close.
pub fn preset(name: &str) -> Result<Experiment, Error> {
    let list = presets();
    if !list.iter().any(|preset| preset.name == name) {
        return Err(Error::UnknownPreset {
            name: name.to_owned(),
            nearest: nearest(name, list.iter().map(|preset| preset.name.as_str())),
        });
    }
    let corridors = if name == "remapping-three" { 3 } else { 1 };
    let mut scenario = UncheckedScenario::new(TaskSpec::Corridor(CorridorParameters {
        samples: 150 * corridors,
        num_envs: corridors,
        ..CorridorParameters::figure2()
    }));
    scenario.name = name.to_owned();
    scenario.network.hidden = 200;
    scenario.steps = 200_000;
    if name == "remapping-label" {
        scenario.noise.label = NoiseSpec::uniform(2.0);
    } else {
        scenario.noise.update.distribution = NoiseSpec::gaussian(0.03);
    }
    // All eigenvalues of three corridors' Hessians would cost more than the runs.
    if corridors == 1 {
        scenario.spectrum.kind = SpectrumKind::GaussNewton;
    }
    scenario.sampling = SamplingSpec::Logarithmic(LogarithmicSampling {
        samples: 13,
        first: 2000,
    });
    UncheckedExperiment {
        seeds: ten(),
        environment: 0,
        shift_bins: ten_bins(),
        scaled_by: ScaledBy::Known,
        from: 2000,
        changes: vec![
            Change::NewTexture,
            Change::Morph { fraction: 0.5 },
            Change::Morph { fraction: 0.25 },
            Change::Lengthen { factor: 1.5 },
        ],
        scenario,
    }
    .try_into()
}
