use super::{buffer, check_rate, gradient_of};
use crate::kernels::update::Descend;
use crate::{Error, LearningRule, LossGradient, SimdLevel, UpdateNoise};

/// Constants of [`Sgd`], not yet checked.
///
/// | name | PyTorch | meaning | range |
/// |---|---|---|---|
/// | `learning_rate` | 1e-3 | η | finite, > 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct SgdSettings {
    /// Learning rate η.
    pub learning_rate: f64,
}

impl Default for SgdSettings {
    fn default() -> Self {
        Self { learning_rate: 0.1 }
    }
}

impl SgdSettings {
    /// The defaults of `torch.optim.SGD`, which has no momentum either.
    #[must_use]
    pub fn pytorch() -> Self {
        Self {
            learning_rate: 1e-3,
        }
    }

    /// The same constants, all in their ranges.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn check(self) -> Result<Self, Error> {
        check_rate(self.learning_rate)?;
        Ok(self)
    }
}

/// Gradient descent: θ ← θ − η (g + ξ), with ξ the update noise.
///
/// The paper's SGD: full batch, stochastic only by its noise.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Stored", into = "Stored"))]
pub struct Sgd {
    settings: SgdSettings,
    dimension: usize,
    /// Empty until the first step in a rule that was read: a number in a file claims no memory.
    gradient: Vec<f64>,
    level: SimdLevel,
}

/// Equal when all further steps are equal.
impl PartialEq for Sgd {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings && self.dimension == other.dimension
    }
}

impl Sgd {
    /// The rule for `dimension` parameters.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::NoParameters`]; [`Error::Simd`] where `DRIFT_SIMD` names no
    /// instruction set of this machine.
    pub fn new(settings: SgdSettings, dimension: usize) -> Result<Self, Error> {
        Ok(Self {
            settings: settings.check()?,
            dimension,
            gradient: buffer(dimension)?,
            level: SimdLevel::selected()?,
        })
    }

    /// The same rule on another instruction set: same bits, another speed.
    ///
    /// # Errors
    /// [`Error::Simd`] where this machine lacks it.
    pub fn with_level(self, level: SimdLevel) -> Result<Self, Error> {
        Ok(Self {
            level: level.checked()?,
            ..self
        })
    }

    /// Number of parameters the rule was built for.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The constants.
    #[must_use]
    pub fn settings(&self) -> SgdSettings {
        self.settings
    }
}

impl<P: LossGradient + ?Sized> LearningRule<P> for Sgd {
    fn step(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64 {
        if self.gradient.is_empty() && parameters.len() == self.dimension {
            self.gradient = vec![0.0; self.dimension];
        }
        let loss = gradient_of(problem, parameters, &mut self.gradient);
        let rate = self.settings.learning_rate;
        // The usual case in one pass: the same bits, without another trip through memory.
        if update_noise.descend(rate, parameters, &self.gradient) {
            return loss;
        }
        update_noise.perturb_gradient(&mut self.gradient);
        self.level.run(Descend {
            parameters,
            gradient: &self.gradient,
            rate,
        });
        update_noise.perturb_parameters(parameters);
        loss
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    settings: SgdSettings,
    dimension: usize,
}

#[cfg(feature = "serde")]
impl From<Sgd> for Stored {
    fn from(rule: Sgd) -> Self {
        Self {
            settings: rule.settings,
            dimension: rule.dimension,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for Sgd {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self, Error> {
        if stored.dimension == 0 {
            return Err(Error::NoParameters);
        }
        Ok(Self {
            settings: stored.settings.check()?,
            dimension: stored.dimension,
            gradient: Vec::new(),
            level: SimdLevel::selected()?,
        })
    }
}
