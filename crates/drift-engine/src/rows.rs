//! What grows while a run goes on: the rows of its trace and the vectors of its series.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use nalgebra::DMatrix;

use crate::files::{beside, if_there};
use crate::frames::{FRAME, HEADER, Kind, Reader, Writer};
use crate::{Error, Sample, Series, Trace, npz};

/// The rows of a trace, each written whole or cut off at the next opening. Rows that a resumed run
/// makes again are compared with what is there, so that nothing recorded is ever taken back.
#[derive(Debug)]
pub(crate) struct Rows {
    path: PathBuf,
    file: File,
    /// What is on the disk already.
    kept: Trace,
    next: usize,
}

/// The text up to the last whole row: a torn row has no end or, after a loss of power, zeros.
fn whole_rows(text: &str) -> &str {
    let text = text.split('\0').next().unwrap_or_default();
    &text[..text.rfind('\n').map_or(0, |end| end + 1)]
}

/// The trace in a file, whether or not a process is writing it.
pub(crate) fn read_trace(path: &Path) -> Result<Trace, Error> {
    let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
    let named = |error: Error| Error::corrupt(path, error);
    Trace::from_csv(whole_rows(&text)).map_err(named)
}

impl Rows {
    /// Opens the file, makes it where it is missing, and cuts a torn last row off, or everything
    /// from the first row on that cannot be read, which is said. `columns` is a trace with the
    /// columns of the run; a file with others is set aside and said.
    pub(crate) fn open(
        path: PathBuf,
        columns: &Trace,
        notes: &mut Vec<String>,
    ) -> Result<Self, Error> {
        // What is no text ends the rows as what is no number does.
        let bytes = if_there(fs::read(&path), "read", &path)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let mut whole = whole_rows(&text);
        let mut kept = columns.emptied();
        if !whole.is_empty() {
            if whole.starts_with(&columns.csv_header()) {
                let readable;
                (kept, readable) = Trace::read_rows(columns, whole);
                if readable < whole.len() {
                    notes.push(format!(
                        "{}: row {} cannot be read; it and what follows are made again",
                        path.display(),
                        kept.samples().len() + 2
                    ));
                    whole = &whole[..readable];
                }
            } else {
                let aside = beside(&path, ".previous");
                fs::rename(&path, &aside).map_err(Error::io("rename", &path))?;
                notes.push(format!(
                    "{} has other columns than this program writes; it is kept as {}",
                    path.display(),
                    aside.display()
                ));
                whole = "";
            }
        }
        let open = || -> std::io::Result<File> {
            let mut file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            file.set_len(whole.len() as u64)?;
            file.seek(SeekFrom::End(0))?;
            if whole.is_empty() {
                file.write_all(columns.csv_header().as_bytes())?;
            }
            Ok(file)
        };
        Ok(Self {
            file: open().map_err(Error::io("open", &path))?,
            path,
            kept,
            next: 0,
        })
    }

    /// What was found at the opening.
    pub(crate) fn kept(&self) -> &Trace {
        &self.kept
    }

    /// The next row to be written, or compared, is this one.
    pub(crate) fn go_to(&mut self, row: usize) {
        self.next = row;
    }

    pub(crate) fn put(&mut self, sample: &Sample) -> Result<(), Error> {
        if let Some(kept) = self.kept.samples().get(self.next) {
            if !kept.agrees_with(sample) {
                return Err(Error::corrupt(
                    &self.path,
                    format!(
                        "row {} differs from what the resumed run gives",
                        self.next + 2
                    ),
                ));
            }
        } else {
            self.file
                .write_all(sample.csv_row().as_bytes())
                .map_err(Error::io("write", &self.path))?;
        }
        self.next += 1;
        Ok(())
    }

    pub(crate) fn sync(&self) -> Result<(), Error> {
        let synced = self.file.sync_data();
        synced.map_err(Error::io("write", &self.path))
    }
}

const KIND: Kind = Kind {
    magic: *b"driftser",
    version: 1,
};

fn raw(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.bin"))
}

fn arrays(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.npz"))
}

/// Vectors over time: frames of a step (u64) and the entries (f64) while a run goes on, arrays of
/// NumPy's when it stops or ends.
#[derive(Debug)]
pub(crate) struct Vectors {
    series: Series,
    directory: PathBuf,
    file: Writer,
    kept: u64,
    next: u64,
}

impl Vectors {
    /// Opens the raw file, makes it where it is missing, and cuts off what is torn.
    pub(crate) fn open(directory: &Path, series: Series) -> Result<Self, Error> {
        let path = raw(directory, &series.name);
        let length = 8 * (series.width + 1);
        let mut kept = 0;
        let mut reader = match Reader::open(&path, KIND) {
            // A file of another program or layout is made again.
            Err(Error::Corrupt { .. }) => None,
            other => other?,
        };
        if let Some(reader) = &mut reader {
            while let Some(content) = reader.next_frame()? {
                if content.len() != length {
                    return Err(Error::corrupt(
                        &path,
                        format!("a record of {} bytes; expected {length}", content.len()),
                    ));
                }
                kept += 1;
            }
        }
        Ok(Self {
            file: Writer::open(&path, KIND, reader.as_ref())?,
            series,
            directory: directory.to_owned(),
            kept,
            next: 0,
        })
    }

    /// Records found at the opening.
    pub(crate) fn kept(&self) -> u64 {
        self.kept
    }

    /// Records written or compared.
    pub(crate) fn records(&self) -> u64 {
        self.next
    }

    /// The next record to be written, or compared, is this one.
    pub(crate) fn go_to(&mut self, record: u64) {
        self.next = record;
    }

    pub(crate) fn put(&mut self, step: u64, values: &[f64]) -> Result<(), Error> {
        self.series.check(values)?;
        let mut content = Vec::with_capacity(8 * (values.len() + 1));
        content.extend(step.to_le_bytes());
        for value in values {
            content.extend(value.to_le_bytes());
        }
        if self.next >= self.kept {
            self.file.append(&content)?;
        } else {
            let mut kept = vec![0; content.len()];
            let record = FRAME + content.len() as u64;
            let offset = HEADER + self.next * record + FRAME;
            self.file.read_at(offset, &mut kept)?;
            // What may differ in its last bits is not compared, and what is recorded stays.
            let compared = if self.series.portable { kept.len() } else { 8 };
            if kept[..compared] != content[..compared] {
                return Err(Error::corrupt(
                    raw(&self.directory, &self.series.name),
                    format!("step {step} differs from what the resumed run gives"),
                ));
            }
        }
        self.next += 1;
        Ok(())
    }

    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.file.sync()
    }

    /// Writes all records as arrays: `step` (records) and the entries (records × width).
    pub(crate) fn write_arrays(&self) -> Result<(), Error> {
        let path = raw(&self.directory, &self.series.name);
        let records = self.next.max(self.kept) as usize;
        let width = self.series.width;
        let mut writer = npz::Writer::create(arrays(&self.directory, &self.series.name))?;
        let steps = records_of(&path)?.map(|record| record.map(|(step, _)| step as i64));
        writer.add_fallible("step", &[records], steps)?;
        let values = records_of(&path)?.flat_map(|record| match record {
            Ok((_, values)) => values.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        });
        writer.add_fallible(&self.series.entries, &[records, width], values)?;
        writer.finish()
    }

    /// Removes the raw file, once the arrays are complete and final.
    pub(crate) fn remove(self) -> Result<(), Error> {
        let path = raw(&self.directory, &self.series.name);
        fs::remove_file(&path).map_err(Error::io("remove", path))
    }
}

/// A step and its vector.
type Record = (u64, Vec<f64>);

/// The whole records of a raw file.
fn records_of(path: &Path) -> Result<impl Iterator<Item = std::io::Result<Record>>, Error> {
    let mut reader = Reader::open(path, KIND)?;
    Ok(std::iter::from_fn(move || {
        let frame = reader.as_mut()?.next_frame().transpose()?;
        Some(frame.map_err(std::io::Error::other).map(|content| {
            let mut words = content.as_chunks::<8>().0.iter().copied();
            let step = words.next().map_or(0, u64::from_le_bytes);
            (step, words.map(f64::from_le_bytes).collect())
        }))
    }))
}

/// A series as a run's directory holds it, whether or not the run goes on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SeriesRecord {
    /// Steps done at the vectors (k).
    pub steps: Vec<u64>,
    /// The vectors (k × width).
    pub values: DMatrix<f64>,
}

impl SeriesRecord {
    /// Reads the vectors whose places `choose` picks from the steps of all: a file longer than
    /// memory is read as long as what is chosen is not. Empty where the run has no such series.
    pub(crate) fn read(
        directory: &Path,
        name: &str,
        choose: impl Fn(&[u64]) -> Vec<usize>,
    ) -> Result<Self, Error> {
        let path = raw(directory, name);
        let mut all_steps = Vec::new();
        if path.exists() {
            for record in records_of(&path)? {
                all_steps.push(record.map_err(Error::io("read", &path))?.0);
            }
            let chosen = choose(&all_steps);
            let mut values = Vec::new();
            let mut width = 0;
            for (place, record) in records_of(&path)?.enumerate() {
                if chosen.binary_search(&place).is_ok() {
                    let (_, vector) = record.map_err(Error::io("read", &path))?;
                    width = vector.len();
                    values.extend(vector);
                }
            }
            return Self::of(&path, &all_steps, &chosen, width, &values);
        }
        let path = arrays(directory, name);
        if !path.exists() {
            return Self::of(&path, &[], &[], 0, &[]);
        }
        let mut archive = npz::Archive::open(&path)?;
        let steps = archive.array("step")?.values;
        all_steps.extend(steps.iter().map(|&step| step as u64));
        let entries = archive.names().into_iter().find(|name| name != "step");
        let entries =
            entries.ok_or_else(|| Error::corrupt(&path, "there is no array of vectors"))?;
        let chosen = choose(&all_steps);
        let (width, values) = archive.rows(&entries, &chosen)?;
        Self::of(&path, &all_steps, &chosen, width, &values)
    }

    fn of(
        path: &Path,
        steps: &[u64],
        chosen: &[usize],
        width: usize,
        values: &[f64],
    ) -> Result<Self, Error> {
        let count = steps.len();
        Error::unless(
            chosen.is_sorted_by(|a, b| a < b) && chosen.last().is_none_or(|&last| last < count),
            "chosen vectors",
            format!("{chosen:?}"),
            format!("ascending places below {count}"),
        )?;
        if values.len() != chosen.len() * width {
            let found = values.len();
            let expected = format!("{} vectors of {width}", chosen.len());
            let reason = format!("{found} numbers where {expected} are expected");
            return Err(Error::corrupt(path, reason));
        }
        Ok(Self {
            steps: chosen.iter().map(|&place| steps[place]).collect(),
            values: DMatrix::from_row_slice(chosen.len(), width, values),
        })
    }
}
