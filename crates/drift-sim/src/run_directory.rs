//! What all runs in directories do alike: lock, write rows and series as they come, save a
//! checkpoint when one is due, go on after a kill, and leave the same bytes in the end.

use std::ops::ControlFlow;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::checkpoint::{CheckpointClock, Format, write_atomically};
use crate::record::write_outcome;
use crate::scenario::CheckpointSpec;
use crate::store::{self, Locked, Rows, Series, SeriesFile};
use crate::{Error, Outcome};

/// A simulation that a directory can record, stop, and take up again.
pub(crate) trait Recorded {
    /// Everything that the steps to come depend on.
    type State: Serialize + DeserializeOwned;
    /// How states are stored.
    const FORMAT: Format;
    /// Steps between two looks at the clock, each of which costs as much as a shortest step.
    const STEPS_A_LOOK: u64;

    fn checkpoint_spec(&self) -> CheckpointSpec;
    fn steps_done(&self) -> u64;
    /// The state; `None` where it cannot be stored and the run is about to end.
    fn state(&self) -> Option<Self::State>;
    /// Goes to a state. `rows` are the trace, with at least the samples taken until then; of a run
    /// that has `ended` they are all its samples.
    fn resume(&mut self, state: Self::State, rows: &str, ended: bool) -> Result<(), Error>;
    /// Writes the data that a run does not make again when it is opened.
    fn write_data(&self, _directory: &Locked) -> Result<(), Error> {
        Ok(())
    }
    /// The first row of the trace.
    fn csv_header(&self) -> String;
    /// Samples taken so far, each a row.
    fn samples_taken(&self) -> usize;
    /// The series that are recorded beside the rows.
    fn series(&self) -> Vec<RecordedSeries>;
}

/// A series of vectors, as far as a simulation has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordedSeries {
    pub(crate) file: SeriesFile,
    /// Entries of a vector.
    pub(crate) width: usize,
    /// Vectors that belong to the samples taken so far.
    pub(crate) records: usize,
}

/// A simulation and the directory that one process records it in.
#[derive(Debug)]
pub(crate) struct RunDirectory<S> {
    directory: Locked,
    simulation: S,
    /// Absent once the run has ended.
    files: Option<Files>,
    /// A write failed after the simulation had moved on: only the files know where to go on.
    broken: bool,
}

impl<S: Recorded> RunDirectory<S> {
    /// Starts a run in a directory that is empty or missing, with `text` in the file `name`,
    /// which says what is run.
    pub(crate) fn create(
        path: &Path,
        name: &str,
        text: &str,
        simulation: S,
    ) -> Result<Self, Error> {
        let directory = Locked::create(path)?;
        write_atomically(&directory.join(name), text.as_bytes())?;
        Self::start(directory, simulation)
    }

    /// Goes on where the last checkpoint is, or reopens a run that has ended. `build` makes the
    /// simulation before its first step, and is told whether there is a state for it to go to.
    pub(crate) fn open(
        path: &Path,
        build: impl FnOnce(bool) -> Result<S, Error>,
    ) -> Result<Self, Error> {
        let directory = Locked::open(path)?;
        let state: Option<S::State> = S::FORMAT.load(&directory.join(store::CHECKPOINT))?;
        let mut simulation = build(state.is_some())?;
        let Some(state) = state else {
            return Self::start(directory, simulation);
        };
        let trace = directory.join(store::TRACE);
        let files = if directory.join(store::OUTCOME).exists() {
            simulation.resume(state, &store::read_rows(&trace)?, true)?;
            None
        } else {
            let mut rows = Rows::open(trace)?;
            simulation.resume(state, &rows.kept(), false)?;
            // The header is row 0.
            rows.go_to(simulation.samples_taken() + 1);
            Some(Files::open(&directory, rows, &simulation)?)
        };
        Ok(Self {
            directory,
            simulation,
            files,
            broken: false,
        })
    }

    /// Writes what a run has before its first step.
    fn start(directory: Locked, simulation: S) -> Result<Self, Error> {
        simulation.write_data(&directory)?;
        let mut rows = Rows::open(directory.join(store::TRACE))?;
        rows.put(&simulation.csv_header())?;
        let files = Files::open(&directory, rows, &simulation)?;
        let mut run = Self {
            directory,
            simulation,
            files: Some(files),
            broken: false,
        };
        run.save_checkpoint()?;
        Ok(run)
    }

    pub(crate) fn simulation(&self) -> &S {
        &self.simulation
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs to the end or to a stop. `advance` runs the simulation, until the recording stops it
    /// or something else does; of a run that has ended there is nothing to record.
    pub(crate) fn run(
        &mut self,
        mut advance: impl FnMut(&mut S, Option<&mut Recording<'_>>) -> Result<Outcome, Error>,
    ) -> Result<Outcome, Error> {
        loop {
            if self.broken {
                return Err(Error::corrupt(
                    self.directory.path(),
                    "a file could not be written; open the run again to go on",
                ));
            }
            let Some(files) = &mut self.files else {
                return advance(&mut self.simulation, None);
            };
            let mut recording = Recording {
                files,
                clock: CheckpointClock::new(
                    self.simulation.checkpoint_spec(),
                    self.simulation.steps_done(),
                    S::STEPS_A_LOOK,
                ),
                checkpoint_due: false,
                failed: None,
            };
            let outcome = advance(&mut self.simulation, Some(&mut recording))?;
            let checkpoint_due = recording.checkpoint_due;
            if let Some(error) = recording.failed {
                self.broken = true;
                return Err(error);
            }
            self.save_checkpoint()?;
            if outcome.is_final() {
                self.finish(outcome)?;
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
    pub(crate) fn save_checkpoint(&mut self) -> Result<(), Error> {
        if let Some(files) = &self.files {
            files.sync()?;
        }
        match self.simulation.state() {
            Some(state) => S::FORMAT.save(&state, &self.directory.join(store::CHECKPOINT)),
            None => Ok(()),
        }
    }

    fn finish(&mut self, outcome: Outcome) -> Result<(), Error> {
        if let Some(files) = &self.files {
            files.write_arrays()?;
        }
        write_outcome(self.directory.path(), outcome)?;
        self.files.take().map_or(Ok(()), Files::remove_raw)
    }
}

/// The files that grow.
#[derive(Debug)]
struct Files {
    rows: Rows,
    series: Vec<Series>,
}

impl Files {
    fn open(directory: &Locked, rows: Rows, simulation: &impl Recorded) -> Result<Self, Error> {
        let open = |recorded: RecordedSeries| -> Result<Series, Error> {
            let mut series = Series::open(directory.path(), recorded.file, recorded.width)?;
            series.go_to(recorded.records)?;
            Ok(series)
        };
        let series = simulation.series().into_iter().map(open);
        Ok(Self {
            series: series.collect::<Result<_, _>>()?,
            rows,
        })
    }

    fn sync(&self) -> Result<(), Error> {
        self.rows.sync()?;
        self.series.iter().try_for_each(Series::sync)
    }

    fn write_arrays(&self) -> Result<(), Error> {
        self.series.iter().try_for_each(Series::write_npz)
    }

    /// Removes what the arrays hold as well.
    fn remove_raw(self) -> Result<(), Error> {
        self.series.into_iter().try_for_each(Series::remove)
    }
}

/// Takes down samples as they come, and stops the run where a checkpoint is due.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    files: &'a mut Files,
    clock: CheckpointClock,
    checkpoint_due: bool,
    failed: Option<Error>,
}

impl Recording<'_> {
    /// After every step.
    #[inline]
    pub(crate) fn step(&mut self, step: u64) -> ControlFlow<()> {
        if self.clock.is_due(step) {
            self.checkpoint_due = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// At every sample: its row, and what it adds to each of [`Recorded::series`], if anything.
    pub(crate) fn sample(
        &mut self,
        step: u64,
        vectors: &[Option<&[f64]>],
        row: &str,
    ) -> ControlFlow<()> {
        let mut record = || -> Result<(), Error> {
            for (series, vector) in self.files.series.iter_mut().zip(vectors) {
                if let Some(vector) = vector {
                    series.put(step, vector)?;
                }
            }
            // The row comes last: where it is, the rest is.
            self.files.rows.put(row)
        };
        match record() {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}
