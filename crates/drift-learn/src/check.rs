//! What constants, lengths and entries have to be.

use crate::Error;

/// Refuses a constant that fails its test, NaN included.
pub(crate) fn in_range(
    field: &'static str,
    value: f64,
    holds: bool,
    expected: &'static str,
) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::OutOfRange {
        field,
        value,
        expected,
    })
}

pub(crate) fn not_negative(field: &'static str, value: f64) -> Result<(), Error> {
    let holds = value >= 0.0 && value.is_finite();
    in_range(field, value, holds, "a finite number >= 0")
}

pub(crate) fn positive(field: &'static str, value: f64) -> Result<(), Error> {
    let holds = value > 0.0 && value.is_finite();
    in_range(field, value, holds, "a finite number > 0")
}

pub(crate) fn length(field: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::LengthMismatch {
        field,
        found,
        expected,
    })
}

/// Refuses the first entry that is not `valid`.
pub(crate) fn entries<'a>(
    field: &'static str,
    entries: impl IntoIterator<Item = &'a f64>,
    expected: &'static str,
    valid: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    for (index, &value) in entries.into_iter().enumerate() {
        if !valid(value) {
            return Err(Error::InvalidState {
                field,
                index,
                value,
                expected,
            });
        }
    }
    Ok(())
}

pub(crate) fn finite<'a>(
    field: &'static str,
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<(), Error> {
    entries(field, values, "a finite number", f64::is_finite)
}

pub(crate) fn finite_not_negative<'a>(
    field: &'static str,
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<(), Error> {
    let valid = |value: f64| value >= 0.0 && value.is_finite();
    entries(field, values, "a finite number >= 0", valid)
}
