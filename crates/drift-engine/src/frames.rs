//! The one format of everything that is not text or NumPy's: checkpoints, journals of sweeps and
//! series of vectors.
//!
//! A file is a magic word (8 bytes), a version (u32) and frames. A frame is the length of its
//! content (u64), the content's CRC-32 (u32) and the content. All numbers are little-endian. A
//! file is whole up to the first frame that is short, damaged or empty: what a killed process or a
//! node without power leaves behind it is cut off.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::files::if_there;

/// What a file holds, and in which layout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) magic: [u8; 8],
    /// Changes with the layout and with anything that moves values.
    pub(crate) version: u32,
}

/// Bytes before the first frame.
pub(crate) const HEADER: u64 = 12;
/// Bytes of a frame beside its content.
pub(crate) const FRAME: u64 = 12;

impl Kind {
    fn header(self) -> Vec<u8> {
        let mut bytes = self.magic.to_vec();
        bytes.extend(self.version.to_le_bytes());
        bytes
    }

    /// A whole file of one frame.
    pub(crate) fn seal(self, content: &[u8]) -> Vec<u8> {
        let mut bytes = self.header();
        bytes.extend(frame(content));
        bytes
    }

    /// The content of a whole file of one frame.
    pub(crate) fn open(self, bytes: &[u8]) -> Result<&[u8], String> {
        let header = self.check(bytes)?;
        let rest = &bytes[header..];
        if rest.len() < FRAME as usize {
            return Err(format!("truncated at {} bytes", bytes.len()));
        }
        let (start, content) = rest.split_at(FRAME as usize);
        let (length, checksum) = parse(start);
        if length != content.len() as u64 {
            return Err(format!(
                "content of {} bytes where {length} were written",
                content.len()
            ));
        }
        if checksum != crc32fast::hash(content) {
            return Err("the checksum does not match".to_owned());
        }
        Ok(content)
    }

    /// Looks at magic and version; the length of both.
    fn check(self, bytes: &[u8]) -> Result<usize, String> {
        let length = HEADER as usize;
        if bytes.len() < length {
            return Err(format!("truncated at {} bytes", bytes.len()));
        }
        if bytes[..8] != self.magic {
            return Err("not a file of this kind".to_owned());
        }
        let version = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes"));
        if version != self.version {
            return Err(format!(
                "version {version}; this program reads {}",
                self.version
            ));
        }
        Ok(length)
    }
}

fn frame(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len() + FRAME as usize);
    bytes.extend((content.len() as u64).to_le_bytes());
    bytes.extend(crc32fast::hash(content).to_le_bytes());
    bytes.extend(content);
    bytes
}

fn parse(start: &[u8]) -> (u64, u32) {
    let length = u64::from_le_bytes(start[..8].try_into().expect("eight bytes"));
    let checksum = u32::from_le_bytes(start[8..12].try_into().expect("four bytes"));
    (length, checksum)
}

/// A file of frames being read, from the first on.
#[derive(Debug)]
pub(crate) struct Reader {
    file: BufReader<File>,
    path: PathBuf,
    length: u64,
    /// Bytes up to the end of the last whole frame.
    whole: u64,
}

impl Reader {
    /// Opens a file; `None` where there is none, or not even a whole header.
    pub(crate) fn open(path: &Path, kind: Kind) -> Result<Option<Self>, Error> {
        let Some(file) = if_there(File::open(path), "open", path)? else {
            return Ok(None);
        };
        let length = file.metadata().map_err(Error::io("read", path))?.len();
        let mut reader = Self {
            file: BufReader::with_capacity(1 << 16, file),
            path: path.to_owned(),
            length,
            whole: HEADER,
        };
        let mut header = [0; HEADER as usize];
        if !reader.fill(&mut header)? || header == [0; HEADER as usize] {
            return Ok(None);
        }
        kind.check(&header)
            .map_err(|reason| Error::corrupt(path, reason))?;
        Ok(Some(reader))
    }

    /// The content of the next whole frame; `None` at the end of what is whole.
    pub(crate) fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let mut start = [0; FRAME as usize];
        if !self.fill(&mut start)? {
            return Ok(None);
        }
        let (length, checksum) = parse(&start);
        // Longer than the file is damage, and must not claim memory; empty is what zeros look like.
        if length == 0 || length > self.length.saturating_sub(self.whole + FRAME) {
            return Ok(None);
        }
        let mut content = vec![0; length as usize];
        if !self.fill(&mut content)? || crc32fast::hash(&content) != checksum {
            return Ok(None);
        }
        self.whole += FRAME + length;
        Ok(Some(content))
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

/// A file of frames being written.
#[derive(Debug)]
pub(crate) struct Writer {
    path: PathBuf,
    file: File,
    /// Bytes up to the end of the last whole frame.
    whole: u64,
}

impl Writer {
    /// Opens a file, makes it where it is missing, and cuts off what follows the frames that
    /// `read` has gone through.
    pub(crate) fn open(path: &Path, kind: Kind, read: Option<&Reader>) -> Result<Self, Error> {
        let whole = read.map_or(0, |reader| reader.whole);
        let open = || -> std::io::Result<File> {
            let mut file = File::options()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(path)?;
            file.set_len(whole)?;
            file.seek(SeekFrom::End(0))?;
            if whole == 0 {
                file.write_all(&kind.header())?;
            }
            Ok(file)
        };
        Ok(Self {
            file: open().map_err(Error::io("open", path))?,
            path: path.to_owned(),
            whole: whole.max(HEADER),
        })
    }

    /// Appends a frame. One that could not be written whole is cut off by the next, so that no
    /// later one stands behind a torn one, where no reader would find it.
    pub(crate) fn append(&mut self, content: &[u8]) -> Result<(), Error> {
        let bytes = frame(content);
        let mut write = || -> std::io::Result<()> {
            if self.file.stream_position()? != self.whole {
                self.file.set_len(self.whole)?;
                self.file.seek(SeekFrom::Start(self.whole))?;
            }
            self.file.write_all(&bytes)
        };
        write().map_err(Error::io("write", &self.path))?;
        self.whole += bytes.len() as u64;
        Ok(())
    }

    /// Brings everything to the disk.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let synced = self.file.sync_data();
        synced.map_err(Error::io("write", &self.path))
    }

    /// Reads the content at `offset` into `buffer`.
    pub(crate) fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.read_exact(buffer))
            .and_then(|()| self.file.seek(SeekFrom::Start(self.whole)))
            .map(drop)
            .map_err(Error::io("read", &self.path))
    }
}
