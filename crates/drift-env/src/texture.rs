//! The ring of smooth random brightness that is painted on the walls.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use crate::error::{all_finite, at_least_one, count, within};
use crate::smoothing::{Edge, gaussian_filter};
use crate::{Arena, Error};

/// Largest number of values on a texture's ring, for the filter's cost grows with its square.
pub const MAX_TILES: usize = 1 << 20;

/// Brightness around the walls: values at evenly spaced points of a ring, linear in between.
///
/// Coordinates are in turns: value i of n sits at i/n, and 1 is 0 again.
///
/// ```
/// use drift_env::Texture;
///
/// let texture = Texture::from_values(vec![0.0, 1.0, 4.0, 3.0])?;
/// assert_eq!(texture.wrapped(0.375), 2.5);
/// assert_eq!(texture.wrapped(1.25), 1.0);
/// assert_eq!(texture.clamped(1.25), 0.0);
/// # Ok::<(), drift_env::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Texture {
    values: Vec<f64>,
}

impl Texture {
    /// A texture of the given values (tiles round the ring), unchanged.
    ///
    /// # Errors
    /// [`Error::Count`] for none or more than [`MAX_TILES`], [`Error::NotFinite`].
    pub fn from_values(values: Vec<f64>) -> Result<Self, Error> {
        check_tiles("texture", values.len())?;
        all_finite("texture", &values)?;
        Ok(Texture { values })
    }

    /// The Gaussian-filtered ring of `noise`: standard deviation `kernel` · (number of values),
    /// truncated at four of them, wrapping round.
    ///
    /// `kernel` is a fraction of the ring in [0, 1]; the paper's Figure 2 has 0.09.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for the kernel, and as [`Texture::from_values`].
    pub fn from_noise(noise: &[f64], kernel: f64) -> Result<Self, Error> {
        check_noise(noise, kernel)?;
        let standard_deviation = noise.len() as f64 * kernel;
        Ok(Texture {
            values: gaussian_filter(noise, standard_deviation, Edge::Wrap)?,
        })
    }

    /// The texture as the published code makes it: the middle third of the filtered noise laid
    /// out three times, with reflected ends.
    ///
    /// This is [`Texture::from_noise`] as long as `kernel` ≤ ¼; beyond, the filter reaches the
    /// mirrored ends and the texture no longer closes to a ring.
    ///
    /// # Errors
    /// As [`Texture::from_noise`].
    pub fn from_noise_tripled(noise: &[f64], kernel: f64) -> Result<Self, Error> {
        check_noise(noise, kernel)?;
        let standard_deviation = noise.len() as f64 * kernel;
        let filtered = gaussian_filter(&noise.repeat(3), standard_deviation, Edge::Reflect)?;
        Ok(Texture {
            values: filtered[noise.len()..2 * noise.len()].to_vec(),
        })
    }

    /// A random texture of `tiles` values: standard normal draws, filtered by
    /// [`Texture::from_noise`].
    ///
    /// # Errors
    /// As [`Texture::from_noise`].
    pub fn random<R: Rng + ?Sized>(tiles: usize, kernel: f64, rng: &mut R) -> Result<Self, Error> {
        check_tiles("tiles", tiles)?;
        Texture::from_noise(&noise(tiles, rng), kernel)
    }

    /// The mixture (1 − `fraction`) · self + `fraction` · other, value by value; `fraction` in
    /// [0, 1]. The ends are the textures themselves to the bit. Half way between two independent
    /// textures the contrast is lower by √½.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for the fraction, [`Error::Length`] for textures of different length.
    pub fn morph(&self, other: &Texture, fraction: f64) -> Result<Texture, Error> {
        within("fraction", fraction, 0.0..=1.0, "a fraction in [0, 1]")?;
        crate::error::length("texture", other.values.len(), self.values.len())?;
        let mixed = self.values.iter().zip(&other.values);
        Ok(Texture {
            values: mixed
                .map(|(here, there)| (1.0 - fraction) * here + fraction * there)
                .collect(),
        })
    }

    /// Number of values the published code paints on an `arena` watched with `pixels` rays:
    /// ⌊(size_x + size_y) · 2 · pixels⌋.
    ///
    /// # Errors
    /// [`Error::Count`] for no pixels, [`Error::OutOfRange`] when the number is below 1 or above
    /// [`MAX_TILES`].
    pub fn tile_count(arena: &Arena, pixels: usize) -> Result<usize, Error> {
        at_least_one("pixels", pixels)?;
        let tiles = (arena.size_x() + arena.size_y()) * 2.0 * pixels as f64;
        within(
            "texture tiles",
            tiles,
            1.0..=MAX_TILES as f64,
            "(size_x + size_y) * 2 * pixels in [1, 2^20]",
        )?;
        Ok(tiles as usize)
    }

    /// The values on the ring (tiles).
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Brightness at a coordinate in turns, wrapping round.
    #[must_use]
    pub fn wrapped(&self, coordinate: f64) -> f64 {
        self.interpolate(coordinate.rem_euclid(1.0) * self.values.len() as f64)
    }

    /// Brightness at a coordinate in turns, constant at the first value outside [0, 1), as the
    /// published code has it.
    #[must_use]
    pub fn clamped(&self, coordinate: f64) -> f64 {
        self.interpolate(coordinate.max(0.0) * self.values.len() as f64)
    }

    /// Linear between neighbouring values; the first value from one full turn on.
    fn interpolate(&self, tile: f64) -> f64 {
        let index = tile as usize;
        if index >= self.values.len() {
            return self.values[0];
        }
        let here = self.values[index];
        let next = self.values[(index + 1) % self.values.len()];
        here + (next - here) * (tile - index as f64)
    }
}

/// Standard normal draws for a texture of `tiles` values.
pub(crate) fn noise<R: Rng + ?Sized>(tiles: usize, rng: &mut R) -> Vec<f64> {
    (0..tiles).map(|_| rng.sample(StandardNormal)).collect()
}

pub(crate) fn check_kernel(kernel: f64) -> Result<f64, Error> {
    let expected = "a fraction of the ring in [0, 1]";
    within("kernel", kernel, 0.0..=1.0, expected)
}

fn check_noise(noise: &[f64], kernel: f64) -> Result<(), Error> {
    check_tiles("texture noise", noise.len())?;
    check_kernel(kernel)?;
    all_finite("texture noise", noise)
}

fn check_tiles(field: &'static str, tiles: usize) -> Result<(), Error> {
    let fits = (1..=MAX_TILES).contains(&tiles);
    count(field, tiles, fits, "1 to 2^20 values")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn both_recipes_agree_up_to_a_quarter_and_part_beyond() {
        let draws = noise(60, &mut ChaCha8Rng::seed_from_u64(1));
        let largest_difference = |kernel| {
            let ring = Texture::from_noise(&draws, kernel).unwrap();
            let tripled = Texture::from_noise_tripled(&draws, kernel).unwrap();
            ring.values
                .iter()
                .zip(&tripled.values)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f64::max)
        };
        assert!(largest_difference(0.09) < 1e-14);
        assert!(largest_difference(0.25) < 1e-14);
        assert!(largest_difference(0.6) > 1e-6);
    }

    #[test]
    fn lookup_at_and_around_the_seam() {
        let texture = Texture::from_values(vec![1.0, 2.0]).unwrap();
        assert_eq!(texture.wrapped(0.75), 1.5);
        assert_eq!(texture.wrapped(1.0), 1.0);
        assert_eq!(texture.wrapped(-0.25), 1.5);
        // rem_euclid rounds this up to a whole turn.
        assert_eq!(texture.wrapped(-1e-20), 1.0);
        assert_eq!(texture.clamped(0.75), 1.5);
        assert_eq!(texture.clamped(-0.25), 1.0);
        assert_eq!(texture.clamped(7.0), 1.0);
    }

    #[test]
    fn a_morph_begins_and_ends_at_its_textures() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let here = Texture::random(90, 0.05, &mut rng).unwrap();
        let there = Texture::random(90, 0.05, &mut rng).unwrap();
        assert_eq!(here.morph(&there, 0.0).unwrap(), here);
        assert_eq!(here.morph(&there, 1.0).unwrap(), there);
        let quarter = here.morph(&there, 0.25).unwrap();
        assert_eq!(
            quarter.values[7],
            0.75 * here.values[7] + 0.25 * there.values[7]
        );
        assert!(here.morph(&there, 1.5).is_err());
        assert!(here.morph(&there, f64::NAN).is_err());
        let shorter = Texture::from_values(vec![1.0]).unwrap();
        assert!(here.morph(&shorter, 0.5).is_err());
    }

    #[test]
    fn tile_count_rounds_down() {
        let arena = Arena::new(1.0, 14.0).unwrap();
        assert_eq!(Texture::tile_count(&arena, 17), Ok(510));
        let arena = Arena::new(1.1, 1.06).unwrap();
        assert_eq!(Texture::tile_count(&arena, 1), Ok(4));
        assert!(Texture::tile_count(&arena, 0).is_err());
        assert!(Texture::tile_count(&Arena::new(0.1, 0.1).unwrap(), 1).is_err());
        assert!(Texture::tile_count(&Arena::new(1e300, 1.0).unwrap(), 1).is_err());
    }

    #[test]
    fn bad_noise_is_refused() {
        assert!(Texture::from_noise(&[], 0.1).is_err());
        assert!(Texture::from_noise(&[1.0], -0.1).is_err());
        assert!(Texture::from_noise(&[1.0], f64::NAN).is_err());
        assert!(Texture::from_noise_tripled(&[1.0, f64::NAN], 0.1).is_err());
        assert!(Texture::from_values(vec![f64::INFINITY]).is_err());
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        assert!(Texture::random(usize::MAX, 0.1, &mut rng).is_err());
    }
}
