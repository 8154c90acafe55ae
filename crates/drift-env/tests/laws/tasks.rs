//! Data sets of every task.

use super::strategies::{arena_parameters, field_of_view_parameters, motion_parameters, perimeter};
use drift_env::{
    Autoencoder, CorridorDraws, CorridorParameters, CorridorTask, Dataset, Error, HeadingChange,
    MotionParameters, Normalisation, Predictive, PredictiveParameters, PredictiveTargets, Random,
    RandomParameters, Smoothed, SmoothedParameters, Task,
};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Shape as promised and values in [-1, 1) up to the margin of the procedure.
fn check<T: Task>(task: &T, seed: u64) -> Result<Dataset, TestCaseError> {
    let dataset = task.dataset(&mut rng(seed)).unwrap();
    prop_assert_eq!(
        dataset.inputs().shape(),
        (task.samples(), task.input_dimension())
    );
    prop_assert_eq!(
        dataset.targets().shape(),
        (task.samples(), task.output_dimension())
    );
    for array in [dataset.inputs(), dataset.targets()] {
        prop_assert!((-1.1..-0.99).contains(&array.min()));
        prop_assert!((0.8..1.0).contains(&array.max()));
    }
    prop_assert_eq!(&dataset, &task.dataset(&mut rng(seed)).unwrap());
    prop_assert_ne!(&dataset, &task.dataset(&mut rng(seed + 1)).unwrap());
    Ok(dataset)
}

fn corridor_parameters() -> impl Strategy<Value = CorridorParameters> {
    (
        (1..4usize, 2..20usize, 0..3usize),
        arena_parameters(),
        field_of_view_parameters(),
        motion_parameters(),
        0.005..0.3,
        perimeter(),
    )
        .prop_map(
            |((num_envs, steps, surplus), arena, field_of_view, motion, kernel, perimeter)| {
                CorridorParameters {
                    samples: num_envs * steps + surplus.min(num_envs - 1),
                    num_envs,
                    arena,
                    field_of_view,
                    motion,
                    kernel,
                    perimeter,
                    ..CorridorParameters::figure2()
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_and_smoothed(
        (samples, inputs, outputs) in (2..30usize, 2..30usize, 2..30usize),
        seed in 0..1000u64,
    ) {
        check(&Random::new(samples, inputs, outputs).unwrap(), seed)?;
        let smoothed = Smoothed::new(samples, inputs, outputs).unwrap();
        prop_assert_eq!(
            smoothed.standard_deviations(),
            (samples as f64 / 5.0, outputs as f64 / 5.0)
        );
        let dataset = smoothed.dataset(&mut rng(seed)).unwrap();
        prop_assert_eq!(dataset.inputs().shape(), (samples, inputs));
        prop_assert_eq!(dataset.targets().shape(), (samples, outputs));
    }

    #[test]
    fn autoencoders_give_back_their_inputs(
        (samples, inputs, outputs) in (2..30usize, 2..30usize, 2..30usize),
        seed in 0..1000u64,
    ) {
        let inner = Random::new(samples, inputs, outputs).unwrap();
        let dataset = check(&Autoencoder::new(inner), seed)?;
        prop_assert_eq!(dataset.inputs(), dataset.targets());
        let of_inner = inner.dataset(&mut rng(seed)).unwrap();
        prop_assert_eq!(dataset.inputs(), of_inner.inputs());
        let smoothed = Autoencoder::new(Smoothed::new(samples, inputs, outputs).unwrap());
        let dataset = smoothed.dataset(&mut rng(seed)).unwrap();
        prop_assert_eq!(dataset.inputs(), dataset.targets());
    }

    #[test]
    fn the_unit_interval_is_the_symmetric_range_shifted_and_halved(
        samples in 1..20usize,
        inputs in 1..10usize,
        outputs in 2..10usize,
        seed in 0..1000u64,
    ) {
        let sizes = |normalisation| RandomParameters {
            samples,
            input_dimension: inputs.max(2),
            output_dimension: outputs,
            normalisation,
        };
        let random = |normalisation| {
            let task = Random::try_from(sizes(normalisation)).unwrap();
            let autoencoder = Autoencoder::new(task).dataset(&mut rng(seed)).unwrap();
            let smoothed = Smoothed::try_from(SmoothedParameters {
                samples,
                input_dimension: inputs.max(2),
                output_dimension: outputs,
                normalisation,
                ..SmoothedParameters::default()
            });
            // Normalised three times, each with a margin of 1e-5 over the range: long enough a
            // walk for a range that makes little of it.
            let predictive = Predictive::try_from(PredictiveParameters {
                samples: 10 + samples,
                pixels: 10 + inputs,
                normalisation,
                ..PredictiveParameters::default()
            });
            [
                (task.dataset(&mut rng(seed)).unwrap(), 1e-12),
                (autoencoder, 1e-12),
                (smoothed.unwrap().dataset(&mut rng(seed)).unwrap(), 1e-12),
                (predictive.unwrap().dataset(&mut rng(seed)).unwrap(), 1e-3),
            ]
        };
        let units = random(Normalisation::UnitInterval);
        let symmetric = random(Normalisation::Symmetric);
        for ((unit, tolerance), (symmetric, _)) in units.iter().zip(&symmetric) {
            for (unit, symmetric) in
                [(unit.inputs(), symmetric.inputs()), (unit.targets(), symmetric.targets())]
            {
                prop_assert!(unit.max() < 1.0);
                let halved = symmetric.map(|value| 0.5 * (value + 1.0));
                prop_assert!((unit - halved).amax() < *tolerance);
            }
        }
    }

    #[test]
    fn predictive_views_follow_one_another(
        (samples, pixels) in (3..40usize, 1..30usize),
        seed in 0..1000u64,
    ) {
        let task = Predictive::new(samples, pixels).unwrap();
        let dataset = check(&task, seed)?;
        prop_assert!(dataset.position().unwrap().iter().all(|p| (0.0..120.0).contains(p)));
        // Each target is the next input up to the two normalisations, which are affine.
        let inputs = dataset.inputs().rows(1, samples - 1).into_owned();
        let targets = dataset.targets().rows(0, samples - 1).into_owned();
        let by_value = |a: &usize, b: &usize| inputs[*a].total_cmp(&inputs[*b]);
        let first = (0..inputs.len()).min_by(by_value).unwrap();
        let last = (0..inputs.len()).max_by(by_value).unwrap();
        let slope = (targets[last] - targets[first]) / (inputs[last] - inputs[first]);
        for (input, target) in inputs.iter().zip(targets.iter()) {
            let line = targets[first] + slope * (input - inputs[first]);
            prop_assert!((target - line).abs() < 1e-9);
        }
    }

    #[test]
    fn corridor_data_sets_have_their_shape_and_stay_in_the_arena(
        parameters in corridor_parameters(),
        seed in 0..1000u64,
    ) {
        let task = match CorridorTask::try_from(parameters) {
            // A small arena watched with few rays has no texture.
            Err(Error::OutOfRange { field: "texture tiles", .. }) => return Ok(()),
            task => task.unwrap(),
        };
        let dataset = match task.dataset(&mut rng(seed)) {
            // A fully smoothed texture or an agent that cannot move sees nothing but one value.
            Err(Error::Constant { .. }) => return Ok(()),
            dataset => dataset.unwrap(),
        };
        let (samples, pixels) = (task.samples(), parameters.field_of_view.pixels);
        prop_assert_eq!(samples, parameters.samples / parameters.num_envs * parameters.num_envs);
        prop_assert_eq!(dataset.inputs().shape(), (samples, pixels + 1));
        prop_assert_eq!(dataset.targets().shape(), (samples, pixels));
        let [y_min, y_max] = task.arena().y_bounds();
        prop_assert!(dataset.position().unwrap().iter().all(|y| y_min <= *y && *y <= y_max));
        prop_assert_eq!(dataset.heading().unwrap().len(), samples);
        let environment: Vec<usize> =
            (0..samples).map(|sample| sample / task.steps()).collect();
        prop_assert_eq!(dataset.environment(), environment);
    }

    #[test]
    fn the_turns_and_the_textures_have_their_own_generators(seed in 0..1000u64) {
        let task = CorridorTask::try_from(CorridorParameters {
            num_envs: 2,
            samples: 20,
            ..CorridorParameters::figure2()
        })
        .unwrap();
        let walk = |texture, trajectory| {
            let draws = CorridorDraws::sample_with(&task, &mut rng(texture), &mut rng(trajectory));
            task.walk_from_draws(&draws).unwrap()
        };
        let (first, repainted) = (walk(seed, 1), walk(seed + 1, 1));
        prop_assert_eq!(&first.steps, &repainted.steps);
        prop_assert_ne!(&first.views, &repainted.views);
        let rewalked = walk(seed, 2);
        prop_assert_ne!(&first.steps, &rewalked.steps);
        prop_assert_eq!(first.views.row(0).len(), rewalked.views.row(0).len());
        // Within an environment each view is the one after the step before.
        for row in (1..20).filter(|row| row % task.steps() != 0) {
            prop_assert_eq!(first.views.row(row), first.next_views.row(row - 1));
        }
        prop_assert_ne!(first.views.row(0), first.views.row(task.steps()));
    }
}

fn corridor(parameters: CorridorParameters) -> CorridorTask {
    CorridorTask::try_from(parameters).unwrap()
}

#[test]
fn a_walk_without_turns_has_its_turn_column_in_the_middle() {
    for (normalisation, low, high) in [
        (Normalisation::Symmetric, -0.1, 0.1),
        (Normalisation::UnitInterval, 0.4, 0.6),
    ] {
        let task = corridor(CorridorParameters {
            samples: 10,
            motion: MotionParameters::without_wandering(),
            normalisation,
            ..CorridorParameters::figure2()
        });
        let dataset = task.dataset(&mut rng(5)).unwrap();
        let column = dataset.inputs().column(17).into_owned();
        assert!(column.iter().all(|turn| *turn == column[0]));
        assert!(low < column[0] && column[0] < high, "{}", column[0]);
    }
}

#[test]
fn wrapped_turns_have_no_jump_at_the_start() {
    let parameters = |heading_change| CorridorParameters {
        samples: 20,
        heading_change,
        motion: MotionParameters {
            turn_std: 1e-5,
            start_heading_max: -0.005,
            ..MotionParameters::default()
        },
        ..CorridorParameters::figure2()
    };
    let column = |heading_change| {
        let task = corridor(parameters(heading_change));
        let dataset = task.dataset(&mut rng(5)).unwrap();
        dataset.inputs().column(17).into_owned()
    };
    // Unwrapped, the first step's 2 pi dwarfs all others.
    let unwrapped = column(HeadingChange::Unwrapped);
    assert!(unwrapped[0] > 0.99 && unwrapped[1] < -0.9);
    let wrapped = column(HeadingChange::Wrapped);
    assert!(wrapped.iter().filter(|turn| turn.abs() < 0.9).count() > 10);
}

#[test]
fn shared_memory_changes_only_the_targets() {
    let dataset = |targets| {
        Predictive::try_from(PredictiveParameters {
            targets,
            ..PredictiveParameters::default()
        })
        .unwrap()
        .dataset(&mut rng(8))
        .unwrap()
    };
    let intended = dataset(PredictiveTargets::Intended);
    let shared = dataset(PredictiveTargets::SharedMemory);
    assert_eq!(intended.inputs(), shared.inputs());
    assert_ne!(intended.targets(), shared.targets());
}

#[test]
fn constant_views_are_an_error_that_names_them() {
    let task = corridor(CorridorParameters::figure2());
    let mut draws = CorridorDraws::sample(&task, &mut rng(0));
    draws.environments[0].texture_noise.fill(1.0);
    let error = task.dataset_from_draws(&draws).unwrap_err();
    assert!(
        error.to_string().starts_with("views is constant"),
        "{error}"
    );
}

#[test]
fn draws_that_do_not_fit_are_refused() {
    let task = corridor(CorridorParameters::figure2());
    let draws = CorridorDraws::sample(&task, &mut rng(0));
    let refused = |spoil: fn(&mut CorridorDraws)| {
        let mut draws = draws.clone();
        spoil(&mut draws);
        task.dataset_from_draws(&draws).is_err()
    };
    assert!(task.dataset_from_draws(&draws).is_ok());
    assert!(refused(|draws| draws.environments.clear()));
    assert!(refused(|draws| draws.environments[0]
        .texture_noise
        .push(0.0)));
    assert!(refused(
        |draws| draws.environments[0].texture_noise[3] = f64::NAN
    ));
    assert!(refused(|draws| draws.environments[0].heading_uniform = 1.5));
    assert!(refused(|draws| draws.environments[0]
        .speed_normal
        .push(0.0)));
    assert!(refused(|draws| draws.environments[0].turn_normal.clear()));
    assert!(refused(
        |draws| draws.environments[0].speed_normal[0] = f64::NAN
    ));
    assert!(refused(
        |draws| draws.environments[0].turn_normal[9] = f64::INFINITY
    ));
    let random = Random::new(2, 3, 1).unwrap();
    let matrix = drift_env::nalgebra::DMatrix::from_element;
    assert!(
        random
            .dataset_from_draws(matrix(2, 2, 0.5), matrix(2, 1, 0.5))
            .is_err()
    );
    let predictive = Predictive::new(2, 3).unwrap();
    assert!(
        predictive
            .dataset_from_draws(&[0.5; 120], &[0.5; 3])
            .is_err()
    );
    assert!(
        predictive
            .dataset_from_draws(&[0.5; 121], &[0.5; 2])
            .is_err()
    );
    assert!(
        predictive
            .dataset_from_draws(&[0.5; 121], &[f64::NAN; 3])
            .is_err()
    );
}

#[test]
fn bad_task_sizes_are_refused() {
    assert!(Random::new(0, 1, 1).is_err());
    assert!(Random::new(1, 0, 1).is_err());
    assert!(Random::new(1, 1, 0).is_err());
    assert!(Random::new(usize::MAX, 2, 1).is_err());
    assert!(Smoothed::new(3, 0, 2).is_err());
    let smoothed = |smooth_factor| {
        Smoothed::try_from(drift_env::SmoothedParameters {
            smooth_factor,
            ..Default::default()
        })
    };
    assert!(smoothed(0.0).is_err());
    assert!(smoothed(-5.0).is_err());
    assert!(smoothed(1e-9).is_err());
    assert!(smoothed(f64::NAN).is_err());
    assert!(Predictive::new(0, 2).is_err());
    assert!(Predictive::new(usize::MAX, 2).is_err());
    let predictive = |spoil: fn(&mut PredictiveParameters)| {
        let mut parameters = PredictiveParameters::default();
        spoil(&mut parameters);
        Predictive::try_from(parameters)
    };
    assert!(predictive(|p| p.scene_points = 1).is_err());
    assert!(predictive(|p| p.scene_std = f64::NAN).is_err());
    assert!(predictive(|p| p.view_length = 0.0).is_err());
    assert!(predictive(|p| p.mean_laps = f64::MAX).is_err());
    let corridor = |spoil: fn(&mut CorridorParameters)| {
        let mut parameters = CorridorParameters::figure2();
        spoil(&mut parameters);
        CorridorTask::try_from(parameters)
    };
    assert!(corridor(|_| {}).is_ok());
    assert!(corridor(|p| p.num_envs = 0).is_err());
    assert!(corridor(|p| p.num_envs = 151).is_err());
    assert!(corridor(|p| p.samples = usize::MAX).is_err());
    assert!(corridor(|p| p.kernel = -0.1).is_err());
    assert!(corridor(|p| p.kernel = f64::NAN).is_err());
    assert!(corridor(|p| p.arena.size_x = f64::NAN).is_err());
    assert!(corridor(|p| p.arena.size_y = 1e300).is_err());
    assert!(corridor(|p| p.motion.speed_std = -1.0).is_err());
    assert!(corridor(|p| p.field_of_view.pixels = 0).is_err());
}
