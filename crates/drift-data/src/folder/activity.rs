//! What the cells of a session did, from its file, before cells and positions are joined to it.

use std::collections::HashMap;
use std::path::Path;

use nalgebra::DMatrix;

use super::keys::Entry;
use super::manifest::{ActivityFile, Imaging, Kind};
use crate::mat::Limits;
use crate::numpy::{Archive, Array};
use crate::recording::{FrameKind, Note, Trajectory};
use crate::table::Table;
use crate::{Error, caiman, cnmfe, inscopix, pynapple, suite2p};

/// The content of a file of activity.
#[derive(Debug)]
pub(crate) struct Source {
    /// All cells of the file in its order, rejected ones included.
    pub(crate) cells: Vec<Found>,
    /// Whether that order is one that a registration may count in.
    pub(crate) ordered: bool,
    pub(crate) values: Values,
    pub(crate) notes: Vec<Note>,
}

/// A cell as its file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) region: Option<String>,
    /// Whether the file says that it is a cell.
    pub(crate) keep: bool,
}

impl Found {
    /// A cell of which only the name is known.
    pub(crate) fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            region: None,
            keep: true,
        }
    }

    /// Cells that are numbered from 0.
    pub(crate) fn numbered(count: usize) -> Vec<Self> {
        (0..count).map(|id| Self::new(id.to_string())).collect()
    }
}

/// One train or one column a cell.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one of a session")]
pub(crate) enum Values {
    Spikes(Vec<Vec<f64>>),
    Frames {
        /// File and array, for messages.
        place: String,
        /// Frames × cells, NaN where nothing was recorded.
        values: DMatrix<f64>,
        kind: FrameKind,
        clock: Trajectory,
    },
}

/// Reads the file of an entry; `file` is its path.
pub(super) fn read(file: &Path, entry: &ActivityFile, limits: &Limits) -> Result<Source, Error> {
    entry.only(entry.keys())?;
    let mut source = match entry.format {
        None => neutral(file, entry, limits),
        Some(Imaging::Suite2p) => suite2p::read(file, entry, limits),
        Some(Imaging::CaImAn) => caiman::read(file, entry, limits),
        Some(Imaging::CnmfE) => cnmfe::read(file, entry, limits),
        Some(Imaging::Pynapple) => pynapple::activity(file, entry, limits),
        Some(Imaging::Inscopix) => inscopix::read(file, entry),
    }?;
    let mut seen = HashMap::new();
    for (index, cell) in source.cells.iter().enumerate() {
        if let Some(first) = seen.insert(&cell.id, index) {
            let place = format!("cell {index}, id");
            let value = format!("`{}`, as of cell {first}", cell.id);
            return Err(Error::entry(file, place, value, "every id once"));
        }
    }
    if let Some(offset) = entry.offset_s {
        if !offset.is_finite() {
            return Err(entry.refused("offset_s", offset.to_string(), "a finite number of s"));
        }
        match &mut source.values {
            Values::Spikes(trains) => trains.iter_mut().flatten().for_each(|time| *time += offset),
            Values::Frames { clock, .. } => clock.time.iter_mut().for_each(|time| *time += offset),
        }
    }
    Ok(source)
}

impl Kind {
    /// The kind of frames; `None` for spikes.
    pub(crate) fn frames(self) -> Option<FrameKind> {
        match self {
            Self::Spikes => None,
            Self::Events => Some(FrameKind::Events),
            Self::Amplitudes => Some(FrameKind::Amplitudes),
            Self::Rates => Some(FrameKind::Rates),
            Self::Trace => Some(FrameKind::Trace),
        }
    }
}

impl ActivityFile {
    /// An even clock of `frames` frames at the rate of the entry, or at `stated`, that of the file.
    pub(crate) fn clock(
        &self,
        frames: usize,
        stated: Option<f64>,
        missing: impl FnOnce() -> Error,
    ) -> Result<Trajectory, Error> {
        let Some(rate_hz) = self.rate_hz.or(stated) else {
            return Err(missing());
        };
        if !(rate_hz > 0.0 && rate_hz.is_finite()) {
            let expected = "a finite number of frames a second above 0";
            return Err(self.refused("rate_hz", rate_hz.to_string(), expected));
        }
        let start_s = self.start_s.unwrap_or(0.0);
        if !start_s.is_finite() {
            return Err(self.refused("start_s", start_s.to_string(), "a finite number of s"));
        }
        Trajectory::even(frames, start_s, rate_hz)
    }
}

/// The neutral formats: CSV, and NPZ.
fn neutral(file: &Path, entry: &ActivityFile, limits: &Limits) -> Result<Source, Error> {
    let Some(kind) = entry.kind else {
        let expected = "spikes, events, amplitudes, rates or trace, or else a `format`";
        return Err(entry.refused("kind", "missing", expected));
    };
    let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
    match (kind.frames(), ending.to_str()) {
        (None, Some("csv")) => spikes(file),
        (Some(kind), Some("csv")) => frame_table(file, kind),
        (Some(kind), Some("npz")) => frame_archive(file, entry, kind, limits),
        _ => {
            let value = format!("{ending:?}");
            let expected = "a .csv file, or .npz unless the kind is spikes";
            Err(Error::entry(file, "its ending", value, expected))
        }
    }
}

/// `time_s,cell`, a row a spike, in any order.
fn spikes(file: &Path) -> Result<Source, Error> {
    let mut table = Table::open(file)?;
    let (time, cell) = (table.column("time_s")?, table.column("cell")?);
    let notes = passed_over("column", table.header(), &["time_s", "cell"]);
    let mut trains = Trains::default();
    while table.next()? {
        let moment = table.moment(time)?;
        let id = table.text(cell);
        if id.is_empty() {
            return Err(table.refused(cell, "the id of a cell"));
        }
        trains.push(id, moment);
    }
    Ok(trains.into_source(notes))
}

/// Spikes that come in any order, with cells in the order of their first ones.
#[derive(Default)]
pub(crate) struct Trains {
    places: HashMap<String, usize>,
    cells: Vec<Found>,
    trains: Vec<Vec<f64>>,
}

impl Trains {
    pub(crate) fn push(&mut self, id: &str, time: f64) {
        if let Some(place) = self.places.get(id) {
            self.trains[*place].push(time);
            return;
        }
        self.places.insert(id.to_owned(), self.cells.len());
        self.cells.push(Found::new(id));
        self.trains.push(vec![time]);
    }

    pub(crate) fn into_source(self, notes: Vec<Note>) -> Source {
        Source {
            cells: self.cells,
            ordered: false,
            values: Values::Spikes(self.trains),
            notes,
        }
    }
}

/// `time_s`, then a column a cell.
fn frame_table(file: &Path, kind: FrameKind) -> Result<Source, Error> {
    let mut table = Table::open(file)?;
    let time_column = table.column("time_s")?;
    let columns: Vec<usize> = (0..table.header().len())
        .filter(|column| *column != time_column)
        .collect();
    let cells = columns
        .iter()
        .map(|column| Found::new(&table.header()[*column]))
        .collect();
    let (mut time, mut values) = (Vec::new(), Vec::new());
    while table.next()? {
        time.push(table.moment_after(time_column, &time)?);
        for column in &columns {
            values.push(table.number(*column)?);
        }
    }
    let clock = clock_of(file, time)?;
    Ok(Source {
        cells,
        ordered: true,
        values: Values::Frames {
            place: file.display().to_string(),
            values: DMatrix::from_row_slice(clock.len(), columns.len(), &values),
            kind,
            clock,
        },
        notes: Vec::new(),
    })
}

/// The clock of frames whose times are given and rise.
pub(crate) fn clock_of(file: &Path, time: Vec<f64>) -> Result<Trajectory, Error> {
    if time.len() < 2 {
        let value = format!("of {} frames", time.len());
        let expected = "two frames or more";
        return Err(Error::entry(file, "the activity", value, expected));
    }
    Trajectory::new(time, None, None)
}

/// `activity` (frames × cells) with `ids`, and `time_s` or a rate.
fn frame_archive(
    file: &Path,
    entry: &ActivityFile,
    kind: FrameKind,
    limits: &Limits,
) -> Result<Source, Error> {
    let mut archive = Archive::open(file, limits.decoded_bytes)?;
    let activity = archive.get("activity")?;
    let [frames, columns] = activity.shape[..] else {
        return Err(activity.wrong_shape("frames × cells"));
    };
    let ids = archive.find("ids")?.map(|ids| ids.names()).transpose()?;
    if let Some(ids) = &ids
        && ids.len() != columns
    {
        let turned = ids.len() == frames;
        return Err(mismatch(&activity, ids.len(), "cells, as `ids`", turned));
    }
    let time = archive.find("time_s")?;
    let clock = match time {
        Some(_) if entry.rate_hz.is_some() => {
            return Err(entry.refused("rate_hz", "given beside `time_s`", "one of both"));
        }
        Some(time) => {
            let stamps = time.vector()?.to_vec();
            if stamps.len() != frames {
                let (found, turned) = (stamps.len(), stamps.len() == columns);
                return Err(mismatch(&activity, found, "frames, as `time_s`", turned));
            }
            rising(&time, &stamps)?;
            clock_of(file, stamps)?
        }
        None => entry.clock(frames, None, || {
            Error::entry(file, "member `time_s`", "missing", "times, or the rate")
                .mended_by("rate_hz")
        })?,
    };
    let known = ["activity", "ids", "time_s"];
    Ok(Source {
        cells: match ids {
            Some(ids) => ids.into_iter().map(Found::new).collect(),
            None => Found::numbered(columns),
        },
        ordered: true,
        notes: passed_over("member", &archive.names(), &known),
        values: Values::Frames {
            place: format!("{}: activity", file.display()),
            values: activity.matrix()?,
            kind,
            clock,
        },
    })
}

/// Refuses times that are not finite or do not rise, by their index.
pub(crate) fn rising(array: &Array, time: &[f64]) -> Result<(), Error> {
    match crate::times::first_not_rising(time) {
        None => Ok(()),
        Some(index) => {
            let expected = "a finite time after the one before, s";
            Err(array.wrong_entry(index, time[index], expected))
        }
    }
}

fn mismatch(activity: &Array, expected: usize, what: &str, transposed: bool) -> Error {
    let hint = if transposed {
        "; is it transposed? frames are rows"
    } else {
        ""
    };
    activity.wrong_shape(format!("{expected} {what}{hint}"))
}

/// A note for every column or member, which is `what` these are, that is not read.
pub(super) fn passed_over(what: &str, names: &[String], known: &[&str]) -> Vec<Note> {
    let others = names.iter().filter(|name| !known.contains(&name.as_str()));
    others
        .map(|name| Note::Read(format!("{what} `{name}` is not read")))
        .collect()
}
