//! CNMF-E: MAT files of level 5 or 7.3, neurons × frames.
//!
//! The arrays stand in a struct (`neuron_results`, `neuron` or `results`) or as loose variables. `S`
//! holds deconvolved amplitudes and may be sparse, `C` the denoised and `C_raw` the raw trace. All
//! neurons of a file are cells; nonzero `tags` are warnings. `Fs` is NaN where nobody has set it.
//! `ids` are labels that survive deletions and not what registrations count: cells are numbered by
//! their rows, from 0.
//!
//! Source: zhoupc/CNMF_E, ca_source_extraction/@Sources2D/Sources2D.m.

use std::path::Path;

use nalgebra::DMatrix;

use crate::Error;
use crate::folder::ActivityFile;
use crate::folder::activity::{Found, Source, Values};
use crate::folder::keys::Entry;
use crate::mat::{Limits, MatFile, MatRef, MatValue, Skipped};
use crate::recording::{FrameKind, Note};

/// Structs that the program saves its results in.
const STRUCTS: [&str; 3] = ["neuron_results", "neuron", "results"];
const SIGNALS: [(&str, FrameKind); 3] = [
    ("S", FrameKind::Amplitudes),
    ("C", FrameKind::Trace),
    ("C_raw", FrameKind::Trace),
];

/// Reads a file.
pub(crate) fn read(path: &Path, entry: &ActivityFile, limits: &Limits) -> Result<Source, Error> {
    let wanted = entry.signal.as_deref().unwrap_or("S");
    let Some((_, kind)) = SIGNALS.iter().find(|(name, _)| *name == wanted) else {
        return Err(entry.refused("signal", wanted, "S, C or C_raw"));
    };
    let file = MatFile::open_with(path, limits)?;
    let found = Neurons::find(path, &file)?;
    let mut notes: Vec<Note> = file.notes().collect();
    if entry.signal.is_none() {
        notes.push(Note::Assumed {
            what: "which signal is the activity (S, C, C_raw)".to_owned(),
            taken: "S".to_owned(),
        });
    }
    let Some(signal) = found.get(wanted)?.filter(|signal| !signal.is_empty()) else {
        let mut there = Vec::new();
        for (name, _) in SIGNALS {
            if found.get(name)?.is_some_and(|signal| !signal.is_empty()) {
                there.push(name);
            }
        }
        let expected = format!(
            "neurons × frames; signals of this file: {}",
            there.join(", ")
        );
        return Err(Error::entry(path, wanted, "missing or empty", expected).mended_by("signal"));
    };
    let neurons = found.neurons()?;
    let values = frames_by_neurons(&signal, neurons, limits)?;
    let tags = found.get("tags")?;
    if let Some(tags) = tags.filter(|tags| !tags.is_empty()) {
        let tagged = tags.numbers()?.iter().filter(|tag| **tag != 0.0).count();
        if tagged > 0 {
            notes.push(Note::Read(format!(
                "{tagged} neurons carry a tag of CNMF-E's, a warning; they are kept"
            )));
        }
    }
    let rate = match found.get("Fs")? {
        Some(rate) if !rate.is_empty() && entry.rate_hz.is_none() => Some(rate.scalar()?),
        _ => None,
    };
    let clock = entry.clock(values.nrows(), rate.filter(|rate| !rate.is_nan()), || {
        let value = if rate.is_some() {
            "NaN (never set)"
        } else {
            "missing"
        };
        let expected = "the frame rate, Hz, to be given";
        Error::entry(path, found.place("Fs"), value, expected).mended_by("rate_hz")
    })?;
    Ok(Source {
        cells: Found::numbered(values.ncols()),
        ordered: true,
        values: Values::Frames {
            place: format!("{}: {}", path.display(), found.place(wanted)),
            values,
            kind: *kind,
            clock,
        },
        notes,
    })
}

/// Where the arrays stand.
enum Neurons<'a> {
    Struct(MatRef<'a>),
    Loose(&'a MatFile),
}

impl<'a> Neurons<'a> {
    fn find(path: &Path, file: &'a MatFile) -> Result<Self, Error> {
        for name in STRUCTS {
            let Some(value) = file.find(name) else {
                continue;
            };
            match value.value() {
                MatValue::Struct(_) => return Ok(Self::Struct(value)),
                MatValue::Skipped(Skipped::Opaque { .. }) => {
                    let value = "an object of a MATLAB class, which only MATLAB can read";
                    let expected = format!(
                        "a struct: run s = struct({name}); save('out.mat','-struct','s') in MATLAB"
                    );
                    return Err(Error::entry(path, format!("`{name}`"), value, expected));
                }
                MatValue::Skipped(_) => return Err(value.wrong_kind("a struct")),
                _ => {}
            }
        }
        if SIGNALS.iter().any(|(name, _)| file.find(name).is_some()) {
            return Ok(Self::Loose(file));
        }
        Err(Error::MissingVariable {
            file: path.to_owned(),
            variable: "neuron_results, or S, C, C_raw".to_owned(),
            present: file.names().map(str::to_owned).collect(),
        })
    }

    fn get(&self, name: &str) -> Result<Option<MatRef<'a>>, Error> {
        match self {
            Self::Struct(value) => value.find_field(name),
            Self::Loose(file) => Ok(file.find(name)),
        }
    }

    fn place(&self, name: &str) -> String {
        match self {
            Self::Struct(value) => format!("{}.{name}", value.path()),
            Self::Loose(_) => name.to_owned(),
        }
    }

    /// The number of neurons by what has one entry for each: footprints, labels, tags.
    fn neurons(&self) -> Result<Option<usize>, Error> {
        if let Some(footprints) = self.get("A")?
            && !matches!(footprints.value(), MatValue::Skipped(_))
            && let Some(&neurons) = footprints.dims().get(1)
            && !footprints.is_empty()
        {
            return Ok(Some(neurons));
        }
        for name in ["ids", "tags"] {
            if let Some(labels) = self.get(name)?
                && !matches!(labels.value(), MatValue::Skipped(_))
                && !labels.is_empty()
            {
                return Ok(Some(labels.len()));
            }
        }
        Ok(None)
    }
}

/// A signal, dense or sparse, with frames as rows.
fn frames_by_neurons(
    signal: &MatRef<'_>,
    neurons: Option<usize>,
    limits: &Limits,
) -> Result<DMatrix<f64>, Error> {
    let dims = signal.dims();
    let [rows, frames] = dims[..] else {
        return Err(signal.wrong_shape("neurons × frames"));
    };
    if let Some(neurons) = neurons
        && rows != neurons
    {
        let hint = if frames == neurons {
            "; is it transposed?"
        } else {
            ""
        };
        return Err(signal.wrong_shape(format!("{neurons} neurons × frames{hint}")));
    }
    let bytes = (rows as u64)
        .checked_mul(frames as u64)
        .and_then(|count| count.checked_mul(8));
    if bytes.is_none_or(|bytes| bytes > limits.decoded_bytes) {
        return Err(signal.wrong_shape(format!("at most {} bytes", limits.decoded_bytes)));
    }
    if let MatValue::Sparse(sparse) = signal.value()
        && sparse.imaginary.is_none()
    {
        let mut values = DMatrix::zeros(frames, rows);
        for (frame, bounds) in sparse.column_starts.windows(2).enumerate() {
            for entry in bounds[0]..bounds[1] {
                values[(frame, sparse.row_indices[entry] as usize)] += sparse.real[entry];
            }
        }
        return Ok(values);
    }
    Ok(signal.matrix()?.transpose())
}
