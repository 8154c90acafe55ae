use drift_learn::{Loss, LossGradient, Valley};

use crate::NetworkProblem;

/// What is being learned.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    Network(Box<NetworkProblem>),
    Valley(Valley),
}

impl Loss for Subject {
    fn dimension(&self) -> usize {
        match self {
            Subject::Network(problem) => problem.dimension(),
            Subject::Valley(valley) => valley.dimension(),
        }
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        match self {
            Subject::Network(problem) => problem.loss(parameters),
            Subject::Valley(valley) => valley.loss(parameters),
        }
    }

    fn step_loss(&mut self, parameters: &[f64]) -> f64 {
        match self {
            Subject::Network(problem) => problem.step_loss(parameters),
            Subject::Valley(valley) => valley.step_loss(parameters),
        }
    }
}

impl LossGradient for Subject {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        match self {
            Subject::Network(problem) => problem.loss_gradient(parameters, gradient),
            Subject::Valley(valley) => valley.loss_gradient(parameters, gradient),
        }
    }
}
