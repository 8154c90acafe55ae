use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{Error, NoiseSource};

/// The sources of randomness of a simulation; each has a stream of its own.
///
/// A stream's number never changes: a new source takes a new number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Stream {
    /// Wall textures and the data of tasks without an agent.
    Texture = 1,
    /// The agent's motion.
    Trajectory = 2,
    /// Initial parameters.
    Init = 3,
    /// Noise on inputs.
    InputNoise = 4,
    /// Noise on targets.
    LabelNoise = 5,
    /// Noise on the gradient or the parameters.
    UpdateNoise = 6,
    /// Perturbations of stochastic error descent.
    Sed = 7,
    /// Shuffles of statistics.
    Shuffles = 8,
    /// Activities that neural dynamics start from.
    NeuralStart = 9,
    /// Noise on feed-forward synapses.
    FeedforwardNoise = 10,
    /// Noise on lateral synapses.
    LateralNoise = 11,
    /// Noise on pre-activations of hidden units.
    NoiseBefore = 12,
    /// Noise on the activity of hidden units.
    NoiseAfter = 13,
    /// Masks of dropout.
    Dropout = 14,
    /// Multiplicative noise on parameters after a step.
    WeightNoise = 15,
    /// Multiplicative noise on parameters in transmission.
    TransmissionNoise = 16,
    /// Samples of a batch.
    Batches = 17,
}

impl Stream {
    /// All streams, by number.
    pub const ALL: [Stream; 17] = [
        Stream::Texture,
        Stream::Trajectory,
        Stream::Init,
        Stream::InputNoise,
        Stream::LabelNoise,
        Stream::UpdateNoise,
        Stream::Sed,
        Stream::Shuffles,
        Stream::NeuralStart,
        Stream::FeedforwardNoise,
        Stream::LateralNoise,
        Stream::NoiseBefore,
        Stream::NoiseAfter,
        Stream::Dropout,
        Stream::WeightNoise,
        Stream::TransmissionNoise,
        Stream::Batches,
    ];

    /// The stream's number, the ChaCha nonce.
    #[must_use]
    pub fn number(self) -> u64 {
        self as u64
    }
}

/// One seed, one generator for each named source.
///
/// Switching one source on or off leaves the draws of all the others alone.
///
/// Derivation: the 256-bit key is what `ChaCha8Rng::seed_from_u64(seed)` makes of the seed, and
/// the 64-bit nonce is [`Stream::number`]. So the streams are disjoint sequences of one cipher,
/// the same on every machine; their first values are pinned by a test.
///
/// ```
/// use drift_learn::{rand::Rng, Stream, Streams};
///
/// let streams = Streams::new(7);
/// let texture = streams.named(Stream::Texture).next_u64();
/// assert_eq!(texture, Streams::new(7).named(Stream::Texture).next_u64());
/// assert_ne!(texture, streams.named(Stream::Init).next_u64());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// The streams of a seed; every value is a good one.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The generator of a source, at its start.
    #[must_use]
    pub fn named(&self, stream: Stream) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(stream.number());
        rng
    }

    /// The fast noise generator of a source, seeded from its stream.
    ///
    /// # Errors
    /// [`Error::Simd`] where `DRIFT_SIMD` names no instruction set of this machine.
    pub fn noise_source(&self, stream: Stream) -> Result<NoiseSource, Error> {
        NoiseSource::from_rng(&mut self.named(stream))
    }
}
