//! Many runs that differ in what is drawn: in shards that need no knowledge of each other,
//! collected into one table.
//!
//! A [`Sweep`] says how many runs there are and which values each of them draws. What a run is
//! made of those values says a [`Swept`]: a closure from a [`Draw`] to a [`Simulation`], or more.
//!
//! Run k of a sweep depends on the sweep's seed and k alone: its random numbers are stream k of a
//! `ChaCha8Rng` of that seed, first the run's own seed, then the drawn fields in the order of
//! their names. With fewer runs than the grid has places, evenly spaced places are taken; with
//! more, the grid is gone through again.

mod collect;
mod distribution;
mod one_run;
mod shard;
mod summary;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::{Error, Simulation, System};

pub use collect::{Collected, SweepStatus, collect, status, sweep_text};
pub use distribution::Distribution;
pub use one_run::{RunEnd, RunRow, run_draw};
pub use shard::{Shard, SweepShard};
pub use summary::{CURVE_POINTS, Cell, Summary};

/// The design of a sweep: groups of runs, and what each run draws.
///
/// ```
/// use drift_engine::sweep::{Distribution, Sweep};
///
/// let sweep = Sweep::new("small", 1)?
///     .with_group("grid", None, [
///         ("samples", Distribution::grid([5, 10])),
///         ("rate", Distribution::between(0.05, 0.15)),
///     ])?;
/// assert_eq!(sweep.runs(), 2);
/// let draw = sweep.draw(1);
/// assert_eq!(draw.integer("samples"), Some(10));
/// assert!((0.05..0.15).contains(&draw.number("rate").unwrap()));
/// assert_eq!(draw, sweep.draw(1));
/// # Ok::<(), drift_engine::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    name: String,
    seed: u64,
    snapshots: usize,
    groups: Vec<Group>,
    runs: u64,
    /// What a directory is compared with: everything that the runs depend on.
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Group {
    name: String,
    vary: Vec<(String, Distribution)>,
    first: u64,
    runs: u64,
    places: u64,
}

/// What one run of a sweep draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Draw {
    /// Number of the run in the sweep.
    pub run: u64,
    /// The run's group.
    pub group: String,
    /// A seed of the run's own, below 2⁶³.
    pub seed: u64,
    /// The fields that differ, by name, with the values drawn.
    pub values: Vec<(String, Value)>,
}

impl Draw {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        find(&self.values, field)
    }

    /// The value of a field of numbers.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<f64> {
        distribution::number(self.get(field)?)
    }

    /// The value of a field of integers.
    #[must_use]
    pub fn integer(&self, field: &str) -> Option<i64> {
        self.get(field)?.as_integer()
    }

    /// The value of a field of words.
    #[must_use]
    pub fn word(&self, field: &str) -> Option<&str> {
        self.get(field)?.as_str()
    }
}

/// What a sweep runs: makes the simulation of a draw and says what stands in its row.
///
/// A closure `Fn(&Draw) -> Result<Simulation<S>, Error>` is one.
pub trait Swept: Sync {
    /// What is simulated.
    type System: System;

    /// The simulation of a draw, before its first step.
    ///
    /// # Errors
    /// What the draw makes impossible: the run is a row with the reason.
    fn simulation(&self, draw: &Draw) -> Result<Simulation<Self::System>, Error>;

    /// What stands in the row beside how it ended and its summary, also of a draw that makes no
    /// simulation. Default: the seed and what was drawn.
    fn describe(&self, draw: &Draw) -> Vec<(String, Cell)> {
        let drawn = draw.values.iter();
        let drawn = drawn.map(|(name, value)| (name.clone(), Cell::from(value)));
        let seed = draw
            .get("seed")
            .is_none()
            .then(|| ("seed".to_owned(), Cell::Integer(draw.seed as i64)));
        seed.into_iter().chain(drawn).collect()
    }
}

impl<S: System, F: Fn(&Draw) -> Result<Simulation<S>, Error> + Sync> Swept for F {
    type System = S;

    fn simulation(&self, draw: &Draw) -> Result<Simulation<S>, Error> {
        self(draw)
    }
}

impl Sweep {
    /// A sweep without groups.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a seed beyond 2⁶³ − 1.
    pub fn new(name: impl Into<String>, seed: u64) -> Result<Self, Error> {
        // TOML's integers have 64 bits with a sign.
        let most = i64::MAX as u64;
        Error::unless(seed <= most, "seed", seed, format!("0 to {most}"))?;
        let sweep = Self {
            name: name.into(),
            seed,
            snapshots: 0,
            groups: Vec::new(),
            runs: 0,
            text: String::new(),
        };
        Ok(sweep.written())
    }

    /// The same, keeping so many evenly spaced vectors of each run's first series, in
    /// `snapshots/run-K.npz`.
    #[must_use]
    pub fn with_snapshots(mut self, snapshots: usize) -> Self {
        self.snapshots = snapshots;
        self.written()
    }

    /// The same with one more group: `runs` runs (default: as many as the grid has places) in
    /// which these fields differ.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a name that another group has, a distribution of nothing, no
    /// number of runs where nothing is a grid, or more runs than can be counted.
    pub fn with_group<'a>(
        mut self,
        name: impl Into<String>,
        runs: Option<u64>,
        vary: impl IntoIterator<Item = (&'a str, Distribution)>,
    ) -> Result<Self, Error> {
        let name = name.into();
        let alone = self.groups.iter().all(|other| other.name != name);
        Error::unless(alone, "group.name", &name, "a name of its own")?;
        let vary = vary.into_iter().map(|(field, d)| (field.to_owned(), d));
        let group = Group::new(name, runs, vary.collect(), self.runs)?;
        self.runs = self.runs.checked_add(group.runs).ok_or_else(|| {
            Error::range("runs", "over 2^64", "a number of runs that can be counted")
        })?;
        self.groups.push(group);
        Ok(self.written())
    }

    /// The same with a text of its caller's in the place of the one made here, which a directory
    /// of the sweep holds as `sweep.toml` and is compared with.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    fn written(mut self) -> Self {
        let group = |group: &Group| {
            let vary = group.vary.iter().map(|(field, distribution)| {
                let value = Value::try_from(distribution);
                let value = value.expect("a distribution is a list of TOML's own values");
                (field.clone(), value)
            });
            Value::Table(Table::from_iter([
                ("name".to_owned(), Value::from(group.name.clone())),
                ("runs".to_owned(), Value::Integer(group.runs as i64)),
                ("vary".to_owned(), Value::Table(vary.collect())),
            ]))
        };
        let groups = self.groups.iter().map(group).collect();
        self.text = Table::from_iter([
            ("name".to_owned(), Value::from(self.name.clone())),
            ("seed".to_owned(), Value::Integer(self.seed as i64)),
            (
                "snapshots".to_owned(),
                Value::Integer(self.snapshots as i64),
            ),
            ("group".to_owned(), Value::Array(groups)),
        ])
        .to_string();
        self
    }

    /// The text that a directory of the sweep holds.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The sweep's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Vectors kept of each run.
    #[must_use]
    pub fn snapshots(&self) -> usize {
        self.snapshots
    }

    /// Number of runs, which are numbered from 0.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The names of the groups, with the number of the first run and of runs of each.
    pub fn groups(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        let groups = self.groups.iter();
        groups.map(|group| (group.name.as_str(), group.first, group.runs))
    }

    /// What run `run` draws.
    ///
    /// # Panics
    /// Where there is no such run.
    #[must_use]
    pub fn draw(&self, run: u64) -> Draw {
        assert!(run < self.runs, "run {run} of a sweep of {}", self.runs);
        let after = self.groups.partition_point(|group| group.first <= run);
        let group = &self.groups[after - 1];
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(run);
        let seed = rng.random::<u64>() >> 1;
        let mut place = group.place(run - group.first);
        let mut values = Vec::with_capacity(group.vary.len());
        for (field, distribution) in &group.vary {
            let length = distribution.grid_length();
            let value = distribution.value(place % length, &mut rng);
            place /= length;
            values.push((field.clone(), value));
        }
        Draw {
            run,
            group: group.name.clone(),
            seed,
            values,
        }
    }
}

/// The value of a name in a list.
fn find<'a, T>(list: &'a [(String, T)], name: &str) -> Option<&'a T> {
    let mut list = list.iter();
    list.find(|(known, _)| known == name)
        .map(|(_, value)| value)
}

impl Group {
    fn new(
        name: String,
        runs: Option<u64>,
        mut vary: Vec<(String, Distribution)>,
        first: u64,
    ) -> Result<Self, Error> {
        let in_group = |field: &str| format!("group {name}: {field}");
        for (field, distribution) in &vary {
            distribution.check(&in_group(&format!("vary.{field}")))?;
        }
        vary.sort_by(|(one, _), (other, _)| one.cmp(other));
        if let Some(pair) = vary.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::range(
                in_group("vary"),
                &pair[0].0,
                "each field once",
            ));
        }
        let places = vary
            .iter()
            .try_fold(1_u64, |places, (_, distribution)| {
                places.checked_mul(distribution.grid_length())
            })
            .ok_or_else(|| Error::range(in_group("grid"), "over 2^64 places", "fewer"))?;
        let drawn_only = places == 1 && vary.iter().any(|(_, drawn)| drawn.is_drawn());
        let runs = match runs {
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
            name,
            vary,
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
