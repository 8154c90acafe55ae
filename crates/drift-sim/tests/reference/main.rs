//! Stored reference values of the whole model: every file of `$DRIFT_SHARED/reference` (default:
//! `../shared/reference` beside the workspace) is read by pattern, so further files of the same
//! formats are checked too. `cargo test -p drift-sim --test reference`
//!
//! A missing directory is a printed skip; a file that cannot be read, or a value outside its
//! tolerance, is a failure. Not under the usual harness, which would hide what is printed.

#[path = "../shared/mod.rs"]
mod shared;

mod env;
mod learn;
mod metrics;
mod metrics_drift;
mod net;
mod own_data;

use std::path::Path;
use std::process::ExitCode;

/// Checks the files that one part of the workspace answers for; the number of values of each.
type Check = fn(&Path) -> Vec<(String, usize)>;

fn main() -> ExitCode {
    let Some(directory) = shared::reference_directory() else {
        return ExitCode::SUCCESS;
    };
    let checks: [Check; 6] = [
        env::check_all,
        net::check_all,
        learn::check_all,
        metrics::check_all,
        metrics_drift::check_all,
        own_data::check_all,
    ];
    let mut failed = false;
    for check in checks {
        // One part's failure shall not hide what the others find.
        match std::panic::catch_unwind(|| check(&directory)) {
            Ok(checked) => {
                for (name, values) in checked {
                    println!("checked {name}: {values} values");
                }
            }
            Err(_) => failed = true,
        }
    }
    ExitCode::from(u8::from(failed))
}
