use std::path::{Path, PathBuf};

use crate::mat::{Fault, FaultKind, FileKind, Place};

/// Why a recording could not be loaded or filtered. Every variant that concerns a file names it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{}: {message}", file.display())]
    Io {
        /// The file or folder.
        file: PathBuf,
        /// The kind of refusal.
        kind: std::io::ErrorKind,
        /// The system's message.
        message: String,
    },
    /// The file is not a level-5 MAT file.
    #[error("{}: expected a level-5 MAT file, found {found}", file.display())]
    NotLevel5 {
        /// The file.
        file: PathBuf,
        /// What it is instead.
        found: FileKind,
    },
    /// The MAT file is damaged, or beyond the limits.
    #[error("{}: {place}, {}: {fault}", file.display(), named(variable))]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Where in the file.
        place: Place,
        /// Path of the variable being read; empty if the fault comes before a name is known.
        variable: String,
        /// What is wrong there.
        fault: FaultKind,
    },
    /// A HDF5 file (MATLAB 7.3, NWB) is damaged or holds something unexpected.
    #[error("{}: {variable}: expected {expected} ({message})", file.display())]
    Hdf5 {
        /// The file.
        file: PathBuf,
        /// Path of the object inside the file.
        variable: String,
        /// What was expected there.
        expected: &'static str,
        /// What the HDF5 reader says.
        message: String,
    },
    /// A variable or field is missing.
    #[error("{}: variable `{variable}` is missing; present: {}", file.display(), list(present))]
    MissingVariable {
        /// The file.
        file: PathBuf,
        /// Path of the variable.
        variable: String,
        /// What is there instead.
        present: Vec<String>,
    },
    /// A variable is of another kind.
    #[error("{}: `{variable}`: expected {expected}, found {found}", file.display())]
    WrongKind {
        /// The file.
        file: PathBuf,
        /// Path of the variable.
        variable: String,
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// A variable has another shape.
    #[error("{}: `{variable}`: expected {expected}, found dimensions {found:?}", file.display())]
    WrongShape {
        /// The file.
        file: PathBuf,
        /// Path of the variable.
        variable: String,
        /// What was expected.
        expected: String,
        /// The dimensions found.
        found: Vec<usize>,
    },
    /// A value is outside its range.
    #[error("{}: `{variable}`, entry {} is {value}: expected {expected}", file.display(), index + 1)]
    BadValue {
        /// The file.
        file: PathBuf,
        /// Path of the variable.
        variable: String,
        /// 0-based column-major position of the value.
        index: usize,
        /// The value.
        value: f64,
        /// What was expected.
        expected: &'static str,
    },
    /// A text value is not one of those known.
    #[error("{}: `{variable}` is {value:?}: expected {expected}", file.display())]
    BadText {
        /// The file.
        file: PathBuf,
        /// Path of the variable, or the line.
        variable: String,
        /// The value.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A folder lacks the files of the format.
    #[error("{}: expected {expected}, found none", folder.display())]
    MissingFiles {
        /// The folder.
        folder: PathBuf,
        /// The files that should be there.
        expected: String,
    },
    /// Two things that must have the same number of frames (or rows) have not.
    #[error("{}: `{variable}` has {found} frames, {reference} has {expected}", file.display())]
    FrameCount {
        /// The file.
        file: PathBuf,
        /// The variable with the wrong number.
        variable: String,
        /// Its number of frames.
        found: usize,
        /// What it must agree with.
        reference: String,
        /// The number it should have.
        expected: usize,
    },
    /// The frame log does not fit the behaviour: its rows cannot be taken as trials.
    #[error(
        "{}: {rows} rows; the trials' behaviour and calcium frames differ by {differences:?}, at most {allowed} expected: \
         the recording was interrupted or a row is missing; choose `FrameLogReading::Repair` or say how to read it",
        file.display()
    )]
    FrameLog {
        /// The frame log.
        file: PathBuf,
        /// Its number of rows.
        rows: usize,
        /// For each trial used, calcium frames minus behaviour frames.
        differences: Vec<i64>,
        /// The largest difference accepted.
        allowed: usize,
    },
    /// Time goes back, or stands still.
    #[error("{}: `{variable}`, row {}: time goes from {before} s to {after} s, expected it to rise", file.display(), row + 1)]
    TimeBackwards {
        /// The file.
        file: PathBuf,
        /// Path of the variable.
        variable: String,
        /// 0-based row of the second time.
        row: usize,
        /// Time of the row before, s.
        before: f64,
        /// Time of this row, s.
        after: f64,
    },
    /// Spike times that cannot be seconds of this session.
    #[error(
        "{}: `{variable}`: spikes from {first} to {last}, expected seconds between {from} and {to}; is the unit wrong?",
        file.display()
    )]
    ImplausibleTimes {
        /// The file.
        file: PathBuf,
        /// The unit.
        variable: String,
        /// Earliest spike.
        first: f64,
        /// Latest spike.
        last: f64,
        /// Start of the session, s.
        from: f64,
        /// End of the session, s.
        to: f64,
    },
    /// An entry of a recording folder's files is not what it may be.
    #[error("{}: {place} is {value}: expected {expected}{}", file.display(), mended(key))]
    Entry {
        /// The file.
        file: PathBuf,
        /// Where in it: line and column, member and index, or key.
        place: String,
        /// What stands there.
        value: String,
        /// What may stand there.
        expected: String,
        /// The key of `recording.toml` that would mend it, of the same name as the option of
        /// `drift data convert`; empty if none would.
        key: &'static str,
    },
    /// A parameter is outside its range.
    #[error("{field} is {value}: expected {expected}")]
    Parameter {
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: f64,
        /// The range.
        expected: &'static str,
    },
    /// A filter left no sample of a session.
    #[error("session {session}: no sample is left by the filter ({filter})")]
    NothingLeft {
        /// Label of the session.
        session: String,
        /// The filter's conditions, in words.
        filter: String,
    },
    /// The activity cannot be handed to the measures.
    #[error("activity: {0}")]
    Activity(#[from] drift_metrics::Error),
    /// Something was asked that the recording does not hold.
    #[error("session {session}: {wanted} is not part of this recording")]
    NotRecorded {
        /// Label of the session, or of the recording.
        session: String,
        /// What was asked.
        wanted: &'static str,
    },
    /// Every session of a folder, or every file, is left out.
    #[error("{}: nothing in it can be read; first: {first}", folder.display())]
    NothingReadable {
        /// The folder.
        folder: PathBuf,
        /// Why the first of them cannot.
        first: String,
    },
    /// Several things could be meant.
    #[error("{}: {what}: {}; choose with {option}", file.display(), list(choices))]
    Ambiguous {
        /// The file or folder.
        file: PathBuf,
        /// What is not clear: "several series hold the activity of the same cells".
        what: String,
        /// What there is to choose from, as the option takes it.
        choices: Vec<String>,
        /// The option that chooses: `--series NAME`.
        option: &'static str,
    },
    /// The position is in a unit that is no length.
    #[error(
        "{}: `{variable}` is in {unit:?}, which is no length known (m, cm, mm, …): say how many cm \
         one unit is with --scale",
        file.display()
    )]
    UnknownUnit {
        /// The file.
        file: PathBuf,
        /// Path of the position.
        variable: String,
        /// The unit as the file writes it.
        unit: String,
    },
    /// A trace was asked for a rate or for information.
    #[error(
        "session {session}: the activity is a trace (cell {cell} is {value} in frame {}), which \
         gives no rate and no information: turn it into events (--traces events) or use it as \
         amplitudes (--traces amplitudes), or choose a deconvolved series", frame + 1
    )]
    Trace {
        /// Label of the session, with file and series where it has them.
        session: String,
        /// Label of the cell with the lowest value that is not 0.
        cell: String,
        /// 0-based frame of that value.
        frame: usize,
        /// The value.
        value: f64,
    },
    /// A value of a cell cannot be of the kind that the activity is said to be.
    #[error("{place}: cell {cell}, frame {} is {value}: expected {expected}", frame + 1)]
    CellValue {
        /// File and series, or the session.
        place: String,
        /// Label of the cell.
        cell: String,
        /// 0-based frame.
        frame: usize,
        /// The value.
        value: f64,
        /// What was expected.
        expected: &'static str,
    },
    /// Parts of a session that was made by hand do not fit each other.
    #[error("session {session}: {part} has {found} entries, {reference} has {expected}")]
    Unequal {
        /// Label of the session.
        session: String,
        /// The part with the wrong number.
        part: &'static str,
        /// Its number of entries.
        found: usize,
        /// What it must agree with.
        reference: &'static str,
        /// The number it should have.
        expected: usize,
    },
}

impl Error {
    pub(crate) fn io(file: &Path, error: &std::io::Error) -> Self {
        Self::Io {
            file: file.to_owned(),
            kind: error.kind(),
            message: error.to_string(),
        }
    }

    /// What an entry of a file is, and what it may be.
    #[cfg(feature = "folder")]
    pub(crate) fn entry(
        file: &Path,
        place: impl Into<String>,
        value: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Entry {
            file: file.to_owned(),
            place: place.into(),
            value: value.into(),
            expected: expected.into(),
            key: "",
        }
    }

    /// The same with the key that would mend it.
    #[cfg(feature = "folder")]
    pub(crate) fn mended_by(mut self, mending: &'static str) -> Self {
        if let Self::Entry { key, .. } = &mut self {
            *key = mending;
        }
        self
    }

    pub(crate) fn parameter(field: &'static str, value: f64, expected: &'static str) -> Self {
        Self::Parameter {
            field,
            value,
            expected,
        }
    }

    pub(crate) fn malformed(file: &Path, fault: Fault) -> Self {
        Self::Malformed {
            file: file.to_owned(),
            place: fault.place,
            variable: fault.path,
            fault: fault.kind,
        }
    }
}

/// Refuses what is not a finite number above 0.
pub(crate) fn positive(field: &'static str, value: f64) -> Result<f64, Error> {
    if value > 0.0 && value.is_finite() {
        return Ok(value);
    }
    Err(Error::parameter(field, value, "a finite number above 0"))
}

fn mended(key: &str) -> String {
    if key.is_empty() {
        String::new()
    } else {
        format!(" (key `{key}`)")
    }
}

fn named(variable: &str) -> String {
    if variable.is_empty() {
        "before a variable's name".to_owned()
    } else {
        format!("variable `{variable}`")
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}
