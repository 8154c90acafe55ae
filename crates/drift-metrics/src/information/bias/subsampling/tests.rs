use super::*;
use approx::assert_abs_diff_eq;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const FRACTIONS: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

fn record() -> (SparseActivity, States) {
    let labels: Vec<usize> = (0..80).map(|t| (t * t / 7) % 4).collect();
    let dense = DMatrix::from_fn(80, 3, |t, cell| match cell {
        0 => f64::from(u8::from(labels[t] == 2)),
        1 => f64::from(u8::from(t == 40)) * 2.0,
        _ => 0.0,
    });
    (
        SparseActivity::from_dense(dense.as_view()).unwrap(),
        States::new(&labels).unwrap(),
    )
}

fn curves(seed: u64, repetitions: usize) -> SubsampledInformation {
    let (activity, states) = record();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let classes = ResponseClasses::published(&activity);
    subsampled_information(
        &activity,
        &states,
        &classes,
        0.1,
        &FRACTIONS,
        repetitions,
        &mut rng,
    )
    .unwrap()
}

#[test]
fn the_whole_record_gives_the_naive_information() {
    let (activity, states) = record();
    let naive = super::super::naive_information(&activity, &states, 0.1).unwrap();
    let curves = curves(1, 5);
    for cell in 0..2 {
        let last = (3, cell);
        assert_eq!(
            curves.bits_per_spike.naive[last],
            naive.bits_per_spike[cell]
        );
        assert_abs_diff_eq!(
            curves.bits_per_second.naive[last],
            naive.bits_per_second[cell],
            epsilon = 1e-12
        );
    }
    assert_eq!(curves.sizes, [20.0, 40.0, 60.0, 80.0]);
}

#[test]
fn a_single_event_is_all_bias() {
    // Alone in its state, whatever the permutation: log2(T/occupancy of the state it meets).
    let curves = curves(3, 2000);
    let (_, states) = record();
    let expected: f64 = states
        .occupancy()
        .iter()
        .map(|&o| f64::from(o) / 80.0 * (80.0 / f64::from(o)).log2())
        .sum();
    assert_abs_diff_eq!(
        curves.bits_per_spike.shuffled[(3, 1)],
        expected,
        epsilon = 0.02
    );
    // In a subset that misses the event the cell is silent: left out, or 0 bits.
    let ratio = curves.bits_per_second.shuffled[(0, 1)]
        / (curves.bits_per_spike.shuffled[(0, 1)] * 2.0 / (20.0 * 0.1));
    assert_abs_diff_eq!(ratio, 0.25, epsilon = 0.02);
}

#[test]
fn a_silent_cell_has_no_bits_per_spike() {
    let curves = curves(1, 3);
    for row in 0..4 {
        assert!(curves.bits_per_spike.naive[(row, 2)].is_nan());
        assert_eq!(curves.bits_per_second.shuffled[(row, 2)], 0.0);
        assert_eq!(curves.mutual.naive[(row, 2)], 0.0);
    }
}

#[test]
fn bias_falls_with_the_sample() {
    let curves = curves(4, 400);
    let tuned = curves.mutual.shuffled.column(0);
    assert!(
        tuned[0] > tuned[1] && tuned[1] > tuned[2] && tuned[2] > tuned[3],
        "{tuned}"
    );
    // A single event tells as much in a small subset as in a large one, but is less often in it.
    let single = curves.mutual.shuffled.column(1);
    assert_abs_diff_eq!(single[0], single[3], epsilon = 2e-3);
}

#[test]
fn refuses_what_cannot_be_subsampled() {
    let (activity, states) = record();
    let classes = ResponseClasses::Counts;
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut run = |duration: f64, fractions: &[f64], repetitions: usize| {
        subsampled_information(
            &activity,
            &states,
            &classes,
            duration,
            fractions,
            repetitions,
            &mut rng,
        )
        .is_err()
    };
    assert!(run(0.0, &FRACTIONS, 5) && run(f64::NAN, &FRACTIONS, 5));
    assert!(run(0.1, &FRACTIONS, 0));
    assert!(run(0.1, &[0.5, 1.0], 5));
    assert!(run(0.1, &[0.5, 0.5, 1.0], 5));
    assert!(run(0.1, &[0.2, 0.4, 0.8], 5));
    assert!(run(0.1, &[0.2, f64::NAN, 1.0], 5));
    assert!(run(0.1, &[0.01, 0.5, 1.0], 5));
}

#[cfg(feature = "rayon")]
#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| curves(9, 50))
    };
    let (one, three) = (on(1), on(3));
    let bits = |curves: &SubsampledInformation| -> Vec<u64> {
        curves
            .mutual
            .shuffled
            .iter()
            .chain(curves.bits_per_spike.naive.iter())
            .map(|value| value.to_bits())
            .collect()
    };
    assert_eq!(bits(&one), bits(&three));
}

#[test]
fn an_uneven_clock_gives_the_whole_record_its_information_by_time() {
    // Four frames of 1, 1, 2 and 4 s, two in each of two states; events in the first and the last.
    let activity = SparseActivity::from_entries(4, &[vec![(0, 1.0), (3, 1.0)]]).unwrap();
    let states = States::new(&[0, 0, 1, 1]).unwrap();
    let states = states.lasting(vec![1.0, 1.0, 2.0, 4.0]).unwrap();
    let classes = ResponseClasses::published(&activity);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let fractions = [0.25, 0.5, 1.0];
    let curves =
        subsampled_information(&activity, &states, &classes, 2.0, &fractions, 50, &mut rng)
            .unwrap();
    let bits = 0.5 * 2.0_f64.log2() + 0.5 * (2.0_f64 / 3.0).log2();
    assert!((curves.bits_per_spike.naive[(2, 0)] - bits).abs() < 1e-12);
    assert!((curves.bits_per_second.naive[(2, 0)] - bits * 2.0 / 8.0).abs() < 1e-12);
    // One frame is one state and holds no information, whatever it lasts.
    assert!(curves.bits_per_second.naive[(0, 0)].abs() < 1e-12);
}
