use drift_sim::OwnError;
use drift_sim::learn::{LearningRule, LossGradient, Streams, UpdateNoise};

/// v ← m v + g + λ θ, then θ ← θ − η v.
#[derive(Debug, Clone)]
pub struct Momentum {
    settings: Settings,
    gradient: Vec<f64>,
    velocity: Vec<f64>,
}

#[derive(Debug, Clone, serde::Deserialize)]
pub struct Settings {
    learning_rate: f64,
    momentum: f64,
    weight_decay: f64,
}

impl Momentum {
    pub fn new(settings: Settings, parameters: usize, _: &Streams) -> Result<Self, OwnError> {
        if !(settings.learning_rate > 0.0) {
            return Err(
                format!("learning_rate is {}; expected > 0", settings.learning_rate).into(),
            );
        }
        let (gradient, velocity) = (vec![0.0; parameters], vec![0.0; parameters]);
        Ok(Self {
            settings,
            gradient,
            velocity,
        })
    }
}

impl<P: LossGradient + ?Sized> LearningRule<P> for Momentum {
    fn step(&mut self, problem: &mut P, parameters: &mut [f64], noise: &mut UpdateNoise) -> f64 {
        let loss = problem.loss_gradient(parameters, &mut self.gradient);
        noise.perturb_gradient(&mut self.gradient);
        for (i, value) in parameters.iter_mut().enumerate() {
            let slope = self.gradient[i] + self.settings.weight_decay * *value;
            self.velocity[i] = self.settings.momentum * self.velocity[i] + slope;
            *value -= self.settings.learning_rate * self.velocity[i];
        }
        noise.perturb_parameters(parameters);
        loss
    }

    fn visit_memory(&mut self, visit: &mut dyn FnMut(&mut [f64])) {
        visit(&mut self.velocity);
    }
}
