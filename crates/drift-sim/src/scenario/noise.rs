use drift_learn::UpdatePlace;
use serde::{Deserialize, Serialize};

use super::OwnPart;

/// A distribution of additive noise with mean 0.
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
            NoiseSpec::Gaussian(noise) => noise.standard_deviation,
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

/// The three noises of a run, all absent by default; each draws from a stream of its own, so
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
}
