//! A model as text.

use std::fmt::Write as _;

use nalgebra::DMatrix;

use crate::features::FEATURES;
use crate::known::Known;
use crate::model::{Model, RULES, Scale, Unit, inputs_of};
use crate::{DriftRule, Error, Measure, MeasureSet};

fn invalid(line: usize, message: impl std::fmt::Display) -> Error {
    Error::Model(format!("line {line}: {message}"))
}

impl Model {
    /// Reads what [`Model::to_csv`] wrote.
    ///
    /// # Errors
    /// [`Error::Model`], with the line where there is one.
    pub fn from_csv(text: &str) -> Result<Self, Error> {
        let mut measures = Vec::new();
        let mut scales = Vec::new();
        let mut units = Vec::new();
        let mut temperature = f64::NAN;
        let (mut centres, mut covariance, mut distances) = (Vec::new(), Vec::new(), Vec::new());
        for (index, line) in text.lines().enumerate() {
            let at = index + 1;
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            let fields: Vec<&str> = line.split(',').collect();
            let numbers = |from: usize| -> Result<Vec<f64>, Error> {
                let fields = fields.get(from..).unwrap_or_default().iter();
                let parsed = fields.map(|field| {
                    let number = field.parse();
                    number.map_err(|_| invalid(at, format!("{field:?} is no number")))
                });
                parsed.collect()
            };
            match fields[0] {
                "scale" => {
                    let name = fields.get(1).copied().unwrap_or_default();
                    let known = Measure::ALL.into_iter().find(|m| m.column() == name);
                    let known =
                        known.ok_or_else(|| invalid(at, format!("unknown measure {name}")))?;
                    if measures.last() != Some(&known) {
                        measures.push(known);
                    }
                    match numbers(3)?[..] {
                        [mean, standard_deviation] => scales.push(Scale {
                            mean,
                            standard_deviation,
                        }),
                        _ => return Err(invalid(at, "expected a mean and a deviation")),
                    }
                }
                "unit" => {
                    let row = numbers(1)?;
                    let width = inputs_of(measures.iter().copied().collect());
                    if row.len() != 1 + width + RULES {
                        let (found, expected) = (row.len(), 1 + width + RULES);
                        return Err(invalid(at, format!("{found} numbers; expected {expected}")));
                    }
                    units.push(Unit {
                        bias: row[0],
                        inputs: row[1..=width].to_vec(),
                        outputs: row[width + 1..].to_vec(),
                    });
                }
                "temperature" => match numbers(1)?[..] {
                    [value] => temperature = value,
                    _ => return Err(invalid(at, "expected one temperature")),
                },
                "centre" => centres.push(numbers(2)?),
                "covariance" => covariance.push(numbers(1)?),
                "distance" => distances.push(numbers(2)?),
                other => return Err(invalid(at, format!("unknown row {other}"))),
            }
        }
        let features = scales.len();
        let widths = covariance.iter().map(Vec::len);
        if centres.iter().any(|row| row.len() != features) || !widths.eq(1..=features) {
            return Err(Error::Model(format!(
                "expected centres of {features} numbers and a covariance of rows of 1 to {features}"
            )));
        }
        let known = Known::new(
            DMatrix::from_fn(centres.len(), features, |row, column| centres[row][column]),
            DMatrix::from_fn(features, features, |row, column| {
                covariance[row.max(column)][row.min(column)]
            }),
            distances,
        );
        let measures: MeasureSet = measures.into_iter().collect();
        Self::new(measures, scales, units, temperature, known)
    }

    /// The model as text, with four significant digits. Rows: `scale` a feature; `unit` a hidden
    /// unit (bias, weights of the inputs, weights for the rules); `temperature`; `centre` a rule;
    /// `covariance`, the lower triangle row by row; `distance` a number of measures (percentiles).
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = String::from(
            "# Written by the example fit_infer; see the docs of drift_infer::Model.\n",
        );
        let mut row = |names: &[&str], numbers: &mut dyn Iterator<Item = f64>| {
            text += &names.join(",");
            for number in numbers {
                write!(text, ",{}", short(number)).expect("writing to a string cannot fail");
            }
            text.push('\n');
        };
        let names = self.measures.iter();
        let names = names.flat_map(|measure| FEATURES.map(|feature| (measure.column(), feature)));
        for ((measure, feature), scale) in names.zip(&self.scales) {
            let numbers = [scale.mean, scale.standard_deviation];
            row(&["scale", measure, feature], &mut numbers.into_iter());
        }
        for unit in &self.units {
            let weights = unit.inputs.iter().chain(&unit.outputs).copied();
            row(&["unit"], &mut std::iter::once(unit.bias).chain(weights));
        }
        row(&["temperature"], &mut std::iter::once(self.temperature));
        let known = &self.known;
        for (rule, centre) in DriftRule::ALL.iter().zip(known.centres.row_iter()) {
            row(&["centre", rule.name()], &mut centre.iter().copied());
        }
        for (at, numbers) in known.covariance.row_iter().enumerate() {
            row(&["covariance"], &mut numbers.iter().take(at + 1).copied());
        }
        for (measures, distances) in known.distances.iter().enumerate() {
            let count = (measures + 1).to_string();
            row(&["distance", &count], &mut distances.iter().copied());
        }
        text
    }
}

/// Four significant digits.
fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}")
        .parse()
        .expect("a formatted number parses");
    rounded.to_string()
}
