//! Similarity matching as runs: Figure 4C of Ratzon, Derdikman & Barak (eLife 2023;12:RP90069),
//! where a network with local Hebbian and anti-Hebbian rules goes through the same three phases
//! as one that descends a gradient.
//!
//! The networks are those of [`drift_learn::similarity_matching`]; here they become runs that are
//! written as TOML, recorded, killed and resumed bit for bit, and whose phases are found by the
//! same method as those of any other run ([`drift_metrics::phases`]).
//!
//! ```
//! use drift_sim::matching::{self, Simulation};
//!
//! let mut ring = matching::preset("ring")?.into_unchecked();
//! ring.set_steps(300);
//! ring.set("network.units=20")?;
//! ring.set("recording.every=100")?;
//! let mut simulation = Simulation::new(&ring.try_into()?)?;
//! println!("{}", simulation.run(&mut ())?);
//! let [first, .., last] = simulation.samples() else { panic!("two samples at least") };
//! assert!(last.loss < first.loss);
//! # Ok::<(), drift_sim::Error>(())
//! ```
//!
//! | | |
//! |---|---|
//! | [`Settings`], [`UncheckedSettings`], [`preset`], [`presets`] | what is run, as TOML |
//! | [`Simulation`], [`Observer`] | steps and samples in memory |
//! | [`Sample`], [`samples_to_csv`], [`read_samples`] | what is measured |
//! | [`Run`], [`RunRecord`] | a run in a directory that survives a kill, and what it left |
//! | [`RunRecord::phases`] | convergence, directed drift, null drift |

mod model;
mod presets;
mod record;
mod run;
mod sample;
mod settings;
mod simulation;

pub use presets::{preset, presets};
pub use record::RunRecord;
pub use run::Run;
pub use sample::{Sample, read_samples, samples_to_csv};
pub use settings::{RecordingSpec, Settings, UncheckedSettings};
pub use simulation::{Observer, Simulation};
