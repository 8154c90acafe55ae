use std::f64::consts::PI;

use nalgebra::DMatrix;

use super::settings::size;
use crate::Error;
use crate::check::{in_range, length, positive};

/// Even points on a circle, not yet checked: D = 2.
///
/// Input k of `points` is (cos φ, sin φ) with φ = 2πk/`points` + `phase`.
///
/// | name | published | range |
/// |---|---|---|
/// | `points` | 1000 | 1 to 16 384 |
/// | `phase` | 0 | finite, in radians |
/// | `recorded_every` | 4 | ≥ 1 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RingInputs {
    /// Number of inputs.
    pub points: usize,
    /// Angle of the first, in radians.
    pub phase: f64,
    /// Responses are recorded on the first of so many inputs.
    pub recorded_every: usize,
}

impl RingInputs {
    /// 1000 points, recorded on every fourth.
    #[must_use]
    pub fn published() -> Self {
        Self {
            points: 1000,
            phase: 0.0,
            recorded_every: 4,
        }
    }

    /// The inputs (points × 2).
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn matrix(&self) -> Result<DMatrix<f64>, Error> {
        self.check()?;
        let points = self.points as f64;
        Ok(DMatrix::from_fn(self.points, 2, |point, channel| {
            let angle = 2.0 * PI * point as f64 / points + self.phase;
            if channel == 0 {
                angle.cos()
            } else {
                angle.sin()
            }
        }))
    }

    fn check(&self) -> Result<(), Error> {
        size("points", self.points)?;
        size("recorded_every", self.recorded_every)?;
        let phase = self.phase;
        in_range("phase", phase, phase.is_finite(), "a finite number")
    }
}

/// Grid cells along a straight track, not yet checked:
/// D = `modules` × `rotations` × `offsets`².
///
/// The track is the segment from the origin to (1, tan π/6); position p of `positions`, counted
/// from 1, is rₚ = (p/`positions`) (1, tan π/6). The cell of module i, rotation j and offsets
/// a, b, all counted from 0, fires at
///
/// g(r) = ⅔ (mean over q = 1, 2, 3 of cos(4π/(√3 lᵢ) u_q·(r − r₀)) + ½), from 0 to 1,
///
/// with spacing lᵢ = `smallest_spacing` × `spacing_ratio`ⁱ, u_q the unit vector at the angle
/// 2πq/3 + θⱼ, rotation θⱼ = jπ/(3 `rotations`), and r₀ = (a, b) lᵢ/`offsets`. Channels count b
/// fastest, then a, rotations, modules.
///
/// | name | published | range |
/// |---|---|---|
/// | `positions` | 200 | 1 to 16 384 |
/// | `modules` | 5 | ≥ 1 |
/// | `rotations` | 6 | ≥ 1 |
/// | `offsets` | 3 | ≥ 1 |
/// | `smallest_spacing` | 0.2 | finite, > 0 |
/// | `spacing_ratio` | 1.42 | finite, > 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct GridCellInputs {
    /// Positions on the track.
    pub positions: usize,
    /// Modules of cells, each of a spacing.
    pub modules: usize,
    /// Orientations in a module.
    pub rotations: usize,
    /// Offsets along each of two axes.
    pub offsets: usize,
    /// Spacing of the first module, in lengths of the track's projection on the first axis.
    pub smallest_spacing: f64,
    /// Spacing of a module over that of the one before.
    pub spacing_ratio: f64,
}

impl GridCellInputs {
    /// 270 cells, 200 positions.
    #[must_use]
    pub fn published() -> Self {
        Self {
            positions: 200,
            modules: 5,
            rotations: 6,
            offsets: 3,
            smallest_spacing: 0.2,
            spacing_ratio: 1.42,
        }
    }

    /// Number of cells.
    #[must_use]
    pub fn channels(&self) -> usize {
        [self.modules, self.rotations, self.offsets, self.offsets]
            .into_iter()
            .fold(1, usize::saturating_mul)
    }

    /// The inputs (positions × cells).
    ///
    /// # Errors
    /// [`Error::OutOfRange`], also for more than 16 384 cells.
    pub fn matrix(&self) -> Result<DMatrix<f64>, Error> {
        self.check()?;
        let (offsets, rotations) = (self.offsets, self.rotations);
        Ok(DMatrix::from_fn(
            self.positions,
            self.channels(),
            |row, channel| {
                let offset = [channel / offsets % offsets, channel % offsets];
                let rotation = channel / (offsets * offsets) % rotations;
                let module = channel / (offsets * offsets * rotations);
                let along = (row + 1) as f64 / self.positions as f64;
                self.rate(module, rotation, offset, along)
            },
        ))
    }

    fn check(&self) -> Result<(), Error> {
        size("positions", self.positions)?;
        size("modules", self.modules)?;
        size("rotations", self.rotations)?;
        size("offsets", self.offsets)?;
        size("channels", self.channels())?;
        positive("smallest_spacing", self.smallest_spacing)?;
        positive("spacing_ratio", self.spacing_ratio)
    }

    /// Rate of a cell a fraction `along` of the track.
    fn rate(&self, module: usize, rotation: usize, offset: [usize; 2], along: f64) -> f64 {
        let spacing = self.smallest_spacing * self.spacing_ratio.powi(module as i32);
        let [x, y] = [1.0, (PI / 6.0).tan()];
        let [a, b] = offset.map(|index| index as f64 / self.offsets as f64 * spacing);
        let turn = rotation as f64 * PI / (3.0 * self.rotations as f64);
        let wave = 4.0 * PI / (3.0f64.sqrt() * spacing);
        let cosines = (1..=3).map(|q| {
            let (sine, cosine) = (2.0 * PI * f64::from(q) / 3.0 + turn).sin_cos();
            (wave * (cosine * (along * x - a) + sine * (along * y - b))).cos()
        });
        2.0 / 3.0 * (cosines.sum::<f64>() / 3.0 + 0.5)
    }
}

/// The inputs of an experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SimilarityInputs {
    /// Points on a circle.
    Ring(RingInputs),
    /// Grid cells on a track.
    GridCells(GridCellInputs),
}

impl SimilarityInputs {
    /// All inputs (samples × channels); training draws from them uniformly.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn matrix(&self) -> Result<DMatrix<f64>, Error> {
        match self {
            SimilarityInputs::Ring(ring) => ring.matrix(),
            SimilarityInputs::GridCells(cells) => cells.matrix(),
        }
    }

    /// The inputs that responses are recorded on (samples × channels).
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn recorded(&self) -> Result<DMatrix<f64>, Error> {
        let all = self.matrix()?;
        Ok(match self {
            SimilarityInputs::Ring(ring) => {
                let rows: Vec<usize> = (0..all.nrows()).step_by(ring.recorded_every).collect();
                all.select_rows(&rows)
            }
            SimilarityInputs::GridCells(_) => all,
        })
    }

    /// Number of channels D.
    #[must_use]
    pub fn channels(&self) -> usize {
        match self {
            SimilarityInputs::Ring(_) => 2,
            SimilarityInputs::GridCells(cells) => cells.channels(),
        }
    }

    /// Refuses constants out of their ranges, and inputs that have not so many channels.
    pub(super) fn check(&self, channels: usize) -> Result<(), Error> {
        match self {
            SimilarityInputs::Ring(ring) => ring.check(),
            SimilarityInputs::GridCells(cells) => cells.check(),
        }?;
        length("channels of the inputs", self.channels(), channels)
    }
}
