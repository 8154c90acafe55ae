//! Gaussian smoothing of rate maps, and what happens at edges and in unvisited bins.
//!
//! A plain convolution lowers a constant map near the ends of the track and around unvisited
//! bins, which looks like spatial tuning. [`Smoothing::Normalised`] divides by the weight that
//! fell on visited bins, so a constant stays constant; [`Smoothing::Reflecting`] is what the
//! published figures were made with.

use crate::error::{every, finite_or_nan, within};
use crate::{BinEdges, Error, RateMap, Unvisited};

/// Kernels reach this many standard deviations to either side.
pub(crate) const TRUNCATION: f64 = 4.0;

/// Wider kernels than this are certainly a slip of units.
const MAX_SIGMA_BINS: f64 = 1e6;

/// What lies beyond the first and the last bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Ends {
    /// Nothing: the track ends there.
    #[default]
    Open,
    /// The other end: the track is a ring, the last bin neighbours the first.
    Circular,
}

/// A Gaussian filter along each axis of a map.
///
/// The kernel is w_k ∝ exp(−k²/2σ²) for |k| ≤ ⌊4σ + ½⌋ bins, σ = `sigma_bins` ≥ 0 in bins (0 leaves
/// a map as it is).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Smoothing {
    /// Σ w m x / Σ w m, where m is 1 in visited bins and 0 elsewhere: missing bins and what is
    /// beyond an open end have no say, a constant stays constant, missing bins stay missing.
    Normalised {
        /// Standard deviation in bins.
        sigma_bins: f64,
        /// Whether the track is a ring.
        ends: Ends,
    },
    /// The map is continued beyond its ends by its mirror image (c b a | a b c | c b a), and a
    /// missing bin counts as 0. This is SciPy's default, and the published figures'.
    Reflecting {
        /// Standard deviation in bins.
        sigma_bins: f64,
    },
}

#[derive(Clone, Copy)]
enum Beyond {
    Nothing,
    Ring,
    Mirror,
}

impl Smoothing {
    /// Standard deviation of the kernel in bins.
    #[must_use]
    pub fn sigma_bins(&self) -> f64 {
        match *self {
            Self::Normalised { sigma_bins, .. } | Self::Reflecting { sigma_bins } => sigma_bins,
        }
    }

    fn filter(&self) -> Result<Filter, Error> {
        let sigma = self.sigma_bins();
        let holds = (0.0..=MAX_SIGMA_BINS).contains(&sigma);
        within(holds, "sigma_bins", sigma, "0 <= sigma_bins <= 1e6")?;
        let radius = (TRUNCATION * sigma + 0.5) as usize;
        let mut kernel: Vec<f64> = (0..=2 * radius)
            .map(|k| {
                let distance = k as f64 - radius as f64;
                if distance == 0.0 {
                    1.0
                } else {
                    (-0.5 * (distance / sigma).powi(2)).exp()
                }
            })
            .collect();
        let total: f64 = kernel.iter().sum();
        kernel.iter_mut().for_each(|weight| *weight /= total);
        let beyond = match *self {
            Self::Normalised {
                ends: Ends::Open, ..
            } => Beyond::Nothing,
            Self::Normalised { .. } => Beyond::Ring,
            Self::Reflecting { .. } => Beyond::Mirror,
        };
        Ok(Filter {
            kernel,
            radius,
            beyond,
        })
    }
}

struct Filter {
    kernel: Vec<f64>,
    radius: usize,
    beyond: Beyond,
}

impl Filter {
    /// For each place of an axis continued by the radius on both sides, the bin found there.
    fn sources(&self, bins: usize) -> Vec<Option<usize>> {
        (0..bins + 2 * self.radius)
            .map(|place| {
                let offset = place as isize - self.radius as isize;
                match self.beyond {
                    Beyond::Nothing => usize::try_from(offset).ok().filter(|&bin| bin < bins),
                    Beyond::Ring => Some(offset.rem_euclid(bins as isize) as usize),
                    Beyond::Mirror => {
                        let bin = offset.rem_euclid(2 * bins as isize) as usize;
                        Some(bin.min(2 * bins - 1 - bin))
                    }
                }
            })
            .collect()
    }

    /// Filters every line of `values` along an axis of `bins` bins that lie `stride` apart.
    fn along(&self, values: &mut [f64], bins: usize, stride: usize, sources: &[Option<usize>]) {
        let mut continued = vec![0.0; sources.len()];
        let mut line = vec![0.0; bins];
        for block in values.chunks_exact_mut(bins * stride) {
            for start in 0..stride {
                for (value, source) in continued.iter_mut().zip(sources) {
                    *value = source.map_or(0.0, |bin| block[start + bin * stride]);
                }
                line.fill(0.0);
                for (k, &weight) in self.kernel.iter().enumerate() {
                    for (sum, value) in line.iter_mut().zip(&continued[k..k + bins]) {
                        *sum += weight * value;
                    }
                }
                for (bin, &sum) in line.iter().enumerate() {
                    block[start + bin * stride] = sum;
                }
            }
        }
    }

    /// Filters maps of `shape` (bins_x, bins_y) that follow each other in `values`.
    fn apply(&self, values: &mut [f64], shape: (usize, usize)) {
        let (bins_x, bins_y) = shape;
        self.along(values, bins_x, bins_y, &self.sources(bins_x));
        if bins_y > 1 {
            self.along(values, bins_y, 1, &self.sources(bins_y));
        }
    }
}

/// Smooths `values` of maps that share `visited`; NaN marks missing bins on return.
fn smooth_maps(
    values: &mut [f64],
    visited: &[bool],
    shape: (usize, usize),
    smoothing: &Smoothing,
) -> Result<(), Error> {
    let filter = smoothing.filter()?;
    for (value, visited) in values.iter_mut().zip(visited.iter().cycle()) {
        if !visited {
            *value = 0.0;
        }
    }
    filter.apply(values, shape);
    if matches!(smoothing, Smoothing::Normalised { .. }) {
        let mut weights: Vec<f64> = visited.iter().map(|&v| f64::from(u8::from(v))).collect();
        filter.apply(&mut weights, shape);
        for (value, (weight, visited)) in values.iter_mut().zip(weights.iter().zip(visited).cycle())
        {
            *value = if *visited { *value / weight } else { f64::NAN };
        }
    }
    Ok(())
}

/// Smooths one map given as a slice (bins), in which NaN marks missing bins.
///
/// ```
/// use drift_metrics::{Ends, Smoothing, smooth};
/// let smoothing = Smoothing::Normalised { sigma_bins: 1.0, ends: Ends::Open };
/// let smoothed = smooth(&[3.0, 3.0, f64::NAN, 3.0], &smoothing)?;
/// assert!((smoothed[0] - 3.0).abs() < 1e-15 && (smoothed[3] - 3.0).abs() < 1e-15);
/// assert!(smoothed[2].is_nan());
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// An infinite value; σ negative, NaN or above 10⁶ bins.
pub fn smooth(values: &[f64], smoothing: &Smoothing) -> Result<Vec<f64>, Error> {
    let expected = "finite, or NaN where missing";
    every("values", values, finite_or_nan, expected)?;
    let visited: Vec<bool> = values.iter().map(|value| !value.is_nan()).collect();
    let mut smoothed = values.to_vec();
    if !smoothed.is_empty() {
        smooth_maps(&mut smoothed, &visited, (values.len(), 1), smoothing)?;
    }
    Ok(smoothed)
}

impl RateMap {
    /// The map of every unit smoothed; occupancy and mean rates stay those of the map itself.
    ///
    /// Maps of a plane are filtered along x, then along y, with the same σ.
    ///
    /// # Errors
    /// σ negative, NaN or above 10⁶ bins.
    pub fn smoothed(&self, smoothing: &Smoothing) -> Result<Self, Error> {
        let mut smoothed = self.clone();
        let visited: Vec<bool> = self.occupancy.iter().map(|time| *time > 0.0).collect();
        let shape = (
            self.edges.bins(),
            self.edges_y.as_ref().map_or(1, BinEdges::bins),
        );
        smooth_maps(smoothed.rates.as_mut_slice(), &visited, shape, smoothing)?;
        // The mirror filter fills unvisited bins: they hold numbers, not gaps, from here on.
        Ok(match (smoothing, self.unvisited) {
            (Smoothing::Normalised { .. }, unvisited) => smoothed.with_unvisited(unvisited),
            (Smoothing::Reflecting { .. }, _) => {
                smoothed.unvisited = Unvisited::Zero;
                smoothed
            }
        })
    }
}
