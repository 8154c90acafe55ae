//! The paper's main task: predict the next view in a textured corridor.

use nalgebra::DMatrix;
use rand::Rng;

use super::{CorridorDraws, CorridorScaling, EnvironmentDraws, Task};
use crate::error::{array_size, at_least_one, count, length};
use crate::texture::check_kernel;
use crate::{
    Agent, Arena, ArenaParameters, Corridor, Dataset, Error, FieldOfView, FieldOfViewParameters,
    HeadingChange, Motion, MotionParameters, Normalisation, Perimeter, Step, Texture,
};

/// Unchecked constants of a [`CorridorTask`].
///
/// | Name | Default | Meaning | Range |
/// |---|---|---|---|
/// | `samples` | 150 | steps in all environments together, n | ≥ `num_envs` |
/// | `num_envs` | 1 | environments, each with its own texture and start | ≥ 1 |
/// | `arena` | 1 × 14 | see [`ArenaParameters`] | |
/// | `field_of_view` | 17 rays, π/8 | see [`FieldOfViewParameters`] | |
/// | `motion` | published | see [`MotionParameters`] | |
/// | `kernel` | 0.09 | std of the texture's filter over the ring's length | 0 to 1 |
/// | `perimeter` | quarters | see [`Perimeter`] | |
/// | `heading_change` | unwrapped | see [`HeadingChange`] | |
/// | `normalisation` | symmetric | see [`Normalisation`] | |
///
/// The defaults are the paper's Figure 2 in the published code's present version.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct CorridorParameters {
    /// Number of samples in all environments together, n. Each has ⌊n / `num_envs`⌋.
    pub samples: usize,
    /// Number of environments.
    pub num_envs: usize,
    /// Sizes of the arena.
    pub arena: ArenaParameters,
    /// Rays of the agent.
    pub field_of_view: FieldOfViewParameters,
    /// Walk of the agent.
    pub motion: MotionParameters,
    /// Standard deviation of the texture's Gaussian filter, as a fraction of the ring.
    pub kernel: f64,
    /// How the texture is laid out on the walls.
    pub perimeter: Perimeter,
    /// How the turn column is counted.
    pub heading_change: HeadingChange,
    /// Range of the data.
    pub normalisation: Normalisation,
}

impl CorridorParameters {
    /// The task of Figure 2 in the published code's present version: the default.
    #[must_use]
    pub fn figure2() -> Self {
        CorridorParameters {
            samples: 150,
            num_envs: 1,
            arena: ArenaParameters::default(),
            field_of_view: FieldOfViewParameters::default(),
            motion: MotionParameters::default(),
            kernel: 0.09,
            perimeter: Perimeter::Quarters,
            heading_change: HeadingChange::Unwrapped,
            normalisation: Normalisation::Symmetric,
        }
    }

    /// The task of the older version that made the published data of Figure 2: a heading that
    /// starts at 0 and does not wander, and data in [0, 1).
    #[must_use]
    pub fn figure2_published_data() -> Self {
        CorridorParameters {
            motion: MotionParameters::without_wandering(),
            normalisation: Normalisation::UnitInterval,
            ..CorridorParameters::figure2()
        }
    }
}

impl Default for CorridorParameters {
    fn default() -> Self {
        CorridorParameters::figure2()
    }
}

/// Predict the next view from the present view and the turn made in between: d_out = pixels,
/// d_in = pixels + 1 with the change of heading in the last column.
///
/// The published code's `predictive_track`. The views and the change of heading are normalised
/// apart, then the inputs together once more; the targets twice. A change of heading that is the
/// same in every step (no end met, no wandering) has no range and is put in the middle of it,
/// where the published code would divide by zero.
///
/// ```
/// use drift_env::{CorridorParameters, CorridorTask, Perimeter, Task};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let task = CorridorTask::try_from(CorridorParameters {
///     samples: 60,
///     num_envs: 3,
///     perimeter: Perimeter::ArcLength,
///     ..CorridorParameters::figure2()
/// })?;
/// let mut texture = ChaCha8Rng::seed_from_u64(1);
/// let mut trajectory = ChaCha8Rng::seed_from_u64(2);
/// let dataset = task.dataset_with(&mut texture, &mut trajectory)?;
/// assert_eq!(dataset.environment()[19..21], [0, 1]);
/// # Ok::<(), drift_env::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "CorridorParameters", into = "CorridorParameters")
)]
pub struct CorridorTask {
    parameters: CorridorParameters,
    arena: Arena,
    field_of_view: FieldOfView,
    motion: Motion,
    tiles: usize,
}

/// The unnormalised steps and views behind a corridor data set.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Walk {
    /// Steps of all environments, one after the other (samples).
    pub steps: Vec<Step>,
    /// Number of the environment of each step (samples).
    pub environment: Vec<usize>,
    /// View before each step (samples × pixels).
    pub views: DMatrix<f64>,
    /// View after each step (samples × pixels).
    pub next_views: DMatrix<f64>,
}

impl CorridorTask {
    /// The constants.
    #[must_use]
    pub fn parameters(&self) -> &CorridorParameters {
        &self.parameters
    }

    /// The arena.
    #[must_use]
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The agent's rays.
    #[must_use]
    pub fn field_of_view(&self) -> &FieldOfView {
        &self.field_of_view
    }

    /// The agent's walk.
    #[must_use]
    pub fn motion(&self) -> &Motion {
        &self.motion
    }

    /// Number of environments.
    #[must_use]
    pub fn num_envs(&self) -> usize {
        self.parameters.num_envs
    }

    /// Steps in each environment, ⌊samples / `num_envs`⌋.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.parameters.samples / self.parameters.num_envs
    }

    /// Values on each environment's texture.
    #[must_use]
    pub fn tiles(&self) -> usize {
        self.tiles
    }

    /// A corridor of this task, painted from given standard normal draws ([`Self::tiles`]).
    ///
    /// # Errors
    /// [`Error::Length`] for another number of draws, [`Error::NotFinite`].
    pub fn corridor_from_draws(&self, texture_noise: &[f64]) -> Result<Corridor, Error> {
        length("texture_noise", texture_noise.len(), self.tiles)?;
        let CorridorParameters {
            kernel, perimeter, ..
        } = self.parameters;
        let texture = match perimeter {
            Perimeter::Quarters => Texture::from_noise_tripled(texture_noise, kernel)?,
            Perimeter::ArcLength => Texture::from_noise(texture_noise, kernel)?,
        };
        Ok(Corridor::new(self.arena, texture, perimeter))
    }

    /// An agent at the start of a freshly painted corridor, to be stepped by the caller.
    ///
    /// # Errors
    /// As [`CorridorTask::corridor_from_draws`], which drawn textures do not provoke.
    pub fn agent_with<A, B>(
        &self,
        texture_rng: &mut A,
        trajectory_rng: &mut B,
    ) -> Result<Agent, Error>
    where
        A: Rng + ?Sized,
        B: Rng + ?Sized,
    {
        let corridor = self.corridor_from_draws(&crate::texture::noise(self.tiles, texture_rng))?;
        Ok(Agent::start(
            self.motion,
            corridor,
            self.field_of_view,
            trajectory_rng,
        ))
    }

    /// The steps and views of given draws.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotFinite`] or [`Error::OutOfRange`] for draws that do not fit
    /// the task.
    pub fn walk_from_draws(&self, draws: &CorridorDraws) -> Result<Walk, Error> {
        self.walk_of(draws, |_, draws| self.agent_from_draws(draws))
    }

    /// The walks of agents that `agent` starts, one for each environment, with given draws.
    pub(super) fn walk_of(
        &self,
        draws: &CorridorDraws,
        agent: impl Fn(usize, &EnvironmentDraws) -> Result<Agent, Error>,
    ) -> Result<Walk, Error> {
        draws.check(self)?;
        let samples = self.samples();
        let pixels = self.field_of_view.pixels();
        let mut steps = Vec::with_capacity(samples);
        let mut environment = Vec::with_capacity(samples);
        let mut views = DMatrix::zeros(samples, pixels);
        let mut next_views = DMatrix::zeros(samples, pixels);
        for (index, draws) in draws.environments.iter().enumerate() {
            let mut agent = agent(index, draws)?;
            for (&speed, &turn) in draws.speed_normal.iter().zip(&draws.turn_normal) {
                let row = steps.len();
                views.row_mut(row).copy_from_slice(agent.view());
                steps.push(agent.step(speed, turn)?);
                next_views.row_mut(row).copy_from_slice(agent.view());
                environment.push(index);
            }
        }
        Ok(Walk {
            steps,
            environment,
            views,
            next_views,
        })
    }

    pub(super) fn agent_from_draws(&self, draws: &EnvironmentDraws) -> Result<Agent, Error> {
        let corridor = self.corridor_from_draws(&draws.texture_noise)?;
        Agent::new(
            self.motion,
            corridor,
            self.field_of_view,
            draws.heading_uniform,
        )
    }

    /// The data set of given draws.
    ///
    /// # Errors
    /// As [`CorridorTask::walk_from_draws`]; [`Error::Constant`] when all views are the same.
    pub fn dataset_from_draws(&self, draws: &CorridorDraws) -> Result<Dataset, Error> {
        let walk = self.walk_from_draws(draws)?;
        CorridorScaling::fit(self, &walk)?.dataset(self, walk)
    }
}

impl Task for CorridorTask {
    /// Steps in all environments; below the parameter `samples` when that is no multiple of
    /// `num_envs`, as in the published code.
    fn samples(&self) -> usize {
        self.steps() * self.num_envs()
    }

    fn input_dimension(&self) -> usize {
        self.field_of_view.pixels() + 1
    }

    fn output_dimension(&self) -> usize {
        self.field_of_view.pixels()
    }

    /// Draws in the published order: see [`CorridorDraws::sample`].
    fn dataset(&self, rng: &mut dyn Rng) -> Result<Dataset, Error> {
        self.dataset_from_draws(&CorridorDraws::sample(self, rng))
    }

    /// Textures come from the first generator, walks from the second.
    fn dataset_with(
        &self,
        texture: &mut dyn Rng,
        trajectory: &mut dyn Rng,
    ) -> Result<Dataset, Error> {
        self.dataset_from_draws(&CorridorDraws::sample_with(self, texture, trajectory))
    }
}

impl TryFrom<CorridorParameters> for CorridorTask {
    type Error = Error;

    fn try_from(parameters: CorridorParameters) -> Result<Self, Error> {
        at_least_one("num_envs", parameters.num_envs)?;
        let enough = parameters.samples >= parameters.num_envs;
        let expected = "at least one sample for each of num_envs";
        count("samples", parameters.samples, enough, expected)?;
        check_kernel(parameters.kernel)?;
        let arena = Arena::try_from(parameters.arena)?;
        let field_of_view = FieldOfView::try_from(parameters.field_of_view)?;
        let tiles = Texture::tile_count(&arena, field_of_view.pixels())?;
        array_size("samples", parameters.samples, field_of_view.pixels() + 1)?;
        array_size("num_envs", parameters.num_envs, tiles)?;
        Ok(CorridorTask {
            parameters,
            arena,
            field_of_view,
            motion: Motion::try_from(parameters.motion)?,
            tiles,
        })
    }
}

impl From<CorridorTask> for CorridorParameters {
    fn from(task: CorridorTask) -> Self {
        task.parameters
    }
}
