//! The keys of an entry of `recording.toml`: its fields are their only list.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Table;

use super::manifest::{ActivityFile, Imaging, PositionsFile, Tracking};
use crate::Error;

/// An entry that names a file, and says in keys what the file does not.
pub(crate) trait Entry: Serialize + DeserializeOwned {
    /// Keys that say something about a file of any format.
    const COMMON: &[&str];

    /// The file.
    fn file(&self) -> &Path;

    /// The other keys that say something about a file of this format.
    fn keys(&self) -> &'static [&'static str];

    /// An error about a key of the entry.
    fn refused(
        &self,
        key: &'static str,
        value: impl Into<String>,
        expected: impl Into<String>,
    ) -> Error {
        Error::entry(self.file(), format!("`{key}`"), value, expected).mended_by(key)
    }

    /// All keys with their values.
    fn table(&self) -> Result<Table, Error> {
        Table::try_from(self).map_err(|error| {
            let expected = "values that a recording.toml can hold";
            Error::entry(self.file(), "the keys", error.to_string(), expected)
        })
    }

    /// The keys that are given, with their values.
    fn given(&self) -> Result<Table, Error> {
        let mut given = self.table()?;
        given.retain(|key, _| key != "file" && key != "format");
        Ok(given)
    }

    /// Refuses keys that say nothing about a file of this format.
    fn only(&self, keys: &[&str]) -> Result<(), Error> {
        let allowed = [Self::COMMON, keys].concat();
        let given = self.given()?;
        match given.keys().find(|key| !allowed.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let expected = format!("none but: file, format, {}", allowed.join(", "));
                let (place, value) = (format!("`{key}`"), "a key of other files");
                Err(Error::entry(self.file(), place, value, expected))
            }
        }
    }

    /// The entry with those of `given` that say something about its file; they are taken out of `unused`.
    fn with(self, given: &Table, unused: &mut Table) -> Result<Self, Error> {
        let mut table = self.table()?;
        for (key, value) in given {
            if Self::COMMON.contains(&key.as_str()) || self.keys().contains(&key.as_str()) {
                table.insert(key.clone(), value.clone());
                unused.remove(key);
            }
        }
        table.try_into().map_err(|error: toml::de::Error| {
            let expected = "values that they can have";
            Error::entry(self.file(), "the keys", error.message(), expected)
        })
    }
}

impl Entry for PositionsFile {
    const COMMON: &[&str] = &["gap_s", "unit", "missing"];

    fn file(&self) -> &Path {
        &self.file
    }

    fn keys(&self) -> &'static [&'static str] {
        match self.format {
            Some(Tracking::DeepLabCut) => &[
                "rate_hz",
                "start_s",
                "cm_per_px",
                "origin_px",
                "axes",
                "likelihood",
                "bodypart",
                "individual",
            ],
            Some(Tracking::Sleap) => &[
                "rate_hz",
                "start_s",
                "cm_per_px",
                "origin_px",
                "axes",
                "likelihood",
                "node",
                "track",
                "first_frame",
            ],
            Some(Tracking::Pynapple) | None => &["scale"],
        }
    }
}

impl Entry for ActivityFile {
    const COMMON: &[&str] = &["offset_s"];

    fn file(&self) -> &Path {
        &self.file
    }

    fn keys(&self) -> &'static [&'static str] {
        let archive = self
            .file
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("npz"));
        match self.format {
            Some(Imaging::Suite2p | Imaging::CaImAn | Imaging::CnmfE) => {
                &["signal", "rate_hz", "start_s"]
            }
            Some(Imaging::Pynapple) => &["kind"],
            // Traces have the one, events the other: the file tells.
            Some(Imaging::Inscopix) => &["undecided", "start_s"],
            None if archive => &["kind", "rate_hz", "start_s"],
            None => &["kind"],
        }
    }
}
