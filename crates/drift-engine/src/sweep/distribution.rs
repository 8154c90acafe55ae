use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::Error;

/// The values that a field takes over the runs of a group.
///
/// In TOML a table with one entry: `{ grid = [5, 10, 20] }`, `{ choice = ["rich", "lazy"] }`,
/// `{ range = [0.5, 1.0] }`, `{ log_range = [0.01, 0.1] }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Distribution {
    /// Every value with every value of the group's other grids.
    Grid(Vec<Value>),
    /// One of these, all equally likely.
    Choice(Vec<Value>),
    /// Uniform between two numbers: both included for integers, the upper excluded otherwise.
    Range([Value; 2]),
    /// Uniform in the logarithm, between two numbers > 0, the upper excluded; integers are
    /// rounded and both included.
    LogRange([Value; 2]),
}

/// The names of the alternatives, for telling a distribution from a table of fields.
const KINDS: [&str; 4] = ["grid", "choice", "range", "log_range"];

/// Two ends that are both integers, or numbers of any kind.
enum Ends {
    Integers(i64, i64),
    Numbers(f64, f64),
}

impl Distribution {
    /// Every one of these values.
    pub fn grid<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Self {
        Distribution::Grid(values.into_iter().map(Into::into).collect())
    }

    /// Uniform on `low` to `high`, without `high`.
    #[must_use]
    pub fn between(low: f64, high: f64) -> Self {
        Distribution::Range([Value::Float(low), Value::Float(high)])
    }

    /// Uniform in the logarithm, on `low` to `high`, both > 0.
    #[must_use]
    pub fn log_between(low: f64, high: f64) -> Self {
        Distribution::LogRange([Value::Float(low), Value::Float(high)])
    }

    /// Whether a table is a distribution rather than a table of fields.
    #[must_use]
    pub fn is_in(table: &toml::Table) -> bool {
        table.len() == 1 && KINDS.iter().any(|kind| table.contains_key(*kind))
    }

    /// The same over numbers where its ends are integers: for a field of numbers, whose values a
    /// file may write as `[0, 1]`.
    #[must_use]
    pub fn of_numbers(mut self) -> Self {
        let values = match &mut self {
            Distribution::Range(ends) | Distribution::LogRange(ends) => &mut ends[..],
            Distribution::Grid(values) | Distribution::Choice(values) => values,
        };
        for value in values {
            if let Value::Integer(integer) = *value {
                *value = Value::Float(integer as f64);
            }
        }
        self
    }

    pub(super) fn check(&self, path: &str) -> Result<(), Error> {
        let refuse = |value: String, expected: &str| Err(Error::range(path, value, expected));
        match self {
            Distribution::Grid(values) | Distribution::Choice(values) => Error::unless(
                !values.is_empty(),
                path,
                "an empty list",
                "at least one value",
            ),
            Distribution::Range(ends) => match ends_of(ends) {
                Some(Ends::Integers(low, high)) if low <= high => Ok(()),
                Some(Ends::Numbers(low, high)) if low < high && (high - low).is_finite() => Ok(()),
                _ => refuse(show(ends), "two numbers, the second not below the first"),
            },
            Distribution::LogRange(ends) => match ends_of(ends) {
                Some(Ends::Integers(low, high)) if 0 < low && low <= high => Ok(()),
                Some(Ends::Numbers(low, high))
                    if 0.0 < low && low < high && (high / low).is_finite() =>
                {
                    Ok(())
                }
                _ => refuse(
                    show(ends),
                    "two numbers > 0, the second not below the first, of a finite ratio",
                ),
            },
        }
    }

    /// Length along the group's grid; 1 for what is drawn.
    pub(super) fn grid_length(&self) -> u64 {
        match self {
            Distribution::Grid(values) => values.len() as u64,
            _ => 1,
        }
    }

    pub(super) fn is_drawn(&self) -> bool {
        !matches!(self, Distribution::Grid(_))
    }

    /// The value of a run: at a place of the grid, or drawn. A grid draws nothing.
    pub(super) fn value<R: Rng + ?Sized>(&self, place: u64, rng: &mut R) -> Value {
        match self {
            Distribution::Grid(values) => values[place as usize].clone(),
            Distribution::Choice(values) => {
                let index: u64 = rng.random_range(0..values.len() as u64);
                values[index as usize].clone()
            }
            Distribution::Range(ends) => match ends_of(ends) {
                Some(Ends::Integers(low, high)) => Value::Integer(rng.random_range(low..=high)),
                Some(Ends::Numbers(low, high)) => {
                    // Rounding can reach the upper end, which is excluded.
                    let drawn: f64 = rng.random_range(low..high);
                    Value::Float(if drawn < high {
                        drawn
                    } else {
                        high.next_down().max(low)
                    })
                }
                None => ends[0].clone(),
            },
            Distribution::LogRange(ends) => {
                let share: f64 = rng.random();
                let between = |low: f64, high: f64| low * (high / low).powf(share);
                match ends_of(ends) {
                    Some(Ends::Integers(low, high)) => {
                        let value = between(low as f64, high as f64).round() as i64;
                        Value::Integer(value.clamp(low, high))
                    }
                    Some(Ends::Numbers(low, high)) => {
                        let below = high.next_down().max(low);
                        Value::Float(between(low, high).clamp(low, below))
                    }
                    None => ends[0].clone(),
                }
            }
        }
    }
}

fn ends_of(ends: &[Value; 2]) -> Option<Ends> {
    match ends {
        [Value::Integer(low), Value::Integer(high)] => Some(Ends::Integers(*low, *high)),
        [low, high] => Some(Ends::Numbers(number(low)?, number(high)?)),
    }
}

/// A value of a kind of number.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

fn show(ends: &[Value; 2]) -> String {
    format!("[{}, {}]", ends[0], ends[1])
}
