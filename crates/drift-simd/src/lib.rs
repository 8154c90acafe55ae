//! The instruction sets that kernels run on: which one, how a kernel is compiled for each, and
//! blocks of eight numbers that round alike on all of them.
//!
//! | question | answer |
//! |---|---|
//! | Which instruction set? | [`SimdLevel::selected`]: the best there is, or what `DRIFT_SIMD` names |
//! | How do I compile a loop for each? | [`Kernel`], run by [`SimdLevel::run`] |
//! | What can a kernel do with eight numbers? | [`Level`] |
//!
//! Vectors come from `pulp`, whose tokens are only to be had where the machine has the
//! instructions, so calling them is safe.
#![forbid(unsafe_code)]

mod level;
mod simd_level;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use level::{FLAGS, LANES, Level, Plain, sum_lanes};
pub use pulp::NullaryFnOnce;
pub use simd_level::{Kernel, SimdLevel, SimdUnavailable};

/// The example of the crate's README, run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
