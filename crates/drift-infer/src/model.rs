use std::fmt::Write as _;

use crate::features::{FEATURES, features};
use crate::{DriftRule, Error, Measure, MeasureSet, Record};

/// Number of classes.
const RULES: usize = DriftRule::ALL.len();

/// Standardised features beyond this are held there: far outside what was learned from, a linear
/// score would be as sure as it is wrong.
const BOUND: f64 = 4.0;

/// Records with fewer samples than this have a temperature of their own.
pub const FINE_SAMPLES: usize = 8;

/// The shipped coefficients, written by the example `fit_infer`.
const SHIPPED: &str = include_str!("coefficients.csv");

/// Mean and standard deviation of one feature over the training records.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, > 0.
    pub standard_deviation: f64,
}

/// Multinomial logistic regression on the features of one set of measures.
#[derive(Debug, Clone, PartialEq)]
pub struct SetModel {
    /// The measures it needs.
    pub set: MeasureSet,
    /// Temperature T for records of fewer than [`FINE_SAMPLES`] samples, > 0.
    pub coarse_temperature: f64,
    /// Temperature T for all others, > 0.
    pub temperature: f64,
    /// For each of [`DriftRule::ALL`] the intercept, then a weight a feature.
    pub weights: Vec<Vec<f64>>,
}

/// The classifier: a small linear model for every set of measures.
///
/// With standardised features x (unknown ones 0, all held within ±4), the probability of class k
/// is softmax((b_k + w_k·x) / T)_k. The temperature T was fitted on runs that the weights were
/// not fitted on (Guo et al. 2017, "On calibration of modern neural networks").
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    scales: Vec<Scale>,
    sets: Vec<SetModel>,
}

/// What a record says about the rule behind it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Classification {
    /// Probability of each of [`DriftRule::ALL`]; they add up to 1.
    pub probabilities: [f64; RULES],
    /// The measures that were used.
    pub measures: MeasureSet,
}

impl Classification {
    /// The most probable rule and its probability.
    #[must_use]
    pub fn most_probable(&self) -> (DriftRule, f64) {
        DriftRule::ALL
            .into_iter()
            .zip(self.probabilities)
            .max_by(|(_, one), (_, other)| one.total_cmp(other))
            .expect("there are classes")
    }
}

impl SetModel {
    /// Probabilities from standardised features, of a record of `samples` samples.
    #[must_use]
    pub fn probabilities(&self, standardised: &[f64], samples: usize) -> [f64; RULES] {
        let temperature = match samples < FINE_SAMPLES {
            true => self.coarse_temperature,
            false => self.temperature,
        };
        softmax(self.scores(standardised), temperature)
    }

    /// b_k + w_k·x.
    ///
    /// # Panics
    /// For another number of features than the set's.
    #[must_use]
    pub fn scores(&self, standardised: &[f64]) -> [f64; RULES] {
        std::array::from_fn(|class| {
            let row = &self.weights[class];
            assert_eq!(row.len(), standardised.len() + 1, "features of another set");
            let products = row[1..].iter().zip(standardised);
            row[0] + products.map(|(weight, value)| weight * value).sum::<f64>()
        })
    }
}

/// exp(score / T), scaled to a sum of 1.
#[must_use]
pub fn softmax(scores: [f64; RULES], temperature: f64) -> [f64; RULES] {
    let largest = scores.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let powers = scores.map(|score| ((score - largest) / temperature).exp());
    let sum: f64 = powers.iter().sum();
    powers.map(|power| power / sum)
}

/// Standardises features of the measures in `set`; unknown ones become 0.
///
/// # Panics
/// Unless there is a scale for every feature of every measure.
#[must_use]
pub fn standardised(record: &Record, set: MeasureSet, scales: &[Scale]) -> Vec<f64> {
    assert_eq!(scales.len(), Measure::ALL.len() * FEATURES.len());
    let scales = set.iter().flat_map(|measure| {
        let first = measure as usize * FEATURES.len();
        &scales[first..first + FEATURES.len()]
    });
    features(record, set)
        .into_iter()
        .zip(scales)
        .map(|(value, scale)| match value {
            value if value.is_nan() => 0.0,
            value => ((value - scale.mean) / scale.standard_deviation).clamp(-BOUND, BOUND),
        })
        .collect()
}

fn invalid(line: usize, message: impl std::fmt::Display) -> Error {
    Error::Model(format!("line {line}: {message}"))
}

impl Model {
    /// The model that comes with the crate.
    ///
    /// # Panics
    /// Never: a test reads the shipped file.
    #[must_use]
    pub fn shipped() -> Self {
        Self::from_csv(SHIPPED).expect("the shipped coefficients are valid")
    }

    /// A model of these scales (one a feature of every measure) and sets.
    ///
    /// # Errors
    /// [`Error::Model`] where numbers are missing, not finite, or a scale or temperature not > 0.
    pub fn new(scales: Vec<Scale>, sets: Vec<SetModel>) -> Result<Self, Error> {
        let features = Measure::ALL.len() * FEATURES.len();
        if scales.len() != features {
            return Err(invalid(
                0,
                format!("{} scales; expected {features}", scales.len()),
            ));
        }
        let good = |value: f64| value > 0.0 && value.is_finite();
        for scale in &scales {
            if !(scale.mean.is_finite() && good(scale.standard_deviation)) {
                return Err(invalid(
                    0,
                    format!("{scale:?}; expected finite, deviation > 0"),
                ));
            }
        }
        for model in &sets {
            let width = 1 + FEATURES.len() * model.set.iter().count();
            let finite =
                |row: &Vec<f64>| row.len() == width && row.iter().all(|weight| weight.is_finite());
            if !(good(model.temperature)
                && good(model.coarse_temperature)
                && model.weights.len() == RULES
                && model.weights.iter().all(finite))
            {
                let name = set_name(model.set);
                return Err(invalid(
                    0,
                    format!("{name} is not 5 rows of {width} finite numbers, temperatures > 0"),
                ));
            }
        }
        Ok(Self { scales, sets })
    }

    /// Reads what [`Model::to_csv`] wrote.
    ///
    /// # Errors
    /// [`Error::Model`] with the line.
    pub fn from_csv(text: &str) -> Result<Self, Error> {
        let mut scales = Vec::new();
        let mut sets: Vec<SetModel> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line_number = index + 1;
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            let fields: Vec<&str> = line.split(',').collect();
            let numbers = |from: usize| -> Result<Vec<f64>, Error> {
                fields[from.min(fields.len())..]
                    .iter()
                    .map(|field| {
                        let parsed = field.parse();
                        parsed.map_err(|_| invalid(line_number, format!("{field:?} is no number")))
                    })
                    .collect()
            };
            match fields[0] {
                "scale" => match numbers(3)?[..] {
                    [mean, standard_deviation] => scales.push(Scale {
                        mean,
                        standard_deviation,
                    }),
                    _ => return Err(invalid(line_number, "expected a mean and a deviation")),
                },
                "set" => match numbers(2)?[..] {
                    [coarse_temperature, temperature] => sets.push(SetModel {
                        set: set_of(fields[1]).ok_or_else(|| {
                            invalid(line_number, format!("unknown measures {}", fields[1]))
                        })?,
                        coarse_temperature,
                        temperature,
                        weights: Vec::new(),
                    }),
                    _ => return Err(invalid(line_number, "expected two temperatures")),
                },
                "weights" => {
                    let row = numbers(2)?;
                    let last = sets
                        .last_mut()
                        .ok_or_else(|| invalid(line_number, "weights before a set"))?;
                    last.weights.push(row);
                }
                other => return Err(invalid(line_number, format!("unknown row {other}"))),
            }
        }
        Self::new(scales, sets)
    }

    /// The model as text: a `scale` row a feature, then for each set of measures a `set` row
    /// (temperatures below [`FINE_SAMPLES`] samples and from there on) and a `weights` row a
    /// class (intercept, features), with four significant digits.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = String::from(
            "# Written by the example fit_infer; see the docs of drift_infer::Model.\n\
             # scale,measure,feature,mean,standard deviation\n",
        );
        let named = Measure::ALL
            .iter()
            .flat_map(|measure| FEATURES.map(|feature| (measure.column(), feature)));
        for ((measure, feature), scale) in named.zip(&self.scales) {
            let (mean, deviation) = (short(scale.mean), short(scale.standard_deviation));
            writeln!(text, "scale,{measure},{feature},{mean},{deviation}")
                .expect("writing to a string cannot fail");
        }
        text.push_str("# set,measures,coarse temperature,temperature; weights,rule,intercept,…\n");
        for model in &self.sets {
            let temperatures = [model.coarse_temperature, model.temperature].map(short);
            writeln!(
                text,
                "set,{},{}",
                set_name(model.set),
                temperatures.join(",")
            )
            .expect("writing to a string cannot fail");
            for (rule, row) in DriftRule::ALL.iter().zip(&model.weights) {
                let row: Vec<_> = row.iter().map(|&weight| short(weight)).collect();
                writeln!(text, "weights,{},{}", rule.name(), row.join(","))
                    .expect("writing to a string cannot fail");
            }
        }
        text
    }

    /// Classifies a record by the measures it has, or by those of them in `allowed`.
    ///
    /// # Errors
    /// [`Error::Unknown`] where it has none with enough values, or the model does not know the set.
    pub fn classify(&self, record: &Record, allowed: MeasureSet) -> Result<Classification, Error> {
        let measures = record.measures().intersection(allowed);
        if measures.is_empty() {
            return Err(Error::Unknown(
                "no measure has at least 3 values that are numbers".to_owned(),
            ));
        }
        let model = self
            .sets
            .iter()
            .find(|model| model.set == measures)
            .ok_or_else(|| Error::Unknown(format!("no model of {}", set_name(measures))))?;
        let values = standardised(record, measures, &self.scales);
        Ok(Classification {
            probabilities: model.probabilities(&values, record.samples()),
            measures,
        })
    }
}

/// Four significant digits.
fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().expect("a number reads back");
    rounded.to_string()
}

fn set_name(set: MeasureSet) -> String {
    let names: Vec<_> = set.iter().map(|measure| measure.column()).collect();
    names.join("+")
}

fn set_of(name: &str) -> Option<MeasureSet> {
    name.split('+')
        .map(|column| {
            Measure::ALL
                .into_iter()
                .find(|measure| measure.column() == column)
        })
        .collect()
}
