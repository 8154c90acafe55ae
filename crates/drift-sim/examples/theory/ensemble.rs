//! Runs whose gradients are summed, so that what the loss did can be told from the noise.

use drift_sim::learn::{LearningRule, Loss, LossGradient, Sgd, SgdSettings, UpdateNoise};
use drift_sim::{Error, NetworkProblem};

/// A loss whose clean gradients are summed as the rule asks for them.
///
/// Over a window of SGD the displacement is −η Σ (∇L + ξ). The noise ξ of a step has mean zero
/// whatever came before it, for label noise too, so −η Σ ∇L has the same expectation as the
/// displacement, exactly and for any number of steps. Only its variance is smaller: it is the
/// displacement with Σ ξ as a control variate of coefficient 1.
#[derive(Debug)]
pub struct Recorded<P> {
    clean: P,
    noise: Noise,
    sum: Vec<f64>,
}

/// Noise that is part of the problem rather than of the rule.
#[derive(Debug)]
pub enum Noise {
    /// None here; the rule may add its own.
    None,
    /// The same network on labels drawn anew every step.
    Labels(Box<NetworkProblem>),
    /// Normal update noise, reflected or not.
    Mirrored(Box<super::mirror::MirroredNoise>),
}

impl<P: LossGradient> Recorded<P> {
    pub fn new(clean: P, noise: Noise) -> Self {
        Self {
            sum: vec![0.0; clean.dimension()],
            clean,
            noise,
        }
    }
}

impl<P: LossGradient> Loss for Recorded<P> {
    fn dimension(&self) -> usize {
        self.clean.dimension()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        self.clean.loss(parameters)
    }
}

impl<P: LossGradient> LossGradient for Recorded<P> {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let loss = self.clean.loss_gradient(parameters, gradient);
        for (sum, entry) in self.sum.iter_mut().zip(gradient.iter()) {
            *sum += entry;
        }
        match &mut self.noise {
            Noise::None => loss,
            Noise::Labels(problem) => problem.loss_gradient(parameters, gradient),
            Noise::Mirrored(noise) => {
                noise.add_to(gradient);
                loss
            }
        }
    }
}

/// Motion of one run over its window.
#[derive(Debug, Clone)]
pub struct Motion {
    /// Where the window began and ended.
    pub start: Vec<f64>,
    pub end: Vec<f64>,
    /// −η Σ ∇L over the window.
    pub by_gradient: Vec<f64>,
}

impl Motion {
    pub fn displacement(&self) -> Vec<f64> {
        let pairs = self.end.iter().zip(&self.start);
        pairs.map(|(end, start)| end - start).collect()
    }
}

/// How long a run is.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub learning_rate: f64,
    /// Steps before the window, in which the fluctuation becomes stationary.
    pub burn_in: u64,
    /// Steps of the window.
    pub steps: u64,
}

impl Window {
    /// One run of SGD from `start`.
    pub fn run<P: LossGradient>(
        &self,
        problem: &mut Recorded<P>,
        mut update_noise: UpdateNoise,
        start: &[f64],
    ) -> Result<Motion, Error> {
        let settings = SgdSettings {
            learning_rate: self.learning_rate,
        };
        let mut rule = Sgd::new(settings, start.len())?;
        let mut point = start.to_vec();
        for _ in 0..self.burn_in {
            rule.step(problem, &mut point, &mut update_noise);
        }
        problem.sum.fill(0.0);
        let start = point.clone();
        for _ in 0..self.steps {
            rule.step(problem, &mut point, &mut update_noise);
        }
        let by_gradient = problem.sum.iter().map(|sum| -self.learning_rate * sum);
        Ok(Motion {
            start,
            by_gradient: by_gradient.collect(),
            end: point,
        })
    }
}
