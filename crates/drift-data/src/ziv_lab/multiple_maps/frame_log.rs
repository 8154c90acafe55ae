//! The log of which imaging frames belong to which trial.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::behaviour::TrialBehaviour;
use super::{FrameLogReading, Options, TRIALS};
use crate::Error;
use crate::mat::MatRef;
use crate::recording::{Date, Note};

/// The rows of a frame log.
pub(super) struct FrameLog {
    path: PathBuf,
    /// 0-based frames of each row.
    rows: Vec<Range<usize>>,
    date: Option<Date>,
}

impl FrameLog {
    /// Reads and checks a log: rows follow each other without a hole and end with the last frame of the events.
    pub(super) fn read(path: &Path, frames: usize, events: &MatRef<'_>) -> Result<Self, Error> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(true)
            .trim(csv::Trim::All)
            .from_path(path)
            .map_err(|error| csv_error(path, "the table", &error))?;
        let headers = reader
            .headers()
            .map_err(|error| csv_error(path, "header", &error))?
            .clone();
        let column = |name: &str| {
            let found = headers.iter().position(|header| header == name);
            found.ok_or_else(|| Error::MissingVariable {
                file: path.to_owned(),
                variable: name.to_owned(),
                present: headers.iter().map(str::to_owned).collect(),
            })
        };
        let (first, last) = (column("begFrame")?, column("endFrame")?);
        let mut rows: Vec<Range<usize>> = Vec::new();
        let mut date = None;
        for (index, record) in reader.records().enumerate() {
            let line = format!("row {}", index + 1);
            let record = record.map_err(|error| csv_error(path, &line, &error))?;
            let number = |column: usize, name: &str| {
                let text = record.get(column).unwrap_or_default();
                let number = text.parse().ok().filter(|number: &usize| *number > 0);
                number.ok_or_else(|| Error::BadText {
                    file: path.to_owned(),
                    variable: format!("{line}, {name}"),
                    value: text.to_owned(),
                    expected: "a 1-based frame number",
                })
            };
            let (from, to) = (number(first, "begFrame")?, number(last, "endFrame")?);
            let expected = rows
                .last()
                .map_or(Some(1), |before| before.end.checked_add(1));
            if Some(from) != expected || to < from {
                return Err(Error::BadText {
                    file: path.to_owned(),
                    variable: line,
                    value: format!("{from}..{to}"),
                    expected: "rows that follow each other without a hole, from frame 1",
                });
            }
            rows.push(from - 1..to);
            let mut words = record.iter().flat_map(|text| text.split('_'));
            date = date.or_else(|| words.find_map(Date::from_digits));
        }
        let end = rows.last().map_or(0, |row| row.end);
        if end != frames {
            return Err(Error::FrameCount {
                file: path.to_owned(),
                variable: "endFrame".to_owned(),
                found: end,
                reference: format!("{} of {}", events.path(), events.file().display()),
                expected: frames,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            rows,
            date,
        })
    }

    pub(super) fn date(&self) -> Option<Date> {
        self.date
    }

    /// The imaging frames of neighbouring rows.
    pub(super) fn frames(&self, rows: &Range<usize>) -> Range<usize> {
        self.rows[rows.start].start..self.rows[rows.end - 1].end
    }

    /// Gives each trial of the behaviour its rows.
    pub(super) fn pair<'b>(
        &self,
        behaviour: &'b [TrialBehaviour],
        options: &Options,
        notes: &mut Vec<Note>,
    ) -> Result<Vec<(&'b TrialBehaviour, Range<usize>)>, Error> {
        for trial in TRIALS {
            if trial > self.rows.len() || !behaviour.iter().any(|found| found.number == trial) {
                notes.push(Note::MissingTrial { trial });
            }
        }
        let literal: Vec<_> = behaviour
            .iter()
            .filter(|trial| trial.number <= self.rows.len())
            .map(|trial| (trial, trial.number - 1..trial.number))
            .collect();
        let differences = self.differences(&literal);
        let allowed = options.allowed_difference as u64;
        let agrees = differences
            .iter()
            .all(|found| found.unsigned_abs() <= allowed);
        if agrees && !literal.is_empty() {
            return Ok(literal);
        }
        let refusal = || Error::FrameLog {
            file: self.path.clone(),
            rows: self.rows.len(),
            differences: differences.clone(),
            allowed: options.allowed_difference,
        };
        match options.frame_log {
            FrameLogReading::Literal if !literal.is_empty() => {
                notes.push(Note::LiteralFrameLog {
                    rows: self.rows.len(),
                });
                Ok(literal)
            }
            FrameLogReading::Repair => {
                let rows = self
                    .joined_rows(behaviour, options.allowed_difference)
                    .ok_or_else(refusal)?;
                let repaired: Vec<_> = behaviour.iter().zip(rows).collect();
                for (trial, rows) in &repaired {
                    if *rows != (trial.number - 1..trial.number) {
                        notes.push(Note::RepairedFrameLog {
                            trial: trial.number,
                            rows: rows.clone(),
                        });
                    }
                }
                Ok(repaired)
            }
            _ => Err(refusal()),
        }
    }

    /// Imaging minus behaviour frames of each pair.
    fn differences(&self, pairs: &[(&TrialBehaviour, Range<usize>)]) -> Vec<i64> {
        pairs
            .iter()
            .map(|(trial, rows)| self.frames(rows).len() as i64 - trial.position.len() as i64)
            .collect()
    }

    /// Neighbouring rows for each trial, without a hole between trials, so that no length differs by more than
    /// `allowed`; of several ways the one with the smallest sum of differences.
    fn joined_rows(
        &self,
        behaviour: &[TrialBehaviour],
        allowed: usize,
    ) -> Option<Vec<Range<usize>>> {
        let mut best: Option<(usize, Vec<Range<usize>>)> = None;
        // The trials before the first one used take at least a row each.
        let earliest = behaviour.first()?.number - 1;
        for start in earliest..self.rows.len() {
            let mut chosen = Vec::new();
            let mut from = start;
            let mut total = 0;
            for trial in behaviour {
                // Joining more rows only makes a trial longer: the closest length is the best.
                let length = |end| self.frames(&(from..end)).len();
                let ends = from + 1..=self.rows.len();
                let differences = ends.map(|end| (length(end).abs_diff(trial.position.len()), end));
                let Some((difference, end)) = differences.min().filter(|(d, _)| *d <= allowed)
                else {
                    break;
                };
                total += difference;
                chosen.push(from..end);
                from = end;
            }
            if chosen.len() == behaviour.len()
                && best.as_ref().is_none_or(|(least, _)| total < *least)
            {
                best = Some((total, chosen));
            }
        }
        best.map(|(_, rows)| rows)
    }
}

fn csv_error(path: &Path, variable: &str, error: &csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::Io(error) => Error::io(path, error),
        _ => Error::BadText {
            file: path.to_owned(),
            variable: variable.to_owned(),
            value: error.to_string(),
            expected: "rows `session,trial,begFrame,endFrame,file`",
        },
    }
}
