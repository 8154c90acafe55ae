//! `network_*.json`: forward pass, loss, gradient, Hessian and spectrum of stored networks.
//! A file with objects named `at_…` holds one data set and several points; any other file holds
//! one point.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use drift_sim::net::nalgebra::{DMatrix, DVector};
use drift_sim::net::{Hessian, Network, Samples, Workspace};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The README of the reference values: 1e-12, relative for scalars and of the largest entry for
/// arrays.
const POINT_TOLERANCE: f64 = 1e-12;
/// The README of the reference values: 1e-11 of the largest eigenvalue where a point was trained.
const TRAINED_TOLERANCE: f64 = 1e-11;
/// Losses below this are round-off: only their order is compared.
const ZERO_LOSS: f64 = 1e-24;
/// Above which absolute value an eigenvalue is stored at a trained point.
const STORED_ABOVE: f64 = 1e-10;

#[derive(Deserialize)]
struct Weights {
    input_weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
    output_weights: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Point {
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

#[derive(Deserialize)]
struct Trained {
    parameters: Weights,
    loss: f64,
    normalized_loss: f64,
    active_fraction: f64,
    fraction_active_units: f64,
    dead_units: Vec<usize>,
    min_abs_preactivation: f64,
    hessian_trace: f64,
    hessian_frobenius: f64,
    size: usize,
    zero_rows: usize,
    count_abs_above: BTreeMap<String, usize>,
    count_above: BTreeMap<String, usize>,
    count_below_minus: BTreeMap<String, usize>,
    #[serde(rename = "eigenvalues_abs_above_1e-10")]
    eigenvalues: Vec<f64>,
    smallest_kept_abs: f64,
}

/// Checks every file of the two formats; returns its name and how many values were compared.
///
/// # Panics
/// Where a file cannot be read or a value differs.
pub fn check_all(directory: &Path) -> Vec<(String, usize)> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", directory.display())))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("network_") && name.ends_with(".json"))
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let text = fs::read_to_string(directory.join(&name))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let file: Value =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let mut check = Check::new(&name);
            let points: Vec<(String, Value)> = file
                .as_object()
                .unwrap_or_else(|| panic!("{name}: the file is not an object"))
                .iter()
                .filter(|(key, _)| key.starts_with("at_"))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            if points.is_empty() {
                check_point(&mut check, &parse(&name, file));
            } else {
                let inputs = matrix(&parse::<Vec<Vec<f64>>>(&name, file["inputs"].clone()));
                let targets = matrix(&parse::<Vec<Vec<f64>>>(&name, file["targets"].clone()));
                for (key, value) in points {
                    check.place = format!("{name}: {key}");
                    let point = parse(&check.place, value);
                    check_trained(&mut check, &inputs, &targets, &point);
                }
            }
            (name, check.compared)
        })
        .collect()
}

fn parse<T: DeserializeOwned>(place: &str, value: Value) -> T {
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{place}: {error}"))
}

fn matrix(rows: &[Vec<f64>]) -> DMatrix<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    DMatrix::from_fn(rows.len(), columns, |row, column| rows[row][column])
}

fn network(place: &str, weights: &Weights) -> Network {
    Network::from_weights(
        matrix(&weights.input_weights).as_view(),
        DVector::from_column_slice(&weights.bias).as_view(),
        matrix(&weights.output_weights).as_view(),
    )
    .unwrap_or_else(|error| panic!("{place}: {error}"))
}

/// Counts comparisons and says where one fails.
struct Check {
    place: String,
    compared: usize,
}

impl Check {
    fn new(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            compared: 0,
        }
    }

    fn scalar(&mut self, field: &str, found: f64, expected: f64, tolerance: f64) {
        self.array(field, &[found], &[expected], tolerance);
    }

    /// Within `tolerance` of the largest expected entry.
    fn array(&mut self, field: &str, found: &[f64], expected: &[f64], tolerance: f64) {
        let place = &self.place;
        assert_eq!(
            found.len(),
            expected.len(),
            "{place}: {field}: number of values"
        );
        let largest = expected
            .iter()
            .fold(0.0_f64, |largest, value| largest.max(value.abs()));
        for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
            let difference = (found - expected).abs();
            assert!(
                difference <= tolerance * largest,
                "{place}: {field}[{index}] is {found}, expected {expected}; \
                 difference {difference:e}, allowed {:e}",
                tolerance * largest
            );
        }
        self.compared += found.len();
    }

    fn matrix(&mut self, field: &str, found: &DMatrix<f64>, rows: &[Vec<f64>], tolerance: f64) {
        let expected = matrix(rows);
        let place = &self.place;
        assert_eq!(found.shape(), expected.shape(), "{place}: {field}: shape");
        self.array(field, found.as_slice(), expected.as_slice(), tolerance);
    }

    fn count(&mut self, field: &str, found: usize, expected: usize) {
        assert_eq!(found, expected, "{}: {field}", self.place);
        self.compared += 1;
    }
}

fn check_point(check: &mut Check, point: &Point) {
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
        Workspace::new(shape, point.n).unwrap_or_else(|error| panic!("{place}: {error}"));
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

fn check_trained(
    check: &mut Check,
    inputs: &DMatrix<f64>,
    targets: &DMatrix<f64>,
    point: &Trained,
) {
    let place = check.place.clone();
    let network = network(&place, &point.parameters);
    let shape = network.shape();
    check.count("size", shape.parameters(), point.size);

    let samples = Samples::new(inputs.as_view(), targets.as_view())
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    let mut workspace =
        Workspace::new(shape, inputs.nrows()).unwrap_or_else(|error| panic!("{place}: {error}"));
    let loss = workspace.loss(network.parameters(), &samples);
    if point.loss < ZERO_LOSS {
        assert!(
            loss < ZERO_LOSS,
            "{place}: loss is {loss:e}, expected below {ZERO_LOSS:e}"
        );
        check.compared += 1;
    } else {
        check.scalar("loss", loss, point.loss, TRAINED_TOLERANCE);
        let normalized = loss / samples.target_variance();
        check.scalar(
            "normalized_loss",
            normalized,
            point.normalized_loss,
            TRAINED_TOLERANCE,
        );
    }
    let active = workspace.active_fraction();
    check.scalar(
        "active_fraction",
        active,
        point.active_fraction,
        TRAINED_TOLERANCE,
    );
    let units = workspace.fraction_active_units();
    check.scalar(
        "fraction_active_units",
        units,
        point.fraction_active_units,
        TRAINED_TOLERANCE,
    );
    let mut preactivation = inputs * network.input_weights().transpose();
    for mut row in preactivation.row_iter_mut() {
        row += network.bias().transpose();
    }
    let closest = preactivation
        .iter()
        .fold(f64::INFINITY, |least, z| least.min(z.abs()));
    // A difference of numbers of order 1: rounding is absolute.
    let error = (closest - point.min_abs_preactivation).abs();
    assert!(
        error < TRAINED_TOLERANCE,
        "{place}: min_abs_preactivation is {closest}"
    );
    check.compared += 1;

    let hessian = Hessian::at(&network, inputs.as_view(), targets.as_view())
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    let living = hessian.active_units();
    let dead: Vec<usize> = (0..shape.hidden())
        .filter(|unit| !living.contains(unit))
        .collect();
    assert_eq!(dead, point.dead_units, "{place}: dead_units");
    check.compared += dead.len();
    check.scalar(
        "hessian_trace",
        hessian.trace(),
        point.hessian_trace,
        TRAINED_TOLERANCE,
    );
    let norm = hessian.frobenius_norm();
    check.scalar(
        "hessian_frobenius",
        norm,
        point.hessian_frobenius,
        TRAINED_TOLERANCE,
    );
    let dense = hessian.dense();
    let zero_rows = dense
        .column_iter()
        .filter(|column| column.iter().all(|&v| v == 0.0))
        .count();
    check.count("zero_rows", zero_rows, point.zero_rows);

    let spectrum = hessian
        .spectrum()
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    let below = |threshold: f64| spectrum.count_below_minus(threshold);
    let above = |threshold: f64| spectrum.count_above(threshold);
    for (field, counts) in [
        ("count_abs_above", &point.count_abs_above),
        ("count_above", &point.count_above),
        ("count_below_minus", &point.count_below_minus),
    ] {
        for (text, &expected) in counts {
            let threshold: f64 = text
                .parse()
                .unwrap_or_else(|error| panic!("{place}: {field}: {text:?}: {error}"));
            let found = match field {
                "count_above" => above(threshold),
                "count_below_minus" => below(threshold),
                _ => above(threshold) + below(threshold),
            };
            check.count(&format!("{field} {text}"), found, expected);
        }
    }
    let kept: Vec<f64> = spectrum
        .eigenvalues()
        .iter()
        .copied()
        .filter(|value| value.abs() > STORED_ABOVE)
        .collect();
    check.array(
        "eigenvalues_abs_above_1e-10",
        &kept,
        &point.eigenvalues,
        TRAINED_TOLERANCE,
    );
    let smallest = kept
        .iter()
        .fold(f64::INFINITY, |least, value| least.min(value.abs()));
    let error = (smallest - point.smallest_kept_abs).abs();
    assert!(
        error <= TRAINED_TOLERANCE * spectrum.largest(),
        "{place}: smallest_kept_abs is {smallest}, expected {}",
        point.smallest_kept_abs
    );
    check.compared += 1;
}
