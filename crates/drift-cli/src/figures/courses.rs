//! The courses of many runs, a line each (Figures 4A, S1 and S2).

use plotters::prelude::RGBColor;

use super::axis::Axis;
use super::panel::{Mark, Panel, Series};
use super::style::{GREY, VERMILLION, category};
use super::{Figure, FigureError, panels, panels_with_legend};

const SIZE: (f64, f64) = (530.0, 360.0);

/// The runs of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Courses {
    /// Name with the number of runs.
    pub label: String,
    /// Some of the runs at even times of their length.
    pub lines: Vec<Vec<f64>>,
    /// Mean over all of them at the same times; NaN where no run has a value.
    pub mean: Vec<f64>,
}

fn percent(values: &[f64]) -> impl Iterator<Item = (f64, f64)> + '_ {
    let last = (values.len() as f64 - 1.0).max(1.0);
    let points = values.iter().enumerate();
    points.map(move |(index, value)| (100.0 * index as f64 / last, *value))
}

/// A panel of runs, each kind in its colours of line and mean.
fn panel(
    title: &str,
    axis: &str,
    kinds: &[(&Courses, RGBColor, RGBColor)],
    from_zero: bool,
) -> Panel {
    let values = || {
        let lines = kinds
            .iter()
            .flat_map(|(courses, ..)| courses.lines.iter().flatten());
        lines
            .chain(kinds.iter().flat_map(|(courses, ..)| &courses.mean))
            .copied()
    };
    let y = if from_zero {
        Axis::from_zero(axis, values())
    } else {
        Axis::around(axis, values())
    };
    let x = Axis::linear("training time (% of the run)", 0.0, 100.0);
    let mut panel = Panel::new(title, x, y);
    for (courses, colour, _) in kinds {
        for line in &courses.lines {
            panel.push(Series::new("", percent(line), *colour, Mark::Line(0.4)));
        }
    }
    for (courses, _, colour) in kinds {
        let mean = percent(&courses.mean);
        panel.push(Series::new(&courses.label, mean, *colour, Mark::Line(2.6)));
    }
    panel
}

/// Figure 4A: the share of active units of all runs together.
pub fn all_runs(courses: &Courses) -> Result<Figure, FigureError> {
    let drawn = [(courses, GREY, VERMILLION)];
    panels(
        "sparsification_of_all_runs",
        "Active units of all runs (Figure 4A)",
        "One line a run: the share of active units, divided by its first value. Thick: their mean. \
         Runs of gradient descent with label noise are left out, as in the published figure. Of \
         very many runs evenly chosen ones are drawn; the mean is over all.",
        &[panel(
            "Active units",
            "relative to the first sample",
            &drawn,
            true,
        )],
        1,
        (620.0, 420.0),
    )
}

/// Figure S1: the same, a panel for each kind of run.
pub fn by_kind(kinds: &[Courses]) -> Result<Figure, FigureError> {
    let drawn: Vec<Panel> = kinds
        .iter()
        .map(|courses| {
            let kind = [(courses, GREY, VERMILLION)];
            let mut panel = panel(&courses.label, "active units, relative", &kind, true);
            panel
                .series
                .iter_mut()
                .for_each(|series| series.label = None);
            panel
        })
        .collect();
    panels(
        "sparsification_by_kind",
        "Active units by rule and noise (Figure S1)",
        "One line a run: the share of active units, divided by its first value. Thick: their mean. \
         Of very many runs evenly chosen ones are drawn; the mean is over all.",
        &drawn,
        2,
        SIZE,
    )
}

/// Figure S2: four quantities over the course of runs under update noise and label noise.
pub fn four_quantities(quantities: &[(&str, &str, Vec<Courses>)]) -> Result<Figure, FigureError> {
    let drawn: Vec<Panel> = quantities
        .iter()
        .zip('A'..)
        .map(|((title, axis, kinds), letter)| {
            let colours = (0..).map(category);
            let kinds: Vec<(&Courses, RGBColor, RGBColor)> = kinds
                .iter()
                .zip(colours)
                .map(|(courses, colour)| (courses, colour, colour))
                .collect();
            panel(&format!("{letter}: {title}"), axis, &kinds, false)
        })
        .collect();
    panels_with_legend(
        "quantities_over_time",
        "Runs under update noise and label noise over time (Figures S2A to S2D)",
        "One thin line a run, thick the mean of a kind. Shares and the trace are divided by their first \
         value, of the sum of the logarithms the first value is taken away. Spectra that were not measured \
         in the middle of the runs leave straight lines there.",
        &drawn,
        2,
        SIZE,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_and_the_mean_are_drawn() {
        let courses = Courses {
            label: "adam (2 runs)".into(),
            lines: vec![vec![1.0, 0.5, 0.2], vec![1.0, 0.9, 0.8]],
            mean: vec![1.0, 0.7, 0.5],
        };
        let drawn = panel("t", "y", &[(&courses, GREY, VERMILLION)], true);
        assert_eq!(drawn.series.len(), 3);
        assert_eq!(
            drawn.series[2].points,
            [(0.0, 1.0), (50.0, 0.7), (100.0, 0.5)]
        );
        let lines = |figure: Figure| figure.svg.matches("<polyline").count();
        let more = Courses {
            lines: vec![vec![1.0, 0.5, 0.2]; 5],
            ..courses.clone()
        };
        let few = lines(all_runs(&courses).expect("drawn"));
        assert_eq!(lines(all_runs(&more).expect("drawn")), few + 3);
        assert!(by_kind(&[courses, more]).is_ok());
    }
}
