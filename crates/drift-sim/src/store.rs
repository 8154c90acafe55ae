//! The files of a run's directory.

use std::fs::{self, File, TryLockError};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::npz::Writer;

pub(crate) const SCENARIO: &str = "scenario.toml";
/// The settings of a run of similarity matching, which has them in the place of a scenario.
pub(crate) const MATCHING: &str = "matching.toml";
/// What the two are called until they are whole.
const BEGUN: [&str; 2] = ["scenario.toml.tmp", "matching.toml.tmp"];
pub(crate) const TRACE: &str = "trace.csv";
pub(crate) const DATASET: &str = "dataset.npz";
pub(crate) const CHECKPOINT: &str = "checkpoint";
pub(crate) const OUTCOME: &str = "outcome.toml";
pub(crate) const SNAPSHOTS: SeriesFile = SeriesFile {
    name: "snapshots",
    entries: "parameters",
};
pub(crate) const SPECTRA: SeriesFile = SeriesFile {
    name: "spectra",
    entries: "eigenvalues",
};
pub(crate) const RESPONSES: SeriesFile = SeriesFile {
    name: "responses",
    entries: "responses",
};
const LOCK: &str = "lock";

/// A directory that one process works in.
#[derive(Debug)]
pub(crate) struct Locked {
    path: PathBuf,
    /// Held for as long as the directory is worked in; the system lets go of it at the latest
    /// when the process ends.
    _lock: File,
}

impl Locked {
    /// Makes the directory where it is missing, and locks it for a run of its own.
    ///
    /// A directory that is refused stays as it was: whether anything is in it is asked before the
    /// lock's file is made, and once more under the lock, in case another process was faster.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::io("create", path))?;
        check_empty(path)?;
        let locked = Self::lock(path, LOCK)?;
        check_empty(path)?;
        Ok(locked)
    }

    /// Locks a directory that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Self::lock(path, LOCK)
    }

    /// Locks under a name of its own, so that several processes can share a directory.
    pub(crate) fn lock(path: &Path, name: &str) -> Result<Self, Error> {
        let lock_path = path.join(name);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(Error::io("create", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { path: lock_path }),
            Err(TryLockError::Error(error)) => Err(Error::io("lock", lock_path)(error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Refuses a directory in which anything but the lock and the beginning of a first file is.
fn check_empty(path: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(path).map_err(Error::io("read", path))?;
    for entry in entries {
        let name = entry.map_err(Error::io("read", path))?.file_name();
        // What a process killed before its first file was whole leaves.
        if name == LOCK || BEGUN.iter().any(|begun| name == *begun) {
            continue;
        }
        let is_run = [SCENARIO, MATCHING]
            .iter()
            .any(|file| path.join(file).exists());
        let holds = if is_run {
            "a run".to_owned()
        } else {
            name.to_string_lossy().into_owned()
        };
        return Err(Error::DirectoryInUse {
            path: path.to_owned(),
            holds,
        });
    }
    Ok(())
}

/// The whole rows of a text file, as one text, whether or not a process is writing it.
pub(crate) fn read_rows(path: &Path) -> Result<String, Error> {
    let mut text = fs::read_to_string(path).map_err(Error::io("read", path))?;
    text.truncate(whole_rows(&text));
    Ok(text)
}

/// Bytes up to the end of the last whole row.
fn whole_rows(text: &str) -> usize {
    text.rfind('\n').map_or(0, |end| end + 1)
}

/// Rows of a text file, each written whole or dropped at the next opening. Rows that a resumed
/// run makes again are compared with what is there, so that nothing recorded is ever taken back.
#[derive(Debug)]
pub(crate) struct Rows {
    path: PathBuf,
    file: File,
    /// Rows that are on the disk already, the header first.
    kept: Vec<String>,
    next: usize,
}

impl Rows {
    /// Opens the file, makes it where it is missing, and cuts a torn last row off.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            other => other.map_err(Error::io("read", &path))?,
        };
        let whole = whole_rows(&text);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .and_then(|mut file| {
                file.set_len(whole as u64)?;
                file.seek(SeekFrom::End(0))?;
                Ok(file)
            })
            .map_err(Error::io("open", &path))?;
        let kept = text[..whole].split_inclusive('\n').map(str::to_owned);
        Ok(Self {
            kept: kept.collect(),
            next: 0,
            path,
            file,
        })
    }

    /// The rows found at the opening, as one text.
    pub(crate) fn kept(&self) -> String {
        self.kept.concat()
    }

    /// The next row to be written, or compared, is this one.
    pub(crate) fn go_to(&mut self, row: usize) {
        self.next = row;
    }

    pub(crate) fn put(&mut self, row: &str) -> Result<(), Error> {
        if let Some(kept) = self.kept.get(self.next) {
            if kept != row {
                return Err(Error::corrupt(
                    &self.path,
                    format!(
                        "row {} differs from what the resumed run gives",
                        self.next + 1
                    ),
                ));
            }
        } else {
            self.file
                .write_all(row.as_bytes())
                .map_err(Error::io("write", &self.path))?;
        }
        self.next += 1;
        Ok(())
    }

    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.file
            .sync_data()
            .map_err(Error::io("write", &self.path))
    }
}

/// Where vectors over time are: in `<name>.bin` while a run goes on, in `<name>.npz` as the array
/// `entries` when it has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeriesFile {
    name: &'static str,
    pub(crate) entries: &'static str,
}

impl SeriesFile {
    pub(crate) fn raw(self, directory: &Path) -> PathBuf {
        directory.join(format!("{}.bin", self.name))
    }

    pub(crate) fn npz(self, directory: &Path) -> PathBuf {
        directory.join(format!("{}.npz", self.name))
    }
}

/// Vectors over time, appended to the raw file while a run goes on and turned into arrays when it
/// stops or ends. A record is the step (u64, little endian) and the entries (f64, little endian).
#[derive(Debug)]
pub(crate) struct Series {
    raw: PathBuf,
    npz: PathBuf,
    entries: &'static str,
    width: usize,
    file: File,
    kept: usize,
    next: usize,
}

impl Series {
    /// Opens the raw file, makes it where it is missing, and cuts a torn last record off.
    pub(crate) fn open(directory: &Path, series: SeriesFile, width: usize) -> Result<Self, Error> {
        let raw = series.raw(directory);
        let open = || -> std::io::Result<(File, usize)> {
            let mut file = File::options()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(&raw)?;
            let record = record_length(width) as u64;
            let kept = file.metadata()?.len() / record;
            file.set_len(kept * record)?;
            file.seek(SeekFrom::End(0))?;
            Ok((file, kept as usize))
        };
        let (file, kept) = open().map_err(Error::io("open", &raw))?;
        Ok(Self {
            raw,
            npz: series.npz(directory),
            entries: series.entries,
            width,
            file,
            kept,
            next: 0,
        })
    }

    /// The next record to be written, or compared, is this one.
    pub(crate) fn go_to(&mut self, record: usize) -> Result<(), Error> {
        if record > self.kept {
            return Err(Error::corrupt(
                &self.raw,
                format!("{} records where the checkpoint has {record}", self.kept),
            ));
        }
        self.next = record;
        Ok(())
    }

    pub(crate) fn put(&mut self, step: u64, values: &[f64]) -> Result<(), Error> {
        let mut bytes = Vec::with_capacity(record_length(self.width));
        bytes.extend(step.to_le_bytes());
        for value in values {
            bytes.extend(value.to_le_bytes());
        }
        if self.next < self.kept {
            let mut kept = vec![0; bytes.len()];
            self.seek(self.next)
                .and_then(|()| self.file.read_exact(&mut kept))
                .map_err(Error::io("read", &self.raw))?;
            if kept != bytes {
                return Err(Error::corrupt(
                    &self.raw,
                    format!("step {step} differs from what the resumed run gives"),
                ));
            }
        } else {
            self.seek(self.next)
                .and_then(|()| self.file.write_all(&bytes))
                .map_err(Error::io("write", &self.raw))?;
        }
        self.next += 1;
        Ok(())
    }

    fn seek(&mut self, record: usize) -> std::io::Result<()> {
        let position = record as u64 * record_length(self.width) as u64;
        self.file.seek(SeekFrom::Start(position)).map(drop)
    }

    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.file.sync_data().map_err(Error::io("write", &self.raw))
    }

    /// Writes all records as arrays: `step` (records) and the entries (records × width).
    pub(crate) fn write_npz(&self) -> Result<(), Error> {
        let records = self.next.max(self.kept);
        let mut writer = Writer::create(&self.npz)?;
        let steps =
            Records::open(&self.raw, self.width)?.map(|record| record.map(|(step, _)| step));
        writer.add_fallible(
            "step",
            &[records],
            steps.map(|step| step.map(|step| step as i64)),
        )?;
        let values = Records::open(&self.raw, self.width)?.flat_map(|record| match record {
            Ok((_, values)) => values.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        });
        writer.add_fallible(self.entries, &[records, self.width], values)?;
        writer.finish()
    }

    /// Removes the raw file, once the `.npz` is complete and final.
    pub(crate) fn remove(self) -> Result<(), Error> {
        fs::remove_file(&self.raw).map_err(Error::io("remove", self.raw))
    }
}

fn record_length(width: usize) -> usize {
    8 * (width + 1)
}

/// The whole records of a raw file.
pub(crate) struct Records {
    reader: BufReader<File>,
    left: u64,
    width: usize,
}

impl Records {
    pub(crate) fn open(path: &Path, width: usize) -> Result<Self, Error> {
        let open = || -> std::io::Result<Self> {
            let file = File::open(path)?;
            let left = file.metadata()?.len() / record_length(width) as u64;
            Ok(Self {
                reader: BufReader::with_capacity(1 << 16, file),
                left,
                width,
            })
        };
        open().map_err(Error::io("read", path))
    }
}

impl Iterator for Records {
    type Item = std::io::Result<(u64, Vec<f64>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let mut bytes = vec![0; record_length(self.width)];
        Some(self.reader.read_exact(&mut bytes).map(|()| {
            let mut words = bytes.chunks_exact(8).map(|word| {
                let mut array = [0; 8];
                array.copy_from_slice(word);
                array
            });
            let step = words.next().map_or(0, u64::from_le_bytes);
            (step, words.map(f64::from_le_bytes).collect())
        }))
    }
}
