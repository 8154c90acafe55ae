use drift_learn::EpsilonPlace;
use serde::{Deserialize, Serialize};

/// The learning rule with all its constants.
///
/// In TOML a table named after the rule, `[rule.sgd]`, or a string for every default,
/// `rule = "adam"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RuleSpec {
    /// Gradient descent, θ ← θ − η g ([`drift_learn::Sgd`]).
    Sgd(SgdSpec),
    /// Adam with bias correction and ε outside the root ([`drift_learn::Adam`]).
    Adam(AdamSpec),
    /// RMSprop, not centred, ε outside the root ([`drift_learn::RmsProp`]).
    #[serde(rename = "rmsprop")]
    RmsProp(RmsPropSpec),
    /// Stochastic error descent, without a gradient ([`drift_learn::Sed`]).
    Sed(SedSpec),
}

impl Default for RuleSpec {
    fn default() -> Self {
        RuleSpec::Sgd(SgdSpec::default())
    }
}

/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `learning_rate` | 0.1 | η | > 0 |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SgdSpec {
    /// η.
    pub learning_rate: f64,
}

impl Default for SgdSpec {
    fn default() -> Self {
        Self { learning_rate: 0.1 }
    }
}

/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `learning_rate` | 0.001 | η | > 0 |
/// | `mean_decay` | 0.9 | β₁, decay of the mean gradient | 0 to 1, without 1 |
/// | `square_decay` | 0.999 | β₂, decay of the mean square | 0 to 1, without 1 |
/// | `epsilon` | 1e-8 | added to the root | > 0 |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamSpec {
    /// η.
    pub learning_rate: f64,
    /// β₁, decay of the mean gradient.
    pub mean_decay: f64,
    /// β₂, decay of the mean square.
    pub square_decay: f64,
    /// Added to the root of the mean square.
    pub epsilon: f64,
}

impl Default for AdamSpec {
    fn default() -> Self {
        Self {
            learning_rate: 1e-3,
            mean_decay: 0.9,
            square_decay: 0.999,
            epsilon: 1e-8,
        }
    }
}

/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `learning_rate` | 0.001 | η | > 0 |
/// | `square_decay` | 0.99 | α, decay of the mean square | 0 to 1, without 1 |
/// | `epsilon` | 1e-8 | ε | > 0 |
/// | `epsilon_place` | outside_root | ε is added to the root, or under it | outside_root, inside_root |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RmsPropSpec {
    /// η.
    pub learning_rate: f64,
    /// α, decay of the mean square.
    pub square_decay: f64,
    /// ε.
    pub epsilon: f64,
    /// Whether ε is added to the root or under it.
    pub epsilon_place: EpsilonPlace,
}

impl Default for RmsPropSpec {
    fn default() -> Self {
        Self {
            learning_rate: 1e-3,
            square_decay: 0.99,
            epsilon: 1e-8,
            epsilon_place: EpsilonPlace::OutsideRoot,
        }
    }
}

/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `learning_rate` | 0.95 | η | > 0 |
/// | `perturbation` | 0.1 | std of a perturbation before it is divided by √rows of its tensor | > 0 |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SedSpec {
    /// η.
    pub learning_rate: f64,
    /// Standard deviation of a perturbation before it is divided by √rows of its tensor.
    pub perturbation: f64,
}

impl Default for SedSpec {
    fn default() -> Self {
        Self {
            learning_rate: 0.95,
            perturbation: 0.1,
        }
    }
}

impl RuleSpec {
    /// The rule's name, as it is written in a scenario file.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            RuleSpec::Sgd(_) => "sgd",
            RuleSpec::Adam(_) => "adam",
            RuleSpec::RmsProp(_) => "rmsprop",
            RuleSpec::Sed(_) => "sed",
        }
    }

    /// η.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        match self {
            RuleSpec::Sgd(rule) => rule.learning_rate,
            RuleSpec::Adam(rule) => rule.learning_rate,
            RuleSpec::RmsProp(rule) => rule.learning_rate,
            RuleSpec::Sed(rule) => rule.learning_rate,
        }
    }
}
