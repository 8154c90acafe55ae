use crate::check::positive;
use crate::kernels::update::Descend;
use crate::rule::Scratch;
use crate::{Error, LearningRule, LossGradient, UpdateNoise};

/// Constants of [`Sgd`], not yet checked.
///
/// | name | default | PyTorch | meaning | range |
/// |---|---|---|---|---|
/// | `learning_rate` | 0.1 | 1e-3 | η | finite, > 0 |
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
        positive("learning_rate", self.learning_rate)?;
        Ok(self)
    }
}

/// Gradient descent: θ ← θ − η (g + ξ), with ξ the update noise.
///
/// The paper's SGD: full batch, stochastic only by its noise.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Stored"))]
pub struct Sgd {
    settings: SgdSettings,
    dimension: usize,
    #[cfg_attr(feature = "serde", serde(skip))]
    scratch: Scratch,
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
            scratch: Scratch::new(dimension)?,
        })
    }
}

gradient_rule!(Sgd, SgdSettings);

impl<P: LossGradient + ?Sized> LearningRule<P> for Sgd {
    fn step(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64 {
        let loss = self.scratch.gradient(problem, parameters);
        let [gradient] = &mut self.scratch.buffers;
        let rate = self.settings.learning_rate;
        // The usual case in one pass: the same bits, without another trip through memory.
        if update_noise.descend(rate, parameters, gradient) {
            return loss;
        }
        update_noise.perturb_gradient(gradient);
        self.scratch.level.run(Descend {
            parameters,
            gradient,
            rate,
        });
        update_noise.perturb_parameters(parameters);
        loss
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Stored {
    settings: SgdSettings,
    dimension: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for Sgd {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self, Error> {
        Ok(Self {
            settings: stored.settings.check()?,
            dimension: stored.dimension,
            scratch: Scratch::unallocated(stored.dimension)?,
        })
    }
}
