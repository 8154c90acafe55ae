//! Measures of drifting representations.
//!
//! The same functions serve simulated units and recorded cells: they take plain slices and
//! `nalgebra` views (rows are samples or frames, columns units) and return small labelled results.
//!
//! | question | module |
//! |---|---|
//! | which bin or state is this frame in, which way does the animal move, how long is a frame? | [`binning`] |
//! | how many units respond? when is a cell active? | [`activity`] |
//! | where does a unit respond, where are its fields? | [`mod@rate_map`] |
//! | how much does it tell about place? how much of that is the bias of a short recording? | [`information`], [`information::bias`] |
//! | is a cell tuned, or is it chance? | [`mod@shuffle`] |
//! | do two times share a code? | [`similarity`] |
//! | is the code of registered cells the same on two days? who joins it, who leaves? | [`sessions`] |
//! | does a decoder age? | [`decoding`] |
//! | in which directions does the code move, beside its variability? | [`geometry`] |
//! | how far does tuning move, in rate and in field? | [`increments`] |
//! | what do several animals show? | [`mod@cohort`] |
//! | how curved is the loss? | [`spectrum`] |
//! | how fast does a curve settle? | [`timescale`] |
//! | is this convergence, directed drift or null drift? | [`phases`] |
//! | do two lists of results agree? | [`statistics`] |
//! | the choices of Ratzon et al. (2023) | [`paper`] |
//!
//! # Example
//!
//! Two units on a track of four bins, of which the animal never visits the last:
//!
//! ```
//! use drift_metrics::{BinEdges, active_fraction, rate_map, spatial_information};
//! use nalgebra::DMatrix;
//!
//! # fn main() -> Result<(), drift_metrics::Error> {
//! let edges = BinEdges::equal(0.0, 4.0, 4)?;
//! let position = [0.5, 1.5, 2.5, 0.4];
//! // (samples × units): the first unit responds in the first bin only, the second is silent.
//! let activity = DMatrix::from_row_slice(4, 2, &[3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0]);
//!
//! let map = rate_map(&edges, &position, activity.as_view())?;
//! assert_eq!(map.rates[(0, 0)], 3.0);
//! assert!(map.rates[(3, 0)].is_nan() && map.occupancy[3] == 0.0);
//!
//! let bits = spatial_information(&map)?;
//! assert!((bits[0] - 1.0).abs() < 1e-15); // half of the time in the field: one bit per spike
//! assert!(bits[1].is_nan()); // nothing can be said about a silent unit
//! assert_eq!(active_fraction(activity.as_view()), 0.25);
//! # Ok(()) }
//! ```
//!
//! # Features
//!
//! `rayon` (default): large rate maps, shuffles and subsamplings use all cores; results do not
//! depend on the number of threads. `serde` (off by default): (de)serialisation of the result types.
//!
//! # Versions
//!
//! [`nalgebra`] 0.35 and [`rand`] 0.10 appear in public signatures and are re-exported.
#![forbid(unsafe_code)]
// docs.rs marks what a feature brings.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod activity;
pub mod binning;
pub mod cohort;
pub mod decoding;
mod error;
pub mod geometry;
pub mod increments;
pub mod information;
pub mod paper;
pub mod phases;
pub mod rate_map;
pub mod sessions;
pub mod shuffle;
pub mod similarity;
pub mod spectrum;
pub mod statistics;
pub mod timescale;

pub use activity::{active_fraction, fraction_active_units};
pub use binning::{BinEdges, BinnedPositions, signed_position};
pub use error::Error;
pub use information::{spatial_information, spatial_information_rate};
pub use rate_map::{
    Direction, Ends, RateMap, Smoothing, Unvisited, event_rate_map, order_by_peak, place_units,
    rate_map, smooth,
};
pub use similarity::{RateMapCorrelation, pearson, rate_map_correlation};

/// The linear algebra in this crate's signatures.
pub use nalgebra;
/// The generators in this crate's signatures.
pub use rand;

/// The example of the crate's README, run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
