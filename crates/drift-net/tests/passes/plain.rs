//! The pass written as plain matrix products, to compare the kernels with.

use drift_net::Network;
use drift_net::nalgebra::DMatrix;
use drift_net::rand::Rng;
use rand_distr::{Distribution, StandardNormal};

pub struct PlainPass {
    pub hidden: DMatrix<f64>,
    pub outputs: DMatrix<f64>,
    pub loss: f64,
    pub gradient: Vec<f64>,
}

impl PlainPass {
    pub fn new(network: &Network, inputs: &DMatrix<f64>, targets: &DMatrix<f64>) -> Self {
        let mut hidden = inputs * network.input_weights().transpose();
        for mut row in hidden.row_iter_mut() {
            row += network.bias().transpose();
        }
        hidden.apply(|value| *value = value.max(0.0));
        let outputs = &hidden * network.output_weights().transpose();
        let residuals = &outputs - targets;
        let count = residuals.len() as f64;
        let loss = residuals.iter().map(|r| r * r).sum::<f64>() / count;
        let residuals = residuals * (2.0 / count);
        let mut delta = &residuals * network.output_weights();
        delta.zip_apply(&hidden, |slope, rate| {
            if rate <= 0.0 {
                *slope = 0.0;
            }
        });
        let mut gradient: Vec<f64> = (delta.transpose() * inputs).iter().copied().collect();
        gradient.extend(delta.row_sum().iter());
        gradient.extend((hidden.transpose() * residuals).iter());
        Self {
            hidden,
            outputs,
            loss,
            gradient,
        }
    }
}

pub fn random_matrix<R: Rng + ?Sized>(rows: usize, columns: usize, rng: &mut R) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |_, _| StandardNormal.sample(rng))
}
