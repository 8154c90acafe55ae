//! Measures of drifting representations.
//!
//! The same functions serve simulated units and recorded cells: they take plain slices and
//! `nalgebra` views (rows are samples or frames, columns units) and return small labelled results.
//!
//! | question | module |
//! |---|---|
//! | which bin is this position in? | [`binning`] |
//! | which way does the animal move? | [`motion`] |
//! | where does a unit respond? | [`mod@rate_map`], [`smoothing`] |
//! | how much does it tell about place? | [`information`] |
//! | how much of that is the bias of a short recording? | [`information_bias`], [`mod@mutual_information`] |
//! | is a cell tuned, or is it chance? | [`significance`], [`mod@shuffle`] |
//! | how many units respond? | [`sparsity`] |
//! | which are place units, in which order? | [`place_cells`] |
//! | do two times share a code? | [`correlation`] |
//! | is the code of registered cells the same on two days? | [`sessions`], [`population`] |
//! | which cells join the code, which leave? | [`mod@turnover`] |
//! | where are the place fields? | [`fields`] |
//! | what do several animals show? | [`mod@cohort`] |
//! | how curved is the loss? | [`spectrum`] |
//! | how fast does it settle? | [`timescale`] |
//! | is this convergence, directed drift or null drift? | [`phases`] |
//! | how far do rate maps move? | [`drift_velocity`] |
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

pub mod activity;
mod bin_sums;
pub mod binning;
pub mod cohort;
pub mod correlation;
pub mod drift_velocity;
mod error;
pub mod fields;
pub mod information;
pub mod information_bias;
pub mod motion;
pub mod mutual_information;
pub mod paper;
pub mod phases;
pub mod place_cells;
mod plug_in;
pub mod population;
pub mod rate_map;
mod replicates;
mod robust;
pub mod sessions;
pub mod shuffle;
pub mod significance;
pub mod smoothing;
pub mod sparsity;
pub mod spectrum;
pub mod states;
pub mod statistics;
pub mod timescale;
pub mod turnover;

pub use binning::{BinEdges, BinnedPositions};
pub use correlation::{RateMapCorrelation, pearson, rate_map_correlation};
pub use error::Error;
pub use information::{spatial_information, spatial_information_rate};
pub use motion::signed_position;
pub use place_cells::{order_by_peak, place_units};
pub use rate_map::{Direction, RateMap, Unvisited, event_rate_map, rate_map};
pub use smoothing::{Ends, Smoothing, smooth};
pub use sparsity::{active_fraction, fraction_active_units};

/// The linear algebra in this crate's signatures.
pub use nalgebra;
/// The generators in this crate's signatures.
pub use rand;

/// The example of the crate's README, run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
