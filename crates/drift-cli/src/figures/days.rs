//! Recordings and runs over time (Figure 3).

use drift_sim::metrics::cohort::{CohortRow, Series as Animal};

use super::axis::{Axis, Tick, compact};
use super::panel::{Curve, Mark, Panel, Series, points};
use super::style::{GREY, category, finite_range};
use super::{Figure, FigureError, panels, panels_with_legend};

/// One panel for each measure: its name, the label of its axis, and a curve of each animal over its
/// days (or numbers, or steps).
pub type Measure = (String, String, Vec<Curve>);

/// Lines with error bars over time.
pub fn over_days(
    stem: &str,
    title: &str,
    explanation: &str,
    time: &str,
    measures: &[Measure],
) -> Result<Figure, FigureError> {
    let drawn: Vec<Panel> = measures
        .iter()
        .map(|(name, axis, curves)| {
            let mut panel = empty(name, axis, time, curves, None);
            for (index, curve) in curves.iter().enumerate() {
                add(&mut panel, curve, index, 1.8);
            }
            panel
        })
        .collect();
    panels_with_legend(stem, title, explanation, &drawn, 2, (530.0, 350.0))
}

/// The animals (or the runs) of a panel of Figure 3.
#[derive(Debug, Clone)]
pub struct Group {
    /// Whether they are runs.
    pub simulated: bool,
    /// Each of them, normalised.
    pub animals: Vec<Animal>,
    /// Mean ± SEM over them.
    pub table: Vec<CohortRow>,
}

/// Figure 3: a panel a quantity, normalised to the first session; thin lines are animals, the thick
/// one is their mean with its standard error.
pub fn figure3(time: &str, quantities: &[(String, Vec<Group>)]) -> Result<Figure, FigureError> {
    let drawn: Vec<Panel> = quantities
        .iter()
        .map(|(name, groups)| {
            let mut curves = Vec::new();
            for group in groups {
                let kind = if group.simulated { "runs" } else { "animals" };
                let mean = Curve {
                    label: format!("mean of {kind}"),
                    x: group.table.iter().map(|row| row.time).collect(),
                    mean: group.table.iter().map(|row| row.mean).collect(),
                    error: group.table.iter().map(|row| row.sem).collect(),
                };
                let single = group.animals.iter().map(|animal| Curve {
                    label: String::new(),
                    x: animal.values.iter().map(|(time, _)| *time).collect(),
                    mean: animal.values.iter().map(|(_, value)| *value).collect(),
                    error: vec![0.0; animal.values.len()],
                });
                let index = usize::from(group.simulated);
                curves.extend(single.map(|curve| (curve, index, 0.7)));
                curves.push((mean, index, 2.4));
            }
            let all: Vec<Curve> = curves.iter().map(|(curve, ..)| curve.clone()).collect();
            let mut panel = empty(name, "relative to the first session", time, &all, Some(1.0));
            for (curve, index, width) in &curves {
                add(&mut panel, curve, *index, *width);
            }
            panel
        })
        .collect();
    panels_with_legend(
        "figure3",
        "Activity, place cells and information, normalised to the first session",
        "Thin lines: animals (or runs), the environments of an animal averaged, on the axis of \
         exposure pooled cell by cell. Thick lines: their mean, bars its standard error over \
         animals. Where a code becomes sparser and more informative, as the paper reports, the \
         shares of active cells and of place cells fall below the dashed line and the information \
         rises above it.",
        &drawn,
        3,
        (360.0, 320.0),
    )
}

/// The axes of a panel that holds `curves`, with a dashed line at `level`.
fn empty(name: &str, axis: &str, time: &str, curves: &[Curve], level: Option<f64>) -> Panel {
    let extremes = curves.iter().flat_map(|curve| {
        let pairs = curve.mean.iter().zip(&curve.error);
        // The error of a single animal is not known.
        pairs.flat_map(|(mean, error)| [*mean, mean - error, mean + error])
    });
    let values = extremes.chain(level);
    let days: Vec<f64> = curves.iter().flat_map(|curve| curve.x.clone()).collect();
    let (first, last) = finite_range(days.iter().copied()).unwrap_or((0.0, 1.0));
    let margin = 0.04 * (last - first).max(1.0);
    let mut distinct = days;
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let ticks = distinct.iter().map(|day| Tick {
        value: *day,
        text: compact(*day),
    });
    let x = Axis::linear(time, first - margin, last + margin);
    let x = if distinct.len() <= 16 && time != "step" {
        x.with_ticks(ticks.collect())
    } else {
        x
    };
    let mut panel = Panel::new(name, x, Axis::around(axis, values));
    if let Some(level) = level {
        let ends = [(first - margin, level), (last + margin, level)];
        panel.push(Series::new("", ends, GREY, Mark::Dashed));
    }
    panel
}

/// A curve with its dots and error bars, in the colour of category `index`.
fn add(panel: &mut Panel, curve: &Curve, index: usize, width: f64) {
    let colour = category(index);
    let points = || points(&curve.x, &curve.mean);
    for ((day, mean), error) in points().zip(&curve.error) {
        if *error > 0.0 {
            let bar = [(day, mean - error), (day, mean + error)];
            panel.push(Series::new("", bar, colour, Mark::Line(1.4)));
        }
    }
    let dots = Mark::Dots(1.8 * width.min(1.8), 1.0);
    panel.push(Series::new(
        &curve.label,
        points(),
        colour,
        Mark::Line(width),
    ));
    panel.push(Series::new("", points(), colour, dots));
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
        let curve = Curve {
            label: "mouse".into(),
            x: vec![1.0, 3.0, 5.0],
            mean: vec![1.0, 1.2, f64::NAN],
            error: vec![0.0, 0.1, f64::NAN],
        };
        let mut panel = empty(
            "SI",
            "relative",
            "day",
            std::slice::from_ref(&curve),
            Some(1.0),
        );
        add(&mut panel, &curve, 0, 1.8);
        // The line at 1, one bar, the curve and its dots.
        assert_eq!(panel.series.len(), 4);
        assert!(panel.y.high > 1.3 - 0.1 && panel.x.low < 1.0);
    }
}
