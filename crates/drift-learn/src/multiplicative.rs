use crate::noise::in_range;
use crate::{Error, Noise, NoiseSource};

/// Deviates that are drawn at a time: whole batches of a source, so that the length of a slice
/// changes none of them.
const CHUNK: usize = 256;

/// Gives every value a standard normal deviate of its own.
fn each(values: &mut [f64], source: &mut NoiseSource, change: impl Fn(f64, f64) -> f64) {
    let mut deviates = [0.0; CHUNK];
    for values in values.chunks_mut(CHUNK) {
        let deviates = &mut deviates[..values.len()];
        source.fill_normal(deviates);
        for (value, &deviate) in values.iter_mut().zip(deviates.iter()) {
            *value = change(*value, deviate);
        }
    }
}

/// Noise in proportion to the value, θ + σ|θ|ξ with ξ standard normal: a synapse changes by a share
/// of its size (Loewenstein, Kuras and Rumpel 2011, J Neurosci 31:9481). Zero stays zero.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Unchecked"))]
pub struct Proportional {
    standard_deviation: f64,
}

/// Noise that multiplies with e^(σξ − σ²/2), ξ standard normal: it keeps every value's sign and,
/// on average, its size.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Unchecked"))]
pub struct LogNormal {
    standard_deviation: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    standard_deviation: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<Unchecked> for Proportional {
    type Error = Error;

    fn try_from(raw: Unchecked) -> Result<Self, Error> {
        Self::new(raw.standard_deviation)
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Unchecked> for LogNormal {
    type Error = Error;

    fn try_from(raw: Unchecked) -> Result<Self, Error> {
        Self::new(raw.standard_deviation)
    }
}

fn checked(standard_deviation: f64) -> Result<f64, Error> {
    let holds = standard_deviation >= 0.0 && standard_deviation.is_finite();
    in_range(
        "standard_deviation",
        standard_deviation,
        holds,
        "a finite number >= 0",
    )?;
    Ok(standard_deviation)
}

impl Proportional {
    /// Of relative standard deviation σ ≥ 0, finite.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn new(standard_deviation: f64) -> Result<Self, Error> {
        checked(standard_deviation).map(|standard_deviation| Self { standard_deviation })
    }

    /// σ.
    #[must_use]
    pub fn standard_deviation(&self) -> f64 {
        self.standard_deviation
    }
}

impl LogNormal {
    /// Of standard deviation σ ≥ 0 of the logarithm, finite.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn new(standard_deviation: f64) -> Result<Self, Error> {
        checked(standard_deviation).map(|standard_deviation| Self { standard_deviation })
    }

    /// σ, of the logarithm.
    #[must_use]
    pub fn standard_deviation(&self) -> f64 {
        self.standard_deviation
    }
}

impl Noise for Proportional {
    fn add_to(&self, values: &mut [f64], source: &mut NoiseSource) {
        let scale = self.standard_deviation;
        each(values, source, |value, deviate| {
            value + scale * value.abs() * deviate
        });
    }

    fn variance(&self) -> f64 {
        self.standard_deviation * self.standard_deviation
    }
}

impl Noise for LogNormal {
    fn add_to(&self, values: &mut [f64], source: &mut NoiseSource) {
        let scale = self.standard_deviation;
        let shift = scale * scale / 2.0;
        each(values, source, |value, deviate| {
            value * (scale * deviate - shift).exp()
        });
    }

    /// e^(σ²) − 1.
    fn variance(&self) -> f64 {
        (self.standard_deviation * self.standard_deviation).exp_m1()
    }
}
