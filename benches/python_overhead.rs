//! Metric calls on 20 000 samples of 500 units, for `peers/python_overhead.py`, which times the same
//! calls of the Python package between two runs of this. Prints a name and the best seconds a line.

use std::hint::black_box;
use std::time::Instant;

use drift_metrics::activity::{SparseActivity, active_fraction};
use drift_metrics::rate_map::rate_map_of;
use drift_metrics::{BinEdges, rate_map, spatial_information};
use nalgebra::DMatrix;

const SAMPLES: usize = 20_000;
const UNITS: usize = 500;
const REPEATS: usize = 15;

fn best<T>(name: &str, mut call: impl FnMut() -> T) {
    let mut least = f64::INFINITY;
    for _ in 0..REPEATS {
        let start = Instant::now();
        black_box(call());
        least = least.min(start.elapsed().as_secs_f64());
    }
    println!("{name} {least:.9}");
}

fn main() {
    // The same numbers as in the Python script, from a formula.
    let activity = DMatrix::from_fn(SAMPLES, UNITS, |sample, unit| {
        let mixed = (sample * 7919 + unit * 104_729) % 1009;
        if mixed < 300 { mixed as f64 } else { 0.0 }
    });
    let position: Vec<f64> = (0..SAMPLES)
        .map(|sample| 50.0 - 50.0 * (0.01 * sample as f64).cos())
        .collect();
    let edges = BinEdges::equal(0.0, 100.0, 25).expect("edges");
    let positions = edges.assign(&position);
    let sparse = SparseActivity::from_dense(activity.as_view()).expect("activity");
    let map = rate_map(&edges, &position, activity.as_view()).expect("a map");
    best("active_fraction", || active_fraction(activity.as_view()));
    best("rate_map", || {
        rate_map(&edges, &position, activity.as_view()).expect("a map")
    });
    best("sparse rate_map_of", || {
        rate_map_of(&positions, &sparse).expect("a map")
    });
    best("SparseActivity.from_dense", || {
        SparseActivity::from_dense(activity.as_view()).expect("activity")
    });
    best("spatial_information", || {
        spatial_information(&map).expect("information")
    });
}
