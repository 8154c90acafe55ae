//! The one-hidden-layer ReLU network.
mod error;
mod kernels;
mod network;
mod samples;
mod shape;
mod simd;
mod workspace;

pub use error::Error;
pub use nalgebra;
pub use network::{Network, Regime};
pub use rand;
pub use samples::Samples;
pub use shape::Shape;
pub use simd::SimdLevel;
pub use workspace::Workspace;
