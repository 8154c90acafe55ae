//! Stored reference values of the whole model: every file of `$DRIFT_SHARED/reference` (default:
//! `../shared/reference` beside the workspace) is read by pattern, so further files of the same
//! formats are checked too.

use std::path::{Path, PathBuf};

mod learn;
mod metrics;
mod net;

/// Where the reference values lie, or `None` (with a printed reason) where they are absent.
fn directory() -> Option<PathBuf> {
    let shared = std::env::var_os("DRIFT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let directory = shared.join("reference");
    if directory.is_dir() {
        Some(directory)
    } else {
        println!("skipped: {} does not exist; set DRIFT_SHARED", directory.display());
        None
    }
}

fn report(checked: Vec<(String, usize)>) {
    for (name, values) in checked {
        println!("checked {name}: {values} values");
    }
}

#[test]
fn metrics_agree_with_the_reference_values() {
    if let Some(directory) = directory() {
        report(metrics::check_all(&directory));
    }
}

#[test]
fn learning_rules_agree_with_the_reference_values() {
    if let Some(directory) = directory() {
        report(learn::check_all(&directory));
    }
}

#[test]
fn networks_and_their_spectra_agree_with_the_reference_values() {
    if let Some(directory) = directory() {
        report(net::check_all(&directory));
    }
}
