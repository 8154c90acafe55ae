//! Tasks and environments.
#![forbid(unsafe_code)]
