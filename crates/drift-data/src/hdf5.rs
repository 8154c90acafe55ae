//! What both HDF5 formats need: attributes, and errors that name the place.

use std::path::Path;

use hdf5_pure::AttrValue;

use crate::Error;

/// An error of the HDF5 reader at a place of a file.
pub(crate) fn failed<'a, E: std::fmt::Display>(
    file: &'a Path,
    variable: &'a str,
    expected: &'static str,
) -> impl FnOnce(E) -> Error + 'a {
    move |error| Error::Hdf5 {
        file: file.to_owned(),
        variable: variable.to_owned(),
        expected,
        message: error.to_string(),
    }
}

/// A single number of an attribute.
pub(crate) fn number(attribute: &AttrValue) -> Option<f64> {
    Some(match attribute {
        AttrValue::F32(value) => f64::from(*value),
        AttrValue::F64(value) => *value,
        AttrValue::I8(value) => f64::from(*value),
        AttrValue::I16(value) => f64::from(*value),
        AttrValue::I32(value) => f64::from(*value),
        AttrValue::I64(value) => *value as f64,
        AttrValue::U8(value) => f64::from(*value),
        AttrValue::U16(value) => f64::from(*value),
        AttrValue::U32(value) => f64::from(*value),
        AttrValue::U64(value) => *value as f64,
        _ => return None,
    })
}

/// Refuses a file that is shorter than its own head says.
pub(crate) fn check_whole(path: &Path, file: &hdf5_pure::File) -> Result<(), Error> {
    let (size, stated) = (file.file_size(), file.superblock().eof_address);
    if size < stated {
        return Err(Error::Hdf5 {
            file: path.to_owned(),
            variable: "/".to_owned(),
            expected: "the whole file",
            message: format!("{size} of {stated} bytes are here"),
        });
    }
    Ok(())
}
