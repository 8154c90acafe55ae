use std::path::{Path, PathBuf};

use drift_engine::Fingerprint;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::Error;
use crate::check::in_range;

/// A part that a program has put into its [`Registry`](crate::Registry): its name and settings.
///
/// In TOML it looks like any other part, `rule = { momentum = { learning_rate = 0.1 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnPart {
    /// The name in the registry.
    pub name: String,
    /// What its constructor takes.
    #[serde(default)]
    pub settings: Table,
}

impl OwnPart {
    /// A setting that is a number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.settings.get(name)? {
            Value::Integer(integer) => Some(*integer as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }
}

/// A file that a scenario names: a path, and what was in it when the scenario was read.
///
/// In TOML a string, or `{ path = "…", fingerprint = "…" }`, which is how a run writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct NamedFile {
    path: PathBuf,
    fingerprint: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Path(PathBuf),
    Pinned { path: PathBuf, fingerprint: String },
}

impl From<Written> for NamedFile {
    fn from(written: Written) -> Self {
        match written {
            Written::Path(path) => path.into(),
            Written::Pinned { path, fingerprint } => Self {
                path,
                fingerprint: Some(fingerprint),
            },
        }
    }
}

impl From<NamedFile> for Written {
    fn from(file: NamedFile) -> Self {
        match file.fingerprint {
            None => Written::Path(file.path),
            Some(fingerprint) => Written::Pinned {
                path: file.path,
                fingerprint,
            },
        }
    }
}

impl From<PathBuf> for NamedFile {
    fn from(path: PathBuf) -> Self {
        Self {
            path,
            fingerprint: None,
        }
    }
}

impl NamedFile {
    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same file, its path resolved against `folder` and its content pinned, where it is not
    /// yet.
    ///
    /// # Errors
    /// [`Error::Engine`] where it cannot be read.
    pub(crate) fn pinned(&self, folder: &Path) -> Result<Self, Error> {
        let joined = folder.join(&self.path);
        let path = std::path::absolute(&joined).unwrap_or(joined);
        let fingerprint = match &self.fingerprint {
            Some(fingerprint) => fingerprint.clone(),
            None => Fingerprint::of_file(&path)?.to_string(),
        };
        Ok(Self {
            path,
            fingerprint: Some(fingerprint),
        })
    }

    /// Refuses a file whose content is not what it was when it was pinned.
    pub(crate) fn check_content(&self) -> Result<(), Error> {
        let Some(expected) = &self.fingerprint else {
            return Ok(());
        };
        let found = Fingerprint::of_file(&self.path)?.to_string();
        let field = format!("fingerprint of {}", self.path.display());
        let said = format!("{expected}: its content has changed since the scenario was written");
        in_range(field, &found, found == *expected, said)
    }
}
