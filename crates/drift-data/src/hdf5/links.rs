//! Soft links and object references, which the HDF5 reader passes over.
//!
//! `pynwb` writes what two objects share once, and a soft link in the other place: the timestamps of
//! two series, the imaging plane of a segmentation. Which table a column of row numbers refers to
//! stands in an attribute that is an object reference, a file address. This module walks the groups
//! of a file and keeps both; data are none of its business.
//!
//! Read are groups as symbol tables and as link messages in the object's header, which is what the
//! HDF5 library writes unless asked for its latest format and more than eight links a group; 8-byte
//! addresses only. A structure that does not parse ends its group, not the walk: what is missing is
//! then reported by whoever asks for it.
//!
//! Source: HDF5 File Format Specification Version 3.0, sections II.A, III.A, III.B, III.D, IV.A.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Objects walked at most; a file with more has links that are not followed.
const MOST_OBJECTS: usize = 1 << 20;
/// Soft links followed one after the other at most.
const MOST_HOPS: usize = 32;
/// Bytes of one structure at most; header blocks and heaps of names are far smaller.
const MOST_BYTES: u64 = 1 << 26;

/// The links of a file.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// Path of a soft link, and where it points.
    soft: HashMap<String, String>,
    /// The first path found of every object.
    path_of: HashMap<u64, String>,
    /// Object references in attributes: path of the object, name of the attribute.
    references: HashMap<(String, String), u64>,
}

impl Links {
    /// Walks a file; one that is not HDF5 as described has no links.
    pub(crate) fn of(path: &Path) -> Self {
        let mut links = Self::default();
        if let Ok(file) = File::open(path)
            && let Ok(metadata) = file.metadata()
        {
            let bytes = Bytes {
                file,
                len: metadata.len(),
                base: 0,
            };
            links.walk(bytes);
        }
        links
    }

    /// The path of what `path` leads to when every soft link on it is followed; always without the
    /// `/` at its start. A path without links is returned as it is, one that leads in circles too.
    pub(crate) fn resolve(&self, path: &str) -> String {
        let mut path = path.trim_matches('/').to_owned();
        for _ in 0..MOST_HOPS {
            let ends = path.match_indices('/').map(|(end, _)| end);
            let link = ends
                .chain([path.len()])
                .find_map(|end| Some((end, self.soft.get(&path[..end])?)));
            let Some((end, target)) = link else { break };
            let rest = &path[end..];
            let parent = path[..end]
                .rsplit_once('/')
                .map_or("", |(parent, _)| parent);
            path = match target.strip_prefix('/') {
                Some(absolute) => format!("{absolute}{rest}"),
                None => format!("{parent}/{target}{rest}"),
            };
            path = path.trim_matches('/').to_owned();
        }
        path
    }

    /// The names of the soft links in a group.
    pub(crate) fn soft_in(&self, group: &str) -> Vec<String> {
        let group = group.trim_matches('/');
        let mut names: Vec<String> = self
            .soft
            .keys()
            .filter_map(|path| {
                let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
                (parent == group).then(|| name.to_owned())
            })
            .collect();
        names.sort();
        names
    }

    /// The path of the object that an attribute refers to.
    pub(crate) fn reference(&self, object: &str, attribute: &str) -> Option<&str> {
        let key = (object.trim_matches('/').to_owned(), attribute.to_owned());
        Some(self.path_of.get(self.references.get(&key)?)?)
    }

    fn walk(&mut self, mut bytes: Bytes) {
        let Some(root) = bytes.superblock() else {
            return;
        };
        let mut seen = HashSet::new();
        let mut open = vec![(String::new(), root)];
        while let Some((path, address)) = open.pop() {
            // A hard link may lead back up.
            if seen.len() >= MOST_OBJECTS || !seen.insert(address) {
                continue;
            }
            self.path_of.insert(address, path.clone());
            for message in bytes.messages(address).unwrap_or_default() {
                match message.kind {
                    0x0c => {
                        if let Some((name, target)) = reference(&message.data) {
                            self.references.insert((path.clone(), name), target);
                        }
                    }
                    0x06 | 0x11 => {
                        let entries = if message.kind == 0x06 {
                            link(&message.data).into_iter().collect()
                        } else {
                            bytes.symbol_table(&message.data).unwrap_or_default()
                        };
                        for (name, target) in entries {
                            let member = if path.is_empty() {
                                name
                            } else {
                                format!("{path}/{name}")
                            };
                            match target {
                                Target::Object(address) => open.push((member, address)),
                                Target::Path(target) => {
                                    self.soft.insert(member, target);
                                }
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// What a link leads to.
enum Target {
    Object(u64),
    Path(String),
}

/// A message of an object header.
struct Message {
    kind: u16,
    data: Vec<u8>,
}

/// The number of `width` bytes, at most 8, at a place.
fn int(data: &[u8], at: usize, width: usize) -> Option<u64> {
    let field = data.get(at..at.checked_add(width)?)?.iter().rev();
    Some(field.fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// Text up to its zero byte.
fn text(data: &[u8]) -> Option<String> {
    let text = data.split(|byte| *byte == 0).next()?;
    String::from_utf8(text.to_vec()).ok()
}

/// A link message (III.B, type 0x0006).
fn link(data: &[u8]) -> Option<(String, Target)> {
    let flags = *data.get(1)?;
    let mut at = 2;
    let kind = if flags & 8 != 0 {
        at += 1;
        *data.get(at - 1)?
    } else {
        0
    };
    at += if flags & 4 != 0 { 8 } else { 0 };
    at += usize::from(flags & 16 != 0);
    let width = 1 << (flags & 3);
    let length = int(data, at, width)? as usize;
    at += width;
    let name = String::from_utf8(data.get(at..at.checked_add(length)?)?.to_vec()).ok()?;
    at += length;
    let target = match kind {
        0 => Target::Object(int(data, at, 8)?),
        1 => {
            let length = int(data, at, 2)? as usize;
            Target::Path(text(data.get(at + 2..at + 2 + length)?)?)
        }
        _ => return None,
    };
    Some((name, target))
}

/// Name and address of an attribute that holds one object reference (III.B, type 0x000C).
fn reference(data: &[u8]) -> Option<(String, u64)> {
    let version = *data.first()?;
    let [name, kind, space] = [2, 4, 6].map(|at| int(data, at, 2).map(|size| size as usize));
    let (name, kind, space) = (name?, kind?, space?);
    // Version 1 pads its parts to 8 bytes; version 3 has a byte for the name's character set.
    let padded = |size: usize| {
        if version == 1 {
            size.next_multiple_of(8)
        } else {
            size
        }
    };
    let start = if version == 3 { 9 } else { 8 };
    let kind_at = start + padded(name);
    // Class 7 is a reference; the bits beside it say that it is one to an object.
    if *data.get(kind_at)? & 0x0f != 7 || *data.get(kind_at + 1)? & 0x0f != 0 {
        return None;
    }
    let name = text(data.get(start..start + name)?)?;
    Some((name, int(data, kind_at + padded(kind) + padded(space), 8)?))
}

/// The bytes of a file, read piece by piece.
struct Bytes {
    file: File,
    len: u64,
    /// What addresses count from.
    base: u64,
}

impl Bytes {
    /// `size` bytes at an address, if the file has them.
    fn read(&self, address: u64, size: u64) -> Option<Vec<u8>> {
        let start = self.base.checked_add(address)?;
        if size > MOST_BYTES || start.checked_add(size)? > self.len {
            return None;
        }
        let mut buffer = vec![0; size as usize];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(start)).ok()?;
        file.read_exact(&mut buffer).ok()?;
        Some(buffer)
    }

    /// Finds the superblock and returns the address of the root's header.
    fn superblock(&mut self) -> Option<u64> {
        let mut at = 0;
        let head = loop {
            let head = self.read(at, 96.min(self.len.checked_sub(at)?))?;
            if head.starts_with(b"\x89HDF\r\n\x1a\n") {
                break head;
            }
            at = if at == 0 { 512 } else { at.checked_mul(2)? };
        };
        let (sizes, base, root) = match *head.get(8)? {
            0 => (13, 24, 24 + 4 * 8 + 8),
            1 => (13, 28, 28 + 4 * 8 + 8),
            2 | 3 => (9, 12, 12 + 3 * 8),
            _ => return None,
        };
        if head.get(sizes..sizes + 2)? != [8, 8] {
            return None;
        }
        self.base = int(&head, base, 8)?;
        int(&head, root, 8)
    }

    /// All messages of an object header, its continuations included.
    fn messages(&self, address: u64) -> Option<Vec<Message>> {
        let head = self.read(address, 16)?;
        let mut messages = Vec::new();
        // Address, size, and whether the block has a signature and a checksum.
        let mut blocks: Vec<(u64, u64, bool)> = Vec::new();
        let (second, flags) = if head.starts_with(b"OHDR") {
            let flags = head[5];
            let skip =
                6 + if flags & 32 != 0 { 16 } else { 0 } + if flags & 16 != 0 { 4 } else { 0 };
            let width = 1_u64 << (flags & 3);
            let size = int(&self.read(address + skip, width)?, 0, width as usize)?;
            blocks.push((address + skip + width, size, false));
            (true, flags)
        } else if head[0] == 1 {
            blocks.push((address + 16, int(&head, 8, 4)?, false));
            (false, 0)
        } else {
            return None;
        };
        let order = if flags & 4 != 0 { 2 } else { 0 };
        let prefix = if second { 4 + order } else { 8 };
        let mut walked = 0;
        while let Some((start, size, signed)) = blocks.pop() {
            walked += 1;
            if walked > 1024 {
                return None;
            }
            let (skip, cut) = if signed { (4, 8) } else { (0, 0) };
            let block = self.read(start.checked_add(skip)?, size.checked_sub(cut)?)?;
            let mut at = 0;
            while at + prefix <= block.len() {
                let (kind, size) = if second {
                    (u64::from(block[at]), int(&block, at + 1, 2)?)
                } else {
                    (int(&block, at, 2)?, int(&block, at + 2, 2)?)
                };
                at += prefix;
                let data = block.get(at..at + size as usize)?.to_vec();
                at += size as usize;
                if kind == 0x10 {
                    blocks.push((int(&data, 0, 8)?, int(&data, 8, 8)?, second));
                } else if matches!(kind, 0x06 | 0x0c | 0x11) {
                    let kind = kind as u16;
                    messages.push(Message { kind, data });
                }
            }
        }
        Some(messages)
    }

    /// The entries of a group in the old form: a B-tree of nodes, names in a heap (III.A, III.D).
    fn symbol_table(&self, message: &[u8]) -> Option<Vec<(String, Target)>> {
        let (tree, heap) = (int(message, 0, 8)?, int(message, 8, 8)?);
        let heap = self.read(heap, 32)?;
        if !heap.starts_with(b"HEAP") {
            return None;
        }
        let names = self.read(int(&heap, 24, 8)?, int(&heap, 8, 8)?)?;
        let mut entries = Vec::new();
        let mut nodes = vec![tree];
        let mut walked = 0;
        while let Some(address) = nodes.pop() {
            walked += 1;
            if walked > MOST_OBJECTS {
                return None;
            }
            let head = self.read(address, 8)?;
            let count = int(&head, 6, 2)?;
            if head.starts_with(b"TREE") {
                let body = self.read(address + 24, count * 16 + 8)?;
                let children = (0..count as usize).map(|child| int(&body, 8 + child * 16, 8));
                nodes.extend(children.collect::<Option<Vec<_>>>()?);
            } else if head.starts_with(b"SNOD") {
                let body = self.read(address + 8, count * 40)?;
                for entry in body.chunks_exact(40) {
                    let name = text(names.get(int(entry, 0, 8)? as usize..)?)?;
                    let target = match int(entry, 16, 4)? {
                        2 => Target::Path(text(names.get(int(entry, 24, 4)? as usize..)?)?),
                        _ => Target::Object(int(entry, 8, 8)?),
                    };
                    entries.push((name, target));
                }
            } else {
                return None;
            }
        }
        Some(entries)
    }
}
