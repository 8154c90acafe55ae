//! Reduction of a symmetric matrix to tridiagonal form, eigenvalues only.
//!
//! Householder reflections in panels: a panel's reflections are gathered and applied to the rest
//! of the matrix at once, as a matrix product (Dongarra, Sorensen & Hammarling 1989,
//! doi:10.1016/0377-0427(89)90367-1). What remains is one product with the matrix for each
//! column, which is bound by memory: it reads the lower triangle once, four columns at a time.
//! The library's own reduction applies every reflection at once, which writes the whole triangle
//! for each column: measured at 1000 and 1800 rows, it takes longer.

use faer::Par;
use faer::traits::pulp::{Arch, Simd, WithSimd};
use nalgebra::DMatrix;

use super::solver;

/// Columns in a panel.
const PANEL: usize = 16;

/// Diagonal and subdiagonal of a tridiagonal matrix with the eigenvalues of `matrix`, of which
/// only the lower triangle is read. Entries must be far from overflow when squared and summed.
pub(super) fn tridiagonal(mut matrix: DMatrix<f64>, par: Par) -> (Vec<f64>, Vec<f64>) {
    let size = matrix.nrows();
    let mut diagonal = Vec::with_capacity(size);
    let mut off_diagonal = Vec::with_capacity(size.saturating_sub(1));
    let architecture = Arch::new();
    let mut first = 0;
    while first < size {
        let columns = PANEL.min(size - first);
        let mut reflections = DMatrix::zeros(size, columns);
        let mut images = DMatrix::zeros(size, columns);
        architecture.dispatch(Panel {
            matrix: matrix.as_mut_slice(),
            size,
            first,
            columns,
            reflections: reflections.as_mut_slice(),
            images: images.as_mut_slice(),
            diagonal: &mut diagonal,
            off_diagonal: &mut off_diagonal,
        });
        first += columns;
        if first < size {
            solver::subtract_symmetric_product(&mut matrix, first, &reflections, &images, par);
        }
    }
    (diagonal, off_diagonal)
}

/// One panel: columns `first` to `first + columns` of a column-major square matrix.
struct Panel<'a> {
    matrix: &'a mut [f64],
    size: usize,
    first: usize,
    columns: usize,
    /// Reflection vectors v as columns, (size × columns), 0 above where they start.
    reflections: &'a mut [f64],
    /// Their w with A ← A − v wᵀ − w vᵀ, (size × columns).
    images: &'a mut [f64],
    diagonal: &'a mut Vec<f64>,
    off_diagonal: &'a mut Vec<f64>,
}

impl WithSimd for Panel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let size = self.size;
        for done in 0..self.columns {
            let column = self.first + done;
            let entries = &mut self.matrix[column * size..][column..size];
            for earlier in 0..done {
                let reflection = &self.reflections[earlier * size..][column..size];
                let image = &self.images[earlier * size..][column..size];
                add_scaled(simd, -image[0], reflection, entries);
                add_scaled(simd, -reflection[0], image, entries);
            }
            self.diagonal.push(entries[0]);
            let start = column + 1;
            if start == size {
                return;
            }
            let below = &entries[1..];
            let tail = dot(simd, &below[1..], &below[1..]);
            if tail == 0.0 {
                // Already tridiagonal here; the reflection stays 0 and does nothing.
                self.off_diagonal.push(below[0]);
                continue;
            }
            let length = below[0].mul_add(below[0], tail).sqrt();
            let reflected = -length.copysign(below[0]);
            self.off_diagonal.push(reflected);
            let factor = (reflected - below[0]) / reflected;
            let inverse = 1.0 / (below[0] - reflected);

            let (earlier_reflections, rest) = self.reflections.split_at_mut(done * size);
            let reflection = &mut rest[start..size];
            for (entry, value) in reflection.iter_mut().zip(below) {
                *entry = value * inverse;
            }
            reflection[0] = 1.0;
            let reflection = &*reflection;
            let (earlier_images, rest) = self.images.split_at_mut(done * size);
            let image = &mut rest[start..size];
            symmetric_product(simd, self.matrix, size, start, reflection, image);
            for earlier in 0..done {
                let known = &earlier_reflections[earlier * size..][start..size];
                let its_image = &earlier_images[earlier * size..][start..size];
                let along_image = dot(simd, its_image, reflection);
                let along_known = dot(simd, known, reflection);
                add_scaled(simd, -along_image, known, image);
                add_scaled(simd, -along_known, its_image, image);
            }
            image.iter_mut().for_each(|value| *value *= factor);
            let overlap = dot(simd, image, reflection);
            add_scaled(simd, -0.5 * factor * overlap, reflection, image);
        }
    }
}

/// Four vectors' worth of independent partial sums hide the latency of the additions.
#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f64], b: &[f64]) -> f64 {
    let (a_packed, a_rest) = S::as_simd_f64s(a);
    let (b_packed, b_rest) = S::as_simd_f64s(b);
    let mut sums = [simd.splat_f64s(0.0); 4];
    let (a_fours, a_left) = a_packed.as_chunks::<4>();
    let (b_fours, b_left) = b_packed.as_chunks::<4>();
    for (a, b) in a_fours.iter().zip(b_fours) {
        for lane in 0..4 {
            sums[lane] = simd.mul_add_e_f64s(a[lane], b[lane], sums[lane]);
        }
    }
    for (a, b) in a_left.iter().zip(b_left) {
        sums[0] = simd.mul_add_e_f64s(*a, *b, sums[0]);
    }
    let low = simd.add_f64s(sums[0], sums[1]);
    let high = simd.add_f64s(sums[2], sums[3]);
    let mut total = simd.reduce_sum_f64s(simd.add_f64s(low, high));
    for (a, b) in a_rest.iter().zip(b_rest) {
        total += a * b;
    }
    total
}

/// `target` += `factor` · `source`.
#[inline(always)]
fn add_scaled<S: Simd>(simd: S, factor: f64, source: &[f64], target: &mut [f64]) {
    let (source_packed, source_rest) = S::as_simd_f64s(source);
    let (target_packed, target_rest) = S::as_mut_simd_f64s(target);
    let packed_factor = simd.splat_f64s(factor);
    for (target, source) in target_packed.iter_mut().zip(source_packed) {
        *target = simd.mul_add_e_f64s(packed_factor, *source, *target);
    }
    for (target, source) in target_rest.iter_mut().zip(source_rest) {
        *target += factor * source;
    }
}

/// `result` = A `vector` with A the symmetric trailing matrix from row `first` on, given by its
/// lower triangle in column-major `matrix` of side `size`.
#[inline(always)]
fn symmetric_product<S: Simd>(
    simd: S,
    matrix: &[f64],
    size: usize,
    first: usize,
    vector: &[f64],
    result: &mut [f64],
) {
    let length = size - first;
    result.fill(0.0);
    let mut start = 0;
    while start + 4 <= length {
        let columns: [&[f64]; 4] = std::array::from_fn(|offset| {
            &matrix[(first + start + offset) * size..][first + start..size]
        });
        // The 4 × 4 block on the diagonal.
        for column in 0..4 {
            result[start + column] += columns[column][column] * vector[start + column];
            for row in column + 1..4 {
                let entry = columns[column][row];
                result[start + row] += entry * vector[start + column];
                result[start + column] += entry * vector[start + row];
            }
        }
        let (above, below) = result.split_at_mut(start + 4);
        let weights: [f64; 4] = std::array::from_fn(|offset| vector[start + offset]);
        let sums = four_columns(
            simd,
            columns.map(|column| &column[4..]),
            weights,
            &vector[start + 4..],
            below,
        );
        for (offset, sum) in sums.into_iter().enumerate() {
            above[start + offset] += sum;
        }
        start += 4;
    }
    for column in start..length {
        let entries = &matrix[(first + column) * size..][first..size];
        result[column] += entries[column] * vector[column];
        for row in column + 1..length {
            result[row] += entries[row] * vector[column];
            result[column] += entries[row] * vector[row];
        }
    }
}

/// Adds `weights` times the columns to `result` and returns their products with `vector`: both
/// uses of a symmetric matrix's entries, each read once.
#[inline(always)]
fn four_columns<S: Simd>(
    simd: S,
    columns: [&[f64]; 4],
    weights: [f64; 4],
    vector: &[f64],
    result: &mut [f64],
) -> [f64; 4] {
    let length = result.len();
    let packed = columns.map(|column| S::as_simd_f64s(&column[..length]));
    let (vector_packed, vector_rest) = S::as_simd_f64s(&vector[..length]);
    let (result_packed, result_rest) = S::as_mut_simd_f64s(result);
    let count = result_packed.len();
    let (a, b, c, d) = (
        &packed[0].0[..count],
        &packed[1].0[..count],
        &packed[2].0[..count],
        &packed[3].0[..count],
    );
    let vector_packed = &vector_packed[..count];
    let factors = weights.map(|weight| simd.splat_f64s(weight));
    let mut sums = [simd.splat_f64s(0.0); 4];
    for index in 0..count {
        let along = vector_packed[index];
        let mut total = result_packed[index];
        total = simd.mul_add_e_f64s(a[index], factors[0], total);
        sums[0] = simd.mul_add_e_f64s(a[index], along, sums[0]);
        total = simd.mul_add_e_f64s(b[index], factors[1], total);
        sums[1] = simd.mul_add_e_f64s(b[index], along, sums[1]);
        total = simd.mul_add_e_f64s(c[index], factors[2], total);
        sums[2] = simd.mul_add_e_f64s(c[index], along, sums[2]);
        total = simd.mul_add_e_f64s(d[index], factors[3], total);
        sums[3] = simd.mul_add_e_f64s(d[index], along, sums[3]);
        result_packed[index] = total;
    }
    let mut products = sums.map(|sum| simd.reduce_sum_f64s(sum));
    for (index, (result, along)) in result_rest.iter_mut().zip(vector_rest).enumerate() {
        for column in 0..4 {
            let entry = packed[column].1[index];
            *result += entry * weights[column];
            products[column] += entry * along;
        }
    }
    products
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn tridiagonal_form_has_the_same_moments() {
        // Sizes around the panel width and the blocks of four.
        for size in [1, 2, 3, 4, 5, 8, 15, 16, 17, 20, 36, 67, 130] {
            let mut rng = ChaCha8Rng::seed_from_u64(size as u64);
            let half = DMatrix::from_fn(size, size, |_, _| rng.random_range(-1.0..1.0));
            let matrix = &half + half.transpose();
            let (diagonal, off_diagonal) = tridiagonal(matrix.clone(), Par::Seq);
            assert_eq!((diagonal.len(), off_diagonal.len()), (size, size - 1));
            let mut reduced = DMatrix::from_diagonal(&diagonal.into());
            for (row, value) in off_diagonal.into_iter().enumerate() {
                reduced[(row + 1, row)] = value;
                reduced[(row, row + 1)] = value;
            }
            // Traces of powers are sums of powers of the eigenvalues.
            let (mut power, mut reduced_power) = (matrix.clone(), reduced.clone());
            let scale = matrix.norm();
            for exponent in 1..=5 {
                let difference = (power.trace() - reduced_power.trace()).abs();
                assert!(
                    difference < 1e-12 * scale.powi(exponent),
                    "{size} {exponent}"
                );
                power *= &matrix;
                reduced_power *= &reduced;
            }
        }
    }

    #[test]
    fn only_the_lower_triangle_is_read() {
        let matrix = DMatrix::from_fn(40, 40, |row, column| {
            if row >= column {
                ((row * column) as f64).sin()
            } else {
                f64::NAN
            }
        });
        let (diagonal, off_diagonal) = tridiagonal(matrix, Par::Seq);
        assert!(
            diagonal
                .iter()
                .chain(&off_diagonal)
                .all(|value| value.is_finite())
        );
    }
}
