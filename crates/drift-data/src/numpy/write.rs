//! Arrays written as numpy reads them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::Error;

/// Writes an `.npz` archive, deflated; the same arrays give the same bytes.
#[derive(Debug)]
pub(crate) struct Writer {
    file: PathBuf,
    archive: ZipWriter<BufWriter<File>>,
}

impl Writer {
    pub(crate) fn create(file: &Path) -> Result<Self, Error> {
        let created = File::create(file).map_err(|error| Error::io(file, &error))?;
        Ok(Self {
            file: file.to_owned(),
            archive: ZipWriter::new(BufWriter::new(created)),
        })
    }

    /// Adds an array of f64 whose first axis is the fastest: columns come one after the other.
    pub(crate) fn numbers(
        &mut self,
        name: &str,
        shape: &[usize],
        columns: impl IntoIterator<Item = Vec<f64>>,
    ) -> Result<(), Error> {
        let columns = columns.into_iter().map(|column| {
            column
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        });
        self.add(name, "<f8", shape, columns)
    }

    /// Adds a list of texts.
    pub(crate) fn texts(&mut self, name: &str, texts: &[String]) -> Result<(), Error> {
        let letters = texts.iter().map(|text| text.chars().count()).max();
        let letters = letters.unwrap_or(0).max(1);
        let entries = texts.iter().map(|text| {
            let mut bytes: Vec<u8> = text
                .chars()
                .flat_map(|letter| u32::from(letter).to_le_bytes())
                .collect();
            bytes.resize(4 * letters, 0);
            bytes
        });
        self.add(name, &format!("<U{letters}"), &[texts.len()], entries)
    }

    fn add(
        &mut self,
        name: &str,
        descr: &str,
        shape: &[usize],
        pieces: impl Iterator<Item = Vec<u8>>,
    ) -> Result<(), Error> {
        let lengths: String = shape.iter().map(|length| format!("{length}, ")).collect();
        let mut head =
            format!("{{'descr': '{descr}', 'fortran_order': True, 'shape': ({lengths}), }}");
        // The head ends with a line break at a multiple of 64 bytes.
        while (10 + head.len() + 1) % 64 != 0 {
            head.push(' ');
        }
        head.push('\n');
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .large_file(true);
        let write = || -> std::io::Result<()> {
            self.archive.start_file(format!("{name}.npy"), options)?;
            self.archive.write_all(b"\x93NUMPY\x01\x00")?;
            self.archive.write_all(&(head.len() as u16).to_le_bytes())?;
            self.archive.write_all(head.as_bytes())?;
            for piece in pieces {
                self.archive.write_all(&piece)?;
            }
            Ok(())
        };
        write().map_err(|error| Error::io(&self.file, &error))
    }

    pub(crate) fn finish(self) -> Result<(), Error> {
        let complete = || -> std::io::Result<()> { self.archive.finish()?.flush() };
        complete().map_err(|error| Error::io(&self.file, &error))
    }
}
