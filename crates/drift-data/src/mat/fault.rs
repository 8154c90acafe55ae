//! What can be wrong inside a level-5 file, and where.

use std::fmt;

/// What is wrong at one place of a level-5 file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// The stream ends inside an element.
    #[error("the data ends here: expected {expected} more bytes, found {available}")]
    Truncated {
        /// Bytes that the element still needs.
        expected: u64,
        /// Bytes that are left.
        available: u64,
    },
    /// The compressed data are damaged, or their checksum does not agree.
    #[error("the compressed data are damaged ({message})")]
    Inflate {
        /// What the inflater says.
        message: String,
    },
    /// The operating system could not read the file.
    #[error("reading failed ({message})")]
    Unreadable {
        /// What the operating system says.
        message: String,
    },
    /// An element has another type than its place asks for.
    #[error("expected {expected}, found an element of type {found}")]
    ElementType {
        /// The element that belongs here.
        expected: &'static str,
        /// The type number found.
        found: u32,
    },
    /// An element claims more bytes than its parent has left, or than the file can hold.
    #[error("an element of {size} bytes does not fit into the {available} bytes of what holds it")]
    ElementSize {
        /// Bytes that the element claims.
        size: u64,
        /// Bytes that its parent has left.
        available: u64,
    },
    /// An element's size is not what its place asks for.
    #[error("expected {expected}, found {found} bytes")]
    FixedSize {
        /// The size that belongs here, in words.
        expected: &'static str,
        /// The size found.
        found: u64,
    },
    /// The number of values disagrees with the dimensions.
    #[error("the dimensions ask for {expected} values, the data hold {found}")]
    ValueCount {
        /// Product of the dimensions (or what else fixes the count).
        expected: u64,
        /// Values found.
        found: u64,
    },
    /// A dimension is negative, or the array has none or too many, or their product overflows.
    #[error("impossible dimensions {dims:?}")]
    Dimensions {
        /// The dimensions as stored.
        dims: Vec<i64>,
    },
    /// The array's class number is not one of MATLAB's.
    #[error("unknown array class {class}")]
    Class {
        /// The class number found.
        class: u8,
    },
    /// A variable or field name that is not ASCII.
    #[error("a name that is not ASCII text")]
    Name,
    /// The column starts or row numbers of a sparse matrix do not describe a matrix.
    #[error(
        "sparse index {index} is {value}, expected at most {limit} and not below the one before"
    )]
    SparseIndex {
        /// Position in the index array.
        index: usize,
        /// The value found.
        value: i64,
        /// The largest value that is possible here.
        limit: u64,
    },
    /// More than the limit on inflated bytes.
    #[error("more than {limit} inflated bytes, the limit")]
    InflatedBytes {
        /// The limit in force.
        limit: u64,
    },
    /// More than the limit on the memory of the decoded values.
    #[error("the decoded values need more than {limit} bytes, the limit")]
    DecodedBytes {
        /// The limit in force.
        limit: u64,
    },
    /// Cells and structs nested deeper than the limit.
    #[error("cells and structs are nested deeper than {limit}, the limit")]
    Depth {
        /// The limit in force.
        limit: usize,
    },
    /// A compressed element holds more than one variable's bytes.
    #[error("bytes are left over behind the variable in its compressed element")]
    LeftOver,
}

/// A fault with its place: the offset and the variable's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) place: Place,
    pub(crate) path: String,
    pub(crate) kind: FaultKind,
}

/// Where in a file something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// Byte offset: in the file, or in the inflated data if `compressed_at` is set.
    pub offset: u64,
    /// File offset of the compressed element that holds the place, if one does.
    pub compressed_at: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.compressed_at {
            None => write!(out, "offset {}", self.offset),
            Some(start) => {
                write!(
                    out,
                    "inflated offset {} of the compressed element at offset {start}",
                    self.offset
                )
            }
        }
    }
}

impl Fault {
    pub(super) fn new(offset: u64, compressed_at: Option<u64>, kind: FaultKind) -> Self {
        Self {
            place: Place {
                offset,
                compressed_at,
            },
            path: String::new(),
            kind,
        }
    }

    /// The name of the variable; empty where the fault comes before a name is known.
    pub(super) fn variable(&self) -> &str {
        self.path.split(['{', '(', '.']).next().unwrap_or_default()
    }

    /// Puts one more step in front of the path: the callers add theirs while the fault travels up.
    pub(super) fn inside(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

/// The place, the part of the variable if it is not the whole, and what is wrong there.
impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.place)?;
        if self.path != self.variable() {
            write!(out, ", `{}`", self.path)?;
        }
        write!(out, ": {}", self.kind)
    }
}
