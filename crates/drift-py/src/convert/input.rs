//! Arguments: anything that NumPy turns into an array.
//!
//! An array of float64 is read where it lies: one axis in steps of one, two axes in Fortran order
//! (columns are units, and each unit's samples lie side by side). A C-ordered array of units ×
//! samples is that after `.T`. Everything else is converted once, by NumPy.

use std::ops::Deref;

use drift_sim::learn::{Stream, Streams};
use nalgebra::{DMatrix, DMatrixView};
use numpy::{
    PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use rand_chacha::ChaCha8Rng;

use crate::error::Raised;

/// `numpy.asarray(value, dtype, order=order)`.
fn as_array<'py>(
    value: &Bound<'py, PyAny>,
    dtype: Option<&str>,
    order: &str,
) -> PyResult<Bound<'py, PyAny>> {
    static AS_ARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let function = AS_ARRAY.get_or_try_init(py, || -> PyResult<Py<PyAny>> {
        Ok(py.import("numpy")?.getattr("asarray")?.unbind())
    })?;
    let keywords = PyDict::new(py);
    keywords.set_item("order", order)?;
    function.bind(py).call((value, dtype), Some(&keywords))
}

fn wrong_axes(found: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let axes = found
        .getattr("ndim")
        .map_or("?".into(), |axes| axes.to_string());
    PyValueError::new_err(format!(
        "expected {expected}, got an array with {axes} axes"
    ))
}

/// One axis of float64.
#[derive(Debug)]
pub struct Vector<'py>(PyReadonlyArray1<'py, f64>);

impl<'py> FromPyObject<'_, 'py> for Vector<'py> {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(array) = value.cast::<PyArray1<f64>>()
            && array.is_contiguous()
        {
            return Ok(Self(array.to_owned().try_readonly()?));
        }
        let array = as_array(&value, Some("float64"), "C")?;
        let Ok(array) = array.cast::<PyArray1<f64>>() else {
            return Err(wrong_axes(&array, "one axis"));
        };
        Ok(Self(array.try_readonly()?))
    }
}

impl Deref for Vector<'_> {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        // Contiguous by construction.
        self.0.as_slice().unwrap_or_default()
    }
}

impl AsRef<[f64]> for Vector<'_> {
    fn as_ref(&self) -> &[f64] {
        self
    }
}

/// Two axes of float64, rows are samples.
#[derive(Debug)]
pub enum Matrix<'py> {
    /// In Fortran order, where it lies.
    Read(PyReadonlyArray2<'py, f64>),
    /// A copy of one in C order.
    Turned(DMatrix<f64>),
}

impl<'py> FromPyObject<'_, 'py> for Matrix<'py> {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(array) = value.cast::<PyArray2<f64>>() {
            if array.is_fortran_contiguous() {
                return Ok(Self::Read(array.to_owned().try_readonly()?));
            }
            if array.is_c_contiguous() {
                let (rows, columns) = (array.shape()[0], array.shape()[1]);
                let array = array.try_readonly()?;
                let values = array.as_slice()?;
                let turned = value.py().detach(|| turned(values, rows, columns));
                return Ok(Self::Turned(turned));
            }
        }
        let array = as_array(&value, Some("float64"), "F")?;
        let Ok(array) = array.cast::<PyArray2<f64>>() else {
            return Err(wrong_axes(&array, "two axes, rows are samples"));
        };
        Ok(Self::Read(array.try_readonly()?))
    }
}

impl Matrix<'_> {
    /// The array as the library sees it.
    pub fn view(&self) -> DMatrixView<'_, f64> {
        match self {
            Self::Read(array) => {
                let shape = array.shape();
                DMatrixView::from_slice(array.as_slice().unwrap_or_default(), shape[0], shape[1])
            }
            Self::Turned(matrix) => matrix.as_view(),
        }
    }
}

/// Side of the squares that are turned at once: both sides of one stay in the cache, which NumPy's
/// copy, row by row, does not do.
const SIDE: usize = 32;

/// Rows one after the other as a column-major matrix.
fn turned(values: &[f64], rows: usize, columns: usize) -> DMatrix<f64> {
    let mut matrix = DMatrix::zeros(rows, columns);
    let out = matrix.as_mut_slice();
    for first_row in (0..rows).step_by(SIDE) {
        for first_column in (0..columns).step_by(SIDE) {
            for column in first_column..columns.min(first_column + SIDE) {
                for row in first_row..rows.min(first_row + SIDE) {
                    out[column * rows + row] = values[row * columns + column];
                }
            }
        }
    }
    matrix
}

/// The views of several matrices.
pub fn views<'a>(matrices: &'a [Matrix<'_>]) -> Vec<DMatrixView<'a, f64>> {
    matrices.iter().map(Matrix::view).collect()
}

/// One value, or a list with one a hidden layer.
#[derive(Debug)]
pub struct PerLayer<T>(pub Vec<T>);

impl<'py, T> FromPyObject<'_, 'py> for PerLayer<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let refused = match value.extract::<T>() {
            Ok(one) => return Ok(Self(vec![one])),
            Err(refused) => refused,
        };
        // What is no list either is told what one value would have to be.
        value.extract::<Vec<T>>().map(Self).map_err(|_| refused)
    }
}

/// One axis of booleans.
#[derive(Debug)]
pub struct Flags(pub Vec<bool>);

impl<'py> FromPyObject<'_, 'py> for Flags {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let array = as_array(&value, None, "C")?;
        if array
            .getattr("dtype")?
            .getattr("kind")?
            .extract::<String>()?
            != "b"
            && array.len()? > 0
        {
            return Err(PyValueError::new_err("expected booleans"));
        }
        let array = as_array(&array, Some("bool"), "C")?;
        let Ok(array) = array.cast::<PyArray1<bool>>() else {
            return Err(wrong_axes(&array, "one axis of booleans"));
        };
        Ok(Self(array.try_readonly()?.as_slice()?.to_vec()))
    }
}

impl Deref for Flags {
    type Target = [bool];

    fn deref(&self) -> &[bool] {
        &self.0
    }
}

/// One axis of whole numbers; -1 stands for none.
#[derive(Debug)]
pub struct Indices(Vec<i64>);

impl<'py> FromPyObject<'_, 'py> for Indices {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let array = as_array(&value, None, "C")?;
        let kind: String = array.getattr("dtype")?.getattr("kind")?.extract()?;
        if !matches!(kind.as_str(), "i" | "u" | "b") && array.len()? > 0 {
            return Err(PyValueError::new_err(
                "expected whole numbers; use .astype(int) where the values are",
            ));
        }
        let array = as_array(&array, Some("int64"), "C")?;
        let Ok(array) = array.cast::<PyArray1<i64>>() else {
            return Err(wrong_axes(&array, "one axis of whole numbers"));
        };
        Ok(Self(array.try_readonly()?.as_slice()?.to_vec()))
    }
}

impl Indices {
    /// Numbers from 0 on.
    pub fn numbers(&self) -> Result<Vec<usize>, Raised> {
        let number = |(index, &value): (usize, &i64)| {
            usize::try_from(value)
                .map_err(|_| Raised::value(format!("entry {index} is {value}, expected 0 or more")))
        };
        self.0.iter().enumerate().map(number).collect()
    }

    /// Numbers from 0 on, none where there is -1.
    pub fn optional(&self) -> Result<Vec<Option<usize>>, Raised> {
        let number = |(index, &value): (usize, &i64)| match value {
            -1 => Ok(None),
            _ => usize::try_from(value).map(Some).map_err(|_| {
                Raised::value(format!(
                    "entry {index} is {value}, expected -1 (none) or more"
                ))
            }),
        };
        self.0.iter().enumerate().map(number).collect()
    }
}

/// What random numbers follow from: a whole number, or a `numpy.random.Generator`, of which one
/// number is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Seed(pub u64);

impl<'py> FromPyObject<'_, 'py> for Seed {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if value.hasattr("integers")? {
            return Ok(Self(
                value.call_method1("integers", (1u64 << 63,))?.extract()?,
            ));
        }
        Ok(Self(value.extract()?))
    }
}

impl Seed {
    /// The stream of shuffles, as `drift analyze` draws from it.
    pub fn rng(self) -> ChaCha8Rng {
        Streams::new(self.0).named(Stream::Shuffles)
    }
}
