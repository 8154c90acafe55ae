//! Which rule made this drift? Inferred from measures over time alone.
//!
//! Update noise, label noise, noise on activity, dropout, descent without noise, Adam, RMSprop and
//! SED leave different marks on the curves of loss, activity, curvature and code. A [`Model`] weighs
//! them: a small network for whatever measures a record has, on features that do not depend on the
//! unit of time, with probabilities calibrated on held-out runs, and the answer "none of these" for
//! records that lie outside what was learned from. [`Model::shipped`] is for whole networks,
//! [`Model::observed`] for some cells in some sessions. The page "Which rule made this drift?" of
//! the book has the confusion matrix, what each measure is worth and how many samples suffice.
//!
//! ```
//! use drift_infer::{DriftRule, MeasureSet, Model, Record};
//!
//! let sessions = "\
//! time,active_fraction,fraction_active_units
//! 0,0.52,0.99
//! 1,0.44,0.97
//! 2,0.36,0.92
//! 3,0.30,0.85
//! 4,0.26,0.80";
//! let found = Model::shipped().classify(&Record::from_csv(sessions)?, MeasureSet::all())?;
//! for (rule, probability) in DriftRule::ALL.iter().zip(found.probabilities) {
//!     println!("{:14} {probability:.2}", rule.name());
//! }
//! assert_eq!(found.measures.iter().count(), 2);
//! # Ok::<(), drift_infer::Error>(())
//! ```
#![forbid(unsafe_code)]

mod features;
mod file;
mod known;
mod measure;
mod model;
mod record;

pub use features::{FEATURES, features};
pub use known::{Known, PERCENTILES};
pub use measure::{DriftRule, Measure, MeasureSet};
pub use model::{Classification, Model, Scale, Unit, inputs, softmax, standardised};
pub use record::{FEWEST_SAMPLES, Record};

/// Why a record or a model cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Measures over time that are no record.
    #[error("record (CSV) cannot be read: {0}")]
    Record(String),
    /// Coefficients that are no model.
    #[error("classifier (CSV) cannot be read: {0}")]
    Model(String),
    /// A record that the model says nothing about.
    #[error("record cannot be classified: {0}")]
    Unknown(String),
}

/// The example of the crate's README, run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
