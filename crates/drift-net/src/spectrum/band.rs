//! Orthogonal reduction of a symmetric matrix to a band, the first of two stages on the way to
//! its eigenvalues.
//!
//! The QR factorisation of the [`WIDTH`] columns below a diagonal tile leaves a triangular tile;
//! with its reflections I − V T Vᵀ on both sides the rest becomes A − V Wᵀ − W Vᵀ with
//! W = Y − ½ V Tᵀ(Vᵀ Y) and Y = A V T. All of it is products of tiles, and the matrix is read
//! twice for each 32 columns; a direct reduction to tridiagonal form reads it once for each
//! column, for half of its arithmetic, and waits for memory (Bischof, Lang & Sun 2000,
//! doi:10.1145/365723.365735).

use nalgebra::DMatrix;
use pulp::{Arch, NullaryFnOnce, Simd, WithSimd};

use super::panel::{factorise, triangular_factor};
use super::tile::{Tile, WIDTH, ZERO, add_products, negative_transpose};

/// A symmetric matrix by the tiles of its lower triangle, block column by block column, filled up
/// with zeros to whole tiles. Diagonal tiles are stored in full.
#[derive(Debug)]
pub(super) struct Tiled {
    /// Tiles in a column.
    side: usize,
    tiles: Vec<Tile>,
}

/// A symmetric matrix of half width [`WIDTH`]: nothing is stored but its diagonal tiles, in full,
/// and the upper triangular tiles below them.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) diagonal: Vec<Tile>,
    pub(super) below: Vec<Tile>,
}

impl Tiled {
    /// `scale` times a matrix, of which only the lower triangle is read.
    pub(super) fn lower(matrix: &DMatrix<f64>, scale: f64) -> Self {
        let size = matrix.nrows();
        let side = size.div_ceil(WIDTH);
        let mut tiles = Vec::with_capacity(side * (side + 1) / 2);
        for left in (0..side).map(|block| block * WIDTH) {
            for top in (left..side * WIDTH).step_by(WIDTH) {
                let mut tile = ZERO;
                for column in left..size.min(left + WIDTH) {
                    let rows = top.max(column)..size.min(top + WIDTH);
                    let entries = &matrix.as_slice()[column * size..][rows.clone()];
                    for (row, entry) in rows.zip(entries) {
                        tile[row - top][column - left] = entry * scale;
                        if top == left {
                            tile[column - left][row - top] = entry * scale;
                        }
                    }
                }
                tiles.push(tile);
            }
        }
        Self { side, tiles }
    }

    /// A band matrix with the same eigenvalues. Entries must be of the order of 1.
    pub(super) fn into_band(mut self) -> Band {
        Arch::new().dispatch(Reduction(&mut self))
    }
}

struct Reduction<'a>(&'a mut Tiled);

impl WithSimd for Reduction<'_> {
    type Output = Band;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Band {
        let side = self.0.side;
        let mut band = Band {
            diagonal: Vec::with_capacity(side),
            below: Vec::with_capacity(side.saturating_sub(1)),
        };
        let mut images = vec![ZERO; side];
        let mut transposed = vec![[ZERO; 2]; side];
        let mut rest = self.0.tiles.as_mut_slice();
        for below in (0..side).rev() {
            let (column, trailing) = rest.split_at_mut(below + 1);
            let (diagonal, panel) = column.split_at_mut(1);
            band.diagonal.push(diagonal[0]);
            if below == 0 {
                break;
            }
            let (upper, factors) = simd.vectorize(Factorise { simd, panel });
            band.below.push(upper);
            let (images, transposed) = (&mut images[..below], &mut transposed[..below]);
            simd.vectorize(Multiply {
                simd,
                trailing,
                vectors: panel,
                images,
            });
            simd.vectorize(Complete {
                simd,
                factors: &factors,
                vectors: panel,
                images,
                transposed,
            });
            simd.vectorize(Update {
                simd,
                trailing,
                vectors: panel,
                images,
                transposed,
            });
            rest = trailing;
        }
        band
    }
}

// Each step is a function of its own to the compiler, compiled for the instruction set at hand:
// all in one would be too long for its register allocation.

/// The panel's QR factorisation in place.
struct Factorise<'a, S> {
    simd: S,
    panel: &'a mut [Tile],
}

impl<S: Simd> NullaryFnOnce for Factorise<'_, S> {
    type Output = (Tile, [f64; WIDTH]);

    #[inline(always)]
    fn call(self) -> Self::Output {
        factorise(self.simd, self.panel.as_flattened_mut())
    }
}

/// `images` = A V.
struct Multiply<'a, S> {
    simd: S,
    trailing: &'a [Tile],
    vectors: &'a [Tile],
    images: &'a mut [Tile],
}

impl<S: Simd> NullaryFnOnce for Multiply<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, vectors, .. } = self;
        self.images.fill(ZERO);
        let mut rest = self.trailing;
        for column in 0..vectors.len() {
            let (tiles, later) = rest.split_at(vectors.len() - column);
            rest = later;
            let vector = &vectors[column];
            let (above, below) = self.images.split_at_mut(column + 1);
            let image = &mut above[column];
            add_products::<S, false, 1>(simd, [(&tiles[0], vector)], image);
            // Both uses of a tile below the diagonal while it is in the cache.
            for ((tile, other), target) in tiles[1..].iter().zip(&vectors[column + 1..]).zip(below)
            {
                add_products::<S, false, 1>(simd, [(tile, vector)], target);
                add_products::<S, true, 1>(simd, [(tile, other)], image);
            }
        }
    }
}

/// From `images` = A V to `images` = W, and −Wᵀ and −Vᵀ by tiles.
struct Complete<'a, S> {
    simd: S,
    factors: &'a [f64; WIDTH],
    vectors: &'a [Tile],
    images: &'a mut [Tile],
    transposed: &'a mut [[Tile; 2]],
}

impl<S: Simd> NullaryFnOnce for Complete<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, vectors, .. } = self;
        let mut gram = ZERO;
        for vector in vectors {
            add_products::<S, true, 1>(simd, [(vector, vector)], &mut gram);
        }
        let triangle = triangular_factor(&gram, self.factors);
        let mut overlap = ZERO;
        for (vector, image) in vectors.iter().zip(&mut *self.images) {
            let mut product = ZERO;
            add_products::<S, false, 1>(simd, [(image, &triangle)], &mut product);
            *image = product;
            add_products::<S, true, 1>(simd, [(vector, image)], &mut overlap);
        }
        let mut correction = ZERO;
        add_products::<S, true, 1>(simd, [(&triangle, &overlap)], &mut correction);
        for entry in correction.as_flattened_mut() {
            *entry *= -0.5;
        }
        for ((vector, image), transposed) in vectors.iter().zip(self.images).zip(self.transposed) {
            add_products::<S, false, 1>(simd, [(vector, &correction)], image);
            *transposed = [negative_transpose(image), negative_transpose(vector)];
        }
    }
}

/// A ← A − V Wᵀ − W Vᵀ.
struct Update<'a, S> {
    simd: S,
    trailing: &'a mut [Tile],
    vectors: &'a [Tile],
    images: &'a [Tile],
    transposed: &'a [[Tile; 2]],
}

impl<S: Simd> NullaryFnOnce for Update<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut tiles = self.trailing.iter_mut();
        for (column, [image, vector]) in self.transposed.iter().enumerate() {
            let rows = self.vectors[column..].iter().zip(&self.images[column..]);
            for ((left, right), tile) in rows.zip(&mut tiles) {
                add_products::<S, false, 2>(self.simd, [(left, image), (right, vector)], tile);
            }
        }
    }
}
