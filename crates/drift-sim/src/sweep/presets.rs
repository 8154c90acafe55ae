mod infer;

use toml::{Table, Value};

use super::{Sweep, UncheckedGroup, UncheckedSweep};
use crate::Error;
use crate::presets::{Preset, unknown};

/// All sweep presets, in the order to list them.
#[must_use]
pub fn presets() -> Vec<Preset> {
    [
        (
            "table2",
            "1151 runs by the published mix of tasks, rules and noises, 27 of RMSprop beside",
        ),
        (
            "grid-1e6",
            "the 362 published runs of 10^6 steps over a grid of dimensions",
        ),
        (
            "noise-scale",
            "Figure 4B: 118 runs of 10^7 steps, update noise 0.01 to 0.1",
        ),
        (
            "stability",
            "edge of stability: five learning rates, five seeds, fixed noise and fixed rate x noise",
        ),
        (
            "infer",
            "3888 runs of eight rules and noises and of four others, from which `drift infer` learned",
        ),
        (
            "architectures",
            "150 runs: one to three hidden layers, five noises, random data and the corridor",
        ),
    ]
    .map(|(name, description)| Preset::new("Sweeps", name, description))
    .to_vec()
}

/// A sweep preset.
///
/// All but `architectures` have 100 units, 10 001 samples as the published runs had 10 000, the exact spectrum at the
/// first 10 and last 11 of 100 even points (which is what the published summaries use), and a
/// seed of its own for each run, where the published grid fixed one seed for all.
///
/// * `table2`: the 1151 rows of the published table by task, rule, noise and length, with the
///   ranges that the rows show. SGD: the grid below and 10⁷ steps with data in [0, 1) (as Adam's), d_in, d_out and n in
///   2..=19, η 0.1, σ log-uniform in 0.001..0.1 or label width in 0.1..1. Adam: 10⁷ steps, η
///   0.001, d_in and n 2..=18, d_out 2..=19, 18 of 45 with noise. SED: 10⁷ steps, d_in and d_out
///   5..=29, n 5..=14, η 0.9..1. Two things differ from the table: dimensions of 1 and 0 are left
///   out (a single number cannot be normalised, and 0 stands for a default), and the numbers of
///   noisy Adam rows by task are our reading. The paper names RMSprop, its table has none: 27 runs
///   of the dimensions of the noise-free Adam rows come last, so that all others keep their draws.
///   The paper's text and the published script state other ranges (X and y 5..=29, n 5..=14, η
///   0.05..0.15 for SGD and 0.0005..0.0015 for Adam, σ 0.01..0.1), which the SGD and Adam rows do
///   not follow.
/// * `grid-1e6`: d_in 20, 25, 30; d_out 5, 10, 15; n 5, 10, 20; both regimes; 10⁶ steps, η 0.1,
///   update noise 0.03 or label noise of width 1; random and smoothed whole (54 each), the other
///   tasks with as many evenly spaced places as the published table has rows.
/// * `infer`: 432 runs each of SGD without noise, with update noise (σ 0.01..0.1), label noise (width
///   0.1..1), noise on hidden activity (σ 0.03..0.3, half before and half after f) and dropout (p
///   0.03..0.3), of Adam and RMSprop (both: half without noise, a quarter with update and a quarter with label noise) and of SED; then
///   108 runs each that are none of these: SGD with update and label noise at once, with noisy
///   inputs (width 0.1..1), with proportional noise on the parameters (σ 0.001..0.01), and on batches of
///   2. A third of each on the random, smoothed and predictive tasks; n 5..=14, d_in 5..=29, d_out
///   5..=15 (views of 5..=15 points), both regimes, 3·10⁴ to 10⁵ steps, learning rates within half of their
///   defaults (SED: 0.9..1), 41 samples, all with a snapshot. Each of 36 shards holds its part
///   of every group.
/// * `architectures`: ours, no published one. One, two and three hidden layers of 100 units, rich,
///   gradient descent, η 0.1, and one noise: in the update (σ 0.01), on labels (width 1), on hidden
///   activity (σ 0.1 after f), dropout (p 0.1) or in proportion to the parameters (σ 0.003); random
///   data (10⁶ steps) and the corridor of Figure 2 (2·10⁵ steps); five seeds each, 1001 samples,
///   11 traces of the Hessian, of random data with the Gauss–Newton spectrum.
/// * `noise-scale`: rich, d_in 20, d_out 5, n 5, η 0.1, 10⁷ steps, σ log-uniform in 0.01..0.1, data
///   in [0, 1).
///
/// * `stability`: `random` and the network of Figure 2 with η 0.0125, 0.025, 0.05, 0.1, 0.2 and seeds
///   0 to 4: without noise, with update noise and with label noise, of which either the scale s (update:
///   0.03, Figure 2's; label: width 1) or ηs is that at η 0.1 for all η. Drift goes as η²s²: the runs of
///   one scale s have steps in proportion to 1/η², 2·10⁵ (Figure 2: 10⁵) at η 0.1; all others have
///   as many steps as at 0.1. The shortest come first.
///
/// # Errors
/// [`Error::UnknownPreset`], with the nearest name where one is close.
pub fn preset(name: &str) -> Result<Sweep, Error> {
    let group = match name {
        "table2" => table2(),
        "grid-1e6" => grid(),
        "noise-scale" => noise_scale(),
        "infer" => infer::groups(),
        "architectures" => architectures(),
        "stability" => stability(),
        _ => return Err(unknown(name, &presets())),
    };
    UncheckedSweep {
        name: name.to_owned(),
        seed: 0,
        snapshots: if name == "infer" { infer::SAMPLES } else { 0 },
        group,
    }
    .try_into()
}

const UPDATE: &str = "noise.update.distribution.gaussian.standard_deviation";
const LABEL: &str = "noise.label.uniform.width";
const AFTER: &str = "noise.activity.after";
const DROPOUT: &str = "noise.dropout.probability";
const WEIGHT: &str = "noise.weight.distribution.proportional.standard_deviation";

/// What all groups set: the published measures.
fn published(steps: i64) -> Table {
    table([
        ("steps", steps.into()),
        ("sampling.linear.samples", 10_001.into()),
        ("spectrum.samples", 100.into()),
        ("spectrum.kind", "exact".into()),
        ("spectrum.first", 10.into()),
        ("spectrum.last", 11.into()),
        // At ten thousand samples it would take longer than the steps.
        ("spectrum.largest", 101.into()),
    ])
}

/// What the runs of the older script version set besides: data in [0, 1).
///
/// The version is not recorded. It shows in the number of units that are active at the start, which
/// the ratios in the tables reveal: about 73 of 100 in the SGD and Adam rows of 10⁷ steps, 99 in
/// those of 10⁶ and of SED (random task).
fn published_older(task: &str, steps: i64) -> Table {
    let mut set = published(steps);
    set.insert(path(task, "normalisation"), Value::from("unit_interval"));
    set
}

fn path(task: &str, field: &str) -> String {
    format!("task.{}.{field}", task.replace('-', "_"))
}

fn table<const N: usize>(fields: [(&str, Value); N]) -> Table {
    let fields = fields.into_iter();
    fields
        .map(|(path, value)| (path.to_owned(), value))
        .collect()
}

fn one(kind: &str, value: impl Into<Value>) -> Value {
    Value::Table(table([(kind, value.into())]))
}

fn range(low: i64, high: i64) -> Value {
    one("range", vec![low, high])
}

fn regimes(kind: &str) -> Value {
    one(kind, vec!["rich", "lazy"])
}

/// The three dimensions of a task, by their paths: samples, inputs and, where the task has any
/// of its own, outputs.
fn dimensions(task: &str, samples: Value, inputs: Value, outputs: Value) -> Vec<(String, Value)> {
    let path = |field| path(task, field);
    match task {
        "predictive" => vec![(path("samples"), samples), (path("pixels"), inputs)],
        _ => vec![
            (path("samples"), samples),
            (path("input_dimension"), inputs),
            (path("output_dimension"), outputs),
        ],
    }
}

fn group(
    task: &str,
    rule: &str,
    suffix: &str,
    runs: u64,
    set: Table,
    vary: impl IntoIterator<Item = (String, Value)>,
) -> UncheckedGroup {
    UncheckedGroup {
        name: format!("{task}-{rule}{suffix}"),
        preset: Some(format!(
            "{task}-{}",
            rule.split("-1e").next().unwrap_or(rule)
        )),
        scenario: None,
        runs: Some(runs),
        set,
        vary: vary.into_iter().collect(),
    }
}

fn grid() -> Vec<UncheckedGroup> {
    let mut groups = Vec::new();
    for (noise, counts) in [
        ("sgd-update", [54, 54, 44, 21, 7]),
        ("sgd-label", [54, 54, 44, 21, 9]),
    ] {
        let tasks = [
            "random",
            "smoothed",
            "random-autoencoder",
            "smoothed-autoencoder",
            "predictive",
        ];
        for (task, runs) in tasks.into_iter().zip(counts) {
            let mut vary = dimensions(
                task,
                one("grid", vec![5, 10, 20]),
                one("grid", vec![20, 25, 30]),
                one("grid", vec![5, 10, 15]),
            );
            vary.push(("network.regime".to_owned(), regimes("grid")));
            groups.push(group(task, noise, "-1e6", runs, published(1_000_000), vary));
        }
    }
    groups
}

fn table2() -> Vec<UncheckedGroup> {
    const LONG: i64 = 10_000_000;
    let regime = || ("network.regime".to_owned(), regimes("choice"));
    let mut groups = grid();
    type Noise = Option<(&'static str, [f64; 2])>;
    let older = |(rule, noise, most, runs): (&'static str, Noise, i64, [u64; 3])| {
        let tasks = ["random", "smoothed", "predictive"].into_iter().zip(runs);
        tasks.map(move |(task, runs)| {
            let mut vary = dimensions(task, range(2, most), range(2, most), range(2, 19));
            vary.push(regime());
            if let Some((path, scale)) = noise {
                vary.push((path.to_owned(), one("log_range", scale.to_vec())));
            }
            let set = published_older(task, LONG);
            group(task, rule, "-1e7", runs, set, vary)
        })
    };
    let (update, label) = ((UPDATE, [0.001, 0.1]), (LABEL, [0.1, 1.0]));
    let noisy = [
        ("sgd-update", Some(update), 19, [116, 134, 92]),
        ("sgd-label", Some(label), 19, [117, 118, 118]),
        ("adam", None, 18, [9, 10, 8]),
        ("adam-update", Some(update), 18, [3, 1, 2]),
        ("adam-label", Some(label), 18, [5, 3, 4]),
    ];
    groups.extend(noisy.into_iter().flat_map(older));
    let sed = [
        ("random", 6),
        ("smoothed", 12),
        ("random-autoencoder", 4),
        ("smoothed-autoencoder", 13),
        ("predictive", 14),
    ];
    for (task, runs) in sed {
        let mut vary = dimensions(task, range(5, 14), range(5, 29), range(5, 29));
        vary.push(regime());
        let rates = one("range", vec![0.9, 1.0]);
        vary.push(("rule.sed.learning_rate".to_owned(), rates));
        groups.push(group(task, "sed", "-1e7", runs, published(LONG), vary));
    }
    groups.extend(older(("rmsprop", None, 18, [9, 10, 8])));
    groups
}

fn noise_scale() -> Vec<UncheckedGroup> {
    [("random", 35), ("smoothed", 45), ("predictive", 38)]
        .map(|(task, runs)| {
            let mut set = published_older(task, 10_000_000);
            set.insert("network.regime".to_owned(), Value::from("rich"));
            set.extend(dimensions(
                task,
                Value::Integer(5),
                Value::Integer(20),
                Value::Integer(5),
            ));
            let vary = [(UPDATE.to_owned(), one("log_range", vec![0.01, 0.1]))];
            group(task, "sgd-update", "-1e7", runs, set, vary)
        })
        .to_vec()
}

/// Learning rates of [`stability`], the largest first: their runs are the shortest.
const RATES: [f64; 5] = [0.2, 0.1, 0.05, 0.025, 0.0125];
/// The rate at which both ways of scaling the noise meet.
const MIDDLE_RATE: f64 = 0.1;

fn stability() -> Vec<UncheckedGroup> {
    let figure2 = [
        ("-update", UPDATE, crate::presets::FIGURE2_UPDATE_NOISE),
        ("-label", LABEL, 1.0),
    ];
    let random = [("-update", UPDATE, 0.03), ("-label", LABEL, 1.0)];
    let mut groups = Vec::new();
    for (name, preset, steps, noises) in [
        ("random", "random-sgd", 200_000.0, random),
        ("figure2", "figure2", 100_000.0, figure2),
    ] {
        let mut add = |noise: &str, rate: f64, steps: f64, set: &[(&str, f64)]| {
            let mut fields = table([
                ("steps", Value::Integer(steps as i64)),
                ("rule.sgd.learning_rate", rate.into()),
                ("spectrum.samples", 0.into()),
                ("noise.update.distribution", "none".into()),
            ]);
            for &(path, scale) in set {
                if path == UPDATE {
                    fields.remove("noise.update.distribution");
                }
                fields.insert(path.to_owned(), Value::Float(scale));
            }
            let seeds = one("grid", vec![0, 1, 2, 3, 4]);
            groups.push(UncheckedGroup {
                name: format!("{name}{noise}/eta-{rate}"),
                preset: Some(preset.to_owned()),
                scenario: None,
                runs: None,
                set: fields,
                vary: table([("seed", seeds)]),
            });
        };
        for (noise, path, scale) in noises {
            for rate in RATES {
                let scale = scale * MIDDLE_RATE / rate;
                let name = format!("{noise}-fixed-product");
                add(&name, rate, steps, &[(path, scale)]);
            }
        }
        for rate in RATES {
            add("-no-noise", rate, steps, &[]);
        }
        for rate in RATES {
            let steps = steps * (MIDDLE_RATE / rate).powi(2);
            for (noise, path, scale) in noises {
                let name = format!("{noise}-fixed-scale");
                add(&name, rate, steps, &[(path, scale)]);
            }
        }
    }
    groups
}

/// Seeds of each network, noise and task of [`architectures`].
const ARCHITECTURE_SEEDS: u64 = 5;

fn architectures() -> Vec<UncheckedGroup> {
    let noises = [
        ("update", UPDATE, 0.01),
        ("label", LABEL, 1.0),
        ("activity", AFTER, 0.1),
        ("dropout", DROPOUT, 0.1),
        ("multiplicative", WEIGHT, 0.003),
    ];
    let mut groups = Vec::new();
    for (task, steps, kind) in [
        ("random", 1_000_000, "gauss_newton"),
        ("corridor", 200_000, "trace"),
    ] {
        for (noise, path, size) in noises {
            for depth in 1..=3 {
                let set = table([
                    ("steps", Value::Integer(steps)),
                    ("network.hidden", vec![100; depth].into()),
                    ("network.regime", "rich".into()),
                    ("sampling.linear.samples", 1001.into()),
                    ("spectrum.samples", 11.into()),
                    ("spectrum.kind", kind.into()),
                    (path, size.into()),
                ]);
                let suffix = format!("-{noise}-{depth}");
                let mut group = group(task, "sgd", &suffix, ARCHITECTURE_SEEDS, set, []);
                group.preset = Some(format!("{task}-sgd"));
                groups.push(group);
            }
        }
    }
    groups
}
