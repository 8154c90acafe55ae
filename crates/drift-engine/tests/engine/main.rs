//! Laws of the engine alone, with a small system of the tests' own.

mod files;
mod measured;
mod npz;
mod oscillator;
mod runs;
mod sampling;
mod sweeps;
