use std::path::PathBuf;

use thiserror::Error as ThisError;

/// Everything `drift-sim` refuses. A run that diverges or dies out is not an error but an
/// [`Outcome`](crate::Outcome).
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// A field of a scenario or a sweep is outside its range.
    #[error("{field} is {value}; expected {expected}")]
    OutOfRange {
        /// Dotted path of the field, as in the TOML file.
        field: String,
        /// The offending value.
        value: String,
        /// The allowed range, in words.
        expected: String,
    },
    /// A scenario or a sweep has a field that does not exist.
    #[error("unknown field {field}{}; allowed here: {allowed}", did_you_mean(nearest.as_deref()))]
    UnknownField {
        /// The name found.
        field: String,
        /// The allowed name with the fewest edits, where one is close.
        nearest: Option<String>,
        /// All allowed names.
        allowed: String,
    },
    /// No preset has this name.
    #[error("unknown preset {name}{}", did_you_mean(nearest.as_deref()))]
    UnknownPreset {
        /// The name asked for.
        name: String,
        /// The preset with the fewest edits, where one is close.
        nearest: Option<String>,
    },
    /// Text that is not a scenario or a sweep: broken syntax or a value of the wrong type.
    #[error("{what} cannot be read: {message}")]
    Syntax {
        /// What was read ("scenario (TOML)").
        what: &'static str,
        /// What the parser says, with the place where it knows it.
        message: String,
    },
    /// An override that is not of the form `field.path=value`.
    #[error("override {text:?} is not of the form field.path=value: {reason}")]
    Override {
        /// The override as given.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// Two sizes that must agree do not.
    #[error("{field} has {found}; expected {expected}")]
    ShapeMismatch {
        /// What was measured.
        field: String,
        /// The size found.
        found: usize,
        /// The size that the rest of the scenario asks for.
        expected: usize,
    },
    /// A file or directory could not be read, written, created or locked.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried ("write").
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A file is there but its content is not what its name says.
    #[error("{} is not valid: {reason}", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with an offset or array name where there is one.
        reason: String,
    },
    /// The output directory already holds something; nothing was overwritten.
    #[error("{} already holds {holds}; choose another directory", path.display())]
    DirectoryInUse {
        /// The directory.
        path: PathBuf,
        /// What was found in it.
        holds: String,
    },
    /// Another process works on this run or shard.
    #[error("{} is locked by another process", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A sweep has more runs than the guard allows without consent.
    #[error("this sweep has {runs} runs, more than {limit}; allow it explicitly if that is meant")]
    TooManyRuns {
        /// How many runs the file describes.
        runs: u64,
        /// The guard.
        limit: u64,
    },
    /// A run or a recording lacks what its code over time would be measured from.
    #[error("{source_name} has no {missing}; expected {expected}")]
    NoCode {
        /// Which run or recording.
        source_name: String,
        /// What it lacks.
        missing: &'static str,
        /// What is needed.
        expected: &'static str,
    },
    /// Results of different sweeps, or contradicting results of one run, were to be merged.
    #[error("cannot collect {}: {reason}", path.display())]
    MixedSweep {
        /// The directory or journal that does not fit.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A run of a sweep panicked: a fault of this program.
    #[error("the run panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// From the tasks and environments.
    #[error(transparent)]
    Env(#[from] drift_env::Error),
    /// From the network.
    #[error(transparent)]
    Net(#[from] drift_net::Error),
    /// From the learning rules and noise.
    #[error(transparent)]
    Learn(#[from] drift_learn::Error),
    /// From the classifier of the rule behind a drift.
    #[error(transparent)]
    Infer(#[from] drift_infer::Error),
    /// From the metrics.
    #[error(transparent)]
    Metrics(#[from] drift_metrics::Error),
    /// From the loaders of recordings.
    #[error(transparent)]
    Data(#[from] drift_data::Error),
}

impl Error {
    pub(crate) fn range(
        field: impl Into<String>,
        value: impl std::fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        Error::OutOfRange {
            field: field.into(),
            value: value.to_string(),
            expected: expected.into(),
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Error::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn corrupt(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Error::Corrupt {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!(" (did you mean {name}?)"))
}

/// The candidate with the fewest edits from `name`, unless even that one has little in common.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|&(edits, candidate)| 2 * edits <= name.len().max(candidate.len()))
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, candidate)| candidate.to_owned())
}
