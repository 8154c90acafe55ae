//! The facade of the drift crates.
#![forbid(unsafe_code)]

mod assemble;
mod checkpoint;
pub mod dataset;
mod error;
mod measure;
pub mod npz;
pub mod observers;
mod outcome;
pub mod presets;
mod problem;
mod replicas;
mod run;
pub mod scenario;
mod simulation;
mod store;
mod trace;

pub use drift_data as data;
pub use drift_env as env;
pub use drift_learn as learn;
pub use drift_metrics as metrics;
pub use drift_net as net;

pub use checkpoint::Checkpoint;
pub use error::Error;
pub use measure::Mapping;
pub use observers::{Observer, Snapshots};
pub use outcome::Outcome;
pub use problem::NetworkProblem;
pub use replicas::{Replica, run_replicas};
pub use run::{Run, RunRecord};
pub use scenario::{SamplingSpec, Scenario, UncheckedScenario};
pub use simulation::Simulation;
pub use trace::{Sample, SpectrumSample, Trace};
