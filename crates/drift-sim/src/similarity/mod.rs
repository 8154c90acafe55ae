//! Similarity matching as systems: Figure 4C of Ratzon, Derdikman & Barak (eLife
//! 2023;12:RP90069), where a network with local Hebbian and anti-Hebbian rules goes through the
//! same three phases as one that descends a gradient.
//!
//! The networks are those of [`drift_learn::similarity_matching`]. A scenario names them as its
//! task, and they are run, recorded and resumed like everything else.
//!
//! ```
//! use drift_sim::{Registry, presets};
//!
//! let mut ring = presets::preset("ring")?.into_unchecked();
//! ring.set_steps(300);
//! ring.set("network.units=20")?; // of the system: task.similarity_matching.network.units
//! let mut simulation = Registry::new().simulation(&ring.try_into()?)?;
//! println!("{}", simulation.run(&mut ())?);
//! let loss: Vec<f64> = simulation.trace().column("loss").flatten().collect();
//! assert!(loss[loss.len() - 1] < loss[0]);
//! # Ok::<(), drift_sim::Error>(())
//! ```

mod phases;
mod presets;
mod system;

use drift_learn::similarity_matching::{PrincipalSubspaceSettings, SimilarityExperiment};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::scenario::path_in;

pub use phases::{Responses, correlation, phases};
pub(crate) use presets::{PRESETS, preset};
pub(crate) use system::{LinearSystem, SimilaritySystem};

/// Checks the settings; an error has the whole path of its field.
pub(crate) fn check(experiment: &SimilarityExperiment) -> Result<(), Error> {
    let checked = experiment.checked().map(drop);
    checked.map_err(|error| located(error, "task.similarity_matching", experiment))
}

/// The linear network of similarity matching, with its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrincipalSubspaceRun {
    /// The response map after so many steps is what later ones are compared with.
    pub reference: u64,
    /// The network and its inputs.
    pub network: PrincipalSubspaceSettings,
}

impl PrincipalSubspaceRun {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let checked = self.network.clone().checked().map(drop);
        checked.map_err(|error| located(error, "task.principal_subspace", self))
    }
}

/// An error of drift-learn with the whole path of its field.
fn located(error: drift_learn::Error, at: &str, settings: &impl Serialize) -> Error {
    match error {
        drift_learn::Error::OutOfRange {
            field,
            value,
            expected,
        } => Error::range(path_in(at, settings, field), value, expected),
        drift_learn::Error::LengthMismatch {
            found, expected, ..
        } => Error::range(
            format!("{at}.network.channels"),
            expected,
            format!("{found}, as inputs has"),
        ),
        other => Error::Learn(other),
    }
}
