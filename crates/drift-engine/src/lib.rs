//! Runs, records, resumes and sweeps whatever can make a step.
//!
//! A [`System`] makes steps and says what can be measured of it. The engine does the rest, the
//! same for all: it samples, pauses and stops, writes a directory that survives a kill, resumes to
//! the same bits, draws parameters and runs sweeps in shards. It knows no network, no learning
//! rule and no neuroscience: a physicist can record a pendulum with it.
//!
//! | question | answer |
//! |---|---|
//! | What makes steps? | [`System`], yours to implement; [`Measured`] adds measures to one |
//! | How long, and when is it measured? | [`Plan`] with its [`Sampling`] and [`CheckpointEvery`] |
//! | How is it run? | [`Simulation`] in memory, [`Run`] in a directory |
//! | How did it end? | [`Outcome`], with the system's own [`End`] |
//! | What is recorded? | [`Trace`] of [`Sample`]s in [`Column`]s; vectors in [`Series`] |
//! | Who watches? | [`Observer`], which sees a [`Moment`] and may stop the run |
//! | What did a run leave? | [`RunRecord`], whether or not it has ended |
//! | Many runs? | [`sweep`]: a [`Sweep`](sweep::Sweep) of [`Draw`](sweep::Draw)s, in shards, one table |
//! | Whose state is it? | [`Fingerprint`] of settings and data, without which no state goes back |
//! | Which files? | [`npz`] of NumPy's; text in TOML and CSV; everything else in one framed format |
//!
//! The example of a whole system stands at [`System`].
//!
//! # Features
//! `rayon` (default): the runs of a sweep on all cores, with the same results.
//!
//! # Versions
//! [`nalgebra`] 0.35, `serde` 1 and [`toml`] 1 appear in public signatures.
#![forbid(unsafe_code)]

mod checkpoint;
mod error;
mod files;
mod fingerprint;
mod frames;
mod measure;
mod npy_header;
pub mod npz;
mod observer;
mod outcome;
mod rows;
mod run;
mod sampling;
mod simulation;
pub mod state;
pub mod sweep;
mod system;
mod trace;

pub use checkpoint::CheckpointEvery;
pub use error::Error;
pub use files::write_atomically;
pub use fingerprint::Fingerprint;
pub use measure::{Measure, Measured};
pub use nalgebra;
pub use observer::{Moment, Observer};
pub use outcome::{End, Outcome};
pub use rows::SeriesRecord;
pub use run::{Run, RunRecord, SCENARIO};
pub use sampling::{
    DecadeSampling, EarlySampling, ExplicitSampling, LinearSampling, LogarithmicSampling,
    MOST_SAMPLES, Sampling,
};
pub use simulation::{Checkpoint, MOST_STEPS, Plan, Simulation};
pub use system::{Series, System};
pub use toml;
pub use trace::{Column, Sample, Trace};

/// The example of the crate's README, run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
