//! `trajectory_{sgd,adam,rmsprop}*.json` within `trajectory_tolerances.json`, and
//! `sed_steps*.json`: the rules of drift-learn on the network of drift-net.

use std::path::{Path, PathBuf};

use drift_sim::learn::{
    Adam, AdamSettings, AnyRule, LearningRule, Loss, LossGradient, RmsProp, RmsPropSettings, Sed,
    SedSettings, Sgd, SgdSettings, Stream, Streams, TensorGroup, UpdateNoise,
};
use drift_sim::net::nalgebra::{DMatrix, DVector};
use drift_sim::net::{Network, Samples, Workspace};
use serde_json::Value;

/// Checks every file of this module's formats and returns its name and the values compared.
///
/// # Panics
/// Where a file cannot be read or a value differs.
pub fn check_all(directory: &Path) -> Vec<(String, usize)> {
    let tolerances = read(&directory.join("trajectory_tolerances.json"));
    let mut checked = Vec::new();
    for rule in ["sgd", "adam", "rmsprop"] {
        for path in matching(directory, &format!("trajectory_{rule}")) {
            let name = name_of(&path);
            let known = &tolerances["trajectories"][&name];
            checked.push((name, check_trajectory(&path, known)));
        }
    }
    for path in matching(directory, "sed_steps") {
        checked.push((name_of(&path), check_sed(&path)));
    }
    checked
}

fn check_trajectory(path: &Path, tolerances: &Value) -> usize {
    let file = read(path);
    let mut problem = OnNetwork::new(&file);
    let (mut parameters, dimension) = (problem.start.clone(), problem.start.len());
    let learning_rate = number(&file["lr"]);
    let algorithm = file["algorithm"].as_str().unwrap_or_default();
    let rule: Result<AnyRule, _> = match algorithm {
        "SGD" => Sgd::new(SgdSettings { learning_rate }, dimension).map(AnyRule::from),
        "Adam" => {
            let settings = AdamSettings {
                learning_rate,
                ..AdamSettings::pytorch()
            };
            Adam::new(settings, dimension).map(AnyRule::from)
        }
        "RMSprop" => {
            let settings = RmsPropSettings {
                learning_rate,
                ..RmsPropSettings::pytorch()
            };
            RmsProp::new(settings, dimension).map(AnyRule::from)
        }
        other => panic!("{}: unknown algorithm {other:?}", path.display()),
    };
    let mut rule = rule.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let records = file["records"].as_array().expect("records is a list");
    let (mut done, mut compared) = (0, 0);
    for (index, record) in records.iter().enumerate() {
        let step = record["step"].as_u64().expect("step is a whole number");
        while done < step {
            rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
            done += 1;
        }
        for (quantity, found) in problem.measure(&parameters) {
            let expected = number(&record[quantity]);
            // Ten times what restarts and a second implementation differ by, as the README of
            // the reference values says; a file without a table gets 1e-9.
            let spread = [
                "max_abs_spread",
                "max_abs_difference_of_second_implementation",
            ]
            .map(|table| tolerances[table][quantity][index].as_f64());
            let tight = match spread {
                [Some(restarts), Some(second)] => {
                    10.0 * restarts.max(second) + 1e-12 * expected.abs()
                }
                _ => 1e-9 * expected.abs() + 1e-15,
            };
            let difference = (found - expected).abs();
            let close = difference <= tight || (step > 1000 && late(quantity, found, expected));
            assert!(
                close,
                "{}: {quantity} after {step} steps is {found:e}, expected {expected:e} within {tight:e}",
                path.display()
            );
            compared += 1;
        }
    }
    compared
}

/// Round-off has been amplified by then, as the README of the reference values says: the loss
/// keeps its order of magnitude while it is not round-off itself (Adam's near a minimum comes in
/// bursts, so all that holds is that it stays small), an activity may be two entries off, and
/// norms that no longer agree to the table's digits still agree to three.
fn late(quantity: &str, found: f64, expected: f64) -> bool {
    let difference = (found - expected).abs();
    match quantity {
        "loss" if expected > 1e-12 => found > 0.1 * expected && found < 10.0 * expected,
        "loss" => found < 1e-7,
        "active_fraction" => difference <= 0.01,
        "fraction_active_units" => false,
        _ => difference <= 1e-3 * expected,
    }
}

fn check_sed(path: &Path) -> usize {
    let file = read(path);
    let mut problem = OnNetwork::new(&file);
    let mut parameters = problem.start.clone();
    let shape = problem.shape;
    let (hidden, inputs, outputs) = (shape.hidden(), shape.inputs(), shape.outputs());
    let ends = [hidden * inputs, hidden * (inputs + 1), shape.parameters()];
    let groups = [
        TensorGroup {
            range: 0..ends[0],
            rows: hidden,
        },
        TensorGroup {
            range: ends[0]..ends[1],
            rows: hidden,
        },
        TensorGroup {
            range: ends[1]..ends[2],
            rows: outputs,
        },
    ];
    let settings = SedSettings::published(number(&file["lr"]));
    let source = Streams::new(0)
        .noise_source(Stream::Sed)
        .expect("an instruction set");
    let mut rule = Sed::new(settings, &groups, source)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut compared = 0;
    for step in file["steps"].as_array().expect("steps is a list") {
        let normals = flat(&step["standard_normal"]);
        let before = rule.step_with_normals(
            &mut problem,
            &mut parameters,
            &mut UpdateNoise::none(),
            &normals,
        );
        let after = problem.loss(&parameters);
        let expected = flat(&step["parameters_after"]);
        let losses = [(before, "loss_before"), (after, "loss_after")]
            .map(|(found, field)| (found, number(&step[field])));
        for (found, expected) in parameters.iter().copied().zip(expected).chain(losses) {
            assert!(
                (found - expected).abs() <= 1e-13 * expected.abs().max(1.0),
                "{}: step {}: {found:e}, expected {expected:e} within 1e-13",
                path.display(),
                step["step"]
            );
            compared += 1;
        }
    }
    compared
}

/// A network on a file's data.
struct OnNetwork {
    shape: drift_sim::net::Shape,
    start: Vec<f64>,
    samples: Samples,
    workspace: Workspace,
}

impl OnNetwork {
    fn new(file: &Value) -> Self {
        let network = network(&file["initial"]);
        let (inputs, targets) = (matrix(&file["inputs"]), matrix(&file["targets"]));
        let samples = Samples::new(inputs.as_view(), targets.as_view()).expect("valid samples");
        let workspace = Workspace::new(&network, inputs.nrows()).expect("a workspace");
        Self {
            shape: network.shape(),
            start: network.into_parameters(),
            samples,
            workspace,
        }
    }

    fn measure(&mut self, parameters: &[f64]) -> [(&'static str, f64); 6] {
        let loss = self.loss(parameters);
        let network = Network::from_parameters(self.shape, parameters.to_vec()).expect("finite");
        [
            ("loss", loss),
            ("active_fraction", self.workspace.active_fraction()),
            (
                "fraction_active_units",
                self.workspace.fraction_active_units(),
            ),
            ("input_weight_norm", network.input_weights().norm()),
            ("bias_norm", network.bias().norm()),
            ("output_weight_norm", network.output_weights().norm()),
        ]
    }
}

impl Loss for OnNetwork {
    fn dimension(&self) -> usize {
        self.start.len()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        self.workspace.loss(parameters, &self.samples)
    }
}

impl LossGradient for OnNetwork {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        self.workspace
            .loss_gradient(parameters, &self.samples, gradient)
    }
}

/// The files whose names begin with `prefix`, by name.
fn matching(directory: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable directory").path())
        .filter(|path| {
            let name = name_of(path);
            name.starts_with(prefix) && name.ends_with(".json")
        })
        .collect();
    paths.sort();
    paths
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn read(path: &Path) -> Value {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is not a number"))
}

fn vector(value: &Value) -> DVector<f64> {
    let entries = value.as_array().expect("a list of numbers");
    DVector::from_iterator(entries.len(), entries.iter().map(number))
}

fn matrix(value: &Value) -> DMatrix<f64> {
    let rows = value.as_array().expect("a list of rows");
    DMatrix::from_rows(
        &rows
            .iter()
            .map(|row| vector(row).transpose())
            .collect::<Vec<_>>(),
    )
}

fn network(value: &Value) -> Network {
    let (input_weights, bias) = (matrix(&value["input_weights"]), vector(&value["bias"]));
    let output_weights = matrix(&value["output_weights"]);
    Network::from_weights(
        input_weights.as_view(),
        bias.as_view(),
        output_weights.as_view(),
    )
    .expect("weights of one network")
}

/// Three tensors of a network's shapes in the order of the flat vector.
fn flat(value: &Value) -> Vec<f64> {
    network(value).into_parameters()
}
