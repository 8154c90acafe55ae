use std::ops::ControlFlow;

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::model::Model;
use super::{Sample, Settings};
use crate::{Error, Outcome};

/// Watches a run of similarity matching. Both methods do nothing unless written; it is yours to
/// implement, and methods added later will have defaults.
pub trait Observer {
    /// After a step: how many are done.
    fn step(&mut self, step: u64) -> ControlFlow<()> {
        let _ = step;
        ControlFlow::Continue(())
    }

    /// At a record, with the responses that were measured (inputs × units).
    fn sample(&mut self, sample: &Sample, responses: &DMatrix<f64>) -> ControlFlow<()> {
        let _ = (sample, responses);
        ControlFlow::Continue(())
    }
}

/// Watches nothing.
impl Observer for () {}

/// A run of similarity matching, in memory. [`Run`](super::Run) adds the directory that survives
/// a kill.
///
/// Recording draws no random number, so it changes no other value.
#[derive(Debug, Clone)]
pub struct Simulation {
    settings: Settings,
    model: Model,
    points: Vec<u64>,
    samples: Vec<Sample>,
}

/// Everything that the steps to come depend on. Samples are taken at all points in order, so
/// their number says which is next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    settings: String,
    pub(super) samples: usize,
    model: Model,
}

impl Simulation {
    /// The network before its first step.
    ///
    /// # Errors
    /// None for settings that fit into memory: they are checked.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        Ok(Self {
            model: Model::new(settings)?,
            points: settings.recording_points(),
            settings: settings.clone(),
            samples: Vec::new(),
        })
    }

    /// What is run.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Steps done.
    #[must_use]
    pub fn steps_done(&self) -> u64 {
        self.model.steps()
    }

    /// The samples taken, in order of steps.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Responses to the recorded inputs (inputs × units), each from silence, as the network is
    /// now. The linear network's inputs are a one to each channel.
    ///
    /// # Errors
    /// None that a run could meet.
    pub fn responses(&self) -> Result<DMatrix<f64>, Error> {
        self.model.responses()
    }

    /// Recorded inputs and units.
    #[must_use]
    pub fn responses_shape(&self) -> (usize, usize) {
        self.model.shape()
    }

    /// Runs to the end, or until the observer stops it; it can then go on. A run that has ended
    /// gives its outcome again. A loss that is not finite ends it.
    ///
    /// # Errors
    /// None that a run could meet.
    pub fn run<O: Observer + ?Sized>(&mut self, observer: &mut O) -> Result<Outcome, Error> {
        loop {
            if let Some(outcome) = self.outcome() {
                return Ok(outcome);
            }
            let step = self.steps_done();
            if self.points.get(self.samples.len()) == Some(&step) {
                let responses = self.model.responses()?;
                let sample = self.model.sample(&responses)?;
                self.samples.push(sample);
                let stopped = observer.sample(&sample, &responses).is_break();
                if stopped && self.outcome().is_none() {
                    return Ok(Outcome::Stopped { step });
                }
                continue;
            }
            self.model.step()?;
            if observer.step(step + 1).is_break() {
                return Ok(Outcome::Stopped { step: step + 1 });
            }
        }
    }

    /// How the run ended, which its last sample shows.
    fn outcome(&self) -> Option<Outcome> {
        let Sample { step, loss, .. } = *self.samples.last()?;
        if !loss.is_finite() {
            return Some(Outcome::NotFinite { step });
        }
        (step >= self.settings.spec().steps).then_some(Outcome::Completed { step })
    }

    /// The state, where it can be stored: not with a synapse that is NaN or infinite.
    pub(super) fn state(&self) -> Option<State> {
        self.model.is_finite().then(|| State {
            settings: self.settings.to_toml(),
            samples: self.samples.len(),
            model: self.model.clone(),
        })
    }

    /// Goes to where a state of the same settings was taken; `samples` are at least those taken
    /// until then.
    pub(super) fn restore(&mut self, state: State, mut samples: Vec<Sample>) -> Result<(), Error> {
        if state.settings != self.settings.to_toml() {
            return Err(Error::range(
                "checkpoint",
                "of other settings",
                "one of these settings",
            ));
        }
        if samples.len() < state.samples {
            return Err(Error::range(
                "samples of the trace",
                samples.len(),
                format!("at least the checkpoint's {}", state.samples),
            ));
        }
        samples.truncate(state.samples);
        self.samples = samples;
        self.model = state.model;
        Ok(())
    }

    /// Takes over the samples of a run that has ended.
    pub(super) fn end(&mut self, samples: Vec<Sample>) {
        self.samples = samples;
    }
}
