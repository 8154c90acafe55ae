use std::sync::Arc;

use crate::Error;

/// A column of a trace: what a number is called, its unit and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// The name in tables: letters, digits, `_`, `.`, `[` and `]`.
    pub name: String,
    /// The unit, for axes; empty where there is none.
    pub unit: String,
    /// What it means, in a sentence.
    pub meaning: String,
    /// Whether all values are whole numbers, which tables write without a point.
    pub whole: bool,
    /// Whether every processor gives the same bits. A resumed run compares only such columns with
    /// what is recorded; of the others it keeps what is recorded.
    pub portable: bool,
}

impl Column {
    /// A column of numbers that every processor gives with the same bits.
    pub fn new(
        name: impl Into<String>,
        unit: impl Into<String>,
        meaning: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            unit: unit.into(),
            meaning: meaning.into(),
            whole: false,
            portable: true,
        }
    }

    /// The same with whole numbers.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// The same with numbers whose last bits may differ between machines.
    #[must_use]
    pub fn not_portable(mut self) -> Self {
        self.portable = false;
        self
    }
}

/// The measures of one sampling point. What was not measured is absent, which is not NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Steps done.
    pub step: u64,
    columns: Arc<[Column]>,
    values: Vec<Option<f64>>,
}

impl Sample {
    /// The value of a column; `None` where it was not measured, or no column has this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        let index = self.columns.iter().position(|column| column.name == name)?;
        self.values[index]
    }

    /// Writes the value of a column; `None` leaves it absent.
    ///
    /// # Panics
    /// Where no column has this name, or it is of whole numbers and the value is none: both are
    /// faults of the system or measure.
    pub fn set(&mut self, name: &str, value: impl Into<Option<f64>>) {
        self.put(name, value.into())
            .unwrap_or_else(|error| panic!("{error}"));
    }

    /// As [`set`](Self::set), for a value of a measure that the caller cannot vouch for.
    pub(crate) fn put(&mut self, name: &str, value: Option<f64>) -> Result<(), Error> {
        let Some(index) = self.columns.iter().position(|column| column.name == name) else {
            let known: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
            return Err(Error::range("column", name, known.join(", ")));
        };
        if self.columns[index].whole
            && let Some(number) = value
            && number.fract() != 0.0
        {
            return Err(Error::range(name, number, "a whole number"));
        }
        self.values[index] = value;
        Ok(())
    }

    /// The values, in the order of the columns.
    #[must_use]
    pub fn values(&self) -> &[Option<f64>] {
        &self.values
    }

    /// The columns, one a value.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// A line of CSV, with its line feed. Numbers are the shortest that read back with the same
    /// bits; what is absent is empty.
    pub(crate) fn csv_row(&self) -> String {
        let mut row = self.step.to_string();
        for (column, value) in self.columns.iter().zip(&self.values) {
            row.push(',');
            match value {
                None => {}
                Some(number) if column.whole => row += &format!("{number:.0}"),
                Some(number) => row += &format!("{number:?}"),
            }
        }
        row.push('\n');
        row
    }

    /// Whether the columns that every processor gives alike have the same bits in `other`. All
    /// NaN are one: a table does not tell them apart.
    pub(crate) fn agrees_with(&self, other: &Sample) -> bool {
        let bits = |value: &Option<f64>| {
            value.map(|number| if number.is_nan() { f64::NAN } else { number }.to_bits())
        };
        self.step == other.step
            && self.columns.iter().enumerate().all(|(index, column)| {
                !column.portable || bits(&self.values[index]) == bits(&other.values[index])
            })
    }
}

/// The record of a run: one [`Sample`] a sampling point, in order of steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    columns: Arc<[Column]>,
    samples: Vec<Sample>,
}

impl Trace {
    /// A trace without samples.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for two columns of one name, or a name that a table cannot hold.
    pub fn new(columns: Vec<Column>) -> Result<Self, Error> {
        for (index, column) in columns.iter().enumerate() {
            let name = &column.name;
            let plain = |c: char| c.is_alphanumeric() || "_.[]".contains(c);
            Error::unless(
                !name.is_empty() && name != "step" && name.chars().all(plain),
                "name of a column",
                format!("{name:?}"),
                "letters, digits, `_`, `.`, `[`, `]`; not step",
            )?;
            let alone = columns[..index].iter().all(|other| other.name != *name);
            Error::unless(alone, "name of a column", name, "a name of its own")?;
        }
        Ok(Self {
            columns: columns.into(),
            samples: Vec::new(),
        })
    }

    /// The columns, without `step`.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The last sample.
    #[must_use]
    pub fn last(&self) -> Option<&Sample> {
        self.samples.last()
    }

    /// Steps done at the samples.
    #[must_use]
    pub fn steps(&self) -> Vec<f64> {
        self.samples.iter().map(|s| s.step as f64).collect()
    }

    /// Whether there is a column of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    /// A column, one entry a sample; all absent where no column has this name.
    pub fn column(&self, name: &str) -> impl Iterator<Item = Option<f64>> {
        let index = self.columns.iter().position(|column| column.name == name);
        self.samples
            .iter()
            .map(move |sample| index.and_then(|index| sample.values[index]))
    }

    /// An empty sample of these columns.
    pub(crate) fn blank(&self, step: u64) -> Sample {
        Sample {
            step,
            columns: Arc::clone(&self.columns),
            values: vec![None; self.columns.len()],
        }
    }

    pub(crate) fn push(&mut self, sample: Sample) -> &Sample {
        self.samples.push_mut(sample)
    }

    pub(crate) fn truncate(&mut self, samples: usize) {
        self.samples.truncate(samples);
    }

    /// Takes the units, meanings and kinds of another trace's columns, which CSV does not hold;
    /// false where they have other names.
    pub(crate) fn take_columns_of(&mut self, other: &Self) -> bool {
        let names = |trace: &Self| -> Vec<String> {
            let columns = trace.columns.iter();
            columns.map(|column| column.name.clone()).collect()
        };
        if names(self) != names(other) {
            return false;
        }
        self.columns = Arc::clone(&other.columns);
        for sample in &mut self.samples {
            sample.columns = Arc::clone(&other.columns);
        }
        true
    }

    pub(crate) fn csv_header(&self) -> String {
        let names = self.columns.iter().map(|column| column.name.as_str());
        let all: Vec<&str> = std::iter::once("step").chain(names).collect();
        all.join(",") + "\n"
    }

    /// The whole trace as CSV: `step` and the columns.
    #[must_use]
    pub fn to_csv(&self) -> String {
        self.samples
            .iter()
            .fold(self.csv_header(), |text, sample| text + &sample.csv_row())
    }

    /// Reads what [`to_csv`](Self::to_csv) wrote. Units and meanings are not in it.
    ///
    /// # Errors
    /// [`Error::Syntax`] with the line number.
    pub fn from_csv(text: &str) -> Result<Self, Error> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| wrong(1, error))?.clone();
        if header.get(0) != Some("step") {
            return Err(wrong(1, "the first column is not `step`"));
        }
        let rows: Vec<csv::StringRecord> = reader
            .records()
            .enumerate()
            .map(|(index, record)| record.map_err(|error| wrong(index + 2, error)))
            .collect::<Result<_, _>>()?;
        // A number with a fraction, an exponent or no value at all is not written as a whole one.
        let column = |(index, name): (usize, &str)| {
            let mut fields = rows
                .iter()
                .filter_map(|row| row.get(index).filter(|field| !field.is_empty()))
                .peekable();
            Column {
                whole: fields.peek().is_some() && fields.all(|field| field.parse::<i64>().is_ok()),
                ..Column::new(name, "", "")
            }
        };
        let mut trace = Self::new(header.iter().enumerate().skip(1).map(column).collect())?;
        for (index, row) in rows.iter().enumerate() {
            let sample = trace.sample_of(row.iter());
            trace.push(sample.ok_or_else(|| wrong(index + 2, "a field is not a number"))?);
        }
        Ok(trace)
    }

    /// Reads as many rows of CSV as can be read into a trace of known columns, whose header is
    /// these, and the bytes up to their end.
    pub(crate) fn read_rows(columns: &Self, text: &str) -> (Self, usize) {
        let mut trace = columns.emptied();
        let mut length = columns.csv_header().len();
        for line in text[length..].split_inclusive('\n') {
            let Some(sample) = trace.sample_of(line.trim_end_matches('\n').split(',')) else {
                break;
            };
            if trace.last().is_some_and(|last| last.step >= sample.step) {
                break;
            }
            trace.push(sample);
            length += line.len();
        }
        (trace, length)
    }

    /// A trace of these columns without samples.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            columns: Arc::clone(&self.columns),
            samples: Vec::new(),
        }
    }

    /// The sample of a row's fields; `None` where they are too few, too many or no numbers.
    fn sample_of<'a>(&self, mut fields: impl Iterator<Item = &'a str>) -> Option<Sample> {
        let mut sample = self.blank(fields.next()?.parse().ok()?);
        for value in &mut sample.values {
            let field = fields.next()?;
            if !field.is_empty() {
                *value = Some(field.parse().ok()?);
            }
        }
        fields.next().is_none().then_some(sample)
    }
}

fn wrong(line: usize, message: impl std::fmt::Display) -> Error {
    Error::syntax("trace (CSV)", format!("line {line}: {message}"))
}
