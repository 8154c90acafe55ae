//! What a file is, told from its content.

use std::fmt;
use std::path::Path;

use super::manifest::{Imaging, Registry, Tracking};
use crate::mat::{self, FileKind, MatFile};
use crate::numpy::Archive;
use crate::table::Table;
use crate::{files, name};

/// What a file or folder can be part of a recording as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Activity(Option<Imaging>),
    /// A table of spikes, whose header tells the kind.
    Spikes,
    Positions(Option<Tracking>),
    Cells,
    Registration(Option<Registry>),
}

impl fmt::Display for Content {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(Some(program)) => write!(out, "activity ({program:?})"),
            Self::Activity(None) => out.write_str("activity"),
            Self::Spikes => out.write_str("a table of spikes"),
            Self::Positions(Some(program)) => write!(out, "positions ({program:?})"),
            Self::Positions(None) => out.write_str("positions"),
            Self::Cells => out.write_str("a list of cells"),
            Self::Registration(Some(program)) => write!(out, "a registration ({program:?})"),
            Self::Registration(None) => out.write_str("a registration"),
        }
    }
}

/// What a path is; `None` for what is no part of a recording, or cannot be read.
pub(super) fn recognise(path: &Path) -> Option<Content> {
    if path.is_dir() {
        return folder(path);
    }
    match path.extension()?.to_ascii_lowercase().to_str()? {
        "csv" => table(path),
        "npz" => archive(path),
        "npy" => (path.file_stem()? == "assignments")
            .then_some(Content::Registration(Some(Registry::CaImAn))),
        "h5" | "hdf5" => hdf5(path),
        "mat" => mat(path),
        _ => None,
    }
}

fn folder(path: &Path) -> Option<Content> {
    if path.join("iscell.npy").is_file() {
        return Some(Content::Activity(Some(Imaging::Suite2p)));
    }
    let inner = files(path).ok()?;
    let mut planes = inner.iter().filter(|path| name(path).starts_with("plane"));
    if planes.any(|plane| plane.join("iscell.npy").is_file()) {
        return Some(Content::Activity(Some(Imaging::Suite2p)));
    }
    let mut names = inner.iter().map(|path| name(path));
    names
        .any(|name| name.contains("_suite2p_indices"))
        .then_some(Content::Registration(Some(Registry::Track2p)))
}

fn table(path: &Path) -> Option<Content> {
    let mut table = Table::bare(path, b',').ok()?;
    table.next().ok()?.then_some(())?;
    let head: Vec<String> = table.row().map(str::to_owned).collect();
    let has = |name: &str| head.iter().any(|found| found == name);
    Some(match head.first()?.as_str() {
        "scorer" => Content::Positions(Some(Tracking::DeepLabCut)),
        "Time (s)" if head.len() > 1 => Content::Activity(Some(Imaging::Inscopix)),
        "" => {
            table.next().ok()?.then_some(())?;
            let status = table.text(0).starts_with("Time");
            status.then_some(Content::Activity(Some(Imaging::Inscopix)))?
        }
        "id" => Content::Cells,
        "cell" => Content::Registration(None),
        _ if has("time_s") && has("x_cm") => Content::Positions(None),
        _ if has("time_s") && has("cell") => Content::Spikes,
        _ if has("time_s") => Content::Activity(None),
        _ => return None,
    })
}

fn archive(path: &Path) -> Option<Content> {
    // The member `type` is small; what is larger is none.
    let mut archive = Archive::open(path, 1 << 16).ok()?;
    let class = archive.find("type").ok().flatten();
    let class = class.and_then(|class| class.names().ok()?.into_iter().next());
    let has = |name: &str| archive.has(name);
    Some(match class.as_deref() {
        Some("TsGroup") => Content::Activity(Some(Imaging::Pynapple)),
        Some("Tsd" | "TsdFrame") => Content::Positions(Some(Tracking::Pynapple)),
        Some(_) => return None,
        None if has("activity") => Content::Activity(None),
        None if has("time_s") && has("x_cm") => Content::Positions(None),
        None if has("t") && has("index") => Content::Activity(Some(Imaging::Pynapple)),
        None if has("t") && has("d") => Content::Positions(Some(Tracking::Pynapple)),
        None => return None,
    })
}

fn hdf5(path: &Path) -> Option<Content> {
    let file = hdf5_pure::File::open(path).ok()?;
    let root = file.root();
    if file.dataset("tracks").is_ok() && file.dataset("node_names").is_ok() {
        return Some(Content::Positions(Some(Tracking::Sleap)));
    }
    let groups = root.groups().ok()?;
    if groups.iter().any(|name| name == "estimates") {
        return Some(Content::Activity(Some(Imaging::CaImAn)));
    }
    let pandas = |name: &String| {
        let attributes = root.group(name).ok().and_then(|group| group.attrs().ok());
        attributes.is_some_and(|attributes| attributes.contains_key("pandas_type"))
    };
    groups
        .iter()
        .any(pandas)
        .then_some(Content::Positions(Some(Tracking::DeepLabCut)))
}

/// Names that MAT files of registrations and of CNMF-E have at the top.
fn mat(path: &Path) -> Option<Content> {
    let names = top_names(path)?;
    let has = |name: &&str| names.iter().any(|found| found == name);
    let registration = ["cell_registered_struct", "cell_to_index_map"];
    if registration.iter().any(has) {
        return Some(Content::Registration(Some(Registry::CellReg)));
    }
    let activity = ["neuron_results", "neuron", "results", "S", "C", "C_raw"];
    activity
        .iter()
        .any(has)
        .then_some(Content::Activity(Some(Imaging::CnmfE)))
}

/// The variables of a MAT file; of a 7.3 file without reading any.
fn top_names(path: &Path) -> Option<Vec<String>> {
    if FileKind::detect(&mat::head(path).ok()?) == FileKind::Level73 {
        let file = hdf5_pure::File::open(path).ok()?;
        let mut names = file.root().datasets().ok()?;
        names.extend(file.root().groups().ok()?);
        return Some(names);
    }
    let file = MatFile::open(path).ok()?;
    Some(file.names().map(str::to_owned).collect())
}
