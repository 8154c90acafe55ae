//! Orthogonal reduction of a symmetric matrix to a band, the first of two stages on the way to
//! its eigenvalues.
//!
//! The QR factorisation of the [`WIDTH`] columns below a diagonal tile leaves a triangular tile;
//! with its reflections I − V T Vᵀ on both sides the rest becomes A − V Wᵀ − W Vᵀ with
//! W = Y − ½ V Tᵀ(Vᵀ Y) and Y = A V T. All of it is products of tiles. A tile is changed by the
//! reflections of one panel and multiplied by those of the next in one visit, so the matrix is
//! read once for each 32 columns; a direct reduction to tridiagonal form reads it once for each
//! column, for half of its arithmetic, and waits for memory (Bischof, Lang & Sun 2000,
//! doi:10.1145/365723.365735).

use std::ops::Range;

use drift_simd::SimdLevel;
use pulp::{NullaryFnOnce, Simd, WithSimd};

use super::SymmetricMatrix;
use super::panel::{factorise, triangular_factor};
use super::threads::{SMALL, each};
use super::tile::{Tile, WIDTH, ZERO, add_products, negative_transpose};

/// Rows of tiles that are worked on together: what belongs to them stays in the second-level
/// cache while all columns pass.
const TOGETHER: usize = 8;
/// Rows of tiles in a piece of work that is linear in the rows.
const PIECE: usize = 32;
/// Pieces that the columns are cut into at most. Each has sums of its own, a column of tiles.
const PIECES: usize = 16;

/// A symmetric matrix of half width [`WIDTH`]: nothing is stored but its diagonal tiles, in full,
/// and the upper triangular tiles below them.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) diagonal: Vec<Tile>,
    pub(super) below: Vec<Tile>,
}

impl Band {
    /// The band matrix with the eigenvalues of `matrix`, whose entries are of the order of 1.
    pub(super) fn of(mut matrix: SymmetricMatrix, level: SimdLevel) -> Self {
        level.arch().dispatch(Reduction(&mut matrix))
    }

    /// Tiles that the reduction asks for beside the matrix, which has `side` tiles in a column.
    pub(super) fn tiles(side: usize) -> usize {
        // The band, two sets of W, −Wᵀ and −Vᵀ, and the sums.
        2 * side + 2 * 3 * side + pieces(side) * side
    }
}

/// Pieces that this many columns of tiles are cut into.
fn pieces(columns: usize) -> usize {
    (columns / SMALL).clamp(1, PIECES)
}

/// The columns of a lower triangle, in pieces of about the same number of tiles.
fn column_ranges(columns: usize) -> Vec<Range<usize>> {
    let pieces = pieces(columns);
    let mut ranges = Vec::with_capacity(pieces);
    let (mut start, mut tiles) = (0, 0);
    for column in 0..columns {
        tiles += columns - column;
        let wanted = columns * (columns + 1) / 2 * (ranges.len() + 1);
        if tiles * pieces >= wanted {
            ranges.push(start..column + 1);
            start = column + 1;
        }
    }
    ranges
}

struct Reduction<'a>(&'a mut SymmetricMatrix);

impl WithSimd for Reduction<'_> {
    type Output = Band;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Band {
        reduce(simd, self.0)
    }
}

fn reduce<S: Simd>(simd: S, matrix: &mut SymmetricMatrix) -> Band {
    let side = matrix.side();
    let mut band = Band {
        diagonal: Vec::with_capacity(side),
        below: Vec::with_capacity(side.saturating_sub(1)),
    };
    let mut sums = vec![ZERO; pieces(side) * side];
    let (mut current, mut last) = (Reflected::new(side), Reflected::new(side));
    let mut last_vectors: Option<&[Tile]> = None;
    let mut rest = matrix.tiles.as_mut_slice();
    for below in (0..side).rev() {
        let (column, trailing) = rest.split_at_mut(below + 1);
        let change = last_vectors.map(|vectors| Change {
            vectors,
            images: &last.images[..=below],
            transposed: &last.transposed[..=below],
        });
        if let Some(change) = change {
            let rows = change
                .vectors
                .chunks(PIECE)
                .zip(change.images.chunks(PIECE));
            each(
                column.chunks_mut(PIECE).zip(rows),
                |(tiles, (vectors, images))| {
                    simd.vectorize(Update {
                        simd,
                        tiles,
                        vectors,
                        images,
                        transposed: &change.transposed[0],
                    });
                },
            );
        }
        let (diagonal, panel) = column.split_at_mut(1);
        band.diagonal.push(diagonal[0]);
        if below == 0 {
            break;
        }
        let (upper, factors) = factorise(simd, panel.as_flattened_mut());
        band.below.push(upper);
        let vectors: &[Tile] = panel;
        let change = change.map(Change::without_first);
        let ranges = column_ranges(below);
        update_and_multiply(simd, trailing, change, vectors, &ranges, &mut sums);
        current.complete(simd, &factors, vectors, &ranges, &sums);
        std::mem::swap(&mut current, &mut last);
        last_vectors = Some(vectors);
        rest = trailing;
    }
    band
}

/// A ← A − V Wᵀ − W Vᵀ to be made, by rows of tiles.
#[derive(Clone, Copy)]
struct Change<'a> {
    vectors: &'a [Tile],
    images: &'a [Tile],
    /// −Wᵀ and −Vᵀ.
    transposed: &'a [[Tile; 2]],
}

impl Change<'_> {
    fn without_first(self) -> Self {
        Self {
            vectors: &self.vectors[1..],
            images: &self.images[1..],
            transposed: &self.transposed[1..],
        }
    }
}

/// Makes the `change` of the matrix A whose lower triangle is `tiles`, and multiplies A by
/// `vectors`. Each of the column `ranges` adds to sums of its own, for all rows from its first
/// column on; there are as many `sums` a range.
fn update_and_multiply<S: Simd>(
    simd: S,
    mut tiles: &mut [Tile],
    change: Option<Change<'_>>,
    vectors: &[Tile],
    ranges: &[Range<usize>],
    sums: &mut [Tile],
) {
    let rows = vectors.len();
    let mut pieces = Vec::with_capacity(ranges.len());
    for (columns, sums) in ranges.iter().zip(sums.chunks_mut(rows)) {
        let count = columns.clone().map(|column| rows - column).sum();
        let (own, later) = tiles.split_at_mut(count);
        tiles = later;
        pieces.push((columns.clone(), own, &mut sums[columns.start..]));
    }
    each(pieces.into_iter(), |(columns, tiles, sums)| {
        sums.fill(ZERO);
        let first = columns.start;
        for top in (first..rows).step_by(TOGETHER) {
            let bottom = rows.min(top + TOGETHER);
            let mut start = 0;
            for column in first..columns.end.min(bottom) {
                let begin = column.max(top);
                let tiles = &mut tiles[start..][begin - column..bottom - column];
                start += rows - column;
                if let Some(change) = change {
                    simd.vectorize(Update {
                        simd,
                        tiles,
                        vectors: &change.vectors[begin..bottom],
                        images: &change.images[begin..bottom],
                        transposed: &change.transposed[column],
                    });
                }
                let (above, below) = sums.split_at_mut(column - first + 1);
                let image = &mut above[column - first];
                let mut tiles = &*tiles;
                let mut begin = begin;
                if begin == column {
                    simd.vectorize(AddProduct {
                        simd,
                        tile: &tiles[0],
                        vector: &vectors[column],
                        image,
                    });
                    tiles = &tiles[1..];
                    begin += 1;
                }
                simd.vectorize(Multiply {
                    simd,
                    tiles,
                    vector: &vectors[column],
                    image,
                    vectors: &vectors[begin..bottom],
                    images: &mut below[begin - column - 1..bottom - column - 1],
                });
            }
        }
    });
}

/// What the reflections of a panel make of the matrix.
struct Reflected {
    /// W.
    images: Vec<Tile>,
    /// −Wᵀ and −Vᵀ.
    transposed: Vec<[Tile; 2]>,
}

impl Reflected {
    fn new(side: usize) -> Self {
        Self {
            images: vec![ZERO; side],
            transposed: vec![[ZERO; 2]; side],
        }
    }

    /// W and the transposed tiles from A V, the sum over the column `ranges` of `sums`.
    fn complete<S: Simd>(
        &mut self,
        simd: S,
        factors: &[f64; WIDTH],
        vectors: &[Tile],
        ranges: &[Range<usize>],
        sums: &[Tile],
    ) {
        let rows = vectors.len();
        let images = &mut self.images[..rows];
        let transposed = &mut self.transposed[..rows];
        let gram = total(each(vectors.chunks(PIECE), |vectors| {
            simd.vectorize(Overlap {
                simd,
                left: vectors,
                right: vectors,
            })
        }));
        let triangle = triangular_factor(&gram, factors);
        let pieces = images.chunks_mut(PIECE).zip(vectors.chunks(PIECE));
        let overlap = total(each(pieces.enumerate(), |(piece, (images, vectors))| {
            for (offset, image) in images.iter_mut().enumerate() {
                let row = piece * PIECE + offset;
                let mut sum = sums[row];
                for (range, sums) in ranges.iter().zip(sums.chunks(rows)).skip(1) {
                    if range.start > row {
                        break;
                    }
                    add(&mut sum, &sums[row]);
                }
                *image = ZERO;
                simd.vectorize(AddProduct {
                    simd,
                    tile: &sum,
                    vector: &triangle,
                    image,
                });
            }
            simd.vectorize(Overlap {
                simd,
                left: vectors,
                right: images,
            })
        }));
        let mut correction = simd.vectorize(Overlap {
            simd,
            left: &[triangle],
            right: &[overlap],
        });
        for entry in correction.as_flattened_mut() {
            *entry *= -0.5;
        }
        let pieces = images.chunks_mut(PIECE).zip(transposed.chunks_mut(PIECE));
        let pieces = pieces.zip(vectors.chunks(PIECE));
        each(pieces, |((images, transposed), vectors)| {
            for ((image, transposed), vector) in images.iter_mut().zip(transposed).zip(vectors) {
                simd.vectorize(AddProduct {
                    simd,
                    tile: vector,
                    vector: &correction,
                    image,
                });
                *transposed = [negative_transpose(image), negative_transpose(vector)];
            }
        });
    }
}

fn add(sum: &mut Tile, term: &Tile) {
    for (sum, term) in sum.as_flattened_mut().iter_mut().zip(term.as_flattened()) {
        *sum += term;
    }
}

fn total(terms: Vec<Tile>) -> Tile {
    let mut sum = ZERO;
    terms.iter().for_each(|term| add(&mut sum, term));
    sum
}

// Each step is a function of its own to the compiler, compiled for the instruction set at hand:
// all in one would be too long for its register allocation.

/// The change of tiles below each other.
struct Update<'a, S> {
    simd: S,
    tiles: &'a mut [Tile],
    vectors: &'a [Tile],
    images: &'a [Tile],
    transposed: &'a [Tile; 2],
}

impl<S: Simd> NullaryFnOnce for Update<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let [image, vector] = self.transposed;
        for ((left, right), tile) in self.vectors.iter().zip(self.images).zip(self.tiles) {
            add_products::<S, false, 2>(self.simd, [(left, image), (right, vector)], tile);
        }
    }
}

/// Adds tiles below each other, times the column's `vector`, to their rows' `images`, and their
/// transposes, times the rows' `vectors`, to the column's `image`.
struct Multiply<'a, S> {
    simd: S,
    tiles: &'a [Tile],
    vector: &'a Tile,
    image: &'a mut Tile,
    vectors: &'a [Tile],
    images: &'a mut [Tile],
}

impl<S: Simd> NullaryFnOnce for Multiply<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        // Both uses of a tile while it is in the nearest cache.
        for ((tile, vector), image) in self.tiles.iter().zip(self.vectors).zip(self.images) {
            add_products::<S, false, 1>(self.simd, [(tile, self.vector)], image);
            add_products::<S, true, 1>(self.simd, [(tile, vector)], self.image);
        }
    }
}

/// Adds a tile times `vector` to `image`.
struct AddProduct<'a, S> {
    simd: S,
    tile: &'a Tile,
    vector: &'a Tile,
    image: &'a mut Tile,
}

impl<S: Simd> NullaryFnOnce for AddProduct<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        add_products::<S, false, 1>(self.simd, [(self.tile, self.vector)], self.image);
    }
}

/// Σ LᵀR over pairs of tiles.
struct Overlap<'a, S> {
    simd: S,
    left: &'a [Tile],
    right: &'a [Tile],
}

impl<S: Simd> NullaryFnOnce for Overlap<'_, S> {
    type Output = Tile;

    #[inline(always)]
    fn call(self) -> Tile {
        let mut sum = ZERO;
        for pair in self.left.iter().zip(self.right) {
            add_products::<S, true, 1>(self.simd, [pair], &mut sum);
        }
        sum
    }
}
