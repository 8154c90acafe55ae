use serde::{Deserialize, Serialize};
use toml::Value;

use crate::Trace;

/// One field of a table. Each kind keeps its type when another program reads the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// Nothing, which is written as an empty field.
    Missing,
    /// A truth value, written `true` or `false`.
    Truth(bool),
    /// A whole number, written without a point.
    Integer(i64),
    /// A number, written with a point or an exponent and all its bits.
    Number(f64),
    /// Text.
    Word(String),
}

impl Cell {
    /// The field as a table holds it.
    pub(crate) fn written(&self) -> String {
        match self {
            Cell::Missing => String::new(),
            Cell::Truth(truth) => truth.to_string(),
            Cell::Integer(integer) => integer.to_string(),
            Cell::Number(number) => format!("{number:?}"),
            Cell::Word(word) => word.clone(),
        }
    }
}

impl From<&Value> for Cell {
    fn from(value: &Value) -> Self {
        match value {
            Value::Boolean(truth) => Cell::Truth(*truth),
            Value::Integer(integer) => Cell::Integer(*integer),
            Value::Float(number) => Cell::Number(*number),
            Value::String(word) => Cell::Word(word.clone()),
            other => Cell::Word(other.to_string()),
        }
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Cell::Number(number)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or(Cell::Word(number.to_string()), Cell::Integer)
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Cell::from(number as u64)
    }
}

impl From<&str> for Cell {
    fn from(word: &str) -> Self {
        Cell::Word(word.to_owned())
    }
}

impl From<String> for Cell {
    fn from(word: String) -> Self {
        Cell::Word(word)
    }
}

/// Points of a run's curves, evenly spaced from step 0 to the last sample.
pub const CURVE_POINTS: usize = 100;

/// A run in numbers, which become columns of a table, and in curves of [`CURVE_POINTS`] points,
/// which become arrays.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Names and values; what cannot be measured is absent.
    pub numbers: Vec<(String, Option<f64>)>,
    /// Names and values; NaN where nothing was measured.
    pub curves: Vec<(String, Vec<f64>)>,
}

impl Summary {
    /// The first and the last value of every column, and every column as a curve.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        let mut summary = Self::default();
        for column in trace.columns() {
            let measured: Vec<f64> = trace.column(&column.name).flatten().collect();
            let ends = [measured.first(), measured.last()];
            for (name, value) in Self::names_of(&column.name).into_iter().zip(ends) {
                summary.numbers.push((name, value.copied()));
            }
        }
        let names = trace.columns().iter().map(|column| column.name.as_str());
        summary.curves = Self::curves_of(trace, &names.collect::<Vec<_>>());
        summary
    }

    /// What [`of`](Self::of) calls the first and the last value of a column.
    pub(crate) fn names_of(column: &str) -> [String; 2] {
        [format!("initial_{column}"), format!("final_{column}")]
    }

    /// The steps and some columns at [`CURVE_POINTS`] even points, by linear interpolation
    /// between the samples that have a value, NaN before the first and after the last of them;
    /// nothing without a sample.
    #[must_use]
    pub fn curves_of(trace: &Trace, columns: &[&str]) -> Vec<(String, Vec<f64>)> {
        let Some(last) = trace.last() else {
            return Vec::new();
        };
        let (at, end) = (trace.steps(), last.step as f64);
        let steps: Vec<f64> = (0..CURVE_POINTS)
            .map(|point| end * point as f64 / (CURVE_POINTS - 1) as f64)
            .collect();
        let curve = |&name: &&str| {
            let measured = at.iter().zip(trace.column(name));
            let (at, values): (Vec<f64>, Vec<f64>) = measured
                .filter_map(|(&at, value)| Some((at, value?)))
                .unzip();
            let curve = steps.iter().map(|&step| interpolate(&at, &values, step));
            (name.to_owned(), curve.collect())
        };
        let curves: Vec<(String, Vec<f64>)> = columns.iter().map(curve).collect();
        std::iter::once(("steps".to_owned(), steps))
            .chain(curves)
            .collect()
    }

    /// Both summaries, the numbers of this one first; of curves of one name this one's.
    #[must_use]
    pub fn and(mut self, other: Summary) -> Self {
        self.numbers.extend(other.numbers);
        for (name, curve) in other.curves {
            if !self.curves.iter().any(|(known, _)| *known == name) {
                self.curves.push((name, curve));
            }
        }
        self
    }
}

fn interpolate(at: &[f64], values: &[f64], step: f64) -> f64 {
    let after = at.partition_point(|&at| at < step);
    match (after.checked_sub(1), at.get(after)) {
        (_, Some(&exact)) if exact == step => values[after],
        (Some(before), Some(&to)) => {
            let from = at[before];
            values[before] + (values[after] - values[before]) * (step - from) / (to - from)
        }
        _ => f64::NAN,
    }
}
