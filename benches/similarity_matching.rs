//! Steps and records of similarity matching, ring and place, on every instruction set: what
//! `benches/peers/similarity_matching_peer.py` times in NumPy.
//!
//! Steps are timed from step 1000 on, where part of the units are silent.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use drift_learn::similarity_matching::{SimilarityExperiment, SimilarityRun};
use drift_learn::{SimdLevel, Streams};

fn similarity_matching(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("similarity_matching");
    group.sample_size(10);
    for name in ["ring", "place"] {
        let experiment = SimilarityExperiment::named(name).expect("a preset");
        let mut start = SimilarityRun::new(experiment, &Streams::new(1)).expect("a valid preset");
        for _ in 0..1000 {
            start.step().expect("finite synapses");
        }
        for level in SimdLevel::available() {
            let mut run = start.clone().with_level(level).expect("an available level");
            group.bench_function(BenchmarkId::new(format!("step/{level}"), name), |b| {
                b.iter(|| run.step());
            });
        }
        group.bench_function(BenchmarkId::new("record", name), |b| {
            b.iter(|| start.row(&start.responses()?))
        });
    }
    group.finish();
}

criterion_group!(benches, similarity_matching);
criterion_main!(benches);
