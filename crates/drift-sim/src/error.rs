use thiserror::Error as ThisError;

/// Everything `drift-sim` refuses. A run that diverges or dies out is not an error but an
/// [`Outcome`](crate::Outcome).
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
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
    /// A part of one's own cannot be made of its settings.
    #[error("{place}.{name}: {source}")]
    Own {
        /// Where it stands ("rule").
        place: &'static str,
        /// Its name in the registry.
        name: String,
        /// What its constructor says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// From the engine: ranges, texts, files, directories, states and sweeps.
    #[error(transparent)]
    Engine(drift_engine::Error),
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
        Error::Engine(drift_engine::Error::range(field, value, expected))
    }
}

/// An error of ours that went through the engine comes back as what it was.
impl From<drift_engine::Error> for Error {
    fn from(error: drift_engine::Error) -> Self {
        match error {
            drift_engine::Error::System(inner) => inner.downcast().map_or_else(
                |other| Error::Engine(drift_engine::Error::System(other)),
                |ours| *ours,
            ),
            other => Error::Engine(other),
        }
    }
}

/// An error of ours on its way through the engine.
impl From<Error> for drift_engine::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Engine(error) => error,
            other => drift_engine::Error::system(other),
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
