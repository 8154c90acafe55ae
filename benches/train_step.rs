//! One training step: forward, gradient, noise and update, for each rule and noise.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use drift_sim::NetworkProblem;
use drift_sim::learn::{
    Adam, AdamSettings, AnyNoise, AnyRule, Gaussian, LearningRule, RmsProp, RmsPropSettings, Sed,
    SedSettings, Sgd, SgdSettings, Stream, Streams, TensorGroup, Uniform, UpdateNoise, UpdatePlace,
};

mod problems;
use problems::Problem;

/// Steps measured at a time, from the same parameters: noise would otherwise carry the network
/// away from the activity that its name promises.
const STEPS: usize = 20;

fn train_step(criterion: &mut Criterion) {
    for problem in Problem::all() {
        let dimension = problem.network.shape().parameters();
        let streams = Streams::new(7);
        let sgd = || {
            let settings = SgdSettings { learning_rate: 0.1 };
            AnyRule::from(Sgd::new(settings, dimension).expect("valid"))
        };
        let update = UpdateNoise::new(
            Gaussian::new(0.013_894_954_943_731_374).expect("a standard deviation"),
            UpdatePlace::Gradient,
            streams
                .noise_source(Stream::UpdateNoise)
                .expect("an instruction set"),
        );
        let label = AnyNoise::from(Uniform::new(1.0).expect("a width"));
        let adam = Adam::new(AdamSettings::pytorch(), dimension).expect("valid");
        let rmsprop = RmsProp::new(RmsPropSettings::pytorch(), dimension).expect("valid");
        let shape = problem.network.shape();
        let layers = shape.widths().iter().enumerate();
        let mut groups: Vec<TensorGroup> = layers
            .map(|(layer, &rows)| TensorGroup {
                range: shape.first_parameter(layer)..shape.first_parameter(layer + 1),
                rows,
            })
            .collect();
        groups.push(TensorGroup {
            range: shape.first_parameter(shape.layers())..dimension,
            rows: shape.outputs(),
        });
        let source = streams
            .noise_source(Stream::Sed)
            .expect("an instruction set");
        let sed = Sed::new(SedSettings::published(0.95), &groups, source).expect("valid");
        let none = UpdateNoise::none();
        for (name, rule, update_noise, label_noise) in [
            ("sgd_update_noise", sgd(), &update, AnyNoise::None),
            ("sgd_label_noise", sgd(), &none, label.clone()),
            ("sgd", sgd(), &none, AnyNoise::None),
            ("adam", adam.into(), &none, AnyNoise::None),
            ("rmsprop", rmsprop.into(), &none, AnyNoise::None),
            ("sed", sed.into(), &none, AnyNoise::None),
        ] {
            let mut group = criterion.benchmark_group(format!("train_step/{}", problem.name));
            group.throughput(criterion::Throughput::Elements(STEPS as u64));
            group.bench_function(name, |bencher| {
                let mut rule = rule.clone();
                let mut noise = update_noise.clone();
                let mut network = NetworkProblem::new(
                    &problem.dataset,
                    &problem.network,
                    AnyNoise::None,
                    label_noise.clone(),
                    &streams,
                )
                .expect("the data fit the network");
                let mut parameters = problem.network.parameters().to_vec();
                bencher.iter(|| {
                    parameters.copy_from_slice(problem.network.parameters());
                    for _ in 0..STEPS {
                        black_box(rule.step(&mut network, &mut parameters, &mut noise));
                    }
                });
            });
            group.finish();
        }
    }
}

criterion_group!(benches, train_step);
criterion_main!(benches);
