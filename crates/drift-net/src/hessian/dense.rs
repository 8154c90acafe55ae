use nalgebra::DMatrix;

use super::Hessian;

impl Hessian {
    /// The whole matrix, (p × p), rows and columns in the order of
    /// [`Network::parameters`](crate::Network::parameters). It takes 8 p² bytes: 77 MB at
    /// p = 3100, 2.6 GB at p = 18 000.
    #[must_use]
    pub fn dense(&self) -> DMatrix<f64> {
        let (hidden, columns) = (self.shape.hidden(), self.inputs.ncols());
        let size = self.size();
        let first_output = hidden * columns;
        // Column a·h + j is 1_ij x̃_ia: the Jacobian of unit j's activity by its own weights.
        let sensitivity = DMatrix::from_fn(self.samples(), first_output, |sample, parameter| {
            let (column, unit) = (parameter / hidden, parameter % hidden);
            self.active[(sample, unit)] * self.inputs[(sample, column)]
        });
        let weight_products = &self.output_weights * self.output_weights.transpose();
        let activity_products = self.hidden.transpose() * &self.hidden;
        let transposed = sensitivity.transpose();
        let input_block = &transposed * &sensitivity;
        let input_activity = &transposed * &self.hidden;

        let mut dense = DMatrix::zeros(size, size);
        for column in 0..first_output {
            for row in 0..first_output {
                dense[(row, column)] = self.scale
                    * input_block[(row, column)]
                    * weight_products[(row % hidden, column % hidden)];
            }
        }
        for output in 0..self.shape.outputs() {
            let start = first_output + output * hidden;
            dense
                .view_mut((start, start), (hidden, hidden))
                .copy_from(&(&activity_products * self.scale));
            for unit in 0..hidden {
                for parameter in 0..first_output {
                    let value = self.scale
                        * input_activity[(parameter, unit)]
                        * self.output_weights[(parameter % hidden, output)];
                    dense[(parameter, start + unit)] = value;
                    dense[(start + unit, parameter)] = value;
                }
            }
        }
        for unit in self.active_units() {
            let block = self.residual_block(unit);
            for (output, values) in block.column_iter().enumerate() {
                for (column, value) in values.iter().enumerate() {
                    let (row, column) = (
                        column * hidden + unit,
                        first_output + output * hidden + unit,
                    );
                    dense[(row, column)] += self.scale * value;
                    dense[(column, row)] += self.scale * value;
                }
            }
        }
        dense
    }
}
