//! Files of every format, made by the tests themselves, shared, or part of SciPy.

mod builder;
mod by_hand;
#[cfg(all(feature = "nwb", feature = "mat73"))]
mod cases;
mod fixtures;
mod hc6;
mod hdf5;
mod listing;
mod mat_faults;
mod mat_features;
#[cfg(feature = "mat73")]
mod one_unreadable;
mod refusals;
mod samples;
mod scipy;
mod shared;
mod track;
