//! Networks of any depth, their curvature, and passes with noise on hidden activity.

use std::collections::BTreeMap;

use drift_sim::net::nalgebra::DMatrix;
use drift_sim::net::{
    Activation, HessianOperator, HiddenNoise, Lanczos, Network, Samples, Shape, Wanted, Workspace,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Deserialize;
use serde_json::Value;

use super::deep_steps::{Steps, check_steps};
use super::{Check, STORED_ABOVE, matrix, parse};

/// The README of the reference values: 1e-10 of the largest entry.
pub const TOLERANCE: f64 = 1e-10;

type Rows = Vec<Vec<f64>>;

#[derive(Deserialize)]
struct Problem {
    activation: String,
    n: usize,
    d_in: usize,
    hidden: Vec<usize>,
    d_out: usize,
    inputs: Rows,
    targets: Rows,
    parameters: Vec<f64>,
}

#[derive(Deserialize)]
struct Layer {
    weights: Rows,
    bias: Vec<f64>,
}

#[derive(Deserialize)]
struct Point {
    #[serde(flatten)]
    problem: Problem,
    parameter_count: usize,
    layers: Vec<Layer>,
    output_weights: Rows,
    activations: Vec<Rows>,
    outputs: Rows,
    normalized_loss: f64,
    hessian_frobenius: f64,
    hessian_diagonal: Vec<f64>,
    #[serde(rename = "count_abs_eigenvalues_above_1e-10")]
    count_above: usize,
    gauss_newton_trace: f64,
    gram_eigenvalues: Vec<f64>,
    vector: Vec<f64>,
    gauss_newton_vector: Vec<f64>,
    #[serde(flatten)]
    measures: Measures,
    #[serde(default)]
    other_activations: BTreeMap<String, Measures>,
}

/// What is stored for the other activation functions, too.
#[derive(Deserialize)]
struct Measures {
    loss: f64,
    gradient: Vec<f64>,
    hessian_trace: f64,
    hessian_eigenvalues: Vec<f64>,
    gauss_newton_eigenvalues: Vec<f64>,
    hessian_vector: Vec<f64>,
    active_fraction: Vec<f64>,
    fraction_active_units: Vec<f64>,
    dead_units: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct Noisy {
    #[serde(flatten)]
    problem: Problem,
    loss: f64,
    gradient: Vec<f64>,
    dropout_per_sample: Dropout<Rows>,
    dropout_per_batch: Dropout<Vec<f64>>,
    activity_noise_before: Gaussian,
    activity_noise_after: Gaussian,
    all_together: Together,
    #[serde(flatten)]
    steps: Steps,
}

#[derive(Deserialize)]
struct Pass {
    activations: Vec<Rows>,
    outputs: Rows,
    loss: f64,
    gradient: Vec<f64>,
}

#[derive(Deserialize)]
struct Dropout<Mask> {
    probability: Vec<f64>,
    masks: Vec<Mask>,
    #[serde(flatten)]
    pass: Pass,
}

#[derive(Deserialize)]
struct Gaussian {
    standard_deviation: Vec<f64>,
    normals: Vec<Rows>,
    #[serde(flatten)]
    pass: Pass,
}

#[derive(Deserialize)]
struct Together {
    probability: Vec<f64>,
    masks: Vec<Rows>,
    standard_deviation_before: Vec<f64>,
    normals_before: Vec<Rows>,
    standard_deviation_after: Vec<f64>,
    normals_after: Vec<Rows>,
    #[serde(flatten)]
    pass: Pass,
}

fn activation(place: &str, name: &str) -> Activation {
    match name {
        "relu" => Activation::Relu,
        "leaky_relu" => Activation::leaky_relu(0.01).expect("a slope below 1"),
        "softplus" => Activation::softplus(),
        "tanh" => Activation::tanh(),
        _ => panic!("{place}: an activation function named {name}"),
    }
}

/// One stored network with its data.
pub struct Subject {
    pub network: Network,
    pub inputs: DMatrix<f64>,
    pub targets: DMatrix<f64>,
    pub samples: Samples,
}

impl Subject {
    fn new(check: &mut Check, problem: &Problem, name: &str) -> Self {
        let place = &check.place;
        let shape = Shape::new(problem.d_in, problem.hidden.as_slice(), problem.d_out)
            .unwrap_or_else(|error| panic!("{place}: {error}"));
        let network = Network::from_parameters(shape, problem.parameters.clone())
            .and_then(|network| network.with_activation(activation(place, name)))
            .unwrap_or_else(|error| panic!("{place}: {error}"));
        let (inputs, targets) = (matrix(&problem.inputs), matrix(&problem.targets));
        let samples = Samples::new(inputs.as_view(), targets.as_view())
            .unwrap_or_else(|error| panic!("{place}: {error}"));
        check.count("n", samples.len(), problem.n);
        Self {
            network,
            inputs,
            targets,
            samples,
        }
    }

    fn workspace(&self, place: &str) -> Workspace {
        Workspace::new(&self.network, self.samples.len())
            .unwrap_or_else(|error| panic!("{place}: {error}"))
    }
}

pub fn check_file(check: &mut Check, file: Value) {
    let name = check.place.clone();
    if let Some(cases) = file.get("cases") {
        for case in parse::<Vec<Noisy>>(&name, cases.clone()) {
            check.place = format!("{name}: {}", case.problem.activation);
            check_noise(check, &case);
        }
        return;
    }
    let point: Point = parse(&name, file);
    check_point(check, &point);
    let own = point.problem.activation.clone();
    check_measures(check, &point, &own, &point.measures);
    for (other, measures) in &point.other_activations {
        check.place = format!("{name}: {other}");
        check_measures(check, &point, other, measures);
    }
}

/// Layers next to each other, as a workspace has them.
fn side_by_side(layers: &[Rows]) -> Rows {
    let rows = 0..layers[0].len();
    rows.map(|row| layers.iter().flat_map(|layer| layer[row].clone()).collect())
        .collect()
}

fn check_point(check: &mut Check, point: &Point) {
    let place = check.place.clone();
    let subject = Subject::new(check, &point.problem, &point.problem.activation);
    let network = &subject.network;
    check.count(
        "parameters",
        network.shape().parameters(),
        point.parameter_count,
    );
    for (index, layer) in point.layers.iter().enumerate() {
        let weights = network.weights_of(index).into_owned();
        check.matrix(&format!("weights {index}"), &weights, &layer.weights, 0.0);
        let bias = network.bias_of(index).into_owned();
        check.array(&format!("bias {index}"), bias.as_slice(), &layer.bias, 0.0);
    }
    let output_weights = network.output_weights().into_owned();
    check.matrix(
        "output_weights",
        &output_weights,
        &point.output_weights,
        0.0,
    );

    let mut workspace = subject.workspace(&place);
    workspace.forward(network.parameters(), &subject.samples);
    let activations = side_by_side(&point.activations);
    check.matrix("activations", &workspace.hidden(), &activations, TOLERANCE);
    check.matrix("outputs", &workspace.outputs(), &point.outputs, TOLERANCE);
    let (inputs, targets) = (subject.inputs.as_view(), subject.targets.as_view());
    let normalised = network.normalised_loss(inputs, targets);
    let normalised = normalised.unwrap_or_else(|error| panic!("{place}: {error}"));
    check.scalar(
        "normalized_loss",
        normalised,
        point.normalized_loss,
        TOLERANCE,
    );

    let hessian = HessianOperator::at(network, inputs, targets)
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    let dense = hessian.dense();
    check.scalar(
        "frobenius",
        dense.norm(),
        point.hessian_frobenius,
        TOLERANCE,
    );
    let diagonal = dense.diagonal();
    check.array(
        "diagonal",
        diagonal.as_slice(),
        &point.hessian_diagonal,
        TOLERANCE,
    );
    let gram = hessian.gram();
    check.scalar(
        "gauss_newton_trace",
        gram.trace(),
        point.gauss_newton_trace,
        TOLERANCE,
    );
    let mut gram: Vec<f64> = gram.symmetric_eigenvalues().iter().copied().collect();
    gram.sort_by(f64::total_cmp);
    check.array(
        "gram_eigenvalues",
        &gram,
        &point.gram_eigenvalues,
        TOLERANCE,
    );
    let mut product = vec![f64::NAN; hessian.size()];
    hessian.gauss_newton_apply(&point.vector, &mut product);
    check.array(
        "gauss_newton_vector",
        &product,
        &point.gauss_newton_vector,
        TOLERANCE,
    );
    let rank = hessian
        .spectrum()
        .and_then(|spectrum| spectrum.rank(STORED_ABOVE))
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    check.count("count_abs_eigenvalues_above_1e-10", rank, point.count_above);
}

fn check_measures(check: &mut Check, point: &Point, name: &str, expected: &Measures) {
    let place = check.place.clone();
    let subject = Subject::new(check, &point.problem, name);
    let network = &subject.network;
    let mut workspace = subject.workspace(&place);
    let mut gradient = vec![f64::NAN; network.shape().parameters()];
    let loss = workspace.loss_gradient(network.parameters(), &subject.samples, &mut gradient);
    check.scalar("loss", loss, expected.loss, TOLERANCE);
    check.array("gradient", &gradient, &expected.gradient, TOLERANCE);
    let mut first = 0;
    for (layer, &units) in network.shape().widths().iter().enumerate() {
        let active = workspace.active_fraction_of(layer);
        check.scalar(
            "active_fraction",
            active,
            expected.active_fraction[layer],
            1e-15,
        );
        let alive = workspace.fraction_active_units_of(layer);
        check.scalar(
            "fraction_active_units",
            alive,
            expected.fraction_active_units[layer],
            1e-15,
        );
        let dead: Vec<usize> = (0..units)
            .filter(|unit| {
                let mut samples = 0..subject.samples.len();
                !samples.any(|sample| workspace.is_active(first + unit, sample))
            })
            .collect();
        assert_eq!(
            dead, expected.dead_units[layer],
            "{place}: dead units of layer {layer}"
        );
        first += units;
    }

    let (inputs, targets) = (subject.inputs.as_view(), subject.targets.as_view());
    let hessian = HessianOperator::at(network, inputs, targets)
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    check.scalar(
        "hessian_trace",
        hessian.trace(),
        expected.hessian_trace,
        TOLERANCE,
    );
    let mut product = vec![f64::NAN; hessian.size()];
    hessian.apply(&point.vector, &mut product);
    check.array(
        "hessian_vector",
        &product,
        &expected.hessian_vector,
        TOLERANCE,
    );
    let exact = hessian.spectrum();
    let exact = exact.unwrap_or_else(|error| panic!("{place}: {error}"));
    let eigenvalues = exact.eigenvalues();
    check.array(
        "hessian_eigenvalues",
        eigenvalues,
        &expected.hessian_eigenvalues,
        TOLERANCE,
    );
    let gauss_newton = hessian.gauss_newton_spectrum();
    let gauss_newton = gauss_newton.unwrap_or_else(|error| panic!("{place}: {error}"));
    check.array(
        "gauss_newton_eigenvalues",
        gauss_newton.eigenvalues(),
        &expected.gauss_newton_eigenvalues,
        TOLERANCE,
    );
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let largest = hessian
        .largest(3, Wanted::Largest, &Lanczos::default(), &mut rng)
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    let found: Vec<f64> = largest.iter().map(|pair| pair.value).collect();
    let ends = expected.hessian_eigenvalues.iter().rev().take(3);
    let ends: Vec<f64> = ends.copied().collect();
    check.array("largest eigenvalues", &found, &ends, 1e-9);
}

/// Fills a layer's buffers with (samples × units) row by row.
fn fill(to: &mut [f64], rows: &[Vec<f64>], scale: f64) {
    for (to, value) in to.iter_mut().zip(rows.iter().flatten()) {
        *to = scale * value;
    }
}

fn check_noise(check: &mut Check, case: &Noisy) {
    let place = check.place.clone();
    let subject = Subject::new(check, &case.problem, &case.problem.activation);
    let mut workspace = subject.workspace(&place);
    let parameters = subject.network.parameters();
    let mut gradient = vec![f64::NAN; parameters.len()];
    let loss = workspace.loss_gradient(parameters, &subject.samples, &mut gradient);
    check.scalar("loss", loss, case.loss, TOLERANCE);
    check.array("gradient", &gradient, &case.gradient, TOLERANCE);

    let empty = HiddenNoise::new(&subject.network, subject.samples.len())
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    let mut compare = |name: &str, pass: &Pass, noise: &HiddenNoise| {
        check.place = format!("{place}: {name}");
        let samples = &subject.samples;
        let loss = workspace.noisy_loss_gradient(parameters, samples, noise, &mut gradient);
        check.scalar("loss", loss, pass.loss, TOLERANCE);
        check.array("gradient", &gradient, &pass.gradient, TOLERANCE);
        let sent = side_by_side(&pass.activations);
        check.matrix("activations", &workspace.sent(), &sent, TOLERANCE);
        check.matrix("outputs", &workspace.outputs(), &pass.outputs, TOLERANCE);
    };

    let dropout = &case.dropout_per_sample;
    let mut noise = empty.clone();
    for (layer, mask) in dropout.masks.iter().enumerate() {
        let gain = 1.0 / (1.0 - dropout.probability[layer]);
        fill(noise.layer_mut(layer).gain_mut(), mask, gain);
    }
    compare("dropout_per_sample", &dropout.pass, &noise);

    let dropout = &case.dropout_per_batch;
    let mut noise = empty.clone();
    for (layer, mask) in dropout.masks.iter().enumerate() {
        let gain = 1.0 / (1.0 - dropout.probability[layer]);
        let rows = vec![mask.clone(); subject.samples.len()];
        fill(noise.layer_mut(layer).gain_mut(), &rows, gain);
    }
    compare("dropout_per_batch", &dropout.pass, &noise);

    let before = &case.activity_noise_before;
    let mut noise = empty.clone();
    for (layer, normals) in before.normals.iter().enumerate() {
        let deviation = before.standard_deviation[layer];
        fill(noise.layer_mut(layer).before_mut(), normals, deviation);
    }
    compare("activity_noise_before", &before.pass, &noise);

    let after = &case.activity_noise_after;
    let mut noise = empty.clone();
    for (layer, normals) in after.normals.iter().enumerate() {
        let deviation = after.standard_deviation[layer];
        fill(noise.layer_mut(layer).after_mut(), normals, deviation);
    }
    compare("activity_noise_after", &after.pass, &noise);

    let all = &case.all_together;
    let mut noise = empty;
    for layer in 0..all.masks.len() {
        let gain = 1.0 / (1.0 - all.probability[layer]);
        let layer_noise = noise.layer_mut(layer);
        fill(layer_noise.gain_mut(), &all.masks[layer], gain);
        let deviation = all.standard_deviation_before[layer];
        fill(
            layer_noise.before_mut(),
            &all.normals_before[layer],
            deviation,
        );
        let deviation = all.standard_deviation_after[layer];
        fill(
            layer_noise.after_mut(),
            &all.normals_after[layer],
            deviation,
        );
    }
    compare("all_together", &all.pass, &noise);
    check.place = place;
    check_steps(check, &subject, &case.steps);
}
