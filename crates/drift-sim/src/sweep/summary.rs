use drift_metrics::phases::{self, Border, find_phases};
use drift_metrics::timescale::{DecayOptions, fit_decay, published_log_tau};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use crate::{Sample, SpectrumSample, Trace};

/// One run in numbers: a row of the table. What cannot be measured is absent.
///
/// "Final" is the published rule: the mean of the ten samples before the last one.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// Fraction of active units at the first sample.
    pub initial_active_units: Option<f64>,
    /// Final fraction of active units.
    pub final_active_units: Option<f64>,
    /// The published `active_units`: final over initial.
    pub active_units: Option<f64>,
    /// Active fraction at the first sample.
    pub initial_active: Option<f64>,
    /// Final active fraction.
    pub final_active: Option<f64>,
    /// The published `active`: final over initial.
    pub active: Option<f64>,
    /// The published `loss`: log₁₀ normalised loss at the last sample.
    pub loss: Option<f64>,
    /// The published `log_tau`: log₁₀ of the rate that the published procedure fits to the
    /// fraction of active units; 0 where it fails.
    pub log_tau: Option<f64>,
    /// Timescale (steps) of a robust exponential fit to the fraction of active units.
    pub timescale: Option<f64>,
    /// Lower end of its 95 % interval.
    pub timescale_lower: Option<f64>,
    /// Upper end of its 95 % interval; infinite where the plateau is not seen.
    pub timescale_upper: Option<f64>,
    /// Probability of such a decay by chance.
    pub timescale_p: Option<f64>,
    /// Trace of the Hessian at the first samples (mean of up to ten).
    pub initial_trace: Option<f64>,
    /// Final trace of the Hessian.
    pub final_trace: Option<f64>,
    /// The published `eig_sum`: final over initial trace.
    pub eig_sum: Option<f64>,
    /// The published `eig_max`: final over initial largest eigenvalue.
    pub eig_max: Option<f64>,
    /// The published `eig_nonzero`: final share of eigenvalues that "> 0" counts.
    pub eig_nonzero: Option<f64>,
    /// Final share of eigenvalues above the tolerance.
    pub nonzero_fraction: Option<f64>,
    /// Sum of log eigenvalues above the tolerance at the first samples.
    pub initial_log_pseudo_determinant: Option<f64>,
    /// The same, final.
    pub final_log_pseudo_determinant: Option<f64>,
    /// Mean spatial information of the place units at the first sample (bits).
    pub initial_spatial_information: Option<f64>,
    /// The same, final.
    pub final_spatial_information: Option<f64>,
    /// End of convergence (steps); absent where it is not reached.
    pub convergence_end: Option<f64>,
    /// Lower end of its interval.
    pub convergence_end_lower: Option<f64>,
    /// Upper end of its interval.
    pub convergence_end_upper: Option<f64>,
    /// End of directed drift (steps); absent where it is not reached.
    pub directed_drift_end: Option<f64>,
    /// Lower end of its interval.
    pub directed_drift_end_lower: Option<f64>,
    /// Upper end of its interval.
    pub directed_drift_end_upper: Option<f64>,
    /// Rate at which rate maps decorrelate in null drift (per step).
    pub null_drift_rate: Option<f64>,
}

/// A sample may be one of ten thousand; a fit of a thousand points is as good and far quicker.
const FITTED_POINTS: usize = 1000;

impl Summary {
    /// The columns, in the order of [`values`](Self::values).
    pub(super) const COLUMNS: [&'static str; 29] = [
        "initial_active_units",
        "final_active_units",
        "active_units",
        "initial_active",
        "final_active",
        "active",
        "loss",
        "log_tau",
        "timescale",
        "timescale_lower",
        "timescale_upper",
        "timescale_p",
        "initial_trace",
        "final_trace",
        "eig_sum",
        "eig_max",
        "eig_nonzero",
        "nonzero_fraction",
        "initial_log_pseudo_determinant",
        "final_log_pseudo_determinant",
        "initial_spatial_information",
        "final_spatial_information",
        "convergence_end",
        "convergence_end_lower",
        "convergence_end_upper",
        "directed_drift_end",
        "directed_drift_end_lower",
        "directed_drift_end_upper",
        "null_drift_rate",
    ];

    pub(super) fn values(&self) -> [Option<f64>; 29] {
        [
            self.initial_active_units,
            self.final_active_units,
            self.active_units,
            self.initial_active,
            self.final_active,
            self.active,
            self.loss,
            self.log_tau,
            self.timescale,
            self.timescale_lower,
            self.timescale_upper,
            self.timescale_p,
            self.initial_trace,
            self.final_trace,
            self.eig_sum,
            self.eig_max,
            self.eig_nonzero,
            self.nonzero_fraction,
            self.initial_log_pseudo_determinant,
            self.final_log_pseudo_determinant,
            self.initial_spatial_information,
            self.final_spatial_information,
            self.convergence_end,
            self.convergence_end_lower,
            self.convergence_end_upper,
            self.directed_drift_end,
            self.directed_drift_end_lower,
            self.directed_drift_end_upper,
            self.null_drift_rate,
        ]
    }

    /// Summarises a trace; `correlation` holds the rate-map correlation of all pairs of some
    /// times (steps).
    #[must_use]
    pub fn new(trace: &Trace, correlation: Option<(&[f64], &DMatrix<f64>)>) -> Self {
        let samples = trace.samples();
        let mut summary = Summary::default();
        let units: Vec<f64> = samples
            .iter()
            .filter_map(|s| s.fraction_active_units)
            .collect();
        let active: Vec<f64> = samples.iter().filter_map(|s| s.active_fraction).collect();
        let information = samples.iter().filter_map(|s| s.mean_spatial_information);
        let information: Vec<f64> = information.collect();
        summary.initial_active_units = units.first().copied();
        summary.final_active_units = published_final(&units);
        summary.active_units = ratio(summary.final_active_units, summary.initial_active_units);
        summary.initial_active = active.first().copied();
        summary.final_active = published_final(&active);
        summary.active = ratio(summary.final_active, summary.initial_active);
        summary.loss = samples.last().map(|sample| sample.log10_normalised_loss);
        summary.initial_spatial_information = samples
            .first()
            .and_then(|sample| sample.mean_spatial_information);
        summary.final_spatial_information = published_final(&information);
        if !units.is_empty() {
            let steps: Vec<f64> = samples.iter().map(|sample| sample.step as f64).collect();
            summary.log_tau = Some(published_log_tau(&steps, &units));
            summary.fit_timescale(&steps, &units);
        }
        summary.add_spectra(trace);
        summary.add_phases(trace, correlation);
        summary
    }

    fn fit_timescale(&mut self, steps: &[f64], units: &[f64]) {
        // A curve that is constant or too short has no timescale: that is no failure of the run.
        if let Ok(fit) = fit_decay(&thin(steps), &thin(units), &DecayOptions::default()) {
            self.timescale = Some(fit.timescale);
            self.timescale_lower = Some(fit.timescale_interval.lower);
            self.timescale_upper = Some(fit.timescale_interval.upper);
            self.timescale_p = Some(fit.p_value);
        }
    }

    fn add_spectra(&mut self, trace: &Trace) {
        let spectra: Vec<SpectrumSample> = trace
            .samples()
            .iter()
            .filter_map(|sample| sample.spectrum)
            .collect();
        let column = |of: fn(&SpectrumSample) -> Option<f64>| -> Vec<f64> {
            spectra.iter().filter_map(of).collect()
        };
        let traces = column(|spectrum| Some(spectrum.trace));
        let largest = column(|spectrum| spectrum.max);
        let log_sums = column(|spectrum| spectrum.log_pseudo_determinant);
        self.initial_trace = published_initial(&traces);
        self.final_trace = published_final(&traces);
        self.eig_sum = ratio(self.final_trace, self.initial_trace);
        self.eig_max = ratio(published_final(&largest), published_initial(&largest));
        self.eig_nonzero = published_final(&column(|s| s.published_nonzero_fraction));
        self.nonzero_fraction = published_final(&column(|s| s.nonzero_fraction));
        self.initial_log_pseudo_determinant = published_initial(&log_sums);
        self.final_log_pseudo_determinant = published_final(&log_sums);
    }

    fn add_phases(&mut self, trace: &Trace, correlation: Option<(&[f64], &DMatrix<f64>)>) {
        let samples = trace.samples();
        let column =
            |of: &dyn Fn(&Sample) -> f64| thin(&samples.iter().map(of).collect::<Vec<_>>());
        let found = find_phases(&phases::Curves {
            time: &column(&|sample| sample.step as f64),
            log10_loss: &column(&|sample| sample.log10_normalised_loss),
            sparsity: &column(&|sample| sample.active_fraction.unwrap_or(f64::NAN)),
            correlation: correlation
                .map(|(time, correlation)| phases::CorrelationCurve { time, correlation }),
        });
        // Runs too short or too strange for phases have none.
        let Ok(found) = found else { return };
        let ends = |border: &Border| match border {
            Border::At { time, interval } => {
                (Some(*time), Some(interval.lower), Some(interval.upper))
            }
            Border::BeforeStart { first } => (Some(*first), None, Some(*first)),
            Border::NotReached { last } => (None, Some(*last), None),
        };
        (
            self.convergence_end,
            self.convergence_end_lower,
            self.convergence_end_upper,
        ) = ends(&found.convergence_end);
        (
            self.directed_drift_end,
            self.directed_drift_end_lower,
            self.directed_drift_end_upper,
        ) = ends(&found.directed_drift_end);
        self.null_drift_rate = found.null_drift.map(|null| null.rate);
    }
}

/// At most [`FITTED_POINTS`] evenly spaced values.
fn thin(values: &[f64]) -> Vec<f64> {
    let stride = values.len().div_ceil(FITTED_POINTS).max(1);
    values.iter().copied().step_by(stride).collect()
}

/// Mean of the samples \[-11:-1\]; of a single one, itself.
fn published_final(values: &[f64]) -> Option<f64> {
    let end = values.len().checked_sub(1)?.max(1);
    mean(&values[end.saturating_sub(10)..end])
}

/// Mean of the samples \[0:10\].
fn published_initial(values: &[f64]) -> Option<f64> {
    mean(&values[..values.len().min(10)])
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
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        // Python: numpy.arange(20)[-11:-1].mean() and [0:10].mean()
        assert_eq!(published_final(&values), Some(13.5));
        assert_eq!(published_initial(&values), Some(4.5));
        assert_eq!(published_final(&[1.0, 2.0, 9.0]), Some(1.5));
        assert_eq!(published_final(&[3.0]), Some(3.0));
        assert_eq!(published_final(&[]), None);
        assert_eq!(published_initial(&[]), None);
    }
}
