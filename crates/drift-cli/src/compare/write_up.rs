//! The report of a comparison.

use drift_sim::code::{AtLag, CodeAt, Criteria, RecordedSelection};
use drift_sim::metrics::{Ends, Smoothing};
use nalgebra::DMatrix;

use super::Source;
use crate::args::CompareArgs;
use crate::error::CliError;
use crate::figures::Figure;
use crate::figures::axis::{Axis, steps as step_text};
use crate::figures::maps::{
    Correlations, MapLabels, MapsAtTime, correlation_over_time, sorted_by_each_time,
};
use crate::figures::panel::{Mark, Panel, Series};
use crate::figures::panels_with_legend;
use crate::figures::style::{BLUE, GREEN, ORANGE, PURPLE, VERMILLION, finite_range};
use crate::report::{Block, Report, Section, Table};

/// Smoothing of the maps that are shown, in bins; what is computed uses unsmoothed maps.
const SHOWN_SMOOTHING: f64 = 1.0;

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

fn time_axis(source: &Source, label: &str, times: impl Iterator<Item = f64>) -> Axis {
    let (first, last) = finite_range(times).unwrap_or((0.0, 1.0));
    let margin = 0.03 * (last - first).max(f64::EPSILON);
    let name = if source.simulated {
        format!("{label} (steps)")
    } else {
        format!("{label} ({}s)", source.time_unit)
    };
    Axis::linear(name, first - margin, last + margin)
}

/// A line and its dots; the line carries the name.
fn curve(name: &str, points: &[(f64, f64)], colour: plotters::style::RGBColor) -> [Series; 2] {
    [
        Series::new(name, points.to_vec(), colour, Mark::Line(1.8)),
        Series::new("", points.to_vec(), colour, Mark::Dots(3.0, 1.0)),
    ]
}

/// Shares above, information below; a column a source.
fn over_time(sources: &[Source]) -> Result<Figure, CliError> {
    let highest = sources
        .iter()
        .flat_map(|source| &source.code.times)
        .map(|at| at.mean_information + at.information_error.max(0.0))
        .filter(|bits| bits.is_finite());
    let highest: Vec<f64> = highest.collect();
    let (mut shares, mut information) = (Vec::new(), Vec::new());
    for source in sources {
        let points = |value: &dyn Fn(&CodeAt) -> f64| -> Vec<(f64, f64)> {
            let times = source.code.times.iter();
            times.map(|at| (at.time, value(at))).collect()
        };
        let axis = || time_axis(source, "time", source.code.times.iter().map(|at| at.time));
        let mut panel = Panel::new(&source.name, axis(), Axis::linear("share", 0.0, 1.04));
        panel.series.extend(curve(
            "active units of all",
            &points(&CodeAt::fraction_active_units),
            VERMILLION,
        ));
        panel.series.extend(curve(
            "active fraction (units × samples)",
            &points(&|at| at.active_fraction),
            ORANGE,
        ));
        panel.series.extend(curve(
            "tuned units of tested",
            &points(&CodeAt::tuned_share),
            GREEN,
        ));
        shares.push(panel);
        let vertical = Axis::from_zero("mean SI (bits/spike)", highest.iter().copied());
        let mut panel = Panel::new("Spatial information", axis(), vertical);
        for at in &source.code.times {
            if at.information_error > 0.0 {
                let ends = [-1.0, 1.0]
                    .map(|sign| (at.time, at.mean_information + sign * at.information_error));
                panel
                    .series
                    .push(Series::new("", ends, BLUE, Mark::Line(1.4)));
            }
        }
        panel.series.extend(curve(
            "information, naive",
            &points(&|at| at.mean_information),
            BLUE,
        ));
        panel.series.extend(curve(
            "information above chance",
            &points(&|at| at.information_above_chance.unwrap_or(f64::NAN)),
            PURPLE,
        ));
        information.push(panel);
    }
    shares.append(&mut information);
    Ok(panels_with_legend(
        "compare_times",
        "Activity, tuning and information over time",
        "One column a run or recording, the same vertical axes in each row. Where training under \
         noise makes a code sparser and more informative, the shares of active units fall and the \
         information rises. Information above chance is what is left after the mean of shuffled \
         activity is taken off; for cells with few events the naive value is mostly bias.",
        &shares,
        sources.len(),
        (panel_width(sources), 320.0),
    )?)
}

/// Similarity against the time between; a column a source.
fn over_lag(sources: &[Source]) -> Result<Figure, CliError> {
    let all: Vec<Vec<AtLag>> = sources.iter().map(|source| source.code.by_lag()).collect();
    let lowest = all
        .iter()
        .flatten()
        .flat_map(|lag| [lag.rate_map_correlation, lag.pv_correlation]);
    let low = finite_range(lowest).map_or(0.0, |range| range.0).min(0.0);
    let drawn: Vec<Panel> = sources
        .iter()
        .zip(&all)
        .map(|(source, lags)| {
            let points = |value: fn(&AtLag) -> f64| -> Vec<(f64, f64)> {
                lags.iter().map(|lag| (lag.time, value(lag))).collect()
            };
            let mut panel = Panel::new(
                &source.name,
                time_axis(source, "time between", lags.iter().map(|lag| lag.time)),
                Axis::linear("similarity", low * 1.1, 1.04),
            );
            for (name, value, colour) in [
                (
                    "rate maps, Pearson r",
                    (|lag| lag.rate_map_correlation) as fn(&AtLag) -> f64,
                    BLUE,
                ),
                (
                    "population vectors, Pearson r",
                    |lag| lag.pv_correlation,
                    GREEN,
                ),
                ("turnover ratio", |lag| lag.turnover_ratio, VERMILLION),
            ] {
                panel.series.extend(curve(name, &points(value), colour));
            }
            panel
        })
        .collect();
    Ok(panels_with_legend(
        "compare_lags",
        "Similarity against the time between",
        "Means over all pairs of times so many snapshots or sessions apart. Two noisy sessions of \
         the same code are not perfectly correlated, which lowers all lags above 0 of a recording \
         alike; drift is the further fall with time. A mean over sessions in different maps of the \
         same track mixes switches with drift: see the matrix of each recording.",
        &drawn,
        sources.len(),
        (panel_width(sources), 320.0),
    )?)
}

fn panel_width(sources: &[Source]) -> f64 {
    (1060.0 / sources.len() as f64).clamp(212.0, 530.0)
}

fn maps_figure(source: &Source, index: usize) -> Result<Figure, CliError> {
    let smoothing = Smoothing::Normalised {
        sigma_bins: SHOWN_SMOOTHING,
        ends: Ends::Open,
    };
    let count = source.code.times.len();
    let parts = count.min(4);
    let mut shown: Vec<usize> = (0..parts)
        .map(|part| part * (count - 1) / (parts - 1).max(1))
        .collect();
    shown.dedup();
    let mut times = Vec::new();
    for moment in shown {
        let (at, session) = (&source.code.times[moment], &source.code.sessions[moment]);
        let smoothed = at.map.smoothed(&smoothing)?.rates;
        let mut rates = DMatrix::from_element(smoothed.nrows(), at.units, f64::NAN);
        for (unit, column) in at.column_of.iter().enumerate() {
            if let Some(column) = column {
                rates.set_column(unit, &smoothed.column(*column));
            }
        }
        let title = if source.simulated {
            format!("step {}", step_text(at.time))
        } else {
            at.label.clone()
        };
        times.push(MapsAtTime {
            title,
            rates,
            place: session.active().to_vec(),
        });
    }
    let edges = source.edges.as_slice();
    let labels = MapLabels {
        stem: &format!("rate_maps_{}", index + 1),
        title: "Rate maps sorted by each of the times",
        explanation: "Each row of panels takes the units active at one time, ordered by where \
            they peak at that time, and shows them at all times (columns), every unit divided by \
            its own peak. Grey: a unit not found at that time, or a bin not visited.",
        position: if source.simulated {
            "position × direction of motion (track units)"
        } else {
            "position × direction of running (cm)"
        },
        extent: (edges[0], edges[edges.len() - 1]),
        units: "active units",
    };
    Ok(sorted_by_each_time(&times, labels)?)
}

fn correlation_figure(source: &Source, index: usize) -> Result<Figure, CliError> {
    let times: Vec<f64> = source.code.times.iter().map(|at| at.time).collect();
    Ok(correlation_over_time(
        Correlations {
            times: &times,
            axis: source.time_unit,
            matrix: &source.code.pairs.pv_correlation,
            quantity: "mean Pearson r",
            of: "rate maps",
        },
        &format!("correlation_{}", index + 1),
        "Correlation of population vectors over time",
        "Over units active at both times. A decay away from the diagonal is drift; a block \
         structure is a switch between maps.",
    )?)
}
