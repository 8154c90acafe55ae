use nalgebra::DMatrix;

use super::Hessian;
use super::orthonormal::{row_space, row_space_to_rounding};
use super::projected::Projected;

/// What the basis will consist of: enough to know its size, without its largest part.
#[derive(Debug, Clone)]
pub(super) struct Directions {
    pub(super) units: Vec<usize>,
    /// Per active unit, a basis of the span of x̃ over its active samples, ((d_in + 1) × ·).
    pub(super) inputs: Vec<DMatrix<f64>>,
    /// Per active unit, output directions of that unit alone, (d_out × ·).
    pub(super) own: Vec<DMatrix<f64>>,
    /// A basis of the span of the samples' hidden activity, (active units × ·).
    pub(super) patterns: DMatrix<f64>,
}

/// Orthonormal directions of parameter space outside which the Hessian, or its Gauss–Newton
/// part, is exactly zero. Columns in order: input directions of each active unit, its own output
/// directions, then output directions shared between units.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    directions: Directions,
    /// Shared output directions, (active units · d_out × ·), row u·d_out + k.
    shared: DMatrix<f64>,
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
        let mut own: Vec<DMatrix<f64>> = if with_residual {
            units
                .iter()
                .map(|&unit| row_space(&hessian.residual_block(unit), limit))
                .collect()
        } else {
            vec![DMatrix::zeros(outputs, 0); units.len()]
        };
        let mut patterns = row_space_to_rounding(&hessian.hidden.select_columns(&units));
        let own_count: usize = own.iter().map(DMatrix::ncols).sum();
        if own_count + patterns.ncols() * outputs >= units.len() * outputs {
            // As many as the output weights of active units: a basis would gain nothing.
            own = vec![DMatrix::identity(outputs, outputs); units.len()];
            patterns = DMatrix::zeros(units.len(), 0);
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
        let of_units: usize = self
            .inputs
            .iter()
            .chain(&self.own)
            .map(DMatrix::ncols)
            .sum();
        of_units + self.patterns.ncols() * self.outputs()
    }

    /// d_out, or 0 without active units.
    pub(super) fn outputs(&self) -> usize {
        self.own.first().map_or(0, DMatrix::nrows)
    }

    /// Builds the shared directions as well.
    pub(super) fn into_basis(self) -> Basis {
        Basis {
            shared: self.shared_basis(),
            directions: self,
        }
    }
}

impl Basis {
    /// The Hessian, or its Gauss–Newton part, in this basis, (size × size). Only the lower
    /// triangle counts.
    pub(super) fn matrix(&self, hessian: &Hessian, with_residual: bool) -> DMatrix<f64> {
        let shared = self.directions.jacobian_along(hessian, &self.shared);
        Projected::new(&self.directions, hessian, with_residual, &shared).lower()
    }

    /// Coordinates of a parameter vector along the basis.
    pub(super) fn project(&self, hessian: &Hessian, vector: &[f64]) -> Vec<f64> {
        let by_unit = hessian.as_units(vector);
        let (columns, outputs) = (hessian.inputs.ncols(), hessian.shape.outputs());
        let mut coordinates = Vec::with_capacity(self.directions.size());
        for (&unit, basis) in self.directions.units.iter().zip(&self.directions.inputs) {
            let weights = by_unit.row(unit).columns(0, columns).transpose();
            coordinates.extend(basis.tr_mul(&weights).iter());
        }
        let mut stacked = Vec::with_capacity(self.directions.units.len() * outputs);
        for (&unit, basis) in self.directions.units.iter().zip(&self.directions.own) {
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
        for (&unit, basis) in self.directions.units.iter().zip(&self.directions.inputs) {
            let weights = basis * take(basis.ncols());
            by_unit
                .view_mut((unit, 0), (1, columns))
                .copy_from(&weights.transpose());
        }
        for (&unit, basis) in self.directions.units.iter().zip(&self.directions.own) {
            let weights = basis * take(basis.ncols());
            by_unit
                .view_mut((unit, columns), (1, outputs))
                .copy_from(&weights.transpose());
        }
        let stacked = &self.shared * take(self.shared.ncols());
        for (position, &unit) in self.directions.units.iter().enumerate() {
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
    let basis = row_space_to_rounding(&hessian.inputs.select_rows(&samples));
    let columns = hessian.inputs.ncols();
    if basis.ncols() == columns {
        DMatrix::identity(columns, columns)
    } else {
        basis
    }
}
