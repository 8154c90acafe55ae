//! The published tables of the paper's runs, to be drawn beside one's own.
//!
//! `All.csv` has one row a run, `All_lines.npz` the 100-point curves of the noisy runs,
//! `SGD_update_noise.csv` the runs of Figure 4B. Their column `loss` is log₁₀ of the normalised
//! loss, `log_tau` log₁₀ of the **rate**, `active` and `active_units` are final over initial,
//! and `eig_nonzero` counts eigenvalues above 0, rounding noise included.

use std::collections::HashSet;
use std::path::Path;

use drift_sim::npz;

use super::table::Runs;
use crate::error::CliError;
use crate::figures::sweeps::GroupCurve;

/// One published run.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct PublishedRun {
    /// The task, as the published tables write it (`random_autoencoder`).
    pub data_type: String,
    /// Number of the last epoch, counted from 0.
    pub sim_len: f64,
    /// `SGD`, `Adam`, or `RLgrad`, which is SED.
    pub learning_algo: String,
    /// Standard deviation of the update noise.
    pub update_noise: f64,
    /// Width of the label noise.
    pub label_noise: f64,
    /// log₁₀ of the final normalised loss.
    pub loss: f64,
    /// Final active fraction over the initial one.
    pub active: f64,
    /// Final fraction of active units over the initial one.
    pub active_units: f64,
    /// log₁₀ of the fitted rate; 0 where nothing was fitted.
    pub log_tau: f64,
    /// Share of eigenvalues above 0.
    pub eig_nonzero: f64,
    /// Final over initial sum of the eigenvalues.
    pub eig_sum: f64,
}

/// What a run is grouped by.
pub const GROUPS: [&str; 4] = ["SGD, update noise", "SGD, label noise", "Adam", "SED"];

impl PublishedRun {
    /// Group of the run: an index into [`GROUPS`].
    pub fn group(&self) -> Option<usize> {
        match self.learning_algo.as_str() {
            "SGD" if self.update_noise > 0.0 => Some(0),
            "SGD" if self.label_noise > 0.0 => Some(1),
            "Adam" => Some(2),
            "RLgrad" => Some(3),
            _ => None,
        }
    }

    /// The task and the number of steps, as a sweep's table writes them.
    pub fn task_and_steps(&self) -> (String, u64) {
        (self.data_type.replace('_', "-"), self.sim_len as u64 + 1)
    }
}

/// The published tables that a directory holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Published {
    /// Rows of `All.csv`.
    pub runs: Vec<PublishedRun>,
    /// Rows of `SGD_update_noise.csv`.
    pub noise_runs: Vec<PublishedRun>,
    /// Mean lines of the active units, one a group that has them.
    pub active_units: Vec<GroupCurve>,
    /// Mean lines of the active fraction.
    pub active: Vec<GroupCurve>,
}

impl Published {
    /// Reads the tables of `directory`; at least one of them must be there.
    pub fn read(directory: &Path) -> Result<Self, CliError> {
        let mut tables = Self::default();
        let mut found = false;
        for (name, rows) in [
            ("All.csv", &mut tables.runs),
            ("SGD_update_noise.csv", &mut tables.noise_runs),
        ] {
            let path = directory.join(name);
            if path.exists() {
                *rows = read_runs(&path)?;
                found = true;
            }
        }
        let lines = directory.join("All_lines.npz");
        if lines.exists() {
            found = true;
            let arrays = npz::read(&lines)?;
            for (key, group) in [("sgd", 0), ("adam", 2), ("sed", 3)] {
                for (prefix, curves) in [
                    ("active_units", &mut tables.active_units),
                    ("active", &mut tables.active),
                ] {
                    let name = format!("{prefix}_{key}");
                    let array = arrays.get(&name).and_then(npz::Array::to_matrix);
                    let matrix = array.ok_or_else(|| {
                        CliError::content(&lines, format!("there is no matrix {name}"))
                    })?;
                    curves.push(mean_curve(
                        GROUPS[group],
                        matrix.row_iter().map(|row| row.iter().copied().collect()),
                        true,
                    ));
                }
            }
        }
        if found {
            return Ok(tables);
        }
        Err(CliError::Usage(format!(
            "{} holds none of All.csv, All_lines.npz, SGD_update_noise.csv",
            directory.display()
        )))
    }

    /// The published runs of one kind that made the same task for as many steps as runs of the
    /// sweep did; where there is none such, all of the kind.
    pub fn comparable(&self, runs: &Runs, kind: &str) -> Vec<&PublishedRun> {
        let Some(group) = GROUPS.iter().position(|group| *group == kind) else {
            return Vec::new();
        };
        let of_kind: Vec<&PublishedRun> = self
            .runs
            .iter()
            .filter(|run| run.group() == Some(group))
            .collect();
        let own: HashSet<(String, u64)> = runs
            .of_kind(kind)
            .filter_map(|(_, row)| Some((row.task.clone(), row.steps?)))
            .collect();
        let alike: Vec<&PublishedRun> = of_kind
            .iter()
            .copied()
            .filter(|run| own.contains(&run.task_and_steps()))
            .collect();
        if alike.is_empty() { of_kind } else { alike }
    }
}

fn read_runs(path: &Path) -> Result<Vec<PublishedRun>, CliError> {
    let invalid = |error: csv::Error| CliError::content(path, error);
    let mut reader = csv::Reader::from_path(path).map_err(invalid)?;
    reader
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(invalid)
}

/// Mean and standard deviation over curves of one length, each divided by its first value.
pub fn mean_curve(
    label: &str,
    curves: impl Iterator<Item = Vec<f64>>,
    published: bool,
) -> GroupCurve {
    let relative: Vec<Vec<f64>> = curves
        .filter(|curve| curve.first().is_some_and(|first| *first > 0.0))
        .map(|curve| curve.iter().map(|value| value / curve[0]).collect())
        .collect();
    let length = relative.iter().map(Vec::len).min().unwrap_or(0);
    let count = relative.len() as f64;
    let mut mean = Vec::with_capacity(length);
    let mut deviation = Vec::with_capacity(length);
    for index in 0..length {
        let average = relative.iter().map(|curve| curve[index]).sum::<f64>() / count;
        let squares = relative
            .iter()
            .map(|curve| (curve[index] - average).powi(2))
            .sum::<f64>();
        mean.push(average);
        deviation.push((squares / (count - 1.0).max(1.0)).sqrt());
    }
    let kind = if published { ", published" } else { "" };
    GroupCurve {
        label: format!("{label}{kind} ({} runs)", relative.len()),
        share: (0..length)
            .map(|index| index as f64 / (length as f64 - 1.0).max(1.0))
            .collect(),
        mean,
        deviation,
        published,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_relative_to_their_own_start() {
        let curves = [vec![2.0, 1.0], vec![4.0, 3.0], vec![0.0, 1.0]];
        let curve = mean_curve("g", curves.into_iter(), false);
        assert_eq!(curve.label, "g (2 runs)");
        assert_eq!(curve.mean, [1.0, 0.625]);
        assert!((curve.deviation[1] - 0.125 * 2f64.sqrt()).abs() < 1e-12);
        assert_eq!(curve.share, [0.0, 1.0]);
    }
}
