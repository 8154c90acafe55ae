//! Data sets as `.npz` files: of a run, or of a user's own making.

use std::collections::BTreeMap;
use std::path::Path;

use drift_env::Dataset;

use crate::Error;
use crate::npz::{self, Array, Writer};

/// Reads a data set: `inputs` (samples × d_in; or `x`), `targets` (samples × d_out; or `y`) and,
/// where they are there, `position`, `heading` and `environment` (samples).
///
/// # Errors
/// [`Error::Io`], [`Error::Corrupt`] where an array is missing or has a wrong number of axes, and
/// what [`Dataset::new`] refuses.
pub fn read(path: impl AsRef<Path>) -> Result<Dataset, Error> {
    let path = path.as_ref();
    from_arrays(npz::read(path)?, path)
}

/// As [`read`], of a file in memory; `name` is what errors call it.
///
/// # Errors
/// As [`read`], but for [`Error::Io`].
pub fn from_bytes(name: impl AsRef<Path>, bytes: &[u8]) -> Result<Dataset, Error> {
    let name = name.as_ref();
    from_arrays(npz::from_bytes(name, bytes)?, name)
}

fn from_arrays(mut arrays: BTreeMap<String, Array>, path: &Path) -> Result<Dataset, Error> {
    let inputs = matrix(&mut arrays, ["inputs", "x"], path)?;
    let targets = matrix(&mut arrays, ["targets", "y"], path)?;
    let mut dataset = Dataset::new(inputs, targets)?;
    if let Some(position) = vector(&mut arrays, "position", path)? {
        dataset = dataset.with_position(position)?;
    }
    if let Some(heading) = vector(&mut arrays, "heading", path)? {
        dataset = dataset.with_heading(heading)?;
    }
    if let Some(environment) = vector(&mut arrays, "environment", path)? {
        if let Some(bad) = environment
            .iter()
            .find(|number| !(**number >= 0.0 && number.fract() == 0.0))
        {
            return Err(Error::corrupt(
                path,
                format!("array environment holds {bad}; expected whole numbers from 0"),
            ));
        }
        let numbers = environment.iter().map(|&number| number as usize);
        dataset = dataset.with_environment(numbers.collect())?;
    }
    Ok(dataset)
}

fn matrix(
    arrays: &mut BTreeMap<String, Array>,
    names: [&str; 2],
    path: &Path,
) -> Result<nalgebra::DMatrix<f64>, Error> {
    let [name, published] = names;
    arrays
        .remove(name)
        .or_else(|| arrays.remove(published))
        .ok_or_else(|| Error::corrupt(path, format!("there is no array {name}")))?
        .to_matrix()
        .ok_or_else(|| Error::corrupt(path, format!("array {name} has more than two axes")))
}

fn vector(
    arrays: &mut BTreeMap<String, Array>,
    name: &str,
    path: &Path,
) -> Result<Option<Vec<f64>>, Error> {
    match arrays.remove(name) {
        None => Ok(None),
        Some(array) if array.shape.iter().filter(|&&length| length != 1).count() <= 1 => {
            Ok(Some(array.values))
        }
        Some(array) => Err(Error::corrupt(
            path,
            format!(
                "array {name} has shape {:?}; expected one axis",
                array.shape
            ),
        )),
    }
}

/// Writes a data set as [`read`] takes it. The same data set gives the same bytes.
///
/// # Errors
/// [`Error::Io`].
pub fn write(path: impl AsRef<Path>, dataset: &Dataset) -> Result<(), Error> {
    let mut writer = Writer::create(path.as_ref())?;
    writer.add_matrix("inputs", dataset.inputs())?;
    writer.add_matrix("targets", dataset.targets())?;
    for (name, values) in [
        ("position", dataset.position()),
        ("heading", dataset.heading()),
    ] {
        if let Some(values) = values {
            writer.add(name, &[values.len()], values.iter().copied())?;
        }
    }
    let environment = dataset.environment();
    let numbers = environment.iter().map(|&number| number as i64);
    writer.add_integers("environment", &[environment.len()], numbers)?;
    writer.finish()
}
