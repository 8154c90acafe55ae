//! From the samples of a session to its passes: one set of placed samples a direction.

use std::ops::Range;

use drift_data::TrackDirection;
use drift_metrics::activity::SparseActivity;
use drift_metrics::binning::States;

use super::Pass;
use super::recorded::Directions;
use crate::Error;

/// Activity and place of every sample of a session (or snapshot).
#[derive(Debug)]
pub(super) struct Samples<'a> {
    /// (samples × units).
    pub activity: &'a SparseActivity,
    /// Bin of each sample; `None` where it is in none.
    pub place: &'a [Option<usize>],
    /// Direction of each sample; `None` where the animal stands. `None` as a whole where no
    /// direction is known.
    pub running: Option<&'a [Option<TrackDirection>]>,
    /// Lap of each sample; empty where there are none.
    pub laps: &'a [usize],
    /// Number of bins.
    pub bins: usize,
    /// Seconds a sample.
    pub seconds: f64,
}

impl Samples<'_> {
    /// The passes among the samples of `range`; directions without a placed sample are left out.
    pub(super) fn passes(
        &self,
        range: Range<usize>,
        directions: Directions,
    ) -> Result<Vec<Pass>, Error> {
        use TrackDirection::{Left, Right};
        let running = self.running.filter(|_| directions != Directions::Together);
        let told: &[Option<TrackDirection>] = match (running, directions) {
            (Some(_), Directions::Apart) => &[Some(Right), Some(Left)],
            _ => &[None],
        };
        let mut passes = Vec::new();
        for &direction in told {
            let counts = |sample: usize| match (running, direction) {
                (None, _) => true,
                (Some(running), None) => running[sample].is_some(),
                (Some(running), wanted) => running[sample] == wanted,
            };
            // Both directions of a signed position have bins of their own.
            let signed = running.is_some() && direction.is_none();
            let bin = |sample: usize| {
                let left = signed && running.is_some_and(|all| all[sample] == Some(Left));
                self.place[sample].map(|bin| bin + usize::from(left) * self.bins)
            };
            let bins = if signed { 2 * self.bins } else { self.bins };
            passes.extend(self.pass(range.clone(), direction, bins, counts, bin)?);
        }
        Ok(passes)
    }

    fn pass(
        &self,
        range: Range<usize>,
        direction: Option<TrackDirection>,
        bins: usize,
        counts: impl Fn(usize) -> bool,
        bin: impl Fn(usize) -> Option<usize>,
    ) -> Result<Option<Pass>, Error> {
        const UNPLACED: usize = usize::MAX;
        // For each sample that counts its number among the placed ones.
        let mut number = vec![None; self.activity.frames()];
        let (mut labels, mut laps, mut samples) = (Vec::new(), Vec::new(), 0);
        for sample in range.filter(|sample| counts(*sample)) {
            samples += 1;
            number[sample] = Some(bin(sample).map_or(UNPLACED, |bin| {
                labels.push(bin);
                laps.extend(self.laps.get(sample));
                labels.len() - 1
            }));
        }
        if labels.is_empty() {
            return Ok(None);
        }
        let mut active_samples = vec![0; self.activity.cells()];
        let placed: Vec<Vec<(usize, f64)>> = active_samples
            .iter_mut()
            .enumerate()
            .map(|(unit, active)| {
                let entries = self.activity.entries(unit);
                let counted = entries.filter_map(|(sample, value)| Some((number[sample]?, value)));
                counted
                    .inspect(|_| *active += 1)
                    .filter(|(number, _)| *number != UNPLACED)
                    .collect()
            })
            .collect();
        Ok(Some(Pass {
            direction,
            activity: SparseActivity::from_entries(labels.len(), &placed)?,
            states: States::new(&labels)?,
            bins,
            sample_seconds: self.seconds,
            samples,
            active_samples,
            laps,
        }))
    }
}
