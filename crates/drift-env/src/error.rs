//! What can be wrong with the parameters or data of a task.

use std::ops::RangeInclusive;

/// Why a parameter, a draw or a data set was refused.
///
/// Every variant names the field, what was found there and what was expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A real-valued parameter lies outside its range (or is NaN).
    #[error("{field} = {value}: expected {expected}")]
    OutOfRange {
        /// The parameter.
        field: &'static str,
        /// What it was.
        value: f64,
        /// The violated condition.
        expected: &'static str,
    },
    /// A whole-number parameter lies outside its range.
    #[error("{field} = {value}: expected {expected}")]
    Count {
        /// The parameter.
        field: &'static str,
        /// What it was.
        value: usize,
        /// The violated condition.
        expected: &'static str,
    },
    /// A sequence or a matrix axis has the wrong length.
    #[error("{field} has length {found}: expected {expected}")]
    Length {
        /// The sequence or axis.
        field: &'static str,
        /// Its length.
        found: usize,
        /// The length it must have.
        expected: usize,
    },
    /// A value of a data array is NaN or infinite.
    #[error("{field}[{index}] = {value}: expected a finite number")]
    NotFinite {
        /// The array.
        field: &'static str,
        /// Index of the first such value, in memory order (column by column for a matrix).
        index: usize,
        /// The value.
        value: f64,
    },
    /// An array whose values are all the same has no range to normalise by.
    #[error("{field} is constant at {value}: expected at least two different values")]
    Constant {
        /// The array.
        field: &'static str,
        /// Its only value.
        value: f64,
    },
}

/// Upper limit for the entries of one array (16 GiB of `f64`), so that a slip in a size is an
/// error and not an aborted process.
const MAX_ENTRIES: usize = 1 << 31;

pub(crate) fn within(
    field: &'static str,
    value: f64,
    range: RangeInclusive<f64>,
    expected: &'static str,
) -> Result<f64, Error> {
    if !range.contains(&value) {
        return Err(Error::OutOfRange {
            field,
            value,
            expected,
        });
    }
    Ok(value)
}

pub(crate) fn positive(field: &'static str, value: f64) -> Result<f64, Error> {
    let smallest = f64::from_bits(1);
    within(field, value, smallest..=f64::MAX, "a finite number > 0")
}

pub(crate) fn finite(field: &'static str, value: f64) -> Result<f64, Error> {
    within(field, value, f64::MIN..=f64::MAX, "a finite number")
}

/// Refuses a whole number unless it `fits`.
pub(crate) fn count(
    field: &'static str,
    value: usize,
    fits: bool,
    expected: &'static str,
) -> Result<(), Error> {
    if !fits {
        return Err(Error::Count {
            field,
            value,
            expected,
        });
    }
    Ok(())
}

pub(crate) fn at_least_one(field: &'static str, value: usize) -> Result<(), Error> {
    count(field, value, value > 0, "at least 1")
}

/// Checks that `samples` rows of `width` entries fit [`MAX_ENTRIES`].
pub(crate) fn array_size(field: &'static str, samples: usize, width: usize) -> Result<(), Error> {
    let entries = samples.checked_mul(width);
    let fits = entries.is_some_and(|entries| entries <= MAX_ENTRIES);
    count(field, samples, fits, "an array of at most 2^31 entries")
}

pub(crate) fn length(field: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found != expected {
        return Err(Error::Length {
            field,
            found,
            expected,
        });
    }
    Ok(())
}

pub(crate) fn all_finite(field: &'static str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(Error::NotFinite {
            field,
            index,
            value: values[index],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_fails_every_check() {
        assert!(positive("x", f64::NAN).is_err());
        assert!(finite("x", f64::NAN).is_err());
        assert!(finite("x", f64::NEG_INFINITY).is_err());
        assert!(within("x", f64::NAN, 0.0..=1.0, "in [0, 1]").is_err());
    }

    #[test]
    fn messages_name_field_value_and_condition() {
        let error = positive("size_x", -2.0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "size_x = -2: expected a finite number > 0"
        );
        let error = all_finite("inputs", &[1.0, f64::NAN]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "inputs[1] = NaN: expected a finite number"
        );
        let error = array_size("samples", usize::MAX, 3).unwrap_err();
        assert!(error.to_string().contains("2^31"));
    }
}
