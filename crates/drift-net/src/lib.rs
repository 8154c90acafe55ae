//! The network whose representations drift: its hidden layers, its gradient, its exact Hessian.
//!
//! With samples in rows, hidden = f(X Mᵀ + b) and output = hidden Nᵀ, with up to 16 hidden layers.
//! f is the ReLU of Ratzon, Derdikman and Barak 2023 (<https://doi.org/10.7554/eLife.90069>) unless
//! an [`Activation`] says otherwise. The loss is the mean over all n·d_out entries of (output − target)².
//!
//! ```
//! use drift_net::{Hessian, Network, Regime, Samples, Shape, Workspace, nalgebra::DMatrix};
//! use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
//!
//! let shape = Shape::new(3, 20, 2)?; // inputs, hidden units, outputs
//! let mut network = Network::initialize(shape, Regime::Rich, &mut ChaCha8Rng::seed_from_u64(1));
//! let inputs = DMatrix::from_fn(5, 3, |i, a| (i as f64 * 0.7 + a as f64).sin()); // samples × d_in
//! let targets = DMatrix::from_fn(5, 2, |i, k| (i as f64 * 1.3 + k as f64).cos()); // samples × d_out
//!
//! // A training loop allocates nothing: the buffers are the caller's.
//! let samples = Samples::new(inputs.as_view(), targets.as_view())?;
//! let mut workspace = Workspace::new(&network, samples.len())?;
//! let mut gradient = vec![0.0; shape.parameters()];
//! for _ in 0..2000 {
//!     workspace.loss_gradient(network.parameters(), &samples, &mut gradient);
//!     for (parameter, slope) in network.parameters_mut().iter_mut().zip(&gradient) {
//!         *parameter -= 0.1 * slope;
//!     }
//! }
//! assert!(workspace.loss(network.parameters(), &samples) < 1e-6);
//!
//! // How curved is the loss where it came to rest?
//! let hessian = Hessian::at(&network, inputs.as_view(), targets.as_view())?;
//! assert!(hessian.trace() > 0.0);
//! # Ok::<(), drift_net::Error>(())
//! ```
//!
//! | question | answer |
//! |---|---|
//! | What are the parameters, and in which order? | [`Network`], [`Shape`]; [`Regime`] for how they start |
//! | How deep, how wide? | [`Shape::new`] takes one hidden width or a list ([`Widths`]) |
//! | Forward pass, loss, gradient? | [`Workspace`] on [`Samples`]; [`Network`] has allocating twins |
//! | Which activation function, and what is "active"? | [`Activation`] |
//! | Noise or dropout inside? | [`HiddenNoise`], drawn by the caller, passed to the noisy passes |
//! | How are silent units skipped? | [`UnitOrder`], [`UnitSorter`]: storage order, unseen by any read |
//! | On which instruction set? | [`SimdLevel`]; all give the same bits |
//! | The Hessian? | [`Hessian`], exact, by its factors; [`HessianOperator`] for any activation and depth |
//! | Its spectrum? | `Spectrum`, `Lanczos`, `SpectralDensity`, `PseudoDeterminant` (feature `spectrum`) |
//! | Its largest eigenvalue along training? | `LargestEigenvalue` (feature `spectrum`) |
//! | The eigenvalues of a matrix of one's own? | `SymmetricMatrix` (feature `spectrum`) |
//! | Where does noise push? | `ZeroLossPoint`, `PredictedDrift`, `EnsembleDrift`, `kink_crossings` (feature `spectrum`) |
//!
//! # Features
//!
//! `spectrum` (default): eigenvalues, log-determinants, ranks and the predicted drift, through `faer`.
//! `rayon` (off by default): threads in the eigen-solver. `serde` (off by default): (de)serialisation
//! of shapes, activations, unit orders and reductions.
//!
//! # Versions
//!
//! [`nalgebra`] 0.35 and [`rand`] 0.10 appear in public signatures and are re-exported.
#![forbid(unsafe_code)]
// docs.rs marks what a feature brings.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod activation;
mod error;
mod hessian;
mod kernels;
mod network;
mod order;
mod samples;
mod scaling;
mod shape;
#[cfg(feature = "spectrum")]
mod spectrum;
#[cfg(feature = "spectrum")]
mod theory;
mod workspace;

pub use activation::Activation;
pub use drift_simd::{SimdLevel, SimdUnavailable};
pub use error::Error;
pub use hessian::{Hessian, HessianOperator};
#[cfg(feature = "spectrum")]
pub use hessian::{Method, Reduction, TangentProjector};
pub use kernels::{HiddenNoise, LayerNoise};
pub use nalgebra;
pub use network::{Network, Regime};
pub use order::{UnitOrder, UnitSorter};
pub use rand;
pub use samples::Samples;
pub use shape::{Shape, Widths};
#[cfg(feature = "spectrum")]
pub use spectrum::{
    Eigenpair, FoundEigenvalue, Lanczos, LargestEigenvalue, PseudoDeterminant, SpectralDensity,
    Spectrum, SymmetricMatrix, Wanted, published_expected_count,
};
#[cfg(feature = "spectrum")]
pub use theory::{
    Agreement, EnsembleDrift, FiniteDifference, GradientNoise, KinkCrossings, PredictedDrift,
    Regularizer, StepLimit, ZeroLossPoint, kink_crossings, stationary_covariance,
};
pub use workspace::Workspace;

/// The example of the crate's README, run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
