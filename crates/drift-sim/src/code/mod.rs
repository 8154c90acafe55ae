//! A population's code over time, measured in one way whether its units were simulated or
//! recorded (Figure 3 of Ratzon et al. 2023).
//!
//! ```text
//! Recording + Selection ── RecordedCode ──┐
//!                                         ├─ Moment ── measure_code ── CodeOverTime ── SessionRow ── CohortCurve
//! RunRecord ───────────── SimulatedCode ──┘
//! ```
//!
//! A [`Moment`] is what the units did at one time, in each direction of motion. [`measure_code`]
//! turns moments into a [`CodeOverTime`]: active and tuned units, information with and without its
//! bias, correlations and turnover, all with the same [`Criteria`]. [`CodeOverTime::rows`] gives
//! the table `sessions.csv`, and [`CohortCurve`] the mean ± SEM over animals from such rows.
//!
//! Random numbers: every shuffle is drawn from a stream named after the animal, the environment,
//! the session, the direction and the purpose, so that results do not depend on what else is
//! measured.
//!
//! ```
//! use drift_sim::code::{Criteria, Evidence, Moment, Pass, Population, Unit, When, measure_code};
//! use drift_sim::metrics::{activity::SparseActivity, binning::States, decoding::Space};
//!
//! // Two units on a track of two bins, ten laps; the units swap their places between the times.
//! let moment = |session: usize, swapped: usize| -> Result<Moment, drift_sim::Error> {
//!     let fired = |unit: usize| (0..20).filter(move |s| (s + unit + swapped) % 2 == 1);
//!     let entries = [0, 1].map(|unit| fired(unit).map(|sample| (sample, 1.0)).collect());
//!     Ok(Moment {
//!         label: format!("day {session}"),
//!         when: When { session, ..When::default() },
//!         units: (0..2).map(|index| Unit::numbered(index)).collect(),
//!         evidence: Evidence::Passes(vec![Pass {
//!             direction: None,
//!             activity: SparseActivity::from_entries(20, &entries)?,
//!             states: States::new(&(0..20).map(|sample| sample % 2).collect::<Vec<_>>())?,
//!             bins: 2,
//!             sample_seconds: 1.0,
//!             samples: 20,
//!             active_samples: vec![10, 10],
//!             laps: (0..20).map(|sample| sample / 2).collect(),
//!         }]),
//!         slots: 1,
//!         space: Space::Line,
//!         authors: None,
//!         notes: Vec::new(),
//!     })
//! };
//! let mouse = Population { subject: "M1".into(), units: Some(2), ..Population::default() };
//! let criteria = Criteria { shuffles: 0, ..Criteria::default() };
//! let code = measure_code(mouse, [moment(1, 0), moment(2, 1)], &criteria, 0)?;
//! assert!((code.times[0].information().mean - 1.0).abs() < 1e-12);
//! let pairs = code.pairs.as_ref().expect("the units are known");
//! assert!((pairs.correlations.rate_map_correlation[(0, 1)] + 1.0).abs() < 1e-12);
//! assert_eq!(pairs.turnover[(0, 1)], 0.0);
//! # Ok::<(), drift_sim::Error>(())
//! ```

mod at;
mod bins;
mod cohort;
mod criteria;
mod laboratory;
mod maps;
mod measure;
mod moment;
mod over_time;
mod passes;
mod published;
mod recorded;
mod repeats;
mod rows;
mod simulated;

pub use at::{CodeAt, UnitMeasures};
pub use cohort::{Axis, CohortCurve, Denominator, Quantity};
pub use criteria::Criteria;
pub use laboratory::Laboratory;
pub(crate) use measure::draws;
pub use moment::{Authors, Evidence, Moment, Pass, PassMaps, Population, Unit, When};
pub use over_time::{AtLag, CodeOverTime, Pairs, measure_code};
pub use published::{PUBLISHED, PublishedCohort, PublishedTrend};
pub use recorded::{Directions, RecordedCode, Selection};
pub use repeats::CorrectedPairs;
pub use rows::{LagRow, SessionRow, UnitRow};
pub use simulated::SimulatedCode;
