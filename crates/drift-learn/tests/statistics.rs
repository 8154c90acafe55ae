//! Statistical evidence for the noise generator.
//!
//! By default 4·10⁶ draws. The full 10⁸ take half a minute:
//!
//! ```text
//! DRIFT_STATISTICS=full cargo test --release -p drift-learn --test statistics -- --nocapture
//! ```
//!
//! Seeds are fixed, so a test passes always or never. Bounds are 5 standard errors (or the
//! probability that goes with them) for single statistics, more where many are looked at.

use drift_learn::rand::Rng;
use drift_learn::{NoiseSource, Stream, Streams};

/// Values asked for at a time; 16 · 4096.
const BLOCK: usize = 65_536;

fn draws() -> usize {
    match std::env::var("DRIFT_STATISTICS").as_deref() {
        Ok("full") => 100_000_000 / BLOCK * BLOCK + BLOCK,
        _ => 4_000_000 / BLOCK * BLOCK + BLOCK,
    }
}

fn source(stream: Stream) -> NoiseSource {
    Streams::new(20_230_717).noise_source(stream).unwrap()
}

/// Calls `visit` with block after block of normals.
fn normals(stream: Stream, mut visit: impl FnMut(&[f64])) {
    let mut source = source(stream);
    let mut values = vec![0.0; BLOCK];
    for _ in 0..draws() / BLOCK {
        source.fill_normal(&mut values);
        visit(&values);
    }
}

/// Calls `visit` with block after block of uniforms on [−½, ½).
fn uniforms(mut visit: impl FnMut(&[f64])) {
    let mut source = source(Stream::LabelNoise);
    let mut values = vec![0.0; BLOCK];
    for _ in 0..draws() / BLOCK {
        values.fill(0.0);
        source.add_uniform(1.0, &mut values);
        visit(&values);
    }
}

/// Sums of the first eight powers.
fn add_powers(sums: &mut [f64; 8], values: &[f64]) {
    let mut block = [0.0; 8];
    for value in values {
        let mut power = 1.0;
        for sum in &mut block {
            power *= value;
            *sum += power;
        }
    }
    for (total, sum) in sums.iter_mut().zip(block) {
        *total += sum;
    }
}

/// Compares moments with expected ones, whose variances follow from the moments of twice the
/// order.
fn check_moments(name: &str, sums: [f64; 8], moment: impl Fn(i32) -> f64) {
    let count = draws() as f64;
    for (order, sum) in (1..).zip(sums) {
        let expected = moment(order);
        let error = ((moment(2 * order) - expected * expected) / count).sqrt();
        let score = (sum / count - expected) / error;
        println!(
            "{name} moment {order}: {:.6} (expected {expected:.6}), z {score:+.2}",
            sum / count
        );
        assert!(
            score.abs() < 5.0,
            "{name} moment {order} is {score} errors off"
        );
    }
}

#[test]
fn moments_of_normals() {
    let mut sums = [0.0; 8];
    normals(Stream::UpdateNoise, |values| add_powers(&mut sums, values));
    // (k − 1)!! for even k
    check_moments("normal", sums, |order| {
        if order % 2 == 1 {
            0.0
        } else {
            (1..order).step_by(2).map(f64::from).product()
        }
    });
}

#[test]
fn moments_of_uniforms() {
    let mut sums = [0.0; 8];
    uniforms(|values| add_powers(&mut sums, values));
    // 2⁻ᵏ/(k + 1) for even k
    check_moments("uniform", sums, |order| {
        if order % 2 == 1 {
            0.0
        } else {
            0.5f64.powi(order) / f64::from(order + 1)
        }
    });
}

/// Kolmogorov and Smirnov's statistic √n·D of counts in equal bins against the probabilities of
/// the bins. Bins are so narrow that what happens within one is below a tenth of the bound.
fn kolmogorov(counts: &[u64], probability: impl Fn(usize) -> f64) -> f64 {
    let total = counts.iter().sum::<u64>() as f64;
    let (mut seen, mut expected, mut distance) = (0, 0.0, 0.0f64);
    for (bin, &count) in counts.iter().enumerate() {
        seen += count;
        expected += probability(bin);
        distance = distance.max((seen as f64 / total - expected).abs());
    }
    assert!(
        (expected - 1.0).abs() < 1e-9,
        "probabilities sum to {expected}"
    );
    total.sqrt() * distance
}

/// P(√n D > 2.2) = 2 exp(−2 · 2.2²), about 1e-4.
const KOLMOGOROV_BOUND: f64 = 2.2;

#[test]
fn distribution_of_normals() {
    const BINS: usize = 1 << 20;
    const EDGE: f64 = 8.5;
    let width = 2.0 * EDGE / BINS as f64;
    let mut counts = vec![0u64; BINS];
    normals(Stream::UpdateNoise, |values| {
        for value in values {
            counts[((value + EDGE) / width) as usize] += 1;
        }
    });
    let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let statistic = kolmogorov(&counts, |bin| {
        // Simpson's rule: exact to 1e-15 on bins this narrow.
        let left = -EDGE + bin as f64 * width;
        let [a, b, c] = [left, left + 0.5 * width, left + width].map(density);
        width / 6.0 * (a + 4.0 * b + c)
    });
    println!("normal Kolmogorov–Smirnov: √n D = {statistic:.3}");
    assert!(statistic < KOLMOGOROV_BOUND);
}

#[test]
fn distribution_of_uniforms() {
    const BINS: usize = 1 << 20;
    let mut counts = vec![0u64; BINS];
    uniforms(|values| {
        for value in values {
            counts[((value + 0.5) * BINS as f64) as usize] += 1;
        }
    });
    let statistic = kolmogorov(&counts, |_| 1.0 / BINS as f64);
    println!("uniform Kolmogorov–Smirnov: √n D = {statistic:.3}");
    assert!(statistic < KOLMOGOROV_BOUND);
}

#[test]
fn tails_of_normals() {
    // P(|z| > k), k = 1..6
    const BEYOND: [f64; 6] = [
        0.317_310_507_862_914_1,
        0.045_500_263_896_358_4,
        0.002_699_796_063_260_2,
        6.334_248_366_623_984e-5,
        5.733_031_437_583_878e-7,
        1.973_175_290_075_396e-9,
    ];
    let mut counts = [[0u64; 6]; 2];
    normals(Stream::UpdateNoise, |values| {
        for &value in values {
            for (level, count) in (1..).zip(&mut counts[usize::from(value < 0.0)]) {
                *count += u64::from(value.abs() > f64::from(level));
            }
        }
    });
    for (side, counts) in ["above", "below"].into_iter().zip(counts) {
        for ((level, count), beyond) in (1..).zip(counts).zip(BEYOND) {
            let expected = draws() as f64 * beyond / 2.0;
            println!("{side} {level} sigma: {count} (expected {expected:.2})");
            // The 5σ bound of a Poisson count, with room for the skew of a small one.
            let bound = 5.0 * expected.sqrt() + 3.0;
            assert!(
                (count as f64 - expected).abs() < bound,
                "{side} {level} sigma"
            );
        }
    }
}

/// Correlations of values, of their squares and of their magnitudes at lags 1 to 64, which
/// cover neighbours within a batch of 16, the cosine and sine of one pair (8 apart) and the
/// same lane of the next batches.
#[test]
fn lags_of_normals() {
    const LAGS: usize = 64;
    // Values to numbers of mean 0 and variance 1.
    type Kind = (&'static str, fn(f64) -> f64);
    let kinds: [Kind; 3] = [
        ("values", |z| z),
        ("squares", |z| (z * z - 1.0) / 2f64.sqrt()),
        ("magnitudes", |z| {
            let mean = (2.0 / std::f64::consts::PI).sqrt();
            (z.abs() - mean) / (1.0 - mean * mean).sqrt()
        }),
    ];
    for (name, kind) in kinds {
        let mut sums = [0.0; LAGS];
        let mut terms = 0;
        let mut mapped = vec![0.0; BLOCK];
        normals(Stream::InputNoise, |values| {
            for (to, &from) in mapped.iter_mut().zip(values) {
                *to = kind(from);
            }
            let length = BLOCK - LAGS;
            for (lag, sum) in (1..).zip(&mut sums) {
                *sum += dot(&mapped[..length], &mapped[lag..][..length]);
            }
            terms += length;
        });
        let worst =
            sums.iter()
                .map(|sum| sum / (terms as f64).sqrt())
                .fold(
                    0.0,
                    |worst: f64, z| if z.abs() > worst.abs() { z } else { worst },
                );
        println!("lags of {name}: worst z of {LAGS} {worst:+.2}");
        assert!(worst.abs() < 5.0, "{name}");
    }
}

/// A dot product in 16 partial sums, which the compiler can vectorise.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 16];
    for (x, y) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        for lane in 0..16 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum()
}

/// The 16 positions of a batch, which are 8 generators and two halves of a pair: correlations of
/// values and of squares, all 120 pairs of positions, in one batch and with the next.
#[test]
fn lanes_are_independent() {
    let mut sums = [[[[0.0f64; 16]; 16]; 2]; 2];
    let mut terms = 0;
    normals(Stream::Sed, |values| {
        let batches = values.as_chunks::<16>().0;
        for pair in batches.windows(2) {
            let squares = |batch: &[f64; 16]| batch.map(|z| (z * z - 1.0) / 2f64.sqrt());
            let now = [pair[0], squares(&pair[0])];
            let next = [pair[1], squares(&pair[1])];
            for kind in 0..2 {
                for i in 0..16 {
                    for j in 0..16 {
                        sums[kind][0][i][j] += now[kind][i] * now[kind][j];
                        sums[kind][1][i][j] += now[kind][i] * next[kind][j];
                    }
                }
            }
        }
        terms += batches.len() - 1;
    });
    for (kind, name) in ["values", "squares"].into_iter().enumerate() {
        let error = f64::from(terms as u32).sqrt();
        let worst = sums[kind].each_ref().map(|matrix| {
            let entries = matrix
                .iter()
                .enumerate()
                .flat_map(|(i, row)| row.iter().enumerate().map(move |(j, sum)| (i, j, sum)));
            // In one batch, a position with itself is no correlation: the diagonal goes.
            let same_batch = std::ptr::eq(matrix, &sums[kind][0]);
            entries
                .filter(|(i, j, _)| !same_batch || i != j)
                .map(|(_, _, sum)| sum.abs() / error)
                .fold(0.0, f64::max)
        });
        println!(
            "lanes, {name}: worst |z| {:.2} in a batch, {:.2} with the next",
            worst[0], worst[1]
        );
        assert!(worst.iter().all(|&score| score < 5.0), "{name}");
    }
}

/// Pairs of neighbours fill 16 × 16 cells by the product of the cells' own frequencies.
#[test]
fn neighbours_are_independent_in_distribution() {
    let cell = |z: f64| (((z + 2.4) / 0.3).floor().clamp(0.0, 15.0)) as usize;
    let mut counts = [[0u64; 16]; 16];
    normals(Stream::Shuffles, |values| {
        for pair in values.as_chunks::<2>().0 {
            counts[cell(pair[0])][cell(pair[1])] += 1;
        }
    });
    let total: u64 = counts.iter().flatten().sum();
    let rows = counts.map(|row| row.iter().sum::<u64>());
    let mut statistic = 0.0;
    for (j, _) in counts[0].iter().enumerate() {
        let column: u64 = counts.iter().map(|row| row[j]).sum();
        for (row, sum) in counts.iter().zip(rows) {
            let expected = sum as f64 * column as f64 / total as f64;
            statistic += (row[j] as f64 - expected).powi(2) / expected;
        }
    }
    let score = (statistic - 225.0) / 450f64.sqrt();
    println!("neighbours: chi-square {statistic:.1} on 225 degrees of freedom, z {score:+.2}");
    assert!(score.abs() < 5.0);
}

/// Every bit of a word is set half the time, and agrees with every bit of the next word of the
/// same lane (8 words on) half the time.
#[test]
fn bits_of_words() {
    let mut source = source(Stream::Texture);
    let count = draws() / 8 * 8;
    let (mut ones, mut repeats) = ([0i64; 64], [0i64; 64]);
    let mut last = [0u64; 8];
    for index in 0..count {
        let word = source.next_u64();
        let change = word ^ last[index % 8];
        last[index % 8] = word;
        for bit in 0..64 {
            ones[bit] += (word >> bit & 1) as i64;
            repeats[bit] += (change >> bit & 1) as i64;
        }
    }
    for (name, counts) in [("set", ones), ("changed", repeats)] {
        let worst = counts
            .into_iter()
            .map(|ones| (2 * ones - count as i64).abs() as f64 / (count as f64).sqrt())
            .fold(0.0, f64::max);
        println!("bits {name}: worst |z| of 64 {worst:.2}");
        assert!(worst < 5.0, "{name}");
    }
}
