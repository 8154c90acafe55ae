//! Runs: from a scenario to a directory and back.

pub mod execute;
pub mod record;
pub mod scenario;
pub mod simulation;
pub mod sweep;
