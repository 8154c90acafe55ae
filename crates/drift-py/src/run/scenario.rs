//! Scenarios by name, file or text, with fields changed by keyword.

use std::path::Path;

use drift_sim::scenario::UncheckedScenario;
use drift_sim::{Registry, Scenario, presets};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::Raised;
use crate::registry::Parts;
use crate::settings;

/// The scenario that a name, a file or TOML text stands for.
fn named(name: &str, registry: &Registry) -> Result<UncheckedScenario, Raised> {
    if name.contains('\n') {
        return Ok(registry.scenario(name)?.into_unchecked());
    }
    let path = Path::new(name);
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    if ending == "toml" || ending == "json" || path.components().count() > 1 {
        return Ok(registry.read_scenario(path)?);
    }
    Ok(presets::preset(name)?.into_unchecked())
}

/// As [`named`], with `fields` of it changed: `noise__update` is the field `noise.update`.
pub fn scenario(
    name: &str,
    steps: Option<u64>,
    seed: Option<u64>,
    fields: Option<&Bound<'_, PyDict>>,
    registry: &Registry,
) -> Result<Scenario, Raised> {
    let mut unchecked = named(name, registry)?;
    if let Some(steps) = steps {
        unchecked.set_steps(steps);
    }
    if let Some(seed) = seed {
        unchecked.seed = seed;
    }
    for (field, value) in fields.into_iter().flat_map(PyDictMethods::iter) {
        let field = field.extract::<String>()?.replace("__", ".");
        let value: toml::Value = settings::read(&value)?;
        // As text, a table or a list of TOML stands on one line.
        registry.set(&mut unchecked, &format!("{field}={value}"))?;
    }
    unchecked.pin_files(Path::new(""))?;
    Ok(unchecked.try_into()?)
}

/// Presets by name, each with what it is.
///
/// Returns
/// -------
/// dict
#[pyfunction]
pub fn presets_by_name() -> Vec<(String, String)> {
    let presets = presets::presets();
    presets
        .into_iter()
        .map(|preset| (preset.name, preset.description))
        .collect()
}

/// The whole scenario as TOML, defaults written out.
///
/// Parameters
/// ----------
/// name : str
///     A preset, a file ending in .toml or .json, or TOML text.
/// steps : int, optional
/// seed : int, optional
/// fields : dict, optional
/// parts : Parts, optional
///
/// Returns
/// -------
/// str
#[pyfunction]
#[pyo3(signature = (name, steps=None, seed=None, fields=None, parts=None))]
pub fn scenario_text(
    name: &str,
    steps: Option<u64>,
    seed: Option<u64>,
    fields: Option<&Bound<'_, PyDict>>,
    parts: Option<&Parts>,
) -> Result<String, Raised> {
    let registry = Parts::registry(parts);
    Ok(scenario(name, steps, seed, fields, &registry)?.to_toml())
}
