//! Real and made recordings, from the file to the measure, against reference values.
//!
//! `cargo test --release -p drift-sim --test recordings -- --nocapture` prints `checked NAME: K values`. The recordings
//! are found through `DRIFT_SHARED`, else beside the workspace; without them each test says that it is skipped.

#[path = "../../../drift-data/tests/files/cases.rs"]
mod cases;
#[path = "../../../drift-data/tests/files/fixtures.rs"]
mod fixtures;
mod formats;
#[path = "../../../drift-data/tests/files/hc6.rs"]
mod hc6;
mod information;
mod multiple_maps;
#[path = "../../../drift-data/tests/files/shared.rs"]
mod shared;
mod side;
mod simulated;
mod tally;
mod uneven;
