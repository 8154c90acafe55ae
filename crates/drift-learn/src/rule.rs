use std::ops::{Deref, DerefMut};

use crate::{
    Adam, Error, Loss, LossGradient, NoiseSource, RmsProp, Sed, Sgd, SimdLevel, UpdateNoise,
};

/// A way of moving parameters downhill; `P` is what it asks of a problem.
///
/// [`Sgd`](crate::Sgd), [`Adam`](crate::Adam) and [`RmsProp`](crate::RmsProp) take any
/// [`LossGradient`](crate::LossGradient), [`Sed`](crate::Sed) any [`Loss`](crate::Loss). Yours to
/// implement, for rules of your own; methods added later will have defaults.
///
/// ```
/// use drift_learn::{LearningRule, LossGradient, UpdateNoise, Valley};
///
/// /// Steps of one length, whatever the slope's size.
/// struct SignDescent {
///     length: f64,
///     gradient: Vec<f64>,
/// }
///
/// impl<P: LossGradient + ?Sized> LearningRule<P> for SignDescent {
///     fn step(&mut self, problem: &mut P, parameters: &mut [f64], noise: &mut UpdateNoise) -> f64 {
///         let loss = problem.loss_gradient(parameters, &mut self.gradient);
///         noise.perturb_gradient(&mut self.gradient);
///         for (value, slope) in parameters.iter_mut().zip(&self.gradient) {
///             *value -= self.length * slope.signum();
///         }
///         noise.perturb_parameters(parameters);
///         loss
///     }
/// }
///
/// let mut rule = SignDescent { length: 0.25, gradient: vec![0.0; 2] };
/// let mut point = [2.0, -1.0];
/// assert_eq!(rule.step(&mut Valley, &mut point, &mut UpdateNoise::none()), 4.0);
/// assert_eq!(point, [1.75, -0.75]);
/// ```
pub trait LearningRule<P: ?Sized> {
    /// Makes one update of `parameters` and returns the loss before it, on the step's data.
    ///
    /// The order: loss and gradient, noise on the gradient, the update, noise on the parameters.
    ///
    /// # Panics
    /// Where `parameters` or the problem's dimension differs from the dimension the rule was
    /// built for.
    fn step(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64;

    /// Shows every vector of the rule's memory that has one entry a parameter (the moments of
    /// Adam) to `visit`. A caller that reorders its parameters reorders these along. A rule
    /// without memory has none to show, which is the default.
    fn visit_memory(&mut self, visit: &mut dyn FnMut(&mut [f64])) {
        let _ = visit;
    }

    /// Shows every other number that later steps depend on (a count of steps, a running mean) to
    /// `visit`. Memory, numbers and sources are what a checkpoint keeps of a rule of one's own.
    /// Default: none.
    fn visit_numbers(&mut self, visit: &mut dyn FnMut(&mut f64)) {
        let _ = visit;
    }

    /// Shows every source that the rule draws from, as for perturbations, to `visit`. Default:
    /// none.
    fn visit_sources(&mut self, visit: &mut dyn FnMut(&mut NoiseSource)) {
        let _ = visit;
    }
}

/// A rule that a program brings along: a [`LearningRule`] for every problem with a gradient, that
/// can be copied. Every such rule is one.
pub trait OwnRule: LearningRule<dyn LossGradient> + std::fmt::Debug + Send + Sync {
    /// A copy, with all of its memory.
    fn copy(&self) -> Box<dyn OwnRule>;
}

impl<R> OwnRule for R
where
    R: LearningRule<dyn LossGradient> + std::fmt::Debug + Clone + Send + Sync + 'static,
{
    fn copy(&self) -> Box<dyn OwnRule> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn OwnRule> {
    fn clone(&self) -> Self {
        (**self).copy()
    }
}

/// A learning rule chosen at run time, for problems with a gradient.
///
/// With the feature `serde` its whole state is stored and restored, bit for bit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AnyRule {
    /// [`Sgd`].
    Sgd(Sgd),
    /// [`Adam`].
    Adam(Adam),
    /// [`RmsProp`].
    RmsProp(RmsProp),
    /// [`Sed`], boxed because it holds a generator.
    Sed(Box<Sed>),
}

impl AnyRule {
    /// Number of parameters the rule was built for.
    #[must_use]
    pub fn dimension(&self) -> usize {
        match self {
            AnyRule::Sgd(rule) => rule.dimension(),
            AnyRule::Adam(rule) => rule.dimension(),
            AnyRule::RmsProp(rule) => rule.dimension(),
            AnyRule::Sed(rule) => rule.dimension(),
        }
    }

    /// Learning rate η.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        match self {
            AnyRule::Sgd(rule) => rule.settings().learning_rate,
            AnyRule::Adam(rule) => rule.settings().learning_rate,
            AnyRule::RmsProp(rule) => rule.settings().learning_rate,
            AnyRule::Sed(rule) => rule.settings().learning_rate,
        }
    }

    fn rule<'a, P: LossGradient + ?Sized + 'a>(&'a mut self) -> &'a mut dyn LearningRule<P> {
        match self {
            AnyRule::Sgd(rule) => rule,
            AnyRule::Adam(rule) => rule,
            AnyRule::RmsProp(rule) => rule,
            AnyRule::Sed(rule) => &mut **rule,
        }
    }
}

impl<P: LossGradient + ?Sized> LearningRule<P> for AnyRule {
    fn step(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64 {
        self.rule().step(problem, parameters, update_noise)
    }

    fn visit_memory(&mut self, visit: &mut dyn FnMut(&mut [f64])) {
        self.rule::<P>().visit_memory(visit);
    }

    fn visit_numbers(&mut self, visit: &mut dyn FnMut(&mut f64)) {
        self.rule::<P>().visit_numbers(visit);
    }

    fn visit_sources(&mut self, visit: &mut dyn FnMut(&mut NoiseSource)) {
        self.rule::<P>().visit_sources(visit);
    }
}

impl From<Sed> for AnyRule {
    fn from(rule: Sed) -> Self {
        AnyRule::Sed(Box::new(rule))
    }
}

/// What a rule needs within a step and does not keep: its buffers, of one entry a parameter, and the
/// instruction set. Two of the same dimension are equal, whatever they hold.
#[derive(Debug, Clone)]
pub(crate) struct Scratch<const N: usize = 1> {
    pub(crate) dimension: usize,
    pub(crate) buffers: [Buffer; N],
    pub(crate) level: SimdLevel,
}

/// Numbers that begin where a line of the cache does, so that stores of eight straddle two lines no
/// more often than the rows of a gradient make them. A clone does not keep what it holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffer {
    storage: Vec<f64>,
    length: usize,
}

impl Buffer {
    /// Bytes in a line.
    const LINE: usize = 64;

    fn new(length: usize) -> Self {
        let spare = Self::LINE / size_of::<f64>() - 1;
        Self {
            storage: vec![0.0; length + spare],
            length,
        }
    }

    fn start(&self) -> usize {
        let spare = self.storage.len() - self.length;
        self.storage.as_ptr().align_offset(Self::LINE).min(spare)
    }
}

impl Deref for Buffer {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.storage[self.start()..][..self.length]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f64] {
        let start = self.start();
        &mut self.storage[start..][..self.length]
    }
}

impl<const N: usize> PartialEq for Scratch<N> {
    fn eq(&self, other: &Self) -> bool {
        self.dimension == other.dimension
    }
}

impl<const N: usize> Scratch<N> {
    pub(crate) fn new(dimension: usize) -> Result<Self, Error> {
        let mut scratch = Self::unallocated(dimension)?;
        scratch.allocate();
        Ok(scratch)
    }

    /// Without buffers until the first step, for a rule that is read: a number in a file claims no
    /// memory.
    pub(crate) fn unallocated(dimension: usize) -> Result<Self, Error> {
        if dimension == 0 {
            return Err(Error::NoParameters);
        }
        Ok(Self {
            dimension,
            buffers: std::array::from_fn(|_| Buffer::default()),
            level: SimdLevel::selected()?,
        })
    }

    fn allocate(&mut self) {
        self.buffers = std::array::from_fn(|_| Buffer::new(self.dimension));
    }

    pub(crate) fn with_level(self, level: SimdLevel) -> Result<Self, Error> {
        Ok(Self {
            level: level.checked()?,
            ..self
        })
    }

    /// Before anything is written: problem and parameters must be those the rule was built for.
    pub(crate) fn begin<P: Loss + ?Sized>(&mut self, problem: &P, parameters: &[f64]) {
        check_parameters(parameters, self.dimension);
        assert_eq!(
            problem.dimension(),
            self.dimension,
            "dimension of the problem and parameters the rule was built for"
        );
        if self.buffers.iter().any(|buffer| buffer.is_empty()) {
            self.allocate();
        }
    }
}

impl Scratch {
    /// Fills the buffer with the gradient on this step's data and returns the loss.
    pub(crate) fn gradient<P>(&mut self, problem: &mut P, parameters: &[f64]) -> f64
    where
        P: LossGradient + ?Sized,
    {
        self.begin(problem, parameters);
        problem.loss_gradient(parameters, &mut self.buffers[0])
    }
}

pub(crate) fn check_parameters(parameters: &[f64], dimension: usize) {
    assert_eq!(
        parameters.len(),
        dimension,
        "parameters given and parameters the rule was built for"
    );
}
