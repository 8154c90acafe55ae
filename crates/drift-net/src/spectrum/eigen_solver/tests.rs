//! Eigenvalues against the library's, and their laws.

use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::SymmetricMatrix;
use crate::Error;
use crate::spectrum::dense::symmetric_eigen;

fn symmetric_eigenvalues(matrix: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
    SymmetricMatrix::from_lower(matrix)?.into_eigenvalues()
}

fn symmetric(size: usize, entry: impl Fn(usize, usize) -> f64) -> DMatrix<f64> {
    DMatrix::from_fn(size, size, |row, column| {
        entry(row.max(column), row.min(column))
    })
}

/// Our values-only way and the library's way with eigenvectors share nothing.
fn assert_both_ways_agree(matrix: DMatrix<f64>) {
    let (expected, vectors) = symmetric_eigen(&matrix).unwrap();
    let found = symmetric_eigenvalues(&matrix).unwrap();
    let largest = expected
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    for (found, expected) in found.iter().zip(&expected) {
        assert!(
            (found - expected).abs() <= 1e-13 * largest,
            "{found} {expected}"
        );
    }
    let scaled = &vectors * DMatrix::from_diagonal(&expected.into());
    assert!((matrix * vectors - scaled).amax() <= 1e-12 * largest);
}

#[test]
fn both_ways_agree_on_dense_matrices() {
    // Sizes around one and several tiles.
    for size in [1, 2, 3, 7, 31, 32, 33, 34, 64, 65, 97, 151, 300] {
        let phase = size as f64;
        assert_both_ways_agree(symmetric(size, |i, j| {
            ((i * 31 + j * j) as f64 + phase).sin()
        }));
    }
}

#[test]
fn both_ways_agree_where_reflections_degenerate() {
    // Diagonal, low rank, many zero rows, repeated eigenvalues, a graded matrix.
    assert_both_ways_agree(symmetric(50, |i, j| if i == j { i as f64 } else { 0.0 }));
    assert_both_ways_agree(symmetric(50, |_, _| 1.0));
    assert_both_ways_agree(symmetric(50, |i, j| f64::from(i % 5 == 0 && j % 5 == 0)));
    assert_both_ways_agree(symmetric(50, |i, j| f64::from(i == j)));
    assert_both_ways_agree(symmetric(50, |i, j| 0.1_f64.powi((i + j) as i32 / 3)));
}

/// A random symmetric matrix of one of several kinds.
fn random_symmetric(size: usize, kind: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let half = DMatrix::from_fn(size, size, |_, _| rng.random_range(-1.0..1.0));
    match kind {
        // Dense.
        0 => &half + half.transpose(),
        // A band of any width.
        1 => {
            let width = rng.random_range(0..=size);
            symmetric(size, |i, j| if i - j <= width { half[(i, j)] } else { 0.0 })
        }
        // Many zero rows.
        2 => {
            let zero: Vec<bool> = (0..size).map(|_| rng.random()).collect();
            symmetric(size, |i, j| {
                if zero[i] || zero[j] {
                    0.0
                } else {
                    half[(i, j)]
                }
            })
        }
        // Low rank.
        3 => {
            let rank = rng.random_range(0..=size / 2);
            let factor = half.columns(0, rank);
            factor * factor.transpose()
        }
        // Two clusters of eigenvalues.
        4 => {
            let rotation = half.qr().q();
            let values = DMatrix::from_fn(size, size, |i, j| {
                if i == j {
                    f64::from(i % 2 == 0) + 1e-9 * i as f64
                } else {
                    0.0
                }
            });
            let rotated = &rotation * values * rotation.transpose();
            symmetric(size, |i, j| rotated[(i, j)])
        }
        // Entries over 200 orders of magnitude, to below the smallest normal square root.
        _ => symmetric(size, |i, j| {
            half[(i, j)] * 10.0_f64.powf(-200.0 * (i + j) as f64 / (2 * size) as f64)
        }),
    }
}

proptest! {
    #[test]
    fn eigenvalues_are_those_of_the_library(
        size in 1_usize..140,
        kind in 0_usize..6,
        seed: u64,
    ) {
        let matrix = random_symmetric(size, kind, seed);
        let found = symmetric_eigenvalues(&matrix).unwrap();
        prop_assert_eq!(found.len(), size);
        prop_assert!(found.is_sorted());
        let (expected, _) = symmetric_eigen(&matrix).unwrap();
        let scale = matrix.norm();
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert!((found - expected).abs() <= 1e-14 * scale, "{found} {expected}");
        }
        let sum: f64 = found.iter().sum();
        prop_assert!((sum - matrix.trace()).abs() <= 1e-13 * scale);
        let norm = found.iter().map(|value| value * value).sum::<f64>().sqrt();
        prop_assert!((norm - scale).abs() <= 1e-13 * scale);
    }
}

#[test]
fn upper_triangle_is_not_read() {
    let full = random_symmetric(70, 0, 1);
    let lower = DMatrix::from_fn(70, 70, |row, column| {
        if row >= column {
            full[(row, column)]
        } else {
            f64::NAN
        }
    });
    assert_eq!(
        symmetric_eigenvalues(&lower).unwrap(),
        symmetric_eigenvalues(&full).unwrap()
    );
}

#[test]
fn extreme_scales_neither_overflow_nor_vanish() {
    let entry = |i: usize, j: usize| ((3 * i + j) as f64).cos();
    let reference = symmetric_eigenvalues(&symmetric(20, entry)).unwrap();
    for power in [-900, 900] {
        let factor = 2.0_f64.powi(power);
        let found = symmetric_eigenvalues(&symmetric(20, |i, j| factor * entry(i, j))).unwrap();
        for (found, reference) in found.iter().zip(&reference) {
            assert_eq!(*found, reference * factor);
        }
    }
    assert_eq!(
        symmetric_eigenvalues(&DMatrix::zeros(3, 3)).unwrap(),
        [0.0; 3]
    );
    assert_eq!(
        symmetric_eigenvalues(&DMatrix::zeros(0, 0)).unwrap(),
        [0.0; 0]
    );
}

#[test]
fn nan_is_an_error() {
    let matrix = symmetric(4, |i, _| if i == 2 { f64::NAN } else { 1.0 });
    assert!(symmetric_eigenvalues(&matrix).is_err());
}
