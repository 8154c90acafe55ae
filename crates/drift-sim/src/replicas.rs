use std::borrow::Cow;
use std::path::{Path, PathBuf};

use drift_engine::{Outcome, System as _, Trace, write_atomically};
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::check::in_range;
use crate::scenario::{deserialize, from_value, table_of, tree_of};
use crate::{Error, Registry, RunRecord, Scenario};

/// One seed's run of a scenario.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Replica {
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Its samples.
    pub trace: Trace,
    /// Its last parameters: the last vector of the system's first series, empty where there is none.
    pub parameters: Vec<f64>,
}

/// Runs a scenario with each of several seeds, in memory; with the feature `rayon` on all cores.
/// The results, in the order of the seeds, do not depend on the number of threads.
///
/// ```
/// use drift_sim::{presets, run_replicas};
///
/// let mut unchecked = presets::preset("random-sgd")?.into_unchecked();
/// unchecked.set("steps=200")?;
/// let replicas = run_replicas(&unchecked.try_into()?, &[0, 1, 2])?;
/// assert_eq!(replicas.len(), 3);
/// assert_ne!(replicas[0].trace, replicas[1].trace);
/// # Ok::<(), drift_sim::Error>(())
/// ```
///
/// # Errors
/// The first error, in the order of the seeds.
pub fn run_replicas(scenario: &Scenario, seeds: &[u64]) -> Result<Vec<Replica>, Error> {
    let one = |&seed: &u64| -> Result<Replica, Error> {
        let scenario = scenario.with_seed(seed)?;
        let mut simulation = Registry::new().simulation(&scenario)?;
        let outcome = simulation.run(&mut ())?;
        let last = simulation.system().vector(0, simulation.steps_done());
        Ok(Replica {
            seed,
            outcome,
            parameters: last.map(Cow::into_owned).unwrap_or_default(),
            trace: simulation.trace().clone(),
        })
    };
    in_parallel(seeds, one).into_iter().collect()
}

#[cfg(feature = "rayon")]
fn in_parallel<T: Send>(seeds: &[u64], one: impl Fn(&u64) -> T + Sync + Send) -> Vec<T> {
    use rayon::prelude::*;
    seeds.par_iter().with_max_len(1).map(one).collect()
}

#[cfg(not(feature = "rayon"))]
fn in_parallel<T: Send>(seeds: &[u64], one: impl Fn(&u64) -> T + Sync + Send) -> Vec<T> {
    seeds.iter().map(one).collect()
}

const FILE: &str = "replicas.toml";

/// A scenario with several seeds, each a run in a directory of its own. Killed, it loses no more
/// than its runs do; opened again with the same scenario, it does what is missing, also with
/// another number of seeds.
///
/// | file | holds |
/// |---|---|
/// | `replicas.toml` | the scenario, and how many seeds from its own on |
/// | `seed-N/` | the run of seed N |
#[derive(Debug)]
pub struct Replicas {
    scenario: Scenario,
    seeds: u64,
    directory: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    seeds: u64,
    scenario: Value,
}

impl Replicas {
    /// Opens `directory`, which is made where it is missing, for `seeds` runs of a scenario.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for no seeds, more than 10⁶ or one beyond 2⁶³ − 1, and where the
    /// directory holds another scenario or something else; [`Error::Engine`].
    pub fn open(
        directory: impl AsRef<Path>,
        scenario: &Scenario,
        seeds: u64,
    ) -> Result<Self, Error> {
        let directory = directory.as_ref();
        let last = scenario.seed().saturating_add(seeds);
        in_range(
            "seeds",
            seeds,
            (1..=1_000_000).contains(&seeds) && last <= i64::MAX as u64,
            "1 to 1000000, with the last seed below 2^63",
        )?;
        let path = directory.join(FILE);
        let written = Written {
            seeds,
            scenario: tree_of(scenario.spec())?,
        };
        if path.exists() {
            let found: Written = read(&path)?;
            if found.scenario != written.scenario {
                return Err(Error::Engine(drift_engine::Error::DirectoryInUse {
                    path: directory.to_owned(),
                    holds: "runs of another scenario".to_owned(),
                }));
            }
        } else {
            let io = |action| drift_engine::Error::io(action, directory);
            std::fs::create_dir_all(directory).map_err(io("create"))?;
            for entry in std::fs::read_dir(directory).map_err(io("read"))? {
                let name = entry.map_err(io("read"))?.file_name();
                // What a process killed before its first file was whole leaves.
                if name != "replicas.toml.tmp" {
                    return Err(Error::Engine(drift_engine::Error::DirectoryInUse {
                        path: directory.to_owned(),
                        holds: name.to_string_lossy().into_owned(),
                    }));
                }
            }
        }
        let text = toml::to_string(&written).expect("a checked scenario is TOML");
        write_atomically(&path, text.as_bytes())?;
        Ok(Self {
            scenario: scenario.clone(),
            seeds,
            directory: directory.to_owned(),
        })
    }

    /// Whether a directory holds replicas.
    #[must_use]
    pub fn are_in(directory: impl AsRef<Path>) -> bool {
        directory.as_ref().join(FILE).is_file()
    }

    /// Opens what a directory holds.
    ///
    /// # Errors
    /// [`Error::Engine`] where it holds no replicas, and what the scenario refuses.
    pub fn reopen(directory: impl AsRef<Path>, registry: &Registry) -> Result<Self, Error> {
        let directory = directory.as_ref();
        let found: Written = read(&directory.join(FILE))?;
        let scenario = from_value(found.scenario, registry)?.try_into()?;
        Self::open(directory, &scenario, found.seeds)
    }

    /// The scenario, with the first seed.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The seeds, ascending.
    #[must_use]
    pub fn seeds(&self) -> std::ops::Range<u64> {
        self.scenario.seed()..self.scenario.seed() + self.seeds
    }

    fn run_directory(&self, seed: u64) -> PathBuf {
        self.directory.join(format!("seed-{seed}"))
    }

    fn has_ended(&self, seed: u64) -> bool {
        self.run_directory(seed).join("outcome.toml").exists()
    }

    /// The seeds whose runs have not ended, ascending.
    #[must_use]
    pub fn pending(&self) -> Vec<u64> {
        self.seeds().filter(|&seed| !self.has_ended(seed)).collect()
    }

    /// Runs what is pending, with the feature `rayon` on the threads of the present pool, and
    /// returns how many seeds are still pending: 0, unless `stop` became true. `finished` is
    /// called with every seed whose run has ended. The files do not depend on the number of
    /// threads.
    ///
    /// # Errors
    /// As [`Registry::open_run`]; what was recorded stays.
    pub fn run(
        &mut self,
        registry: &Registry,
        stop: &(dyn Fn() -> bool + Sync),
        finished: &(dyn Fn(u64) + Sync),
    ) -> Result<usize, Error> {
        let one = |&seed: &u64| -> Result<(), Error> {
            if stop() {
                return Ok(());
            }
            let directory = self.run_directory(seed);
            let mut run = if directory.join(drift_engine::SCENARIO).exists() {
                registry.open_run(&directory)?
            } else {
                registry.create_run(&directory, &self.scenario.with_seed(seed)?)?
            };
            if run.run(&mut StopWhen(stop))?.is_final() {
                finished(seed);
            }
            Ok(())
        };
        let results = in_parallel(&self.pending(), one);
        results.into_iter().collect::<Result<(), Error>>()?;
        Ok(self.pending().len())
    }

    /// The records of the runs that have ended, in the order of the seeds.
    ///
    /// # Errors
    /// As [`RunRecord::read`].
    pub fn records(&self, registry: &Registry) -> Result<Vec<RunRecord>, Error> {
        let ended = self.seeds().filter(|&seed| self.has_ended(seed));
        ended
            .map(|seed| registry.read_run(self.run_directory(seed)))
            .collect()
    }
}

fn read(path: &Path) -> Result<Written, Error> {
    let text = std::fs::read_to_string(path).map_err(drift_engine::Error::io("read", path))?;
    deserialize(
        Value::Table(table_of(&text, "replicas (TOML)")?),
        "replicas",
    )
}

/// Stops a run when a wish becomes true.
struct StopWhen<'a>(&'a (dyn Fn() -> bool + Sync));

impl<S: ?Sized> drift_engine::Observer<S> for StopWhen<'_> {
    fn step(&mut self, step: u64, _loss: f64) -> std::ops::ControlFlow<()> {
        if step.is_multiple_of(256) && (self.0)() {
            return std::ops::ControlFlow::Break(());
        }
        std::ops::ControlFlow::Continue(())
    }
}
