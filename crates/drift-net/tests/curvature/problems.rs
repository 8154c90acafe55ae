//! Networks with data, for property tests: random ones, and ones at zero loss.

use drift_net::nalgebra::{DMatrix, DVector};
use drift_net::{Hessian, Network, Regime, Shape};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

#[derive(Debug, Clone)]
pub struct Problem {
    pub network: Network,
    pub inputs: DMatrix<f64>,
    pub targets: DMatrix<f64>,
}

/// A rich network of these sizes on Gaussian data.
pub fn sized(samples: usize, d_in: usize, hidden: usize, d_out: usize, seed: u64) -> Problem {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let shape = Shape::new(d_in, hidden, d_out).unwrap();
    let network = Network::initialize(shape, Regime::Rich, &mut rng);
    let mut normal = |_, _| StandardNormal.sample(&mut rng);
    Problem {
        network,
        inputs: DMatrix::from_fn(samples, d_in, &mut normal),
        targets: DMatrix::from_fn(samples, d_out, &mut normal),
    }
}

/// 1–6 samples, 1–5 inputs, 1–9 units, 1–4 outputs; some units dead, some samples repeated.
pub fn random_problem() -> impl Strategy<Value = Problem> {
    (
        1..=6_usize,
        1..=5_usize,
        1..=9_usize,
        1..=4_usize,
        any::<u64>(),
        0..=2_usize,
        any::<bool>(),
    )
        .prop_map(|(samples, d_in, hidden, d_out, seed, dead, repeat)| {
            let mut problem = sized(samples, d_in, hidden, d_out, seed);
            problem = problem.with_first_units_dead(dead.min(hidden));
            if repeat && samples > 1 {
                let first = problem.inputs.row(0).into_owned();
                problem.inputs.set_row(samples - 1, &first);
            }
            problem
        })
}

/// The same with targets equal to the outputs.
pub fn zero_loss_problem() -> impl Strategy<Value = Problem> {
    random_problem().prop_map(|mut problem| {
        problem.targets = problem.outputs();
        problem
    })
}

pub fn normal_vector(size: usize, seed: u64) -> DVector<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    DVector::from_fn(size, |_, _| StandardNormal.sample(&mut rng))
}

pub fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

pub fn largest_absolute(values: &[f64]) -> f64 {
    values
        .iter()
        .fold(0.0, |largest, value| largest.max(value.abs()))
}

impl Problem {
    pub fn hessian(&self) -> Hessian {
        Hessian::at(&self.network, self.inputs.as_view(), self.targets.as_view()).unwrap()
    }

    pub fn at(&self, parameters: Vec<f64>) -> Self {
        Self {
            network: Network::from_parameters(self.network.shape(), parameters).unwrap(),
            inputs: self.inputs.clone(),
            targets: self.targets.clone(),
        }
    }

    pub fn moved(&self, parameter: usize, by: f64) -> Self {
        let mut parameters = self.network.parameters().to_vec();
        parameters[parameter] += by;
        self.at(parameters)
    }

    fn preactivations(&self) -> DMatrix<f64> {
        let mut values = &self.inputs * self.network.input_weights().transpose();
        for mut row in values.row_iter_mut() {
            row += self.network.bias().transpose();
        }
        values
    }

    pub fn outputs(&self) -> DMatrix<f64> {
        self.preactivations().map(|z| z.max(0.0)) * self.network.output_weights().transpose()
    }

    /// How far the closest pre-activation is from 0, over the size of the largest input.
    pub fn distance_to_kink(&self) -> f64 {
        let closest = self
            .preactivations()
            .iter()
            .fold(f64::INFINITY, |m, z| m.min(z.abs()));
        closest / self.inputs.amax().max(1.0)
    }

    pub fn loss(&self) -> f64 {
        (self.outputs() - &self.targets).norm_squared() / self.targets.len() as f64
    }

    /// The gradient of the loss in plain matrix algebra, in parameter order.
    pub fn gradient(&self) -> DVector<f64> {
        let preactivations = self.preactivations();
        let hidden = preactivations.map(|z| z.max(0.0));
        let output_weights = self.network.output_weights();
        let error = (&hidden * output_weights.transpose() - &self.targets)
            * (2.0 / self.targets.len() as f64);
        let mut backward = &error * output_weights;
        backward.zip_apply(&preactivations, |value, z| {
            if z <= 0.0 {
                *value = 0.0;
            }
        });
        let mut gradient = Vec::with_capacity(self.network.parameters().len());
        gradient.extend((backward.transpose() * &self.inputs).iter());
        gradient.extend(backward.row_sum().iter());
        gradient.extend((hidden.transpose() * error).iter());
        DVector::from_vec(gradient)
    }

    pub fn with_bias(&self, bias: f64) -> Self {
        let shape = self.network.shape();
        let mut parameters = self.network.parameters().to_vec();
        parameters[shape.hidden() * shape.inputs()..][..shape.hidden()].fill(bias);
        self.at(parameters)
    }

    pub fn with_first_units_dead(&self, count: usize) -> Self {
        let shape = self.network.shape();
        let mut parameters = self.network.parameters().to_vec();
        parameters[shape.hidden() * shape.inputs()..][..count].fill(-1e3);
        self.at(parameters)
    }

    pub fn set_output_weights_to_zero(&mut self) {
        let shape = self.network.shape();
        self.network.parameters_mut()[shape.hidden() * (shape.inputs() + 1)..].fill(0.0);
    }

    pub fn with_permuted_units(&self, seed: u64) -> Self {
        let shape = self.network.shape();
        let order = permutation(shape.hidden(), seed);
        let units = self.network.units();
        self.at(units.select_rows(&order).data.into())
    }

    pub fn with_permuted_samples(&self, seed: u64) -> Self {
        let order = permutation(self.inputs.nrows(), seed);
        Self {
            network: self.network.clone(),
            inputs: self.inputs.select_rows(&order),
            targets: self.targets.select_rows(&order),
        }
    }
}

fn permutation(size: usize, seed: u64) -> Vec<usize> {
    let keys = normal_vector(size, seed);
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
    order
}
