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
use drift_net::Network;
use nalgebra::{DMatrix, DMatrixView};

pub use drift_infer::{
    Classification, DriftRule, FEATURES, FEWEST_SAMPLES, Known, Measure, MeasureSet, Model,
    PERCENTILES, Record, Scale, Unit, features, softmax, standardised,
};

use crate::mapping::Mapping;
use crate::scenario::{NoiseSpec, RuleSpec, UncheckedScenario};
use crate::spectrum;
use crate::{Error, Registry, RunRecord, Scenario, Trace, Training};

/// The measures of a trace, by the names of its columns.
const TRACED: [Measure; 6] = [
    Measure::Loss,
    Measure::ActiveFraction,
    Measure::FractionActiveUnits,
    Measure::HessianTrace,
    Measure::LogPseudoDeterminant,
    Measure::SpatialInformation,
];

/// The class of a scenario; `None` for gradient descent with two noises at once, and for any rule
/// with noisy inputs, proportional noise, batches or weight decay, or with noise on activity or
/// dropout beside another rule than gradient descent.
#[must_use]
pub fn rule_of(scenario: &UncheckedScenario) -> Option<DriftRule> {
    let noisy = |noise: &NoiseSpec| noise.scale() > 0.0;
    let noise = &scenario.noise;
    let is_known = !noisy(&noise.input) && !noisy(&noise.weight.distribution);
    if !is_known || scenario.batch.is_some() || scenario.decay.is_some() {
        return None;
    }
    let activity = &noise.activity;
    let noises = [
        (noisy(&noise.update.distribution), DriftRule::UpdateNoise),
        (noisy(&noise.label), DriftRule::LabelNoise),
        (
            !activity.before.is_none() || !activity.after.is_none(),
            DriftRule::ActivityNoise,
        ),
        (!noise.dropout.probability.is_none(), DriftRule::Dropout),
    ];
    let noises: Vec<DriftRule> = noises
        .into_iter()
        .filter_map(|(is_there, rule)| is_there.then_some(rule))
        .collect();
    let hidden = [DriftRule::ActivityNoise, DriftRule::Dropout];
    let rule = match &scenario.rule {
        RuleSpec::Adam(_) => DriftRule::Adam,
        RuleSpec::RmsProp(_) => DriftRule::RmsProp,
        RuleSpec::Sed(_) => DriftRule::Sed,
        RuleSpec::Sgd(_) => {
            return match noises[..] {
                [] => Some(DriftRule::NoiseFree),
                [only] => Some(only),
                _ => None,
            };
        }
        RuleSpec::Own(_) => return None,
    };
    (!noises.iter().any(|noise| hidden.contains(noise))).then_some(rule)
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

/// The measures of a scenario's network with the flat parameters of `snapshots` (times × p) at
/// `steps` (times, in updates), as the trace of a run has them, spectra at as many of the times as the
/// scenario says: what the snapshots of a sweep tell. The data set is made anew.
///
/// # Errors
/// [`Error::Infer`] for fewer than [`FEWEST_SAMPLES`] times or another number of snapshots;
/// [`Error::Net`] for parameters of another network than the scenario's; what the task refuses.
pub fn record_of_snapshots(
    scenario: &Scenario,
    steps: &[u64],
    snapshots: &DMatrix<f64>,
) -> Result<Record, Error> {
    let spec = scenario.spec();
    let data = Registry::new().dataset(scenario)?;
    let inputs: DMatrixView<'_, f64> = data.inputs().as_view();
    let targets: DMatrixView<'_, f64> = data.targets().as_view();
    let shape = drift_net::Shape::new(inputs.ncols(), spec.network.hidden, targets.ncols())?;
    let activation = spec.network.activation;
    let mapping = Mapping::new(&data, spec.measures.clone())?;
    let mapping = mapping.map(|mapping| mapping.with_activation(activation));
    let mut measured = TRACED.map(|measure| (measure, Vec::new()));
    let mut codes = Vec::new();
    let has_spectrum = spec.spectrum.selection(steps);
    for (row, has_spectrum) in snapshots.row_iter().zip(has_spectrum) {
        let parameters = row.iter().copied().collect();
        let network = Network::from_parameters(shape, parameters)?.with_activation(activation)?;
        let code = network.forward(inputs)?.0;
        let is_active = |value: &&f64| activation.is_active(**value);
        let share = |count: usize, of: usize| count as f64 / of as f64;
        let units = code
            .column_iter()
            .filter(|unit| unit.iter().any(|value| is_active(&value)));
        let spectrum = match has_spectrum {
            true => Some(spectrum::of_network(&network, &data, &spec.spectrum)?.0),
            false => None,
        };
        let information = match &mapping {
            Some(mapping) => mapping.information(&code)?.0,
            None => None,
        };
        let values = [
            Some(network.normalised_loss(inputs, targets)?.log10()),
            Some(share(code.iter().filter(is_active).count(), code.len())),
            Some(share(units.count(), code.ncols())),
            spectrum.map(|spectrum| spectrum.trace),
            spectrum.and_then(|spectrum| spectrum.log_pseudo_determinant),
            information,
        ];
        for ((_, curve), value) in measured.iter_mut().zip(values) {
            curve.push(value.unwrap_or(f64::NAN));
        }
        codes.push(code);
    }
    let times = steps.iter().map(|&step| step as f64).collect();
    with_correlation(times, measured.into(), &codes)
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
    let curves = TRACED.map(|measure| {
        let values = trace.column(measure.column());
        let values = values.map(|value| value.unwrap_or(f64::NAN));
        (measure, values.collect())
    });
    with_correlation(trace.steps(), curves.into(), codes)
}

/// The record of curves and, where there is a code at every time, of its correlation with the last.
fn with_correlation(
    times: Vec<f64>,
    mut curves: Vec<(Measure, Vec<f64>)>,
    codes: &[DMatrix<f64>],
) -> Result<Record, Error> {
    if let Some(last) = codes.last()
        && codes.len() == times.len()
    {
        let with_last = codes
            .iter()
            .map(|code| Ok(tuning_curve_correlation(code.as_view(), last.as_view())?.mean));
        let with_last: Result<Vec<f64>, Error> = with_last.collect();
        curves.push((Measure::RateMapCorrelation, with_last?));
    }
    Ok(Record::new(times, curves)?)
}
