//! Which cells are tuned: spatial information against shuffled trains.

use rand::Rng;
use rand::seq::SliceRandom;

use super::{Replicates, Shuffle, draw_shift, map_indices, shuffle_intervals};
use crate::Error;
use crate::activity::SparseActivity;
use crate::binning::States;
use crate::error::{at_least, within};
use crate::information::plug_in::{CountLogarithms, Occupancy};

/// Two informations closer than this are a tie, which counts against the cell: shuffles that put
/// the same events into the same bins differ only by the rounding of a sum in another order.
const TIE: f64 = 1e-12;

/// Shuffles handled by one task: fixed, so that sums are formed in the same order on any number
/// of threads.
const BATCH: usize = 16;

/// Settings of [`place_cell_test`].
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `shuffle` | [`Shuffle::Cyclic`] | how trains are shuffled | |
/// | `shuffles` | 1000 | number of shuffles | ≥ 1 |
/// | `significance` | 0.05 | a cell is tuned when p < this | (0, 1] |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, rename_all = "kebab-case"))]
pub struct PlaceCellSettings {
    /// How trains are shuffled.
    pub shuffle: Shuffle,
    /// Number of shuffles.
    pub shuffles: usize,
    /// A cell is tuned when its p-value is below this.
    pub significance: f64,
}

impl Default for PlaceCellSettings {
    fn default() -> Self {
        Self {
            shuffle: Shuffle::Cyclic,
            shuffles: 1000,
            significance: 0.05,
        }
    }
}

impl PlaceCellSettings {
    pub(crate) fn check(&self) -> Result<(), Error> {
        at_least("shuffles", self.shuffles, 1)?;
        check_significance(self.significance)
    }
}

fn check_significance(significance: f64) -> Result<(), Error> {
    let holds = significance > 0.0 && significance <= 1.0;
    within(holds, "significance", significance, "in (0, 1]")
}

/// Spatial information of every cell against its shuffles.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PlaceCellTest {
    /// Naive spatial information in bits per spike (cells); NaN for a silent cell.
    pub bits_per_spike: Vec<f64>,
    /// Share of the shuffles whose information reaches the observed one, ties included (cells);
    /// 1 for a silent cell. The published p = 1 − #(naive > shuffled)/#shuffles.
    pub p_values: Vec<f64>,
    /// Mean information of the shuffled trains in bits per spike (cells): the part of the naive
    /// value that chance alone would give. NaN for a silent cell.
    pub shuffled_mean: Vec<f64>,
    /// Standard deviation of the information of the shuffled trains (cells), n − 1 in the
    /// denominator; NaN for a silent cell and with one shuffle.
    pub shuffled_sd: Vec<f64>,
    /// p < significance (cells).
    pub significant: Vec<bool>,
    /// Number of shuffles behind each p-value.
    pub shuffles: usize,
}

impl PlaceCellTest {
    /// Indices (from 0) of the significant cells.
    #[must_use]
    pub fn significant_cells(&self) -> Vec<usize> {
        (0..self.significant.len())
            .filter(|&cell| self.significant[cell])
            .collect()
    }
}

/// Tests the spatial information of every cell against random shuffles of its train.
///
/// The occupancy of the states is that of the frames given, so information in bits per spike and
/// per second give the same p-value. On an uneven clock ([`States::lasting`]) it is that of their time;
/// a shift still moves activity by frames. Shuffles run in parallel with the feature `rayon`; results do
/// not depend on the number of threads. Four 64-bit words are drawn from `rng`.
///
/// Source: Sheintuch, Rubin and Ziv 2022 and its published code (see
/// [`information::bias`](crate::information::bias)).
///
/// # Errors
/// `states` has another number of frames than `activity`; no shuffles; a significance outside
/// (0, 1].
///
/// ```
/// use drift_metrics::activity::SparseActivity;
/// use drift_metrics::shuffle::{PlaceCellSettings, place_cell_test};
/// use drift_metrics::binning::States;
/// use rand::SeedableRng;
///
/// // Ten laps over ten bins; the first cell fires in bin 4 of every lap, the second once a lap in
/// // another bin each time.
/// let labels: Vec<usize> = (0..100).map(|t| t % 10).collect();
/// let tuned = (0..10).map(|lap| (10 * lap + 4, 1.0)).collect();
/// let untuned = (0..10).map(|lap| (10 * lap + (7 * lap + 3) % 10, 1.0)).collect();
/// let activity = SparseActivity::from_entries(100, &[tuned, untuned])?;
///
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let settings = PlaceCellSettings {
///     shuffle: drift_metrics::shuffle::Shuffle::Permutation,
///     ..PlaceCellSettings::default()
/// };
/// let test = place_cell_test(&activity, &States::new(&labels)?, &settings, &mut rng)?;
/// assert_eq!(test.significant, [true, false]);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn place_cell_test<R: Rng + ?Sized>(
    activity: &SparseActivity,
    states: &States,
    settings: &PlaceCellSettings,
    rng: &mut R,
) -> Result<PlaceCellTest, Error> {
    settings.check()?;
    let replicates = Replicates::draw(rng);
    let frames = activity.frames();
    let draw = |scratch: &mut Scratch<'_>, k: usize| {
        let mut rng = replicates.generator(k as u64);
        match settings.shuffle {
            Shuffle::Cyclic => scratch.shift(draw_shift(frames, &mut rng)),
            Shuffle::Permutation => scratch.permute(&mut rng),
            Shuffle::InterSpikeIntervals => scratch.shuffle_each(&mut rng),
        }
    };
    let (shuffles, significance) = (settings.shuffles, settings.significance);
    run(activity, states, shuffles, significance, draw)
}

/// Tests the spatial information of every cell against **all** T − 1 cyclic shifts of its train:
/// deterministic, the limit of [`place_cell_test`] for many shuffles (but for the shift by 0).
///
/// # Errors
/// `states` has another number of frames than `activity`; fewer than two frames; a significance
/// outside (0, 1].
pub fn cyclic_shift_test(
    activity: &SparseActivity,
    states: &States,
    significance: f64,
) -> Result<PlaceCellTest, Error> {
    check_significance(significance)?;
    at_least("frames of the activity", activity.frames(), 2)?;
    let draw = |scratch: &mut Scratch<'_>, k: usize| scratch.shift(k + 1);
    run(activity, states, activity.frames() - 1, significance, draw)
}

/// What one thread needs to evaluate shuffles.
struct Scratch<'a> {
    activity: &'a SparseActivity,
    states: &'a States,
    /// The states twice over, so that a cyclic shift is an offset.
    doubled: &'a [u16],
    /// State met by the activity of each frame after a permutation.
    permuted: Vec<u16>,
    by_state: Vec<f64>,
    moved: Vec<u32>,
    /// Information of each cell under the current shuffle.
    information: Vec<f64>,
    occupancy: &'a Occupancy,
}

impl Scratch<'_> {
    fn shift(&mut self, shift: usize) {
        self.meet(&self.doubled[shift..shift + self.activity.frames()]);
    }

    fn permute<R: Rng>(&mut self, rng: &mut R) {
        let mut permuted = std::mem::take(&mut self.permuted);
        permuted.copy_from_slice(self.states.index());
        permuted.shuffle(rng);
        self.meet(&permuted);
        self.permuted = permuted;
    }

    /// Information of all cells where the activity of frame f meets `states[f]`.
    fn meet(&mut self, states: &[u16]) {
        let (occupancy, by_state) = (self.occupancy, &mut self.by_state);
        for (cell, information) in self.information.iter_mut().enumerate() {
            let active = self.activity.of(cell);
            *information = occupancy.information(by_state, active, states).1;
        }
    }

    fn shuffle_each<R: Rng>(&mut self, rng: &mut R) {
        for (cell, information) in self.information.iter_mut().enumerate() {
            let (frames, values) = self.activity.of(cell);
            self.moved.clear();
            self.moved.extend_from_slice(frames);
            shuffle_intervals(self.activity.frames(), &mut self.moved, rng);
            let (moved, states) = ((&self.moved[..], values), self.states.index());
            *information = self
                .occupancy
                .information(&mut self.by_state, moved, states)
                .1;
        }
    }
}

/// Sums over the shuffles of one batch, for one cell.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    reached: usize,
    /// Of the differences to the observed information: keeps the variance exact when it is small.
    difference: f64,
    square: f64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.reached += other.reached;
        self.difference += other.difference;
        self.square += other.square;
    }
}

fn run(
    activity: &SparseActivity,
    states: &States,
    shuffles: usize,
    significance: f64,
    shuffle: impl Fn(&mut Scratch<'_>, usize) + Send + Sync,
) -> Result<PlaceCellTest, Error> {
    states.check_frames(activity.frames())?;
    let cells = activity.cells();
    let occupancy = Occupancy::of(states, &CountLogarithms::up_to(activity.frames()));
    let doubled = states.index().repeat(2);
    let scratch = || Scratch {
        activity,
        states,
        doubled: &doubled,
        permuted: states.index().to_vec(),
        by_state: vec![0.0; states.count()],
        moved: Vec::new(),
        information: vec![0.0; cells],
        occupancy: &occupancy,
    };
    let mut recorded = scratch();
    recorded.shift(0);
    let observed = recorded.information;

    let batches = map_indices(shuffles.div_ceil(BATCH), scratch, |scratch, batch| {
        let mut sums = vec![Sums::default(); cells];
        for k in batch * BATCH..shuffles.min((batch + 1) * BATCH) {
            shuffle(scratch, k);
            let pairs = scratch.information.iter().zip(&observed);
            for (sums, (&shuffled, &observed)) in sums.iter_mut().zip(pairs) {
                let difference = shuffled - observed;
                // Negated so that NaN, the information of a silent cell, counts as reached.
                let reached = usize::from(!(difference < -TIE));
                sums.add(Sums {
                    reached,
                    difference,
                    square: difference * difference,
                });
            }
        }
        sums
    });
    let mut sums = vec![Sums::default(); cells];
    for batch in batches {
        for (sum, part) in sums.iter_mut().zip(batch) {
            sum.add(part);
        }
    }

    let n = shuffles as f64;
    let p_values: Vec<f64> = sums.iter().map(|sum| sum.reached as f64 / n).collect();
    Ok(PlaceCellTest {
        shuffled_mean: sums
            .iter()
            .zip(&observed)
            .map(|(sum, o)| o + sum.difference / n)
            .collect(),
        shuffled_sd: sums
            .iter()
            .map(|sum| {
                let variance = (sum.square - sum.difference * sum.difference / n) / (n - 1.0);
                if variance < 0.0 { 0.0 } else { variance.sqrt() }
            })
            .collect(),
        significant: p_values.iter().map(|&p| p < significance).collect(),
        p_values,
        bits_per_spike: observed,
        shuffles,
    })
}

#[cfg(test)]
mod tests;
