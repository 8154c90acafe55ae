//! The sweep from which the classifier of learning rules learned.

use toml::Value;

use super::{AFTER, DROPOUT, LABEL, UPDATE, WEIGHT, dimensions, group, one, range, regimes, table};
use crate::sweep::UncheckedGroup;

/// Samples of each run, all of them with a snapshot.
pub(super) const SAMPLES: usize = 41;

/// The groups of the sweep.
pub(super) fn groups() -> Vec<UncheckedGroup> {
    const INPUT: &str = "noise.input.uniform.width";
    let sgd = ("sgd", [0.05, 0.15]);
    let adam = ("adam", [0.0005, 0.0015]);
    let rmsprop = ("rmsprop", [0.0005, 0.0015]);
    let update = ("-update", UPDATE, [0.01, 0.1]);
    let label = ("-label", LABEL, [0.1, 1.0]);
    let before = ("-activity-before", "noise.activity.before", [0.03, 0.3]);
    let after = ("-activity-after", AFTER, [0.03, 0.3]);
    let dropout = ("-dropout", DROPOUT, [0.03, 0.3]);
    let input = ("-input", INPUT, [0.1, 1.0]);
    let weight = ("-weight", WEIGHT, [0.001, 0.01]);
    // Runs of a task, the rule, its noises.
    let kinds: [(u64, _, &[_]); 17] = [
        (144, sgd, &[]),
        (144, sgd, &[update]),
        (144, sgd, &[label]),
        (72, sgd, &[before]),
        (72, sgd, &[after]),
        (144, sgd, &[dropout]),
        (72, adam, &[]),
        (36, adam, &[update]),
        (36, adam, &[label]),
        (72, rmsprop, &[]),
        (36, rmsprop, &[update]),
        (36, rmsprop, &[label]),
        (144, ("sed", [0.9, 1.0]), &[]),
        (36, sgd, &[update, label]),
        (36, sgd, &[input]),
        (36, sgd, &[weight]),
        (36, sgd, &[]),
    ];
    let last = kinds.len() - 1;
    let mut groups = Vec::new();
    for (kind, (runs, (rule, rates), noises)) in kinds.into_iter().enumerate() {
        for task in ["random", "smoothed", "predictive"] {
            let inputs = match task {
                "predictive" => range(5, 15),
                _ => range(5, 29),
            };
            let samples = Value::Integer(SAMPLES as i64);
            let mut set = table([("sampling.linear.samples", samples)]);
            let mut suffix: String = noises.iter().map(|(name, ..)| *name).collect();
            if kind == last {
                set.insert("batch.size".to_owned(), Value::Integer(2));
                suffix = "-batch".to_owned();
            }
            let mut vary = dimensions(task, range(5, 14), inputs, range(5, 15));
            vary.push(("network.regime".to_owned(), regimes("choice")));
            vary.push(("steps".to_owned(), one("log_range", vec![30_000, 100_000])));
            vary.push((
                format!("rule.{rule}.learning_rate"),
                one("range", rates.to_vec()),
            ));
            for (_, path, scale) in noises {
                vary.push(((*path).to_owned(), one("log_range", scale.to_vec())));
            }
            let mut group = group(task, rule, &suffix, runs, set, vary);
            group.preset = Some(format!("{task}-{rule}"));
            groups.push(group);
        }
    }
    groups
}
