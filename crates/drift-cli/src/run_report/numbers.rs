//! What of a run is said in numbers and tables.

use drift_sim::RunRecord;
use drift_sim::metrics::phases::{Border, Phases};
use drift_sim::scenario::TaskSpec;

use crate::figures::axis::{compact, steps as step_text};
use crate::report::Table;

/// How the run ended, or how far it is.
pub fn ending(record: &RunRecord) -> String {
    record.outcome.as_ref().map_or_else(
        || {
            let done = record.trace.last().map_or(0, |sample| sample.step);
            format!(
                "not finished: {done} of {} steps recorded",
                record.scenario.steps()
            )
        },
        |outcome| outcome.to_string(),
    )
}

/// The text with a capital letter in front.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// What the recorded loss is called: that of the valley is not normalised.
fn loss_name(record: &RunRecord) -> &'static str {
    let is_valley = matches!(record.scenario.spec().task, TaskSpec::Valley(_));
    if is_valley {
        "log₁₀ loss"
    } else {
        "log₁₀ normalised loss"
    }
}

/// The last sample's measures.
pub fn highlights(record: &RunRecord) -> Vec<(String, String)> {
    let Some(last) = record.trace.last() else {
        return Vec::new();
    };
    let mut list = vec![
        ("steps".to_owned(), step_text(last.step as f64)),
        (
            loss_name(record).to_owned(),
            compact(last.get("log10_normalised_loss").unwrap_or(f64::NAN)),
        ),
    ];
    let mut add = |name: &str, value: Option<f64>, unit: &str| {
        if let Some(value) = value {
            list.push((name.to_owned(), format!("{}{unit}", compact(value))));
        }
    };
    add("active fraction", last.get("active_fraction"), "");
    add(
        "fraction of active units",
        last.get("fraction_active_units"),
        "",
    );
    add(
        "mean spatial information",
        last.get("mean_spatial_information"),
        " bits/spike",
    );
    add("place units", last.get("place_units"), "");
    list
}

/// The trace at about ten of its samples, close to evenly spaced on the logarithmic axis.
pub fn samples_table(record: &RunRecord) -> Table {
    let samples = record.trace.samples();
    let last = samples
        .last()
        .map_or(1.0, |sample| sample.step as f64)
        .max(1.0);
    let mut chosen: Vec<usize> = (0..=12)
        .map(|part| last.powf(f64::from(part) / 12.0))
        .filter_map(|wanted| {
            let distance = |index: &usize| {
                ((samples[*index].step as f64 + 1.0) / (wanted + 1.0))
                    .ln()
                    .abs()
            };
            (0..samples.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
        })
        .chain((!samples.is_empty()).then_some(0))
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    let show = |value: Option<f64>, decimals: usize| {
        value.map_or("–".to_owned(), |value| {
            format!("{value:.decimals$}").replace('-', "−")
        })
    };
    // One hidden layer has no columns of its own.
    let layers: Vec<usize> = match record.scenario.spec().network.hidden.layers() {
        1 => Vec::new(),
        layers => (1..=layers).collect(),
    };
    let rows: Vec<Vec<String>> = chosen
        .into_iter()
        .map(|index| {
            let sample = &samples[index];
            let mut row = vec![
                step_text(sample.step as f64),
                show(sample.get("log10_normalised_loss"), 3),
                show(sample.get("active_fraction"), 3),
                show(sample.get("fraction_active_units"), 3),
                show(sample.get("mean_spatial_information"), 2),
                show(sample.get("place_units"), 0),
                show(sample.get("hessian_max"), 3),
                show(sample.get("eta_hessian_max"), 3),
                show(sample.get("hessian_trace"), 3),
            ];
            for layer in &layers {
                for measure in ["active_fraction", "fraction_active_units"] {
                    row.push(show(sample.get(&format!("{measure}_layer{layer}")), 3));
                }
            }
            row
        })
        .collect();
    let mut names: Vec<String> = [
        "step",
        loss_name(record),
        "active fraction",
        "active units",
        "mean SI (bits/spike)",
        "place units",
        "λ max",
        "η λ max",
        "trace",
    ]
    .map(String::from)
    .to_vec();
    for layer in &layers {
        for measure in ["active fraction", "active units"] {
            names.push(format!("{measure}, layer {layer}"));
        }
    }
    // A task without positions has no spatial information, the valley no units.
    let measured: Vec<usize> = (0..names.len())
        .filter(|column| rows.iter().any(|row| row[*column] != "–"))
        .collect();
    let keep = |row: &[String]| measured.iter().map(|column| row[*column].clone()).collect();
    Table {
        caption: format!(
            "Measures on clean data at some of the samples; all stand in trace.csv. λ max is of the \
             exact Hessian, the spectrum of {}.",
            super::kind_in_words(record.scenario.spec().spectrum.kind)
        ),
        columns: keep(&names),
        rows: rows.iter().map(|row| keep(row)).collect(),
    }
}

/// The borders that lie within the record, for the figures.
pub fn borders(phases: &Phases) -> Vec<(f64, &'static str)> {
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

/// Table 1 of the paper for this run: where each phase ends; `code` is what null drift changes.
pub fn phases_table(phases: &Phases, code: &str) -> Table {
    let end = |border: Border| match border {
        Border::BeforeStart { .. } => ["before the first sample".to_owned(), "–".to_owned()],
        Border::At { time, interval } => [
            step_text(time.round()),
            format!(
                "{} … {}",
                step_text(interval.lower.round()),
                step_text(interval.upper.round())
            ),
        ],
        Border::NotReached { .. } => ["after the end of the run".to_owned(), "–".to_owned()],
    };
    let row = |name: &str, [end, interval]: [String; 2], what: &str| {
        vec![name.to_owned(), end, interval, what.to_owned()]
    };
    let mut rows = vec![
        row("convergence", end(phases.convergence_end), "the loss falls"),
        row(
            "directed drift",
            end(phases.directed_drift_end),
            "the loss stays, the code sparsifies",
        ),
    ];
    if let Some(null) = phases.null_drift {
        let what = format!("{code} lose {} of correlation a step", compact(null.rate));
        rows.push(row("null drift", ["–".to_owned(), "–".to_owned()], &what));
    }
    Table {
        caption: format!(
            "The phases of the run (Table 1), found from loss, active fraction and the correlation \
             of {code}."
        ),
        columns: ["phase", "ends at step", "interval", "what happens"]
            .map(String::from)
            .to_vec(),
        rows,
    }
}
