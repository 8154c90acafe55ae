//! The Hessian's spectrum over training (Figures 5B, 5C and 5D).

use super::axis::{Axis, compact, steps as step_text};
use super::panel::{Mark, Panel, Series, points};
use super::style::{BLUE, GREY, PURPLE, VERMILLION, category, finite_range};
use super::training::Curves;
use super::{Figure, FigureError, panels, panels_with_legend};

const SIZE: (f64, f64) = (530.0, 350.0);

/// Eigenvalues of the Hessian at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// Step.
    pub step: f64,
    /// Eigenvalues in any order.
    pub eigenvalues: Vec<f64>,
}

fn measured(x: &[f64], y: &[f64]) -> Vec<(f64, f64)> {
    points(x, y)
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect()
}

/// Figure 5B: share of non-zero eigenvalues against share of active units.
pub fn active_units_against_nonzero(curves: &Curves) -> Result<Figure, FigureError> {
    let points = measured(&curves.fraction_active_units, &curves.nonzero_fraction);
    let high = finite_range(points.iter().map(|point| point.1)).map_or(1.0, |range| range.1);
    let x = Axis::linear("fraction of active units", 0.0, 1.02);
    let y = Axis::linear(
        "fraction of non-zero eigenvalues",
        0.0,
        1.08 * high.max(1e-3),
    );
    let dots = Series::new("", points, BLUE, Mark::Dots(3.4, 0.75));
    let against = Panel::new("Dead units empty the spectrum", x, y).with(dots);
    let time = Axis::training_time(&curves.steps);
    let mut over_time = Panel::new("Over training", time, Axis::linear("fraction", 0.0, 1.04));
    for (name, values, colour) in [
        ("active units", &curves.fraction_active_units, VERMILLION),
        ("non-zero eigenvalues", &curves.nonzero_fraction, BLUE),
    ] {
        let points = measured(&curves.steps, values);
        over_time.push(Series::new(name, points, colour, Mark::Line(2.0)));
    }
    panels(
        "active_units_nonzero_eigenvalues",
        "Active units and non-zero eigenvalues (Figure 5B)",
        "A unit that is silent on every sample leaves its parameters without curvature, so the \
         share of non-zero eigenvalues of the Hessian follows the share of active units. Each \
         dot is one sample of this run; non-zero means above the stated tolerance, not merely \
         above 0.",
        &[against, over_time],
        2,
        SIZE,
    )
}

/// The spectrum at a few times, by rank and as a distribution; `kind` says of which matrix.
pub fn spectra_at_times(
    spectra: &[Spectrum],
    tolerance: f64,
    kind: &str,
) -> Result<Figure, FigureError> {
    let kept: Vec<Vec<f64>> = spectra
        .iter()
        .map(|spectrum| descending(&spectrum.eigenvalues, tolerance))
        .collect();
    let all = || kept.iter().flatten().copied();
    let longest = kept.iter().map(Vec::len).max().unwrap_or(1).max(2);
    let mut ranked = Panel::new(
        "Eigenvalues by rank",
        Axis::linear("rank", 0.0, longest as f64),
        Axis::log_around("eigenvalue", all()),
    );
    let (low, high) = finite_range(all().map(f64::log10)).unwrap_or((-6.0, 0.0));
    let bins = 40usize;
    let width = ((high - low) / bins as f64).max(1e-6);
    let mut counts = Vec::new();
    for (index, (spectrum, values)) in spectra.iter().zip(&kept).enumerate() {
        let label = format!("step {}", step_text(spectrum.step));
        let points = values
            .iter()
            .enumerate()
            .map(|(rank, value)| (rank as f64 + 0.5, *value));
        let colour = category(index);
        ranked.push(Series::new(&label, points, colour, Mark::Line(2.0)));
        let mut histogram = vec![0.0; bins];
        for value in values {
            let bin = ((value.log10() - low) / width) as usize;
            histogram[bin.min(bins - 1)] += 1.0;
        }
        let corners = histogram.iter().enumerate().flat_map(|(bin, count)| {
            let left = low + bin as f64 * width;
            [(left, *count), (left + width, *count)]
        });
        counts.push(Series::new(label, corners, colour, Mark::Line(1.6)));
    }
    let highest = counts
        .iter()
        .flat_map(|series| series.points.iter().map(|point| point.1));
    let mut histogram = Panel::new(
        "Distribution",
        Axis::linear("log₁₀ eigenvalue", low, high),
        Axis::from_zero("eigenvalues in a bin", highest),
    );
    histogram.series = counts;
    panels(
        "hessian_spectra",
        "Spectrum of the Hessian",
        &format!(
            "Eigenvalues of {kind} of the loss on clean data above the tolerance, at a few times. \
             Update noise empties the spectrum from below (fewer eigenvalues are left), label \
             noise lowers the large ones."
        ),
        &[ranked, histogram],
        2,
        SIZE,
    )
}

/// Sums over the spectra of one run: step and value.
#[derive(Debug, Clone, PartialEq)]
pub struct NoisySpectra {
    /// Name of the run.
    pub name: String,
    /// Σ λ.
    pub sum: Vec<(f64, f64)>,
    /// Σ ln λ over those above the tolerance.
    pub log_sum: Vec<(f64, f64)>,
    /// Σ ln λ over all above 0, rounding among them.
    pub positive_log_sum: Vec<(f64, f64)>,
}

/// Figure 5D: the sum of the eigenvalues and of their logarithms, of several runs in each panel.
pub fn sums_under_two_noises(runs: &[NoisySpectra], tolerance: f64) -> Result<Figure, FigureError> {
    type Curve = fn(&NoisySpectra) -> &Vec<(f64, f64)>;
    let panel = |title: &str, label: &str, of: Curve, log: bool| {
        let points = || runs.iter().flat_map(move |run| of(run).iter().copied());
        let steps: Vec<f64> = points().map(|point| point.0).collect();
        let heights = points().map(|point| point.1);
        let y = if log {
            Axis::log_around(label, heights)
        } else {
            Axis::around(label, heights)
        };
        let mut panel = Panel::new(title, Axis::training_time(&steps), y);
        for (index, run) in runs.iter().enumerate() {
            let (points, colour) = (of(run).iter().copied(), category(index));
            panel.push(Series::new(&run.name, points, colour, Mark::Line(2.0)));
        }
        panel
    };
    panels_with_legend(
        "sums_under_two_noises",
        "Sums over the spectrum under two noises (Figure 5D)",
        &format!(
            "Left: the sum of the eigenvalues, which label noise lowers. Middle, by the caption: the sum \
             of the logarithms of the non-zero ones, above the tolerance of {}. Right, as the published \
             script counts: of all above 0, which takes rounding for eigenvalues.",
            compact(tolerance)
        ),
        &[
            panel("Sum", "Σ λ", |run| &run.sum, true),
            panel(
                "Sum of logarithms",
                "Σ ln λ, λ > tolerance",
                |run| &run.log_sum,
                false,
            ),
            panel(
                "The same as scripted",
                "Σ ln λ, λ > 0",
                |run| &run.positive_log_sum,
                false,
            ),
        ],
        3,
        (430.0, 340.0),
    )
}

/// Figure 5C: eigenvalues at two times, sorted at each and paired by rank.
pub fn pairs_at_two_times(
    early: &Spectrum,
    late: &Spectrum,
    tolerance: f64,
    kind: &str,
) -> Result<Figure, FigureError> {
    let pairs = ranked_pairs(&early.eigenvalues, &late.eigenvalues, tolerance);
    let all = || pairs.iter().flat_map(|(early, late)| [*early, *late]);
    let axis = |spectrum: &Spectrum| {
        Axis::log_around(
            format!("eigenvalue at step {}", step_text(spectrum.step)),
            all(),
        )
    };
    let (x, y) = (axis(early), axis(late));
    let equal = [x.low, x.high].map(|value| (value, value));
    let larger = pairs.iter().filter(|(early, late)| late > early).count();
    let panel = Panel::new("Eigenvalues by rank, early and late", x, y)
        .with(Series::new("equal", equal, GREY, Mark::Dashed))
        .with(Series::new("", pairs.clone(), BLUE, Mark::Dots(2.2, 0.5)));
    panels(
        "hessian_pairs",
        "Eigenvalues at two times (Figure 5C)",
        &format!(
            "Each dot is a rank: the eigenvalue of {kind} that has it at the earlier time and the one that \
             has it at the later time, of the {} ranks at which both are above the tolerance ({}). Below the \
             dashed line eigenvalues have fallen; {larger} are above it.",
            pairs.len(),
            compact(tolerance)
        ),
        &[panel],
        1,
        (560.0, 480.0),
    )
}

/// The eigenvalues above the tolerance, from the largest on.
fn descending(eigenvalues: &[f64], tolerance: f64) -> Vec<f64> {
    let mut kept = eigenvalues.to_vec();
    kept.retain(|value| *value > tolerance);
    kept.sort_by(|a, b| b.total_cmp(a));
    kept
}

/// Both spectra from the largest eigenvalue on, as far as both are above the tolerance.
fn ranked_pairs(early: &[f64], late: &[f64], tolerance: f64) -> Vec<(f64, f64)> {
    let [early, late] = [early, late].map(|eigenvalues| descending(eigenvalues, tolerance));
    early.into_iter().zip(late).collect()
}

/// The largest eigenvalue over training, with 2/η where the rule is gradient descent of rate η.
pub fn edge_of_stability(
    curves: &Curves,
    rate: Option<f64>,
    rule: &str,
) -> Result<Figure, FigureError> {
    let largest = measured(&curves.steps, &curves.largest);
    let limit = rate.map(|rate| 2.0 / rate);
    let heights = largest.iter().map(|point| point.1).chain(limit);
    let axis = Axis::from_zero("largest eigenvalue", heights);
    let time = Axis::training_time(&curves.steps);
    let ends = [time.low, time.high];
    let line = Series::new("λ max of the Hessian", largest, BLUE, Mark::Line(2.0));
    let mut panel = Panel::new("Sharpness", time, axis).with(line);
    if let Some(limit) = limit {
        let line = ends.map(|step| (step, limit));
        let label = format!("2/η = {}", compact(limit));
        panel.push(Series::new(label, line, VERMILLION, Mark::Dashed));
    }
    let meaning = match rate {
        Some(rate) => format!(
            "Gradient descent of learning rate η = {} follows a direction of curvature λ by \
             1 − ηλ a step: above 2/η (dashed) it overshoots further each time, so that noise or \
             the loss itself drives the network back to flatter ground.",
            compact(rate)
        ),
        None => format!(
            "The rule is {rule}, for which 2/η is no limit of this eigenvalue, so none is drawn: \
             Adam and RMSprop scale the step of every parameter, SED does not follow the gradient."
        ),
    };
    panels(
        "edge_of_stability",
        "Edge of stability",
        &format!(
            "The largest eigenvalue of the exact Hessian of the loss on clean data, by Lanczos \
             iteration from the eigenvector of the sample before. {meaning}"
        ),
        &[panel],
        1,
        (620.0, 360.0),
    )
}

/// Figure 5D: trace and sum of logarithms over training.
pub fn spectral_sums(curves: &Curves) -> Result<Figure, FigureError> {
    let time = || Axis::training_time(&curves.steps);
    let trace = measured(&curves.steps, &curves.trace);
    let largest = measured(&curves.steps, &curves.largest);
    let both = trace.iter().chain(&largest).map(|point| point.1);
    let axis = Axis::log_around("eigenvalue", both);
    let sum = Series::new("sum (trace)", trace, VERMILLION, Mark::Line(2.0));
    let mut sums = Panel::new("Sum and maximum", time(), axis).with(sum);
    if !largest.is_empty() {
        sums.push(Series::new("largest", largest, GREY, Mark::Dashed));
    }
    let logs = measured(&curves.steps, &curves.log_pseudo_determinant);
    if logs.is_empty() {
        return panels(
            "hessian_sums",
            "Trace of the Hessian (Figure 5D)",
            "The sum of the eigenvalues of the Hessian of the loss on clean data, which label \
             noise lowers. This run did not compute the eigenvalues themselves: \
             “drift run … --spectrum N” does.",
            &[sums],
            1,
            (620.0, 360.0),
        );
    }
    let axis = Axis::around("Σ ln λ", logs.iter().map(|point| point.1));
    let line = Series::new("", logs, PURPLE, Mark::Line(2.0));
    let logs = Panel::new("Sum of logarithms", time(), axis).with(line);
    panels(
        "hessian_sums",
        "Sums over the spectrum (Figure 5D)",
        "Left: the sum of the eigenvalues (what label noise lowers) and the largest one. Right: \
         the sum of their logarithms over those above the tolerance (what update noise lowers).",
        &[sums, logs],
        2,
        SIZE,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_negative_eigenvalues_are_left_out() {
        let spectra = [Spectrum {
            step: 10.0,
            eigenvalues: vec![0.0, -1e-9, 1e-3, 1.0, 1e-17],
        }];
        let figure = spectra_at_times(&spectra, 1e-10, "it").expect("drawn");
        assert!(figure.svg.contains("step 10"));
        let empty = [Spectrum {
            step: 1.0,
            eigenvalues: vec![0.0],
        }];
        assert!(spectra_at_times(&empty, 1e-10, "it").is_ok());
    }

    #[test]
    fn eigenvalues_are_paired_by_rank() {
        let early = [1.0, -2.0, 4.0, 1e-12];
        let late = [3.0, 0.5, 2.0, 1.0];
        assert_eq!(ranked_pairs(&early, &late, 1e-10), [(4.0, 3.0), (1.0, 2.0)]);
        let spectrum = |eigenvalues: [f64; 4]| Spectrum {
            step: 1.0,
            eigenvalues: eigenvalues.to_vec(),
        };
        let figure =
            pairs_at_two_times(&spectrum(early), &spectrum(late), 1e-10, "it").expect("drawn");
        assert!(
            figure.explanation.contains("2 ranks") && figure.explanation.contains("1 are above")
        );
    }

    #[test]
    fn unmeasured_samples_are_skipped() {
        let points = measured(&[1.0, 2.0, 3.0], &[f64::NAN, 0.5, f64::INFINITY]);
        assert_eq!(points, [(2.0, 0.5)]);
    }
}
