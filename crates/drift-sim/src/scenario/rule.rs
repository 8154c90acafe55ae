use drift_learn::{AdamSettings, RmsPropSettings, SedSettings, SgdSettings};
use serde::{Deserialize, Serialize};

use super::OwnPart;

/// The learning rule with all its constants.
///
/// In TOML a table named after the rule, `[rule.sgd]`, or a string for every default,
/// `rule = "adam"`. A rule that a program has put into its [`Registry`](crate::Registry) is named
/// likewise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RuleSpec {
    /// Gradient descent, θ ← θ − η g ([`drift_learn::Sgd`]).
    Sgd(SgdSettings),
    /// Adam with bias correction and ε outside the root ([`drift_learn::Adam`]).
    Adam(AdamSettings),
    /// RMSprop, not centred, ε outside the root ([`drift_learn::RmsProp`]).
    #[serde(rename = "rmsprop")]
    RmsProp(RmsPropSettings),
    /// Stochastic error descent, without a gradient ([`drift_learn::Sed`]).
    Sed(SedSettings),
    /// A rule of the program's own.
    Own(OwnPart),
}

impl Default for RuleSpec {
    fn default() -> Self {
        RuleSpec::Sgd(SgdSettings::default())
    }
}

impl RuleSpec {
    /// The rule's name, as it is written in a scenario file.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            RuleSpec::Sgd(_) => "sgd",
            RuleSpec::Adam(_) => "adam",
            RuleSpec::RmsProp(_) => "rmsprop",
            RuleSpec::Sed(_) => "sed",
            RuleSpec::Own(own) => &own.name,
        }
    }

    /// η; of a rule of one's own its setting `learning_rate`, NaN where it has none.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        match self {
            RuleSpec::Sgd(rule) => rule.learning_rate,
            RuleSpec::Adam(rule) => rule.learning_rate,
            RuleSpec::RmsProp(rule) => rule.learning_rate,
            RuleSpec::Sed(rule) => rule.learning_rate,
            RuleSpec::Own(own) => own.number("learning_rate").unwrap_or(f64::NAN),
        }
    }

    pub(super) fn check(&self) -> Result<(), drift_learn::Error> {
        match self {
            RuleSpec::Sgd(rule) => rule.check().map(drop),
            RuleSpec::Adam(rule) => rule.check().map(drop),
            RuleSpec::RmsProp(rule) => rule.check().map(drop),
            RuleSpec::Sed(rule) => rule.check().map(drop),
            RuleSpec::Own(_) => Ok(()),
        }
    }
}
