//! Laws of the measures of drift.

use drift_metrics::Error;
use drift_metrics::decoding::{
    ErrorMatrixSettings, PoissonDecoder, PoissonSettings, RidgeDecoder, Space, Targets, Windows,
    error_matrix, identity_test, mean_pairing_error,
};
use drift_metrics::geometry::{Drift, LapCloud, cosine, pool};
use drift_metrics::increments::{rate_and_field, rate_and_field_by_halves, squared_displacement};
use drift_metrics::nalgebra::{DMatrix, DVector};
use drift_metrics::rate_map::Track;
use drift_metrics::sessions::{BinnedSession, matched_halves, matched_halves_interval};
use drift_metrics::similarity::{
    CodeMeasure, SharedCode, code_similarity, compare_dissimilarities,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};

const BINS: usize = 12;
const CELLS: usize = 16;

/// A bump for each cell around a ring, of peak `peak` counts a frame, turned by `turn` bins.
fn tuning(peak: f64, turn: f64) -> DMatrix<f64> {
    DMatrix::from_fn(BINS, CELLS, |bin, cell| {
        let centre = cell as f64 * BINS as f64 / CELLS as f64 + turn;
        let away = (bin as f64 - centre).rem_euclid(BINS as f64);
        peak * (-(away.min(BINS as f64 - away) / 1.2).powi(2)).exp() + 0.01
    })
}

/// Laps once round the ring, three frames a bin, Poisson counts.
fn session(tuning: &DMatrix<f64>, laps: usize, rng: &mut ChaCha8Rng) -> BinnedSession {
    let bins: Vec<Option<usize>> = (0..laps * 3 * BINS).map(|t| Some(t / 3 % BINS)).collect();
    let lap: Vec<usize> = (0..bins.len()).map(|t| t / (3 * BINS)).collect();
    let counts = DMatrix::from_fn(bins.len(), CELLS, |t, cell| {
        let rate = tuning[(t / 3 % BINS, cell)];
        Poisson::new(rate).map_or(0.0, |counts| counts.sample(rng))
    });
    BinnedSession::new(
        counts.as_view(),
        &bins,
        BINS,
        &lap,
        0.5.into(),
        &[true; CELLS],
    )
    .expect("a session")
}

fn halves(session: &BinnedSession) -> [DMatrix<f64>; 2] {
    session.half_maps()
}

fn corrected(a: &[DMatrix<f64>; 2], b: &[DMatrix<f64>; 2], measure: CodeMeasure) -> f64 {
    let views = |h: &[DMatrix<f64>; 2]| [h[0].clone(), h[1].clone()];
    let (a, b) = (views(a), views(b));
    matched_halves(
        [a[0].as_view(), a[1].as_view()],
        [b[0].as_view(), b[1].as_view()],
        measure,
    )
    .expect("halves")
    .corrected
}

#[test]
fn a_code_that_stands_still_is_still_whatever_the_noise() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for peak in [0.1, 0.5, 3.0] {
        let code = tuning(peak, 0.0);
        for measure in CodeMeasure::ALL {
            let values: Vec<f64> = (0..40)
                .map(|_| {
                    let [a, b] = [(); 2].map(|()| halves(&session(&code, 10, &mut rng)));
                    corrected(&a, &b, measure)
                })
                .filter(|value| !value.is_nan())
                .collect();
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
            let still = if measure.is_distance() { 0.0 } else { 1.0 };
            let away = (mean - still).abs();
            // A ratio of noisy numbers is a little off 1: a hundredth is allowed besides the error.
            let allowed = 3.0 * (variance / n).sqrt() + 0.01;
            assert!(
                away < allowed,
                "{measure:?} at {peak}: {mean} from {n}, allowed {allowed}"
            );
        }
    }
}

#[test]
fn a_code_that_turned_is_seen_by_maps_not_by_shapes() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let before = halves(&session(&tuning(3.0, 0.0), 20, &mut rng));
    let after = halves(&session(&tuning(3.0, 3.0), 20, &mut rng));
    assert!(corrected(&before, &after, CodeMeasure::RateMap) < 0.3);
    assert!(corrected(&before, &after, CodeMeasure::PopulationVector) < 0.3);
    // Every bump moves by the same amount: distances between places stay.
    assert!((corrected(&before, &after, CodeMeasure::RsaSpearman) - 1.0).abs() < 0.05);
    assert!((corrected(&before, &after, CodeMeasure::CkaDebiased) - 1.0).abs() < 0.05);

    let views = |h: &[DMatrix<f64>; 2]| [h[0].clone(), h[1].clone()];
    let (a, b) = (views(&before), views(&after));
    let interval = |rng: &mut ChaCha8Rng| {
        matched_halves_interval(
            [a[0].as_view(), a[1].as_view()],
            [b[0].as_view(), b[1].as_view()],
            CodeMeasure::RateMap,
            200,
            0.95,
            rng,
        )
        .expect("an interval")
    };
    let (low, high) = interval(&mut ChaCha8Rng::seed_from_u64(1));
    assert_eq!((low, high), interval(&mut ChaCha8Rng::seed_from_u64(1)));
    let value = corrected(&before, &after, CodeMeasure::RateMap);
    assert!(
        low < value && value < high && high < 1.0,
        "{low} {value} {high}"
    );
}

#[test]
fn a_stale_decoder_ages_and_a_refit_one_does_not() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let sessions: Vec<BinnedSession> = [0.0, 1.0, 3.0]
        .map(|turn| session(&tuning(2.0, turn), 8, &mut rng))
        .into();
    let settings = ErrorMatrixSettings {
        decoder: PoissonSettings {
            window: 0.5,
            ..PoissonSettings::default()
        },
        space: Space::Ring,
        ..ErrorMatrixSettings::default()
    };
    let matrix = error_matrix(&sessions, &settings).expect("a matrix");
    let (stale, refit) = (matrix.stale(), matrix.refit());
    assert!(refit.iter().all(|error| *error < 0.5), "{refit:?}");
    assert!(
        (stale[1] - 1.0).abs() < 0.4 && (stale[2] - 3.0).abs() < 0.4,
        "{stale:?}"
    );
    assert!(matrix.relative_gap()[0] == 0.0 && matrix.relative_gap()[2] > 0.8);
    // The mean distance of two places on a ring of 12.
    assert!((matrix.chance[(0, 2)] - 3.0).abs() < 0.2);
    assert_eq!(matrix.cells[(1, 2)], CELLS);
    assert_eq!(matrix.windows[(1, 2)], 8 * 3 * BINS);

    let decoder = PoissonDecoder::of(&sessions[0], &settings.decoder).expect("a decoder");
    let windows = Windows::of(&sessions[1], 0.5).expect("windows");
    let test = identity_test(&decoder, &windows, Space::Ring, 99, &mut rng).expect("a test");
    assert_eq!(test.p_value, 0.01);
}

#[test]
fn what_cannot_be_decoded_is_missing_or_refused() {
    let counts = DMatrix::from_element(4, 2, 1.0);
    let bins = [Some(0), Some(1), Some(0), Some(1)];
    let with = |found: [bool; 2]| {
        BinnedSession::new(
            counts.as_view(),
            &bins,
            2,
            &[0, 0, 1, 1],
            1.0.into(),
            &found,
        )
        .expect("a session")
    };
    let settings = ErrorMatrixSettings {
        laps_left_out: 1,
        ..ErrorMatrixSettings::default()
    };
    let apart = error_matrix(&[with([true, false]), with([false, true])], &settings).unwrap();
    assert!(apart.mean[(0, 1)].is_nan() && apart.cells[(0, 1)] == 0 && apart.windows[(0, 1)] == 0);
    assert!(!apart.mean[(0, 0)].is_nan());
    let too_many = ErrorMatrixSettings {
        laps_left_out: 2,
        ..settings
    };
    assert!(matches!(
        error_matrix(&[with([true; 2])], &too_many),
        Err(Error::TooFew {
            field: "laps of a session",
            ..
        })
    ));
    let floor = PoissonSettings {
        floor: 0.0,
        ..PoissonSettings::default()
    };
    assert!(matches!(
        PoissonDecoder::of(&with([true; 2]), &floor),
        Err(Error::OutOfRange { field: "floor", .. })
    ));
    let bad = BinnedSession::new(
        counts.as_view(),
        &[Some(2); 4],
        2,
        &[0; 4],
        1.0.into(),
        &[true; 2],
    );
    assert!(matches!(
        bad,
        Err(Error::OutOfRange {
            field: "bin of a frame",
            ..
        })
    ));
    // A bin that training never saw is never decoded.
    let map = DMatrix::from_row_slice(2, 1, &[1.0, f64::NAN]);
    let decoder = PoissonDecoder::new(map.as_view(), &[1.0, 0.0], &PoissonSettings::default());
    let posterior = decoder.unwrap().log_posterior(&[9.0], 1.0).unwrap();
    assert_eq!(posterior, [0.0, f64::NEG_INFINITY]);
    let alone = LapCloud::of(&with([true; 2]), 0, &[0]).unwrap();
    assert!(alone.dimension().is_nan() && alone.variational_dimension() == 0);
    assert!(LapCloud::of(&with([true, false]), 0, &[1]).is_err());
}

/// Two laps of two frames in two bins.
fn small_session(cells: usize) -> BinnedSession {
    let counts = DMatrix::from_fn(4, cells, |frame, cell| ((frame * 3 + cell) % 4) as f64);
    let bins = [Some(0), Some(1), Some(0), Some(1)];
    let (laps, found) = ([0, 0, 1, 1], vec![true; cells]);
    BinnedSession::new(counts.as_view(), &bins, 2, &laps, 1.0.into(), &found).expect("a session")
}

#[test]
fn what_does_not_fit_a_decoder_is_refused() {
    let settings = PoissonSettings::default();
    let decoder = PoissonDecoder::of(&small_session(2), &settings).expect("a decoder");
    let windows = Windows::of(&small_session(3), 1.0).expect("windows");
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let refused = [
        decoder.decode(&windows, &[true; 2]).err(),
        decoder.log_posteriors(&windows).err(),
        identity_test(&decoder, &windows, Space::Line, 9, &mut rng).err(),
    ];
    for refused in refused {
        assert!(
            matches!(
                refused,
                Some(Error::Length {
                    field: "cells of the windows",
                    actual: 3,
                    expected: 2,
                    ..
                })
            ),
            "{refused:?}"
        );
    }
    let plane = Space::Plane { bins_y: 0 };
    assert!(plane.distance(0, 1, 2).is_nan());
    let windows = Windows::of(&small_session(2), 1.0).expect("windows");
    let refused = identity_test(&decoder, &windows, plane, 9, &mut rng).unwrap_err();
    assert!(matches!(
        refused,
        Error::OutOfRange {
            field: "bins_y",
            ..
        }
    ));
    let settings = ErrorMatrixSettings {
        laps_left_out: usize::MAX,
        ..ErrorMatrixSettings::default()
    };
    assert_eq!(
        error_matrix(&[small_session(2)], &settings),
        Err(Error::TooFew {
            field: "laps of a session",
            actual: 2,
            needed: usize::MAX
        })
    );
}

#[test]
fn what_does_not_fit_a_code_is_refused() {
    let cloud = |cells: usize| {
        let all: Vec<usize> = (0..cells).collect();
        LapCloud::of(&small_session(cells), 0, &all).expect("a cloud")
    };
    let (two, three) = (cloud(2), cloud(3));
    let drift = Drift::between(&two, &two).expect("a drift");
    let other = Drift::between(&three, &three).expect("a drift");
    let refused = [
        drift.angles_with(&three, 1).err(),
        drift.inner_with_next(&drift, &three).err(),
        drift.inner_with_next(&other, &two).err(),
        cosine(&DVector::zeros(2), &DVector::zeros(3)).err(),
        compare_dissimilarities(&DMatrix::zeros(3, 2), &DMatrix::zeros(3, 3), false).err(),
        compare_dissimilarities(&DMatrix::zeros(3, 3), &DMatrix::zeros(3, 2), true).err(),
    ];
    for refused in refused {
        assert!(matches!(refused, Some(Error::Length { .. })), "{refused:?}");
    }
    let counts = DMatrix::from_column_slice(2, 1, &[0.0, 1e200]);
    let huge = BinnedSession::new(
        counts.as_view(),
        &[Some(0); 2],
        1,
        &[0, 1],
        1.0.into(),
        &[true],
    );
    let refused = LapCloud::of(&huge.expect("a session"), 0, &[0]).unwrap_err();
    assert!(matches!(
        refused,
        Error::Entry {
            field: "covariance of the laps",
            ..
        }
    ));
}

#[test]
fn noise_of_estimation_is_no_drift() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let code = tuning(1.0, 0.0);
    let cells: Vec<usize> = (0..CELLS).collect();
    let (mut relative, mut naive, mut split) = (0.0, 0.0, 0.0);
    let mut moved = 0.0;
    let (mut shares, mut powers) = (0.0, 0.0);
    let repeats = 60;
    for _ in 0..repeats {
        let [a, b] = [(); 2].map(|()| session(&code, 10, &mut rng));
        let drifts: Vec<Drift> = (0..BINS)
            .map(|bin| {
                let cloud = |s| LapCloud::of(s, bin, &cells).unwrap();
                Drift::between(&cloud(&a), &cloud(&b)).unwrap()
            })
            .collect();
        relative += drifts.iter().map(|drift| drift.relative).sum::<f64>();
        naive += drifts.iter().map(|drift| drift.squared).sum::<f64>();
        split += pool(&drifts).squared;
        let (h, k) = (halves(&a), halves(&b));
        let parts = rate_and_field_by_halves(
            [h[0].as_view(), h[1].as_view()],
            [k[0].as_view(), k[1].as_view()],
        )
        .unwrap();
        moved += parts.total;
        powers += parts.power;
        shares += rate_and_field(a.rate_map().as_view(), b.rate_map().as_view())
            .unwrap()
            .field_share;
    }
    let count = f64::from(repeats);
    assert!((relative / count / BINS as f64).abs() < 0.02, "{relative}");
    assert!(split.abs() < 0.1 * naive, "{split} of {naive}");
    assert!((moved / powers).abs() < 0.02, "{moved} of {powers}");
    assert!(shares / count > 0.5); // most of the apparent change looks like field
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn shapes_do_not_see_a_rotation(values in proptest::collection::vec(0.0f64..5.0, 24), angle in 0.0f64..6.0) {
        let code = DMatrix::from_column_slice(8, 3, &values);
        let (s, c) = angle.sin_cos();
        let rotation = DMatrix::from_row_slice(3, 3, &[c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0]);
        let turned = &code * rotation;
        for measure in [CodeMeasure::Cka, CodeMeasure::CkaDebiased] {
            let alike = measure.between(code.as_view(), turned.as_view()).unwrap();
            prop_assert!((alike - 1.0).abs() < 1e-9, "{:?} {}", measure, alike);
        }
        let apart = CodeMeasure::Procrustes.between(code.as_view(), turned.as_view()).unwrap();
        prop_assert!(apart.abs() < 1e-9, "{}", apart);
    }

    #[test]
    fn similarity_is_symmetric_and_of_cells_in_any_order(
        values in proptest::collection::vec(0.0f64..5.0, 60), shift in 1usize..5,
    ) {
        let (a, b) = (DMatrix::from_column_slice(6, 5, &values[..30]), DMatrix::from_column_slice(6, 5, &values[30..]));
        let order: Vec<usize> = (0..5).map(|cell| (cell + shift) % 5).collect();
        let (c, d) = (a.select_columns(&order), b.select_columns(&order));
        for measure in CodeMeasure::ALL {
            let one = measure.between(a.as_view(), b.as_view()).unwrap();
            let two = measure.between(d.as_view(), c.as_view()).unwrap();
            prop_assert!((one - two).abs() < 1e-9 || (one.is_nan() && two.is_nan()), "{:?} {} {}", measure, one, two);
            let all = code_similarity(&[a.as_view(), b.as_view()], measure).unwrap();
            prop_assert!((all[(0, 1)] - one).abs() < 1e-12 || one.is_nan());
        }
    }

    #[test]
    fn missing_cells_and_bins_have_no_say(
        values in proptest::collection::vec(0.1f64..5.0, 60), cell in 0usize..5, bin in 0usize..6,
    ) {
        let (a, mut b) = (DMatrix::from_column_slice(6, 5, &values[..30]), DMatrix::from_column_slice(6, 5, &values[30..]));
        let keep_bins: Vec<usize> = (0..6).filter(|other| *other != bin).collect();
        let keep_cells: Vec<usize> = (0..5).filter(|other| *other != cell).collect();
        let cut = |map: &DMatrix<f64>| map.select_rows(&keep_bins).select_columns(&keep_cells);
        let (c, d) = (cut(&a), cut(&b));
        b.row_mut(bin).fill(f64::NAN);
        b.column_mut(cell).fill(f64::NAN);
        let shared = SharedCode::of(&[a.as_view(), b.as_view()]).unwrap();
        prop_assert_eq!((shared.bins, shared.cells), (keep_bins, keep_cells));
        for measure in CodeMeasure::ALL {
            let one = measure.between(a.as_view(), b.as_view()).unwrap();
            let two = measure.between(c.as_view(), d.as_view()).unwrap();
            prop_assert!(one == two || (one.is_nan() && two.is_nan()));
        }
    }

    #[test]
    fn a_ring_has_no_end(a in 0usize..20, b in 0usize..20, turn in 0usize..20) {
        let ring = |a: usize, b: usize| Space::Ring.distance(a % 20, b % 20, 20);
        prop_assert_eq!(ring(a, b), ring(b, a));
        prop_assert_eq!(ring(a, b), ring(a + turn, b + turn));
        prop_assert!(ring(a, b) <= 10.0 && ring(a, b) <= Space::Line.distance(a, b, 20));
    }

    #[test]
    fn chance_is_the_mean_over_all_shifts(places in proptest::collection::vec((0usize..9, 0usize..9), 1..30)) {
        let (decoded, mut actual): (Vec<usize>, Vec<usize>) = places.into_iter().unzip();
        for space in [Space::Line, Space::Ring, Space::Plane { bins_y: 3 }] {
            let chance = mean_pairing_error(&decoded, &actual, 9, space).unwrap();
            let mut sum = 0.0;
            for _ in 0..actual.len() {
                actual.rotate_right(1);
                sum += decoded.iter().zip(&actual).map(|(a, b)| space.distance(*a, *b, 9)).sum::<f64>();
            }
            let n = actual.len() as f64;
            prop_assert!((chance - sum / (n * n)).abs() < 1e-9);
        }
    }

    #[test]
    fn split_halves_subtract_the_noise_on_a_line(peaks in proptest::collection::vec(0.5f64..19.5, 24)) {
        let even = DMatrix::from_column_slice(3, 4, &peaks[..12]);
        let odd = DMatrix::from_column_slice(3, 4, &peaks[12..]);
        for at in squared_displacement(&even, &odd, 20, Track::Linear).unwrap() {
            prop_assert!((at.split - at.noise_subtracted).abs() < 1e-9);
        }
        // The same peaks on a ring that was turned.
        let turned = |m: &DMatrix<f64>| m.map(|peak| (peak + 7.25) % 20.0);
        let here = squared_displacement(&even, &odd, 20, Track::Circular).unwrap();
        let there = squared_displacement(&turned(&even), &turned(&odd), 20, Track::Circular).unwrap();
        for (a, b) in here.iter().zip(&there) {
            prop_assert!((a.naive - b.naive).abs() < 1e-9 && (a.split - b.split).abs() < 1e-9);
        }
    }

    #[test]
    fn rate_and_field_add_up(values in proptest::collection::vec(0.0f64..5.0, 60)) {
        let (a, b) = (DMatrix::from_column_slice(6, 5, &values[..30]), DMatrix::from_column_slice(6, 5, &values[30..]));
        let parts = rate_and_field(a.as_view(), b.as_view()).unwrap();
        for cell in 0..5 {
            prop_assert!((parts.rate[cell] + parts.field[cell] - parts.total[cell]).abs() < 1e-9);
            prop_assert!(parts.field[cell] > -1e-9);
        }
        // The same map at another rate has kept its field.
        let louder = rate_and_field(a.as_view(), (&a * 1.5).as_view()).unwrap();
        prop_assert!(louder.field_share.abs() < 1e-9 || louder.field_share.is_nan());
    }

    #[test]
    fn ridge_follows_a_linear_code(seed in any::<u64>(), slope in 0.5f64..2.0) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let activity = DMatrix::from_fn(40, 3, |_, _| rng.random::<f64>());
        let x: Vec<f64> = activity.row_iter().map(|row| 3.0 + slope * row[0] - row[2]).collect();
        let targets = Targets::line(&x).unwrap();
        let decoder = RidgeDecoder::fit(activity.as_view(), &targets, 1e-12).unwrap();
        let errors = targets.errors(&decoder.decode(activity.as_view()).unwrap()).unwrap();
        prop_assert!(errors.iter().all(|error| *error < 1e-6));
        prop_assert!((decoder.weights()[(0, 0)] - slope).abs() < 1e-6);
    }
}
