//! Many runs at once: means, rates and distributions (Figures 4B, 5B and S2).

use drift_sim::metrics::statistics::fit_line;
use plotters::prelude::RGBColor;

use super::axis::Axis;
use super::panel::{Mark, Panel, Series, points};
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
        Axis::from_zero(axis, top.chain([1.0])),
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
        let points = points(&percent, &curve.mean);
        if curve.published {
            panel.push(Series::new(&curve.label, points, colour, Mark::Dashed));
            continue;
        }
        panel.push(Series::band(
            &percent,
            &curve.mean,
            &curve.deviation,
            colour,
        ));
        panel.push(Series::new(&curve.label, points, colour, Mark::Line(2.2)));
    }
    panel
}

/// Mean sparsification of each group over the course of its runs.
pub fn sparsification(
    active_units: &[GroupCurve],
    active: &[GroupCurve],
) -> Result<Figure, FigureError> {
    panels_with_legend(
        "sparsification",
        "Mean sparsification by rule and noise",
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

/// Figure 4B: what is left active (top) and log₁₀ of the rate of sparsification (bottom) against
/// log₁₀ of the noise, each of these runs and of the published ones.
pub fn rate_against_noise(
    sparsity: [&[(f64, f64)]; 2],
    rates: [&[(f64, f64)]; 2],
) -> Result<Figure, FigureError> {
    let noise = || {
        sparsity
            .into_iter()
            .chain(rates)
            .flatten()
            .map(|point| point.0)
    };
    let x = || Axis::around("log₁₀ update noise σ", noise());
    let left = sparsity.into_iter().flatten().map(|point| point.1);
    let y = Axis::from_zero("active fraction, final / initial", left);
    let mut top = Panel::new("Final sparsity against noise", x(), y);
    let heights = rates.into_iter().flatten().map(|point| point.1);
    let y = Axis::around("log₁₀ rate (1/steps)", heights);
    let mut bottom = Panel::new("Rate of sparsification against noise", x(), y);
    let looks = [
        ("this sweep", BLUE, Mark::Dots(3.2, 0.8)),
        ("published", GREY, Mark::Rings(3.0)),
    ];
    for (index, (name, colour, mark)) in looks.into_iter().enumerate().rev() {
        for (panel, points) in [(&mut top, sparsity[index]), (&mut bottom, rates[index])] {
            if !points.is_empty() {
                let label = format!("{name} ({} runs)", points.len());
                let points = points.iter().copied();
                panel.push(Series::new(label, points, colour, mark.clone()));
            }
        }
        let (noise, rate): (Vec<f64>, Vec<f64>) = rates[index].iter().copied().unzip();
        if let Some(fit) = fit_line(&noise, &rate)
            .ok()
            .filter(|fit| fit.slope.is_finite())
        {
            let ends = [bottom.x.low, bottom.x.high].map(|x| (x, fit.intercept + fit.slope * x));
            let label = format!("slope {:.2} ± {:.2}", fit.slope, fit.slope_error);
            bottom.push(Series::new(label, ends, colour, Mark::Line(1.6)));
        }
    }
    panels(
        "rate_against_noise",
        "Sparsity and its rate against noise (Figure 4B)",
        "Each dot is one run, against the base-10 logarithm of the standard deviation of its update \
         noise. Top: the active fraction at the end over that at the start. Bottom: the base-10 logarithm \
         of the rate at which the active fraction decays after convergence, of rates below 10⁻⁴ (the \
         paper labels it a time scale, which is its inverse). A slope of 2 means that the rate grows \
         with the variance of the noise.",
        &[top, bottom],
        1,
        (620.0, 380.0),
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
    let mut sorted = values.to_vec();
    sorted.retain(|value| value.is_finite());
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
            let all = groups.iter().flat_map(|group| group.values.iter().copied());
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
                panel.push(series);
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
    let shares = groups
        .iter()
        .flat_map(|(_, points)| points.iter().map(|point| point.1));
    let mut panel = Panel::new(
        "Active units and the spectrum",
        Axis::linear("fraction of active units", 0.0, 1.04),
        Axis::from_zero("fraction of non-zero eigenvalues", shares),
    );
    for (index, (label, points)) in groups.iter().enumerate() {
        let colour = if index == 0 {
            VERMILLION
        } else {
            category(index + 1)
        };
        let points = points.iter().copied();
        panel.push(Series::new(label, points, colour, Mark::Dots(3.0, 0.7)));
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
