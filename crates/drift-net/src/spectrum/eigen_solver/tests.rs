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
fn what_is_not_finite_is_an_error() {
    for (value, place) in [(f64::NAN, 0), (f64::INFINITY, 69), (f64::NEG_INFINITY, 40)] {
        let mut matrix = random_symmetric(70, 0, 2);
        matrix[(69, place)] = value;
        let error = SymmetricMatrix::from_lower(&matrix).unwrap_err();
        let Error::NotFinite {
            index,
            value: found,
            ..
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!((index, found.to_bits()), (69 + 70 * place, value.to_bits()));
    }
    let error = SymmetricMatrix::from_lower(&DMatrix::zeros(3, 4)).unwrap_err();
    assert!(matches!(
        error,
        Error::ShapeMismatch {
            found: 4,
            expected: 3,
            ..
        }
    ));
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{found} {expected}");
    }
}

proptest! {
    #[test]
    fn order_scale_and_shift_do_what_they_must(
        size in 1_usize..120,
        kind in 0_usize..6,
        shift in -3.0..3.0_f64,
        power in -800_i32..800,
        seed: u64,
    ) {
        let matrix = random_symmetric(size, kind, seed);
        let reference = symmetric_eigenvalues(&matrix).unwrap();
        let tolerance = 1e-14 * (matrix.norm() + shift.abs() * (size as f64).sqrt());
        // Rows and columns in another order.
        let step = (7..).find(|step| gcd(*step, size) == 1).unwrap();
        let order: Vec<usize> = (0..size).map(|index| index * step % size).collect();
        let permuted = matrix.select_rows(&order).select_columns(&order);
        assert_close(&symmetric_eigenvalues(&permuted).unwrap(), &reference, tolerance);
        // Powers of two scale exactly.
        let factor = 2.0_f64.powi(power);
        if kind != 5 {
            let scaled = symmetric_eigenvalues(&(&matrix * factor)).unwrap();
            let expected: Vec<f64> = reference.iter().map(|value| value * factor).collect();
            prop_assert_eq!(scaled, expected);
        }
        // A multiple of the identity.
        let shifted = &matrix + DMatrix::identity(size, size) * shift;
        let expected: Vec<f64> = reference.iter().map(|value| value + shift).collect();
        assert_close(&symmetric_eigenvalues(&shifted).unwrap(), &expected, tolerance);
        // The opposite sign.
        let negative: Vec<f64> = reference.iter().rev().map(|value| -value).collect();
        assert_close(&symmetric_eigenvalues(&-&matrix).unwrap(), &negative, tolerance);
        // nalgebra's method shares nothing with ours or faer's. Of kind 5 it makes NaN.
        if kind != 5 {
            let mut other = matrix.clone().symmetric_eigenvalues().as_slice().to_vec();
            other.sort_by(f64::total_cmp);
            assert_close(&reference, &other, 1e-13 * matrix.norm());
        }
    }

    #[test]
    fn eigenvalues_of_a_part_interlace(
        size in 2_usize..120,
        kind in 0_usize..6,
        removed: prop::sample::Index,
        seed: u64,
    ) {
        let matrix = random_symmetric(size, kind, seed);
        let whole = symmetric_eigenvalues(&matrix).unwrap();
        let removed = removed.index(size);
        let part = matrix.clone().remove_row(removed).remove_column(removed);
        let part = symmetric_eigenvalues(&part).unwrap();
        let slack = 1e-14 * matrix.norm();
        for (index, value) in part.iter().enumerate() {
            prop_assert!(whole[index] - slack <= *value && *value <= whole[index + 1] + slack);
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[test]
fn matrices_in_several_pieces_are_solved_alike() {
    // Both stages are cut into pieces of these sizes.
    for (size, kind) in [(1040, 0), (1100, 2)] {
        let matrix = random_symmetric(size, kind, 5);
        let (expected, _) = symmetric_eigen(&matrix).unwrap();
        let found = symmetric_eigenvalues(&matrix).unwrap();
        assert_close(&found, &expected, 1e-14 * matrix.norm());
    }
}

#[test]
fn columns_of_a_function_are_those_of_the_matrix() {
    let matrix = random_symmetric(77, 0, 9);
    let by_columns = SymmetricMatrix::from_columns(77, |columns, block| {
        for (column, mut target) in columns.clone().zip(block.column_iter_mut()) {
            // What is above the diagonal does not count.
            target.fill(f64::NAN);
            let below = matrix.view((column, column), (77 - column, 1));
            target
                .rows_mut(column - columns.start, 77 - column)
                .copy_from(&below);
        }
    });
    let by_columns = by_columns.unwrap();
    assert_eq!(by_columns.size(), 77);
    assert_eq!(
        by_columns.into_eigenvalues().unwrap(),
        symmetric_eigenvalues(&matrix).unwrap()
    );
}

#[test]
fn memory_is_half_of_the_matrix_and_little_more() {
    assert_eq!(SymmetricMatrix::memory(0), 0);
    let whole = 8 * 18_000_usize.pow(2);
    let memory = SymmetricMatrix::memory(18_000);
    assert!(memory > whole / 2 && memory < whole * 6 / 10, "{memory}");
    assert_eq!(SymmetricMatrix::memory(usize::MAX), usize::MAX);
    let refused = SymmetricMatrix::from_columns(usize::MAX, |_, _| {}).unwrap_err();
    assert!(matches!(
        refused,
        Error::OutOfRange {
            field: "rows of the symmetric matrix",
            ..
        }
    ));
}

#[cfg(feature = "rayon")]
#[test]
fn the_number_of_threads_changes_no_bit() {
    let matrix = random_symmetric(1300, 0, 4);
    let solved = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build()
            .unwrap()
            .install(|| symmetric_eigenvalues(&matrix).unwrap())
    };
    let reference = solved(1);
    for threads in [2, 3, 7] {
        assert_eq!(solved(threads), reference);
    }
}
