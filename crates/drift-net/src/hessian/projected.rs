use nalgebra::{DMatrix, DMatrixView};

use super::Hessian;
use super::basis::Directions;
use crate::spectrum::dense;

impl Directions {
    /// The Hessian, or its Gauss–Newton part, along the directions, (size × size), given the
    /// Jacobian along the shared ones. Only the lower triangle is filled.
    ///
    /// Jacobians along a single unit's directions are products of a vector over samples and one
    /// over outputs, so that products of two of them are products of two numbers.
    pub(super) fn matrix(
        &self,
        hessian: &Hessian,
        with_residual: bool,
        shared: &DMatrix<f64>,
    ) -> DMatrix<f64> {
        let activity = hessian.hidden.select_columns(&self.units);
        let weights = hessian.output_weights.select_rows(&self.units);
        let seen = self.seen(hessian);
        let own = side_by_side(&self.own, self.outputs());
        let input_units = owners(&self.inputs);
        let own_units = owners(&self.own);
        let (inputs, owned) = (seen.ncols(), own.ncols());
        let mut matrix = DMatrix::zeros(self.size(), self.size());

        let over_samples = seen.tr_mul(&seen);
        let over_outputs = &weights * weights.transpose();
        for (column, &unit) in input_units.iter().enumerate() {
            for row in column..inputs {
                matrix[(row, column)] =
                    over_samples[(row, column)] * over_outputs[(input_units[row], unit)];
            }
        }
        let over_samples = activity.tr_mul(&seen);
        let over_outputs = (&weights * &own).transpose();
        for (column, &unit) in input_units.iter().enumerate() {
            for (row, &own_unit) in own_units.iter().enumerate() {
                matrix[(inputs + row, column)] =
                    over_samples[(own_unit, column)] * over_outputs[(row, unit)];
            }
        }
        let over_samples = activity.tr_mul(&activity);
        let over_outputs = own.tr_mul(&own);
        for (column, &unit) in own_units.iter().enumerate() {
            for row in column..owned {
                matrix[(inputs + row, inputs + column)] =
                    over_samples[(own_units[row], unit)] * over_outputs[(row, column)];
            }
        }
        if shared.ncols() > 0 {
            let rows = inputs + owned;
            self.add_shared_rows(&mut matrix, rows, shared, [&activity, &weights, &seen]);
            matrix
                .view_mut((rows, rows), (shared.ncols(), shared.ncols()))
                .copy_from(&dense::lower_gram(shared, 1.0));
        }
        if with_residual {
            self.add_residual(hessian, &mut matrix, inputs);
        }
        matrix *= hessian.scale;
        matrix
    }

    /// x̃ along every unit's input directions where that unit is active, (n × ·).
    fn seen(&self, hessian: &Hessian) -> DMatrix<f64> {
        let parts: Vec<DMatrix<f64>> = self
            .units
            .iter()
            .zip(&self.inputs)
            .map(|(&unit, basis)| {
                let mut seen = &hessian.inputs * basis;
                for mut column in seen.column_iter_mut() {
                    column.component_mul_assign(&hessian.active.column(unit));
                }
                seen
            })
            .collect();
        side_by_side(&parts, hessian.samples())
    }

    /// Products of the shared directions, from row `first` on, with those of single units.
    fn add_shared_rows(
        &self,
        matrix: &mut DMatrix<f64>,
        first: usize,
        shared: &DMatrix<f64>,
        [activity, weights, seen]: [&DMatrix<f64>; 3],
    ) {
        let (samples, units, outputs) = (activity.nrows(), weights.nrows(), weights.ncols());
        let count = shared.ncols();
        // For each shared direction, a row, the Jacobian over samples and outputs: contracted with
        // every unit's output weights, columns (unit, sample), and with its activity, columns
        // (unit, output).
        let mut through_weights = DMatrix::zeros(count, units * samples);
        let mut through_activity = DMatrix::zeros(count, units * outputs);
        for (row, direction) in shared.column_iter().enumerate() {
            let change = DMatrixView::from_slice(direction.as_slice(), samples, outputs);
            copy_to_row(&mut through_weights, row, &(change * weights.transpose()));
            copy_to_row(&mut through_activity, row, &(change.transpose() * activity));
        }
        let mut column = 0;
        for (unit, basis) in self.inputs.iter().enumerate() {
            let product = through_weights.columns(unit * samples, samples)
                * seen.columns(column, basis.ncols());
            matrix
                .view_mut((first, column), product.shape())
                .copy_from(&product);
            column += basis.ncols();
        }
        for (unit, basis) in self.own.iter().enumerate() {
            let product = through_activity.columns(unit * outputs, outputs) * basis;
            matrix
                .view_mut((first, column), product.shape())
                .copy_from(&product);
            column += basis.ncols();
        }
    }

    /// The residual part before the factor c: between a unit's input and own output directions.
    /// Shared directions are orthogonal to the row space of every block.
    fn add_residual(&self, hessian: &Hessian, matrix: &mut DMatrix<f64>, own_start: usize) {
        let (mut column, mut row) = (0, own_start);
        for ((&unit, inputs), own) in self.units.iter().zip(&self.inputs).zip(&self.own) {
            let block = own.tr_mul(&hessian.residual_block(unit).transpose()) * inputs;
            let mut target = matrix.view_mut((row, column), block.shape());
            target += block;
            column += inputs.ncols();
            row += own.ncols();
        }
    }
}

/// Writes all entries of a matrix, column by column, to a row of another.
fn copy_to_row(target: &mut DMatrix<f64>, row: usize, source: &DMatrix<f64>) {
    for (entry, value) in target.row_mut(row).iter_mut().zip(source.iter()) {
        *entry = *value;
    }
}

/// Matrices next to each other, all with this number of rows.
fn side_by_side(parts: &[DMatrix<f64>], rows: usize) -> DMatrix<f64> {
    let values: Vec<f64> = parts.iter().flat_map(|part| part.iter().copied()).collect();
    DMatrix::from_vec(rows, values.len() / rows, values)
}

/// For every column of the matrices next to each other, the matrix that it is from.
fn owners(parts: &[DMatrix<f64>]) -> Vec<usize> {
    parts
        .iter()
        .enumerate()
        .flat_map(|(position, part)| std::iter::repeat_n(position, part.ncols()))
        .collect()
}
