use crate::check::not_negative;
use crate::rule::check_parameters;
use crate::{AnyRule, Error, LearningRule, Loss, LossGradient, UpdateNoise};

/// Where weight decay enters a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum DecayKind {
    /// g ← g + λθ before the rule sees it: the gradient of λ‖θ‖²/2, which Adam and RMSprop divide
    /// by their running root like any other.
    #[default]
    Coupled,
    /// θ ← θ − ηλθ and then the rule's step on g (Loshchilov and Hutter, arXiv 1711.05101).
    Decoupled,
}

/// Constants of [`Decayed`], not yet checked.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `rate` | 0.0001 | λ | finite, ≥ 0 |
/// | `kind` | coupled | [`DecayKind`] | |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct DecaySettings {
    /// λ.
    pub rate: f64,
    /// Coupled to the gradient or not.
    pub kind: DecayKind,
}

impl Default for DecaySettings {
    fn default() -> Self {
        Self {
            rate: 1e-4,
            kind: DecayKind::Coupled,
        }
    }
}

impl DecaySettings {
    /// The same constants, all in their ranges.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn check(self) -> Result<Self, Error> {
        not_negative("rate", self.rate)?;
        Ok(self)
    }
}

/// A gradient rule of ours with weight decay, on all parameters.
///
/// The two kinds agree to rounding for [`Sgd`](crate::Sgd), not for [`Adam`](crate::Adam) and
/// [`RmsProp`](crate::RmsProp). The gradient is that at the parameters before the decay. Losses
/// that are reported hold no λ‖θ‖²/2.
///
/// ```
/// use drift_learn::*;
///
/// let sgd = Sgd::new(SgdSettings { learning_rate: 0.1 }, 2)?;
/// let settings = DecaySettings { rate: 0.5, kind: DecayKind::Decoupled };
/// let mut rule = Decayed::new(sgd, settings)?;
/// // On the floor of the valley the gradient is 0.
/// let mut point = [2.0, 0.0];
/// rule.step(&mut Valley, &mut point, &mut UpdateNoise::none());
/// assert_eq!(point, [2.0 * 0.95, 0.0]);
/// # Ok::<(), drift_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Decayed {
    rule: AnyRule,
    settings: DecaySettings,
    /// The parameters before the step.
    before: Vec<f64>,
}

impl Decayed {
    /// The rule with decay.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a rate, [`Error::NoGradient`] for stochastic error descent.
    pub fn new(rule: impl Into<AnyRule>, settings: DecaySettings) -> Result<Self, Error> {
        let rule = rule.into();
        if let AnyRule::Sed(_) = rule {
            return Err(Error::NoGradient {
                what: "weight decay",
            });
        }
        Ok(Self {
            before: vec![0.0; rule.dimension()],
            settings: settings.check()?,
            rule,
        })
    }

    /// The constants of the decay.
    #[must_use]
    pub fn settings(&self) -> DecaySettings {
        self.settings
    }
}

/// A problem as a rule sees it that moves parameters which have decayed already: its gradient is
/// that of the parameters before, and carries the coupled decay.
struct Before<'a, P: ?Sized> {
    problem: &'a mut P,
    parameters: &'a [f64],
    coupled: f64,
}

impl<P: Loss + ?Sized> Loss for Before<'_, P> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        self.problem.loss(parameters)
    }

    fn step_loss(&mut self, _parameters: &[f64]) -> f64 {
        self.problem.step_loss(self.parameters)
    }
}

impl<P: LossGradient + ?Sized> LossGradient for Before<'_, P> {
    fn loss_gradient(&mut self, _parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let loss = self.problem.loss_gradient(self.parameters, gradient);
        if self.coupled > 0.0 {
            for (slope, value) in gradient.iter_mut().zip(self.parameters) {
                *slope += self.coupled * value;
            }
        }
        loss
    }
}

impl<P: LossGradient + ?Sized> LearningRule<P> for Decayed {
    fn step(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64 {
        check_parameters(parameters, self.before.len());
        self.before.copy_from_slice(parameters);
        let DecaySettings { rate, kind } = self.settings;
        let coupled = match kind {
            DecayKind::Coupled => rate,
            DecayKind::Decoupled => {
                let shrink = self.rule.learning_rate() * rate;
                for value in parameters.iter_mut() {
                    *value -= shrink * *value;
                }
                0.0
            }
        };
        let mut problem = Before {
            problem,
            parameters: &self.before,
            coupled,
        };
        self.rule.step(&mut problem, parameters, update_noise)
    }

    fn visit_memory(&mut self, visit: &mut dyn FnMut(&mut [f64])) {
        LearningRule::<P>::visit_memory(&mut self.rule, visit);
    }

    fn visit_numbers(&mut self, visit: &mut dyn FnMut(&mut f64)) {
        LearningRule::<P>::visit_numbers(&mut self.rule, visit);
    }
}
