use std::fmt;

use serde::{Deserialize, Serialize};

/// How a run ended. A diverged or dead run is a result, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// All steps were made.
    Completed {
        /// Updates done.
        step: u64,
    },
    /// The clean normalised loss exceeded the scenario's `stop.maximum_loss`.
    Diverged {
        /// Updates done.
        step: u64,
        /// The loss that was too large.
        normalised_loss: f64,
    },
    /// The loss is NaN or infinite.
    NotFinite {
        /// Updates done.
        step: u64,
    },
    /// No unit is active on any sample.
    AllUnitsInactive {
        /// Updates done.
        step: u64,
    },
    /// An observer stopped the run; it can go on.
    Stopped {
        /// Updates done.
        step: u64,
    },
}

impl Outcome {
    /// Updates done when the run ended.
    #[must_use]
    pub fn step(&self) -> u64 {
        match *self {
            Outcome::Completed { step }
            | Outcome::Diverged { step, .. }
            | Outcome::NotFinite { step }
            | Outcome::AllUnitsInactive { step }
            | Outcome::Stopped { step } => step,
        }
    }

    /// Whether nothing is left to do: anything but [`Stopped`](Outcome::Stopped).
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Outcome::Stopped { .. })
    }

    /// The kind, as tables write it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Outcome::Completed { .. } => "completed",
            Outcome::Diverged { .. } => "diverged",
            Outcome::NotFinite { .. } => "not_finite",
            Outcome::AllUnitsInactive { .. } => "all_units_inactive",
            Outcome::Stopped { .. } => "stopped",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Completed { step } => write!(formatter, "completed {step} steps"),
            Outcome::Diverged {
                step,
                normalised_loss,
            } => write!(
                formatter,
                "diverged at step {step}: normalised loss {normalised_loss}"
            ),
            Outcome::NotFinite { step } => {
                write!(formatter, "the loss is not finite at step {step}")
            }
            Outcome::AllUnitsInactive { step } => {
                write!(formatter, "no unit is active on any sample at step {step}")
            }
            Outcome::Stopped { step } => write!(formatter, "stopped at step {step}"),
        }
    }
}
