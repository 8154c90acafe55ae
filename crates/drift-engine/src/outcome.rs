use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a system ends its run before the last step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// One word for tables, such as `diverged`.
    pub kind: String,
    /// A sentence for people, such as "diverged at step 300: normalised loss 12".
    pub message: String,
}

impl End {
    /// An end of a kind, with a sentence about it.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            message: message.into(),
        }
    }

    /// The loss is NaN or infinite after `step` steps.
    #[must_use]
    pub fn not_finite(step: u64) -> Self {
        Self::new(
            "not_finite",
            format!("the loss is not finite at step {step}"),
        )
    }
}

/// How a run ended. A run that its system ended is a result, not an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// All steps were made.
    Completed {
        /// Steps done.
        step: u64,
    },
    /// The system ended the run.
    Ended {
        /// Steps done.
        step: u64,
        /// Why.
        end: End,
    },
    /// An observer stopped the run; it can go on.
    Stopped {
        /// Steps done.
        step: u64,
    },
}

impl Outcome {
    /// Steps done when the run ended.
    #[must_use]
    pub fn step(&self) -> u64 {
        match *self {
            Outcome::Completed { step }
            | Outcome::Ended { step, .. }
            | Outcome::Stopped { step } => step,
        }
    }

    /// Whether nothing is left to do: anything but [`Stopped`](Outcome::Stopped).
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Outcome::Stopped { .. })
    }

    /// The kind, as tables write it: `completed`, `stopped`, or [`End::kind`].
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Outcome::Completed { .. } => "completed",
            Outcome::Ended { end, .. } => &end.kind,
            Outcome::Stopped { .. } => "stopped",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Completed { step } => write!(formatter, "completed {step} steps"),
            Outcome::Ended { end, .. } => formatter.write_str(&end.message),
            Outcome::Stopped { step } => write!(formatter, "stopped at step {step}"),
        }
    }
}
