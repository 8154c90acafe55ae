//! A learning rule and a problem of one's own: the rule trains the network, the valley and the
//! problem alike.
//!
//! `cargo run --release -p drift-sim --example own_rule`

use drift_sim::learn::{AnyNoise, LearningRule, Loss, LossGradient, Streams, UpdateNoise, Valley};
use drift_sim::{NetworkProblem, Simulation, presets};

/// Descent on the sign of the gradient.
struct SignDescent {
    rate: f64,
    gradient: Vec<f64>,
}

impl<P: LossGradient + ?Sized> LearningRule<P> for SignDescent {
    fn step(&mut self, problem: &mut P, parameters: &mut [f64], noise: &mut UpdateNoise) -> f64 {
        let loss = problem.loss_gradient(parameters, &mut self.gradient);
        noise.perturb_gradient(&mut self.gradient);
        for (parameter, slope) in parameters.iter_mut().zip(&self.gradient) {
            *parameter -= self.rate * slope.signum();
        }
        loss
    }
}

/// (xy − 1)²: its minima form a hyperbola.
struct Hyperbola;

impl Loss for Hyperbola {
    fn dimension(&self) -> usize {
        2
    }

    fn loss(&mut self, p: &[f64]) -> f64 {
        (p[0] * p[1] - 1.0).powi(2)
    }
}

impl LossGradient for Hyperbola {
    fn loss_gradient(&mut self, p: &[f64], gradient: &mut [f64]) -> f64 {
        let residual = p[0] * p[1] - 1.0;
        gradient.copy_from_slice(&[2.0 * residual * p[1], 2.0 * residual * p[0]]);
        residual * residual
    }
}

fn train<P: LossGradient>(name: &str, problem: &mut P, mut parameters: Vec<f64>) {
    let mut rule = SignDescent {
        rate: 1e-3,
        gradient: vec![0.0; parameters.len()],
    };
    let before = problem.loss(&parameters);
    for _ in 0..2000 {
        rule.step(problem, &mut parameters, &mut UpdateNoise::none());
    }
    let after = problem.loss(&parameters);
    println!("{name}: loss {before:.3e} to {after:.3e}");
}

fn main() -> Result<(), drift_sim::Error> {
    train("hyperbola", &mut Hyperbola, vec![2.0, 1.5]);
    train("valley", &mut Valley, vec![1.0, 0.5]);

    let simulation = Simulation::new(&presets::preset("random-sgd")?)?;
    let (Some(dataset), Some(start)) = (simulation.dataset(), simulation.network()) else {
        unreachable!("the random task has data and a network");
    };
    let none = AnyNoise::None;
    let mut network = NetworkProblem::new(dataset, &start, none, none, &Streams::new(0))?;
    train("network", &mut network, simulation.parameters());
    Ok(())
}
