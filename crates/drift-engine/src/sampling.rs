use serde::{Deserialize, Serialize};

use crate::Error;

/// When a run is measured, in steps done.
///
/// Step 0 is before any step. (The published code measures after the update, so its sample
/// "at epoch 0" has one update behind it; that is not copied.)
///
/// ```
/// use drift_engine::Sampling;
///
/// assert_eq!(Sampling::linear(5).points(100), [0, 25, 50, 75, 100]);
/// assert_eq!(Sampling::logarithmic(4).points(1000), [0, 1, 32, 1000]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sampling {
    /// Evenly spaced from step 0 to the last.
    Linear(LinearSampling),
    /// The same, and so many points in each factor of ten before the second of them, so that what
    /// happens at the start is seen: the default.
    Early(EarlySampling),
    /// Step 0, then evenly spaced in the logarithm from `first` to the last step. Points that
    /// round to the same step are one sample.
    Logarithmic(LogarithmicSampling),
    /// Step 0, so many points in each factor of ten, every multiple of a number of steps, and the
    /// last step: early changes and late ones.
    Decades(DecadeSampling),
    /// These steps and no others.
    Explicit(ExplicitSampling),
}

/// `samples` (default 101, ≥ 1) evenly spaced points, both ends among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearSampling {
    /// How many.
    pub samples: usize,
}

impl Default for LinearSampling {
    fn default() -> Self {
        Self { samples: 101 }
    }
}

/// `samples` (default 101, ≥ 1) evenly spaced points, and `per_decade` (default 12, 0 to 1000)
/// points in each factor of ten from step 1 to the second even point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EarlySampling {
    /// How many even ones.
    pub samples: usize,
    /// Points in each factor of ten.
    pub per_decade: u32,
}

impl Default for EarlySampling {
    fn default() -> Self {
        Self {
            samples: 101,
            per_decade: 12,
        }
    }
}

/// `samples` (default 101, ≥ 2) points, step 0 among them, the others from `first` (default 1,
/// 1 to `steps`) on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogarithmicSampling {
    /// How many.
    pub samples: usize,
    /// The first step after 0.
    pub first: u64,
}

impl Default for LogarithmicSampling {
    fn default() -> Self {
        Self {
            samples: 101,
            first: 1,
        }
    }
}

/// `per_decade` (default 12, 0 to 1000) points in each factor of ten from step 1 on, and one at
/// every multiple of `every` (default 200, ≥ 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecadeSampling {
    /// Points in each factor of ten; 0 for even ones alone.
    pub per_decade: u32,
    /// Steps between even points.
    pub every: u64,
}

impl Default for DecadeSampling {
    fn default() -> Self {
        Self {
            per_decade: 12,
            every: 200,
        }
    }
}

/// `steps`, strictly increasing, none beyond the scenario's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExplicitSampling {
    /// The sampling points.
    pub steps: Vec<u64>,
}

impl LinearSampling {
    fn points(self, steps: u64) -> Vec<u64> {
        let last = self.samples.saturating_sub(1).max(1) as u128;
        (0..self.samples as u128)
            .map(|index| ((index * u128::from(steps) + last / 2) / last) as u64)
            .collect()
    }
}

/// Whole steps below `end`, `per_decade` in each factor of ten from 1 on; some may be there twice.
fn decades(per_decade: u32, end: u64) -> impl Iterator<Item = u64> {
    let spaced = (0..).map(move |index| {
        let exponent = f64::from(index) / f64::from(per_decade);
        10f64.powf(exponent).round() as u64
    });
    let end = if per_decade > 0 { end } else { 0 };
    spaced.take_while(move |&point| point < end)
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling::Early(EarlySampling::default())
    }
}

/// The most sampling points a scenario may ask for: each is a row in memory and on disk.
pub const MOST_SAMPLES: usize = 10_000_000;

impl Sampling {
    /// Evenly spaced samples.
    #[must_use]
    pub fn linear(samples: usize) -> Self {
        Sampling::Linear(LinearSampling { samples })
    }

    /// Samples evenly spaced in the logarithm of the step, from step 1 on, and step 0.
    #[must_use]
    pub fn logarithmic(samples: usize) -> Self {
        Sampling::Logarithmic(LogarithmicSampling { samples, first: 1 })
    }

    /// The sampling points of a run of `steps` updates, strictly increasing, at most `steps`.
    #[must_use]
    pub fn points(&self, steps: u64) -> Vec<u64> {
        let mut points = match self {
            Sampling::Linear(linear) => linear.points(steps),
            Sampling::Early(early) => {
                let mut points = Self::linear(early.samples).points(steps);
                let before = points.get(1).copied().unwrap_or(steps);
                let second = points.len().min(1);
                points.splice(second..second, decades(early.per_decade, before));
                points
            }
            Sampling::Logarithmic(logarithmic) => {
                let (first, last) = (logarithmic.first.max(1) as f64, steps as f64);
                let intervals = logarithmic.samples.saturating_sub(2).max(1) as f64;
                let spaced = (0..logarithmic.samples.saturating_sub(1)).map(|index| {
                    let exponent = index as f64 / intervals;
                    (first * (last / first).powf(exponent)).round() as u64
                });
                std::iter::once(0).chain(spaced).collect()
            }
            &Sampling::Decades(DecadeSampling { per_decade, every }) => {
                let every = every.max(1);
                let even = (0..=steps / every).map(|index| index * every);
                let between = decades(per_decade, steps);
                let mut points: Vec<u64> = even.chain(between).chain([steps]).collect();
                points.sort_unstable();
                points
            }
            Sampling::Explicit(explicit) => explicit.steps.clone(),
        };
        points.retain(|&point| point <= steps);
        points.dedup();
        points
    }

    /// Refuses a schedule that a run of `steps` cannot have.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] with the field's path in a scenario.
    pub fn check(&self, steps: u64) -> Result<(), Error> {
        match self {
            Sampling::Linear(linear) => samples_in("sampling.linear.samples", linear.samples, 1),
            Sampling::Early(early) => {
                per_decade_in("sampling.early.per_decade", early.per_decade)?;
                samples_in("sampling.early.samples", early.samples, 1)
            }
            Sampling::Logarithmic(logarithmic) => {
                samples_in("sampling.logarithmic.samples", logarithmic.samples, 2)?;
                let (field, first) = ("sampling.logarithmic.first", logarithmic.first);
                let expected = format!("1 to steps ({steps})");
                Error::unless((1..=steps).contains(&first), field, first, expected)
            }
            Sampling::Decades(DecadeSampling { per_decade, every }) => {
                per_decade_in("sampling.decades.per_decade", *per_decade)?;
                let holds = *every >= 1 && steps / every <= MOST_SAMPLES as u64;
                let expected = format!("at least 1, and at most {MOST_SAMPLES} samples");
                Error::unless(holds, "sampling.decades.every", every, expected)
            }
            Sampling::Explicit(explicit) => {
                let field = "sampling.explicit.steps";
                let Some(&last) = explicit.steps.last() else {
                    return Err(Error::range(field, "empty", "at least one step"));
                };
                if let Some(pair) = explicit.steps.windows(2).find(|pair| pair[0] >= pair[1]) {
                    return Err(Error::range(
                        field,
                        format!("{} followed by {}", pair[0], pair[1]),
                        "strictly increasing steps",
                    ));
                }
                let expected = format!("at most steps ({steps})");
                Error::unless(last <= steps, field, last, expected)
            }
        }
    }
}

fn per_decade_in(field: &str, per_decade: u32) -> Result<(), Error> {
    Error::unless(per_decade <= 1000, field, per_decade, "0 to 1000")
}

fn samples_in(field: &str, samples: usize, least: usize) -> Result<(), Error> {
    let holds = (least..=MOST_SAMPLES).contains(&samples);
    Error::unless(holds, field, samples, format!("{least} to {MOST_SAMPLES}"))
}
