//! Steps of deep networks: batches, weight decay, and the expected loss of noise in the last layer.

use drift_sim::learn::{
    Adam, AdamSettings, AnyRule, DecayKind, DecaySettings, Decayed, LearningRule, Loss,
    LossGradient, Sgd, SgdSettings, UpdateNoise,
};
use drift_sim::net::{HiddenNoise, Samples, Workspace};
use serde::Deserialize;

use super::Check;
use super::deep::{Subject, TOLERANCE};

#[derive(Deserialize)]
pub struct Steps {
    expected_loss_last_layer: Expected,
    mini_batches: MiniBatches,
    weight_decay: WeightDecay,
}

#[derive(Deserialize)]
struct Expected {
    probability: f64,
    dropout: f64,
    standard_deviation: f64,
    noise_after: f64,
}

#[derive(Deserialize)]
struct MiniBatches {
    learning_rate: f64,
    with_replacement: Batches,
    without_replacement: Batches,
    unequal: Batches,
    single_samples: Batches,
}

#[derive(Deserialize)]
struct Batches {
    batches: Vec<Vec<usize>>,
    batch_loss: Vec<f64>,
    parameters_after_first: Vec<f64>,
    parameters_after: Vec<f64>,
    loss_after: f64,
}

#[derive(Deserialize)]
struct WeightDecay {
    decay: f64,
    sgd: OfSgd,
    adam: OfAdam,
}

#[derive(Deserialize)]
struct OfSgd {
    learning_rate: f64,
    coupled_after: Vec<f64>,
    decoupled_after: Vec<f64>,
}

#[derive(Deserialize)]
struct OfAdam {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    coupled: AfterFive,
    decoupled: AfterFive,
}

#[derive(Deserialize)]
struct AfterFive {
    parameters_after_first: Vec<f64>,
    parameters_after_five: Vec<f64>,
}

/// A network on some samples.
struct OnSamples {
    samples: Samples,
    workspace: Workspace,
}

impl OnSamples {
    fn new(subject: &Subject, rows: &[usize]) -> Self {
        let inputs = subject.inputs.select_rows(rows);
        let targets = subject.targets.select_rows(rows);
        Self {
            samples: Samples::new(inputs.as_view(), targets.as_view()).expect("stored numbers"),
            workspace: Workspace::new(&subject.network, rows.len()).expect("some rows"),
        }
    }
}

impl Loss for OnSamples {
    fn dimension(&self) -> usize {
        self.workspace.shape().parameters()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        self.workspace.loss(parameters, &self.samples)
    }
}

impl LossGradient for OnSamples {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        self.workspace
            .loss_gradient(parameters, &self.samples, gradient)
    }
}

pub fn check_steps(check: &mut Check, subject: &Subject, steps: &Steps) {
    let place = check.place.clone();
    check.place = format!("{place}: expected_loss_last_layer");
    check_expected(check, subject, &steps.expected_loss_last_layer);
    let all = &steps.mini_batches;
    for (name, batches) in [
        ("with_replacement", &all.with_replacement),
        ("without_replacement", &all.without_replacement),
        ("unequal", &all.unequal),
        ("single_samples", &all.single_samples),
    ] {
        check.place = format!("{place}: mini_batches: {name}");
        check_batches(check, subject, all.learning_rate, batches);
    }
    check.place = format!("{place}: weight_decay");
    check_decay(check, subject, &steps.weight_decay);
}

/// Dropout over all masks of the last layer, which expect the same of each sample; noise after it
/// by its formula, and by the two deviates ±1 for one unit at a time, whose mean is exact.
fn check_expected(check: &mut Check, subject: &Subject, expected: &Expected) {
    let count = subject.samples.len();
    let network = &subject.network;
    let mut workspace = Workspace::new(network, count).expect("some samples");
    let last = network.shape().layers() - 1;
    let units = network.shape().widths()[last];
    let p = expected.probability;
    let mut mean = 0.0;
    for mask in 0..1_u32 << units {
        let mut noise = HiddenNoise::new(network, count).expect("some samples");
        let gains = noise.layer_mut(last).gain_mut();
        for row in gains.chunks_exact_mut(units) {
            for (unit, gain) in row.iter_mut().enumerate() {
                *gain = f64::from(mask >> unit & 1) / (1.0 - p);
            }
        }
        let kept = mask.count_ones() as i32;
        let weight = (1.0 - p).powi(kept) * p.powi(units as i32 - kept);
        mean += weight * workspace.noisy_loss(network.parameters(), &subject.samples, &noise);
    }
    check.scalar("dropout", mean, expected.dropout, TOLERANCE);

    let clean = workspace.loss(network.parameters(), &subject.samples);
    let mut more = 0.0;
    for unit in 0..units {
        for sign in [-1.0, 1.0] {
            let mut noise = HiddenNoise::new(network, count).expect("some samples");
            for row in noise.layer_mut(last).after_mut().chunks_exact_mut(units) {
                row[unit] = sign * expected.standard_deviation;
            }
            let loss = workspace.noisy_loss(network.parameters(), &subject.samples, &noise);
            more += (loss - clean) / 2.0;
        }
    }
    check.scalar("noise_after", clean + more, expected.noise_after, TOLERANCE);
}

fn check_batches(check: &mut Check, subject: &Subject, rate: f64, expected: &Batches) {
    let mut parameters = subject.network.parameters().to_vec();
    let settings = SgdSettings {
        learning_rate: rate,
    };
    let mut rule = Sgd::new(settings, parameters.len()).expect("a rate");
    let mut losses = Vec::new();
    for (step, batch) in expected.batches.iter().enumerate() {
        let mut problem = OnSamples::new(subject, batch);
        losses.push(rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none()));
        if step == 0 {
            let after = &expected.parameters_after_first;
            check.array("parameters_after_first", &parameters, after, TOLERANCE);
        }
    }
    check.array("batch_loss", &losses, &expected.batch_loss, TOLERANCE);
    let after = &expected.parameters_after;
    check.array("parameters_after", &parameters, after, TOLERANCE);
    let all: Vec<usize> = (0..subject.samples.len()).collect();
    let loss = OnSamples::new(subject, &all).loss(&parameters);
    check.scalar("loss_after", loss, expected.loss_after, TOLERANCE);
}

fn check_decay(check: &mut Check, subject: &Subject, expected: &WeightDecay) {
    let size = subject.network.parameters().len();
    let all: Vec<usize> = (0..subject.samples.len()).collect();
    let after = |rule: AnyRule, kind: DecayKind, steps: usize| {
        let settings = DecaySettings {
            rate: expected.decay,
            kind,
        };
        let mut rule = Decayed::new(rule, settings).expect("a rule with a gradient");
        let mut parameters = subject.network.parameters().to_vec();
        let mut problem = OnSamples::new(subject, &all);
        for _ in 0..steps {
            rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
        }
        parameters
    };
    let of_sgd = &expected.sgd;
    let settings = SgdSettings {
        learning_rate: of_sgd.learning_rate,
    };
    for (kind, values) in [
        (DecayKind::Coupled, &of_sgd.coupled_after),
        (DecayKind::Decoupled, &of_sgd.decoupled_after),
    ] {
        let sgd = Sgd::new(settings, size).expect("a rate");
        let found = after(sgd.into(), kind, 1);
        check.array(&format!("sgd {kind:?}"), &found, values, TOLERANCE);
    }
    let of_adam = &expected.adam;
    let settings = AdamSettings {
        learning_rate: of_adam.learning_rate,
        mean_decay: of_adam.beta1,
        square_decay: of_adam.beta2,
        epsilon: of_adam.epsilon,
    };
    for (kind, values) in [
        (DecayKind::Coupled, &of_adam.coupled),
        (DecayKind::Decoupled, &of_adam.decoupled),
    ] {
        for (steps, values) in [
            (1, &values.parameters_after_first),
            (5, &values.parameters_after_five),
        ] {
            let adam = Adam::new(settings, size).expect("constants in range");
            let found = after(adam.into(), kind, steps);
            let field = format!("adam {kind:?} after {steps}");
            check.array(&field, &found, values, TOLERANCE);
        }
    }
}
