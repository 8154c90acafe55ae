use std::ops::ControlFlow;
use std::path::Path;

use nalgebra::DMatrix;

use super::record::read_settings;
use super::sample::{csv_header, csv_row};
use super::simulation::State;
use super::{Observer, Sample, Settings, Simulation, read_samples};
use crate::checkpoint::Format;
use crate::run_directory::{Recorded, RecordedSeries, Recording, RunDirectory};
use crate::scenario::CheckpointSpec;
use crate::store;
use crate::{Error, Outcome};

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
pub struct Run(RunDirectory<Simulation>);

impl Run {
    /// Starts a run in a directory, which is made where it is missing.
    ///
    /// # Errors
    /// [`Error::DirectoryInUse`] where anything is in the directory, [`Error::Locked`],
    /// [`Error::Io`]. Nothing is ever overwritten.
    pub fn create(directory: impl AsRef<Path>, settings: &Settings) -> Result<Self, Error> {
        let simulation = Simulation::new(settings)?;
        let text = settings.to_toml();
        RunDirectory::create(directory.as_ref(), store::MATCHING, &text, simulation).map(Self)
    }

    /// Goes on with a run where its last checkpoint is, or reopens one that has ended.
    ///
    /// # Errors
    /// [`Error::Io`] where there is no run, [`Error::Locked`], [`Error::Corrupt`] where its files
    /// are damaged beyond the torn end that a kill leaves.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, Error> {
        let path = directory.as_ref();
        let settings = read_settings(path)?;
        RunDirectory::open(path, |_| Simulation::new(&settings)).map(Self)
    }

    /// The simulation, at the last step made.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        self.0.simulation()
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.0.path()
    }

    /// Runs to the end, or until the observer stops it; it can then go on, here or in another
    /// process. A run that has ended gives its outcome again.
    ///
    /// # Errors
    /// [`Error::Io`] where a file cannot be written: what was written before is whole, and the
    /// run can be resumed. [`Error::Corrupt`] where a resumed run gives other rows than are there.
    pub fn run<O: Observer + ?Sized>(&mut self, observer: &mut O) -> Result<Outcome, Error> {
        self.0.run(|simulation, recording| match recording {
            Some(recording) => simulation.run(&mut Recorder {
                every: simulation.settings().spec().recording.every,
                observer: &mut *observer,
                recording,
            }),
            None => simulation.run(observer),
        })
    }

    /// Saves the state, after what was recorded before it has reached the disk. A state with a
    /// synapse that is not finite is not saved: such a run is about to end.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save_checkpoint(&mut self) -> Result<(), Error> {
        self.0.save_checkpoint()
    }
}

impl Recorded for Simulation {
    type State = State;
    const FORMAT: Format = Format {
        magic: *b"driftsim",
        version: 1,
    };
    /// Even the shortest step costs many looks.
    const STEPS_A_LOOK: u64 = 1;

    fn checkpoint_spec(&self) -> CheckpointSpec {
        self.settings().spec().checkpoint
    }

    fn steps_done(&self) -> u64 {
        self.steps_done()
    }

    fn state(&self) -> Option<State> {
        self.state()
    }

    fn resume(&mut self, state: State, rows: &str, ended: bool) -> Result<(), Error> {
        let samples = read_samples(rows)?;
        // A state that is not finite was not saved: the last one is then an older one.
        let last = ended.then(|| samples.clone());
        self.restore(state, samples)?;
        if let Some(samples) = last {
            self.end(samples);
        }
        Ok(())
    }

    fn csv_header(&self) -> String {
        csv_header()
    }

    fn samples_taken(&self) -> usize {
        self.samples().len()
    }

    fn series(&self) -> Vec<RecordedSeries> {
        let (inputs, units) = self.responses_shape();
        let every = self.settings().spec().recording.every;
        let even = |sample: &&Sample| sample.step.is_multiple_of(every);
        vec![RecordedSeries {
            file: store::RESPONSES,
            width: inputs * units,
            records: self.samples().iter().filter(even).count(),
        }]
    }
}

/// An observer between the simulation and its directory.
struct Recorder<'a, 'files, O: ?Sized> {
    observer: &'a mut O,
    recording: &'a mut Recording<'files>,
    /// Steps between records that have their responses kept.
    every: u64,
}

impl<O: Observer + ?Sized> Observer for Recorder<'_, '_, O> {
    fn step(&mut self, step: u64) -> ControlFlow<()> {
        self.observer.step(step)?;
        self.recording.step(step)
    }

    fn sample(&mut self, sample: &Sample, responses: &DMatrix<f64>) -> ControlFlow<()> {
        let even = sample.step.is_multiple_of(self.every);
        let vectors = [even.then(|| responses.as_slice())];
        self.recording
            .sample(sample.step, &vectors, &csv_row(sample))?;
        self.observer.sample(sample, responses)
    }
}
