use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use drift_learn::{AnyRule, UpdateNoise};
use drift_net::UnitOrder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::problem::DataNoise;
use crate::scenario::CheckpointSpec;
use crate::{Error, Outcome};

/// Everything that the steps to come depend on: parameters, the rule's state, the states of all
/// noise sources, and where in the scenario the run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub(crate) scenario: String,
    pub(crate) step: u64,
    pub(crate) samples: usize,
    pub(crate) next_point: usize,
    /// As stored, with the order of the storage beside them.
    pub(crate) parameters: Vec<f64>,
    pub(crate) order: Option<UnitOrder>,
    pub(crate) rule: AnyRule,
    pub(crate) update_noise: UpdateNoise,
    pub(crate) data_noise: Option<DataNoise>,
    pub(crate) outcome: Option<Outcome>,
}

pub(crate) const FORMAT: Format = Format {
    magic: *b"driftchk",
    version: 1,
};
/// Magic, version, length.
const HEADER: usize = 8 + 4 + 8;

impl Checkpoint {
    /// Updates done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The bytes of the file: magic, version, length, content (postcard), CRC-32 of all before.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        FORMAT.seal(self)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// In words: not a checkpoint, of another version, truncated, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        FORMAT.open(bytes)
    }

    /// Saves under `path`: written beside it, brought to the disk, renamed; what was there before
    /// stays as `<name>.previous`.
    ///
    /// # Errors
    /// [`Error::Io`]; the newest or the one before is then still complete.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        FORMAT.save(self, path)
    }

    /// Loads from `path`, or from the one before where the newest is missing or damaged.
    /// `None` where there is none at all.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Corrupt`] where both are damaged.
    pub fn load(path: &Path) -> Result<Option<Self>, Error> {
        FORMAT.load(path)
    }
}

/// The container of a kind of state, checked when it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// Tells kinds of state apart.
    pub(crate) magic: [u8; 8],
    /// Changes with the layout and with anything that moves values.
    pub(crate) version: u32,
}

impl Format {
    /// Magic, version, length, content (postcard), CRC-32 of all before.
    pub(crate) fn seal(self, content: &impl Serialize) -> Vec<u8> {
        let content = postcard::to_stdvec(content).expect("a checkpoint is plain data");
        let mut bytes = Vec::with_capacity(HEADER + content.len() + 4);
        bytes.extend(self.magic);
        bytes.extend(self.version.to_le_bytes());
        bytes.extend((content.len() as u64).to_le_bytes());
        bytes.extend(content);
        let checksum = crc32fast::hash(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    pub(crate) fn open<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, String> {
        if bytes.len() < HEADER + 4 {
            return Err(format!("truncated at {} bytes", bytes.len()));
        }
        if bytes[..8] != self.magic {
            return Err("not a drift checkpoint of this kind".to_owned());
        }
        let version = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes"));
        if version != self.version {
            return Err(format!(
                "version {version}; this program reads {}",
                self.version
            ));
        }
        let length = u64::from_le_bytes(bytes[12..HEADER].try_into().expect("eight bytes"));
        let body = bytes.len() - 4;
        if length != (body - HEADER) as u64 {
            return Err(format!(
                "content of {} bytes where {length} were written",
                body - HEADER
            ));
        }
        let checksum = u32::from_le_bytes(bytes[body..].try_into().expect("four bytes"));
        if checksum != crc32fast::hash(&bytes[..body]) {
            return Err("the checksum does not match".to_owned());
        }
        postcard::from_bytes(&bytes[HEADER..body]).map_err(|error| error.to_string())
    }

    /// As [`Checkpoint::save`].
    pub(crate) fn save(self, content: &impl Serialize, path: &Path) -> Result<(), Error> {
        let temporary = beside(path, ".tmp");
        write_synced(&temporary, &self.seal(content))?;
        match fs::rename(path, beside(path, ".previous")) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::io("rename", path)(error));
            }
            _ => {}
        }
        fs::rename(&temporary, path).map_err(Error::io("rename", &temporary))?;
        sync_directory(path)
    }

    /// As [`Checkpoint::load`].
    pub(crate) fn load<T: DeserializeOwned>(self, path: &Path) -> Result<Option<T>, Error> {
        let mut damaged = None;
        for candidate in [path.to_owned(), beside(path, ".previous")] {
            let bytes = match fs::read(&candidate) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                other => other.map_err(Error::io("read", &candidate))?,
            };
            match self.open(&bytes) {
                Ok(content) => return Ok(Some(content)),
                Err(reason) => damaged = damaged.or(Some(Error::corrupt(candidate, reason))),
            }
        }
        damaged.map_or(Ok(None), Err)
    }
}

/// Says when the next checkpoint is due.
#[derive(Debug)]
pub(crate) struct CheckpointClock {
    since: Instant,
    interval: Option<Duration>,
    steps_a_look: u64,
    /// The step that the next checkpoint is due at, at the latest.
    due_at: u64,
    /// The step that the next look at the clock is due at.
    look_at: u64,
}

impl CheckpointClock {
    /// Starts at a checkpoint, after `steps_done`. By steps, checkpoints are at multiples of the
    /// number asked for; by time, at the first of the looks at the clock, which are
    /// `steps_a_look` apart.
    pub(crate) fn new(spec: CheckpointSpec, steps_done: u64, steps_a_look: u64) -> Self {
        let due_at = spec.steps.map_or(u64::MAX, |every| {
            (steps_done / every + 1).saturating_mul(every)
        });
        Self {
            since: Instant::now(),
            interval: spec.seconds.map(Duration::from_secs_f64),
            steps_a_look,
            due_at,
            look_at: due_at.min(steps_done + steps_a_look),
        }
    }

    /// Asked after every step, in the innermost loop: most answers cost one comparison.
    #[inline]
    pub(crate) fn is_due(&mut self, step: u64) -> bool {
        step >= self.look_at && self.look(step)
    }

    fn look(&mut self, step: u64) -> bool {
        self.look_at = self.due_at.min(step + self.steps_a_look);
        let by_time = self
            .interval
            .is_some_and(|interval| self.since.elapsed() >= interval);
        by_time || step >= self.due_at
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// Writes a file of its own and brings it to the disk.
fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || -> std::io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(Error::io("write", path))
}

/// Writes a file that appears under its name only when it is complete.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let temporary = beside(path, ".tmp");
    write_synced(&temporary, bytes)?;
    fs::rename(&temporary, path).map_err(Error::io("rename", &temporary))?;
    sync_directory(path)
}

/// Brings a rename to the disk, where the system lets directories be opened.
fn sync_directory(path: &Path) -> Result<(), Error> {
    let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    else {
        return Ok(());
    };
    if cfg!(unix) {
        File::open(parent)
            .and_then(|directory| directory.sync_all())
            .map_err(Error::io("write", parent))?;
    }
    Ok(())
}
