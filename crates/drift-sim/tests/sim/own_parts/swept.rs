//! Sweeps over fields of parts of one's own: one table, however they are divided.

use std::fs;
use std::path::Path;

use drift_sim::engine::sweep::{Shard, SweepShard, collect};
use drift_sim::{Registry, Sweep};
use tempfile::tempdir;

use super::registry;

const TRAINING: &str = r#"
name = "own"
[[group]]
name = "all"
runs = 6
[group.scenario]
steps = 400
sampling.linear.samples = 12
network.hidden = 12
task.open_field = { samples = 60, landmarks = 8 }
rule.momentum = { learning_rate = 0.02, momentum = 0.9, weight_decay = 1e-5 }
noise.update = { place = "parameters", distribution.multiplicative.scale = 0.001 }
measures = { plane_bins = 6, own.participation = {}, own.change = {} }
[group.vary]
"rule.momentum.momentum" = { grid = [0, 0.5, 0.9] }
"task.open_field.landmarks" = { grid = [4, 8] }
"#;

const RING: &str = r#"
name = "rings"
[[group]]
name = "all"
runs = 6
scenario = { task.ring = { oscillators = 9, coupling = 1.0, noise = 0.1 }, steps = 500 }
vary."task.ring.coupling" = { grid = [0.1, 1, 3] }
vary."task.ring.noise" = { log_range = [0.01, 1] }
"#;

fn run(registry: &Registry, text: &str, directory: &Path, shard: Shard, jobs: usize) -> Sweep {
    let sweep = registry.sweep_from_toml(text, Path::new("")).unwrap();
    let mut shard = SweepShard::open(directory, sweep.design(), shard, false).unwrap();
    assert_eq!(
        shard.run(&sweep, Some(jobs), &|| false, &|_| ()).unwrap(),
        0
    );
    sweep
}

/// The table and the curves.
fn tables(sweep: &Sweep, directories: &[&Path], out: &Path) -> [Vec<u8>; 2] {
    let collected = collect(sweep.design(), directories, out).unwrap();
    assert_eq!((collected.rows, collected.gaps.len()), (6, 0));
    assert!(collected.differing.is_empty());
    ["table.csv", "curves.npz"].map(|file| fs::read(out.join(file)).unwrap())
}

#[test]
fn the_table_does_not_depend_on_how_the_sweep_was_divided() {
    let (parent, registry) = (tempdir().unwrap(), registry());
    for (name, text) in [("training", TRAINING), ("ring", RING)] {
        let path = |end: &str| parent.path().join(name).join(end);
        let sweep = run(&registry, text, &path("one"), Shard::whole(), 1);
        let expected = tables(&sweep, &[&path("one")], &path("table"));
        run(&registry, text, &path("two"), Shard::whole(), 2);
        assert!(
            tables(&sweep, &[&path("two")], &path("table-two")) == expected,
            "{name}"
        );
        for number in [2, 1] {
            let shard = Shard::new(number, 2).unwrap();
            run(&registry, text, &path(&format!("shard-{number}")), shard, 2);
        }
        let shards = [path("shard-1"), path("shard-2")];
        let shards = [shards[0].as_path(), shards[1].as_path()];
        assert!(
            tables(&sweep, &shards, &path("table-shards")) == expected,
            "{name}"
        );
    }
}

#[test]
fn the_table_shows_the_fields_and_the_measures() {
    let (parent, registry) = (tempdir().unwrap(), registry());
    let table = |name: &str, text: &str| -> (Vec<String>, Vec<Vec<String>>) {
        let directory = parent.path().join(name);
        let sweep = run(&registry, text, &directory, Shard::whole(), 2);
        let [table, _] = tables(&sweep, &[&directory], &directory.join("table"));
        let mut reader = csv::Reader::from_reader(table.as_slice());
        let header = reader
            .headers()
            .unwrap()
            .iter()
            .map(str::to_owned)
            .collect();
        let rows = reader
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect());
        (header, rows.collect())
    };
    let (header, rows) = table("training", TRAINING);
    let column = |name: &str| -> Vec<&str> {
        let index = header.iter().position(|known| known == name);
        let index = index.unwrap_or_else(|| panic!("{name} of {header:?}"));
        rows.iter().map(|row| row[index].as_str()).collect()
    };
    assert_eq!(
        column("outcome"),
        ["completed"; 6],
        "{:?}",
        column("reason")
    );
    assert_eq!(column("task"), ["open_field"; 6]);
    assert_eq!(column("rule"), ["momentum"; 6]);
    // An integer in the file is a number where the field is one.
    assert_eq!(
        column("rule.momentum.momentum"),
        ["0.0", "0.5", "0.9", "0.0", "0.5", "0.9"]
    );
    assert_eq!(column("inputs"), ["4", "4", "4", "8", "8", "8"]);
    assert_eq!(column("samples"), ["60"; 6]);
    assert_eq!(column("update_noise"), ["0.001"; 6]);
    for name in [
        "final_participation_ratio",
        "final_change",
        "final_spatial_information",
    ] {
        for value in column(name) {
            assert!(value.parse::<f64>().unwrap() > 0.0, "{name} is {value}");
        }
    }

    let (header, rows) = table("ring", RING);
    let column = |name: &str| -> Vec<f64> {
        let index = header.iter().position(|known| known == name).unwrap();
        rows.iter().map(|row| row[index].parse().unwrap()).collect()
    };
    assert_eq!(column("task.ring.coupling"), [0.1, 1.0, 3.0, 0.1, 1.0, 3.0]);
    assert!(
        column("task.ring.noise")
            .iter()
            .all(|noise| (0.01..1.0).contains(noise))
    );
    assert!(
        column("final_order")
            .iter()
            .all(|order| (0.0..=1.0).contains(order))
    );
}

#[test]
fn a_run_of_a_sweep_is_the_run_of_its_scenario() {
    let registry = registry();
    for text in [TRAINING, RING] {
        let sweep = registry.sweep_from_toml(text, Path::new("")).unwrap();
        let scenario = sweep.scenario(4).unwrap();
        // What is written of it reads back, through the registry.
        assert_eq!(registry.scenario(&scenario.to_toml()).unwrap(), scenario);
        let mut simulation = registry.simulation(&scenario).unwrap();
        simulation.run(&mut ()).unwrap();
        let draw = sweep.design().draw(4);
        let row = drift_sim::engine::sweep::run_draw(&sweep, &draw, None, None, &|| false);
        let row = row.unwrap().unwrap();
        let last = simulation.trace().last().unwrap();
        let name = if text == RING {
            "order"
        } else {
            "participation_ratio"
        };
        let column = format!("final_{name}");
        let found = row
            .summary
            .numbers
            .iter()
            .find(|(known, _)| *known == column);
        assert_eq!(found.unwrap().1, last.get(name));
    }
}
