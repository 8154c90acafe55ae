//! Settings between Python's dictionaries, TOML and the library's types.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Raised;

fn json_module(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("json")
}

/// A value of the library from numbers, text, lists and dictionaries.
pub fn read<T: DeserializeOwned>(value: &Bound<'_, PyAny>) -> Result<T, Raised> {
    let py = value.py();
    let keywords = PyDict::new(py);
    let plain = py.import("drift._labelled")?.getattr("plain")?;
    keywords.set_item("default", plain)?;
    let json: String = json_module(py)?
        .call_method("dumps", (value,), Some(&keywords))?
        .extract()?;
    Ok(serde_json::from_str(&json)?)
}

/// Numbers, text, lists and dictionaries from a value of the library.
pub fn write<'py, T: Serialize>(py: Python<'py>, value: &T) -> Result<Bound<'py, PyAny>, Raised> {
    let json = serde_json::to_string(value)?;
    Ok(json_module(py)?.call_method1("loads", (json,))?)
}
