//! Networks stored with all that follows from them.

use drift_sim::net::nalgebra::DMatrix;
use drift_sim::net::{Hessian, Network, Samples, Workspace};
use serde::Deserialize;

use super::{Check, STORED_ABOVE, Weights, matrix, network};

/// The README of the reference values: 1e-12, relative for scalars and of the largest entry for
/// arrays.
const POINT_TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
pub struct Point {
    n: usize,
    d_in: usize,
    h: usize,
    d_out: usize,
    inputs: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
    #[serde(flatten)]
    weights: Weights,
    hidden: Vec<Vec<f64>>,
    outputs: Vec<Vec<f64>>,
    loss: f64,
    normalized_loss: f64,
    grad: Weights,
    hessian: Option<Vec<Vec<f64>>>,
    hessian_eigenvalues: Vec<f64>,
    hessian_trace: f64,
    hessian_frobenius: f64,
}

pub fn check_point(check: &mut Check, point: &Point) {
    let place = check.place.clone();
    let (inputs, targets) = (matrix(&point.inputs), matrix(&point.targets));
    let network = network(&place, &point.weights);
    let shape = network.shape();
    check.count("n", inputs.nrows(), point.n);
    check.count("d_in", shape.inputs(), point.d_in);
    check.count("h", shape.hidden(), point.h);
    check.count("d_out", shape.outputs(), point.d_out);

    let samples = Samples::new(inputs.as_view(), targets.as_view())
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    let mut workspace =
        Workspace::new(&network, point.n).unwrap_or_else(|error| panic!("{place}: {error}"));
    let mut gradient = vec![f64::NAN; shape.parameters()];
    let loss = workspace.loss_gradient(network.parameters(), &samples, &mut gradient);
    check.matrix(
        "hidden",
        &workspace.hidden(),
        &point.hidden,
        POINT_TOLERANCE,
    );
    check.matrix(
        "outputs",
        &workspace.outputs(),
        &point.outputs,
        POINT_TOLERANCE,
    );
    check.scalar("loss", loss, point.loss, POINT_TOLERANCE);
    let normalized = loss / samples.target_variance();
    check.scalar(
        "normalized_loss",
        normalized,
        point.normalized_loss,
        POINT_TOLERANCE,
    );
    let gradient = Network::from_parameters(shape, gradient)
        .unwrap_or_else(|error| panic!("{place}: grad: {error}"));
    let of_inputs = gradient.input_weights().into_owned();
    check.matrix(
        "grad.input_weights",
        &of_inputs,
        &point.grad.input_weights,
        POINT_TOLERANCE,
    );
    let of_bias: Vec<f64> = gradient.bias().iter().copied().collect();
    check.array("grad.bias", &of_bias, &point.grad.bias, POINT_TOLERANCE);
    let of_outputs = gradient.output_weights().into_owned();
    check.matrix(
        "grad.output_weights",
        &of_outputs,
        &point.grad.output_weights,
        POINT_TOLERANCE,
    );

    let hessian = Hessian::at(&network, inputs.as_view(), targets.as_view())
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    check.scalar(
        "hessian_trace",
        hessian.trace(),
        point.hessian_trace,
        POINT_TOLERANCE,
    );
    let norm = hessian.frobenius_norm();
    check.scalar(
        "hessian_frobenius",
        norm,
        point.hessian_frobenius,
        POINT_TOLERANCE,
    );
    let spectrum = hessian
        .spectrum()
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    let expected = &point.hessian_eigenvalues;
    check.array(
        "hessian_eigenvalues",
        spectrum.eigenvalues(),
        expected,
        POINT_TOLERANCE,
    );
    let rank = expected
        .iter()
        .filter(|value| value.abs() > STORED_ABOVE)
        .count();
    let found = spectrum
        .rank(STORED_ABOVE)
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    check.count("eigenvalues above 1e-10", found, rank);

    if let Some(rows) = &point.hessian {
        let dense = hessian.dense();
        let order = stored_order(point.d_in, point.h, point.d_out);
        let reordered = DMatrix::from_fn(order.len(), order.len(), |row, column| {
            dense[(order[row], order[column])]
        });
        check.matrix("hessian", &reordered, rows, POINT_TOLERANCE);
        // Products with every unit vector rebuild the same matrix.
        let mut products = DMatrix::zeros(order.len(), order.len());
        let mut unit = vec![0.0; order.len()];
        for column in 0..order.len() {
            unit[order[column]] = 1.0;
            let mut product = vec![0.0; order.len()];
            hessian.apply(&unit, &mut product);
            unit[order[column]] = 0.0;
            for row in 0..order.len() {
                products[(row, column)] = product[order[row]];
            }
        }
        check.matrix("hessian by products", &products, rows, POINT_TOLERANCE);
    }
}

/// Index in [`Network::parameters`] of each row of the stored Hessian: output weights unit by
/// unit, then input weights input by input, then biases.
fn stored_order(d_in: usize, h: usize, d_out: usize) -> Vec<usize> {
    let outputs =
        (0..h).flat_map(|unit| (0..d_out).map(move |output| (d_in + 1 + output) * h + unit));
    outputs.chain(0..(d_in + 1) * h).collect()
}
