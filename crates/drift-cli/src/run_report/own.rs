//! What a report shows of measures and systems that a program brings along: a curve a column.

use drift_sim::RunRecord;

use crate::error::CliError;
use crate::figures::axis::{Axis, compact, steps as step_text};
use crate::figures::panel::{Mark, Panel, Series};
use crate::figures::style::BLUE;
use crate::figures::{Figure, panels};
use crate::report::{Block, Report, Section};

use super::numbers::{capital, ending};

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

/// The report of a system of one's own.
pub fn build(record: &RunRecord) -> Result<Report, CliError> {
    let scenario = &record.scenario;
    let names: Vec<&str> = record
        .trace
        .columns()
        .iter()
        .map(|c| c.name.as_str())
        .collect();
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
            Section::new("Measures", curves(record, &names)?),
            Section::new(
                "Scenario",
                vec![Block::Source {
                    name: "scenario.toml".into(),
                    text: scenario.to_toml(),
                }],
            ),
        ],
    })
}

/// The section with the measures of one's own of a network's run, where it has any.
pub fn measures(record: &RunRecord) -> Result<Option<Section>, CliError> {
    let columns = record
        .trace
        .columns()
        .iter()
        .map(|column| column.name.as_str());
    let own = |name: &&str| !KNOWN.contains(name) && !name.starts_with("remapping");
    let names: Vec<&str> = columns.filter(own).collect();
    if names.is_empty() {
        return Ok(None);
    }
    Ok(Some(Section::new("Own measures", curves(record, &names)?)))
}

fn curves(record: &RunRecord, names: &[&str]) -> Result<Vec<Block>, CliError> {
    let steps = record.trace.steps();
    let panel = |name: &&str| -> Panel {
        let values: Vec<f64> = record
            .trace
            .column(name)
            .map(|value| value.unwrap_or(f64::NAN))
            .collect();
        let points = steps.iter().copied().zip(values.iter().copied());
        let x = Axis::training_time(&steps);
        let y = Axis::around(*name, values.iter().copied());
        Panel::new(*name, x, y).with(Series::new("", points, BLUE, Mark::Line(1.8)))
    };
    let mut blocks = Vec::new();
    for (page, names) in names.chunks(8).enumerate() {
        let drawn: Vec<Panel> = names.iter().map(panel).collect();
        let figure: Figure = panels(
            &format!("measures_{}", page + 1),
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
