use drift_learn::UpdatePlace;
use serde::{Deserialize, Serialize};

use super::OwnPart;
use crate::{Masks, WeightPlace};

/// A distribution of noise: additive with mean 0, or in proportion to what it changes.
///
/// In TOML `"none"`, or a table named after the distribution:
/// `{ gaussian = { standard_deviation = 0.01 } }`, `{ uniform = { width = 1.0 } }`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoiseSpec {
    /// Nothing is added and nothing is drawn.
    #[default]
    None,
    /// Gaussian.
    Gaussian(GaussianSpec),
    /// Uniform on [−width/2, width/2), variance width²/12: the published label noise.
    Uniform(UniformSpec),
    /// In proportion to the value, θ + σ|θ|ξ.
    Proportional(GaussianSpec),
    /// Times e^(σξ − σ²/2), which keeps the sign and on average the size.
    LogNormal(GaussianSpec),
    /// A noise of the program's own.
    Own(OwnPart),
}

/// `standard_deviation` (default 0.03, ≥ 0).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianSpec {
    /// σ.
    pub standard_deviation: f64,
}

impl Default for GaussianSpec {
    fn default() -> Self {
        Self {
            standard_deviation: 0.03,
        }
    }
}

/// `width` (default 1, ≥ 0) of the interval around 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UniformSpec {
    /// Length of the interval.
    pub width: f64,
}

impl Default for UniformSpec {
    fn default() -> Self {
        Self { width: 1.0 }
    }
}

impl NoiseSpec {
    /// Gaussian noise with a standard deviation.
    #[must_use]
    pub fn gaussian(standard_deviation: f64) -> Self {
        NoiseSpec::Gaussian(GaussianSpec { standard_deviation })
    }

    /// Uniform noise with a width.
    #[must_use]
    pub fn uniform(width: f64) -> Self {
        NoiseSpec::Uniform(UniformSpec { width })
    }

    /// The one number of the distribution: standard deviation, width, or 0 without noise; of a
    /// noise of one's own its setting `scale`, NaN where it has none.
    #[must_use]
    pub fn scale(&self) -> f64 {
        match self {
            NoiseSpec::None => 0.0,
            NoiseSpec::Gaussian(noise)
            | NoiseSpec::Proportional(noise)
            | NoiseSpec::LogNormal(noise) => noise.standard_deviation,
            NoiseSpec::Uniform(noise) => noise.width,
            NoiseSpec::Own(own) => own.number("scale").unwrap_or(f64::NAN),
        }
    }

    /// The distribution's name, as it is written in a scenario file.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            NoiseSpec::None => "none",
            NoiseSpec::Gaussian(_) => "gaussian",
            NoiseSpec::Uniform(_) => "uniform",
            NoiseSpec::Proportional(_) => "proportional",
            NoiseSpec::LogNormal(_) => "log_normal",
            NoiseSpec::Own(own) => &own.name,
        }
    }
}

/// Update noise: a distribution and a place.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateNoiseSpec {
    /// What is added.
    pub distribution: NoiseSpec,
    /// Where: on the gradient (default) or on the parameters after the step.
    pub place: UpdatePlace,
}

/// One number for every hidden layer, or a list with one a layer, from the inputs up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PerLayer {
    /// The same in all layers.
    All(f64),
    /// One a layer.
    Each(Vec<f64>),
}

impl Default for PerLayer {
    fn default() -> Self {
        PerLayer::All(0.0)
    }
}

impl From<f64> for PerLayer {
    fn from(value: f64) -> Self {
        PerLayer::All(value)
    }
}

impl PerLayer {
    /// One number a layer.
    #[must_use]
    pub fn each(&self, layers: usize) -> Vec<f64> {
        match self {
            PerLayer::All(value) => vec![*value; layers],
            PerLayer::Each(values) => values.clone(),
        }
    }

    /// The numbers that stand there.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        match self {
            PerLayer::All(value) => std::slice::from_ref(value),
            PerLayer::Each(values) => values,
        }
    }

    /// Whether all are 0.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.values().iter().all(|&value| value == 0.0)
    }
}

/// Normal noise on hidden activity, fresh for every unit, sample and step: standard deviations ≥ 0
/// (default 0).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivityNoiseSpec {
    /// Added to the pre-activation, before the activation function.
    pub before: PerLayer,
    /// Added to the activity, which may then be negative.
    pub after: PerLayer,
}

/// Dropout: a unit sends 0 with probability p, and else its activity over 1 − p.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DropoutSpec {
    /// p (default 0, 0 ≤ p < 1).
    pub probability: PerLayer,
    /// Masks for every sample (default), or one for all samples of a step.
    pub masks: Masks,
    /// Steps that a mask of a batch is kept for (default 1, ≥ 1).
    pub hold: u64,
}

impl Default for DropoutSpec {
    fn default() -> Self {
        Self {
            probability: PerLayer::default(),
            masks: Masks::PerSample,
            hold: 1,
        }
    }
}

/// Multiplicative noise on the parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeightNoiseSpec {
    /// `proportional`, `log_normal`, after the step also one of the program's own (default none).
    pub distribution: NoiseSpec,
    /// After the step (default), or in transmission: for a step's pass only.
    pub place: WeightPlace,
    /// Whether biases change as well (default true).
    pub biases: bool,
}

impl Default for WeightNoiseSpec {
    fn default() -> Self {
        Self {
            distribution: NoiseSpec::None,
            place: WeightPlace::AfterStep,
            biases: true,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The noises of a run, all absent by default; each draws from a stream of its own, so
/// that switching one on leaves the draws of the others alone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoisePlaces {
    /// In the update.
    pub update: UpdateNoiseSpec,
    /// Added to every target, drawn anew each step.
    pub label: NoiseSpec,
    /// Added to every input, drawn anew each step.
    pub input: NoiseSpec,
    /// On hidden activity.
    #[serde(skip_serializing_if = "is_default")]
    pub activity: ActivityNoiseSpec,
    /// Hidden units that are left out.
    #[serde(skip_serializing_if = "is_default")]
    pub dropout: DropoutSpec,
    /// On the parameters, in proportion to their size.
    #[serde(skip_serializing_if = "is_default")]
    pub weight: WeightNoiseSpec,
}
