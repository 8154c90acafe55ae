//! CaImAn: the HDF5 file that its `save` method writes.
//!
//! `estimates/S` holds deconvolved amplitudes, `estimates/C` the denoised trace, `C + YrA` the raw
//! one, all components × frames. `estimates/idx_components` lists the accepted components from 0; the
//! text `NoneType`, CaImAn's None, says that nothing was evaluated or that `select_components` left
//! the accepted ones only. The frame rate is `params/data/fr`, 30 where nobody has set it.
//!
//! Source: flatironinstitute/CaImAn, caiman/utils/utils.py (recursively_save_dict_contents_to_group).

use std::path::Path;

use hdf5_pure::{DType, File};
use nalgebra::DMatrix;

use crate::Error;
use crate::folder::ActivityFile;
use crate::folder::activity::{Found, Source, Values};
use crate::folder::keys::Entry;
use crate::hdf5::{self, count, numbers};
use crate::mat::Limits;
use crate::recording::{FrameKind, Note};

/// CaImAn's own default of the frame rate, Hz.
const DEFAULT_RATE: f64 = 30.0;

/// The signals, each with its array and the one that is added to it.
const SIGNALS: [(&str, &str, Option<&str>, FrameKind); 4] = [
    ("S", "S", None, FrameKind::Amplitudes),
    ("C", "C", None, FrameKind::Trace),
    ("raw", "C", Some("YrA"), FrameKind::Trace),
    ("F_dff", "F_dff", None, FrameKind::Trace),
];

/// Reads a file.
pub(crate) fn read(path: &Path, entry: &ActivityFile, limits: &Limits) -> Result<Source, Error> {
    let wanted = entry.signal.as_deref().unwrap_or("S");
    let Some((_, first, more, kind)) = SIGNALS.iter().find(|(name, ..)| *name == wanted) else {
        return Err(entry.refused("signal", wanted, "S, C, raw (C + YrA) or F_dff"));
    };
    let file = hdf5::open(path)?;
    let mut notes = Vec::new();
    if entry.signal.is_none() {
        notes.push(Note::Assumed {
            what: "which signal is the activity (S, C, raw, F_dff)".to_owned(),
            taken: "S".to_owned(),
        });
    }
    let mut values = component_traces(path, &file, first, limits)?;
    if let Some(name) = more {
        let found = component_traces(path, &file, name, limits)?;
        if found.shape() != values.shape() {
            let value = format!("{} × {}", found.ncols(), found.nrows());
            let expected = format!("{} × {}, as C", values.ncols(), values.nrows());
            let place = format!("estimates/{name}");
            return Err(Error::entry(path, place, value, expected));
        }
        values += found;
    }
    let count = components(&file).unwrap_or(values.ncols());
    if values.ncols() != count {
        let value = format!("of {} components", values.ncols());
        let expected = format!("{count} components, as C");
        return Err(
            Error::entry(path, format!("estimates/{wanted}"), value, expected).mended_by("signal"),
        );
    }
    let mut cells = Found::numbered(count);
    match accepted(path, &file, count, limits)? {
        Some(accepted) => {
            cells.iter_mut().for_each(|cell| cell.keep = false);
            accepted
                .into_iter()
                .for_each(|index| cells[index].keep = true);
        }
        None => notes.push(Note::Read(
            "idx_components is None: all components are taken for cells".to_owned(),
        )),
    }
    let rate = file.dataset("params/data/fr").ok();
    let rate = rate.and_then(|rate| rate.read_f64().ok()?.first().copied());
    let rate = rate.filter(|_| entry.rate_hz.is_none());
    if rate == Some(DEFAULT_RATE) {
        notes.push(Note::Read(
            "the frame rate is 30 Hz, which is also CaImAn's default where none was set".to_owned(),
        ));
    }
    let clock = entry.clock(values.nrows(), rate, || {
        let place = "params/data/fr, the frame rate";
        Error::entry(path, place, "missing", "it to be given").mended_by("rate_hz")
    })?;
    Ok(Source {
        cells,
        ordered: true,
        values: Values::Frames {
            place: format!("{}: estimates/{wanted}", path.display()),
            values,
            kind: *kind,
            clock,
        },
        notes,
    })
}

/// Whether a dataset is CaImAn's None.
fn is_none(dataset: &hdf5_pure::Dataset) -> bool {
    let text = matches!(
        dataset.dtype(),
        Ok(DType::String | DType::VariableLengthString)
    );
    let one_at_most = |shape: Vec<u64>| count(&shape).is_some_and(|count| count <= 1);
    text && dataset.shape().is_ok_and(one_at_most)
}

/// An array of components × frames as frames × components.
fn component_traces(
    path: &Path,
    file: &File,
    name: &str,
    limits: &Limits,
) -> Result<DMatrix<f64>, Error> {
    let place = format!("estimates/{name}");
    let dataset = match file.dataset(&place) {
        Ok(dataset) if !is_none(&dataset) => dataset,
        _ => {
            let has = |name: &str| {
                let dataset = file.dataset(&format!("estimates/{name}"));
                dataset.is_ok_and(|dataset| !is_none(&dataset))
            };
            let there = SIGNALS
                .iter()
                .filter(|(_, first, more, _)| has(first) && more.is_none_or(has));
            let there: Vec<&str> = there.map(|(signal, ..)| *signal).collect();
            let there = if there.is_empty() {
                "none".to_owned()
            } else {
                there.join(", ")
            };
            let expected = format!("components × frames; signals of this file: {there}");
            return Err(Error::entry(path, place, "missing or None", expected).mended_by("signal"));
        }
    };
    let (shape, values) = numbers(path, &place, &dataset, limits)?;
    match shape[..] {
        [components, frames] => Ok(DMatrix::from_vec(frames, components, values)),
        _ => Err(Error::WrongShape {
            file: path.to_owned(),
            variable: place,
            expected: "components × frames".to_owned(),
            found: shape,
        }),
    }
}

/// The number of components, by the traces that always are there.
fn components(file: &File) -> Option<usize> {
    let shape = file.dataset("estimates/C").ok()?.shape().ok()?;
    (shape.len() == 2).then(|| shape[0] as usize)
}

/// The accepted components; `None` where the file has none of them listed.
fn accepted(
    path: &Path,
    file: &File,
    count: usize,
    limits: &Limits,
) -> Result<Option<Vec<usize>>, Error> {
    let place = "estimates/idx_components";
    let Ok(dataset) = file.dataset(place) else {
        return Ok(None);
    };
    if is_none(&dataset) {
        return Ok(None);
    }
    let (_, values) = numbers(path, place, &dataset, limits)?;
    let mut accepted = Vec::with_capacity(values.len());
    for (entry, value) in values.into_iter().enumerate() {
        if !(value >= 0.0 && value < count as f64 && value.fract() == 0.0) {
            let place = format!("{place}, entry {entry}");
            let expected = format!("a component from 0 to {}", count.saturating_sub(1));
            return Err(Error::entry(path, place, value.to_string(), expected));
        }
        accepted.push(value as usize);
    }
    Ok(Some(accepted))
}
