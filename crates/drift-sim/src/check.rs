//! What numbers and sizes have to be.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::Error;

/// Refuses a value that fails its test.
pub(crate) fn in_range(
    field: impl Into<String>,
    value: impl Display,
    holds: bool,
    expected: impl Into<String>,
) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::range(field, value, expected))
}

pub(crate) fn within<T: PartialOrd + Display>(
    field: impl Into<String>,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), Error> {
    let expected = format!("{} to {}", range.start(), range.end());
    let holds = range.contains(&value);
    in_range(field, value, holds, expected)
}

pub(crate) fn positive(field: impl Into<String>, value: f64) -> Result<(), Error> {
    let holds = value > 0.0 && value.is_finite();
    in_range(field, value, holds, "a finite number > 0")
}

pub(crate) fn not_negative(field: impl Into<String>, value: f64) -> Result<(), Error> {
    let holds = value >= 0.0 && value.is_finite();
    in_range(field, value, holds, "a finite number >= 0")
}

pub(crate) fn finite(field: impl Into<String>, value: f64) -> Result<(), Error> {
    in_range(field, value, value.is_finite(), "a finite number")
}

/// Refuses a size that is not that of the rest.
pub(crate) fn same_size(
    field: impl Into<String>,
    found: usize,
    expected: usize,
) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::ShapeMismatch {
        field: field.into(),
        found,
        expected,
    })
}
