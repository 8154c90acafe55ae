//! The corridor task after a change of one of its environments.

use rand::Rng;

use super::{CorridorDraws, CorridorScaling, CorridorTask, Walk};
use crate::error::count;
use crate::{Agent, Change, Corridor, Dataset, Error};

/// Which walk sets the range that a changed corridor's data are rescaled by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ScaledBy {
    /// The walk through the corridor as it was known: the same brightness gives the same input
    /// before and after.
    #[default]
    Known,
    /// The walk through the changed corridor: inputs fill the normalised range again.
    Changed,
}

impl CorridorTask {
    /// Standard normal draws for one more texture of this task ([`CorridorTask::tiles`]).
    #[must_use]
    pub fn texture_draws<R: Rng + ?Sized>(&self, rng: &mut R) -> Vec<f64> {
        crate::texture::noise(self.tiles(), rng)
    }

    /// The corridor of `texture_noise` after `change`, where `other_noise` are the draws
    /// ([`CorridorTask::tiles`]) of the texture that is new.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for the change, and as [`CorridorTask::corridor_from_draws`].
    pub fn changed_corridor(
        &self,
        texture_noise: &[f64],
        change: Change,
        other_noise: &[f64],
    ) -> Result<Corridor, Error> {
        let arena = change.arena(self.arena())?;
        let known = self.corridor_from_draws(texture_noise)?;
        let other = self.corridor_from_draws(other_noise)?;
        let texture = known.texture().morph(other.texture(), change.fraction())?;
        Ok(Corridor::new(arena, texture, known.perimeter()))
    }

    /// The steps and views of given draws with environment number `environment` changed. Every
    /// sample is at the place it has in [`CorridorTask::walk_from_draws`]; on a lengthened track
    /// y − middle is [`Change::factor`] times as large, up to rounding.
    ///
    /// # Errors
    /// [`Error::Count`] where there is no such environment, and as
    /// [`CorridorTask::changed_corridor`] and [`CorridorTask::walk_from_draws`].
    pub fn changed_walk(
        &self,
        draws: &CorridorDraws,
        environment: usize,
        change: Change,
        other_noise: &[f64],
    ) -> Result<Walk, Error> {
        let known = environment < self.num_envs();
        count("environment", environment, known, "a number below num_envs")?;
        let motion = change.motion(self.motion())?;
        self.walk_of(draws, |index, draws| {
            if index != environment {
                return self.agent_from_draws(draws);
            }
            let corridor = self.changed_corridor(&draws.texture_noise, change, other_noise)?;
            Agent::new(
                motion,
                corridor,
                *self.field_of_view(),
                draws.heading_uniform,
            )
        })
    }

    /// The data set of given draws with environment number `environment` changed, all
    /// environments included. A change that changes nothing gives the bits of
    /// [`CorridorTask::dataset_from_draws`], whatever it is scaled by.
    ///
    /// # Errors
    /// As [`CorridorTask::changed_walk`]; [`Error::Constant`] when all views are the same.
    pub fn changed_dataset(
        &self,
        draws: &CorridorDraws,
        environment: usize,
        change: Change,
        other_noise: &[f64],
        scaled_by: ScaledBy,
    ) -> Result<Dataset, Error> {
        let walk = self.changed_walk(draws, environment, change, other_noise)?;
        let scaling = match scaled_by {
            ScaledBy::Known => CorridorScaling::fit(self, &self.walk_from_draws(draws)?)?,
            ScaledBy::Changed => CorridorScaling::fit(self, &walk)?,
        };
        scaling.dataset(self, walk)
    }
}
