//! Walking through a file's values with errors that name the place.

use std::borrow::Cow;
use std::path::Path;

use nalgebra::DMatrix;

use super::value::{MatCell, MatStruct, MatValue, count};
use crate::Error;

/// Numbers that a sparse matrix may have when it is made dense: 4 GiB.
const MOST_DENSE: usize = 1 << 29;

/// A value of a file, with the path that leads to it: `spikes{2}{1}(1).data`.
#[derive(Debug, Clone)]
pub struct MatRef<'a> {
    file: &'a Path,
    path: String,
    value: &'a MatValue,
}

impl<'a> MatRef<'a> {
    /// Names a value of a file for the accessors of this type.
    #[must_use]
    pub fn new(file: &'a Path, path: String, value: &'a MatValue) -> Self {
        Self { file, path, value }
    }

    /// The value itself.
    #[must_use]
    pub fn value(&self) -> &'a MatValue {
        self.value
    }

    /// The path of the value inside the file, as MATLAB would write it (1-based).
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &'a Path {
        self.file
    }

    /// The dimensions.
    #[must_use]
    pub fn dims(&self) -> Cow<'a, [usize]> {
        self.value.dims()
    }

    /// Number of elements: the product of the dimensions.
    #[must_use]
    pub fn len(&self) -> usize {
        count(&self.dims()).unwrap_or(usize::MAX)
    }

    /// Whether the value has no element: unset, `[]`, an empty cell or struct array.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An error about the kind of this value.
    #[must_use]
    pub fn wrong_kind(&self, expected: &'static str) -> Error {
        Error::WrongKind {
            file: self.file.to_owned(),
            variable: self.path.clone(),
            expected,
            found: self.value.summary(),
        }
    }

    /// An error about the shape of this value.
    #[must_use]
    pub fn wrong_shape(&self, expected: impl Into<String>) -> Error {
        Error::WrongShape {
            file: self.file.to_owned(),
            variable: self.path.clone(),
            expected: expected.into(),
            found: self.dims().into_owned(),
        }
    }

    /// An error about one of the numbers of this value, by its 0-based column-major index.
    #[cfg(any(feature = "hc6", feature = "ziv-lab", feature = "rate-maps"))]
    pub(crate) fn bad_value(&self, index: usize, value: f64, expected: &'static str) -> Error {
        Error::BadValue {
            file: self.file.to_owned(),
            variable: self.path.clone(),
            index,
            value,
            expected,
        }
    }

    /// Refuses the first of this value's numbers that does not fit.
    #[cfg(any(feature = "hc6", feature = "ziv-lab", feature = "rate-maps"))]
    pub(crate) fn check(
        &self,
        numbers: &[f64],
        fits: impl Fn(f64) -> bool,
        expected: &'static str,
    ) -> Result<(), Error> {
        match numbers.iter().position(|number| !fits(*number)) {
            None => Ok(()),
            Some(index) => Err(self.bad_value(index, numbers[index], expected)),
        }
    }

    /// A field of a single struct, if it has it and it is not empty.
    #[cfg(feature = "hc6")]
    pub(crate) fn filled(&self, name: &str) -> Result<Option<Self>, Error> {
        let field = self.find_field(name)?;
        Ok(field.filter(|field| !field.is_empty()))
    }

    fn as_cell(&self) -> Result<&'a MatCell, Error> {
        match self.value {
            MatValue::Cell(cell) => Ok(cell),
            _ => Err(self.wrong_kind("a cell array")),
        }
    }

    fn as_struct(&self) -> Result<&'a MatStruct, Error> {
        match self.value {
            MatValue::Struct(structure) => Ok(structure),
            _ => Err(self.wrong_kind("a struct")),
        }
    }

    /// The elements of a cell array in column-major order. Nothing for an unset value or a numeric `[]`.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if it is neither a cell array nor empty.
    pub fn cells(&self) -> Result<Vec<MatRef<'a>>, Error> {
        if !matches!(self.value, MatValue::Cell(_)) && self.is_empty() {
            return Ok(Vec::new());
        }
        let items = self.as_cell()?.items.iter().enumerate();
        Ok(items.map(|(index, item)| self.item(index, item)).collect())
    }

    fn item(&self, index: usize, item: &'a MatValue) -> Self {
        Self {
            file: self.file,
            path: format!("{}{{{}}}", self.path, index + 1),
            value: item,
        }
    }

    /// The element of a cell array with the given 0-based column-major index.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if it is not a cell array, [`Error::WrongShape`] if it has no such element.
    pub fn cell(&self, index: usize) -> Result<Self, Error> {
        let cell = self.as_cell()?;
        match cell.items.get(index) {
            Some(item) => Ok(self.item(index, item)),
            None => Err(self.wrong_shape(format!("at least {} cells", index + 1))),
        }
    }

    /// The element of a cell array at 0-based subscripts, one for each dimension (missing ones are 0).
    ///
    /// # Errors
    /// [`Error::WrongKind`] if it is not a cell array, [`Error::WrongShape`] if it has no such element.
    pub fn cell_at(&self, subscripts: &[usize]) -> Result<Self, Error> {
        let cell = self.as_cell()?;
        let mut index = 0;
        let mut stride = 1;
        for (axis, subscript) in subscripts.iter().enumerate() {
            let size = cell.dims.get(axis).copied().unwrap_or(1);
            if *subscript >= size {
                return Err(self.wrong_shape(format!(
                    "at least {} along axis {}",
                    subscript + 1,
                    axis + 1
                )));
            }
            index += subscript * stride;
            stride *= size;
        }
        self.cell(index)
    }

    /// A field of a single struct.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if it is not a struct, [`Error::WrongShape`] if it is an array of other than one struct,
    /// [`Error::MissingVariable`] if it has no such field.
    pub fn field(&self, name: &str) -> Result<Self, Error> {
        match self.find_field(name)? {
            Some(value) => Ok(value),
            None => Err(Error::MissingVariable {
                file: self.file.to_owned(),
                variable: format!("{}.{name}", self.path),
                present: self.field_names()?.map(str::to_owned).collect(),
            }),
        }
    }

    /// A field of a single struct, if it has it.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if it is not a struct, [`Error::WrongShape`] if it is an array of other than one struct.
    pub fn find_field(&self, name: &str) -> Result<Option<Self>, Error> {
        self.as_struct()?;
        if self.len() != 1 {
            return Err(self.wrong_shape("a single struct"));
        }
        self.field_of(0, name)
    }

    /// A field of the struct with the given 0-based column-major index in a struct array, if it has it.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if it is not a struct, [`Error::WrongShape`] if the array has no such element.
    pub fn field_of(&self, index: usize, name: &str) -> Result<Option<Self>, Error> {
        let structure = self.as_struct()?;
        let Some((_, values)) = structure.fields.iter().find(|(field, _)| field == name) else {
            return Ok(None);
        };
        match values.get(index) {
            Some(value) => {
                let step = if self.len() == 1 {
                    format!(".{name}")
                } else {
                    format!("({}).{name}", index + 1)
                };
                Ok(Some(Self {
                    file: self.file,
                    path: format!("{}{step}", self.path),
                    value,
                }))
            }
            None => Err(self.wrong_shape(format!("at least {} structs", index + 1))),
        }
    }

    /// The names of a struct's fields, in the order of the file.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if it is not a struct.
    pub fn field_names(&self) -> Result<impl Iterator<Item = &'a str>, Error> {
        Ok(self
            .as_struct()?
            .fields
            .iter()
            .map(|(name, _)| name.as_str()))
    }

    /// Real numbers in column-major order; a sparse matrix is made dense. Nothing for an unset value.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if it is not numeric, or complex; [`Error::WrongShape`] for a sparse matrix of more than
    /// 2²⁹ numbers, zeros included.
    pub fn numbers(&self) -> Result<Cow<'a, [f64]>, Error> {
        match self.value {
            MatValue::Unset => Ok(Cow::Borrowed(&[])),
            MatValue::Array(array) if array.imaginary.is_none() => Ok(array.real.to_f64()),
            MatValue::Sparse(matrix) if matrix.imaginary.is_none() => {
                // A few bytes of a file can be a matrix that no memory holds.
                let size = matrix.rows.checked_mul(matrix.columns);
                if size.is_none_or(|size| size > MOST_DENSE) {
                    return Err(self.wrong_shape("at most 2^29 numbers, zeros included"));
                }
                Ok(Cow::Owned(matrix.to_dense().data.into()))
            }
            _ => Err(self.wrong_kind("real numbers")),
        }
    }

    /// Real numbers as a matrix (rows × columns); dimensions beyond the second are folded into the columns.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers), and [`Error::WrongShape`] for a value made by hand whose numbers do not fit
    /// its dimensions.
    pub fn matrix(&self) -> Result<DMatrix<f64>, Error> {
        let numbers = self.numbers()?;
        let dims = self.dims();
        let rows = dims.first().copied().unwrap_or(0);
        let columns = numbers
            .len()
            .checked_div(rows)
            .unwrap_or_else(|| dims.get(1).copied().unwrap_or(0));
        if rows * columns != numbers.len() {
            return Err(self.wrong_shape(format!("as many as its {} numbers", numbers.len())));
        }
        Ok(DMatrix::from_vec(rows, columns, numbers.into_owned()))
    }

    /// A row or column of real numbers.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers), and [`Error::WrongShape`] if more than one dimension exceeds 1.
    pub fn vector(&self) -> Result<Cow<'a, [f64]>, Error> {
        let numbers = self.numbers()?;
        if self.dims().iter().filter(|dim| **dim > 1).count() > 1 {
            return Err(self.wrong_shape("a vector"));
        }
        Ok(numbers)
    }

    /// A single real number.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers), and [`Error::WrongShape`] if there is not exactly one.
    pub fn scalar(&self) -> Result<f64, Error> {
        match *self.numbers()? {
            [value] => Ok(value),
            _ => Err(self.wrong_shape("a single number")),
        }
    }

    /// A line of text.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if it is not text, [`Error::WrongShape`] if it has more than one row.
    pub fn text(&self) -> Result<String, Error> {
        let MatValue::Char(text) = self.value else {
            return Err(self.wrong_kind("text"));
        };
        let mut rows = text.rows();
        match rows.len() {
            0 => Ok(String::new()),
            1 => Ok(rows.remove(0)),
            _ => Err(self.wrong_shape("one line of text")),
        }
    }
}
