//! Similarity matching over training, with the phases as backgrounds (Figure 4C).

use super::axis::Axis;
use super::panel::{Mark, Panel, Series, points};
use super::style::{BLUE, GREEN, GREY, ORANGE, SKY, VERMILLION, finite_range};
use super::{Figure, FigureError, panels_with_legend};

const SIZE: (f64, f64) = (530.0, 320.0);

/// A phase of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Phase {
    /// What it is called.
    pub name: &'static str,
    /// Step at which it begins.
    pub from: f64,
    /// Step at which it ends.
    pub to: f64,
}

/// A measure over training.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure<'a> {
    /// Title of its panel.
    pub title: &'a str,
    /// Vertical axis.
    pub axis: Axis,
    /// A value a step, NaN where nothing was measured.
    pub values: Vec<f64>,
}

/// What Figure 4C shows of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Training<'a> {
    /// Step of each sample.
    pub steps: &'a [f64],
    /// Loss, activity and whatever else there is.
    pub measures: Vec<Measure<'a>>,
    /// Correlation with the reference, a value a step; all NaN where there is none.
    pub correlation: &'a [f64],
    /// Title of its panel, and what its axis shows.
    pub correlated: [&'a str; 2],
    /// Step of the reference.
    pub reference: f64,
    /// Phases found in the run.
    pub phases: &'a [Phase],
    /// Steps at which the published figure ends its first two phases.
    pub published: &'a [f64],
}

/// The phases behind everything else, over the whole height of `y`; `shift` is taken off steps.
fn backgrounds(training: &Training<'_>, y: &Axis, shift: f64) -> Vec<Series> {
    let mut series = Vec::new();
    let colours = [ORANGE, SKY, GREEN].into_iter().cycle();
    for (phase, colour) in training.phases.iter().zip(colours) {
        let [from, to] = [phase.from, phase.to].map(|step| (step - shift).max(0.0));
        if to > from {
            series.push(Series::new(
                phase.name,
                [(from, y.high), (to, y.high)],
                colour,
                Mark::Band(vec![y.low; 2]),
            ));
        }
    }
    let last = training.steps.last().copied().unwrap_or(0.0);
    for &border in training.published {
        if border < last && border > shift {
            series.push(Series::new(
                "phases of Figure 4C end",
                [(border - shift, y.low), (border - shift, y.high)],
                GREY,
                Mark::Dashed,
            ));
        }
    }
    series
}

/// Figure 4C: the measures against training time on a logarithmic axis, and what is left of the
/// reference against the steps since.
pub fn three_phases(
    training: &Training<'_>,
    title: &str,
    explanation: &str,
) -> Result<Figure, FigureError> {
    let colours = [BLUE, VERMILLION];
    let mut panels: Vec<Panel> = training
        .measures
        .iter()
        .zip(colours.into_iter().cycle())
        .map(|(measure, colour)| {
            let points = points(training.steps, &measure.values);
            let x = Axis::training_time(training.steps);
            let mut panel = Panel::new(measure.title, x, measure.axis.clone());
            panel.series = backgrounds(training, &panel.y, 0.0);
            panel.with(Series::new("", points, colour, Mark::Line(2.0)))
        })
        .collect();
    if finite_range(training.correlation.iter().copied()).is_some() {
        let points: Vec<(f64, f64)> = points(training.steps, training.correlation)
            .map(|(step, value)| (step - training.reference, value))
            .filter(|(since, _)| *since >= 0.0)
            .collect();
        let low = finite_range(points.iter().map(|point| point.1)).map_or(0.0, |range| range.0);
        let last = points.last().map_or(1.0, |point| point.0);
        let mut panel = Panel::new(
            training.correlated[0],
            Axis::linear("steps since the reference", 0.0, last),
            Axis::linear(
                training.correlated[1],
                (low.min(0.0) * 5.0).floor() / 5.0,
                1.04,
            ),
        );
        panel.series = backgrounds(training, &panel.y, training.reference);
        panels.push(panel.with(Series::new("", points, BLUE, Mark::Line(2.0))));
    }
    panels_with_legend("phases", title, explanation, &panels, 2, SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_backgrounds_and_what_is_not_measured_is_left_out() {
        let steps = [0.0, 10.0, 100.0, 1000.0];
        let phases = [
            Phase {
                name: "convergence",
                from: 0.0,
                to: 30.0,
            },
            Phase {
                name: "null drift",
                from: 30.0,
                to: 1000.0,
            },
        ];
        let mut training = Training {
            steps: &steps,
            measures: vec![Measure {
                title: "Loss",
                axis: Axis::linear("loss", 0.0, 1.0),
                values: vec![0.9, 0.5, 0.1, f64::NAN],
            }],
            correlation: &[f64::NAN, f64::NAN, 1.0, 0.3],
            correlated: ["Likeness", "r"],
            reference: 100.0,
            phases: &phases,
            published: &[300.0, 2500.0],
        };
        let figure = three_phases(&training, "t", "e").expect("drawn");
        for text in [
            "convergence",
            "null drift",
            "phases of Figure 4C end",
            "steps since the reference",
            "Likeness",
            "polygon",
        ] {
            assert!(figure.svg.contains(text), "{text}");
        }
        assert!(!figure.svg.contains("NaN"));
        training.correlation = &[f64::NAN; 4];
        training.published = &[];
        let bare = three_phases(&training, "t", "e").expect("drawn").svg;
        assert!(!bare.contains("since the reference") && !bare.contains("Figure 4C"));
    }
}
