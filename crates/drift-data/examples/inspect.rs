//! What a file or folder of a recording holds, and what would be read of it.
//!
//! `cargo run --release -p drift-data --all-features --example inspect -- FILE`

use std::error::Error;

use drift_data::inspect;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("which file or folder?")?;
    println!("{}", inspect::describe(path, &inspect::Choices::default())?);
    Ok(())
}
