//! Loss, sparsity and spatial information over training (Figures 2B and 2C).

use super::axis::Axis;
use super::panel::{Mark, Panel, Series};
use super::style::{BLUE, GREEN, GREY, VERMILLION, finite_range};
use super::{Figure, FigureError, panels_with_legend};

const SIZE: (f64, f64) = (530.0, 340.0);

/// The columns of a trace; all of one length, NaN where nothing was measured.
#[derive(Debug, Clone, Copy)]
pub struct Curves<'a> {
    /// Step of each sample.
    pub steps: &'a [f64],
    /// log₁₀ of loss over target variance.
    pub log10_normalised_loss: &'a [f64],
    /// Share of (unit, sample) pairs that are active.
    pub active_fraction: &'a [f64],
    /// Share of units active on at least one sample.
    pub fraction_active_units: &'a [f64],
    /// Mean spatial information of place units, bits per spike.
    pub mean_spatial_information: &'a [f64],
    /// Number of place units.
    pub place_units: &'a [f64],
    /// Ends of phases that lie within the run: step and name.
    pub borders: &'a [(f64, &'a str)],
}

/// A vertical dashed line at each border, over the whole height of `axis`.
fn border_lines(curves: Curves<'_>, axis: &Axis) -> Vec<Series> {
    let colours = [GREY, GREEN];
    let lines = curves.borders.iter().zip(colours.into_iter().cycle());
    lines
        .map(|((step, name), colour)| {
            Series::new(
                *name,
                [(*step, axis.low), (*step, axis.high)],
                colour,
                Mark::Dashed,
            )
        })
        .collect()
}

fn over<'a>(steps: &'a [f64], values: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    steps.iter().copied().zip(values.iter().copied())
}

/// Figure 2B: the loss, plain and as a logarithm; `normalised` by the variance of the targets,
/// or, in the valley, as it is.
pub fn loss(curves: Curves<'_>, normalised: bool) -> Result<Figure, FigureError> {
    let [axis, log_axis] = if normalised {
        ["loss / variance of targets", "log₁₀ (loss / variance)"]
    } else {
        ["loss", "log₁₀ loss"]
    };
    let plain: Vec<f64> = curves
        .log10_normalised_loss
        .iter()
        .map(|value| 10f64.powf(*value))
        .collect();
    let linear = Panel::new(
        "Loss",
        Axis::training_time(curves.steps),
        Axis::from_zero(axis, plain.iter().copied()),
    )
    .with(Series::new(
        "",
        over(curves.steps, &plain),
        BLUE,
        Mark::Line(1.8),
    ));
    let logarithm = Panel::new(
        "Log loss",
        Axis::training_time(curves.steps),
        Axis::around(log_axis, curves.log10_normalised_loss.iter().copied()),
    )
    .with(Series::new(
        "",
        over(curves.steps, curves.log10_normalised_loss),
        BLUE,
        Mark::Line(1.8),
    ));
    let borders = border_lines(curves, &logarithm.y);
    let logarithm = borders.into_iter().fold(logarithm, Panel::with);
    panels_with_legend(
        "loss",
        if normalised {
            "Loss during training (Figure 2B)"
        } else {
            "Loss during training"
        },
        if normalised {
            "Mean squared error on clean data divided by the variance of the targets, against \
             training time on a logarithmic axis. Left: the loss itself; right: its base-10 \
             logarithm, which shows that the noise keeps it moving about a plateau long after it \
             has stopped falling."
        } else {
            "The loss at each sample, against training time on a logarithmic axis; right: its \
             base-10 logarithm."
        },
        &[linear, logarithm],
        2,
        SIZE,
    )
}

/// Figure 2C: sparsity, and spatial information where the task has a position.
pub fn sparsity(curves: Curves<'_>) -> Result<Figure, FigureError> {
    let time = || Axis::training_time(curves.steps);
    let fractions = || {
        let fraction = over(curves.steps, curves.active_fraction);
        let units = over(curves.steps, curves.fraction_active_units);
        [
            Series::new("active fraction", fraction, VERMILLION, Mark::Line(2.0)),
            Series::new("active units", units, VERMILLION, Mark::Dashed),
        ]
    };
    let share = || Axis::linear("fraction", 0.0, 1.04);
    if finite_range(curves.mean_spatial_information.iter().copied()).is_none() {
        let mut panel = Panel::new("Sparsity", time(), share());
        panel.series.extend(fractions());
        let borders = border_lines(curves, &panel.y);
        panel.series.extend(borders);
        return panels_with_legend(
            "sparsity",
            "Sparsity during training (Figure 2C)",
            "Active fraction: share of (unit, sample) pairs with a positive activation. Active \
             units: share of hidden units that are active on at least one sample. This task has \
             no position, so there is no spatial information.",
            &[panel],
            1,
            (560.0, 340.0),
        );
    }
    let information = Axis::from_zero(
        "mean SI (bits/spike)",
        curves.mean_spatial_information.iter().copied(),
    );
    let mut both = Panel::new("Information and sparsity", time(), information).with(Series::new(
        "spatial information",
        over(curves.steps, curves.mean_spatial_information),
        BLUE,
        Mark::Line(2.0),
    ));
    both.right = Some(share());
    both.series.extend(fractions().map(Series::on_the_right));
    let borders = border_lines(curves, &both.y);
    both.series.extend(borders);
    let count = Panel::new(
        "Place units",
        time(),
        Axis::from_zero("number of place units", curves.place_units.iter().copied()),
    )
    .with(Series::new(
        "",
        over(curves.steps, curves.place_units),
        GREEN,
        Mark::Line(2.0),
    ));
    panels_with_legend(
        "sparsity",
        "Spatial information and sparsity (Figure 2C)",
        "Left: mean spatial information of the place units (blue, left axis) rises while the \
         active fraction and the share of units that are active at all (vermillion, right axis) \
         fall. Right: how many units count as place units (spatial information above 0.01 bits \
         per spike). Time is logarithmic: most of the change happens long after the loss has \
         converged.",
        &[both, count],
        2,
        SIZE,
    )
}
