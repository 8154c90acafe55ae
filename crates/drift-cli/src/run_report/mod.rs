//! The report of one run, from the files of its directory.

mod maps;
pub mod numbers;
mod own;

use std::path::Path;

use drift_sim::engine::SeriesRecord;
use drift_sim::learn::{Loss as _, Valley};
use drift_sim::metrics::phases::{self, find_phases};
use drift_sim::metrics::rate_map_correlation;
use drift_sim::scenario::{RuleSpec, SpectrumKind, TaskSpec};
use drift_sim::similarity::Responses;
use drift_sim::{Outcome, RunRecord, Trace};

use crate::error::CliError;
use crate::figures::axis::compact;
use crate::figures::spectra::{
    Spectrum, active_units_against_nonzero, edge_of_stability, pairs_at_two_times,
    spectra_at_times, spectral_sums,
};
use crate::figures::training::{Curves, loss, sparsity};
use crate::figures::{Figure, arena, valley};
use crate::report::{Block, Report, Section};
use crate::similarity;
use maps::{correlation_figure, decoding_figure, maps_over_time, rate_maps_figure};
use numbers::{borders, capital, column, ending, highlights, phases_table, samples_table};

/// Spectra that are drawn, evenly spaced.
const SHOWN_SPECTRA: usize = 4;

fn curves_of(trace: &Trace) -> Curves {
    let column = |name: &str| column(trace, name);
    Curves {
        steps: trace.steps(),
        log10_normalised_loss: column("log10_normalised_loss"),
        active_fraction: column("active_fraction"),
        fraction_active_units: column("fraction_active_units"),
        mean_spatial_information: column("mean_spatial_information"),
        place_units: column("place_units"),
        trace: column("hessian_trace"),
        largest: column("hessian_max"),
        log_pseudo_determinant: column("log_pseudo_determinant"),
        nonzero_fraction: column("nonzero_fraction"),
    }
}

/// What a run says of itself at its end.
pub fn result_text(
    record: &RunRecord,
    outcome: &Outcome,
    directory: &Path,
) -> Result<String, CliError> {
    let scenario = &record.scenario;
    let mut text = format!(
        "{} (seed {}): {outcome}\n",
        scenario.name(),
        scenario.seed()
    );
    if let Some(responses) = Responses::read(record)? {
        text += &similarity::result_text(record, &responses);
    } else if let Some(last) = record.trace.last() {
        let loss = last.get("log10_normalised_loss");
        let mut words: Vec<String> = loss
            .iter()
            .map(|loss| format!("log10 normalised loss {loss:.3}"))
            .collect();
        let measures = [
            ("active fraction", "active_fraction"),
            ("active units", "fraction_active_units"),
            ("mean spatial information", "mean_spatial_information"),
        ];
        for (name, column) in measures {
            words.extend(last.get(column).map(|value| format!("{name} {value:.3}")));
        }
        words.extend(
            last.get("place_units")
                .map(|count| format!("{count} place units")),
        );
        if loss.is_none() {
            let columns = last.columns().iter().zip(last.values());
            words.extend(columns.filter_map(|(column, value)| {
                value.map(|value| format!("{} {}", column.name, compact(value)))
            }));
        }
        text += &format!("at step {}: {}\n", last.step, words.join(", "));
    }
    Ok(text + &format!("recorded in {}\n", directory.display()))
}

/// Builds the report of a run.
pub fn build(record: &RunRecord) -> Result<Report, CliError> {
    if let Some(responses) = Responses::read(record)? {
        return similarity::build(record, &responses);
    }
    if matches!(record.scenario.spec().task, TaskSpec::OwnSystem(_)) {
        return own::build(record);
    }
    let curves = curves_of(&record.trace);
    let is_valley = matches!(record.scenario.spec().task, TaskSpec::Valley(_));
    let over_time = match &record.dataset {
        Some(dataset) if !is_valley => maps_over_time(record, dataset)?,
        _ => Vec::new(),
    };
    let mut drift = Vec::new();
    let mut first_correlation = None;
    let environments = over_time.iter().any(|maps| maps.environment > 0);
    for maps in &over_time {
        let number = maps.environment + 1;
        let mut suffix = String::new();
        let mut words = Vec::new();
        if number > 1 {
            suffix += &format!("_environment{number}");
        }
        if environments {
            words.push(format!("Environment {number}"));
        }
        if let Some(layer) = maps.layer {
            suffix += &format!("_layer{}", layer + 1);
            words.push(format!("hidden layer {}", layer + 1));
        }
        if !words.is_empty() {
            drift.push(Block::Text(format!("{}:", capital(&words.join(", ")))));
        }
        let correlation = rate_map_correlation(&maps.smoothed, &maps.place)?.correlation;
        drift.push(Block::Figure(rate_maps_figure(maps, &suffix)?));
        let figure = correlation_figure(maps, &correlation, &suffix)?;
        drift.push(Block::Figure(figure));
        if maps.layer.is_none() {
            let figure = decoding_figure(record, maps.environment, &suffix)?;
            drift.extend(figure.map(Block::Figure));
        }
        first_correlation.get_or_insert((maps.steps.clone(), correlation));
    }
    // Records too short or too strange for phases have none: that is no reason for no report.
    let phases = find_phases(&phases::Curves {
        time: &curves.steps,
        log10_loss: &curves.log10_normalised_loss,
        sparsity: &curves.active_fraction,
        correlation: first_correlation
            .as_ref()
            .map(|(time, correlation)| phases::CorrelationCurve { time, correlation }),
    })
    .ok()
    .filter(|_| !is_valley);
    let borders = phases.as_ref().map(borders).unwrap_or_default();
    let mut training = vec![Block::Figure(loss(&curves, &borders, !is_valley)?)];
    if !is_valley {
        training.push(Block::Figure(sparsity(&curves, &borders)?));
    }
    let table = phases
        .as_ref()
        .map(|phases| phases_table(phases, "rate maps"));
    training.extend(table.map(Block::Table));
    training.push(Block::Table(samples_table(record)));
    let mut sections = vec![Section::new("Training", training)];
    if let TaskSpec::Corridor(parameters) = &record.scenario.spec().task {
        let drawn = arena::corridor(*parameters, record.scenario.seed())?;
        sections.insert(0, Section::new("Task", vec![Block::Figure(drawn)]));
    }
    if is_valley {
        let drawn = Block::Figure(valley_figure(record)?);
        sections.insert(0, Section::new("Valley", vec![drawn]));
    }
    if !drift.is_empty() {
        sections.push(Section::new("Drift of the code", drift));
    }
    sections.extend(own::measures(record)?);
    let spectrum = spectrum_blocks(record, &curves, is_valley)?;
    if !spectrum.is_empty() {
        sections.push(Section::new("Curvature", spectrum));
    }
    sections.push(Section::scenario(&record.scenario));
    let spec = record.scenario.spec();
    Ok(Report {
        title: format!(
            "{} (seed {})",
            record.scenario.name(),
            record.scenario.seed()
        ),
        summary: format!(
            "{}. Task: {}, rule: {}, learning rate {}.",
            capital(&ending(record)),
            spec.task.kind(),
            spec.rule.kind(),
            compact(spec.rule.learning_rate())
        ),
        highlights: highlights(record),
        sections,
    })
}

fn valley_figure(record: &RunRecord) -> Result<Figure, CliError> {
    let snapshots = record.snapshots()?;
    let points = &snapshots.values;
    if points.ncols() != 2 && points.nrows() > 0 {
        let reason = format!(
            "its snapshots are of {} parameters, expected 2",
            points.ncols()
        );
        return Err(CliError::content(record.directory(), reason));
    }
    let positions: Vec<(f64, f64)> = points.row_iter().map(|row| (row[0], row[1])).collect();
    let height = |x, y| Valley.loss(&[x, y]);
    let steps: Vec<f64> = snapshots.steps.iter().map(|step| *step as f64).collect();
    Ok(valley::trajectory(&steps, &positions, height)?)
}

/// What the recorded eigenvalues are of.
pub fn kind_in_words(kind: SpectrumKind) -> &'static str {
    match kind {
        SpectrumKind::GaussNewton => "the Gauss–Newton part of the Hessian",
        _ => "the exact Hessian",
    }
}

/// The spectrum after the first hundredth of the run, when its loss has come down, and the last
/// one; none where there are not two.
fn first_and_last(record: &RunRecord) -> Result<Option<[Spectrum; 2]>, CliError> {
    let after = (record.scenario.steps() / 100).max(1);
    let both = record.chosen("spectra", |steps| {
        let first = steps.partition_point(|step| *step < after);
        let last = steps.len().saturating_sub(1);
        if first < last {
            vec![first, last]
        } else {
            Vec::new()
        }
    })?;
    Ok((!both.steps.is_empty()).then(|| [0, 1].map(|index| spectrum(&both, index))))
}

fn spectrum(all: &SeriesRecord, index: usize) -> Spectrum {
    Spectrum {
        step: all.steps[index] as f64,
        eigenvalues: all.values.row(index).iter().copied().collect(),
    }
}

fn spectrum_blocks(
    record: &RunRecord,
    curves: &Curves,
    is_valley: bool,
) -> Result<Vec<Block>, CliError> {
    let measured = |values: &[f64]| values.iter().any(|value| value.is_finite());
    let mut blocks = Vec::new();
    if measured(&curves.largest) {
        let rule = &record.scenario.spec().rule;
        let rate = matches!(rule, RuleSpec::Sgd(_)).then(|| rule.learning_rate());
        blocks.push(Block::Figure(edge_of_stability(curves, rate, rule.kind())?));
    }
    if !measured(&curves.trace) {
        return Ok(blocks);
    }
    if measured(&curves.nonzero_fraction) && !is_valley {
        blocks.push(Block::Figure(active_units_against_nonzero(curves)?));
    }
    let spectra = record.thinned("spectra", SHOWN_SPECTRA)?;
    let count = spectra.steps.len();
    if count > 0 && !is_valley {
        let spec = record.scenario.spec().spectrum;
        let tolerance = spec.tolerance;
        let shown: Vec<Spectrum> = (0..count).map(|index| spectrum(&spectra, index)).collect();
        let kind = kind_in_words(spec.kind);
        blocks.push(Block::Figure(spectra_at_times(&shown, tolerance, kind)?));
        if let Some([early, late]) = first_and_last(record)? {
            let figure = pairs_at_two_times(&early, &late, tolerance, kind)?;
            blocks.push(Block::Figure(figure));
        }
    }
    blocks.push(Block::Figure(spectral_sums(curves)?));
    Ok(blocks)
}
