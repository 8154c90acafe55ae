//! Tasks and environments in which representational drift is simulated: the paper's agent in a
//! textured corridor, and its simpler tasks.
//!
//! Ratzon, Derdikman & Barak, "Representational drift as a result of implicit regularization",
//! eLife 2023;12:RP90069, <https://doi.org/10.7554/eLife.90069>, train a network to predict an
//! agent's next view. This crate makes what the network is trained on, and nothing else: a
//! [`Task`] turns random draws into a [`Dataset`] of inputs (samples × d_in) and targets
//! (samples × d_out).
//!
//! ```
//! use drift_env::{CorridorParameters, CorridorTask, Task};
//! use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
//!
//! // The corridor of Figure 2: 150 steps on a 1 × 14 track, 17 rays and the turn as inputs.
//! let task = CorridorTask::try_from(CorridorParameters::figure2())?;
//! let dataset = task.dataset(&mut ChaCha8Rng::seed_from_u64(0))?;
//! assert_eq!(dataset.inputs().shape(), (150, 18));
//! assert_eq!(dataset.targets().shape(), (150, 17));
//! assert!(dataset.position().unwrap().iter().all(|y| y.abs() <= 5.6));
//! # Ok::<(), drift_env::Error>(())
//! ```
//!
//! # The parts
//!
//! | | |
//! |---|---|
//! | [`Arena`] | a rectangle with four walls; [`Perimeter`] is the line once round them |
//! | [`Texture`] | the ring of smooth random brightness painted on the walls |
//! | [`Corridor`] | an arena with its texture |
//! | [`FieldOfView`] | a fan of rays: the view from a [`Pose`] |
//! | [`Agent`], [`Motion`] | the walk, one [`Step`] and one view at a time |
//! | [`CorridorTask`] | predict the next view from this view and the turn |
//! | [`Change`], [`CorridorScaling`] | the same walk after a corridor was painted anew, morphed, lengthened |
//! | [`Random`], [`Smoothed`] | unrelated inputs and targets, independent or smooth |
//! | [`Autoencoder`] | any task with its inputs as targets |
//! | [`Predictive`] | next view on a ring without an agent |
//! | [`Normalisation`], [`smoothing`] | rescaling to a fixed range; Gaussian filters |
//!
//! # Published and intended behaviour
//!
//! The published code differs from the paper's text, and from geometry, in a few places. Each is
//! an option, and the defaults follow the code, because the published figures came from it:
//! [`Perimeter`] (walls of unequal length share the texture equally), [`HeadingChange`] (jumps of
//! 2π), [`MotionParameters::speed_std`] (the paper's speed is constant) and [`Normalisation`]. The
//! one slip that is *not* the default is [`PredictiveTargets::SharedMemory`].
//!
//! # Randomness
//!
//! No function owns a generator or a seed. Every random function takes `rng` last; every task also
//! makes its data set from given draws, without a generator.
//!
//! # Features
//!
//! `serde` (off by default): the parameter types and enums can be read and stored; a checked type is
//! stored as its parameters and checked again when it is read.
//!
//! # Versions
//!
//! [`nalgebra`] 0.35 and [`rand`] 0.10 appear in public signatures and are re-exported.
#![forbid(unsafe_code)]

mod agent;
mod arena;
mod change;
mod corridor;
mod dataset;
mod error;
mod field_of_view;
mod motion;
mod normalise;
pub mod smoothing;
mod tasks;
mod texture;

pub use agent::{Agent, HeadingChange, Hit, Step};
pub use arena::{Arena, ArenaParameters, Perimeter, Wall, WallPoint};
pub use change::Change;
pub use corridor::Corridor;
pub use dataset::Dataset;
pub use error::Error;
pub use field_of_view::{FieldOfView, FieldOfViewParameters, Pose};
pub use motion::{Limits, Motion, MotionParameters};
pub use nalgebra;
pub use normalise::{Normalisation, Rescaling};
pub use rand;
pub use tasks::{
    Autoencoder, CorridorDraws, CorridorParameters, CorridorScaling, CorridorTask,
    EnvironmentDraws, Predictive, PredictiveParameters, PredictiveTargets, PredictiveWalk, Random,
    RandomParameters, ScaledBy, Smoothed, SmoothedParameters, Task, Walk,
};
pub use texture::{MAX_TILES, Texture};

/// The example of the crate's README, run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
