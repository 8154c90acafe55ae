use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use drift_metrics::rate_map_correlation;
use drift_metrics::{BinEdges, RateMap, Smoothing, place_units, rate_map, spatial_information};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::Summary;
use crate::npz::Writer;
use crate::scenario::MeasuresSpec;
use crate::{Error, Observer, Outcome, Sample, SamplingSpec, Scenario, Simulation};

/// Points of a run's curves, evenly spaced from step 0 to the last step made.
pub const CURVE_POINTS: usize = 100;

/// How many of the sampling points have their rate maps kept for the phases.
const MAP_TIMES: usize = 41;

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
/// # Errors
/// [`Error::Io`] where snapshots cannot be written; what the scenario refuses is a row.
pub fn run_scenario(
    run: u64,
    group: &str,
    scenario: Result<Scenario, Error>,
    snapshots: Option<(&Path, usize)>,
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
        let simulated = AssertUnwindSafe(|| simulate(&scenario, &mut recorder));
        let (outcome, curves, summary) = catch_unwind(simulated).unwrap_or_else(panicked)?;
        row.curves = curves;
        row.summary = summary;
        Ok((outcome, recorder.kept))
    });
    match outcome {
        Ok((Outcome::Stopped { .. }, _)) => return Ok(None),
        Ok((outcome, kept)) => {
            row.end = RunEnd::Ran(outcome);
            if let Some((directory, _)) = snapshots {
                write_snapshots(directory, run, &kept)?;
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
) -> Result<(Outcome, Curves, Summary), Error> {
    let mut simulation = Simulation::new(scenario)?;
    let outcome = simulation.run(recorder)?;
    if let Some(error) = recorder.failed.take() {
        return Err(error);
    }
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

/// Evenly chosen sampling points.
fn chosen(points: &[u64], count: usize) -> Vec<u64> {
    let last = points.len().saturating_sub(1) as u64;
    SamplingSpec::linear(count.min(points.len()))
        .points(last)
        .into_iter()
        .filter_map(|index| points.get(index as usize).copied())
        .collect()
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

/// Watches a run of a sweep.
struct Recorder<'a> {
    stop: &'a (dyn Fn() -> bool + Sync),
    map_at: Vec<u64>,
    maps: Maps,
    keep_at: Vec<u64>,
    kept: Vec<(u64, Vec<f64>)>,
    failed: Option<Error>,
    measures: MeasuresSpec,
}

impl<'a> Recorder<'a> {
    fn new(scenario: &Scenario, snapshots: usize, stop: &'a (dyn Fn() -> bool + Sync)) -> Self {
        let points = scenario.sampling_points();
        Self {
            stop,
            map_at: chosen(&points, MAP_TIMES),
            maps: Maps::default(),
            keep_at: chosen(&points, snapshots),
            kept: Vec::new(),
            failed: None,
            measures: scenario.spec().measures,
        }
    }
}

/// The wish to stop is looked for every so many steps.
const STEPS_A_LOOK: u64 = 256;

impl Observer for Recorder<'_> {
    #[inline]
    fn step(&mut self, step: u64, _loss: f64) -> ControlFlow<()> {
        if step.is_multiple_of(STEPS_A_LOOK) && (self.stop)() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn sample(&mut self, sample: &Sample, simulation: &Simulation) -> ControlFlow<()> {
        if self.keep_at.binary_search(&sample.step).is_ok() {
            self.kept.push((sample.step, simulation.parameters()));
        }
        // The start has no code yet; a run that has gone to infinity has none any more.
        if sample.step > 0
            && sample.loss.is_finite()
            && self.map_at.binary_search(&sample.step).is_ok()
            && let Err(error) = self.maps.add(sample.step, simulation, &self.measures)
        {
            self.failed = Some(error);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

/// Times (steps), and the correlation of the rate maps at all pairs of them.
type TimedCorrelation = (Vec<f64>, DMatrix<f64>);

/// Smoothed rate maps at some times, of the first environment. Where a task has no positions,
/// every sample is a place of its own.
#[derive(Debug, Default)]
struct Maps {
    steps: Vec<f64>,
    maps: Vec<RateMap>,
    included: Vec<Vec<bool>>,
}

impl Maps {
    fn add(
        &mut self,
        step: u64,
        simulation: &Simulation,
        measures: &MeasuresSpec,
    ) -> Result<(), Error> {
        let (Some(network), Some(dataset)) = (simulation.network(), simulation.dataset()) else {
            return Ok(());
        };
        let (hidden, _) = network.forward(dataset.inputs().as_view())?;
        let (map, included) = match simulation.mapping() {
            Some(mapping) => {
                let map = mapping.rate_map(&hidden, 0)?;
                let bits = spatial_information(&map)?;
                let smoothing = Smoothing::Reflecting {
                    sigma_bins: measures.smoothing,
                };
                (
                    map.smoothed(&smoothing)?,
                    place_units(&bits, measures.place_threshold),
                )
            }
            None => {
                let samples = hidden.nrows();
                let edges = BinEdges::equal(0.0, samples as f64, samples)?;
                let places: Vec<f64> = (0..samples).map(|sample| sample as f64 + 0.5).collect();
                let activation = network.activation();
                let rates = hidden.map(|activity| activation.rate(activity));
                let active = hidden.column_iter();
                let active = active.map(|unit| unit.iter().any(|&h| activation.is_active(h)));
                (
                    rate_map(&edges, &places, rates.as_view())?,
                    active.collect(),
                )
            }
        };
        self.steps.push(step as f64);
        self.maps.push(map);
        self.included.push(included);
        Ok(())
    }

    /// The correlation of all pairs of times, where there are two at least.
    fn correlation(self) -> Result<Option<TimedCorrelation>, Error> {
        if self.maps.len() < 2 {
            return Ok(None);
        }
        let correlation = rate_map_correlation(&self.maps, &self.included)?.correlation;
        Ok(Some((self.steps, correlation)))
    }
}
