//! Labelled results: a class around each of the library's, whose fields are attributes.

use pyo3::prelude::*;

/// A class for a result of the library. Each field is an attribute, and names its axes; `to_dict`
/// and `to_xarray` hand out all of them.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $name:ident($inner:ty) {
            $($(#[$field_meta:meta])* $field:ident: [$($axis:literal),*]),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[pyo3::pyclass(frozen, module = "drift.metrics")]
        #[derive(Debug, Clone)]
        pub struct $name(pub $inner);

        #[pyo3::pymethods]
        impl $name {
            $(
                $(#[$field_meta])*
                #[getter]
                fn $field<'py>(&self, py: pyo3::Python<'py>) -> $crate::convert::Given<'py> {
                    $crate::convert::Give::give(self.0.$field.clone(), py)
                }
            )*
        }

        $crate::convert::fields!($name { $($field: [$($axis),*]),* });

        $crate::convert::handed!($name($inner));

        impl $crate::convert::output::Item for $inner {
            fn many(values: Vec<Self>, py: pyo3::Python<'_>) -> $crate::convert::Given<'_> {
                let given: Result<Vec<_>, _> = values
                    .into_iter()
                    .map(|value| $crate::convert::Give::give(value, py))
                    .collect();
                Ok(pyo3::types::PyList::new(py, given?)?.into_any())
            }
        }
    };
}
pub(crate) use record;

/// Hands out a value of the library as the class around it.
macro_rules! handed {
    ($name:ident($inner:ty)) => {
        impl $crate::convert::Give for $inner {
            fn give(self, py: pyo3::Python<'_>) -> $crate::convert::Given<'_> {
                Ok(pyo3::Bound::new(py, $name(self))?.into_any())
            }
        }
    };
}
pub(crate) use handed;

/// The axes of a class's attributes, and what is made of all of them.
macro_rules! fields {
    ($name:ident { $($field:ident: [$($axis:literal),*]),* $(,)? }) => {
        #[pyo3::pymethods]
        impl $name {
            #[classattr]
            fn _axes() -> Vec<(&'static str, Vec<&'static str>)> {
                vec![$((stringify!($field), vec![$($axis),*])),*]
            }
        }

        $crate::convert::presented!($name);
    };
}
pub(crate) use fields;

/// What is made of all attributes that `_axes` names.
macro_rules! presented {
    ($name:ident) => {
        #[pyo3::pymethods]
        impl $name {
            fn __repr__(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                use pyo3::types::PyAnyMethods as _;
                $crate::convert::record::labelled(slf.as_any(), "represent")?.extract()
            }

            /// All attributes by name.
            ///
            /// Returns
            /// -------
            /// dict
            fn to_dict<'py>(
                slf: &pyo3::Bound<'py, Self>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                $crate::convert::record::labelled(slf.as_any(), "to_dict")
            }

            /// All attributes that are numbers or arrays, with named axes. Needs xarray.
            ///
            /// Returns
            /// -------
            /// xarray.Dataset
            fn to_xarray<'py>(
                slf: &pyo3::Bound<'py, Self>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                $crate::convert::record::labelled(slf.as_any(), "to_xarray")
            }
        }
    };
}
pub(crate) use presented;

/// A function of `drift._labelled` of an object.
pub fn labelled<'py>(object: &Bound<'py, PyAny>, function: &str) -> PyResult<Bound<'py, PyAny>> {
    object
        .py()
        .import("drift._labelled")?
        .call_method1(function, (object,))
}
