//! Eigenvalues of a symmetric tridiagonal matrix by the square-root-free QL method.
//!
//! Pal, Walker and Kahan's form of implicit QL works on squared off-diagonal entries and needs
//! no rotation, which makes it several times faster than a method that could also give
//! eigenvectors. Parlett 1998, The Symmetric Eigenvalue Problem, chapter 8,
//! doi:10.1137/1.9781611971163. A sweep waits for one division after the other, so several with
//! different shifts, the eigenvalues of the first rows, are on their way at once.

use crate::scaling::to_unit_scale;

/// Sweeps allowed for each eigenvalue; two are usual.
const SWEEPS: usize = 40;
/// Sweeps at once, with as many shifts.
const TOGETHER: usize = 4;
/// Blocks shorter than this take one sweep at a time.
const SHORT: usize = 6 * TOGETHER;

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
    let finite = |entries: &[f64]| entries.iter().all(|value| value.is_finite());
    if !(finite(diagonal) && finite(off_diagonal)) {
        return false;
    }
    // Squares of the entries must neither overflow nor vanish.
    let Some(scale) = to_unit_scale(diagonal.iter().chain(&*off_diagonal)) else {
        return true;
    };
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
            length => {
                sweeps -= 1;
                let diagonal = &mut diagonal[first..=last];
                let squares = &mut squares[first..last];
                if length < SHORT {
                    let shift = wilkinson_shift(diagonal, squares);
                    sweep(diagonal, squares, [shift]);
                } else {
                    let mut shifts = [0.0; TOGETHER];
                    shifts.copy_from_slice(&diagonal[..TOGETHER]);
                    let mut between = [0.0; TOGETHER - 1];
                    between.copy_from_slice(&squares[..TOGETHER - 1]);
                    if !solve_block(&mut shifts, &mut between) {
                        return false;
                    }
                    sweep(diagonal, squares, shifts);
                }
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

/// The eigenvalue of the first two rows that is closer to the first diagonal entry.
fn wilkinson_shift(diagonal: &[f64], squares: &[f64]) -> f64 {
    let root = squares[0].sqrt();
    let quotient = (diagonal[1] - diagonal[0]) / (2.0 * root);
    diagonal[0] - root / (quotient + quotient.hypot(1.0).copysign(quotient))
}

/// Implicit QL sweeps, one after the other, from the last index to the first. Each starts two
/// indices behind the one before it, where that one's results are final: they are independent of
/// each other in time, as a single sweep's operations are not, and the result is the same.
fn sweep<const COUNT: usize>(diagonal: &mut [f64], squares: &mut [f64], shifts: [f64; COUNT]) {
    let last = diagonal.len() - 1;
    let lag = 2 * (COUNT - 1);
    let mut chains = shifts.map(Chain::new);
    for time in 0..last + lag {
        if time > lag && time < last {
            // All are on their way.
            let lowest = last - 1 - time;
            let diagonal = &mut diagonal[lowest..][..2 * COUNT];
            let squares = &mut squares[lowest..][..2 * COUNT];
            let results: [(f64, f64); COUNT] = std::array::from_fn(|index| {
                chains[index].advance(diagonal[2 * index], squares[2 * index])
            });
            for (index, (value, square)) in results.into_iter().enumerate() {
                diagonal[2 * index + 1] = value;
                squares[2 * index + 1] = square;
            }
        } else {
            for (position, chain) in chains.iter_mut().enumerate() {
                let Some(done) = time.checked_sub(2 * position) else {
                    break;
                };
                if done >= last {
                    continue;
                }
                if done == 0 {
                    chain.start(diagonal[last]);
                }
                let index = last - 1 - done;
                let (value, square) = chain.advance(diagonal[index], squares[index]);
                diagonal[index + 1] = value;
                if index + 1 < last {
                    squares[index + 1] = square;
                }
            }
        }
        for (position, chain) in chains.iter().enumerate() {
            if time + 1 == last + 2 * position {
                squares[0] = chain.sine * chain.square;
                diagonal[0] = chain.shift + chain.gamma;
            }
        }
    }
}

/// One sweep on its way; in Parlett's names c², s², γ and π².
#[derive(Debug, Clone, Copy)]
struct Chain {
    shift: f64,
    cosine: f64,
    sine: f64,
    gamma: f64,
    square: f64,
}

impl Chain {
    fn new(shift: f64) -> Self {
        Self {
            shift,
            cosine: 1.0,
            sine: 0.0,
            gamma: 0.0,
            square: 0.0,
        }
    }

    /// Begins with the last diagonal entry.
    fn start(&mut self, end: f64) {
        self.gamma = end - self.shift;
        self.square = self.gamma * self.gamma;
    }

    /// Takes the next diagonal entry and squared off-diagonal entry; returns what becomes of
    /// those one index higher.
    #[inline(always)]
    fn advance(&mut self, value: f64, entry: f64) -> (f64, f64) {
        let sum = self.square + entry;
        let square = self.sine * sum;
        // The sweep before may have left nothing here: no rotation.
        let (cosine, sine) = if sum >= f64::MIN_POSITIVE {
            let inverse = sum.recip();
            (self.square * inverse, entry * inverse)
        } else {
            (1.0, 0.0)
        };
        let gamma = cosine * (value - self.shift) - sine * self.gamma;
        let value = self.gamma + (value - gamma);
        self.square = if cosine == 0.0 {
            self.cosine * entry
        } else {
            gamma * gamma / cosine
        };
        self.cosine = cosine;
        self.sine = sine;
        self.gamma = gamma;
        (value, square)
    }
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
        for size in [1, 2, 3, 10, 23, 24, 25, 26, 200, 1000] {
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
