//! Arrays in numpy's files, without Python: `.npy`, and `.npz` archives of them.
//!
//! Numbers of every width and both byte orders, booleans and text are read. What is pickled (arrays
//! of objects) is refused by name: it could be read only by running what the file says. Lengths that
//! a header claims are compared with the limit before any memory is asked for, and memory grows only
//! with what really arrives.
//!
//! drift-engine reads its own archives through `npyz`, after a check of the head that is as long as the
//! parser here, for `npyz` trusts it. Text (ids of cells), the limit of memory, and faults by member and
//! entry would have to come on top: one reader for both would be more code than the two.
//!
//! Source of the format: numpy, `numpy.lib.format`, versions 1.0 to 3.0.

mod header;
mod npz;
mod write;

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use nalgebra::DMatrix;

use crate::Error;
use header::{Element, Header};
pub(crate) use npz::Archive;
pub(crate) use write::Writer;

/// An array of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Array {
    file: PathBuf,
    /// The member of an archive; empty for a file of one array.
    member: String,
    pub(crate) shape: Vec<usize>,
    data: Data,
}

/// Entries, the last axis fastest.
#[derive(Debug, Clone, PartialEq)]
enum Data {
    Numbers(Vec<f64>),
    Signed(Vec<i64>),
    Unsigned(Vec<u64>),
    Texts(Vec<String>),
}

impl Data {
    /// The entries with the last axis fastest, of an array that has the first axis fastest.
    fn into_c_order(self, shape: &[usize]) -> Self {
        match self {
            Self::Numbers(values) => Self::Numbers(to_c_order(shape, values)),
            Self::Signed(values) => Self::Signed(to_c_order(shape, values)),
            Self::Unsigned(values) => Self::Unsigned(to_c_order(shape, values)),
            Self::Texts(values) => Self::Texts(to_c_order(shape, values)),
        }
    }
}

/// Reads a file of one array that takes at most `limit` bytes as f64.
pub(crate) fn read(file: &Path, limit: u64) -> Result<Array, Error> {
    let opened = File::open(file).map_err(|error| Error::io(file, &error))?;
    read_array(BufReader::with_capacity(1 << 16, opened), file, "", limit)
}

/// Reads an array from a stream; `member` is what errors call it inside of `file`.
fn read_array(mut input: impl Read, file: &Path, member: &str, limit: u64) -> Result<Array, Error> {
    let refused = |field: &str, value: String, expected: &str| {
        Error::entry(file, place(member, field), value, expected)
    };
    let header = Header::read(&mut input)
        .map_err(|(place, value, expected)| refused(place, value, expected))?;
    let mut lengths = header.shape.iter();
    let count = lengths.try_fold(1_u64, |count, length| count.checked_mul(*length as u64));
    let bytes = |width: u64| count.and_then(|count| count.checked_mul(width));
    let fits = |bytes: Option<u64>| bytes.is_some_and(|bytes| bytes <= limit);
    if !(fits(bytes(8)) && fits(bytes(header.element.bytes() as u64))) {
        let expected = format!("an array of at most {limit} bytes");
        return Err(refused("shape", format!("{:?}", header.shape), &expected));
    }
    let count = count.unwrap_or(0) as usize;
    let data = match header.element {
        Element::Object => {
            return Err(refused(
                "",
                "pickled (an array of Python objects)".to_owned(),
                "numbers or text; open it in Python with np.load(…, allow_pickle=True) and save the \
                 numbers that are needed",
            ));
        }
        Element::Other => {
            let expected = "numbers, booleans or text, which x.astype(float) makes of it";
            return Err(refused("type", header.descr, expected));
        }
        Element::Text(_) | Element::Bytes(_) => texts(&mut input, &header, count).map(Data::Texts),
        _ => numbers(&mut input, &header, count),
    };
    let data = data.map_err(|found| {
        let found = format!("{found} entries long");
        refused("", found, &format!("{count} entries, as its shape says"))
    })?;
    let data = match data {
        data if !header.fortran || header.shape.len() < 2 => data,
        data => data.into_c_order(&header.shape),
    };
    Ok(Array {
        file: file.to_owned(),
        member: member.to_owned(),
        shape: header.shape,
        data,
    })
}

/// Reads entries of `width` bytes, at least 1, in pieces; the number of whole entries that came, where some are missing.
fn entries<T>(
    input: &mut impl Read,
    width: usize,
    count: usize,
    mut decode: impl FnMut(&[u8]) -> T,
) -> Result<Vec<T>, usize> {
    let mut values = Vec::with_capacity(count.min(1 << 16));
    let piece = (1_usize << 16).div_ceil(width);
    let mut buffer = Vec::new();
    while values.len() < count {
        let wanted = width * piece.min(count - values.len());
        buffer.clear();
        // What cannot be read is missing as if it were not there.
        let _ = input.by_ref().take(wanted as u64).read_to_end(&mut buffer);
        values.extend(buffer.chunks_exact(width).map(&mut decode));
        if buffer.len() < wanted {
            return Err(values.len());
        }
    }
    Ok(values)
}

fn numbers(input: &mut impl Read, header: &Header, count: usize) -> Result<Data, usize> {
    let width = header.element.bytes();
    let big = header.big_endian;
    // The entry as the low bytes of a little-endian word.
    let low = |bytes: &[u8]| {
        let mut word = [0_u8; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        if big {
            word[..bytes.len()].reverse();
        }
        word
    };
    match header.element {
        Element::Float(4) => entries(input, width, count, |bytes| {
            let [a, b, c, d, ..] = low(bytes);
            f64::from(f32::from_le_bytes([a, b, c, d]))
        })
        .map(Data::Numbers),
        Element::Float(_) => {
            entries(input, width, count, |bytes| f64::from_le_bytes(low(bytes))).map(Data::Numbers)
        }
        Element::Signed(_) => {
            // Shifted up and back, the sign bit fills what lies above it.
            let shift = 64 - 8 * width as u32;
            entries(input, width, count, |bytes| {
                (i64::from_le_bytes(low(bytes)) << shift) >> shift
            })
            .map(Data::Signed)
        }
        _ => {
            entries(input, width, count, |bytes| u64::from_le_bytes(low(bytes))).map(Data::Unsigned)
        }
    }
}

fn texts(input: &mut impl Read, header: &Header, count: usize) -> Result<Vec<String>, usize> {
    let width = header.element.bytes();
    let wide = matches!(header.element, Element::Text(_));
    let big = header.big_endian;
    entries(input, width, count, |bytes| {
        let text: String = if wide {
            let (letters, _) = bytes.as_chunks::<4>();
            let code = |letter: &[u8; 4]| match big {
                true => u32::from_be_bytes(*letter),
                false => u32::from_le_bytes(*letter),
            };
            let letter = |code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            letters.iter().map(|bytes| letter(code(bytes))).collect()
        } else {
            String::from_utf8_lossy(bytes).into_owned()
        };
        text.trim_end_matches('\0').to_owned()
    })
}

/// From the first axis fastest to the last axis fastest.
fn to_c_order<T: Clone>(shape: &[usize], values: Vec<T>) -> Vec<T> {
    let mut index = vec![0; shape.len()];
    (0..values.len())
        .map(|_| {
            let mut place = 0;
            for (at, length) in index.iter().zip(shape).rev() {
                place = place * length + at;
            }
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                if index[axis] < shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
            values[place].clone()
        })
        .collect()
}

/// What errors call a member of an archive, or a field of it.
fn place(member: &str, field: &str) -> String {
    match (member, field) {
        ("", "") => "the array".to_owned(),
        ("", field) => field.to_owned(),
        (member, "") => format!("member `{member}`"),
        (member, field) => format!("member `{member}`, {field}"),
    }
}

impl Array {
    /// What errors call the array, or a field of it.
    pub(crate) fn place(&self, field: &str) -> String {
        place(&self.member, field)
    }

    /// An error about the whole array.
    pub(crate) fn wrong_shape(&self, expected: impl Into<String>) -> Error {
        let value = format!("of shape {}", dimensions(&self.shape));
        Error::entry(&self.file, self.place(""), value, expected)
    }

    /// An error about one of the numbers.
    pub(crate) fn wrong_entry(&self, index: usize, value: f64, expected: &str) -> Error {
        let place = self.place(&format!("entry {index}"));
        Error::entry(&self.file, place, value.to_string(), expected)
    }

    /// The numbers, the last axis fastest; integers above 2⁵³ are rounded.
    pub(crate) fn numbers(&self) -> Result<Cow<'_, [f64]>, Error> {
        Ok(match &self.data {
            Data::Numbers(values) => Cow::Borrowed(values),
            Data::Signed(values) => values.iter().map(|value| *value as f64).collect(),
            Data::Unsigned(values) => values.iter().map(|value| *value as f64).collect(),
            Data::Texts(_) => {
                return Err(Error::entry(&self.file, self.place(""), "text", "numbers"));
            }
        })
    }

    /// The numbers of an array with one axis.
    pub(crate) fn vector(&self) -> Result<Cow<'_, [f64]>, Error> {
        if self.shape.len() == 1 {
            self.numbers()
        } else {
            Err(self.wrong_shape("one axis"))
        }
    }

    /// A matrix of which the first axis is the rows.
    pub(crate) fn matrix(&self) -> Result<DMatrix<f64>, Error> {
        match self.shape[..] {
            [rows, columns] => Ok(DMatrix::from_row_slice(rows, columns, &self.numbers()?)),
            _ => Err(self.wrong_shape("two axes")),
        }
    }

    /// A matrix of which the first axis is the columns: no number changes its place in memory.
    pub(crate) fn into_transposed(self) -> Result<DMatrix<f64>, Error> {
        let [columns, rows] = self.shape[..] else {
            return Err(self.wrong_shape("two axes"));
        };
        let values = match self.data {
            Data::Numbers(values) => values,
            _ => self.numbers()?.into_owned(),
        };
        Ok(DMatrix::from_vec(rows, columns, values))
    }

    /// Whether the entries are text.
    #[cfg(feature = "nwb")]
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.data, Data::Texts(_))
    }

    /// The first entries as text, every digit of integers.
    #[cfg(feature = "nwb")]
    pub(crate) fn texts(&self, most: usize) -> Vec<String> {
        fn texts<T: ToString>(values: &[T], most: usize) -> Vec<String> {
            values.iter().take(most).map(T::to_string).collect()
        }
        match &self.data {
            Data::Numbers(values) => texts(values, most),
            Data::Signed(values) => texts(values, most),
            Data::Unsigned(values) => texts(values, most),
            Data::Texts(values) => texts(values, most),
        }
    }

    /// Text, or whole numbers as text: names of cells.
    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let values = match &self.data {
            Data::Texts(texts) => return Ok(texts.clone()),
            Data::Signed(values) => return Ok(values.iter().map(i64::to_string).collect()),
            Data::Unsigned(values) => return Ok(values.iter().map(u64::to_string).collect()),
            Data::Numbers(values) => values,
        };
        let whole = |(index, value): (usize, &f64)| {
            if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
                return Ok(format!("{value:.0}"));
            }
            Err(self.wrong_entry(index, *value, "a whole number or text"))
        };
        values.iter().enumerate().map(whole).collect()
    }
}

/// `5 × 1160`.
pub(crate) fn dimensions<T: ToString>(shape: &[T]) -> String {
    let lengths: Vec<String> = shape.iter().map(T::to_string).collect();
    if lengths.is_empty() {
        "()".to_owned()
    } else {
        lengths.join(" × ")
    }
}
