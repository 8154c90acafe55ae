use std::ops::ControlFlow;
use std::path::Path;

use drift_net::{Network, Shape};

use crate::checkpoint::{self, Format};
use crate::dataset;
use crate::record::{read_dataset, read_scenario};
use crate::run_directory::{Recorded, RecordedSeries, Recording, RunDirectory};
use crate::scenario::{CheckpointSpec, SpectrumKind};
use crate::store::{self, Locked};
use crate::{Checkpoint, Error, Observer, Outcome, Sample, Scenario, Simulation, Trace};

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
pub struct Run(RunDirectory<Simulation>);

impl Run {
    /// Starts a run in a directory, which is made where it is missing.
    ///
    /// # Errors
    /// [`Error::DirectoryInUse`] where anything is in the directory, [`Error::Locked`],
    /// [`Error::Io`], and what [`Simulation::new`] refuses. Nothing is ever overwritten.
    pub fn create(directory: impl AsRef<Path>, scenario: &Scenario) -> Result<Self, Error> {
        // What a scenario refuses shall not leave a directory behind.
        let simulation = Simulation::new(scenario)?;
        let text = scenario.to_toml();
        RunDirectory::create(directory.as_ref(), store::SCENARIO, &text, simulation).map(Self)
    }

    /// Goes on with a run where its last checkpoint is, or reopens one that has ended.
    ///
    /// # Errors
    /// [`Error::Io`] where there is no run, [`Error::Locked`], [`Error::Corrupt`] where its files
    /// are damaged beyond the torn end that a kill leaves.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, Error> {
        let path = directory.as_ref();
        let scenario = read_scenario(path)?;
        RunDirectory::open(path, |resumes| build(path, &scenario, resumes)).map(Self)
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
                observer: &mut *observer,
                recording,
            }),
            None => simulation.run(observer),
        })
    }

    /// Saves the state, after what was recorded before it has reached the disk.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save_checkpoint(&mut self) -> Result<(), Error> {
        self.0.save_checkpoint()
    }
}

/// The simulation of a directory before its first step, with parameters of its own unless it
/// `resumes` from a checkpoint, which holds them.
fn build(path: &Path, scenario: &Scenario, resumes: bool) -> Result<Simulation, Error> {
    match read_dataset(path, scenario)? {
        // The file that the parameters started from may be gone.
        Some(dataset) if resumes => {
            let network = &scenario.spec().network;
            let shape = Shape::new(
                dataset.inputs().ncols(),
                network.hidden,
                dataset.targets().ncols(),
            )?;
            let blank = Network::from_parameters(shape, vec![0.0; shape.parameters()])?
                .with_activation(network.activation)?;
            Simulation::with_network(scenario, dataset, blank)
        }
        Some(dataset) => Simulation::with_dataset(scenario, dataset),
        None => Simulation::new(scenario),
    }
}

impl Recorded for Simulation {
    type State = Checkpoint;
    const FORMAT: Format = checkpoint::FORMAT;
    const STEPS_A_LOOK: u64 = 64;

    fn checkpoint_spec(&self) -> CheckpointSpec {
        self.scenario().spec().checkpoint
    }

    fn steps_done(&self) -> u64 {
        self.steps_done()
    }

    fn state(&self) -> Option<Checkpoint> {
        Some(self.checkpoint())
    }

    fn resume(&mut self, state: Checkpoint, rows: &str, _ended: bool) -> Result<(), Error> {
        self.restore(state, Trace::from_csv(rows)?)
    }

    fn write_data(&self, directory: &Locked) -> Result<(), Error> {
        match self.dataset() {
            Some(data) => dataset::write(directory.join(store::DATASET), data),
            None => Ok(()),
        }
    }

    fn csv_header(&self) -> String {
        self.trace().csv_header()
    }

    fn samples_taken(&self) -> usize {
        self.trace().samples().len()
    }

    fn series(&self) -> Vec<RecordedSeries> {
        let samples = self.trace().samples();
        let width = self.parameters().len();
        let mut series = vec![RecordedSeries {
            file: store::SNAPSHOTS,
            width,
            records: samples.len(),
        }];
        let spectrum = &self.scenario().spec().spectrum;
        if spectrum.samples > 0 && spectrum.kind != SpectrumKind::Trace {
            let with_spectrum = samples.iter().filter(|sample| sample.spectrum.is_some());
            series.push(RecordedSeries {
                file: store::SPECTRA,
                width,
                records: with_spectrum.count(),
            });
        }
        series
    }
}

/// An observer between the simulation and its directory.
struct Recorder<'a, 'files, O: ?Sized> {
    observer: &'a mut O,
    recording: &'a mut Recording<'files>,
}

impl<O: Observer + ?Sized> Observer for Recorder<'_, '_, O> {
    #[inline]
    fn step(&mut self, step: u64, loss: f64) -> ControlFlow<()> {
        self.observer.step(step, loss)?;
        self.recording.step(step)
    }

    fn sample(&mut self, sample: &Sample, simulation: &Simulation) -> ControlFlow<()> {
        let parameters = simulation.parameters();
        let vectors = [
            Some(&parameters[..]),
            sample.spectrum.map(|_| simulation.eigenvalues()),
        ];
        let row = simulation.trace().csv_row(sample);
        self.recording.sample(sample.step, &vectors, &row)?;
        self.observer.sample(sample, simulation)
    }
}
