use crate::Error;
use crate::check::{in_range, not_negative, positive};

/// Largest number of units or channels: lateral synapses of this many units take 2 GiB.
const LARGEST: usize = 16_384;

/// Activities that the neural dynamics of a training step start from.
///
/// Recording always starts from silence.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SettlingStart {
    /// y = 0 and u = 0.
    Silent,
    /// y uniform on [0, `width`) and u = y (λ₂ + mean of diag M).
    Uniform {
        /// Finite, > 0.
        width: f64,
    },
}

/// How the activities settle on an input: Euler steps until the relative change is small, until
/// it no longer gets smaller, or until there have been too many.
///
/// With e = ‖yₖ − yₖ₋₁‖/((‖yₖ₋₁‖ + f) dt) after the k-th step, the dynamics stop where
/// e ≤ `tolerance`, where the newest and the oldest of the last five e differ by no more than
/// `stall_tolerance`, or at `max_iterations`.
///
/// | name | ring | place | meaning | range |
/// |---|---|---|---|---|
/// | `time_step` | 0.05 | 0.05 | dt | 0 < dt ≤ 1 |
/// | `tolerance` | 1e-4 | 1e-4 | largest e that counts as settled | finite, ≥ 0 |
/// | `stall_tolerance` | 1e-10 | 1e-8 | largest difference of e that counts as stalled | finite, ≥ 0 |
/// | `norm_floor` | 1e-12 | 1e-10 | f | finite, > 0 |
/// | `max_iterations` | 10⁴ | 10⁴ | most Euler steps | ≥ 1 |
/// | `start` | uniform, 0.1 | silent | where training steps start | |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Settling {
    /// Euler step dt, in units of the membrane's time constant.
    pub time_step: f64,
    /// Largest relative change a unit of time that counts as settled.
    pub tolerance: f64,
    /// Largest difference of the change over five steps that counts as stalled.
    pub stall_tolerance: f64,
    /// f, added to the norm of the activities.
    pub norm_floor: f64,
    /// Most Euler steps.
    pub max_iterations: u32,
    /// Where training steps start.
    pub start: SettlingStart,
}

impl Settling {
    /// Stop and start rules of the ring experiments.
    #[must_use]
    pub fn ring() -> Self {
        Self {
            time_step: 0.05,
            tolerance: 1e-4,
            stall_tolerance: 1e-10,
            norm_floor: 1e-12,
            max_iterations: 10_000,
            start: SettlingStart::Uniform { width: 0.1 },
        }
    }

    /// Stop and start rules of the place experiment.
    #[must_use]
    pub fn place() -> Self {
        Self {
            stall_tolerance: 1e-8,
            norm_floor: 1e-10,
            start: SettlingStart::Silent,
            ..Self::ring()
        }
    }

    fn check(&self) -> Result<(), Error> {
        let dt = self.time_step;
        in_range("time_step", dt, dt > 0.0 && dt <= 1.0, "0 < value <= 1")?;
        not_negative("tolerance", self.tolerance)?;
        not_negative("stall_tolerance", self.stall_tolerance)?;
        positive("norm_floor", self.norm_floor)?;
        let most = f64::from(self.max_iterations);
        in_range("max_iterations", most, most >= 1.0, "at least 1")?;
        match self.start {
            SettlingStart::Silent => Ok(()),
            SettlingStart::Uniform { width } => positive("width", width),
        }
    }
}

/// The synapses that take noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum NoisySynapses {
    /// Feed-forward, W.
    Feedforward,
    /// Lateral, M.
    Lateral,
    /// W and M.
    Both,
}

/// Constants of a [`SimilarityMatching`](super::SimilarityMatching) network, not yet checked.
///
/// | name | symbol | ring | ring noise | place | range |
/// |---|---|---|---|---|---|
/// | `units` | N | 100 | 200 | 200 | 1 to 16 384 |
/// | `channels` | D | 2 | 2 | 270 | 1 to 16 384 |
/// | `initial_scale` | c | 0.1 | 0.1 | 0.5 | finite, ≥ 0 |
/// | `learning_rate` | η | 0.02 | 0.005 | 0.02 | 0 < η < 1 |
/// | `feedforward_noise` | σ_W | 0.001 | 0.002 or 0 | 0.005 | finite, ≥ 0 |
/// | `lateral_noise` | σ_M | 0.001 | 0.002 or 0 | 0.005 | finite, ≥ 0 |
/// | `lasso` | λ₁ | 0 | 0 | 0.02 | finite, ≥ 0 |
/// | `ridge` | λ₂ | 0.01 | 0.05 | 0.05 | finite, > 0 |
/// | `similarity_offset` | α | 0 | 0 | 35 | finite, ≥ 0 |
/// | `settling` | | [`Settling::ring`] | the same | [`Settling::place`] | |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SimilarityMatchingSettings {
    /// Number of units N.
    pub units: usize,
    /// Number of input channels D.
    pub channels: usize,
    /// Standard deviation c of the initial feed-forward weights.
    pub initial_scale: f64,
    /// Learning rate η.
    pub learning_rate: f64,
    /// Noise σ_W of feed-forward synapses: each step adds a normal of deviation √η σ_W to each.
    pub feedforward_noise: f64,
    /// Noise σ_M of lateral synapses: each step adds a normal of deviation √η σ_M to each.
    pub lateral_noise: f64,
    /// Threshold λ₁ of the activities, the weight of ‖y‖₁.
    pub lasso: f64,
    /// λ₂, the weight of ‖y‖².
    pub ridge: f64,
    /// α, subtracted from the similarity of any two inputs; with it the biases learn.
    pub similarity_offset: f64,
    /// The neural dynamics.
    pub settling: Settling,
}

impl SimilarityMatchingSettings {
    /// 100 units on the ring.
    #[must_use]
    pub fn ring() -> Self {
        Self {
            units: 100,
            channels: 2,
            initial_scale: 0.1,
            learning_rate: 0.02,
            feedforward_noise: 0.001,
            lateral_noise: 0.001,
            lasso: 0.0,
            ridge: 0.01,
            similarity_offset: 0.0,
            settling: Settling::ring(),
        }
    }

    /// 200 units on the ring, with noise in one kind of synapse or in both.
    #[must_use]
    pub fn ring_noise(noisy: NoisySynapses) -> Self {
        const NOISE: f64 = 0.002;
        let [feedforward_noise, lateral_noise] = match noisy {
            NoisySynapses::Feedforward => [NOISE, 0.0],
            NoisySynapses::Lateral => [0.0, NOISE],
            NoisySynapses::Both => [NOISE, NOISE],
        };
        Self {
            units: 200,
            learning_rate: 0.005,
            feedforward_noise,
            lateral_noise,
            ridge: 0.05,
            ..Self::ring()
        }
    }

    /// 200 units that see grid cells on a linear track.
    #[must_use]
    pub fn place() -> Self {
        Self {
            units: 200,
            channels: 270,
            initial_scale: 0.5,
            learning_rate: 0.02,
            feedforward_noise: 0.005,
            lateral_noise: 0.005,
            lasso: 0.02,
            ridge: 0.05,
            similarity_offset: 35.0,
            settling: Settling::place(),
        }
    }

    pub(super) fn check(self) -> Result<Self, Error> {
        size("units", self.units)?;
        size("channels", self.channels)?;
        not_negative("initial_scale", self.initial_scale)?;
        rate("learning_rate", self.learning_rate)?;
        not_negative("feedforward_noise", self.feedforward_noise)?;
        not_negative("lateral_noise", self.lateral_noise)?;
        not_negative("lasso", self.lasso)?;
        positive("ridge", self.ridge)?;
        not_negative("similarity_offset", self.similarity_offset)?;
        self.settling.check()?;
        Ok(self)
    }
}

pub(super) fn rate(field: &'static str, value: f64) -> Result<(), Error> {
    in_range(field, value, value > 0.0 && value < 1.0, "0 < value < 1")
}

pub(super) fn size(field: &'static str, value: usize) -> Result<(), Error> {
    let holds = (1..=LARGEST).contains(&value);
    in_range(field, value as f64, holds, "an integer from 1 to 16384")
}
