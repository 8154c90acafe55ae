//! Data sets as `.npz` files: of a run, or of a user's own making.

use std::io::{Read, Seek};
use std::path::Path;

use drift_engine::npz::{Archive, Array, Writer};
use drift_env::Dataset;

use crate::Error;

/// The data set in a run's directory.
pub(crate) const FILE: &str = "dataset.npz";
/// The parameters that a run started from, in its directory, where they came from a file.
pub(crate) const INITIAL: &str = "initial.npz";

/// The data set in a run's directory; `None` where it has none.
pub(crate) fn read_kept(directory: &Path) -> Result<Option<Dataset>, Error> {
    let path = directory.join(FILE);
    path.exists().then(|| read(path)).transpose()
}

/// Reads a data set: `inputs` (samples × d_in; or `x`), `targets` (samples × d_out; or `y`) and,
/// where they are there, `position` (samples, or samples × 2 in a plane), `heading` and
/// `environment` (samples). Other arrays are not looked at.
///
/// # Errors
/// [`Error::Engine`] where the file cannot be read, an array is missing or has a wrong number of axes, and
/// what [`Dataset::new`] refuses.
pub fn read(path: impl AsRef<Path>) -> Result<Dataset, Error> {
    let path = path.as_ref();
    from_arrays(Archive::open(path)?, path)
}

/// As [`read`], of a file in memory; `name` is what errors call it.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(name: impl AsRef<Path>, bytes: &[u8]) -> Result<Dataset, Error> {
    let name = name.as_ref();
    from_arrays(Archive::from_bytes(name, bytes)?, name)
}

fn from_arrays<R: Read + Seek>(mut arrays: Archive<R>, path: &Path) -> Result<Dataset, Error> {
    let inputs = matrix(&mut arrays, ["inputs", "x"], path)?;
    let targets = matrix(&mut arrays, ["targets", "y"], path)?;
    let mut dataset = Dataset::new(inputs, targets)?;
    if let Some(position) = arrays.optional("position")? {
        dataset = match position.shape[..] {
            [_, 2] => {
                let column = |axis| position.values.iter().skip(axis).step_by(2).copied();
                dataset.with_places(column(0).collect(), column(1).collect())?
            }
            _ => dataset.with_position(one_axis("position", position, path)?)?,
        };
    }
    if let Some(heading) = vector(&mut arrays, "heading", path)? {
        dataset = dataset.with_heading(heading)?;
    }
    if let Some(environment) = vector(&mut arrays, "environment", path)? {
        let wrong = |number: &&f64| !(**number >= 0.0 && number.fract() == 0.0);
        if let Some(bad) = environment.iter().find(wrong) {
            let reason = format!("array environment holds {bad}; expected whole numbers from 0");
            return Err(corrupt(path, &reason));
        }
        let numbers = environment.iter().map(|&number| number as usize);
        dataset = dataset.with_environment(numbers.collect())?;
    }
    Ok(dataset)
}

fn matrix<R: Read + Seek>(
    arrays: &mut Archive<R>,
    [name, published]: [&str; 2],
    path: &Path,
) -> Result<nalgebra::DMatrix<f64>, Error> {
    let found = if arrays.has(name) { name } else { published };
    if !arrays.has(found) {
        return Err(corrupt(path, &format!("there is no array {name}")));
    }
    Ok(arrays.matrix(found)?)
}

fn vector<R: Read + Seek>(
    arrays: &mut Archive<R>,
    name: &str,
    path: &Path,
) -> Result<Option<Vec<f64>>, Error> {
    let array = arrays.optional(name)?;
    array.map(|array| one_axis(name, array, path)).transpose()
}

fn one_axis(name: &str, array: Array, path: &Path) -> Result<Vec<f64>, Error> {
    if array.shape.iter().filter(|&&length| length != 1).count() <= 1 {
        return Ok(array.values);
    }
    let shape = array.shape;
    let reason = format!("array {name} has shape {shape:?}; expected one axis");
    Err(corrupt(path, &reason))
}

fn corrupt(path: &Path, reason: &str) -> Error {
    drift_engine::Error::corrupt(path, reason).into()
}

/// Writes a data set as [`read`] takes it. The same data set gives the same bytes.
///
/// # Errors
/// [`Error::Engine`].
pub fn write(path: impl AsRef<Path>, dataset: &Dataset) -> Result<(), Error> {
    let mut writer = Writer::create(path.as_ref())?;
    writer.add_matrix("inputs", dataset.inputs())?;
    writer.add_matrix("targets", dataset.targets())?;
    if let (Some(x), Some(y)) = (dataset.position(), dataset.across()) {
        let places = x.iter().zip(y).flat_map(|(&x, &y)| [x, y]);
        writer.add("position", &[x.len(), 2], places)?;
    }
    let line = dataset.position().filter(|_| dataset.across().is_none());
    for (name, values) in [("position", line), ("heading", dataset.heading())] {
        if let Some(values) = values {
            writer.add(name, &[values.len()], values.iter().copied())?;
        }
    }
    let environment = dataset.environment();
    let numbers = environment.iter().map(|&number| number as i64);
    writer.add_integers("environment", &[environment.len()], numbers)?;
    Ok(writer.finish()?)
}
