//! Many runs from one file: distributions over the fields of a scenario, run in shards that need
//! no knowledge of each other, collected into one table.
//!
//! ```toml
//! name = "noise"
//! seed = 1
//!
//! [[group]]
//! name = "rich"
//! preset = "random-sgd-update"      # the scenario that is varied
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

mod collect;
mod distribution;
mod journal;
mod one_run;
mod presets;
mod recorder;
mod shard;
mod summary;
mod unfinished;

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::scenario::{deserialize, from_value, set_value, tree_of};
use crate::{Error, Scenario};

pub use collect::{Collected, SweepStatus, collect, status};
pub use distribution::Distribution;
pub use one_run::{CURVE_POINTS, Curves, RunEnd, RunRow, run_scenario};
pub use presets::{preset, presets};
pub use shard::{Shard, SweepShard};
pub use summary::Summary;

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
    /// The scenario preset that is varied.
    pub preset: String,
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

/// A checked sweep.
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
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    unchecked: UncheckedSweep,
    groups: Vec<Group>,
    runs: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Group {
    name: String,
    /// The preset with everything that is set.
    base: Value,
    vary: Vec<(String, Distribution)>,
    own_seed: bool,
    first: u64,
    runs: u64,
    places: u64,
}

impl TryFrom<UncheckedSweep> for Sweep {
    type Error = Error;

    fn try_from(unchecked: UncheckedSweep) -> Result<Self, Error> {
        if unchecked.group.is_empty() {
            return Err(Error::range("group", "missing", "at least one [[group]]"));
        }
        if unchecked.seed > i64::MAX as u64 {
            return Err(Error::range(
                "seed",
                unchecked.seed,
                format!("0 to {}", i64::MAX),
            ));
        }
        // What is checked can be written: TOML's integers have 64 bits with a sign.
        tree_of(&unchecked)?;
        let mut groups: Vec<Group> = Vec::new();
        let mut runs = 0_u64;
        for group in &unchecked.group {
            if groups.iter().any(|other| other.name == group.name) {
                return Err(Error::range("group.name", &group.name, "a name of its own"));
            }
            let group = Group::new(group, runs)?;
            runs = runs.checked_add(group.runs).ok_or_else(|| {
                Error::range("runs", "over 2^64", "a number of runs that can be counted")
            })?;
            groups.push(group);
        }
        let sweep = Self {
            unchecked,
            groups,
            runs,
        };
        for group in &sweep.groups {
            // A field that does not exist shows in the first run, not after hours.
            sweep.scenario(group.first)?;
        }
        Ok(sweep)
    }
}

impl Group {
    fn new(unchecked: &UncheckedGroup, first: u64) -> Result<Self, Error> {
        let in_group = |field: &str| format!("group {}: {field}", unchecked.name);
        let mut base = tree_of(crate::presets::preset(&unchecked.preset)?.spec())?;
        let mut fields = Vec::new();
        leaves("", &unchecked.set, &|_| false, &mut fields);
        let mut own_seed = false;
        for (path, value) in fields {
            own_seed |= path == "seed";
            set_value(&mut base, &path, value).map_err(|reason| Error::Override {
                text: in_group(&format!("set.{path}")),
                reason,
            })?;
        }
        let is_distribution =
            |table: &Table| table.len() == 1 && KINDS.iter().any(|kind| table.contains_key(*kind));
        let mut fields = Vec::new();
        leaves("", &unchecked.vary, &is_distribution, &mut fields);
        let mut vary = Vec::new();
        for (path, value) in fields {
            own_seed |= path == "seed";
            if !matches!(&value, Value::Table(table) if is_distribution(table)) {
                return Err(Error::range(
                    in_group(&format!("vary.{path}")),
                    value,
                    "{ grid = […] }, { choice = […] }, { range = [a, b] } or { log_range = [a, b] }",
                ));
            }
            let distribution: Distribution = deserialize(value, "sweep")?;
            distribution.check(&in_group(&format!("vary.{path}")))?;
            vary.push((path, distribution));
        }
        vary.sort_by(|(one, _), (other, _)| one.cmp(other));
        let places = vary
            .iter()
            .try_fold(1_u64, |places, (_, distribution)| {
                places.checked_mul(distribution.grid_length())
            })
            .ok_or_else(|| Error::range(in_group("grid"), "over 2^64 places", "fewer"))?;
        let drawn_only = places == 1 && vary.iter().any(|(_, drawn)| drawn.is_drawn());
        let runs = match unchecked.runs {
            Some(0) => return Err(Error::range(in_group("runs"), 0, "at least 1")),
            Some(runs) => runs,
            None if drawn_only => {
                return Err(Error::range(
                    in_group("runs"),
                    "missing",
                    "a number: nothing of the group is a grid",
                ));
            }
            None => places,
        };
        Ok(Self {
            name: unchecked.name.clone(),
            base,
            vary,
            own_seed,
            first,
            runs,
            places,
        })
    }

    /// The place on the grid of the group's run `index`.
    fn place(&self, index: u64) -> u64 {
        if self.runs < self.places {
            (u128::from(index) * u128::from(self.places) / u128::from(self.runs)) as u64
        } else {
            index % self.places
        }
    }
}

use distribution::KINDS;

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
    /// Reads and checks TOML.
    ///
    /// # Errors
    /// [`Error::Syntax`], [`Error::UnknownField`] with the nearest name, [`Error::UnknownPreset`]
    /// or [`Error::OutOfRange`].
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| Error::Syntax {
                what: "sweep (TOML)",
                message: error.to_string().trim_end().to_owned(),
            })?;
        let unchecked: UncheckedSweep = deserialize(Value::Table(table), "sweep")?;
        unchecked.try_into()
    }

    /// The sweep as TOML: what a sweep's directory is compared with.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(&self.unchecked).expect("a sweep is a table of plain values")
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
        self.runs
    }

    /// The group of run `run`.
    ///
    /// # Panics
    /// Where there is no such run.
    #[must_use]
    pub fn group(&self, run: u64) -> &str {
        &self.group_of(run).name
    }

    fn group_of(&self, run: u64) -> &Group {
        assert!(run < self.runs, "run {run} of a sweep of {}", self.runs);
        let after = self.groups.partition_point(|group| group.first <= run);
        &self.groups[after - 1]
    }

    /// The scenario of run `run`.
    ///
    /// # Errors
    /// Where a drawn value is outside the field's range.
    ///
    /// # Panics
    /// Where there is no such run.
    pub fn scenario(&self, run: u64) -> Result<Scenario, Error> {
        let group = self.group_of(run);
        let mut rng = ChaCha8Rng::seed_from_u64(self.unchecked.seed);
        rng.set_stream(run);
        let seed: u64 = rng.random();
        let mut tree = group.base.clone();
        let mut set = |path: &str, value: Value| {
            set_value(&mut tree, path, value).map_err(|reason| Error::Override {
                text: format!("group {}: vary.{path}", group.name),
                reason,
            })
        };
        if !group.own_seed {
            set("seed", Value::Integer((seed >> 1) as i64))?;
        }
        let mut place = group.place(run - group.first);
        for (path, distribution) in &group.vary {
            let length = distribution.grid_length();
            let value = distribution.value(place % length, &mut rng);
            place /= length;
            set(path, value)?;
        }
        set(
            "name",
            Value::String(format!("{} {run}", self.unchecked.name)),
        )?;
        from_value(tree)?.try_into()
    }
}
