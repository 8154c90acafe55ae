//! Learning rules, noise and named random streams.
#![deny(unsafe_code)]

mod error;
mod kernels;
mod noise;
mod optimizer;
mod problem;
mod rule;
mod sed;
mod simd;
mod source;
mod streams;
mod update_noise;
mod valley;

pub use error::Error;
pub use noise::{AnyNoise, BoxMuller, Gaussian, NoNoise, Noise, Uniform};
pub use optimizer::{Adam, AdamSettings, EpsilonPlace, RmsProp, RmsPropSettings, Sgd, SgdSettings};
pub use problem::{Loss, LossGradient};
pub use rand;
pub use rule::{AnyRule, LearningRule};
pub use sed::{Sed, SedSettings, TensorGroup};
pub use simd::SimdLevel;
pub use source::NoiseSource;
pub use streams::{Stream, Streams};
pub use update_noise::{UpdateNoise, UpdatePlace};
pub use valley::Valley;
