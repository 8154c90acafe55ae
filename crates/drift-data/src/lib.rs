//! Recordings of drifting representations, from the files that laboratories publish.
//!
//! Every loader takes a path and options, and returns the same [`Recording`]: sessions in order, each with its
//! trajectory, its cells and what they did. A [`Session`] may also be made from arrays of one's own
//! ([`Session::of_frames`], [`Session::of_spikes`]).
//!
//! | format | loader | feature |
//! |---|---|---|
//! | CRCNS hc-6 (Frank laboratory) | [`hc6::load`] | `hc6` |
//! | `zivlab/unbiased_information_estimation` | [`ziv_lab::unbiased_information`] | `ziv-lab` |
//! | `zivlab/multiple_maps`, registered across days | [`ziv_lab::multiple_maps`] | `ziv-lab` |
//! | `zivlab/cell_assemblies` | [`ziv_lab::cell_assemblies`] | `ziv-lab` |
//! | rate maps + trajectory, names by configuration | [`rate_maps::load`] | `rate-maps` |
//! | Neurodata Without Borders | `nwb::load` | `nwb` |
//! | a folder with a `recording.toml`: neutral files, or those of laboratories' programs | `folder::load` | `folder` |
//! | any MAT file, level 5 | [`mat::MatFile`] | always |
//! | any MAT file, MATLAB 7.3 | [`mat::MatFile`] | `mat73` |
//!
//! Two rules hold for all of them. **Identity is never guessed**: equal numbers in two sessions are the same cell only
//! where the files say so ([`Recording::shared_cells`]). **Nothing is repaired in silence**: what does not fit is an
//! [`Error`] that names file, variable and what was expected, and what was handled is a [`Note`] on the session.
//!
//! The trajectories' units are seconds, centimetres and centimetres a second; rates are in Hz. A [`Filter`] chooses
//! samples by speed, running direction or bin, cells by region or rate, and sessions by kind or environment.
//! [`Session::activity_matrix`] and [`Session::sparse_activity`] hand the rest to the measures of `drift-metrics`, which
//! are those that simulated units go through.
//!
//! ```no_run
//! use drift_data::{EpochKind, Filter, hc6};
//!
//! # fn main() -> Result<(), drift_data::Error> {
//! let recording = hc6::load("Bon", &hc6::Options::default())?;
//! let running = recording.filtered(&Filter {
//!     minimum_speed: Some(4.0),
//!     region: Some("CA1".to_owned()),
//!     minimum_rate: Some(0.1),
//!     epochs: Some(vec![EpochKind::Run]),
//!     ..Filter::default()
//! })?;
//! for session in &running.sessions {
//!     let activity = session.activity_matrix()?;
//!     println!("{}: {} samples of {} cells", session.label, activity.nrows(), activity.ncols());
//!     for note in &session.notes {
//!         println!("  note: {note}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Files need not be on disk:
//!
//! ```
//! use drift_data::Error;
//! use drift_data::mat::{FileKind, Limits, MatFile};
//!
//! // The smallest MAT file: a header, and `x = [1 2]` stored as bytes.
//! let mut bytes = b"MATLAB 5.0 MAT-file".to_vec();
//! bytes.resize(124, b' ');
//! bytes.extend([0, 1, b'I', b'M']);
//! let words: [u32; 14] = [14, 48, 6, 8, 6, 0, 5, 8, 1, 2, 1 | 1 << 16, u32::from(b'x'), 2 | 2 << 16, 0x0201];
//! bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
//!
//! let file = MatFile::from_bytes("tiny.mat", &bytes, &Limits::default())?;
//! assert_eq!(*file.get("x")?.numbers()?, [1.0, 2.0]);
//! assert!(file.tree().to_string().contains("x: 1×2 double stored as uint8  [1 2]"));
//!
//! // What is no MAT file is named.
//! let page = MatFile::from_bytes("page.mat", b"<!doctype html>", &Limits::default());
//! assert!(matches!(page, Err(Error::NotLevel5 { found: FileKind::Html, .. })));
//! # Ok::<(), Error>(())
//! ```
//!
//! # Features
//!
//! `hc6`, `ziv-lab`, `rate-maps` (default): the loaders of the table above. `mat73`, `nwb` (off by
//! default): files in HDF5, through a reader in Rust. `folder` (off by default): recording folders, with
//! `mat73`. `folder` and `nwb` together give `inspect::describe`, which says what is in a file or folder.
//! Without any of them the reader of level-5 MAT files remains.
//!
//! # Versions
//!
//! [`nalgebra`] 0.35 appears in public signatures and is re-exported.
#![forbid(unsafe_code)]
// docs.rs marks what a feature brings.
#![cfg_attr(docsrs, feature(doc_cfg))]
// The table of loaders names all, which link somewhere where all are there.
#![cfg_attr(
    not(all(
        feature = "hc6",
        feature = "ziv-lab",
        feature = "rate-maps",
        feature = "nwb",
        feature = "folder"
    )),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "what a feature that is off would bring"
    )
)]

#[cfg(feature = "folder")]
mod caiman;
#[cfg(feature = "folder")]
mod cnmfe;
#[cfg(feature = "folder")]
mod deeplabcut;
mod error;
#[cfg(feature = "folder")]
pub mod folder;
#[cfg(feature = "hc6")]
pub mod hc6;
#[cfg(any(feature = "mat73", feature = "nwb"))]
mod hdf5;
#[cfg(feature = "folder")]
mod inscopix;
#[cfg(all(feature = "folder", feature = "nwb"))]
pub mod inspect;
pub mod mat;
#[cfg(feature = "folder")]
mod numpy;
#[cfg(feature = "nwb")]
pub mod nwb;
#[cfg(feature = "folder")]
mod pynapple;
#[cfg(feature = "rate-maps")]
pub mod rate_maps;
mod recording;
#[cfg(feature = "folder")]
mod registration;
#[cfg(feature = "folder")]
mod sleap;
#[cfg(feature = "folder")]
mod suite2p;
#[cfg(feature = "folder")]
mod table;
mod times;
#[cfg(feature = "ziv-lab")]
pub mod ziv_lab;

/// [`Session::sparse_activity`] gives a type of drift-metrics.
pub use drift_metrics as metrics;
pub use error::Error;
pub use nalgebra;
pub use recording::*;

/// What a folder holds, sorted by name.
#[cfg(any(feature = "hc6", feature = "ziv-lab", feature = "folder"))]
fn files(folder: &std::path::Path) -> Result<Vec<std::path::PathBuf>, Error> {
    let list = || -> std::io::Result<Vec<_>> {
        let entries = std::fs::read_dir(folder)?;
        entries.map(|entry| Ok(entry?.path())).collect()
    };
    let mut paths = list().map_err(|error| Error::io(folder, &error))?;
    paths.sort();
    Ok(paths)
}

/// The last part of a path as text.
#[cfg(feature = "folder")]
fn name(path: &std::path::Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The example of the crate's README, run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
