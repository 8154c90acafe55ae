//! Loaders.
#![forbid(unsafe_code)]
mod error;
pub mod mat;
pub use error::Error;
