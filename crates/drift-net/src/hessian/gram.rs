use nalgebra::DMatrix;

use super::Hessian;

impl Hessian {
    /// The Gram matrix c J Jᵀ of the Gauss–Newton part, (n·d_out square). Row k·n + i belongs to
    /// output k of sample i, the column-major order of an (n × d_out) matrix.
    ///
    /// Its eigenvalues are, but for zeros, those of c JᵀJ; at zero loss those of the Hessian.
    /// Entry ((i, k), (i', k')) is c [δ_kk' Σ_j hidden_ij hidden_i'j +
    /// x̃_i·x̃_i' Σ_j 1_ij 1_i'j N_kj N_k'j].
    #[must_use]
    pub fn gram(&self) -> DMatrix<f64> {
        let (samples, outputs) = (self.samples(), self.shape.outputs());
        let mut gram = DMatrix::zeros(samples * outputs, samples * outputs);
        let input_products = &self.inputs * self.inputs.transpose();
        let hidden_products = &self.hidden * self.hidden.transpose();
        let weight_products = self.output_weight_products();
        for sample in 0..samples {
            // Only units that are active on this sample enter its rows, and by symmetry only
            // later samples are needed: a quarter of the work of the full product.
            let units: Vec<usize> = (0..self.shape.hidden())
                .filter(|&unit| self.active[(sample, unit)] > 0.0)
                .collect();
            let later = samples - sample;
            let shared = DMatrix::from_fn(later, units.len(), |row, column| {
                self.active[(sample + row, units[column])]
            });
            let products = shared * weight_products.select_rows(&units);
            let mut pair = 0;
            for first in 0..outputs {
                for second in 0..=first {
                    for (offset, product) in products.column(pair).iter().enumerate() {
                        let other = sample + offset;
                        let mut value = product * input_products[(other, sample)];
                        if first == second {
                            value += hidden_products[(other, sample)];
                        }
                        let value = value * self.scale;
                        let (here, there) = (first * samples, second * samples);
                        gram[(here + other, there + sample)] = value;
                        gram[(there + sample, here + other)] = value;
                        gram[(there + other, here + sample)] = value;
                        gram[(here + sample, there + other)] = value;
                    }
                    pair += 1;
                }
            }
        }
        gram
    }

    /// N_kj N_k'j for k' ≤ k, (units × d_out (d_out + 1)/2), pairs in the order
    /// (0,0), (1,0), (1,1), (2,0) ….
    fn output_weight_products(&self) -> DMatrix<f64> {
        let outputs = self.shape.outputs();
        let pairs = outputs * (outputs + 1) / 2;
        let mut products = DMatrix::zeros(self.shape.hidden(), pairs);
        let mut pair = 0;
        for first in 0..outputs {
            for second in 0..=first {
                products.set_column(
                    pair,
                    &self
                        .output_weights
                        .column(first)
                        .component_mul(&self.output_weights.column(second)),
                );
                pair += 1;
            }
        }
        products
    }
}
