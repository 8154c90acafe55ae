//! What a run of a sweep keeps while it goes on.

use std::ops::ControlFlow;

use drift_metrics::rate_map_correlation;
use drift_metrics::{BinEdges, RateMap, Smoothing, place_units, rate_map, spatial_information};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use crate::checkpoint::CheckpointClock;
use crate::scenario::MeasuresSpec;
use crate::{Error, Observer, Sample, SamplingSpec, Scenario, Simulation};

/// How many of the sampling points have their rate maps kept for the phases.
const MAP_TIMES: usize = 41;

/// Evenly chosen sampling points.
fn chosen(points: &[u64], count: usize) -> Vec<u64> {
    let last = points.len().saturating_sub(1) as u64;
    SamplingSpec::linear(count.min(points.len()))
        .points(last)
        .into_iter()
        .filter_map(|index| points.get(index as usize).copied())
        .collect()
}

/// Watches a run of a sweep.
pub(super) struct Recorder<'a> {
    stop: &'a (dyn Fn() -> bool + Sync),
    map_at: Vec<u64>,
    pub(super) maps: Maps,
    keep_at: Vec<u64>,
    /// Updates done and parameters, a snapshot each.
    pub(super) kept: Vec<(u64, Vec<f64>)>,
    pub(super) failed: Option<Error>,
    measures: MeasuresSpec,
    /// Runs from the last save; absent where nothing is saved.
    pub(super) clock: Option<CheckpointClock>,
    /// Whether the run was stopped to be saved.
    pub(super) checkpoint_due: bool,
    /// Why the run could not be saved.
    pub(super) unsaved: Option<Error>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(
        scenario: &Scenario,
        snapshots: usize,
        stop: &'a (dyn Fn() -> bool + Sync),
    ) -> Self {
        let points = scenario.sampling_points();
        Self {
            stop,
            map_at: chosen(&points, MAP_TIMES),
            maps: Maps::default(),
            keep_at: chosen(&points, snapshots),
            kept: Vec::new(),
            failed: None,
            measures: scenario.spec().measures,
            clock: None,
            checkpoint_due: false,
            unsaved: None,
        }
    }
}

/// The wish to stop, and the clock, are looked for every so many steps.
pub(super) const STEPS_A_LOOK: u64 = 256;

impl Observer for Recorder<'_> {
    #[inline]
    fn step(&mut self, step: u64, _loss: f64) -> ControlFlow<()> {
        if step.is_multiple_of(STEPS_A_LOOK) && (self.stop)() {
            return ControlFlow::Break(());
        }
        if let Some(clock) = &mut self.clock
            && clock.is_due(step)
        {
            self.checkpoint_due = true;
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Maps {
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
    pub(super) fn correlation(self) -> Result<Option<TimedCorrelation>, Error> {
        if self.maps.len() < 2 {
            return Ok(None);
        }
        let correlation = rate_map_correlation(&self.maps, &self.included)?.correlation;
        Ok(Some((self.steps, correlation)))
    }
}
