//! Inscopix's CSV exports: traces, and events.
//!
//! Traces: a line of cell names, a line `Time(s)/Cell Status` with a status a cell, then a row a frame;
//! a blank follows each comma. Events: `Time (s), Cell Name, Value`, a row an event, grouped by cell;
//! or one wide table, `Time (s)` and a column a cell. Times are seconds from the start or of the Unix
//! clock; the latter are counted from the first frame of traces, and from `start_s` in events.
//!
//! Source: inscopix/isxcore, src/isxExport.cpp.

use std::path::Path;

use nalgebra::DMatrix;

use crate::Error;
use crate::folder::ActivityFile;
use crate::folder::activity::{Found, Source, Trains, Values, clock_of};
use crate::folder::keys::Entry;
use crate::recording::{FrameKind, Note};
use crate::table::Table;

/// Later times are those of the Unix clock (1973 and after), s.
const UNIX: f64 = 1e8;

/// Reads a file of either kind, told by its first line.
pub(crate) fn read(path: &Path, entry: &ActivityFile) -> Result<Source, Error> {
    let mut table = Table::bare(path, b',')?;
    let first = if table.next()? {
        table.row().map(str::to_owned).collect()
    } else {
        Vec::new()
    };
    match (first.first().map(String::as_str), first.len()) {
        (Some(""), 2..) => traces(path, entry, table, &first),
        (Some("Time (s)"), 3) if first[1] == "Cell Name" && first[2] == "Value" => {
            events(path, entry, table)
        }
        (Some("Time (s)"), 2..) => wide_events(path, entry, table, &first),
        _ => {
            let value: String = first.join(", ").chars().take(80).collect();
            let value = format!("`{value}`");
            let expected = "cell names after an empty field (traces), or `Time (s), Cell Name, Value` \
                            (events)";
            Err(Error::entry(path, "line 1", value, expected))
        }
    }
}

fn traces(
    path: &Path,
    entry: &ActivityFile,
    mut table: Table,
    names: &[String],
) -> Result<Source, Error> {
    entry.only(&["undecided"])?;
    if !table.next()? || !table.text(0).starts_with("Time") {
        let expected = "`Time(s)/Cell Status`";
        return Err(Error::entry(path, "line 2", table.text(0), expected));
    }
    let mut cells = Vec::with_capacity(names.len() - 1);
    for (column, name) in names.iter().enumerate().skip(1) {
        let keep = match table.text(column).to_ascii_lowercase().as_str() {
            "accepted" => true,
            "rejected" => false,
            "undecided" => entry.undecided.unwrap_or(false),
            _ => return Err(table.refused(column, "accepted, undecided or rejected")),
        };
        cells.push(Found {
            keep,
            ..Found::new(name)
        });
    }
    let (mut time, mut values) = (Vec::new(), Vec::new());
    while table.next()? {
        time.push(table.moment_after(0, &time)?);
        for column in 1..names.len() {
            values.push(table.number(column)?);
        }
    }
    let mut notes = Vec::new();
    if let Some(&start) = time.first()
        && start > UNIX
    {
        // A double holds the Unix clock to a quarter of a µs: what is below would put a frame before
        // the position that was taken with it.
        time.iter_mut()
            .for_each(|moment| *moment = ((*moment - start) * 1e6).round() / 1e6);
        notes.push(Note::Read(format!(
            "times of the Unix clock are counted from the first frame, {start} s"
        )));
    }
    Ok(Source {
        ordered: true,
        values: Values::Frames {
            place: path.display().to_string(),
            values: DMatrix::from_row_slice(time.len(), cells.len(), &values),
            kind: FrameKind::Trace,
            clock: clock_of(path, time)?,
        },
        cells,
        notes,
    })
}

/// The time of an event of the row on the recording's clock.
fn moment(table: &Table, path: &Path, entry: &ActivityFile) -> Result<f64, Error> {
    let moment = table.moment(0)?;
    match entry.start_s {
        Some(start) => Ok(moment - start),
        None if moment > UNIX => {
            let expected = "s from the first frame, or the Unix time of that frame to be given";
            Err(Error::entry(path, table.place(0), table.text(0), expected).mended_by("start_s"))
        }
        None => Ok(moment),
    }
}

fn sizes_are_passed_over() -> Note {
    Note::Read("events are taken as times; their sizes are not used".to_owned())
}

fn events(path: &Path, entry: &ActivityFile, mut table: Table) -> Result<Source, Error> {
    entry.only(&["start_s"])?;
    let mut trains = Trains::default();
    while table.next()? {
        let time = moment(&table, path, entry)?;
        let name = table.text(1);
        if name.is_empty() {
            return Err(table.refused(1, "the name of a cell"));
        }
        trains.push(name, time);
    }
    Ok(trains.into_source(vec![sizes_are_passed_over()]))
}

fn wide_events(
    path: &Path,
    entry: &ActivityFile,
    mut table: Table,
    names: &[String],
) -> Result<Source, Error> {
    entry.only(&["start_s"])?;
    let mut trains = vec![Vec::new(); names.len() - 1];
    while table.next()? {
        let time = moment(&table, path, entry)?;
        for (train, column) in trains.iter_mut().zip(1..) {
            let value = table.number(column)?;
            if !(value.is_nan() || value == 0.0) {
                train.push(time);
            }
        }
    }
    Ok(Source {
        cells: names[1..].iter().map(Found::new).collect(),
        ordered: true,
        values: Values::Spikes(trains),
        notes: vec![sizes_are_passed_over()],
    })
}
