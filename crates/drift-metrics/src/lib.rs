//! Measures of drifting representations.
#![forbid(unsafe_code)]
