//! All eigenvalues of a dense symmetric matrix: ours beside `faer`'s, one thread each unless
//! `RAYON_NUM_THREADS` and the feature `rayon` of drift-net say otherwise for ours. The sizes are those of
//! a tile's neighbourhood, of spectra at S and M, and of 3000 rows.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use drift_net::SymmetricMatrix;
use faer::{MatRef, Side};
use nalgebra::DMatrix;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

fn random_symmetric(size: usize) -> DMatrix<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let half = DMatrix::from_fn(size, size, |_, _| StandardNormal.sample(&mut rng));
    &half + half.transpose()
}

fn eigenvalues(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("eigenvalues");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    for size in [100, 900, 1804, 3000] {
        let matrix = random_symmetric(size);
        group.bench_function(BenchmarkId::new("drift", size), |bencher| {
            bencher.iter(|| {
                SymmetricMatrix::from_lower(black_box(&matrix))
                    .and_then(SymmetricMatrix::into_eigenvalues)
                    .expect("the solver converges")
            });
        });
        let matrix = MatRef::from_column_major_slice(matrix.as_slice(), size, size);
        group.bench_function(BenchmarkId::new("faer", size), |bencher| {
            bencher.iter(|| {
                black_box(matrix)
                    .self_adjoint_eigenvalues(Side::Lower)
                    .expect("the solver converges")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, eigenvalues);
criterion_main!(benches);
