use std::borrow::Cow;
use std::path::Path;

use drift_engine::sweep::Summary;
use drift_engine::{Column, End, Error, Fingerprint, Sample, Series, System, Trace, state};
use drift_learn::{
    AnyNoise, AnyRule, LearningRule, LossGradient, NoiseSource, OwnRule, Stream, Streams,
    UpdateNoise, UpdatePlace,
};
use serde::{Deserialize, Serialize};

use crate::check::{in_range, same_size};
use crate::coding_network::CodingNetwork;
use crate::own_rule::{self, OwnRuleState};
use crate::scenario::StopSpec;
use crate::sharpness::{self, Sharpness};

/// What a [`Training`] asks of a problem beyond its gradient. Every method has a default, so that
/// `impl Problem for Mine {}` trains a loss of one's own.
pub trait Problem: LossGradient + Send + 'static {
    /// What the normalised loss is divided by (default 1).
    fn loss_scale(&self) -> f64 {
        1.0
    }

    /// Columns beside `loss` and `log10_normalised_loss`.
    fn columns(&self) -> Vec<Column> {
        Vec::new()
    }

    /// Takes these measures of clean data, after `step` updates, and says whether the run ends
    /// with them.
    ///
    /// # Errors
    /// What a measure refuses.
    fn measure(
        &mut self,
        parameters: &[f64],
        step: u64,
        sample: &mut Sample,
    ) -> Result<Option<End>, Error> {
        let _ = (parameters, step, sample);
        Ok(None)
    }

    /// Series beside the parameters.
    fn series(&self) -> Vec<Series> {
        Vec::new()
    }

    /// The vector of one of them at the sample just taken.
    fn vector(&self, index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        let _ = (index, step);
        None
    }

    /// Changes the parameters after a step, as noise does that is no part of the rule.
    #[inline]
    fn perturb(&mut self, parameters: &mut [f64]) {
        let _ = parameters;
    }

    /// After `step` updates: whether the parameters are to be stored in another order, which
    /// [`arrange`](Self::arrange) then brings about. Called after every step.
    #[inline]
    fn is_to_arrange(&self, step: u64) -> bool {
        let _ = step;
        false
    }

    /// Decides on another order of storage.
    fn decide_order(&mut self) {}

    /// Brings a vector with an entry a parameter from the order before into that decided on.
    fn arrange(&mut self, values: &mut [f64]) {
        let _ = values;
    }

    /// Brings stored parameters into the problem's own order.
    fn in_own_order(&self, parameters: &mut [f64]) {
        let _ = parameters;
    }

    /// What later steps depend on beside parameters, rule and update noise.
    fn state(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes to a state.
    ///
    /// # Errors
    /// Where the bytes are no state of this problem.
    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        let _ = state;
        Ok(())
    }

    /// Of the data.
    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new()
    }

    /// Writes the data into a run's directory.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn write_data(&self, directory: &Path) -> Result<(), Error> {
        let _ = directory;
        Ok(())
    }

    /// The run in numbers and curves.
    ///
    /// # Errors
    /// What a summary refuses.
    fn summary(&self, trace: &Trace) -> Result<Summary, Error> {
        Ok(Summary::of(trace))
    }
}

/// A problem, a learning rule and update noise: the system that goes downhill.
///
/// ```
/// use drift_sim::engine::{Plan, Sampling, Simulation};
/// use drift_sim::learn::{Sgd, SgdSettings, Valley};
/// use drift_sim::Training;
///
/// let rule = Sgd::new(SgdSettings { learning_rate: 0.05 }, 2)?;
/// let training = Training::new(Valley, rule, vec![1.0, 0.4])?;
/// let mut simulation = Simulation::new(training, Plan::new(500, Sampling::linear(6))?)?;
/// simulation.run(&mut ())?;
/// assert!(simulation.trace().last().unwrap().get("loss").unwrap() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Training<P = CodingNetwork> {
    problem: P,
    rule: Rule,
    update_noise: UpdateNoise,
    /// In the order that the problem decided on.
    parameters: Vec<f64>,
    step: u64,
    stop: StopSpec,
    loss_scale: f64,
    settings: Fingerprint,
}

#[derive(Debug, Clone)]
enum Rule {
    Ours(AnyRule),
    Own(Box<dyn OwnRule>),
}

/// A learning rule, ours or one's own, on its way into a [`Training`].
#[derive(Debug, Clone)]
pub struct TrainingRule(Rule);

impl<R: Into<AnyRule>> From<R> for TrainingRule {
    fn from(rule: R) -> Self {
        Self(Rule::Ours(rule.into()))
    }
}

impl TrainingRule {
    /// A rule of one's own.
    pub fn own(rule: impl OwnRule + 'static) -> Self {
        Self(Rule::Own(Box::new(rule)))
    }

    pub(crate) fn boxed(rule: Box<dyn OwnRule>) -> Self {
        Self(Rule::Own(rule))
    }
}

#[derive(Serialize, Deserialize)]
enum RuleState {
    Ours(AnyRule),
    Own(OwnRuleState),
}

#[derive(Serialize, Deserialize)]
struct State {
    step: u64,
    parameters: Vec<f64>,
    rule: RuleState,
    update_noise: Option<NoiseSource>,
    problem: Vec<u8>,
}

impl<P: Problem> Training<P> {
    /// A problem with the parameters it starts from, without noise in the update.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::Error::ShapeMismatch) where the parameters are not as many as the
    /// problem has, or a rule of one's own shows memory of another length;
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) where the loss cannot be normalised.
    pub fn new(
        problem: P,
        rule: impl Into<TrainingRule>,
        parameters: Vec<f64>,
    ) -> Result<Self, crate::Error> {
        same_size("parameters", parameters.len(), problem.dimension())?;
        let loss_scale = problem.loss_scale();
        let expected = "a number > 0: the normalised loss divides by it";
        let field = "variance of the targets";
        in_range(field, loss_scale, loss_scale > 0.0, expected)?;
        let rule = rule.into().0;
        if let Rule::Own(own) = &rule {
            OwnRuleState::of(&**own).check(parameters.len())?;
        }
        Ok(Self {
            settings: Fingerprint::new().numbers(&parameters),
            problem,
            rule,
            update_noise: UpdateNoise::none(),
            parameters,
            step: 0,
            stop: StopSpec::default(),
            loss_scale,
        })
    }

    /// The same with noise in the update, drawn from the stream of its name.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for a place at which a rule of one's own adds no noise, which a
    /// step on a flat loss shows; [`crate::Error::Learn`] for a bad name in `DRIFT_SIMD`.
    pub fn with_update_noise(
        self,
        noise: impl Into<AnyNoise>,
        place: UpdatePlace,
        streams: &Streams,
    ) -> Result<Self, crate::Error> {
        let noise = noise.into();
        if noise.is_none() {
            return Ok(Self {
                update_noise: UpdateNoise::none(),
                ..self
            });
        }
        let source = streams.noise_source(Stream::UpdateNoise)?;
        if let Rule::Own(rule) = &self.rule
            && !own_rule::adds_noise(&**rule, &self.parameters, place, &source)
        {
            return Err(crate::Error::range(
                "noise.update.place",
                format!("{place:?}").to_lowercase(),
                "a place at which the rule adds noise: its step calls perturb_gradient and \
                 perturb_parameters of UpdateNoise",
            ));
        }
        Ok(Self {
            update_noise: UpdateNoise::new(noise, place, source),
            ..self
        })
    }

    /// The same with other conditions for an early end.
    #[must_use]
    pub fn with_stop(self, stop: StopSpec) -> Self {
        Self { stop, ..self }
    }

    /// The same, of which a state goes back only onto the same `settings`.
    #[must_use]
    pub fn with_settings(mut self, settings: &str) -> Self {
        self.settings = self.settings.text(settings);
        self
    }

    /// The same with its problem prepared otherwise.
    pub(crate) fn map_problem(self, prepare: impl FnOnce(P) -> P) -> Self {
        Self {
            problem: prepare(self.problem),
            ..self
        }
    }

    /// The problem.
    #[must_use]
    pub fn problem(&self) -> &P {
        &self.problem
    }

    /// Updates done.
    #[must_use]
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// A copy of the flat parameters, in the problem's own order.
    #[must_use]
    pub fn parameters(&self) -> Vec<f64> {
        let mut parameters = self.parameters.clone();
        self.problem.in_own_order(&mut parameters);
        parameters
    }

    /// The parameters as they are stored.
    pub(crate) fn stored(&self) -> &[f64] {
        &self.parameters
    }

    /// Stores parameters and the rule's memory in another order.
    fn arrange(&mut self) {
        self.problem.decide_order();
        let problem = &mut self.problem;
        problem.arrange(&mut self.parameters);
        match &mut self.rule {
            Rule::Ours(rule) => {
                LearningRule::<P>::visit_memory(rule, &mut |values| problem.arrange(values));
            }
            Rule::Own(rule) => rule.visit_memory(&mut |values| problem.arrange(values)),
        }
    }

    /// The learning rate η of gradient descent, which is stable where η λ_max < 2. Other rules have
    /// no such limit on this Hessian: Adam and RMSprop scale every parameter's step, SED has no
    /// gradient, and a rule of one's own says nothing of it.
    fn descent_rate(&self) -> Option<f64> {
        match &self.rule {
            Rule::Ours(AnyRule::Sgd(rule)) => Some(rule.settings().learning_rate),
            _ => None,
        }
    }

    /// Whether the clean loss ends the run.
    fn check_clean_loss(&mut self) -> Option<End> {
        let normalised_loss = self.problem.loss(&self.parameters) / self.loss_scale;
        self.check_normalised(normalised_loss)
    }

    fn check_normalised(&self, normalised_loss: f64) -> Option<End> {
        let (step, stop) = (self.step, &self.stop);
        if !normalised_loss.is_finite() {
            return Some(End::not_finite(step));
        }
        (step >= stop.from_step && normalised_loss > stop.maximum_loss).then(|| {
            End::new(
                "diverged",
                format!("diverged at step {step}: normalised loss {normalised_loss}"),
            )
        })
    }
}

impl<P: Problem + Sized> System for Training<P> {
    fn columns(&self) -> Vec<Column> {
        let normalised = "logarithm of the loss over the variance of the targets";
        let mut columns = vec![
            Column::new("loss", "", "mean squared error on the clean data"),
            Column::new("log10_normalised_loss", "", normalised).not_portable(),
        ];
        let measured = self.problem.columns();
        let followed = measured
            .iter()
            .any(|column| column.name == sharpness::LARGEST);
        columns.extend(measured);
        if followed && self.descent_rate().is_some() {
            columns.push(Sharpness::times_rate_column());
        }
        columns
    }

    #[inline]
    fn step(&mut self) -> f64 {
        let (problem, parameters) = (&mut self.problem, &mut self.parameters);
        let noise = &mut self.update_noise;
        let loss = match &mut self.rule {
            Rule::Ours(rule) => rule.step(problem, parameters, noise),
            Rule::Own(rule) => rule.step(problem, parameters, noise),
        };
        self.problem.perturb(&mut self.parameters);
        self.step += 1;
        if self.problem.is_to_arrange(self.step) {
            self.arrange();
        }
        loss
    }

    fn alarm(&self) -> f64 {
        self.stop.maximum_loss * self.loss_scale
    }

    /// From `stop.from_step` on, and at any step where the step's own loss is not finite, the
    /// clean loss decides.
    fn check(&mut self, step: u64, loss: f64) -> Result<Option<End>, Error> {
        if step >= self.stop.from_step || !loss.is_finite() {
            return Ok(self.check_clean_loss());
        }
        Ok(None)
    }

    fn sample(&mut self, step: u64, sample: &mut Sample) -> Result<Option<End>, Error> {
        let loss = self.problem.loss(&self.parameters);
        let normalised_loss = loss / self.loss_scale;
        sample.set("loss", loss);
        sample.set("log10_normalised_loss", normalised_loss.log10());
        let end = self.problem.measure(&self.parameters, step, sample)?;
        let is_dead = |end: &End| end.kind == CodingNetwork::DEAD;
        if let Some(rate) = self.descent_rate()
            && let Some(largest) = sample.get(sharpness::LARGEST)
        {
            sample.set(sharpness::LARGEST_TIMES_RATE, rate * largest);
        }
        let end = end.filter(|end| self.stop.all_units_inactive || !is_dead(end));
        Ok(self.check_normalised(normalised_loss).or(end))
    }

    fn series(&self) -> Vec<Series> {
        let mut series = vec![Series::new(
            "snapshots",
            "parameters",
            self.parameters.len(),
        )];
        series.extend(self.problem.series());
        series
    }

    fn vector(&self, index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        match index.checked_sub(1) {
            None => Some(Cow::Owned(self.parameters())),
            Some(index) => self.problem.vector(index, step),
        }
    }

    fn state(&self) -> Option<Vec<u8>> {
        let rule = match &self.rule {
            Rule::Ours(rule) => RuleState::Ours(rule.clone()),
            Rule::Own(rule) => RuleState::Own(OwnRuleState::of(&**rule)),
        };
        Some(state::save(&State {
            step: self.step,
            parameters: self.parameters.clone(),
            rule,
            update_noise: self.update_noise.source().cloned(),
            problem: self.problem.state(),
        }))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let state: State = state::load(bytes)?;
        let dimension = self.parameters.len();
        same_size("parameters of the state", state.parameters.len(), dimension)?;
        let rule = match (&self.rule, state.rule) {
            (Rule::Ours(_), RuleState::Ours(rule)) => {
                let field = "parameters of the state's rule";
                same_size(field, rule.dimension(), dimension)?;
                Rule::Ours(rule)
            }
            (Rule::Own(rule), RuleState::Own(state)) => Rule::Own(state.restored(&**rule)?),
            _ => return Err(crate::Error::range("rule of the state", "another", "this").into()),
        };
        self.problem.restore(&state.problem)?;
        self.rule = rule;
        if let Some(source) = state.update_noise {
            self.update_noise.set_source(source);
        }
        self.parameters = state.parameters;
        self.step = state.step;
        Ok(())
    }

    fn fingerprint(&self) -> Fingerprint {
        let data = self.problem.fingerprint();
        Fingerprint::new()
            .text(&self.settings.to_string())
            .text(&data.to_string())
    }

    fn write_data(&self, directory: &Path) -> Result<(), Error> {
        self.problem.write_data(directory)
    }

    fn summary(&self, trace: &Trace) -> Result<Summary, Error> {
        self.problem.summary(trace)
    }
}
