use std::ops::ControlFlow;

use drift_learn::{LearningRule, Loss};
use drift_net::Network;

use super::{Simulation, Subject};
use crate::{Error, Observer, Outcome, Sample, SpectrumSample, measure};

/// Steps between two sorts of the stored units by their activity: often enough to follow drift,
/// seldom enough to cost nothing. A multiple in the run's own steps, so that neither sampling
/// points nor pauses move a bit.
const SORT_EVERY: u64 = 4096;

impl Simulation {
    /// Makes one update and returns the loss before it, on the step's own data. Allocates
    /// nothing; neither measures nor checks anything, which [`run`](Self::run) does.
    pub fn step(&mut self) -> f64 {
        let loss = self.rule.step(
            &mut self.subject,
            &mut self.parameters,
            &mut self.update_noise,
        );
        self.step += 1;
        if self.step.is_multiple_of(SORT_EVERY) {
            self.sort_units();
        }
        loss
    }

    /// Stores units active on the same samples side by side, by the activity of this step.
    fn sort_units(&mut self) {
        let (Subject::Network(problem), Some(sorter)) = (&self.subject, &mut self.sorter) else {
            return;
        };
        sorter.sort(problem.last_pass());
        sorter.apply(&mut self.parameters);
        LearningRule::<Subject>::visit_memory(&mut self.rule, &mut |values| sorter.apply(values));
    }

    /// Runs to the end of the scenario.
    ///
    /// At every step, from `stop.from_step` on, the step's own loss is compared with
    /// `stop.maximum_loss`; where it is above, or NaN at any step, the clean loss decides.
    /// Whether any unit is active is checked at the sampling points.
    ///
    /// # Errors
    /// Where a measure fails. A diverged or dead run is an [`Outcome`].
    pub fn run<O: Observer + ?Sized>(&mut self, observer: &mut O) -> Result<Outcome, Error> {
        let steps = self.scenario.steps();
        Ok(self
            .run_until(steps, observer)?
            .unwrap_or(Outcome::Completed { step: steps }))
    }

    /// Runs until `step` updates are done, measuring at the sampling points up to and including
    /// that step. Returns the outcome if the run ended or an observer stopped it, `None` at a
    /// pause. After a stop it goes on where it was; after an end it stays ended.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_until<O: Observer + ?Sized>(
        &mut self,
        step: u64,
        observer: &mut O,
    ) -> Result<Option<Outcome>, Error> {
        let target = step.min(self.scenario.steps());
        loop {
            if self.outcome.is_some() {
                return Ok(self.outcome);
            }
            // Points that a caller has stepped past are not sampled.
            while self
                .points
                .get(self.next_point)
                .is_some_and(|&at| at < self.step)
            {
                self.next_point += 1;
            }
            if self.points.get(self.next_point) == Some(&self.step)
                && let Some(outcome) = self.take_sample(observer)?
            {
                return Ok(Some(outcome));
            }
            if self.step >= target {
                break;
            }
            let next = self.points.get(self.next_point).copied().unwrap_or(target);
            if let Some(outcome) = self.make_steps(next.min(target), observer) {
                return Ok(Some(outcome));
            }
        }
        if self.step >= self.scenario.steps() {
            self.outcome = Some(Outcome::Completed { step: self.step });
        }
        Ok(self.outcome)
    }

    /// Steps without a sampling point between them.
    fn make_steps<O: Observer + ?Sized>(
        &mut self,
        until: u64,
        observer: &mut O,
    ) -> Option<Outcome> {
        let stop = self.scenario.spec().stop;
        let limit = stop.maximum_loss * self.target_variance;
        while self.step < until {
            let loss = self.step();
            if !(loss <= limit) && (self.step >= stop.from_step || !loss.is_finite()) {
                self.outcome = self.check_loss();
                if self.outcome.is_some() {
                    return self.outcome;
                }
            }
            if observer.step(self.step, loss).is_break() {
                return Some(Outcome::Stopped { step: self.step });
            }
        }
        None
    }

    /// Whether the clean loss ends the run.
    fn check_loss(&mut self) -> Option<Outcome> {
        let normalised_loss = self.subject.loss(&self.parameters) / self.target_variance;
        let (step, stop) = (self.step, self.scenario.spec().stop);
        if !normalised_loss.is_finite() {
            Some(Outcome::NotFinite { step })
        } else if step >= stop.from_step && normalised_loss > stop.maximum_loss {
            Some(Outcome::Diverged {
                step,
                normalised_loss,
            })
        } else {
            None
        }
    }

    fn take_sample<O: Observer + ?Sized>(
        &mut self,
        observer: &mut O,
    ) -> Result<Option<Outcome>, Error> {
        let mut sample = self.measure()?;
        if self.has_spectrum[self.next_point] && sample.loss.is_finite() {
            let (spectrum, eigenvalues) = self.measure_spectrum()?;
            sample.spectrum = Some(spectrum);
            self.eigenvalues = eigenvalues;
        }
        self.next_point += 1;
        self.trace.push(sample);
        self.outcome = self.check_loss();
        let stop = &self.scenario.spec().stop;
        if self.outcome.is_none() && stop.all_units_inactive && sample.active_fraction == Some(0.0)
        {
            self.outcome = Some(Outcome::AllUnitsInactive { step: self.step });
        }
        let stopped = observer.sample(&sample, self) == ControlFlow::Break(());
        Ok(match self.outcome {
            None if stopped => Some(Outcome::Stopped { step: self.step }),
            outcome => outcome,
        })
    }

    /// The measures of this moment, without the spectrum. Nothing is recorded.
    ///
    /// # Errors
    /// What drift-metrics refuses.
    pub fn measure(&mut self) -> Result<Sample, Error> {
        match &mut self.subject {
            Subject::Network(problem) => measure::network_sample(
                problem,
                self.mapping.as_ref(),
                &self.parameters,
                self.target_variance,
                self.step,
            ),
            Subject::Valley(_) => Ok(measure::valley_sample(&self.parameters, self.step)),
        }
    }

    /// The Hessian's spectrum at this moment, as the scenario asks for it: its measures, and the
    /// eigenvalues, ascending (none where only the trace was asked for). Nothing is recorded.
    ///
    /// # Errors
    /// What drift-net refuses.
    pub fn measure_spectrum(&self) -> Result<(SpectrumSample, Vec<f64>), Error> {
        let spec = &self.scenario.spec().spectrum;
        match (&self.subject, &self.dataset) {
            (Subject::Network(problem), Some(dataset)) => {
                let network = Network::from_parameters(problem.shape(), self.parameters())?
                    .with_activation(problem.activation())?;
                measure::network_spectrum(&network, dataset, spec)
            }
            _ => measure::valley_spectrum(&self.parameters, spec),
        }
    }
}
