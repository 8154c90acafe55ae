//! Runs of a sweep, one at a time and two at a time: journal, summary and phases included.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use drift_sim::Sweep;
use drift_sim::engine::sweep::{Shard, SweepShard};

/// Even, so that two at a time have the same to do.
const RUNS: u64 = 16;

const SWEEP: &str = r#"
name = "bench"
seed = 1
[[group]]
name = "random-sgd-update"
preset = "random-sgd-update"
runs = 16
set.steps = 50000
"#;

fn sweep(criterion: &mut Criterion) {
    let sweep = Sweep::from_toml(SWEEP).expect("a sweep");
    let mut group = criterion.benchmark_group("sweep");
    group.sample_size(10).throughput(Throughput::Elements(RUNS));
    for jobs in [1, 2] {
        group.bench_function(format!("{jobs}_at_a_time"), |bencher| {
            bencher.iter_batched(
                || tempfile::tempdir().expect("a directory"),
                |directory| {
                    let mut shard =
                        SweepShard::open(directory.path(), sweep.design(), Shard::whole(), false)
                            .expect("a shard");
                    let left = shard
                        .run(&sweep, Some(jobs), &|| false, &|_| ())
                        .expect("runs");
                    assert_eq!(left, 0);
                    directory
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, sweep);
criterion_main!(benches);
