//! Finished runs of a shard, one after the other in one file: each a length, a CRC-32 and a row
//! (postcard), so that a kill costs at most the row that was being written.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::RunRow;
use crate::Error;

const MAGIC: [u8; 8] = *b"driftswp";
/// Changes with the layout and with anything that moves values.
const VERSION: u32 = 1;
/// More than any row has: a longer length is damage.
const LONGEST: u32 = 1 << 24;

/// A journal being written.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes up to the end of the last whole row.
    whole: u64,
}

impl Journal {
    /// Opens or starts the journal of a sweep, cutting a torn last row off; the rows it has.
    pub(super) fn open(path: PathBuf, sweep: &str) -> Result<(Self, Vec<u64>), Error> {
        let mut runs = Vec::new();
        let whole = match Reader::open(&path, sweep) {
            Ok(None) => 0,
            Ok(Some(mut reader)) => {
                while let Some(row) = reader.next_row()? {
                    runs.push(row.run);
                }
                reader.whole
            }
            Err(error) => return Err(error),
        };
        let open = || -> std::io::Result<File> {
            let mut file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            file.set_len(whole)?;
            file.seek(SeekFrom::End(0))?;
            if whole == 0 {
                file.write_all(&header(sweep))?;
                file.sync_all()?;
            }
            Ok(file)
        };
        let mut file = open().map_err(Error::io("open", &path))?;
        let whole = file.stream_position().map_err(Error::io("open", &path))?;
        Ok((Self { path, file, whole }, runs))
    }

    /// Appends a row and brings it to the disk. A row that could not be written whole is cut off
    /// again, so that no later one stands behind a torn one, where no reader would find it.
    pub(super) fn append(&mut self, row: &RunRow) -> Result<(), Error> {
        let bytes = frame(row);
        let mut write = || -> std::io::Result<()> {
            self.file.set_len(self.whole)?;
            self.file.seek(SeekFrom::Start(self.whole))?;
            self.file.write_all(&bytes)?;
            self.file.sync_data()
        };
        write().map_err(Error::io("write", &self.path))?;
        self.whole += bytes.len() as u64;
        Ok(())
    }
}

fn frame(content: &impl Serialize) -> Vec<u8> {
    let content = postcard::to_stdvec(content).expect("rows are plain data");
    let mut bytes = Vec::with_capacity(content.len() + 8);
    bytes.extend((content.len() as u32).to_le_bytes());
    bytes.extend(crc32fast::hash(&content).to_le_bytes());
    bytes.extend(content);
    bytes
}

/// Magic, version, and a frame with the sweep's text.
fn header(sweep: &str) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(frame(&sweep));
    bytes
}

/// A journal being read, row by row.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    /// Bytes up to the end of the last whole row.
    whole: u64,
}

impl Reader {
    /// Opens the journal of a sweep; `None` where there is none, or not even a whole header.
    pub(super) fn open(path: &Path, sweep: &str) -> Result<Option<Self>, Error> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Error::io("open", path))?,
        };
        let mut reader = Self {
            path: path.to_owned(),
            file: BufReader::new(file),
            whole: 0,
        };
        let mut start = [0; 12];
        if !reader.fill(&mut start)? {
            return Ok(None);
        }
        if start[..8] != MAGIC {
            return Err(Error::corrupt(path, "not the journal of a sweep"));
        }
        let version = u32::from_le_bytes(start[8..].try_into().expect("four bytes"));
        if version != VERSION {
            return Err(Error::corrupt(
                path,
                format!("version {version}; this program reads {VERSION}"),
            ));
        }
        reader.whole = 12;
        match reader.next_frame::<String>()? {
            None => Ok(None),
            Some(found) if found == sweep => Ok(Some(reader)),
            Some(_) => Err(Error::MixedSweep {
                path: path.to_owned(),
                reason: "it belongs to another sweep".to_owned(),
            }),
        }
    }

    /// The next whole row; `None` at the end or where the rest is torn.
    pub(super) fn next_row(&mut self) -> Result<Option<RunRow>, Error> {
        self.next_frame()
    }

    fn next_frame<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        let mut start = [0; 8];
        if !self.fill(&mut start)? {
            return Ok(None);
        }
        let [length, checksum] =
            [0, 4].map(|at| u32::from_le_bytes(start[at..at + 4].try_into().expect("four bytes")));
        if length > LONGEST {
            return Ok(None);
        }
        let mut content = vec![0; length as usize];
        if !self.fill(&mut content)? || crc32fast::hash(&content) != checksum {
            return Ok(None);
        }
        let value = postcard::from_bytes(&content).map_err(|error| {
            Error::corrupt(&self.path, format!("at byte {}: {error}", self.whole))
        })?;
        self.whole += 8 + u64::from(length);
        Ok(Some(value))
    }

    /// Whether there was enough to fill the buffer.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<bool, Error> {
        match self.file.read_exact(buffer) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(Error::io("read", &self.path)(error)),
        }
    }
}
