//! Remapping: how the code of a trained network answers a change of its environment, and whether
//! drift to flatter ground makes that answer smaller.
//!
//! A network that has learned a corridor is shown the same walk through a changed one
//! ([`Change`]: a new texture, a morph towards it, a longer track), without learning there.
//! [`Remapping::between`] compares the rate maps before and after at matched positions. A scenario
//! with `measures.remapping` does so along a whole run, together with the Hessian of the loss;
//! [`test_prediction`] asks of the [`rows`] of several seeds what Ratzon, Derdikman & Barak (eLife
//! 2023;12:RP90069) expect of noise that moves a network to flatter ground: that the same change
//! makes fewer fields remap the longer the network has drifted.
//!
//! ```
//! use drift_sim::remapping::{Measure, rows, test_prediction};
//! use drift_sim::{Registry, Replicas, presets};
//!
//! let mut scenario = presets::preset("remapping")?.into_unchecked();
//! for set in ["steps=400", "network.hidden=30", "sampling.logarithmic.first=50",
//!     "measures.remapping.from=50"] {
//!     scenario.set(set)?;
//! }
//! let folder = tempfile::tempdir().expect("a directory");
//! let mut replicas = Replicas::open(folder.path(), &scenario.try_into()?, 2)?;
//! assert_eq!(replicas.run(&Registry::new(), &|| false, &|_seed| ())?, 0); // seeds still pending
//! let records = replicas.records(&Registry::new())?;
//! let rows: Vec<_> = records.iter().flat_map(rows).collect();
//! let predictions = test_prediction(&rows, 50)?;
//! assert!(predictions.iter().any(|found| found.measure == Measure::FractionMoved));
//! # Ok::<(), drift_sim::Error>(())
//! ```
//!
//! | | |
//! |---|---|
//! | [`RemappingSpec`] | which changes, and what counts as a field that moved |
//! | [`Remapping`], [`Criteria`] | the comparison of two codes at matched positions |
//! | [`Row`], [`rows`] | what one change did to one network at one time |
//! | [`test_prediction`], [`Prediction`] | the trend over training, over seeds |

mod measure;
mod measurement;
mod prediction;
mod presets;
mod row;

pub use drift_env::{Change, ScaledBy};
pub(crate) use measure::RemappingMeasure;
pub use measure::{RemappingSpec, rows};
pub use measurement::{Criteria, Remapping};
pub use prediction::{Against, Measure, Prediction, test_prediction};
pub(crate) use presets::{PRESETS, preset};
pub use row::{Row, read_rows, rows_to_csv};
