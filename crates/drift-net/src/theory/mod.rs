//! What theory says about drift on the manifold of zero loss, to be compared with simulation.
//!
//! Noise makes the parameters fluctuate normal to the manifold; by the change of curvature along
//! it, the fluctuations push the parameters tangentially (Blanc et al. 2020, PMLR 125:483;
//! Li, Wang & Arora 2022, arXiv:2110.06914). With step θ ← θ − η (∇L + ξ), H the Hessian at the
//! point, P the projector on its null space and C the stationary covariance of the normal
//! fluctuation, the mean drift per step is −(η/2) P ∇⟨H, C⟩, the gradient with C held fixed.
//! To first order in η this is −(η²s²/4) P ∇ ln|H|₊ for update noise of variance s² per entry,
//! and −(η²q/(2 n d_out)) P ∇ tr H for label noise of variance q per entry.
//!
//! No closed form is claimed for Adam, RMSprop or SED.

mod agreement;
mod covariance;
mod finite_difference;
mod kinks;
mod manifold;

pub use agreement::{Agreement, EnsembleDrift};
pub use covariance::{GradientNoise, StepLimit, stationary_covariance};
pub use finite_difference::FiniteDifference;
pub use kinks::{KinkCrossings, kink_crossings};
pub use manifold::{PredictedDrift, Regularizer, ZeroLossPoint};
