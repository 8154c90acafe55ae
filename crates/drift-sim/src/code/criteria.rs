use crate::Error;
use crate::check::{finite, in_range, not_negative};

/// What counts as active and as tuned.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `active_samples` | 5 | samples with activity that make a unit active | ≥ 1 |
/// | `minimum_rate` | 0 | mean rate that an active unit exceeds, Hz (per sample in a simulation) | ≥ 0 |
/// | `place_threshold` | 0.01 | bits per spike above which a tested unit is a place unit, as the paper has it | finite |
/// | `shuffles` | 1000 | cyclic shuffles of the test for tuning; 0 leaves it out | |
/// | `significance` | 0.05 | a unit is tuned when p < this in a direction | (0, 1] |
/// | `subsamplings` | 0 | subsamplings behind the correction of the information; 0 leaves it out | |
///
/// The threshold suits units without noise. A recorded cell with few events exceeds it by chance:
/// there the test, which does not depend on the bias of the information, is the measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Criteria {
    /// Samples with activity that make a unit active.
    pub active_samples: usize,
    /// Mean rate that an active unit exceeds, Hz.
    pub minimum_rate: f64,
    /// Spatial information above which a tested unit is a place unit, bits per spike.
    pub place_threshold: f64,
    /// Cyclic shuffles of the test for tuning.
    pub shuffles: usize,
    /// Significance of the test.
    pub significance: f64,
    /// Subsamplings behind the correction of the information.
    pub subsamplings: usize,
}

impl Default for Criteria {
    fn default() -> Self {
        Self {
            active_samples: 5,
            minimum_rate: 0.0,
            place_threshold: 0.01,
            shuffles: 1000,
            significance: 0.05,
            subsamplings: 0,
        }
    }
}

impl Criteria {
    /// Refuses numbers that make no sense.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) with the field.
    pub fn check(&self) -> Result<(), Error> {
        let samples = self.active_samples;
        in_range("active_samples", samples, samples > 0, "at least 1")?;
        not_negative("minimum_rate", self.minimum_rate)?;
        finite("place_threshold", self.place_threshold)?;
        let share = self.significance;
        let holds = share > 0.0 && share <= 1.0;
        in_range("significance", share, holds, "in (0, 1]")
    }
}
