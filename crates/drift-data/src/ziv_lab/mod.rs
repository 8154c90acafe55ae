//! Published data sets of the Ziv laboratory: calcium imaging of CA1 and CA3 in mice on linear tracks.
//!
//! * [`unbiased_information`]: Sheintuch, Rubin and Ziv 2022, repository `zivlab/unbiased_information_estimation`.
//! * [`multiple_maps`]: Sheintuch et al. 2020, repository `zivlab/multiple_maps`; registered across sessions.
//! * [`cell_assemblies`]: repository `zivlab/cell_assemblies`; rate maps registered across sixteen sessions.

pub mod cell_assemblies;
pub mod multiple_maps;
pub mod unbiased_information;

/// Width of a bin of the 96 cm tracks, cm.
const BIN_CM: f64 = 4.0;

/// Number of bins of a track.
const BINS: u32 = 24;

/// The region in which a mouse was imaged, as the script of the published analysis lists them.
#[must_use]
pub fn region(mouse: &str) -> Option<&'static str> {
    match mouse {
        "C5M1" | "C6M3" | "C6M4" | "C8M2" => Some("CA1"),
        "C14M4" | "C15M2" | "C23M4" | "C24M3" | "C24M4" => Some("CA3"),
        _ => None,
    }
}
