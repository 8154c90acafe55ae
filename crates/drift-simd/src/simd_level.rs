use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use thiserror::Error as ThisError;

use crate::{Level, Plain};

/// Instruction set that kernels run on.
///
/// It is found at run time, so a plain `cargo build` is as fast as one with
/// `-C target-cpu=native`. Every level works on blocks of 8 lanes, in the same order and with fused
/// multiply-add, so **all levels give the same bits**: the choice is never part of a result or of
/// a stored state.
///
/// | name | instructions |
/// |---|---|
/// | `baseline` | what the compiler assumes of the target: NEON on AArch64; on x86-64 fused multiply-add is emulated: slow, same bits |
/// | `v3` | x86-64-v3: AVX2, FMA and what comes with them |
/// | `v4` | x86-64-v4: AVX-512 F, BW, CD, DQ and VL |
///
/// ```
/// use drift_simd::SimdLevel;
///
/// assert_eq!("baseline".parse(), Ok(SimdLevel::Baseline));
/// assert!(SimdLevel::available().contains(&SimdLevel::Baseline));
/// let error = "sse9".parse::<SimdLevel>().unwrap_err();
/// assert_eq!(error.requested, "sse9");
/// ```
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

/// This machine cannot run the requested instruction set, or there is none of that name.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("instruction set {requested} is not available on this machine; available: {available}")]
#[non_exhaustive]
pub struct SimdUnavailable {
    /// The name asked for.
    pub requested: String,
    /// The names that this machine can run, slowest first.
    pub available: String,
}

const ALL: [SimdLevel; 3] = [SimdLevel::Baseline, SimdLevel::V3, SimdLevel::V4];

impl SimdLevel {
    /// The levels that this machine can run, slowest first; `baseline` is always there.
    #[must_use]
    pub fn available() -> Vec<SimdLevel> {
        ALL.into_iter().filter(|level| level.runs_here()).collect()
    }

    /// The level in use unless a caller asks for another: the one that the environment variable
    /// `DRIFT_SIMD` names, or the best available where that is unset or empty. The variable is
    /// read once.
    ///
    /// # Errors
    /// [`SimdUnavailable`] where `DRIFT_SIMD` names no level of this machine.
    pub fn selected() -> Result<SimdLevel, SimdUnavailable> {
        static SELECTED: OnceLock<Result<SimdLevel, SimdUnavailable>> = OnceLock::new();
        SELECTED
            .get_or_init(|| match std::env::var_os("DRIFT_SIMD") {
                Some(name) if !name.is_empty() => name.to_string_lossy().parse(),
                _ => Ok(ALL
                    .into_iter()
                    .rfind(|level| level.runs_here())
                    .unwrap_or(SimdLevel::Baseline)),
            })
            .clone()
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
    ///
    /// # Errors
    /// [`SimdUnavailable`] where it has not.
    pub fn checked(self) -> Result<SimdLevel, SimdUnavailable> {
        if self.runs_here() {
            Ok(self)
        } else {
            Err(SimdUnavailable::of(self.name()))
        }
    }

    /// The level for kernels written in `pulp`'s own vectors, as wide as the instruction set has them:
    /// sums over them round differently on each. One that this machine lacks is the baseline.
    #[must_use]
    pub fn arch(self) -> pulp::Arch {
        #[cfg(target_arch = "x86_64")]
        return match self {
            SimdLevel::V4 => pulp::x86::V4::try_new().map(pulp::Arch::V4),
            SimdLevel::V3 => pulp::x86::V3::try_new().map(pulp::Arch::V3),
            SimdLevel::Baseline => None,
        }
        .unwrap_or(pulp::Arch::Scalar);
        #[cfg(not(target_arch = "x86_64"))]
        pulp::Arch::new()
    }

    /// Runs a kernel compiled for this level; one that this machine lacks runs as baseline.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[cfg(target_arch = "x86_64")]
        match self {
            SimdLevel::V4 => {
                if let Some(level) = pulp::x86::V4::try_new() {
                    return level.compiled(Run { kernel, level });
                }
            }
            SimdLevel::V3 => {
                if let Some(level) = pulp::x86::V3::try_new() {
                    return level.compiled(Run { kernel, level });
                }
            }
            SimdLevel::Baseline => {}
        }
        kernel.run(Plain)
    }
}

/// Loops over blocks, written once and compiled for every level.
///
/// `run` and everything it calls must be `#[inline(always)]`, or be called through
/// [`Level::compiled`]: a function left out of line is compiled for the target's baseline only,
/// with the right bits at a fraction of the speed.
pub trait Kernel {
    /// What it computes.
    type Output;

    /// Computes it with the instructions of `level`.
    fn run<L: Level>(self, level: L) -> Self::Output;
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

impl fmt::Display for SimdLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for SimdLevel {
    type Err = SimdUnavailable;

    /// The level of that name.
    ///
    /// # Errors
    /// [`SimdUnavailable`] for a name that is none, or that this machine cannot run.
    fn from_str(name: &str) -> Result<Self, SimdUnavailable> {
        Self::available()
            .into_iter()
            .find(|level| level.name() == name)
            .ok_or_else(|| SimdUnavailable::of(name))
    }
}

impl SimdUnavailable {
    fn of(requested: &str) -> Self {
        let names: Vec<_> = SimdLevel::available()
            .iter()
            .map(|level| level.name())
            .collect();
        Self {
            requested: requested.to_owned(),
            available: names.join(", "),
        }
    }
}
