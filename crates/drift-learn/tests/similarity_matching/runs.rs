//! Runs: reproducible, recorded without side effects, and of the published shape.

use drift_learn::Streams;
use drift_learn::similarity_matching::{
    PrincipalSubspace, PrincipalSubspaceSettings, SimilarityExperiment, SimilarityRow,
};
use nalgebra::DMatrix;

use crate::{rows, run, small_ring, step_until};

#[test]
fn runs_are_reproducible_and_seeds_differ() {
    let of = |seed| rows(&mut run(small_ring(20), seed), [0, 10, 30, 40]);
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn measuring_changes_nothing() {
    let mut recorded = run(small_ring(20), 1);
    rows(&mut recorded, 0..=50);
    let mut plain = run(small_ring(20), 1);
    step_until(&mut plain, 50);
    assert_eq!(recorded, plain);
}

#[test]
fn rows_are_correlated_with_the_reference() {
    let mut run = run(small_ring(20), 1);
    let correlations: Vec<_> = rows(&mut run, [0, 20, 30, 60])
        .iter()
        .map(|row| row.population_vector_correlation)
        .collect();
    assert_eq!(correlations[..2], [None, None]);
    assert!((correlations[2].unwrap() - 1.0).abs() < 1e-12);
    assert!(correlations[3].unwrap() < 1.0);
}

/// The ring's first two phases at half the units: the loss falls to its floor by step 300, and
/// then units fall silent.
#[test]
fn the_ring_learns_and_then_units_fall_silent() {
    let mut experiment = SimilarityExperiment::ring();
    experiment.network.units = 50;
    let rows = rows(&mut run(experiment, 1), [0, 100, 300, 1500, 2000]);
    let [start, early, learned, .., late]: [SimilarityRow; 5] = rows.try_into().unwrap();
    assert!(start.loss > 0.3 && start.loss < 0.45, "{start:?}");
    assert!(early.loss < 0.9 * start.loss, "{early:?}");
    assert!((0.25..0.262).contains(&learned.loss), "{learned:?}");
    assert!((late.loss - learned.loss).abs() < 0.005, "{late:?}");
    assert!(learned.active_fraction > 0.75, "{learned:?}");
    assert!(
        late.active_fraction < learned.active_fraction - 0.1,
        "{late:?}"
    );
}

#[test]
fn place_learns_and_then_units_fall_silent() {
    let mut experiment = SimilarityExperiment::place();
    experiment.network.units = 100;
    let rows = rows(&mut run(experiment, 1), [0, 100, 300, 600]);
    assert!(rows[0].loss > 1e4, "{:?}", rows[0]);
    assert!(rows[1].loss < 1e-2 * rows[0].loss, "{:?}", rows[1]);
    assert!((rows[3].loss / rows[2].loss - 1.0).abs() < 0.05, "{rows:?}");
    assert!(
        rows[3].active_fraction < rows[0].active_fraction - 0.2,
        "{rows:?}"
    );
}

#[test]
fn the_subspace_is_learned_and_drifts_within_itself() {
    let settings = PrincipalSubspaceSettings::published();
    let mut network = PrincipalSubspace::new(settings, &Streams::new(1)).unwrap();
    let axes = network.axes();
    assert!((axes.transpose() * axes - DMatrix::identity(10, 10)).amax() < 1e-12);
    let start = network.subspace_error();
    while network.steps() < 2_000 {
        network.step();
    }
    let reference = network.response_map();
    let mut errors = Vec::new();
    while network.steps() < 22_000 {
        network.step();
        if network.steps().is_multiple_of(100) {
            errors.push(network.subspace_error());
        }
    }
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    assert!(mean < 0.2 && mean < 0.1 * start, "from {start} to {mean}");
    // The least loss is that of the directions left out; noise keeps it above.
    let least: f64 = network.settings().variances[3..]
        .iter()
        .map(|v| v * v)
        .sum();
    let loss = network.similarity_matching_loss();
    assert!(loss > least && loss < 0.1, "{loss}, at least {least}");
    // The rows have turned although the subspace has not.
    let alike = reference.dot(&network.response_map()) / 3.0;
    assert!(alike < 0.7, "{alike}");
}

#[test]
fn the_loss_of_the_linear_network_is_the_mean_over_pairs_of_inputs() {
    let settings = PrincipalSubspaceSettings::published();
    let deviations = settings.variances.iter().map(|v| v.sqrt());
    let scale = DMatrix::from_diagonal(&deviations.collect::<Vec<_>>().into());
    let mut network = PrincipalSubspace::new(settings, &Streams::new(2)).unwrap();
    (0..20).for_each(|_| network.step());
    let mut normals = DMatrix::zeros(10, 4000);
    let mut source = Streams::new(3)
        .noise_source(drift_learn::Stream::Texture)
        .unwrap();
    source.fill_normal(normals.as_mut_slice());
    let inputs = network.axes() * scale * normals;
    let responses = network.response_map() * &inputs;
    let pairs = inputs.ncols() / 2;
    let sum: f64 = (0..pairs)
        .map(|pair| {
            let [one, other] = [pair, pairs + pair];
            let similarity = inputs.column(one).dot(&inputs.column(other));
            (similarity - responses.column(one).dot(&responses.column(other))).powi(2)
        })
        .sum();
    let ratio = sum / pairs as f64 / network.similarity_matching_loss();
    // 2000 products of two normals squared: a standard error of about 6%.
    assert!((ratio - 1.0).abs() < 0.25, "{ratio}");
}
