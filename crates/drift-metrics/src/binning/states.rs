//! The encoded variable: which state (bin of position, stimulus) each frame belongs to.

use crate::Error;
use crate::error::{at_least, every, positive, same_length, within};
use crate::statistics::distinct;

/// One state for each frame, as consecutive indices, with the occupancy of every state.
///
/// States are the distinct labels present, in increasing order: a label that never occurs is not
/// a state. Any labels do, so bins 3..=22 of a track are twenty states.
///
/// ```
/// use drift_metrics::binning::States;
///
/// let states = States::new(&[3, 3, 22, 7])?;
/// assert_eq!(states.labels(), [3, 7, 22]);
/// assert_eq!(states.occupancy(), [2, 1, 1]);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct States {
    labels: Vec<usize>,
    /// Index into `labels` of each frame.
    index: Vec<u16>,
    occupancy: Vec<u32>,
    /// Seconds of each frame, where they differ.
    durations: Option<Vec<f64>>,
}

impl States {
    /// Reads the label of every frame.
    ///
    /// # Errors
    /// No frames, or more than 65534 distinct labels.
    pub fn new(labels: &[usize]) -> Result<Self, Error> {
        at_least("states", labels.len(), 1)?;
        let distinct = distinct(labels);
        // One index beyond the last state stands for "frame not in this subsample".
        within(
            distinct.len() < usize::from(u16::MAX),
            "number of distinct states",
            distinct.len() as f64,
            "at most 65534",
        )?;
        let mut occupancy = vec![0; distinct.len()];
        let index = labels
            .iter()
            .map(|label| {
                let state = distinct.partition_point(|other| other < label);
                occupancy[state] += 1;
                state as u16
            })
            .collect();
        Ok(Self {
            labels: distinct,
            index,
            occupancy,
            durations: None,
        })
    }

    /// The same on an uneven clock: `durations` are the seconds of each frame (frames), and the share
    /// of a state is that of its time, no longer that of its frames.
    ///
    /// # Errors
    /// Another number of durations than of frames; one that is not positive and finite.
    pub fn lasting(mut self, durations: Vec<f64>) -> Result<Self, Error> {
        same_length("durations", durations.len(), self.frames(), "the states")?;
        let expected = "a positive number of seconds";
        every("durations", &durations, positive, expected)?;
        self.durations = Some(durations);
        Ok(self)
    }

    /// Seconds of each frame (frames), where they differ.
    #[must_use]
    pub fn durations(&self) -> Option<&[f64]> {
        self.durations.as_deref()
    }

    /// Seconds spent in each state (states), where a frame of an even clock lasts `each`.
    #[must_use]
    pub fn time(&self, each: f64) -> Vec<f64> {
        match &self.durations {
            Some(durations) => self.seconds(durations),
            None => self
                .occupancy
                .iter()
                .map(|n| f64::from(*n) * each)
                .collect(),
        }
    }

    /// The distinct labels, increasing (states).
    #[must_use]
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Frames spent in each state (states).
    #[must_use]
    pub fn occupancy(&self) -> &[u32] {
        &self.occupancy
    }

    /// Seconds spent in each state (states), from those of each frame.
    pub(crate) fn seconds(&self, durations: &[f64]) -> Vec<f64> {
        let mut seconds = vec![0.0; self.count()];
        for (&state, each) in self.index.iter().zip(durations) {
            seconds[usize::from(state)] += each;
        }
        seconds
    }

    /// Index of the state of each frame (frames).
    #[must_use]
    pub fn index(&self) -> &[u16] {
        &self.index
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.index.len()
    }

    /// Number of distinct states.
    #[must_use]
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    pub(crate) fn check_frames(&self, frames: usize) -> Result<(), Error> {
        let like = "the frames of the activity";
        same_length("states", self.frames(), frames, like)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_follow_the_sorted_labels() {
        let states = States::new(&[9, 4, 9, 6]).unwrap();
        assert_eq!(states.index(), [2, 0, 2, 1]);
        assert_eq!(states.occupancy(), [1, 1, 2]);
        assert_eq!(states.count(), 3);
    }

    #[test]
    fn refuses_none_and_too_many() {
        assert!(States::new(&[]).is_err());
        let many: Vec<usize> = (0..70_000).collect();
        assert!(States::new(&many).is_err());
        assert!(States::new(&[1, 2]).unwrap().check_frames(3).is_err());
    }
}
