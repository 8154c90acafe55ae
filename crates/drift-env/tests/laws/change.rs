//! A corridor before and after a change.

use drift_env::{
    Change, CorridorDraws, CorridorParameters, CorridorScaling, CorridorTask, Error, Perimeter,
    ScaledBy,
};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A task with its draws and those of one more texture.
fn known(num_envs: usize, seed: u64) -> (CorridorTask, CorridorDraws, Vec<f64>) {
    let task = CorridorTask::try_from(CorridorParameters {
        samples: 120,
        num_envs,
        perimeter: Perimeter::ArcLength,
        ..CorridorParameters::figure2()
    })
    .unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let draws = CorridorDraws::sample(&task, &mut rng);
    let other = task.texture_draws(&mut rng);
    (task, draws, other)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_change_has_the_known_bits(num_envs in 1..4usize, seed in 0..100u64) {
        let (task, draws, other) = known(num_envs, seed);
        let data = task.dataset_from_draws(&draws).unwrap();
        for change in [Change::Morph { fraction: 0.0 }, Change::Lengthen { factor: 1.0 }] {
            for scaled_by in [ScaledBy::Known, ScaledBy::Changed] {
                let same = task
                    .changed_dataset(&draws, num_envs - 1, change, &other, scaled_by)
                    .unwrap();
                prop_assert_eq!(&data, &same);
            }
        }
    }

    #[test]
    fn a_whole_morph_is_a_new_texture(seed in 0..100u64) {
        let (task, draws, other) = known(2, seed);
        let changed = |change| {
            task.changed_dataset(&draws, 0, change, &other, ScaledBy::Known).unwrap()
        };
        let new = changed(Change::NewTexture);
        prop_assert_eq!(&new, &changed(Change::Morph { fraction: 1.0 }));
        // The same as if the other texture had been drawn at first.
        let mut drawn = draws.clone();
        drawn.environments[0].texture_noise = other.clone();
        let scaling = CorridorScaling::fit(&task, &task.walk_from_draws(&draws).unwrap()).unwrap();
        let direct = scaling.dataset(&task, task.walk_from_draws(&drawn).unwrap()).unwrap();
        prop_assert_eq!(new, direct);
    }

    #[test]
    fn places_match_and_only_one_environment_changes(seed in 0..100u64, factor in 0.2..5.0f64) {
        let (task, draws, other) = known(3, seed);
        let before = task.walk_from_draws(&draws).unwrap();
        for change in [Change::NewTexture, Change::Lengthen { factor }] {
            let after = task.changed_walk(&draws, 1, change, &other).unwrap();
            for (row, (old, new)) in before.steps.iter().zip(&after.steps).enumerate() {
                if before.environment[row] == 1 {
                    let matched = change.factor() * old.before.y;
                    prop_assert!((matched - new.before.y).abs() < 1e-9);
                    prop_assert_eq!(old.after.heading, new.after.heading);
                } else {
                    prop_assert_eq!(old, new);
                    prop_assert_eq!(before.views.row(row), after.views.row(row));
                }
            }
            prop_assert_ne!(&before.views, &after.views);
        }
    }

    #[test]
    fn a_smaller_morph_is_nearer(seed in 0..100u64, fraction in 0.05..0.45f64) {
        let (task, draws, other) = known(1, seed);
        let data = task.dataset_from_draws(&draws).unwrap();
        let distance = |fraction| {
            let change = Change::Morph { fraction };
            let changed =
                task.changed_dataset(&draws, 0, change, &other, ScaledBy::Known).unwrap();
            (changed.inputs() - data.inputs()).norm()
        };
        // Views are linear in the texture, so the distance is proportional to the fraction.
        let ratio = distance(2.0 * fraction) / distance(fraction);
        prop_assert!((ratio - 2.0).abs() < 1e-9, "{ratio}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let (task, draws, other) = known(2, 0);
    let change = |environment, change, other: &[f64]| {
        task.changed_dataset(&draws, environment, change, other, ScaledBy::Known)
    };
    let wrong = change(2, Change::NewTexture, &other).unwrap_err();
    assert!(matches!(
        wrong,
        Error::Count {
            field: "environment",
            value: 2,
            ..
        }
    ));
    assert!(change(0, Change::Morph { fraction: 2.0 }, &other).is_err());
    assert!(change(0, Change::NewTexture, &other[1..]).is_err());
    let mut walk = task.walk_from_draws(&draws).unwrap();
    let scaling = CorridorScaling::fit(&task, &walk).unwrap();
    walk.steps.pop();
    let field = "steps";
    let shorter = scaling.dataset(&task, walk);
    assert!(matches!(shorter, Err(Error::Length { field: found, .. }) if found == field));
}
