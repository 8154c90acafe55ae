//! Loss, sparsity and spatial information over training (Figures 2B and 2C).

use super::axis::Axis;
use super::panel::{Mark, Panel, Series, points};
use super::style::{BLUE, GREEN, GREY, VERMILLION, finite_range};
use super::{Figure, FigureError, panels_with_legend};

const SIZE: (f64, f64) = (530.0, 340.0);

/// The columns of a trace; all of one length, NaN where nothing was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Step of each sample.
    pub steps: Vec<f64>,
    /// log₁₀ of loss over target variance.
    pub log10_normalised_loss: Vec<f64>,
    /// Share of (unit, sample) pairs that are active.
    pub active_fraction: Vec<f64>,
    /// Share of units active on at least one sample.
    pub fraction_active_units: Vec<f64>,
    /// Mean spatial information of place units, bits per spike.
    pub mean_spatial_information: Vec<f64>,
    /// Number of place units.
    pub place_units: Vec<f64>,
    /// Sum of the Hessian's eigenvalues.
    pub trace: Vec<f64>,
    /// Its largest eigenvalue.
    pub largest: Vec<f64>,
    /// Sum of the natural logarithms of the eigenvalues above the tolerance.
    pub log_pseudo_determinant: Vec<f64>,
    /// Share of eigenvalues above the tolerance.
    pub nonzero_fraction: Vec<f64>,
}

/// Ends of phases that lie within a run: step and name.
pub type Borders<'a> = &'a [(f64, &'a str)];

/// A vertical dashed line at each border, over the whole height of `axis`.
fn border_lines(borders: Borders<'_>, axis: &Axis) -> Vec<Series> {
    let lines = borders.iter().zip([GREY, GREEN].into_iter().cycle());
    lines
        .map(|(&(step, name), colour)| {
            let ends = [(step, axis.low), (step, axis.high)];
            Series::new(name, ends, colour, Mark::Dashed)
        })
        .collect()
}

/// Figure 2B: the loss, plain and as a logarithm; `normalised` by the variance of the targets,
/// or, in the valley, as it is.
pub fn loss(
    curves: &Curves,
    borders: Borders<'_>,
    normalised: bool,
) -> Result<Figure, FigureError> {
    let [axis, log_axis] = if normalised {
        ["loss / variance of targets", "log₁₀ (loss / variance)"]
    } else {
        ["loss", "log₁₀ loss"]
    };
    let Curves {
        steps,
        log10_normalised_loss: logs,
        ..
    } = curves;
    let plain: Vec<f64> = logs.iter().map(|value| 10f64.powf(*value)).collect();
    let time = || Axis::training_time(steps);
    let line = |values| Series::new("", points(steps, values), BLUE, Mark::Line(1.8));
    let linear = Axis::from_zero(axis, plain.iter().copied());
    let linear = Panel::new("Loss", time(), linear).with(line(&plain));
    let logarithm = Axis::around(log_axis, logs.iter().copied());
    let mut logarithm = Panel::new("Log loss", time(), logarithm).with(line(logs));
    let borders = border_lines(borders, &logarithm.y);
    logarithm.series.extend(borders);
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
pub fn sparsity(curves: &Curves, borders: Borders<'_>) -> Result<Figure, FigureError> {
    let time = || Axis::training_time(&curves.steps);
    let over = |values| points(&curves.steps, values);
    let fractions = || {
        let fraction = over(&curves.active_fraction);
        let units = over(&curves.fraction_active_units);
        [
            Series::new("active fraction", fraction, VERMILLION, Mark::Line(2.0)),
            Series::new("active units", units, VERMILLION, Mark::Dashed),
        ]
    };
    let share = || Axis::linear("fraction", 0.0, 1.04);
    if finite_range(curves.mean_spatial_information.iter().copied()).is_none() {
        let mut panel = Panel::new("Sparsity", time(), share());
        panel.series.extend(fractions());
        let borders = border_lines(borders, &panel.y);
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
        over(&curves.mean_spatial_information),
        BLUE,
        Mark::Line(2.0),
    ));
    both.right = Some(share());
    both.series.extend(fractions().map(Series::on_the_right));
    let borders = border_lines(borders, &both.y);
    both.series.extend(borders);
    let count = Panel::new(
        "Place units",
        time(),
        Axis::from_zero("number of place units", curves.place_units.iter().copied()),
    )
    .with(Series::new(
        "",
        over(&curves.place_units),
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
