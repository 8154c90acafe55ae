//! What a user chooses of the files, and knows beyond them.

use super::{CellChoice, Faults};
#[cfg(any(feature = "nwb", feature = "folder"))]
use crate::{Error, error::positive};

/// What of the files is read, where they hold more than one thing of a kind; and what they do not say.
///
/// NWB files take all of it. In a recording folder each choice goes to the files that it says something
/// about, in place of the key of `recording.toml`, and is refused where there is none:
///
/// | field | in a recording folder |
/// |---|---|
/// | `series` | `signal` of suite2p, CaImAn, CNMF-E |
/// | `position` | `bodypart` of DeepLabCut, `node` of SLEAP |
/// | `plane` | a plane's folder of suite2p |
/// | `cells` | `iscell`, `idx_components`, the status of Inscopix, `keep` of `cells` |
/// | `scale` | `cm_per_px` of DeepLabCut and SLEAP, `scale` of others |
/// | `missing` | `missing` of all positions |
/// | `frame_rate` | `rate_hz` of the activity, else of the video |
/// | `faults` | a session that cannot be read |
///
/// | field | default | option of `drift` |
/// |---|---|---|
/// | `series` | the only series of the cells' activity | `--series` |
/// | `position` | the `Position` container | `--position` |
/// | `plane` | all imaging planes | `--plane` |
/// | `cells` | accepted | `--cells` |
/// | `scale` | by the unit in the file | `--scale` |
/// | `missing` | what the file states | `--missing` |
/// | `frame_rate` | what the file states | `--frame-rate` |
/// | `faults` | refuse | without `--strict` the other |
///
/// Names are compared without regard to case with a series' path, the end of it, or a group it is in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choices {
    /// Name of the series or container of activity; it also chooses responses where there are units.
    pub series: Option<String>,
    /// Name of the series or container of the position.
    pub position: Option<String>,
    /// Name of the imaging plane.
    pub plane: Option<String>,
    /// Which regions of interest are cells.
    pub cells: CellChoice,
    /// Centimetres in one unit of the position, above 0.
    pub scale: Option<f64>,
    /// The stored value that marks lost tracking, in any coordinate.
    pub missing: Option<f64>,
    /// Samples a second of series without timestamps, above 0.
    pub frame_rate: Option<f64>,
    /// What happens to a session that cannot be read, where others can.
    pub faults: Faults,
}

impl Choices {
    #[cfg(any(feature = "nwb", feature = "folder"))]
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (field, value) in [("scale", self.scale), ("frame_rate", self.frame_rate)] {
            value.map(|value| positive(field, value)).transpose()?;
        }
        Ok(())
    }
}
