//! Simulate representational drift, record it, resume it, and sweep over it: the facade of the
//! drift crates.
//!
//! Ratzon, Derdikman & Barak, "Representational drift as a result of implicit regularization",
//! eLife 2023;12:RP90069, <https://doi.org/10.7554/eLife.90069>: a network that goes on learning
//! under noise long after its loss has converged drifts to ever sparser, more informative codes.
//!
//! ```
//! use drift_sim::{Scenario, presets};
//!
//! let mut scenario = presets::preset("figure2")?.into_unchecked();
//! scenario.set("steps=200")?;
//! scenario.set("network.hidden=50")?;
//! let scenario: Scenario = scenario.try_into()?;
//! let mut simulation = scenario.simulation()?;
//! println!("{}", simulation.run(&mut ())?);
//! let last = simulation.trace().last().expect("a run has samples");
//! assert!(last.get("log10_normalised_loss").unwrap() < -0.5);
//! # Ok::<(), drift_sim::Error>(())
//! ```
//!
//! | | |
//! |---|---|
//! | [`Scenario`], [`UncheckedScenario`], [`scenario`] | what is simulated, as TOML or JSON |
//! | [`presets`] | Figure 2, the valley of Figure 5A, every task × rule × noise of Table 2, similarity matching, remapping |
//! | [`Registry`] | names of parts: ours, and those that a program brings along |
//! | [`Training`], [`Problem`], [`CodingNetwork`] | the system that goes downhill: a problem, a rule, noises |
//! | [`Simulation`], [`engine::Run`], [`RunRecord`] | the engine's: in memory, in a directory, what it left |
//! | [`Mapping`] | from hidden activity to rate maps, an environment each |
//! | [`run_replicas`], [`Replicas`] | one scenario with several seeds, in parallel |
//! | [`Sweep`], [`sweep`] | distributions over fields, in shards, collected into one table |
//! | [`infer`] | which rule made a drift, from its measures alone |
//! | [`similarity`] | similarity matching: Hebbian and anti-Hebbian rules that drift (Figure 4C) |
//! | [`remapping`] | a known environment is changed: how the code answers over training |
//! | [`code`] | one measurement of a code over time, for simulated units and recorded cells |
//! | [`observe`] | units as an experiment would see them: events, sessions, some of the cells |
//! | [`NetworkProblem`] | a network on a data set behind the learning rules' traits |
//! | [`dataset`], [`npz`] | data sets and arrays in numpy's files |
//! | [`engine`] | what runs, records, resumes and sweeps (`drift-engine`) |
//! | [`mod@env`] | tasks and environments (`drift-env`) |
//! | [`net`] | the network, its Hessian and spectrum (`drift-net`) |
//! | [`learn`] | learning rules, noise, random streams (`drift-learn`) |
//! | [`metrics`] | rate maps, information, sparsity, timescales, phases (`drift-metrics`) |
//! | [`data`] | recordings (`drift-data`) |
//! | [`simd`] | instruction sets (`drift-simd`) |
//!
//! # Reproducibility
//!
//! All random numbers follow from the scenario's seed, by streams with names: texture,
//! trajectory, initial weights, input, label and update noise, perturbations, batches, noise inside
//! the network. Switching one on or off leaves the others' draws alone. The same version and
//! scenario give the same bits on any number of threads and any of the supported instruction sets,
//! whether or not the run was interrupted.
//!
//! # Features
//!
//! `rayon` (default): replicas, sweeps and shuffles on all cores. `mat73`, `nwb`, `folder` (off by
//! default): recordings in these files, in folders and in the formats of laboratories' programs.
//!
//! # Versions
//!
//! `nalgebra` 0.35, `rand` 0.10 and `serde` 1 appear in public signatures; the crates re-exported
//! here re-export the first two.
#![forbid(unsafe_code)]
// docs.rs marks what a feature brings.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod check;
pub mod code;
mod coding_network;
pub mod dataset;
mod error;
pub mod infer;
mod layers;
mod mapping;
pub mod observe;
mod own_rule;
mod parts;
pub mod presets;
mod problem;
mod record;
mod registry;
pub mod remapping;
mod replicas;
pub mod scenario;
mod sharpness;
pub mod similarity;
mod spectrum;
pub mod sweep;
mod training;
mod valley;

pub use drift_data as data;
pub use drift_engine as engine;
pub use drift_env as env;
pub use drift_learn as learn;
pub use drift_metrics as metrics;
pub use drift_net as net;
pub use drift_simd as simd;
/// [`code::measure_code`] takes rand's generators, matrices are nalgebra's, and what a sweep varies is TOML's.
pub use {nalgebra, rand, toml};

pub use coding_network::CodingNetwork;
pub use drift_engine::{Moment, Observer, Outcome, Sample, Simulation, System, Trace, npz};
pub use error::Error;
pub use mapping::Mapping;
pub use problem::{HiddenNoiseSettings, Masks, NetworkProblem, WeightPlace};
pub use record::RunRecord;
pub use registry::{OwnError, Registry};
pub use replicas::{Replica, Replicas, run_replicas};
pub use scenario::{Scenario, UncheckedScenario};
pub use spectrum::SpectrumSample;
pub use sweep::Sweep;
pub use training::{Problem, Training, TrainingRule};

/// The example of the crate's README, run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
