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

use drift_metrics::population::tuning_curve_correlation;
use drift_net::{Network, Shape};
use nalgebra::DMatrix;

pub use drift_infer::{
    Classification, DriftRule, FEATURES, FEWEST_SAMPLES, FINE_SAMPLES, Measure, MeasureSet, Model,
    Record, Scale, SetModel, features, softmax, standardised,
};

use crate::scenario::{NoiseSpec, RuleSpec, UncheckedScenario};
use crate::{Error, RunRecord, Sample, Scenario, Simulation, Trace};

/// The class of a scenario; `None` for gradient descent without noise, with both noises, or with
/// noisy inputs.
#[must_use]
pub fn rule_of(scenario: &UncheckedScenario) -> Option<DriftRule> {
    let noisy = |noise: NoiseSpec| noise.scale() > 0.0;
    let noise = &scenario.noise;
    match scenario.rule {
        RuleSpec::Adam(_) => Some(DriftRule::Adam),
        RuleSpec::RmsProp(_) => Some(DriftRule::RmsProp),
        RuleSpec::Sed(_) => Some(DriftRule::Sed),
        RuleSpec::Sgd(_) if noisy(noise.input) => None,
        RuleSpec::Sgd(_) => match (noisy(noise.update.distribution), noisy(noise.label)) {
            (true, false) => Some(DriftRule::UpdateNoise),
            (false, true) => Some(DriftRule::LabelNoise),
            _ => None,
        },
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
    // A run that ended because it was no longer finite has no code at its end.
    let finite = run.snapshots.iter().all(|value| value.is_finite());
    let Some(data) = run.dataset.as_ref().filter(|_| finite) else {
        return record_of_trace(&run.trace);
    };
    let spec = &run.scenario.spec().network;
    let (inputs, targets) = (data.inputs(), data.targets());
    let shape = Shape::new(inputs.ncols(), spec.hidden, targets.ncols())?;
    // A killed run may have a snapshot whose row was not written.
    let taken = run.trace.samples().len().min(run.snapshots.nrows());
    let mut codes = Vec::with_capacity(taken);
    for snapshot in run.snapshots.row_iter().take(taken) {
        let parameters = snapshot.iter().copied().collect();
        let network =
            Network::from_parameters(shape, parameters)?.with_activation(spec.activation)?;
        codes.push(network.forward(inputs.as_view())?.0);
    }
    record(&run.trace, &codes)
}

/// Runs a scenario and records every measure that it has, the rate-map correlation with every
/// sample of the data set as a place of its own.
///
/// # Errors
/// Those of [`Simulation`]; [`Error::Infer`] for a run with fewer than [`FEWEST_SAMPLES`] samples.
pub fn record_of_scenario(scenario: &Scenario) -> Result<Record, Error> {
    let mut simulation = Simulation::new(scenario)?;
    let mut codes: Vec<DMatrix<f64>> = Vec::new();
    let mut failed = None;
    let mut keep = |_: &Sample, simulation: &Simulation| {
        if let (Some(network), Some(data)) = (simulation.network(), simulation.dataset()) {
            match network.forward(data.inputs().as_view()) {
                Ok((hidden, _)) => codes.push(hidden),
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    };
    simulation.run(&mut keep)?;
    match failed {
        Some(error) => Err(error.into()),
        None => record(simulation.trace(), &codes),
    }
}

/// The record of a trace, with the correlation of every code (samples × units, one a sample of the
/// trace, or none) with the last.
fn record(trace: &Trace, codes: &[DMatrix<f64>]) -> Result<Record, Error> {
    let samples = trace.samples();
    let curve = |of: fn(&Sample) -> Option<f64>| -> Vec<f64> {
        samples
            .iter()
            .map(|sample| of(sample).unwrap_or(f64::NAN))
            .collect()
    };
    let mut curves = vec![
        (
            Measure::Loss,
            curve(|sample| Some(sample.log10_normalised_loss)),
        ),
        (
            Measure::ActiveFraction,
            curve(|sample| sample.active_fraction),
        ),
        (
            Measure::FractionActiveUnits,
            curve(|sample| sample.fraction_active_units),
        ),
        (
            Measure::HessianTrace,
            curve(|sample| Some(sample.spectrum?.trace)),
        ),
        (
            Measure::LogPseudoDeterminant,
            curve(|sample| sample.spectrum?.log_pseudo_determinant),
        ),
        (
            Measure::SpatialInformation,
            curve(|sample| sample.mean_spatial_information),
        ),
    ];
    if let Some(last) = codes.last()
        && codes.len() == samples.len()
    {
        let with_last = codes
            .iter()
            .map(|code| Ok(tuning_curve_correlation(code.as_view(), last.as_view())?.mean));
        let with_last: Result<Vec<f64>, Error> = with_last.collect();
        curves.push((Measure::RateMapCorrelation, with_last?));
    }
    let times = samples.iter().map(|sample| sample.step as f64).collect();
    Ok(Record::new(times, curves)?)
}
