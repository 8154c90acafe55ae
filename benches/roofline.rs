//! The machine's own limits, to hold the training step against: the rate of fused multiply-adds
//! of one core in each instruction set, and the time of one normal deviate.
//!
//! `cargo bench -p drift-benches --bench roofline` prints them and the bound they give a step.

use std::hint::black_box;
use std::time::Instant;

use drift_sim::learn::{Stream, Streams};
use pulp::{Simd, WithSimd};

/// Independent chains: enough to fill two units of latency 4, with registers to spare. Each
/// starts elsewhere; identical chains would be merged and show a peak that does not exist.
const CHAINS: usize = 12;
const ROUNDS: usize = 20_000;

struct Peak(f64);

impl WithSimd for Peak {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Self(factor) = self;
        let factors = simd.splat_f64s(factor);
        let mut sums = [factors; CHAINS];
        for (chain, sum) in sums.iter_mut().enumerate() {
            *sum = simd.splat_f64s(factor * (1 + chain) as f64);
        }
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = simd.mul_add_f64s(*sum, factors, factors);
            }
        }
        sums.into_iter().map(|sum| simd.reduce_sum_f64s(sum)).sum()
    }
}

/// GFLOP/s, the best of many short runs: whatever else the machine does only slows it.
fn gigaflops<S: Simd>(simd: S) -> f64 {
    let best = (0..400)
        .map(|_| {
            let begin = Instant::now();
            black_box(simd.vectorize(Peak(black_box(0.3))));
            begin.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    (2 * S::F64_LANES * CHAINS * ROUNDS) as f64 / best / 1e9
}

fn nanoseconds_a_normal() -> f64 {
    let mut source = Streams::new(7)
        .noise_source(Stream::UpdateNoise)
        .expect("an instruction set");
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
        if let Some(simd) = pulp::x86::V3::try_new() {
            peak = gigaflops(simd);
            println!("v3: {peak:.1} GFLOP/s");
        }
        if let Some(simd) = pulp::x86::V4::try_new() {
            peak = gigaflops(simd);
            println!("v4: {peak:.1} GFLOP/s");
        }
    }
    let normal = nanoseconds_a_normal();
    println!("normal deviate: {normal:.3} ns");
    if peak > 0.0 {
        // Samples, and units from the inputs to the outputs.
        let sizes: [(&str, usize, &[usize]); 5] = [
            ("S", 10, &[20, 100, 10]),
            ("M", 14, &[30, 100, 30]),
            ("L", 150, &[18, 500, 17]),
            ("D2", 10, &[20, 100, 100, 10]),
            ("D3", 150, &[18, 200, 200, 200, 17]),
        ];
        for (name, samples, units) in sizes {
            let weights = units.windows(2).map(|pair| pair[0] * pair[1]);
            let first = units[0] * units[1];
            // Forward and the weights' gradients: all matrices; back to the inputs of each: all
            // but the first.
            let flops = 2 * samples * (3 * weights.clone().sum::<usize>() - first);
            let biases: usize = units[1..units.len() - 1].iter().sum();
            let parameters = weights.sum::<usize>() + biases;
            let bound = flops as f64 / peak / 1e3 + parameters as f64 * normal / 1e3;
            println!("bound {name}: {bound:.2} µs a step");
        }
    }
}
