//! The rectangle the agent lives in, and the line once round its walls.

use crate::Error;
use crate::error::{finite, positive};

/// Unchecked sizes of an [`Arena`].
///
/// | Name | Default | Meaning | Range |
/// |---|---|---|---|
/// | `size_x` | 1 | width | > 0 |
/// | `size_y` | 14 | length | > 0 |
/// | `centre_x` | 0 | middle of the width | finite |
/// | `centre_y` | 0 | middle of the length | finite |
///
/// The defaults are the paper's Figure 2.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct ArenaParameters {
    /// Width, in track units.
    pub size_x: f64,
    /// Length, in track units.
    pub size_y: f64,
    /// x of the middle, in track units.
    pub centre_x: f64,
    /// y of the middle, in track units.
    pub centre_y: f64,
}

impl Default for ArenaParameters {
    fn default() -> Self {
        ArenaParameters {
            size_x: 1.0,
            size_y: 14.0,
            centre_x: 0.0,
            centre_y: 0.0,
        }
    }
}

/// A rectangle of width `size_x` and length `size_y` with four walls.
///
/// The published corridor is centred on the origin; the centre is free here, so a track from −2
/// to 4 is an arena too.
///
/// ```
/// use drift_env::Arena;
///
/// let corridor = Arena::new(1.0, 14.0)?;
/// assert_eq!(corridor.y_bounds(), [-7.0, 7.0]);
/// let shifted = Arena::with_bounds([-2.0, 4.0], [0.0, 3.0])?;
/// assert!(shifted.contains(4.0, 1.0) && !shifted.contains(5.0, 1.0));
/// # Ok::<(), drift_env::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "ArenaParameters", into = "ArenaParameters")
)]
pub struct Arena {
    parameters: ArenaParameters,
    x: [f64; 2],
    y: [f64; 2],
}

impl Arena {
    /// The arena of `size_x` × `size_y` centred on the origin.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless both sizes are finite and > 0.
    pub fn new(size_x: f64, size_y: f64) -> Result<Self, Error> {
        Arena::try_from(ArenaParameters {
            size_x,
            size_y,
            ..ArenaParameters::default()
        })
    }

    /// The arena between the given lowest and highest x and y. Its [`ArenaParameters`] give these
    /// bounds back to within rounding.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless all are finite and each first bound is below the second.
    pub fn with_bounds(x: [f64; 2], y: [f64; 2]) -> Result<Self, Error> {
        let parameters = ArenaParameters {
            size_x: x[1] - x[0],
            size_y: y[1] - y[0],
            centre_x: x[0] + 0.5 * (x[1] - x[0]),
            centre_y: y[0] + 0.5 * (y[1] - y[0]),
        };
        let arena = Arena::try_from(parameters)?;
        // The bounds as given, not as they come back from centre and size through rounding.
        Ok(Arena { x, y, ..arena })
    }

    /// Sizes and centre.
    #[must_use]
    pub fn parameters(&self) -> ArenaParameters {
        self.parameters
    }

    /// Width, in track units.
    #[must_use]
    pub fn size_x(&self) -> f64 {
        self.parameters.size_x
    }

    /// Length, in track units.
    #[must_use]
    pub fn size_y(&self) -> f64 {
        self.parameters.size_y
    }

    /// Lowest and highest x.
    #[must_use]
    pub fn x_bounds(&self) -> [f64; 2] {
        self.x
    }

    /// Lowest and highest y.
    #[must_use]
    pub fn y_bounds(&self) -> [f64; 2] {
        self.y
    }

    /// Middle of the arena, (x, y).
    #[must_use]
    pub fn centre(&self) -> (f64, f64) {
        (self.parameters.centre_x, self.parameters.centre_y)
    }

    /// Length of the line once round the walls, 2(`size_x` + `size_y`).
    #[must_use]
    pub fn circumference(&self) -> f64 {
        2.0 * self.size_x() + 2.0 * self.size_y()
    }

    /// Whether the point is in the arena, walls included.
    #[must_use]
    pub fn contains(&self, x: f64, y: f64) -> bool {
        (self.x[0]..=self.x[1]).contains(&x) && (self.y[0]..=self.y[1]).contains(&y)
    }

    /// The wall point that a ray from (x, y) meets; `direction` in radians, 0 along +y and
    /// growing towards +x.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when the point lies outside the arena or a value is not finite.
    pub fn wall_point(&self, x: f64, y: f64, direction: f64) -> Result<WallPoint, Error> {
        self.check_inside(x, y)?;
        finite("direction", direction)?;
        Ok(self.meet(x, y, direction))
    }

    pub(crate) fn check_inside(&self, x: f64, y: f64) -> Result<(), Error> {
        for (field, value, [low, high]) in [("x", x, self.x), ("y", y, self.y)] {
            if !(low..=high).contains(&value) {
                return Err(Error::OutOfRange {
                    field,
                    value,
                    expected: "a point inside the arena",
                });
            }
        }
        Ok(())
    }

    /// [`Arena::wall_point`] of a point known to be inside.
    pub(crate) fn meet(&self, x: f64, y: f64, direction: f64) -> WallPoint {
        let (dx, dy) = direction.sin_cos();
        let distance = |step: f64, [low, high]: [f64; 2], from: f64| {
            if step > 0.0 {
                (high - from) / step
            } else if step < 0.0 {
                (low - from) / step
            } else {
                f64::INFINITY
            }
        };
        let (to_side, to_end) = (distance(dx, self.x, x), distance(dy, self.y, y));
        let (wall, offset) = if to_end <= to_side {
            let x = x + to_end * dx;
            if dy > 0.0 {
                (Wall::Top, x - self.x[0])
            } else {
                (Wall::Bottom, self.x[1] - x)
            }
        } else {
            let y = y + to_side * dy;
            if dx > 0.0 {
                (Wall::Right, self.y[1] - y)
            } else {
                (Wall::Left, y - self.y[0])
            }
        };
        // Rounding can put the point a hair beyond the corner.
        let offset = offset.clamp(0.0, wall.length(self));
        WallPoint { wall, offset }
    }
}

impl TryFrom<ArenaParameters> for Arena {
    type Error = Error;

    fn try_from(parameters: ArenaParameters) -> Result<Self, Error> {
        positive("size_x", parameters.size_x)?;
        positive("size_y", parameters.size_y)?;
        finite("centre_x", parameters.centre_x)?;
        finite("centre_y", parameters.centre_y)?;
        let bounds = |field, centre: f64, size: f64| {
            let bounds = [centre - size / 2.0, centre + size / 2.0];
            let width = bounds[1] - bounds[0];
            if !(width > 0.0 && width.is_finite()) {
                return Err(Error::OutOfRange {
                    field,
                    value: size,
                    expected: "a size that is finite and not lost beside the centre's",
                });
            }
            Ok(bounds)
        };
        Ok(Arena {
            parameters,
            x: bounds("size_x", parameters.centre_x, parameters.size_x)?,
            y: bounds("size_y", parameters.centre_y, parameters.size_y)?,
        })
    }
}

impl From<Arena> for ArenaParameters {
    fn from(arena: Arena) -> Self {
        arena.parameters
    }
}

/// One of the four walls, in the order in which the texture passes them (clockwise from the far
/// left corner).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wall {
    /// Far end, y highest; offsets grow with x.
    Top,
    /// x highest; offsets grow as y falls.
    Right,
    /// Near end, y lowest; offsets grow as x falls.
    Bottom,
    /// x lowest; offsets grow with y.
    Left,
}

impl Wall {
    /// 0 (top), 1 (right), 2 (bottom) or 3 (left).
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// Length of this wall of the `arena`.
    #[must_use]
    pub fn length(self, arena: &Arena) -> f64 {
        match self {
            Wall::Top | Wall::Bottom => arena.size_x(),
            Wall::Right | Wall::Left => arena.size_y(),
        }
    }

    /// Length of the walls before this one.
    #[must_use]
    pub fn start(self, arena: &Arena) -> f64 {
        match self {
            Wall::Top => 0.0,
            Wall::Right => arena.size_x(),
            Wall::Bottom => arena.size_x() + arena.size_y(),
            Wall::Left => 2.0 * arena.size_x() + arena.size_y(),
        }
    }
}

/// A point on a wall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WallPoint {
    /// Which wall.
    pub wall: Wall,
    /// Distance along the wall from its first corner (see [`Wall`]), in track units.
    pub offset: f64,
}

/// How a wall point becomes a coordinate on the texture's ring, in turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Perimeter {
    /// The published code's: wall index / 4 + offset / circumference. Each wall starts on its own
    /// quarter whatever its length, so on a long track the coordinates of neighbouring walls
    /// overlap and those of the left wall pass 1 (up to 1.2 for 1 × 14); there the texture is
    /// **constant** at its first value, not wrapped round.
    #[default]
    Quarters,
    /// The geometric one: (length of the walls before + offset) / circumference, always within
    /// [0, 1], on a texture that wraps. On a square arena both are the same.
    ArcLength,
}

impl Perimeter {
    /// Coordinate of a wall point, in turns.
    #[must_use]
    pub fn coordinate(self, arena: &Arena, point: WallPoint) -> f64 {
        let circumference = arena.circumference();
        match self {
            Perimeter::Quarters => point.wall.index() as f64 / 4.0 + point.offset / circumference,
            Perimeter::ArcLength => (point.wall.start(arena) + point.offset) / circumference,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

    #[test]
    fn rays_meet_the_walls_they_point_at() {
        let arena = Arena::new(2.0, 6.0).unwrap();
        let expected = [
            (0.0, Wall::Top, 1.5),
            (FRAC_PI_2, Wall::Right, 2.0),
            (PI, Wall::Bottom, 0.5),
            (3.0 * FRAC_PI_2, Wall::Left, 4.0),
            // Half a unit to the right wall, so half a unit further up.
            (FRAC_PI_4, Wall::Right, 1.5),
            (-3.0 * FRAC_PI_4, Wall::Left, 2.5),
        ];
        for (direction, wall, offset) in expected {
            let point = arena.wall_point(0.5, 1.0, direction).unwrap();
            assert_eq!(point.wall, wall, "direction {direction}");
            assert_relative_eq!(point.offset, offset, epsilon = 1e-12);
        }
    }

    #[test]
    fn a_point_on_a_wall_sees_that_wall() {
        let arena = Arena::new(2.0, 6.0).unwrap();
        let point = arena.wall_point(1.0, 0.0, FRAC_PI_2).unwrap();
        assert_eq!((point.wall, point.offset), (Wall::Right, 3.0));
    }

    #[test]
    fn coordinates_of_the_two_conventions() {
        let arena = Arena::new(1.0, 14.0).unwrap();
        let end_of_left = WallPoint {
            wall: Wall::Left,
            offset: 14.0,
        };
        assert_relative_eq!(
            Perimeter::Quarters.coordinate(&arena, end_of_left),
            0.75 + 14.0 / 30.0
        );
        assert_relative_eq!(Perimeter::ArcLength.coordinate(&arena, end_of_left), 1.0);
        let start_of_bottom = WallPoint {
            wall: Wall::Bottom,
            offset: 0.0,
        };
        assert_relative_eq!(
            Perimeter::ArcLength.coordinate(&arena, start_of_bottom),
            0.5
        );
    }

    #[test]
    fn bad_sizes_and_points_are_refused() {
        assert!(Arena::new(0.0, 1.0).is_err());
        assert!(Arena::new(1.0, f64::NAN).is_err());
        assert!(Arena::new(1.0, -3.0).is_err());
        assert!(Arena::with_bounds([1.0, 1.0], [0.0, 1.0]).is_err());
        assert!(Arena::with_bounds([f64::MIN, f64::MAX], [0.0, 1.0]).is_err());
        let lost = ArenaParameters {
            centre_x: 1e30,
            ..ArenaParameters::default()
        };
        assert!(Arena::try_from(lost).is_err());
        let arena = Arena::new(1.0, 1.0).unwrap();
        assert!(arena.wall_point(0.6, 0.0, 0.0).is_err());
        assert!(arena.wall_point(0.0, f64::NAN, 0.0).is_err());
        assert!(arena.wall_point(0.0, 0.0, f64::INFINITY).is_err());
    }
}
