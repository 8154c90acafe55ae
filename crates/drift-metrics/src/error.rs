//! What can be wrong with the data handed to a measure.

/// Why a measure cannot be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A single number is outside its range.
    #[error("{field} is {value}, expected {expected}")]
    OutOfRange {
        /// The argument.
        field: &'static str,
        /// What was given.
        value: f64,
        /// The inequality that must hold.
        expected: &'static str,
    },
    /// One entry of a list or matrix (counted in storage order) is not allowed.
    #[error("{field}[{index}] is {value}, expected {expected}")]
    Entry {
        /// The argument.
        field: &'static str,
        /// Position of the first offending entry.
        index: usize,
        /// Its value.
        value: f64,
        /// The inequality that must hold.
        expected: &'static str,
    },
    /// Two arguments that describe the same samples, bins or units differ in number.
    #[error("{field} has {actual} entries, expected {expected} as {like} has")]
    Length {
        /// The argument that does not fit.
        field: &'static str,
        /// Its number of entries.
        actual: usize,
        /// The number needed.
        expected: usize,
        /// What it must agree with.
        like: &'static str,
    },
    /// Fewer values than the measure needs.
    #[error("{field} has {actual} usable values, expected at least {needed}")]
    TooFew {
        /// The argument.
        field: &'static str,
        /// Usable (finite, kept) values found.
        actual: usize,
        /// The least number that works.
        needed: usize,
    },
    /// Events were seen where no time was spent, so position and events do not belong together.
    #[error("unit {unit} has an event in bin {bin}, where no time was spent")]
    EventWithoutOccupancy {
        /// The unit (column).
        unit: usize,
        /// The bin.
        bin: usize,
    },
    /// Rate maps that are compared do not share their bins.
    #[error("rate map {index} has other bins than the first one: give all sessions the same edges")]
    DifferentBins {
        /// Position of the first map that differs.
        index: usize,
    },
    /// A curve carries no decay to be fitted.
    #[error("no decay can be fitted: {reason}")]
    NoDecay {
        /// What is missing.
        reason: &'static str,
    },
}

impl Error {
    pub(crate) fn entry(
        field: &'static str,
        index: usize,
        value: f64,
        expected: &'static str,
    ) -> Self {
        Self::Entry {
            field,
            index,
            value,
            expected,
        }
    }
}

/// Refuses a number unless its condition holds.
pub(crate) fn within(
    holds: bool,
    field: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), Error> {
    if holds {
        Ok(())
    } else {
        Err(Error::OutOfRange {
            field,
            value,
            expected,
        })
    }
}

/// Finite and above 0.
pub(crate) fn positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

/// Finite and not below 0.
pub(crate) fn not_negative(value: f64) -> bool {
    (0.0..f64::INFINITY).contains(&value)
}

/// Finite, or NaN where nothing is known.
pub(crate) fn finite_or_nan(value: f64) -> bool {
    !value.is_infinite()
}

/// Finite and not below 0, or NaN where nothing is known.
pub(crate) fn not_negative_or_nan(value: f64) -> bool {
    value.is_nan() || not_negative(value)
}

/// Refuses the first value for which the condition does not hold.
pub(crate) fn every(
    field: &'static str,
    values: &[f64],
    mut holds: impl FnMut(f64) -> bool,
    expected: &'static str,
) -> Result<(), Error> {
    match values.iter().position(|&value| !holds(value)) {
        None => Ok(()),
        Some(index) => Err(Error::entry(field, index, values[index], expected)),
    }
}

/// Refuses numbers that are not finite or not above the one before them.
pub(crate) fn increasing(
    field: &'static str,
    values: &[f64],
    expected: &'static str,
) -> Result<(), Error> {
    let mut before = f64::NEG_INFINITY;
    every(
        field,
        values,
        |value| value.is_finite() && value > std::mem::replace(&mut before, value),
        expected,
    )
}

/// Refuses lists that do not fit each other.
pub(crate) fn same_length(
    field: &'static str,
    actual: usize,
    expected: usize,
    like: &'static str,
) -> Result<(), Error> {
    if actual == expected {
        Ok(())
    } else {
        Err(Error::Length {
            field,
            actual,
            expected,
            like,
        })
    }
}

/// Refuses a matrix of another shape; `fields` are its rows and its columns.
pub(crate) fn same_shape(
    fields: [&'static str; 2],
    actual: (usize, usize),
    expected: (usize, usize),
    like: &'static str,
) -> Result<(), Error> {
    same_length(fields[0], actual.0, expected.0, like)?;
    same_length(fields[1], actual.1, expected.1, like)
}

/// Refuses fewer values than a measure needs.
pub(crate) fn at_least(field: &'static str, actual: usize, needed: usize) -> Result<(), Error> {
    if actual >= needed {
        Ok(())
    } else {
        Err(Error::TooFew {
            field,
            actual,
            needed,
        })
    }
}
