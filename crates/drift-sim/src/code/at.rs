//! The code at one time.

use drift_data::TrackDirection;
use drift_metrics::RateMap;
use drift_metrics::decoding::{SessionDecoders, Space};
use drift_metrics::information::bias::CorrectedInformation;
use drift_metrics::sessions::RegisteredSession;
use drift_metrics::statistics::Mean;
use nalgebra::DMatrix;

use super::{Authors, Unit, When};

/// One unit at one time in one direction.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UnitMeasures {
    /// Position in the moment's units.
    pub unit: usize,
    /// Direction of motion.
    pub direction: Option<TrackDirection>,
    /// Samples with activity and a place; none where only maps are there.
    pub active_samples: Option<usize>,
    /// Mean rate, Hz.
    pub rate: f64,
    /// Bin of the largest rate, from 1; none for a silent unit.
    pub peak_bin: Option<usize>,
    /// Naive spatial information, bits per spike; NaN for a silent unit.
    pub bits_per_spike: f64,
    /// Naive spatial information, bits per second.
    pub bits_per_second: f64,
    /// Whether the unit is active and has enough samples with a place in this direction.
    pub tested: bool,
    /// Share of shuffles that reach the naive information, of tested units.
    pub p_value: Option<f64>,
    /// Mean information of the shuffles, bits per spike: what chance gives.
    pub shuffled: Option<f64>,
    /// Corrected bits per spike and bits per second, of tuned units (of all tested ones without
    /// shuffles).
    pub corrected: Option<(CorrectedInformation, CorrectedInformation)>,
}

/// The code at one time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CodeAt {
    /// Name for tables.
    pub label: String,
    /// Its time.
    pub when: When,
    /// Units found at this time: all of a network's.
    pub units: Vec<Unit>,
    /// Which of them are active: samples with activity in all directions and places together, and
    /// the mean rate.
    pub active: Vec<bool>,
    /// Which of them have enough active samples with a place in a direction; none where only maps
    /// are there.
    pub tested: Option<Vec<bool>>,
    /// Which of them the shuffles find tuned in a direction; none without shuffles.
    pub place: Option<Vec<bool>>,
    /// Every unit and direction.
    pub measures: Vec<UnitMeasures>,
    /// Share of (unit, sample) pairs with activity; NaN where only maps are there.
    pub active_fraction: f64,
    /// Tested units with an information above the criterion in a direction.
    pub above_threshold: usize,
    /// Unsmoothed maps of all directions below each other (bins · directions × units).
    pub map: RateMap,
    /// What the authors computed.
    pub authors: Option<Authors>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Maps of the even and of the odd laps in the order of the study's units, where these and laps
    /// are known.
    pub(super) halves: Option<[DMatrix<f64>; 2]>,
    /// Decoders trained on this time, where the same is known.
    pub(super) decoders: Option<SessionDecoders>,
    /// How far the bins of one direction lie apart, and how many there are.
    pub(super) space: Space,
    /// The maps in the order of the study's units, where these are known.
    pub(super) registered: Option<RegisteredSession>,
}

/// How many of a list of flags are set.
pub(super) fn count(flags: &[bool]) -> usize {
    flags.iter().filter(|flag| **flag).count()
}

impl CodeAt {
    /// Number of active units.
    #[must_use]
    pub fn active_units(&self) -> usize {
        count(&self.active)
    }

    /// Number of tested units; none where only maps are there.
    #[must_use]
    pub fn tested_units(&self) -> Option<usize> {
        self.tested.as_deref().map(count)
    }

    /// Number of tuned units; none without shuffles.
    #[must_use]
    pub fn place_units(&self) -> Option<usize> {
        self.place.as_deref().map(count)
    }

    /// Units of the study in its order: which were found and active.
    #[must_use]
    pub fn session(&self) -> Option<&RegisteredSession> {
        self.registered.as_ref()
    }

    /// Naive bits per spike over the tested units and directions; over the active units where only
    /// maps are there.
    #[must_use]
    pub fn information(&self) -> Mean {
        Mean::of(
            self.measures
                .iter()
                .filter(|m| m.tested)
                .map(|m| m.bits_per_spike),
        )
    }

    /// Naive bits per spike less what the shuffles give, over the tested units and directions.
    #[must_use]
    pub fn information_above_chance(&self) -> Mean {
        let tested = self.measures.iter();
        Mean::of(tested.filter_map(|m| Some(m.bits_per_spike - m.shuffled?)))
    }

    /// Corrected bits per spike over the units and directions that were corrected.
    #[must_use]
    pub fn corrected(&self, value: fn(&CorrectedInformation) -> f64) -> Mean {
        let corrected = self.measures.iter().filter_map(|m| m.corrected.as_ref());
        Mean::of(corrected.map(|(bits, _)| value(bits)))
    }

    /// Mean rate over all units and directions, Hz.
    #[must_use]
    pub fn mean_rate(&self) -> Mean {
        Mean::of(self.measures.iter().map(|m| m.rate))
    }
}
