//! What a population did at one time.

use drift_data::TrackDirection;
use drift_metrics::activity::SparseActivity;
use drift_metrics::binning::States;
use drift_metrics::decoding::Space;
use nalgebra::DMatrix;

use crate::Error;
use crate::check::{in_range, same_size, within};

/// Whose code is measured: an animal in one environment, or a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Population {
    /// Animal or run: the unit of a cohort.
    pub subject: String,
    /// Environment, where it has a name.
    pub environment: Option<String>,
    /// Format of the recording; `run` of a simulation.
    pub format: String,
    /// Whether the units were simulated.
    pub simulated: bool,
    /// Units of the whole study whose identity is known across some of its times; `None` where
    /// nothing says which unit of one time is which of another.
    pub units: Option<usize>,
    /// Registered cells: units that are known at all times, found or not. All of a network's.
    pub registered: Option<usize>,
}

impl Population {
    /// Subject and environment, for headings.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.environment {
            Some(environment) => format!("{} {environment}", self.subject),
            None => self.subject.clone(),
        }
    }
}

/// The time of a moment on every axis that is known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct When {
    /// Number of the session (or snapshot) in its environment, from 1.
    pub session: usize,
    /// Day.
    pub day: Option<f64>,
    /// How many times the animal has been in this environment, this one included.
    pub exposure: Option<u32>,
    /// Minutes recorded in this environment up to the end of this session.
    pub minutes: Option<f64>,
    /// Step of training.
    pub step: Option<u64>,
}

/// One unit found at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Name in its session.
    pub label: String,
    /// Brain region.
    pub region: Option<String>,
    /// Its number among the units of the study; `None` where that is not known.
    pub identity: Option<usize>,
}

impl Unit {
    /// The unit of a network with this index.
    #[must_use]
    pub fn numbered(index: usize) -> Self {
        Self {
            label: format!("unit {index}"),
            region: None,
            identity: Some(index),
        }
    }
}

/// The samples of one direction of motion that count.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// Direction; `None` where directions are not told apart.
    pub direction: Option<TrackDirection>,
    /// Counts, events or amplitudes of the samples with a place (samples × units).
    pub activity: SparseActivity,
    /// Place bin of each of them, 0 to `bins` − 1; with their durations where the clock is uneven.
    pub states: States,
    /// Number of place bins, visited or not.
    pub bins: usize,
    /// Seconds a sample, of an uneven clock their mean; 1 where time has no unit.
    pub sample_seconds: f64,
    /// Samples that count, those without a place among them.
    pub samples: usize,
    /// In how many of these each unit is active (units).
    pub active_samples: Vec<usize>,
    /// Lap of each sample with a place (samples), or another repeat: what halves and folds are made
    /// of. Empty where there are none.
    pub laps: Vec<usize>,
}

/// Rate maps that the files hold, of one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct PassMaps {
    /// Direction; `None` for both.
    pub direction: Option<TrackDirection>,
    /// Seconds in each bin (bins), from the trajectory where there is one, else 1 in every visited
    /// bin.
    pub occupancy: Vec<f64>,
    /// Rates (bins × units), Hz; NaN where unvisited.
    pub rates: DMatrix<f64>,
}

/// What is known of the units' activity.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// Activity over time, a set of samples for each direction.
    Passes(Vec<Pass>),
    /// Maps only, one set for each direction.
    Maps(Vec<PassMaps>),
}

/// What the authors of a data set computed of a session themselves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Authors {
    /// Cells they found.
    pub found_cells: f64,
    /// Cells with significant tuning in either direction.
    pub place_cells: f64,
    /// Mean spatial information, bits per spike, as they corrected it.
    pub information: f64,
}

/// One time at which a population was seen: a snapshot of a run, or a session (or a block of one)
/// of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Name for tables: `step 20000`, `day 3`.
    pub label: String,
    /// Its time.
    pub when: When,
    /// The units found, in the order of the columns of the activity.
    pub units: Vec<Unit>,
    /// What they did.
    pub evidence: Evidence,
    /// Directions that the study tells apart, 1 or 2: maps of all moments have a part for each.
    pub slots: usize,
    /// How far the bins of one direction lie apart.
    pub space: Space,
    /// What the authors computed.
    pub authors: Option<Authors>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl Moment {
    /// Refuses parts that do not fit each other.
    pub(super) fn check(&self) -> Result<(), Error> {
        within("slots", self.slots, 1..=2)?;
        let units = self.units.len();
        let told = |direction| {
            let expected = "2, with a direction of its own for what runs to the left";
            in_range("slots", self.slots, slot(direction) < self.slots, expected)
        };
        match &self.evidence {
            Evidence::Passes(passes) => passes.iter().try_for_each(|pass| {
                told(pass.direction)?;
                let samples = pass.activity.frames();
                same_size("units of a pass", pass.activity.cells(), units)?;
                same_size("active_samples of a pass", pass.active_samples.len(), units)?;
                same_size("states of a pass", pass.states.index().len(), samples)?;
                if !pass.laps.is_empty() {
                    same_size("laps of a pass", pass.laps.len(), samples)?;
                }
                let last = pass.states.labels().iter().max().map_or(0, |last| last + 1);
                let expected = format!("at least {last}, for the states are numbered so far");
                in_range("bins", pass.bins, last <= pass.bins, expected)
            }),
            Evidence::Maps(maps) => maps.iter().try_for_each(|maps| {
                told(maps.direction)?;
                same_size("units of rate maps", maps.rates.ncols(), units)?;
                same_size(
                    "bins of rate maps",
                    maps.rates.nrows(),
                    maps.occupancy.len(),
                )
            }),
        }
    }

    /// How far the bins of all directions lie apart: a place passed the other way is one bin away.
    pub(super) fn decoding_space(&self) -> Space {
        let bins = match &self.evidence {
            Evidence::Passes(passes) => passes.iter().map(|pass| pass.bins).max(),
            Evidence::Maps(_) => None,
        };
        match self.slots {
            1 => self.space,
            _ => Space::Plane {
                bins_y: bins.unwrap_or(1),
            },
        }
    }

    /// The column of each of the study's `units`; `None` for a unit that was not found.
    pub(super) fn column_of(&self, units: usize) -> Vec<Option<usize>> {
        let mut column_of = vec![None; units];
        for (column, unit) in self.units.iter().enumerate() {
            if let Some(slot) = unit
                .identity
                .and_then(|identity| column_of.get_mut(identity))
            {
                *slot = Some(column);
            }
        }
        column_of
    }
}

/// Where the maps of a direction stand among those of a moment.
pub(super) fn slot(direction: Option<TrackDirection>) -> usize {
    match direction {
        Some(TrackDirection::Left) => 1,
        Some(TrackDirection::Right) | None => 0,
    }
}
