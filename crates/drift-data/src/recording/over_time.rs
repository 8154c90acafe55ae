//! What a session's cells did, sample by sample.

use drift_metrics::activity::SparseActivity;
use nalgebra::DMatrix;

use super::{Activity, FrameKind, Session};
use crate::Error;

impl Session {
    /// Activity of each sample (samples × cells): frames as they are, spikes counted into the samples of the trajectory.
    ///
    /// A spike belongs to the last sample not after it, as long as that lasts: in a gap of the trajectory it belongs to
    /// none. Traces are given as they are.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] for spikes without trajectory and for rate maps; [`Error::Unequal`] from
    /// [`check`](Self::check).
    pub fn activity_matrix(&self) -> Result<DMatrix<f64>, Error> {
        self.check()?;
        match &self.activity {
            Activity::Frames(frames) => Ok(frames.to_dense()),
            Activity::Spikes(_) => {
                let counts = self.spike_counts()?;
                let mut dense = DMatrix::zeros(self.samples(), counts.len());
                for (cell, entries) in counts.iter().enumerate() {
                    for (sample, count) in entries {
                        dense[(*sample, cell)] = *count;
                    }
                }
                Ok(dense)
            }
            Activity::RateMaps(_) => Err(self.not_recorded("activity over time")),
        }
    }

    /// As [`activity_matrix`](Self::activity_matrix), only what is not zero; rates are turned into the number of spikes
    /// expected in each sample.
    ///
    /// # Errors
    /// As there, [`Error::Trace`] for traces, and [`Error::Activity`] where there is no sample or no cell.
    pub fn sparse_activity(&self) -> Result<SparseActivity, Error> {
        match &self.activity {
            Activity::Frames(frames) if frames.kind() == FrameKind::Rates => {
                let durations = self.durations().unwrap_or_default();
                self.sparse(|frame, rate| rate * durations[frame])
            }
            _ => self.sparse(|_, value| value),
        }
    }

    /// As [`sparse_activity`](Self::sparse_activity), but every positive value of a frame is one event.
    ///
    /// # Errors
    /// As there.
    pub fn sparse_events(&self) -> Result<SparseActivity, Error> {
        match &self.activity {
            Activity::Frames(_) => self.sparse(|_, value| f64::from(u8::from(value > 0.0))),
            _ => self.sparse(|_, value| value),
        }
    }

    fn sparse(&self, value: impl Fn(usize, f64) -> f64) -> Result<SparseActivity, Error> {
        self.check()?;
        self.refuse_traces()?;
        let cells: Vec<Vec<(usize, f64)>> = match &self.activity {
            Activity::Frames(frames) => {
                let valued = |(frame, found)| (frame, value(frame, found));
                let entries = |cell| frames.entries(cell).map(valued).collect();
                (0..frames.cells()).map(entries).collect()
            }
            Activity::Spikes(_) => self.spike_counts()?,
            Activity::RateMaps(_) => return Err(self.not_recorded("activity over time")),
        };
        Ok(SparseActivity::from_entries(self.samples(), &cells)?)
    }

    /// For each cell the samples with spikes and their number.
    fn spike_counts(&self) -> Result<Vec<Vec<(usize, f64)>>, Error> {
        let (Activity::Spikes(trains), Some(trajectory)) = (&self.activity, &self.trajectory)
        else {
            return Err(self.not_recorded("a trajectory"));
        };
        let counts = |train: &Vec<f64>| {
            let mut entries: Vec<(usize, f64)> = Vec::new();
            for sample in train.iter().filter_map(|time| trajectory.sample_at(*time)) {
                match entries.last_mut() {
                    Some((last, count)) if *last == sample => *count += 1.0,
                    _ => entries.push((sample, 1.0)),
                }
            }
            entries
        };
        Ok(trains.iter().map(counts).collect())
    }
}
