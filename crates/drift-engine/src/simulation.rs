use serde::{Deserialize, Serialize};

use crate::{
    CheckpointEvery, Error, Fingerprint, Moment, Observer, Outcome, Sampling, System, Trace,
};

/// How long a run is, when it is measured and how often it is saved.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    steps: u64,
    points: Vec<u64>,
    checkpoint: CheckpointEvery,
}

/// Beyond this a step counter could not be told from its neighbours as f64.
pub const MOST_STEPS: u64 = 1_000_000_000_000_000;

impl Plan {
    /// A run of `steps` (1 to 10¹⁵), measured at the points of `sampling` and saved every 30 s.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn new(steps: u64, sampling: Sampling) -> Result<Self, Error> {
        let known = (1..=MOST_STEPS).contains(&steps);
        Error::unless(known, "steps", steps, format!("1 to {MOST_STEPS}"))?;
        sampling.check(steps)?;
        Ok(Self {
            steps,
            points: sampling.points(steps),
            checkpoint: CheckpointEvery::default(),
        })
    }

    /// The same, saved as often as this says.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn with_checkpoint(self, checkpoint: CheckpointEvery) -> Result<Self, Error> {
        checkpoint.check()?;
        Ok(Self { checkpoint, ..self })
    }

    /// Steps.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The steps after which the run is measured, strictly increasing.
    #[must_use]
    pub fn points(&self) -> &[u64] {
        &self.points
    }

    /// How often the run is saved.
    #[must_use]
    pub fn checkpoint(&self) -> CheckpointEvery {
        self.checkpoint
    }
}

/// A system being run, in memory.
///
/// It steps, takes samples where its plan says, pauses, and can be saved and resumed bit for bit.
/// [`Run`](crate::Run) adds the directory that survives a kill.
#[derive(Debug, Clone)]
pub struct Simulation<S> {
    system: S,
    fingerprint: Fingerprint,
    plan: Plan,
    step: u64,
    next_point: usize,
    trace: Trace,
    outcome: Option<Outcome>,
}

/// Everything that the steps to come depend on, and where in its plan a run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) step: u64,
    pub(crate) samples: usize,
    pub(crate) next_point: usize,
    pub(crate) outcome: Option<Outcome>,
    /// Vectors recorded in each series, where the run is in a directory.
    pub(crate) records: Vec<u64>,
    pub(crate) system: Vec<u8>,
}

impl Checkpoint {
    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Samples taken.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples
    }
}

impl<S: System> Simulation<S> {
    /// A system before its first step.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for columns that a trace refuses.
    pub fn new(system: S, plan: Plan) -> Result<Self, Error> {
        Ok(Self {
            trace: Trace::new(system.columns())?,
            fingerprint: system.fingerprint(),
            system,
            plan,
            step: 0,
            next_point: 0,
            outcome: None,
        })
    }

    /// The system, at the last step made.
    #[must_use]
    pub fn system(&self) -> &S {
        &self.system
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Steps done.
    #[must_use]
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Samples taken so far.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How the run ended, if it has.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Makes one step and returns what the system does. Neither measures nor checks anything,
    /// which [`run`](Self::run) does.
    #[inline]
    pub fn step(&mut self) -> f64 {
        self.step += 1;
        self.system.step()
    }

    /// Runs to the last step, or until the system or the observer ends it. A run that an observer
    /// stopped can go on; one that has ended gives its outcome again.
    ///
    /// # Errors
    /// What the system, a measure or the observer says.
    pub fn run<O: Observer<S> + ?Sized>(&mut self, observer: &mut O) -> Result<Outcome, Error> {
        let steps = self.plan.steps;
        let outcome = self.run_until(steps, observer)?;
        Ok(outcome.unwrap_or(Outcome::Completed { step: steps }))
    }

    /// Runs until `step` steps are done, with the samples up to and including that step. Returns
    /// the outcome if the run ended or the observer stopped it, `None` at a pause.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_until<O: Observer<S> + ?Sized>(
        &mut self,
        step: u64,
        observer: &mut O,
    ) -> Result<Option<Outcome>, Error> {
        let target = step.min(self.plan.steps);
        loop {
            if self.outcome.is_some() {
                return Ok(self.outcome.clone());
            }
            // Points that a caller has stepped past are not sampled.
            let later = |&at: &u64| at < self.step;
            while self.plan.points.get(self.next_point).is_some_and(later) {
                self.next_point += 1;
            }
            if self.plan.points.get(self.next_point) == Some(&self.step)
                && let Some(outcome) = self.take_sample(observer)?
            {
                return Ok(Some(outcome));
            }
            if self.step >= target {
                break;
            }
            let next = self.plan.points.get(self.next_point).copied();
            let until = next.unwrap_or(target).min(target);
            if let Some(outcome) = self.make_steps(until, observer)? {
                return Ok(Some(outcome));
            }
        }
        if self.step >= self.plan.steps {
            self.outcome = Some(Outcome::Completed { step: self.step });
        }
        Ok(self.outcome.clone())
    }

    /// Steps without a sampling point between them.
    fn make_steps<O: Observer<S> + ?Sized>(
        &mut self,
        until: u64,
        observer: &mut O,
    ) -> Result<Option<Outcome>, Error> {
        let alarm = self.system.alarm();
        while self.step < until {
            let loss = self.step();
            let step = self.step;
            // NaN is not below anything.
            if !(loss <= alarm)
                && let Some(end) = self.system.check(step, loss)?
            {
                self.outcome = Some(Outcome::Ended { step, end });
                return Ok(self.outcome.clone());
            }
            if observer.step(step, loss).is_break() {
                return Ok(Some(Outcome::Stopped { step }));
            }
        }
        Ok(None)
    }

    fn take_sample<O: Observer<S> + ?Sized>(
        &mut self,
        observer: &mut O,
    ) -> Result<Option<Outcome>, Error> {
        let step = self.step;
        let mut sample = self.trace.blank(step);
        let end = self.system.sample(step, &mut sample)?;
        self.next_point += 1;
        self.outcome = end.map(|end| Outcome::Ended { step, end });
        let flow = observer.sample(&Moment {
            step,
            sample: self.trace.push(sample),
            system: &self.system,
        })?;
        Ok(match &self.outcome {
            None if flow.is_break() => Some(Outcome::Stopped { step }),
            outcome => outcome.clone(),
        })
    }

    /// Everything that the steps to come depend on; `None` where the system's state cannot be
    /// stored.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        Some(Checkpoint {
            fingerprint: self.fingerprint,
            step: self.step,
            samples: self.trace.samples().len(),
            next_point: self.next_point,
            outcome: self.outcome.clone(),
            records: Vec::new(),
            system: self.system.state()?,
        })
    }

    /// Goes to where a checkpoint of the same system was taken. `trace` holds at least the
    /// samples taken until then, in the same columns; later ones are dropped.
    ///
    /// # Errors
    /// [`Error::OtherSystem`] for a checkpoint of other settings or data, [`Error::OutOfRange`]
    /// for a trace of other columns or too few samples, and what the system refuses; the simulation is then
    /// unchanged.
    pub fn restore(&mut self, checkpoint: &Checkpoint, mut trace: Trace) -> Result<(), Error> {
        if checkpoint.fingerprint != self.fingerprint {
            return Err(Error::OtherSystem {
                taken_with: checkpoint.fingerprint.to_string(),
                expected: self.fingerprint.to_string(),
            });
        }
        Error::unless(
            trace.take_columns_of(&self.trace),
            "columns of the trace",
            trace.csv_header().trim_end(),
            self.trace.csv_header().trim_end(),
        )?;
        let (samples, least) = (trace.samples().len(), checkpoint.samples);
        let expected = format!("at least the checkpoint's {least}");
        Error::unless(samples >= least, "samples of the trace", samples, expected)?;
        self.system.restore(&checkpoint.system)?;
        trace.truncate(checkpoint.samples);
        self.trace = trace;
        self.step = checkpoint.step;
        self.next_point = checkpoint.next_point;
        self.outcome = checkpoint.outcome.clone();
        Ok(())
    }

    /// Takes over the samples and the outcome of a run that has ended, whose last state was not
    /// stored.
    pub(crate) fn end(&mut self, trace: Trace, outcome: Outcome) {
        self.trace = trace;
        self.step = outcome.step();
        self.next_point = self.plan.points.len();
        self.outcome = Some(outcome);
    }
}
