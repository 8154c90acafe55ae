//! The next view on a random scene, without an agent that turns.

use nalgebra::DMatrix;
use rand::{Rng, RngExt};

use super::Task;
use crate::error::{all_finite, array_size, at_least_one, count, finite, length, positive, within};
use crate::smoothing::{Edge, MAX_STANDARD_DEVIATION, gaussian_filter};
use crate::{Dataset, Error, MAX_TILES, Normalisation};

/// Which targets [`Predictive`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PredictiveTargets {
    /// The next views, normalised.
    #[default]
    Intended,
    /// What the published code trains on: there inputs and targets share memory, so normalising
    /// the inputs in place rescales all target rows but the last before they are normalised
    /// themselves.
    SharedMemory,
}

/// Unchecked sizes of [`Predictive`].
///
/// | Name | Default | Meaning | Range |
/// |---|---|---|---|
/// | `samples` | 10 | n | ≥ 1 |
/// | `pixels` | 20 | points of a view, d_in = d_out | ≥ 1 |
/// | `scene_points` | 121 | points of the scene; its length is one less | 2 to 2²⁰ |
/// | `scene_std` | 4 | std of the scene's filter, in points | 0 to 10⁶ |
/// | `view_length` | 30 | how far the view reaches ahead | > 0 |
/// | `mean_laps` | 10 | expected laps in n steps | > 0 |
/// | `targets` | intended | see [`PredictiveTargets`] | |
/// | `normalisation` | symmetric | of the scene, the inputs and the targets: see [`Normalisation`] | |
///
/// A step is uniform on [0, 2·`mean_laps`·length/n); the published 120/n·20 is `mean_laps` 10.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct PredictiveParameters {
    /// Number of samples, n.
    pub samples: usize,
    /// Points of a view, d_in = d_out.
    pub pixels: usize,
    /// Points of the scene, one unit apart.
    pub scene_points: usize,
    /// Standard deviation of the scene's Gaussian filter, in points.
    pub scene_std: f64,
    /// How far ahead the last point of a view lies, in units.
    pub view_length: f64,
    /// Expected number of laps in n steps.
    pub mean_laps: f64,
    /// Which targets are given.
    pub targets: PredictiveTargets,
    /// Range of the scene, the inputs and the targets.
    pub normalisation: Normalisation,
}

impl Default for PredictiveParameters {
    fn default() -> Self {
        PredictiveParameters {
            samples: 10,
            pixels: 20,
            scene_points: 121,
            scene_std: 4.0,
            view_length: 30.0,
            mean_laps: 10.0,
            targets: PredictiveTargets::Intended,
            normalisation: Normalisation::Symmetric,
        }
    }
}

/// Predict the next view of a random scene while moving ahead by random steps.
///
/// The published code's `predictive`: the scene is uniform draws, Gaussian-filtered with
/// **reflecting** ends (it does not quite close to a ring) and normalised; a view is its linear
/// interpolation at `pixels` points evenly spaced over `view_length` ahead of the position,
/// modulo the length. Positions are the running sum of the steps. The data set's position is the
/// one of the input view, modulo the length.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "PredictiveParameters", into = "PredictiveParameters")
)]
pub struct Predictive {
    parameters: PredictiveParameters,
}

/// The unnormalised views of a [`Predictive`] task.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PredictiveWalk {
    /// The normalised scene (`scene_points`).
    pub scene: Vec<f64>,
    /// Positions modulo the scene's length (samples + 1), in units.
    pub position: Vec<f64>,
    /// Views (samples + 1 × pixels).
    pub views: DMatrix<f64>,
}

impl Predictive {
    /// A task of `samples` views of `pixels` points, the rest as published.
    ///
    /// # Errors
    /// [`Error::Count`] unless both are at least 1 and the arrays have at most 2³¹ entries.
    pub fn new(samples: usize, pixels: usize) -> Result<Self, Error> {
        Predictive::try_from(PredictiveParameters {
            samples,
            pixels,
            ..PredictiveParameters::default()
        })
    }

    /// The sizes.
    #[must_use]
    pub fn parameters(&self) -> &PredictiveParameters {
        &self.parameters
    }

    /// Length of the scene, in units.
    #[must_use]
    pub fn scene_length(&self) -> f64 {
        (self.parameters.scene_points - 1) as f64
    }

    /// The longest step, in units: 2 · `mean_laps` · length / n.
    #[must_use]
    pub fn step_size(&self) -> f64 {
        self.scene_length() / self.parameters.samples as f64 * (2.0 * self.parameters.mean_laps)
    }

    /// The views of given uniform draws: of the scene (`scene_points`) and of the steps
    /// (samples + 1).
    ///
    /// # Errors
    /// [`Error::Length`] for another number, [`Error::NotFinite`], [`Error::Constant`].
    pub fn walk_from_draws(&self, scene: &[f64], steps: &[f64]) -> Result<PredictiveWalk, Error> {
        let sizes = &self.parameters;
        length("scene", scene.len(), sizes.scene_points)?;
        length("steps", steps.len(), sizes.samples + 1)?;
        all_finite("steps", steps)?;
        all_finite("scene", scene)?;
        let mut scene = gaussian_filter(scene, sizes.scene_std, Edge::Reflect)?;
        sizes.normalisation.apply_field("scene", &mut scene)?;
        let scene_length = self.scene_length();
        let ahead = sizes.view_length / sizes.pixels.saturating_sub(1).max(1) as f64;
        let mut views = DMatrix::zeros(sizes.samples + 1, sizes.pixels);
        let mut position = Vec::with_capacity(steps.len());
        let mut travelled = 0.0;
        for (row, step) in steps.iter().enumerate() {
            travelled += step * self.step_size();
            finite("steps", travelled)?;
            position.push(travelled.rem_euclid(scene_length));
            for pixel in 0..sizes.pixels {
                let place = (travelled + pixel as f64 * ahead).rem_euclid(scene_length);
                let point = place as usize;
                // rem_euclid can round up to the length itself, where the last point is.
                let next = (point + 1).min(scene.len() - 1);
                let (here, next) = (scene[point], scene[next]);
                views[(row, pixel)] = here + (next - here) * (place - point as f64);
            }
        }
        Ok(PredictiveWalk {
            scene,
            position,
            views,
        })
    }

    /// The data set of given uniform draws, as [`Predictive::walk_from_draws`].
    ///
    /// # Errors
    /// As [`Predictive::walk_from_draws`].
    pub fn dataset_from_draws(&self, scene: &[f64], steps: &[f64]) -> Result<Dataset, Error> {
        let walk = self.walk_from_draws(scene, steps)?;
        let samples = self.parameters.samples;
        let mut inputs = walk.views.rows(0, samples).into_owned();
        let mut targets = walk.views.rows(1, samples).into_owned();
        let normalisation = self.parameters.normalisation;
        let rescaling = normalisation.apply_field("inputs", inputs.as_mut_slice())?;
        if self.parameters.targets == PredictiveTargets::SharedMemory {
            for value in targets.rows_mut(0, samples - 1).iter_mut() {
                *value = rescaling.unit(*value);
            }
        }
        normalisation.apply_field("targets", targets.as_mut_slice())?;
        let mut position = walk.position;
        position.truncate(samples);
        Dataset::new(inputs, targets)?.with_position(position)
    }
}

impl Task for Predictive {
    fn samples(&self) -> usize {
        self.parameters.samples
    }

    fn input_dimension(&self) -> usize {
        self.parameters.pixels
    }

    fn output_dimension(&self) -> usize {
        self.parameters.pixels
    }

    fn dataset(&self, rng: &mut dyn Rng) -> Result<Dataset, Error> {
        let scene: Vec<f64> = (0..self.parameters.scene_points)
            .map(|_| rng.random())
            .collect();
        let steps: Vec<f64> = (0..=self.parameters.samples)
            .map(|_| rng.random())
            .collect();
        self.dataset_from_draws(&scene, &steps)
    }
}

impl TryFrom<PredictiveParameters> for Predictive {
    type Error = Error;

    fn try_from(parameters: PredictiveParameters) -> Result<Self, Error> {
        at_least_one("samples", parameters.samples)?;
        at_least_one("pixels", parameters.pixels)?;
        let views = parameters.samples.saturating_add(1);
        array_size("samples", views, parameters.pixels)?;
        let points = parameters.scene_points;
        let fits = (2..=MAX_TILES).contains(&points);
        count("scene_points", points, fits, "2 to 2^20 points")?;
        within(
            "scene_std",
            parameters.scene_std,
            0.0..=MAX_STANDARD_DEVIATION,
            "a standard deviation in [0, 1e6] points",
        )?;
        positive("view_length", parameters.view_length)?;
        positive("mean_laps", parameters.mean_laps)?;
        let task = Predictive { parameters };
        finite("mean_laps", task.step_size())?;
        Ok(task)
    }
}

impl From<Predictive> for PredictiveParameters {
    fn from(task: Predictive) -> Self {
        task.parameters
    }
}
