use crate::kernels::normal::AddDescend;
use crate::{AnyNoise, Noise, NoiseSource};

/// Where update noise enters a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum UpdatePlace {
    /// On every entry of the gradient before the rule sees it, as in the published code: SGD
    /// then moves by η times the noise, and in Adam and RMSprop it enters the moments.
    #[default]
    Gradient,
    /// On the parameters after the step, so its size does not depend on the learning rate.
    Parameters,
}

/// Noise in the update: a distribution, a place and a source of its own.
///
/// With the feature `serde` the whole is stored, source included, so a resumed run draws on.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UpdateNoise {
    noise: AnyNoise,
    place: UpdatePlace,
    /// Absent only where nothing is ever drawn.
    source: Option<NoiseSource>,
}

impl UpdateNoise {
    /// Noise of the given distribution at the given place, drawn from `source`.
    #[must_use]
    pub fn new(noise: impl Into<AnyNoise>, place: UpdatePlace, source: NoiseSource) -> Self {
        Self {
            noise: noise.into(),
            place,
            source: Some(source),
        }
    }

    /// No update noise.
    #[must_use]
    pub fn none() -> Self {
        Self {
            noise: AnyNoise::None,
            place: UpdatePlace::Gradient,
            source: None,
        }
    }

    /// The distribution.
    #[must_use]
    pub fn noise(&self) -> &AnyNoise {
        &self.noise
    }

    /// The place.
    #[must_use]
    pub fn place(&self) -> UpdatePlace {
        self.place
    }

    /// Where the deviates come from, which is all the state there is; `None` where nothing is
    /// drawn.
    #[must_use]
    pub fn source(&self) -> Option<&NoiseSource> {
        self.source.as_ref()
    }

    /// Goes on from a source, where anything is drawn.
    pub fn set_source(&mut self, source: NoiseSource) {
        if self.source.is_some() {
            self.source = Some(source);
        }
    }

    /// Adds noise to a gradient (parameters), if that is its place. For learning rules.
    pub fn perturb_gradient(&mut self, gradient: &mut [f64]) {
        self.perturb(UpdatePlace::Gradient, gradient);
    }

    /// Adds noise to the moved parameters (any number), if that is its place. For learning rules.
    pub fn perturb_parameters(&mut self, parameters: &mut [f64]) {
        self.perturb(UpdatePlace::Parameters, parameters);
    }

    /// Makes the step of gradient descent, θ ← θ − `rate` (g + ξ), in one pass if normal noise on
    /// the gradient is all there is. Returns whether it did.
    pub(crate) fn descend(&mut self, rate: f64, parameters: &mut [f64], gradient: &[f64]) -> bool {
        match (&self.noise, self.place, &mut self.source) {
            (AnyNoise::Gaussian(noise), UpdatePlace::Gradient, Some(source)) => {
                source.give_normals(AddDescend {
                    parameters,
                    gradient,
                    scale: noise.standard_deviation(),
                    rate,
                });
                true
            }
            _ => false,
        }
    }

    fn perturb(&mut self, place: UpdatePlace, values: &mut [f64]) {
        if self.place == place
            && let Some(source) = &mut self.source
        {
            self.noise.add_to(values, source);
        }
    }
}
