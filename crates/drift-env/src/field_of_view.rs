//! What the agent sees: a fan of rays.

use std::f64::consts::{PI, TAU};

use crate::error::{array_size, at_least_one, finite, length, within};
use crate::{Corridor, Error};

/// Place and direction of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pose {
    /// Across the track, in track units.
    pub x: f64,
    /// Along the track, in track units.
    pub y: f64,
    /// Direction in radians: 0 along +y, growing towards +x.
    pub heading: f64,
}

/// Unchecked size of a [`FieldOfView`].
///
/// | Name | Default | Meaning | Range |
/// |---|---|---|---|
/// | `pixels` | 17 | rays | 1 to 2³¹ |
/// | `angle_fraction` | 8 | half the fan's angle is π over this (`FOV_angle_frac`) | ≥ 1 |
///
/// The defaults are the paper's Figure 2.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct FieldOfViewParameters {
    /// Number of rays, one value of the view each.
    pub pixels: usize,
    /// π over the half angle.
    pub angle_fraction: f64,
}

impl Default for FieldOfViewParameters {
    fn default() -> Self {
        FieldOfViewParameters {
            pixels: 17,
            angle_fraction: 8.0,
        }
    }
}

/// `pixels` rays evenly spaced over heading ± `half_angle`, both ends included, each reporting
/// the brightness of the wall point it meets. A single ray is the first of the fan, at
/// heading − `half_angle`, as in the published code.
///
/// ```
/// use drift_env::{Arena, Corridor, FieldOfView, Perimeter, Pose, Texture};
///
/// let texture = Texture::from_values(vec![0.0, 1.0, 2.0, 3.0])?;
/// let corridor = Corridor::new(Arena::new(1.0, 1.0)?, texture, Perimeter::ArcLength);
/// let eye = FieldOfView::from_fraction(3, 4.0)?;
/// let view = eye.view(&corridor, Pose::default())?;
/// assert_eq!(view.len(), 3);
/// assert_eq!(view[1], 0.5);
/// # Ok::<(), drift_env::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "FieldOfViewParameters", into = "FieldOfViewParameters")
)]
pub struct FieldOfView {
    parameters: FieldOfViewParameters,
    half_angle: f64,
}

impl FieldOfView {
    /// A fan of `pixels` rays over ± `half_angle` radians (kept as the fraction π/`half_angle`,
    /// so it comes back to within rounding).
    ///
    /// # Errors
    /// [`Error::Count`] for no pixels or more than 2³¹, [`Error::OutOfRange`] unless 0 < half
    /// angle ≤ π.
    pub fn new(pixels: usize, half_angle: f64) -> Result<Self, Error> {
        within(
            "half_angle",
            half_angle,
            f64::MIN_POSITIVE..=PI,
            "an angle in (0, pi]",
        )?;
        FieldOfView::from_fraction(pixels, PI / half_angle)
    }

    /// A fan of `pixels` rays over ± π/`angle_fraction`.
    ///
    /// # Errors
    /// [`Error::Count`] for no pixels or more than 2³¹, [`Error::OutOfRange`] unless the fraction is
    /// finite and ≥ 1.
    pub fn from_fraction(pixels: usize, angle_fraction: f64) -> Result<Self, Error> {
        FieldOfView::try_from(FieldOfViewParameters {
            pixels,
            angle_fraction,
        })
    }

    /// Number of rays.
    #[must_use]
    pub fn pixels(&self) -> usize {
        self.parameters.pixels
    }

    /// Half the angle of the fan, in radians.
    #[must_use]
    pub fn half_angle(&self) -> f64 {
        self.half_angle
    }

    /// Direction of ray `pixel`, in radians within [0, 2π].
    #[must_use]
    pub fn direction(&self, heading: f64, pixel: usize) -> f64 {
        let intervals = self.pixels().saturating_sub(1).max(1) as f64;
        let start = heading - self.half_angle;
        let step = ((heading + self.half_angle) - start) / intervals;
        (pixel as f64 * step + start).rem_euclid(TAU)
    }

    /// Writes the view from `pose` into `view` (pixels).
    ///
    /// # Errors
    /// [`Error::Length`] unless `view` has one place a pixel, [`Error::OutOfRange`] when the pose
    /// is outside the arena or not finite.
    pub fn view_into(
        &self,
        corridor: &Corridor,
        pose: Pose,
        view: &mut [f64],
    ) -> Result<(), Error> {
        length("view", view.len(), self.pixels())?;
        corridor.arena().check_inside(pose.x, pose.y)?;
        finite("heading", pose.heading)?;
        self.look(corridor, pose, view);
        Ok(())
    }

    /// The view from `pose` (pixels).
    ///
    /// # Errors
    /// As [`FieldOfView::view_into`].
    pub fn view(&self, corridor: &Corridor, pose: Pose) -> Result<Vec<f64>, Error> {
        let mut view = vec![0.0; self.pixels()];
        self.view_into(corridor, pose, &mut view)?;
        Ok(view)
    }

    /// [`FieldOfView::view_into`] of a pose known to be inside.
    pub(crate) fn look(&self, corridor: &Corridor, pose: Pose, view: &mut [f64]) {
        for (pixel, value) in view.iter_mut().enumerate() {
            *value = corridor.look(pose.x, pose.y, self.direction(pose.heading, pixel));
        }
    }
}

impl TryFrom<FieldOfViewParameters> for FieldOfView {
    type Error = Error;

    fn try_from(parameters: FieldOfViewParameters) -> Result<Self, Error> {
        let fraction = parameters.angle_fraction;
        at_least_one("pixels", parameters.pixels)?;
        array_size("pixels", parameters.pixels, 1)?;
        within(
            "angle_fraction",
            fraction,
            1.0..=f64::MAX,
            "a finite number >= 1",
        )?;
        Ok(FieldOfView {
            parameters,
            half_angle: PI / fraction,
        })
    }
}

impl From<FieldOfView> for FieldOfViewParameters {
    fn from(field_of_view: FieldOfView) -> Self {
        field_of_view.parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arena, Perimeter, Texture};
    use approx::assert_relative_eq;

    #[test]
    fn rays_span_the_fan_from_left_to_right() {
        let eye = FieldOfView::new(3, 0.5).unwrap();
        assert_relative_eq!(eye.direction(1.0, 0), 0.5);
        assert_relative_eq!(eye.direction(1.0, 1), 1.0);
        assert_relative_eq!(eye.direction(1.0, 2), 1.5);
        assert_relative_eq!(eye.direction(0.0, 0), TAU - 0.5);
        let single = FieldOfView::new(1, 0.5).unwrap();
        assert_relative_eq!(single.direction(1.0, 0), 0.5);
    }

    #[test]
    fn refusals() {
        assert!(FieldOfView::new(0, 0.5).is_err());
        // A view of so many would be no array but an aborted process.
        let many = FieldOfView::from_fraction(usize::MAX, 8.0).unwrap_err();
        assert!(many.to_string().starts_with("pixels = "), "{many}");
        assert!(FieldOfView::new(2, 0.0).is_err());
        assert!(FieldOfView::new(2, 3.2).is_err());
        assert!(FieldOfView::from_fraction(2, 0.9).is_err());
        assert!(FieldOfView::from_fraction(2, f64::NAN).is_err());
        let texture = Texture::from_values(vec![1.0]).unwrap();
        let corridor = Corridor::new(Arena::new(1.0, 1.0).unwrap(), texture, Perimeter::Quarters);
        let eye = FieldOfView::from_fraction(2, 4.0).unwrap();
        assert!(
            eye.view_into(&corridor, Pose::default(), &mut [0.0])
                .is_err()
        );
        let outside = Pose {
            y: 0.7,
            ..Pose::default()
        };
        assert!(eye.view(&corridor, outside).is_err());
        let lost = Pose {
            heading: f64::NAN,
            ..Pose::default()
        };
        assert!(eye.view(&corridor, lost).is_err());
    }
}
