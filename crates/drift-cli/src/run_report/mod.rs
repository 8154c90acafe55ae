//! The report of one run, from the files of its directory.

mod maps;
pub mod numbers;
mod own;

use std::path::Path;

use drift_sim::learn::{Loss as _, Valley};
use drift_sim::metrics::phases::{self, find_phases};
use drift_sim::metrics::rate_map_correlation;
use drift_sim::scenario::{RuleSpec, SpectrumKind, TaskSpec};
use drift_sim::similarity::Responses;
use drift_sim::{Outcome, RunRecord, Trace};

use crate::error::CliError;
use crate::figures::axis::compact;
use crate::figures::spectra::{
    SpectralCurves, Spectrum, active_units_against_nonzero, edge_of_stability, pairs_at_two_times,
    spectra_at_times, spectral_sums,
};
use crate::figures::training::{Curves, loss, sparsity};
use crate::figures::{Figure, arena, valley};
use crate::report::{Block, Report, Section};
use crate::similarity;
use maps::{correlation_figure, decoding_figure, maps_over_time, rate_maps_figure};
use numbers::{borders, capital, ending, highlights, phases_table, samples_table};

/// Spectra that are drawn, evenly spaced.
const SHOWN_SPECTRA: usize = 4;

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
        let column = |name: &str| -> Vec<f64> {
            let values = trace.column(name);
            values.map(|value| value.unwrap_or(f64::NAN)).collect()
        };
        Self {
            steps: trace.steps(),
            loss: column("log10_normalised_loss"),
            active_fraction: column("active_fraction"),
            active_units: column("fraction_active_units"),
            information: column("mean_spatial_information"),
            place_units: column("place_units"),
            trace: column("hessian_trace"),
            largest: column("hessian_max"),
            log_sum: column("log_pseudo_determinant"),
            nonzero: column("nonzero_fraction"),
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
    let columns = Columns::of(&record.trace);
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
        drift.push(Block::Figure(correlation_figure(
            maps,
            &correlation,
            &suffix,
        )?));
        if maps.layer.is_none() {
            let figure = decoding_figure(record, maps.environment, &suffix)?;
            drift.extend(figure.map(Block::Figure));
        }
        first_correlation.get_or_insert((maps.steps.clone(), correlation));
    }
    // Records too short or too strange for phases have none: that is no reason for no report.
    let phases = find_phases(&phases::Curves {
        time: &columns.steps,
        log10_loss: &columns.loss,
        sparsity: &columns.active_fraction,
        correlation: first_correlation
            .as_ref()
            .map(|(time, correlation)| phases::CorrelationCurve { time, correlation }),
    })
    .ok()
    .filter(|_| !is_valley);
    let borders = phases.as_ref().map(borders).unwrap_or_default();
    let curves = columns.training(&borders);
    let mut training = vec![Block::Figure(loss(curves, !is_valley)?)];
    if !is_valley {
        training.push(Block::Figure(sparsity(curves)?));
    }
    training.extend(
        phases
            .as_ref()
            .map(|phases| Block::Table(phases_table(phases, "rate maps"))),
    );
    training.push(Block::Table(samples_table(record)));
    let mut sections = vec![Section::new("Training", training)];
    if let TaskSpec::Corridor(parameters) = &record.scenario.spec().task {
        let drawn = arena::corridor(*parameters, record.scenario.seed())?;
        sections.insert(0, Section::new("Task", vec![Block::Figure(drawn)]));
    }
    if is_valley {
        sections.insert(
            0,
            Section::new("Valley", vec![Block::Figure(valley_figure(record)?)]),
        );
    }
    if !drift.is_empty() {
        sections.push(Section::new("Drift of the code", drift));
    }
    sections.extend(own::measures(record)?);
    let spectrum = spectrum_blocks(record, &columns, is_valley)?;
    if !spectrum.is_empty() {
        sections.push(Section::new("Curvature", spectrum));
    }
    sections.push(Section::new(
        "Scenario",
        vec![
            Block::Text(
                "The whole scenario, defaults written out; “drift run scenario.toml” with the \
                 same version of the program gives the same bits."
                    .into(),
            ),
            Block::Source {
                name: "scenario.toml".into(),
                text: record.scenario.to_toml(),
            },
        ],
    ));
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
    let positions: Vec<(f64, f64)> = snapshots
        .values
        .row_iter()
        .map(|row| (row[0], row[1]))
        .collect();
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
    let all = record.series("spectra")?;
    let after = record.scenario.steps() / 100;
    let first = all.steps.iter().position(|step| *step >= after.max(1));
    let last = all.steps.len().saturating_sub(1);
    let Some(first) = first.filter(|first| *first < last) else {
        return Ok(None);
    };
    Ok(Some([first, last].map(|index| Spectrum {
        step: all.steps[index] as f64,
        eigenvalues: all.values.row(index).iter().copied().collect(),
    })))
}

fn spectrum_blocks(
    record: &RunRecord,
    columns: &Columns,
    is_valley: bool,
) -> Result<Vec<Block>, CliError> {
    let measured = |values: &[f64]| values.iter().any(|value| value.is_finite());
    let mut blocks = Vec::new();
    if measured(&columns.largest) {
        let rule = &record.scenario.spec().rule;
        let rate = matches!(rule, RuleSpec::Sgd(_)).then(|| rule.learning_rate());
        let curves = columns.spectral();
        blocks.push(Block::Figure(edge_of_stability(curves, rate, rule.kind())?));
    }
    if !measured(&columns.trace) {
        return Ok(blocks);
    }
    if measured(&columns.nonzero) && !is_valley {
        blocks.push(Block::Figure(active_units_against_nonzero(
            columns.spectral(),
        )?));
    }
    let spectra = record.thinned("spectra", SHOWN_SPECTRA)?;
    let count = spectra.steps.len();
    if count > 0 && !is_valley {
        let spec = record.scenario.spec().spectrum;
        let tolerance = spec.tolerance;
        let shown: Vec<Spectrum> = (0..count)
            .map(|index| Spectrum {
                step: spectra.steps[index] as f64,
                eigenvalues: spectra.values.row(index).iter().copied().collect(),
            })
            .collect();
        let kind = kind_in_words(spec.kind);
        blocks.push(Block::Figure(spectra_at_times(&shown, tolerance, kind)?));
        if let Some(pair) = first_and_last(record)? {
            let [early, late] = &pair;
            blocks.push(Block::Figure(pairs_at_two_times(
                early, late, tolerance, kind,
            )?));
        }
    }
    blocks.push(Block::Figure(spectral_sums(columns.spectral())?));
    Ok(blocks)
}
