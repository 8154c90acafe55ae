use super::{check_decay, check_epsilon};
use crate::check::positive;
use crate::kernels::update::AdamUpdate;
use crate::rule::Scratch;
use crate::{Error, LearningRule, LossGradient, UpdateNoise};

/// Constants of [`Adam`], not yet checked.
///
/// | name | PyTorch | meaning | range |
/// |---|---|---|---|
/// | `learning_rate` | 1e-3 | η | finite, > 0 |
/// | `mean_decay` | 0.9 | β₁, decay of the mean gradient | 0 ≤ β₁ < 1 |
/// | `square_decay` | 0.999 | β₂, decay of the mean square gradient | 0 ≤ β₂ < 1 |
/// | `epsilon` | 1e-8 | ε, added outside the root | finite, > 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct AdamSettings {
    /// Learning rate η.
    pub learning_rate: f64,
    /// Decay β₁ of the mean gradient.
    pub mean_decay: f64,
    /// Decay β₂ of the mean square gradient.
    pub square_decay: f64,
    /// ε, added outside the root.
    pub epsilon: f64,
}

impl Default for AdamSettings {
    fn default() -> Self {
        Self::pytorch()
    }
}

impl AdamSettings {
    /// The defaults of `torch.optim.Adam`.
    #[must_use]
    pub fn pytorch() -> Self {
        Self {
            learning_rate: 1e-3,
            mean_decay: 0.9,
            square_decay: 0.999,
            epsilon: 1e-8,
        }
    }

    /// The same constants, all in their ranges.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn check(self) -> Result<Self, Error> {
        positive("learning_rate", self.learning_rate)?;
        check_decay("mean_decay", self.mean_decay)?;
        check_decay("square_decay", self.square_decay)?;
        check_epsilon(self.epsilon)?;
        Ok(self)
    }
}

/// Adam, with PyTorch's conventions:
///
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²,
/// θ ← θ − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε), with t = 1 in the first step.
///
/// Update noise on the gradient enters both moments. Moments below the smallest normal number
/// (2.2e-308) are set to 0.
///
/// Source: Kingma and Ba 2015, <https://arxiv.org/abs/1412.6980>; ε as in `torch.optim.Adam`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Stored"))]
pub struct Adam {
    settings: AdamSettings,
    mean: Vec<f64>,
    square: Vec<f64>,
    /// β₁ᵗ and β₂ᵗ after t steps, by repeated multiplication.
    mean_decayed: f64,
    square_decayed: f64,
    #[cfg_attr(feature = "serde", serde(skip))]
    scratch: Scratch,
}

impl Adam {
    /// The rule for `dimension` parameters, with moments 0.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::NoParameters`]; [`Error::Simd`] where `DRIFT_SIMD` names no
    /// instruction set of this machine.
    pub fn new(settings: AdamSettings, dimension: usize) -> Result<Self, Error> {
        Ok(Self {
            settings: settings.check()?,
            scratch: Scratch::new(dimension)?,
            mean: vec![0.0; dimension],
            square: vec![0.0; dimension],
            mean_decayed: 1.0,
            square_decayed: 1.0,
        })
    }

    /// Decaying mean m of the gradient (parameters), not bias-corrected.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Decaying mean v of the squared gradient (parameters), not bias-corrected.
    #[must_use]
    pub fn mean_square(&self) -> &[f64] {
        &self.square
    }
}

gradient_rule!(Adam, AdamSettings);

impl<P: LossGradient + ?Sized> LearningRule<P> for Adam {
    fn step(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64 {
        let loss = self.scratch.gradient(problem, parameters);
        let [gradient] = &mut self.scratch.buffers;
        update_noise.perturb_gradient(gradient);
        let settings = self.settings;
        self.mean_decayed *= settings.mean_decay;
        self.square_decayed *= settings.square_decay;
        self.scratch.level.run(AdamUpdate {
            parameters,
            gradient,
            mean: &mut self.mean,
            square: &mut self.square,
            mean_weight: 1.0 - settings.mean_decay,
            square_decay: settings.square_decay,
            rate: settings.learning_rate / (1.0 - self.mean_decayed),
            root_scale: 1.0 / (1.0 - self.square_decayed).sqrt(),
            epsilon: settings.epsilon,
        });
        update_noise.perturb_parameters(parameters);
        loss
    }

    fn visit_memory(&mut self, visit: &mut dyn FnMut(&mut [f64])) {
        visit(&mut self.mean);
        visit(&mut self.square);
    }

    fn visit_numbers(&mut self, visit: &mut dyn FnMut(&mut f64)) {
        visit(&mut self.mean_decayed);
        visit(&mut self.square_decayed);
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Stored {
    settings: AdamSettings,
    mean: Vec<f64>,
    square: Vec<f64>,
    mean_decayed: f64,
    square_decayed: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for Adam {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self, Error> {
        use crate::check::{entries, in_range, length};
        let fresh = Self::new(stored.settings, stored.mean.len())?;
        length("square", stored.square.len(), stored.mean.len())?;
        entries("mean", &stored.mean, "a number", |value| !value.is_nan())?;
        entries("square", &stored.square, ">= 0", |value| value >= 0.0)?;
        for (field, value) in [
            ("mean_decayed", stored.mean_decayed),
            ("square_decayed", stored.square_decayed),
        ] {
            let holds = (0.0..=1.0).contains(&value);
            in_range(field, value, holds, "0 <= value <= 1")?;
        }
        Ok(Self {
            mean: stored.mean,
            square: stored.square,
            mean_decayed: stored.mean_decayed,
            square_decayed: stored.square_decayed,
            ..fresh
        })
    }
}
