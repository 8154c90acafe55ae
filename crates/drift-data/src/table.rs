//! Tables in CSV files: one header row, then rows that are read one after the other, with errors that
//! name line, column and value.

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{Reader, ReaderBuilder, StringRecord};

use crate::Error;

/// An open table and the row it stands at.
#[derive(Debug)]
pub(crate) struct Table {
    file: PathBuf,
    reader: Reader<File>,
    header: Vec<String>,
    row: StringRecord,
}

impl Table {
    /// Opens a table and reads its header; blanks around names and values do not count.
    pub(crate) fn open(file: &Path) -> Result<Self, Error> {
        Self::open_with(file, b',')
    }

    /// Opens a table with another separator.
    pub(crate) fn open_with(file: &Path, separator: u8) -> Result<Self, Error> {
        let mut table = Self::bare(file, separator)?;
        if !table.next()? {
            return Err(Error::entry(file, "line 1", "missing", "a header row"));
        }
        table.header = table.row().map(str::to_owned).collect();
        for (index, name) in table.header.iter().enumerate() {
            if !name.is_empty() && table.header[..index].contains(name) {
                let value = format!("a second column `{name}`");
                return Err(Error::entry(file, "line 1", value, "every column once"));
            }
        }
        Ok(table)
    }

    /// Opens a file of rows without a header of one row.
    pub(crate) fn bare(file: &Path, separator: u8) -> Result<Self, Error> {
        let opened = File::open(file).map_err(|error| Error::io(file, &error))?;
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .delimiter(separator)
            .from_reader(opened);
        Ok(Self {
            file: file.to_owned(),
            reader,
            header: Vec::new(),
            row: StringRecord::new(),
        })
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// The place of a column, if the table has it.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|found| found == name)
    }

    /// The place of a column.
    pub(crate) fn column(&self, name: &str) -> Result<usize, Error> {
        self.find(name).ok_or_else(|| Error::MissingVariable {
            file: self.file.clone(),
            variable: format!("column {name}"),
            present: self.header.clone(),
        })
    }

    /// Goes to the next row; `false` behind the last one.
    pub(crate) fn next(&mut self) -> Result<bool, Error> {
        self.reader.read_record(&mut self.row).map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            let (value, expected) = match error.kind() {
                csv::ErrorKind::UnequalLengths {
                    expected_len: expected,
                    len,
                    ..
                } => (
                    format!("a row of {len} fields"),
                    format!("{expected} fields"),
                ),
                csv::ErrorKind::Utf8 { .. } => ("no UTF-8".to_owned(), "UTF-8 text".to_owned()),
                _ => (error.to_string(), "a row".to_owned()),
            };
            Error::entry(&self.file, format!("line {line}"), value, expected)
        })
    }

    /// The fields of the row.
    pub(crate) fn row(&self) -> impl Iterator<Item = &str> {
        self.row.iter().map(str::trim)
    }

    /// A field of the row; the empty text where there is none.
    pub(crate) fn text(&self, column: usize) -> &str {
        self.row.get(column).unwrap_or_default().trim()
    }

    /// A number of the row; NaN where the field is empty or says that it is none.
    pub(crate) fn number(&self, column: usize) -> Result<f64, Error> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(f64::NAN);
        }
        text.parse()
            .map_err(|_| self.refused(column, "a number, or nothing where there is none"))
    }

    /// A time of the row, s.
    pub(crate) fn moment(&self, column: usize) -> Result<f64, Error> {
        let moment = self.number(column)?;
        if moment.is_finite() {
            return Ok(moment);
        }
        Err(self.refused(column, "a finite time, s"))
    }

    /// A time of the row, s, after all those before.
    pub(crate) fn moment_after(&self, column: usize, before: &[f64]) -> Result<f64, Error> {
        let moment = self.number(column)?;
        if moment.is_finite() && before.last().is_none_or(|before| moment > *before) {
            return Ok(moment);
        }
        Err(self.refused(column, "a finite time after the one before, s"))
    }

    /// An error about a field of the row.
    pub(crate) fn refused(&self, column: usize, expected: impl Into<String>) -> Error {
        let text: String = self.text(column).chars().take(80).collect();
        let value = if text.is_empty() {
            "empty".to_owned()
        } else {
            text
        };
        Error::entry(&self.file, self.place(column), value, expected)
    }

    /// What errors call a field of the row: `line 7, x_cm`.
    pub(crate) fn place(&self, column: usize) -> String {
        let line = self.row.position().map_or(0, csv::Position::line);
        match self.header.get(column) {
            Some(name) if !name.is_empty() => format!("line {line}, {name}"),
            _ => format!("line {line}, field {}", column + 1),
        }
    }
}
