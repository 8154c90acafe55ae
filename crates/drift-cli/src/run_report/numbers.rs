//! What of a run is said in numbers and tables.

use drift_sim::metrics::phases::{Border, Phases};
use drift_sim::scenario::TaskSpec;
use drift_sim::{RunRecord, Trace};

use crate::figures::axis::{compact, fixed, steps as step_text};
use crate::report::Table;

/// A column of a trace, NaN where nothing was measured.
pub fn column(trace: &Trace, name: &str) -> Vec<f64> {
    let values = trace.column(name);
    values.map(|value| value.unwrap_or(f64::NAN)).collect()
}

/// How the run ended, or how far it is.
pub fn ending(record: &RunRecord) -> String {
    if let Some(outcome) = &record.outcome {
        return outcome.to_string();
    }
    let done = record.trace.last().map_or(0, |sample| sample.step);
    format!(
        "not finished: {done} of {} steps recorded",
        record.scenario.steps()
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
    match record.scenario.spec().task {
        TaskSpec::Valley(_) => "log₁₀ loss",
        _ => "log₁₀ normalised loss",
    }
}

/// The last sample's measures.
pub fn highlights(record: &RunRecord) -> Vec<(String, String)> {
    let Some(last) = record.trace.last() else {
        return Vec::new();
    };
    let loss = last.get("log10_normalised_loss").unwrap_or(f64::NAN);
    let mut list = vec![
        ("steps".to_owned(), step_text(last.step as f64)),
        (loss_name(record).to_owned(), compact(loss)),
    ];
    for (name, column, unit) in [
        ("active fraction", "active_fraction", ""),
        ("fraction of active units", "fraction_active_units", ""),
        (
            "mean spatial information",
            "mean_spatial_information",
            " bits/spike",
        ),
        ("place units", "place_units", ""),
    ] {
        let value = last.get(column).map(|value| compact(value) + unit);
        list.extend(value.map(|text| (name.to_owned(), text)));
    }
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
                let ratio = (samples[*index].step as f64 + 1.0) / (wanted + 1.0);
                ratio.ln().abs()
            };
            (0..samples.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
        })
        .chain((!samples.is_empty()).then_some(0))
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    // One hidden layer has no columns of its own.
    let layers = match record.scenario.spec().network.hidden.layers() {
        1 => 0,
        layers => layers,
    };
    let loss = loss_name(record);
    let mut columns: Vec<(String, String, usize)> = [
        (loss, "log10_normalised_loss", 3),
        ("active fraction", "active_fraction", 3),
        ("active units", "fraction_active_units", 3),
        ("mean SI (bits/spike)", "mean_spatial_information", 2),
        ("place units", "place_units", 0),
        ("λ max", "hessian_max", 3),
        ("η λ max", "eta_hessian_max", 3),
        ("trace", "hessian_trace", 3),
    ]
    .map(|(name, column, decimals)| (name.to_owned(), column.to_owned(), decimals))
    .to_vec();
    for layer in 1..=layers {
        for (name, column) in [
            ("active fraction", "active_fraction"),
            ("active units", "fraction_active_units"),
        ] {
            let name = format!("{name}, layer {layer}");
            columns.push((name, format!("{column}_layer{layer}"), 3));
        }
    }
    // A task without positions has no spatial information, the valley no units.
    columns.retain(|(_, column, _)| {
        let mut values = chosen.iter().map(|&index| samples[index].get(column));
        values.any(|value| value.is_some_and(f64::is_finite))
    });
    let row = |&index: &usize| {
        let sample = &samples[index];
        let values = columns.iter();
        let values = values.map(|(_, column, decimals)| fixed(sample.get(column), *decimals));
        std::iter::once(step_text(sample.step as f64))
            .chain(values)
            .collect()
    };
    let kind = super::kind_in_words(record.scenario.spec().spectrum.kind);
    Table::new(
        format!(
            "Measures on clean data at some of the samples; all stand in trace.csv. λ max is of the \
             exact Hessian, the spectrum of {kind}."
        ),
        std::iter::once("step").chain(columns.iter().map(|(name, ..)| name.as_str())),
        chosen.iter().map(row),
    )
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
    Table::new(
        format!(
            "The phases of the run (Table 1), found from loss, active fraction and the correlation \
             of {code}."
        ),
        ["phase", "ends at step", "interval", "what happens"],
        rows,
    )
}
