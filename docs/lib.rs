//! The Rust in the book and in the README, compiled and run as doctests.
#![forbid(unsafe_code)]

/// The README's program.
#[doc = include_str!("../README.md")]
pub mod readme {}

/// Own parts: rule, noise, task, measure, system.
#[doc = include_str!("src/extending.md")]
pub mod extending {}

/// drift as a dependency.
#[doc = include_str!("src/dependency.md")]
pub mod dependency {}

/// Recordings.
#[doc = include_str!("src/recordings.md")]
pub mod recordings {}
