//! Rate maps, information, smoothing and correlation over time at the size of a long recording
//! (500 units × 20 000 frames, 100 bins), and Figure 2E (500 units, 51 times).
//!
//! `benches/peers/metrics_peer.py` times the same work in NumPy and SciPy.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use drift_metrics::nalgebra::{DMatrix, DMatrixView};
use drift_metrics::timescale::{DecayOptions, fit_decay};
use drift_metrics::{
    BinEdges, Ends, Smoothing, fraction_active_units, paper, rate_map, spatial_information,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const UNITS: usize = 500;
const FRAMES: usize = 20_000;
const BINS: usize = 100;

/// Laps on a track of length 1 at uneven speed, and sparse activity.
fn recording(frames: usize) -> (Vec<f64>, DMatrix<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut phase: f64 = 0.0;
    let position = (0..frames)
        .map(|_| {
            phase += 0.02 * rng.random::<f64>();
            0.5 - 0.5 * phase.cos()
        })
        .collect();
    let activity = DMatrix::from_fn(frames, UNITS, |_, _| (rng.random::<f64>() - 0.7).max(0.0));
    (position, activity)
}

fn metrics(criterion: &mut Criterion) {
    let (position, activity) = recording(FRAMES);
    let edges = BinEdges::equal(0.0, 1.0, BINS).expect("edges are valid");
    let map = rate_map(&edges, &position, activity.as_view()).expect("activity is finite");

    let mut group = criterion.benchmark_group("metrics");
    group.bench_function("rate_maps_and_information/500x20000", |bencher| {
        bencher.iter(|| {
            let map = rate_map(&edges, black_box(&position), activity.as_view())
                .expect("activity is finite");
            spatial_information(&map).expect("activity is not negative")
        });
    });
    group.bench_function("bin_positions/20000", |bencher| {
        bencher.iter(|| edges.assign(black_box(&position)));
    });
    group.bench_function("information/500x100", |bencher| {
        bencher.iter(|| spatial_information(black_box(&map)).expect("activity is not negative"));
    });
    let smoothing = Smoothing::Normalised {
        sigma_bins: paper::SMOOTHING_SIGMA_BINS,
        ends: Ends::Open,
    };
    group.bench_function("smoothing/500x100", |bencher| {
        bencher.iter(|| {
            black_box(&map)
                .smoothed(&smoothing)
                .expect("the width is valid")
        });
    });
    group.bench_function("fraction_active_units/500x20000", |bencher| {
        bencher.iter(|| fraction_active_units(black_box(activity.as_view())));
    });

    // Figure 2: 150 samples, 51 snapshots.
    let (position, _) = recording(150);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let snapshots: Vec<DMatrix<f64>> = (0..51)
        .map(|_| DMatrix::from_fn(150, UNITS, |_, _| (rng.random::<f64>() - 0.7).max(0.0)))
        .collect();
    let views: Vec<DMatrixView<'_, f64>> = snapshots.iter().map(DMatrix::as_view).collect();
    group.bench_function("figure_2e/500x150x51", |bencher| {
        bencher.iter(|| {
            paper::rate_map_correlation(black_box(&position), &views).expect("the input is valid")
        });
    });

    let x: Vec<f64> = (0..2000).map(|k| 500.0 * f64::from(k)).collect();
    let y: Vec<f64> = x
        .iter()
        .map(|x| 0.1 + 0.9 * (-x / 2e5).exp() + 0.01 * rng.random::<f64>())
        .collect();
    group.bench_function("fit_decay/2000", |bencher| {
        bencher.iter(|| {
            fit_decay(black_box(&x), &y, &DecayOptions::default()).expect("the curve decays")
        });
    });
    group.finish();
}

criterion_group!(benches, metrics);
criterion_main!(benches);
