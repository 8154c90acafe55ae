//! The machine's own limits, to hold the training step against: the rate of fused multiply-adds
//! of one core in each instruction set, and the time of one normal deviate.
//!
//! `cargo bench -p drift-benches --bench roofline` prints them and the bound they give a step.
#![allow(
    unsafe_code,
    reason = "vector intrinsics, called after their instruction set was detected"
)]

use std::hint::black_box;
use std::time::Instant;

use drift_sim::learn::{Stream, Streams};

/// Independent chains: enough to fill two units of latency 4, with registers to spare. Each
/// starts elsewhere; identical chains would be merged and show a peak that does not exist.
const CHAINS: usize = 12;
const ROUNDS: usize = 20_000;

macro_rules! peak {
    ($name:ident, $feature:literal, $lanes:literal, $set:ident, $multiply_add:ident, $store:ident) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = $feature)]
        fn $name(factor: f64) -> f64 {
            use std::arch::x86_64::{$multiply_add, $set, $store};
            let factors = $set(factor);
            let mut sums = [factors; CHAINS];
            for (chain, sum) in sums.iter_mut().enumerate() {
                *sum = $set(factor * (1 + chain) as f64);
            }
            for _ in 0..ROUNDS {
                for sum in &mut sums {
                    *sum = $multiply_add(*sum, factors, factors);
                }
            }
            let mut total = 0.0;
            for sum in sums {
                let mut lanes = [0.0; $lanes];
                // SAFETY: the array has as many values as the register.
                unsafe { $store(lanes.as_mut_ptr(), sum) };
                total += lanes.iter().sum::<f64>();
            }
            total
        }
    };
}

peak!(
    peak_v4,
    "avx512f,avx512dq,avx512vl",
    8,
    _mm512_set1_pd,
    _mm512_fmadd_pd,
    _mm512_storeu_pd
);
peak!(
    peak_v3,
    "avx2,fma",
    4,
    _mm256_set1_pd,
    _mm256_fmadd_pd,
    _mm256_storeu_pd
);

/// GFLOP/s, the best of many short runs: whatever else the machine does only slows it.
fn gigaflops(lanes: usize, run: impl Fn(f64) -> f64) -> f64 {
    let best = (0..400)
        .map(|_| {
            let begin = Instant::now();
            black_box(run(black_box(0.3)));
            begin.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    (2 * lanes * CHAINS * ROUNDS) as f64 / best / 1e9
}

fn nanoseconds_a_normal() -> f64 {
    let mut source = Streams::new(7).noise_source(Stream::UpdateNoise);
    let mut values = vec![0.0; 3100];
    let best = (0..2000)
        .map(|_| {
            let begin = Instant::now();
            source.add_normal(0.1, black_box(&mut values));
            begin.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    1e9 * best / values.len() as f64
}

fn main() {
    let mut peak = 0.0f64;
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
        {
            // SAFETY: the features were detected.
            peak = gigaflops(4, |factor| unsafe { peak_v3(factor) });
            println!("v3: {peak:.1} GFLOP/s");
        }
        if std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512dq")
            && std::arch::is_x86_feature_detected!("avx512vl")
        {
            // SAFETY: the features were detected.
            peak = gigaflops(8, |factor| unsafe { peak_v4(factor) });
            println!("v4: {peak:.1} GFLOP/s");
        }
    }
    let normal = nanoseconds_a_normal();
    println!("normal deviate: {normal:.3} ns");
    if peak > 0.0 {
        for (name, samples, inputs, hidden, outputs) in [
            ("S", 10, 20, 100, 10),
            ("M", 14, 30, 100, 30),
            ("L", 150, 18, 500, 17),
        ] {
            // Forward: both layers; backward: the output weights, the hidden layer, the inputs.
            let flops = 2 * samples * hidden * (2 * inputs + 3 * outputs);
            let parameters = hidden * (inputs + 1 + outputs);
            let bound = flops as f64 / peak / 1e3 + parameters as f64 * normal / 1e3;
            println!("bound {name}: {bound:.2} µs a step");
        }
    }
}
