//! MATLAB 7.3 files: the same values in HDF5.
//!
//! A variable is a dataset, or a group for a struct. Dimensions are stored in reverse, which leaves the data in MATLAB's
//! column-major order. `MATLAB_class` names the class, `MATLAB_empty` marks an empty array whose data are its
//! dimensions, `MATLAB_sparse` holds the rows of a sparse matrix, whose group has `data`, `ir` and `jc`. Cells hold
//! references into the group `#refs#`; so do the fields of struct arrays, whose members are datasets of references.

mod classes;
mod groups;

use std::collections::HashMap;
use std::path::Path;

use hdf5_pure::{AttrValue, DType, Dataset, File, Object};

use super::value::{
    MatArray, MatCell, MatChar, MatStruct, MatValue, Numbers, NumericClass, Skipped, count,
    numbers_of,
};
use super::{Limits, MatFile, Variable};
use crate::Error;
use crate::hdf5::{self, check_whole, failed, number};

use classes::{field_names, numeric_class, pairs, read_class, stored_class};

/// Reads all variables of a file.
pub(super) fn read(
    path: &Path,
    file: Result<File, hdf5_pure::Error>,
    limits: &Limits,
) -> Result<MatFile, Error> {
    let file = file.map_err(failed(path, "the file", "HDF5"))?;
    check_whole(path, &file)?;
    let reader = Reader { path, limits };
    let root = file.root();
    let mut decoded = 0;
    let mut variables = Vec::new();
    for name in root
        .datasets()
        .map_err(failed(path, "/", "a list of variables"))?
    {
        let value = reader.apart(&mut decoded, |decoded| {
            let dataset = root.dataset(&name);
            let dataset = dataset.map_err(failed(path, &name, "a dataset"))?;
            reader.dataset(&dataset, &name, 0, decoded)
        });
        let value = value.unwrap_or_else(unreadable);
        variables.push(Variable { name, value });
    }
    for name in root
        .groups()
        .map_err(failed(path, "/", "a list of variables"))?
    {
        // `#refs#` and `#subsystem#` hold what the variables refer to.
        if !name.starts_with('#') {
            let value = reader.apart(&mut decoded, |decoded| {
                let group = root.group(&name).map_err(failed(path, &name, "a group"))?;
                reader.group(&group, &name, 0, decoded)
            });
            let value = value.unwrap_or_else(unreadable);
            variables.push(Variable { name, value });
        }
    }
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(MatFile {
        path: path.to_owned(),
        header: "MATLAB 7.3 (HDF5)".to_owned(),
        big_endian: false,
        variables,
    })
}

/// What is expected of every value together, and of no value alone.
const WITHIN_MEMORY: &str = "values within the limit";
const WITHIN_DEPTH: &str = "nesting within the limit";

fn unreadable(error: Error) -> MatValue {
    let reason = match error {
        Error::Hdf5 {
            expected, message, ..
        } => {
            // Only the HDF5 library has every filter.
            let repack = match message.contains("unsupported filter") {
                true => "; `h5repack -f GZIP=4 IN OUT` compresses it so that it can be read",
                false => "",
            };
            format!("expected {expected} ({message}){repack}")
        }
        other => other.to_string(),
    };
    MatValue::Skipped(Skipped::Unreadable { reason })
}

struct Reader<'a> {
    path: &'a Path,
    limits: &'a Limits,
}

type Attributes = HashMap<String, AttrValue>;

fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(AttrValue::as_str)
}

fn flag(attributes: &Attributes, name: &str) -> bool {
    attributes
        .get(name)
        .and_then(number)
        .is_some_and(|value| value != 0.0)
}

impl Reader<'_> {
    fn wrong(&self, variable: &str, expected: &'static str, found: impl Into<String>) -> Error {
        Error::Hdf5 {
            file: self.path.to_owned(),
            variable: variable.to_owned(),
            expected,
            message: found.into(),
        }
    }

    /// A value by itself: one that cannot be read costs neither the others nor their memory. Only what is
    /// beyond the limits is an error, for what holds it is beyond them too.
    fn apart(
        &self,
        decoded: &mut u64,
        read: impl FnOnce(&mut u64) -> Result<MatValue, Error>,
    ) -> Result<MatValue, Error> {
        let before = *decoded;
        read(decoded).or_else(|error| {
            *decoded = before;
            match error {
                Error::Hdf5 {
                    expected: WITHIN_MEMORY | WITHIN_DEPTH,
                    ..
                } => Err(error),
                other => Ok(unreadable(other)),
            }
        })
    }

    /// Counts the memory of a value against the limit, before it is read.
    fn charge(&self, variable: &str, bytes: u64, decoded: &mut u64) -> Result<(), Error> {
        *decoded = decoded.saturating_add(bytes);
        if *decoded > self.limits.decoded_bytes {
            let limit = self.limits.decoded_bytes;
            return Err(self.wrong(variable, WITHIN_MEMORY, format!("more than {limit} bytes")));
        }
        Ok(())
    }

    /// Counts the memory of a dataset of this shape: 8 bytes a number.
    fn charge_shape(&self, path: &str, shape: &[u64], decoded: &mut u64) -> Result<(), Error> {
        let count = hdf5::count(shape).unwrap_or(u64::MAX);
        self.charge(path, count.saturating_mul(8), decoded)
    }

    fn check_depth(&self, variable: &str, depth: usize) -> Result<(), Error> {
        if depth > self.limits.depth.min(512) {
            return Err(self.wrong(variable, WITHIN_DEPTH, format!("depth {depth}")));
        }
        Ok(())
    }

    fn object(
        &self,
        object: &Object,
        path: &str,
        depth: usize,
        decoded: &mut u64,
    ) -> Result<MatValue, Error> {
        match object {
            Object::Group(group) => self.group(group, path, depth, decoded),
            Object::Dataset(dataset) => self.dataset(dataset, path, depth, decoded),
            _ => Err(self.wrong(path, "a group or a dataset", "another kind of object")),
        }
    }

    fn dataset(
        &self,
        dataset: &Dataset,
        path: &str,
        depth: usize,
        decoded: &mut u64,
    ) -> Result<MatValue, Error> {
        self.check_depth(path, depth)?;
        let failed = |expected| failed(self.path, path, expected);
        let attributes = dataset.attrs().map_err(failed("attributes"))?;
        let shape = dataset.shape().map_err(failed("dimensions"))?;
        let kind = dataset.dtype().map_err(failed("a type"))?;
        let class = text(&attributes, "MATLAB_class").unwrap_or_else(|| stored_class(&kind));
        let empty = flag(&attributes, "MATLAB_empty");
        let mut dims: Vec<usize> = shape.iter().rev().map(|dim| *dim as usize).collect();
        if empty {
            // The data are the dimensions of the empty array: two to 64 numbers.
            if hdf5::count(&shape).is_none_or(|count| count > 64) {
                let found = format!("{shape:?}");
                return Err(self.wrong(path, "the dimensions of an empty array", found));
            }
            let stored = dataset
                .read_f64()
                .map_err(failed("the dimensions of an empty array"))?;
            dims = stored.iter().map(|dim| *dim as usize).collect();
            // A struct without fields is empty whatever its dimensions: `s = struct()` is 1 × 1.
            if (dims.iter().all(|dim| *dim > 0) && class != "struct") || dims.len() < 2 {
                return Err(self.wrong(
                    path,
                    "the dimensions of an empty array",
                    format!("{dims:?}"),
                ));
            }
        } else if dims.len() < 2 {
            dims.resize(2, 1);
        }
        if !empty {
            self.charge_shape(path, &shape, decoded)?;
        }
        let Some(count) = count(&dims) else {
            return Err(self.wrong(path, "possible dimensions", format!("{dims:?}")));
        };
        let counted = |found: usize| {
            let expected = "as many values as the dimensions say";
            if empty || found == count {
                return Ok(());
            }
            Err(self.wrong(path, expected, format!("{found} values")))
        };
        match class {
            "cell" => {
                let items = if empty {
                    Vec::new()
                } else {
                    let objects = dataset
                        .dereference()
                        .map_err(failed("references to the cells"))?;
                    self.items(&objects, depth, decoded, |index| {
                        format!("{path}{{{}}}", index + 1)
                    })?
                };
                counted(items.len())?;
                Ok(MatValue::Cell(MatCell { dims, items }))
            }
            "char" => {
                let units = if empty {
                    Vec::new()
                } else {
                    dataset.read_u16().map_err(failed("text"))?
                };
                counted(units.len())?;
                Ok(MatValue::Char(MatChar { dims, units }))
            }
            "struct" => {
                let fields = field_names(&attributes)
                    .into_iter()
                    .map(|name| (name, Vec::new()))
                    .collect();
                Ok(MatValue::Struct(MatStruct {
                    class_name: None,
                    dims,
                    fields,
                }))
            }
            "function_handle" => Ok(MatValue::Skipped(Skipped::FunctionHandle)),
            _ => match numeric_class(class) {
                Some((class, logical)) => {
                    let kind = (!empty).then_some(&kind);
                    let (real, imaginary) = self.parts(dataset, path, class, kind)?;
                    counted(real.len())?;
                    Ok(MatValue::Array(MatArray {
                        class,
                        logical,
                        dims,
                        real,
                        imaginary,
                        stored: class.name(),
                    }))
                }
                None => Ok(MatValue::Skipped(Skipped::Opaque {
                    type_system: "HDF5".to_owned(),
                    class_name: class.to_owned(),
                })),
            },
        }
    }

    /// The real and imaginary numbers of a dataset of a kind; none of an empty array, which has no kind.
    fn parts(
        &self,
        dataset: &Dataset,
        path: &str,
        class: NumericClass,
        kind: Option<&DType>,
    ) -> Result<(Numbers, Option<Numbers>), Error> {
        Ok(match kind {
            None => (numbers_of!(class, Vec::new()), None),
            Some(DType::Compound(parts)) => {
                let (real, imaginary) = self.complex(dataset, path, class, parts)?;
                (real, Some(imaginary))
            }
            Some(_) => {
                let numbers = read_class(dataset, class);
                (numbers.map_err(failed(self.path, path, "numbers"))?, None)
            }
        })
    }

    /// The two parts of complex numbers, stored as pairs of the class.
    fn complex(
        &self,
        dataset: &Dataset,
        path: &str,
        class: NumericClass,
        parts: &[(String, DType)],
    ) -> Result<(Numbers, Numbers), Error> {
        let failed = || failed(self.path, path, "complex numbers");
        let size = dataset.element_size().map_err(failed())?;
        let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
        if names != ["real", "imag"] || size != 2 * class.bytes() {
            return Err(self.wrong(
                path,
                "numbers, or complex numbers of the variable's class",
                format!(
                    "{size} bytes each of {}, for class {class}",
                    names.join(", ")
                ),
            ));
        }
        let bytes = dataset.read_raw().map_err(failed())?;
        Ok(pairs(class, &bytes))
    }

    fn items(
        &self,
        objects: &[Object],
        depth: usize,
        decoded: &mut u64,
        name: impl Fn(usize) -> String,
    ) -> Result<Vec<MatValue>, Error> {
        objects
            .iter()
            .enumerate()
            .map(|(index, object)| {
                self.apart(decoded, |decoded| {
                    self.object(object, &name(index), depth + 1, decoded)
                })
            })
            .collect()
    }
}
