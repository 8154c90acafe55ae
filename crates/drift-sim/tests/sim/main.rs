//! What drift-sim does and refuses, in one program: each program of tests has to be linked with all
//! that is below. Beside it stand those that want a process of their own (`allocation`, `killed`)
//! or are asked for by name (`reference`, `recordings`).

mod activations;
mod depth;
mod figure3;
mod infer;
mod interface;
mod interrupted;
mod laws;
mod observe;
mod own_parts;
mod pauses;
mod remapping;
mod run_directory;
mod scenario;
#[path = "../shared/mod.rs"]
mod shared;
mod sharpness;
mod similarity;
mod simulation;
mod sweep;
#[cfg(feature = "rayon")]
mod theory;
