//! Loaders for recordings.
#![forbid(unsafe_code)]
