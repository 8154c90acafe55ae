use std::collections::BTreeSet;

use drift_learn::similarity_matching::{
    ActiveUnits, PrincipalSubspaceSettings, RecordSchedule, SimilarityExperiment, SimilarityInputs,
    SimilarityMatchingSettings,
};
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::Error;
use crate::scenario::{
    CheckpointSpec, MOST_SAMPLES, check_checkpoint, check_run, checked_to_toml, deserialize,
    parse_assignment, path_of, set_value_among, tree_of,
};

/// Tables with exactly one entry, named after the alternative it chooses.
const CHOICES: [&str; 2] = ["inputs", "network.settling.start"];
const WHAT: &str = "similarity matching (TOML)";

/// A run of similarity matching as it is written in a file, not yet checked.
///
/// Either `network`, `inputs` and `active` are there, or `principal_subspace` alone.
///
/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `name` | "unnamed" | free text for reports | one line |
/// | `seed` | 0 | all random numbers follow from it | 0 to 2⁶³ − 1 |
/// | `steps` | – | inputs to learn from, one a step | 1 to 10¹⁵ |
/// | `reference` | – | step whose responses later ones are correlated with | ≤ `steps` |
/// | `recording` | 12 a decade, every 200 | when the run is measured | [`RecordingSpec`] |
/// | `checkpoint` | every 30 s | what a kill can cost | [`CheckpointSpec`] |
/// | `network` | – | the network | [`SimilarityMatchingSettings`] |
/// | `inputs` | – | what it sees, with as many channels as the network | [`SimilarityInputs`] |
/// | `active` | – | which units count as active | [`ActiveUnits`] |
/// | `principal_subspace` | – | the linear network, with its inputs | [`PrincipalSubspaceSettings`] |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncheckedSettings {
    /// Free text for reports.
    #[serde(default = "unnamed")]
    pub name: String,
    /// All random numbers of the run follow from it, by named streams.
    #[serde(default)]
    pub seed: u64,
    /// Steps, an input each.
    pub steps: u64,
    /// Responses after so many steps are the reference of the population-vector correlation.
    pub reference: u64,
    /// When the run is measured.
    #[serde(default)]
    pub recording: RecordingSpec,
    /// How often the state is saved.
    #[serde(default)]
    pub checkpoint: CheckpointSpec,
    /// The network of similarity matching.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<SimilarityMatchingSettings>,
    /// What it sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<SimilarityInputs>,
    /// Which of its units count as active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<ActiveUnits>,
    /// The linear network, in the place of the three above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_subspace: Option<PrincipalSubspaceSettings>,
}

fn unnamed() -> String {
    "unnamed".to_owned()
}

/// When a run is measured: at step 0, about `per_decade` times in each factor of ten from step 1
/// on, at every multiple of `every`, at the reference step and at the end.
///
/// The logarithmic steps show the early phases, the even ones the late. Responses are kept at the
/// multiples of `every` alone. On the ring and the track a record takes about as long as learning
/// from as many inputs as it is measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordingSpec {
    /// Records a factor of ten (default 12, 0 to 1000; 0 for even steps alone).
    pub per_decade: u32,
    /// Steps between even records (default 200, ≥ 1).
    pub every: u64,
}

impl Default for RecordingSpec {
    fn default() -> Self {
        Self {
            per_decade: 12,
            every: 200,
        }
    }
}

impl RecordingSpec {
    /// The steps at which a run is measured, strictly increasing.
    fn points(&self, steps: u64, reference: u64) -> Vec<u64> {
        let even = (0..=steps / self.every).map(|index| index * self.every);
        let mut points: BTreeSet<u64> = even.collect();
        points.extend([reference, steps]);
        if self.per_decade > 0 {
            let schedule = RecordSchedule {
                warm_up: 0,
                recorded: steps,
                every: 1,
            };
            points.extend(schedule.times_from_start(self.per_decade));
        }
        points.into_iter().collect()
    }
}

impl UncheckedSettings {
    /// Reads TOML, without checking ranges.
    ///
    /// # Errors
    /// [`Error::Syntax`], or [`Error::UnknownField`] with the nearest name.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| Error::Syntax {
                what: WHAT,
                message: error.to_string().trim_end().to_owned(),
            })?;
        deserialize(Value::Table(table), WHAT)
    }

    /// Changes the number of steps; a reference that would lie beyond them moves to their middle.
    pub fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
        if self.reference > steps {
            self.reference = steps / 2;
        }
    }

    /// Changes one field, given as `field.path=value` with the value in TOML; a bare word is a
    /// string.
    ///
    /// ```
    /// let mut place = drift_sim::matching::preset("place")?.into_unchecked();
    /// place.set("network.lateral_noise=0")?;
    /// place.set("network.settling.start.uniform.width=0.2")?;
    /// assert_eq!(place.network.unwrap().lateral_noise, 0.0);
    /// # Ok::<(), drift_sim::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`UncheckedScenario::set`](crate::UncheckedScenario::set); the settings are then
    /// unchanged.
    pub fn set(&mut self, assignment: &str) -> Result<(), Error> {
        let (path, value) = parse_assignment(assignment)?;
        let mut tree = tree_of(self)?;
        set_value_among(&mut tree, path, value, &CHOICES).map_err(|reason| Error::Override {
            text: assignment.to_owned(),
            reason,
        })?;
        *self = deserialize(tree, WHAT)?;
        Ok(())
    }
}

/// The network of a run, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Chosen {
    Similarity(SimilarityExperiment),
    PrincipalSubspace(PrincipalSubspaceSettings),
}

/// A checked [`UncheckedSettings`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedSettings", into = "UncheckedSettings")]
pub struct Settings {
    spec: UncheckedSettings,
    chosen: Chosen,
}

impl Settings {
    /// The fields, all within their ranges.
    #[must_use]
    pub fn spec(&self) -> &UncheckedSettings {
        &self.spec
    }

    /// The fields, to be changed and checked again.
    #[must_use]
    pub fn into_unchecked(self) -> UncheckedSettings {
        self.spec
    }

    /// The steps at which the run is measured, strictly increasing.
    #[must_use]
    pub fn recording_points(&self) -> Vec<u64> {
        let spec = &self.spec;
        spec.recording.points(spec.steps, spec.reference)
    }

    /// The settings as TOML, defaults written out: running them again gives the same bits.
    #[must_use]
    pub fn to_toml(&self) -> String {
        checked_to_toml(&self.spec)
    }

    /// Reads and checks TOML.
    ///
    /// # Errors
    /// [`Error::Syntax`], [`Error::UnknownField`] or [`Error::OutOfRange`].
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        UncheckedSettings::from_toml(text)?.try_into()
    }

    pub(super) fn chosen(&self) -> &Chosen {
        &self.chosen
    }
}

impl TryFrom<UncheckedSettings> for Settings {
    type Error = Error;

    fn try_from(spec: UncheckedSettings) -> Result<Self, Error> {
        check_run(&spec.name, spec.seed, spec.steps)?;
        check_checkpoint(&spec.checkpoint)?;
        if spec.reference > spec.steps {
            return Err(Error::range(
                "reference",
                spec.reference,
                format!("at most steps ({})", spec.steps),
            ));
        }
        let RecordingSpec { per_decade, every } = spec.recording;
        if per_decade > 1000 {
            return Err(Error::range(
                "recording.per_decade",
                per_decade,
                "0 to 1000",
            ));
        }
        let most = MOST_SAMPLES as u64;
        if every < 1 || spec.steps / every > most {
            return Err(Error::range(
                "recording.every",
                every,
                format!("at least 1, and at most {most} records"),
            ));
        }
        let chosen = chosen(&spec)?;
        // Whatever is checked can be written.
        tree_of(&spec)?;
        Ok(Self { spec, chosen })
    }
}

fn chosen(spec: &UncheckedSettings) -> Result<Chosen, Error> {
    let checked = match (
        spec.network,
        spec.inputs,
        spec.active,
        &spec.principal_subspace,
    ) {
        (Some(network), Some(inputs), Some(active), None) => SimilarityExperiment {
            network,
            inputs,
            active,
            schedule: RecordSchedule {
                warm_up: spec.reference,
                recorded: spec.steps - spec.reference,
                every: spec.recording.every,
            },
        }
        .checked()
        .map(Chosen::Similarity),
        (None, None, None, Some(settings)) => {
            settings.clone().checked().map(Chosen::PrincipalSubspace)
        }
        (network, inputs, active, subspace) => {
            let there: Vec<&str> = [
                ("network", network.is_some()),
                ("inputs", inputs.is_some()),
                ("active", active.is_some()),
                ("principal_subspace", subspace.is_some()),
            ]
            .into_iter()
            .filter_map(|(name, is_there)| is_there.then_some(name))
            .collect();
            return Err(Error::range(
                "the tables of the network",
                if there.is_empty() {
                    "absent".to_owned()
                } else {
                    there.join(", ")
                },
                "network, inputs and active, or principal_subspace alone",
            ));
        }
    };
    checked.map_err(|error| match error {
        drift_learn::Error::OutOfRange {
            field,
            value,
            expected,
        } => Error::range(
            tree_of(spec)
                .ok()
                .and_then(|tree| path_of(&tree, field))
                .unwrap_or_else(|| field.to_owned()),
            value,
            expected,
        ),
        drift_learn::Error::LengthMismatch {
            found, expected, ..
        } => Error::range(
            "network.channels",
            expected,
            format!("{found}, as inputs has"),
        ),
        other => Error::Learn(other),
    })
}

impl From<Settings> for UncheckedSettings {
    fn from(settings: Settings) -> Self {
        settings.spec
    }
}
