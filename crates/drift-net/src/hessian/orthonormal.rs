use nalgebra::{DMatrix, DVector};

/// An orthonormal basis of the span of the rows of a (vectors × dimension) matrix,
/// (dimension × rank), largest remaining row first.
///
/// A row whose part outside the basis found so far is not longer than `drop_below` is taken to
/// lie inside. Each row is projected twice, which keeps the columns orthonormal to rounding
/// even where rows are nearly dependent (Giraud et al. 2005, doi:10.1007/s00211-005-0615-4).
pub(super) fn row_space(rows: &DMatrix<f64>, drop_below: f64) -> DMatrix<f64> {
    let (vectors, dimension) = rows.shape();
    let mut remainder = rows.transpose();
    let mut basis: Vec<DVector<f64>> = Vec::with_capacity(vectors.min(dimension));
    let mut left: Vec<usize> = (0..vectors).collect();
    while basis.len() < dimension {
        let Some((position, length)) = left
            .iter()
            .map(|&vector| remainder.column(vector).norm())
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))
        else {
            break;
        };
        if length <= drop_below {
            break;
        }
        let pivot = left.swap_remove(position);
        let mut direction = remainder.column(pivot) / length;
        for known in &basis {
            let overlap = known.dot(&direction);
            direction.axpy(-overlap, known, 1.0);
        }
        direction.normalize_mut();
        for &vector in &left {
            let mut column = remainder.column_mut(vector);
            let overlap = direction.dot(&column);
            column.axpy(-overlap, &direction, 1.0);
        }
        basis.push(direction);
    }
    if basis.is_empty() {
        return DMatrix::zeros(dimension, 0);
    }
    DMatrix::from_columns(&basis)
}

/// [`row_space`] of rows that are known to rounding of the longest.
pub(super) fn row_space_to_rounding(rows: &DMatrix<f64>) -> DMatrix<f64> {
    let longest = rows.row_iter().map(|row| row.norm()).fold(0.0, f64::max);
    row_space(rows, 4.0 * f64::EPSILON * longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_and_dependent_rows_count_once() {
        let rows = DMatrix::from_row_slice(
            4,
            3,
            &[1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 0.0, 1.0, 1.0, 1.0, 3.0, 4.0],
        );
        let basis = row_space(&rows, 1e-14);
        assert_eq!(basis.shape(), (3, 2));
        let rebuilt = (&basis * basis.transpose()) * rows.transpose();
        assert!((rebuilt - rows.transpose()).norm() < 1e-14);
    }

    #[test]
    fn nearly_parallel_rows_give_an_orthonormal_basis() {
        let rows = DMatrix::from_row_slice(2, 3, &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0 + 1e-9]);
        let basis = row_space(&rows, 1e-15);
        assert_eq!(basis.ncols(), 2);
        assert!((basis.tr_mul(&basis) - DMatrix::identity(2, 2)).norm() < 1e-14);
    }

    #[test]
    fn zero_rows_span_nothing() {
        assert_eq!(row_space(&DMatrix::zeros(3, 5), 0.0).shape(), (5, 0));
        assert_eq!(row_space(&DMatrix::zeros(0, 5), 0.0).shape(), (5, 0));
    }
}
