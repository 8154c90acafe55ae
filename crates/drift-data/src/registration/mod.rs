//! Which cell of one session is which of another: the neutral table, and what CellReg, CaImAn and
//! track2p write.
//!
//! The programs number cells: CellReg from 1 with 0 for none, CaImAn and track2p from 0 with NaN for
//! none. What they count (all cells of a session or the accepted ones only) stands in no file. It
//! must be given where some cells are not accepted, unless the format knows (track2p's suite2p
//! indices count all).

mod programs;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::folder::activity::{Found, Source};
use crate::folder::cells::{places, some};
use crate::folder::{Counts, RegistrationFile, Registry};
use crate::mat::Limits;
use crate::recording::{Registration, Session};
use crate::table::Table;

/// All cells of a session's file, which a registration may name.
#[derive(Debug)]
pub(crate) struct Members {
    file: PathBuf,
    pub(crate) cells: Vec<Found>,
    ordered: bool,
}

impl Members {
    pub(crate) fn of(file: &Path, source: &Source) -> Self {
        Self {
            file: file.to_owned(),
            cells: source.cells.clone(),
            ordered: source.ordered,
        }
    }
}

/// For each registered cell and session the place in [`Members::cells`], if it was found there.
pub(crate) type Rows = Vec<Vec<Option<usize>>>;

/// Reads a registration of sessions with these labels and members.
pub(crate) fn read(
    file: &Path,
    entry: &RegistrationFile,
    labels: &[&str],
    members: &[Option<Members>],
    limits: &Limits,
) -> Result<Rows, Error> {
    let Some(format) = entry.format else {
        for (key, given) in [
            ("base", entry.base.is_some()),
            ("counts", entry.counts.is_some()),
        ] {
            if given {
                let expected = "a `format` beside it: cellreg, caiman or track2p";
                return Err(Error::entry(file, format!("`{key}`"), "given", expected)
                    .mended_by("registration.format"));
            }
        }
        return table(file, labels, members);
    };
    let (base, none) = match format {
        Registry::CellReg => (1, "0"),
        Registry::CaImAn | Registry::Track2p => (0, "NaN"),
    };
    let base = entry.base.unwrap_or(base);
    if base > 1 {
        let error = Error::entry(file, "`base`", base.to_string(), "0 or 1");
        return Err(error.mended_by("registration.base"));
    }
    let mut rows = Rows::new();
    for part in programs::read(file, format, limits)? {
        let numbering = Numbering {
            file: &part.file,
            base,
            none,
            counts: entry
                .counts
                .or((format == Registry::Track2p).then_some(Counts::All)),
            plane: part.plane.as_deref(),
        };
        rows.extend(numbering.rows(&part.numbers, labels, members)?);
    }
    Ok(rows)
}

/// What a registration says by itself: `6 cells in 2 sessions, of which 5 and 5 are found, 4 in all`.
#[cfg(feature = "nwb")]
pub(crate) fn summary(
    file: &Path,
    format: Option<Registry>,
    limits: &Limits,
) -> Result<String, Error> {
    // For every cell, in which sessions it is found.
    let mut rows: Vec<Vec<bool>> = Vec::new();
    let mut rest = "";
    if let Some(format) = format {
        let absent =
            |number: &f64| number.is_nan() || (format == Registry::CellReg && *number == 0.0);
        for part in programs::read(file, format, limits)? {
            let row_iter = part.numbers.row_iter();
            rows.extend(row_iter.map(|row| row.iter().map(|number| !absent(number)).collect()));
        }
        if format != Registry::Track2p {
            rest = "; where cells were rejected, `counts` has to say whether it counts all or accepted ones";
        }
    } else {
        let mut table = Table::open(file)?;
        let cell = table.column("cell")?;
        let sessions: Vec<usize> = (0..table.header().len())
            .filter(|column| *column != cell)
            .collect();
        while table.next()? {
            let found = sessions
                .iter()
                .map(|column| !table.text(*column).is_empty());
            rows.push(found.collect());
        }
    }
    // The files of two planes may be of different numbers of sessions.
    let sessions = rows.iter().map(Vec::len).max().unwrap_or(0);
    let found_in = |session| {
        rows.iter()
            .filter(|row| row.get(session) == Some(&true))
            .count()
    };
    let found: Vec<String> = (0..sessions)
        .map(|session| found_in(session).to_string())
        .collect();
    let in_all = |row: &&Vec<bool>| row.len() == sessions && !row.contains(&false);
    let all = rows.iter().filter(in_all).count();
    Ok(format!(
        "{} cells in {sessions} sessions, found {} times, {all} in all of them{rest}",
        rows.len(),
        found.join(", ")
    ))
}

/// How the numbers of a file are to be read.
struct Numbering<'a> {
    file: &'a Path,
    base: u32,
    /// How the file writes that a cell is absent.
    none: &'static str,
    counts: Option<Counts>,
    /// The plane whose cells are counted.
    plane: Option<&'a str>,
}

impl Numbering<'_> {
    /// The rows of a matrix (registered cells × sessions) that name a cell.
    fn rows(
        &self,
        numbers: &nalgebra::DMatrix<f64>,
        labels: &[&str],
        members: &[Option<Members>],
    ) -> Result<Rows, Error> {
        if numbers.ncols() != members.len() {
            let hint = if numbers.nrows() == members.len() {
                "; is it transposed?"
            } else {
                ""
            };
            let expected = format!("{} sessions, as the recording{hint}", members.len());
            let value = format!("{} cells × {} sessions", numbers.nrows(), numbers.ncols());
            return Err(Error::entry(self.file, "the registration", value, expected));
        }
        let mut rows = vec![vec![None; members.len()]; numbers.nrows()];
        for (session, column) in numbers.column_iter().enumerate() {
            let Some(members) = &members[session] else {
                continue;
            };
            let counted = self.counted(labels[session], members)?;
            let mut taken: HashMap<usize, usize> = HashMap::new();
            for (row, &number) in column.iter().enumerate() {
                let base = f64::from(self.base);
                if number.is_nan() || (self.none == "0" && self.base == 1 && number == 0.0) {
                    continue;
                }
                let refused = |expected: String| {
                    let place = format!("row {}, session `{}`", row + 1, labels[session]);
                    Err(Error::entry(self.file, place, number.to_string(), expected))
                };
                let index = number - base;
                if !(index >= 0.0 && index < counted.len() as f64 && index.fract() == 0.0) {
                    let last = counted.len() as f64 + base - 1.0;
                    let counts = match self.counts {
                        Some(Counts::Accepted) => "accepted cells",
                        _ => "cells",
                    };
                    let none = self.none;
                    return refused(format!("one of the {counts} {base} to {last}, or {none}"))
                        .map_err(|error| {
                            error.mended_by("registration.base, registration.counts")
                        });
                }
                let place = counted[index as usize];
                if let Some(first) = taken.insert(place, row) {
                    return refused(format!("every cell once; row {} has it", first + 1));
                }
                rows[row][session] = Some(place);
            }
        }
        rows.retain(|row| row.iter().any(Option::is_some));
        Ok(rows)
    }

    /// The places of the cells that are counted in a session.
    fn counted(&self, label: &str, members: &Members) -> Result<Vec<usize>, Error> {
        if !members.ordered {
            let place = format!("the numbers of session `{label}`");
            let value = format!("not to be found in {}", members.file.display());
            let expected = "a table `cells` that lists its cells in their order";
            return Err(Error::entry(self.file, place, value, expected).mended_by("cells"));
        }
        let here = |cell: &Found| match self.plane {
            None => true,
            Some(plane) => {
                let id = cell.id.strip_prefix(plane);
                id.is_some_and(|id| id.starts_with('/'))
            }
        };
        let places = (0..members.cells.len()).filter(|place| here(&members.cells[*place]));
        let all: Vec<usize> = places.collect();
        let accepted = all.iter().filter(|place| members.cells[**place].keep);
        let accepted: Vec<usize> = accepted.copied().collect();
        match self.counts {
            Some(Counts::All) => Ok(all),
            Some(Counts::Accepted) => Ok(accepted),
            None if accepted.len() == all.len() => Ok(all),
            None => Err(Error::Ambiguous {
                file: self.file.to_owned(),
                what: format!(
                    "its numbers may count all {} cells of session {label} or the {} accepted ones",
                    all.len(),
                    accepted.len()
                ),
                choices: vec!["all".to_owned(), "accepted".to_owned()],
                option: "the key `registration.counts`",
            }),
        }
    }
}

/// `cell`, then a column a session with the id that the cell has there, or nothing.
fn table(file: &Path, labels: &[&str], members: &[Option<Members>]) -> Result<Rows, Error> {
    let mut table = Table::open(file)?;
    let cell = table.column("cell")?;
    let mut columns: Vec<Option<usize>> = vec![None; labels.len()];
    for (column, name) in table.header().iter().enumerate() {
        if column == cell {
            continue;
        }
        match labels.iter().position(|label| label == name) {
            Some(session) => columns[session] = Some(column),
            None => {
                let expected = format!("cell, or the label of a session: {}", labels.join(", "));
                return Err(Error::entry(file, "line 1", format!("`{name}`"), expected));
            }
        }
    }
    let places = members
        .iter()
        .map(|members| Some(places(&members.as_ref()?.cells)));
    let places: Vec<Option<HashMap<&str, usize>>> = places.collect();
    let mut taken: Vec<HashMap<usize, String>> = vec![HashMap::new(); labels.len()];
    let mut names: HashMap<String, String> = HashMap::new();
    let mut rows = Rows::new();
    while table.next()? {
        let name = table.text(cell).to_owned();
        if name.is_empty() {
            return Err(table.refused(cell, "a name for the cell"));
        }
        if let Some(first) = names.insert(name, table.place(cell)) {
            return Err(table.refused(cell, format!("every cell once; it stands in {first}")));
        }
        let mut row = vec![None; labels.len()];
        for (session, column) in columns.iter().enumerate() {
            let Some(column) = *column else { continue };
            let id = table.text(column);
            if id.is_empty() {
                continue;
            }
            let (Some(places), Some(members)) = (&places[session], &members[session]) else {
                continue;
            };
            let Some(&place) = places.get(id) else {
                let known = some(&members.cells);
                let file = members.file.display();
                let expected = format!("an id of {file}: {known}; silent cells stand in `cells`");
                return Err(table.refused(column, expected).mended_by("cells"));
            };
            if let Some(first) = taken[session].insert(place, table.place(column)) {
                return Err(table.refused(column, format!("every id once; it stands in {first}")));
            }
            row[session] = Some(place);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The registration of the sessions' own cells; cells that were not kept have no place. A session that
/// could not be read has no members, and is none of `sessions`.
pub(crate) fn resolve(
    rows: &Rows,
    members: &[Option<Members>],
    sessions: &[Session],
) -> Registration {
    let read = members.iter().enumerate();
    let read = read.filter_map(|(index, members)| Some((index, members.as_ref()?)));
    let columns = read.zip(sessions).map(|((index, members), session)| {
        let labels = session.cells.iter().map(|cell| cell.label.as_str());
        let places = labels.enumerate().map(|(place, label)| (label, place));
        let places: HashMap<&str, usize> = places.collect();
        let place = |row: &Vec<Option<usize>>| {
            let cell = &members.cells[row[index]?];
            places.get(cell.id.as_str()).copied()
        };
        rows.iter().map(place).collect()
    });
    Registration {
        cells: rows.len(),
        columns: columns.collect(),
    }
}
