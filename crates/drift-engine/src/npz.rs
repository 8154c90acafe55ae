//! Arrays in numpy's `.npz` files: written so that the same arrays give the same bytes, read
//! from whatever numpy wrote.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};

use nalgebra::DMatrix;
use npyz::{NpyFile, WriteOptions, WriterBuilder};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::files::{beside, put_in_place};
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

/// An `.npz` file being read. An array is decoded when it is asked for, so that one of words or
/// objects beside it does no harm.
///
/// ```
/// use drift_engine::npz;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("loss.npz");
/// let mut writer = npz::Writer::create(&path)?;
/// writer.add("loss", &[3], [0.5, 0.25, 0.125])?;
/// writer.finish()?;
/// let mut archive = npz::Archive::open(&path)?;
/// assert_eq!(archive.names(), ["loss"]);
/// assert_eq!(archive.array("loss")?.values, [0.5, 0.25, 0.125]);
/// assert!(archive.array("gain").unwrap_err().to_string().contains("there is no array gain"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Archive<R: Read + Seek = BufReader<File>> {
    path: PathBuf,
    archive: ZipArchive<R>,
}

impl Archive {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, [`Error::Corrupt`] where it is no archive.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let file = File::open(path).map_err(Error::io("open", path))?;
        Self::of(path, BufReader::new(file))
    }
}

impl<'a> Archive<Cursor<&'a [u8]>> {
    /// A file in memory; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn from_bytes(name: impl AsRef<Path>, bytes: &'a [u8]) -> Result<Self, Error> {
        Self::of(name.as_ref(), Cursor::new(bytes))
    }
}

impl<R: Read + Seek> Archive<R> {
    fn of(path: &Path, reader: R) -> Result<Self, Error> {
        let archive = ZipArchive::new(reader)
            .map_err(|error| Error::corrupt(path, format!("not an npz archive: {error}")))?;
        Ok(Self {
            path: path.to_owned(),
            archive,
        })
    }

    /// The names of the arrays, in the order of the file.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let files = self.archive.file_names().filter_map(Result::ok);
        files
            .filter_map(|file| npyz::npz::array_name_from_file_name(&file).map(str::to_owned))
            .collect()
    }

    /// Whether there is an array of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let file = npyz::npz::file_name_from_array_name(name);
        self.archive.index_for_name(&file).is_some()
    }

    /// An array as a matrix, a vector being one column.
    ///
    /// # Errors
    /// As [`array`](Self::array), and for more than two axes.
    pub fn matrix(&mut self, name: &str) -> Result<DMatrix<f64>, Error> {
        let wrong = format!("array {name} has more than two axes");
        let matrix = self.array(name)?.to_matrix();
        matrix.ok_or_else(|| Error::corrupt(&self.path, wrong))
    }

    /// An array. Integers, booleans and floating-point numbers of any size and byte order become
    /// f64.
    ///
    /// # Errors
    /// [`Error::Corrupt`] with the array's name where there is none of this name, or it is not of
    /// real numbers.
    pub fn array(&mut self, name: &str) -> Result<Array, Error> {
        self.with_array(name, |file, shape| {
            let order = file.order();
            let values = numbers(file)?.collect::<Result<Vec<f64>, String>>()?;
            let values = match order {
                npyz::Order::C => values,
                npyz::Order::Fortran => to_c_order(&shape, &values),
            };
            Ok(Array { shape, values })
        })
    }

    /// The array of a name, where there is one.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where it is not of real numbers.
    pub fn optional(&mut self, name: &str) -> Result<Option<Array>, Error> {
        self.has(name).then(|| self.array(name)).transpose()
    }

    /// Some rows of a matrix, by their ascending numbers, one after the other, and the length of
    /// a row. The rest of the array is not kept.
    ///
    /// # Errors
    /// As [`array`](Self::array), and where it is no matrix.
    pub fn rows(&mut self, name: &str, rows: &[usize]) -> Result<(usize, Vec<f64>), Error> {
        self.with_array(name, |file, shape| {
            let [_, width] = shape[..] else {
                return Err(format!("{} axes where a matrix is expected", shape.len()));
            };
            if file.order() != npyz::Order::C {
                return Err("columns first where rows are expected first".to_owned());
            }
            let mut kept = Vec::new();
            let mut wanted = rows.iter().copied().peekable();
            let (mut row, mut column, mut keep) = (0, 0, false);
            for value in numbers(file)? {
                let value = value?;
                if column == 0 {
                    keep = wanted.next_if_eq(&row).is_some();
                }
                if keep {
                    kept.push(value);
                }
                column += 1;
                if column == width {
                    (row, column) = (row + 1, 0);
                }
            }
            Ok((width, kept))
        })
    }

    fn with_array<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(NpyFile<Box<dyn Read + '_>>, Vec<usize>) -> Result<T, String>,
    ) -> Result<T, Error> {
        let path = &self.path;
        if !self.has(name) {
            return Err(Error::corrupt(path, format!("there is no array {name}")));
        }
        let file = npyz::npz::file_name_from_array_name(name);
        let entry = self
            .archive
            .by_name(&file)
            .map_err(|error| Error::corrupt(path, error))?;
        let decode = || -> Result<T, String> {
            let checked: Box<dyn Read + '_> = Box::new(npy_header::checked(entry)?);
            let file = NpyFile::new(checked).map_err(|error| error.to_string())?;
            let dtype = file.dtype().descr();
            // Stored as integers, which they are not: days, or nanoseconds, since some day.
            if dtype
                .trim_matches('\'')
                .get(1..2)
                .is_some_and(|kind| "Mm".contains(kind))
            {
                return Err(format!(
                    "times are not an array of real numbers (type {dtype})"
                ));
            }
            let lengths = file.shape().iter();
            let shape = lengths
                .map(|&length| usize::try_from(length).map_err(|error| error.to_string()))
                .collect::<Result<Vec<usize>, String>>()?;
            read(file, shape).map_err(|reason| format!("{reason} (type {dtype})"))
        };
        decode().map_err(|reason| Error::corrupt(path, format!("array {name}: {reason}")))
    }
}

/// Reads every array of an `.npz` file by name. [`Archive`] reads only those asked for.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Corrupt`] with the array's name where
/// it is not such a file or holds an array that is not of numbers.
pub fn read(path: impl AsRef<Path>) -> Result<BTreeMap<String, Array>, Error> {
    let mut archive = Archive::open(path)?;
    let names = archive.names().into_iter();
    names
        .map(|name| Ok((name.clone(), archive.array(&name)?)))
        .collect()
}

type Numbers<'a> = Box<dyn Iterator<Item = Result<f64, String>> + 'a>;

fn numbers<'a>(file: NpyFile<Box<dyn Read + 'a>>) -> Result<Numbers<'a>, String> {
    macro_rules! attempt {
        ($file:ident, $($number:ty => $convert:expr),+ $(,)?) => {{
            let mut file = $file;
            $(
                file = match file.try_data::<$number>() {
                    Ok(data) => {
                        return Ok(Box::new(data.map(|value| {
                            value.map($convert).map_err(|error| error.to_string())
                        })));
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
        npyz::half::f16 => f64::from,
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
/// use drift_engine::{nalgebra::DMatrix, npz};
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
        let temporary = beside(&path, ".tmp");
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
    /// [`Error::Io`] where it cannot be written, or `values` does not have as many items as
    /// `shape` says.
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
    /// As [`add`](Self::add).
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
        put_in_place(&self.temporary, &self.path)
    }
}
