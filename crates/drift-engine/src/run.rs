use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use crate::checkpoint::CheckpointClock;
use crate::files::{Locked, entries, if_there, name, write_atomically};
use crate::rows::{Rows, SeriesRecord, Vectors, read_trace};
use crate::{Checkpoint, Error, Moment, Observer, Outcome, Simulation, System, Trace};

/// The text that says what is run.
pub const SCENARIO: &str = "scenario.toml";
const TRACE: &str = "trace.csv";
const CHECKPOINT: &str = "checkpoint";
const OUTCOME: &str = "outcome.toml";
const LOCK: &str = "lock";

/// A simulation that writes itself into a directory, and survives being killed.
///
/// | file | holds |
/// |---|---|
/// | `scenario.toml` | the text that says what is run |
/// | what [`System::write_data`] writes | data that the run does not make again |
/// | `trace.csv` | a row a sampling point, written as soon as it is measured |
/// | `NAME.npz` | `step` (k) and the vectors (k × width) of a [`Series`](crate::Series), when the run ends or is stopped; `NAME.bin` until it has ended |
/// | `checkpoint` | all that the steps to come depend on; `checkpoint.previous` is the one before |
/// | `outcome.toml` | how the run ended |
/// | `lock` | held by the process that works on the run |
///
/// A killed run loses at most the steps since its last checkpoint, and no row or vector: a resumed
/// run makes the steps again and finds the same rows there. When it ends, its files have the same
/// bytes as those of a run that was never interrupted. What is damaged and can be made again is
/// made again, from an older checkpoint or from the start, and [`notes`](Self::notes) say so.
#[derive(Debug)]
pub struct Run<S> {
    directory: Locked,
    simulation: Simulation<S>,
    /// Absent once the run has ended.
    files: Option<Files>,
    /// A write failed after the simulation had moved on: only the files know where to go on.
    broken: bool,
    notes: Vec<String>,
}

impl<S: System> Run<S> {
    /// Starts a run in a directory, which is made where it is missing, with `text` as its
    /// `scenario.toml`.
    ///
    /// # Errors
    /// [`Error::DirectoryInUse`] where anything is in the directory, [`Error::Locked`],
    /// [`Error::Io`]. Nothing is ever overwritten.
    pub fn create(
        directory: impl AsRef<Path>,
        text: &str,
        simulation: Simulation<S>,
    ) -> Result<Self, Error> {
        let path = directory.as_ref();
        fs::create_dir_all(path).map_err(Error::io("create", path))?;
        // Before the lock's file is made, so that a refused directory stays as it was, and once
        // more under the lock, in case another process was faster.
        check_empty(path)?;
        let directory = Locked::lock(path, LOCK)?;
        check_empty(path)?;
        write_atomically(&directory.join(SCENARIO), text.as_bytes())?;
        Self::start(directory, simulation, Vec::new())
    }

    /// Goes on with a run where its last checkpoint is, or reopens one that has ended. `build`
    /// makes the simulation before its first step from the text of `scenario.toml`.
    ///
    /// # Errors
    /// [`Error::Io`] where there is no run, [`Error::Locked`], [`Error::OtherSystem`] where the
    /// run was made with other settings or data, what `build` says.
    pub fn open(
        directory: impl AsRef<Path>,
        build: impl FnOnce(&str) -> Result<Simulation<S>, Error>,
    ) -> Result<Self, Error> {
        let path = directory.as_ref();
        let scenario = path.join(SCENARIO);
        let text = fs::read_to_string(&scenario).map_err(Error::io("read", &scenario))?;
        let directory = Locked::lock(path, LOCK)?;
        let mut simulation = build(&text)?;
        let (checkpoints, damaged) = Checkpoint::load_all(&directory.join(CHECKPOINT));
        let mut notes: Vec<String> = damaged.iter().map(ToString::to_string).collect();
        if let Some(outcome) = read_outcome(path)? {
            let mut trace = read_trace(&directory.join(TRACE))?;
            trace.take_columns_of(simulation.trace());
            if let Some(checkpoint) = checkpoints.first() {
                simulation.restore(checkpoint, trace.clone())?;
            }
            simulation.end(trace, outcome);
            return Ok(Self {
                directory,
                simulation,
                files: None,
                broken: false,
                notes,
            });
        }
        if checkpoints.is_empty() && damaged.is_empty() {
            return Self::start(directory, simulation, notes);
        }
        let mut files = Files::open(&directory, &simulation, &mut notes)?;
        let mut resumed = false;
        for checkpoint in &checkpoints {
            if files.hold(checkpoint) {
                simulation.restore(checkpoint, files.rows.kept().clone())?;
                files.go_to(checkpoint);
                resumed = true;
                break;
            }
            notes.push(format!(
                "rows or vectors before step {} are lost; they are made again",
                checkpoint.step
            ));
        }
        if !resumed {
            notes.push("no checkpoint can be used; the run is made again from its start".into());
        }
        Ok(Self {
            directory,
            simulation,
            files: Some(files),
            broken: false,
            notes,
        })
    }

    /// Writes what a run has before its first step.
    fn start(
        directory: Locked,
        simulation: Simulation<S>,
        mut notes: Vec<String>,
    ) -> Result<Self, Error> {
        simulation.system().write_data(directory.path())?;
        let files = Files::open(&directory, &simulation, &mut notes)?;
        if directory.is_by_file() {
            notes.push(format!(
                "{} is on a file system without locks; the file {LOCK}.host stands for one",
                directory.path().display()
            ));
        }
        let mut run = Self {
            directory,
            simulation,
            files: Some(files),
            broken: false,
            notes,
        };
        run.save_checkpoint()?;
        Ok(run)
    }

    /// The simulation, at the last step made.
    #[must_use]
    pub fn simulation(&self) -> &Simulation<S> {
        &self.simulation
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What a person should know of how the run was opened: what was damaged and is made again,
    /// what stands for a lock.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Runs to the end, or until the observer stops it; it can then go on, here or in another
    /// process. A run that has ended gives its outcome again.
    ///
    /// # Errors
    /// [`Error::Io`] where a file cannot be written: what was written before is whole, and the
    /// run can be resumed. [`Error::Corrupt`] where a resumed run gives other rows than are there.
    pub fn run<O: Observer<S> + ?Sized>(&mut self, observer: &mut O) -> Result<Outcome, Error> {
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
            let clock = CheckpointClock::new(
                self.simulation.plan().checkpoint(),
                self.simulation.steps_done(),
            );
            let mut recorder = Recorder {
                observer: &mut *observer,
                files,
                clock,
                checkpoint_due: false,
                failed: false,
            };
            let outcome = self.simulation.run(&mut recorder);
            let checkpoint_due = recorder.checkpoint_due;
            self.broken = recorder.failed;
            let outcome = outcome?;
            self.save_checkpoint()?;
            if outcome.is_final() {
                self.finish(&outcome)?;
                return Ok(outcome);
            }
            if !checkpoint_due {
                if let Some(files) = &self.files {
                    files.write_arrays()?;
                }
                return Ok(outcome);
            }
        }
    }

    /// Saves the state, where it can be stored, after what was recorded before it has reached the
    /// disk.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save_checkpoint(&mut self) -> Result<(), Error> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        files.sync()?;
        match self.simulation.checkpoint() {
            Some(mut checkpoint) => {
                checkpoint.records = files.series.iter().map(Vectors::records).collect();
                checkpoint.save(&self.directory.join(CHECKPOINT))
            }
            None => Ok(()),
        }
    }

    fn finish(&mut self, outcome: &Outcome) -> Result<(), Error> {
        if let Some(files) = &self.files {
            files.write_arrays()?;
        }
        let text = toml::to_string(outcome).expect("a step and two texts are TOML");
        write_atomically(&self.directory.join(OUTCOME), text.as_bytes())?;
        let series = self.files.take().map(|files| files.series);
        // What the arrays hold as well.
        series.into_iter().flatten().try_for_each(Vectors::remove)
    }
}

/// Refuses a directory in which anything but the lock and the beginning of a first file is.
fn check_empty(path: &Path) -> Result<(), Error> {
    for entry in entries(path)? {
        let name = name(&entry);
        // What a process killed before its first file was whole leaves.
        if name == LOCK || name == "lock.host" || name == "scenario.toml.tmp" {
            continue;
        }
        let holds = if path.join(SCENARIO).exists() {
            "a run".to_owned()
        } else {
            name.into_owned()
        };
        return Err(Error::DirectoryInUse {
            path: path.to_owned(),
            holds,
        });
    }
    Ok(())
}

/// How a run ended; `None` while it has not.
fn read_outcome(directory: &Path) -> Result<Option<Outcome>, Error> {
    let path = directory.join(OUTCOME);
    let text = if_there(fs::read_to_string(&path), "read", &path)?;
    let parsed = text.map(|text| toml::from_str(&text)).transpose();
    parsed.map_err(|error| Error::corrupt(&path, error.message()))
}

/// The files that grow.
#[derive(Debug)]
struct Files {
    rows: Rows,
    series: Vec<Vectors>,
}

impl Files {
    fn open<S: System>(
        directory: &Locked,
        simulation: &Simulation<S>,
        notes: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let series = simulation.system().series().into_iter();
        let series = series.map(|series| Vectors::open(directory.path(), series));
        Ok(Self {
            rows: Rows::open(directory.join(TRACE), simulation.trace(), notes)?,
            series: series.collect::<Result<_, _>>()?,
        })
    }

    /// Whether everything that was recorded before a checkpoint is there.
    fn hold(&self, checkpoint: &Checkpoint) -> bool {
        self.rows.kept().samples().len() >= checkpoint.samples
            && self.series.len() == checkpoint.records.len()
            && self
                .series
                .iter()
                .zip(&checkpoint.records)
                .all(|(series, &records)| series.kept() >= records)
    }

    fn go_to(&mut self, checkpoint: &Checkpoint) {
        self.rows.go_to(checkpoint.samples);
        for (series, &records) in self.series.iter_mut().zip(&checkpoint.records) {
            series.go_to(records);
        }
    }

    fn put<S: System + ?Sized>(&mut self, moment: &Moment<'_, S>) -> Result<(), Error> {
        for (index, series) in self.series.iter_mut().enumerate() {
            if let Some(vector) = moment.system.vector(index, moment.step) {
                series.put(moment.step, &vector)?;
            }
        }
        // The row comes last: where it is, the rest is.
        self.rows.put(moment.sample)
    }

    fn sync(&self) -> Result<(), Error> {
        self.rows.sync()?;
        self.series.iter().try_for_each(Vectors::sync)
    }

    fn write_arrays(&self) -> Result<(), Error> {
        self.series.iter().try_for_each(Vectors::write_arrays)
    }
}

/// An observer between the simulation and its directory: takes down samples as they come, and
/// stops the run where a checkpoint is due.
struct Recorder<'a, O: ?Sized> {
    observer: &'a mut O,
    files: &'a mut Files,
    clock: CheckpointClock,
    checkpoint_due: bool,
    failed: bool,
}

impl<S: System, O: Observer<S> + ?Sized> Observer<S> for Recorder<'_, O> {
    #[inline]
    fn step(&mut self, step: u64, loss: f64) -> ControlFlow<()> {
        self.observer.step(step, loss)?;
        if self.clock.is_due(step) {
            self.checkpoint_due = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn sample(&mut self, moment: &Moment<'_, S>) -> Result<ControlFlow<()>, Error> {
        if let Err(error) = self.files.put(moment) {
            self.failed = true;
            return Err(error);
        }
        self.observer.sample(moment)
    }
}

/// What a run's directory holds, of a run that has ended or one that goes on, whether or not a
/// process works in it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunRecord {
    /// The text of `scenario.toml`.
    pub text: String,
    /// The samples.
    pub trace: Trace,
    /// How the run ended; absent while it has not.
    pub outcome: Option<Outcome>,
    directory: std::path::PathBuf,
}

impl RunRecord {
    /// Reads a directory.
    ///
    /// # Errors
    /// [`Error::Io`] where there is no run, [`Error::Corrupt`] where a file is not what it should
    /// be.
    pub fn read(directory: impl AsRef<Path>) -> Result<Self, Error> {
        let directory = directory.as_ref();
        let path = directory.join(SCENARIO);
        Ok(Self {
            text: fs::read_to_string(&path).map_err(Error::io("read", &path))?,
            trace: read_trace(&directory.join(TRACE))?,
            outcome: read_outcome(directory)?,
            directory: directory.to_owned(),
        })
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// All vectors of a series; none where the run has no series of this name.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Corrupt`].
    pub fn series(&self, name: &str) -> Result<SeriesRecord, Error> {
        self.chosen(name, |steps| (0..steps.len()).collect())
    }

    /// The vectors of a series whose places `choose` picks, ascending, from the steps of all:
    /// memory holds only what is chosen.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Corrupt`]; [`Error::OutOfRange`] for places that do not ascend or
    /// that the series does not have.
    pub fn chosen(
        &self,
        name: &str,
        choose: impl Fn(&[u64]) -> Vec<usize>,
    ) -> Result<SeriesRecord, Error> {
        SeriesRecord::read(&self.directory, name, choose)
    }
}
