//! Data sets of each task, and a step of the agent with its view.

use criterion::{Criterion, criterion_group, criterion_main};
use drift_sim::env::{
    CorridorParameters, CorridorTask, Predictive, PredictiveParameters, Random, RandomParameters,
    Smoothed, SmoothedParameters, Task,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

fn dataset(criterion: &mut Criterion, name: &str, task: &impl Task) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    criterion.bench_function(&format!("tasks/{name}"), |b| {
        b.iter(|| task.dataset(&mut rng).expect("a valid task"));
    });
}

fn tasks(criterion: &mut Criterion) {
    let corridor = CorridorTask::try_from(CorridorParameters::figure2()).expect("valid");
    dataset(criterion, "corridor", &corridor);
    let random = Random::try_from(RandomParameters::default()).expect("valid");
    dataset(criterion, "random", &random);
    let smoothed = Smoothed::try_from(SmoothedParameters::default()).expect("valid");
    dataset(criterion, "smoothed", &smoothed);
    let predictive = Predictive::try_from(PredictiveParameters::default()).expect("valid");
    dataset(criterion, "predictive", &predictive);

    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut texture_rng = ChaCha8Rng::seed_from_u64(2);
    let agent = corridor.agent_with(&mut texture_rng, &mut rng);
    let mut agent = agent.expect("a drawn texture");
    criterion.bench_function("tasks/agent_step", |b| {
        b.iter(|| agent.step_with_rng(&mut rng));
    });
}

criterion_group!(benches, tasks);
criterion_main!(benches);
