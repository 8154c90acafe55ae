//! Curvature of the loss: Hessian, spectra, Lanczos methods and the theory of drift.
#![cfg(feature = "spectrum")]

mod hessian;
mod lanczos;
mod problems;
mod theory;
