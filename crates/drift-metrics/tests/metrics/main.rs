//! What the measures must give: known values, inputs that broke other programs, and laws.

mod bins;
mod correlations;
mod drift;
mod information;
mod laws;
mod motion;
mod order;
mod phases;
mod places;
mod rate_maps;
mod smoothing;
mod spectra;
mod statistics;
#[cfg(feature = "serde")]
mod stored;
mod timescales;
