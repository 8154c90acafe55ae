//! Results: arrays, numbers, and labelled records.

use nalgebra::{DMatrix, DVector};
use numpy::ndarray::{Array2, ShapeBuilder as _};
use numpy::{Element, IntoPyArray as _, PyArray1, PyArray2};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::error::Raised;

/// What a function of the package returns.
pub type Given<'py> = Result<Bound<'py, PyAny>, Raised>;

/// A value that Python can have. Arrays are handed over, not copied.
pub trait Give {
    /// The Python object.
    fn give(self, py: Python<'_>) -> Given<'_>;
}

/// Computes without holding the interpreter, and gives the result.
pub fn run<T, E>(py: Python<'_>, compute: impl FnOnce() -> Result<T, E> + Send) -> Given<'_>
where
    T: Give + Send,
    E: Into<Raised> + Send,
{
    py.detach(compute).map_err(Into::into)?.give(py)
}

/// As [`run`], of what cannot fail.
pub fn ok<T: Give + Send>(py: Python<'_>, compute: impl FnOnce() -> T + Send) -> Given<'_> {
    py.detach(compute).give(py)
}

macro_rules! plain {
    ($($kind:ty),*) => {
        $(impl Give for $kind {
            fn give(self, py: Python<'_>) -> Given<'_> {
                Ok(self.into_bound_py_any(py)?)
            }
        })*
    };
}
plain!(f64, bool, usize, u32, u64, i64, String, &str);

impl<T: Give> Give for Option<T> {
    fn give(self, py: Python<'_>) -> Given<'_> {
        match self {
            Some(value) => value.give(py),
            None => Ok(py.None().into_bound(py)),
        }
    }
}

fn axis<T: Element>(values: Vec<T>, py: Python<'_>) -> Given<'_> {
    Ok(PyArray1::from_vec(py, values).into_any())
}

/// What stands in a list: numbers become an array, records a list.
pub trait Item: Sized {
    /// All of them.
    fn many(values: Vec<Self>, py: Python<'_>) -> Given<'_>;
}

/// Arrays of values as they are, or of the number for each.
macro_rules! arrays {
    ($($kind:ty $(: $number:expr)?),* $(,)?) => {
        $(impl Item for $kind {
            fn many(values: Vec<Self>, py: Python<'_>) -> Given<'_> {
                $(let values = values.into_iter().map($number).collect();)?
                axis(values, py)
            }
        })*
    };
}
// Whole numbers are int64, as NumPy's own; -1 stands for none.
arrays!(
    f64,
    bool,
    i64,
    u32: i64::from,
    u64: |value| value as i64,
    usize: |value| value as i64,
    Option<usize>: |value| value.map_or(-1, |value| value as i64),
);

macro_rules! listed {
    ($($kind:ty),*) => {
        $(impl Item for $kind {
            fn many(values: Vec<Self>, py: Python<'_>) -> Given<'_> {
                let given: Result<Vec<_>, _> = values.into_iter().map(|value| value.give(py)).collect();
                Ok(PyList::new(py, given?)?.into_any())
            }
        })*
    };
}
listed!(String, Vec<f64>, Vec<usize>, DMatrix<f64>, (f64, f64));

impl<T: Item> Give for Vec<T> {
    fn give(self, py: Python<'_>) -> Given<'_> {
        T::many(self, py)
    }
}

impl Give for DVector<f64> {
    fn give(self, py: Python<'_>) -> Given<'_> {
        axis(self.data.into(), py)
    }
}

/// In Fortran order, as nalgebra has it.
fn plane<T: Element>(shape: (usize, usize), values: Vec<T>, py: Python<'_>) -> Given<'_> {
    let array = Array2::from_shape_vec(shape.f(), values)
        .map_err(|error| Raised::runtime(error.to_string()))?;
    let array: Bound<'_, PyArray2<T>> = array.into_pyarray(py);
    Ok(array.into_any())
}

impl Give for DMatrix<f64> {
    fn give(self, py: Python<'_>) -> Given<'_> {
        plane(self.shape(), self.data.into(), py)
    }
}

impl Give for DMatrix<usize> {
    fn give(self, py: Python<'_>) -> Given<'_> {
        let values = self.iter().map(|&value| value as i64).collect();
        plane(self.shape(), values, py)
    }
}

impl<A: Give, B: Give> Give for (A, B) {
    fn give(self, py: Python<'_>) -> Given<'_> {
        Ok(PyTuple::new(py, [self.0.give(py)?, self.1.give(py)?])?.into_any())
    }
}

impl<T: Give, const N: usize> Give for [T; N] {
    fn give(self, py: Python<'_>) -> Given<'_> {
        let given: Result<Vec<_>, _> = self.into_iter().map(|value| value.give(py)).collect();
        Ok(PyTuple::new(py, given?)?.into_any())
    }
}
