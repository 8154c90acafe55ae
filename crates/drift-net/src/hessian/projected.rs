use std::ops::Range;

use nalgebra::{DMatrix, DMatrixView};

use super::Hessian;
use super::basis::Directions;
use crate::Error;
use crate::spectrum::{SymmetricMatrix, dense};

/// Columns of the whole matrix that are made together.
const TOGETHER: usize = 32;

/// The Hessian, or its Gauss–Newton part, along the directions, (size × size), in factors from
/// which the lower triangle is made some columns at a time.
///
/// Jacobians along a single unit's directions are products of a vector over samples and one over
/// outputs, so that products of two of them are products of two numbers.
pub(super) struct Projected {
    size: usize,
    /// c.
    scale: f64,
    /// x̃ along every unit's input directions where that unit is active, (n × inputs).
    seen: DMatrix<f64>,
    /// For every input direction, its unit.
    input_units: Vec<usize>,
    /// Every unit's own output directions, (d_out × own).
    own: DMatrix<f64>,
    /// For every own output direction, its unit.
    own_units: Vec<usize>,
    /// Hidden activity of active units, (n × units).
    activity: DMatrix<f64>,
    /// Products of the units' activities, (units × units).
    activity_products: DMatrix<f64>,
    /// Products of the units' output weights, (units × units).
    weight_products: DMatrix<f64>,
    /// The units' output weights along own directions, (own × units).
    own_weights: DMatrix<f64>,
    /// Rows of the shared directions, (shared × size); of its last columns, their products with
    /// each other, the lower triangle.
    shared: DMatrix<f64>,
    /// What the residuals add for each unit, (own output directions × input directions), with the
    /// first of either; none for the Gauss–Newton part.
    residual: Vec<(DMatrix<f64>, usize, usize)>,
}

impl Projected {
    /// Given the Jacobian along the shared directions.
    pub(super) fn new(
        directions: &Directions,
        hessian: &Hessian,
        with_residual: bool,
        shared: &DMatrix<f64>,
    ) -> Self {
        let activity = hessian.hidden.select_columns(&directions.units);
        let weights = hessian.output_weights.select_rows(&directions.units);
        let seen = directions.seen(hessian);
        let own = side_by_side(&directions.own, directions.outputs());
        let rows = directions.shared_rows(shared, [&activity, &weights, &seen], own.ncols());
        Self {
            size: directions.size(),
            scale: hessian.scale,
            input_units: owners(&directions.inputs),
            own_units: owners(&directions.own),
            activity_products: activity.transpose() * &activity,
            weight_products: &weights * weights.transpose(),
            own_weights: own.transpose() * weights.transpose(),
            shared: rows,
            residual: if with_residual {
                directions.residual(hessian)
            } else {
                Vec::new()
            },
            seen,
            own,
            activity,
        }
    }

    /// By tiles, for its eigenvalues.
    pub(super) fn tiles(&self) -> Result<SymmetricMatrix, Error> {
        SymmetricMatrix::from_columns(self.size, |columns, block| self.fill(columns, block))
    }

    /// The lower triangle; the rest is arbitrary.
    pub(super) fn lower(&self) -> DMatrix<f64> {
        let mut matrix = DMatrix::zeros(self.size, self.size);
        for start in (0..self.size).step_by(TOGETHER) {
            let end = self.size.min(start + TOGETHER);
            let mut block = DMatrix::zeros(self.size - start, end - start);
            self.fill(start..end, &mut block);
            matrix
                .view_mut((start, start), block.shape())
                .copy_from(&block);
        }
        matrix
    }

    /// Writes the entries of `columns` from the row of the first one on.
    fn fill(&self, columns: Range<usize>, block: &mut DMatrix<f64>) {
        let (inputs, owned) = (self.seen.ncols(), self.own.ncols());
        let first = columns.start;
        let along_inputs = first..columns.end.min(inputs);
        if !along_inputs.is_empty() {
            self.fill_inputs(along_inputs, block);
        }
        let along_own = first.max(inputs)..columns.end.min(inputs + owned);
        if !along_own.is_empty() {
            self.fill_own(along_own, first, block);
        }
        for column in columns {
            for row in column.max(inputs + owned)..self.size {
                block[(row - first, column - first)] = self.shared[(row - inputs - owned, column)];
            }
        }
        *block *= self.scale;
    }

    /// Along input directions: with input directions and with own output directions.
    fn fill_inputs(&self, columns: Range<usize>, block: &mut DMatrix<f64>) {
        let (inputs, first) = (self.seen.ncols(), columns.start);
        let over_samples = dense::products(&self.seen, first..inputs, &self.seen, columns.clone());
        let units = 0..self.activity.ncols();
        let through_activity = dense::products(&self.activity, units, &self.seen, columns.clone());
        for column in columns {
            let unit = self.input_units[column];
            let mut target = block.column_mut(column - first);
            for row in column..inputs {
                target[row - first] = over_samples[(row - first, column - first)]
                    * self.weight_products[(self.input_units[row], unit)];
            }
            for (row, &own_unit) in self.own_units.iter().enumerate() {
                target[inputs + row - first] =
                    through_activity[(own_unit, column - first)] * self.own_weights[(row, unit)];
            }
            if let Some((residual, own_start, input_start)) = self.residual.get(unit) {
                for (row, value) in residual.column(column - input_start).iter().enumerate() {
                    target[inputs + own_start + row - first] += value;
                }
            }
        }
    }

    /// Along own output directions, with each other.
    fn fill_own(&self, columns: Range<usize>, first: usize, block: &mut DMatrix<f64>) {
        let (inputs, owned) = (self.seen.ncols(), self.own.ncols());
        let own = columns.start - inputs..columns.end - inputs;
        let over_outputs = dense::products(&self.own, own.start..owned, &self.own, own.clone());
        for column in own.clone() {
            let unit = self.own_units[column];
            for row in column..owned {
                block[(inputs + row - first, inputs + column - first)] = over_outputs
                    [(row - own.start, column - own.start)]
                    * self.activity_products[(self.own_units[row], unit)];
            }
        }
    }
}

impl Directions {
    /// Bytes of the larger arrays that [`Projected`] takes, for the given number of samples.
    pub(super) fn memory(&self, samples: usize) -> usize {
        let (units, outputs) = (self.units.len(), self.outputs());
        let inputs: usize = self.inputs.iter().map(DMatrix::ncols).sum();
        let own: usize = self.own.iter().map(DMatrix::ncols).sum();
        let shared = self.patterns.ncols() * outputs;
        let of_units = samples * inputs + (outputs + units) * own + 2 * units * units;
        let of_shared = shared * (self.size() + (samples + units) * (units + outputs));
        (of_units + of_shared) * size_of::<f64>()
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

    /// Products of the shared directions with those of single units and, the lower triangle, with
    /// each other, (shared × size).
    fn shared_rows(
        &self,
        shared: &DMatrix<f64>,
        [activity, weights, seen]: [&DMatrix<f64>; 3],
        owned: usize,
    ) -> DMatrix<f64> {
        let (samples, units, outputs) = (activity.nrows(), weights.nrows(), weights.ncols());
        let count = shared.ncols();
        let mut rows = DMatrix::zeros(count, seen.ncols() + owned + count);
        if count == 0 {
            return rows;
        }
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
            rows.columns_mut(column, basis.ncols()).copy_from(&product);
            column += basis.ncols();
        }
        for (unit, basis) in self.own.iter().enumerate() {
            let product = through_activity.columns(unit * outputs, outputs) * basis;
            rows.columns_mut(column, basis.ncols()).copy_from(&product);
            column += basis.ncols();
        }
        rows.columns_mut(column, count)
            .copy_from(&dense::lower_gram(shared, 1.0));
        rows
    }

    /// The residual part before the factor c, between a unit's input and own output directions,
    /// (own × inputs), with the first of its own and of its input directions. Shared directions
    /// are orthogonal to the row space of every block.
    fn residual(&self, hessian: &Hessian) -> Vec<(DMatrix<f64>, usize, usize)> {
        let (mut own_start, mut input_start) = (0, 0);
        let parts = self.units.iter().zip(&self.inputs).zip(&self.own);
        parts
            .map(|((&unit, inputs), own)| {
                let block = own.tr_mul(&hessian.residual_block(unit).transpose()) * inputs;
                let part = (block, own_start, input_start);
                own_start += own.ncols();
                input_start += inputs.ncols();
                part
            })
            .collect()
    }
}

/// Writes all entries of a matrix, column by column, to a row of another.
pub(super) fn copy_to_row(target: &mut DMatrix<f64>, row: usize, source: &DMatrix<f64>) {
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
