//! Trace, Gram matrix and spectra of a [`HessianOperator`], whatever the number of hidden layers.

use std::ops::Range;

use nalgebra::DMatrix;

use super::HessianOperator;

impl HessianOperator {
    /// Trace, c d_out ‖h_L‖² + Σ_l Σ_ij ‖h̃_{l−1,i}‖² [c Σ_k D_l,ijk² + q_l,ij], without forming
    /// anything of side p. D_l,ijk is the derivative of output k of sample i with respect to
    /// z_l,ij, and q_l,ij the second derivative of e_i·y_i with respect to it. Piecewise linear
    /// functions have q = 0, so that the trace is that of the Gauss–Newton part at any loss;
    /// away from zero loss a curved f adds to the diagonal, with either sign.
    #[must_use]
    pub fn trace(&self) -> f64 {
        let mut total = self.scale * self.shape.outputs() as f64 * self.hidden.norm_squared();
        let last = self.layers.len() - 1;
        let top = &self.layers[last];
        for (sample, input) in top.inputs.row_iter().enumerate() {
            let input = input.norm_squared();
            for (unit, weights) in self.output_weights.row_iter().enumerate() {
                let slope = top.slope[(sample, unit)];
                let curvature = self.scale * slope * slope * weights.norm_squared();
                total += input * (curvature + top.bend[(sample, unit)]);
            }
        }
        if last == 0 {
            return total;
        }
        let derivatives = self.output_derivatives();
        for (index, layer) in self.layers[..last].iter().enumerate() {
            for (sample, input) in layer.inputs.row_iter().enumerate() {
                let rows = (0..self.shape.outputs()).map(|k| k * self.samples() + sample);
                let squared: f64 = rows
                    .map(|row| derivatives[index].row(row).norm_squared())
                    .sum();
                let bent = self.second_derivatives(index, sample);
                total += input.norm_squared() * (self.scale * squared + bent);
            }
        }
        total
    }

    /// Σ_j q_l,ij of one sample: each unit's own bend, and those of the layers above along what
    /// its pre-activation moves there.
    fn second_derivatives(&self, layer: usize, sample: usize) -> f64 {
        let mut total = self.layers[layer].bend.row(sample).sum();
        if self.layers[layer + 1..]
            .iter()
            .all(|above| above.bend.row(sample).iter().all(|&bend| bend == 0.0))
        {
            return total;
        }
        // ∂z_m/∂z_l of this sample, (h_m × h_l).
        let mut through: Option<DMatrix<f64>> = None;
        for (below, above) in self.layers[layer..].iter().zip(&self.layers[layer + 1..]) {
            let mut step = above.weights.clone();
            for (mut column, &slope) in step.column_iter_mut().zip(below.slope.row(sample).iter()) {
                column *= slope;
            }
            let moved = match through {
                None => step,
                Some(through) => step * through,
            };
            for (row, bend) in moved.row_iter().zip(above.bend.row(sample).iter()) {
                total += bend * row.norm_squared();
            }
            through = Some(moved);
        }
        total
    }

    /// D_l for every layer, (n·d_out × h_l): row k·n + i holds ∂y_ik/∂z_l,i.
    pub(super) fn output_derivatives(&self) -> Vec<DMatrix<f64>> {
        let (samples, outputs) = (self.samples(), self.shape.outputs());
        let units = self.output_weights.nrows();
        let mut backward = DMatrix::from_fn(samples * outputs, units, |row, unit| {
            self.output_weights[(unit, row / samples)]
        });
        let mut derivatives = Vec::with_capacity(self.layers.len());
        for layer in self.layers.iter().rev() {
            for (mut column, slope) in backward.column_iter_mut().zip(layer.slope.column_iter()) {
                for (row, value) in column.iter_mut().enumerate() {
                    *value *= slope[row % samples];
                }
            }
            let below = &backward * &layer.weights;
            derivatives.push(std::mem::replace(&mut backward, below));
        }
        derivatives.reverse();
        derivatives
    }

    /// The Gram matrix c J Jᵀ of the Gauss–Newton part, (n·d_out square). Row k·n + i belongs to
    /// output k of sample i, the column-major order of an (n × d_out) matrix.
    ///
    /// Its eigenvalues are, but for zeros, those of c JᵀJ; at zero loss those of the Hessian.
    /// Entry ((i, k), (i′, k′)) is c [δ_kk′ h_L,i·h_L,i′ + Σ_l (h̃_{l−1,i}·h̃_{l−1,i′})
    /// (D_l,ik·D_l,i′k′)] with D_l,ik = ∂y_ik/∂z_l,i.
    #[must_use]
    pub fn gram(&self) -> DMatrix<f64> {
        let (samples, outputs) = (self.samples(), self.shape.outputs());
        let side = samples * outputs;
        let mut gram = DMatrix::zeros(side, side);
        for (layer, derivatives) in self.layers.iter().zip(self.output_derivatives()) {
            let inputs = &layer.inputs * layer.inputs.transpose();
            let products = &derivatives * derivatives.transpose();
            for column in 0..side {
                let inputs = inputs.column(column % samples);
                let products = products.column(column);
                for (row, value) in gram.column_mut(column).iter_mut().enumerate() {
                    *value += inputs[row % samples] * products[row];
                }
            }
        }
        let hidden = &self.hidden * self.hidden.transpose();
        for output in 0..outputs {
            let mut block = gram.view_mut((output * samples, output * samples), hidden.shape());
            block += &hidden;
        }
        gram * self.scale
    }

    /// The whole matrix, (p × p), by p products.
    #[must_use]
    pub fn dense(&self) -> DMatrix<f64> {
        let all: Vec<usize> = (0..self.size()).collect();
        let mut matrix = DMatrix::zeros(self.size(), self.size());
        self.columns_of(&all, 0..self.size(), &mut matrix);
        matrix
    }

    /// Some columns of the matrix on the parameters of a list, from the row of the first one on.
    fn columns_of(&self, list: &[usize], columns: Range<usize>, to: &mut DMatrix<f64>) {
        let rows = &list[columns.start..];
        let mut direction = vec![0.0; self.size()];
        let mut product = vec![0.0; self.size()];
        for (&parameter, mut column) in list[columns].iter().zip(to.column_iter_mut()) {
            direction[parameter] = 1.0;
            self.apply(&direction, &mut product);
            direction[parameter] = 0.0;
            for (entry, &row) in column.iter_mut().zip(rows) {
                *entry = product[row];
            }
        }
    }
}

#[cfg(feature = "spectrum")]
mod spectra {
    use super::HessianOperator;
    use crate::error::check;
    use crate::spectrum::{Spectrum, SymmetricMatrix};
    use crate::{Error, Method, Reduction};

    /// Parameters up to which all eigenvalues of a Hessian are computed: 1.7 GB.
    const MOST: usize = 20_000;

    impl HessianOperator {
        /// All p eigenvalues, with exact zeros for the parameters of dead units. The others'
        /// matrix is formed by products and solved whole: its time grows as the cube of its side,
        /// which may be 20 000. Beyond that there are the largest and
        /// [`gauss_newton_spectrum`](Self::gauss_newton_spectrum).
        ///
        /// # Errors
        /// [`Error::OutOfRange`] for more parameters of living units,
        /// [`Error::EigenSolver`] where the solver fails.
        pub fn spectrum(&self) -> Result<Spectrum, Error> {
            let living = self.living_parameters();
            check(
                living.len() <= MOST,
                "parameters of living units",
                living.len() as f64,
                "at most 20000 for all eigenvalues; the largest ones and the Gauss-Newton part \
                 have no such limit",
            )?;
            let method = match living.len() {
                0 => Method::Zero,
                _ => Method::Subspace,
            };
            let matrix = SymmetricMatrix::from_columns(living.len(), |columns, block| {
                self.columns_of(&living, columns, block);
            })?;
            Ok(self.spectrum_of(matrix.into_eigenvalues()?, living.len(), method, 0.0))
        }

        /// Bytes of memory that [`spectrum`](Self::spectrum) takes at most beside this operator, small
        /// arrays left out.
        #[must_use]
        pub fn spectrum_memory(&self) -> usize {
            SymmetricMatrix::memory(self.living_parameters().len())
        }

        /// The spectrum of the Gauss–Newton part c JᵀJ, from its n·d_out square
        /// [Gram matrix](Self::gram): no eigenvalue is negative but for rounding. It is the
        /// Hessian's at zero loss.
        ///
        /// # Errors
        /// [`Error::EigenSolver`] where the solver fails.
        pub fn gauss_newton_spectrum(&self) -> Result<Spectrum, Error> {
            let mut nonzero = SymmetricMatrix::from_lower(&self.gram())?.into_eigenvalues()?;
            let side = nonzero.len();
            // More outputs than parameters: the rest is 0.
            nonzero.drain(..side.saturating_sub(self.size()));
            let left_out = if self.residual.amax() > 0.0 {
                f64::INFINITY
            } else {
                0.0
            };
            let living = self.living_parameters().len();
            Ok(self.spectrum_of(nonzero, living, Method::Gram, left_out))
        }

        fn spectrum_of(
            &self,
            nonzero: Vec<f64>,
            living: usize,
            method: Method,
            left_out: f64,
        ) -> Spectrum {
            let reduction = Reduction {
                method,
                size: nonzero.len(),
                parameters: self.size(),
                dead_units: self.dead_units(),
                left_out,
            };
            Spectrum::new(nonzero, reduction, living)
        }

        fn dead_units(&self) -> usize {
            let dead = self.layers.iter().flat_map(|layer| &layer.dead);
            dead.filter(|&&dead| dead).count()
        }

        /// Parameters whose rows are not exactly zero by a dead unit: one that it reads with, its
        /// bias, or one with which it is read.
        fn living_parameters(&self) -> Vec<usize> {
            let mut living = Vec::with_capacity(self.size());
            let mut place = 0;
            let mut below: &[bool] = &[];
            for layer in &self.layers {
                for column in 0..layer.inputs.ncols() {
                    let silent_input = below.get(column).is_some_and(|&dead| dead);
                    for &dead in &layer.dead {
                        if !dead && !silent_input {
                            living.push(place);
                        }
                        place += 1;
                    }
                }
                below = &layer.dead;
            }
            for _ in 0..self.shape.outputs() {
                for &dead in below {
                    if !dead {
                        living.push(place);
                    }
                    place += 1;
                }
            }
            living
        }
    }
}
