use std::fmt::Write as _;

use crate::{Error, Measure, MeasureSet};

/// Measures over time, each at its own subset of the times: what an experimenter can record.
///
/// Times are in any unit (updates, hours, sessions): nothing the classifier sees depends on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Animal and environment where a table holds several records.
    name: Option<String>,
    /// Whether the table says that it was recorded.
    observed: bool,
    /// Strictly increasing.
    times: Vec<f64>,
    /// A curve a measure of [`Measure::ALL`], NaN where it was not measured.
    curves: Vec<Vec<f64>>,
}

/// Fewest times, and fewest values of a measure, that say something about a change.
pub const FEWEST_SAMPLES: usize = 3;

/// Columns that hold the time; the first that increases strictly over a record is taken.
const TIMES: [&str; 4] = ["step", "time", "day", "session_number"];

/// Columns that tell the records of a table apart.
const NAMES: [&str; 2] = ["subject", "environment"];

fn invalid(message: impl Into<String>) -> Error {
    Error::Record(message.into())
}

fn out_of_range(measure: Measure, name: &str, value: f64) -> Option<String> {
    let (least, most) = measure.range();
    (value < least || value > most)
        .then(|| format!("{name} is {value}; expected {least} to {most}"))
}

fn enough(values: &[f64]) -> bool {
    values.iter().filter(|value| value.is_finite()).count() >= FEWEST_SAMPLES
}

impl Record {
    /// A record from `times` (samples, strictly increasing) and curves (samples), NaN where a
    /// measure has no value.
    ///
    /// # Errors
    /// [`Error::Record`] for fewer than [`FEWEST_SAMPLES`] times, times that do not increase, a
    /// curve of another length, and a value outside its measure's range.
    pub fn new(
        times: Vec<f64>,
        measured: impl IntoIterator<Item = (Measure, Vec<f64>)>,
    ) -> Result<Self, Error> {
        let mut curves = vec![vec![f64::NAN; times.len()]; Measure::ALL.len()];
        for (measure, curve) in measured {
            let (name, count, expected) = (measure.column(), curve.len(), times.len());
            if count != expected {
                let message = format!("{name} has {count} values; expected {expected}");
                return Err(invalid(message));
            }
            if let Some(why) = curve.iter().find_map(|&v| out_of_range(measure, name, v)) {
                return Err(invalid(why));
            }
            curves[measure as usize] = curve;
        }
        Self::assemble(None, false, times, curves)
    }

    fn assemble(
        name: Option<String>,
        observed: bool,
        times: Vec<f64>,
        curves: Vec<Vec<f64>>,
    ) -> Result<Self, Error> {
        if times.len() < FEWEST_SAMPLES {
            let count = times.len();
            return Err(invalid(format!(
                "{count} samples; expected at least {FEWEST_SAMPLES}"
            )));
        }
        if !increasing(&times) {
            return Err(invalid("times are not finite and strictly increasing"));
        }
        Ok(Self {
            name,
            observed,
            times,
            curves,
        })
    }

    /// Reads the one record of a CSV table: [`Record::all_from_csv`] of a table with one.
    ///
    /// # Errors
    /// As there; [`Error::Record`] with the names where the table holds several.
    pub fn from_csv(text: &str) -> Result<Self, Error> {
        let mut all = Self::all_from_csv(text)?;
        match all.len() {
            1 => Ok(all.remove(0)),
            _ => {
                let names: Vec<&str> = all.iter().filter_map(Self::name).collect();
                Err(invalid(format!(
                    "expected one record, found {}",
                    names.join(", ")
                )))
            }
        }
    }

    /// Reads CSV with a header: the trace of a run, the `sessions.csv` of an analysis, or a table
    /// of one's own.
    ///
    /// The time is `step`, `time`, `day` or `session_number`: the first that increases strictly.
    /// Measures are the columns of [`Measure::columns`]; of several for one measure, the first
    /// with [`FEWEST_SAMPLES`] values. Other columns are ignored. Rows that differ in `subject` or
    /// `environment` are records of their own. An empty field or `NaN` was not measured; infinite
    /// values (the logarithm of a loss of 0) are not used.
    ///
    /// # Errors
    /// [`Error::Record`] with the line: no column of time or of a measure, a field that is no
    /// number or outside its measure's range, times that do not increase, or fewer than
    /// [`FEWEST_SAMPLES`] rows of a record.
    pub fn all_from_csv(text: &str) -> Result<Vec<Self>, Error> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader
            .headers()
            .map_err(|error| invalid(error.to_string()))?
            .clone();
        let find = |name: &&str| header.iter().position(|column| column == *name);
        let times: Vec<usize> = TIMES.iter().filter_map(find).collect();
        if times.is_empty() {
            let message = "line 1: there is no column step, time, day or session_number";
            return Err(invalid(message));
        }
        let known: Vec<(Measure, usize)> = Measure::ALL
            .into_iter()
            .flat_map(|measure| measure.columns().iter().map(move |name| (measure, name)))
            .filter_map(|(measure, name)| Some((measure, find(name)?)))
            .collect();
        if known.is_empty() {
            let names = Measure::ALL.map(Measure::column).join(", ");
            return Err(invalid(format!(
                "line 1: there is no column of a measure; known: {names}"
            )));
        }
        let names: Vec<usize> = NAMES.iter().filter_map(find).collect();
        let kind = find(&"kind");
        let mut groups: Vec<Group> = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|error| invalid(error.to_string()))?;
            let field = |column: usize| row.get(column).unwrap_or("");
            let name: Vec<&str> = names
                .iter()
                .map(|&at| field(at))
                .filter(|name| !name.is_empty())
                .collect();
            let name = (!names.is_empty()).then(|| name.join(" "));
            let group = match groups.iter_mut().position(|group| group.name == name) {
                Some(index) => &mut groups[index],
                None => {
                    groups.push(Group::new(name, times.len(), known.len()));
                    groups
                        .last_mut()
                        .expect("a group was pushed in the line before")
                }
            };
            group.observed |= kind.is_some_and(|kind| field(kind) == "recorded");
            let line = row.position().map_or(0, csv::Position::line);
            let number = |column: usize| -> Result<f64, Error> {
                match field(column) {
                    "" => Ok(f64::NAN),
                    text => text.parse().map_err(|_| {
                        let name = &header[column];
                        invalid(format!("line {line}: {name} is {text:?}, not a number"))
                    }),
                }
            };
            for (curve, &column) in group.times.iter_mut().zip(&times) {
                curve.push(number(column)?);
            }
            for (curve, &(measure, column)) in group.curves.iter_mut().zip(&known) {
                let value = number(column)?;
                if let Some(why) = out_of_range(measure, &header[column], value) {
                    return Err(invalid(format!("line {line}: {why}")));
                }
                curve.push(value);
            }
        }
        if groups.is_empty() {
            groups.push(Group::new(None, times.len(), known.len()));
        }
        groups
            .into_iter()
            .map(|group| group.record(&known))
            .collect()
    }

    /// The record as CSV that [`Record::from_csv`] reads back.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let (kind, recorded) = match self.observed {
            true => ("kind,", "recorded,"),
            false => ("", ""),
        };
        let names = Measure::ALL.map(Measure::column).join(",");
        let mut text = format!("{kind}time,{names}\n");
        for (index, time) in self.times.iter().enumerate() {
            write!(text, "{recorded}{time:?}").expect("writing to a string cannot fail");
            for curve in &self.curves {
                match curve[index] {
                    value if value.is_nan() => text.push(','),
                    value => write!(text, ",{value:?}").expect("writing to a string cannot fail"),
                }
            }
            text.push('\n');
        }
        text
    }

    /// Animal and environment, where the table had a column of either.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether the table's column `kind` says `recorded`, as the `sessions.csv` of an analysis does:
    /// then [`Model::observed`](crate::Model::observed) is the model.
    #[must_use]
    pub fn is_observed(&self) -> bool {
        self.observed
    }

    /// The times (samples), ascending, in the record's unit.
    #[must_use]
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Number of times.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.times.len()
    }

    /// A measure's (time, value) pairs, where it was measured.
    #[must_use]
    pub fn curve(&self, measure: Measure) -> Vec<(f64, f64)> {
        let values = &self.curves[measure as usize];
        self.times
            .iter()
            .zip(values)
            .filter(|(_, value)| value.is_finite())
            .map(|(&time, &value)| (time, value))
            .collect()
    }

    /// The measures with at least [`FEWEST_SAMPLES`] values.
    #[must_use]
    pub fn measures(&self) -> MeasureSet {
        Measure::ALL
            .into_iter()
            .filter(|&measure| enough(&self.curves[measure as usize]))
            .collect()
    }

    /// Every `stride`-th time from index `first` on.
    ///
    /// # Errors
    /// [`Error::Record`] for a stride of 0, and where fewer than [`FEWEST_SAMPLES`] are left.
    pub fn thinned(&self, first: usize, stride: usize) -> Result<Self, Error> {
        if stride == 0 {
            return Err(invalid("stride is 0; expected at least 1"));
        }
        let take = |values: &Vec<f64>| -> Vec<f64> {
            values.iter().skip(first).step_by(stride).copied().collect()
        };
        let curves = self.curves.iter().map(take).collect();
        Self::assemble(self.name.clone(), self.observed, take(&self.times), curves)
    }
}

fn increasing(times: &[f64]) -> bool {
    times.iter().all(|time| time.is_finite()) && times.windows(2).all(|pair| pair[0] < pair[1])
}

/// The rows of one record while a table is read.
struct Group {
    name: Option<String>,
    observed: bool,
    /// A list a time column.
    times: Vec<Vec<f64>>,
    /// A list a column of a measure.
    curves: Vec<Vec<f64>>,
}

impl Group {
    fn new(name: Option<String>, times: usize, columns: usize) -> Self {
        Self {
            name,
            observed: false,
            times: vec![Vec::new(); times],
            curves: vec![Vec::new(); columns],
        }
    }

    fn record(self, known: &[(Measure, usize)]) -> Result<Record, Error> {
        let taken = self
            .times
            .iter()
            .position(|times| increasing(times))
            .unwrap_or(0);
        let mut curves = vec![vec![f64::NAN; self.times[taken].len()]; Measure::ALL.len()];
        let mut found = MeasureSet::default();
        for (curve, &(measure, _)) in self.curves.into_iter().zip(known) {
            // Of too short curves the first is kept, so that a table comes back as it was.
            if enough(&curve) && !found.contains(measure) {
                found = found.with(measure);
                curves[measure as usize] = curve;
            } else if curves[measure as usize].iter().all(|value| value.is_nan()) {
                curves[measure as usize] = curve;
            }
        }
        let refused = self.name.clone();
        let times = self.times[taken].clone();
        Record::assemble(self.name, self.observed, times, curves).map_err(|error| {
            match (error, refused) {
                (Error::Record(message), Some(name)) => invalid(format!("{name}: {message}")),
                (error, _) => error,
            }
        })
    }
}
