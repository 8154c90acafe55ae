//! Responses of regions of interest: which series, which plane, which of them are cells.

use nalgebra::DMatrix;

use super::series::{clock, stamps, values};
use super::tree::{Tree, is_called, name_of, parent_of};
use super::units::named;
use crate::Error;
use crate::recording::{
    Cell, CellChoice, Choices, FrameKind, Frames, Note, Place, Session, Trajectory, beside,
};

/// Columns of a segmentation that say which regions of interest are cells.
const ACCEPTED: [&str; 4] = ["iscell", "is_cell", "accepted", "Accepted"];

/// One series, and the table that its columns are rows of.
struct Series {
    path: String,
    /// Path of the `PlaneSegmentation`, if the file says which.
    table: Option<String>,
    /// Name and region of the imaging plane.
    plane: Option<String>,
    region: Option<String>,
}

impl Series {
    /// What its cells are cells of: the same table means the same cells.
    fn table(&self) -> &str {
        self.table.as_deref().unwrap_or("")
    }
}

/// The paths of all series of responses.
pub(super) fn all(tree: &Tree<'_>) -> Vec<String> {
    tree.of_type(&["processing", "acquisition"], "RoiResponseSeries")
}

/// A session of the responses that the options choose.
pub(super) fn session(
    tree: &Tree<'_>,
    found: &[String],
    place: Option<Place>,
    options: &Choices,
) -> Result<Session, Error> {
    let series = choose(tree, found, options)?;
    let mut notes = Vec::new();
    let many = series.len() > 1;
    let mut parts = Vec::with_capacity(series.len());
    for series in &series {
        parts.push(part(tree, series, many, options, &mut notes)?);
    }
    let recorded = parts.iter().map(|part| part.recorded).sum();
    let kind = kind(tree, &series)?;
    let (clock, cells, values) = joined(tree, parts, &series, &mut notes)?;
    let names: Vec<&str> = series.iter().map(|series| series.path.as_str()).collect();
    let frames = Frames {
        place: format!("{}: {}", tree.path.display(), names.join(", ")),
        values,
        kind,
        clock,
    };
    let mut session = Session::of_frames("whole file", cells, frames, place)?;
    session.recorded_units = recorded;
    session.notes.extend(notes);
    Ok(session)
}

/// The series that are read: one for each table of regions of interest.
fn choose(tree: &Tree<'_>, found: &[String], options: &Choices) -> Result<Vec<Series>, Error> {
    let ambiguous = |what: String, choices: Vec<String>, option| Error::Ambiguous {
        file: tree.path.to_owned(),
        what,
        choices,
        option,
    };
    let mut chosen = found.to_vec();
    if let Some(wanted) = &options.series {
        chosen.retain(|series| is_called(series, wanted));
        if chosen.is_empty() {
            let what = format!("no series of activity is called {wanted:?}; there are");
            return Err(ambiguous(what, found.to_vec(), "--series NAME"));
        }
    }
    let mut series: Vec<Series> = chosen
        .into_iter()
        .map(|path| described(tree, path))
        .collect();
    if let Some(wanted) = &options.plane {
        let mut planes: Vec<String> = series.iter().map(plane_name).collect();
        let is = |series: &Series| {
            plane_name(series).eq_ignore_ascii_case(wanted)
                || name_of(series.table()).eq_ignore_ascii_case(wanted)
        };
        series.retain(is);
        if series.is_empty() {
            planes.dedup();
            let what = format!("no imaging plane is called {wanted:?}; there are");
            return Err(ambiguous(what, planes, "--plane NAME"));
        }
    }
    for one in &series {
        let same = series.iter().filter(|other| other.table() == one.table());
        let same: Vec<String> = same.map(|series| series.path.clone()).collect();
        if same.len() > 1 {
            let what = "several series hold the activity of the same cells".to_owned();
            return Err(ambiguous(what, same, "--series NAME"));
        }
    }
    Ok(series)
}

fn plane_name(series: &Series) -> String {
    let name = series.plane.as_deref().map(name_of);
    name.unwrap_or_else(|| name_of(series.table())).to_owned()
}

/// A series with its table and plane, as far as the file says.
fn described(tree: &Tree<'_>, path: String) -> Series {
    let rois = tree.resolve(&format!("{path}/rois"));
    let table = tree.reference(&rois, "table").or_else(|| {
        // A file without the reference, and one table only: there is nothing else it could mean.
        <[String; 1]>::try_from(tree.of_type(&["processing"], "PlaneSegmentation"))
            .ok()
            .map(|[only]| only)
    });
    let plane = table.as_ref();
    let plane = plane.map(|table| tree.resolve(&format!("{table}/imaging_plane")));
    let plane = plane.filter(|plane| tree.group(plane).is_some());
    let location = plane.as_ref().map(|plane| format!("{plane}/location"));
    let region = location.and_then(|place| named(tree.text(&place)?));
    Series {
        path,
        table,
        plane,
        region,
    }
}

/// What the values are, by the names of series and container: only those that say that they are
/// deconvolved or events are taken for activity.
fn kind(tree: &Tree<'_>, series: &[Series]) -> Result<FrameKind, Error> {
    let of = |series: &Series| {
        let container = name_of(parent_of(&series.path));
        let words = format!("{container} {}", name_of(&series.path)).to_ascii_lowercase();
        let mut deconvolved = ["deconv", "spks", "spike"].iter();
        if deconvolved.any(|word| words.contains(word)) {
            FrameKind::Amplitudes
        } else if words.contains("event") {
            FrameKind::Events
        } else {
            FrameKind::Trace
        }
    };
    let kinds: Vec<FrameKind> = series.iter().map(of).collect();
    match kinds[..] {
        [first, ..] if kinds.iter().all(|kind| *kind == first) => Ok(first),
        _ => Err(Error::Ambiguous {
            file: tree.path.to_owned(),
            what: "series of different kinds, traces and deconvolved ones".to_owned(),
            choices: series.iter().map(|series| series.path.clone()).collect(),
            option: "--series NAME",
        }),
    }
}

/// The cells of one series.
struct Part {
    clock: Trajectory,
    cells: Vec<Cell>,
    /// Regions of interest, cells or not.
    recorded: usize,
    values: DMatrix<f64>,
}

fn part(
    tree: &Tree<'_>,
    series: &Series,
    many: bool,
    options: &Choices,
    notes: &mut Vec<Note>,
) -> Result<Part, Error> {
    let read = values(tree, &series.path, |_, _| {})?;
    let [rows, columns] = read.shape;
    let place = format!("{}/rois", series.path);
    let row = |row: i64| usize::try_from(row).unwrap_or(usize::MAX);
    let rois = tree.integers(&place);
    let rois: Option<Vec<usize>> = rois.map(|rows| rows.into_iter().map(row).collect());
    let count = rois.as_ref().map_or(columns, Vec::len);
    let frames = stamps(tree, &series.path);
    let fits = |cells: usize, samples: usize| {
        cells == count && frames.is_none_or(|frames| frames == samples)
    };
    let (values, samples) = if fits(columns, rows) {
        (DMatrix::from_row_slice(rows, columns, &read.values), rows)
    } else if fits(rows, columns) {
        notes.push(Note::Read(format!(
            "{} is stored as {rows} regions of interest × {columns} frames, by its rois, and was \
             turned",
            series.path
        )));
        let values = DMatrix::from_vec(columns, rows, read.values);
        (values, columns)
    } else {
        let (frames, says) = match frames {
            Some(frames) => (format!("{frames} "), "its timestamps and rois say"),
            None => (String::new(), "its rois say"),
        };
        return Err(Error::WrongShape {
            file: tree.path.to_owned(),
            variable: format!("{}/data", series.path),
            expected: format!("{frames}frames × {count} cells, as {says}"),
            found: vec![rows, columns],
        });
    };
    let rois = rois.unwrap_or_else(|| (0..count).collect());
    let clock = clock(tree, &series.path, samples, options, notes)?;
    let accepted = accepted(tree, series, &rois, options, notes)?;
    let ids = series
        .table
        .as_ref()
        .and_then(|table| tree.integers(&format!("{table}/id")));
    let cell = |column: &usize| {
        let row = rois[*column];
        let id = ids.as_ref().and_then(|ids| ids.get(row).copied());
        let id = id.unwrap_or(row as i64);
        Cell {
            label: if many {
                format!("{}/roi {id}", plane_name(series))
            } else {
                format!("roi {id}")
            },
            region: series.region.clone(),
            identity: None,
        }
    };
    let cells = accepted.iter().map(cell).collect();
    Ok(Part {
        clock,
        cells,
        recorded: count,
        values: if accepted.len() == count {
            values
        } else {
            values.select_columns(&accepted)
        },
    })
}

/// The columns of a series that are cells by the table's own column.
fn accepted(
    tree: &Tree<'_>,
    series: &Series,
    rois: &[usize],
    options: &Choices,
    notes: &mut Vec<Note>,
) -> Result<Vec<usize>, Error> {
    let all = (0..rois.len()).collect();
    let Some(table) = &series.table else {
        return Ok(all);
    };
    let mut columns = ACCEPTED.iter().map(|name| format!("{table}/{name}"));
    let Some(place) = columns.find(|place| tree.dataset(place).is_some()) else {
        return Ok(all);
    };
    if options.cells == CellChoice::All {
        notes.push(Note::Read(format!(
            "all regions of interest are taken for cells, whatever {place} says (--cells all)"
        )));
        return Ok(all);
    }
    let (flags, shape) = tree.numbers(&place)?;
    // A single flag without an axis is that of one row.
    let rows = shape.first().copied().unwrap_or(1);
    let width = flags.len().checked_div(rows).unwrap_or(0);
    let mut kept = Vec::new();
    for (column, row) in rois.iter().enumerate() {
        let flag = row.checked_mul(width).and_then(|at| flags.get(at));
        let Some(flag) = flag else {
            let place = format!("{}/rois", series.path);
            let expected = "a row of its table of regions of interest";
            return Err(tree.bad_value(place, column, *row as f64, expected));
        };
        if *flag > 0.5 {
            kept.push(column);
        }
    }
    notes.push(Note::Read(format!(
        "{} of {} regions of interest of {} are cells by {}; --cells all takes all",
        kept.len(),
        rois.len(),
        series.path,
        name_of(&place)
    )));
    Ok(kept)
}

/// The cells of all series on one clock: that of the first.
fn joined(
    tree: &Tree<'_>,
    parts: Vec<Part>,
    series: &[Series],
    notes: &mut Vec<Note>,
) -> Result<(Trajectory, Vec<Cell>, DMatrix<f64>), Error> {
    let mut parts = parts.into_iter();
    let Some(Part {
        clock,
        mut cells,
        values,
        ..
    }) = parts.next()
    else {
        return Err(tree.wrong("processing", "a RoiResponseSeries", "none"));
    };
    let mut values = vec![values];
    let mut shift: f64 = 0.0;
    for part in parts {
        let times = clock.time.iter().zip(&part.clock.time);
        let apart = times.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // Planes are scanned one after the other within a frame.
        if part.clock.len() != clock.len() || apart >= clock.sample_interval {
            return Err(Error::Ambiguous {
                file: tree.path.to_owned(),
                what: "the imaging planes have clocks of their own".to_owned(),
                choices: series.iter().map(plane_name).collect(),
                option: "--plane NAME",
            });
        }
        shift = shift.max(apart);
        cells.extend(part.cells);
        values.push(part.values);
    }
    if series.len() > 1 {
        let names: Vec<String> = series.iter().map(plane_name).collect();
        notes.push(Note::Read(format!(
            "{} imaging planes were put together: {}; frames differ by at most {shift:.4} s",
            names.len(),
            names.join(", ")
        )));
    }
    let values = match values.len() {
        1 => values.swap_remove(0),
        _ => beside(&values, clock.len()),
    };
    Ok((clock, cells, values))
}
