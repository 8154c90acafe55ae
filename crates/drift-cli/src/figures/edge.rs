//! Runs of different learning rates on the way to the edge of stability.

use super::axis::{Axis, compact};
use super::panel::{Mark, Panel, Series, points};
use super::style::{GREY, category};
use super::{Figure, FigureError, panels_with_legend};

const SIZE: (f64, f64) = (530.0, 360.0);

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeRun {
    /// Learning rate η.
    pub rate: f64,
    /// Time in the unit of the group's axis.
    pub time: Vec<f64>,
    /// η λ_max.
    pub product: Vec<f64>,
    /// Active fraction.
    pub active: Vec<f64>,
}

/// Runs of one task under one noise.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeGroup {
    /// Name of the group.
    pub name: String,
    /// What the time axis holds.
    pub axis: String,
    /// The runs, of several learning rates.
    pub runs: Vec<EdgeRun>,
}

/// η λ_max and the active fraction of every run of each group, coloured by learning rate, against a
/// time in which courses below the edge should fall together.
pub fn towards_the_edge(groups: &[EdgeGroup]) -> Result<Figure, FigureError> {
    let mut rates: Vec<f64> = groups
        .iter()
        .flat_map(|group| &group.runs)
        .map(|run| run.rate)
        .collect();
    rates.sort_by(f64::total_cmp);
    rates.dedup();
    let mut drawn = Vec::new();
    for group in groups {
        let times = || group.runs.iter().flat_map(|run| run.time.iter().copied());
        let panel = |title: String, y: Axis, of: fn(&EdgeRun) -> &[f64]| {
            let x = Axis::log_around(&group.axis, times());
            let mut panel = Panel::new(title, x, y);
            for run in &group.runs {
                let place = rates.iter().position(|rate| *rate == run.rate);
                let label = format!("η = {}", compact(run.rate));
                let colour = category(place.unwrap_or_default());
                let points = points(&run.time, of(run)).filter(|(time, _)| *time > 0.0);
                panel.push(Series::new(label, points, colour, Mark::Line(1.2)));
            }
            panel
        };
        let products = group
            .runs
            .iter()
            .flat_map(|run| run.product.iter().copied());
        let height = Axis::from_zero("η λ_max", products.chain([2.0]));
        let mut left = panel(group.name.clone(), height, |run| &run.product);
        let line = [left.x.low, left.x.high].map(|time| (time, 2.0));
        left.push(Series::new("η λ_max = 2", line, GREY, Mark::Dashed));
        drawn.push(left);
        let share = Axis::linear("active fraction", 0.0, 0.8);
        drawn.push(panel(format!("{}: sparsity", group.name), share, |run| {
            &run.active
        }));
    }
    panels_with_legend(
        "towards_the_edge",
        "On the way to the edge of stability",
        "One line a run. Left: the learning rate times the largest eigenvalue of the Hessian, whose \
         limit for gradient descent is 2 (dashed). Right: the active fraction of the same runs. Time \
         counts the diffusion that noise of scale s has brought about after t steps, η²s²t, without \
         noise ηt: below the edge, courses of different learning rates should fall together.",
        &drawn,
        2,
        SIZE,
    )
}
