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
