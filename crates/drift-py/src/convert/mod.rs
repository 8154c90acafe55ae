//! Between NumPy's arrays and the library's slices and views.

pub mod choice;
pub mod input;
pub mod output;
pub mod record;

pub(crate) use choice::choice;
pub use input::{Flags, Indices, Matrix, PerLayer, Seed, Vector, views};
pub use output::{Give, Given, ok, run};
pub(crate) use record::{fields, handed, presented, record};
