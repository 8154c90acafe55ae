use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::row::{read_rows, rows_to_csv};
use super::{Experiment, Row, run_seed};
use crate::Error;
use crate::checkpoint::write_atomically;
use crate::store::Locked;

const EXPERIMENT: &str = "experiment.toml";
const TABLE: &str = "remapping.csv";
const SEEDS: &str = "seeds";

/// An experiment in a directory. Killed, it loses the seeds that were under way and no finished
/// one; opened again with the same experiment, it does what is missing. The experiment may be
/// opened again with another number of seeds.
///
/// | file | holds |
/// |---|---|
/// | `experiment.toml` | the experiment |
/// | `seeds/seed-N.csv` | the rows of one finished seed, written whole |
/// | `remapping.csv` | the rows of all seeds, once [`collect`](Self::collect)ed |
/// | `lock` | held by the process that works here |
#[derive(Debug)]
pub struct ExperimentDirectory {
    experiment: Experiment,
    directory: Locked,
    pending: Vec<u64>,
}

impl ExperimentDirectory {
    /// Opens `directory`, which is made where it is missing, for `experiment`.
    ///
    /// # Errors
    /// [`Error::DirectoryInUse`] where it holds another experiment or anything else,
    /// [`Error::Locked`] where another process works in it, [`Error::Io`].
    pub fn open(directory: impl AsRef<Path>, experiment: &Experiment) -> Result<Self, Error> {
        let directory = directory.as_ref();
        let directory = if directory.join(EXPERIMENT).exists() {
            Locked::open(directory)?
        } else {
            Locked::create(directory)?
        };
        let path = directory.join(EXPERIMENT);
        match fs::read_to_string(&path) {
            Ok(text) => {
                if without_seeds(&Experiment::from_toml(&text)?) != without_seeds(experiment) {
                    return Err(Error::DirectoryInUse {
                        path: directory.path().to_owned(),
                        holds: "another remapping experiment".to_owned(),
                    });
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("read", path)(error)),
        }
        write_atomically(&path, experiment.to_toml().as_bytes())?;
        let seeds = directory.join(SEEDS);
        fs::create_dir_all(&seeds).map_err(Error::io("create", &seeds))?;
        let pending = experiment
            .seeds()
            .filter(|&seed| !seed_path(directory.path(), seed).exists())
            .collect();
        Ok(Self {
            experiment: experiment.clone(),
            directory,
            pending,
        })
    }

    /// The experiment.
    #[must_use]
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// The seeds that are not finished, ascending.
    #[must_use]
    pub fn pending(&self) -> &[u64] {
        &self.pending
    }

    /// Runs what is pending, with the feature `rayon` on the threads of the present pool, and
    /// returns how many seeds are still pending: 0, unless `stop` became true. `finished` is
    /// called with every seed whose rows have reached the disk. The files do not depend on the
    /// number of threads.
    ///
    /// # Errors
    /// What [`run_seed`] says, or [`Error::Io`]; finished seeds stay.
    pub fn run(
        &mut self,
        stop: &(dyn Fn() -> bool + Sync),
        finished: &(dyn Fn(u64) + Sync),
    ) -> Result<usize, Error> {
        let one = |&seed: &u64| -> Result<(), Error> {
            if stop() {
                return Ok(());
            }
            if let Some(rows) = run_seed(&self.experiment, seed, stop)? {
                let path = seed_path(self.directory.path(), seed);
                write_atomically(&path, rows_to_csv(&rows).as_bytes())?;
                finished(seed);
            }
            Ok(())
        };
        #[cfg(feature = "rayon")]
        let result = {
            use rayon::prelude::*;
            self.pending.par_iter().with_max_len(1).try_for_each(one)
        };
        #[cfg(not(feature = "rayon"))]
        let result = self.pending.iter().try_for_each(one);
        let path = self.directory.path();
        self.pending.retain(|&seed| !seed_path(path, seed).exists());
        result.map(|()| self.pending.len())
    }

    /// The rows of the finished seeds, in the order of seed, step and change; written to
    /// `remapping.csv` as well.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Corrupt`] for a seed's file that is none.
    pub fn collect(&self) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        for seed in self.experiment.seeds() {
            let path = seed_path(self.directory.path(), seed);
            match fs::read_to_string(&path) {
                Ok(text) => {
                    rows.extend(read_rows(&text).map_err(|error| Error::corrupt(&path, error))?);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("read", path)(error)),
            }
        }
        write_atomically(&self.directory.join(TABLE), rows_to_csv(&rows).as_bytes())?;
        Ok(rows)
    }
}

fn seed_path(directory: &Path, seed: u64) -> PathBuf {
    directory.join(SEEDS).join(format!("seed-{seed}.csv"))
}

/// What must agree for two experiments to share a directory.
fn without_seeds(experiment: &Experiment) -> super::UncheckedExperiment {
    let mut spec = experiment.spec().clone();
    spec.seeds = 1;
    spec
}
