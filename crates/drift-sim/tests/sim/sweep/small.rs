//! A sweep with a group of every kind, in miniature.

use std::fs;
use std::path::Path;

use drift_sim::Sweep;
use drift_sim::engine::sweep::{Collected, Shard, SweepShard, collect};

pub const SMALL: &str = r#"
name = "small"
seed = 3
snapshots = 3

[[group]]
name = "grid"
preset = "random-sgd-update"
set = { steps = 60, network.hidden = 8, sampling.linear.samples = 31, spectrum.samples = 20, spectrum.kind = "exact", spectrum.first = 10, spectrum.last = 11 }
[group.vary]
task.random.samples = { grid = [3, 5] }
network.regime = { grid = ["rich", "lazy"] }
"noise.update.distribution.gaussian.standard_deviation" = { log_range = [0.01, 0.1] }

[[group]]
name = "drawn"
preset = "predictive-adam"
runs = 5
set.steps = 40
set.network.hidden = 8
set.sampling.linear.samples = 11
[group.vary]
"task.predictive.samples" = { range = [5, 9] }
"rule.adam.learning_rate" = { range = [0.001, 0.002] }
"noise.label" = { choice = ["none", { uniform = { width = 0.5 } }] }

[[group]]
name = "wild"
preset = "random-sgd"
runs = 2
set = { steps = 3000, rule.sgd.learning_rate = 1000.0 }

[[group]]
name = "impossible"
preset = "random-sgd"
set.steps = 10
vary.task.random.samples = { grid = [4, 0] }
"#;

pub fn small() -> Sweep {
    Sweep::from_toml(SMALL).unwrap()
}

pub fn never() -> bool {
    false
}

pub fn run(directory: &Path, sweep: &Sweep, shard: Shard, jobs: usize) {
    let mut shard = SweepShard::open(directory, sweep.design(), shard, false).unwrap();
    assert_eq!(shard.run(sweep, Some(jobs), &never, &|_| ()).unwrap(), 0);
}

pub fn tables(
    sweep: &Sweep,
    directories: &[&Path],
    output: &Path,
) -> (Collected, Vec<u8>, Vec<u8>) {
    let collected = collect(sweep.design(), directories, output).unwrap();
    let read = |name: &str| fs::read(output.join(name)).unwrap();
    (collected, read("table.csv"), read("curves.npz"))
}
