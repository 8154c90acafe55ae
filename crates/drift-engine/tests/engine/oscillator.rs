//! A system of the tests' own: an oscillator with noise in its state.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use drift_engine::{
    CheckpointEvery, Column, End, Error, Fingerprint, Plan, Sample, Sampling, Series, Simulation,
    System, state,
};

/// A damped oscillator with a noisy force.
#[derive(Debug, Clone)]
pub struct Oscillator {
    pub stiffness: f64,
    /// What another processor would compute with other last bits is off by this factor.
    pub processor: f64,
    /// Whether its vectors have an entry more than was announced.
    pub too_wide: bool,
    /// The step at which it breaks.
    pub breaks_at: Option<u64>,
    /// The process is killed at this step, as far as the engine can tell.
    pub killed_at: Arc<AtomicU64>,
    pub now: Now,
}

/// All that later steps depend on.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Now {
    pub angle: f64,
    pub speed: f64,
    noise: u64,
    crossings: u64,
}

impl Oscillator {
    pub fn new(stiffness: f64) -> Self {
        Self {
            stiffness,
            processor: 1.0,
            too_wide: false,
            breaks_at: None,
            killed_at: Arc::new(AtomicU64::new(u64::MAX)),
            now: Now {
                angle: 1.0,
                speed: 0.0,
                noise: 7,
                crossings: 0,
            },
        }
    }

    /// `xorshift64*`, uniform on −1 to 1.
    fn noise(&mut self) -> f64 {
        let word = &mut self.now.noise;
        *word ^= *word >> 12;
        *word ^= *word << 25;
        *word ^= *word >> 27;
        let share = word.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        share as f64 / (1_u64 << 52) as f64 - 1.0
    }

    pub fn energy(&self) -> f64 {
        let Now { angle, speed, .. } = self.now;
        0.5 * (speed * speed + self.stiffness * angle * angle)
    }
}

impl System for Oscillator {
    fn columns(&self) -> Vec<Column> {
        vec![
            Column::new("angle", "rad", "angle"),
            Column::new("energy", "J", "energy").not_portable(),
            Column::new("crossings", "", "times the angle has changed its sign").whole(),
            Column::new("early", "rad", "angle at the first hundred steps"),
        ]
    }

    fn step(&mut self) -> f64 {
        let before = self.now.angle;
        let force = 0.5 * self.noise() - self.stiffness * before - 0.1 * self.now.speed;
        self.now.speed += 0.05 * force;
        self.now.angle += 0.05 * self.now.speed;
        self.now.crossings += u64::from(before.signum() != self.now.angle.signum());
        self.energy()
    }

    /// The tests' kills and ends are looked for at every step.
    fn alarm(&self) -> f64 {
        f64::NEG_INFINITY
    }

    fn check(&mut self, step: u64, loss: f64) -> Result<Option<End>, Error> {
        if step == self.killed_at.load(Ordering::Relaxed) {
            return Err(Error::system("killed"));
        }
        if Some(step) == self.breaks_at {
            return Ok(Some(End::new("broken", format!("broken at step {step}"))));
        }
        Ok((!loss.is_finite()).then(|| End::not_finite(step)))
    }

    fn sample(&mut self, step: u64, sample: &mut Sample) -> Result<Option<End>, Error> {
        sample.set("angle", self.now.angle);
        sample.set("energy", self.processor * self.energy());
        sample.set("crossings", self.now.crossings as f64);
        sample.set("early", (step < 100).then_some(self.now.angle));
        Ok(None)
    }

    fn series(&self) -> Vec<Series> {
        vec![
            Series::new("states", "state", 2),
            Series::new("powers", "powers", 3).not_portable(),
        ]
    }

    fn vector(&self, index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        let Now { angle, speed, .. } = self.now;
        match index {
            0 if self.too_wide => Some(Cow::Owned(vec![angle, speed, 0.0])),
            0 => Some(Cow::Owned(vec![angle, speed])),
            // Fewer than there are samples.
            _ => step.is_multiple_of(20).then(|| {
                let power = |power: i32| self.processor * angle.powi(power);
                Cow::Owned([1, 2, 3].map(power).to_vec())
            }),
        }
    }

    fn state(&self) -> Option<Vec<u8>> {
        Some(state::save(&self.now))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.now = state::load(bytes)?;
        Ok(())
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new()
            .text("oscillator")
            .numbers(&[self.stiffness])
    }

    fn write_data(&self, directory: &Path) -> Result<(), Error> {
        let text = format!("{}\n", self.stiffness);
        drift_engine::write_atomically(&directory.join("stiffness.txt"), text.as_bytes())
    }
}

pub const STEPS: u64 = 200;

pub fn plan(checkpoint_steps: u64) -> Plan {
    let every = CheckpointEvery {
        seconds: None,
        steps: Some(checkpoint_steps),
    };
    let plan = Plan::new(STEPS, Sampling::linear(21)).unwrap();
    plan.with_checkpoint(every).unwrap()
}

pub fn simulation(system: Oscillator) -> Simulation<Oscillator> {
    Simulation::new(system, plan(13)).unwrap()
}
