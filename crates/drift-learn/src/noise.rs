use std::sync::Arc;

use rand::Rng;
use rand::distr::Distribution;

use crate::kernels::{normal, uniform};
use crate::{Error, LogNormal, NoiseSource, Proportional};

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

/// Normal noise N(0, σ²).
///
/// The published code's noise on the gradient and on the inputs, and the paper's noise
/// everywhere.
///
/// As a [`Distribution`] it draws one deviate from any generator, by the transform of
/// [`BoxMuller`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "UncheckedGaussian"))]
pub struct Gaussian {
    standard_deviation: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedGaussian {
    standard_deviation: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<UncheckedGaussian> for Gaussian {
    type Error = Error;

    fn try_from(raw: UncheckedGaussian) -> Result<Self, Error> {
        Self::new(raw.standard_deviation)
    }
}

impl Gaussian {
    /// Normal noise of standard deviation σ ≥ 0, finite.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn new(standard_deviation: f64) -> Result<Self, Error> {
        in_range(
            "standard_deviation",
            standard_deviation,
            standard_deviation >= 0.0 && standard_deviation.is_finite(),
            "a finite number >= 0",
        )?;
        Ok(Self { standard_deviation })
    }

    /// Standard deviation σ.
    #[must_use]
    pub fn standard_deviation(&self) -> f64 {
        self.standard_deviation
    }
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

/// Uniform noise on [−w/2, w/2), of variance w²/12.
///
/// The published code's noise on the labels (the paper says Gaussian).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "UncheckedUniform"))]
pub struct Uniform {
    width: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedUniform {
    width: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<UncheckedUniform> for Uniform {
    type Error = Error;

    fn try_from(raw: UncheckedUniform) -> Result<Self, Error> {
        Self::new(raw.width)
    }
}

impl Uniform {
    /// Uniform noise of width w ≥ 0, finite, centred on 0.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn new(width: f64) -> Result<Self, Error> {
        in_range(
            "width",
            width,
            width >= 0.0 && width.is_finite(),
            "a finite number >= 0",
        )?;
        Ok(Self { width })
    }

    /// Width w of the interval.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.width
    }
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

/// Noise chosen at run time.
///
/// In a scenario: `"none"`, `{ gaussian = { standard_deviation = 0.03 } }` or
/// `{ uniform = { width = 1.0 } }`, and for `proportional` and `log_normal` as for `gaussian`.
#[derive(Debug, Clone, Default)]
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
}

/// Noises of one's own are equal where they are the same object.
impl PartialEq for AnyNoise {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (AnyNoise::None, AnyNoise::None) => true,
            (AnyNoise::Gaussian(one), AnyNoise::Gaussian(other)) => one == other,
            (AnyNoise::Uniform(one), AnyNoise::Uniform(other)) => one == other,
            (AnyNoise::Proportional(one), AnyNoise::Proportional(other)) => one == other,
            (AnyNoise::LogNormal(one), AnyNoise::LogNormal(other)) => one == other,
            (AnyNoise::Own(one), AnyNoise::Own(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Noise for AnyNoise {
    fn add_to(&self, values: &mut [f64], source: &mut NoiseSource) {
        match self {
            AnyNoise::None => NoNoise.add_to(values, source),
            AnyNoise::Gaussian(noise) => noise.add_to(values, source),
            AnyNoise::Uniform(noise) => noise.add_to(values, source),
            AnyNoise::Proportional(noise) => noise.add_to(values, source),
            AnyNoise::LogNormal(noise) => noise.add_to(values, source),
            AnyNoise::Own(noise) => noise.add_to(values, source),
        }
    }

    fn variance(&self) -> f64 {
        match self {
            AnyNoise::None => NoNoise.variance(),
            AnyNoise::Gaussian(noise) => noise.variance(),
            AnyNoise::Uniform(noise) => noise.variance(),
            AnyNoise::Proportional(noise) => noise.variance(),
            AnyNoise::LogNormal(noise) => noise.variance(),
            AnyNoise::Own(noise) => noise.variance(),
        }
    }
}

impl From<NoNoise> for AnyNoise {
    fn from(_: NoNoise) -> Self {
        AnyNoise::None
    }
}

impl From<Gaussian> for AnyNoise {
    fn from(noise: Gaussian) -> Self {
        AnyNoise::Gaussian(noise)
    }
}

impl From<Proportional> for AnyNoise {
    fn from(noise: Proportional) -> Self {
        AnyNoise::Proportional(noise)
    }
}

impl From<LogNormal> for AnyNoise {
    fn from(noise: LogNormal) -> Self {
        AnyNoise::LogNormal(noise)
    }
}

impl From<Uniform> for AnyNoise {
    fn from(noise: Uniform) -> Self {
        AnyNoise::Uniform(noise)
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

/// Refuses a constant that fails its test, NaN included.
pub(crate) fn in_range(
    field: &'static str,
    value: f64,
    holds: bool,
    expected: &'static str,
) -> Result<(), Error> {
    if holds {
        Ok(())
    } else {
        Err(Error::OutOfRange {
            field,
            value,
            expected,
        })
    }
}
