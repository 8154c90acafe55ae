//! The figures of a comparison.

use drift_sim::code::{AtLag, CodeAt};
use nalgebra::DMatrix;

use super::Source;
use crate::error::CliError;
use crate::figures::Figure;
use crate::figures::axis::{Axis, steps as step_text};
use crate::figures::correlation::{Correlations, correlation_over_time};
use crate::figures::maps::{
    MapLabels, MapsAtTime, SHOWN_SMOOTHING, evenly_spread, sorted_by_each_time,
};
use crate::figures::panel::{Mark, Panel, Series};
use crate::figures::panels_with_legend;
use crate::figures::style::{BLUE, GREEN, ORANGE, PURPLE, VERMILLION, finite_range};

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
pub(super) fn over_time(sources: &[Source]) -> Result<Figure, CliError> {
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
pub(super) fn over_lag(sources: &[Source]) -> Result<Figure, CliError> {
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

pub(super) fn maps_figure(source: &Source, index: usize) -> Result<Figure, CliError> {
    let mut times = Vec::new();
    for moment in evenly_spread(source.code.times.len(), 4) {
        let (at, session) = (&source.code.times[moment], &source.code.sessions[moment]);
        let smoothed = at.map.smoothed(&SHOWN_SMOOTHING)?.rates;
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

pub(super) fn correlation_figure(source: &Source, index: usize) -> Result<Figure, CliError> {
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
