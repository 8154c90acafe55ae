use std::convert::Infallible;

use rand::{Rng, TryRng};

use crate::kernels::generator::{self, LANES, Lanes, State};
use crate::kernels::normal::{Add, Fill, Normals, Sink};
use crate::kernels::uniform::AddUniform;
use crate::{Error, SimdLevel};

/// The fast noise generator: fills and perturbs slices with normal and uniform deviates.
///
/// Eight generators xoshiro256++ run side by side, each seeded with 256 bits of its own; normal
/// deviates come from the Box–Muller transform with polynomials of this crate, accurate to 1e-13
/// and exact in the tails to 8.49 standard deviations. All of it is vectorised, with the same
/// bits on every [`SimdLevel`].
///
/// # What a call consumes
/// [`fill_normal`](Self::fill_normal) and [`add_normal`](Self::add_normal) take two steps of the
/// eight generators for every 16 values begun, [`add_uniform`](Self::add_uniform) one step for
/// every 8 begun; what a last, partial batch leaves over is discarded. So the values depend only
/// on the lengths asked for, call by call. As a [`rand::Rng`] the source hands out the
/// 8 words of a step one by one and keeps the rest of them for later; slices are always served
/// by fresh steps.
///
/// # State
/// With the feature `serde` the exact state is stored and restored: a resumed source goes on bit
/// for bit. [`jump`](Self::jump) skips 2¹²⁸ steps, for independent sources from one state.
///
/// ```
/// use drift_learn::{Stream, Streams};
///
/// let mut source = Streams::new(1).noise_source(Stream::UpdateNoise)?;
/// let mut gradient = vec![0.0; 3100];
/// source.add_normal(0.03, &mut gradient);
/// let variance = gradient.iter().map(|g| g * g).sum::<f64>() / 3100.0;
/// assert!((variance / 0.03f64.powi(2) - 1.0).abs() < 0.1);
/// # Ok::<(), drift_learn::Error>(())
/// ```
///
/// It is not a cryptographic generator.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "UncheckedSource"))]
pub struct NoiseSource {
    state: State,
    /// Words of the last step taken as `Rng`; those before `taken` are handed out.
    block: Lanes,
    taken: usize,
    #[cfg_attr(feature = "serde", serde(skip))]
    level: SimdLevel,
}

/// Equal when all further values are equal: the instruction set does not matter, nor do words
/// already handed out.
impl PartialEq for NoiseSource {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state && self.block[self.taken..] == other.block[other.taken..]
    }
}

impl NoiseSource {
    /// A source seeded with 32 words (of 64 bits) of a generator, usually a named stream
    /// ([`Streams::noise_source`](crate::Streams::noise_source)).
    ///
    /// # Errors
    /// [`Error::Simd`] where `DRIFT_SIMD` names no instruction set of this machine.
    pub fn from_rng<R: Rng + ?Sized>(rng: &mut R) -> Result<Self, Error> {
        let mut state: State = [[0; LANES]; 4];
        for lane in 0..LANES {
            loop {
                for word in &mut state {
                    word[lane] = rng.next_u64();
                }
                // The one state xoshiro never leaves; met once in 2^256.
                if state.iter().any(|word| word[lane] != 0) {
                    break;
                }
            }
        }
        Ok(Self {
            state,
            block: [0; LANES],
            taken: LANES,
            level: SimdLevel::selected()?,
        })
    }

    /// The same source on another instruction set: same bits, another speed.
    ///
    /// # Errors
    /// [`Error::Simd`] where this machine lacks it.
    pub fn with_level(self, level: SimdLevel) -> Result<Self, Error> {
        Ok(Self {
            level: level.checked()?,
            ..self
        })
    }

    /// The instruction set in use.
    #[must_use]
    pub fn level(&self) -> SimdLevel {
        self.level
    }

    /// Overwrites every value with a standard normal deviate.
    pub fn fill_normal(&mut self, values: &mut [f64]) {
        self.give_normals(Fill { values });
    }

    /// Adds a normal deviate of mean 0 and standard deviation `scale` to every value.
    pub fn add_normal(&mut self, scale: f64, values: &mut [f64]) {
        self.give_normals(Add { values, scale });
    }

    /// Gives every value of a sink its normal, whole batches of 16 at a time.
    pub(crate) fn give_normals<S: Sink>(&mut self, sink: S) {
        self.level.run(Normals {
            state: &mut self.state,
            sink,
        });
    }

    /// Adds a uniform deviate on [−`width`/2, `width`/2) to every value.
    pub fn add_uniform(&mut self, width: f64, values: &mut [f64]) {
        self.level.run(AddUniform {
            state: &mut self.state,
            values,
            width,
        });
    }

    /// Moves each of the eight generators 2¹²⁸ steps ahead, past anything that could ever be
    /// drawn before, and forgets the words kept for [`rand::Rng`].
    pub fn jump(&mut self) {
        generator::jump(&mut self.state);
        self.taken = LANES;
    }

    fn next_word(&mut self) -> u64 {
        if self.taken == LANES {
            self.block = generator::step(&mut self.state);
            self.taken = 0;
        }
        self.taken += 1;
        self.block[self.taken - 1]
    }
}

impl TryRng for NoiseSource {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        // The upper half: the better bits of a xoshiro word.
        Ok((self.next_word() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next_word())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// A stored state, not yet checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct UncheckedSource {
    state: State,
    block: Lanes,
    taken: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<UncheckedSource> for NoiseSource {
    type Error = Error;

    fn try_from(raw: UncheckedSource) -> Result<Self, Error> {
        for lane in 0..LANES {
            if raw.state.iter().all(|word| word[lane] == 0) {
                return Err(Error::DeadLane { lane });
            }
        }
        if raw.taken > LANES {
            return Err(Error::BlockPosition { found: raw.taken });
        }
        Ok(Self {
            state: raw.state,
            block: raw.block,
            taken: raw.taken,
            level: SimdLevel::selected()?,
        })
    }
}
