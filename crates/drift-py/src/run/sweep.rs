//! Sweeps: many runs, one table.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use drift_sim::engine::sweep::{Shard, SweepShard, collect};
use drift_sim::{Registry, Sweep, sweep as sweeps};
use pyo3::prelude::*;

use super::execute::interruptible;
use crate::error::Raised;
use crate::registry::Parts;

fn named(name: &str, registry: &Registry) -> Result<Sweep, Raised> {
    if name.contains('\n') {
        return Ok(registry.sweep_from_toml(name, Path::new(""))?);
    }
    let path = Path::new(name);
    if path.extension().is_none() && path.components().count() == 1 {
        return Ok(sweeps::preset(name)?);
    }
    let text = std::fs::read_to_string(path).map_err(|error| {
        Raised::from_error(&drift_sim::engine::Error::Io {
            action: "read",
            path: path.to_owned(),
            source: error,
        })
    })?;
    Ok(registry.sweep_from_toml(&text, path.parent().unwrap_or(Path::new("")))?)
}

/// Runs a sweep, or a shard of it; returns how many runs are finished, and of how many.
#[pyfunction]
#[pyo3(signature = (name, directory, jobs=None, shard=None, many=false, parts=None, progress=None))]
#[expect(
    clippy::too_many_arguments,
    reason = "they are keywords of drift.sweep"
)]
pub fn sweep_in(
    py: Python<'_>,
    name: &str,
    directory: PathBuf,
    jobs: Option<usize>,
    shard: Option<&str>,
    many: bool,
    parts: Option<&Parts>,
    progress: Option<&Bound<'_, PyAny>>,
) -> Result<(u64, u64), Raised> {
    let registry = Parts::registry(parts);
    let sweep = named(name, &registry)?;
    if jobs == Some(0) {
        return Err(Raised::value("jobs is 0, expected at least 1"));
    }
    let shard = match shard {
        Some(text) => text.parse::<Shard>()?,
        None => Shard::whole(),
    };
    let mut open = py.detach(|| SweepShard::open(&directory, sweep.design(), shard, many))?;
    let total = open.total();
    let finished = AtomicU64::new(total - open.pending().len() as u64);
    let progress = progress.map(|progress| progress.clone().unbind());
    let (left, raised) = interruptible(
        py,
        |stop| {
            open.run(&sweep, jobs, &|| stop.load(Ordering::Relaxed), &|_| {
                finished.fetch_add(1, Ordering::Relaxed);
            })
        },
        |py| {
            if let Some(progress) = &progress {
                progress.call1(py, (finished.load(Ordering::Relaxed), total))?;
            }
            Ok(())
        },
    );
    let left = left? as u64;
    if let Some(error) = raised {
        return Err(error.into());
    }
    py.detach(|| collect(sweep.design(), &[&directory], &directory))?;
    Ok((total - left, total))
}

/// Sweep presets by name, each with what it is.
#[pyfunction]
pub fn sweeps_by_name() -> Vec<(String, String)> {
    let presets = sweeps::presets();
    presets
        .into_iter()
        .map(|preset| (preset.name, preset.description))
        .collect()
}
