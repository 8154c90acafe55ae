//! Distributions with one number.

use rand::Rng;
use rand::distr::Distribution;

use crate::check::not_negative;
use crate::kernels::uniform;
use crate::{AnyNoise, BoxMuller, Error, Noise, NoiseSource};

/// A distribution whose number, ≥ 0 and finite, is checked wherever it is made or read.
macro_rules! distribution {
    ($(#[$about:meta])* $name:ident: $number:ident, $what:literal) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        pub struct $name {
            $number: f64,
        }

        impl $name {
            #[doc = concat!("Of this ", $what, ", ≥ 0 and finite.")]
            ///
            /// # Errors
            /// [`Error::OutOfRange`].
            pub fn new($number: f64) -> Result<Self, Error> {
                not_negative(stringify!($number), $number)?;
                Ok(Self { $number })
            }

            #[doc = concat!("Its ", $what, ".")]
            #[must_use]
            pub fn $number(&self) -> f64 {
                self.$number
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Unchecked {
                    $number: f64,
                }
                let unchecked = Unchecked::deserialize(from)?;
                Self::new(unchecked.$number).map_err(serde::de::Error::custom)
            }
        }

        impl From<$name> for AnyNoise {
            fn from(noise: $name) -> Self {
                AnyNoise::$name(noise)
            }
        }
    };
}

distribution! {
    /// Normal noise N(0, σ²).
    ///
    /// The published code's noise on the gradient and on the inputs, and the paper's noise
    /// everywhere.
    ///
    /// As a [`Distribution`] it draws one deviate from any generator, by the transform of
    /// [`BoxMuller`].
    Gaussian: standard_deviation, "standard deviation σ"
}

impl Noise for Gaussian {
    fn add_to(&self, values: &mut [f64], source: &mut NoiseSource) {
        source.add_normal(self.standard_deviation, values);
    }

    fn variance(&self) -> f64 {
        self.standard_deviation * self.standard_deviation
    }
}

impl Distribution<f64> for Gaussian {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        let [deviate, _]: [f64; 2] = BoxMuller.sample(rng);
        self.standard_deviation * deviate
    }
}

distribution! {
    /// Uniform noise on [−w/2, w/2), of variance w²/12.
    ///
    /// The published code's noise on the labels (the paper says Gaussian).
    Uniform: width, "width w of the interval"
}

impl Noise for Uniform {
    fn add_to(&self, values: &mut [f64], source: &mut NoiseSource) {
        source.add_uniform(self.width, values);
    }

    fn variance(&self) -> f64 {
        self.width * self.width / 12.0
    }
}

impl Distribution<f64> for Uniform {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        uniform::centred(rng.next_u64()) * self.width
    }
}

distribution! {
    /// Noise in proportion to the value, θ + σ|θ|ξ with ξ standard normal: a synapse changes by a
    /// share of its size (Loewenstein, Kuras and Rumpel 2011, J Neurosci 31:9481). Zero stays zero.
    Proportional: standard_deviation, "relative standard deviation σ"
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

distribution! {
    /// Noise that multiplies with e^(σξ − σ²/2), ξ standard normal: it keeps every value's sign and,
    /// on average, its size.
    LogNormal: standard_deviation, "standard deviation σ of the logarithm"
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
