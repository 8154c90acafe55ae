//! A learning rule of one's own in a training: its state, and whether it adds noise where it should.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drift_engine::Error;
use drift_learn::{
    AnyNoise, Loss, LossGradient, Noise, NoiseSource, OwnRule, UpdateNoise, UpdatePlace,
};
use serde::{Deserialize, Serialize};

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

    /// A copy of `rule` in this state.
    pub(crate) fn restored(self, rule: &dyn OwnRule) -> Result<Box<dyn OwnRule>, Error> {
        let now = Self::of(rule);
        let lengths = |state: &Self| -> Vec<usize> { state.memory.iter().map(Vec::len).collect() };
        if lengths(&self) != lengths(&now) {
            let found = format!("vectors of {:?} numbers", lengths(&self));
            let expected = format!("vectors of {:?}", lengths(&now));
            return Err(crate::Error::range("memory of the state's rule", found, expected).into());
        }
        let (found, expected) = (self.numbers.len(), now.numbers.len());
        length("numbers of the state's rule", found, expected)?;
        let (found, expected) = (self.sources.len(), now.sources.len());
        length("sources of the state's rule", found, expected)?;
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

/// Refuses a part of a state that has not as many entries as here.
pub(crate) fn length(field: &str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::from(crate::Error::ShapeMismatch {
        field: field.to_owned(),
        found,
        expected,
    }))
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
