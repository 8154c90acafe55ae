//! MATLAB's level-5 MAT files (MATLAB 5 to 7), read by this crate itself.
//!
//! Everything the format documents is read: numeric arrays of every class however narrowly they are stored, logicals,
//! text, sparse matrices, cells, structs and old-style objects, complex numbers, both byte orders, compressed or not.
//! Function handles and objects of newer classes are not documented by MATLAB: they are passed over, named, and do not
//! keep the rest from loading. Dimensions are kept as they are (`zeros(4,2,0)` stays 4 × 2 × 0), data are column-major.
//!
//! What is damaged, unknown to this reader or beyond the [`Limits`] costs its variable ([`Skipped::Unreadable`], with
//! the reason) and not the file. A file of which nothing can be read gives an [`Error::Malformed`] with the offset and
//! the path of the variable, a file of another kind an [`Error::NotLevel5`] that says what it is.
//!
//! Numbers are converted while they are inflated: a file needs the memory of its values, its own compressed variable
//! being streamed, and 256 kB of buffers.
//!
//! With the feature `mat73`, MATLAB 7.3 files (HDF5) are opened in the same way and give the same values; the variables
//! are then in alphabetical order.
//!
//! Source of the format: "MAT-File Format", The MathWorks, section "Level 5 MAT-File Format"; what the document leaves
//! open (logical sparse values tagged as doubles, unsigned dimensions) follows the files that exist.
//!
//! ```no_run
//! # fn main() -> Result<(), drift_data::Error> {
//! let file = drift_data::mat::MatFile::open("synspikes02.mat")?;
//! println!("{}", file.tree());
//! let train = file.get("spikes")?.cell(1)?.cell(0)?.cell(0)?.cell(0)?;
//! let data = train.field("data")?.matrix()?;
//! assert_eq!(data.ncols(), 7);
//! # Ok(())
//! # }
//! ```

mod access;
mod containers;
mod decode;
mod elements;
mod fault;
mod kind;
#[cfg(feature = "mat73")]
mod level73;
mod limits;
mod numeric;
mod source;
mod sparse;
mod tree;
mod value;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

pub use access::MatRef;
pub use fault::{FaultKind, Place};
pub use kind::{FileKind, HEAD_BYTES};
pub use limits::Limits;
pub use tree::Tree;
pub use value::{
    MatArray, MatCell, MatChar, MatSparse, MatStruct, MatValue, Numbers, NumericClass, Skipped,
};

use crate::Error;
#[cfg(any(
    feature = "folder",
    feature = "hc6",
    feature = "rate-maps",
    feature = "ziv-lab"
))]
use crate::recording::Note;
use elements::variables;
pub(crate) use fault::Fault;

/// Bytes of the header in front of the first variable.
const HEADER_BYTES: u64 = 128;

/// One variable of a file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Variable {
    /// The name; empty for data that MATLAB keeps for itself behind function handles and objects.
    pub name: String,
    /// The value.
    pub value: MatValue,
}

impl Variable {
    /// A variable of which only the name is known, or not even that.
    fn unreadable(name: &str, reason: String) -> Self {
        Self {
            name: name.to_owned(),
            value: MatValue::Skipped(Skipped::Unreadable { reason }),
        }
    }

    /// Why the variable could not be read.
    fn reason(&self) -> Option<&str> {
        match &self.value {
            MatValue::Skipped(Skipped::Unreadable { reason }) => Some(reason),
            _ => None,
        }
    }
}

/// The variables of a MAT file.
#[derive(Debug, Clone)]
pub struct MatFile {
    path: PathBuf,
    header: String,
    big_endian: bool,
    variables: Vec<Variable>,
}

impl MatFile {
    /// Reads a file with the default [`Limits`].
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened, [`Error::NotLevel5`] if it is something else, [`Error::Malformed`] if
    /// nothing of it can be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(path, &Limits::default())
    }

    /// Reads a file with the given limits.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, Error> {
        let path = path.as_ref();
        let refused = |error| Error::io(path, &error);
        let file = File::open(path).map_err(refused)?;
        let size = file.metadata().map_err(refused)?.len();
        let input = BufReader::with_capacity(64 * 1024, file);
        let read = Self::read(path, input, size, limits);
        #[cfg(feature = "mat73")]
        if let Err(Error::NotLevel5 {
            found: FileKind::Level73,
            ..
        }) = read
        {
            return level73::read(path, hdf5_pure::File::open(path), limits);
        }
        read
    }

    /// Reads a file that is in memory; `name` stands for its path in errors.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_bytes(
        name: impl AsRef<Path>,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Self, Error> {
        let read = Self::read(name.as_ref(), bytes, bytes.len() as u64, limits);
        #[cfg(feature = "mat73")]
        if let Err(Error::NotLevel5 {
            found: FileKind::Level73,
            ..
        }) = read
        {
            let file = hdf5_pure::File::from_bytes(bytes.to_vec());
            return level73::read(name.as_ref(), file, limits);
        }
        read
    }

    fn read(
        path: &Path,
        mut input: impl BufRead,
        size: u64,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let head = input.fill_buf().map_err(|error| Error::io(path, &error))?;
        let head = &head[..head.len().min(HEAD_BYTES)];
        let found = FileKind::detect(head);
        if found != FileKind::Level5 {
            let file = path.to_owned();
            return Err(Error::NotLevel5 { file, found });
        }
        let big_endian = head[126] == b'M';
        let header = header(head);
        input.consume(HEADER_BYTES as usize);
        let limits = Limits {
            depth: limits.depth.min(512),
            ..*limits
        };
        let variables = variables(input, size, big_endian, limits)
            .map_err(|fault| Error::malformed(path, fault))?;
        Ok(Self {
            path: path.to_owned(),
            header,
            big_endian,
            variables,
        })
    }

    /// The path the file was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text at the start of the file: program, platform, date.
    #[must_use]
    pub fn header(&self) -> &str {
        &self.header
    }

    /// Whether the numbers were stored with the most significant byte first.
    #[must_use]
    pub fn big_endian(&self) -> bool {
        self.big_endian
    }

    /// The variables in the order of the file, those without a name included.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The names of the variables, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables
            .iter()
            .map(|variable| variable.name.as_str())
            .filter(|name| !name.is_empty())
    }

    /// A variable by name (the last one, should a name occur twice, as MATLAB's `load` does). In a damaged file a
    /// part without a name stands for a variable that is not found: it may have been that one, and says why it
    /// cannot be read.
    ///
    /// # Errors
    /// [`Error::MissingVariable`] with the names that the file has.
    pub fn get(&self, name: &str) -> Result<MatRef<'_>, Error> {
        let lost = || {
            let mut variables = self.variables.iter();
            let lost = variables
                .find(|variable| variable.name.is_empty() && variable.reason().is_some())?;
            Some(MatRef::new(&self.path, name.to_owned(), &lost.value))
        };
        let found = self.find(name).or_else(lost);
        found.ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &str) -> Error {
        Error::MissingVariable {
            file: self.path.clone(),
            variable: name.to_owned(),
            present: self.names().map(str::to_owned).collect(),
        }
    }

    /// A variable by name, if the file has it.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<MatRef<'_>> {
        let mut variables = self.variables.iter().rev();
        let variable = variables.find(|variable| variable.name == name)?;
        Some(MatRef::new(&self.path, name.to_owned(), &variable.value))
    }

    /// What could not be read: path of the variable or part of it, and the reason. The path is empty where
    /// a damaged file does not show the name.
    #[must_use]
    pub fn unreadable(&self) -> Vec<(String, &str)> {
        let mut found = Vec::new();
        for variable in &self.variables {
            variable.value.unreadable(&variable.name, &mut found);
        }
        found
    }

    /// Notes of what could not be read, for a recording that does without.
    #[cfg(any(
        feature = "folder",
        feature = "hc6",
        feature = "rate-maps",
        feature = "ziv-lab"
    ))]
    pub(crate) fn notes(&self) -> impl Iterator<Item = Note> {
        let sentence = |(path, reason): (String, &str)| {
            let what = match path.as_str() {
                "" => "a variable whose name is not known".to_owned(),
                path => format!("variable `{path}`"),
            };
            Note::Read(format!(
                "{}: {what} is not readable: {reason}",
                self.path.display()
            ))
        };
        self.unreadable().into_iter().map(sentence)
    }

    /// Takes a variable out of the file without a copy.
    ///
    /// # Errors
    /// [`Error::MissingVariable`] with the names that the file has.
    pub fn take(&mut self, name: &str) -> Result<MatValue, Error> {
        let mut variables = self.variables.iter();
        match variables.rposition(|variable| variable.name == name) {
            Some(index) => Ok(self.variables.remove(index).value),
            None => Err(self.missing(name)),
        }
    }

    /// The file's contents as an indented text, for people.
    pub fn tree(&self) -> Tree<'_> {
        Tree::new(self)
    }
}

/// The first [`HEAD_BYTES`] bytes of a file, or all of a shorter one.
#[cfg(feature = "folder")]
pub(crate) fn head(path: &Path) -> Result<Vec<u8>, Error> {
    use std::io::Read as _;

    let refused = |error| Error::io(path, &error);
    let mut head = Vec::new();
    let file = File::open(path).map_err(refused)?;
    let read = file.take(HEAD_BYTES as u64).read_to_end(&mut head);
    read.map_err(refused)?;
    Ok(head)
}

/// The text at the start of a file.
fn header(head: &[u8]) -> String {
    let text: String = head[..116].iter().map(|byte| char::from(*byte)).collect();
    text.trim_end_matches(['\0', ' ']).to_owned()
}
