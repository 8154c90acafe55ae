//! What several seeds of a scenario that measures remapping show together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use drift_sim::engine::write_atomically;
use drift_sim::metrics::statistics::Mean;
use drift_sim::remapping::{Against, Prediction, Row, rows, rows_to_csv, test_prediction};
use drift_sim::{RunRecord, Scenario};

use crate::error::CliError;
use crate::figures::axis::compact;
use crate::figures::panel::Curve;
use crate::figures::remapping::{Quantity, over_training};
use crate::host::Host;
use crate::report::{Block, Report, Section, Table};

const TABLE: &str = "remapping.csv";
/// The rows of each seed alone.
const SEEDS: &str = "seeds";

/// Writes the tables, says what was found, and writes the report.
pub fn conclude(
    scenario: &Scenario,
    records: &[RunRecord],
    directory: &Path,
    no_report: bool,
    host: &Host<'_>,
) -> Result<(), CliError> {
    let seeds = directory.join(SEEDS);
    fs::create_dir_all(&seeds).map_err(|error| CliError::write(&seeds, error))?;
    let mut all = Vec::new();
    for record in records {
        let of_seed = rows(record);
        let path = seeds.join(format!("seed-{}.csv", record.scenario.seed()));
        write_atomically(&path, rows_to_csv(&of_seed).as_bytes())?;
        all.extend(of_seed);
    }
    let table = directory.join(TABLE);
    write_atomically(&table, rows_to_csv(&all).as_bytes())?;
    let remapping = scenario.spec().measures.remapping.as_ref();
    let from = remapping.map_or(0, |spec| spec.from);
    let predictions = test_prediction(&all, from)?;
    host.print(&findings_text(&predictions))?;
    host.print(&format!("recorded in {}\n", table.display()))?;
    if !no_report {
        let page = build(scenario, from, &all, &predictions)?.write(directory)?;
        host.print(&format!("report: {}\n", page.display()))?;
    }
    Ok(())
}

fn verdict(found: &Prediction) -> &'static str {
    match found.verdict() {
        1 => "as predicted",
        -1 => "opposite",
        _ => "undecided",
    }
}

/// Trends with training time, a line each.
fn findings_text(predictions: &[Prediction]) -> String {
    let mut text = String::from("Spearman's rho with training time, mean over seeds ± s.e.m.:\n");
    for found in predictions {
        if found.against == Against::Time {
            text += &format!(
                "  {:12} {:21} {:6.2} ± {:.2}  {} of {} seeds as predicted, p = {:.3}: {}\n",
                found.change.as_deref().unwrap_or("flatness"),
                found.measure.name(),
                found.mean,
                found.standard_error,
                found.agreeing,
                found.trends.len(),
                found.p,
                verdict(found)
            );
        }
    }
    text
}

/// Mean and standard error over seeds of what `of` takes from the rows, at each step.
fn curve<'a>(label: &str, rows: impl Iterator<Item = &'a Row>, of: fn(&Row) -> f64) -> Curve {
    let mut by_step = BTreeMap::<u64, Vec<f64>>::new();
    for row in rows {
        by_step.entry(row.step).or_default().push(of(row));
    }
    let mut curve = Curve {
        label: label.to_owned(),
        ..Curve::default()
    };
    for (step, values) in by_step {
        let over = Mean::of(values);
        curve.x.push(step as f64);
        curve.mean.push(over.mean);
        curve.error.push(over.standard_error);
    }
    curve
}

fn build(
    scenario: &Scenario,
    from: u64,
    rows: &[Row],
    predictions: &[Prediction],
) -> Result<Report, CliError> {
    let spec = scenario.spec().measures.remapping.as_ref();
    let changes: Vec<String> = spec
        .iter()
        .flat_map(|spec| &spec.changes)
        .map(ToString::to_string)
        .collect();
    let of_change = |change: &str, of: fn(&Row) -> f64| {
        curve(change, rows.iter().filter(|row| row.change == change), of)
    };
    let by_change = |title, axis, of: fn(&Row) -> f64| Quantity {
        title,
        axis,
        curves: changes.iter().map(|change| of_change(change, of)).collect(),
    };
    // Every change repeats what is measured in the known environment.
    let known = |title, axis, of: fn(&Row) -> f64| Quantity {
        title,
        axis,
        curves: vec![Curve {
            label: String::new(),
            ..of_change(&changes[0], of)
        }],
    };
    let remapping = over_training(
        "remapping",
        "Remapping to the same changes over training",
        &format!(
            "Means over seeds, bands ± their standard error. Correlation: Pearson's r between a \
             unit's smoothed rate maps before and after the change, mean over the units that are \
             place units in both. Moved: of the units active in both, the share whose peak is \
             more than {} bins away. Remapped: of the units active in either, the share that \
             moved, fell silent or became active. Loss: in the changed environment, without \
             learning there. The prediction is that the correlation rises and the shares fall.",
            spec.map_or(0, |spec| spec.shift_bins)
        ),
        &[
            by_change("Rate-map correlation", "mean r", |row| row.correlation),
            by_change("Fields that moved", "share of kept units", |row| {
                row.fraction_moved
            }),
            by_change("Units that remapped", "share of active units", |row| {
                row.fraction_remapped
            }),
            by_change(
                "Loss after the change",
                "log₁₀ (loss / variance)",
                |row| row.changed_log10_normalised_loss,
            ),
        ],
    )?;
    let mut flat = vec![
        known("Trace of the Hessian", "trace", |row| row.hessian_trace),
        known("Active units", "fraction of units", |row| {
            row.fraction_active_units
        }),
        known("Loss", "log₁₀ (loss / variance)", |row| {
            row.log10_normalised_loss
        }),
    ];
    if rows.iter().any(|row| row.nonzero_fraction.is_some()) {
        flat.push(known("Non-zero eigenvalues", "fraction", |row| {
            row.nonzero_fraction.unwrap_or(f64::NAN)
        }));
    }
    let flatness = over_training(
        "flatness",
        "Flatness in the known environment",
        "Means over seeds, bands ± their standard error. Label noise is expected to lower the \
         trace, update noise the number of eigenvalues that are not zero and with it the number \
         of active units.",
        &flat,
    )?;
    let seeds: BTreeSet<u64> = rows.iter().map(|row| row.seed).collect();
    let table = |caption: &str, against_time: bool| {
        let columns = [
            "change",
            "measure",
            "against",
            "first",
            "last",
            "mean rho",
            "s.e.m.",
            "as predicted",
            "p",
            "finding",
        ];
        let wanted = |found: &&Prediction| (found.against == Against::Time) == against_time;
        let rows = predictions.iter().filter(wanted).map(table_row);
        Block::Table(Table::new(caption, columns, rows))
    };
    Ok(Report {
        title: format!("Remapping over training: {}", scenario.name()),
        summary: format!(
            "A trained network is shown the same walk through a changed corridor, without \
             learning there, at times along {} steps of noisy learning. If noise moves it to \
             flatter ground, the same change should make fewer fields remap the longer it has \
             drifted.",
            scenario.steps()
        ),
        highlights: vec![
            ("seeds".into(), seeds.len().to_string()),
            ("steps".into(), compact(scenario.steps() as f64)),
            ("tested from step".into(), compact(from as f64)),
            ("changes".into(), changes.len().to_string()),
        ],
        sections: vec![
            Section::new(
                "Finding",
                vec![
                    Block::Text(format!(
                        "Spearman's rho in each seed over the sampling points from step {from} \
                         on, its mean over seeds, and a two-sided sign test over seeds, not \
                         corrected for the number of rows. First and last: means of the measure \
                         at both ends."
                    )),
                    table("Trends with training time", true),
                    Block::Figure(remapping),
                    Block::Figure(flatness),
                ],
            ),
            Section::new(
                "Against flatness",
                vec![
                    Block::Text(
                        "The same with measures of flatness in the place of time. As predicted: \
                         more remapping on steeper ground."
                            .into(),
                    ),
                    table("Trends with flatness", false),
                ],
            ),
            Section::new(
                "Scenario",
                vec![Block::source("scenario.toml", scenario.to_toml())],
            ),
        ],
    })
}

fn table_row(found: &Prediction) -> Vec<String> {
    vec![
        found.change.clone().unwrap_or_else(|| "–".into()),
        found.measure.name().into(),
        found.against.name().into(),
        format!("{:.3}", found.first),
        format!("{:.3}", found.last),
        format!("{:.2}", found.mean),
        format!("{:.2}", found.standard_error),
        format!("{} of {}", found.agreeing, found.trends.len()),
        format!("{:.3}", found.p),
        verdict(found).into(),
    ]
}
