//! Householder QR of a tall panel of [`WIDTH`] columns, and Householder reflections.
//!
//! A panel's reflections are kept together as I − V T Vᵀ (Schreiber & Van Loan 1989,
//! doi:10.1137/0910005).

use pulp::{NullaryFnOnce, Simd};

use super::threads::each;
use super::tile::{Tile, WIDTH, ZERO, lanes, lanes_mut};

/// A sum of squares so small is rounding of a matrix whose largest entry is of the order of 1,
/// and too inexact to normalise a vector by.
const NEGLIGIBLE: f64 = f64::MIN_POSITIVE / f64::EPSILON;

/// Rows in a piece of work: half of a second-level cache of 512 KiB.
const PIECE: usize = 1024;

/// The reflection I − τ v vᵀ, first entry of v equal to 1, that leaves of a vector only the first
/// entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reflection {
    /// What the first entry becomes.
    pub(super) reflected: f64,
    /// τ; 0 where there is nothing to reflect.
    pub(super) factor: f64,
    /// v is this times the vector, but for its first entry.
    pub(super) inverse: f64,
}

impl Reflection {
    /// For a vector with this first entry and sum of the other entries' squares.
    #[inline(always)]
    pub(super) fn of(head: f64, tail: f64) -> Self {
        if tail <= NEGLIGIBLE {
            return Self {
                reflected: head,
                factor: 0.0,
                inverse: 0.0,
            };
        }
        // Away from the first entry's sign, so that nothing cancels.
        let reflected = -head.mul_add(head, tail).sqrt().copysign(head);
        Self {
            reflected,
            factor: (reflected - head) / reflected,
            inverse: 1.0 / (head - reflected),
        }
    }
}

/// Replaces a panel, at least [`WIDTH`] rows, by the reflection vectors V of its QR
/// factorisation, ones on the diagonal and zeros above; returns R and every reflection's τ.
pub(super) fn factorise<S: Simd>(simd: S, rows: &mut [[f64; WIDTH]]) -> (Tile, [f64; WIDTH]) {
    let mut upper = ZERO;
    let mut factors = [0.0; WIDTH];
    // Products of the column at hand with all others, below its pivot.
    let mut products = each(rows[1..].chunks(PIECE), |rows| {
        simd.vectorize(First { simd, rows })
    });
    for column in 0..WIDTH {
        let below_pivot = total(&products);
        let pivot = &mut rows[column];
        let Reflection {
            reflected,
            factor,
            inverse,
        } = Reflection::of(pivot[column], below_pivot[column]);
        factors[column] = factor;
        upper[column][column] = reflected;
        // τ vᵀ times the later columns.
        let mut weights = [0.0; WIDTH];
        for later in column + 1..WIDTH {
            weights[later] = factor * inverse.mul_add(below_pivot[later], pivot[later]);
            upper[column][later] = pivot[later] - weights[later];
        }
        pivot[column..].fill(0.0);
        pivot[column] = 1.0;
        let below = &mut rows[column + 1..];
        if column + 1 == WIDTH {
            below.iter_mut().for_each(|row| row[column] *= inverse);
            break;
        }
        // The next pivot is not part of the next column's products.
        let (next, below) = below.split_at_mut(1);
        let reflect = |rows| {
            simd.vectorize(Reflect {
                simd,
                column,
                inverse,
                weights: &weights,
                rows,
            })
        };
        reflect(next);
        products = each(below.chunks_mut(PIECE), reflect);
    }
    (upper, factors)
}

fn total(terms: &[[f64; WIDTH]]) -> [f64; WIDTH] {
    let mut sums = [0.0; WIDTH];
    for term in terms {
        for (sum, value) in sums.iter_mut().zip(term) {
            *sum += value;
        }
    }
    sums
}

/// Products of the first column with all columns over the rows.
struct First<'a, S> {
    simd: S,
    rows: &'a [[f64; WIDTH]],
}

impl<S: Simd> NullaryFnOnce for First<'_, S> {
    type Output = [f64; WIDTH];

    #[inline(always)]
    fn call(self) -> [f64; WIDTH] {
        let mut products = [0.0; WIDTH];
        let sums = lanes_mut::<S>(&mut products);
        for row in self.rows {
            let first = self.simd.splat_f64s(row[0]);
            for (sum, entries) in sums.iter_mut().zip(lanes::<S>(row)) {
                *sum = self.simd.mul_add_e_f64s(first, *entries, *sum);
            }
        }
        products
    }
}

/// Applies the reflection of `column` to the later columns of the rows, stores its vector, and
/// returns the products of the next column with all later ones.
struct Reflect<'a, S> {
    simd: S,
    column: usize,
    inverse: f64,
    weights: &'a [f64; WIDTH],
    rows: &'a mut [[f64; WIDTH]],
}

impl<S: Simd> NullaryFnOnce for Reflect<'_, S> {
    type Output = [f64; WIDTH];

    #[inline(always)]
    fn call(self) -> [f64; WIDTH] {
        match (self.column + 1) / 8 {
            0 => self.skipping::<0>(),
            1 => self.skipping::<1>(),
            2 => self.skipping::<2>(),
            _ => self.skipping::<3>(),
        }
    }
}

impl<S: Simd> Reflect<'_, S> {
    /// One pass over the rows. The first 8 `SKIP` columns are done with and stay as they are.
    #[inline(always)]
    fn skipping<const SKIP: usize>(self) -> [f64; WIDTH] {
        let Self {
            simd,
            column,
            inverse,
            weights,
            rows,
        } = self;
        let count = (WIDTH - 8 * SKIP) / S::F64_LANES;
        // Room for vectors of one lane; the first `count` are used.
        let mut sums = [simd.splat_f64s(0.0); WIDTH];
        let mut packed_weights = sums;
        packed_weights[..count].copy_from_slice(lanes::<S>(&weights[8 * SKIP..]));
        for row in rows {
            let along = row[column] * inverse;
            let factor = simd.splat_f64s(-along);
            let entries = lanes_mut::<S>(&mut row[8 * SKIP..]);
            for lane in 0..count {
                entries[lane] = simd.mul_add_e_f64s(factor, packed_weights[lane], entries[lane]);
            }
            row[column] = along;
            let next = simd.splat_f64s(row[column + 1]);
            let entries = lanes::<S>(&row[8 * SKIP..]);
            for lane in 0..count {
                sums[lane] = simd.mul_add_e_f64s(next, entries[lane], sums[lane]);
            }
        }
        let mut products = [0.0; WIDTH];
        lanes_mut::<S>(&mut products[8 * SKIP..]).copy_from_slice(&sums[..count]);
        products
    }
}

/// T of I − V T Vᵀ, upper triangular, from VᵀV and the reflections' τ.
pub(super) fn triangular_factor(gram: &Tile, factors: &[f64; WIDTH]) -> Tile {
    let mut triangle = ZERO;
    for (column, &factor) in factors.iter().enumerate() {
        for (row, entries) in triangle[..column].iter_mut().enumerate() {
            let mut sum = 0.0;
            for inner in row..column {
                sum += entries[inner] * gram[inner][column];
            }
            entries[column] = -factor * sum;
        }
        triangle[column][column] = factor;
    }
    triangle
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;
    use pulp::{Arch, WithSimd};

    struct Factorise<'a>(&'a mut [[f64; WIDTH]]);

    impl WithSimd for Factorise<'_> {
        type Output = (Tile, [f64; WIDTH]);

        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            factorise(simd, self.0)
        }
    }

    fn assert_factorised(panel: DMatrix<f64>) {
        let mut rows: Vec<[f64; WIDTH]> = panel
            .row_iter()
            .map(|row| std::array::from_fn(|column| row[column]))
            .collect();
        let (upper, factors) = Arch::new().dispatch(Factorise(&mut rows));
        let vectors = DMatrix::from_fn(panel.nrows(), WIDTH, |row, column| rows[row][column]);
        let product = vectors.tr_mul(&vectors);
        let gram: Tile =
            std::array::from_fn(|row| std::array::from_fn(|column| product[(row, column)]));
        let triangle = triangular_factor(&gram, &factors);
        let triangle = DMatrix::from_fn(WIDTH, WIDTH, |row, column| triangle[row][column]);
        let identity = DMatrix::identity(panel.nrows(), panel.nrows());
        let orthogonal = &identity - &vectors * triangle * vectors.transpose();
        assert!((orthogonal.tr_mul(&orthogonal) - &identity).amax() < 1e-13);
        let mut reduced = DMatrix::zeros(panel.nrows(), WIDTH);
        for row in 0..WIDTH {
            for column in 0..WIDTH {
                assert!(row <= column || upper[row][column] == 0.0);
                reduced[(row, column)] = upper[row][column];
            }
        }
        let scale = panel.amax();
        assert!((orthogonal * reduced - panel).amax() <= 1e-13 * scale);
    }

    #[test]
    fn panels_are_orthogonal_times_triangular() {
        for rows in [32, 33, 64, 150, 1060] {
            assert_factorised(DMatrix::from_fn(rows, WIDTH, |row, column| {
                ((row * 31 + column * column) as f64).sin()
            }));
        }
    }

    #[test]
    fn degenerate_panels_are_factorised_too() {
        assert_factorised(DMatrix::zeros(40, WIDTH));
        assert_factorised(DMatrix::from_element(40, WIDTH, 1.0));
        assert_factorised(DMatrix::identity(40, WIDTH));
        assert_factorised(DMatrix::from_fn(64, WIDTH, |row, column| {
            f64::from(row % 5 == 0 && column % 3 == 0)
        }));
        // Squares of the later columns are subnormal or vanish.
        assert_factorised(DMatrix::from_fn(64, WIDTH, |row, column| {
            (1.0 + ((row * 31 + column) as f64).sin()) * 0.1_f64.powi(10 * column as i32)
        }));
    }
}
