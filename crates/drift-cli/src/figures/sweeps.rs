//! Many runs at once (Figures 4A, 4B, S1 and S2).

use drift_sim::metrics::statistics::fit_line;
use plotters::prelude::RGBColor;

use super::axis::Axis;
use super::panel::{Mark, Panel, Series};
use super::style::{BLUE, GREY, VERMILLION, category};
use super::{Figure, FigureError, panels, panels_with_legend};

const SIZE: (f64, f64) = (530.0, 360.0);

/// Mean and spread of a curve over the runs of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupCurve {
    /// Name with the number of runs.
    pub label: String,
    /// Share of the run, 0..1.
    pub share: Vec<f64>,
    /// Mean over runs of the curve divided by its first value.
    pub mean: Vec<f64>,
    /// Standard deviation over runs.
    pub deviation: Vec<f64>,
    /// Whether it is what others published, drawn dashed and without a band.
    pub published: bool,
}

fn curves_panel(title: &str, axis: &str, curves: &[GroupCurve]) -> Panel {
    let top = curves.iter().flat_map(|curve| curve.mean.iter().copied());
    let mut panel = Panel::new(
        title,
        Axis::linear("training time (% of the run)", 0.0, 100.0),
        Axis::from_zero(axis, top.chain([1.0]).collect::<Vec<_>>()),
    );
    let mut colours: Vec<(String, RGBColor)> = Vec::new();
    for curve in curves {
        let key = curve.label.replace(", published", "");
        let key = key.split(" (").next().unwrap_or_default().to_owned();
        let known = colours
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, colour)| *colour);
        let colour = known.unwrap_or_else(|| {
            let colour = category(colours.len());
            colours.push((key, colour));
            colour
        });
        let percent: Vec<f64> = curve.share.iter().map(|share| 100.0 * share).collect();
        let points = percent.iter().copied().zip(curve.mean.iter().copied());
        if curve.published {
            panel
                .series
                .push(Series::new(&curve.label, points, colour, Mark::Dashed));
            continue;
        }
        let spread = |sign: f64| -> Vec<f64> {
            let pairs = curve.mean.iter().zip(&curve.deviation);
            pairs
                .map(|(mean, deviation)| mean + sign * deviation)
                .collect()
        };
        panel
            .series
            .push(Series::band(&percent, &spread(-1.0), &spread(1.0), colour));
        panel
            .series
            .push(Series::new(&curve.label, points, colour, Mark::Line(2.2)));
    }
    panel
}

/// Figures 4A and S1: sparsification of each group over the course of its runs.
pub fn sparsification(
    active_units: &[GroupCurve],
    active: &[GroupCurve],
) -> Result<Figure, FigureError> {
    panels_with_legend(
        "sparsification",
        "Sparsification across tasks and rules (Figures 4A and S1)",
        "Share of active units (left) and active fraction (right), each run divided by its own \
         first value; mean over the runs of a group, the band is one standard deviation over \
         runs. Dashed: the published mean lines, where the published tables were given; they are \
         over all published runs of the rule, whatever their task and length.",
        &[
            curves_panel("Active units", "relative to the first sample", active_units),
            curves_panel("Active fraction", "relative to the first sample", active),
        ],
        2,
        SIZE,
    )
}

/// Figure 4B: log₁₀ of the rate of sparsification against log₁₀ of the noise.
pub fn rate_against_noise(
    runs: &[(f64, f64)],
    published: &[(f64, f64)],
) -> Result<Figure, FigureError> {
    let every = || runs.iter().chain(published);
    let mut panel = Panel::new(
        "Rate of drift against noise",
        Axis::around(
            "log₁₀ update noise σ",
            every().map(|point| point.0).collect::<Vec<_>>(),
        ),
        Axis::around(
            "log₁₀ rate (1/steps)",
            every().map(|point| point.1).collect::<Vec<_>>(),
        ),
    );
    let mut add = |points: &[(f64, f64)], name: &str, colour, mark| {
        if points.is_empty() {
            return;
        }
        let label = format!("{name} ({} runs)", points.len());
        panel
            .series
            .push(Series::new(label, points.to_vec(), colour, mark));
        let (noise, rate): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        if let Some(fit) = fit_line(&noise, &rate)
            .ok()
            .filter(|fit| fit.slope.is_finite())
        {
            let ends = [panel.x.low, panel.x.high].map(|x| (x, fit.intercept + fit.slope * x));
            let label = format!("slope {:.2} ± {:.2}", fit.slope, fit.slope_error);
            panel
                .series
                .push(Series::new(label, ends, colour, Mark::Line(1.6)));
        }
    };
    add(published, "published", GREY, Mark::Rings(3.0));
    add(runs, "this sweep", BLUE, Mark::Dots(3.2, 0.8));
    panels(
        "rate_against_noise",
        "Time scale against noise (Figure 4B)",
        "Each dot is one run: the rate at which the active fraction decays after convergence, \
         against the standard deviation of the update noise, both as base-10 logarithms. A slope \
         of 2 means that the rate grows with the variance of the noise.",
        &[panel],
        1,
        (620.0, 420.0),
    )
}

/// Values of one group of runs.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupValues {
    /// Name with the number of runs.
    pub label: String,
    /// One value a run.
    pub values: Vec<f64>,
    /// Whether it is what others published.
    pub published: bool,
}

/// Steps of the empirical distribution function of the finite `values`.
fn distribution(values: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let steps = sorted.iter().enumerate();
    steps
        .flat_map(|(i, &x)| [(x, i as f64 / count), (x, (i as f64 + 1.0) / count)])
        .collect()
}

/// Figure S2: cumulative distributions of a run's results, one panel a quantity.
pub fn distributions(quantities: &[(String, Vec<GroupValues>)]) -> Result<Figure, FigureError> {
    let drawn: Vec<Panel> = quantities
        .iter()
        .map(|(name, groups)| {
            let all: Vec<f64> = groups
                .iter()
                .flat_map(|group| group.values.clone())
                .collect();
            let mut panel = Panel::new(
                name,
                Axis::around(name, all),
                Axis::linear("share of runs at or below", 0.0, 1.02),
            );
            let mut mine = 0;
            for group in groups {
                let points = distribution(&group.values);
                let series = if group.published {
                    // A published group follows the group of one's own that it belongs to.
                    let colour = category(std::cmp::max(mine, 1) - 1);
                    Series::new(&group.label, points, colour, Mark::Dashed)
                } else {
                    mine += 1;
                    Series::new(&group.label, points, category(mine - 1), Mark::Line(2.0))
                };
                panel.series.push(series);
            }
            panel
        })
        .collect();
    panels_with_legend(
        "distributions",
        "Results of the runs (Figure S2)",
        "Cumulative distributions over runs of what is left at the end: active units and active \
         fraction relative to the start, log₁₀ normalised loss, and the spectrum where it was \
         measured. Dashed: published runs, where the published tables were given.",
        &drawn,
        2,
        SIZE,
    )
}

/// Figure 5B over many runs: non-zero eigenvalues against active units.
pub fn units_against_eigenvalues(
    groups: &[(String, Vec<(f64, f64)>)],
) -> Result<Figure, FigureError> {
    let all = || groups.iter().flat_map(|(_, points)| points.iter());
    let mut panel = Panel::new(
        "Active units and the spectrum",
        Axis::linear("fraction of active units", 0.0, 1.04),
        Axis::from_zero(
            "fraction of non-zero eigenvalues",
            all().map(|point| point.1).collect::<Vec<_>>(),
        ),
    );
    for (index, (label, points)) in groups.iter().enumerate() {
        let colour = if index == 0 {
            VERMILLION
        } else {
            category(index + 1)
        };
        panel.series.push(Series::new(
            label,
            points.clone(),
            colour,
            Mark::Dots(3.0, 0.7),
        ));
    }
    panels(
        "units_against_eigenvalues",
        "Active units against non-zero eigenvalues (Figure 5B)",
        "Each dot is the end of one run.",
        &[panel],
        1,
        (560.0, 400.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_climbs_from_zero_to_one() {
        let steps = distribution(&[3.0, 1.0, f64::NAN]);
        assert_eq!(steps, [(1.0, 0.0), (1.0, 0.5), (3.0, 0.5), (3.0, 1.0)]);
    }

    #[test]
    fn published_curves_share_the_colour_of_their_group() {
        let curve = |label: &str, published| GroupCurve {
            label: label.into(),
            share: vec![0.0, 1.0],
            mean: vec![1.0, 0.4],
            deviation: vec![0.0, 0.1],
            published,
        };
        let panel = curves_panel(
            "t",
            "y",
            &[
                curve("adam (20)", false),
                curve("adam, published (9)", true),
            ],
        );
        assert_eq!(panel.series[1].colour, panel.series[2].colour);
    }
}
