use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use drift_net::{Network, Shape};

use crate::checkpoint::{Checkpoint, write_atomically};
use crate::dataset;
use crate::record::{read_dataset, read_scenario, write_outcome};
use crate::scenario::SpectrumKind;
use crate::store::{self, Locked, Rows, SNAPSHOTS, SPECTRA, Series};
use crate::{Error, Observer, Outcome, Sample, Scenario, Simulation, Trace};

/// A simulation that writes itself into a directory, and survives being killed.
///
/// | file | holds |
/// |---|---|
/// | `scenario.toml` | the whole scenario; running it again gives the same bits |
/// | `dataset.npz` | `inputs`, `targets`, `position`, `heading`, `environment`; not in the valley |
/// | `trace.csv` | a row a sampling point, written as soon as it is measured |
/// | `snapshots.npz` | `step` (k) and `parameters` (k × p), when the run ends or is stopped; `snapshots.bin` until it has ended |
/// | `spectra.npz` | `step` (m) and `eigenvalues` (m × p), where the scenario asks for eigenvalues; likewise |
/// | `checkpoint` | all that the steps to come depend on; `checkpoint.previous` is the one before |
/// | `outcome.toml` | how the run ended |
/// | `lock` | held by the process that works on the run |
///
/// A killed run loses at most the steps since its last checkpoint, and no row or snapshot: a
/// resumed run makes the steps again and finds the same rows there. When it ends, its files have
/// the same bytes as those of a run that was never interrupted.
///
/// ```
/// use drift_sim::{Run, RunRecord, presets};
///
/// let parent = tempfile::tempdir()?;
/// let directory = parent.path().join("run");
/// let mut unchecked = presets::preset("random-sgd-update")?.into_unchecked();
/// unchecked.set("steps=500")?;
/// let mut run = Run::create(&directory, &unchecked.try_into()?)?;
/// run.run(&mut ())?;
/// drop(run);
///
/// let record = RunRecord::read(&directory)?;
/// assert_eq!(record.snapshots.nrows(), record.trace.samples().len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Run {
    directory: Locked,
    simulation: Simulation,
    /// Absent once the run has ended.
    files: Option<Files>,
    /// A write failed after the simulation had moved on: only the files know where to go on.
    broken: bool,
}

/// The files that grow.
#[derive(Debug)]
struct Files {
    rows: Rows,
    snapshots: Series,
    spectra: Option<Series>,
}

impl Run {
    /// Starts a run in a directory, which is made where it is missing.
    ///
    /// # Errors
    /// [`Error::DirectoryInUse`] where anything is in the directory, [`Error::Locked`],
    /// [`Error::Io`], and what [`Simulation::new`] refuses. Nothing is ever overwritten.
    pub fn create(directory: impl AsRef<Path>, scenario: &Scenario) -> Result<Self, Error> {
        // What a scenario refuses shall not leave a directory behind.
        let simulation = Simulation::new(scenario)?;
        let directory = Locked::create(directory.as_ref())?;
        write_atomically(
            &directory.join(store::SCENARIO),
            scenario.to_toml().as_bytes(),
        )?;
        let mut run = Self {
            files: None,
            broken: false,
            directory,
            simulation,
        };
        run.write_start()?;
        Ok(run)
    }

    /// Goes on with a run where its last checkpoint is, or reopens one that has ended.
    ///
    /// # Errors
    /// [`Error::Io`] where there is no run, [`Error::Locked`], [`Error::Corrupt`] where its files
    /// are damaged beyond the torn end that a kill leaves.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, Error> {
        let path = directory.as_ref();
        let scenario = read_scenario(path)?;
        let directory = Locked::open(path)?;
        let checkpoint = Checkpoint::load(&directory.join(store::CHECKPOINT))?;
        let stored = read_dataset(path, &scenario)?;
        let simulation = match (stored, &checkpoint) {
            // The checkpoint holds the parameters: the file that they started from may be gone.
            (Some(dataset), Some(_)) => {
                let shape = Shape::new(
                    dataset.inputs().ncols(),
                    scenario.spec().network.hidden,
                    dataset.targets().ncols(),
                )?;
                let blank = Network::from_parameters(shape, vec![0.0; shape.parameters()])?
                    .with_activation(scenario.spec().network.activation)?;
                Simulation::with_network(&scenario, dataset, blank)?
            }
            (Some(dataset), None) => Simulation::with_dataset(&scenario, dataset)?,
            (None, _) => Simulation::new(&scenario)?,
        };
        let mut run = Self {
            files: None,
            broken: false,
            directory,
            simulation,
        };
        match checkpoint {
            None => run.write_start()?,
            Some(checkpoint) => run.restore(checkpoint)?,
        }
        Ok(run)
    }

    /// Writes what a run has before its first step.
    fn write_start(&mut self) -> Result<(), Error> {
        if let Some(data) = self.simulation.dataset() {
            dataset::write(self.directory.join(store::DATASET), data)?;
        }
        let mut files = self.open_files()?;
        files.rows.put(&self.simulation.trace().csv_header())?;
        self.files = Some(files);
        self.save_checkpoint()
    }

    fn restore(&mut self, checkpoint: Checkpoint) -> Result<(), Error> {
        let ended = checkpoint.outcome.is_some() && self.directory.join(store::OUTCOME).exists();
        let mut files = self.open_files_unless(ended)?;
        let rows = match &files {
            Some(files) => files.rows.kept(),
            None => {
                let path = self.directory.join(store::TRACE);
                std::fs::read_to_string(&path).map_err(Error::io("read", path))?
            }
        };
        let samples = checkpoint.samples;
        let trace = if rows.is_empty() {
            Trace::new(self.simulation.scenario().spec().spectrum.samples > 0)
        } else {
            Trace::from_csv(&rows)?
        };
        self.simulation.restore(checkpoint, trace)?;
        if let Some(files) = &mut files {
            // The header is row 0.
            files.rows.go_to(samples + 1);
            files.snapshots.go_to(samples)?;
            if let Some(spectra) = &mut files.spectra {
                let taken = self.simulation.trace().samples().iter();
                spectra.go_to(taken.filter(|sample| sample.spectrum.is_some()).count())?;
            }
        }
        self.files = files;
        Ok(())
    }

    fn open_files_unless(&self, ended: bool) -> Result<Option<Files>, Error> {
        if ended {
            return Ok(None);
        }
        self.open_files().map(Some)
    }

    fn open_files(&self) -> Result<Files, Error> {
        let parameters = self.simulation.parameters().len();
        let directory = self.directory.path();
        let spectrum = &self.simulation.scenario().spec().spectrum;
        let spectra = spectrum.samples > 0 && spectrum.kind != SpectrumKind::Trace;
        Ok(Files {
            rows: Rows::open(self.directory.join(store::TRACE))?,
            snapshots: Series::open(directory, SNAPSHOTS, parameters)?,
            spectra: spectra
                .then(|| Series::open(directory, SPECTRA, parameters))
                .transpose()?,
        })
    }

    /// The simulation, at the last step made.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Runs to the end, or until the observer stops it; it can then go on, here or in another
    /// process. A run that has ended gives its outcome again.
    ///
    /// # Errors
    /// [`Error::Io`] where a file cannot be written: what was written before is whole, and the
    /// run can be resumed. [`Error::Corrupt`] where a resumed run gives other rows than are there.
    pub fn run<O: Observer + ?Sized>(&mut self, observer: &mut O) -> Result<Outcome, Error> {
        let spec = self.simulation.scenario().spec().checkpoint;
        let steps = self.simulation.scenario().steps();
        let interval = spec.seconds.map(Duration::from_secs_f64);
        loop {
            if self.broken {
                return Err(Error::corrupt(
                    self.directory.path(),
                    "a file could not be written; open the run again to go on",
                ));
            }
            let Some(files) = &mut self.files else {
                return self.simulation.run(observer);
            };
            let target = spec.steps.map_or(steps, |every| {
                (self.simulation.steps_done() / every + 1).saturating_mul(every)
            });
            let mut recorder = Recorder {
                observer,
                files,
                since: Instant::now(),
                interval,
                checkpoint_due: false,
                failed: None,
            };
            let reached = self
                .simulation
                .run_until(target.min(steps), &mut recorder)?;
            let checkpoint_due = recorder.checkpoint_due;
            if let Some(error) = recorder.failed {
                self.broken = true;
                return Err(error);
            }
            self.save_checkpoint()?;
            match reached {
                Some(outcome) if outcome.is_final() => {
                    self.finish(outcome)?;
                    return Ok(outcome);
                }
                Some(stopped) if !checkpoint_due => {
                    self.write_arrays()?;
                    return Ok(stopped);
                }
                _ => {}
            }
        }
    }

    /// Saves the state, after what was recorded before it has reached the disk.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save_checkpoint(&mut self) -> Result<(), Error> {
        if let Some(files) = &self.files {
            files.rows.sync()?;
            files.snapshots.sync()?;
            if let Some(spectra) = &files.spectra {
                spectra.sync()?;
            }
        }
        let path = self.directory.join(store::CHECKPOINT);
        self.simulation.checkpoint().save(&path)
    }

    fn write_arrays(&self) -> Result<(), Error> {
        if let Some(files) = &self.files {
            files.snapshots.write_npz("parameters")?;
            if let Some(spectra) = &files.spectra {
                spectra.write_npz("eigenvalues")?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, outcome: Outcome) -> Result<(), Error> {
        self.write_arrays()?;
        write_outcome(self.directory.path(), outcome)?;
        if let Some(files) = self.files.take() {
            files.snapshots.remove()?;
            if let Some(spectra) = files.spectra {
                spectra.remove()?;
            }
        }
        Ok(())
    }
}

/// Writes samples as they come, and says when a checkpoint is due.
struct Recorder<'a, O: ?Sized> {
    observer: &'a mut O,
    files: &'a mut Files,
    since: Instant,
    interval: Option<Duration>,
    checkpoint_due: bool,
    failed: Option<Error>,
}

/// A look at the clock takes a percent of the shortest steps, so not every step has one.
const STEPS_A_LOOK: u64 = 64;

impl<O: Observer + ?Sized> Observer for Recorder<'_, O> {
    #[inline]
    fn step(&mut self, step: u64, loss: f64) -> ControlFlow<()> {
        self.observer.step(step, loss)?;
        if step.is_multiple_of(STEPS_A_LOOK)
            && self
                .interval
                .is_some_and(|interval| self.since.elapsed() >= interval)
        {
            self.checkpoint_due = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn sample(&mut self, sample: &Sample, simulation: &Simulation) -> ControlFlow<()> {
        let files = &mut self.files;
        let mut record = || -> Result<(), Error> {
            files.snapshots.put(sample.step, &simulation.parameters())?;
            if sample.spectrum.is_some()
                && let Some(spectra) = &mut files.spectra
            {
                spectra.put(sample.step, simulation.eigenvalues())?;
            }
            // The row comes last: where it is, the rest is.
            files.rows.put(&simulation.trace().csv_row(sample))
        };
        if let Err(error) = record() {
            self.failed = Some(error);
            return ControlFlow::Break(());
        }
        self.observer.sample(sample, simulation)
    }
}
