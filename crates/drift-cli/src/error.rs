//! What the program says when it cannot go on, and the exit code that goes with it.

use std::path::{Path, PathBuf};

use crate::figures::FigureError;

/// Why a command failed. Its text names the thing at fault; [`CliError::line`] is one line of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// The command line asks for something that does not exist or makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A file describes something that cannot be.
    #[error("{}: {source}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; boxed, for it is large.
        source: Box<drift_sim::Error>,
    },
    /// From the simulations.
    #[error(transparent)]
    Simulation(#[from] drift_sim::Error),
    /// From the engine.
    #[error(transparent)]
    Engine(#[from] drift_sim::engine::Error),
    /// From the loaders.
    #[error(transparent)]
    Data(#[from] drift_sim::data::Error),
    /// From the measures.
    #[error(transparent)]
    Metrics(#[from] drift_sim::metrics::Error),
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or directory could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file holds something else than expected.
    #[error("{} is not valid: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A job could not be submitted.
    #[error("{} was not submitted: {reason}", script.display())]
    Slurm {
        /// The job script.
        script: PathBuf,
        /// What sbatch said.
        reason: String,
    },
    /// Signals cannot be listened to.
    #[error("cannot listen for signals: {0}")]
    Signal(std::io::Error),
    /// A figure could not be drawn.
    #[error(transparent)]
    Figure(#[from] FigureError),
}

/// The text of a file.
pub fn read_text(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|error| CliError::read(path, error))
}

impl CliError {
    /// A failure to write `path`.
    pub fn write(path: &Path, source: std::io::Error) -> Self {
        Self::Write {
            path: path.into(),
            source,
        }
    }

    /// A failure to read `path`.
    pub fn read(path: &Path, source: std::io::Error) -> Self {
        Self::Read {
            path: path.into(),
            source,
        }
    }

    /// Adds the file to what a scenario or a sweep in it is refused for.
    pub fn in_file(path: &Path) -> impl FnOnce(drift_sim::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::InFile {
            path,
            source: Box::new(source),
        }
    }

    /// A file whose content is not as expected.
    pub fn content(path: &Path, reason: impl ToString) -> Self {
        Self::Content {
            path: path.into(),
            reason: reason.to_string(),
        }
    }

    /// 2 where the user asked for something that cannot be, 1 where something failed on the way.
    pub fn exit_code(&self) -> u8 {
        use drift_sim::Error as Sim;
        use drift_sim::engine::Error as Engine;
        let of_engine = |error: &Engine| {
            matches!(
                error,
                Engine::OutOfRange { .. }
                    | Engine::Syntax { .. }
                    | Engine::DirectoryInUse { .. }
                    | Engine::TooManyRuns { .. }
            )
        };
        let of_simulation = |error: &Sim| match error {
            Sim::Engine(error) => of_engine(error),
            Sim::UnknownField { .. }
            | Sim::UnknownPreset { .. }
            | Sim::Override { .. }
            | Sim::ShapeMismatch { .. }
            | Sim::Own { .. }
            | Sim::Env(_)
            | Sim::Net(_)
            | Sim::Learn(_)
            | Sim::Infer(_) => true,
            _ => false,
        };
        let usage = match self {
            Self::Usage(_) => true,
            Self::Engine(error) => of_engine(error),
            Self::Simulation(error) => of_simulation(error),
            Self::InFile { source, .. } => of_simulation(source),
            _ => false,
        };
        if usage { 2 } else { 1 }
    }

    /// The message on one line, whatever the libraries below put into it.
    pub fn line(&self) -> String {
        self.to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_told_from_failure() {
        assert_eq!(CliError::Usage("no".into()).exit_code(), 2);
        let disk = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert_eq!(CliError::write(Path::new("x"), disk).exit_code(), 1);
        let syntax = drift_sim::engine::Error::syntax("scenario (TOML)", "a\n  b");
        let error = CliError::from(drift_sim::Error::from(syntax));
        assert_eq!(error.exit_code(), 2);
        assert_eq!(error.line(), "scenario (TOML) cannot be read: a b");
    }
}
