//! Many runs from one file: distributions over the fields of a scenario. The design, the shards and
//! the table are the engine's ([`drift_engine::sweep`]).
//!
//! ```toml
//! name = "noise"
//! seed = 1
//!
//! [[group]]
//! name = "rich"
//! preset = "random-sgd-update"      # or scenario = "own.toml": what is varied
//! runs = 20                         # default: the size of the grid
//! set.steps = 1000                  # fields set alike in all runs
//! set.network.regime = "rich"
//! [group.vary]                      # fields that differ
//! "task.random.samples" = { grid = [5, 10] }
//! "noise.update.distribution.gaussian.standard_deviation" = { log_range = [0.01, 0.1] }
//! ```
//!
//! Run k of a sweep depends on the sweep's seed and k alone: its random numbers are stream k of a
//! `ChaCha8Rng` of that seed, first the scenario's own seed (unless the file sets or varies it),
//! then the drawn fields in the order of their names. With fewer runs than the grid has places,
//! evenly spaced places are taken; with more, the grid is gone through again.

mod maps;
mod presets;
mod summary;

use std::path::Path;

use drift_engine::Simulation;
use drift_engine::System;
use drift_engine::sweep::{Cell, Distribution, Draw, Swept};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::scenario::{
    UncheckedScenario, deserialize, from_value, is_own, set_value, table_of, tree, tree_of,
};
use crate::{Error, Registry, Scenario};

pub(crate) use maps::MapRecorder;
pub use presets::{preset, presets};
pub(crate) use summary::{first_and_final, summary};

/// A sweep as it is written in a file, not yet checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncheckedSweep {
    /// Free text for reports.
    pub name: String,
    /// The seed that, with a run's number, decides all that is random about the run.
    #[serde(default)]
    pub seed: u64,
    /// Evenly spaced snapshots kept of each run (default 0), as `snapshots/run-K.npz`.
    #[serde(default)]
    pub snapshots: usize,
    /// The groups, whose runs are numbered one after the other.
    pub group: Vec<UncheckedGroup>,
}

/// Runs that vary one scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncheckedGroup {
    /// The group's name in the table.
    pub name: String,
    /// The scenario preset that is varied, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// … or a scenario in its place: a whole one, or the path of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Value>,
    /// How many runs; absent: as many as the grid has places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<u64>,
    /// Fields set alike in all runs, by path or as nested tables.
    #[serde(default)]
    pub set: Table,
    /// Fields that differ, by path or as nested tables, each with a [`Distribution`].
    #[serde(default)]
    pub vary: Table,
}

/// A checked sweep over the fields of scenarios.
///
/// ```
/// use drift_sim::Sweep;
///
/// let sweep = Sweep::from_toml(r#"
///     name = "small"
///     [[group]]
///     name = "dimensions"
///     preset = "random-sgd-update"
///     [group.vary]
///     task.random.samples = { grid = [5, 10] }
///     network.regime = { grid = ["rich", "lazy"] }
///     rule.sgd.learning_rate = { range = [0.05, 0.15] }
/// "#)?;
/// assert_eq!(sweep.runs(), 4);
/// assert_eq!(sweep.scenario(3)?, sweep.scenario(3)?);
/// assert_ne!(sweep.scenario(3)?.seed(), sweep.scenario(2)?.seed());
/// # Ok::<(), drift_sim::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sweep {
    unchecked: UncheckedSweep,
    design: drift_engine::sweep::Sweep,
    /// The scenario of each group with everything that is set.
    bases: Vec<Value>,
    registry: Registry,
}

impl TryFrom<UncheckedSweep> for Sweep {
    type Error = Error;

    fn try_from(unchecked: UncheckedSweep) -> Result<Self, Error> {
        Registry::new().sweep(unchecked)
    }
}

impl Registry {
    /// Reads and checks a sweep in TOML. Scenario files that it names are read from `folder`.
    ///
    /// # Errors
    /// [`Syntax`](drift_engine::Error::Syntax), [`Error::UnknownField`] with the nearest name, [`Error::UnknownPreset`]
    /// or [`OutOfRange`](drift_engine::Error::OutOfRange).
    pub fn sweep_from_toml(&self, text: &str, folder: &Path) -> Result<Sweep, Error> {
        let table = table_of(text, "sweep (TOML)")?;
        let mut unchecked: UncheckedSweep = deserialize(Value::Table(table), "sweep")?;
        for group in &mut unchecked.group {
            if let Some(Value::String(path)) = &group.scenario {
                group.scenario = Some(tree_of(&self.read_scenario(folder.join(path))?)?);
            }
        }
        self.sweep(unchecked)
    }

    /// The sweep that a directory holds.
    ///
    /// # Errors
    /// [`Error::Engine`] where there is none, and as
    /// [`sweep_from_toml`](Self::sweep_from_toml).
    pub fn sweep_in(&self, directory: impl AsRef<Path>) -> Result<Sweep, Error> {
        let directory = directory.as_ref();
        let text = drift_engine::sweep::sweep_text(directory)?;
        self.sweep_from_toml(&text, directory)
    }

    /// Checks a sweep.
    ///
    /// # Errors
    /// As [`sweep_from_toml`](Self::sweep_from_toml).
    pub fn sweep(&self, unchecked: UncheckedSweep) -> Result<Sweep, Error> {
        if unchecked.group.is_empty() {
            return Err(Error::range("group", "missing", "at least one [[group]]"));
        }
        let mut design = drift_engine::sweep::Sweep::new(&unchecked.name, unchecked.seed)?
            .with_snapshots(unchecked.snapshots);
        // What is checked can be written: TOML's integers have 64 bits with a sign.
        tree(&unchecked)?;
        let mut bases = Vec::new();
        for group in &unchecked.group {
            let base = base(group, self)?;
            let vary = varied(group, &base, self)?;
            let vary = vary.iter().map(|(path, d)| (path.as_str(), d.clone()));
            design = design.with_group(&group.name, group.runs, vary)?;
            bases.push(base);
        }
        let text = toml::to_string(&unchecked).expect("a sweep is a table of plain values");
        let sweep = Sweep {
            design: design.with_text(text),
            unchecked,
            bases,
            registry: self.clone(),
        };
        let firsts: Vec<u64> = sweep.design.groups().map(|(_, first, _)| first).collect();
        for first in firsts {
            // A field that does not exist shows in the first run, not after hours.
            sweep.scenario(first)?;
        }
        Ok(sweep)
    }
}

/// The scenario of a group with everything that is set.
fn base(group: &UncheckedGroup, registry: &Registry) -> Result<Value, Error> {
    let mut base = match (&group.preset, &group.scenario) {
        (Some(preset), None) => tree_of(crate::presets::preset(preset)?.spec())?,
        (None, Some(scenario)) => tree_of(&from_value(scenario.clone(), registry)?)?,
        _ => {
            return Err(Error::range(
                format!("group {}", group.name),
                "both or neither",
                "preset or scenario: what is varied",
            ));
        }
    };
    let mut fields = Vec::new();
    leaves("", &group.set, &|_| false, &mut fields);
    for (path, value) in fields {
        set_value(&mut base, &path, value).map_err(|reason| Error::Override {
            text: format!("group {}: set.{path}", group.name),
            reason,
        })?;
    }
    Ok(base)
}

/// The fields of a group that differ, each with its distribution over values of the field's type:
/// a file may write `[0, 1]` for a field of numbers.
fn varied(
    group: &UncheckedGroup,
    base: &Value,
    registry: &Registry,
) -> Result<Vec<(String, Distribution)>, Error> {
    let mut fields = Vec::new();
    leaves("", &group.vary, &Distribution::is_in, &mut fields);
    let mut vary = Vec::new();
    for (path, value) in fields {
        if !matches!(&value, Value::Table(table) if Distribution::is_in(table)) {
            return Err(Error::range(
                format!("group {}: vary.{path}", group.name),
                value,
                "{ grid = […] }, { choice = […] }, { range = [a, b] } or { log_range = [a, b] }",
            ));
        }
        let distribution: Distribution = deserialize(value, "sweep")?;
        // Of a part of one's own, the number that is varied tells the type.
        let was_float = at(base, &path).is_some_and(Value::is_float);
        let is_of_numbers = was_float
            || first_value(&distribution).is_some_and(|value| {
                let mut tree = base.clone();
                set_value(&mut tree, &path, value).is_ok()
                    && from_value(tree, registry)
                        .and_then(|scenario| tree_of(&scenario))
                        .is_ok_and(|tree| at(&tree, &path).is_some_and(Value::is_float))
            });
        vary.push((
            path,
            if is_of_numbers {
                distribution.of_numbers()
            } else {
                distribution
            },
        ));
    }
    Ok(vary)
}

fn first_value(distribution: &Distribution) -> Option<Value> {
    match distribution {
        Distribution::Grid(values) | Distribution::Choice(values) => values.first().cloned(),
        Distribution::Range(ends) | Distribution::LogRange(ends) => Some(ends[0].clone()),
        _ => None,
    }
}

/// The value at a dotted path.
fn at<'a>(tree: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(tree, |node, key| node.get(key))
}

/// Flattens nested tables into paths; an empty table, and what `is_leaf` says, stays whole.
fn leaves(
    prefix: &str,
    table: &Table,
    is_leaf: &dyn Fn(&Table) -> bool,
    found: &mut Vec<(String, Value)>,
) {
    for (key, value) in table {
        let path = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            Value::Table(inner) if !inner.is_empty() && !is_leaf(inner) => {
                leaves(&path, inner, is_leaf, found);
            }
            _ => found.push((path, value.clone())),
        }
    }
}

impl Sweep {
    /// Reads and checks TOML, of scenarios with parts of ours; files are read from the working
    /// directory.
    ///
    /// # Errors
    /// As [`Registry::sweep_from_toml`].
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        Registry::new().sweep_from_toml(text, Path::new(""))
    }

    /// The sweep as TOML: what a sweep's directory is compared with.
    #[must_use]
    pub fn to_toml(&self) -> &str {
        self.design.text()
    }

    /// The design: groups, runs, draws. It opens shards and collects tables.
    #[must_use]
    pub fn design(&self) -> &drift_engine::sweep::Sweep {
        &self.design
    }

    /// The fields, all within their ranges.
    #[must_use]
    pub fn spec(&self) -> &UncheckedSweep {
        &self.unchecked
    }

    /// The sweep's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.unchecked.name
    }

    /// Number of runs, which are numbered from 0.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.design.runs()
    }

    /// The fields of a draw's scenario, not checked.
    fn fields(&self, draw: &Draw) -> Result<Value, Error> {
        let mut groups = self.unchecked.group.iter().zip(&self.bases);
        let Some((group, base)) = groups.find(|(group, _)| group.name == draw.group) else {
            let expected = "a group of the sweep";
            return Err(Error::range("group of the draw", &draw.group, expected));
        };
        let mut tree = base.clone();
        let mut set = |path: &str, value: Value| {
            set_value(&mut tree, path, value).map_err(|reason| Error::Override {
                text: format!("group {}: vary.{path}", draw.group),
                reason,
            })
        };
        if draw.get("seed").is_none() && !group.set.contains_key("seed") {
            set("seed", Value::Integer(draw.seed as i64))?;
        }
        for (path, value) in &draw.values {
            set(path, value.clone())?;
        }
        let name = format!("{} {}", self.unchecked.name, draw.run);
        set("name", Value::String(name))?;
        Ok(tree)
    }

    fn scenario_of(&self, draw: &Draw) -> Result<Scenario, Error> {
        from_value(self.fields(draw)?, &self.registry)?.try_into()
    }

    /// The scenario of run `run`.
    ///
    /// # Errors
    /// Where a drawn value is outside the field's range.
    ///
    /// # Panics
    /// Where there is no such run.
    pub fn scenario(&self, run: u64) -> Result<Scenario, Error> {
        self.scenario_of(&self.design.draw(run))
    }
}

/// Starts and ends of the fields that a network's row shows in columns of their own.
const COLUMNS: [(&str, &str); 9] = [
    ("network.hidden", ""),
    ("network.regime", ""),
    ("noise.update.", ""),
    ("noise.label", ""),
    ("noise.input", ""),
    ("rule.", ".learning_rate"),
    ("task.", ".samples"),
    ("task.", ".pixels"),
    ("task.", "put_dimension"),
];

fn has_column(path: &str) -> bool {
    let is_of = |(start, end): &(&str, &str)| path.starts_with(start) && path.ends_with(end);
    COLUMNS.iter().any(is_of)
}

impl Swept for Sweep {
    type System = Box<dyn System>;

    fn simulation(&self, draw: &Draw) -> Result<Simulation<Box<dyn System>>, drift_engine::Error> {
        let scenario = self.scenario_of(draw)?;
        let system = self.registry.swept_system(&scenario)?;
        Simulation::new(system, scenario.plan().clone())
    }

    /// The scenario's fields, and under its path what was drawn for a field without a column. Of a
    /// draw that makes no scenario they are those that were set and drawn.
    fn describe(&self, draw: &Draw) -> Vec<(String, Cell)> {
        let Ok(mut fields) = self.fields(draw) else {
            return Vec::new();
        };
        let scenario = self.scenario_of(draw).ok();
        if let Some(tree) = scenario.as_ref().and_then(|s| tree_of(s.spec()).ok()) {
            fields = tree;
        }
        let json = serde_json::to_string(&fields).unwrap_or_default();
        let unchecked = from_value(fields.clone(), &self.registry).ok();
        let of = |read: &dyn Fn(&UncheckedScenario) -> Cell| {
            unchecked.as_ref().map_or(Cell::Missing, read)
        };
        let field = |path: &str| at(&fields, path).map_or(Cell::Missing, Cell::from);
        let sizes = unchecked
            .as_ref()
            .and_then(|s| self.registry.sizes(&s.task).ok().flatten());
        let size = |axis: usize| sizes.map_or(Cell::Missing, |sizes| Cell::from(sizes[axis]));
        let has_network = unchecked.as_ref().is_none_or(|s| s.task.has_dataset());
        let mut cells = vec![
            ("name", field("name")),
            ("seed", field("seed")),
            ("task", of(&|s| s.task.kind().into())),
            ("steps", field("steps")),
        ];
        if has_network {
            cells.extend([
                ("samples", size(0)),
                ("inputs", size(1)),
                ("outputs", size(2)),
                ("hidden", field("network.hidden")),
                ("regime", field("network.regime")),
                ("rule", of(&|s| s.rule.kind().into())),
                ("learning_rate", of(&|s| s.rule.learning_rate().into())),
                (
                    "update_noise",
                    of(&|s| s.noise.update.distribution.scale().into()),
                ),
                ("update_place", field("noise.update.place")),
                ("label_noise", of(&|s| s.noise.label.scale().into())),
                ("input_noise", of(&|s| s.noise.input.scale().into())),
            ]);
        }
        let mut cells: Vec<(String, Cell)> = cells
            .into_iter()
            .map(|(name, cell)| (name.to_owned(), cell))
            .collect();
        let drawn = draw.values.iter().filter(|(name, _)| {
            let is_shown = name == "seed" || name == "steps" || (has_network && has_column(name));
            !is_shown || is_own(name, &self.registry)
        });
        cells.extend(drawn.map(|(name, value)| (name.clone(), Cell::from(value))));
        cells.push(("scenario".to_owned(), Cell::from(json)));
        cells
    }
}
