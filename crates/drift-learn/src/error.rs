use drift_simd::SimdUnavailable;
use thiserror::Error as ThisError;

/// Everything `drift-learn` refuses.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// A constant of a rule or of a noise is outside its range.
    #[error("{field} is {value}; expected {expected}")]
    OutOfRange {
        /// Which constant.
        field: &'static str,
        /// The offending value.
        value: f64,
        /// The range, in words.
        expected: &'static str,
    },
    /// A rule was asked to move no parameters at all.
    #[error("dimension is 0; expected at least 1 parameter")]
    NoParameters,
    /// Two lengths that must agree do not.
    #[error("{field} has length {found}; expected {expected}")]
    LengthMismatch {
        /// Which array.
        field: &'static str,
        /// The length found.
        found: usize,
        /// The length that goes with the rest.
        expected: usize,
    },
    /// Something needs a gradient, which stochastic error descent has none of.
    #[error("{what} needs a rule with a gradient; expected sgd, adam or rmsprop")]
    NoGradient {
        /// What was asked for.
        what: &'static str,
    },
    /// A tensor group does not begin where the one before it ended.
    #[error(
        "groups[{index}] begins at parameter {found}; expected {expected}, so that the groups tile the parameters in order"
    )]
    GroupsNotContiguous {
        /// Position in the list of groups.
        index: usize,
        /// Where the group begins.
        found: usize,
        /// Where it has to begin.
        expected: usize,
    },
    /// A tensor group is empty, or its length is no multiple of its rows.
    #[error(
        "groups[{index}] has {length} parameters in {rows} rows; expected a positive multiple of the rows"
    )]
    GroupShape {
        /// Position in the list of groups.
        index: usize,
        /// Parameters in the group.
        length: usize,
        /// Rows of the group.
        rows: usize,
    },
    /// An entry of a stored state, of synapses or of an input is outside its range.
    #[error("{field}[{index}] is {value}; expected {expected}")]
    InvalidState {
        /// Which array.
        field: &'static str,
        /// Position in the array.
        index: usize,
        /// The offending value.
        value: f64,
        /// The range, in words.
        expected: &'static str,
    },
    /// A stored generator cannot have been produced by this crate.
    #[error("lane {lane} of the noise source is all zeros, a state that it never leaves")]
    DeadLane {
        /// Which of the 8 lanes.
        lane: usize,
    },
    /// A stored generator claims to have handed out more of a block than there is.
    #[error("the noise source has handed out {found} of the 8 words of a block")]
    BlockPosition {
        /// The number stored.
        found: usize,
    },
    /// No preset has this name.
    #[error("no preset is named {name}; known: {known}")]
    UnknownPreset {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// This machine cannot run the requested instruction set, or `DRIFT_SIMD` names none.
    #[error(transparent)]
    Simd(#[from] SimdUnavailable),
}
