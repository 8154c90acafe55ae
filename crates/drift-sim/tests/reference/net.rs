//! `network_*.json`: forward pass, loss, gradient, Hessian and spectrum of stored networks.
//! A file with objects named `at_…` holds one data set and several points; any other file holds
//! one point. `deep_*.json`: the same for any number of hidden layers; a file with `cases` holds
//! passes with noise on hidden activity.

mod deep;
mod deep_steps;
mod point;
mod trained;

use std::fs;
use std::path::Path;

use drift_sim::net::Network;
use drift_sim::net::nalgebra::{DMatrix, DVector};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use point::check_point;
use trained::check_trained;

/// Above which absolute value an eigenvalue is stored at a trained point.
const STORED_ABOVE: f64 = 1e-10;

#[derive(Deserialize)]
struct Weights {
    input_weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
    output_weights: Vec<Vec<f64>>,
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
        .filter(|name| name.starts_with("network_") || name.starts_with("deep_"))
        .filter(|name| name.ends_with(".json"))
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
            if name.starts_with("deep_") {
                deep::check_file(&mut check, file);
                return (name, check.compared);
            }
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
