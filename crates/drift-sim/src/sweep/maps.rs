//! The rate maps that the phases of a run are found by.

use drift_engine::{Sampling, state};
use drift_env::Dataset;
use drift_metrics::rate_map_correlation;
use drift_metrics::{BinEdges, RateMap, Smoothing, place_units, rate_map, spatial_information};
use drift_net::Network;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use crate::scenario::MeasuresSpec;
use crate::{Error, Mapping};

/// How many of the sampling points have their rate maps kept.
const MAP_TIMES: usize = 41;

/// Keeps the smoothed rate maps of some sampling points, of the first environment. Where a task
/// has no positions, every sample is a place of its own.
#[derive(Debug, Clone)]
pub(crate) struct MapRecorder {
    /// Whether any are kept.
    keeps: bool,
    at: Vec<u64>,
    smoothing: f64,
    place_threshold: f64,
    maps: Maps,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Maps {
    steps: Vec<f64>,
    maps: Vec<RateMap>,
    included: Vec<Vec<bool>>,
}

/// Times (steps), and the correlation of the rate maps at all pairs of them.
pub(crate) type TimedCorrelation = (Vec<f64>, DMatrix<f64>);

impl MapRecorder {
    /// Keeps nothing until [`keep`](Self::keep).
    pub(crate) fn new(points: &[u64], measures: &MeasuresSpec) -> Self {
        let last = points.len().saturating_sub(1) as u64;
        let places = Sampling::linear(MAP_TIMES.min(points.len())).points(last);
        Self {
            keeps: false,
            // The start has no code yet.
            at: places
                .into_iter()
                .filter_map(|place| points.get(place as usize).copied())
                .filter(|&step| step > 0)
                .collect(),
            smoothing: measures.smoothing,
            place_threshold: measures.place_threshold,
            maps: Maps::default(),
        }
    }

    pub(crate) fn keep(&mut self) {
        self.keeps = true;
    }

    /// Whether the maps after `step` updates are to be kept.
    pub(crate) fn wants(&self, step: u64) -> bool {
        self.keeps && self.at.binary_search(&step).is_ok()
    }

    pub(crate) fn add(
        &mut self,
        step: u64,
        network: &Network,
        dataset: &Dataset,
        mapping: Option<&Mapping>,
    ) -> Result<(), Error> {
        let (hidden, _) = network.forward(dataset.inputs().as_view())?;
        let (map, included) = match mapping {
            Some(mapping) => {
                let map = mapping.rate_map(&hidden, 0)?;
                let bits = spatial_information(&map)?;
                let smoothing = Smoothing::Reflecting {
                    sigma_bins: self.smoothing,
                };
                (
                    map.smoothed(&smoothing)?,
                    place_units(&bits, self.place_threshold),
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
        self.maps.steps.push(step as f64);
        self.maps.maps.push(map);
        self.maps.included.push(included);
        Ok(())
    }

    /// The correlation of all pairs of times, where there are two at least.
    pub(crate) fn correlation(&self) -> Result<Option<TimedCorrelation>, Error> {
        let Maps {
            steps,
            maps,
            included,
        } = &self.maps;
        if maps.len() < 2 {
            return Ok(None);
        }
        let correlation = rate_map_correlation(maps, included)?.correlation;
        Ok(Some((steps.clone(), correlation)))
    }

    pub(crate) fn state(&self) -> Vec<u8> {
        state::save(&self.maps)
    }

    /// The same with the maps of a state.
    pub(crate) fn restored(&self, bytes: &[u8]) -> Result<Self, drift_engine::Error> {
        Ok(Self {
            maps: state::load(bytes)?,
            ..self.clone()
        })
    }
}
