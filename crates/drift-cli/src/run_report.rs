//! The report of one run, from the files of its directory.

use std::path::Path;

use drift_sim::env::Dataset;
use drift_sim::learn::{Loss as _, Valley};
use drift_sim::metrics::phases::{self, Border, Phases, find_phases};
use drift_sim::metrics::{
    RateMap, Smoothing, place_units, rate_map_correlation, spatial_information,
};
use drift_sim::net::{Network, Shape};
use drift_sim::scenario::TaskSpec;
use drift_sim::{Mapping, RunRecord, Sample, Trace};
use nalgebra::DMatrix;

use crate::error::CliError;
use crate::figures::axis::{compact, steps as step_text};
use crate::figures::maps::{
    Correlations, MapLabels, MapsAtTime, correlation_over_time, sorted_by_each_time,
};
use crate::figures::spectra::{
    SpectralCurves, Spectrum, active_units_against_nonzero, spectra_at_times, spectral_sums,
};
use crate::figures::training::{Curves, loss, sparsity};
use crate::figures::{Figure, valley};
use crate::report::{Block, Report, Section, Table};

/// Shares of the run at which rate maps are shown (Figure 2D).
const SHOWN: [f64; 4] = [0.01, 0.1, 0.5, 1.0];

/// Columns of a trace, NaN where nothing was measured.
struct Columns {
    steps: Vec<f64>,
    loss: Vec<f64>,
    active_fraction: Vec<f64>,
    active_units: Vec<f64>,
    information: Vec<f64>,
    place_units: Vec<f64>,
    trace: Vec<f64>,
    largest: Vec<f64>,
    log_sum: Vec<f64>,
    nonzero: Vec<f64>,
}

impl Columns {
    fn of(trace: &Trace) -> Self {
        let column = |value: &dyn Fn(&Sample) -> Option<f64>| -> Vec<f64> {
            trace.samples().iter().map(|sample| value(sample).unwrap_or(f64::NAN)).collect()
        };
        Self {
            steps: column(&|sample| Some(sample.step as f64)),
            loss: column(&|sample| Some(sample.log10_normalised_loss)),
            active_fraction: column(&|sample| sample.active_fraction),
            active_units: column(&|sample| sample.fraction_active_units),
            information: column(&|sample| sample.mean_spatial_information),
            place_units: column(&|sample| sample.place_units.map(|count| count as f64)),
            trace: column(&|sample| sample.spectrum.map(|spectrum| spectrum.trace)),
            largest: column(&|sample| sample.spectrum.and_then(|spectrum| spectrum.max)),
            log_sum: column(&|sample| sample.spectrum.and_then(|s| s.log_pseudo_determinant)),
            nonzero: column(&|sample| sample.spectrum.and_then(|s| s.nonzero_fraction)),
        }
    }

    fn training<'a>(&'a self, borders: &'a [(f64, &'a str)]) -> Curves<'a> {
        Curves {
            borders,
            steps: &self.steps,
            log10_normalised_loss: &self.loss,
            active_fraction: &self.active_fraction,
            fraction_active_units: &self.active_units,
            mean_spatial_information: &self.information,
            place_units: &self.place_units,
        }
    }

    fn spectral(&self) -> SpectralCurves<'_> {
        SpectralCurves {
            steps: &self.steps,
            trace: &self.trace,
            largest: &self.largest,
            log_pseudo_determinant: &self.log_sum,
            nonzero_fraction: &self.nonzero,
            fraction_active_units: &self.active_units,
        }
    }
}

/// Builds the report of a run.
pub fn build(directory: &Path, record: &RunRecord) -> Result<Report, CliError> {
    let columns = Columns::of(&record.trace);
    let is_valley = matches!(record.scenario.spec().task, TaskSpec::Valley(_));
    let over_time = match &record.dataset {
        Some(dataset) if !is_valley => maps_over_time(directory, record, dataset)?,
        _ => Vec::new(),
    };
    let mut drift = Vec::new();
    let mut first_correlation = None;
    for (environment, maps) in over_time.iter().enumerate() {
        let number = environment + 1;
        let suffix = if number == 1 { String::new() } else { format!("_environment{number}") };
        if over_time.len() > 1 {
            drift.push(Block::Text(format!("Environment {number}:")));
        }
        let correlation = rate_map_correlation(&maps.smoothed, &maps.place)?.correlation;
        drift.push(Block::Figure(rate_maps_figure(maps, &suffix)?));
        drift.push(Block::Figure(correlation_figure(maps, &correlation, &suffix)?));
        first_correlation.get_or_insert((maps.steps.clone(), correlation));
    }
    // Records too short or too strange for phases have none: that is no reason for no report.
    let phases = find_phases(&phases::Curves {
        time: &columns.steps,
        log10_loss: &columns.loss,
        sparsity: &columns.active_fraction,
        correlation: first_correlation.as_ref().map(|(time, correlation)| {
            phases::CorrelationCurve { time, correlation }
        }),
    })
    .ok()
    .filter(|_| !is_valley);
    let borders = phases.as_ref().map(borders).unwrap_or_default();
    let curves = columns.training(&borders);
    let mut training = vec![Block::Figure(loss(curves)?)];
    if !is_valley {
        training.push(Block::Figure(sparsity(curves)?));
    }
    training.extend(phases.as_ref().map(|phases| Block::Table(phases_table(phases))));
    training.push(Block::Table(samples_table(&record.trace)));
    let mut sections = vec![Section::new("Training", training)];
    if is_valley {
        sections.insert(0, Section::new("Valley", vec![Block::Figure(valley_figure(record)?)]));
    }
    if !drift.is_empty() {
        sections.push(Section::new("Drift of the code", drift));
    }
    let spectrum = spectrum_blocks(record, &columns, is_valley)?;
    if !spectrum.is_empty() {
        sections.push(Section::new("Curvature", spectrum));
    }
    sections.push(Section::new(
        "Scenario",
        vec![
            Block::Text(
                "The whole scenario, defaults written out; `drift run scenario.toml` with the \
                 same version of the program gives the same bits."
                    .into(),
            ),
            Block::Source { name: "scenario.toml".into(), text: record.scenario.to_toml() },
        ],
    ));
    let spec = record.scenario.spec();
    Ok(Report {
        title: format!("{} (seed {})", record.scenario.name(), record.scenario.seed()),
        summary: format!(
            "{}. Task: {}, rule: {}, learning rate {}.",
            capital(&ending(record)),
            spec.task.kind(),
            spec.rule.kind(),
            compact(spec.rule.learning_rate())
        ),
        highlights: highlights(&record.trace),
        sections,
    })
}

/// How the run ended, or how far it is.
fn ending(record: &RunRecord) -> String {
    record.outcome.map_or_else(
        || {
            let done = record.trace.last().map_or(0, |sample| sample.step);
            format!("not finished: {done} of {} steps recorded", record.scenario.steps())
        },
        |outcome| outcome.to_string(),
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn highlights(trace: &Trace) -> Vec<(String, String)> {
    let Some(last) = trace.last() else { return Vec::new() };
    let mut list = vec![
        ("steps".to_owned(), step_text(last.step as f64)),
        ("log₁₀ normalised loss".to_owned(), compact(last.log10_normalised_loss)),
    ];
    let mut add = |name: &str, value: Option<f64>, unit: &str| {
        if let Some(value) = value {
            list.push((name.to_owned(), format!("{}{unit}", compact(value))));
        }
    };
    add("active fraction", last.active_fraction, "");
    add("fraction of active units", last.fraction_active_units, "");
    add("mean spatial information", last.mean_spatial_information, " bits/spike");
    add("place units", last.place_units.map(|count| count as f64), "");
    list
}

/// The trace at about ten of its samples, close to evenly spaced on the logarithmic axis.
fn samples_table(trace: &Trace) -> Table {
    let samples = trace.samples();
    let last = samples.last().map_or(1.0, |sample| sample.step as f64).max(1.0);
    let mut chosen: Vec<usize> = (0..=12)
        .map(|part| last.powf(f64::from(part) / 12.0))
        .filter_map(|wanted| {
            let distance = |index: &usize| {
                ((samples[*index].step as f64 + 1.0) / (wanted + 1.0)).ln().abs()
            };
            (0..samples.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
        })
        .chain((!samples.is_empty()).then_some(0))
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    let show = |value: Option<f64>, decimals: usize| {
        value.map_or("–".to_owned(), |value| format!("{value:.decimals$}").replace('-', "−"))
    };
    let rows = chosen
        .into_iter()
        .map(|index| {
            let sample = &samples[index];
            vec![
                step_text(sample.step as f64),
                show(Some(sample.log10_normalised_loss), 3),
                show(sample.active_fraction, 3),
                show(sample.fraction_active_units, 3),
                show(sample.mean_spatial_information, 2),
                show(sample.place_units.map(|count| count as f64), 0),
            ]
        })
        .collect();
    Table {
        caption: "Measures on clean data at some of the samples; all stand in trace.csv.".into(),
        columns: [
            "step",
            "log₁₀ normalised loss",
            "active fraction",
            "active units",
            "mean SI (bits/spike)",
            "place units",
        ]
        .map(String::from)
        .to_vec(),
        rows,
    }
}

/// The borders that lie within the record, for the figures.
fn borders(phases: &Phases) -> Vec<(f64, &'static str)> {
    let named = [
        (phases.convergence_end, "end of convergence"),
        (phases.directed_drift_end, "end of directed drift"),
    ];
    named
        .into_iter()
        .filter_map(|(border, name)| match border {
            Border::At { time, .. } => Some((time, name)),
            _ => None,
        })
        .collect()
}

/// Table 1 of the paper for this run: where each phase ends.
fn phases_table(phases: &Phases) -> Table {
    let end = |border: Border| match border {
        Border::BeforeStart { .. } => ["before the first sample".to_owned(), "–".to_owned()],
        Border::At { time, interval } => [
            step_text(time.round()),
            format!("{} … {}", step_text(interval.lower.round()), step_text(interval.upper.round())),
        ],
        Border::NotReached { .. } => ["after the end of the run".to_owned(), "–".to_owned()],
    };
    let row = |name: &str, [end, interval]: [String; 2], what: &str| {
        vec![name.to_owned(), end, interval, what.to_owned()]
    };
    let mut rows = vec![
        row("convergence", end(phases.convergence_end), "the loss falls"),
        row("directed drift", end(phases.directed_drift_end), "the loss stays, the code sparsifies"),
    ];
    if let Some(null) = phases.null_drift {
        let what = format!(
            "rate maps lose {} of correlation a step",
            compact(null.rate)
        );
        rows.push(row("null drift", ["–".to_owned(), "–".to_owned()], &what));
    }
    Table {
        caption: "The phases of the run (Table 1), found from loss, active fraction and rate-map \
            correlation."
            .into(),
        columns: ["phase", "ends at step", "interval", "what happens"].map(String::from).to_vec(),
        rows,
    }
}

fn valley_figure(record: &RunRecord) -> Result<Figure, CliError> {
    let positions: Vec<(f64, f64)> =
        record.snapshots.row_iter().map(|row| (row[0], row[1])).collect();
    let height = |x, y| Valley.loss(&[x, y]);
    let steps: Vec<f64> = record.snapshot_steps.iter().map(|step| *step as f64).collect();
    Ok(valley::trajectory(&steps, &positions, height)?)
}

/// Rate maps of every snapshot in one environment: unsmoothed for the information, smoothed for
/// what is shown and correlated.
struct MapsOverTime {
    steps: Vec<f64>,
    smoothed: Vec<RateMap>,
    place: Vec<Vec<bool>>,
}

/// Rate maps of all snapshots, one set an environment; none where the task has no positions.
fn maps_over_time(
    directory: &Path,
    record: &RunRecord,
    dataset: &Dataset,
) -> Result<Vec<MapsOverTime>, CliError> {
    let measures = record.scenario.spec().measures;
    let Some(mapping) = Mapping::new(dataset, measures)? else { return Ok(Vec::new()) };
    let wrong = |error: drift_sim::net::Error| CliError::Simulation(error.into());
    let shape = Shape::new(
        dataset.inputs().ncols(),
        record.scenario.spec().network.hidden,
        dataset.targets().ncols(),
    )
    .map_err(wrong)?;
    if record.snapshots.ncols() != shape.parameters() {
        let path = directory.join("snapshots.npz");
        let reason = format!(
            "{} parameters a snapshot; the scenario has {}",
            record.snapshots.ncols(),
            shape.parameters()
        );
        return Err(CliError::content(&path, reason));
    }
    let mut over_time: Vec<MapsOverTime> = (0..mapping.environments())
        .map(|_| MapsOverTime { steps: Vec::new(), smoothed: Vec::new(), place: Vec::new() })
        .collect();
    let smoothing = Smoothing::Reflecting { sigma_bins: measures.smoothing };
    for (row, step) in record.snapshots.row_iter().zip(&record.snapshot_steps) {
        // The start has no code yet; a diverged end has none any more.
        if *step == 0 || row.iter().any(|value| !value.is_finite()) {
            continue;
        }
        let parameters = row.iter().copied().collect();
        let network = Network::from_parameters(shape, parameters).map_err(wrong)?;
        let (hidden, _) = network.forward(dataset.inputs().as_view()).map_err(wrong)?;
        for (environment, maps) in over_time.iter_mut().enumerate() {
            let map = mapping.rate_map(&hidden, environment)?;
            let information = spatial_information(&map)?;
            maps.steps.push(*step as f64);
            maps.place.push(place_units(&information, measures.place_threshold));
            maps.smoothed.push(map.smoothed(&smoothing)?);
        }
    }
    over_time.retain(|maps| maps.steps.len() > 1);
    Ok(over_time)
}

fn rate_maps_figure(maps: &MapsOverTime, suffix: &str) -> Result<Figure, CliError> {
    let last = maps.steps.last().copied().unwrap_or(1.0);
    let mut chosen: Vec<usize> = SHOWN
        .iter()
        .filter_map(|share| {
            let distance = |index: &usize| (maps.steps[*index] / (share * last)).ln().abs();
            (0..maps.steps.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
        })
        .collect();
    chosen.dedup();
    let times: Vec<MapsAtTime> = chosen
        .into_iter()
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
    Ok(sorted_by_each_time(&times, labels)?)
}

fn correlation_figure(
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
        },
        &format!("correlation{suffix}"),
        "Correlation of rate maps over time (Figure 2E)",
        "Left: the mean, over units that are place units at both times, of Pearson's correlation \
         between their smoothed rate maps. Right: rows of the matrix, the correlation of all \
         times with a chosen one. A code that drifts decorrelates with time; where sparsification \
         slows down, so does the decay.",
    )?)
}

fn spectrum_blocks(
    record: &RunRecord,
    columns: &Columns,
    is_valley: bool,
) -> Result<Vec<Block>, CliError> {
    let measured = |values: &[f64]| values.iter().any(|value| value.is_finite());
    let mut blocks = Vec::new();
    if !measured(&columns.trace) {
        return Ok(blocks);
    }
    if measured(&columns.nonzero) && !is_valley {
        blocks.push(Block::Figure(active_units_against_nonzero(columns.spectral())?));
    }
    let count = record.spectrum_steps.len().min(record.spectra.nrows());
    if count > 0 && !is_valley {
        let tolerance = record.scenario.spec().spectrum.tolerance;
        let mut chosen = vec![0, count / 3, 2 * count / 3, count - 1];
        chosen.dedup();
        let shown: Vec<Spectrum> = chosen
            .into_iter()
            .map(|index| Spectrum {
                step: record.spectrum_steps[index] as f64,
                eigenvalues: record.spectra.row(index).iter().copied().collect(),
            })
            .collect();
        blocks.push(Block::Figure(spectra_at_times(&shown, tolerance)?));
    }
    blocks.push(Block::Figure(spectral_sums(columns.spectral())?));
    Ok(blocks)
}
