//! The first values of every random branch, pinned: a change here is value-breaking.

use drift_env::nalgebra::DMatrix;
use drift_env::{
    Agent, Autoencoder, Corridor, CorridorDraws, CorridorParameters, CorridorTask, Dataset, Error,
    FieldOfView, Motion, Predictive, Random, Smoothed, Task, Texture,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Differences between platforms' sine and exponential are the only ones allowed.
const TOLERANCE: f64 = 1e-12;

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(2023)
}

#[track_caller]
fn pinned(values: &[f64], expected: &[f64]) {
    let same = values.len() >= expected.len()
        && values
            .iter()
            .zip(expected)
            .all(|(value, expected)| (value - expected).abs() < TOLERANCE);
    let first = &values[..expected.len().min(values.len())];
    assert!(same, "{first:?} are not {expected:?}");
}

fn first_row(matrix: &DMatrix<f64>) -> Vec<f64> {
    matrix.row(0).iter().copied().collect()
}

#[track_caller]
fn pinned_dataset(dataset: &Dataset, inputs: &[f64], targets: &[f64]) {
    pinned(&first_row(dataset.inputs()), inputs);
    pinned(&first_row(dataset.targets()), targets);
}

#[test]
fn textures() {
    let texture = Texture::random(8, 0.1, &mut rng()).unwrap();
    pinned(
        texture.values(),
        &[0.5595621268811956, 0.12753622209114387, 0.5963134186924287],
    );
}

#[test]
fn unrelated_tasks() {
    let dataset = Random::new(3, 4, 2).unwrap().dataset(&mut rng()).unwrap();
    pinned_dataset(
        &dataset,
        &[0.9505076682497515, -1.0000219923755052],
        &[-0.6191198317549551, 0.5156598265737105],
    );
    let smoothed = Smoothed::new(3, 4, 2).unwrap();
    let dataset = smoothed.dataset(&mut rng()).unwrap();
    pinned_dataset(
        &dataset,
        &[0.9999720711413778, -1.0000279288586222],
        &[-0.8494147667457697, 0.5262478544289373],
    );
    let dataset = Autoencoder::new(smoothed).dataset(&mut rng()).unwrap();
    pinned(
        &first_row(dataset.targets()),
        &[0.9999720711413778, -1.0000279288586222],
    );
}

#[test]
fn predictive() {
    let dataset = Predictive::new(5, 3).unwrap().dataset(&mut rng()).unwrap();
    pinned_dataset(
        &dataset,
        &[-1.0000129350475904, -0.29415461483059824],
        &[0.3268435555466118, 0.46792937205765717],
    );
    pinned(
        dataset.position().unwrap(),
        &[52.413650373931404, 79.90840968899357],
    );
}

#[test]
fn corridor() {
    let task = CorridorTask::try_from(CorridorParameters::figure2()).unwrap();
    let dataset = task.dataset(&mut rng()).unwrap();
    pinned_dataset(
        &dataset,
        &[0.2559261933436001, 0.2559261933436001],
        &[0.25600162162563644, 0.25600162162563644],
    );
    pinned(
        dataset.position().unwrap(),
        &[0.0, 0.15065338654568614, 0.6383021210059775],
    );
    pinned(
        dataset.heading().unwrap(),
        &[-0.006844551561875798, 6.276340755617711, 6.275060759730489],
    );
    let mut trajectory = ChaCha8Rng::seed_from_u64(1);
    let draws = CorridorDraws::sample_with(&task, &mut rng(), &mut trajectory);
    let draws = &draws.environments[0];
    pinned(
        &draws.texture_noise,
        &[1.8226653798546257, -1.307454655774763],
    );
    pinned(&[draws.heading_uniform], &[0.40248566366484806]);
    pinned(
        &draws.speed_normal,
        &[-1.4108177006109994, -1.1267663243742092],
    );
    pinned(
        &draws.turn_normal,
        &[0.3330286294792717, -0.33383222444035554],
    );
}

#[test]
fn public_types_can_cross_threads() {
    fn crosses<T: Send + Sync + std::fmt::Debug>() {}
    crosses::<Agent>();
    crosses::<Autoencoder<Random>>();
    crosses::<Corridor>();
    crosses::<CorridorDraws>();
    crosses::<CorridorTask>();
    crosses::<Dataset>();
    crosses::<Error>();
    crosses::<FieldOfView>();
    crosses::<Motion>();
    crosses::<Predictive>();
    crosses::<Smoothed>();
    crosses::<Texture>();
}
