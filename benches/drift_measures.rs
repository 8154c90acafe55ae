//! Measures of drift at the size of a longitudinal recording: 6 sessions of 10 laps, 6 000 frames,
//! 300 cells, 100 bins, counts in 3 of 100 entries.
//!
//! `benches/peers/drift_measures_peer.py` times the same work in NumPy and scikit-learn.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use drift_metrics::decoding::{
    ErrorMatrixSettings, PoissonSettings, Space, Targets, cross_validated_ridge, error_matrix,
    lap_folds,
};
use drift_metrics::geometry::{Drift, LapCloud};
use drift_metrics::increments::{peak_positions, rate_and_field_by_halves, squared_displacement};
use drift_metrics::nalgebra::DMatrix;
use drift_metrics::rate_map::Track;
use drift_metrics::sessions::{BinnedSession, matched_halves};
use drift_metrics::similarity::{CodeMeasure, code_similarity};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SESSIONS: usize = 6;
const LAPS: usize = 10;
const FRAMES: usize = 6000;
const CELLS: usize = 300;
const BINS: usize = 100;

/// Laps at one speed; each cell has a field that moves by a bin from one session to the next.
fn sessions() -> Vec<BinnedSession> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let a_lap = FRAMES / LAPS;
    let bins: Vec<Option<usize>> = (0..FRAMES)
        .map(|t| Some(t % a_lap * BINS / a_lap))
        .collect();
    let laps: Vec<usize> = (0..FRAMES).map(|t| t / a_lap).collect();
    (0..SESSIONS)
        .map(|session| {
            let counts = DMatrix::from_fn(FRAMES, CELLS, |t, cell| {
                let centre = (cell * BINS / CELLS + session) as f64;
                let away = (t % a_lap * BINS / a_lap) as f64 - centre;
                let rate = 0.3 * (-(away / 6.0).powi(2)).exp() + 0.002;
                f64::from(u8::from(rng.random::<f64>() < rate))
            });
            BinnedSession::new(
                counts.as_view(),
                &bins,
                BINS,
                &laps,
                0.05.into(),
                &[true; CELLS],
            )
            .expect("a session")
        })
        .collect()
}

fn measures(criterion: &mut Criterion) {
    let sessions = sessions();
    let maps: Vec<DMatrix<f64>> = sessions.iter().flat_map(BinnedSession::half_maps).collect();
    let views: Vec<_> = maps.iter().map(DMatrix::as_view).collect();
    let mut group = criterion.benchmark_group("drift_measures");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));

    let settings = ErrorMatrixSettings {
        decoder: PoissonSettings {
            window: 0.05,
            ..PoissonSettings::default()
        },
        space: Space::Line,
        laps_left_out: 2,
    };
    group.bench_function("poisson error matrix", |bencher| {
        bencher.iter(|| error_matrix(black_box(&sessions), &settings).expect("a matrix"));
    });
    let x: Vec<f64> = sessions[0]
        .bins()
        .iter()
        .flatten()
        .map(|bin| *bin as f64)
        .collect();
    let targets = Targets::line(&x).expect("targets");
    let folds = lap_folds(sessions[0].laps(), 2).expect("folds");
    let counts = sessions[0].activity().to_dense();
    group.bench_function("ridge, 5 folds x 5 alphas", |bencher| {
        bencher.iter(|| {
            cross_validated_ridge(
                black_box(&counts).as_view(),
                &targets,
                &folds,
                &[1e-3, 1e-2, 0.1, 1.0, 10.0],
            )
            .expect("a choice")
        });
    });
    for (name, measure) in [
        ("cka, 12 half maps", CodeMeasure::Cka),
        ("debiased cka, 12 half maps", CodeMeasure::CkaDebiased),
        ("rsa, 12 half maps", CodeMeasure::RsaSpearman),
        ("procrustes, 12 half maps", CodeMeasure::Procrustes),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| code_similarity(black_box(&views), measure).expect("a matrix"));
        });
    }
    group.bench_function("matched halves of rate maps, one pair", |bencher| {
        bencher.iter(|| {
            let (first, second) = ([views[0], views[1]], [views[2], views[3]]);
            matched_halves(black_box(first), second, CodeMeasure::RateMap).expect("halves")
        });
    });
    let cells: Vec<usize> = (0..40).collect();
    group.bench_function("geometry of one bin, 40 cells", |bencher| {
        bencher.iter(|| {
            let cloud = |s: usize| LapCloud::of(&sessions[s], 20, &cells).expect("a cloud");
            Drift::between(&cloud(0), &cloud(1)).expect("a drift")
        });
    });
    group.bench_function("increments", |bencher| {
        bencher.iter(|| {
            let peaks = |half: usize| {
                let rows: Vec<f64> = (0..SESSIONS)
                    .flat_map(|s| peak_positions(views[2 * s + half]))
                    .collect();
                DMatrix::from_row_slice(SESSIONS, CELLS, &rows)
            };
            let moved = squared_displacement(&peaks(0), &peaks(1), BINS, Track::Linear);
            let (first, second) = ([views[0], views[1]], [views[2], views[3]]);
            let parts = rate_and_field_by_halves(first, second);
            black_box((moved.expect("peaks"), parts.expect("parts")))
        });
    });
    group.finish();
}

criterion_group!(benches, measures);
criterion_main!(benches);
