//! Rate maps, their correlation over time and the published timescale, against stored values.

use std::fs;
use std::path::Path;

use drift_sim::metrics::nalgebra::{DMatrix, DMatrixView};
use drift_sim::metrics::{self, paper, timescale};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The README of the reference values: 1e-12 for maps and correlations.
const MAP_TOLERANCE: f64 = 1e-12;
/// The README of the reference values: 1e-9 relative for fitted rates.
const RATE_TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct RateMaps {
    position: Vec<f64>,
    hidden: Vec<Vec<f64>>,
    signed_position: Vec<f64>,
    occupancy: Vec<f64>,
    spatial_information_bits: Vec<f64>,
    smoothed_rate_maps: Vec<Vec<f64>>,
    smoothing_sigma_bins: f64,
    is_place: Vec<bool>,
    active_fraction: f64,
    fraction_active_units: f64,
}

#[derive(Deserialize)]
struct CorrelationCase {
    n_samples: usize,
    n_units: usize,
    n_times: usize,
    position: Vec<f64>,
    hidden: Vec<Vec<Vec<f64>>>,
    spatial_information_bits: Vec<Vec<f64>>,
    is_place: Vec<Vec<bool>>,
    shared_place_cells: Vec<Vec<usize>>,
    correlation: Vec<Vec<Option<f64>>>,
}

#[derive(Deserialize)]
struct Curve {
    x: Vec<f64>,
    y: Vec<f64>,
    fitted_rate: f64,
}

/// Checks every file of the three formats; returns its name and how many values were compared.
pub fn check_all(directory: &Path) -> Vec<(String, usize)> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", directory.display())))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    let mut checked = Vec::new();
    for name in names {
        let path = directory.join(&name);
        let mut comparison = Comparison {
            file: &name,
            values: 0,
        };
        if name.starts_with("rate_maps") {
            check_rate_maps(&read(&path), &mut comparison);
        } else if name.starts_with("rate_map_correlation") {
            let cases: Vec<CorrelationCase> = read(&path);
            for (index, case) in cases.iter().enumerate() {
                check_correlation(index, case, &mut comparison);
            }
        } else if name.starts_with("timescale") {
            let curves: Vec<Curve> = read(&path);
            for (index, curve) in curves.iter().enumerate() {
                let line = timescale::published_rate(&curve.x, &curve.y)
                    .unwrap_or_else(|error| panic!("{name}: curve {index}: {error}"));
                let tolerance = RATE_TOLERANCE * curve.fitted_rate.abs();
                comparison.value(
                    &format!("fitted_rate[{index}]"),
                    line.rate,
                    curve.fitted_rate,
                    tolerance,
                );
            }
        } else {
            continue;
        }
        assert!(comparison.values > 0, "{name}: holds nothing to compare");
        let values = comparison.values;
        checked.push((name, values));
    }
    checked
}

pub fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn check_rate_maps(expected: &RateMaps, comparison: &mut Comparison<'_>) {
    let hidden = matrix(&expected.hidden, comparison.file);
    let positions = metrics::signed_position(&expected.position)
        .unwrap_or_else(|error| panic!("{}: signed_position: {error}", comparison.file));
    comparison.list("signed_position", &positions, &expected.signed_position);

    let map = paper::rate_map(&expected.position, hidden.as_view())
        .unwrap_or_else(|error| panic!("{}: rate map: {error}", comparison.file));
    comparison.list("occupancy", &map.occupancy, &expected.occupancy);

    let bits = paper::spatial_information(&map)
        .unwrap_or_else(|error| panic!("{}: spatial information: {error}", comparison.file));
    comparison.list(
        "spatial_information_bits",
        &bits,
        &expected.spatial_information_bits,
    );
    comparison.equal("is_place", &paper::place_units(&bits), &expected.is_place);

    let smoothing = metrics::Smoothing::Reflecting {
        sigma_bins: expected.smoothing_sigma_bins,
    };
    let smoothed = map
        .smoothed(&smoothing)
        .unwrap_or_else(|error| panic!("{}: smoothing: {error}", comparison.file));
    for (unit, expected) in expected.smoothed_rate_maps.iter().enumerate() {
        comparison.list(
            &format!("smoothed_rate_maps[{unit}]"),
            smoothed.unit(unit),
            expected,
        );
    }
    comparison.value(
        "active_fraction",
        metrics::active_fraction(hidden.as_view()),
        expected.active_fraction,
        MAP_TOLERANCE,
    );
    comparison.value(
        "fraction_active_units",
        metrics::fraction_active_units(hidden.as_view()),
        expected.fraction_active_units,
        MAP_TOLERANCE,
    );
}

fn check_correlation(index: usize, case: &CorrelationCase, comparison: &mut Comparison<'_>) {
    let file = comparison.file;
    let hidden: Vec<DMatrix<f64>> = case.hidden.iter().map(|rows| matrix(rows, file)).collect();
    assert_eq!(hidden.len(), case.n_times, "{file}: case {index}: n_times");
    for hidden in &hidden {
        assert_eq!(
            hidden.shape(),
            (case.n_samples, case.n_units),
            "{file}: case {index}: shape of hidden"
        );
    }
    let fail = |error: metrics::Error| -> ! { panic!("{file}: case {index}: {error}") };
    for (time, hidden) in hidden.iter().enumerate() {
        let map =
            paper::rate_map(&case.position, hidden.as_view()).unwrap_or_else(|error| fail(error));
        let bits = paper::spatial_information(&map).unwrap_or_else(|error| fail(error));
        let name = format!("case {index}: spatial_information_bits[{time}]");
        comparison.list(&name, &bits, &case.spatial_information_bits[time]);
        let name = format!("case {index}: is_place[{time}]");
        comparison.equal(&name, &paper::place_units(&bits), &case.is_place[time]);
    }
    let views: Vec<DMatrixView<'_, f64>> = hidden.iter().map(DMatrix::as_view).collect();
    let result =
        paper::rate_map_correlation(&case.position, &views).unwrap_or_else(|error| fail(error));
    for early in 0..case.n_times {
        for late in 0..case.n_times {
            let name = format!("case {index}: shared_place_cells[{early}][{late}]");
            let shared = result.shared_units[(early, late)];
            comparison.equal(&name, &[shared], &[case.shared_place_cells[early][late]]);
            let name = format!("case {index}: correlation[{early}][{late}]");
            let ours = result.correlation[(early, late)];
            match case.correlation[early][late] {
                Some(expected) => comparison.value(&name, ours, expected, MAP_TOLERANCE),
                None => comparison.equal(&name, &[ours.is_nan()], &[true]),
            }
        }
    }
}

fn matrix(rows: &[Vec<f64>], file: &str) -> DMatrix<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    assert!(
        rows.iter().all(|row| row.len() == columns),
        "{file}: hidden has rows of different lengths"
    );
    DMatrix::from_fn(rows.len(), columns, |row, column| rows[row][column])
}

struct Comparison<'a> {
    file: &'a str,
    values: usize,
}

impl Comparison<'_> {
    fn value(&mut self, name: &str, ours: f64, expected: f64, tolerance: f64) {
        assert!(
            (ours - expected).abs() <= tolerance,
            "{}: {name}: {ours:e}, expected {expected:e} within {tolerance:e}",
            self.file
        );
        self.values += 1;
    }

    fn list(&mut self, name: &str, ours: &[f64], expected: &[f64]) {
        assert_eq!(
            ours.len(),
            expected.len(),
            "{}: {name}: number of values",
            self.file
        );
        for (index, (&ours, &expected)) in ours.iter().zip(expected).enumerate() {
            let tolerance = MAP_TOLERANCE * expected.abs().max(1.0);
            self.value(&format!("{name}[{index}]"), ours, expected, tolerance);
        }
    }

    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, name: &str, ours: &[T], expected: &[T]) {
        assert_eq!(ours, expected, "{}: {name}", self.file);
        self.values += expected.len();
    }
}
