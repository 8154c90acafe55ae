//! An arena with painted walls.

use crate::{Arena, Error, Perimeter, Texture, WallPoint};

/// An [`Arena`] with a [`Texture`] on its walls, laid out by a [`Perimeter`] convention.
///
/// ```
/// use drift_env::{Arena, Corridor, Perimeter, Texture};
///
/// let arena = Arena::new(1.0, 1.0)?;
/// let texture = Texture::from_values(vec![0.0, 1.0, 2.0, 3.0])?;
/// let corridor = Corridor::new(arena, texture, Perimeter::ArcLength);
/// // Straight ahead of the centre is the middle of the first wall.
/// assert_eq!(corridor.brightness(0.0, 0.0, 0.0)?, 0.5);
/// # Ok::<(), drift_env::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Corridor {
    arena: Arena,
    texture: Texture,
    perimeter: Perimeter,
}

impl Corridor {
    /// Paints `texture` on the walls of `arena`.
    #[must_use]
    pub fn new(arena: Arena, texture: Texture, perimeter: Perimeter) -> Self {
        Corridor {
            arena,
            texture,
            perimeter,
        }
    }

    /// The arena.
    #[must_use]
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The texture on the walls.
    #[must_use]
    pub fn texture(&self) -> &Texture {
        &self.texture
    }

    /// The convention by which the texture is laid out.
    #[must_use]
    pub fn perimeter(&self) -> Perimeter {
        self.perimeter
    }

    /// Brightness of the wall point that a ray from (x, y) meets; `direction` in radians, 0
    /// along +y and growing towards +x.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when the point lies outside the arena or a value is not finite.
    pub fn brightness(&self, x: f64, y: f64, direction: f64) -> Result<f64, Error> {
        Ok(self.paint(self.arena.wall_point(x, y, direction)?))
    }

    /// [`Corridor::brightness`] of a point known to be inside.
    pub(crate) fn look(&self, x: f64, y: f64, direction: f64) -> f64 {
        self.paint(self.arena.meet(x, y, direction))
    }

    fn paint(&self, point: WallPoint) -> f64 {
        let coordinate = self.perimeter.coordinate(&self.arena, point);
        match self.perimeter {
            Perimeter::Quarters => self.texture.clamped(coordinate),
            Perimeter::ArcLength => self.texture.wrapped(coordinate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_layout_has_a_blank_stretch_and_the_true_one_has_none() {
        let arena = Arena::new(1.0, 14.0).unwrap();
        let values: Vec<f64> = (0..300).map(|tile| f64::from(tile) + 1.0).collect();
        let texture = Texture::from_values(values).unwrap();
        let left = -std::f64::consts::FRAC_PI_2;
        let published = Corridor::new(arena, texture.clone(), Perimeter::Quarters);
        let geometric = Corridor::new(arena, texture, Perimeter::ArcLength);
        // The left wall's coordinate passes 1 at 7.5 units from the near end: y = 0.5.
        assert_eq!(published.brightness(0.0, 1.0, left), Ok(1.0));
        assert_eq!(published.brightness(0.0, 6.0, left), Ok(1.0));
        let lower = geometric.brightness(0.0, 1.0, left).unwrap();
        let upper = geometric.brightness(0.0, 6.0, left).unwrap();
        assert!((upper - lower - 50.0).abs() < 1e-9);
    }
}
