use super::*;
use approx::assert_abs_diff_eq;
use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn quick() -> Settings {
    Settings {
        repetitions: 10,
        shuffles: 60,
        ..Settings::default()
    }
}

/// Laps over ten bins; cell 0 is tuned to bin 3, cell 1 fires at random, cell 2 is silent, cell 3
/// too rarely active, cell 4 constant.
fn record(seed: u64) -> (DMatrix<f64>, Vec<usize>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let labels: Vec<usize> = (0..600).map(|t| 3 + (t / 3) % 10).collect();
    let mut activity = DMatrix::zeros(600, 5);
    for t in 0..600 {
        let chance = if labels[t] == 6 { 0.6 } else { 0.02 };
        activity[(t, 0)] = f64::from(u8::from(rng.random_bool(chance)));
        activity[(t, 1)] = f64::from(u8::from(rng.random_bool(0.05)));
        activity[(t, 3)] = f64::from(u8::from(t < 9));
        activity[(t, 4)] = 1.0;
    }
    (activity, labels)
}

#[test]
fn the_procedure_picks_corrects_and_averages() {
    let (activity, labels) = record(1);
    let settings = Settings {
        significance: None,
        ..quick()
    };
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let report = estimate(activity.as_view(), &labels, 0.05, &settings, &mut rng).unwrap();
    assert_eq!(report.active_cells, [0, 1, 4]);
    assert_eq!(report.significant_cells, report.active_cells);
    assert!(report.p_values.is_empty());
    assert_eq!(report.fraction_active(), 0.6);

    let naive = naive_information(
        &SparseActivity::from_dense(activity.as_view()).unwrap(),
        &States::new(&labels).unwrap(),
        0.05,
    )
    .unwrap();
    let bits = &report.bits_per_spike;
    assert_eq!(bits.naive()[..2], naive.bits_per_spike[..2]);
    let tuned = bits.cells[0];
    assert!(
        tuned.ssr < tuned.naive && tuned.ssr > 0.8 * tuned.naive,
        "{tuned:?}"
    );
    assert!(tuned.shuffle_reduction < tuned.ssr);
    assert_eq!(tuned.disagreement, tuned.bae - tuned.ssr);
    // An untuned cell: all that is left after correction is noise.
    let untuned = bits.cells[1];
    assert!(untuned.ssr.abs() < untuned.naive / 2.0, "{untuned:?}");
    // A constant cell carries nothing, before and after.
    let constant = bits.cells[2];
    assert_abs_diff_eq!(constant.naive, 0.0, epsilon = 1e-14);
    assert_abs_diff_eq!(constant.bae, 0.0, epsilon = 1e-12);

    let weighted = report.bits_per_spike_weighted;
    let rates = &report.rates;
    let expected = (rates[0] * tuned.naive + rates[1] * untuned.naive + rates[2] * constant.naive)
        / rates.iter().sum::<f64>();
    assert_abs_diff_eq!(weighted.naive, expected, epsilon = 1e-14);
    assert!(bits.weighted(&[1.0]).is_err());
    let mean = (tuned.naive + untuned.naive + constant.naive) / 3.0;
    assert_abs_diff_eq!(bits.average.naive, mean, epsilon = 1e-14);
}

#[test]
fn bits_per_second_are_the_rate_times_bits_per_spike() {
    let (activity, labels) = record(1);
    let sparse = SparseActivity::from_dense(activity.as_view()).unwrap();
    let naive = naive_information(&sparse, &States::new(&labels).unwrap(), 0.05).unwrap();
    assert_abs_diff_eq!(naive.rates[4], 20.0, epsilon = 1e-12);
    for cell in [0, 1, 3, 4] {
        assert_abs_diff_eq!(
            naive.bits_per_second[cell],
            naive.rates[cell] * naive.bits_per_spike[cell],
            epsilon = 1e-14
        );
    }
    assert!(naive.bits_per_spike[2].is_nan());
    assert_eq!((naive.rates[2], naive.bits_per_second[2]), (0.0, 0.0));
}

#[test]
fn only_the_tuned_cell_is_significant() {
    let (activity, labels) = record(1);
    let settings = Settings {
        shuffle: Shuffle::Permutation,
        ..quick()
    };
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let report = estimate(activity.as_view(), &labels, 0.05, &settings, &mut rng).unwrap();
    assert_eq!(report.p_values.len(), 3);
    assert_eq!(report.significant_cells, [0]);
    assert_eq!(report.bits_per_second.cells.len(), 1);
}

#[test]
fn nothing_to_analyse_is_an_empty_report() {
    let silent = DMatrix::zeros(50, 3);
    let states: Vec<usize> = (0..50).map(|t| t % 5).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let report = estimate(silent.as_view(), &states, 0.05, &quick(), &mut rng).unwrap();
    assert!(report.active_cells.is_empty() && report.significant_cells.is_empty());
    assert!(report.bits_per_spike.average.ssr.is_nan());
    assert_eq!(report.fraction_significant(), 0.0);
    assert!(report.fraction_significant_of_active().is_nan());
    assert_eq!(report.sizes.len(), 10);
}

#[test]
fn one_state_carries_no_information() {
    let (activity, _) = record(1);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let settings = Settings {
        significance: None,
        ..quick()
    };
    let report = estimate(activity.as_view(), &[4; 600], 0.05, &settings, &mut rng).unwrap();
    for cell in report
        .bits_per_spike
        .cells
        .iter()
        .chain(&report.mutual_information.cells)
    {
        assert_abs_diff_eq!(cell.naive, 0.0, epsilon = 1e-13);
        assert_abs_diff_eq!(cell.bae, 0.0, epsilon = 1e-12);
    }
    let tested = estimate(activity.as_view(), &[4; 600], 0.05, &quick(), &mut rng).unwrap();
    assert!(tested.significant_cells.is_empty());
}

#[test]
fn refuses_bad_data_and_settings() {
    let (activity, labels) = record(1);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut run = |activity: &DMatrix<f64>, labels: &[usize], duration: f64, settings: Settings| {
        estimate(activity.as_view(), labels, duration, &settings, &mut rng)
    };
    let mut broken = activity.clone();
    broken[(5, 1)] = f64::NAN;
    let error = run(&broken, &labels, 0.05, quick()).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Entry {
                field: "activity",
                index: 605,
                ..
            }
        ),
        "{error}"
    );
    assert!(run(&activity, &labels[1..], 0.05, quick()).is_err());
    assert!(run(&activity, &labels, -0.05, quick()).is_err());
    let short = activity.rows(0, 9).into_owned();
    let error = run(&short, &labels[..9], 0.05, quick()).unwrap_err();
    assert!(
        matches!(error, Error::OutOfRange { value: 9.0, .. }),
        "{error}"
    );
    let bad = [
        Settings {
            active_frames: 0,
            ..quick()
        },
        Settings {
            minimum_rate: f64::NAN,
            ..quick()
        },
        Settings {
            significance: Some(0.0),
            ..quick()
        },
        Settings {
            shuffles: 0,
            ..quick()
        },
        Settings {
            repetitions: 0,
            ..quick()
        },
        Settings {
            fractions: vec![0.5, 1.0],
            ..quick()
        },
    ];
    for settings in bad {
        assert!(
            run(&activity, &labels, 0.05, settings.clone()).is_err(),
            "{settings:?}"
        );
    }
}

/// Counts drawn from known rates: corrected information is closer to the true one than naive.
#[test]
fn corrections_approach_the_true_information() {
    let bins = 12;
    let frames = 1200;
    let cells = 40;
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let labels: Vec<usize> = (0..frames).map(|t| (t / 4) % bins).collect();
    let chance = |cell: usize, bin: usize| {
        let distance = (bin as f64 - (cell % bins) as f64).abs();
        0.004 + 0.05 * (-distance * distance / 2.0).exp()
    };
    let truth: f64 = (0..cells)
        .map(|cell| {
            let rates: Vec<f64> = (0..bins).map(|bin| chance(cell, bin)).collect();
            let mean = rates.iter().sum::<f64>() / bins as f64;
            rates
                .iter()
                .map(|r| r / mean * (r / mean).log2())
                .sum::<f64>()
                / bins as f64
        })
        .sum::<f64>()
        / cells as f64;
    let activity = DMatrix::from_fn(frames, cells, |t, cell| {
        f64::from(u8::from(rng.random_bool(chance(cell, labels[t]))))
    });
    let settings = Settings {
        significance: None,
        active_frames: 1,
        repetitions: 40,
        ..Settings::default()
    };
    let report = estimate(activity.as_view(), &labels, 0.05, &settings, &mut rng).unwrap();
    let average = report.bits_per_spike.average;
    let error = |estimate: f64| (estimate - truth).abs();
    assert!(error(average.naive) > 0.25, "{average:?} {truth}");
    assert!(
        error(average.ssr) < error(average.naive) / 3.0,
        "{average:?} {truth}"
    );
    assert!(
        error(average.bae) < error(average.naive) / 3.0,
        "{average:?} {truth}"
    );
}

#[test]
fn results_cross_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<Settings>();
    shareable::<InformationReport>();
    shareable::<SparseActivity>();
    shareable::<States>();
    shareable::<crate::shuffle::PlaceCellTest>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn cells_are_corrected_alike_in_any_order(
        values in proptest::collection::vec(prop_oneof![2 => Just(0.0), 1 => 0.1f64..4.0], 90),
        labels in proptest::collection::vec(0usize..6, 30),
        seed in any::<u64>(),
    ) {
        let dense = DMatrix::from_column_slice(30, 3, &values);
        let moved = dense.select_columns(&[2, 0, 1]);
        let settings = Settings { active_frames: 1, significance: None, repetitions: 5, ..quick() };
        let run = |activity: &DMatrix<f64>| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            estimate(activity.as_view(), &labels, 0.1, &settings, &mut rng).unwrap()
        };
        let (plain, moved) = (run(&dense), run(&moved));
        prop_assume!(plain.active_cells.len() == 3);
        for (to, from) in [2, 0, 1].into_iter().enumerate() {
            for (a, b) in [
                (&plain.bits_per_spike, &moved.bits_per_spike),
                (&plain.mutual_information, &moved.mutual_information),
            ] {
                let bits = |value: f64| value.to_bits();
                prop_assert_eq!(bits(a.cells[from].naive), bits(b.cells[to].naive));
                prop_assert_eq!(a.cells[from].bae.to_bits(), b.cells[to].bae.to_bits());
                prop_assert_eq!(
                    a.curves.shuffled[(3, from)].to_bits(), b.curves.shuffled[(3, to)].to_bits());
            }
        }
    }
}
