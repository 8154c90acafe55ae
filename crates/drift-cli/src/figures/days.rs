//! Recordings over days (Figure 3).

use super::axis::{Axis, Tick, compact};
use super::panel::{Mark, Panel, Series};
use super::style::{GREY, category, finite_range};
use super::{Figure, FigureError, panels};

/// A measure of one animal over its sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct OverDays {
    /// Animal and environment.
    pub label: String,
    /// Day (or number) of each session.
    pub days: Vec<f64>,
    /// Value in each session, NaN where there is none.
    pub mean: Vec<f64>,
    /// Standard error of the mean, 0 where the value is a count.
    pub error: Vec<f64>,
}

/// One panel for each measure: its name, the label of its axis, its curves.
pub type Measure = (String, String, Vec<OverDays>);

/// Lines with error bars over days; a dashed line at 1 where values are relative.
pub fn over_days(
    stem: &str,
    title: &str,
    explanation: &str,
    time: &str,
    measures: &[Measure],
    relative: bool,
) -> Result<Figure, FigureError> {
    let mut drawn: Vec<Panel> = measures
        .iter()
        .map(|(name, axis, curves)| panel(name, axis, time, curves, relative))
        .collect();
    // The curves have the same colours everywhere: one legend, for which the first panel has room.
    for (index, panel) in drawn.iter_mut().enumerate() {
        if index > 0 {
            panel
                .series
                .iter_mut()
                .for_each(|series| series.label = None);
        } else {
            let entries = panel
                .series
                .iter()
                .filter(|series| series.label.is_some())
                .count();
            let share = (0.08 + 0.07 * entries as f64).min(0.6);
            panel.y.high += (panel.y.high - panel.y.low) * share / (1.0 - share);
        }
    }
    panels(stem, title, explanation, &drawn, 2, (530.0, 350.0))
}

fn panel(name: &str, axis: &str, time: &str, curves: &[OverDays], relative: bool) -> Panel {
    let extremes = curves.iter().flat_map(|curve| {
        let pairs = curve.mean.iter().zip(&curve.error);
        pairs.flat_map(|(mean, error)| [mean - error, mean + error])
    });
    let values: Vec<f64> = extremes.chain(relative.then_some(1.0)).collect();
    let days: Vec<f64> = curves.iter().flat_map(|curve| curve.days.clone()).collect();
    let (first, last) = finite_range(days.iter().copied()).unwrap_or((0.0, 1.0));
    let margin = 0.04 * (last - first).max(1.0);
    let mut distinct = days.clone();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let ticks = distinct.iter().map(|day| Tick {
        value: *day,
        text: compact(*day),
    });
    let x = Axis::linear(time, first - margin, last + margin);
    let x = if distinct.len() <= 16 {
        x.with_ticks(ticks.collect())
    } else {
        x
    };
    let mut panel = Panel::new(name, x, Axis::around(axis, values));
    if relative {
        let ends = [(first - margin, 1.0), (last + margin, 1.0)];
        panel.series.push(Series::new("", ends, GREY, Mark::Dashed));
    }
    for (index, curve) in curves.iter().enumerate() {
        let colour = category(index);
        let points: Vec<(f64, f64)> = curve
            .days
            .iter()
            .copied()
            .zip(curve.mean.iter().copied())
            .collect();
        for ((day, mean), error) in points.iter().zip(&curve.error) {
            if *error > 0.0 {
                let bar = [(*day, mean - error), (*day, mean + error)];
                panel
                    .series
                    .push(Series::new("", bar, colour, Mark::Line(1.4)));
            }
        }
        panel.series.push(Series::new(
            &curve.label,
            points.clone(),
            colour,
            Mark::Line(1.8),
        ));
        panel
            .series
            .push(Series::new("", points, colour, Mark::Dots(3.2, 1.0)));
    }
    panel
}

/// Naive against corrected information of each cell, one panel an animal or environment.
pub fn naive_against_corrected(
    groups: &[(String, Vec<(f64, f64)>)],
    unit: &str,
) -> Result<Figure, FigureError> {
    let drawn: Vec<Panel> = groups
        .iter()
        .enumerate()
        .map(|(index, (label, points))| {
            let all = points.iter().flat_map(|point| [point.0, point.1]);
            let (low, high) = finite_range(all).unwrap_or((0.0, 1.0));
            let margin = 0.05 * (high - low).max(1e-6);
            let range = (low.min(0.0) - margin, high + margin);
            Panel::new(
                label,
                Axis::linear(format!("naive ({unit})"), range.0, range.1),
                Axis::linear(format!("corrected ({unit})"), range.0, range.1),
            )
            .with(Series::new(
                "equal",
                [(range.0, range.0), (range.1, range.1)],
                GREY,
                Mark::Dashed,
            ))
            .with(Series::new(
                "one cell",
                points.clone(),
                category(index),
                Mark::Dots(2.4, 0.55),
            ))
        })
        .collect();
    panels(
        "naive_against_corrected",
        "Corrected against naive information",
        "Information estimated from a limited number of spikes is too high on average. Each dot \
         is one cell in one session: the naive value against the value after the correction. \
         The distance below the dashed line is the bias removed.",
        &drawn,
        2,
        (530.0, 460.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_bars_are_drawn_only_where_there_is_an_error() {
        let curve = OverDays {
            label: "mouse".into(),
            days: vec![1.0, 3.0, 5.0],
            mean: vec![1.0, 1.2, f64::NAN],
            error: vec![0.0, 0.1, f64::NAN],
        };
        let panel = panel("SI", "relative", "day", &[curve], true);
        // The line at 1, one bar, the curve and its dots.
        assert_eq!(panel.series.len(), 4);
        assert!(panel.y.high > 1.3 && panel.x.low < 1.0);
    }
}
