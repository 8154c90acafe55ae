//! Networks with one, two and three hidden layers: passes, noise, curvature, refusals.

mod allocation;
mod curvature;
mod expected;
mod passes;
mod problems;
mod refusals;
