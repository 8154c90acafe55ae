use std::ops::ControlFlow;

use drift_env::Dataset;
use drift_learn::{
    AnyRule, LearningRule, Loss, LossGradient, Stream, Streams, UpdateNoise, Valley,
};
use drift_net::{Network, Shape, UnitSorter};

use crate::checkpoint::Checkpoint;
use crate::scenario::{Scenario, TaskSpec};
use crate::{Error, Mapping, NetworkProblem, Observer, Outcome, Sample, SpectrumSample, Trace};
use crate::{assemble, measure};

/// Steps between two sorts of the stored units by their activity: often enough to follow drift,
/// seldom enough to cost nothing. A multiple in the run's own steps, so that neither sampling
/// points nor pauses move a bit.
const SORT_EVERY: u64 = 4096;

/// What is being learned.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    Network(Box<NetworkProblem>),
    Valley(Valley),
}

impl Loss for Subject {
    fn dimension(&self) -> usize {
        match self {
            Subject::Network(problem) => problem.dimension(),
            Subject::Valley(valley) => valley.dimension(),
        }
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        match self {
            Subject::Network(problem) => problem.loss(parameters),
            Subject::Valley(valley) => valley.loss(parameters),
        }
    }

    fn step_loss(&mut self, parameters: &[f64]) -> f64 {
        match self {
            Subject::Network(problem) => problem.step_loss(parameters),
            Subject::Valley(valley) => valley.step_loss(parameters),
        }
    }
}

impl LossGradient for Subject {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        match self {
            Subject::Network(problem) => problem.loss_gradient(parameters, gradient),
            Subject::Valley(valley) => valley.loss_gradient(parameters, gradient),
        }
    }
}

/// A scenario being run, in memory.
///
/// It steps, measures itself at the scenario's sampling points, pauses, and can be saved and
/// resumed bit for bit. [`Run`](crate::Run) adds the directory that survives a kill.
///
/// ```
/// use drift_sim::{Simulation, presets};
///
/// let mut unchecked = presets::preset("random-sgd-update")?.into_unchecked();
/// unchecked.set("steps=2000")?;
/// let mut simulation = Simulation::new(&unchecked.try_into()?)?;
/// simulation.run_until(1000, &mut ())?; // a pause
/// let outcome = simulation.run(&mut ())?;
/// assert_eq!(outcome.to_string(), "completed 2000 steps");
/// assert_eq!(simulation.trace().samples().len(), 101);
/// # Ok::<(), drift_sim::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Simulation {
    scenario: Scenario,
    dataset: Option<Dataset>,
    subject: Subject,
    mapping: Option<Mapping>,
    rule: AnyRule,
    update_noise: UpdateNoise,
    /// Stored in the order of `sorter`, so that silent units cost little.
    parameters: Vec<f64>,
    sorter: Option<UnitSorter>,
    step: u64,
    points: Vec<u64>,
    has_spectrum: Vec<bool>,
    next_point: usize,
    trace: Trace,
    eigenvalues: Vec<f64>,
    /// What the normalised loss is divided by; 1 in the valley.
    target_variance: f64,
    outcome: Option<Outcome>,
}

impl Simulation {
    /// Builds the data set, the network, the rule and the noises of a scenario.
    ///
    /// # Errors
    /// What the task, the network or a file refuses.
    pub fn new(scenario: &Scenario) -> Result<Self, Error> {
        match scenario.spec().task {
            TaskSpec::Valley(start) => Self::build(
                scenario,
                None,
                Subject::Valley(Valley),
                vec![start.x, start.y],
            ),
            _ => Self::with_dataset(scenario, assemble::dataset(scenario)?),
        }
    }

    /// As [`new`](Self::new) on a data set of the caller's instead of the scenario's task.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for targets without variance or a scenario of the valley, and what
    /// the network or a file refuses.
    pub fn with_dataset(scenario: &Scenario, dataset: Dataset) -> Result<Self, Error> {
        let spec = scenario.spec();
        let shape = Shape::new(
            dataset.inputs().ncols(),
            spec.network.hidden,
            dataset.targets().ncols(),
        )?;
        let network = match &spec.network.initial {
            Some(path) => assemble::initial_network(path, shape)?,
            None => Network::initialize(
                shape,
                spec.network.regime,
                &mut Streams::new(scenario.seed()).named(Stream::Init),
            ),
        };
        Self::with_network(scenario, dataset, network)
    }

    /// As [`with_dataset`](Self::with_dataset), from a network of the caller's.
    ///
    /// # Errors
    /// As [`with_dataset`](Self::with_dataset); [`Error::ShapeMismatch`] where data and network
    /// do not fit.
    pub fn with_network(
        scenario: &Scenario,
        dataset: Dataset,
        network: Network,
    ) -> Result<Self, Error> {
        let spec = scenario.spec();
        if matches!(spec.task, TaskSpec::Valley(_)) {
            return Err(Error::range("task", "valley", "a task with a data set"));
        }
        let problem = NetworkProblem::new(
            &dataset,
            network.shape(),
            assemble::noise(spec.noise.input)?,
            assemble::noise(spec.noise.label)?,
            &Streams::new(scenario.seed()),
        )?;
        let subject = Subject::Network(Box::new(problem));
        Self::build(scenario, Some(dataset), subject, network.into_parameters())
    }

    fn build(
        scenario: &Scenario,
        dataset: Option<Dataset>,
        subject: Subject,
        parameters: Vec<f64>,
    ) -> Result<Self, Error> {
        let spec = scenario.spec();
        let streams = Streams::new(scenario.seed());
        let (target_variance, shape) = match &subject {
            Subject::Network(problem) => {
                (problem.samples().target_variance(), Some(problem.shape()))
            }
            Subject::Valley(_) => (1.0, None),
        };
        if !(target_variance > 0.0) {
            return Err(Error::range(
                "variance of the targets",
                target_variance,
                "a number > 0: the normalised loss divides by it",
            ));
        }
        let mapping = match &dataset {
            Some(dataset) => Mapping::new(dataset, spec.measures)?,
            None => None,
        };
        let update = spec.noise.update;
        let update_noise = match assemble::noise(update.distribution)? {
            drift_learn::AnyNoise::None => UpdateNoise::none(),
            noise => UpdateNoise::new(
                noise,
                update.place,
                streams.noise_source(Stream::UpdateNoise),
            ),
        };
        let sorter = match &subject {
            Subject::Network(problem) => {
                Some(UnitSorter::new(problem.shape(), problem.samples().len())?)
            }
            Subject::Valley(_) => None,
        };
        let points = scenario.sampling_points();
        let has_spectrum = if spec.spectrum.samples > 0 {
            spec.spectrum.selection(&points)
        } else {
            vec![false; points.len()]
        };
        Ok(Self {
            rule: assemble::rule(&spec.rule, parameters.len(), shape, &streams)?,
            trace: Trace::new(spec.spectrum.samples > 0),
            eigenvalues: Vec::new(),
            scenario: scenario.clone(),
            dataset,
            subject,
            mapping,
            update_noise,
            parameters,
            sorter,
            step: 0,
            points,
            has_spectrum,
            next_point: 0,
            target_variance,
            outcome: None,
        })
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The data set; `None` in the valley.
    #[must_use]
    pub fn dataset(&self) -> Option<&Dataset> {
        self.dataset.as_ref()
    }

    /// The sizes of the network; `None` in the valley.
    #[must_use]
    pub fn shape(&self) -> Option<Shape> {
        match &self.subject {
            Subject::Network(problem) => Some(problem.shape()),
            Subject::Valley(_) => None,
        }
    }

    /// The network as it is now; `None` in the valley and where a parameter is not finite.
    #[must_use]
    pub fn network(&self) -> Option<Network> {
        Network::from_parameters(self.shape()?, self.parameters()).ok()
    }

    /// Hidden activity on the clean data (samples × units); `None` in the valley.
    #[must_use]
    pub fn hidden(&mut self) -> Option<nalgebra::DMatrix<f64>> {
        let (Subject::Network(problem), Some(sorter)) = (&mut self.subject, &self.sorter) else {
            return None;
        };
        let stored = problem.forward(&self.parameters).hidden();
        let mut hidden = stored.clone();
        for (place, &unit) in sorter.order().units().iter().enumerate() {
            hidden.set_column(unit, &stored.column(place));
        }
        Some(hidden)
    }

    /// How activity becomes rate maps; `None` for tasks without positions.
    #[must_use]
    pub fn mapping(&self) -> Option<&Mapping> {
        self.mapping.as_ref()
    }

    /// A copy of the flat parameters, in [`Network`]'s order; the point (x, y) in the valley.
    #[must_use]
    pub fn parameters(&self) -> Vec<f64> {
        let mut parameters = self.parameters.clone();
        if let Some(sorter) = &self.sorter {
            sorter.order().restore(&mut parameters);
        }
        parameters
    }

    /// Updates done.
    #[must_use]
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Samples taken so far.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Eigenvalues of the Hessian, ascending, at the last sampling point that had a spectrum;
    /// empty before the first and where only the trace is asked for.
    #[must_use]
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// How the run ended, if it has.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

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
    /// At every step the step's own loss is compared with `stop.maximum_loss`; where it is above
    /// or NaN the clean loss decides. Whether any unit is active is checked at the sampling
    /// points.
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
        let limit = self.scenario.spec().stop.maximum_loss * self.target_variance;
        while self.step < until {
            let loss = self.step();
            if !(loss <= limit) {
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
        let step = self.step;
        if !normalised_loss.is_finite() {
            Some(Outcome::NotFinite { step })
        } else if normalised_loss > self.scenario.spec().stop.maximum_loss {
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
                let network = Network::from_parameters(problem.shape(), self.parameters())?;
                measure::network_spectrum(&network, dataset, spec)
            }
            _ => measure::valley_spectrum(&self.parameters, spec),
        }
    }

    /// Everything that the steps to come depend on.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            scenario: self.scenario.to_toml(),
            step: self.step,
            samples: self.trace.samples().len(),
            next_point: self.next_point,
            parameters: self.parameters.clone(),
            order: self.sorter.as_ref().map(|sorter| sorter.order().clone()),
            rule: self.rule.clone(),
            update_noise: self.update_noise.clone(),
            data_noise: match &self.subject {
                Subject::Network(problem) => Some(problem.noise().clone()),
                Subject::Valley(_) => None,
            },
            outcome: self.outcome,
        }
    }

    /// Goes to where a checkpoint of the same scenario was taken. `trace` holds at least the
    /// samples taken until then; later ones are dropped.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a checkpoint of another scenario or a trace that is too short.
    pub fn restore(&mut self, checkpoint: Checkpoint, mut trace: Trace) -> Result<(), Error> {
        if checkpoint.scenario != self.scenario.to_toml() {
            return Err(Error::range(
                "checkpoint",
                "of another scenario",
                "one of this scenario",
            ));
        }
        let fits = match (&mut self.subject, checkpoint.data_noise) {
            (Subject::Network(problem), Some(noise)) => {
                problem.restore_noise(noise);
                true
            }
            (Subject::Valley(_), None) => true,
            _ => false,
        };
        if !fits || checkpoint.parameters.len() != self.parameters.len() {
            return Err(Error::ShapeMismatch {
                field: "parameters of the checkpoint".to_owned(),
                found: checkpoint.parameters.len(),
                expected: self.parameters.len(),
            });
        }
        if trace.samples().len() < checkpoint.samples {
            return Err(Error::range(
                "samples of the trace",
                trace.samples().len(),
                format!("at least the checkpoint's {}", checkpoint.samples),
            ));
        }
        if let (Some(sorter), Some(order)) = (&mut self.sorter, checkpoint.order) {
            sorter.set_order(order)?;
        }
        trace.truncate(checkpoint.samples);
        self.trace = trace;
        self.step = checkpoint.step;
        self.next_point = checkpoint.next_point;
        self.parameters = checkpoint.parameters;
        self.rule = checkpoint.rule;
        self.update_noise = checkpoint.update_noise;
        self.outcome = checkpoint.outcome;
        Ok(())
    }
}
