use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use nalgebra::DMatrix;

use super::record::{read_settings, read_trace};
use super::sample::{csv_header, csv_row};
use super::simulation::State;
use super::{Observer, Sample, Settings, Simulation, read_samples};
use crate::checkpoint::{Format, write_atomically};
use crate::record::{read_outcome, write_outcome};
use crate::store::{self, Locked, Rows, Series};
use crate::{Error, Outcome};

const FORMAT: Format = Format {
    magic: *b"driftsim",
    version: 1,
};

/// A [`Simulation`] that writes itself into a directory, and survives being killed.
///
/// | file | holds |
/// |---|---|
/// | `matching.toml` | the settings; running them again gives the same bits |
/// | `trace.csv` | a row a sample, written as soon as it is measured |
/// | `responses.npz` | `step` (k) and `responses` (k × inputs·units, all inputs of a unit side by side) at the even records, when the run ends or is stopped; `responses.bin` until it has ended |
/// | `checkpoint` | all that the steps to come depend on; `checkpoint.previous` is the one before |
/// | `outcome.toml` | how the run ended |
/// | `lock` | held by the process that works on the run |
///
/// A killed run loses at most the steps since its last checkpoint, and no row: a resumed run makes
/// the steps again and finds the same rows there. When it ends, its files have the same bytes as
/// those of a run that was never interrupted.
///
/// ```
/// use drift_sim::matching::{self, Run, RunRecord};
///
/// let parent = tempfile::tempdir()?;
/// let directory = parent.path().join("ring");
/// let mut ring = matching::preset("ring")?.into_unchecked();
/// ring.set_steps(100);
/// ring.set("network.units=10")?;
/// let mut run = Run::create(&directory, &ring.try_into()?)?;
/// run.run(&mut ())?;
/// drop(run);
/// assert_eq!(RunRecord::read(&directory)?.samples.last().unwrap().step, 100);
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
    responses: Series,
    every: u64,
}

impl Files {
    fn open(directory: &Locked, simulation: &Simulation) -> Result<Self, Error> {
        let (inputs, units) = simulation.responses_shape();
        Ok(Self {
            rows: Rows::open(directory.join(store::TRACE))?,
            responses: Series::open(directory.path(), store::RESPONSES, inputs * units)?,
            every: simulation.settings().spec().recording.every,
        })
    }

    fn put(&mut self, sample: &Sample, responses: &DMatrix<f64>) -> Result<(), Error> {
        if sample.step.is_multiple_of(self.every) {
            self.responses.put(sample.step, responses.as_slice())?;
        }
        // The row comes last: where it is, the rest is.
        self.rows.put(&csv_row(sample))
    }
}

impl Run {
    /// Starts a run in a directory, which is made where it is missing.
    ///
    /// # Errors
    /// [`Error::DirectoryInUse`] where anything is in the directory, [`Error::Locked`],
    /// [`Error::Io`]. Nothing is ever overwritten.
    pub fn create(directory: impl AsRef<Path>, settings: &Settings) -> Result<Self, Error> {
        let simulation = Simulation::new(settings)?;
        let directory = Locked::create(directory.as_ref())?;
        write_atomically(
            &directory.join(store::MATCHING),
            settings.to_toml().as_bytes(),
        )?;
        Self::start(directory, simulation)
    }

    /// Goes on with a run where its last checkpoint is, or reopens one that has ended.
    ///
    /// # Errors
    /// [`Error::Io`] where there is no run, [`Error::Locked`], [`Error::Corrupt`] where its files
    /// are damaged beyond the torn end that a kill leaves.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, Error> {
        let path = directory.as_ref();
        let settings = read_settings(path)?;
        let directory = Locked::open(path)?;
        let mut simulation = Simulation::new(&settings)?;
        let state: Option<State> = FORMAT.load(&directory.join(store::CHECKPOINT))?;
        let Some(state) = state else {
            return Self::start(directory, simulation);
        };
        let taken = state.samples;
        if read_outcome(path)?.is_some() {
            let samples = read_trace(path)?;
            simulation.restore(state, samples.clone())?;
            // A state that is not finite was not saved: the last one is then an older one.
            simulation.end(samples);
            return Ok(Self::with_files(directory, simulation, None));
        }
        let mut files = Files::open(&directory, &simulation)?;
        simulation.restore(state, read_samples(&files.rows.kept())?)?;
        // The header is row 0.
        files.rows.go_to(taken + 1);
        let even = |sample: &&Sample| sample.step.is_multiple_of(files.every);
        let kept = simulation.samples().iter().filter(even).count();
        files.responses.go_to(kept)?;
        Ok(Self::with_files(directory, simulation, Some(files)))
    }

    /// Writes what a run has before its first step.
    fn start(directory: Locked, simulation: Simulation) -> Result<Self, Error> {
        let mut files = Files::open(&directory, &simulation)?;
        files.rows.put(&csv_header())?;
        let mut run = Self::with_files(directory, simulation, Some(files));
        run.save_checkpoint()?;
        Ok(run)
    }

    fn with_files(directory: Locked, simulation: Simulation, files: Option<Files>) -> Self {
        Self {
            directory,
            simulation,
            files,
            broken: false,
        }
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
        let spec = self.simulation.settings().spec().checkpoint;
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
            let mut recorder = Recorder {
                observer,
                files,
                since: Instant::now(),
                interval: spec.seconds.map(Duration::from_secs_f64),
                every: spec.steps,
                checkpoint_due: false,
                failed: None,
            };
            let outcome = self.simulation.run(&mut recorder)?;
            let checkpoint_due = recorder.checkpoint_due;
            if let Some(error) = recorder.failed {
                self.broken = true;
                return Err(error);
            }
            self.save_checkpoint()?;
            if outcome.is_final() {
                self.finish(outcome)?;
                return Ok(outcome);
            }
            if !checkpoint_due {
                self.write_responses()?;
                return Ok(outcome);
            }
        }
    }

    /// Saves the state, after what was recorded before it has reached the disk. A state with a
    /// synapse that is not finite is not saved: such a run is about to end.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save_checkpoint(&mut self) -> Result<(), Error> {
        if let Some(files) = &self.files {
            files.rows.sync()?;
            files.responses.sync()?;
        }
        match self.simulation.state() {
            Some(state) => FORMAT.save(&state, &self.directory.join(store::CHECKPOINT)),
            None => Ok(()),
        }
    }

    fn write_responses(&self) -> Result<(), Error> {
        self.files
            .as_ref()
            .map_or(Ok(()), |files| files.responses.write_npz(store::RESPONSES))
    }

    fn finish(&mut self, outcome: Outcome) -> Result<(), Error> {
        self.write_responses()?;
        write_outcome(self.directory.path(), outcome)?;
        match self.files.take() {
            Some(files) => files.responses.remove(),
            None => Ok(()),
        }
    }
}

/// Writes samples as they come, and says when a checkpoint is due.
struct Recorder<'a, O: ?Sized> {
    observer: &'a mut O,
    files: &'a mut Files,
    since: Instant,
    interval: Option<Duration>,
    every: Option<u64>,
    checkpoint_due: bool,
    failed: Option<Error>,
}

impl<O: Observer + ?Sized> Observer for Recorder<'_, O> {
    fn step(&mut self, step: u64) -> ControlFlow<()> {
        self.observer.step(step)?;
        let by_time = self
            .interval
            .is_some_and(|interval| self.since.elapsed() >= interval);
        if by_time || self.every.is_some_and(|every| step.is_multiple_of(every)) {
            self.checkpoint_due = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn sample(&mut self, sample: &Sample, responses: &DMatrix<f64>) -> ControlFlow<()> {
        if let Err(error) = self.files.put(sample, responses) {
            self.failed = Some(error);
            return ControlFlow::Break(());
        }
        self.observer.sample(sample, responses)
    }
}
