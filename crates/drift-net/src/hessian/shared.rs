use nalgebra::{DMatrix, DMatrixView};

use super::Hessian;
use super::basis::Directions;
use super::orthonormal::row_space;
use super::projected::copy_to_row;
use crate::spectrum::dense;

/// Σ 1/λ over the eigenvalues λ ≤ 1 of the shared directions' Gram matrix, for each of them, up to
/// which its Cholesky factor makes them orthonormal: λ is then at least 1/(4·420) at size M.
const WELL_CONDITIONED: f64 = 4.0;

/// What may be left, by rounding, of a combination of which nothing is left.
const SILENT: f64 = 1e-13;

impl Directions {
    /// Completes the units' own output directions to all of span(hiddenᵀ) ⊗ outputs: orthonormal
    /// directions outside them, whose span contains what of it lies outside,
    /// (active units · d_out × ·), row u·d_out + k.
    pub(super) fn shared_basis(&self) -> DMatrix<f64> {
        let outputs = self.outputs();
        // Coordinates along each unit's own complement: there even an arbitrary vector, as a
        // factorisation gives where columns are dependent, is outside the own directions.
        let complements: Vec<DMatrix<f64>> = self.own.iter().map(complement).collect();
        let rows: usize = complements.iter().map(DMatrix::ncols).sum();
        let mut inside = DMatrix::zeros(rows, self.patterns.ncols() * outputs);
        let mut start = 0;
        for (position, complement) in complements.iter().enumerate() {
            for (pattern, strength) in self.patterns.row(position).iter().enumerate() {
                inside
                    .view_mut((start, pattern * outputs), (complement.ncols(), outputs))
                    .copy_from(&(complement.transpose() * *strength));
            }
            start += complement.ncols();
        }
        if self.own.iter().any(|directions| directions.ncols() > 0) {
            inside = dense::orthonormal_columns(inside);
        }
        let mut shared = DMatrix::zeros(self.own.len() * outputs, inside.ncols());
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

    /// The Jacobian along given shared directions, (n·d_out × ·), row k·n + i.
    pub(super) fn jacobian_along(&self, hessian: &Hessian, shared: &DMatrix<f64>) -> DMatrix<f64> {
        let (samples, outputs) = (hessian.samples(), self.outputs());
        let mut jacobian = DMatrix::zeros(samples * outputs, shared.ncols());
        let activity = hessian.hidden.select_columns(&self.units);
        for (direction, mut column) in shared.column_iter().zip(jacobian.column_iter_mut()) {
            let weights = DMatrixView::from_slice(direction.as_slice(), outputs, self.units.len());
            let change = &activity * weights.transpose();
            column.copy_from_slice(change.as_slice());
        }
        jacobian
    }

    /// The Jacobian along some orthonormal basis of the shared directions, without the basis
    /// itself where that is safe.
    ///
    /// With P the patterns, C = I − E Eᵀ the projector of each unit outside its own directions and
    /// S = C (P ⊗ I), the columns of S (Lᵀ)⁻¹ are orthonormal where SᵀS = L Lᵀ. SᵀS and J S are
    /// sums over units of products of small matrices.
    ///
    /// With residuals SᵀS has a null space, of which N is an orthonormal basis
    /// ([`silent_combinations`](Self::silent_combinations)): then L Lᵀ = SᵀS + N Nᵀ, and
    /// U = L⁻¹ N has orthonormal columns, so that S (Lᵀ)⁻¹ keeps lengths outside span(U) and takes
    /// it to 0: eigenvalues along it come out 0, as they are.
    pub(super) fn shared_jacobian(&self, hessian: &Hessian) -> DMatrix<f64> {
        let (samples, outputs) = (hessian.samples(), self.outputs());
        let (units, patterns) = self.patterns.shape();
        if patterns == 0 {
            return DMatrix::zeros(samples * outputs, 0);
        }
        let mut projectors = DMatrix::zeros(units, outputs * outputs);
        for (unit, own) in self.own.iter().enumerate() {
            let projector = DMatrix::identity(outputs, outputs) - own * own.transpose();
            copy_to_row(&mut projectors, unit, &projector);
        }
        // For patterns and for samples, row·patterns + pattern: entry (k, k') of
        // Σ_u strength_u,row P_u,pattern C_u.
        let sums = |strengths: &DMatrix<f64>| {
            let mut pairs = DMatrix::zeros(strengths.ncols() * patterns, units);
            for (row, strength) in strengths.column_iter().enumerate() {
                for (pattern, along) in self.patterns.column_iter().enumerate() {
                    for unit in 0..units {
                        pairs[(row * patterns + pattern, unit)] = strength[unit] * along[unit];
                    }
                }
            }
            pairs * &projectors
        };
        let by_pattern = sums(&self.patterns);
        let mut gram = DMatrix::from_fn(patterns * outputs, patterns * outputs, |row, column| {
            by_pattern[(
                (row / outputs) * patterns + column / outputs,
                (row % outputs) * outputs + column % outputs,
            )]
        });
        let null = self.silent_combinations(hessian);
        let silent = (&gram * &null).norm() <= SILENT;
        gram.gemm(1.0, &null, &null.transpose(), 1.0);
        let inverse = dense::inverse_cholesky(&gram).filter(|inverse| {
            silent && inverse.norm_squared() <= WELL_CONDITIONED * inverse.ncols() as f64
        });
        let Some(inverse) = inverse else {
            return self.jacobian_along(hessian, &self.shared_basis());
        };
        let activity = hessian.hidden.select_columns(&self.units).transpose();
        let by_sample = sums(&activity);
        let along = DMatrix::from_fn(samples * outputs, patterns * outputs, |row, column| {
            by_sample[(
                (row % samples) * patterns + column / outputs,
                (row / samples) * outputs + column % outputs,
            )]
        });
        along * inverse.transpose()
    }

    /// Combinations of patterns and outputs, orthonormal, of which the units' own directions leave
    /// nothing, (patterns · d_out × ·), row pattern·d_out + k.
    ///
    /// A unit's own directions span the residuals of the samples on which it is active, and on the
    /// other samples its activity is 0: a sample's activity times its residual is made of own
    /// directions alone.
    fn silent_combinations(&self, hessian: &Hessian) -> DMatrix<f64> {
        let outputs = self.outputs();
        let (patterns, samples) = (self.patterns.ncols(), hessian.samples());
        if self.own.iter().all(|directions| directions.ncols() == 0) {
            return DMatrix::zeros(patterns * outputs, 0);
        }
        let activity = hessian.hidden.select_columns(&self.units) * &self.patterns;
        let mut combinations = DMatrix::zeros(samples, patterns * outputs);
        for sample in 0..samples {
            let residual = hessian.residual.row(sample);
            for (index, entry) in combinations.row_mut(sample).iter_mut().enumerate() {
                *entry = activity[(sample, index / outputs)] * residual[index % outputs];
            }
        }
        row_space(&combinations, 1e-12 * combinations.norm())
    }
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
