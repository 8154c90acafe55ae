use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{Error, NoiseSource};

/// The sources of randomness of a simulation; each has a stream of its own.
///
/// The number in brackets is the stream's, and never changes: a new source takes a new number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Stream {
    /// Wall textures and the data of tasks without an agent (1).
    Texture,
    /// The agent's motion (2).
    Trajectory,
    /// Initial parameters (3).
    Init,
    /// Noise on inputs (4).
    InputNoise,
    /// Noise on targets (5).
    LabelNoise,
    /// Noise on the gradient or the parameters (6).
    UpdateNoise,
    /// Perturbations of stochastic error descent (7).
    Sed,
    /// Shuffles of statistics (8).
    Shuffles,
    /// Activities that neural dynamics start from (9).
    NeuralStart,
    /// Noise on feed-forward synapses (10).
    FeedforwardNoise,
    /// Noise on lateral synapses (11).
    LateralNoise,
    /// Noise on pre-activations of hidden units (12).
    NoiseBefore,
    /// Noise on the activity of hidden units (13).
    NoiseAfter,
    /// Masks of dropout (14).
    Dropout,
    /// Multiplicative noise on parameters after a step (15).
    WeightNoise,
    /// Multiplicative noise on parameters in transmission (16).
    TransmissionNoise,
    /// Samples of a batch (17).
    Batches,
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
        match self {
            Stream::Texture => 1,
            Stream::Trajectory => 2,
            Stream::Init => 3,
            Stream::InputNoise => 4,
            Stream::LabelNoise => 5,
            Stream::UpdateNoise => 6,
            Stream::Sed => 7,
            Stream::Shuffles => 8,
            Stream::NeuralStart => 9,
            Stream::FeedforwardNoise => 10,
            Stream::LateralNoise => 11,
            Stream::NoiseBefore => 12,
            Stream::NoiseAfter => 13,
            Stream::Dropout => 14,
            Stream::WeightNoise => 15,
            Stream::TransmissionNoise => 16,
            Stream::Batches => 17,
        }
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
