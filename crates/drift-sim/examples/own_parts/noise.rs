use drift_sim::OwnError;
use drift_sim::learn::{Noise, NoiseSource};

/// θ ← θ (1 + s z), with z standard normal.
#[derive(Debug, serde::Deserialize)]
pub struct Multiplicative {
    scale: f64,
}

impl Multiplicative {
    pub fn new(settings: Self) -> Result<Self, OwnError> {
        if !(settings.scale >= 0.0 && settings.scale.is_finite()) {
            return Err(
                format!("scale is {}; expected a finite number >= 0", settings.scale).into(),
            );
        }
        Ok(settings)
    }
}

impl Noise for Multiplicative {
    fn add_to(&self, values: &mut [f64], source: &mut NoiseSource) {
        // On the stack: a step allocates nothing.
        let mut deviates = [0.0; 128];
        for block in values.chunks_mut(deviates.len()) {
            source.fill_normal(&mut deviates[..block.len()]);
            for (value, deviate) in block.iter_mut().zip(&deviates) {
                *value += self.scale * *value * deviate;
            }
        }
    }

    fn variance(&self) -> f64 {
        self.scale * self.scale
    }
}
