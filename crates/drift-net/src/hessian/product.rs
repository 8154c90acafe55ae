use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut};

use super::Hessian;

impl Hessian {
    /// Hessian-vector product, `result` = H `vector` (both of length p).
    ///
    /// It costs about as much as two gradients.
    ///
    /// # Panics
    /// Where a slice has not length p.
    pub fn apply(&self, vector: &[f64], result: &mut [f64]) {
        assert_eq!(vector.len(), self.size(), "length of vector");
        assert_eq!(result.len(), self.size(), "length of result");
        let columns = self.inputs.ncols();
        let direction = self.as_units(vector);
        let direction_in = direction.columns(0, columns);
        let direction_out = direction.columns(columns, self.shape.outputs());
        let residual = &self.residual * self.scale;

        let hidden_change = (&self.inputs * direction_in.transpose()).component_mul(&self.active);
        let mut output_change = &hidden_change * &self.output_weights;
        output_change.gemm(self.scale, &self.hidden, &direction_out, self.scale);

        let mut result = DMatrixViewMut::from_slice(
            result,
            self.shape.hidden(),
            self.shape.parameters_per_unit(),
        );
        result.fill(0.0);
        let mut into_output = result.columns_mut(columns, self.shape.outputs());
        into_output.gemm(1.0, &self.hidden.transpose(), &output_change, 1.0);
        into_output.gemm(1.0, &hidden_change.transpose(), &residual, 1.0);
        let mut backward = output_change * self.output_weights.transpose();
        backward.gemm(1.0, &residual, &direction_out.transpose(), 1.0);
        backward.component_mul_assign(&self.active);
        let mut into_input = result.columns_mut(0, columns);
        into_input.gemm(1.0, &backward.transpose(), &self.inputs, 1.0);
    }

    /// J v, the change of all outputs along a parameter direction, (samples × outputs).
    ///
    /// # Panics
    /// Where `vector` has not length p.
    #[must_use]
    pub fn jacobian_times(&self, vector: &[f64]) -> DMatrix<f64> {
        assert_eq!(vector.len(), self.size(), "length of vector");
        let columns = self.inputs.ncols();
        let direction = self.as_units(vector);
        let hidden_change =
            (&self.inputs * direction.columns(0, columns).transpose()).component_mul(&self.active);
        hidden_change * &self.output_weights
            + &self.hidden * direction.columns(columns, self.shape.outputs())
    }

    /// Jᵀ u, for `outputs` u (samples × outputs): the gradient of Σ u·output, length p.
    ///
    /// # Panics
    /// Where `outputs` has another shape.
    #[must_use]
    pub fn jacobian_transpose_times(&self, outputs: DMatrixView<'_, f64>) -> Vec<f64> {
        assert_eq!(outputs.shape(), self.residual.shape(), "shape of outputs");
        let backward = (outputs * self.output_weights.transpose()).component_mul(&self.active);
        let mut result = Vec::with_capacity(self.size());
        result.extend((backward.transpose() * &self.inputs).iter());
        result.extend((self.hidden.transpose() * outputs).iter());
        result
    }

    /// A parameter vector with one row a unit.
    pub(super) fn as_units<'a>(&self, vector: &'a [f64]) -> DMatrixView<'a, f64> {
        DMatrixView::from_slice(
            vector,
            self.shape.hidden(),
            self.shape.parameters_per_unit(),
        )
    }
}
