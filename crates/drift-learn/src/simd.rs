//! The instruction sets, by way of pulp: its tokens are only to be had where the machine has the
//! instructions, so calling them is safe.

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
/// | `baseline` | what the compiler assumes of the target: NEON on AArch64; on x86-64 fused multiply-add is emulated: slow, same bits |
/// | `v3` | x86-64-v3: AVX2, FMA and what comes with them |
/// | `v4` | x86-64-v4: AVX-512 F, BW, CD, DQ and VL |
///
/// The environment variable `DRIFT_SIMD`, read once, caps the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SimdLevel {
    /// The target's baseline.
    Baseline,
    /// AVX2, FMA and what comes with them.
    V3,
    /// AVX-512 F, BW, CD, DQ and VL.
    V4,
}

const ALL: [SimdLevel; 3] = [SimdLevel::Baseline, SimdLevel::V3, SimdLevel::V4];

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
            SimdLevel::V3 => "v3",
            SimdLevel::V4 => "v4",
        }
    }

    /// Whether this machine has the instructions.
    #[must_use]
    pub fn runs_here(self) -> bool {
        match self {
            SimdLevel::Baseline => true,
            #[cfg(target_arch = "x86_64")]
            SimdLevel::V3 => pulp::x86::V3::is_available(),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::V4 => pulp::x86::V4::is_available(),
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
        #[cfg(target_arch = "x86_64")]
        match self {
            SimdLevel::V4 => {
                if let Some(level) = pulp::x86::V4::try_new() {
                    return level.vectorize(Run { kernel, level });
                }
            }
            SimdLevel::V3 => {
                if let Some(level) = pulp::x86::V3::try_new() {
                    return level.vectorize(Run { kernel, level });
                }
            }
            SimdLevel::Baseline => {}
        }
        kernel.run(Plain)
    }
}

/// A kernel and the level to compile it for. A struct, since a closure cannot be marked to be
/// inlined.
#[cfg(target_arch = "x86_64")]
struct Run<K, L> {
    kernel: K,
    level: L,
}

#[cfg(target_arch = "x86_64")]
impl<K: Kernel, L: Level> pulp::NullaryFnOnce for Run<K, L> {
    type Output = K::Output;

    #[inline(always)]
    fn call(self) -> K::Output {
        self.kernel.run(self.level)
    }
}

/// Plain loops over fixed blocks, compiled once for every level.
///
/// `run` and everything it calls must be `#[inline(always)]`: a function left out of line is
/// compiled for the target's baseline only, with the right bits at a fraction of the speed.
pub(crate) trait Kernel {
    type Output;
    fn run<L: Level>(self, level: L) -> Self::Output;
}

/// Eight random words in registers.
///
/// The compiler turns arrays of words that live across a loop into scalars, so the generator's
/// state has to be spelled out in vectors. Everything else is plain loops.
pub(crate) trait Level: Copy {
    type Words: Copy;
    fn load(self, words: &Lanes) -> Self::Words;
    fn store(self, words: Self::Words, to: &mut Lanes);
    fn add(self, left: Self::Words, right: Self::Words) -> Self::Words;
    fn xor(self, left: Self::Words, right: Self::Words) -> Self::Words;
    fn shift_left<const BITS: u32>(self, words: Self::Words) -> Self::Words;
    /// `RIGHT` must be 64 − `LEFT`.
    fn rotate_left<const LEFT: u32, const RIGHT: u32>(self, words: Self::Words) -> Self::Words;
}

/// No vectors but those that the compiler makes.
#[derive(Clone, Copy)]
pub(crate) struct Plain;

impl Level for Plain {
    type Words = Lanes;

    #[inline(always)]
    fn load(self, words: &Lanes) -> Lanes {
        *words
    }

    #[inline(always)]
    fn store(self, words: Lanes, to: &mut Lanes) {
        *to = words;
    }

    #[inline(always)]
    fn add(self, left: Lanes, right: Lanes) -> Lanes {
        std::array::from_fn(|lane| left[lane].wrapping_add(right[lane]))
    }

    #[inline(always)]
    fn xor(self, left: Lanes, right: Lanes) -> Lanes {
        std::array::from_fn(|lane| left[lane] ^ right[lane])
    }

    #[inline(always)]
    fn shift_left<const BITS: u32>(self, words: Lanes) -> Lanes {
        words.map(|word| word << BITS)
    }

    #[inline(always)]
    fn rotate_left<const LEFT: u32, const RIGHT: u32>(self, words: Lanes) -> Lanes {
        words.map(|word| word.rotate_left(LEFT))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{__m256i, __m512i};

    use pulp::cast;
    use pulp::x86::{V3, V4};

    use super::{Lanes, Level};

    /// One AVX-512 register.
    impl Level for V4 {
        type Words = __m512i;

        #[inline(always)]
        fn load(self, words: &Lanes) -> __m512i {
            cast(*words)
        }

        #[inline(always)]
        fn store(self, words: __m512i, to: &mut Lanes) {
            *to = cast(words);
        }

        #[inline(always)]
        fn add(self, left: __m512i, right: __m512i) -> __m512i {
            self.avx512f._mm512_add_epi64(left, right)
        }

        #[inline(always)]
        fn xor(self, left: __m512i, right: __m512i) -> __m512i {
            self.avx512f._mm512_xor_si512(left, right)
        }

        #[inline(always)]
        fn shift_left<const BITS: u32>(self, words: __m512i) -> __m512i {
            self.avx512f._mm512_slli_epi64::<BITS>(words)
        }

        #[inline(always)]
        fn rotate_left<const LEFT: u32, const RIGHT: u32>(self, words: __m512i) -> __m512i {
            self.avx512f._mm512_or_si512(
                self.avx512f._mm512_slli_epi64::<LEFT>(words),
                self.avx512f._mm512_srli_epi64::<RIGHT>(words),
            )
        }
    }

    /// Two AVX2 registers.
    impl Level for V3 {
        type Words = [__m256i; 2];

        #[inline(always)]
        fn load(self, words: &Lanes) -> [__m256i; 2] {
            cast(*words)
        }

        #[inline(always)]
        fn store(self, words: [__m256i; 2], to: &mut Lanes) {
            *to = cast(words);
        }

        #[inline(always)]
        fn add(self, left: [__m256i; 2], right: [__m256i; 2]) -> [__m256i; 2] {
            [
                self.avx2._mm256_add_epi64(left[0], right[0]),
                self.avx2._mm256_add_epi64(left[1], right[1]),
            ]
        }

        #[inline(always)]
        fn xor(self, left: [__m256i; 2], right: [__m256i; 2]) -> [__m256i; 2] {
            [
                self.avx2._mm256_xor_si256(left[0], right[0]),
                self.avx2._mm256_xor_si256(left[1], right[1]),
            ]
        }

        #[inline(always)]
        fn shift_left<const BITS: u32>(self, words: [__m256i; 2]) -> [__m256i; 2] {
            let count = self.sse2._mm_cvtsi32_si128(BITS as i32);
            [
                self.avx2._mm256_sll_epi64(words[0], count),
                self.avx2._mm256_sll_epi64(words[1], count),
            ]
        }

        #[inline(always)]
        fn rotate_left<const LEFT: u32, const RIGHT: u32>(
            self,
            words: [__m256i; 2],
        ) -> [__m256i; 2] {
            let left = self.sse2._mm_cvtsi32_si128(LEFT as i32);
            let right = self.sse2._mm_cvtsi32_si128(RIGHT as i32);
            [
                self.avx2._mm256_or_si256(
                    self.avx2._mm256_sll_epi64(words[0], left),
                    self.avx2._mm256_srl_epi64(words[0], right),
                ),
                self.avx2._mm256_or_si256(
                    self.avx2._mm256_sll_epi64(words[1], left),
                    self.avx2._mm256_srl_epi64(words[1], right),
                ),
            ]
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
