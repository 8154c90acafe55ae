//! The report of an analysis.

use drift_sim::metrics::statistics::Mean;

use super::Analysed;
use super::load::Selection;
use super::map_figure::maps_figure;
use super::measure::SessionMeasures;
use crate::args::AnalyzeArgs;
use crate::error::CliError;
use crate::figures::Figure;
use crate::figures::correlation::{Correlations, correlation_over_time};
use crate::figures::days::{Measure, OverDays, naive_against_corrected, over_days};
use crate::report::{Block, Report, Section, Table};

/// Builds the report.
pub fn report(
    arguments: &AnalyzeArgs,
    selection: &Selection,
    all: &[Analysed],
) -> Result<Report, CliError> {
    let mut sections = vec![Section::new("Over days", days_blocks(all, arguments)?)];
    let scatter = naive_figure(all)?;
    if let Some(figure) = scatter {
        sections.push(Section::new(
            "Bias of the information",
            vec![Block::Figure(figure)],
        ));
    }
    for (index, analysed) in all.iter().enumerate() {
        sections.push(Section::new(
            &analysed.name,
            recording_blocks(analysed, index, arguments)?,
        ));
    }
    sections.push(Section::new(
        "How it was done",
        vec![Block::Text(method(arguments, selection))],
    ));
    let sessions: usize = all.iter().map(|analysed| analysed.sessions.len()).sum();
    let cells: usize = all
        .iter()
        .flat_map(|a| &a.sessions)
        .map(|s| s.active.len())
        .sum();
    Ok(Report {
        title: format!("Recordings in {}", arguments.recording.path.display()),
        summary: format!(
            "{} recordings ({}), {sessions} sessions.",
            all.len(),
            all.first().map_or("", |analysed| analysed.recording.format)
        ),
        highlights: vec![
            ("recordings".into(), all.len().to_string()),
            ("sessions".into(), sessions.to_string()),
            ("cells, summed over sessions".into(), cells.to_string()),
        ],
        sections,
    })
}

fn method(arguments: &AnalyzeArgs, selection: &Selection) -> String {
    let mut text = String::from("Sessions in which the animal runs. ");
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
    text += &format!(
        "A cell is active with activity in at least {} running frames. Spatial information is \
         that of unsmoothed maps, over cells and directions with as many active frames in the \
         bins analysed. ",
        arguments.recording.active_frames
    );
    if arguments.recording.shuffles > 0 {
        text += &format!(
            "A place cell reaches p < 0.05 against {} cyclic shuffles in one direction. ",
            arguments.recording.shuffles
        );
    }
    if arguments.subsamplings > 0 {
        text += &format!(
            "Corrected information: scaled shuffle reduction (SSR) and bounded asymptotic \
             extrapolation (BAE) of Sheintuch, Rubin and Ziv (2022), {} subsamplings, significant \
             cells only. ",
            arguments.subsamplings
        );
    }
    text + &format!("Seed of the shuffles: {}.", arguments.recording.seed)
}

/// A value of each session, with its error.
type Value<'a> = &'a dyn Fn(&SessionMeasures) -> Mean;

fn curve(analysed: &Analysed, value: Value<'_>, relative: bool) -> OverDays {
    let values: Vec<Mean> = analysed.sessions.iter().map(value).collect();
    let first = values.iter().map(|mean| mean.mean).find(|mean| *mean > 0.0);
    let unit = if relative {
        first.unwrap_or(f64::NAN)
    } else {
        1.0
    };
    OverDays {
        label: analysed.name.clone(),
        days: analysed
            .sessions
            .iter()
            .map(|session| session.day)
            .collect(),
        mean: values.iter().map(|mean| mean.mean / unit).collect(),
        error: values
            .iter()
            .map(|mean| {
                if mean.standard_error.is_nan() {
                    0.0
                } else {
                    mean.standard_error / unit
                }
            })
            .collect(),
    }
}

fn exact(value: f64) -> Mean {
    Mean::of([value])
}

fn days_blocks(all: &[Analysed], arguments: &AnalyzeArgs) -> Result<Vec<Block>, CliError> {
    let minimum = arguments.recording.active_frames;
    let active = |session: &SessionMeasures| exact(session.active_cells() as f64);
    let share = |session: &SessionMeasures| {
        exact(session.active_cells() as f64 / session.active.len() as f64)
    };
    let naive = |session: &SessionMeasures| session.naive(minimum);
    let corrected = |session: &SessionMeasures| session.corrected(|bits| bits.ssr);
    let placed = |session: &SessionMeasures| {
        let place = session.place_cells().map_or(f64::NAN, |count| count as f64);
        exact(place / session.eligible_cells() as f64)
    };
    let measured = |name: &str, axis: &str, value: Value<'_>, relative: bool| -> Measure {
        let curves = all
            .iter()
            .map(|analysed| curve(analysed, value, relative))
            .collect();
        (name.to_owned(), axis.to_owned(), curves)
    };
    let known = |measure: &Measure| {
        measure
            .2
            .iter()
            .any(|curve| curve.mean.iter().any(|mean| mean.is_finite()))
    };
    let relative = "relative to the first session";
    let mut normalised = vec![
        measured("Active cells", relative, &active, true),
        measured("Spatial information", relative, &naive, true),
        measured("Corrected information (SSR)", relative, &corrected, true),
        measured("Share of place cells", relative, &placed, true),
    ];
    let mut absolute = vec![
        measured(
            "Active share of the cells",
            "share of cells found",
            &share,
            false,
        ),
        measured("Spatial information", "mean SI (bits/spike)", &naive, false),
        measured(
            "Corrected information (SSR)",
            "mean SI (bits/spike)",
            &corrected,
            false,
        ),
        measured("Place cells", "share of tested cells", &placed, false),
    ];
    normalised.retain(known);
    absolute.retain(known);
    let time = if all
        .iter()
        .flat_map(|a| &a.sessions)
        .all(|s| s.session.day.is_some())
    {
        "day"
    } else {
        "session"
    };
    let first = over_days(
        "days_relative",
        "Active cells and information over days (Figure 3)",
        "Every value is divided by that of the first session; information is the mean over cells \
         and directions, bars are its standard error. Where the code became sparser and more \
         informative, the first panel falls and the others rise.",
        time,
        &normalised,
        true,
    )?;
    let second = over_days(
        "days",
        "The same in their own units",
        "The active share is of the cells found in each session: where cells are registered \
         across days, a silent cell is one that was not found.",
        time,
        &absolute,
        false,
    )?;
    Ok(vec![Block::Figure(first), Block::Figure(second)])
}

fn naive_figure(all: &[Analysed]) -> Result<Option<Figure>, CliError> {
    let groups: Vec<(String, Vec<(f64, f64)>)> = all
        .iter()
        .map(|analysed| {
            let cells = analysed.sessions.iter().flat_map(|session| &session.cells);
            let points = cells.filter_map(|cell| {
                let (bits, _) = cell.corrected.as_ref()?;
                (bits.naive.is_finite() && bits.ssr.is_finite()).then_some((bits.naive, bits.ssr))
            });
            (analysed.name.clone(), points.collect())
        })
        .filter(|(_, points): &(String, Vec<(f64, f64)>)| !points.is_empty())
        .collect();
    if groups.is_empty() {
        return Ok(None);
    }
    Ok(Some(naive_against_corrected(&groups, "bits/spike")?))
}

fn recording_blocks(
    analysed: &Analysed,
    index: usize,
    arguments: &AnalyzeArgs,
) -> Result<Vec<Block>, CliError> {
    let mut blocks = vec![Block::Table(session_table(
        analysed,
        arguments.recording.active_frames,
    ))];
    if !analysed.notes.is_empty() {
        blocks.push(Block::Notes(analysed.notes.clone()));
    }
    blocks.push(Block::Figure(maps_figure(analysed, index)?));
    if let Some(similarity) = &analysed.similarity
        && analysed.sessions.len() > 1
    {
        let times: Vec<f64> = analysed
            .sessions
            .iter()
            .map(|session| session.day)
            .collect();
        let rising = times.windows(2).all(|pair| pair[1] > pair[0]);
        let numbers: Vec<f64> = (1..=times.len()).map(|number| number as f64).collect();
        for (matrix, what, stem) in [
            (&similarity.population, "population vectors", "population"),
            (&similarity.maps, "rate maps", "maps"),
        ] {
            blocks.push(Block::Figure(correlation_over_time(
                Correlations {
                    times: if rising { &times } else { &numbers },
                    axis: if rising { "day" } else { "session" },
                    matrix,
                    quantity: "mean Pearson r",
                    of: "rate maps",
                },
                &format!("correlation_{stem}_{}", index + 1),
                &format!("Correlation of {what} between sessions"),
                "Over cells that are active in both sessions. A block structure, rather than a \
                 decay away from the diagonal, means that the animal switched between maps: a \
                 drift rate makes sense only within a map.",
            )?));
        }
    }
    Ok(blocks)
}

fn session_table(analysed: &Analysed, minimum: usize) -> Table {
    let show = |value: f64, decimals: usize| {
        if value.is_finite() {
            format!("{value:.decimals$}")
        } else {
            "–".to_owned()
        }
    };
    let rows = analysed
        .sessions
        .iter()
        .enumerate()
        .map(|(index, session)| {
            let with_first = analysed
                .similarity
                .as_ref()
                .map_or(f64::NAN, |similarity| similarity.population[(0, index)]);
            vec![
                session.label.clone(),
                session.day.to_string(),
                session.active.len().to_string(),
                session.active_cells().to_string(),
                session
                    .place_cells()
                    .map_or("–".to_owned(), |count| count.to_string()),
                show(session.naive(minimum).mean, 3),
                show(session.corrected(|bits| bits.ssr).mean, 3),
                show(session.corrected(|bits| bits.bae).mean, 3),
                show(with_first, 3),
            ]
        })
        .collect();
    Table {
        caption:
            "Sessions; information in bits per spike, naive and corrected. Every cell stands in \
            cells.csv, more columns in sessions.csv."
                .into(),
        columns: [
            "session",
            "day",
            "cells",
            "active",
            "place cells",
            "naive SI",
            "SSR",
            "BAE",
            "PV corr. with first",
        ]
        .map(String::from)
        .to_vec(),
        rows,
    }
}
