use nalgebra::{DMatrix, DMatrixView};

use super::columns::Columns;
use super::kernels::{Learn, NoisyLearn};
use super::settings::{SettlingStart, SimilarityMatchingSettings};
use super::synapses::{Settled, Synapses, Workspace};
use crate::check::{finite, finite_not_negative, length, not_negative};
use crate::{Error, NoiseSource, SimdLevel, Stream, Streams};

/// A Hebbian/anti-Hebbian network that learns to be active alike where inputs are alike.
///
/// N units have feed-forward weights W (N × D), lateral weights M (N × N, ≥ 0) and biases b (N).
/// It starts from W of independent normals of deviation c, M = I and b = 0.
///
/// **Dynamics.** On an input x, with M° = M but 0 on the diagonal, Euler steps of
/// u ← u + dt (−u + W x − √α b − M° y), y ← max(0, (u − λ₁)/(λ₂ + diag M)) until one of the rules
/// of [`Settling`](super::Settling) holds. Units that are silent cost nothing.
///
/// **Learning.** With that y and independent standard normals ξ, ζ,
///
/// - W ← (1 − η) W + η y xᵀ + √η σ_W ξ
/// - M ← max(0, (1 − η) M + η y yᵀ + √η σ_M ζ), entry by entry, with its diagonal, and not made
///   symmetric
/// - b ← (1 − η) b + η √α y
///
/// Randomness comes from four streams: initial weights from [`Stream::Init`], starting
/// activities from [`Stream::NeuralStart`], ξ from [`Stream::FeedforwardNoise`] and ζ from
/// [`Stream::LateralNoise`]; a σ of 0 draws nothing and leaves the others alone.
///
/// The quotient by λ₂ + diag M is a product with its inverse, taken once an input: activities
/// may differ from those of a division in the last bit. All instruction sets give the same bits.
///
/// ```
/// use drift_learn::similarity_matching::{SimilarityMatching, SimilarityMatchingSettings};
/// use drift_learn::Streams;
///
/// let settings = SimilarityMatchingSettings { units: 20, ..SimilarityMatchingSettings::ring() };
/// let mut network = SimilarityMatching::new(settings, &Streams::new(1))?;
/// for step in 0..2000 {
///     let angle = f64::from(step) * 2.399_963;
///     network.learn(&[angle.cos(), angle.sin()])?;
/// }
/// let opposite = nalgebra::DMatrix::from_row_slice(2, 2, &[1.0, 0.0, -1.0, 0.0]);
/// let responses = network.responses(opposite.as_view())?;
/// // Opposite inputs share no active unit.
/// assert!(responses.row(0).dot(&responses.row(1)) < 1e-3);
/// # Ok::<(), drift_learn::Error>(())
/// ```
///
/// Source: Qin et al. 2023, <https://doi.org/10.1038/s41593-022-01225-z>, and its published code.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "super::stored::StoredNetwork",
        into = "super::stored::StoredNetwork"
    )
)]
pub struct SimilarityMatching {
    pub(super) settings: SimilarityMatchingSettings,
    synapses: Synapses,
    pub(super) starts: NoiseSource,
    pub(super) feedforward_noise: NoiseSource,
    pub(super) lateral_noise: NoiseSource,
    workspace: Workspace,
    level: SimdLevel,
}

/// Equal when all further steps are equal.
impl PartialEq for SimilarityMatching {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings
            && self.feedforward() == other.feedforward()
            && self.lateral() == other.lateral()
            && self.bias() == other.bias()
            && self.starts == other.starts
            && self.feedforward_noise == other.feedforward_noise
            && self.lateral_noise == other.lateral_noise
    }
}

impl SimilarityMatching {
    /// A network before its first step.
    ///
    /// # Errors
    /// [`Error::OutOfRange`]; [`Error::Simd`] where `DRIFT_SIMD` names no
    /// instruction set of this machine.
    pub fn new(settings: SimilarityMatchingSettings, streams: &Streams) -> Result<Self, Error> {
        let settings = settings.check()?;
        let (units, channels) = (settings.units, settings.channels);
        let mut init = streams.noise_source(Stream::Init)?;
        let mut feedforward = Columns::zeros(units, channels);
        for channel in 0..channels {
            init.add_normal(settings.initial_scale, feedforward.column_mut(channel));
        }
        Ok(Self {
            settings,
            synapses: Synapses {
                feedforward,
                lateral: Columns::zeros(units, units),
                diagonal: vec![1.0; units],
                bias: Columns::zeros(units, 1),
            },
            starts: streams.noise_source(Stream::NeuralStart)?,
            feedforward_noise: streams.noise_source(Stream::FeedforwardNoise)?,
            lateral_noise: streams.noise_source(Stream::LateralNoise)?,
            workspace: Workspace::new(units, channels),
            level: SimdLevel::selected()?,
        })
    }

    /// The same network with other synapses, all of them finite: W (N × D), M (N × N, ≥ 0) and
    /// b (N).
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::InvalidState`].
    pub fn with_synapses(
        mut self,
        feedforward: DMatrixView<'_, f64>,
        lateral: DMatrixView<'_, f64>,
        bias: &[f64],
    ) -> Result<Self, Error> {
        let (units, channels) = (self.settings.units, self.settings.channels);
        for (field, found, expected) in [
            ("rows of feedforward", feedforward.nrows(), units),
            ("columns of feedforward", feedforward.ncols(), channels),
            ("rows of lateral", lateral.nrows(), units),
            ("columns of lateral", lateral.ncols(), units),
            ("bias", bias.len(), units),
        ] {
            length(field, found, expected)?;
        }
        finite("feedforward", feedforward.iter())?;
        finite_not_negative("lateral", lateral.iter())?;
        finite("bias", bias)?;
        self.synapses = Synapses {
            feedforward: Columns::from_matrix(feedforward),
            lateral: Columns::from_matrix(lateral),
            diagonal: vec![0.0; units],
            bias: Columns::from_matrix(DMatrixView::from_slice(bias, units, 1)),
        };
        self.synapses.take_diagonal();
        Ok(self)
    }

    /// The same network on another instruction set: same bits, another speed.
    ///
    /// # Errors
    /// [`Error::Simd`] where this machine lacks it.
    pub fn with_level(self, level: SimdLevel) -> Result<Self, Error> {
        Ok(Self {
            level: level.checked()?,
            starts: self.starts.with_level(level)?,
            feedforward_noise: self.feedforward_noise.with_level(level)?,
            lateral_noise: self.lateral_noise.with_level(level)?,
            ..self
        })
    }

    /// The constants.
    #[must_use]
    pub fn settings(&self) -> &SimilarityMatchingSettings {
        &self.settings
    }

    /// Changes σ_W and σ_M from here on.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] where one is negative or not finite; then nothing changes.
    pub fn set_noise(&mut self, feedforward: f64, lateral: f64) -> Result<(), Error> {
        not_negative("feedforward_noise", feedforward)?;
        not_negative("lateral_noise", lateral)?;
        self.settings.feedforward_noise = feedforward;
        self.settings.lateral_noise = lateral;
        Ok(())
    }

    /// W (units × channels).
    #[must_use]
    pub fn feedforward(&self) -> DMatrix<f64> {
        self.synapses.feedforward.to_matrix()
    }

    /// M (units × units).
    #[must_use]
    pub fn lateral(&self) -> DMatrix<f64> {
        let mut lateral = self.synapses.lateral.to_matrix();
        lateral.set_diagonal(&self.synapses.diagonal.clone().into());
        lateral
    }

    /// b (units).
    #[must_use]
    pub fn bias(&self) -> &[f64] {
        self.synapses.bias.column(0)
    }

    /// Activities that the last [`learn`](Self::learn) settled at, 0 before it (units).
    #[must_use]
    pub fn activity(&self) -> &[f64] {
        self.workspace.activity.column(0)
    }

    /// One step: settles on an input (channels) and learns from it. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], or [`Error::InvalidState`] for an input that is not finite.
    pub fn learn(&mut self, input: &[f64]) -> Result<Settled, Error> {
        length("input", input.len(), self.settings.channels)?;
        finite("input", input)?;
        self.start();
        let workspace = &mut self.workspace;
        workspace.set_gain(&self.settings, &self.synapses.diagonal);
        let settled = self
            .synapses
            .settle(&self.settings, self.level, input, workspace);
        self.update(input);
        Ok(settled)
    }

    /// Responses (samples × units) to inputs (samples × channels), each from silence; nothing is
    /// learned or drawn.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], or [`Error::InvalidState`] for an input that is not finite.
    pub fn responses(&self, inputs: DMatrixView<'_, f64>) -> Result<DMatrix<f64>, Error> {
        let (units, channels) = (self.settings.units, self.settings.channels);
        length("channels of the inputs", inputs.ncols(), channels)?;
        finite("inputs", inputs.iter())?;
        let mut workspace = Workspace::new(units, channels);
        workspace.set_gain(&self.settings, &self.synapses.diagonal);
        let mut responses = DMatrix::zeros(inputs.nrows(), units);
        let mut input = vec![0.0; channels];
        for (row, mut response) in inputs.row_iter().zip(responses.row_iter_mut()) {
            for (to, &from) in input.iter_mut().zip(row.iter()) {
                *to = from;
            }
            workspace.silence();
            self.synapses
                .settle(&self.settings, self.level, &input, &mut workspace);
            response.copy_from_slice(workspace.activity.column(0));
        }
        Ok(responses)
    }

    /// Sets the potentials and activities that a training step starts from.
    fn start(&mut self) {
        let SettlingStart::Uniform { width } = self.settings.settling.start else {
            return self.workspace.silence();
        };
        let Workspace {
            activity,
            potential,
            ..
        } = &mut self.workspace;
        let activity = activity.column_mut(0);
        activity.fill(0.5 * width);
        self.starts.add_uniform(width, activity);
        let diagonal = &self.synapses.diagonal;
        let mean = diagonal.iter().sum::<f64>() / diagonal.len() as f64;
        let weight = self.settings.ridge + mean;
        for (u, &y) in potential.column_mut(0).iter_mut().zip(activity.iter()) {
            *u = weight * y;
        }
    }

    fn update(&mut self, input: &[f64]) {
        let settings = &self.settings;
        let rate = settings.learning_rate;
        self.synapses.put_diagonal();
        let synapses = &mut self.synapses;
        let activity = self.workspace.activity.padded();
        let lateral = Learn {
            matrix: synapses.lateral.padded_mut(),
            activity,
            factors: self.workspace.activity.column(0),
            rate,
            floor: 0.0,
        };
        let feedforward = Learn {
            matrix: synapses.feedforward.padded_mut(),
            activity,
            factors: input,
            rate,
            floor: f64::NEG_INFINITY,
        };
        for (learn, noise, source) in [
            (
                feedforward,
                settings.feedforward_noise,
                &mut self.feedforward_noise,
            ),
            (lateral, settings.lateral_noise, &mut self.lateral_noise),
        ] {
            if noise > 0.0 {
                source.give_normals(NoisyLearn {
                    learn,
                    scale: rate.sqrt() * noise,
                    column: 0,
                    row: 0,
                });
            } else {
                self.level.run(learn);
            }
        }
        self.level.run(Learn {
            matrix: synapses.bias.padded_mut(),
            activity,
            factors: &[settings.similarity_offset.sqrt()],
            rate,
            floor: f64::NEG_INFINITY,
        });
        self.synapses.take_diagonal();
    }
}
