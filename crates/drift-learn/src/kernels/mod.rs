//! The loops that visit every parameter, as [`Kernel`](drift_simd::Kernel)s.
pub(crate) mod generator;
pub(crate) mod normal;
pub(crate) mod uniform;
pub(crate) mod update;
