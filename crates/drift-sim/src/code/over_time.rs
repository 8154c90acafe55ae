//! What is measured of a code at several times.

use drift_metrics::RateMap;
use drift_metrics::sessions::Turnover;
use drift_metrics::sessions::{RegisteredSession, SessionPairs};
use nalgebra::DMatrix;

/// The code at one time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CodeAt {
    /// Name for tables.
    pub label: String,
    /// Steps or days.
    pub time: f64,
    /// Units of the whole study.
    pub units: usize,
    /// Units found at this time: all of a simulation's, the registered ones of a session's.
    pub found: usize,
    /// Found units that are active.
    pub active: usize,
    /// Share of (unit found, sample) pairs with positive activity.
    pub active_fraction: f64,
    /// Units that are active on the samples with a position: those whose information is taken.
    pub tested: usize,
    /// Tested units with a spatial information above the threshold.
    pub place_units: usize,
    /// Tested units that the shuffles find tuned; none without shuffles.
    pub tuned: Option<usize>,
    /// Mean naive spatial information of the tested units, bits per spike; NaN without one.
    pub mean_information: f64,
    /// Its standard error; NaN with fewer than two units.
    pub information_error: f64,
    /// Mean of information less its mean under shuffling: what chance does not explain, bits per
    /// spike; none without shuffles.
    pub information_above_chance: Option<f64>,
    /// Unsmoothed rate maps (bins × columns of the moment's activity).
    pub map: RateMap,
    /// The column of each unit of the study in `map`, as the moment says.
    pub column_of: Vec<Option<usize>>,
}

impl CodeAt {
    /// Active units as a share of all units of the study.
    #[must_use]
    pub fn fraction_active_units(&self) -> f64 {
        self.active as f64 / self.units as f64
    }

    /// Active units as a share of the units found.
    #[must_use]
    pub fn fraction_active_of_found(&self) -> f64 {
        self.active as f64 / self.found as f64
    }

    /// Place units by the threshold as a share of the units tested.
    #[must_use]
    pub fn place_share(&self) -> f64 {
        self.place_units as f64 / self.tested as f64
    }

    /// Tuned units as a share of the units tested; NaN without shuffles.
    #[must_use]
    pub fn tuned_share(&self) -> f64 {
        self.tuned.map_or(f64::NAN, |tuned| tuned as f64) / self.tested as f64
    }
}

/// Similarity of the code to itself some time later.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AtLag {
    /// Number of moments between.
    pub moments: usize,
    /// Mean time between, in the unit of the times.
    pub time: f64,
    /// Mean Pearson's r between rate maps of units active at both times.
    pub rate_map_correlation: f64,
    /// Mean Pearson's r between population vectors of the same bin.
    pub pv_correlation: f64,
    /// Mean turnover ratio: 0 when the same units are active, 1 when none is active at both.
    pub turnover_ratio: f64,
}

/// A code over time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CodeOverTime {
    /// Each time, in order.
    pub times: Vec<CodeAt>,
    /// Each time in the order of the study's units.
    pub sessions: Vec<RegisteredSession>,
    /// All pairs of times (times × times).
    pub pairs: SessionPairs,
    /// Turnover ratio of all pairs (times × times), among the units found at both.
    pub turnover: DMatrix<f64>,
    /// Turnover from each time to the next (times − 1).
    pub changes: Vec<Turnover>,
}

impl CodeOverTime {
    /// Similarity against the time between, means over all pairs so many moments apart.
    #[must_use]
    pub fn by_lag(&self) -> Vec<AtLag> {
        let between = DMatrix::from_fn(self.times.len(), self.times.len(), |i, j| {
            self.times[j].time - self.times[i].time
        });
        let columns = [
            &between,
            &self.pairs.rate_map_correlation,
            &self.pairs.pv_correlation,
            &self.turnover,
        ]
        .map(SessionPairs::by_lag);
        (0..self.times.len())
            .map(|lag| AtLag {
                moments: lag,
                time: columns[0][lag],
                rate_map_correlation: columns[1][lag],
                pv_correlation: columns[2][lag],
                turnover_ratio: columns[3][lag],
            })
            .collect()
    }
}
