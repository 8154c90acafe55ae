//! Increments of drift: how far tuning moves over time, by how much in rate and by how much in
//! field, with what tails; always with the noise of estimation taken away by independent halves.
//!
//! | question | item |
//! |---|---|
//! | how far do peaks move, over which lag? | [`squared_displacement`] |
//! | with which exponent does it grow? | [`exponent`] |
//! | are there more large steps than a Gaussian has? | [`tails`], [`corrected_tails`] |
//! | does the rate change or the field? | [`rate_and_field`], [`rate_and_field_by_halves`] |
//! | is the motion of whole maps directed? | [`drift_velocity`] |

mod displacement;
mod rate_field;
mod tails;
mod velocity;

pub use displacement::{
    SquaredDisplacement, exponent, peak_positions, saturation, squared_displacement,
};
pub use rate_field::{
    RateAndField, RateAndFieldByHalves, rate_and_field, rate_and_field_by_halves,
    relative_rate_change,
};
pub use tails::{CorrectedTails, Tails, corrected_tails, tails};
pub use velocity::{DriftVelocity, drift_velocity};
