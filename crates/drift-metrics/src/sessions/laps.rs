//! One session frame by frame: what decoders, halves and the geometry of drift are made from.

use nalgebra::{DMatrix, DMatrixView};

use crate::Error;
use crate::activity::SparseActivity;
use crate::binning::Durations;
use crate::error::{same_length, within};
use crate::statistics::distinct;

/// The frames of one session: activity, bin and lap of each, with the cells in the order of the
/// registration.
///
/// Laps are the repeats that halves, folds and covariances are made of: lap numbers of any kind, in
/// any order (runs along a track, blocks of trials, minutes of free running).
///
/// ```
/// use drift_metrics::nalgebra::DMatrix;
/// use drift_metrics::sessions::BinnedSession;
/// let counts = DMatrix::from_row_slice(4, 1, &[1.0, 0.0, 3.0, 0.0]);
/// let bins = [Some(0), Some(1), Some(0), None];
/// let session = BinnedSession::new(counts.as_view(), &bins, 2, &[0, 0, 1, 1], 0.5.into(), &[true])?;
/// assert_eq!(session.rate_map()[(0, 0)], 4.0); // four events in a second
/// let [even, odd] = session.half_maps();
/// assert_eq!((even[(0, 0)], odd[(0, 0)]), (2.0, 6.0));
/// assert!(odd[(1, 0)].is_nan()); // not visited in that half
/// # Ok::<(), drift_metrics::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BinnedSession {
    /// Silent for cells not found.
    activity: SparseActivity,
    bins: Vec<Option<usize>>,
    n_bins: usize,
    /// Rank of each frame's lap among the laps.
    laps: Vec<usize>,
    n_laps: usize,
    seconds: Vec<f64>,
    found: Vec<bool>,
}

impl BinnedSession {
    /// Puts a session together from all its frames.
    ///
    /// `counts` (frames × registered cells): events or amplitudes of each frame, whatever for cells
    /// not found; `bins` (frames), each below `n_bins`, `None` where the frame is not to be used for
    /// place; `laps` (frames); `durations` in seconds; `found` (registered cells).
    ///
    /// # Errors
    /// No frames or no cells; lists that do not fit `counts`; a bin out of range; activity of a found
    /// cell that is negative or not finite; durations that are negative or not finite.
    pub fn new(
        counts: DMatrixView<'_, f64>,
        bins: &[Option<usize>],
        n_bins: usize,
        laps: &[usize],
        durations: Durations<'_>,
        found: &[bool],
    ) -> Result<Self, Error> {
        let cells = counts.ncols();
        same_length("found", found.len(), cells, "the cells of the activity")?;
        let columns = counts.column_iter().zip(found).map(|(column, &found)| {
            let entries = column.into_iter().copied().enumerate();
            entries.filter(move |_| found)
        });
        let activity = SparseActivity::collect(counts.nrows(), columns)?;
        Self::of_activity(activity, bins, n_bins, laps, durations, found)
    }

    /// As [`new`](Self::new), from the active frames alone: events of many cells take a hundredth of
    /// the memory. A cell not found has to be silent.
    ///
    /// # Errors
    /// As [`new`](Self::new); a cell that is active and not found.
    pub fn of_activity(
        activity: SparseActivity,
        bins: &[Option<usize>],
        n_bins: usize,
        laps: &[usize],
        durations: Durations<'_>,
        found: &[bool],
    ) -> Result<Self, Error> {
        let (frames, cells) = (activity.frames(), activity.cells());
        same_length("bins", bins.len(), frames, "the frames of the activity")?;
        same_length("laps", laps.len(), frames, "the frames of the activity")?;
        same_length("found", found.len(), cells, "the cells of the activity")?;
        durations.check(frames)?;
        for &bin in bins.iter().flatten() {
            let expected = "less than the number of bins";
            within(bin < n_bins, "bin of a frame", bin as f64, expected)?;
        }
        for (cell, found) in found.iter().enumerate() {
            let active = activity.active_frames(cell);
            let field = "active frames of a cell not found";
            within(*found || active == 0, field, active as f64, "0")?;
        }
        let distinct = distinct(laps);
        Ok(Self {
            bins: bins.to_vec(),
            n_bins,
            laps: laps
                .iter()
                .map(|lap| distinct.partition_point(|other| other < lap))
                .collect(),
            n_laps: distinct.len(),
            seconds: match durations {
                Durations::Constant(each) => vec![each; frames],
                Durations::Each(each) => each.to_vec(),
            },
            found: found.to_vec(),
            activity,
        })
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.activity.frames()
    }

    /// Number of registered cells, found or not.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.activity.cells()
    }

    /// Number of bins.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.n_bins
    }

    /// Number of laps.
    #[must_use]
    pub fn n_laps(&self) -> usize {
        self.n_laps
    }

    /// Which registered cells were found.
    #[must_use]
    pub fn found(&self) -> &[bool] {
        &self.found
    }

    /// Bin of each frame (frames).
    #[must_use]
    pub fn bins(&self) -> &[Option<usize>] {
        &self.bins
    }

    /// Lap of each frame (frames), numbered from 0 in the order of the labels.
    #[must_use]
    pub fn laps(&self) -> &[usize] {
        &self.laps
    }

    /// Seconds of each frame (frames).
    #[must_use]
    pub fn seconds(&self) -> &[f64] {
        &self.seconds
    }

    /// Activity (frames × registered cells), none of cells not found.
    #[must_use]
    pub fn activity(&self) -> &SparseActivity {
        &self.activity
    }

    /// Rate map (bins × registered cells) in Hz, NaN for bins not visited and cells not found.
    #[must_use]
    pub fn rate_map(&self) -> DMatrix<f64> {
        self.sums(|_| Some(0), 1).map(0)
    }

    /// Rate maps of the even laps and of the odd laps, counted from 0.
    #[must_use]
    pub fn half_maps(&self) -> [DMatrix<f64>; 2] {
        let sums = self.sums(|lap| Some(lap % 2), 2);
        [sums.map(0), sums.map(1)]
    }

    /// Seconds and activity by bin for groups of laps.
    pub(crate) fn sums(&self, group: impl Fn(usize) -> Option<usize>, groups: usize) -> Sums {
        let rows = self.n_bins;
        let mut sums = Sums {
            seconds: vec![vec![0.0; rows]; groups],
            activity: vec![DMatrix::zeros(rows, self.cells()); groups],
            found: self.found.clone(),
        };
        let place: Vec<Option<(usize, usize)>> = self
            .bins
            .iter()
            .zip(&self.laps)
            .map(|(&bin, &lap)| Some((group(lap)?, bin?)))
            .collect();
        for (place, seconds) in place.iter().zip(&self.seconds) {
            if let Some((group, bin)) = *place {
                sums.seconds[group][bin] += seconds;
            }
        }
        for cell in 0..self.cells() {
            for (frame, value) in self.activity.entries(cell) {
                if let Some((group, bin)) = place[frame] {
                    sums.activity[group][(bin, cell)] += value;
                }
            }
        }
        sums
    }

    /// Mean activity per frame of some cells in one bin, lap by lap (laps with a visit × cells),
    /// and the number of each lap.
    pub(crate) fn lap_vectors(&self, bin: usize, cells: &[usize]) -> (DMatrix<f64>, Vec<usize>) {
        let mut frames = vec![0.0; self.n_laps];
        let here = |frame: usize| self.bins[frame] == Some(bin);
        for frame in (0..self.frames()).filter(|&frame| here(frame)) {
            frames[self.laps[frame]] += 1.0;
        }
        let visited: Vec<usize> = (0..self.n_laps).filter(|&lap| frames[lap] > 0.0).collect();
        let mut vectors = DMatrix::zeros(visited.len(), cells.len());
        for (column, &cell) in cells.iter().enumerate() {
            for (frame, value) in self.activity.entries(cell).filter(|entry| here(entry.0)) {
                let row = visited.partition_point(|&other| other < self.laps[frame]);
                vectors[(row, column)] += value;
            }
        }
        for (mut row, &lap) in vectors.row_iter_mut().zip(&visited) {
            row /= frames[lap];
        }
        (vectors, visited)
    }
}

/// Time and activity added up by bin, for groups of laps.
#[derive(Debug, Clone)]
pub(crate) struct Sums {
    /// Seconds in each bin, for each group.
    pub(crate) seconds: Vec<Vec<f64>>,
    activity: Vec<DMatrix<f64>>,
    found: Vec<bool>,
}

impl Sums {
    /// The rate map of one group.
    pub(crate) fn map(&self, group: usize) -> DMatrix<f64> {
        self.rates(self.activity[group].clone(), &self.seconds[group])
    }

    /// The rate map of all groups but one, for each of them, with the seconds in each bin.
    pub(crate) fn maps_without(&self) -> impl Iterator<Item = (DMatrix<f64>, Vec<f64>)> {
        let mut whole = DMatrix::zeros(0, 0);
        for (number, part) in self.activity.iter().enumerate() {
            match number {
                0 => whole.clone_from(part),
                _ => whole += part,
            }
        }
        (0..self.activity.len()).map(move |group| {
            // Of amplitudes the difference is 0 up to rounding where all are in the group.
            let activity = whole.zip_map(&self.activity[group], |all, own| (all - own).max(0.0));
            // Added up, for a bin that no other group visits has to have exactly no time.
            let seconds: Vec<f64> = (0..self.seconds[group].len())
                .map(|bin| {
                    let others = (0..self.seconds.len()).filter(|&other| other != group);
                    others.map(|other| self.seconds[other][bin]).sum()
                })
                .collect();
            (self.rates(activity, &seconds), seconds)
        })
    }

    fn rates(&self, mut activity: DMatrix<f64>, seconds: &[f64]) -> DMatrix<f64> {
        for (mut column, &found) in activity.column_iter_mut().zip(&self.found) {
            for (rate, &time) in column.iter_mut().zip(seconds) {
                *rate = if found && time > 0.0 {
                    *rate / time
                } else {
                    f64::NAN
                };
            }
        }
        activity
    }
}
