use drift_engine::Trace;
use drift_engine::sweep::Summary;
use drift_metrics::phases::{self, Border, find_phases};
use drift_metrics::timescale::{DecayOptions, fit_decay, published_log_tau};

use super::maps::TimedCorrelation;
use crate::sharpness;

/// Share of the limit 2/η from which on the largest eigenvalue counts as at the edge.
const AT_EDGE: f64 = 0.95;
/// Share of its first value below which the active fraction shows that sparsification has begun.
const SPARSER: f64 = 0.9;

/// A sample may be one of ten thousand; a fit of a thousand points is as good and far quicker.
const FITTED_POINTS: usize = 1000;

/// One run in numbers and curves. What cannot be measured is absent.
///
/// "Final" is the published rule: the mean of the ten samples before the last one. Of fewer than 100 samples a
/// tenth is taken, at least one.
///
/// | columns | meaning |
/// |---|---|
/// | `initial_`, `final_active_units`, `initial_`, `final_active` | fraction of active units, active fraction |
/// | `active_units`, `active` | the published ratios of the two, final over initial |
/// | `loss` | the published log₁₀ normalised loss at the last sample |
/// | `log_tau` | the published log₁₀ of the rate fitted to the fraction of active units; 0 where the fit fails |
/// | `timescale`, `_lower`, `_upper`, `_p` | steps of a robust exponential fit to it, its 95 % interval (infinite where the plateau is not seen), its probability by chance |
/// | `initial_`, `final_trace` | trace of the Hessian, initial being the mean of the first ten samples (of fewer than 100: a tenth) |
/// | `eig_sum`, `eig_max` | the published ratios, final over initial, of trace and largest eigenvalue |
/// | `eig_nonzero`, `nonzero_fraction` | final share of eigenvalues that the published "> 0" counts, and of those above the tolerance |
/// | `initial_`, `final_log_pseudo_determinant` | sum of log eigenvalues above the tolerance |
/// | `initial_`, `final_eta_hessian_max` | learning rate times the largest eigenvalue at the first sample, and finally |
/// | `edge_reached` | first step at which that product is at least 1.9, of the 2 at which descent is no longer stable; absent where none |
/// | `sparsification_begins` | first step from which on the active fraction stays below 0.9 of its first value; absent where none |
/// | `initial_`, `final_spatial_information` | mean over the place units (bits) |
/// | `convergence_end`, `directed_drift_end`, each with `_lower`, `_upper` | ends of the phases (steps); absent where not reached |
/// | `initial_`, `final_` and the columns of each layer | of networks with several hidden layers |
/// | `null_drift_rate` | rate at which rate maps decorrelate in null drift (per step) |
pub(crate) fn summary(trace: &Trace, correlation: Option<&TimedCorrelation>) -> Summary {
    let units = measured(trace, "fraction_active_units");
    let active = measured(trace, "active_fraction");
    let information = measured(trace, "mean_spatial_information");
    let first = |values: &[f64]| values.first().copied();
    let (units_final, active_final) = (published_final(&units), published_final(&active));
    let mut numbers = vec![
        ("initial_active_units", first(&units)),
        ("final_active_units", units_final),
        ("active_units", ratio(units_final, first(&units))),
        ("initial_active", first(&active)),
        ("final_active", active_final),
        ("active", ratio(active_final, first(&active))),
        (
            "loss",
            trace
                .last()
                .and_then(|last| last.get("log10_normalised_loss")),
        ),
    ];
    numbers.extend(timescale(&trace.steps(), &units));
    numbers.extend(spectra(trace));
    numbers.extend(edge(trace));
    let samples = trace.samples();
    let start = samples
        .first()
        .and_then(|sample| sample.get("mean_spatial_information"));
    numbers.push(("initial_spatial_information", start));
    numbers.push(("final_spatial_information", published_final(&information)));
    numbers.extend(phases(trace, correlation));
    let numbers = numbers.into_iter();
    Summary {
        numbers: numbers
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        curves: Summary::curves_of(
            trace,
            &[
                "log10_normalised_loss",
                "active_fraction",
                "fraction_active_units",
                "mean_spatial_information",
                sharpness::LARGEST_TIMES_RATE,
                "hessian_trace",
                "log_pseudo_determinant",
            ],
        ),
    }
}

/// The values of a column, where there are any.
fn measured(trace: &Trace, name: &str) -> Vec<f64> {
    trace.column(name).flatten().collect()
}

type Numbers = Vec<(&'static str, Option<f64>)>;

fn timescale(steps: &[f64], units: &[f64]) -> Numbers {
    let is_measured = !units.is_empty();
    // A curve that is constant or too short has no timescale: that is no failure of the run.
    let options = DecayOptions::default();
    let fit = is_measured
        .then(|| fit_decay(&thin(steps), &thin(units), &options).ok())
        .flatten();
    let fit = fit.as_ref();
    let interval = fit.map(|fit| &fit.timescale_interval);
    let log_tau = is_measured.then(|| published_log_tau(steps, units));
    vec![
        ("log_tau", log_tau),
        ("timescale", fit.map(|fit| fit.timescale)),
        ("timescale_lower", interval.map(|ends| ends.lower)),
        ("timescale_upper", interval.map(|ends| ends.upper)),
        ("timescale_p", fit.map(|fit| fit.p_value)),
    ]
}

fn spectra(trace: &Trace) -> Numbers {
    let traces = measured(trace, "hessian_trace");
    let last_of = |name| published_final(&measured(trace, name));
    // Only where there is a spectrum, as published: the largest eigenvalue is measured more often.
    let with_spectrum = |sample: &&drift_engine::Sample| sample.get("hessian_trace").is_some();
    let samples = trace.samples().iter().filter(with_spectrum);
    let largest: Vec<f64> = samples
        .filter_map(|sample| sample.get("hessian_max"))
        .collect();
    let log_sums = measured(trace, "log_pseudo_determinant");
    let initial_log_sum = published_initial(&log_sums);
    let largest_ratio = ratio(published_final(&largest), published_initial(&largest));
    let (initial, last) = (published_initial(&traces), published_final(&traces));
    vec![
        ("initial_trace", initial),
        ("final_trace", last),
        ("eig_sum", ratio(last, initial)),
        ("eig_max", largest_ratio),
        ("eig_nonzero", last_of("published_nonzero_fraction")),
        ("nonzero_fraction", last_of("nonzero_fraction")),
        ("initial_log_pseudo_determinant", initial_log_sum),
        ("final_log_pseudo_determinant", published_final(&log_sums)),
    ]
}

fn edge(trace: &Trace) -> Numbers {
    let curve = |name: &str| -> Vec<(f64, f64)> {
        let values = trace.steps().into_iter().zip(trace.column(name));
        values
            .filter_map(|(step, value)| Some((step, value?)))
            .collect()
    };
    let products = curve(sharpness::LARGEST_TIMES_RATE);
    let active = curve("active_fraction");
    let values: Vec<f64> = products.iter().map(|&(_, product)| product).collect();
    let reached = products
        .iter()
        .find(|(_, product)| *product >= 2.0 * AT_EDGE);
    let start = active.first().map_or(f64::NAN, |&(_, active)| active);
    let dense = active
        .iter()
        .rposition(|&(_, active)| active >= SPARSER * start);
    let sparser = dense.and_then(|last| active.get(last + 1));
    vec![
        ("initial_eta_hessian_max", values.first().copied()),
        ("final_eta_hessian_max", published_final(&values)),
        ("edge_reached", reached.map(|&(step, _)| step)),
        ("sparsification_begins", sparser.map(|&(step, _)| step)),
    ]
}

fn phases(trace: &Trace, correlation: Option<&TimedCorrelation>) -> Numbers {
    let column = |name: &str| -> Vec<f64> {
        let values = trace.column(name).map(|value| value.unwrap_or(f64::NAN));
        thin(&values.collect::<Vec<_>>())
    };
    let found = find_phases(&phases::Curves {
        time: &thin(&trace.steps()),
        log10_loss: &column("log10_normalised_loss"),
        sparsity: &column("active_fraction"),
        correlation: correlation
            .map(|(time, correlation)| phases::CorrelationCurve { time, correlation }),
    });
    let ends = |border: &Border| match border {
        Border::At { time, interval } => [Some(*time), Some(interval.lower), Some(interval.upper)],
        Border::BeforeStart { first } => [Some(*first), None, Some(*first)],
        Border::NotReached { last } => [None, Some(*last), None],
    };
    // Runs too short or too strange for phases have none.
    let (convergence, directed, rate) = match found {
        Ok(found) => (
            ends(&found.convergence_end),
            ends(&found.directed_drift_end),
            found.null_drift.map(|null| null.rate),
        ),
        Err(_) => ([None; 3], [None; 3], None),
    };
    vec![
        ("convergence_end", convergence[0]),
        ("convergence_end_lower", convergence[1]),
        ("convergence_end_upper", convergence[2]),
        ("directed_drift_end", directed[0]),
        ("directed_drift_end_lower", directed[1]),
        ("directed_drift_end_upper", directed[2]),
        ("null_drift_rate", rate),
    ]
}

/// At most [`FITTED_POINTS`] evenly spaced values.
fn thin(values: &[f64]) -> Vec<f64> {
    let stride = values.len().div_ceil(FITTED_POINTS).max(1);
    values.iter().copied().step_by(stride).collect()
}

/// First and final value of some columns, named after them.
pub(crate) fn first_and_final(
    trace: &Trace,
    columns: impl IntoIterator<Item = String>,
) -> Vec<(String, Option<f64>)> {
    let of = |column: String| {
        let values = measured(trace, &column);
        [
            (format!("initial_{column}"), values.first().copied()),
            (format!("final_{column}"), published_final(&values)),
        ]
    };
    columns.into_iter().flat_map(of).collect()
}

/// Mean of the samples \[-11:-1\]; of fewer where there are fewer than 100.
fn published_final(values: &[f64]) -> Option<f64> {
    let end = values.len().checked_sub(1)?.max(1);
    mean(&values[end.saturating_sub(window(values))..end])
}

/// Mean of the samples \[0:10\]; of fewer where there are fewer than 100.
fn published_initial(values: &[f64]) -> Option<f64> {
    mean(&values[..values.len().min(window(values))])
}

/// Ten samples, but a tenth of all at most, so that the beginning and the end of a short series are
/// not the same samples.
fn window(values: &[f64]) -> usize {
    (values.len() / 10).clamp(1, 10)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn ratio(last: Option<f64>, first: Option<f64>) -> Option<f64> {
    Some(last? / first?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_means_leave_the_last_sample_out() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        // Python: numpy.arange(100)[-11:-1].mean() and [0:10].mean()
        assert_eq!(published_final(&values), Some(93.5));
        assert_eq!(published_initial(&values), Some(4.5));
        assert_eq!(published_final(&values[..20]), Some(17.5));
        assert_eq!(published_initial(&values[..20]), Some(0.5));
        assert_eq!(published_final(&[1.0, 2.0, 9.0]), Some(2.0));
        assert_eq!(published_initial(&[1.0, 2.0, 9.0]), Some(1.0));
        assert_eq!(published_final(&[3.0]), Some(3.0));
        assert_eq!(published_final(&[]), None);
        assert_eq!(published_initial(&[]), None);
    }
}
