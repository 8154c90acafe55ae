//! Forward pass, loss and gradient.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use drift_sim::net::{Samples, Workspace};

mod problems;
use problems::Problem;

fn gradient(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gradient");
    for problem in Problem::all() {
        let (inputs, targets) = (problem.dataset.inputs(), problem.dataset.targets());
        let samples = Samples::new(inputs.as_view(), targets.as_view()).expect("finite data");
        let mut workspace = Workspace::new(&problem.network, samples.len()).expect("valid");
        let mut gradient = vec![0.0; problem.network.shape().parameters()];
        group.bench_function(problem.name, |bencher| {
            bencher.iter(|| {
                black_box(workspace.loss_gradient(
                    black_box(problem.network.parameters()),
                    &samples,
                    &mut gradient,
                ));
            });
        });
    }
}

criterion_group!(benches, gradient);
criterion_main!(benches);
