//! The one-hidden-layer ReLU network.
mod activation;
mod error;
mod hessian;
mod kernels;
mod network;
mod order;
mod samples;
mod shape;
mod simd;
#[cfg(feature = "spectrum")]
mod spectrum;
#[cfg(feature = "spectrum")]
mod theory;
mod workspace;

pub use activation::Activation;
pub use error::Error;
pub use hessian::{Hessian, HessianOperator};
#[cfg(feature = "spectrum")]
pub use hessian::{Method, Reduction, TangentProjector};
pub use nalgebra;
pub use network::{Network, Regime};
pub use order::{UnitOrder, UnitSorter};
pub use rand;
pub use samples::Samples;
pub use shape::Shape;
pub use simd::SimdLevel;
#[cfg(feature = "spectrum")]
pub use spectrum::{
    Eigenpair, Lanczos, NonzeroRule, PseudoDeterminant, SpectralDensity, Spectrum, Wanted,
};
#[cfg(feature = "spectrum")]
pub use theory::{
    Agreement, EnsembleDrift, FiniteDifference, GradientNoise, KinkCrossings, PredictedDrift,
    Regularizer, StepLimit, ZeroLossPoint, kink_crossings, stationary_covariance,
};
pub use workspace::Workspace;
