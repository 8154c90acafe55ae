//! The pass written as plain matrix products, to compare the kernels with.

use approx::assert_relative_eq;
use drift_net::nalgebra::DMatrix;
use drift_net::rand::Rng;
use drift_net::{Activation, Network};
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
        let activation = network.activation();
        let slope = hidden.map(|z| derivative(activation, z));
        hidden.apply(|z| *z = value(activation, *z));
        let outputs = &hidden * network.output_weights().transpose();
        let residuals = &outputs - targets;
        let count = residuals.len() as f64;
        let loss = residuals.iter().map(|r| r * r).sum::<f64>() / count;
        let residuals = residuals * (2.0 / count);
        let mut delta = &residuals * network.output_weights();
        delta.component_mul_assign(&slope);
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

/// The network's passes, with and without the gradient, are the plain ones but for rounding.
#[track_caller]
pub fn assert_passes(network: &Network, inputs: &DMatrix<f64>, targets: &DMatrix<f64>) {
    let plain = PlainPass::new(network, inputs, targets);
    let (hidden, outputs) = network.forward(inputs.as_view()).unwrap();
    assert_relative_eq!(hidden, plain.hidden, epsilon = 1e-13, max_relative = 1e-12);
    assert_relative_eq!(
        outputs,
        plain.outputs,
        epsilon = 1e-13,
        max_relative = 1e-12
    );
    let (loss, gradient) = network
        .loss_gradient(inputs.as_view(), targets.as_view())
        .unwrap();
    assert_relative_eq!(loss, plain.loss, max_relative = 1e-12);
    assert_eq!(
        loss,
        network.loss(inputs.as_view(), targets.as_view()).unwrap()
    );
    assert_relative_eq!(
        DMatrix::from_vec(gradient.len(), 1, gradient),
        DMatrix::from_vec(plain.gradient.len(), 1, plain.gradient),
        epsilon = 1e-13,
        max_relative = 1e-11
    );
}

/// The activation function with the standard library's functions.
pub fn value(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Relu => z.max(0.0),
        Activation::LeakyRelu { slope } => z.max(slope * z),
        Activation::Softplus { .. } => z.max(0.0) + (-z.abs()).exp().ln_1p(),
        Activation::Tanh { .. } => z.tanh(),
        other => panic!("{other:?} has no plain version"),
    }
}

/// Its derivative, from the pre-activation.
pub fn derivative(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Relu => f64::from(z > 0.0),
        Activation::LeakyRelu { slope } => {
            if z > 0.0 {
                1.0
            } else {
                slope
            }
        }
        Activation::Softplus { .. } => 1.0 / (1.0 + (-z).exp()),
        Activation::Tanh { .. } => z.cosh().powi(-2),
        other => panic!("{other:?} has no plain version"),
    }
}

pub fn random_matrix<R: Rng + ?Sized>(rows: usize, columns: usize, rng: &mut R) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |_, _| StandardNormal.sample(rng))
}
