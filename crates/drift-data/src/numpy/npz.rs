//! Archives of arrays.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::{Array, read_array};
use crate::Error;

/// An open `.npz` archive.
#[derive(Debug)]
pub(crate) struct Archive {
    file: PathBuf,
    archive: ZipArchive<BufReader<File>>,
    limit: u64,
}

impl Archive {
    /// Opens an archive of which an array may take `limit` bytes.
    pub(crate) fn open(file: &Path, limit: u64) -> Result<Self, Error> {
        let opened = File::open(file).map_err(|error| Error::io(file, &error))?;
        let archive = ZipArchive::new(BufReader::new(opened)).map_err(|error| {
            let expected = "an archive that np.savez wrote";
            Error::entry(
                file,
                "the file",
                format!("no npz archive ({error})"),
                expected,
            )
        })?;
        Ok(Self {
            file: file.to_owned(),
            archive,
            limit,
        })
    }

    /// The names of the arrays, in the order of the file.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.archive.file_names().filter_map(Result::ok);
        let arrays = names.filter_map(|name| Some(name.strip_suffix(".npy")?.to_owned()));
        arrays.collect()
    }

    /// Whether there is an array of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.archive
            .index_for_name(&format!("{name}.npy"))
            .is_some()
    }

    /// An array, if the archive has it.
    pub(crate) fn find(&mut self, name: &str) -> Result<Option<Array>, Error> {
        let Some(index) = self.archive.index_for_name(&format!("{name}.npy")) else {
            return Ok(None);
        };
        let entry = self.archive.by_index(index).map_err(|error| {
            let place = format!("member `{name}`");
            Error::entry(
                &self.file,
                place,
                format!("unreadable ({error})"),
                "an array",
            )
        })?;
        read_array(entry, &self.file, name, self.limit).map(Some)
    }

    /// An array.
    pub(crate) fn get(&mut self, name: &str) -> Result<Array, Error> {
        match self.find(name)? {
            Some(array) => Ok(array),
            None => Err(Error::MissingVariable {
                file: self.file.clone(),
                variable: name.to_owned(),
                present: self.names(),
            }),
        }
    }
}
