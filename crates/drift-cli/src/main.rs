//! The `drift` program.
#![forbid(unsafe_code)]
fn main() {}
