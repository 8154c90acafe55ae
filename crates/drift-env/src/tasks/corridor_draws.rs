//! The random numbers behind a corridor data set.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::CorridorTask;
use crate::Error;
use crate::error::length;
use crate::texture::noise;

/// The draws of one environment. Lengths are checked where the draws are used.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EnvironmentDraws {
    /// Standard normals, one a texture value.
    pub texture_noise: Vec<f64>,
    /// Uniform on [0, 1), of the first heading.
    pub heading_uniform: f64,
    /// Standard normals of the speed, one a step.
    pub speed_normal: Vec<f64>,
    /// Standard normals of the turn made in the next step, one a step.
    pub turn_normal: Vec<f64>,
}

/// The draws of a [`CorridorTask`]: everything random about its data set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CorridorDraws {
    /// One set of draws for each environment.
    pub environments: Vec<EnvironmentDraws>,
}

impl CorridorDraws {
    /// Draws in the order of the published code: for each environment its texture, its first
    /// heading, then speed and turn step by step.
    #[must_use]
    pub fn sample<R: Rng + ?Sized>(task: &CorridorTask, rng: &mut R) -> Self {
        let environments = (0..task.num_envs())
            .map(|_| {
                let texture_noise = noise(task.tiles(), rng);
                walk_draws(task, texture_noise, rng)
            })
            .collect();
        CorridorDraws { environments }
    }

    /// Draws with the textures from one generator and the walks from another, so that either can
    /// be changed while the other stays.
    #[must_use]
    pub fn sample_with<A, B>(
        task: &CorridorTask,
        texture_rng: &mut A,
        trajectory_rng: &mut B,
    ) -> Self
    where
        A: Rng + ?Sized,
        B: Rng + ?Sized,
    {
        let environments = (0..task.num_envs())
            .map(|_| walk_draws(task, noise(task.tiles(), texture_rng), trajectory_rng))
            .collect();
        CorridorDraws { environments }
    }

    pub(super) fn check(&self, task: &CorridorTask) -> Result<(), Error> {
        length("environments", self.environments.len(), task.num_envs())?;
        for draws in &self.environments {
            length("texture_noise", draws.texture_noise.len(), task.tiles())?;
            length("speed_normal", draws.speed_normal.len(), task.steps())?;
            length("turn_normal", draws.turn_normal.len(), task.steps())?;
        }
        Ok(())
    }
}

fn walk_draws<R: Rng + ?Sized>(
    task: &CorridorTask,
    texture_noise: Vec<f64>,
    rng: &mut R,
) -> EnvironmentDraws {
    let heading_uniform = rng.random();
    let (speed_normal, turn_normal) = (0..task.steps())
        .map(|_| -> (f64, f64) { (rng.sample(StandardNormal), rng.sample(StandardNormal)) })
        .unzip();
    EnvironmentDraws {
        texture_noise,
        heading_uniform,
        speed_normal,
        turn_normal,
    }
}
