//! A file's contents as text.

use std::fmt;

use super::MatFile;
use super::value::MatValue;

/// Elements of one cell or struct array that are shown by default.
const SHOWN_ITEMS: usize = 20;

/// Numbers of a small array that are shown.
const SHOWN_NUMBERS: usize = 6;

/// Prints the tree of a file's variables: one line for each value with its dimensions and class, small values in full.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Tree<'a> {
    file: &'a MatFile,
    shown_items: usize,
}

impl<'a> Tree<'a> {
    pub(super) fn new(file: &'a MatFile) -> Self {
        Self {
            file,
            shown_items: SHOWN_ITEMS,
        }
    }

    /// Shows at most this many elements of each cell or struct array (20 unless told).
    pub fn shown_items(self, shown_items: usize) -> Self {
        Self {
            shown_items,
            ..self
        }
    }

    fn value(
        &self,
        out: &mut fmt::Formatter<'_>,
        label: &str,
        value: &MatValue,
        depth: usize,
    ) -> fmt::Result {
        let indent = 2 * depth;
        writeln!(
            out,
            "{:indent$}{label}: {}{}",
            "",
            value.summary(),
            preview(value)
        )?;
        match value {
            MatValue::Cell(cell) => {
                for (index, item) in cell.items.iter().enumerate().take(self.shown_items) {
                    self.value(
                        out,
                        &format!("{{{}}}", subscripts(index, &cell.dims)),
                        item,
                        depth + 1,
                    )?;
                }
                self.rest(out, cell.items.len(), depth)
            }
            MatValue::Struct(structure) => {
                let count = structure.dims.iter().product();
                for index in 0..self.shown_items.min(count) {
                    for (name, values) in &structure.fields {
                        let label = if count == 1 {
                            format!(".{name}")
                        } else {
                            format!("({}).{name}", subscripts(index, &structure.dims))
                        };
                        if let Some(value) = values.get(index) {
                            self.value(out, &label, value, depth + 1)?;
                        }
                    }
                }
                self.rest(
                    out,
                    if structure.fields.is_empty() {
                        0
                    } else {
                        count
                    },
                    depth,
                )
            }
            _ => Ok(()),
        }
    }

    fn rest(&self, out: &mut fmt::Formatter<'_>, count: usize, depth: usize) -> fmt::Result {
        match count.checked_sub(self.shown_items) {
            None | Some(0) => Ok(()),
            Some(more) => writeln!(out, "{:indent$}… {more} more", "", indent = 2 * depth + 2),
        }
    }
}

/// A 0-based column-major index as MATLAB's 1-based subscripts; a vector needs only one.
fn subscripts(mut index: usize, dims: &[usize]) -> String {
    if dims.iter().filter(|dim| **dim != 1).count() <= 1 {
        return (index + 1).to_string();
    }
    let mut parts = Vec::with_capacity(dims.len());
    for dim in dims {
        parts.push((index % dim + 1).to_string());
        index /= dim;
    }
    parts.join(",")
}

fn preview(value: &MatValue) -> String {
    match value {
        MatValue::Char(text) if text.dims.first() == Some(&1) => {
            let line = text.rows().concat();
            let shown: String = line
                .chars()
                .take(60)
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            let dots = if line.chars().nth(60).is_some() {
                "…"
            } else {
                ""
            };
            format!("  '{shown}{dots}'")
        }
        MatValue::Array(array)
            if array.imaginary.is_none() && (1..=SHOWN_NUMBERS).contains(&array.real.len()) =>
        {
            let numbers = array.real.texts(SHOWN_NUMBERS);
            format!("  [{}]", numbers.join(" "))
        }
        _ => String::new(),
    }
}

impl fmt::Display for Tree<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.file.path().display())?;
        let header: String = self
            .file
            .header()
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        writeln!(out, "  {}", header.trim_end())?;
        for variable in self.file.variables() {
            let name = match variable.name.as_str() {
                "" if variable.reason().is_some() => "(name not known)",
                "" => "(unnamed, kept by MATLAB)",
                name => name,
            };
            self.value(out, name, &variable.value, 1)?;
        }
        Ok(())
    }
}
