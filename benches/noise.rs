//! Normal and uniform noise on slices as long as the parameters of the networks S (3100) and L
//! (18 000), on every instruction set, beside rand_distr's ziggurat.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use drift_learn::{NoiseSource, SimdLevel, Stream, Streams};
use rand_distr::{Distribution, StandardNormal};

fn noise(criterion: &mut Criterion) {
    let streams = Streams::new(1);
    for length in [3_100, 18_000] {
        let mut group = criterion.benchmark_group("noise");
        group.throughput(Throughput::Elements(length as u64));
        let mut values = vec![0.0; length];
        for level in SimdLevel::available() {
            let mut source: NoiseSource = streams
                .noise_source(Stream::UpdateNoise)
                .expect("an instruction set")
                .with_level(level)
                .expect("an available level");
            group.bench_function(
                BenchmarkId::new(format!("add_normal/{level}"), length),
                |b| {
                    b.iter(|| source.add_normal(1e-3, black_box(&mut values)));
                },
            );
            group.bench_function(
                BenchmarkId::new(format!("add_uniform/{level}"), length),
                |b| {
                    b.iter(|| source.add_uniform(1e-3, black_box(&mut values)));
                },
            );
        }
        let mut chacha = streams.named(Stream::UpdateNoise);
        group.bench_function(BenchmarkId::new("ziggurat/chacha8", length), |b| {
            b.iter(|| {
                for value in black_box(&mut values).iter_mut() {
                    let normal: f64 = StandardNormal.sample(&mut chacha);
                    *value += 1e-3 * normal;
                }
            });
        });
        let mut source = streams
            .noise_source(Stream::UpdateNoise)
            .expect("an instruction set");
        group.bench_function(BenchmarkId::new("ziggurat/noise_source", length), |b| {
            b.iter(|| {
                for value in black_box(&mut values).iter_mut() {
                    let normal: f64 = StandardNormal.sample(&mut source);
                    *value += 1e-3 * normal;
                }
            });
        });
        group.finish();
    }
}

criterion_group!(benches, noise);
criterion_main!(benches);
