use std::sync::Arc;

use rand::Rng;
use rand::distr::Distribution;

use crate::kernels::normal;
use crate::{Error, Gaussian, LogNormal, NoiseSource, Proportional, Uniform};

/// Noise that can be added to inputs, targets, a gradient or parameters.
///
/// Yours to implement, for other distributions; methods added later will have defaults. Every draw
/// comes from the given source, or a run cannot be resumed.
///
/// ```
/// use drift_learn::{Noise, NoiseSource, Stream, Streams};
///
/// /// +s or −s, with even chances.
/// struct Coin(f64);
///
/// impl Noise for Coin {
///     fn add_to(&self, values: &mut [f64], source: &mut NoiseSource) {
///         let mut deviates = vec![0.0; values.len()];
///         source.fill_normal(&mut deviates);
///         for (value, deviate) in values.iter_mut().zip(deviates) {
///             *value += self.0.copysign(deviate);
///         }
///     }
///     fn variance(&self) -> f64 {
///         self.0 * self.0
///     }
/// }
///
/// let mut labels = [1.0; 8];
/// let mut source = Streams::new(1).noise_source(Stream::LabelNoise)?;
/// Coin(0.5).add_to(&mut labels, &mut source);
/// assert!(labels.iter().all(|&label| label == 0.5 || label == 1.5));
/// # Ok::<(), drift_learn::Error>(())
/// ```
pub trait Noise {
    /// Adds one fresh, independent deviate to every value. The values are there to be read, for
    /// noise that depends on them.
    fn add_to(&self, values: &mut [f64], source: &mut NoiseSource);

    /// Variance of a deviate; of noise that depends on the value, its variance at the value 1.
    #[must_use]
    fn variance(&self) -> f64;

    /// As [`add_to`](Self::add_to) from any generator, which gives 32 words to a
    /// [`NoiseSource`] of this call.
    ///
    /// # Errors
    /// [`Error::Simd`] for a bad name in `DRIFT_SIMD`.
    fn add_from<R: Rng + ?Sized>(&self, values: &mut [f64], rng: &mut R) -> Result<(), Error>
    where
        Self: Sized,
    {
        self.add_to(values, &mut NoiseSource::from_rng(rng)?);
        Ok(())
    }
}

/// No noise: touches neither the values nor the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NoNoise;

impl Noise for NoNoise {
    fn add_to(&self, _values: &mut [f64], _source: &mut NoiseSource) {}

    fn variance(&self) -> f64 {
        0.0
    }
}

/// Noise chosen at run time.
///
/// In a scenario: `"none"`, `{ gaussian = { standard_deviation = 0.03 } }` or
/// `{ uniform = { width = 1.0 } }`, and for `proportional` and `log_normal` as for `gaussian`.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AnyNoise {
    /// [`NoNoise`].
    #[default]
    None,
    /// [`Gaussian`].
    Gaussian(Gaussian),
    /// [`Uniform`].
    Uniform(Uniform),
    /// [`Proportional`].
    Proportional(Proportional),
    /// [`LogNormal`].
    LogNormal(LogNormal),
    /// A noise of one's own ([`AnyNoise::own`]); it is not stored.
    #[cfg_attr(feature = "serde", serde(skip))]
    Own(Arc<dyn OwnNoise>),
}

/// Noise that a program brings along and shares between threads. Every such [`Noise`] is one.
pub trait OwnNoise: Noise + std::fmt::Debug + Send + Sync {}

impl<N: Noise + std::fmt::Debug + Send + Sync> OwnNoise for N {}

impl AnyNoise {
    /// A noise of one's own, accepted wherever ours is.
    pub fn own(noise: impl OwnNoise + 'static) -> Self {
        AnyNoise::Own(Arc::new(noise))
    }

    /// Whether nothing is added and nothing is drawn.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, AnyNoise::None)
    }

    fn noise(&self) -> &dyn Noise {
        match self {
            AnyNoise::None => &NoNoise,
            AnyNoise::Gaussian(noise) => noise,
            AnyNoise::Uniform(noise) => noise,
            AnyNoise::Proportional(noise) => noise,
            AnyNoise::LogNormal(noise) => noise,
            AnyNoise::Own(noise) => &**noise,
        }
    }
}

/// Noises of one's own are equal where they are the same object.
impl PartialEq for dyn OwnNoise {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(self, other)
    }
}

impl Noise for AnyNoise {
    fn add_to(&self, values: &mut [f64], source: &mut NoiseSource) {
        self.noise().add_to(values, source);
    }

    fn variance(&self) -> f64 {
        self.noise().variance()
    }
}

impl From<NoNoise> for AnyNoise {
    fn from(_: NoNoise) -> Self {
        AnyNoise::None
    }
}

/// Two independent standard normal deviates from two words of any generator, by the transform
/// that [`NoiseSource`] applies to whole slices.
///
/// ```
/// use drift_learn::{rand::distr::Distribution, BoxMuller, Stream, Streams};
///
/// let [a, b] = BoxMuller.sample(&mut Streams::new(3).named(Stream::Shuffles));
/// assert!(a.abs() < 9.0 && b.abs() < 9.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BoxMuller;

impl Distribution<[f64; 2]> for BoxMuller {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> [f64; 2] {
        let first = rng.next_u64();
        normal::pair(first, rng.next_u64())
    }
}
