use super::{check_decay, check_epsilon};
use crate::check::positive;
use crate::kernels::update::RmsPropUpdate;
use crate::rule::Scratch;
use crate::{Error, LearningRule, LossGradient, UpdateNoise};

/// Where ε stands in [`RmsProp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum EpsilonPlace {
    /// √v + ε, as PyTorch has it.
    #[default]
    OutsideRoot,
    /// √(v + ε), as TensorFlow and Keras have it.
    InsideRoot,
}

/// Constants of [`RmsProp`], not yet checked.
///
/// Frameworks differ in all of them. The default is PyTorch's, but with a learning rate like Adam's.
///
/// | name | default | PyTorch | Keras | meaning | range |
/// |---|---|---|---|---|---|
/// | `learning_rate` | 1e-3 | 1e-2 | 1e-3 | η | finite, > 0 |
/// | `square_decay` | 0.99 | 0.99 | 0.9 | α, decay of the mean square gradient | 0 ≤ α < 1 |
/// | `epsilon` | 1e-8 | 1e-8 | 1e-7 | ε | finite, > 0 |
/// | `epsilon_place` | outside the root | outside the root | inside | [`EpsilonPlace`] | – |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct RmsPropSettings {
    /// Learning rate η.
    pub learning_rate: f64,
    /// Decay α of the mean square gradient.
    pub square_decay: f64,
    /// ε.
    pub epsilon: f64,
    /// Where ε stands.
    pub epsilon_place: EpsilonPlace,
}

impl Default for RmsPropSettings {
    fn default() -> Self {
        Self {
            learning_rate: 1e-3,
            ..Self::pytorch()
        }
    }
}

impl RmsPropSettings {
    /// The defaults of `torch.optim.RMSprop`, which is neither centred nor has momentum.
    #[must_use]
    pub fn pytorch() -> Self {
        Self {
            learning_rate: 1e-2,
            square_decay: 0.99,
            epsilon: 1e-8,
            epsilon_place: EpsilonPlace::OutsideRoot,
        }
    }

    /// The defaults of `keras.optimizers.RMSprop`.
    #[must_use]
    pub fn keras() -> Self {
        Self {
            learning_rate: 1e-3,
            square_decay: 0.9,
            epsilon: 1e-7,
            epsilon_place: EpsilonPlace::InsideRoot,
        }
    }

    /// The same constants, all in their ranges.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn check(self) -> Result<Self, Error> {
        positive("learning_rate", self.learning_rate)?;
        check_decay("square_decay", self.square_decay)?;
        check_epsilon(self.epsilon)?;
        Ok(self)
    }
}

/// RMSprop, not centred and without momentum:
///
/// v ← α v + (1 − α) g², θ ← θ − η g/(√v + ε) (or g/√(v + ε), see [`EpsilonPlace`]).
///
/// v starts at 0 and is not bias-corrected, so a first step with g = 1 and PyTorch's constants is
/// η/(√0.01 + 1e-8). Update noise on the gradient enters v. A v below the smallest normal
/// number (2.2e-308) is set to 0.
///
/// The paper names the rule, its published code does not have it; conventions are those of
/// `torch.optim.RMSprop`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Stored"))]
pub struct RmsProp {
    settings: RmsPropSettings,
    square: Vec<f64>,
    #[cfg_attr(feature = "serde", serde(skip))]
    scratch: Scratch,
}

impl RmsProp {
    /// The rule for `dimension` parameters, with mean squares 0.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::NoParameters`]; [`Error::Simd`] where `DRIFT_SIMD` names no
    /// instruction set of this machine.
    pub fn new(settings: RmsPropSettings, dimension: usize) -> Result<Self, Error> {
        Ok(Self {
            settings: settings.check()?,
            scratch: Scratch::new(dimension)?,
            square: vec![0.0; dimension],
        })
    }

    /// Decaying mean v of the squared gradient (parameters).
    #[must_use]
    pub fn mean_square(&self) -> &[f64] {
        &self.square
    }
}

gradient_rule!(RmsProp, RmsPropSettings);

impl<P: LossGradient + ?Sized> LearningRule<P> for RmsProp {
    fn step(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64 {
        let loss = self.scratch.gradient(problem, parameters);
        let [gradient] = &mut self.scratch.buffers;
        update_noise.perturb_gradient(gradient);
        let epsilon = self.settings.epsilon;
        let (inside, outside) = match self.settings.epsilon_place {
            EpsilonPlace::OutsideRoot => (0.0, epsilon),
            EpsilonPlace::InsideRoot => (epsilon, 0.0),
        };
        self.scratch.level.run(RmsPropUpdate {
            parameters,
            gradient,
            square: &mut self.square,
            decay: self.settings.square_decay,
            rate: self.settings.learning_rate,
            inside,
            outside,
        });
        update_noise.perturb_parameters(parameters);
        loss
    }

    fn visit_memory(&mut self, visit: &mut dyn FnMut(&mut [f64])) {
        visit(&mut self.square);
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Stored {
    settings: RmsPropSettings,
    square: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for RmsProp {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self, Error> {
        let fresh = Self::new(stored.settings, stored.square.len())?;
        crate::check::entries("square", &stored.square, ">= 0", |value| value >= 0.0)?;
        Ok(Self {
            square: stored.square,
            ..fresh
        })
    }
}
