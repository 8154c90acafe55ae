//! Changes of a corridor that an agent knows already, as experiments on remapping make them.

use std::fmt;

use crate::error::within;
use crate::{Arena, ArenaParameters, Error, Motion, MotionParameters};

/// Longest and shortest track relative to the one known, as factors.
const FACTORS: std::ops::RangeInclusive<f64> = 0.01..=100.0;

/// What is done to a corridor.
///
/// | change | walls | walk |
/// |---|---|---|
/// | [`NewTexture`](Self::NewTexture) | another texture | the same |
/// | [`Morph`](Self::Morph) | on the way to that texture | the same |
/// | [`Lengthen`](Self::Lengthen) | longer, with their paint stretched | steps longer alike |
///
/// After each of them the same draws visit the same places, those of a lengthened track counted
/// from its middle as shares of its length, so that activity before and after can be compared
/// sample by sample.
///
/// ```
/// use drift_env::{Change, CorridorDraws, CorridorParameters, CorridorTask, ScaledBy};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let task = CorridorTask::try_from(CorridorParameters::figure2())?;
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let draws = CorridorDraws::sample(&task, &mut rng);
/// let other = task.texture_draws(&mut rng);
/// let longer =
///     task.changed_dataset(&draws, 0, Change::Lengthen { factor: 2.0 }, &other, ScaledBy::Known)?;
/// let known = task.dataset_from_draws(&draws)?;
/// let (before, after) = (known.position().unwrap(), longer.position().unwrap());
/// assert!(before.iter().zip(after).all(|(y, stretched)| (2.0 * y - stretched).abs() < 1e-9));
/// # Ok::<(), drift_env::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Change {
    /// The walls get another texture of the same kind.
    NewTexture,
    /// The walls get the mixture (1 − `fraction`) · old + `fraction` · new of their texture and
    /// another one ([`Texture::morph`](crate::Texture::morph)); `fraction` in [0, 1]. 0 changes
    /// nothing, 1 is [`NewTexture`](Self::NewTexture), both to the bit.
    Morph {
        /// Share of the new texture.
        fraction: f64,
    },
    /// The track becomes `factor` times as long, `factor` in [0.01, 100]; its width stays. The
    /// same texture is laid round the longer walls by the task's [`Perimeter`](crate::Perimeter):
    /// stretched with the walls, and shifted by the little that the end walls' share of the
    /// circumference shrinks. Mean and standard deviation of the agent's steps grow by the same
    /// factor.
    Lengthen {
        /// New over old length.
        factor: f64,
    },
}

impl Change {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn check(&self) -> Result<(), Error> {
        match *self {
            Change::NewTexture => {}
            Change::Morph { fraction } => {
                within("fraction", fraction, 0.0..=1.0, "a fraction in [0, 1]")?;
            }
            Change::Lengthen { factor } => {
                within("factor", factor, FACTORS, "a factor in [0.01, 100]")?;
            }
        }
        Ok(())
    }

    /// Share of the other texture on the walls after the change.
    pub(crate) fn fraction(&self) -> f64 {
        match *self {
            Change::NewTexture => 1.0,
            Change::Morph { fraction } => fraction,
            Change::Lengthen { .. } => 0.0,
        }
    }

    /// Length after over length before.
    #[must_use]
    pub fn factor(&self) -> f64 {
        match *self {
            Change::Lengthen { factor } => factor,
            Change::NewTexture | Change::Morph { .. } => 1.0,
        }
    }

    /// The arena after the change.
    ///
    /// # Errors
    /// As [`Change::check`]; [`Error::OutOfRange`] for a length that is not finite.
    pub fn arena(&self, known: &Arena) -> Result<Arena, Error> {
        self.check()?;
        if self.factor() == 1.0 {
            return Ok(*known);
        }
        let (centre_x, centre_y) = known.centre();
        Arena::try_from(ArenaParameters {
            size_x: known.size_x(),
            size_y: known.size_y() * self.factor(),
            centre_x,
            centre_y,
        })
    }

    /// The walk after the change: speed and its standard deviation times [`Change::factor`].
    ///
    /// # Errors
    /// As [`Change::check`]; [`Error::OutOfRange`] for a speed beyond 10¹⁰⁰.
    pub fn motion(&self, known: &Motion) -> Result<Motion, Error> {
        self.check()?;
        let parameters = *known.parameters();
        Motion::try_from(MotionParameters {
            speed: parameters.speed * self.factor(),
            speed_std: parameters.speed_std * self.factor(),
            ..parameters
        })
    }
}

/// As tables and legends write it: `new texture`, `morph 0.25`, `length x1.5`.
impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::NewTexture => formatter.write_str("new texture"),
            Change::Morph { fraction } => write!(formatter, "morph {fraction}"),
            Change::Lengthen { factor } => write!(formatter, "length x{factor}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused() {
        for change in [
            Change::Morph { fraction: -0.1 },
            Change::Morph { fraction: 1.1 },
            Change::Morph { fraction: f64::NAN },
            Change::Lengthen { factor: 0.0 },
            Change::Lengthen { factor: 101.0 },
            Change::Lengthen { factor: f64::NAN },
        ] {
            assert!(change.check().is_err(), "{change}");
            assert!(change.arena(&Arena::new(1.0, 14.0).unwrap()).is_err());
            assert!(change.motion(&Motion::default()).is_err());
        }
    }

    #[test]
    fn a_longer_track_keeps_its_width_and_middle() {
        let known = Arena::with_bounds([-1.0, 2.0], [4.0, 10.0]).unwrap();
        let longer = Change::Lengthen { factor: 1.5 }.arena(&known).unwrap();
        assert_eq!(longer.size_x(), known.size_x());
        assert_eq!(longer.size_y(), 9.0);
        assert_eq!(longer.centre(), known.centre());
    }
}
