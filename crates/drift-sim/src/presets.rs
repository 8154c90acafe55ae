//! Named scenarios: Figure 2, the valley of Figure 5A, and every task × rule × noise of
//! Table 2.
//!
//! Names of the Table 2 family are `TASK-RULE` or `TASK-RULE-NOISE`:
//!
//! | part | values |
//! |---|---|
//! | task | `random`, `smoothed`, `random-autoencoder`, `smoothed-autoencoder`, `predictive`, `corridor` |
//! | rule | `sgd`, `adam`, `rmsprop`, `sed` |
//! | noise | `update` (Gaussian, σ 0.03, on the gradient), `label` (uniform, width 1), none |
//!
//! `random-sgd-update`, `smoothed-adam`, `predictive-rmsprop`. They follow the published code's
//! configurations: 100 hidden units, lazy start, 10⁶ steps; n 10, d_in 20, d_out 10; learning
//! rate 0.1 (SGD), 0.001 (Adam, RMSprop), 0.95 (SED, the middle of the published 0.9 to 1). SED
//! has no gradient that update noise could enter, so `sed-update` puts it on the parameters.
//!
//! `figure2` has the conventions of the older version of the published code that made the data of
//! the published figure (a heading that starts at 0 and never wanders, data in [0, 1));
//! `figure2-current` those of its present version. With data in [-1, 1) nearly all units stay
//! active on some sample.

use drift_engine::{EarlySampling, Sampling};
use drift_env::{
    CorridorParameters, Normalisation, PredictiveParameters, RandomParameters, SmoothedParameters,
};
use drift_learn::{AdamSettings, RmsPropSettings, SedSettings, SgdSettings, UpdatePlace};
use drift_net::Regime;

use crate::scenario::{
    NoiseSpec, RuleSpec, SpectrumKind, TaskSpec, UncheckedScenario, ValleyStart,
};
use crate::{Error, Scenario, error::nearest, remapping, similarity};

/// Standard deviation of the update noise of Figure 2, from the published configuration.
pub(crate) const FIGURE2_UPDATE_NOISE: f64 = 0.013894954943731374;

/// A preset's name and what it is, in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preset {
    /// The name [`preset`] takes.
    pub name: String,
    /// One line for a list.
    pub description: String,
    /// What it belongs to, a heading of the list.
    pub group: &'static str,
}

impl Preset {
    pub(crate) fn new(
        group: &'static str,
        name: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            group,
        }
    }
}

/// The group of the presets that are named by their parts: a task of [`TASKS`], a rule of
/// [`RULES`], a noise of [`NOISES`].
pub const TABLE2: &str = "Table 2";

/// Tasks of Table 2, each with what it is.
pub const TASKS: [(&str, &str); 6] = [
    ("random", "random inputs and targets"),
    ("smoothed", "smoothed random inputs and targets"),
    ("random-autoencoder", "autoencoder of random inputs"),
    ("smoothed-autoencoder", "autoencoder of smoothed inputs"),
    ("predictive", "next view on a ring"),
    ("corridor", "next view of an agent in the corridor"),
];

/// Learning rules of Table 2, each with what it is.
pub const RULES: [(&str, &str); 4] = [
    ("sgd", "gradient descent"),
    ("adam", "Adam"),
    ("rmsprop", "RMSprop"),
    ("sed", "stochastic error descent"),
];

/// Noises of Table 2 as they end a name, each with what it is.
pub const NOISES: [(&str, &str); 3] = [
    ("", "no noise"),
    ("-update", "Gaussian update noise 0.03"),
    ("-label", "uniform label noise of width 1"),
];

/// All presets, in the order to list them.
#[must_use]
pub fn presets() -> Vec<Preset> {
    let figures = [
        (
            "Figure 2",
            "figure2",
            "500 units predict the next view in the corridor, noisy gradient descent, 10^6 steps",
        ),
        (
            "Figure 2",
            "figure2-current",
            "the same with the data of the published code's present version: a heading that \
             wanders, data in [-1, 1)",
        ),
        (
            "Figure 5A",
            "valley",
            "noisy gradient descent in the valley x^2 y^2",
        ),
    ];
    let figures = figures.map(|(group, name, what)| Preset::new(group, name, what));
    let table2 = combinations().into_iter();
    let table2 = table2
        .map(|(name, parts)| Preset::new(TABLE2, name, parts.map(|(_, what)| what).join(", ")));
    let mut list: Vec<Preset> = figures.into_iter().chain(table2).collect();
    let similarity = similarity::PRESETS
        .into_iter()
        .map(|(name, what)| Preset::new("Figure 4C: similarity matching", name, what));
    let remapping = remapping::PRESETS
        .into_iter()
        .map(|(name, what)| Preset::new("Remapping", name, what));
    list.extend(similarity.chain(remapping));
    list
}

/// The scenario of a preset.
///
/// # Errors
/// [`Error::UnknownPreset`], with the nearest name where one is close.
///
/// ```
/// let scenario = drift_sim::presets::preset("figure2")?;
/// assert_eq!(scenario.spec().network.hidden, 500);
///
/// let wrong = drift_sim::presets::preset("figure-2").unwrap_err();
/// assert_eq!(wrong.to_string(), "unknown preset figure-2 (did you mean figure2?)");
/// # Ok::<(), drift_sim::Error>(())
/// ```
pub fn preset(name: &str) -> Result<Scenario, Error> {
    let unchecked = match name {
        "figure2" => Some(figure2(CorridorParameters::figure2_published_data())),
        "figure2-current" => Some(figure2(CorridorParameters::figure2())),
        "valley" => Some(valley()),
        _ => table2(name)
            .or_else(|| similarity::preset(name))
            .or_else(|| remapping::preset(name)),
    };
    unchecked
        .ok_or_else(|| unknown(name, &presets()))?
        .try_into()
}

/// No preset of a list has this name.
pub(crate) fn unknown(name: &str, list: &[Preset]) -> Error {
    Error::UnknownPreset {
        name: name.to_owned(),
        nearest: nearest(name, list.iter().map(|preset| preset.name.as_str())),
    }
}

fn figure2(task: CorridorParameters) -> UncheckedScenario {
    let mut scenario = UncheckedScenario::new(TaskSpec::Corridor(task));
    scenario.name = match task.normalisation {
        Normalisation::Symmetric => "figure2-current".to_owned(),
        Normalisation::UnitInterval => "figure2".to_owned(),
    };
    scenario.network.hidden = 500.into();
    scenario.noise.update.distribution = NoiseSpec::gaussian(FIGURE2_UPDATE_NOISE);
    // The published run computed the whole spectrum at 51 points. The exact trace at the same
    // points costs nothing beside it; `spectrum.kind` asks for the rest.
    scenario.spectrum.samples = 51;
    scenario.spectrum.kind = SpectrumKind::Trace;
    scenario
}

fn valley() -> UncheckedScenario {
    let mut scenario = UncheckedScenario::new(TaskSpec::Valley(ValleyStart::default()));
    scenario.name = "valley".to_owned();
    scenario.steps = 100_000;
    scenario.rule = RuleSpec::Sgd(SgdSettings {
        learning_rate: 0.01,
    });
    scenario.noise.update.distribution = NoiseSpec::gaussian(1.0);
    scenario.sampling = Sampling::Early(EarlySampling {
        samples: 1001,
        ..EarlySampling::default()
    });
    scenario.spectrum.samples = 1001;
    scenario.stop.maximum_loss = 1e6;
    scenario
}

/// The presets of the Table 2 family: their names, and task, rule and noise of each.
fn combinations() -> Vec<(String, [(&'static str, &'static str); 3])> {
    let mut all = Vec::new();
    for task in TASKS {
        for rule in RULES {
            for noise in NOISES {
                let name = format!("{}-{}{}", task.0, rule.0, noise.0);
                all.push((name, [task, rule, noise]));
            }
        }
    }
    all
}

/// A preset of the Table 2 family, or none of that name.
fn table2(name: &str) -> Option<UncheckedScenario> {
    let (_, parts) = combinations()
        .into_iter()
        .find(|(known, _)| known == name)?;
    let [task, rule, noise] = parts.map(|(name, _)| name);
    let mut scenario = UncheckedScenario::new(match task {
        "random" => TaskSpec::Random(RandomParameters::default()),
        "smoothed" => TaskSpec::Smoothed(SmoothedParameters::default()),
        "random-autoencoder" => TaskSpec::RandomAutoencoder(RandomParameters::default()),
        "smoothed-autoencoder" => TaskSpec::SmoothedAutoencoder(SmoothedParameters::default()),
        "predictive" => TaskSpec::Predictive(PredictiveParameters::default()),
        _ => TaskSpec::Corridor(CorridorParameters::figure2()),
    });
    scenario.name = name.to_owned();
    scenario.network.regime = Regime::Lazy;
    scenario.rule = match rule {
        "sgd" => RuleSpec::Sgd(SgdSettings::default()),
        "adam" => RuleSpec::Adam(AdamSettings::default()),
        "rmsprop" => RuleSpec::RmsProp(RmsPropSettings::default()),
        _ => RuleSpec::Sed(SedSettings::default()),
    };
    match noise {
        "-update" => {
            scenario.noise.update.distribution = NoiseSpec::gaussian(0.03);
            if rule == "sed" {
                scenario.noise.update.place = UpdatePlace::Parameters;
                scenario.noise.update.distribution = NoiseSpec::gaussian(0.003);
            }
        }
        "-label" => scenario.noise.label = NoiseSpec::uniform(1.0),
        _ => {}
    }
    Some(scenario)
}
