//! Eigenvalues of a symmetric tridiagonal matrix by the square-root-free QL method.
//!
//! Pal, Walker and Kahan's form of implicit QL works on squared off-diagonal entries and needs
//! no rotation, which makes it several times faster than a method that could also give
//! eigenvectors. Parlett 1998, The Symmetric Eigenvalue Problem, chapter 8,
//! doi:10.1137/1.9781611971163.

/// Sweeps allowed for each eigenvalue; two are usual.
const SWEEPS: usize = 40;

/// Replaces `diagonal` (length n) by the eigenvalues, ascending; `off_diagonal` (length n − 1)
/// is used up. False where the iteration does not converge or the entries are not finite.
#[must_use]
pub(super) fn eigenvalues(diagonal: &mut [f64], off_diagonal: &mut [f64]) -> bool {
    let size = diagonal.len();
    assert_eq!(
        off_diagonal.len() + 1,
        size.max(1),
        "length of off_diagonal"
    );
    let largest = diagonal
        .iter()
        .chain(off_diagonal.iter())
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if !diagonal
        .iter()
        .chain(off_diagonal.iter())
        .all(|value| value.is_finite())
    {
        return false;
    }
    if largest == 0.0 {
        return true;
    }
    // Squares of the entries must neither overflow nor vanish. A power of two scales exactly.
    let scale = 2.0_f64.powi(-(largest.log2().floor().clamp(-1000.0, 1000.0) as i32));
    for value in diagonal.iter_mut() {
        *value *= scale;
    }
    for value in off_diagonal.iter_mut() {
        *value = (*value * scale) * (*value * scale);
    }
    let mut start = 0;
    while start < size {
        let mut end = start;
        while end + 1 < size && !negligible(diagonal, off_diagonal, end) {
            end += 1;
        }
        let block = &mut diagonal[start..=end];
        let squares = &mut off_diagonal[start..end];
        // QL finds the eigenvalue at its first index fastest where that is the small end.
        if block[0].abs() > block[block.len() - 1].abs() {
            block.reverse();
            squares.reverse();
        }
        if !solve_block(block, squares) {
            return false;
        }
        start = end + 1;
    }
    for value in diagonal.iter_mut() {
        *value /= scale;
    }
    diagonal.sort_unstable_by(f64::total_cmp);
    true
}

/// Whether the squared off-diagonal entry after `index` is lost in rounding. Entries are scaled
/// to the order of 1, so that ε is rounding of the whole matrix.
fn negligible(diagonal: &[f64], squares: &[f64], index: usize) -> bool {
    const SQUARED: f64 = f64::EPSILON * f64::EPSILON;
    let neighbours = (diagonal[index] * diagonal[index + 1]).abs();
    squares[index] <= SQUARED * neighbours || squares[index] <= 0.0625 * SQUARED
}

/// QL on one block that does not split at first.
fn solve_block(diagonal: &mut [f64], squares: &mut [f64]) -> bool {
    let size = diagonal.len();
    let mut first = 0;
    let mut sweeps = SWEEPS * size;
    while first < size {
        let mut last = first;
        while last + 1 < size && !negligible(diagonal, squares, last) {
            last += 1;
        }
        match last - first {
            0 => first += 1,
            1 => {
                let (low, high) = pair(diagonal[first], squares[first], diagonal[last]);
                diagonal[first] = low;
                diagonal[last] = high;
                first += 2;
            }
            _ if sweeps == 0 => return false,
            _ => {
                sweeps -= 1;
                sweep(&mut diagonal[first..=last], &mut squares[first..last]);
            }
        }
    }
    true
}

/// Both eigenvalues of [[a, b], [b, c]] from b².
fn pair(a: f64, square: f64, c: f64) -> (f64, f64) {
    let middle = 0.5 * (a + c);
    let half = 0.5 * (a - c);
    let radius = half.mul_add(half, square).sqrt();
    (middle - radius, middle + radius)
}

/// One implicit QL sweep with Wilkinson's shift, from the last index to the first.
fn sweep(diagonal: &mut [f64], squares: &mut [f64]) {
    let last = diagonal.len() - 1;
    let root = squares[0].sqrt();
    let quotient = (diagonal[1] - diagonal[0]) / (2.0 * root);
    let shift = diagonal[0] - root / (quotient + quotient.hypot(1.0).copysign(quotient));
    let (mut cosine, mut sine) = (1.0, 0.0);
    let mut gamma = diagonal[last] - shift;
    let mut square = gamma * gamma;
    for index in (0..last).rev() {
        let entry = squares[index];
        let sum = square + entry;
        if index + 1 < last {
            squares[index + 1] = sine * sum;
        }
        let previous_cosine = cosine;
        let inverse = sum.recip();
        cosine = square * inverse;
        sine = entry * inverse;
        let previous_gamma = gamma;
        let value = diagonal[index];
        gamma = cosine * (value - shift) - sine * previous_gamma;
        diagonal[index + 1] = previous_gamma + (value - gamma);
        square = if cosine == 0.0 {
            previous_cosine * entry
        } else {
            gamma * gamma / cosine
        };
    }
    squares[0] = sine * square;
    diagonal[0] = shift + gamma;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solved(mut diagonal: Vec<f64>, mut off_diagonal: Vec<f64>) -> Vec<f64> {
        assert!(eigenvalues(&mut diagonal, &mut off_diagonal));
        diagonal
    }

    #[test]
    fn second_difference_matrix_has_its_known_eigenvalues() {
        for size in [1, 2, 3, 10, 200] {
            let found = solved(vec![2.0; size], vec![-1.0; size - 1]);
            for (index, value) in found.iter().enumerate() {
                let angle = std::f64::consts::PI * (index + 1) as f64 / (2 * (size + 1)) as f64;
                let expected = 4.0 * angle.sin().powi(2);
                assert!(
                    (value - expected).abs() < 1e-14 * size as f64,
                    "{value} {expected}"
                );
            }
        }
    }

    #[test]
    fn zero_diagonal_gives_pairs_of_either_sign() {
        // Clement's matrix: eigenvalues −n+1, −n+3, …, n−1.
        let size = 21_usize;
        let off: Vec<f64> = (1..size)
            .map(|k| ((k * (size - k)) as f64).sqrt())
            .collect();
        for (index, value) in solved(vec![0.0; size], off).iter().enumerate() {
            assert!((value - (2.0 * index as f64 - 20.0)).abs() < 1e-13);
        }
    }

    #[test]
    fn scale_is_exact_and_extreme_entries_do_not_overflow() {
        let reference = solved(vec![1.0, 3.0, -2.0], vec![0.5, 0.25]);
        for power in [-1000, -600, 600, 1000] {
            let factor = 2.0_f64.powi(power);
            let scaled = solved(
                vec![factor, 3.0 * factor, -2.0 * factor],
                vec![0.5 * factor, 0.25 * factor],
            );
            for (a, b) in scaled.iter().zip(&reference) {
                assert_eq!(*a, b * factor);
            }
        }
    }

    #[test]
    fn splits_zeros_and_repeated_values() {
        assert_eq!(solved(vec![3.0, 1.0, 2.0], vec![0.0, 0.0]), [1.0, 2.0, 3.0]);
        assert_eq!(solved(vec![0.0; 5], vec![0.0; 4]), [0.0; 5]);
        assert_eq!(solved(vec![], vec![]), [0.0; 0]);
        let found = solved(vec![1.0, 1.0, 5.0, 5.0], vec![2.0, 0.0, 2.0]);
        for (value, expected) in found.iter().zip([-1.0, 3.0, 3.0, 7.0]) {
            assert!((value - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn wilkinson_pairs_are_close_and_right() {
        // W21+ has its two largest eigenvalues equal to 14 digits.
        let diagonal: Vec<f64> = (-10..=10_i32).map(|k| f64::from(k.abs())).collect();
        let found = solved(diagonal, vec![1.0; 20]);
        assert!((found[20] - 10.746_194_182_903_39).abs() < 1e-13);
        assert!((found[19] - 10.746_194_182_903_32).abs() < 1e-13);
        assert!((found.iter().sum::<f64>() - 110.0).abs() < 1e-12);
    }

    #[test]
    fn entries_that_are_not_finite_are_refused() {
        assert!(!eigenvalues(&mut [1.0, f64::NAN], &mut [0.0]));
        assert!(!eigenvalues(&mut [1.0, 1.0], &mut [f64::INFINITY]));
    }
}
