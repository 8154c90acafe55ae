//! The report of a comparison.

use drift_sim::code::{AtLag, CodeAt, Criteria, RecordedSelection};

use super::Source;
use super::figures::{correlation_figure, maps_figure, over_lag, over_time};
use crate::args::CompareArgs;
use crate::error::CliError;
use crate::report::{Block, Report, Section, Table};

/// Builds the report.
pub fn report(
    arguments: &CompareArgs,
    selection: &RecordedSelection,
    criteria: &Criteria,
    sources: &[Source],
) -> Result<Report, CliError> {
    let mut sections = vec![Section::new(
        "Side by side",
        vec![
            Block::Table(summary_table(sources)),
            Block::Figure(over_time(sources)?),
            Block::Figure(over_lag(sources)?),
        ],
    )];
    for (index, source) in sources.iter().enumerate() {
        let mut blocks = vec![Block::Table(times_table(source))];
        if !source.notes.is_empty() {
            blocks.push(Block::Notes(source.notes.clone()));
        }
        blocks.push(Block::Figure(maps_figure(source, index)?));
        blocks.push(Block::Figure(correlation_figure(source, index)?));
        sections.push(Section::new(&source.name, blocks));
    }
    sections.push(Section::new(
        "How it was done",
        vec![Block::Text(method(arguments, selection, criteria))],
    ));
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    Ok(Report {
        title: "Simulated units and recorded cells".into(),
        summary: format!("{}: the same measures, side by side.", names.join(", ")),
        highlights: sources
            .iter()
            .map(|source| {
                let units = source.code.times.first().map_or(0, |at| at.units);
                let value = format!("{units} units, {} times", source.code.times.len());
                (source.name.clone(), value)
            })
            .collect(),
        sections,
    })
}

fn method(arguments: &CompareArgs, selection: &RecordedSelection, criteria: &Criteria) -> String {
    let mut text = format!(
        "Simulated: hidden activity on the run's own data set at snapshots of {}. Recorded: {}. ",
        arguments.run.display(),
        arguments.recording.path.display()
    );
    if let Some(speed) = selection.minimum_speed {
        text += &format!("Frames at {speed} cm/s or faster. ");
    }
    if let Some(bins) = &selection.bins {
        text += &format!("Track bins {} to {}. ", bins.start(), bins.end());
    }
    if selection.events {
        text += "Every positive frame counts as one event, whatever its amplitude. ";
    }
    text += &format!(
        "Everything after that is one function for both, drift_sim::code::measure_code: positions \
         are signed by the direction of motion; a unit is active with activity in at least {} \
         samples; information is that of unsmoothed maps, over the units with as many active \
         samples in the bins analysed, and naive: from few events it is too high, which is why \
         what shuffling explains is also taken off. Place units have more than {} bits per spike, \
         the paper's criterion for units without noise, which says little of cells with few \
         events. ",
        criteria.active_samples, criteria.place_threshold
    );
    if criteria.shuffles > 0 {
        text += &format!(
            "Tuned units reach p < {} against {} cyclic shuffles. ",
            criteria.significance, criteria.shuffles
        );
    }
    text + &format!(
        "Correlations are over units active at both times. A step of learning and a day are not \
         the same thing: the horizontal axes cannot be laid on each other, only the courses \
         compared. Seed of the shuffles: {}.",
        arguments.recording.seed
    )
}

fn show(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.3}")
    } else {
        "–".to_owned()
    }
}

/// A measure at one time, with its name.
type Value = (&'static str, fn(&CodeAt) -> f64);

/// A measure at one lag, with its name.
type LagValue = (&'static str, fn(&AtLag) -> f64);

/// First and last time of every source, a row a measure.
fn summary_table(sources: &[Source]) -> Table {
    let values: [Value; 6] = [
        ("active units, share of all", CodeAt::fraction_active_units),
        ("active fraction of units and samples", |at| {
            at.active_fraction
        }),
        ("tuned units, share of tested", CodeAt::tuned_share),
        (
            "place units by threshold, share of tested",
            CodeAt::place_share,
        ),
        ("information, bits/spike", |at| at.mean_information),
        ("information above chance, bits/spike", |at| {
            at.information_above_chance.unwrap_or(f64::NAN)
        }),
    ];
    let mut rows: Vec<Vec<String>> = values
        .iter()
        .map(|(name, value)| {
            let mut row = vec![(*name).to_owned()];
            for source in sources {
                let ends = [source.code.times.first(), source.code.times.last()];
                let [first, last] = ends.map(|at| show(at.map_or(f64::NAN, value)));
                row.push(format!("{first} → {last}"));
            }
            row
        })
        .collect();
    let lags: [LagValue; 3] = [
        ("rate maps' correlation", |lag| lag.rate_map_correlation),
        ("population vectors' correlation", |lag| lag.pv_correlation),
        ("turnover ratio", |lag| lag.turnover_ratio),
    ];
    for (name, value) in lags {
        let mut row = vec![format!("{name}, next → longest lag")];
        for source in sources {
            let lags = source.code.by_lag();
            let [next, longest] =
                [lags.get(1), lags.last()].map(|lag| show(lag.map_or(f64::NAN, value)));
            row.push(format!("{next} → {longest}"));
        }
        rows.push(row);
    }
    Table {
        caption: "First → last time. Every time stands in compare.csv, every lag in lags.csv."
            .into(),
        columns: std::iter::once("measure".to_owned())
            .chain(sources.iter().map(|source| source.name.clone()))
            .collect(),
        rows,
    }
}

fn times_table(source: &Source) -> Table {
    let rows = source.code.times.iter().enumerate().map(|(index, at)| {
        vec![
            at.label.clone(),
            at.found.to_string(),
            at.active.to_string(),
            at.tested.to_string(),
            at.tuned.map_or("–".to_owned(), |tuned| tuned.to_string()),
            show(at.mean_information),
            show(at.information_above_chance.unwrap_or(f64::NAN)),
            show(source.code.pairs.rate_map_correlation[(0, index)]),
            show(source.code.pairs.pv_correlation[(0, index)]),
            show(source.code.turnover[(0, index)]),
        ]
    });
    Table {
        caption: "Every time; correlations and turnover with the first.".into(),
        columns: [
            "time",
            "found",
            "active",
            "tested",
            "tuned",
            "SI (bits/spike)",
            "above chance",
            "maps' r",
            "vectors' r",
            "turnover",
        ]
        .map(String::from)
        .to_vec(),
        rows: rows.collect(),
    }
}
