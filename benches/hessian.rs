//! Exact spectra, Gram spectra, traces and products at the sizes of `docs/performance.md`.
//!
//! Every measurement includes building the [`Hessian`] from parameters and data, as a run does
//! at each sample of its spectrum.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use drift_net::{Hessian, Lanczos, Network, Regime, Shape, Wanted};
use nalgebra::DMatrix;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardUniform};

/// n, d_in, h, d_out.
const S: (usize, usize, usize, usize) = (10, 20, 100, 10);
const M: (usize, usize, usize, usize) = (14, 30, 100, 30);
const L: (usize, usize, usize, usize) = (150, 18, 500, 17);

struct Problem {
    network: Network,
    inputs: DMatrix<f64>,
    targets: DMatrix<f64>,
}

impl Problem {
    /// A freshly drawn network on uniform data.
    fn random((samples, d_in, hidden, d_out): (usize, usize, usize, usize)) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let shape = Shape::new(d_in, hidden, d_out).expect("sizes are above 0");
        let network = Network::initialize(shape, Regime::Lazy, &mut rng);
        let mut centred = |_, _| {
            let uniform: f64 = StandardUniform.sample(&mut rng);
            2.0 * uniform - 1.0
        };
        Self {
            network,
            inputs: DMatrix::from_fn(samples, d_in, &mut centred),
            targets: DMatrix::from_fn(samples, d_out, &mut centred),
        }
    }

    /// The same network where the targets are its outputs.
    fn zero_loss(size: (usize, usize, usize, usize)) -> Self {
        let mut problem = Self::random(size);
        let mut hidden = &problem.inputs * problem.network.input_weights().transpose();
        for mut row in hidden.row_iter_mut() {
            row += problem.network.bias().transpose();
        }
        hidden.apply(|value| *value = value.max(0.0));
        problem.targets = hidden * problem.network.output_weights().transpose();
        problem
    }

    fn hessian(&self) -> Hessian {
        Hessian::at(&self.network, self.inputs.as_view(), self.targets.as_view())
            .expect("shapes agree")
    }
}

fn spectra(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hessian");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    for (name, size) in [("S", S), ("M", M)] {
        let random = Problem::random(size);
        group.bench_function(format!("eigenvalues/random/{name}"), |bencher| {
            bencher.iter(|| random.hessian().spectrum().expect("the solver converges"));
        });
        let zero_loss = Problem::zero_loss(size);
        group.bench_function(format!("eigenvalues/zero_loss/{name}"), |bencher| {
            bencher.iter(|| {
                zero_loss
                    .hessian()
                    .spectrum()
                    .expect("the solver converges")
            });
        });
    }
    let large = Problem::random(L);
    group.bench_function("gauss_newton_eigenvalues/random/L", |bencher| {
        bencher.iter(|| {
            large
                .hessian()
                .gauss_newton_spectrum()
                .expect("the solver converges")
        });
    });
    group.bench_function("largest_1/random/L", |bencher| {
        bencher.iter(|| {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            large
                .hessian()
                .largest(1, Wanted::Largest, &Lanczos::default(), &mut rng)
                .expect("Lanczos converges")
        });
    });
    group.finish();
}

fn cheap(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hessian");
    for (name, size) in [("S", S), ("M", M), ("L", L)] {
        let problem = Problem::random(size);
        group.bench_function(format!("trace/random/{name}"), |bencher| {
            bencher.iter(|| problem.hessian().trace());
        });
        let hessian = problem.hessian();
        let vector = vec![1.0; hessian.size()];
        let mut product = vec![0.0; hessian.size()];
        group.bench_function(format!("apply/random/{name}"), |bencher| {
            bencher.iter(|| hessian.apply(black_box(&vector), &mut product));
        });
    }
    group.finish();
}

criterion_group!(benches, spectra, cheap);
criterion_main!(benches);
