use nalgebra::{DMatrix, DMatrixView};

use super::Hessian;

impl Hessian {
    /// ∇ tr H with respect to all parameters (p, in the network's order), in closed form; exact at any loss.
    ///
    /// (2/(n d_out)) times: for output weight N_kj, 2 N_kj Σ_i 1_ij (‖x_i‖² + 1); for the input
    /// weights and bias of unit j, 2 d_out Σ_i hidden_ij x̃_i. Kinks are left out: it is the
    /// gradient while no unit switches.
    #[must_use]
    pub fn trace_gradient(&self) -> Vec<f64> {
        let outputs = self.shape().outputs();
        let squared_inputs = self.squared_input_norms();
        let seen = self.active.tr_mul(&squared_inputs);
        let into_inputs =
            self.hidden.transpose() * &self.inputs * (2.0 * outputs as f64 * self.scale);
        let mut gradient = Vec::with_capacity(self.size());
        gradient.extend(into_inputs.iter());
        for column in self.output_weights.column_iter() {
            gradient.extend(
                column
                    .iter()
                    .zip(seen.iter())
                    .map(|(w, s)| 2.0 * self.scale * w * s),
            );
        }
        gradient
    }

    /// ∇ tr(A G) with A held fixed, G = c J Jᵀ the [`gram`](Self::gram) matrix and A symmetric of
    /// the same shape and row order: A = 1 gives ∇ tr H, A = G⁻¹ gives ∇ ln det G, which at a
    /// zero-loss point is the gradient along the manifold of ln|H|₊.
    ///
    /// # Panics
    /// Where `weights` is not n·d_out square.
    #[must_use]
    pub fn gram_contraction_gradient(&self, weights: DMatrixView<'_, f64>) -> Vec<f64> {
        let (samples, outputs) = (self.samples(), self.shape().outputs());
        assert_eq!(
            weights.shape(),
            (samples * outputs, samples * outputs),
            "shape of weights"
        );
        let units = self.shape().hidden();
        let input_products = &self.inputs * self.inputs.transpose();
        let mut same_output = DMatrix::<f64>::zeros(samples, samples);
        // Row k·n + i of the output part: Σ_i' Σ_k' A x̃_i·x̃_i' 1_i'j N_k'j.
        let mut into_outputs = DMatrix::<f64>::zeros(units, outputs);
        for first in 0..outputs {
            let mut received = DMatrix::<f64>::zeros(samples, units);
            for second in 0..outputs {
                let block = weights.view((first * samples, second * samples), (samples, samples));
                if first == second {
                    same_output += block;
                }
                let mut weighted = self.active.clone();
                for (unit, mut column) in weighted.column_iter_mut().enumerate() {
                    column *= self.output_weights[(unit, second)];
                }
                received += block.component_mul(&input_products) * weighted;
            }
            received.component_mul_assign(&self.active);
            for unit in 0..units {
                into_outputs[(unit, first)] = 2.0 * self.scale * received.column(unit).sum();
            }
        }
        let mut into_hidden = same_output * &self.hidden * (2.0 * self.scale);
        into_hidden.component_mul_assign(&self.active);
        let mut gradient = Vec::with_capacity(self.size());
        gradient.extend((into_hidden.transpose() * &self.inputs).iter());
        gradient.extend(into_outputs.iter());
        gradient
    }
}
