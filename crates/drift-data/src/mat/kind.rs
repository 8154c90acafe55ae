//! What a file is, told from its first bytes.

use std::fmt;

/// What a file that was expected to be a level-5 MAT file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A level-5 MAT file (MATLAB 5 to 7), the kind that [`MatFile`](super::MatFile) reads.
    Level5,
    /// No bytes at all.
    Empty,
    /// Only zero bytes, as a failed copy leaves them.
    Zeros,
    /// Fewer bytes than the 128 of the header.
    TooShort(usize),
    /// A web page, for instance a login page that was saved under the name.
    Html,
    /// A Git LFS pointer: the real file was not fetched.
    GitLfsPointer,
    /// A level-4 MAT file.
    Level4,
    /// A MATLAB 7.3 file, which is HDF5.
    Level73,
    /// An HDF5 file without MATLAB's header (NWB, for instance).
    Hdf5,
    /// A ZIP archive.
    Zip,
    /// A gzip stream.
    Gzip,
    /// A level-5 header with a version that is not 0x0100.
    UnknownVersion(u16),
    /// Something else.
    Unknown,
}

impl fmt::Display for FileKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level5 => out.write_str("a level-5 MAT file"),
            Self::Empty => out.write_str("an empty file: copy or save it again"),
            Self::Zeros => out.write_str("a file of zero bytes only: copy it again"),
            Self::TooShort(bytes) => write!(out, "a file of {bytes} bytes, shorter than the 128-byte header: copy it again"),
            Self::Html => out.write_str("HTML (a web page, perhaps a login page, was saved): download it again"),
            Self::GitLfsPointer => {
                out.write_str("a Git LFS pointer (the file itself was not fetched; run `git lfs pull`)")
            }
            Self::Level4 => out.write_str("a level-4 MAT file (save it again with `save -v7`)"),
            Self::Level73 => out.write_str(
                "a MATLAB 7.3 file, which is HDF5 (use the feature `mat73`, or save it again with `save -v7`)",
            ),
            Self::Hdf5 => out.write_str("an HDF5 file without MATLAB's header (`drift data inspect` says what is in it)"),
            Self::Zip => out.write_str("a ZIP archive (unpack it, or name it .npz if np.savez wrote it)"),
            Self::Gzip => out.write_str("a gzip stream: unpack it with gunzip"),
            Self::UnknownVersion(version) => write!(out, "a MAT file of unknown version {version:#06x} (save it again with `save -v7`)"),
            Self::Unknown => out.write_str("something that is not a MAT file (save it from MATLAB with `save -v7`)"),
        }
    }
}

/// Bytes from the start of a file that [`FileKind::detect`] looks at.
pub const HEAD_BYTES: usize = 520;

const HDF5_SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

impl FileKind {
    /// Tells the kind from the first [`HEAD_BYTES`] bytes of a file (fewer if the file is shorter).
    #[must_use]
    pub fn detect(head: &[u8]) -> Self {
        if head.is_empty() {
            return Self::Empty;
        }
        if head.starts_with(b"version https://git-lfs") {
            return Self::GitLfsPointer;
        }
        if head.starts_with(HDF5_SIGNATURE) {
            return Self::Hdf5;
        }
        if looks_like_html(head) {
            return Self::Html;
        }
        if head.starts_with(b"PK\x03\x04") {
            return Self::Zip;
        }
        if head.starts_with(b"\x1f\x8b") {
            return Self::Gzip;
        }
        if head.iter().all(|byte| *byte == 0) {
            return Self::Zeros;
        }
        if let Some([v0, v1, e0, e1]) = head.get(124..128) {
            let version = match (e0, e1) {
                (b'I', b'M') => Some(u16::from_le_bytes([*v0, *v1])),
                (b'M', b'I') => Some(u16::from_be_bytes([*v0, *v1])),
                _ => None,
            };
            match version {
                Some(0x0100) => return Self::Level5,
                Some(0x0200) => return Self::Level73,
                Some(other) => return Self::UnknownVersion(other),
                None if head.get(512..520) == Some(HDF5_SIGNATURE) => return Self::Level73,
                None => {}
            }
        }
        if looks_like_level4(head) {
            return Self::Level4;
        }
        if head.len() < 128 {
            Self::TooShort(head.len())
        } else {
            Self::Unknown
        }
    }
}

fn looks_like_html(head: &[u8]) -> bool {
    let text: String = head
        .iter()
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .skip_while(|c| c.is_whitespace() || *c == '\u{ef}' || *c == '\u{bb}' || *c == '\u{bf}')
        .collect();
    text.starts_with("<!doctype")
        || text.starts_with("<html")
        || (text.starts_with('<') && text.contains("<html"))
}

/// A level-4 file starts with five 4-byte integers: type (at most 4052), rows, columns, imaginary flag, name length.
fn looks_like_level4(head: &[u8]) -> bool {
    let Some(first) = head.first_chunk::<20>() else {
        return false;
    };
    let plausible = |word: fn([u8; 4]) -> u32| {
        let mut words = [0; 5];
        for (value, bytes) in words.iter_mut().zip(first.as_chunks::<4>().0) {
            *value = word(*bytes);
        }
        let [kind, rows, columns, imaginary, name] = words;
        kind <= 4052
            && rows < 1 << 31
            && columns < 1 << 31
            && imaginary <= 1
            && (1..=64).contains(&name)
    };
    plausible(u32::from_le_bytes) || plausible(u32::from_be_bytes)
}
