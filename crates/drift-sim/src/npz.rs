//! Arrays in numpy's `.npz` files: written so that the same arrays give the same bytes, read
//! from whatever numpy wrote.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};

use nalgebra::DMatrix;
use npyz::{NpyFile, WriteOptions, WriterBuilder};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{Error, npy_header};

/// An array of any number type, as f64 in row-major (C) order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Array {
    /// Length along each axis; empty for a scalar.
    pub shape: Vec<usize>,
    /// The entries, the last axis fastest.
    pub values: Vec<f64>,
}

impl Array {
    /// As a matrix, a vector being one column; `None` with more than two axes.
    #[must_use]
    pub fn to_matrix(&self) -> Option<DMatrix<f64>> {
        let (rows, columns) = match *self.shape.as_slice() {
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            _ => return None,
        };
        if self.values.is_empty() {
            // Without a walk along an axis that may be long beside one of length 0.
            return Some(DMatrix::zeros(rows, columns));
        }
        Some(DMatrix::from_row_slice(rows, columns, &self.values))
    }
}

/// Reads every array of an `.npz` file by name. Integers and booleans become f64.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Corrupt`] with the array's name where
/// it is not such a file or holds an array that is not of numbers.
pub fn read(path: impl AsRef<Path>) -> Result<BTreeMap<String, Array>, Error> {
    let path = path.as_ref();
    let file = File::open(path).map_err(Error::io("open", path))?;
    read_archive(BufReader::new(file), path)
}

/// As [`read`], of a file in memory; `name` is what errors call it.
///
/// # Errors
/// [`Error::Corrupt`].
pub fn from_bytes(name: impl AsRef<Path>, bytes: &[u8]) -> Result<BTreeMap<String, Array>, Error> {
    read_archive(Cursor::new(bytes), name.as_ref())
}

fn read_archive(reader: impl Read + Seek, path: &Path) -> Result<BTreeMap<String, Array>, Error> {
    let mut archive = ZipArchive::new(reader)
        .map_err(|error| Error::corrupt(path, format!("not an npz archive: {error}")))?;
    let mut arrays = BTreeMap::new();
    for index in 0..archive.len() {
        let entry = archive
            .by_index(index)
            .map_err(|error| Error::corrupt(path, error))?;
        let file = entry.name().map_err(|error| Error::corrupt(path, error))?;
        let Some(name) = npyz::npz::array_name_from_file_name(&file).map(str::to_owned) else {
            continue;
        };
        let array = read_array(entry)
            .map_err(|reason| Error::corrupt(path, format!("array {name}: {reason}")))?;
        arrays.insert(name, array);
    }
    Ok(arrays)
}

fn read_array(reader: impl Read) -> Result<Array, String> {
    let file = NpyFile::new(npy_header::checked(reader)?).map_err(|error| error.to_string())?;
    let shape = file
        .shape()
        .iter()
        .map(|&length| usize::try_from(length).map_err(|error| error.to_string()))
        .collect::<Result<Vec<usize>, String>>()?;
    let (order, dtype) = (file.order(), file.dtype().descr());
    let values = numbers(file).map_err(|reason| format!("{reason} (type {dtype})"))?;
    let values = match order {
        npyz::Order::C => values,
        npyz::Order::Fortran => to_c_order(&shape, &values),
    };
    Ok(Array { shape, values })
}

fn numbers<R: Read>(file: NpyFile<R>) -> Result<Vec<f64>, String> {
    macro_rules! attempt {
        ($file:ident, $($number:ty => $convert:expr),+ $(,)?) => {{
            let mut file = $file;
            $(
                file = match file.try_data::<$number>() {
                    Ok(data) => {
                        return data
                            .map(|value| value.map($convert).map_err(|error| error.to_string()))
                            .collect();
                    }
                    Err(file) => file,
                };
            )+
            drop(file);
            Err("not an array of real numbers".to_owned())
        }};
    }
    attempt!(
        file,
        f64 => |value| value,
        f32 => f64::from,
        i64 => |value| value as f64,
        i32 => f64::from,
        i16 => f64::from,
        i8 => f64::from,
        u64 => |value| value as f64,
        u32 => f64::from,
        u16 => f64::from,
        u8 => f64::from,
        bool => |value| f64::from(u8::from(value)),
    )
}

fn to_c_order(shape: &[usize], values: &[f64]) -> Vec<f64> {
    let mut index = vec![0; shape.len()];
    (0..values.len())
        .map(|_| {
            let position = index
                .iter()
                .zip(shape)
                .rev()
                .fold(0, |position, (&index, &length)| position * length + index);
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                if index[axis] < shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
            values[position]
        })
        .collect()
}

/// Writes an `.npz` file that appears under its name only when it is complete.
///
/// The same arrays in the same order give the same bytes: nothing is compressed and no time is
/// stored.
///
/// ```
/// use drift_sim::{nalgebra::DMatrix, npz};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("maps.npz");
/// let mut writer = npz::Writer::create(&path)?;
/// writer.add_matrix("maps", &DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 3.0, 4.0]))?;
/// writer.finish()?;
/// let maps = &npz::read(&path)?["maps"];
/// assert_eq!((maps.shape.as_slice(), maps.values.as_slice()), (&[2, 2][..], &[1.0, 2.0, 3.0, 4.0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    temporary: PathBuf,
    archive: ZipWriter<BufWriter<File>>,
}

impl Writer {
    /// Starts a file beside `path`.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be created.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".tmp");
        let temporary = path.with_file_name(name);
        let file = File::create(&temporary).map_err(Error::io("create", &temporary))?;
        Ok(Self {
            path,
            temporary,
            archive: ZipWriter::new(BufWriter::new(file)),
        })
    }

    /// Adds an array of f64 in row-major order.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written.
    ///
    /// # Panics
    /// Where `values` does not have as many items as `shape` says.
    pub fn add(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl IntoIterator<Item = f64>,
    ) -> Result<(), Error> {
        self.add_fallible(name, shape, values.into_iter().map(Ok))
    }

    /// Adds an array of i64 in row-major order.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written.
    ///
    /// # Panics
    /// Where `values` does not have as many items as `shape` says.
    pub fn add_integers(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl IntoIterator<Item = i64>,
    ) -> Result<(), Error> {
        self.add_fallible(name, shape, values.into_iter().map(Ok))
    }

    /// Adds an array whose entries may fail to come.
    pub(crate) fn add_fallible<T: npyz::Serialize + npyz::AutoSerialize>(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl Iterator<Item = std::io::Result<T>>,
    ) -> Result<(), Error> {
        let failed = Error::io("write", &self.temporary);
        let write = || -> std::io::Result<()> {
            let bytes = shape.iter().product::<usize>() as u64 * size_of::<T>() as u64;
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Stored)
                .last_modified_time(DateTime::default())
                .large_file(bytes > 0xF000_0000);
            self.archive
                .start_file(npyz::npz::file_name_from_array_name(name), options)?;
            let lengths: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
            let mut writer = WriteOptions::new()
                .default_dtype()
                .shape(&lengths)
                .writer(&mut self.archive)
                .begin_nd()?;
            for value in values {
                writer.push(&value?)?;
            }
            writer.finish()
        };
        write().map_err(failed)
    }

    /// Adds a matrix (rows × columns).
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written.
    pub fn add_matrix(&mut self, name: &str, matrix: &DMatrix<f64>) -> Result<(), Error> {
        let rows = matrix.row_iter();
        self.add(
            name,
            &[matrix.nrows(), matrix.ncols()],
            rows.flat_map(|row| row.iter().copied().collect::<Vec<f64>>()),
        )
    }

    /// Completes the file, brings it to the disk and gives it its name.
    ///
    /// # Errors
    /// [`Error::Io`] where that fails; the file of the name is then as it was.
    pub fn finish(self) -> Result<(), Error> {
        let failed = Error::io("write", &self.temporary);
        let complete = || -> std::io::Result<()> {
            let mut buffer = self.archive.finish()?;
            buffer.flush()?;
            buffer.get_ref().sync_all()
        };
        complete().map_err(failed)?;
        std::fs::rename(&self.temporary, &self.path).map_err(Error::io("rename", &self.temporary))
    }
}
