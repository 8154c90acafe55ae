//! The one-hidden-layer ReLU network.
mod error;
mod network;
mod shape;

pub use error::Error;
pub use nalgebra;
pub use network::{Network, Regime};
pub use rand;
pub use shape::Shape;
