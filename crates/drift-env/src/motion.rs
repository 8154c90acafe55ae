//! How the agent moves: the constants of its walk.

use std::f64::consts::PI;

use crate::error::{finite, within};
use crate::{Arena, Error};

/// Unchecked constants of the agent's walk.
///
/// | Name | Default | Meaning | Range |
/// |---|---|---|---|
/// | `speed` | 0.2 | mean distance a step, V0 | 0 to 10¹⁰⁰ |
/// | `speed_std` | 0.1 | standard deviation of that distance | 0 to 10¹⁰⁰ |
/// | `turn_std` | π·0.1/360 | standard deviation of the turn, in revolutions | 0 to 10⁶ |
/// | `side_buffer` | 0.5 | part of the width kept off each side wall | 0 to ½ |
/// | `end_buffer` | 0.1 | part of the length kept off each end wall | 0 to ½ |
/// | `start_heading_min` | −0.01 | lowest first heading, radians | finite |
/// | `start_heading_max` | 0 | highest first heading, radians | ≥ the lowest |
/// | `near_end_heading` | 0 | heading taken at the near end (y lowest) | finite |
/// | `far_end_heading` | π | heading taken at the far end (y highest) | finite |
///
/// The defaults are the published code's. The paper's text has a constant speed (`speed_std` 0)
/// where the code adds N(0, 0.1²). A side buffer of ½ keeps the agent on the middle line. The
/// heading moves by 2π times the turn, so the code's turns are about 0.3° wide.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct MotionParameters {
    /// Mean distance a step, in track units.
    pub speed: f64,
    /// Standard deviation of the distance a step, in track units; 0 is exactly constant.
    pub speed_std: f64,
    /// Standard deviation of the turn a step, in revolutions.
    pub turn_std: f64,
    /// Part of the width that each side wall keeps the agent away.
    pub side_buffer: f64,
    /// Part of the length that each end wall keeps the agent away.
    pub end_buffer: f64,
    /// Lowest heading at the start, in radians.
    pub start_heading_min: f64,
    /// Highest heading at the start, in radians.
    pub start_heading_max: f64,
    /// Heading after reaching the near end, in radians.
    pub near_end_heading: f64,
    /// Heading after reaching the far end, in radians.
    pub far_end_heading: f64,
}

impl MotionParameters {
    /// The walk of the older published version that made the data of Figure 2: the heading starts
    /// at 0 and never wanders, so only 0 and π occur.
    #[must_use]
    pub fn without_wandering() -> Self {
        MotionParameters {
            turn_std: 0.0,
            start_heading_min: 0.0,
            start_heading_max: 0.0,
            ..MotionParameters::default()
        }
    }
}

impl Default for MotionParameters {
    fn default() -> Self {
        MotionParameters {
            speed: 0.2,
            speed_std: 0.1,
            turn_std: PI * 0.1 / 360.0,
            side_buffer: 0.5,
            end_buffer: 0.1,
            start_heading_min: -0.01,
            start_heading_max: 0.0,
            near_end_heading: 0.0,
            far_end_heading: PI,
        }
    }
}

/// The checked constants of the agent's walk; see [`MotionParameters`] for each.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "MotionParameters", into = "MotionParameters")
)]
pub struct Motion {
    parameters: MotionParameters,
}

impl Motion {
    /// The constants.
    #[must_use]
    pub fn parameters(&self) -> &MotionParameters {
        &self.parameters
    }

    /// Heading at the start for a `uniform` draw from [0, 1), in radians.
    #[must_use]
    pub fn start_heading(&self, uniform: f64) -> f64 {
        let MotionParameters {
            start_heading_min: low,
            start_heading_max: high,
            ..
        } = self.parameters;
        low + (high - low) * uniform
    }

    /// Where in `arena` the agent may be, after the buffers.
    #[must_use]
    pub fn limits(&self, arena: &Arena) -> Limits {
        let around = |centre: f64, size: f64, buffer: f64| {
            // Subtracted in this order, the figure 2 corridor ends at the published bits.
            let reach = size / 2.0 - buffer * size;
            [centre - reach, centre + reach]
        };
        let (centre_x, centre_y) = arena.centre();
        let within_bounds =
            |[low, high]: [f64; 2], [floor, ceiling]: [f64; 2]| [low.max(floor), high.min(ceiling)];
        Limits {
            x: within_bounds(
                around(centre_x, arena.size_x(), self.parameters.side_buffer),
                arena.x_bounds(),
            ),
            y: within_bounds(
                around(centre_y, arena.size_y(), self.parameters.end_buffer),
                arena.y_bounds(),
            ),
        }
    }
}

impl TryFrom<MotionParameters> for Motion {
    type Error = Error;

    fn try_from(parameters: MotionParameters) -> Result<Self, Error> {
        let (speed, turn) = ("a number in [0, 1e100]", "revolutions in [0, 1e6]");
        let buffer = "a fraction of the arena in [0, 0.5]";
        // With larger speeds a step could be infinite, and the place after it no number.
        for (field, value, most, expected) in [
            ("speed", parameters.speed, 1e100, speed),
            ("speed_std", parameters.speed_std, 1e100, speed),
            ("turn_std", parameters.turn_std, 1e6, turn),
            ("side_buffer", parameters.side_buffer, 0.5, buffer),
            ("end_buffer", parameters.end_buffer, 0.5, buffer),
        ] {
            within(field, value, 0.0..=most, expected)?;
        }
        finite("near_end_heading", parameters.near_end_heading)?;
        finite("far_end_heading", parameters.far_end_heading)?;
        let low = finite("start_heading_min", parameters.start_heading_min)?;
        within(
            "start_heading_max",
            parameters.start_heading_max,
            low..=f64::MAX,
            "a finite number >= start_heading_min",
        )?;
        finite("start_heading_max", parameters.start_heading_max - low)?;
        Ok(Motion { parameters })
    }
}

impl From<Motion> for MotionParameters {
    fn from(motion: Motion) -> Self {
        motion.parameters
    }
}

/// Lowest and highest x and y that an agent reaches.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Lowest and highest x.
    pub x: [f64; 2],
    /// Lowest and highest y.
    pub y: [f64; 2],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_2_corridor_ends_at_5_6() {
        let limits = Motion::default().limits(&Arena::new(1.0, 14.0).unwrap());
        assert_eq!(limits.x, [0.0, 0.0]);
        assert_eq!(limits.y, [-5.6, 5.6]);
    }

    #[test]
    fn the_start_is_within_its_range() {
        let motion = Motion::default();
        assert_eq!(motion.start_heading(0.0), -0.01);
        assert_eq!(motion.start_heading(1.0), 0.0);
    }

    #[test]
    fn each_constant_is_checked() {
        type Spoil = fn(&mut MotionParameters);
        let spoilt: [(&str, Spoil); 11] = [
            ("speed", |p| p.speed = -0.1),
            // Where the draw is large, both would make a step infinite.
            ("speed", |p| p.speed = f64::MAX),
            ("speed_std", |p| p.speed_std = 1e300),
            ("speed_std", |p| p.speed_std = f64::NAN),
            ("turn_std", |p| p.turn_std = f64::INFINITY),
            ("side_buffer", |p| p.side_buffer = 0.6),
            ("end_buffer", |p| p.end_buffer = -0.1),
            ("near_end_heading", |p| p.near_end_heading = f64::NAN),
            ("far_end_heading", |p| p.far_end_heading = f64::INFINITY),
            ("start_heading_min", |p| p.start_heading_min = f64::NAN),
            ("start_heading_max", |p| p.start_heading_max = -1.0),
        ];
        for (field, spoil) in spoilt {
            let mut parameters = MotionParameters::default();
            spoil(&mut parameters);
            let message = Motion::try_from(parameters).unwrap_err().to_string();
            assert!(message.starts_with(&format!("{field} = ")), "{message}");
        }
    }
}
