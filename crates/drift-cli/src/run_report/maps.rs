//! Rate maps of a run's snapshots, and how they change.

use drift_sim::code::{Criteria, Directions, SimulatedCode, measure_code};
use drift_sim::env::Dataset;
use drift_sim::metrics::{RateMap, Smoothing, place_units, spatial_information};
use drift_sim::{Mapping, RunRecord};
use nalgebra::DMatrix;

use crate::analyze::figures::decoding;
use crate::error::CliError;
use crate::figures::Figure;
use crate::figures::axis::steps as step_text;
use crate::figures::correlation::{Correlations, correlation_over_time};
use crate::figures::maps::{MapLabels, MapsAtTime, sorted_by_each_time};

/// Shares of the run at which rate maps are shown (Figure 2D).
const SHOWN: [f64; 4] = [0.01, 0.1, 0.5, 1.0];

/// Snapshots whose rate maps are compared at most: the correlation grows with their square.
const MOST_TIMES: usize = 300;

/// Snapshots whose decoders are tested on each other.
const DECODED_TIMES: usize = 12;

/// Rate maps of every snapshot in one environment: unsmoothed for the information, smoothed for
/// what is shown and correlated.
#[derive(Debug)]
pub struct MapsOverTime {
    /// Which environment, from 0.
    pub environment: usize,
    /// Which hidden layer, from 0; all layers' units together where it is absent.
    pub layer: Option<usize>,
    /// Updates done.
    pub steps: Vec<f64>,
    /// Smoothed maps, one a time.
    pub smoothed: Vec<RateMap>,
    /// Place units at each time.
    pub place: Vec<Vec<bool>>,
}

/// Rate maps of the snapshots, of evenly spaced ones where there are very many: one set an
/// environment and, where there are several hidden layers, one of each layer of it; none where the
/// task has no positions.
pub fn maps_over_time(
    record: &RunRecord,
    dataset: &Dataset,
) -> Result<Vec<MapsOverTime>, CliError> {
    let measures = &record.scenario.spec().measures;
    let Some(mapping) = Mapping::new(dataset, measures.clone())? else {
        return Ok(Vec::new());
    };
    let activation = record.scenario.spec().network.activation;
    let mapping = mapping.with_activation(activation);
    let wrong = |error: drift_sim::net::Error| CliError::Simulation(error.into());
    let layers = record.scenario.spec().network.hidden.layers();
    let several = (0..layers).filter(|_| layers > 1).map(Some);
    let sets: Vec<Option<usize>> = std::iter::once(None).chain(several).collect();
    let mut over_time: Vec<MapsOverTime> = (0..mapping.environments())
        .flat_map(|environment| sets.iter().map(move |&layer| (environment, layer)))
        .map(|(environment, layer)| MapsOverTime {
            environment,
            layer,
            steps: Vec::new(),
            smoothed: Vec::new(),
            place: Vec::new(),
        })
        .collect();
    let smoothing = Smoothing::Reflecting {
        sigma_bins: measures.smoothing,
    };
    let snapshots = record.thinned("snapshots", MOST_TIMES)?;
    for (row, step) in snapshots.values.row_iter().zip(&snapshots.steps) {
        // The start has no code yet; a diverged end has none any more.
        if *step == 0 || row.iter().any(|value| !value.is_finite()) {
            continue;
        }
        let Some(network) = record.network(row.iter().copied().collect())? else {
            continue;
        };
        let (hidden, _) = network.forward(dataset.inputs().as_view()).map_err(wrong)?;
        let widths = network.shape().widths().to_vec();
        for maps in &mut over_time {
            let map = match maps.layer {
                None => mapping.rate_map(&hidden, maps.environment)?,
                Some(layer) => {
                    let first: usize = widths[..layer].iter().sum();
                    let here = hidden.columns(first, widths[layer]).into_owned();
                    mapping.rate_map(&here, maps.environment)?
                }
            };
            let information = spatial_information(&map)?;
            maps.steps.push(*step as f64);
            maps.place
                .push(place_units(&information, measures.place_threshold));
            maps.smoothed.push(map.smoothed(&smoothing)?);
        }
    }
    over_time.retain(|maps| maps.steps.len() > 1);
    Ok(over_time)
}

/// Figure 2D; `suffix` tells environments apart.
pub fn rate_maps_figure(maps: &MapsOverTime, suffix: &str) -> Result<Figure, CliError> {
    let last = maps.steps.last().copied().unwrap_or(1.0);
    let mut chosen: Vec<usize> = SHOWN
        .iter()
        .filter_map(|share| {
            let distance = |index: &usize| (maps.steps[*index] / (share * last)).ln().abs();
            (0..maps.steps.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
        })
        .collect();
    chosen.dedup();
    let all: Vec<MapsAtTime> = (0..maps.steps.len())
        .map(|index| MapsAtTime {
            title: format!("step {}", step_text(maps.steps[index])),
            rates: maps.smoothed[index].rates.clone(),
            place: maps.place[index].clone(),
        })
        .collect();
    let edges = maps.smoothed[0].edges.as_slice();
    let labels = MapLabels {
        stem: &format!("rate_maps{suffix}"),
        title: "Rate maps sorted by each of the times (Figure 2D)",
        explanation: "Each row of panels takes the place units of one time, ordered by where \
            they peak at that time, and shows their rate maps at all times (columns), every unit \
            divided by its own peak. Panels on the diagonal are ordered by construction; how the \
            order is lost away from it, while the loss stays where it is, is the drift. Dark \
            rows: units that are silent at that time. Positive positions are passed on the way \
            out, negative ones on the way back.",
        position: "position × direction of motion (track units)",
        extent: (edges[0], edges[edges.len() - 1]),
        units: "place units",
    };
    Ok(sorted_by_each_time(&all, &chosen, labels)?)
}

/// Figure 2E of a correlation (times × times).
pub fn correlation_figure(
    maps: &MapsOverTime,
    correlation: &DMatrix<f64>,
    suffix: &str,
) -> Result<Figure, CliError> {
    Ok(correlation_over_time(
        Correlations {
            times: &maps.steps,
            axis: "training time (steps)",
            matrix: correlation,
            quantity: "mean Pearson r",
            of: "rate maps",
        },
        &format!("correlation{suffix}"),
        "Correlation of rate maps over time (Figure 2E)",
        "Left: the mean, over units that are place units at both times, of Pearson's correlation \
         between their smoothed rate maps. Right: rows of the matrix, the correlation of all \
         times with a chosen one. A code that drifts decorrelates with time; where sparsification \
         slows down, so does the decay.",
    )?)
}

/// What a decoder of one snapshot tells of a later one, as `drift analyze` draws it of a recording;
/// none where the agent does not move. The first hundredth of the run is left out: there the code is
/// learned.
pub fn decoding_figure(
    record: &RunRecord,
    environment: usize,
    suffix: &str,
) -> Result<Option<Figure>, CliError> {
    let from = record.trace.last().map_or(0, |sample| sample.step) / 100;
    let apart = Directions::Apart;
    let simulated = match SimulatedCode::new(record, environment, apart, from, DECODED_TIMES) {
        Err(drift_sim::Error::NoCode { .. }) => return Ok(None),
        simulated => simulated?,
    };
    let criteria = Criteria {
        shuffles: 0,
        ..Criteria::default()
    };
    let code = measure_code(simulated.population(), simulated.moments(), &criteria, 0)?;
    let figure = decoding(std::iter::once(&code))?;
    Ok(figure.map(|figure| Figure {
        stem: format!("decoding{suffix}"),
        ..figure
    }))
}
