//! Naive and shuffled information as a function of the number of frames.

use nalgebra::DMatrix;
use rand::Rng;
use rand::seq::SliceRandom;

use crate::Error;
use crate::activity::SparseActivity;
use crate::binning::{Durations, States};
use crate::error::{at_least, every, increasing, within};
use crate::information::ResponseClasses;
use crate::information::plug_in::{
    ActiveFrame, CellInformation, CountLogarithms, Histograms, Occupancy,
};
use crate::shuffle::{Replicates, map_indices};

/// Subsets handled by one task: fixed, so that sums are formed in the same order on any number of
/// threads.
const BATCH: usize = 16;

/// Naive and shuffled information at each sample size (sizes × cells).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InformationCurves {
    /// I_j: mean over subsets of the naive information. NaN where the cell is silent in every
    /// subset (bits per spike only).
    pub naive: DMatrix<f64>,
    /// S_j: the same after permuting the activity within each subset.
    pub shuffled: DMatrix<f64>,
}

impl InformationCurves {
    pub(super) fn zeros(sizes: usize, cells: usize) -> Self {
        let zeros = DMatrix::zeros(sizes, cells);
        Self {
            naive: zeros.clone(),
            shuffled: zeros,
        }
    }
}

/// The three measures of information against sample size.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SubsampledInformation {
    /// Sample sizes t_j in frames, not rounded down (sizes).
    pub sizes: Vec<f64>,
    /// Spatial information in bits per spike.
    pub bits_per_spike: InformationCurves,
    /// Spatial information in bits per second.
    pub bits_per_second: InformationCurves,
    /// Mutual information in bits per frame.
    pub mutual: InformationCurves,
}

impl SubsampledInformation {
    /// Curves of no cell at all.
    pub(super) fn of_nothing(sizes: Vec<f64>) -> Self {
        let nothing = InformationCurves::zeros(sizes.len(), 0);
        Self {
            sizes,
            bits_per_spike: nothing.clone(),
            bits_per_second: nothing.clone(),
            mutual: nothing,
        }
    }
}

/// Information of random subsets of the frames, naive and shuffled.
///
/// For each fraction f of the T frames, ⌈`repetitions`/f⌉ subsets of ⌊fT⌋ frames are drawn without
/// replacement. In each, the naive information of every cell is computed, and again with the
/// activity permuted among the frames of the subset (one permutation for all cells). Values are
/// averaged over the subsets, leaving out those in which the cell is silent for bits per spike; for
/// bits per second and mutual information silence is 0 bits.
///
/// `frame_duration` is in seconds, on an uneven clock ([`States::lasting`]) the mean of all: bits per spike
/// and per second then go by the time of the subset's frames, mutual information by the frames
/// themselves. Subsets are evaluated in parallel with the feature `rayon`;
/// results do not depend on the number of threads. Four 64-bit words are drawn from `rng`.
///
/// # Errors
/// `states` has another number of frames than `activity`; no repetitions; fractions that do not
/// increase strictly within (0, 1] or end below 1; fewer than three fractions; a smallest subset
/// without a frame; a frame duration that is not positive.
pub fn subsampled_information<R: Rng + ?Sized>(
    activity: &SparseActivity,
    states: &States,
    classes: &ResponseClasses,
    frame_duration: f64,
    fractions: &[f64],
    repetitions: usize,
    rng: &mut R,
) -> Result<SubsampledInformation, Error> {
    states.check_frames(activity.frames())?;
    Durations::Constant(frame_duration).check(activity.frames())?;
    check_schedule(fractions, repetitions, activity.frames())?;

    let frames = activity.frames();
    let cells = activity.cells();
    let sizes: Vec<f64> = fractions
        .iter()
        .map(|fraction| fraction * frames as f64)
        .collect();
    let classified = classes.classify(activity);
    let logarithms = CountLogarithms::up_to(frames);
    let replicates = Replicates::draw(rng);
    let sampler = || Sampler::new(states, Histograms::new(states.count(), &classified));

    let mut curves = [(); 3].map(|()| InformationCurves::zeros(sizes.len(), cells));
    let mut drawn = 0;
    for (row, (&fraction, &size)) in fractions.iter().zip(&sizes).enumerate() {
        let subset = size.floor() as usize;
        // All subsets of all frames are the record itself; only their permutations differ.
        let whole = subset == frames;
        let subsets = (repetitions as f64 / fraction).ceil() as usize;
        let batches = map_indices(subsets.div_ceil(BATCH), sampler, |sampler, batch| {
            let mut sums = vec![[Sum::default(); 2]; cells];
            for k in batch * BATCH..subsets.min((batch + 1) * BATCH) {
                let mut rng = replicates.generator(drawn + k as u64);
                sampler.draw(subset, &logarithms, &mut rng);
                for (cell, [naive, shuffled]) in sums.iter_mut().enumerate() {
                    let active = classified.cell(cell);
                    if !whole {
                        naive.add(sampler.information(active, Met::Recorded, &logarithms));
                    }
                    shuffled.add(sampler.information(active, Met::Permuted, &logarithms));
                }
            }
            sums
        });
        drawn += subsets as u64;

        let mut recorded = sampler();
        if whole {
            recorded.all(&logarithms);
        }
        for cell in 0..cells {
            let mut sums = [Sum::default(); 2];
            for batch in &batches {
                for (sum, part) in sums.iter_mut().zip(batch[cell]) {
                    sum.merge(part);
                }
            }
            if whole {
                let active = classified.cell(cell);
                sums[0].add(recorded.information(active, Met::Recorded, &logarithms));
            }
            let [naive, shuffled] = sums.map(|sum| sum.mean(frame_duration));
            for (measure, curves) in curves.iter_mut().enumerate() {
                curves.naive[(row, cell)] = naive[measure];
                curves.shuffled[(row, cell)] = shuffled[measure];
            }
        }
    }
    let [bits_per_spike, bits_per_second, mutual] = curves;
    Ok(SubsampledInformation {
        sizes,
        bits_per_spike,
        bits_per_second,
        mutual,
    })
}

pub(super) fn check_schedule(
    fractions: &[f64],
    repetitions: usize,
    frames: usize,
) -> Result<(), Error> {
    at_least("repetitions", repetitions, 1)?;
    at_least("fractions", fractions.len(), 3)?;
    let expected = "above the one before it and at most 1";
    let share = |fraction| fraction > 0.0 && fraction <= 1.0;
    every("fractions", fractions, share, expected)?;
    increasing("fractions", fractions, expected)?;
    let last = fractions.len() - 1;
    if fractions[last] != 1.0 {
        let expected = "1 as the last one, the whole record";
        return Err(Error::entry("fractions", last, fractions[last], expected));
    }
    within(
        fractions[0] * frames as f64 >= 1.0,
        "frames of the activity",
        frames as f64,
        "enough for one frame in the smallest subset",
    )
}

/// Sums of one measure set over the subsets: bits per spike, bits per frame, mutual information.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    subsets: usize,
    /// Subsets in which the cell is not silent.
    heard: usize,
    of: [f64; 3],
}

impl Sum {
    fn add(&mut self, cell: CellInformation) {
        self.subsets += 1;
        if cell.mean > 0.0 {
            self.heard += 1;
            self.of[0] += cell.bits_per_spike;
            self.of[1] += cell.bits_per_spike * cell.mean;
            self.of[2] += cell.mutual;
        }
    }

    fn merge(&mut self, other: Self) {
        self.subsets += other.subsets;
        self.heard += other.heard;
        for (sum, part) in self.of.iter_mut().zip(other.of) {
            *sum += part;
        }
    }

    /// Bits per spike, bits per second, mutual information.
    fn mean(&self, frame_duration: f64) -> [f64; 3] {
        let subsets = self.subsets as f64;
        let per_spike = self.of[0] / self.heard as f64;
        [
            per_spike,
            self.of[1] / subsets / frame_duration,
            self.of[2] / subsets,
        ]
    }
}

/// Which states the activity of a subset meets.
#[derive(Debug, Clone, Copy)]
enum Met {
    Recorded,
    Permuted,
}

/// One thread's subset of frames, and the states its activity meets.
#[derive(Debug)]
struct Sampler<'a> {
    states: &'a States,
    histograms: Histograms,
    occupancy: Occupancy,
    frames: Vec<u32>,
    /// State of each frame of the subset; the index past the last state outside it.
    recorded: Vec<u16>,
    /// State that the activity of each frame meets after the permutation, likewise.
    permuted: Vec<u16>,
    /// Seconds in each state; empty on an even clock.
    seconds: Vec<f64>,
    /// Seconds of a frame of the record over those of a frame of the subset.
    stretch: f64,
}

impl<'a> Sampler<'a> {
    fn new(states: &'a States, histograms: Histograms) -> Self {
        Self {
            states,
            histograms,
            occupancy: Occupancy::empty(states.count()),
            frames: Vec::new(),
            recorded: vec![0; states.frames()],
            permuted: vec![0; states.frames()],
            seconds: Vec::new(),
            stretch: 1.0,
        }
    }

    /// Draws `size` frames without replacement, and a permutation of them.
    ///
    /// The frames come in random order. Giving the activity of the k-th frame in order of time the
    /// state of the k-th frame drawn is a uniform permutation within the subset, at no more draws.
    fn draw<R: Rng + ?Sized>(&mut self, size: usize, logarithms: &CountLogarithms, rng: &mut R) {
        let index = self.states.index();
        let outside = self.states.count() as u16;
        self.frames.clear();
        self.frames.extend(0..index.len() as u32);
        let (subset, _) = self.frames.partial_shuffle(rng, size);
        self.recorded.fill(outside);
        self.occupancy.counts.fill(0);
        for &frame in subset.iter() {
            let state = index[frame as usize];
            self.recorded[frame as usize] = state;
            self.occupancy.counts[usize::from(state)] += 1;
        }
        self.occupancy.refresh(logarithms);
        if let Some(durations) = self.states.durations() {
            self.seconds.clear();
            self.seconds.resize(self.states.count(), 0.0);
            for &frame in subset.iter() {
                self.seconds[usize::from(index[frame as usize])] += durations[frame as usize];
            }
            self.occupancy.weigh(&self.seconds);
            let mean = |seconds: &[f64], frames: usize| seconds.iter().sum::<f64>() / frames as f64;
            self.stretch = mean(durations, index.len()) / mean(&self.seconds, size);
        }
        let mut in_order_of_drawing = subset.iter();
        for (permuted, &recorded) in self.permuted.iter_mut().zip(&self.recorded) {
            *permuted = match recorded == outside {
                true => outside,
                false => in_order_of_drawing
                    .next()
                    .map_or(outside, |&f| index[f as usize]),
            };
        }
    }

    /// Takes all frames, in order.
    fn all(&mut self, logarithms: &CountLogarithms) {
        self.recorded.copy_from_slice(self.states.index());
        self.permuted.copy_from_slice(self.states.index());
        self.occupancy = Occupancy::of(self.states, logarithms);
        self.stretch = 1.0;
    }

    /// Information of a cell, given its active frames and the number of their classes.
    fn information(
        &mut self,
        active: (&[ActiveFrame], usize),
        met: Met,
        logarithms: &CountLogarithms,
    ) -> CellInformation {
        let states = match met {
            Met::Recorded => &self.recorded,
            Met::Permuted => &self.permuted,
        };
        let histograms = &mut self.histograms;
        let found = histograms.information(active, states, &self.occupancy, logarithms);
        found.stretched(self.stretch)
    }
}

#[cfg(test)]
mod tests;
