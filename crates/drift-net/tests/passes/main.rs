//! The forward and backward pass against plain matrix products, and their laws.

mod activation_curvature;
mod activations;
mod allocation;
mod laws;
mod plain;
mod unit_order;
