//! Fits a model: a network of ours, trained by Adam on the log loss.

use drift_infer::inputs;
use drift_learn::{
    Adam, AdamSettings, DecayKind, DecaySettings, Decayed, LearningRule, Loss, LossGradient,
    UpdateNoise,
};
use drift_net::{Network, Regime, Samples, Shape, Workspace};
use drift_sim::infer::{
    DriftRule, FEATURES, Known, MeasureSet, Model, PERCENTILES, Record, Scale, Unit, softmax,
    standardised,
};
use nalgebra::{Cholesky, DMatrix};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::Failure;
use crate::cases::{Part, Run};

/// Number of classes.
const RULES: usize = DriftRule::ALL.len();
/// Hidden units of the network.
const UNITS: usize = 48;
/// Records of a step.
const BATCH: usize = 256;
/// Steps, and their learning rate.
const PHASES: [(usize, f64); 3] = [(6000, 3e-3), (4000, 1e-3), (4000, 2e-4)];
/// Weight decay, decoupled.
const DECAY: f64 = 0.05;
/// Sets of measures by lot that each calibration record is seen with, beside all.
const SETS: usize = 4;
/// Share of the covariance that is put on its diagonal.
const SHRINKAGE: f64 = 0.05;

/// A record: class, standardised features (NaN where unknown), number of samples.
struct Case {
    class: usize,
    values: Vec<f64>,
    samples: usize,
}

/// A model that knows `measures`, fitted to some records of each run.
pub fn fit(
    runs: &[Run],
    measures: MeasureSet,
    records: fn(&Run) -> &Vec<Record>,
) -> Result<Model, Failure> {
    let of = |part: Part| {
        let runs = runs.iter().filter(move |run| run.part == part);
        runs.flat_map(move |run| records(run).iter().map(move |record| (run.rule, record)))
    };
    let scales = scales(of(Part::Train).map(|(_, record)| record), measures);
    let case = |(rule, record): (Option<DriftRule>, &Record)| {
        Some(Case {
            class: rule? as usize,
            values: standardised(record, measures, measures, &scales),
            samples: record.samples(),
        })
    };
    let train: Vec<Case> = of(Part::Train).filter_map(case).collect();
    let calibrate: Vec<Case> = of(Part::Calibrate).filter_map(case).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let units = trained(&train, &mut rng)?;
    let calibrate: Vec<Case> = calibrate
        .into_iter()
        .flat_map(|case| {
            let sets = (0..SETS).map(|_| some_measures(&case.values, &mut rng));
            let sets: Vec<Vec<f64>> = sets.chain([case.values.clone()]).collect();
            sets.into_iter().map(move |values| Case { values, ..case })
        })
        .collect();
    let known = known(&train, &calibrate, measures.len())?;
    let model = |temperature: f64| {
        let (units, known) = (units.clone(), known.clone());
        Model::new(measures, scales.clone(), units, temperature, known)
    };
    let cold = model(1.0)?;
    Ok(model(temperature(&cold, &calibrate))?)
}

/// Mean and deviation of every feature; 0 and 1 where no record has it.
fn scales<'a>(records: impl Iterator<Item = &'a Record>, measures: MeasureSet) -> Vec<Scale> {
    let unit = Scale {
        mean: 0.0,
        standard_deviation: 1.0,
    };
    let features = measures.len() * FEATURES.len();
    let units = vec![unit; features];
    let rows: Vec<Vec<f64>> = records
        .map(|record| standardised(record, measures, measures, &units))
        .collect();
    (0..features)
        .map(|column| {
            let known: Vec<f64> = rows.iter().map(|row| row[column]).collect();
            let known: Vec<f64> = known.into_iter().filter(|value| !value.is_nan()).collect();
            if known.is_empty() {
                return unit;
            }
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            let squares: f64 = known.iter().map(|value| (value - mean).powi(2)).sum();
            let standard_deviation = (squares / known.len() as f64).sqrt().max(1e-3);
            Scale {
                mean,
                standard_deviation,
            }
        })
        .collect()
}

/// The features of some of the measures that are there, by lot: each with probability 1/2, at least
/// one.
fn some_measures(values: &[f64], rng: &mut ChaCha8Rng) -> Vec<f64> {
    let width = FEATURES.len();
    let there: Vec<usize> = (0..values.len() / width)
        .filter(|measure| {
            values[measure * width..][..width]
                .iter()
                .any(|v| !v.is_nan())
        })
        .collect();
    let kept = there[rng.random_range(0..there.len())];
    let mut some = vec![f64::NAN; values.len()];
    for measure in there {
        if measure == kept || rng.random() {
            let features = measure * width..(measure + 1) * width;
            some[features.clone()].copy_from_slice(&values[features]);
        }
    }
    some
}

/// The mean log loss of softmax over a network's outputs, on a batch.
struct LogLoss {
    samples: Samples,
    workspace: Workspace,
    classes: Vec<usize>,
    dimension: usize,
}

impl Loss for LogLoss {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        self.workspace.forward(parameters, &self.samples);
        let outputs = self.workspace.output_rows().chunks(RULES);
        let losses = outputs.zip(&self.classes).map(|(scores, &class)| {
            let scores = scores.try_into().expect("a score a class");
            -softmax(scores, 1.0)[class].max(1e-300).ln()
        });
        losses.sum::<f64>() / self.classes.len() as f64
    }
}

impl LossGradient for LogLoss {
    /// The network's own loss is the mean of (output − target)² over samples and outputs. Its
    /// gradient is that of the log loss for output − target = (p − y) · outputs / 2.
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let loss = self.loss(parameters);
        let outputs = self.workspace.output_rows().chunks(RULES);
        let targets = self.samples.target_rows_mut().chunks_mut(RULES);
        for ((scores, targets), &class) in outputs.zip(targets).zip(&self.classes) {
            let said = softmax(scores.try_into().expect("a score a class"), 1.0);
            for (rule, target) in targets.iter_mut().enumerate() {
                let truth = f64::from(u8::from(rule == class));
                *target = scores[rule] - (said[rule] - truth) * RULES as f64 / 2.0;
            }
        }
        let workspace = &mut self.workspace;
        let _ = workspace.loss_gradient(parameters, &self.samples, gradient);
        loss
    }
}

/// Trains on batches of records by lot, every other one with some of its measures only.
fn trained(cases: &[Case], rng: &mut ChaCha8Rng) -> Result<Vec<Unit>, Failure> {
    let width = inputs(&cases[0].values, 3).len();
    let shape = Shape::new(width, UNITS, RULES)?;
    let network = Network::initialize(shape, Regime::Lazy, rng);
    let empty = |columns| DMatrix::zeros(BATCH, columns);
    let mut problem = LogLoss {
        samples: Samples::new(empty(width).as_view(), empty(RULES).as_view())?,
        workspace: Workspace::new(&network, BATCH)?,
        classes: vec![0; BATCH],
        dimension: shape.parameters(),
    };
    let mut by_class = vec![Vec::new(); RULES];
    for case in cases {
        by_class[case.class].push(case);
    }
    let mut parameters = network.into_parameters();
    for (steps, learning_rate) in PHASES {
        let settings = AdamSettings {
            learning_rate,
            ..AdamSettings::pytorch()
        };
        let decay = DecaySettings {
            rate: DECAY,
            kind: DecayKind::Decoupled,
        };
        let mut rule = Decayed::new(Adam::new(settings, parameters.len())?, decay)?;
        let mut mean = 0.0;
        for _ in 0..steps {
            let mut rows = Vec::with_capacity(BATCH * width);
            for class in &mut problem.classes {
                *class = rng.random_range(0..RULES);
                let case = by_class[*class][rng.random_range(0..by_class[*class].len())];
                match rng.random() {
                    true => rows.extend(inputs(&case.values, case.samples)),
                    false => {
                        let some = some_measures(&case.values, rng);
                        rows.extend(inputs(&some, case.samples));
                    }
                }
            }
            problem
                .samples
                .update_inputs(|inputs| inputs.copy_from_slice(&rows));
            mean += rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
        }
        eprintln!("{steps} steps: mean log loss {:.3}", mean / steps as f64);
    }
    let network = Network::from_parameters(shape, parameters)?;
    let (weights, bias) = (network.input_weights(), network.bias());
    let outputs = network.output_weights();
    let units = (0..UNITS).map(|unit| Unit {
        bias: bias[unit],
        inputs: weights.row(unit).iter().copied().collect(),
        outputs: outputs.column(unit).iter().copied().collect(),
    });
    Ok(units.collect())
}

/// The temperature of least log loss, of 121 from 1/4 to 16 evenly spaced in the logarithm.
fn temperature(cold: &Model, cases: &[Case]) -> f64 {
    // Probabilities at T = 1 are scores up to a constant.
    let said = |case: &Case| cold.probabilities(&case.values, case.samples);
    let scored: Vec<_> = cases
        .iter()
        .map(|case| (case.class, said(case).map(|p| p.max(1e-300).ln())))
        .collect();
    let log_loss = |temperature: f64| -> f64 {
        let losses = scored
            .iter()
            .map(|&(class, scores)| -softmax(scores, temperature)[class].max(1e-300).ln());
        losses.sum()
    };
    (0..=120)
        .map(|index| 0.25 * 2.0_f64.powf(f64::from(index) / 20.0))
        .map(|temperature| (temperature, log_loss(temperature)))
        .min_by(|(_, one), (_, other)| one.total_cmp(other))
        .map_or(1.0, |(temperature, _)| temperature)
}

/// Means of the classes, covariance within them over the records that have both features, and the
/// percentiles of the distances of records of other runs.
fn known(train: &[Case], calibrate: &[Case], measures: usize) -> Result<Known, Failure> {
    let features = train[0].values.len();
    let mean = |of: &dyn Fn(&Case) -> Option<f64>| {
        let values: Vec<f64> = train
            .iter()
            .filter_map(of)
            .filter(|v| !v.is_nan())
            .collect();
        match values.len() {
            0 => 0.0,
            count => values.iter().sum::<f64>() / count as f64,
        }
    };
    let centres = DMatrix::from_fn(RULES, features, |class, feature| {
        mean(&|case| (case.class == class).then(|| case.values[feature]))
    });
    let within =
        |case: &Case, feature: usize| case.values[feature] - centres[(case.class, feature)];
    let mut covariance = DMatrix::from_fn(features, features, |one, other| {
        mean(&|case| Some(within(case, one) * within(case, other)))
    });
    // Pairs of features over different records may make no covariance of anything.
    let mut shrinkage = SHRINKAGE;
    loop {
        let mut shrunk = &covariance * (1.0 - shrinkage);
        for at in 0..features {
            shrunk[(at, at)] = covariance[(at, at)].max(1e-2);
        }
        if Cholesky::new(shrunk.clone()).is_some() {
            covariance = shrunk;
            break;
        }
        shrinkage *= 1.5;
    }
    let mut distances = vec![Vec::new(); measures];
    let unmeasured = Known::new(centres.clone(), covariance.clone(), Vec::new());
    for case in calibrate {
        let there = case.values.chunks(FEATURES.len());
        let there = there.filter(|measure| measure.iter().any(|v| !v.is_nan()));
        distances[there.count() - 1].push(unmeasured.distance(&case.values)?);
    }
    // A number of measures that no record has takes those of the number below.
    let mut percentiles: Vec<Vec<f64>> = Vec::new();
    for mut row in distances {
        row.sort_by(f64::total_cmp);
        percentiles.push(match (row.is_empty(), percentiles.last()) {
            (true, Some(below)) => below.clone(),
            (true, None) => return Err("no calibration record has one measure".into()),
            _ => (1..=PERCENTILES)
                .map(|percent| row[(row.len() * percent).div_ceil(PERCENTILES) - 1])
                .collect(),
        });
    }
    Ok(Known::new(centres, covariance, percentiles))
}
