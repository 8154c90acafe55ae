//! How fast a curve settles: the published procedure, and a robust fit of an exponential.
//!
//! | function | gives | use it for |
//! |---|---|---|
//! | [`fit_decay`] | τ with a confidence interval, plateau, amplitude | any curve that decays to a plateau |
//! | [`fit_delayed_decay`] | also the onset | a plateau, then a transition to another |
//! | [`published_rate`] | the slope b the published tables hold as log₁₀\|b\| | comparison with those tables |
//!
//! The published procedure is biased: it shifts the smallest value it keeps, not the plateau, to
//! zero before it takes logarithms, and that point is an outlier. The fits here take no
//! logarithms, so values at or below zero need no special care.

mod curve;
mod decay;
mod profile;
mod published;

pub use decay::{DecayFit, DecayOptions, Interval, fit_decay, fit_delayed_decay};
pub use published::{PublishedRate, published_log_tau, published_rate};
