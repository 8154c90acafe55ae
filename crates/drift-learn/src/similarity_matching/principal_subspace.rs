use nalgebra::{DMatrix, DVector};

use super::settings::{rate, size};
use crate::check::{in_range, not_negative, positive};
use crate::{Error, NoiseSource, Stream, Streams};

/// Constants of [`PrincipalSubspace`], not yet checked.
///
/// | name | symbol | published | range |
/// |---|---|---|---|
/// | `units` | N | 3 | 1 to D |
/// | `variances` | | 4.5, 3.5, 1, and 0.01 seven times, each over √10 | D of them, finite, > 0, falling from the N-th to the next |
/// | `initial_scale` | c | 1 | finite, > 0 |
/// | `learning_rate` | η | 0.1 | 0 < η < 1 |
/// | `feedforward_noise` | σ_W | 0.01 | finite, ≥ 0 |
/// | `lateral_noise` | σ_M | 0.01 | finite, ≥ 0 |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct PrincipalSubspaceSettings {
    /// Number of units N.
    pub units: usize,
    /// Variances of the inputs along their principal axes, largest first; as many as channels.
    pub variances: Vec<f64>,
    /// Standard deviation c of the initial feed-forward weights.
    pub initial_scale: f64,
    /// Learning rate η.
    pub learning_rate: f64,
    /// Noise σ_W of feed-forward synapses.
    pub feedforward_noise: f64,
    /// Noise σ_M of lateral synapses.
    pub lateral_noise: f64,
}

impl PrincipalSubspaceSettings {
    /// 3 units, 10 channels; published runs learn 2·10³ steps before the 10⁵ recorded ones.
    #[must_use]
    pub fn published() -> Self {
        let mut variances = vec![4.5, 3.5, 1.0];
        variances.resize(10, 0.01);
        for variance in &mut variances {
            *variance /= 10.0f64.sqrt();
        }
        Self {
            units: 3,
            variances,
            initial_scale: 1.0,
            learning_rate: 0.1,
            feedforward_noise: 0.01,
            lateral_noise: 0.01,
        }
    }

    /// The same constants, checked without building anything.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn checked(self) -> Result<Self, Error> {
        let channels = self.variances.len();
        size("channels", channels)?;
        let units = self.units;
        in_range(
            "units",
            units as f64,
            (1..=channels).contains(&units),
            "from 1 to the number of variances",
        )?;
        for pair in self.variances.windows(2) {
            in_range(
                "variances",
                pair[1],
                pair[1] <= pair[0],
                "no more than the one before",
            )?;
        }
        for &variance in &self.variances {
            positive("variances", variance)?;
        }
        if units < channels {
            in_range(
                "variances",
                self.variances[units],
                self.variances[units] < self.variances[units - 1],
                "less than the one before, so that the principal subspace is unique",
            )?;
        }
        positive("initial_scale", self.initial_scale)?;
        rate("learning_rate", self.learning_rate)?;
        not_negative("feedforward_noise", self.feedforward_noise)?;
        not_negative("lateral_noise", self.lateral_noise)?;
        Ok(self)
    }
}

/// The linear network of similarity matching, which learns the principal subspace of its inputs
/// and then drifts within it.
///
/// Inputs x are normal with covariance V diag(`variances`) Vᵀ, V a random rotation. Responses are
/// y = M⁺ W x, and learning is that of [`SimilarityMatching`](super::SimilarityMatching) without
/// biases and without keeping M from turning negative. With F = M⁺ W, the rows of F span the
/// subspace of the N largest variances and are orthonormal where it has been learned, whatever
/// their rotation, and noise makes them rotate.
///
/// V comes from [`Stream::Texture`], inputs from [`Stream::Trajectory`], W from [`Stream::Init`],
/// noise from [`Stream::FeedforwardNoise`] and [`Stream::LateralNoise`].
///
/// ```
/// use drift_learn::similarity_matching::{PrincipalSubspace, PrincipalSubspaceSettings};
/// use drift_learn::Streams;
///
/// let mut network = PrincipalSubspace::new(PrincipalSubspaceSettings::published(), &Streams::new(1))?;
/// let before = network.subspace_error();
/// for _ in 0..2000 {
///     network.step();
/// }
/// assert!(network.subspace_error() < 0.3 * before);
/// # Ok::<(), drift_learn::Error>(())
/// ```
///
/// Source: Qin et al. 2023, <https://doi.org/10.1038/s41593-022-01225-z>, and its published code.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Stored", into = "Stored"))]
pub struct PrincipalSubspace {
    settings: PrincipalSubspaceSettings,
    steps: u64,
    feedforward: DMatrix<f64>,
    lateral: DMatrix<f64>,
    /// V.
    axes: DMatrix<f64>,
    inputs: NoiseSource,
    feedforward_noise: NoiseSource,
    lateral_noise: NoiseSource,
    work: Work,
}

/// Buffers of a step, rewritten by each.
#[derive(Debug, Clone)]
struct Work {
    normals: DVector<f64>,
    input: DVector<f64>,
    current: DVector<f64>,
    activity: DVector<f64>,
    inverse: DMatrix<f64>,
}

/// Buffers are no part of the state.
impl PartialEq for Work {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Work {
    fn new(units: usize, channels: usize) -> Self {
        Self {
            normals: DVector::zeros(channels),
            input: DVector::zeros(channels),
            current: DVector::zeros(units),
            activity: DVector::zeros(units),
            inverse: DMatrix::zeros(units, units),
        }
    }
}

impl PrincipalSubspace {
    /// A network before its first step.
    ///
    /// # Errors
    /// [`Error::OutOfRange`]; [`Error::Simd`] where `DRIFT_SIMD` names no
    /// instruction set of this machine.
    pub fn new(settings: PrincipalSubspaceSettings, streams: &Streams) -> Result<Self, Error> {
        let settings = settings.checked()?;
        let (units, channels) = (settings.units, settings.variances.len());
        let mut square = DMatrix::zeros(channels, channels);
        let mut texture = streams.noise_source(Stream::Texture)?;
        texture.fill_normal(square.as_mut_slice());
        let mut feedforward = DMatrix::zeros(units, channels);
        let mut init = streams.noise_source(Stream::Init)?;
        init.add_normal(settings.initial_scale, feedforward.as_mut_slice());
        Ok(Self {
            settings,
            steps: 0,
            feedforward,
            lateral: DMatrix::identity(units, units),
            axes: square.qr().q(),
            inputs: streams.noise_source(Stream::Trajectory)?,
            feedforward_noise: streams.noise_source(Stream::FeedforwardNoise)?,
            lateral_noise: streams.noise_source(Stream::LateralNoise)?,
            work: Work::new(units, channels),
        })
    }

    /// The constants.
    #[must_use]
    pub fn settings(&self) -> &PrincipalSubspaceSettings {
        &self.settings
    }

    /// Steps done.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// V, the principal axes of the inputs as columns (channels × channels), largest variance
    /// first.
    #[must_use]
    pub fn axes(&self) -> &DMatrix<f64> {
        &self.axes
    }

    /// F = M⁺ W (units × channels), the responses to unit inputs.
    #[must_use]
    pub fn response_map(&self) -> DMatrix<f64> {
        let mut inverse = self.lateral.clone();
        invert(&self.lateral, &mut inverse);
        inverse * &self.feedforward
    }

    /// ‖Fᵀ F − Vₙ Vₙᵀ‖/‖Vₙ Vₙᵀ‖ in Frobenius norm, Vₙ the first N columns of V: 0 where the rows
    /// of F are an orthonormal basis of the principal subspace.
    #[must_use]
    pub fn subspace_error(&self) -> f64 {
        let map = self.response_map();
        let leading = self.axes.columns(0, self.settings.units);
        let projector = leading * leading.transpose();
        (map.transpose() * map - &projector).norm() / projector.norm()
    }

    /// W (units × channels).
    #[must_use]
    pub fn feedforward(&self) -> &DMatrix<f64> {
        &self.feedforward
    }

    /// M (units × units).
    #[must_use]
    pub fn lateral(&self) -> &DMatrix<f64> {
        &self.lateral
    }

    /// The objective of similarity matching in expectation over independent inputs x and x′ of
    /// covariance C: E (x·x′ − y·y′)² = tr((A C)²) with A = I − Fᵀ F and y = F x. Its least value
    /// is the sum of the squares of the variances that the N units leave out.
    #[must_use]
    pub fn similarity_matching_loss(&self) -> f64 {
        // In the principal axes C is diagonal.
        let map = self.response_map() * &self.axes;
        let similarity = map.tr_mul(&map);
        let variances = &self.settings.variances;
        let channels = variances.len();
        let mut sum = 0.0;
        for row in 0..channels {
            for column in 0..channels {
                let identity = f64::from(u8::from(row == column));
                let difference = identity - similarity[(row, column)];
                sum += variances[row] * variances[column] * difference * difference;
            }
        }
        sum
    }

    /// One input: response, learning, noise. Allocates nothing for up to 4 units.
    pub fn step(&mut self) {
        let rate = self.settings.learning_rate;
        let Work {
            normals,
            input,
            current,
            activity,
            inverse,
        } = &mut self.work;
        self.inputs.fill_normal(normals.as_mut_slice());
        for (normal, variance) in normals.iter_mut().zip(&self.settings.variances) {
            *normal *= variance.sqrt();
        }
        input.gemv(1.0, &self.axes, normals, 0.0);
        current.gemv(1.0, &self.feedforward, input, 0.0);
        invert(&self.lateral, inverse);
        activity.gemv(1.0, inverse, current, 0.0);
        self.feedforward.ger(rate, activity, input, 1.0 - rate);
        self.lateral.ger(rate, activity, activity, 1.0 - rate);
        let scale = rate.sqrt();
        let noise = self.settings.feedforward_noise;
        if noise > 0.0 {
            let values = self.feedforward.as_mut_slice();
            self.feedforward_noise.add_normal(scale * noise, values);
        }
        let noise = self.settings.lateral_noise;
        if noise > 0.0 {
            let values = self.lateral.as_mut_slice();
            self.lateral_noise.add_normal(scale * noise, values);
        }
        self.steps += 1;
    }
}

/// The inverse, or where there is none the pseudo-inverse.
fn invert(matrix: &DMatrix<f64>, inverse: &mut DMatrix<f64>) {
    inverse.copy_from(matrix);
    if inverse.try_inverse_mut() {
        return;
    }
    // Fails only for a negative tolerance.
    let tolerance = f64::EPSILON * matrix.norm() * matrix.nrows() as f64;
    if let Ok(pseudo) = matrix.clone().pseudo_inverse(tolerance) {
        inverse.copy_from(&pseudo);
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    settings: PrincipalSubspaceSettings,
    steps: u64,
    feedforward: Vec<f64>,
    lateral: Vec<f64>,
    axes: Vec<f64>,
    inputs: NoiseSource,
    feedforward_noise: NoiseSource,
    lateral_noise: NoiseSource,
}

#[cfg(feature = "serde")]
impl From<PrincipalSubspace> for Stored {
    fn from(network: PrincipalSubspace) -> Self {
        Self {
            settings: network.settings,
            steps: network.steps,
            feedforward: network.feedforward.as_slice().to_vec(),
            lateral: network.lateral.as_slice().to_vec(),
            axes: network.axes.as_slice().to_vec(),
            inputs: network.inputs,
            feedforward_noise: network.feedforward_noise,
            lateral_noise: network.lateral_noise,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for PrincipalSubspace {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self, Error> {
        use super::stored::matrix;
        let settings = stored.settings.checked()?;
        let (units, channels) = (settings.units, settings.variances.len());
        Ok(Self {
            feedforward: matrix("feedforward", stored.feedforward, units, channels)?,
            lateral: matrix("lateral", stored.lateral, units, units)?,
            axes: matrix("axes", stored.axes, channels, channels)?,
            settings,
            steps: stored.steps,
            inputs: stored.inputs,
            feedforward_noise: stored.feedforward_noise,
            lateral_noise: stored.lateral_noise,
            work: Work::new(units, channels),
        })
    }
}
