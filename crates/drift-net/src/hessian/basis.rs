use nalgebra::{DMatrix, DMatrixView};

use super::Hessian;
use super::orthonormal::row_space;
use crate::spectrum::solver;

/// What the basis will consist of: enough to know its size, without its largest part.
#[derive(Debug)]
pub(super) struct Directions {
    pub(super) units: Vec<usize>,
    /// Per active unit, a basis of the span of x̃ over its active samples, ((d_in + 1) × ·).
    inputs: Vec<DMatrix<f64>>,
    /// Per active unit, output directions of that unit alone, (d_out × ·).
    own: Vec<DMatrix<f64>>,
    /// A basis of the span of the samples' hidden activity, (active units × ·).
    patterns: DMatrix<f64>,
}

/// Orthonormal directions of parameter space outside which the Hessian, or its Gauss–Newton
/// part, is exactly zero. Columns in order: input directions of each active unit, its own output
/// directions, then output directions shared between units.
#[derive(Debug)]
pub(super) struct Basis {
    units: Vec<usize>,
    inputs: Vec<DMatrix<f64>>,
    own: Vec<DMatrix<f64>>,
    /// Shared output directions, (active units · d_out × ·), row u·d_out + k.
    shared: DMatrix<f64>,
    size: usize,
}

impl Directions {
    /// Directions that the Gauss–Newton part sees and, with `with_residual`, those that the
    /// residual part adds.
    pub(super) fn new(hessian: &Hessian, with_residual: bool) -> Self {
        let units = hessian.active_units();
        let inputs = units
            .iter()
            .map(|&unit| input_basis(hessian, unit))
            .collect();
        let outputs = hessian.shape.outputs();
        let limit = f64::EPSILON * hessian.scale_of_eigenvalues() / hessian.scale;
        let own: Vec<DMatrix<f64>> = if with_residual {
            units
                .iter()
                .map(|&unit| row_space(&hessian.residual_block(unit), limit))
                .collect()
        } else {
            vec![DMatrix::zeros(outputs, 0); units.len()]
        };
        let activity = hessian.hidden.select_columns(&units);
        let longest = activity
            .row_iter()
            .map(|row| row.norm())
            .fold(0.0, f64::max);
        let patterns = row_space(&activity, 4.0 * f64::EPSILON * longest);
        let own_count: usize = own.iter().map(DMatrix::ncols).sum();
        if own_count + patterns.ncols() * outputs >= units.len() * outputs {
            // As many as the output weights of active units: a basis would gain nothing.
            return Self {
                own: vec![DMatrix::identity(outputs, outputs); units.len()],
                patterns: DMatrix::zeros(units.len(), 0),
                units,
                inputs,
            };
        }
        Self {
            units,
            inputs,
            own,
            patterns,
        }
    }

    /// Number of directions.
    pub(super) fn size(&self) -> usize {
        let outputs = self.own.first().map_or(0, DMatrix::nrows);
        let of_units: usize = self
            .inputs
            .iter()
            .chain(&self.own)
            .map(DMatrix::ncols)
            .sum();
        of_units + self.patterns.ncols() * outputs
    }

    /// Builds the shared directions as well.
    pub(super) fn into_basis(self) -> Basis {
        let size = self.size();
        Basis {
            shared: shared_basis(&self.patterns, &self.own),
            units: self.units,
            inputs: self.inputs,
            own: self.own,
            size,
        }
    }
}

impl Basis {
    /// The Hessian, or its Gauss–Newton part, in this basis, (size × size). Only the lower
    /// triangle is filled.
    pub(super) fn matrix(&self, hessian: &Hessian, with_residual: bool) -> DMatrix<f64> {
        let mut matrix = solver::lower_gram(&self.jacobian(hessian), hessian.scale);
        if with_residual {
            let own_start: usize = self.inputs.iter().map(DMatrix::ncols).sum();
            let (mut column, mut row) = (0, own_start);
            for (position, &unit) in self.units.iter().enumerate() {
                let (inputs, own) = (&self.inputs[position], &self.own[position]);
                // Shared directions are orthogonal to the row space of the block.
                let block = own.tr_mul(&hessian.residual_block(unit).transpose()) * inputs;
                let mut target = matrix.view_mut((row, column), block.shape());
                target += block * hessian.scale;
                column += inputs.ncols();
                row += own.ncols();
            }
        }
        matrix
    }

    /// The Jacobian of all outputs along the basis, (n·d_out × size), row k·n + i.
    fn jacobian(&self, hessian: &Hessian) -> DMatrix<f64> {
        let (samples, outputs) = (hessian.samples(), hessian.shape.outputs());
        let mut jacobian = DMatrix::zeros(samples * outputs, self.size);
        let mut next = 0;
        for (&unit, basis) in self.units.iter().zip(&self.inputs) {
            let mut seen = &hessian.inputs * basis;
            for mut column in seen.column_iter_mut() {
                column.component_mul_assign(&hessian.active.column(unit));
            }
            for direction in seen.column_iter() {
                for output in 0..outputs {
                    let weight = hessian.output_weights[(unit, output)];
                    jacobian
                        .column_mut(next)
                        .rows_mut(output * samples, samples)
                        .axpy(weight, &direction, 0.0);
                }
                next += 1;
            }
        }
        for (&unit, basis) in self.units.iter().zip(&self.own) {
            for direction in basis.column_iter() {
                for (output, &weight) in direction.iter().enumerate() {
                    jacobian
                        .column_mut(next)
                        .rows_mut(output * samples, samples)
                        .axpy(weight, &hessian.hidden.column(unit), 0.0);
                }
                next += 1;
            }
        }
        if self.shared.ncols() > 0 {
            let activity = hessian.hidden.select_columns(&self.units);
            for direction in self.shared.column_iter() {
                let weights =
                    DMatrixView::from_slice(direction.as_slice(), outputs, self.units.len());
                let change = &activity * weights.transpose();
                jacobian.column_mut(next).copy_from_slice(change.as_slice());
                next += 1;
            }
        }
        jacobian
    }

    /// Coordinates of a parameter vector along the basis.
    pub(super) fn project(&self, hessian: &Hessian, vector: &[f64]) -> Vec<f64> {
        let by_unit = hessian.as_units(vector);
        let (columns, outputs) = (hessian.inputs.ncols(), hessian.shape.outputs());
        let mut coordinates = Vec::with_capacity(self.size);
        for (&unit, basis) in self.units.iter().zip(&self.inputs) {
            let weights = by_unit.row(unit).columns(0, columns).transpose();
            coordinates.extend(basis.tr_mul(&weights).iter());
        }
        let mut stacked = Vec::with_capacity(self.units.len() * outputs);
        for (&unit, basis) in self.units.iter().zip(&self.own) {
            let weights = by_unit.row(unit).columns(columns, outputs).transpose();
            coordinates.extend(basis.tr_mul(&weights).iter());
            stacked.extend(weights.iter());
        }
        let stacked = nalgebra::DVector::from_vec(stacked);
        coordinates.extend(self.shared.tr_mul(&stacked).iter());
        coordinates
    }

    /// The parameter vector with these coordinates.
    pub(super) fn expand(&self, hessian: &Hessian, coordinates: &[f64]) -> Vec<f64> {
        let (columns, outputs) = (hessian.inputs.ncols(), hessian.shape.outputs());
        let mut by_unit: DMatrix<f64> =
            DMatrix::zeros(hessian.shape.hidden(), hessian.shape.parameters_per_unit());
        let mut rest = coordinates;
        let mut take = |count: usize| {
            let (head, tail) = rest.split_at(count);
            rest = tail;
            nalgebra::DVector::from_column_slice(head)
        };
        for (&unit, basis) in self.units.iter().zip(&self.inputs) {
            let weights = basis * take(basis.ncols());
            by_unit
                .view_mut((unit, 0), (1, columns))
                .copy_from(&weights.transpose());
        }
        for (&unit, basis) in self.units.iter().zip(&self.own) {
            let weights = basis * take(basis.ncols());
            by_unit
                .view_mut((unit, columns), (1, outputs))
                .copy_from(&weights.transpose());
        }
        let stacked = &self.shared * take(self.shared.ncols());
        for (position, &unit) in self.units.iter().enumerate() {
            for output in 0..outputs {
                by_unit[(unit, columns + output)] += stacked[position * outputs + output];
            }
        }
        by_unit.data.into()
    }
}

/// A basis of what a unit's input weights can do: the span of x̃ over its active samples.
fn input_basis(hessian: &Hessian, unit: usize) -> DMatrix<f64> {
    let samples: Vec<usize> = (0..hessian.samples())
        .filter(|&sample| hessian.active[(sample, unit)] > 0.0)
        .collect();
    let seen = hessian.inputs.select_rows(&samples);
    let longest = seen.row_iter().map(|row| row.norm()).fold(0.0, f64::max);
    let basis = row_space(&seen, 4.0 * f64::EPSILON * longest);
    let columns = hessian.inputs.ncols();
    if basis.ncols() == columns {
        DMatrix::identity(columns, columns)
    } else {
        basis
    }
}

/// Completes the units' own output directions to all of span(hiddenᵀ) ⊗ outputs: orthonormal
/// directions outside them, whose span contains what of it lies outside. `patterns` is (active
/// units × rank of hidden).
fn shared_basis(patterns: &DMatrix<f64>, own: &[DMatrix<f64>]) -> DMatrix<f64> {
    let outputs = own.first().map_or(0, DMatrix::nrows);
    // Coordinates along each unit's own complement: there even an arbitrary vector, as a
    // factorisation gives where columns are dependent, is outside the own directions.
    let complements: Vec<DMatrix<f64>> = own.iter().map(complement).collect();
    let rows: usize = complements.iter().map(DMatrix::ncols).sum();
    let mut inside = DMatrix::zeros(rows, patterns.ncols() * outputs);
    let mut start = 0;
    for (position, complement) in complements.iter().enumerate() {
        for (pattern, strength) in patterns.row(position).iter().enumerate() {
            inside
                .view_mut((start, pattern * outputs), (complement.ncols(), outputs))
                .copy_from(&(complement.transpose() * *strength));
        }
        start += complement.ncols();
    }
    if own.iter().any(|directions| directions.ncols() > 0) {
        inside = solver::orthonormal_columns(inside);
    }
    let mut shared = DMatrix::zeros(own.len() * outputs, inside.ncols());
    start = 0;
    for (position, complement) in complements.iter().enumerate() {
        shared.rows_mut(position * outputs, outputs).gemm(
            1.0,
            complement,
            &inside.rows(start, complement.ncols()),
            0.0,
        );
        start += complement.ncols();
    }
    shared
}

/// Orthonormal columns that complete those of `directions` to the whole space.
fn complement(directions: &DMatrix<f64>) -> DMatrix<f64> {
    let size = directions.nrows();
    let identity = DMatrix::identity(size, size);
    match directions.ncols() {
        0 => identity,
        count if count == size => DMatrix::zeros(size, 0),
        // A projector: while any of its range is missing, some row is longer than 1/√size.
        _ => row_space(&(identity - directions * directions.transpose()), 1e-6),
    }
}
