//! Shuffles and subsamplings at the size of a calcium recording: 472 cells × 3091 frames, active in
//! 4 of 1000 frames, 20 states.
//!
//! `benches/peers/information_peer.py` times the same work in NumPy.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use drift_metrics::activity::SparseActivity;
use drift_metrics::binning::States;
use drift_metrics::information::bias::{Settings, estimate_sparse, subsampled_information};
use drift_metrics::information::{ResponseClasses, mutual_information};
use drift_metrics::shuffle::Shuffle;
use drift_metrics::shuffle::{PlaceCellSettings, cyclic_shift_test, place_cell_test};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const CELLS: usize = 472;
const FRAMES: usize = 3091;
const STATES: usize = 20;
const ACTIVE: f64 = 0.0037;

/// Runs along a track, and cells whose activity falls into a field half of the time.
fn recording() -> (SparseActivity, States) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut phase: f64 = 0.0;
    let labels: Vec<usize> = (0..FRAMES)
        .map(|_| {
            phase = (phase + 0.02 * rng.random::<f64>()).fract();
            (phase * STATES as f64) as usize
        })
        .collect();
    let cells: Vec<Vec<(usize, f64)>> = (0..CELLS)
        .map(|cell| {
            (0..FRAMES)
                .filter_map(|frame| {
                    let field = labels[frame] == cell % STATES;
                    let chance = ACTIVE * if field { 10.0 } else { 0.5 };
                    (rng.random::<f64>() < chance)
                        .then(|| (frame, 0.4 + 15.0 * rng.random::<f64>().powi(4)))
                })
                .collect()
        })
        .collect();
    (
        SparseActivity::from_entries(FRAMES, &cells).expect("entries are in order"),
        States::new(&labels).expect("there are frames"),
    )
}

fn information(criterion: &mut Criterion) {
    let (activity, states) = recording();
    let classes = ResponseClasses::published(&activity);
    let mut group = criterion.benchmark_group("information");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));

    for (name, shuffle) in [
        ("1000 cyclic shuffles", Shuffle::Cyclic),
        ("1000 permutations", Shuffle::Permutation),
        ("1000 interval shuffles", Shuffle::InterSpikeIntervals),
    ] {
        let settings = PlaceCellSettings {
            shuffle,
            ..PlaceCellSettings::default()
        };
        group.bench_function(name, |bencher| {
            let mut rng = ChaCha8Rng::seed_from_u64(2);
            bencher.iter(|| {
                black_box(place_cell_test(
                    black_box(&activity),
                    &states,
                    &settings,
                    &mut rng,
                ))
            });
        });
    }
    group.bench_function("all 3090 shifts", |bencher| {
        bencher.iter(|| black_box(cyclic_shift_test(black_box(&activity), &states, 0.05)));
    });
    group.bench_function("mutual information", |bencher| {
        bencher.iter(|| black_box(mutual_information(black_box(&activity), &states, &classes)));
    });

    let settings = Settings::default();
    group.bench_function("500 subsamplings", |bencher| {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        bencher.iter(|| {
            black_box(subsampled_information(
                black_box(&activity),
                &states,
                &classes,
                0.05,
                &settings.fractions,
                settings.repetitions,
                &mut rng,
            ))
        });
    });
    group.bench_function("whole procedure", |bencher| {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        bencher.iter(|| {
            black_box(estimate_sparse(
                black_box(&activity),
                &states,
                0.05,
                &settings,
                &mut rng,
            ))
        });
    });
    group.finish();
}

criterion_group!(benches, information);
criterion_main!(benches);
