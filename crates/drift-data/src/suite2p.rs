//! suite2p: a folder with a folder `plane0`, `plane1`, … each.
//!
//! `iscell.npy` says in its first column which ROIs are cells; all arrays keep the rejected ones.
//! `spks.npy` holds deconvolved amplitudes in a unit of their own, `F.npy` the raw fluorescence with
//! the neuropil in it, `Fneu.npy` the neuropil. `dF` is F − 0.7 Fneu, 0.7 being suite2p's default
//! coefficient. The frame rate stands in `ops.npy` only, which is pickled. `combined` is passed over:
//! it pads shorter planes with zeros.
//!
//! Source: MouseLand/suite2p, docs/outputs.md.

use std::path::{Path, PathBuf};

use nalgebra::DMatrix;

use crate::folder::ActivityFile;
use crate::folder::activity::{Found, Source, Values};
use crate::folder::keys::Entry;
use crate::mat::Limits;
use crate::numpy;
use crate::recording::{FrameKind, Note, beside};
use crate::{Error, files, name};

/// The default of suite2p's neuropil coefficient.
const NEUROPIL: f64 = 0.7;

/// Which array is the activity.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Signal {
    Deconvolved,
    Raw,
    Corrected,
}

/// Reads the planes of a folder.
pub(crate) fn read(folder: &Path, entry: &ActivityFile, limits: &Limits) -> Result<Source, Error> {
    let signal = match entry.signal.as_deref() {
        None | Some("spks") => Signal::Deconvolved,
        Some("F") => Signal::Raw,
        Some("dF") => Signal::Corrected,
        Some(other) => return Err(entry.refused("signal", other, "spks, F or dF")),
    };
    let mut notes = Vec::new();
    if entry.signal.is_none() {
        notes.push(Note::Assumed {
            what: "which signal is the activity (spks, F, dF)".to_owned(),
            taken: "spks".to_owned(),
        });
    }
    if signal == Signal::Corrected {
        notes.push(Note::Read(format!(
            "dF is F − {NEUROPIL} Fneu, not divided by F"
        )));
    }
    let planes = planes(folder)?;
    let mut cells = Vec::new();
    let mut parts = Vec::new();
    for plane in &planes {
        let values = plane_values(plane, signal, limits)?;
        cells.extend(accepted(plane, values.ncols(), limits)?);
        parts.push(values);
    }
    let shortest = parts.iter().map(DMatrix::nrows).min().unwrap_or(0);
    let longest = parts.iter().map(DMatrix::nrows).max().unwrap_or(0);
    if longest - shortest > 1 {
        let value = format!("{shortest} to {longest} frames long");
        let expected = "planes of one length, or of one frame less";
        return Err(Error::entry(folder, "the planes", value, expected));
    }
    if longest > shortest {
        notes.push(Note::Read(format!(
            "the planes have {shortest} or {longest} frames; all are cut to {shortest}"
        )));
    }
    let clock = entry.clock(shortest, None, || {
        let ops = planes
            .first()
            .map_or(folder.to_owned(), |plane| plane.join("ops.npy"));
        let (place, value) = (
            "fs, the frame rate of a plane",
            "pickled by Python, which is not run",
        );
        Error::entry(&ops, place, value, "it to be given").mended_by("rate_hz")
    })?;
    let values = match parts.len() {
        1 => parts.swap_remove(0),
        _ => beside(&parts, shortest),
    };
    Ok(Source {
        cells,
        ordered: true,
        values: Values::Frames {
            place: format!("{}: {}", folder.display(), array(signal)),
            values,
            kind: match signal {
                Signal::Deconvolved => FrameKind::Amplitudes,
                Signal::Raw | Signal::Corrected => FrameKind::Trace,
            },
            clock,
        },
        notes,
    })
}

fn array(signal: Signal) -> &'static str {
    match signal {
        Signal::Deconvolved => "spks",
        Signal::Raw => "F",
        Signal::Corrected => "F − 0.7 Fneu",
    }
}

/// The plane folders in the order of their numbers; the folder itself if it is one.
fn planes(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    if folder.is_file() {
        let expected = "the folder of suite2p, with plane0 in it; Fall.mat is not kept up to date";
        return Err(Error::entry(folder, "the path", "a file", expected));
    }
    if folder.join("iscell.npy").exists() {
        return Ok(vec![folder.to_owned()]);
    }
    let number = |path: &Path| -> Option<u32> {
        path.file_name()?
            .to_str()?
            .strip_prefix("plane")?
            .parse()
            .ok()
    };
    let inner = files(folder)?;
    let mut planes: Vec<(u32, PathBuf)> = inner
        .into_iter()
        .filter(|path| path.is_dir())
        .filter_map(|path| Some((number(&path)?, path)))
        .collect();
    planes.sort();
    if planes.is_empty() {
        return Err(Error::MissingFiles {
            folder: folder.to_owned(),
            expected: "iscell.npy, or folders plane0, plane1, … with it".to_owned(),
        });
    }
    Ok(planes.into_iter().map(|(_, path)| path).collect())
}

/// The signal of a plane (frames × ROIs).
fn plane_values(plane: &Path, signal: Signal, limits: &Limits) -> Result<DMatrix<f64>, Error> {
    let read = |name: &str| numpy::read(&plane.join(name), limits.decoded_bytes);
    match signal {
        Signal::Deconvolved => read("spks.npy")?.into_transposed(),
        Signal::Raw => read("F.npy")?.into_transposed(),
        Signal::Corrected => {
            let neuropil = read("Fneu.npy")?;
            let raw = read("F.npy")?;
            if raw.shape != neuropil.shape {
                let expected = format!("{}, as F.npy", numpy::dimensions(&raw.shape));
                return Err(neuropil.wrong_shape(expected));
            }
            let mut values = raw.into_transposed()?;
            for (value, neuropil) in values.iter_mut().zip(neuropil.numbers()?.iter()) {
                *value -= NEUROPIL * neuropil;
            }
            Ok(values)
        }
    }
}

/// The ROIs of a plane, and which of them are cells.
fn accepted(plane: &Path, rois: usize, limits: &Limits) -> Result<Vec<Found>, Error> {
    let name = name(plane);
    let file = plane.join("iscell.npy");
    let iscell = numpy::read(&file, limits.decoded_bytes)?;
    let columns = match iscell.shape[..] {
        [rows, columns @ (1 | 2)] if rows == rois => columns,
        [rows] if rows == rois => 1,
        _ => return Err(iscell.wrong_shape(format!("{rois} ROIs, as the signal, × 2"))),
    };
    let mut cells = Vec::with_capacity(rois);
    for (roi, flags) in iscell.numbers()?.chunks(columns).enumerate() {
        let keep = match flags {
            [1.0, ..] => true,
            [0.0, ..] => false,
            _ => {
                let place = format!("ROI {roi}, column 0");
                let value = flags.first().copied().unwrap_or(f64::NAN).to_string();
                return Err(Error::entry(&file, place, value, "1 (a cell) or 0"));
            }
        };
        cells.push(Found {
            id: format!("{name}/{roi}"),
            region: None,
            keep,
        });
    }
    Ok(cells)
}
