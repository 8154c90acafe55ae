use super::*;
use crate::shuffle::cyclic_shift;
use approx::assert_abs_diff_eq;
use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Σ p (r/r̄) log₂(r/r̄) as it is written in the paper.
fn skaggs(train: &[f64], labels: &[usize]) -> f64 {
    let frames = train.len() as f64;
    let mean = train.iter().sum::<f64>() / frames;
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
        .iter()
        .map(|&state| {
            let here: Vec<f64> = (0..train.len())
                .filter(|&t| labels[t] == state)
                .map(|t| train[t])
                .collect();
            let p = here.len() as f64 / frames;
            let ratio = here.iter().sum::<f64>() / here.len() as f64 / mean;
            if ratio > 0.0 {
                p * ratio * ratio.log2()
            } else {
                0.0
            }
        })
        .sum()
}

fn record() -> (SparseActivity, Vec<usize>) {
    let labels: Vec<usize> = (0..60).map(|t| 3 + (t * t / 7) % 5).collect();
    let dense = DMatrix::from_fn(60, 4, |t, cell| match cell {
        0 => f64::from(u8::from(labels[t] == 4)) * (1.0 + t as f64 / 60.0),
        1 => f64::from(u8::from(t % 11 == 3)),
        2 => 0.0,
        _ => 1.5,
    });
    (SparseActivity::from_dense(dense.as_view()).unwrap(), labels)
}

#[test]
fn all_shifts_agree_with_shifting_the_dense_train() {
    let (activity, labels) = record();
    let test = cyclic_shift_test(&activity, &States::new(&labels).unwrap(), 0.05).unwrap();
    for cell in [0, 1] {
        let train = activity.train(cell);
        let observed = skaggs(&train, &labels);
        let shuffled: Vec<f64> = (1..60)
            .map(|shift| skaggs(&cyclic_shift(&train, shift), &labels))
            .collect();
        assert_abs_diff_eq!(test.bits_per_spike[cell], observed, epsilon = 1e-13);
        let mean = shuffled.iter().sum::<f64>() / 59.0;
        assert_abs_diff_eq!(test.shuffled_mean[cell], mean, epsilon = 1e-13);
        let variance = shuffled.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 58.0;
        assert_abs_diff_eq!(test.shuffled_sd[cell], variance.sqrt(), epsilon = 1e-12);
        let reached = shuffled.iter().filter(|&&s| s >= observed - 1e-12).count();
        assert_eq!(test.p_values[cell], reached as f64 / 59.0);
    }
    assert!(test.significant[0]);
}

#[test]
fn silent_and_constant_cells_are_never_significant() {
    let (activity, labels) = record();
    let states = States::new(&labels).unwrap();
    for shuffle in [
        Shuffle::Cyclic,
        Shuffle::Permutation,
        Shuffle::InterSpikeIntervals,
    ] {
        let settings = PlaceCellSettings {
            shuffle,
            shuffles: 100,
            significance: 0.05,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let test = place_cell_test(&activity, &states, &settings, &mut rng).unwrap();
        assert!(test.bits_per_spike[2].is_nan());
        assert_abs_diff_eq!(test.bits_per_spike[3], 0.0, epsilon = 1e-14);
        assert_eq!(test.p_values[2..], [1.0, 1.0]);
        assert!(
            test.significant_cells().iter().all(|&cell| cell < 2),
            "{shuffle:?}"
        );
    }
    let one = States::new(&[4; 60]).unwrap();
    let test = cyclic_shift_test(&activity, &one, 0.05).unwrap();
    assert_eq!(test.p_values, [1.0; 4]);
}

#[test]
fn random_shifts_approach_all_shifts() {
    let (activity, labels) = record();
    let states = States::new(&labels).unwrap();
    let settings = PlaceCellSettings {
        shuffles: 20_000,
        ..PlaceCellSettings::default()
    };
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let drawn = place_cell_test(&activity, &states, &settings, &mut rng).unwrap();
    let all = cyclic_shift_test(&activity, &states, 0.05).unwrap();
    for cell in [0, 1] {
        // The shift by 0 is drawn once in 60.
        let expected = (59.0 * all.p_values[cell] + 1.0) / 60.0;
        assert_abs_diff_eq!(drawn.p_values[cell], expected, epsilon = 0.015);
    }
}

#[cfg(feature = "rayon")]
#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (activity, labels) = record();
    let states = States::new(&labels).unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut rng = ChaCha8Rng::seed_from_u64(5);
            let settings = PlaceCellSettings {
                shuffle: Shuffle::InterSpikeIntervals,
                shuffles: 333,
                significance: 0.05,
            };
            let test = place_cell_test(&activity, &states, &settings, &mut rng).unwrap();
            test.shuffled_sd
                .iter()
                .map(|sd| sd.to_bits())
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn refuses_bad_settings() {
    let (activity, labels) = record();
    let states = States::new(&labels).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for (shuffles, significance) in [(0, 0.05), (10, 0.0), (10, f64::NAN), (10, 1.5)] {
        let settings = PlaceCellSettings {
            shuffles,
            significance,
            ..PlaceCellSettings::default()
        };
        assert!(place_cell_test(&activity, &states, &settings, &mut rng).is_err());
    }
    let short = States::new(&labels[1..]).unwrap();
    assert!(cyclic_shift_test(&activity, &short, 0.05).is_err());
}

proptest! {
    #[test]
    fn cells_are_tested_alike_in_any_order(
        values in proptest::collection::vec(prop_oneof![2 => Just(0.0), 1 => 0.1f64..4.0], 90),
        labels in proptest::collection::vec(0usize..6, 30),
        seed in any::<u64>(),
    ) {
        let dense = DMatrix::from_column_slice(30, 3, &values);
        let activity = SparseActivity::from_dense(dense.as_view()).unwrap();
        let swapped = activity.select(&[2, 0, 1]).unwrap();
        let states = States::new(&labels).unwrap();
        let settings = PlaceCellSettings { shuffles: 40, ..PlaceCellSettings::default() };
        let test = |activity: &SparseActivity| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            place_cell_test(activity, &states, &settings, &mut rng).unwrap()
        };
        let (plain, moved) = (test(&activity), test(&swapped));
        for (to, from) in [2, 0, 1].into_iter().enumerate() {
            prop_assert_eq!(moved.p_values[to], plain.p_values[from]);
            prop_assert_eq!(
                moved.shuffled_mean[to].to_bits(), plain.shuffled_mean[from].to_bits());
        }
    }
}

/// Two states of 2 s and 6 s in frames of 1, 1, 2 and 4 s; events in the first and the last frame.
fn uneven() -> (SparseActivity, States) {
    let activity = SparseActivity::from_entries(4, &[vec![(0, 1.0), (3, 1.0)]]).unwrap();
    let states = States::new(&[0, 0, 1, 1]).unwrap();
    (activity, states.lasting(vec![1.0, 1.0, 2.0, 4.0]).unwrap())
}

#[test]
fn states_of_an_uneven_clock_weigh_by_their_time() {
    let (activity, states) = uneven();
    assert_eq!(states.time(1.0), [2.0, 6.0]);
    let test = cyclic_shift_test(&activity, &states, 0.05).unwrap();
    // Half of the events in a quarter of the time.
    let observed = 0.5 * 2.0_f64.log2() + 0.5 * (2.0_f64 / 3.0).log2();
    assert_abs_diff_eq!(test.bits_per_spike[0], observed, epsilon = 1e-12);
    // Shifted by one frame both are in the first state, by three both in the second.
    let shuffled = (4.0_f64.log2() + observed + (4.0_f64 / 3.0).log2()) / 3.0;
    assert_abs_diff_eq!(test.shuffled_mean[0], shuffled, epsilon = 1e-12);
    assert_eq!(test.p_values, [1.0]);
    let wrong = |durations: &[f64]| {
        let states = States::new(&[0, 0, 1, 1]).unwrap();
        states.lasting(durations.to_vec()).unwrap_err().to_string()
    };
    assert!(wrong(&[1.0]).contains("durations"));
    assert!(wrong(&[1.0, 0.0, 1.0, 1.0]).contains("a positive number of seconds"));
}

#[test]
fn durations_that_are_equal_change_nothing() {
    let (activity, labels) = record();
    let even = States::new(&labels).unwrap();
    let timed = even.clone().lasting(vec![0.25; 60]).unwrap();
    let bits = |states: &States| {
        let test = cyclic_shift_test(&activity, states, 0.05).unwrap();
        (test.bits_per_spike, test.p_values)
    };
    let ((expected, p), (found, timed_p)) = (bits(&even), bits(&timed));
    assert_eq!(p, timed_p);
    for (expected, found) in expected.iter().zip(&found) {
        assert!(expected.is_nan() && found.is_nan() || (expected - found).abs() < 1e-12);
    }
}
