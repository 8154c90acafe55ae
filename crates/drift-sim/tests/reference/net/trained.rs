//! Trained networks: their loss, dead units and spectrum.

use std::collections::BTreeMap;

use drift_sim::net::nalgebra::DMatrix;
use drift_sim::net::{Hessian, Samples, Workspace};
use serde::Deserialize;

use super::{Check, STORED_ABOVE, Weights, network};

/// The README of the reference values: 1e-11 of the largest eigenvalue where a point was trained.
const TRAINED_TOLERANCE: f64 = 1e-11;
/// Losses below this are round-off: only their order is compared.
const ZERO_LOSS: f64 = 1e-24;

#[derive(Deserialize)]
pub struct Trained {
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

pub fn check_trained(
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
        Workspace::new(&network, inputs.nrows()).unwrap_or_else(|error| panic!("{place}: {error}"));
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
