use std::path::Path;

use drift_env::Dataset;
use drift_net::Shape;
use nalgebra::DMatrix;

use crate::checkpoint::write_atomically;
use crate::scenario::TaskSpec;
use crate::store::{self, Records, SeriesFile};
use crate::{Error, Outcome, Scenario, Trace, dataset, npz};

/// What a run's directory holds, of a run that has ended or one that goes on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunRecord {
    /// The scenario.
    pub scenario: Scenario,
    /// The data set; absent in the valley.
    pub dataset: Option<Dataset>,
    /// The samples.
    pub trace: Trace,
    /// Updates done at the snapshots (k).
    pub snapshot_steps: Vec<u64>,
    /// Flat parameters (k × p), in [`drift_net::Network`]'s order.
    pub snapshots: DMatrix<f64>,
    /// Updates done at the spectra (m).
    pub spectrum_steps: Vec<u64>,
    /// Eigenvalues (m × p), ascending in each row.
    pub spectra: DMatrix<f64>,
    /// How the run ended; absent while it has not.
    pub outcome: Option<Outcome>,
}

impl RunRecord {
    /// Reads a directory, whether or not a process works in it.
    ///
    /// # Errors
    /// [`Error::Io`] where there is no run, [`Error::Corrupt`] or [`Error::Syntax`] where a file
    /// is not what it should be.
    pub fn read(directory: impl AsRef<Path>) -> Result<Self, Error> {
        let directory = directory.as_ref();
        let scenario = read_scenario(directory)?;
        let dataset = read_dataset(directory, &scenario)?;
        let trace = store::read_rows(&directory.join(store::TRACE))?;
        let outcome = read_outcome(directory)?;
        let parameters = match &dataset {
            Some(data) => Shape::new(
                data.inputs().ncols(),
                scenario.spec().network.hidden,
                data.targets().ncols(),
            )?
            .parameters(),
            None => 2,
        };
        let (snapshot_steps, snapshots) = read_series(directory, store::SNAPSHOTS, parameters)?;
        let (spectrum_steps, spectra) = read_series(directory, store::SPECTRA, parameters)?;
        Ok(Self {
            trace: Trace::from_csv(&trace)?,
            scenario,
            dataset,
            snapshot_steps,
            snapshots,
            spectrum_steps,
            spectra,
            outcome,
        })
    }
}

pub(crate) fn read_scenario(directory: &Path) -> Result<Scenario, Error> {
    let path = directory.join(store::SCENARIO);
    let text = std::fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    Scenario::from_toml(&text)
}

/// How a run ended; `None` while it has not.
pub(crate) fn read_outcome(directory: &Path) -> Result<Option<Outcome>, Error> {
    let path = directory.join(store::OUTCOME);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(Error::io("read", &path))?,
    };
    let parsed = toml::from_str(&text);
    parsed
        .map(Some)
        .map_err(|error| Error::corrupt(&path, error.message()))
}

/// Writes down how a run ended.
pub(crate) fn write_outcome(directory: &Path, outcome: Outcome) -> Result<(), Error> {
    let text = toml::to_string(&outcome).map_err(|error| Error::Syntax {
        what: "outcome (TOML)",
        message: error.to_string(),
    })?;
    write_atomically(&directory.join(store::OUTCOME), text.as_bytes())
}

/// The stored data set; `None` in the valley, and where a run was killed before it was written.
pub(crate) fn read_dataset(
    directory: &Path,
    scenario: &Scenario,
) -> Result<Option<Dataset>, Error> {
    let path = directory.join(store::DATASET);
    if matches!(scenario.spec().task, TaskSpec::Valley(_)) || !path.exists() {
        return Ok(None);
    }
    dataset::read(path).map(Some)
}

/// Records from the raw file of a run that goes on, or else from the `.npz`.
pub(crate) fn read_series(
    directory: &Path,
    series: SeriesFile,
    width: usize,
) -> Result<(Vec<u64>, DMatrix<f64>), Error> {
    let raw = series.raw(directory);
    if raw.exists() {
        let (mut steps, mut values) = (Vec::new(), Vec::new());
        for record in Records::open(&raw, width)? {
            let (step, record) = record.map_err(Error::io("read", &raw))?;
            steps.push(step);
            values.extend(record);
        }
        let matrix = DMatrix::from_row_slice(steps.len(), width, &values);
        return Ok((steps, matrix));
    }
    let path = series.npz(directory);
    if !path.exists() {
        return Ok((Vec::new(), DMatrix::zeros(0, width)));
    }
    let mut arrays = npz::read(&path)?;
    let mut take = |name: &str| {
        arrays
            .remove(name)
            .ok_or_else(|| Error::corrupt(&path, format!("there is no array {name}")))
    };
    let steps = take("step")?
        .values
        .iter()
        .map(|&step| step as u64)
        .collect();
    let matrix = take(series.entries)?.to_matrix().ok_or_else(|| {
        Error::corrupt(
            &path,
            format!("array {} has more than two axes", series.entries),
        )
    })?;
    Ok((steps, matrix))
}
