//! Random networks of every depth, with data, and their passes in plain matrix algebra.

use drift_net::nalgebra::DMatrix;
use drift_net::{Activation, Network, Regime, Samples, Shape};
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

pub const ALL: [Activation; 4] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::Softplus { active_above: 0.1 },
    Activation::Tanh { active_above: 0.1 },
];

pub fn normals(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    DMatrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut rng))
}

/// Depths 1 to 3, widths around every edge of the blocks (8 units) and groups (16); of the first
/// layer of a ReLU network some units are dead, up to whole blocks of them.
pub fn problems(widest: usize) -> impl Strategy<Value = Problem> {
    (
        1..9_usize,
        prop::collection::vec(1..widest, 1..4),
        1..7_usize,
        1..14_usize,
        prop::sample::select(ALL.to_vec()),
        0..12_usize,
        any::<u64>(),
    )
        .prop_map(
            |(inputs, widths, outputs, samples, activation, dead, seed)| {
                let shape = Shape::new(inputs, widths.as_slice(), outputs).unwrap();
                let problem = Problem::new(shape, samples, activation, seed);
                match activation {
                    Activation::Relu => problem.with_dead_units(0, dead),
                    _ => problem,
                }
            },
        )
}

impl Problem {
    pub fn new(shape: Shape, samples: usize, activation: Activation, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let network = Network::initialize(shape, Regime::Rich, &mut rng)
            .with_activation(activation)
            .unwrap();
        Self {
            network,
            inputs: normals(samples, shape.inputs(), seed ^ 1),
            targets: normals(samples, shape.outputs(), seed ^ 2),
        }
    }

    /// The first units of a layer get a bias far below all activity.
    pub fn with_dead_units(mut self, layer: usize, count: usize) -> Self {
        let shape = self.network.shape();
        let units = shape.widths()[layer];
        let first = shape.first_parameter(layer) + units * shape.inputs_of(layer);
        self.network.parameters_mut()[first..][..count.min(units)].fill(-1e3);
        self
    }

    pub fn samples(&self) -> Samples {
        Samples::new(self.inputs.as_view(), self.targets.as_view()).unwrap()
    }

    pub fn at(&self, parameters: Vec<f64>) -> Self {
        let network = Network::from_parameters(self.network.shape(), parameters).unwrap();
        Self {
            network: network.with_activation(self.network.activation()).unwrap(),
            ..self.clone()
        }
    }

    /// The loss `step` away along `direction`.
    pub fn loss_along(&self, direction: &[f64], step: f64) -> f64 {
        let parameters = self.network.parameters().iter().zip(direction);
        let moved = parameters.map(|(parameter, by)| parameter + step * by);
        let there = self.at(moved.collect());
        there
            .network
            .loss(self.inputs.as_view(), self.targets.as_view())
            .unwrap()
    }

    pub fn gradient(&self) -> Vec<f64> {
        self.network
            .loss_gradient(self.inputs.as_view(), self.targets.as_view())
            .unwrap()
            .1
    }

    /// Whether a parameter's change by `reach` (relative to inputs of order 1) could cross a kink.
    pub fn is_near_a_kink(&self, reach: f64) -> bool {
        let kinked = matches!(
            self.network.activation(),
            Activation::Relu | Activation::LeakyRelu { .. }
        );
        let near = |pass: &PlainPass| {
            pass.preactivations
                .iter()
                .any(|z| z.iter().any(|z| z.abs() < reach))
        };
        kinked && near(&PlainPass::new(self, None))
    }
}

/// Noise of one layer in a plain pass: before, after, gain, each (samples × units).
pub type PlainNoise = [DMatrix<f64>; 3];

/// The passes by matrix products.
pub struct PlainPass {
    pub preactivations: Vec<DMatrix<f64>>,
    pub activities: Vec<DMatrix<f64>>,
    pub sent: Vec<DMatrix<f64>>,
    pub outputs: DMatrix<f64>,
    pub loss: f64,
    pub gradient: Vec<f64>,
}

impl PlainPass {
    /// Units of each layer without activity on any sample.
    pub fn dead(&self) -> Vec<Vec<bool>> {
        let layers = self.activities.iter();
        let silent = |activity: &DMatrix<f64>| {
            let units = activity.column_iter();
            units.map(|unit| unit.amax() == 0.0).collect()
        };
        layers.map(silent).collect()
    }

    pub fn new(problem: &Problem, noise: Option<&[PlainNoise]>) -> Self {
        let network = &problem.network;
        let (shape, activation) = (network.shape(), network.activation());
        let (mut preactivations, mut activities, mut sent) = (Vec::new(), Vec::new(), Vec::new());
        let mut below = problem.inputs.clone();
        let mut reads = Vec::new();
        for layer in 0..shape.layers() {
            reads.push(below.clone());
            let mut z = &below * network.weights_of(layer).transpose();
            for mut row in z.row_iter_mut() {
                row += network.bias_of(layer).transpose();
            }
            if let Some(noise) = noise {
                z += &noise[layer][0];
            }
            let h = z.map(|z| activation.value(z));
            below = match noise {
                None => h.clone(),
                Some(noise) => (&h + &noise[layer][1]).component_mul(&noise[layer][2]),
            };
            preactivations.push(z);
            activities.push(h);
            sent.push(below.clone());
        }
        let outputs = &below * network.output_weights().transpose();
        let difference = &outputs - &problem.targets;
        let count = problem.targets.len() as f64;
        let loss = difference.norm_squared() / count;
        let error = difference * (2.0 / count);
        let mut parts = vec![(below.transpose() * &error).as_slice().to_vec()];
        let mut backward = &error * network.output_weights();
        for layer in (0..shape.layers()).rev() {
            if let Some(noise) = noise {
                backward.component_mul_assign(&noise[layer][2]);
            }
            backward.zip_apply(&activities[layer], |value, h| {
                *value *= activation.derivative(h)
            });
            parts.push(backward.row_sum().as_slice().to_vec());
            parts.push((backward.transpose() * &reads[layer]).as_slice().to_vec());
            backward = &backward * network.weights_of(layer);
        }
        parts.reverse();
        Self {
            preactivations,
            activities,
            sent,
            outputs,
            loss,
            gradient: parts.concat(),
        }
    }
}

/// Layers next to each other.
pub fn side_by_side(layers: &[DMatrix<f64>]) -> DMatrix<f64> {
    let values: Vec<f64> = layers
        .iter()
        .flat_map(|layer| layer.iter().copied())
        .collect();
    let rows = layers[0].nrows();
    DMatrix::from_vec(rows, values.len() / rows, values)
}

/// Whether entries differ by at most `tolerance` of the largest.
pub fn close(found: &[f64], expected: &[f64], tolerance: f64) -> bool {
    let largest = expected
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| (found - expected).abs() <= tolerance * largest)
}
