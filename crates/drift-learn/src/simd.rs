//! The instruction sets, and the only `unsafe` code of the crate: calls of functions compiled
//! for an instruction set that has been found on this machine.
#![allow(
    unsafe_code,
    reason = "calling a function compiled for more than the target's baseline is unsafe"
)]

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::Error;
use crate::kernels::generator::Lanes;

/// Instruction set that noise and updates are computed with.
///
/// Found at run time, so a plain `cargo build` is as fast as one with `-C target-cpu=native`.
/// Every level works on 8 lanes, in the same order and with fused multiply-add, so **all levels
/// give the same bits**: the choice is never part of a result or of a stored state.
///
/// | name | instructions |
/// |---|---|
/// | `baseline` | what the compiler assumes of the target; without hardware fused multiply-add it is emulated: slow, same bits |
/// | `neon` | 128-bit NEON, part of AArch64's baseline |
/// | `v3` | x86-64-v3: AVX2 and FMA |
/// | `v4` | x86-64-v4: AVX-512 F, DQ and VL |
///
/// The environment variable `DRIFT_SIMD`, read once, caps the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SimdLevel {
    /// The target's baseline.
    Baseline,
    /// AArch64 NEON.
    Neon,
    /// AVX2 and FMA.
    V3,
    /// AVX-512 F, DQ and VL.
    V4,
}

const ALL: [SimdLevel; 4] = [
    SimdLevel::Baseline,
    SimdLevel::Neon,
    SimdLevel::V3,
    SimdLevel::V4,
];

impl SimdLevel {
    /// The levels this machine can run, slowest first; `baseline` is always there.
    #[must_use]
    pub fn available() -> Vec<SimdLevel> {
        ALL.into_iter().filter(|level| level.runs_here()).collect()
    }

    /// The level used unless a caller asks for another: the best available one that is not above
    /// the one named by `DRIFT_SIMD`. A value of `DRIFT_SIMD` that names no level caps nothing.
    #[must_use]
    pub fn selected() -> SimdLevel {
        static SELECTED: OnceLock<SimdLevel> = OnceLock::new();
        *SELECTED.get_or_init(|| {
            let cap = std::env::var("DRIFT_SIMD")
                .ok()
                .and_then(|name| ALL.into_iter().find(|level| level.name() == name))
                .unwrap_or(SimdLevel::V4);
            ALL.into_iter()
                .rfind(|&level| level <= cap && level.runs_here())
                .unwrap_or(SimdLevel::Baseline)
        })
    }

    /// The name that `DRIFT_SIMD` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SimdLevel::Baseline => "baseline",
            SimdLevel::Neon => "neon",
            SimdLevel::V3 => "v3",
            SimdLevel::V4 => "v4",
        }
    }

    /// Whether this machine has the instructions.
    #[must_use]
    pub fn runs_here(self) -> bool {
        match self {
            SimdLevel::Baseline => true,
            SimdLevel::Neon => cfg!(all(target_arch = "aarch64", target_feature = "neon")),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::V3 => {
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            SimdLevel::V4 => {
                SimdLevel::V3.runs_here()
                    && std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                    && std::arch::is_x86_feature_detected!("avx512vl")
            }
            #[cfg(not(target_arch = "x86_64"))]
            SimdLevel::V3 | SimdLevel::V4 => false,
        }
    }

    /// The level itself where this machine has it.
    pub(crate) fn checked(self) -> Result<SimdLevel, Error> {
        if self.runs_here() {
            Ok(self)
        } else {
            Err(unavailable(self.name()))
        }
    }

    /// Runs a kernel compiled for this level; one that this machine lacks runs as baseline.
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::V4 if self.runs_here() => {
                // SAFETY: `runs_here` has just found every feature that `run_v4` enables.
                unsafe { x86::run_v4(kernel) }
            }
            #[cfg(target_arch = "x86_64")]
            SimdLevel::V3 if self.runs_here() => {
                // SAFETY: `runs_here` has just found every feature that `run_v3` enables.
                unsafe { x86::run_v3(kernel) }
            }
            _ => kernel.run::<Lanes>(),
        }
    }
}

/// Plain loops over fixed blocks, compiled once for every level.
///
/// `run` and everything it calls must be `#[inline(always)]`: a function left out of line is
/// compiled for the target's baseline only, with the right bits at a fraction of the speed.
pub(crate) trait Kernel {
    type Output;
    /// `W` are the words of the level that this is compiled for.
    fn run<W: Words>(self) -> Self::Output;
}

/// Eight random words in registers.
///
/// The compiler turns arrays of words that live across a loop into scalars, so the generator's
/// state has to be spelled out in vectors. Everything else is plain loops.
pub(crate) trait Words: Copy {
    fn load(words: &Lanes) -> Self;
    fn store(self, words: &mut Lanes);
    fn add(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn shift_left<const BITS: u32>(self) -> Self;
    /// `RIGHT` must be 64 − `LEFT`.
    fn rotate_left<const LEFT: u32, const RIGHT: u32>(self) -> Self;
}

impl Words for Lanes {
    #[inline(always)]
    fn load(words: &Lanes) -> Self {
        *words
    }

    #[inline(always)]
    fn store(self, words: &mut Lanes) {
        *words = self;
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane].wrapping_add(other[lane]))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] ^ other[lane])
    }

    #[inline(always)]
    fn shift_left<const BITS: u32>(self) -> Self {
        self.map(|word| word << BITS)
    }

    #[inline(always)]
    fn rotate_left<const LEFT: u32, const RIGHT: u32>(self) -> Self {
        self.map(|word| word.rotate_left(LEFT))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Kernel, Lanes, Words};

    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
    pub(super) fn run_v4<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<WordsV4>()
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn run_v3<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<WordsV3>()
    }

    /// Words in one AVX-512 register. Made only by kernels that `run_v4` runs.
    #[derive(Clone, Copy)]
    struct WordsV4(__m512i);

    /// Words in two AVX2 registers. Made only by kernels that `run_v3` runs.
    #[derive(Clone, Copy)]
    struct WordsV3(__m256i, __m256i);

    impl Words for WordsV4 {
        #[inline(always)]
        fn load(words: &Lanes) -> Self {
            // SAFETY: 64 readable bytes, no alignment asked; AVX-512 F as the type says.
            Self(unsafe { _mm512_loadu_si512(words.as_ptr().cast()) })
        }

        #[inline(always)]
        fn store(self, words: &mut Lanes) {
            // SAFETY: 64 writable bytes, no alignment asked; AVX-512 F as the type says.
            unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) }
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: AVX-512 F as the type says.
            Self(unsafe { _mm512_add_epi64(self.0, other.0) })
        }

        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            // SAFETY: AVX-512 F as the type says.
            Self(unsafe { _mm512_xor_si512(self.0, other.0) })
        }

        #[inline(always)]
        fn shift_left<const BITS: u32>(self) -> Self {
            // SAFETY: AVX-512 F as the type says.
            Self(unsafe { _mm512_slli_epi64::<BITS>(self.0) })
        }

        #[inline(always)]
        fn rotate_left<const LEFT: u32, const RIGHT: u32>(self) -> Self {
            // SAFETY: AVX-512 F as the type says.
            Self(unsafe {
                _mm512_or_si512(
                    _mm512_slli_epi64::<LEFT>(self.0),
                    _mm512_srli_epi64::<RIGHT>(self.0),
                )
            })
        }
    }

    impl Words for WordsV3 {
        #[inline(always)]
        fn load(words: &Lanes) -> Self {
            let [low, high] = words.as_chunks::<4>().0 else {
                unreachable!("8 words are two chunks of 4")
            };
            // SAFETY: twice 32 readable bytes, no alignment asked; AVX2 as the type says.
            unsafe {
                Self(
                    _mm256_loadu_si256(low.as_ptr().cast()),
                    _mm256_loadu_si256(high.as_ptr().cast()),
                )
            }
        }

        #[inline(always)]
        fn store(self, words: &mut Lanes) {
            let [low, high] = words.as_chunks_mut::<4>().0 else {
                unreachable!("8 words are two chunks of 4")
            };
            // SAFETY: twice 32 writable bytes, no alignment asked; AVX2 as the type says.
            unsafe {
                _mm256_storeu_si256(low.as_mut_ptr().cast(), self.0);
                _mm256_storeu_si256(high.as_mut_ptr().cast(), self.1);
            }
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: AVX2 as the type says.
            unsafe {
                Self(
                    _mm256_add_epi64(self.0, other.0),
                    _mm256_add_epi64(self.1, other.1),
                )
            }
        }

        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            // SAFETY: AVX2 as the type says.
            unsafe {
                Self(
                    _mm256_xor_si256(self.0, other.0),
                    _mm256_xor_si256(self.1, other.1),
                )
            }
        }

        #[inline(always)]
        fn shift_left<const BITS: u32>(self) -> Self {
            let bits = BITS as i64;
            // SAFETY: AVX2 as the type says.
            unsafe {
                let count = _mm_cvtsi64_si128(bits);
                Self(
                    _mm256_sll_epi64(self.0, count),
                    _mm256_sll_epi64(self.1, count),
                )
            }
        }

        #[inline(always)]
        fn rotate_left<const LEFT: u32, const RIGHT: u32>(self) -> Self {
            // SAFETY: AVX2 as the type says.
            unsafe {
                let left = _mm_cvtsi64_si128(LEFT as i64);
                let right = _mm_cvtsi64_si128(RIGHT as i64);
                Self(
                    _mm256_or_si256(
                        _mm256_sll_epi64(self.0, left),
                        _mm256_srl_epi64(self.0, right),
                    ),
                    _mm256_or_si256(
                        _mm256_sll_epi64(self.1, left),
                        _mm256_srl_epi64(self.1, right),
                    ),
                )
            }
        }
    }
}

impl fmt::Display for SimdLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for SimdLevel {
    type Err = Error;

    /// The level of that name.
    ///
    /// # Errors
    /// [`Error::SimdUnavailable`] for a name that is none, or that this machine cannot run.
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::available()
            .into_iter()
            .find(|level| level.name() == name)
            .ok_or_else(|| unavailable(name))
    }
}

fn unavailable(requested: &str) -> Error {
    let names: Vec<_> = SimdLevel::available()
        .iter()
        .map(|level| level.name())
        .collect();
    Error::SimdUnavailable {
        requested: requested.to_owned(),
        available: names.join(", "),
    }
}
