//! Orthogonal reduction of a symmetric band matrix to tridiagonal form, the second of two stages
//! on the way to its eigenvalues.
//!
//! A sweep for each column: a reflection removes the column's entries below the subdiagonal, its
//! other side fills a block outside the band, and the next reflection, 32 rows further, removes
//! that block's first column; the rest of the block is left for the next sweep (Lang 1993,
//! doi:10.1137/0914078). 6 n² times the half width operations, all within reach of the caches.

use std::collections::VecDeque;
use std::ops::Range;

use drift_simd::SimdLevel;
use pulp::{NullaryFnOnce, Simd, WithSimd};

use super::band::Band;
use super::panel::Reflection;
use super::threads::each;
use super::tile::{WIDTH, lanes, lanes_mut};

/// Distance in memory between neighbours in a row. Columns hold the entries from [`WIDTH`] above
/// to 2 [`WIDTH`] below the diagonal and follow each other.
const STEP: usize = 3 * WIDTH - 1;
/// Length of a square block in memory from its first entry to its last.
const BLOCK: usize = (WIDTH - 1) * STEP + WIDTH;
/// Sweeps that follow each other at a distance of two blocks in a group, so that a part of the
/// matrix is brought to the near caches once for all of them.
const TOGETHER: usize = 8;
/// Blocks by which a group of sweeps advances before another thread may follow.
const STRETCH: usize = 16;
// Every group works on columns that end before those of the group two stretches ahead begin.
const _: () = assert!(2 * TOGETHER <= WIDTH && STRETCH + 1 >= 2 * TOGETHER);

/// Diagonal and subdiagonal of a tridiagonal matrix with the eigenvalues of the first `size` rows
/// and columns of `band`; the others must be zero. Entries must be of the order of 1.
pub(super) fn tridiagonal(band: &Band, size: usize, level: SimdLevel) -> (Vec<f64>, Vec<f64>) {
    let mut entries = unpacked(band);
    level.arch().dispatch(Chase {
        entries: &mut entries,
        size,
    });
    let diagonal = (0..size).map(|row| entries[at(row, row)]).collect();
    let off_diagonal = (1..size).map(|row| entries[at(row, row - 1)]).collect();
    (diagonal, off_diagonal)
}

/// Place of an entry; `row` − `column` is at least −[`WIDTH`] and less than 2 [`WIDTH`].
#[inline(always)]
fn at(row: usize, column: usize) -> usize {
    WIDTH + row + column * STEP
}

/// The band by columns with both triangles, and room for two blocks of zeros at the end.
fn unpacked(band: &Band) -> Vec<f64> {
    let columns = (band.diagonal.len() + 2) * WIDTH;
    let mut entries = vec![0.0; at(columns, columns)];
    for (block, tile) in band.diagonal.iter().enumerate() {
        let first = block * WIDTH;
        for column in 0..WIDTH {
            for row in 0..WIDTH {
                entries[at(first + row, first + column)] = tile[row][column];
            }
        }
    }
    for (block, tile) in band.below.iter().enumerate() {
        let first = block * WIDTH;
        for column in 0..WIDTH {
            for row in 0..=column {
                entries[at(first + WIDTH + row, first + column)] = tile[row][column];
                entries[at(first + column, first + WIDTH + row)] = tile[row][column];
            }
        }
    }
    entries
}

struct Chase<'a> {
    entries: &'a mut [f64],
    size: usize,
}

impl WithSimd for Chase<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        chase(simd, self.entries, self.size);
    }
}

/// All sweeps. Groups of them follow each other at a distance of two stretches, so that groups
/// on their way work on different columns, on any number of threads. An order that respects what
/// depends on what changes no bit of the result.
fn chase<S: Simd>(simd: S, entries: &mut [f64], size: usize) {
    let mut groups = (0..size.saturating_sub(2))
        .step_by(TOGETHER)
        .map(|first| Group::new(first, size))
        .peekable();
    // The last on their way first, as their columns are.
    let mut running: VecDeque<Group> = VecDeque::new();
    for round in 0.. {
        if round % 2 == 0
            && let Some(group) = groups.next()
        {
            running.push_front(group);
        }
        if running.is_empty() && groups.peek().is_none() {
            break;
        }
        let mut pieces = Vec::with_capacity(running.len());
        let (mut rest, mut passed) = (&mut *entries, 0);
        for group in &mut running {
            let columns = group.columns();
            let (_, later) = rest.split_at_mut((columns.start - passed) * (STEP + 1));
            let (own, later) = later.split_at_mut(columns.len() * (STEP + 1));
            (rest, passed) = (later, columns.end);
            pieces.push((group, own));
        }
        each(pieces.into_iter(), |(group, entries)| {
            group.advance(simd, entries)
        });
        running.retain(|group| !group.is_done());
    }
}

/// Sweeps that follow each other.
struct Group {
    /// Column that the first sweep reduces.
    first: usize,
    /// Side of the matrix.
    size: usize,
    /// Steps of the first sweep, a block each, that are done.
    time: usize,
    /// What the last step of each sweep leaves to the next.
    vectors: [Vector; TOGETHER],
}

impl Group {
    fn new(first: usize, size: usize) -> Self {
        Self {
            first,
            size,
            time: 0,
            vectors: [Vector::NONE; TOGETHER],
        }
    }

    /// Whether the last sweep is at the end.
    fn is_done(&self) -> bool {
        let blocks = (self.size - 1 - self.first).div_ceil(WIDTH);
        self.time >= blocks + 2 * (TOGETHER - 1)
    }

    /// The columns that the next stretch changes.
    fn columns(&self) -> Range<usize> {
        let start = self.time.saturating_sub(2 * (TOGETHER - 1));
        let limit = (self.size.div_ceil(WIDTH) + 2) * WIDTH;
        let end = self.first + (self.time + STRETCH) * WIDTH + TOGETHER;
        self.first + start * WIDTH..end.min(limit)
    }

    /// Advances by a stretch; `entries` are those of [`columns`](Self::columns).
    fn advance<S: Simd>(&mut self, simd: S, entries: &mut [f64]) {
        let columns = self.columns();
        for time in self.time..self.time + STRETCH {
            for (lag, vector) in self.vectors.iter_mut().enumerate() {
                let Some(block) = time.checked_sub(2 * lag) else {
                    break;
                };
                let start = self.first + lag + 1 + block * WIDTH;
                if start < self.size {
                    *vector = simd.vectorize(Advance {
                        simd,
                        entries,
                        start: start - columns.start,
                        vector: (block > 0).then_some(*vector),
                    });
                }
            }
        }
        self.time += STRETCH;
    }
}

/// The vector v and τ of a reflection I − τ v vᵀ.
#[derive(Debug, Clone, Copy)]
struct Vector {
    entries: [f64; WIDTH],
    factor: f64,
}

impl Vector {
    const NONE: Self = Self {
        entries: [0.0; WIDTH],
        factor: 0.0,
    };
}

/// One step of one sweep: the reflection of the rows and columns from `start` on, without
/// `vector` that of the column before them. Returns the next one.
struct Advance<'a, S> {
    simd: S,
    entries: &'a mut [f64],
    start: usize,
    vector: Option<Vector>,
}

impl<S: Simd> NullaryFnOnce for Advance<'_, S> {
    type Output = Vector;

    #[inline(always)]
    fn call(self) -> Vector {
        let Self {
            simd,
            entries,
            start,
            vector,
        } = self;
        let vector = vector
            .unwrap_or_else(|| eliminate(simd, &mut entries[at(start, start - 1)..][..WIDTH]));
        // The last row of the diagonal block was outside of it in the sweep before, so that only
        // its lower triangle is up to date.
        let last = start + WIDTH - 1;
        for column in start..last {
            entries[at(column, last)] = entries[at(last, column)];
        }
        diagonal_block(simd, &mut entries[at(start, start)..][..BLOCK], &vector);
        off_diagonal_block(
            simd,
            &mut entries[at(start + WIDTH, start)..][..BLOCK],
            &vector,
        )
    }
}

/// Leaves of a column only its first entry; returns the reflection that does so.
#[inline(always)]
fn eliminate<S: Simd>(simd: S, column: &mut [f64]) -> Vector {
    let head = column[0];
    column[0] = 0.0;
    let packed = lanes::<S>(column);
    let Reflection {
        reflected,
        factor,
        inverse,
    } = Reflection::of(head, dot::<S>(simd, packed, packed));
    let mut entries = [0.0; WIDTH];
    for (entry, value) in entries.iter_mut().zip(&*column) {
        *entry = value * inverse;
    }
    entries[0] = 1.0;
    column.fill(0.0);
    column[0] = reflected;
    Vector { entries, factor }
}

/// H A H for a symmetric block A, both triangles of it, and the reflection H.
#[inline(always)]
fn diagonal_block<S: Simd>(simd: S, block: &mut [f64], vector: &Vector) {
    let image = product(simd, block, &vector.entries);
    let image = lanes::<S>(&image);
    let along = lanes::<S>(&vector.entries);
    let overlap = dot::<S>(simd, along, image);
    let half = simd.splat_f64s(0.5 * vector.factor * vector.factor * overlap);
    let factor = simd.splat_f64s(-vector.factor);
    // −w with H A H = A − v wᵀ − w vᵀ.
    let mut change = [0.0; WIDTH];
    for ((change, image), along) in lanes_mut::<S>(&mut change).iter_mut().zip(image).zip(along) {
        *change = simd.mul_add_e_f64s(half, *along, simd.mul_f64s(factor, *image));
    }
    let packed_change = lanes::<S>(&change);
    for column in 0..WIDTH {
        let weight = simd.splat_f64s(vector.entries[column]);
        let change_weight = simd.splat_f64s(change[column]);
        let target = lanes_mut::<S>(&mut block[column * STEP..][..WIDTH]);
        for ((target, change), along) in target.iter_mut().zip(packed_change).zip(along) {
            let half_done = simd.mul_add_e_f64s(change_weight, *along, *target);
            *target = simd.mul_add_e_f64s(weight, *change, half_done);
        }
    }
}

/// A H for a block A below the diagonal, then the reflection from the left that leaves of its
/// first column only the first entry, which is returned.
#[inline(always)]
fn off_diagonal_block<S: Simd>(simd: S, block: &mut [f64], vector: &Vector) -> Vector {
    let mut image = product(simd, block, &vector.entries);
    image.iter_mut().for_each(|value| *value *= -vector.factor);
    let image = lanes::<S>(&image);
    let add_image = |column: usize, target: &mut [S::f64s]| {
        let weight = simd.splat_f64s(vector.entries[column]);
        for (target, image) in target.iter_mut().zip(image) {
            *target = simd.mul_add_e_f64s(weight, *image, *target);
        }
    };
    let first = &mut block[..WIDTH];
    add_image(0, lanes_mut::<S>(first));
    let next = eliminate(simd, first);
    let along = lanes::<S>(&next.entries);
    for column in 1..WIDTH {
        let target = lanes_mut::<S>(&mut block[column * STEP..][..WIDTH]);
        add_image(column, target);
        let weight = simd.splat_f64s(-next.factor * dot::<S>(simd, along, target));
        for (target, along) in target.iter_mut().zip(along) {
            *target = simd.mul_add_e_f64s(weight, *along, *target);
        }
    }
    next
}

/// A block times a vector.
#[inline(always)]
fn product<S: Simd>(simd: S, block: &[f64], vector: &[f64; WIDTH]) -> [f64; WIDTH] {
    let count = WIDTH / S::F64_LANES;
    // Room for vectors of one lane; the first `count` are used. Two sets of sums hide latency.
    let mut sums = [[simd.splat_f64s(0.0); WIDTH]; 2];
    for pair in 0..WIDTH / 2 {
        for (parity, sums) in sums.iter_mut().enumerate() {
            let column = 2 * pair + parity;
            let entries = lanes::<S>(&block[column * STEP..][..WIDTH]);
            let weight = simd.splat_f64s(vector[column]);
            for lane in 0..count {
                sums[lane] = simd.mul_add_e_f64s(weight, entries[lane], sums[lane]);
            }
        }
    }
    let mut result = [0.0; WIDTH];
    for (lane, result) in lanes_mut::<S>(&mut result).iter_mut().enumerate() {
        *result = simd.add_f64s(sums[0][lane], sums[1][lane]);
    }
    result
}

/// Product of two vectors of length [`WIDTH`].
#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[S::f64s], b: &[S::f64s]) -> f64 {
    let mut sum = simd.mul_f64s(a[0], b[0]);
    for lane in 1..WIDTH / S::F64_LANES {
        sum = simd.mul_add_e_f64s(a[lane], b[lane], sum);
    }
    simd.reduce_sum_f64s(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::eigen_solver::SymmetricMatrix;
    use nalgebra::DMatrix;

    fn dense(band: &Band, size: usize) -> DMatrix<f64> {
        let mut matrix = DMatrix::zeros(size, size);
        for row in 0..size {
            for column in row.saturating_sub(WIDTH)..=row {
                let block = column / WIDTH;
                let tile = if row / WIDTH == block {
                    &band.diagonal[block]
                } else {
                    &band.below[block]
                };
                matrix[(row, column)] = tile[row % WIDTH][column % WIDTH];
                matrix[(column, row)] = matrix[(row, column)];
            }
        }
        matrix
    }

    #[test]
    fn both_stages_keep_the_moments() {
        SimdLevel::available()
            .into_iter()
            .for_each(keeps_the_moments);
    }

    fn keeps_the_moments(level: SimdLevel) {
        for size in [1, 2, 3, 31, 32, 33, 34, 63, 64, 65, 96, 97, 130, 200, 610] {
            let matrix = DMatrix::from_fn(size, size, |row, column| {
                let (row, column) = (row.max(column), row.min(column));
                ((row * 31 + column * column) as f64).sin()
            });
            let band = Band::of(SymmetricMatrix::from_lower(&matrix).unwrap(), level);
            let banded = dense(&band, size);
            let (diagonal, off_diagonal) = tridiagonal(&band, size, level);
            assert_eq!((diagonal.len(), off_diagonal.len()), (size, size - 1));
            let mut reduced = DMatrix::from_diagonal(&diagonal.into());
            for (row, value) in off_diagonal.into_iter().enumerate() {
                reduced[(row + 1, row)] = value;
                reduced[(row, row + 1)] = value;
            }
            // Traces of powers are sums of powers of the eigenvalues.
            let mut powers = [matrix.clone(), banded.clone(), reduced.clone()];
            let scale = matrix.norm();
            for exponent in 1..=5 {
                let traces = powers.each_ref().map(DMatrix::trace);
                for trace in &traces[1..] {
                    let difference = (traces[0] - trace).abs();
                    assert!(
                        difference <= 1e-12 * scale.powi(exponent),
                        "{size} {exponent}"
                    );
                }
                powers[0] *= &matrix;
                powers[1] *= &banded;
                powers[2] *= &reduced;
            }
        }
    }
}
