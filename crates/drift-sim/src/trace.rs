use std::fmt::Write as _;

use crate::Error;

/// The measures of one sampling point, all on clean data.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// Updates done.
    pub step: u64,
    /// Mean squared error over all samples and outputs.
    pub loss: f64,
    /// log₁₀ of loss / variance of the targets; in the valley, of the loss.
    pub log10_normalised_loss: f64,
    /// Share of (unit, sample) pairs that are active; absent in the valley.
    pub active_fraction: Option<f64>,
    /// Share of units active on at least one sample; absent in the valley.
    pub fraction_active_units: Option<f64>,
    /// Mean spatial information over the place units (bits per unit of activity); absent
    /// without positions or place units.
    pub mean_spatial_information: Option<f64>,
    /// Units with more spatial information than the threshold; absent without positions.
    pub place_units: Option<usize>,
    /// The Hessian's spectrum, at the sampling points that have one.
    pub spectrum: Option<SpectrumSample>,
}

/// Measures of the spectrum of the clean loss's Hessian.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SpectrumSample {
    /// Sum of all eigenvalues.
    pub trace: f64,
    /// Largest eigenvalue; absent where only the trace was asked for.
    pub max: Option<f64>,
    /// Sum of the logarithms of the eigenvalues above the tolerance.
    pub log_pseudo_determinant: Option<f64>,
    /// Share of eigenvalues whose magnitude is above the tolerance.
    pub nonzero_fraction: Option<f64>,
    /// Share that the published "> 0" would count, half of the rounding noise of living units
    /// among them: for comparison with the published column only.
    pub published_nonzero_fraction: Option<f64>,
}

/// The record of a run: one [`Sample`] a sampling point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    samples: Vec<Sample>,
    spectrum: bool,
}

const COLUMNS: [&str; 7] = [
    "step",
    "loss",
    "log10_normalised_loss",
    "active_fraction",
    "fraction_active_units",
    "mean_spatial_information",
    "place_units",
];

const SPECTRUM_COLUMNS: [&str; 5] = [
    "hessian_trace",
    "hessian_max",
    "log_pseudo_determinant",
    "nonzero_fraction",
    "published_nonzero_fraction",
];

impl Trace {
    /// An empty trace, with or without columns for the spectrum.
    #[must_use]
    pub fn new(spectrum: bool) -> Self {
        Self {
            samples: Vec::new(),
            spectrum,
        }
    }

    /// The samples, in order of steps.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The last sample.
    #[must_use]
    pub fn last(&self) -> Option<&Sample> {
        self.samples.last()
    }

    pub(crate) fn push(&mut self, sample: Sample) {
        self.samples.push(sample);
    }

    pub(crate) fn truncate(&mut self, samples: usize) {
        self.samples.truncate(samples);
    }

    /// The header line of the CSV form, with its line feed.
    #[must_use]
    pub fn csv_header(&self) -> String {
        let mut header = COLUMNS.join(",");
        if self.spectrum {
            header.push(',');
            header.push_str(&SPECTRUM_COLUMNS.join(","));
        }
        header.push('\n');
        header
    }

    /// One sample as a line of the CSV form, with its line feed. Numbers are the shortest that
    /// read back with the same bits; what is absent is empty.
    #[must_use]
    pub fn csv_row(&self, sample: &Sample) -> String {
        let mut row = format!(
            "{},{:?},{:?}",
            sample.step, sample.loss, sample.log10_normalised_loss
        );
        push(&mut row, sample.active_fraction);
        push(&mut row, sample.fraction_active_units);
        push(&mut row, sample.mean_spatial_information);
        push(&mut row, sample.place_units);
        if self.spectrum {
            push(&mut row, sample.spectrum.map(|spectrum| spectrum.trace));
            for measure in [
                |spectrum: SpectrumSample| spectrum.max,
                |spectrum: SpectrumSample| spectrum.log_pseudo_determinant,
                |spectrum: SpectrumSample| spectrum.nonzero_fraction,
                |spectrum: SpectrumSample| spectrum.published_nonzero_fraction,
            ] {
                push(&mut row, sample.spectrum.and_then(measure));
            }
        }
        row.push('\n');
        row
    }

    /// The whole trace as CSV.
    #[must_use]
    pub fn to_csv(&self) -> String {
        self.samples
            .iter()
            .fold(self.csv_header(), |mut text, sample| {
                text.push_str(&self.csv_row(sample));
                text
            })
    }

    /// Reads what [`to_csv`](Self::to_csv) wrote.
    ///
    /// # Errors
    /// [`Error::Syntax`] with the line number.
    pub fn from_csv(text: &str) -> Result<Self, Error> {
        let wrong = |line: usize, message: String| Error::Syntax {
            what: "trace (CSV)",
            message: format!("line {line}: {message}"),
        };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader
            .headers()
            .map_err(|error| wrong(1, error.to_string()))?;
        let spectrum = header.len() > COLUMNS.len();
        let mut trace = Trace::new(spectrum);
        if header.iter().collect::<Vec<_>>().join(",") != trace.csv_header().trim_end() {
            return Err(wrong(1, "not the columns of a trace".to_owned()));
        }
        for (index, record) in reader.records().enumerate() {
            let record = record.map_err(|error| wrong(index + 2, error.to_string()))?;
            let sample = parse(&record)
                .ok_or_else(|| wrong(index + 2, "a field is not a number".to_owned()))?;
            trace.push(sample);
        }
        Ok(trace)
    }
}

fn push(row: &mut String, value: Option<impl std::fmt::Debug>) {
    row.push(',');
    if let Some(value) = value {
        write!(row, "{value:?}").expect("writing to a string cannot fail");
    }
}

fn parse(record: &csv::StringRecord) -> Option<Sample> {
    // The outer `None` is a field that is not a number, the inner one an empty field.
    fn optional<T: std::str::FromStr>(field: &str) -> Option<Option<T>> {
        if field.is_empty() {
            return Some(None);
        }
        field.parse().ok().map(Some)
    }
    let field = |index: usize| record.get(index).unwrap_or("");
    let spectrum = match optional(field(7))? {
        None => None,
        Some(trace) => Some(SpectrumSample {
            trace,
            max: optional(field(8))?,
            log_pseudo_determinant: optional(field(9))?,
            nonzero_fraction: optional(field(10))?,
            published_nonzero_fraction: optional(field(11))?,
        }),
    };
    Some(Sample {
        step: field(0).parse().ok()?,
        loss: field(1).parse().ok()?,
        log10_normalised_loss: field(2).parse().ok()?,
        active_fraction: optional(field(3))?,
        fraction_active_units: optional(field(4))?,
        mean_spatial_information: optional(field(5))?,
        place_units: optional(field(6))?,
        spectrum,
    })
}
