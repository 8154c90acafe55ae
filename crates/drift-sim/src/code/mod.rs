//! A population's code at several times, measured in one way whether its units were simulated or
//! recorded.
//!
//! [`measure_code`] takes [`Moment`]s: a time, the activity of the units (samples × units) and the
//! signed position of each sample. [`SimulatedCode`] makes them from the snapshots of a run,
//! [`RecordedCode`] from the sessions of a recording whose cells are registered across days. All that
//! follows – rate maps, spatial information, active and tuned units, correlations, turnover – is
//! computed by the same functions of `drift-metrics` with the same [`Criteria`].
//!
//! ```
//! use drift_sim::code::{Criteria, Moment, measure_code};
//! use drift_sim::metrics::BinEdges;
//! use nalgebra::DMatrix;
//! use rand::SeedableRng;
//!
//! // Two units on a track of two bins, ten laps; the units swap their places between the times.
//! let position: Vec<f64> = (0..20).map(|sample| f64::from(sample % 2) + 0.5).collect();
//! let moment = |time: f64, swapped: usize| Moment {
//!     label: format!("step {time}"),
//!     time,
//!     activity: DMatrix::from_fn(20, 2, |sample, unit| ((sample + unit + swapped) % 2) as f64),
//!     position: position.clone(),
//!     column_of: vec![Some(0), Some(1)],
//! };
//! let edges = BinEdges::equal(0.0, 2.0, 2)?;
//! let criteria = Criteria { shuffles: 0, ..Criteria::default() };
//! let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
//! let moments = [moment(1.0, 0), moment(2.0, 1)].map(Ok);
//! let code = measure_code(&edges, moments, &criteria, &mut rng)?;
//! assert_eq!(code.times[0].mean_information, 1.0);
//! assert!((code.pairs.rate_map_correlation[(0, 1)] + 1.0).abs() < 1e-12);
//! assert_eq!(code.turnover[(0, 1)], 0.0);
//! # Ok::<(), drift_sim::Error>(())
//! ```

mod measure;
mod over_time;
mod recorded;
mod simulated;

pub use measure::{Criteria, Moment, measure_code};
pub use over_time::{AtLag, CodeAt, CodeOverTime};
pub use recorded::{RecordedCode, RecordedSelection};
pub use simulated::{SimulatedCode, spread_snapshots};
