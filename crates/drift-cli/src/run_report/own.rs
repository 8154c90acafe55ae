//! What a report shows of measures and systems that a program brings along: a curve a column.

use drift_sim::RunRecord;

use crate::error::CliError;
use crate::figures::axis::{Axis, compact, steps as step_text};
use crate::figures::panel::{Mark, Panel, Series, points};
use crate::figures::panels;
use crate::figures::style::BLUE;
use crate::report::{Block, Report, Section};

use super::numbers::{capital, column, ending};

/// The columns that ours know how to show.
const KNOWN: [&str; 12] = [
    "loss",
    "log10_normalised_loss",
    "active_fraction",
    "fraction_active_units",
    "mean_spatial_information",
    "place_units",
    "hessian_trace",
    "hessian_max",
    "eta_hessian_max",
    "log_pseudo_determinant",
    "nonzero_fraction",
    "published_nonzero_fraction",
];

fn names(record: &RunRecord) -> impl Iterator<Item = &str> {
    let columns = record.trace.columns().iter();
    columns.map(|column| column.name.as_str())
}

/// The report of a system of one's own.
pub fn build(record: &RunRecord) -> Result<Report, CliError> {
    let scenario = &record.scenario;
    let names: Vec<&str> = names(record).collect();
    let mut highlights = Vec::new();
    if let Some(last) = record.trace.last() {
        highlights.push(("steps".to_owned(), step_text(last.step as f64)));
        let measured = names.iter().take(5);
        let measured = measured.filter_map(|name| Some((name, last.get(name)?)));
        highlights.extend(measured.map(|(name, value)| ((*name).to_owned(), compact(value))));
    }
    Ok(Report {
        title: format!("{} (seed {})", scenario.name(), scenario.seed()),
        summary: format!(
            "{}. System: {}.",
            capital(&ending(record)),
            scenario.spec().task.kind()
        ),
        highlights,
        sections: vec![
            Section::new("Measures", curves(record, "measures", &names)?),
            Section::new(
                "Scenario",
                vec![Block::source("scenario.toml", scenario.to_toml())],
            ),
        ],
    })
}

/// What no other part of a network's report draws: a section with the measures of each of several
/// hidden layers, and one with the measures of one's own.
pub fn measures(record: &RunRecord) -> Result<Vec<Section>, CliError> {
    let other = |name: &&str| !KNOWN.contains(name) && !name.starts_with("remapping");
    let of_layer = |name: &&str| {
        let number = name.rsplit_once("_layer").map(|(_, number)| number);
        number.is_some_and(|number| number.parse::<usize>().is_ok())
    };
    let (layers, own) = names(record).filter(other).partition(of_layer);
    let parts: [(&str, &str, Vec<&str>); 2] = [
        ("Hidden layers", "layers", layers),
        ("Own measures", "measures", own),
    ];
    let mut sections = Vec::new();
    for (heading, stem, names) in parts {
        if !names.is_empty() {
            sections.push(Section::new(heading, curves(record, stem, &names)?));
        }
    }
    Ok(sections)
}

/// A curve of each of these columns, in figures of at most eight.
fn curves(record: &RunRecord, stem: &str, names: &[&str]) -> Result<Vec<Block>, CliError> {
    let steps = record.trace.steps();
    let panel = |name: &&str| -> Panel {
        let values = column(&record.trace, name);
        let x = Axis::training_time(&steps);
        let y = Axis::around(*name, values.iter().copied());
        let line = Series::new("", points(&steps, &values), BLUE, Mark::Line(1.8));
        Panel::new(*name, x, y).with(line)
    };
    let mut blocks = Vec::new();
    for (page, names) in names.chunks(8).enumerate() {
        let drawn: Vec<Panel> = names.iter().map(panel).collect();
        let figure = panels(
            &format!("{stem}_{}", page + 1),
            "Measures over the run",
            "Each measure at every sample; all stand in trace.csv.",
            &drawn,
            2,
            (530.0, 300.0),
        )?;
        blocks.push(Block::Figure(figure));
    }
    Ok(blocks)
}
