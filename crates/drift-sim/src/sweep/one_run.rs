use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Summary;
use super::recorder::{Recorder, STEPS_A_LOOK};
use super::unfinished::Unfinished;
use crate::checkpoint::CheckpointClock;
use crate::npz::Writer;
use crate::{Error, Outcome, Sample, Scenario, Simulation, Trace};

/// Points of a run's curves, evenly spaced from step 0 to the last step made.
pub const CURVE_POINTS: usize = 100;

/// One finished run of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRow {
    /// Number of the run in the sweep.
    pub run: u64,
    /// The run's group.
    pub group: String,
    /// Every parameter: the whole scenario as JSON; empty where a drawn value made none.
    pub scenario: String,
    /// How the run ended.
    pub end: RunEnd,
    /// The run in numbers.
    pub summary: Summary,
    /// The run in curves; empty where there is no sample.
    pub curves: Curves,
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
    pub fn kind(&self) -> &'static str {
        match self {
            RunEnd::Ran(outcome) => outcome.kind(),
            RunEnd::Failed { .. } => "failed",
        }
    }
}

/// A run at [`CURVE_POINTS`] even points, by linear interpolation between samples. NaN where
/// nothing was measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Curves {
    /// Updates done.
    pub steps: Vec<f64>,
    /// log₁₀ of the normalised loss.
    pub log10_normalised_loss: Vec<f64>,
    /// Active fraction.
    pub active_fraction: Vec<f64>,
    /// Fraction of active units.
    pub fraction_active_units: Vec<f64>,
    /// Mean spatial information of the place units (bits).
    pub mean_spatial_information: Vec<f64>,
}

impl Curves {
    /// Interpolates samples.
    #[must_use]
    pub fn new(samples: &[Sample]) -> Self {
        let Some(last) = samples.last() else {
            return Self::default();
        };
        let end = last.step as f64;
        let steps: Vec<f64> = (0..CURVE_POINTS)
            .map(|point| end * point as f64 / (CURVE_POINTS - 1) as f64)
            .collect();
        let curve = |of: &dyn Fn(&Sample) -> Option<f64>| -> Vec<f64> {
            steps
                .iter()
                .map(|&step| interpolate(samples, step, of))
                .collect()
        };
        Self {
            log10_normalised_loss: curve(&|sample| Some(sample.log10_normalised_loss)),
            active_fraction: curve(&|sample| sample.active_fraction),
            fraction_active_units: curve(&|sample| sample.fraction_active_units),
            mean_spatial_information: curve(&|sample| sample.mean_spatial_information),
            steps,
        }
    }
}

fn interpolate(samples: &[Sample], step: f64, of: &dyn Fn(&Sample) -> Option<f64>) -> f64 {
    let value = |sample: &Sample| of(sample).unwrap_or(f64::NAN);
    let after = samples.partition_point(|sample| (sample.step as f64) < step);
    match (
        after.checked_sub(1).map(|before| &samples[before]),
        samples.get(after),
    ) {
        (_, Some(exact)) if exact.step as f64 == step => value(exact),
        (Some(before), Some(after)) => {
            let (from, to) = (before.step as f64, after.step as f64);
            value(before) + (value(after) - value(before)) * (step - from) / (to - from)
        }
        (Some(only), None) | (None, Some(only)) => value(only),
        (None, None) => f64::NAN,
    }
}

/// Runs one scenario and sums it up. `None` where `stop` became true before the end.
///
/// With a file `unfinished`, the run goes on from what that holds, and is saved there as often as
/// its scenario's `checkpoint` says and when it is stopped. The file stays when the run ends: it is
/// for the caller to remove once the row is safe.
///
/// # Errors
/// [`Error::Io`] where snapshots or `unfinished` cannot be written; what the scenario refuses is a
/// row.
pub fn run_scenario(
    run: u64,
    group: &str,
    scenario: Result<Scenario, Error>,
    snapshots: Option<(&Path, usize)>,
    unfinished: Option<&Path>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<RunRow>, Error> {
    let mut row = RunRow {
        run,
        group: group.to_owned(),
        scenario: String::new(),
        end: RunEnd::Failed {
            reason: String::new(),
        },
        summary: Summary::default(),
        curves: Curves::default(),
    };
    let outcome = scenario.and_then(|scenario| {
        row.scenario = scenario.to_json();
        let mut recorder = Recorder::new(&scenario, snapshots.map_or(0, |(_, count)| count), stop);
        // One run that panics shall not keep the sweep from its end: it is a row like any failure.
        let simulated = AssertUnwindSafe(|| simulate(&scenario, &mut recorder, unfinished));
        let (outcome, curves, summary) = catch_unwind(simulated).unwrap_or_else(panicked)?;
        row.curves = curves;
        row.summary = summary;
        Ok((outcome, recorder))
    });
    match outcome {
        Ok((
            _,
            Recorder {
                unsaved: Some(error),
                ..
            },
        )) => return Err(error),
        Ok((Outcome::Stopped { .. }, _)) => return Ok(None),
        Ok((outcome, recorder)) => {
            row.end = RunEnd::Ran(outcome);
            if let Some((directory, _)) = snapshots {
                write_snapshots(directory, run, &recorder.kept)?;
            }
        }
        Err(error) => {
            row.end = RunEnd::Failed {
                reason: error.to_string(),
            };
        }
    }
    Ok(Some(row))
}

fn simulate(
    scenario: &Scenario,
    recorder: &mut Recorder<'_>,
    unfinished: Option<&Path>,
) -> Result<(Outcome, Curves, Summary), Error> {
    let mut simulation = Simulation::new(scenario)?;
    if let Some(saved) = unfinished.and_then(Unfinished::load) {
        match Trace::from_csv(&saved.trace)
            .and_then(|trace| simulation.restore(saved.checkpoint, trace))
        {
            Ok(()) => (recorder.maps, recorder.kept) = (saved.maps, saved.kept),
            // Of another scenario: the run starts again.
            Err(_) => simulation = Simulation::new(scenario)?,
        }
    }
    let outcome = loop {
        recorder.checkpoint_due = false;
        recorder.clock = unfinished.map(|_| {
            let done = simulation.steps_done();
            CheckpointClock::new(scenario.spec().checkpoint, done, STEPS_A_LOOK)
        });
        let outcome = simulation.run(recorder)?;
        if let Some(error) = recorder.failed.take() {
            return Err(error);
        }
        if outcome.is_final() {
            break outcome;
        }
        if let Some(file) = unfinished
            && let Err(error) = Unfinished::save(file, &simulation, recorder)
        {
            // The disk's fault, not the scenario's: no row, the run is to be done again.
            recorder.unsaved = Some(error);
            break outcome;
        }
        if !recorder.checkpoint_due {
            break outcome;
        }
    };
    let trace = simulation.trace();
    let correlation = std::mem::take(&mut recorder.maps).correlation()?;
    let correlation = correlation
        .as_ref()
        .map(|(time, matrix)| (time.as_slice(), matrix));
    let summary = Summary::new(trace, correlation);
    Ok((outcome, Curves::new(trace.samples()), summary))
}

fn panicked<T>(panic: Box<dyn std::any::Any + Send>) -> Result<T, Error> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied());
    Err(Error::Panicked {
        message: text.unwrap_or("no message").to_owned(),
    })
}

fn write_snapshots(directory: &Path, run: u64, kept: &[(u64, Vec<f64>)]) -> Result<(), Error> {
    std::fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
    let width = kept.first().map_or(0, |(_, parameters)| parameters.len());
    let mut writer = Writer::create(directory.join(format!("run-{run}.npz")))?;
    writer.add_integers(
        "step",
        &[kept.len()],
        kept.iter().map(|(step, _)| *step as i64),
    )?;
    let values = kept
        .iter()
        .flat_map(|(_, parameters)| parameters.iter().copied());
    writer.add("parameters", &[kept.len(), width], values)?;
    writer.finish()
}
