//! Learning rules, noise and named random streams: how parameters move in the simulations of
//! representational drift (Ratzon, Derdikman and Barak 2023,
//! <https://doi.org/10.7554/eLife.90069>).
//!
//! The crate knows nothing of networks. A problem says what its loss is, a rule moves the
//! parameters, noise is added at a named place, and each source of randomness has a stream of
//! its own.
//!
//! | question | answer |
//! |---|---|
//! | What is minimised? | [`Loss`], [`LossGradient`]; the [`Valley`] of Figure 5A |
//! | How do parameters move? | [`LearningRule`]: [`Sgd`], [`Adam`], [`RmsProp`], [`Sed`], or [`AnyRule`] chosen at run time |
//! | What noise? | [`Noise`]: [`Gaussian`], [`Uniform`], [`Proportional`], [`LogNormal`], [`NoNoise`], or [`AnyNoise`] chosen at run time |
//! | Where in the update? | [`UpdateNoise`] with its [`UpdatePlace`] |
//! | On which samples? | [`Batches`] |
//! | With weight decay? | [`Decayed`] |
//! | Without a gradient or a loss? | [`similarity_matching`]: Hebbian and anti-Hebbian rules, Figure 4C |
//! | From which draws? | [`NoiseSource`], fast and resumable, seeded by [`Streams`] |
//!
//! ```
//! use drift_learn::{
//!     Gaussian, LearningRule, Sgd, SgdSettings, Stream, Streams, UpdateNoise, UpdatePlace, Valley,
//! };
//!
//! let streams = Streams::new(1);
//! let mut noise = UpdateNoise::new(
//!     Gaussian::new(0.5)?,
//!     UpdatePlace::Gradient,
//!     streams.noise_source(Stream::UpdateNoise)?,
//! );
//! let mut rule = Sgd::new(SgdSettings { learning_rate: 0.02 }, 2)?;
//! let mut point = [2.0, 0.0];
//! for _ in 0..100_000 {
//!     rule.step(&mut Valley, &mut point, &mut noise);
//! }
//! // Noise has carried it along the floor of the valley towards the flat end at the origin.
//! assert!(point[0].abs() < 1.5);
//! # Ok::<(), drift_learn::Error>(())
//! ```
//!
//! A step allocates nothing, and its loops are compiled for several instruction sets and chosen
//! at run time ([`SimdLevel`]); all give the same bits.
//!
//! # Features
//! `serde` (off by default): settings, noises and the whole state of rules and sources can be stored; a resumed
//! run equals the uninterrupted one bit for bit.
//!
//! # Versions
//! [`nalgebra`] 0.35, [`rand`] 0.10 and [`rand_chacha`] 0.10 appear in public signatures and are
//! re-exported.
#![forbid(unsafe_code)]
// docs.rs marks what a feature brings.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod batches;
mod check;
mod decay;
mod distribution;
mod error;
mod kernels;
mod noise;
mod optimizer;
mod problem;
mod rule;
mod sed;
pub mod similarity_matching;
mod source;
mod streams;
mod update_noise;
mod valley;

pub use batches::{BatchSettings, BatchState, Batches};
pub use decay::{DecayKind, DecaySettings, Decayed};
pub use distribution::{Gaussian, LogNormal, Proportional, Uniform};
pub use drift_simd::{SimdLevel, SimdUnavailable};
pub use error::Error;
pub use nalgebra;
pub use noise::{AnyNoise, BoxMuller, NoNoise, Noise, OwnNoise};
pub use optimizer::{Adam, AdamSettings, EpsilonPlace, RmsProp, RmsPropSettings, Sgd, SgdSettings};
pub use problem::{Loss, LossGradient};
pub use rand;
pub use rand_chacha;
pub use rule::{AnyRule, LearningRule, OwnRule};
pub use sed::{Sed, SedSettings, TensorGroup};
pub use source::NoiseSource;
pub use streams::{Stream, Streams};
pub use update_noise::{UpdateNoise, UpdatePlace};
pub use valley::Valley;

/// The example of the crate's README, run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
