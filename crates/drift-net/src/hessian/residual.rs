use nalgebra::DMatrix;

use super::Hessian;

impl Hessian {
    /// B_j = Σ_i 1_ij x̃_i r_iᵀ, ((d_in + 1) × d_out): what the residuals add between a unit's
    /// own input and output weights, before the factor c.
    pub(super) fn residual_block(&self, unit: usize) -> DMatrix<f64> {
        let mut block = DMatrix::zeros(self.inputs.ncols(), self.residual.ncols());
        for (sample, &on) in self.active.column(unit).iter().enumerate() {
            if on > 0.0 {
                for (output, mut column) in block.column_iter_mut().enumerate() {
                    let residual = self.residual[(sample, output)];
                    for (entry, value) in column.iter_mut().zip(self.inputs.row(sample).iter()) {
                        *entry += residual * value;
                    }
                }
            }
        }
        block
    }

    /// Upper bound c max_j ‖B_j‖_F on how far any eigenvalue moves when the residual part is
    /// left out (Weyl's inequality): the error of the Gauss–Newton approximation. 0 at zero
    /// loss.
    #[must_use]
    pub fn residual_bound(&self) -> f64 {
        self.active_units()
            .into_iter()
            .map(|unit| self.residual_block(unit).norm())
            .fold(0.0, f64::max)
            * self.scale
    }
}
