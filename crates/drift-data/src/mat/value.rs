//! The values a MAT file holds.

use std::borrow::Cow;
use std::fmt;

use nalgebra::DMatrix;

/// MATLAB's numeric classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumericClass {
    /// `double`.
    Double,
    /// `single`.
    Single,
    /// `int8`.
    Int8,
    /// `uint8`.
    UInt8,
    /// `int16`.
    Int16,
    /// `uint16`.
    UInt16,
    /// `int32`.
    Int32,
    /// `uint32`.
    UInt32,
    /// `int64`.
    Int64,
    /// `uint64`.
    UInt64,
}

impl NumericClass {
    /// All of them, in the order of their numbers in a level-5 file.
    pub(super) const ALL: [Self; 10] = [
        Self::Double,
        Self::Single,
        Self::Int8,
        Self::UInt8,
        Self::Int16,
        Self::UInt16,
        Self::Int32,
        Self::UInt32,
        Self::Int64,
        Self::UInt64,
    ];

    /// Bytes that one number takes.
    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::Int8 | Self::UInt8 => 1,
            Self::Int16 | Self::UInt16 => 2,
            Self::Single | Self::Int32 | Self::UInt32 => 4,
            Self::Double | Self::Int64 | Self::UInt64 => 8,
        }
    }

    /// MATLAB's name of the class.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Single => "single",
            Self::Int8 => "int8",
            Self::UInt8 => "uint8",
            Self::Int16 => "int16",
            Self::UInt16 => "uint16",
            Self::Int32 => "int32",
            Self::UInt32 => "uint32",
            Self::Int64 => "int64",
            Self::UInt64 => "uint64",
        }
    }
}

impl fmt::Display for NumericClass {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Numbers of one class, in column-major order.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// `double`.
    F64(Vec<f64>),
    /// `single`.
    F32(Vec<f32>),
    /// `int8`.
    I8(Vec<i8>),
    /// `uint8`, and `logical`.
    U8(Vec<u8>),
    /// `int16`.
    I16(Vec<i16>),
    /// `uint16`.
    U16(Vec<u16>),
    /// `int32`.
    I32(Vec<i32>),
    /// `uint32`.
    U32(Vec<u32>),
    /// `int64`.
    I64(Vec<i64>),
    /// `uint64`.
    U64(Vec<u64>),
}

/// Does the same with the vector of any class.
macro_rules! each {
    ($numbers:expr, $values:ident => $done:expr) => {
        match $numbers {
            Numbers::F64($values) => $done,
            Numbers::F32($values) => $done,
            Numbers::I8($values) => $done,
            Numbers::U8($values) => $done,
            Numbers::I16($values) => $done,
            Numbers::U16($values) => $done,
            Numbers::I32($values) => $done,
            Numbers::U32($values) => $done,
            Numbers::I64($values) => $done,
            Numbers::U64($values) => $done,
        }
    };
}

/// The numbers of a class from an expression that gives a vector of any type.
macro_rules! numbers_of {
    ($class:expr, $values:expr) => {{
        use $crate::mat::value::{Numbers, NumericClass};
        match $class {
            NumericClass::Double => Numbers::F64($values),
            NumericClass::Single => Numbers::F32($values),
            NumericClass::Int8 => Numbers::I8($values),
            NumericClass::UInt8 => Numbers::U8($values),
            NumericClass::Int16 => Numbers::I16($values),
            NumericClass::UInt16 => Numbers::U16($values),
            NumericClass::Int32 => Numbers::I32($values),
            NumericClass::UInt32 => Numbers::U32($values),
            NumericClass::Int64 => Numbers::I64($values),
            NumericClass::UInt64 => Numbers::U64($values),
        }
    }};
}
pub(super) use numbers_of;

/// The number of elements of an array; `None` where it, or the product of the lengths that are not 0,
/// is beyond `usize`.
pub(super) fn count(dims: &[usize]) -> Option<usize> {
    let mut lengths = dims.iter().filter(|length| **length > 0);
    let product = lengths.try_fold(1_usize, |product, length| product.checked_mul(*length))?;
    Some(if dims.contains(&0) { 0 } else { product })
}

impl Numbers {
    /// How many numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first numbers as text, every digit of integers.
    #[must_use]
    pub fn texts(&self, most: usize) -> Vec<String> {
        each!(self, values => values.iter().take(most).map(ToString::to_string).collect())
    }

    /// All numbers as `f64`; 64-bit integers above 2⁵³ are rounded.
    #[must_use]
    #[allow(
        clippy::unnecessary_cast,
        reason = "of ten types one is the type it is cast to"
    )]
    pub fn to_f64(&self) -> Cow<'_, [f64]> {
        match self {
            Self::F64(values) => Cow::Borrowed(values),
            other => each!(other, values => values.iter().map(|value| *value as f64).collect()),
        }
    }
}

/// A dense numeric or logical array.
#[derive(Debug, Clone, PartialEq)]
pub struct MatArray {
    /// The class MATLAB shows. A `double` is often stored as bytes: see `stored`.
    pub class: NumericClass,
    /// Whether the array is `logical` (then the numbers are 0 and 1).
    pub logical: bool,
    /// The dimensions, at least two, none dropped: `zeros(4,2,0)` stays 4 × 2 × 0.
    pub dims: Vec<usize>,
    /// The numbers in column-major order.
    pub real: Numbers,
    /// The imaginary part of a complex array.
    pub imaginary: Option<Numbers>,
    /// The type the numbers had in the file, which may be narrower than the class.
    pub stored: &'static str,
}

/// Text: UTF-16 code units in column-major order, as MATLAB keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatChar {
    /// The dimensions; a line of text is 1 × n.
    pub dims: Vec<usize>,
    /// One code unit for each element.
    pub units: Vec<u16>,
}

impl MatChar {
    /// The rows as strings (more than two dimensions count as more columns); surrogates without partner are replaced.
    ///
    /// # Panics
    /// If the fields were changed so that there are fewer units than rows.
    #[must_use]
    pub fn rows(&self) -> Vec<String> {
        let rows = self.dims.first().copied().unwrap_or(0);
        if self.units.is_empty() {
            return vec![String::new(); rows.min(1)];
        }
        (0..rows)
            .map(|row| {
                char::decode_utf16(self.units[row..].iter().step_by(rows).copied())
                    .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            })
            .collect()
    }
}

/// A sparse matrix in compressed columns. Only the entries in use are kept (`nzmax` may be larger).
#[derive(Debug, Clone, PartialEq)]
pub struct MatSparse {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Whether the matrix is logical.
    pub logical: bool,
    /// `columns + 1` positions in `row_indices`, from 0 to the number of entries, never falling.
    pub column_starts: Vec<usize>,
    /// The 0-based row of each entry.
    pub row_indices: Vec<u32>,
    /// The value of each entry.
    pub real: Vec<f64>,
    /// The imaginary part of each entry of a complex matrix.
    pub imaginary: Option<Vec<f64>>,
}

impl MatSparse {
    /// The real part as a dense matrix (rows × columns); entries at the same place are added, as MATLAB does.
    ///
    /// # Panics
    /// If the fields were changed so that they no longer fit each other, or if the dense matrix does not fit into
    /// memory.
    #[must_use]
    pub fn to_dense(&self) -> DMatrix<f64> {
        let mut dense = DMatrix::zeros(self.rows, self.columns);
        for (column, bounds) in self.column_starts.windows(2).enumerate() {
            for entry in bounds[0]..bounds[1] {
                dense[(self.row_indices[entry] as usize, column)] += self.real[entry];
            }
        }
        dense
    }
}

/// A cell array.
#[derive(Debug, Clone, PartialEq)]
pub struct MatCell {
    /// The dimensions.
    pub dims: Vec<usize>,
    /// The elements in column-major order.
    pub items: Vec<MatValue>,
}

/// A struct array, or an old-style object.
#[derive(Debug, Clone, PartialEq)]
pub struct MatStruct {
    /// The class name of an object (`@inline`, for instance); `None` for a plain struct.
    pub class_name: Option<String>,
    /// The dimensions of the array; 1 × 1 for a single struct.
    pub dims: Vec<usize>,
    /// Each field's name and its values, one for each element of the array. A name may occur twice in odd files.
    pub fields: Vec<(String, Vec<MatValue>)>,
}

/// Something that is passed over, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skipped {
    /// A function handle; MATLAB does not document its contents.
    FunctionHandle,
    /// An object of a class defined in MATLAB, Java or similar: `string`, `table`, `datetime`, …
    Opaque {
        /// `MCOS`, `java`, ….
        type_system: String,
        /// The class's name.
        class_name: String,
    },
    /// A value that could not be read (damaged, of an unknown kind, beyond a limit), which the others do not
    /// suffer from.
    Unreadable {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for Skipped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FunctionHandle => {
                out.write_str("function handle (skipped): save func2str(f) to keep its text")
            }
            Self::Opaque {
                type_system,
                class_name,
            } => {
                let instead = match class_name.as_str() {
                    "table" | "timetable" => "x.Variables (numbers) or table2struct(x)",
                    "string" | "categorical" => "cellstr(x)",
                    "datetime" => "posixtime(x)",
                    "duration" => "seconds(x)",
                    "containers.Map" | "dictionary" => "keys(x) and values(x)",
                    _ => "struct(x)",
                };
                write!(
                    out,
                    "opaque {type_system} object of class {class_name} (skipped), which only MATLAB \
                     can read: save {instead} in its place"
                )
            }
            Self::Unreadable { reason } => write!(
                out,
                "not readable: {reason}: save this variable again with `save -v7`, or copy a damaged file again"
            ),
        }
    }
}

/// Any value of a MAT file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MatValue {
    /// A cell or field that was never set: no bytes at all in the file. MATLAB shows it as `[]`.
    Unset,
    /// Numbers or logicals.
    Array(MatArray),
    /// Text.
    Char(MatChar),
    /// A sparse matrix.
    Sparse(MatSparse),
    /// A cell array.
    Cell(MatCell),
    /// A struct array or an old-style object.
    Struct(MatStruct),
    /// A function handle or an opaque object.
    Skipped(Skipped),
}

impl MatValue {
    /// The dimensions; 0 × 0 for what is unset and 1 × 1 for what was skipped.
    #[must_use]
    pub fn dims(&self) -> Cow<'_, [usize]> {
        match self {
            Self::Unset => Cow::Borrowed(&[0, 0]),
            Self::Array(array) => Cow::Borrowed(&array.dims),
            Self::Char(text) => Cow::Borrowed(&text.dims),
            Self::Sparse(matrix) => Cow::Owned(vec![matrix.rows, matrix.columns]),
            Self::Cell(cell) => Cow::Borrowed(&cell.dims),
            Self::Struct(structure) => Cow::Borrowed(&structure.dims),
            Self::Skipped(_) => Cow::Borrowed(&[1, 1]),
        }
    }

    /// Adds the paths and reasons of what is not readable in the value.
    pub(super) fn unreadable<'a>(&'a self, path: &str, found: &mut Vec<(String, &'a str)>) {
        match self {
            Self::Skipped(Skipped::Unreadable { reason }) => found.push((path.to_owned(), reason)),
            Self::Cell(cell) => {
                for (index, item) in cell.items.iter().enumerate() {
                    item.unreadable(&format!("{path}{{{}}}", index + 1), found);
                }
            }
            Self::Struct(structure) => {
                for (name, values) in &structure.fields {
                    for (index, value) in values.iter().enumerate() {
                        let place = match values.len() {
                            1 => String::new(),
                            _ => format!("({})", index + 1),
                        };
                        value.unreadable(&format!("{path}{place}.{name}"), found);
                    }
                }
            }
            _ => {}
        }
    }

    /// What the value is, with its dimensions: `3091×472 double`.
    #[must_use]
    pub fn summary(&self) -> String {
        let dims = self
            .dims()
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join("×");
        match self {
            Self::Unset => "unset ([])".to_owned(),
            Self::Array(array) => {
                let class = if array.logical {
                    "logical"
                } else {
                    array.class.name()
                };
                let complex = if array.imaginary.is_some() {
                    "complex "
                } else {
                    ""
                };
                let stored = if array.stored == class || array.logical {
                    String::new()
                } else {
                    format!(" stored as {}", array.stored)
                };
                format!("{dims} {complex}{class}{stored}")
            }
            Self::Char(_) => format!("{dims} char"),
            Self::Sparse(matrix) => {
                let class = if matrix.logical { "logical" } else { "double" };
                let complex = if matrix.imaginary.is_some() {
                    "complex "
                } else {
                    ""
                };
                format!(
                    "{dims} sparse {complex}{class}, {} entries",
                    matrix.real.len()
                )
            }
            Self::Cell(_) => format!("{dims} cell"),
            Self::Struct(structure) => match &structure.class_name {
                None => format!("{dims} struct"),
                Some(class) => format!("{dims} object of class {class}"),
            },
            Self::Skipped(skipped) => skipped.to_string(),
        }
    }
}
