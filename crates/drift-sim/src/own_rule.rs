//! A learning rule of one's own in a training: its state, and whether it adds noise where it should.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drift_engine::Error;
use drift_learn::{
    AnyNoise, Loss, LossGradient, Noise, NoiseSource, OwnRule, UpdateNoise, UpdatePlace,
};
use serde::{Deserialize, Serialize};

use crate::check::{in_range, same_size};

/// What a rule of one's own shows of itself.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct OwnRuleState {
    memory: Vec<Vec<f64>>,
    numbers: Vec<f64>,
    sources: Vec<NoiseSource>,
}

impl OwnRuleState {
    pub(crate) fn of(rule: &dyn OwnRule) -> Self {
        // A copy is visited, for visits may change what they are shown.
        let mut rule = rule.copy();
        let mut state = Self::default();
        rule.visit_memory(&mut |values| state.memory.push(values.to_vec()));
        rule.visit_numbers(&mut |number| state.numbers.push(*number));
        rule.visit_sources(&mut |source| state.sources.push(source.clone()));
        state
    }

    /// Refuses memory that has not an entry a parameter, unless it is still empty: it could not be
    /// stored in another order of the parameters.
    pub(crate) fn check(&self, parameters: usize) -> Result<(), crate::Error> {
        let mut lengths = self
            .memory
            .iter()
            .map(Vec::len)
            .filter(|&length| length > 0);
        let field = "entries of a vector in the rule's memory";
        lengths.try_for_each(|length| same_size(field, length, parameters))
    }

    /// A copy of `rule` in this state.
    pub(crate) fn restored(self, rule: &dyn OwnRule) -> Result<Box<dyn OwnRule>, Error> {
        let now = Self::of(rule);
        let lengths = |state: &Self| -> Vec<usize> { state.memory.iter().map(Vec::len).collect() };
        let (found, expected) = (lengths(&self), lengths(&now));
        in_range(
            "memory of the state's rule",
            format!("vectors of {found:?} numbers"),
            found == expected,
            format!("vectors of {expected:?}"),
        )?;
        let (found, expected) = (self.numbers.len(), now.numbers.len());
        same_size("numbers of the state's rule", found, expected)?;
        let (found, expected) = (self.sources.len(), now.sources.len());
        same_size("sources of the state's rule", found, expected)?;
        let mut rule = rule.copy();
        let mut memory = self.memory.iter();
        rule.visit_memory(&mut |values| {
            if let Some(kept) = memory.next() {
                values.copy_from_slice(kept);
            }
        });
        let mut numbers = self.numbers.into_iter();
        rule.visit_numbers(&mut |number| *number = numbers.next().unwrap_or(*number));
        let mut sources = self.sources.into_iter();
        rule.visit_sources(&mut |source| {
            if let Some(kept) = sources.next() {
                *source = kept;
            }
        });
        Ok(rule)
    }
}

/// Whether a step of a rule, on a flat loss, adds update noise at a place.
pub(crate) fn adds_noise(
    rule: &dyn OwnRule,
    parameters: &[f64],
    place: UpdatePlace,
    source: &NoiseSource,
) -> bool {
    let probe = Probe::default();
    let mut noise = UpdateNoise::new(AnyNoise::own(probe.clone()), place, source.clone());
    let mut problem = Flat(parameters.len());
    rule.copy()
        .step(&mut problem, &mut parameters.to_vec(), &mut noise);
    probe.0.load(Ordering::Relaxed)
}

/// Noise that tells whether it was asked for.
#[derive(Debug, Clone, Default)]
struct Probe(Arc<AtomicBool>);

impl Noise for Probe {
    fn add_to(&self, _values: &mut [f64], _source: &mut NoiseSource) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn variance(&self) -> f64 {
        0.0
    }
}

/// A loss of so many parameters that is 0 everywhere.
struct Flat(usize);

impl Loss for Flat {
    fn dimension(&self) -> usize {
        self.0
    }

    fn loss(&mut self, _parameters: &[f64]) -> f64 {
        0.0
    }
}

impl LossGradient for Flat {
    fn loss_gradient(&mut self, _parameters: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        0.0
    }
}
