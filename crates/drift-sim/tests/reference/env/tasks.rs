//! Format `tasks*.json`.

use std::path::Path;

use drift_sim::env::{
    Autoencoder, Dataset, Error, Normalisation, Predictive, PredictiveParameters,
    PredictiveTargets, Random, Smoothed, SmoothedParameters,
};
use serde::Deserialize;
use serde_json::Value;

use super::corridor::{WalkCase, check_walk};
use super::{Comparison, matrix, read_json};

/// The README of the reference values.
const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct File {
    min_max_norm: Vec<NormalisationCase>,
    tasks: Vec<TaskCase>,
}

/// Arrays of any number of dimensions.
#[derive(Deserialize)]
struct NormalisationCase {
    input: Value,
    output: Value,
    input_after_in_place: Value,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum TaskCase {
    Random(Unrelated),
    Smoothed(Unrelated),
    RandomAutoencoder(Unrelated),
    SmoothedAutoencoder(Unrelated),
    Predictive(PredictiveCase),
    PredictiveTrack(WalkCase),
}

#[derive(Deserialize)]
struct Unrelated {
    n_samples: usize,
    #[serde(rename = "X_dim")]
    x_dim: usize,
    y_dim: usize,
    smooth_factor: f64,
    #[serde(default)]
    sigma: Option<[f64; 2]>,
    draws: UnrelatedDraws,
    inputs: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct UnrelatedDraws {
    x: Vec<Vec<f64>>,
    #[serde(default)]
    y: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct PredictiveCase {
    n_samples: usize,
    #[serde(rename = "X_dim")]
    x_dim: usize,
    arena_size: f64,
    field_of_view: f64,
    step_size: f64,
    draws: PredictiveDraws,
    scene: Vec<f64>,
    position: Vec<f64>,
    views_raw: Vec<Vec<f64>>,
    inputs: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
    targets_without_shared_memory: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct PredictiveDraws {
    scene: Vec<f64>,
    steps: Vec<f64>,
}

pub fn check(path: &Path, file: &str) -> usize {
    let mut comparison = Comparison::new(file, TOLERANCE);
    let File {
        min_max_norm,
        tasks,
    } = read_json(path);
    for (index, case) in min_max_norm.iter().enumerate() {
        check_normalisation(&mut comparison, index, case);
    }
    for (index, case) in tasks.iter().enumerate() {
        let place = format!("task {index}");
        match case {
            TaskCase::Random(case) => {
                let task = Random::new(case.n_samples, case.x_dim, case.y_dim);
                let dataset = task.and_then(|task| {
                    let x = matrix(&case.draws.x, &place);
                    task.dataset_from_draws(x, matrix(&case.draws.y, &place))
                });
                check_dataset(&mut comparison, &place, case, dataset);
            }
            TaskCase::Smoothed(case) => {
                let dataset = smoothed(&mut comparison, &place, case).and_then(|task| {
                    let x = matrix(&case.draws.x, &place);
                    task.dataset_from_draws(x, matrix(&case.draws.y, &place))
                });
                check_dataset(&mut comparison, &place, case, dataset);
            }
            TaskCase::RandomAutoencoder(case) => {
                let task = Random::new(case.n_samples, case.x_dim, case.y_dim);
                let dataset = task.and_then(|task| {
                    Autoencoder::new(task).dataset_from_draws(matrix(&case.draws.x, &place))
                });
                check_dataset(&mut comparison, &place, case, dataset);
            }
            TaskCase::SmoothedAutoencoder(case) => {
                let dataset = smoothed(&mut comparison, &place, case).and_then(|task| {
                    Autoencoder::new(task).dataset_from_draws(matrix(&case.draws.x, &place))
                });
                check_dataset(&mut comparison, &place, case, dataset);
            }
            TaskCase::Predictive(case) => check_predictive(&mut comparison, &place, case),
            TaskCase::PredictiveTrack(case) => check_walk(&mut comparison, &place, case),
        }
    }
    comparison.values
}

fn flatten(value: &Value, flat: &mut Vec<f64>) {
    match value {
        Value::Array(entries) => entries.iter().for_each(|entry| flatten(entry, flat)),
        number => flat.push(
            number
                .as_f64()
                .unwrap_or_else(|| panic!("{number} is no number")),
        ),
    }
}

fn check_normalisation(comparison: &mut Comparison<'_>, index: usize, case: &NormalisationCase) {
    let flat = |value: &Value| {
        let mut flat = Vec::new();
        flatten(value, &mut flat);
        flat
    };
    let place = |what: &str| format!("min_max_norm {index}: {what}");
    let (mut symmetric, mut unit) = (flat(&case.input), flat(&case.input));
    for result in [
        Normalisation::Symmetric.apply(&mut symmetric),
        Normalisation::UnitInterval.apply(&mut unit),
    ] {
        result.unwrap_or_else(|error| panic!("{}: {}: {error}", comparison.file, place("input")));
    }
    comparison.slices(&place("output"), &symmetric, &flat(&case.output));
    // What the published code leaves in its argument is the range [0, 1).
    let left_behind = flat(&case.input_after_in_place);
    comparison.slices(&place("input_after_in_place"), &unit, &left_behind);
}

fn smoothed(
    comparison: &mut Comparison<'_>,
    place: &str,
    case: &Unrelated,
) -> Result<Smoothed, Error> {
    let task = Smoothed::try_from(SmoothedParameters {
        samples: case.n_samples,
        input_dimension: case.x_dim,
        output_dimension: case.y_dim,
        smooth_factor: case.smooth_factor,
        ..SmoothedParameters::default()
    })?;
    if let Some(sigma) = case.sigma {
        let (rows, columns) = task.standard_deviations();
        comparison.slices(&format!("{place}: sigma"), &[rows, columns], &sigma);
    }
    Ok(task)
}

fn check_dataset(
    comparison: &mut Comparison<'_>,
    place: &str,
    case: &Unrelated,
    dataset: Result<Dataset, Error>,
) {
    let dataset = dataset.unwrap_or_else(|error| panic!("{}: {place}: {error}", comparison.file));
    comparison.matrices(&format!("{place}: inputs"), dataset.inputs(), &case.inputs);
    comparison.matrices(
        &format!("{place}: targets"),
        dataset.targets(),
        &case.targets,
    );
}

fn check_predictive(comparison: &mut Comparison<'_>, place: &str, case: &PredictiveCase) {
    let file = comparison.file;
    let named = |what: &str| format!("{place}: {what}");
    let task = |targets| {
        Predictive::try_from(PredictiveParameters {
            samples: case.n_samples,
            pixels: case.x_dim,
            scene_points: case.draws.scene.len(),
            view_length: case.field_of_view,
            targets,
            ..PredictiveParameters::default()
        })
        .unwrap_or_else(|error| panic!("{file}: {place}: {error}"))
    };
    let intended = task(PredictiveTargets::Intended);
    comparison.number(
        &named("arena_size"),
        intended.scene_length(),
        case.arena_size,
    );
    comparison.number(&named("step_size"), intended.step_size(), case.step_size);
    let walk = intended
        .walk_from_draws(&case.draws.scene, &case.draws.steps)
        .unwrap_or_else(|error| panic!("{file}: {place}: {error}"));
    comparison.slices(&named("scene"), &walk.scene, &case.scene);
    comparison.matrices(&named("views_raw"), &walk.views, &case.views_raw);
    let dataset = |task: Predictive| {
        task.dataset_from_draws(&case.draws.scene, &case.draws.steps)
            .unwrap_or_else(|error| panic!("{file}: {place}: {error}"))
    };
    let shared = dataset(task(PredictiveTargets::SharedMemory));
    let intended = dataset(intended);
    let position = intended.position().expect("a walk has positions");
    comparison.slices(&named("position"), position, &case.position);
    comparison.matrices(&named("inputs"), intended.inputs(), &case.inputs);
    comparison.matrices(&named("targets"), shared.targets(), &case.targets);
    comparison.matrices(
        &named("targets_without_shared_memory"),
        intended.targets(),
        &case.targets_without_shared_memory,
    );
}
