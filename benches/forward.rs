//! The forward pass: hidden activity and outputs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use drift_sim::net::{Samples, Workspace};

mod problems;
use problems::Problem;

fn forward(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("forward");
    for problem in Problem::all() {
        let (inputs, targets) = (problem.dataset.inputs(), problem.dataset.targets());
        let samples = Samples::new(inputs.as_view(), targets.as_view()).expect("finite data");
        let mut workspace = Workspace::new(&problem.network, samples.len()).expect("valid");
        group.bench_function(problem.name, |bencher| {
            bencher.iter(|| {
                workspace.forward(black_box(problem.network.parameters()), &samples);
                black_box(workspace.output_rows());
            });
        });
    }
}

criterion_group!(benches, forward);
criterion_main!(benches);
