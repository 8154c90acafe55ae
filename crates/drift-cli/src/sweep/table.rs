//! The collected runs of a sweep, as `table.csv` and `curves.npz` hold them.

use std::path::Path;

use drift_sim::npz;
use nalgebra::DMatrix;

use crate::error::CliError;

/// Name of the table.
pub const TABLE: &str = "table.csv";
const CURVES: &str = "curves.npz";

/// One row of the table; the columns that reports need. A system without a network has only
/// the first four.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub struct Row {
    /// Number of the run.
    pub run: u64,
    /// Group of the sweep.
    pub group: String,
    /// How it ended.
    pub outcome: String,
    /// Why, in words.
    pub reason: String,
    /// Task; empty where a run could not be made.
    pub task: String,
    /// Steps the run was to make.
    pub steps: Option<u64>,
    /// Learning rule; empty where a run could not be made or has none.
    pub rule: String,
    /// Standard deviation (or width) of the update noise.
    pub update_noise: Option<f64>,
    /// Width (or standard deviation) of the label noise.
    pub label_noise: Option<f64>,
    /// Final over initial fraction of active units.
    pub active_units: Option<f64>,
    /// Final fraction of active units.
    pub final_active_units: Option<f64>,
    /// Final over initial active fraction.
    pub active: Option<f64>,
    /// log₁₀ of the final normalised loss.
    pub loss: Option<f64>,
    /// log₁₀ of the rate by the published procedure; 0 where it failed.
    pub log_tau: Option<f64>,
    /// Final over initial trace of the Hessian.
    pub eig_sum: Option<f64>,
    /// Share of eigenvalues that the published rule counts.
    pub eig_nonzero: Option<f64>,
    /// Share of eigenvalues above the tolerance.
    pub nonzero_fraction: Option<f64>,
    /// Learning rate.
    pub learning_rate: Option<f64>,
    /// Learning rate times the largest eigenvalue, at the end.
    pub final_eta_hessian_max: Option<f64>,
    /// Step at which that product came close to 2.
    pub edge_reached: Option<f64>,
    /// Step from which on the code is sparser than at the start.
    pub sparsification_begins: Option<f64>,
}

/// The runs of a sweep with their curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Runs {
    /// One row a run.
    pub rows: Vec<Row>,
    /// Active fraction (rows × points).
    pub active: DMatrix<f64>,
    /// Fraction of active units (rows × points).
    pub active_units: DMatrix<f64>,
    /// Steps of the points (rows × points).
    pub steps: DMatrix<f64>,
    /// Learning rate times the largest eigenvalue of the Hessian (rows × points).
    pub eta_hessian_max: DMatrix<f64>,
    /// Trace of the Hessian (rows × points).
    pub trace: DMatrix<f64>,
    /// Sum of the logarithms of its eigenvalues (rows × points).
    pub log_sum: DMatrix<f64>,
}

/// Reads what was collected into `directory`. A curve that its runs did not record is one point
/// that is not a number.
pub fn read(directory: &Path) -> Result<Runs, CliError> {
    let path = directory.join(TABLE);
    let file = std::fs::File::open(&path).map_err(|error| CliError::read(&path, error))?;
    let invalid = |error: csv::Error| CliError::content(&path, error);
    let rows: Vec<Row> = csv::Reader::from_reader(file)
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(invalid)?;
    let path = directory.join(CURVES);
    let arrays = npz::read(&path)?;
    let curve = |name: &str| {
        let Some(array) = arrays.get(name) else {
            return Ok(DMatrix::from_element(rows.len(), 1, f64::NAN));
        };
        array
            .to_matrix()
            .filter(|matrix| matrix.nrows() == rows.len())
            .ok_or_else(|| CliError::content(&path, format!("array {name} does not fit the table")))
    };
    Ok(Runs {
        active: curve("active_fraction")?,
        active_units: curve("fraction_active_units")?,
        steps: curve("steps")?,
        eta_hessian_max: curve("eta_hessian_max")?,
        trace: curve("hessian_trace")?,
        log_sum: curve("log_pseudo_determinant")?,
        rows,
    })
}

impl Runs {
    /// The completed runs of one [kind](Row::kind), with their place in the table.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (usize, &'a Row)> {
        self.rows
            .iter()
            .enumerate()
            .filter(move |(_, row)| row.completed() && row.kind() == kind)
    }
}

impl Row {
    /// What the run is compared by: its rule, and for gradient descent its noise; its group where
    /// it has no rule. The names of the groups that were published are those of the published
    /// tables.
    pub fn kind(&self) -> String {
        let positive = |noise: Option<f64>| noise.is_some_and(|noise| noise > 0.0);
        let rule = match self.rule.as_str() {
            "sgd" => "SGD",
            "adam" => "Adam",
            "rmsprop" => "RMSprop",
            "sed" => "SED",
            other => other,
        };
        if rule.is_empty() {
            return self.group.clone();
        }
        if rule != "SGD" {
            return rule.to_owned();
        }
        match (positive(self.update_noise), positive(self.label_noise)) {
            (true, false) => "SGD, update noise".to_owned(),
            (false, true) => "SGD, label noise".to_owned(),
            (true, true) => "SGD, both noises".to_owned(),
            (false, false) => "SGD, no noise".to_owned(),
        }
    }

    /// Whether the run went to its end.
    pub fn completed(&self) -> bool {
        self.outcome == "completed"
    }
}
