//! The report of a run of similarity matching.

use drift_sim::RunRecord;
use drift_sim::learn::similarity_matching::SimilarityInputs;
use drift_sim::metrics::phases::{Border, Phases};
use drift_sim::scenario::TaskSpec;
use drift_sim::similarity::{self, Responses};

use crate::error::CliError;
use crate::figures::Figure;
use crate::figures::axis::{Axis, compact, fixed, steps as step_text};
use crate::figures::correlation::{Correlations, correlation_over_time};
use crate::figures::maps::{MapLabels, MapsAtTime, sorted_by_each_time};
use crate::figures::matching::{Measure, Phase, Training, three_phases};
use crate::figures::style::finite_range;
use crate::report::{Block, Report, Section, Table};
use crate::run_report::numbers::{capital, column, ending, phases_table};

/// Steps at which Figure 4C marks the ends of learning and of directed drift.
const FIGURE_4C_BORDERS: [f64; 2] = [300.0, 2500.0];

/// Shares of the run at which response maps are shown; the first is the first record after 0.
const SHOWN: [f64; 4] = [0.0, 0.125, 0.5, 1.0];

/// Builds the report.
pub fn build(record: &RunRecord, responses: &Responses) -> Result<Report, CliError> {
    let spec = record.scenario.spec();
    let phases = similarity::phases(record, responses).ok();
    let mut course = vec![Block::Figure(phases_figure(record, phases.as_ref())?)];
    let table = phases
        .as_ref()
        .map(|phases| phases_table(phases, correlated(record)[0]));
    course.extend(table.map(Block::Table));
    course.push(Block::Table(samples_table(record)));
    let mut sections = vec![Section::new("Three phases", course)];
    let mut drift = Vec::new();
    drift.extend(maps_figure(record, responses)?.map(Block::Figure));
    drift.extend(correlation_figure(record, responses)?.map(Block::Figure));
    if !drift.is_empty() {
        sections.push(Section::new("Drift of the responses", drift));
    }
    sections.push(Section::scenario(&record.scenario));
    let what = if is_linear(record) {
        "A linear network of similarity matching"
    } else {
        "A Hebbian/anti-Hebbian network of similarity matching"
    };
    Ok(Report {
        title: format!("{} (seed {})", spec.name, spec.seed),
        summary: format!("{}. {what}.", capital(&ending(record))),
        highlights: highlights(record),
        sections,
    })
}

fn is_linear(record: &RunRecord) -> bool {
    matches!(record.scenario.spec().task, TaskSpec::PrincipalSubspace(_))
}

/// The step whose responses later ones are compared with.
fn reference(record: &RunRecord) -> u64 {
    match &record.scenario.spec().task {
        TaskSpec::SimilarityMatching(settings) => settings.reference,
        TaskSpec::PrincipalSubspace(settings) => settings.reference,
        _ => 0,
    }
}

/// What is correlated over time, and the coefficient.
fn correlated(record: &RunRecord) -> [&'static str; 2] {
    if is_linear(record) {
        ["response maps", "cosine"]
    } else {
        ["population vectors", "mean Pearson r"]
    }
}

/// What is measured beside the loss: names for people, and of columns.
fn measures(record: &RunRecord) -> [(String, &'static str); 3] {
    let correlated = format!("correlation with step {}", reference(record));
    [
        ("subspace error".to_owned(), "subspace_error"),
        ("active fraction".to_owned(), "active_fraction"),
        (correlated, "population_vector_correlation"),
    ]
}

/// What a run says of itself at its end.
pub fn result_text(record: &RunRecord, responses: &Responses) -> String {
    let mut text = String::new();
    if let Some(last) = record.trace.last() {
        let loss = last.get("loss").unwrap_or(f64::NAN);
        text += &format!("at step {}: loss {}", last.step, compact(loss));
        for (name, column) in measures(record) {
            if let Some(value) = last.get(column) {
                text += &format!(", {name} {value:.3}");
            }
        }
        text.push('\n');
    }
    // Too short a record has no phases: that is no failure.
    if let Ok(phases) = similarity::phases(record, responses) {
        text += &phases_text(&phases);
    }
    text
}

fn phases_text(phases: &Phases) -> String {
    let ends = |border: Border| match border {
        Border::BeforeStart { .. } => "over before the first sample".to_owned(),
        Border::At { time, interval } => format!(
            "to step {} ({} to {})",
            step_text(time.round()),
            step_text(interval.lower.round()),
            step_text(interval.upper.round())
        ),
        Border::NotReached { .. } => "to the end of the run".to_owned(),
    };
    let mut text = format!("phases: convergence {}", ends(phases.convergence_end));
    if phases.directed_drift_end != phases.convergence_end {
        text += &format!(", directed drift {}", ends(phases.directed_drift_end));
    }
    if let Some(null) = phases.null_drift {
        text += &format!(
            ", then null drift: {} of correlation a step",
            compact(null.rate)
        );
    }
    text + "\n"
}

fn highlights(record: &RunRecord) -> Vec<(String, String)> {
    let Some(last) = record.trace.last() else {
        return Vec::new();
    };
    let loss = last.get("loss").unwrap_or(f64::NAN);
    let mut list = vec![
        ("steps".to_owned(), step_text(last.step as f64)),
        ("loss".to_owned(), compact(loss)),
    ];
    for (name, column) in measures(record) {
        list.extend(last.get(column).map(|value| (name, compact(value))));
    }
    list
}

/// The phases that the record has, in steps; none where they could not be found.
fn spans(record: &RunRecord, phases: Option<&Phases>) -> Vec<Phase> {
    let (Some(phases), Some(last)) = (phases, record.trace.last()) else {
        return Vec::new();
    };
    let last = last.step as f64;
    let end = |border: Border| border.time().unwrap_or(last).min(last);
    let [converged, settled] = [phases.convergence_end, phases.directed_drift_end].map(end);
    [
        ("convergence", 0.0, converged),
        ("directed drift", converged, settled),
        ("null drift", settled, last),
    ]
    .map(|(name, from, to)| Phase { name, from, to })
    .to_vec()
}

fn loss_measure(record: &RunRecord) -> Measure<'static> {
    let values = column(&record.trace, "loss");
    let wide = finite_range(values.iter().copied()).is_some_and(|(low, high)| high > 10.0 * low);
    if wide {
        return logarithm("Log loss", "log₁₀ similarity-matching loss", &values);
    }
    Measure {
        title: "Loss",
        axis: Axis::around("similarity-matching loss", values.iter().copied()),
        values,
    }
}

fn logarithm(title: &'static str, axis: &str, values: &[f64]) -> Measure<'static> {
    let values: Vec<f64> = values.iter().map(|value| value.log10()).collect();
    Measure {
        title,
        axis: Axis::around(axis, values.iter().copied()),
        values,
    }
}

fn phases_figure(record: &RunRecord, phases: Option<&Phases>) -> Result<Figure, CliError> {
    let steps = record.trace.steps();
    let correlation = column(&record.trace, "population_vector_correlation");
    let mut measures = vec![loss_measure(record)];
    if is_linear(record) {
        let values = column(&record.trace, "subspace_error");
        measures.push(logarithm("Subspace error", "log₁₀ subspace error", &values));
    } else {
        measures.push(Measure {
            title: "Active units",
            axis: Axis::linear("active fraction", 0.0, 1.04),
            values: column(&record.trace, "active_fraction"),
        });
    }
    let published: &[f64] = if is_linear(record) {
        &[]
    } else {
        &FIGURE_4C_BORDERS
    };
    let spans = spans(record, phases);
    let [what, coefficient] = correlated(record);
    let correlated = format!("Correlation of {what}");
    let training = Training {
        steps: &steps,
        measures,
        correlation: &correlation,
        correlated: [&correlated, coefficient],
        reference: reference(record) as f64,
        phases: &spans,
        published,
    };
    let explanation = if is_linear(record) {
        "Loss: expectation of (x·x′ − y·y′)² over independent inputs. Subspace error: distance of \
         the responses' subspace from the principal one. Correlation: cosine of the response map \
         with that of the reference step. Backgrounds: phases found in this run; a linear network \
         silences no unit, so the active fraction has no part in them."
    } else {
        "Loss: mean of (x·x′ − α − y·y′)² over pairs of recorded inputs. Active fraction: share of \
         units that respond to enough of the recorded inputs. Correlation: Pearson’s r between the \
         population vectors of an input now and at the reference step, mean over inputs. \
         Backgrounds: phases found in this run from loss, active fraction and the correlation of \
         neighbouring records. Dashed: where Figure 4C of the paper marks the ends of its first \
         two phases, 300 and 2500 steps."
    };
    let title = if is_linear(record) {
        "Convergence and drift of the principal subspace"
    } else {
        "The three phases (Figure 4C)"
    };
    Ok(three_phases(&training, title, explanation)?)
}

/// The samples at about a dozen steps close to evenly spaced on the logarithmic axis.
fn samples_table(record: &RunRecord) -> Table {
    let samples = record.trace.samples();
    let last = samples.last().map_or(0.0, |sample| sample.step as f64);
    let mut chosen: Vec<usize> = (0..=12)
        .map(|part| (last + 1.0).powf(f64::from(part) / 12.0))
        .map(|wanted| samples.partition_point(|sample| (sample.step as f64) + 1.0 < wanted))
        .filter(|&index| index < samples.len())
        .collect();
    chosen.dedup();
    let (measure, column) = if is_linear(record) {
        ("subspace error", "subspace_error")
    } else {
        ("active fraction", "active_fraction")
    };
    let row = |index: usize| {
        let sample = &samples[index];
        vec![
            step_text(sample.step as f64),
            compact(sample.get("loss").unwrap_or(f64::NAN)),
            fixed(sample.get(column), 3),
            fixed(sample.get("population_vector_correlation"), 3),
        ]
    };
    Table::new(
        "Some of the samples; all stand in trace.csv.",
        ["step", "loss", measure, "correlation with the reference"],
        chosen.into_iter().map(row),
    )
}

/// Responses of all active units sorted by where they peak, at several times.
fn maps_figure(record: &RunRecord, kept: &Responses) -> Result<Option<Figure>, CliError> {
    let TaskSpec::SimilarityMatching(settings) = &record.scenario.spec().task else {
        return Ok(None);
    };
    let (inputs, active) = (settings.inputs, settings.active);
    let steps = &kept.steps;
    if steps.len() < 3 {
        return Ok(None);
    }
    let last = *steps.last().unwrap_or(&0) as f64;
    let mut chosen: Vec<usize> = SHOWN
        .iter()
        .map(|share| steps.partition_point(|&step| (step as f64) < share * last))
        .map(|index| index.clamp(1, steps.len() - 1))
        .collect();
    chosen.dedup();
    // At the start there is no code yet.
    chosen.iter_mut().for_each(|index| *index -= 1);
    let times: Vec<MapsAtTime> = (1..steps.len())
        .map(|index| {
            let responses = kept.at(index);
            MapsAtTime {
                title: format!("step {}", step_text(steps[index] as f64)),
                place: active.active(responses.as_view()),
                rates: responses,
            }
        })
        .collect();
    let (position, extent) = match inputs {
        SimilarityInputs::Ring(_) => ("angle of the input (degrees)", (0.0, 360.0)),
        _ => ("position on the track (share of its length)", (0.0, 1.0)),
    };
    let labels = MapLabels {
        stem: "responses",
        title: "Responses sorted by each of the times",
        explanation: "Each row of panels takes the units that are active at one time, ordered by \
            where they respond most at that time, and shows their responses at all times \
            (columns), every unit divided by its own peak. Panels on the diagonal are ordered by \
            construction; how the order is lost away from it, while the loss stays where it is, \
            is the drift. Dark rows: units that are silent at that time.",
        position,
        extent,
        units: "active units",
    };
    Ok(Some(sorted_by_each_time(&times, &chosen, labels)?))
}

fn correlation_figure(record: &RunRecord, kept: &Responses) -> Result<Option<Figure>, CliError> {
    let times: Vec<f64> = kept.steps.iter().map(|&step| step as f64).collect();
    if times.len() < 3 {
        return Ok(None);
    }
    let [of, quantity] = correlated(record);
    let matrix = similarity::correlation(kept);
    Ok(Some(correlation_over_time(
        Correlations {
            times: &times,
            axis: "training time (steps)",
            matrix: &matrix,
            quantity,
            of,
        },
        "correlation",
        "Correlation of responses over time",
        "Left: correlation of the responses at every pair of the evenly spaced records. Right: \
         rows of the matrix, the correlation of all times with a chosen one. A code that drifts \
         decorrelates with time; in null drift the decay no longer depends on where it starts.",
    )?))
}
