use std::path::Path;

use drift_engine::{Outcome, SeriesRecord, Trace};
use drift_env::Dataset;
use drift_net::Network;

use crate::{Error, Registry, Scenario, dataset};

/// What a run's directory holds, of a run that has ended or one that goes on, with its scenario
/// read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunRecord {
    /// The scenario.
    pub scenario: Scenario,
    /// The data set; absent where no network learns one.
    pub dataset: Option<Dataset>,
    /// The samples.
    pub trace: Trace,
    /// How the run ended; absent while it has not.
    pub outcome: Option<Outcome>,
    files: drift_engine::RunRecord,
}

impl RunRecord {
    /// Reads a directory, whether or not a process works in it, of a scenario with parts of ours.
    ///
    /// # Errors
    /// [`Error::Engine`] where there is no run or a file is not what it should be, and what the
    /// scenario refuses.
    pub fn read(directory: impl AsRef<Path>) -> Result<Self, Error> {
        Registry::new().read_run(directory)
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.files.directory()
    }

    /// Flat parameters at every sample (k × p), in [`drift_net::Network`]'s order, or the points
    /// in the valley.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub fn snapshots(&self) -> Result<SeriesRecord, Error> {
        self.series("snapshots")
    }

    /// Eigenvalues (m × p), ascending in each row, at the samples that have a spectrum.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub fn spectra(&self) -> Result<SeriesRecord, Error> {
        self.series("spectra")
    }

    /// All vectors of a series; none where the run has no series of this name.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub fn series(&self, name: &str) -> Result<SeriesRecord, Error> {
        Ok(self.files.series(name)?)
    }

    /// The vectors of a series whose places `choose` picks, ascending, from the steps of all:
    /// memory holds no others.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub fn chosen(
        &self,
        name: &str,
        choose: impl Fn(&[u64]) -> Vec<usize>,
    ) -> Result<SeriesRecord, Error> {
        Ok(self.files.chosen(name, choose)?)
    }

    /// At most `most` evenly spaced vectors of a series, the first and the last among them:
    /// memory holds no others.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub fn thinned(&self, name: &str, most: usize) -> Result<SeriesRecord, Error> {
        self.chosen(name, |steps| evenly(steps.len(), most))
    }

    /// The network of flat parameters of this run; `None` where no network learns.
    ///
    /// # Errors
    /// [`Error::Net`] for parameters that are no network of the scenario's.
    pub fn network(&self, parameters: Vec<f64>) -> Result<Option<Network>, Error> {
        let Some(data) = &self.dataset else {
            return Ok(None);
        };
        let spec = &self.scenario.spec().network;
        let shape =
            drift_net::Shape::new(data.inputs().ncols(), spec.hidden, data.targets().ncols())?;
        let network = Network::from_parameters(shape, parameters)?;
        Ok(Some(network.with_activation(spec.activation)?))
    }
}

/// At most `most` evenly spaced places of `count`, both ends among them.
pub(crate) fn evenly(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    let last = most.max(2) - 1;
    let mut places: Vec<usize> = (0..=last).map(|place| place * (count - 1) / last).collect();
    places.dedup();
    places
}

impl Registry {
    /// As [`RunRecord::read`], of a scenario with parts of one's own.
    ///
    /// # Errors
    /// As [`RunRecord::read`].
    pub fn read_run(&self, directory: impl AsRef<Path>) -> Result<RunRecord, Error> {
        let files = drift_engine::RunRecord::read(&directory)?;
        let scenario = self.scenario(&files.text)?;
        Ok(RunRecord {
            dataset: dataset::read_kept(directory.as_ref())?,
            trace: files.trace.clone(),
            outcome: files.outcome.clone(),
            scenario,
            files,
        })
    }
}
