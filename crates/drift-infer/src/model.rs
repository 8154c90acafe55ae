use crate::features::{FEATURES, features};
use crate::known::Known;
use crate::{DriftRule, Error, Measure, MeasureSet, Record};

/// Number of classes.
pub(crate) const RULES: usize = DriftRule::ALL.len();

/// Standardised features beyond this are held there: far outside what was learned from, scores
/// would be as sure as they are wrong.
const BOUND: f64 = 4.0;

/// The shipped models, written by the example `fit_infer`.
const SHIPPED: &str = include_str!("shipped.csv");
const OBSERVED: &str = include_str!("observed.csv");

/// Mean and standard deviation of one feature over the training records.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, > 0.
    pub standard_deviation: f64,
}

/// A hidden unit of the classifier's network.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Bias.
    pub bias: f64,
    /// A weight an input ([`inputs`]).
    pub inputs: Vec<f64>,
    /// A weight for each of [`DriftRule::ALL`].
    pub outputs: Vec<f64>,
}

/// The classifier: one small network for whatever measures a record has, and what it knows of the
/// records that it learned from.
///
/// Inputs x are, for each measure it knows, the standardised features (held within ±4, 0 where
/// unknown) and 1 (all 0 without the measure), then log₁₀ of the number of samples less 1. With
/// h_j = max(0, b_j + a_j·x) the probability of class k is softmax(Σ_j c_jk h_j / T)_k. The
/// temperature T was fitted on runs that the weights were not fitted on (Guo et al. 2017, "On
/// calibration of modern neural networks").
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(crate) measures: MeasureSet,
    pub(crate) scales: Vec<Scale>,
    pub(crate) units: Vec<Unit>,
    pub(crate) temperature: f64,
    pub(crate) known: Known,
}

/// What a record says about the rule behind it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Classification {
    /// Probability of each of [`DriftRule::ALL`], if it is one of them; they add up to 1.
    pub probabilities: [f64; RULES],
    /// The measures that were used.
    pub measures: MeasureSet,
    /// Share of runs of the known rules that lie as far from what was learned from, or farther
    /// ([`Known`]): between 1/101 and 1.
    pub typicality: f64,
    /// The measures that by themselves are less typical than [`Classification::RARE`].
    pub outside: MeasureSet,
}

impl Classification {
    /// Records less typical than this are none of the known rules: of records of known rules about
    /// one in twenty is wrongly called so.
    pub const RARE: f64 = 0.05;

    /// The most probable rule and its probability, if it is one of the known ones.
    #[must_use]
    pub fn most_probable(&self) -> (DriftRule, f64) {
        DriftRule::ALL
            .into_iter()
            .zip(self.probabilities)
            .max_by(|(_, one), (_, other)| one.total_cmp(other))
            .expect("DriftRule::ALL is not empty")
    }

    /// The answer: the most probable rule, or none of these where the record is less typical than
    /// [`RARE`](Self::RARE).
    #[must_use]
    pub fn rule(&self) -> Option<DriftRule> {
        (self.typicality >= Self::RARE).then(|| self.most_probable().0)
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

impl Model {
    /// The model for whole networks, which comes with the crate.
    ///
    /// # Panics
    /// Never: a test reads the shipped file.
    #[must_use]
    pub fn shipped() -> Self {
        Self::from_csv(SHIPPED).expect("a test reads this file, which is compiled in")
    }

    /// The model for records of experiments, which comes with the crate too: it learned from runs
    /// of which some of the units were seen in a few sessions through Poisson events. It knows the
    /// shares of active frames and cells and the correlation of rate maps, no others.
    ///
    /// # Panics
    /// Never: a test reads the shipped file.
    #[must_use]
    pub fn observed() -> Self {
        Self::from_csv(OBSERVED).expect("a test reads this file, which is compiled in")
    }

    /// A model that knows `measures`, with a scale a feature of each.
    ///
    /// # Errors
    /// [`Error::Model`] where numbers are missing, not finite, or a deviation or the temperature not
    /// above 0, and where `known` is of other features.
    pub fn new(
        measures: MeasureSet,
        scales: Vec<Scale>,
        units: Vec<Unit>,
        temperature: f64,
        known: Known,
    ) -> Result<Self, Error> {
        let invalid = |what: String| Err(Error::Model(what));
        let features = measures.len() * FEATURES.len();
        if measures.is_empty() || scales.len() != features {
            let found = scales.len();
            return invalid(format!("{found} scales; expected {features}, above 0"));
        }
        let above_0 = |value: f64| value > 0.0 && value.is_finite();
        for scale in &scales {
            if !(scale.mean.is_finite() && above_0(scale.standard_deviation)) {
                return invalid(format!("{scale:?}; expected finite, deviation above 0"));
            }
        }
        let width = inputs_of(measures);
        for (index, unit) in units.iter().enumerate() {
            let mut numbers = unit.inputs.iter().chain(&unit.outputs).chain([&unit.bias]);
            let fits = unit.inputs.len() == width && unit.outputs.len() == RULES;
            if !fits || !numbers.all(|number| number.is_finite()) {
                return invalid(format!(
                    "unit {index} is not a bias, {width} and {RULES} finite weights"
                ));
            }
        }
        if units.is_empty() || !above_0(temperature) {
            let found = units.len();
            return invalid(format!(
                "{found} units, temperature {temperature}; expected both above 0"
            ));
        }
        known.check(features, measures.len())?;
        Ok(Self {
            measures,
            scales,
            units,
            temperature,
            known,
        })
    }

    /// The measures that it knows.
    #[must_use]
    pub fn measures(&self) -> MeasureSet {
        self.measures
    }

    /// The features of a record in `set`, standardised, for each known measure; NaN where unknown.
    #[must_use]
    pub fn standardised(&self, record: &Record, set: MeasureSet) -> Vec<f64> {
        standardised(record, set, self.measures, &self.scales)
    }

    /// Probability of each rule, from standardised features of a record of `samples` samples.
    #[must_use]
    pub fn probabilities(&self, standardised: &[f64], samples: usize) -> [f64; RULES] {
        let inputs = inputs(standardised, samples);
        let mut scores = [0.0; RULES];
        for unit in &self.units {
            let products = unit.inputs.iter().zip(&inputs);
            let sum = unit.bias + products.map(|(weight, input)| weight * input).sum::<f64>();
            if sum > 0.0 {
                for (score, weight) in scores.iter_mut().zip(&unit.outputs) {
                    *score += weight * sum;
                }
            }
        }
        softmax(scores, self.temperature)
    }

    /// Classifies a record by the measures it has that the model knows, or by those of them in
    /// `allowed`.
    ///
    /// # Errors
    /// [`Error::Unknown`] where it has none with enough values, [`Error::Model`] as
    /// [`Known::distance`].
    pub fn classify(&self, record: &Record, allowed: MeasureSet) -> Result<Classification, Error> {
        let allowed = allowed.intersection(self.measures);
        let measures = record.measures().intersection(allowed);
        if measures.is_empty() {
            let names: Vec<_> = allowed.iter().map(Measure::column).collect();
            return Err(Error::Unknown(format!(
                "no measure has at least 3 values that are numbers; looked for: {}",
                names.join(", ")
            )));
        }
        let values = self.standardised(record, measures);
        let mut outside = MeasureSet::default();
        for measure in measures.iter() {
            let alone = self.standardised(record, MeasureSet::default().with(measure));
            if self.known.typicality(&alone, 1)? < Classification::RARE {
                outside = outside.with(measure);
            }
        }
        Ok(Classification {
            probabilities: self.probabilities(&values, record.samples()),
            typicality: self.known.typicality(&values, measures.len())?,
            outside,
            measures,
        })
    }
}

/// Inputs of the network of a model that knows `measures`.
pub(crate) fn inputs_of(measures: MeasureSet) -> usize {
    measures.len() * (FEATURES.len() + 1) + 1
}

/// The inputs of a model's network, from standardised features of all its measures (NaN where
/// unknown) of a record of `samples` samples: [`Model`] has the order.
#[must_use]
pub fn inputs(standardised: &[f64], samples: usize) -> Vec<f64> {
    let mut inputs = Vec::new();
    for measure in standardised.chunks(FEATURES.len()) {
        let value = |value: &f64| match value.is_nan() {
            true => 0.0,
            false => value.clamp(-BOUND, BOUND),
        };
        inputs.extend(measure.iter().map(value));
        let is_there = measure.iter().any(|value| !value.is_nan());
        inputs.push(f64::from(u8::from(is_there)));
    }
    inputs.push((samples as f64).log10() - 1.0);
    inputs
}

/// The features of a record in `set`, standardised by a scale a feature of `measures`; NaN where
/// unknown or not in `set`.
#[must_use]
pub fn standardised(
    record: &Record,
    set: MeasureSet,
    measures: MeasureSet,
    scales: &[Scale],
) -> Vec<f64> {
    let mut values = features(record, measures);
    let owners = measures.iter().flat_map(|m| [m; FEATURES.len()]);
    for ((value, owner), scale) in values.iter_mut().zip(owners).zip(scales) {
        *value = match set.contains(owner) {
            true => (*value - scale.mean) / scale.standard_deviation,
            false => f64::NAN,
        };
    }
    values
}
