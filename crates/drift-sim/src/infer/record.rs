use std::fmt::Write as _;
use std::ops::ControlFlow;

use drift_metrics::similarity::pearson;
use drift_net::{Network, Shape};
use nalgebra::DMatrix;

use super::{Measure, MeasureSet};
use crate::{Error, RunRecord, Sample, Scenario, Simulation, Trace};

/// Measures over time, each at its own subset of the times: what an experimenter can record.
///
/// Times are in any unit (updates, hours, sessions): nothing the classifier sees depends on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Strictly increasing.
    times: Vec<f64>,
    /// A curve a measure of [`Measure::ALL`], NaN where it was not measured.
    curves: Vec<Vec<f64>>,
}

/// Fewest times, and fewest values of a measure, that say something about a change.
pub const FEWEST_SAMPLES: usize = 3;

fn invalid(message: impl Into<String>) -> Error {
    Error::Syntax {
        what: "record (CSV)",
        message: message.into(),
    }
}

impl Record {
    /// Reads CSV with a header. The time is the column `step` or `time`, measures are the columns
    /// of [`Measure::column`]; others are ignored, so a run's `trace.csv` is a record. An empty
    /// field or `NaN` was not measured; infinite values (the logarithm of a loss of 0) are not used.
    ///
    /// # Errors
    /// [`Error::Syntax`] with the line: no column of time or of a measure, a field that is no
    /// number or outside its measure's range, times that do not increase, or fewer than
    /// [`FEWEST_SAMPLES`] rows.
    pub fn from_csv(text: &str) -> Result<Self, Error> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader
            .headers()
            .map_err(|error| invalid(error.to_string()))?
            .clone();
        let find = |name: &str| header.iter().position(|column| column == name);
        let time = find("step").or_else(|| find("time")).ok_or_else(|| {
            invalid("line 1: there is no column step or time; is it the trace of a run?")
        })?;
        let columns: Vec<_> = Measure::ALL
            .iter()
            .map(|measure| find(measure.column()))
            .collect();
        if columns.iter().all(Option::is_none) {
            let known: Vec<_> = Measure::ALL.iter().map(|known| known.column()).collect();
            return Err(invalid(format!(
                "line 1: there is no column of a measure; known: {}",
                known.join(", ")
            )));
        }
        let mut times = Vec::new();
        let mut curves = vec![Vec::new(); Measure::ALL.len()];
        for row in reader.records() {
            let row = row.map_err(|error| invalid(error.to_string()))?;
            let line = row.position().map_or(0, csv::Position::line);
            let number = |column: usize| -> Result<f64, Error> {
                match row.get(column).unwrap_or("") {
                    "" => Ok(f64::NAN),
                    field => field.parse().map_err(|_| {
                        let name = &header[column];
                        invalid(format!("line {line}: {name} is {field:?}, not a number"))
                    }),
                }
            };
            times.push(number(time)?);
            for ((measure, column), curve) in Measure::ALL.iter().zip(&columns).zip(&mut curves) {
                let value = column.map_or(Ok(f64::NAN), number)?;
                let (least, most) = measure.range();
                if value < least || value > most {
                    let name = measure.column();
                    return Err(invalid(format!(
                        "line {line}: {name} is {value}; expected {least} to {most}"
                    )));
                }
                curve.push(value);
            }
        }
        Self::new(times, curves)
    }

    fn new(times: Vec<f64>, curves: Vec<Vec<f64>>) -> Result<Self, Error> {
        if times.len() < FEWEST_SAMPLES {
            return Err(invalid(format!(
                "{} samples; expected at least {FEWEST_SAMPLES}",
                times.len()
            )));
        }
        let increasing = times.windows(2).all(|pair| pair[0] < pair[1]);
        if !increasing || !times.iter().all(|time| time.is_finite()) {
            return Err(invalid("times are not finite and strictly increasing"));
        }
        Ok(Self { times, curves })
    }

    /// The measures of a run's trace. It has no rate-map correlation; [`Record::from_run`] does.
    ///
    /// # Errors
    /// [`Error::Syntax`] for fewer than [`FEWEST_SAMPLES`] samples.
    pub fn from_trace(trace: &Trace) -> Result<Self, Error> {
        let samples = trace.samples();
        let curve = |of: fn(&Sample) -> Option<f64>| -> Vec<f64> {
            samples
                .iter()
                .map(|sample| of(sample).unwrap_or(f64::NAN))
                .collect()
        };
        let curves = Measure::ALL
            .iter()
            .map(|measure| match measure {
                Measure::Loss => curve(|sample| Some(sample.log10_normalised_loss)),
                Measure::ActiveFraction => curve(|sample| sample.active_fraction),
                Measure::FractionActiveUnits => curve(|sample| sample.fraction_active_units),
                Measure::HessianTrace => curve(|sample| Some(sample.spectrum?.trace)),
                Measure::LogPseudoDeterminant => {
                    curve(|sample| sample.spectrum?.log_pseudo_determinant)
                }
                Measure::RateMapCorrelation => vec![f64::NAN; samples.len()],
                Measure::SpatialInformation => curve(|sample| sample.mean_spatial_information),
            })
            .collect();
        let times = samples.iter().map(|sample| sample.step as f64).collect();
        Self::new(times, curves)
    }

    /// The measures of a run in a directory, finished or not: those of its trace, and from its
    /// snapshots the rate-map correlation with the last sample, with every sample of the data set
    /// as a place of its own.
    ///
    /// # Errors
    /// [`Error::Syntax`] for fewer than [`FEWEST_SAMPLES`] samples; [`Error::Net`] for snapshots
    /// of another network than the scenario's.
    pub fn from_run(run: &RunRecord) -> Result<Self, Error> {
        let mut record = Self::from_trace(&run.trace)?;
        // A run that ended because it was no longer finite has no code at its end.
        let finite = run.snapshots.iter().all(|value| value.is_finite());
        let Some(data) = run.dataset.as_ref().filter(|_| finite) else {
            return Ok(record);
        };
        let spec = &run.scenario.spec().network;
        let (inputs, targets) = (data.inputs(), data.targets());
        let shape = Shape::new(inputs.ncols(), spec.hidden, targets.ncols())?;
        // A killed run may have a snapshot whose row was not written.
        let taken = record.times.len().min(run.snapshots.nrows());
        let mut codes = Vec::with_capacity(taken);
        for snapshot in run.snapshots.row_iter().take(taken) {
            let parameters = snapshot.iter().copied().collect();
            let network =
                Network::from_parameters(shape, parameters)?.with_activation(spec.activation)?;
            codes.push(network.forward(inputs.as_view())?.0);
        }
        record.correlate(&codes)?;
        Ok(record)
    }

    /// Fills in the rate-map correlation, from a code (samples × units) a time.
    fn correlate(&mut self, codes: &[DMatrix<f64>]) -> Result<(), Error> {
        if let Some(last) = codes.last()
            && codes.len() == self.times.len()
        {
            let correlation: Result<Vec<_>, Error> =
                codes.iter().map(|code| similarity(code, last)).collect();
            self.curves[Measure::RateMapCorrelation as usize] = correlation?;
        }
        Ok(())
    }

    /// Runs a scenario and records every measure that it has, the rate-map correlation with every
    /// sample of the data set as a place of its own.
    ///
    /// # Errors
    /// Those of [`Simulation`]; [`Error::Syntax`] for a run with fewer than [`FEWEST_SAMPLES`]
    /// samples.
    pub fn simulate(scenario: &Scenario) -> Result<Self, Error> {
        let mut simulation = Simulation::new(scenario)?;
        let mut codes: Vec<DMatrix<f64>> = Vec::new();
        let mut failed = None;
        let mut keep = |_: &Sample, simulation: &Simulation| {
            if let (Some(network), Some(data)) = (simulation.network(), simulation.dataset()) {
                match network.forward(data.inputs().as_view()) {
                    Ok((hidden, _)) => codes.push(hidden),
                    Err(error) => {
                        failed = Some(error);
                        return ControlFlow::Break(());
                    }
                }
            }
            ControlFlow::Continue(())
        };
        simulation.run(&mut keep)?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        let mut record = Self::from_trace(simulation.trace())?;
        record.correlate(&codes)?;
        Ok(record)
    }

    /// The record as CSV that [`Record::from_csv`] reads back.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let names: Vec<_> = Measure::ALL
            .iter()
            .map(|measure| measure.column())
            .collect();
        let mut text = format!("time,{}\n", names.join(","));
        for (index, time) in self.times.iter().enumerate() {
            write!(text, "{time:?}").expect("writing to a string cannot fail");
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
            .filter(|&measure| self.curve(measure).len() >= FEWEST_SAMPLES)
            .collect()
    }

    /// Every `stride`-th time from index `first` on.
    ///
    /// # Errors
    /// [`Error::Syntax`] where fewer than [`FEWEST_SAMPLES`] are left.
    ///
    /// # Panics
    /// For a stride of 0.
    pub fn thinned(&self, first: usize, stride: usize) -> Result<Self, Error> {
        let take = |values: &[f64]| -> Vec<f64> {
            values.iter().skip(first).step_by(stride).copied().collect()
        };
        Self::new(
            take(&self.times),
            self.curves.iter().map(|curve| take(curve)).collect(),
        )
    }
}

/// Mean over units of the correlation of their responses in two codes (samples × units), over the
/// units that vary in both; NaN where there is none.
fn similarity(one: &DMatrix<f64>, other: &DMatrix<f64>) -> Result<f64, Error> {
    let (mut sum, mut units) = (0.0, 0_u32);
    for (a, b) in one.column_iter().zip(other.column_iter()) {
        let correlation = pearson(a.as_slice(), b.as_slice())?;
        if correlation.is_finite() {
            sum += correlation;
            units += 1;
        }
    }
    Ok(sum / f64::from(units))
}
