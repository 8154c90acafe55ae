//! The report of recordings, alone or beside a run.

use drift_sim::code::{AtLag, CodeAt, CodeOverTime, Directions};

use super::cohort::Cohort;
use super::figures::{self, ratio};
use super::{Analysed, Request};
use crate::error::CliError;
use crate::figures::axis::fixed;
use crate::report::{Block, Report, Section, Table};

/// Builds the report.
pub fn report(
    request: &Request<'_>,
    all: &[Analysed],
    cohort: &Cohort,
) -> Result<Report, CliError> {
    let mut sections = Vec::new();
    let left_out: Vec<String> = all.iter().flat_map(|one| one.left_out.clone()).collect();
    if !left_out.is_empty() {
        sections.push(Section::new("Left out", vec![Block::Notes(left_out)]));
    }
    sections.push(Section::new(
        "Animals together (Figure 3)",
        cohort.blocks()?,
    ));
    let mut side_by_side = vec![Block::Table(summary_table(all))];
    side_by_side.extend(figures::over_time(all)?.into_iter().map(Block::Figure));
    side_by_side.extend(figures::over_lag(all)?.map(Block::Figure));
    let codes = all.iter().map(|analysed| &analysed.code);
    side_by_side.extend(figures::decoding(codes)?.map(Block::Figure));
    sections.push(Section::new("Side by side", side_by_side));
    if let Some(figure) = figures::bias(all)? {
        let blocks = vec![Block::Figure(figure)];
        sections.push(Section::new("Bias of the information", blocks));
    }
    for (index, Analysed { code, notes, .. }) in all.iter().enumerate() {
        let mut blocks = vec![Block::Table(times_table(code))];
        if !notes.is_empty() {
            blocks.push(Block::Notes(notes.clone()));
        }
        blocks.push(Block::Figure(figures::maps(code, index)?));
        let matrices = figures::correlations(code, index)?;
        blocks.extend(matrices.into_iter().map(Block::Figure));
        sections.push(Section::new(code.population.name(), blocks));
    }
    sections.push(Section::new(
        "How it was done",
        vec![Block::Text(method(request))],
    ));
    let recorded = all.iter().filter(|one| !one.code.population.simulated);
    let times = recorded.clone().flat_map(|one| &one.code.times);
    let cells: usize = times.clone().map(|at| at.units.len()).sum();
    let title = match request.run {
        Some(_) => "Simulated units and recorded cells".to_owned(),
        None => format!("Recordings in {}", request.recording.path.display()),
    };
    let names: Vec<String> = all.iter().map(|one| one.code.population.name()).collect();
    Ok(Report {
        title,
        summary: format!("{}: the same measures.", names.join(", ")),
        highlights: vec![
            ("recordings".into(), recorded.count().to_string()),
            ("sessions".into(), times.count().to_string()),
            ("cells, summed over sessions".into(), cells.to_string()),
        ],
        sections,
    })
}

fn method(request: &Request<'_>) -> String {
    let (selection, criteria) = (&request.selection, &request.criteria);
    let mut text = String::new();
    if let Some(run) = request.run {
        text += &format!(
            "Simulated: hidden activity on the run's own data set at snapshots of {}. A step of \
             learning and a day are not the same thing: only courses can be compared. Recorded: ",
            run.display()
        );
    }
    text += "sessions in which the animal runs. ";
    if let Some(laboratory) = request.recording.laboratory {
        text += &format!(
            "Processed as the paper did the data of {}. ",
            laboratory.name()
        );
    }
    if let Some(speed) = selection.minimum_speed {
        text += &format!("Frames with a speed of at least {speed} cm/s. ");
    }
    if let Some(bins) = &selection.bins {
        text += &format!("Track bins {} to {}. ", bins.start(), bins.end());
    }
    if let Some(region) = &selection.region {
        text += &format!("Cells of {region}. ");
    }
    if selection.events {
        text += "Every positive frame counts as one event, whatever its amplitude. ";
    }
    if let Some(minutes) = selection.block_minutes {
        text += &format!("Sessions are cut into blocks of {minutes} minutes. ");
    }
    text += match selection.directions {
        Directions::Apart => "Each running direction has maps of its own. ",
        Directions::Signed => "Maps are over position × direction. ",
        Directions::Together => "Running directions are not told apart. ",
    };
    text += &format!(
        "A cell is active with activity in at least {} frames",
        criteria.active_samples
    );
    if criteria.minimum_rate > 0.0 {
        text += &format!(" and a mean rate above {} Hz", criteria.minimum_rate);
    }
    text += "; it is tested in a direction with as many active frames in the bins analysed. Spatial \
             information is that of unsmoothed maps over tested cells and directions. ";
    if criteria.shuffles > 0 {
        text += &format!(
            "A place cell reaches p < {} against {} cyclic shuffles in one direction. ",
            criteria.significance, criteria.shuffles
        );
    }
    if criteria.subsamplings > 0 {
        text += &format!(
            "Corrected information: scaled shuffle reduction (SSR) and bounded asymptotic \
             extrapolation (BAE) of Sheintuch, Rubin and Ziv (2022), {} subsamplings, place cells \
             only. ",
            criteria.subsamplings
        );
    }
    text + &format!(
        "Correlations are over cells active at both times; by matched halves, over cells found at \
         both and divided by what each session's halves have in common, so that a code that stands \
         still gives 1. Laps are runs to the far quarter of the track and back, else minutes; at \
         least four are needed. A simulation without noise needs no correction and has none; its decoders \
         are tested on all samples. Seed of the shuffles: {}; they depend on \
         animal, environment, session and direction alone.",
        request.recording.seed
    )
}

fn show(value: f64) -> String {
    fixed(value, 3)
}

fn counted(value: Option<usize>) -> String {
    value.map_or("–".to_owned(), |count| count.to_string())
}

/// A measure at one time, with its name.
type Value = (&'static str, fn(&CodeOverTime, &CodeAt) -> f64);

/// A measure at one lag, with its name.
type LagValue = (&'static str, fn(&AtLag) -> f64);

/// First and last time of every animal and run, a row a measure.
fn summary_table(all: &[Analysed]) -> Table {
    let values: [Value; 9] = [
        ("active cells, share of registered", |code, at| {
            ratio(Some(at.active_units()), code.population.registered)
        }),
        ("active cells, share of found", |_, at| {
            ratio(Some(at.active_units()), Some(at.units.len()))
        }),
        ("active fraction, cells × samples", |_, at| {
            at.active_fraction
        }),
        ("place cells, share of tested", |_, at| {
            ratio(at.place_units(), at.tested_units())
        }),
        ("place cells, share of found", |_, at| {
            ratio(at.place_units(), Some(at.units.len()))
        }),
        ("place cells, share of registered", |code, at| {
            ratio(at.place_units(), code.population.registered)
        }),
        ("information, bits/spike", |_, at| at.information().mean),
        ("information above chance", |_, at| {
            at.information_above_chance().mean
        }),
        ("information, corrected (SSR)", |_, at| {
            at.corrected(|bits| bits.ssr).mean
        }),
    ];
    let lags: [LagValue; 5] = [
        ("rate maps' correlation by matched halves", |lag| {
            lag.corrected_rate_map_correlation
        }),
        ("decoder's error, bins", |lag| lag.decoding_error),
        ("rate maps' correlation", |lag| lag.rate_map_correlation),
        ("population vectors' correlation", |lag| lag.pv_correlation),
        ("turnover ratio", |lag| lag.turnover_ratio),
    ];
    let mut rows: Vec<Vec<String>> = Vec::new();
    let codes = || all.iter().map(|analysed| &analysed.code);
    for (name, value) in values {
        let ends = codes().map(|code| {
            let [first, last] = [code.times.first(), code.times.last()]
                .map(|at| show(at.map_or(f64::NAN, |at| value(code, at))));
            format!("{first} → {last}")
        });
        rows.push(std::iter::once(name.to_owned()).chain(ends).collect());
    }
    for (name, value) in lags {
        let ends = codes().map(|code| {
            let lags = code.by_lag();
            let [next, longest] =
                [lags.get(1), lags.last()].map(|lag| show(lag.map_or(f64::NAN, value)));
            format!("{next} → {longest}")
        });
        let name = format!("{name}, next → longest lag");
        rows.push(std::iter::once(name).chain(ends).collect());
    }
    Table::new(
        "First → last time. Every time stands in the table of sessions, every lag in lags.csv, every \
         cell in cells.csv.",
        std::iter::once("measure".to_owned()).chain(codes().map(|code| code.population.name())),
        rows,
    )
}

fn times_table(code: &CodeOverTime) -> Table {
    let with_first = |index: usize| {
        code.pairs.as_ref().map_or([f64::NAN; 3], |pairs| {
            [
                pairs.correlations.rate_map_correlation[(0, index)],
                pairs.correlations.pv_correlation[(0, index)],
                pairs.turnover[(0, index)],
            ]
        })
    };
    let rows = code.times.iter().enumerate().map(|(index, at)| {
        let mut row = vec![
            at.label.clone(),
            at.units.len().to_string(),
            at.active_units().to_string(),
            counted(at.tested_units()),
            counted(at.place_units()),
            show(at.information().mean),
            show(at.information_above_chance().mean),
            show(at.corrected(|bits| bits.ssr).mean),
            show(at.corrected(|bits| bits.bae).mean),
        ];
        row.extend(with_first(index).map(show));
        row
    });
    Table::new(
        "Every time; information in bits per spike; correlations and turnover with the first.",
        [
            "session",
            "found",
            "active",
            "tested",
            "place cells",
            "naive SI",
            "above chance",
            "SSR",
            "BAE",
            "maps' r",
            "vectors' r",
            "turnover",
        ],
        rows,
    )
}
