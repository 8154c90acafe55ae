use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Cell, Draw, Summary, Swept};
use crate::checkpoint::CheckpointClock;
use crate::files::write_atomically;
use crate::frames::Kind;
use crate::npz::Writer;
use crate::{
    Checkpoint, Error, Moment, Observer, Outcome, Sampling, Series, Simulation, System, Trace,
    state,
};

/// One finished run of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRow {
    /// Number of the run in the sweep.
    pub run: u64,
    /// The run's group.
    pub group: String,
    /// What the run is ([`Swept::describe`]).
    pub description: Vec<(String, Cell)>,
    /// How the run ended.
    pub end: RunEnd,
    /// The run in numbers and curves; empty where it could not be run.
    pub summary: Summary,
}

/// How a run of a sweep ended: as any run, or not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RunEnd {
    /// It ran.
    Ran(Outcome),
    /// It could not be run.
    Failed {
        /// Why.
        reason: String,
    },
}

impl RunEnd {
    /// The kind, as tables write it.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            RunEnd::Ran(outcome) => outcome.kind(),
            RunEnd::Failed { .. } => "failed",
        }
    }
}

/// A vector of a run's first series and the step it belongs to.
type Kept = (u64, Vec<f64>);

/// How a run ended, its summary, the vectors kept and their series.
type Simulated = (Outcome, Summary, Vec<Kept>, Option<Series>);

/// A run under way, as its file holds it.
#[derive(Serialize, Deserialize)]
struct Unfinished {
    checkpoint: Checkpoint,
    /// As CSV, which keeps every bit.
    trace: String,
    kept: Vec<Kept>,
}

const KIND: Kind = Kind {
    magic: *b"driftunf",
    version: 2,
};

/// Runs one draw and sums it up. `None` where `stop` became true before the end.
///
/// With a file `unfinished`, the run goes on from what that holds, and is saved there as often as
/// its plan says and when it is stopped. The file stays when the run ends: it is for the caller to
/// remove once the row is safe. With `snapshots`, a directory and a number, so many evenly spaced
/// vectors of the first series are written there as `run-K.npz`.
///
/// # Errors
/// [`Error::Io`] where snapshots or `unfinished` cannot be written; what the draw makes impossible
/// is a row.
pub fn run_draw<W: Swept + ?Sized>(
    swept: &W,
    draw: &Draw,
    snapshots: Option<(&Path, usize)>,
    unfinished: Option<&Path>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<RunRow>, Error> {
    let mut unsaved = None;
    // One run that panics must not keep the sweep from its end: it is a row like any failure.
    let simulated = AssertUnwindSafe(|| {
        let count = snapshots.map_or(0, |(_, count)| count);
        simulate(swept, draw, count, unfinished, stop, &mut unsaved)
    });
    let simulated = catch_unwind(simulated).unwrap_or_else(panicked);
    if let Some(error) = unsaved {
        return Err(error);
    }
    let (end, summary) = match simulated {
        Ok((Outcome::Stopped { .. }, ..)) => return Ok(None),
        Ok((outcome, summary, kept, series)) => {
            if let Some((directory, _)) = snapshots
                && let Some(series) = series
            {
                write_snapshots(directory, draw.run, &series, &kept)?;
            }
            (RunEnd::Ran(outcome), summary)
        }
        Err(error) => {
            let reason = error.to_string();
            (RunEnd::Failed { reason }, Summary::default())
        }
    };
    let described = AssertUnwindSafe(|| swept.describe(draw));
    Ok(Some(RunRow {
        run: draw.run,
        group: draw.group.clone(),
        description: catch_unwind(described).unwrap_or_default(),
        end,
        summary,
    }))
}

fn simulate<W: Swept + ?Sized>(
    swept: &W,
    draw: &Draw,
    snapshots: usize,
    file: Option<&Path>,
    stop: &(dyn Fn() -> bool + Sync),
    unsaved: &mut Option<Error>,
) -> Result<Simulated, Error> {
    let mut simulation = swept.simulation(draw)?;
    let mut keeper = Keeper {
        stop,
        keep_at: chosen(simulation.plan().points(), snapshots),
        series: simulation.system().series().into_iter().next(),
        kept: Vec::new(),
        clock: None,
        due: false,
    };
    // A file that is damaged or of another system is no reason to stop: the run starts again.
    if let Some(saved) = file.and_then(load)
        && Trace::from_csv(&saved.trace)
            .and_then(|trace| simulation.restore(&saved.checkpoint, trace))
            .is_ok()
    {
        keeper.kept = saved.kept;
    }
    let outcome = loop {
        keeper.due = false;
        keeper.clock = file
            .map(|_| CheckpointClock::new(simulation.plan().checkpoint(), simulation.steps_done()));
        let outcome = simulation.run(&mut keeper)?;
        if outcome.is_final() {
            break outcome;
        }
        if let Some(file) = file
            && let Err(error) = save(file, &simulation, &keeper.kept)
        {
            // The disk's fault, not the draw's: no row, the run is to be done again.
            *unsaved = Some(error);
            break outcome;
        }
        if !keeper.due {
            break outcome;
        }
    };
    let summary = simulation.system().summary(simulation.trace())?;
    Ok((outcome, summary, keeper.kept, keeper.series))
}

fn panicked<T>(panic: Box<dyn std::any::Any + Send>) -> Result<T, Error> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied());
    Err(Error::Panicked {
        message: text.unwrap_or("no message").to_owned(),
    })
}

fn save<S: System>(path: &Path, simulation: &Simulation<S>, kept: &[Kept]) -> Result<(), Error> {
    let Some(checkpoint) = simulation.checkpoint() else {
        return Ok(());
    };
    let unfinished = Unfinished {
        checkpoint,
        trace: simulation.trace().to_csv(),
        kept: kept.to_vec(),
    };
    write_atomically(path, &KIND.seal(&state::save(&unfinished)))
}

/// `None` where there is no such file, or none that can be trusted.
fn load(path: &Path) -> Option<Unfinished> {
    let bytes = std::fs::read(path).ok()?;
    state::load(KIND.open(&bytes).ok()?).ok()
}

/// Evenly chosen sampling points.
fn chosen(points: &[u64], count: usize) -> Vec<u64> {
    if count == 0 || points.is_empty() {
        return Vec::new();
    }
    let last = points.len() as u64 - 1;
    let places = Sampling::linear(count.min(points.len())).points(last);
    places.iter().map(|&place| points[place as usize]).collect()
}

/// Steps between two looks at the wish to stop.
const STEPS_A_LOOK: u64 = 256;

/// Keeps chosen vectors, and stops the run where that is wished or it is to be saved.
struct Keeper<'a> {
    stop: &'a (dyn Fn() -> bool + Sync),
    keep_at: Vec<u64>,
    /// The first series of the system, of which they are.
    series: Option<Series>,
    kept: Vec<Kept>,
    clock: Option<CheckpointClock>,
    due: bool,
}

impl<S: System> Observer<S> for Keeper<'_> {
    #[inline]
    fn step(&mut self, step: u64, _loss: f64) -> ControlFlow<()> {
        if step.is_multiple_of(STEPS_A_LOOK) && (self.stop)() {
            return ControlFlow::Break(());
        }
        if let Some(clock) = &mut self.clock
            && clock.is_due(step)
        {
            self.due = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn sample(&mut self, moment: &Moment<'_, S>) -> Result<ControlFlow<()>, Error> {
        if self.keep_at.binary_search(&moment.step).is_ok()
            && let Some(series) = &self.series
            && let Some(vector) = moment.system.vector(0, moment.step)
        {
            series.check(&vector)?;
            self.kept.push((moment.step, vector.into_owned()));
        }
        Ok(ControlFlow::Continue(()))
    }
}

fn write_snapshots(
    directory: &Path,
    run: u64,
    series: &Series,
    kept: &[Kept],
) -> Result<(), Error> {
    std::fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
    let mut writer = Writer::create(directory.join(format!("run-{run}.npz")))?;
    let steps = kept.iter().map(|(step, _)| *step as i64);
    writer.add_integers("step", &[kept.len()], steps)?;
    let values = kept.iter().flat_map(|(_, vector)| vector.iter().copied());
    writer.add(&series.entries, &[kept.len(), series.width], values)?;
    writer.finish()
}
