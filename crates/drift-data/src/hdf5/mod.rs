//! What the HDF5 formats need: attributes, links, bounded reading, and errors that name the place.

#[cfg(feature = "nwb")]
mod links;

use std::path::Path;

#[cfg(any(feature = "folder", feature = "nwb"))]
use hdf5_pure::Dataset;
use hdf5_pure::{AttrValue, File};

#[cfg(feature = "nwb")]
pub(crate) use links::Links;

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

/// Opens a file, all of which is there.
#[cfg(any(feature = "folder", feature = "nwb"))]
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    let file = File::open(path).map_err(failed(path, "the file", "HDF5"))?;
    check_whole(path, &file)?;
    Ok(file)
}

/// The number of entries of a dataset, unless it is beyond all bounds.
pub(crate) fn count(shape: &[u64]) -> Option<u64> {
    let mut lengths = shape.iter();
    lengths.try_fold(1_u64, |product, length| product.checked_mul(*length))
}

/// The dimensions and numbers of a dataset, whose memory is compared with the limit first.
#[cfg(feature = "folder")]
pub(crate) fn numbers(
    file: &Path,
    variable: &str,
    dataset: &Dataset,
    limits: &crate::mat::Limits,
) -> Result<(Vec<usize>, Vec<f64>), Error> {
    let shape = dataset
        .shape()
        .map_err(failed(file, variable, "dimensions"))?;
    let bytes = count(&shape).and_then(|count| count.checked_mul(8));
    if bytes.is_none_or(|bytes| bytes > limits.decoded_bytes) {
        return Err(Error::Hdf5 {
            file: file.to_owned(),
            variable: variable.to_owned(),
            expected: "values within the limit",
            message: format!("{shape:?} is more than {} bytes", limits.decoded_bytes),
        });
    }
    let values = dataset
        .read_f64()
        .map_err(failed(file, variable, "numbers"))?;
    let shape: Vec<usize> = shape.into_iter().map(|length| length as usize).collect();
    if values.len() != shape.iter().product::<usize>() {
        return Err(Error::Hdf5 {
            file: file.to_owned(),
            variable: variable.to_owned(),
            expected: "as many values as the dimensions say",
            message: format!("{} values of {shape:?}", values.len()),
        });
    }
    Ok((shape, values))
}

/// Refuses a file that is shorter than its own head says.
pub(crate) fn check_whole(path: &Path, file: &File) -> Result<(), Error> {
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

/// Refuses a dataset that claims more than the file can hold, before memory is asked for: its bytes
/// are at most those of the file, or, in compressed chunks, 1032 times as many, which is the most
/// that deflate reaches.
#[cfg(feature = "nwb")]
pub(crate) fn check_size(
    path: &Path,
    file: &File,
    dataset: &Dataset,
    place: &str,
) -> Result<(), Error> {
    let shape = dataset.shape().map_err(failed(path, place, "dimensions"))?;
    let size = dataset
        .element_size()
        .map_err(failed(path, place, "a type of known size"))?;
    let stated = count(&shape).and_then(|count| count.checked_mul(size));
    let ratio = if dataset.is_chunked() { 1032 } else { 1 };
    let most = file.file_size().saturating_mul(ratio);
    if stated.is_none_or(|bytes| bytes > most) {
        return Err(Error::Hdf5 {
            file: path.to_owned(),
            variable: place.to_owned(),
            expected: "no more data than the file can hold",
            message: format!("dimensions {shape:?} of {size} bytes each"),
        });
    }
    Ok(())
}
