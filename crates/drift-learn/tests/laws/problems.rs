//! Problems whose training has a closed form, and strategies for them.

use drift_learn::{Loss, LossGradient};
use proptest::prelude::*;

/// L(θ) = ½ Σ λ θ²
#[derive(Debug, Clone)]
pub struct Quadratic {
    pub curvatures: Vec<f64>,
}

impl Loss for Quadratic {
    fn dimension(&self) -> usize {
        self.curvatures.len()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        let terms = self.curvatures.iter().zip(parameters);
        terms.map(|(curvature, x)| 0.5 * curvature * x * x).sum()
    }
}

impl LossGradient for Quadratic {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        for ((g, curvature), x) in gradient.iter_mut().zip(&self.curvatures).zip(parameters) {
            *g = curvature * x;
        }
        self.loss(parameters)
    }
}

/// L(θ) = Σ s θ, whose gradient is s everywhere.
#[derive(Debug, Clone)]
pub struct Slope {
    pub slopes: Vec<f64>,
}

impl Slope {
    pub fn flat(dimension: usize) -> Self {
        Self {
            slopes: vec![0.0; dimension],
        }
    }
}

impl Loss for Slope {
    fn dimension(&self) -> usize {
        self.slopes.len()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        let terms = self.slopes.iter().zip(parameters);
        terms.map(|(slope, x)| slope * x).sum()
    }
}

impl LossGradient for Slope {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.copy_from_slice(&self.slopes);
        self.loss(parameters)
    }
}

/// A loss that differs on clean data and on the step's.
#[derive(Debug, Clone)]
pub struct Noisy {
    pub clean: Slope,
    pub excess: f64,
}

impl Loss for Noisy {
    fn dimension(&self) -> usize {
        self.clean.dimension()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        self.clean.loss(parameters)
    }

    fn step_loss(&mut self, parameters: &[f64]) -> f64 {
        self.clean.loss(parameters) + self.excess
    }
}

/// Between 1 and 40 numbers of magnitude 0.01 to 3 and either sign.
pub fn nonzero_numbers() -> impl Strategy<Value = Vec<f64>> {
    let one = (0.01..3.0, any::<bool>())
        .prop_map(|(x, negative): (f64, bool)| if negative { -x } else { x });
    prop::collection::vec(one, 1..40)
}
