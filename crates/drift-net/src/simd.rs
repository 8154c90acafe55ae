use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::Error;

/// Instruction set that the kernels run on.
///
/// Chosen once, when a [`Workspace`](crate::Workspace) is built: the best the machine has, or the
/// one that the environment variable `DRIFT_SIMD` names (`baseline`, `v3`, `v4`), so a
/// plain `cargo build` is as fast as one with `-C target-cpu=native`. Every level works on
/// blocks of 8 units, in the same order and with fused multiply-add, so all levels give the same
/// bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SimdLevel {
    /// Whatever the compiler assumes of the target: NEON with fused multiply-add on AArch64. On
    /// x86-64 that is SSE2, where the fused multiply-add is emulated: slow, but the same bits.
    Baseline,
    /// x86-64-v3: AVX2, FMA and what comes with them.
    V3,
    /// x86-64-v4: AVX-512 F, BW, CD, DQ and VL.
    V4,
}

const ALL: [SimdLevel; 3] = [SimdLevel::Baseline, SimdLevel::V3, SimdLevel::V4];

impl SimdLevel {
    /// The levels that this machine can run, slowest first.
    #[must_use]
    pub fn available() -> Vec<SimdLevel> {
        ALL.into_iter().filter(|level| level.runs_here()).collect()
    }

    /// The level in use unless a caller asks for another: the best available, or the value of
    /// the environment variable `DRIFT_SIMD`, read once. A name that this machine cannot run is
    /// an error, not a fallback.
    ///
    /// # Errors
    /// [`Error::SimdUnavailable`] where `DRIFT_SIMD` names no level of this machine.
    pub fn selected() -> Result<SimdLevel, Error> {
        static SELECTED: OnceLock<Result<SimdLevel, Error>> = OnceLock::new();
        SELECTED
            .get_or_init(|| match std::env::var("DRIFT_SIMD") {
                Ok(name) if !name.is_empty() => name.parse(),
                _ => Ok(*Self::available().last().unwrap_or(&SimdLevel::Baseline)),
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
    pub(crate) fn checked(self) -> Result<SimdLevel, Error> {
        if self.runs_here() {
            Ok(self)
        } else {
            Err(unavailable(self.name()))
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

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::available()
            .into_iter()
            .find(|level| level.name() == name)
            .ok_or_else(|| unavailable(name))
    }
}

fn unavailable(requested: &str) -> Error {
    Error::SimdUnavailable {
        requested: requested.to_owned(),
        available: SimdLevel::available()
            .iter()
            .map(|level| level.name())
            .collect::<Vec<_>>()
            .join(", "),
    }
}
