//! Remapping: how the code of a trained network answers a change of its environment, and whether
//! drift to flatter ground makes that answer smaller.
//!
//! A network that has learned a corridor is shown the same walk through a changed one
//! ([`Change`]: a new texture, a morph towards it, a longer track), without learning there.
//! [`Remapping::between`] compares the rate maps before and after at matched positions. An
//! [`Experiment`] does so along whole runs, for several seeds, together with the Hessian of the
//! loss; [`test_prediction`] asks of its rows what Ratzon, Derdikman & Barak (eLife
//! 2023;12:RP90069) expect of noise that moves a network to flatter ground: that the same change
//! makes fewer fields remap the longer the network has drifted.
//!
//! ```
//! use drift_sim::remapping::{self, ExperimentDirectory, Measure};
//!
//! let mut experiment = remapping::preset("remapping")?.into_unchecked();
//! experiment.seeds = 2;
//! experiment.from = 50;
//! for set in ["steps=400", "network.hidden=30", "sampling.logarithmic.first=50"] {
//!     experiment.scenario.set(set)?;
//! }
//! let directory = tempfile::tempdir().expect("a directory");
//! let experiment = experiment.try_into()?;
//! let mut open = ExperimentDirectory::open(directory.path(), &experiment)?;
//! assert_eq!(open.run(&|| false, &|_seed| ())?, 0); // seeds still pending
//! let rows = open.collect()?;
//! let predictions = remapping::test_prediction(&rows, experiment.spec().from)?;
//! assert!(predictions.iter().any(|found| found.measure == Measure::FractionMoved));
//! # Ok::<(), drift_sim::Error>(())
//! ```
//!
//! | | |
//! |---|---|
//! | [`Experiment`], [`UncheckedExperiment`], [`preset`] | which network, changes, times and seeds |
//! | [`Remapping`], [`Criteria`] | the comparison of two codes at matched positions |
//! | [`run_seed`], [`Row`] | one seed's run with its measurements |
//! | [`ExperimentDirectory`] | all seeds, in a directory that survives a kill |
//! | [`test_prediction`], [`Prediction`] | the trend over training, over seeds |

mod directory;
mod experiment;
mod measurement;
mod prediction;
mod row;
mod seed;

pub use directory::ExperimentDirectory;
pub use drift_env::{Change, ScaledBy};
pub use experiment::{Experiment, UncheckedExperiment, preset, presets};
pub use measurement::{Criteria, Remapping};
pub use prediction::{Against, Measure, Prediction, test_prediction};
pub use row::{Row, read_rows, rows_to_csv};
pub use seed::run_seed;
