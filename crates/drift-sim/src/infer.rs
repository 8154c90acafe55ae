//! Records of runs for [`drift_infer`], the classifier of the rule behind a drift.
//!
//! ```
//! use drift_sim::infer::{DriftRule, MeasureSet, Model, record_of_scenario, rule_of};
//! use drift_sim::presets;
//!
//! let mut scenario = presets::preset("random-sgd-label")?.into_unchecked();
//! scenario.set("steps=400")?;
//! assert_eq!(rule_of(&scenario), Some(DriftRule::LabelNoise));
//! let record = record_of_scenario(&scenario.try_into()?)?;
//! let found = Model::shipped().classify(&record, MeasureSet::all())?;
//! println!("{:?}", found.most_probable());
//! # Ok::<(), drift_sim::Error>(())
//! ```

use std::ops::ControlFlow;

use drift_engine::Moment;
use drift_metrics::similarity::tuning_curve_correlation;
use nalgebra::DMatrix;

pub use drift_infer::{
    Classification, DriftRule, FEATURES, FEWEST_SAMPLES, FINE_SAMPLES, Measure, MeasureSet, Model,
    Record, Scale, SetModel, features, softmax, standardised,
};

use crate::scenario::{NoiseSpec, RuleSpec, UncheckedScenario};
use crate::{Error, Registry, RunRecord, Scenario, Trace, Training};

/// The class of a scenario; `None` for gradient descent without noise, with both noises, or with
/// noisy inputs.
#[must_use]
pub fn rule_of(scenario: &UncheckedScenario) -> Option<DriftRule> {
    let noisy = |noise: &NoiseSpec| noise.scale() > 0.0;
    let noise = &scenario.noise;
    match &scenario.rule {
        RuleSpec::Adam(_) => Some(DriftRule::Adam),
        RuleSpec::RmsProp(_) => Some(DriftRule::RmsProp),
        RuleSpec::Sed(_) => Some(DriftRule::Sed),
        RuleSpec::Sgd(_) if noisy(&noise.input) => None,
        RuleSpec::Sgd(_) => match (noisy(&noise.update.distribution), noisy(&noise.label)) {
            (true, false) => Some(DriftRule::UpdateNoise),
            (false, true) => Some(DriftRule::LabelNoise),
            _ => None,
        },
        RuleSpec::Own(_) => None,
    }
}

/// The measures of a run's trace. It has no rate-map correlation; [`record_of_run`] does.
///
/// # Errors
/// [`Error::Infer`] for fewer than [`FEWEST_SAMPLES`] samples.
pub fn record_of_trace(trace: &Trace) -> Result<Record, Error> {
    record(trace, &[])
}

/// The measures of a run in a directory, finished or not: those of its trace, and from its
/// snapshots the rate-map correlation with the last sample, with every sample of the data set
/// as a place of its own.
///
/// # Errors
/// [`Error::Infer`] for fewer than [`FEWEST_SAMPLES`] samples; [`Error::Net`] for snapshots of
/// another network than the scenario's.
pub fn record_of_run(run: &RunRecord) -> Result<Record, Error> {
    let snapshots = run.snapshots()?.values;
    // A run that ended because it was no longer finite has no code at its end.
    let finite = snapshots.iter().all(|value| value.is_finite());
    let Some(data) = run.dataset.as_ref().filter(|_| finite) else {
        return record_of_trace(&run.trace);
    };
    // A killed run may have a snapshot whose row was not written.
    let taken = run.trace.samples().len().min(snapshots.nrows());
    let mut codes = Vec::with_capacity(taken);
    for snapshot in snapshots.row_iter().take(taken) {
        if let Some(network) = run.network(snapshot.iter().copied().collect())? {
            codes.push(network.forward(data.inputs().as_view())?.0);
        }
    }
    record(&run.trace, &codes)
}

/// Runs a scenario and records every measure that it has, the rate-map correlation with every
/// sample of the data set as a place of its own.
///
/// # Errors
/// Those of [`Scenario::simulation`]; [`Error::Infer`] for a run with fewer than [`FEWEST_SAMPLES`] samples.
pub fn record_of_scenario(scenario: &Scenario) -> Result<Record, Error> {
    if !scenario.spec().task.has_dataset() {
        let mut simulation = Registry::new().simulation(scenario)?;
        simulation.run(&mut ())?;
        return record_of_trace(simulation.trace());
    }
    let mut simulation = scenario.simulation()?;
    let mut codes: Vec<DMatrix<f64>> = Vec::new();
    simulation.run(&mut |moment: &Moment<'_, Training>| {
        codes.extend(moment.system.sampled_hidden().cloned());
        Ok(ControlFlow::Continue(()))
    })?;
    record(simulation.trace(), &codes)
}

/// The record of a trace, with the correlation of every code (samples × units, one a sample of the
/// trace, or none) with the last.
fn record(trace: &Trace, codes: &[DMatrix<f64>]) -> Result<Record, Error> {
    let samples = trace.samples();
    let mut curves: Vec<(Measure, Vec<f64>)> = [
        (Measure::Loss, "log10_normalised_loss"),
        (Measure::ActiveFraction, "active_fraction"),
        (Measure::FractionActiveUnits, "fraction_active_units"),
        (Measure::HessianTrace, "hessian_trace"),
        (Measure::LogPseudoDeterminant, "log_pseudo_determinant"),
        (Measure::SpatialInformation, "mean_spatial_information"),
    ]
    .into_iter()
    .map(|(measure, column)| {
        let values = trace.column(column).map(|value| value.unwrap_or(f64::NAN));
        (measure, values.collect())
    })
    .collect();
    if let Some(last) = codes.last()
        && codes.len() == samples.len()
    {
        let with_last = codes
            .iter()
            .map(|code| Ok(tuning_curve_correlation(code.as_view(), last.as_view())?.mean));
        let with_last: Result<Vec<f64>, Error> = with_last.collect();
        curves.push((Measure::RateMapCorrelation, with_last?));
    }
    Ok(Record::new(trace.steps(), curves)?)
}
