//! Square tiles of a matrix and their products, the inner loops of the band reduction.
//!
//! A tile is contiguous and fits the first-level cache five times over. Products of tiles run at
//! most of the machine's peak without any packing.

use pulp::Simd;

/// Side of a tile: rows and columns, and the half width of the band that the reduction leaves.
pub(super) const WIDTH: usize = 32;

/// Rows of a tile.
pub(super) type Tile = [[f64; WIDTH]; WIDTH];

/// All zeros.
pub(super) const ZERO: Tile = [[0.0; WIDTH]; WIDTH];

/// A slice as vectors; its length is a multiple of theirs.
#[inline(always)]
pub(super) fn lanes<S: Simd>(values: &[f64]) -> &[S::f64s] {
    S::as_simd_f64s(values).0
}

/// [`lanes`] to be written to.
#[inline(always)]
pub(super) fn lanes_mut<S: Simd>(values: &mut [f64]) -> &mut [S::f64s] {
    S::as_mut_simd_f64s(values).0
}

/// `target` += Σ L R over the pairs (L, R), or Σ Lᵀ R.
#[inline(always)]
pub(super) fn add_products<S: Simd, const TRANSPOSED: bool, const PAIRS: usize>(
    simd: S,
    pairs: [(&Tile, &Tile); PAIRS],
    target: &mut Tile,
) {
    // The sums of some rows and four vectors stay in registers, half of all there are.
    if S::REGISTER_COUNT >= 32 {
        add_rows::<S, TRANSPOSED, PAIRS, 4>(simd, pairs, target);
    } else {
        add_rows::<S, TRANSPOSED, PAIRS, 2>(simd, pairs, target);
    }
}

#[inline(always)]
fn add_rows<S: Simd, const TRANSPOSED: bool, const PAIRS: usize, const ROWS: usize>(
    simd: S,
    pairs: [(&Tile, &Tile); PAIRS],
    target: &mut Tile,
) {
    let group = 4 * S::F64_LANES;
    for row in (0..WIDTH / ROWS).map(|index| index * ROWS) {
        for start in (0..WIDTH).step_by(group) {
            let mut sums = [[simd.splat_f64s(0.0); 4]; ROWS];
            for (left, right) in pairs {
                let left_rows: [&[f64; WIDTH]; ROWS] =
                    std::array::from_fn(|offset| &left[row + offset]);
                for inner in 0..WIDTH {
                    let packed = lanes::<S>(&right[inner][start..start + group]);
                    for (offset, sums) in sums.iter_mut().enumerate() {
                        let factor = simd.splat_f64s(if TRANSPOSED {
                            left[inner][row + offset]
                        } else {
                            left_rows[offset][inner]
                        });
                        for (lane, sum) in sums.iter_mut().enumerate() {
                            *sum = simd.mul_add_e_f64s(factor, packed[lane], *sum);
                        }
                    }
                }
            }
            for (offset, sums) in sums.iter().enumerate() {
                let packed = lanes_mut::<S>(&mut target[row + offset][start..start + group]);
                for (entry, sum) in packed.iter_mut().zip(sums) {
                    *entry = simd.add_f64s(*entry, *sum);
                }
            }
        }
    }
}

/// −Aᵀ.
pub(super) fn negative_transpose(tile: &Tile) -> Tile {
    let mut result = ZERO;
    for (row, entries) in tile.iter().enumerate() {
        for (column, entry) in entries.iter().enumerate() {
            result[column][row] = -entry;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;
    use pulp::{Arch, WithSimd};

    fn tile(seed: f64) -> Tile {
        std::array::from_fn(|row| {
            std::array::from_fn(|column| (seed + (row * 37 + column * column) as f64).sin())
        })
    }

    fn matrix(tile: &Tile) -> DMatrix<f64> {
        DMatrix::from_fn(WIDTH, WIDTH, |row, column| tile[row][column])
    }

    struct Both<'a>([&'a Tile; 4], &'a mut Tile, &'a mut Tile);

    impl WithSimd for Both<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let [a, b, c, d] = self.0;
            add_products::<S, false, 2>(simd, [(a, b), (c, d)], self.1);
            add_products::<S, true, 2>(simd, [(a, b), (c, d)], self.2);
        }
    }

    #[test]
    fn products_are_those_of_matrices() {
        let [a, b, c, d, e] = [1.0, 2.0, 3.0, 4.0, 5.0].map(tile);
        let (mut plain, mut transposed) = (e, e);
        Arch::new().dispatch(Both([&a, &b, &c, &d], &mut plain, &mut transposed));
        let [a, b, c, d, e] = [&a, &b, &c, &d, &e].map(matrix);
        let expected = &a * &b + &c * &d + &e;
        assert!((matrix(&plain) - expected).amax() < 1e-13);
        let expected = a.tr_mul(&b) + c.tr_mul(&d) + e;
        assert!((matrix(&transposed) - expected).amax() < 1e-13);
    }

    #[test]
    fn negative_transpose_is_that_of_the_matrix() {
        let tile = tile(0.0);
        assert_eq!(
            matrix(&negative_transpose(&tile)),
            -matrix(&tile).transpose()
        );
    }
}
