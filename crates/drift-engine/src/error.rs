use std::path::PathBuf;

use thiserror::Error as ThisError;

/// Everything that the engine refuses. A run that ends before its last step is not an error but
/// an [`Outcome`](crate::Outcome).
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// A field is outside its range.
    #[error("{field} is {value}; expected {expected}")]
    OutOfRange {
        /// Dotted path of the field, as a file writes it.
        field: String,
        /// The offending value.
        value: String,
        /// The allowed range, in words.
        expected: String,
    },
    /// A text is not what it should be: broken syntax or a value of the wrong type.
    #[error("{what} cannot be read: {message}")]
    Syntax {
        /// What was read ("trace (CSV)").
        what: &'static str,
        /// What the parser says, with the place where it knows it.
        message: String,
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
    /// A checkpoint was taken of a system with other settings or other data.
    #[error("the checkpoint was taken with {taken_with}; expected {expected}")]
    OtherSystem {
        /// Fingerprint of the system that the checkpoint was taken of.
        taken_with: String,
        /// Fingerprint of this system.
        expected: String,
    },
    /// A sweep has more runs than the guard allows without consent.
    #[error("this sweep has {runs} runs, more than {limit}; allow it explicitly if that is meant")]
    TooManyRuns {
        /// How many runs the file describes.
        runs: u64,
        /// The guard.
        limit: u64,
    },
    /// Results of different sweeps, or contradicting results of one run, were to be merged.
    #[error("cannot collect {}: {reason}", path.display())]
    MixedSweep {
        /// The directory or journal that does not fit.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A run of a sweep panicked: a fault of the program.
    #[error("the run panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// What a [`System`](crate::System), a [`Measure`](crate::Measure) or an
    /// [`Observer`](crate::Observer) says.
    #[error(transparent)]
    System(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps an error of a system's own.
    pub fn system(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error::System(error.into())
    }

    /// A `value` outside what is `expected` of a field.
    pub fn range(
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

    /// Refuses a value that fails its test.
    pub(crate) fn unless(
        holds: bool,
        field: impl Into<String>,
        value: impl std::fmt::Display,
        expected: impl Into<String>,
    ) -> Result<(), Self> {
        if holds {
            return Ok(());
        }
        Err(Self::range(field, value, expected))
    }

    /// A text that a parser refuses.
    pub fn syntax(what: &'static str, message: impl std::fmt::Display) -> Self {
        Error::Syntax {
            what,
            message: message.to_string().trim_end().to_owned(),
        }
    }

    /// What makes an error of the operating system's, for `map_err`: what was tried, and where.
    pub fn io(
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

    /// A file whose content is not what its name says.
    pub fn corrupt(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Error::Corrupt {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}
