//! Shuffled trains: what a measure would be if activity had nothing to do with the state.
//!
//! Every shuffle keeps the activity itself (its total, and its values) and breaks its relation to
//! the behaviour; they differ in what else they keep.
//!
//! | shuffle | keeps |
//! |---|---|
//! | [`Shuffle::Cyclic`] | the order of the frames up to one cut: all of the cell's own statistics, and those between cells |
//! | [`Shuffle::Permutation`] | which cells were active together, nothing of their timing |
//! | [`Shuffle::InterSpikeIntervals`] | every interval between events of a cell, not their order |

mod replicates;
mod significance;

pub use significance::{PlaceCellSettings, PlaceCellTest, cyclic_shift_test, place_cell_test};

pub(crate) use replicates::{Replicates, map_each, map_indices};

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

use crate::Error;
use crate::activity::SparseActivity;
use crate::error::{at_least, every};

/// How trains are shuffled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Shuffle {
    /// One random cyclic shift of time for all cells together, uniform over 0..T; a shift by zero
    /// may be drawn, as in the published code of Sheintuch et al. (2022). The default.
    #[default]
    Cyclic,
    /// One random permutation of the frames for all cells together.
    Permutation,
    /// For each cell alone: the intervals between its successive active frames in random order,
    /// the first event at a uniformly random frame from which all fit. Values stay with their
    /// events.
    InterSpikeIntervals,
}

/// The train (frames) shifted to later frames by `shift`, wrapping:
/// `result[(t + shift) mod T] = train[t]`.
///
/// ```
/// use drift_metrics::shuffle::cyclic_shift;
/// assert_eq!(cyclic_shift(&[1.0, 0.0, 2.0], 1), [2.0, 1.0, 0.0]);
/// assert_eq!(cyclic_shift(&[1.0, 0.0, 2.0], 6), [1.0, 0.0, 2.0]);
/// ```
#[must_use]
pub fn cyclic_shift(train: &[f64], shift: usize) -> Vec<f64> {
    let mut shifted = train.to_vec();
    if !shifted.is_empty() {
        let by = shift % shifted.len();
        shifted.rotate_right(by);
    }
    shifted
}

/// A random draw of one train (frames): the [`Shuffle`] applied to a single cell.
///
/// ```
/// use drift_metrics::shuffle::{Shuffle, shuffle_train};
/// use rand::SeedableRng;
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let shuffled = shuffle_train(&[0.0, 2.0, 0.0, 1.0], Shuffle::InterSpikeIntervals, &mut rng);
/// assert_eq!(shuffled.iter().sum::<f64>(), 3.0);
/// ```
#[must_use]
pub fn shuffle_train<R: Rng + ?Sized>(train: &[f64], shuffle: Shuffle, rng: &mut R) -> Vec<f64> {
    if train.is_empty() {
        return Vec::new();
    }
    match shuffle {
        Shuffle::Cyclic => cyclic_shift(train, draw_shift(train.len(), rng)),
        Shuffle::Permutation => {
            let mut permuted = train.to_vec();
            permuted.shuffle(rng);
            permuted
        }
        Shuffle::InterSpikeIntervals => {
            let active = (0..train.len()).filter(|&frame| train[frame] != 0.0);
            let events: Vec<u32> = active.map(|frame| frame as u32).collect();
            let mut moved = events.clone();
            shuffle_intervals(train.len(), &mut moved, rng);
            let mut shuffled = vec![0.0; train.len()];
            for (&from, &to) in events.iter().zip(&moved) {
                shuffled[to as usize] = train[from as usize];
            }
            shuffled
        }
    }
}

/// A shuffled copy of a whole record: one shift or permutation for all cells, intervals for each
/// cell by itself.
#[must_use]
pub fn shuffle_activity<R: Rng + ?Sized>(
    activity: &SparseActivity,
    shuffle: Shuffle,
    rng: &mut R,
) -> SparseActivity {
    let frames = activity.frames();
    match shuffle {
        Shuffle::Cyclic => {
            let shift = draw_shift(frames, rng);
            activity.with_frames(|_, moved| {
                for frame in moved {
                    *frame = ((*frame as usize + shift) % frames) as u32;
                }
            })
        }
        Shuffle::Permutation => {
            let mut to: Vec<u32> = (0..frames as u32).collect();
            to.shuffle(rng);
            activity.with_frames(|_, moved| {
                for frame in moved {
                    *frame = to[*frame as usize];
                }
            })
        }
        Shuffle::InterSpikeIntervals => {
            activity.with_frames(|_, moved| shuffle_intervals(frames, moved, rng))
        }
    }
}

/// Uniform over 0..frames.
pub(crate) fn draw_shift<R: Rng + ?Sized>(frames: usize, rng: &mut R) -> usize {
    // As u32 so that 32- and 64-bit machines draw the same shift; SparseActivity has no more frames.
    match u32::try_from(frames) {
        Ok(frames) => rng.random_range(0..frames) as usize,
        Err(_) => rng.random_range(0..frames as u64) as usize,
    }
}

/// Replaces increasing event frames by events with the same intervals in random order.
pub(crate) fn shuffle_intervals<R: Rng + ?Sized>(frames: usize, events: &mut [u32], rng: &mut R) {
    let (Some(&first), Some(&last)) = (events.first(), events.last()) else {
        return;
    };
    let mut intervals: Vec<u32> = events.windows(2).map(|pair| pair[1] - pair[0]).collect();
    intervals.shuffle(rng);
    let span = last - first;
    events[0] = rng.random_range(0..=(frames as u32 - 1 - span));
    for (k, interval) in intervals.into_iter().enumerate() {
        events[k + 1] = events[k] + interval;
    }
}

/// An observed value against its distribution under a shuffle.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ShuffleTest {
    /// The statistic of the train as recorded.
    pub observed: f64,
    /// The statistic of each shuffled train (shuffles), in order of drawing.
    pub shuffled: Vec<f64>,
    /// Share of shuffles that are *not* below the observed value (ties count against it);
    /// 1 when the observed value is NaN.
    pub p_value: f64,
}

/// Tests any statistic of a single train against its shuffles.
///
/// `statistic` maps a train (frames) to a number, large when the train is tuned. Shuffles run in
/// parallel with the feature `rayon`; results do not depend on the number of threads.
///
/// # Errors
/// An empty train, an entry that is not finite, or no shuffles.
///
/// ```
/// use drift_metrics::shuffle::{Shuffle, shuffle_test};
/// use rand::SeedableRng;
///
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
/// let train: Vec<f64> = (0..100).map(|t| if t < 10 { 1.0 } else { 0.0 }).collect();
/// // Activity within the first ten frames: only a shift by 0 reaches it.
/// let early = |train: &[f64]| train[..10].iter().sum();
/// let test = shuffle_test(&train, Shuffle::Cyclic, 500, early, &mut rng)?;
/// assert!(test.p_value < 0.05);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn shuffle_test<F, R>(
    train: &[f64],
    shuffle: Shuffle,
    shuffles: usize,
    statistic: F,
    rng: &mut R,
) -> Result<ShuffleTest, Error>
where
    F: Fn(&[f64]) -> f64 + Send + Sync,
    R: Rng + ?Sized,
{
    at_least("train", train.len(), 1)?;
    every("train", train, f64::is_finite, "finite")?;
    at_least("shuffles", shuffles, 1)?;
    let replicates = Replicates::draw(rng);
    let observed = statistic(train);
    let shuffled = map_each(shuffles, |k| {
        let mut rng = replicates.generator(k as u64);
        statistic(&shuffle_train(train, shuffle, &mut rng))
    });
    let below = shuffled.iter().filter(|&&value| observed > value).count();
    let p_value = 1.0 - below as f64 / shuffles as f64;
    Ok(ShuffleTest {
        observed,
        shuffled,
        p_value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const ALL: [Shuffle; 3] = [
        Shuffle::Cyclic,
        Shuffle::Permutation,
        Shuffle::InterSpikeIntervals,
    ];

    fn intervals(train: &[f64]) -> Vec<usize> {
        let events: Vec<usize> = (0..train.len()).filter(|&t| train[t] != 0.0).collect();
        let mut intervals: Vec<usize> = events.windows(2).map(|pair| pair[1] - pair[0]).collect();
        intervals.sort_unstable();
        intervals
    }

    fn sorted(values: &[f64]) -> Vec<f64> {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values
    }

    proptest! {
        #[test]
        fn every_shuffle_keeps_every_value(
            train in proptest::collection::vec(prop_oneof![3 => Just(0.0), 1 => 0.1f64..9.0], 1..60),
            seed in any::<u64>(),
        ) {
            for shuffle in ALL {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let shuffled = shuffle_train(&train, shuffle, &mut rng);
                prop_assert_eq!(sorted(&shuffled), sorted(&train));
                if shuffle == Shuffle::InterSpikeIntervals {
                    prop_assert_eq!(intervals(&shuffled), intervals(&train));
                }
            }
        }

        #[test]
        fn shuffling_a_record_shuffles_its_trains(
            values in proptest::collection::vec(prop_oneof![3 => Just(0.0), 1 => 0.1f64..9.0], 24),
            seed in any::<u64>(),
        ) {
            let dense = nalgebra::DMatrix::from_column_slice(12, 2, &values);
            let activity = SparseActivity::from_dense(dense.as_view()).unwrap();
            for shuffle in ALL {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let shuffled = shuffle_activity(&activity, shuffle, &mut rng);
                for cell in 0..2 {
                    prop_assert_eq!(sorted(&shuffled.train(cell)), sorted(&activity.train(cell)));
                }
                if shuffle == Shuffle::Cyclic {
                    let mut rng = ChaCha8Rng::seed_from_u64(seed);
                    let shift = draw_shift(12, &mut rng);
                    prop_assert_eq!(shuffled.train(1), cyclic_shift(&activity.train(1), shift));
                }
            }
        }

        #[test]
        fn shifts_add_up_and_zero_is_the_identity(
            train in proptest::collection::vec(0.0f64..3.0, 0..40), a in 0usize..90, b in 0usize..90,
        ) {
            prop_assert_eq!(&cyclic_shift(&train, 0), &train);
            prop_assert_eq!(cyclic_shift(&cyclic_shift(&train, a), b), cyclic_shift(&train, a + b));
        }
    }

    #[test]
    fn every_shift_is_drawn_zero_included() {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let mut seen = [0usize; 5];
        for _ in 0..5000 {
            seen[draw_shift(5, &mut rng)] += 1;
        }
        assert!(
            seen.iter().all(|&count| (850..1150).contains(&count)),
            "{seen:?}"
        );
    }

    #[test]
    fn an_untuned_train_is_not_significant_and_nan_never_is() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let constant = [1.0; 20];
        let first = |train: &[f64]| train[0];
        let test = shuffle_test(&constant, Shuffle::Cyclic, 50, first, &mut rng).unwrap();
        assert_eq!(test.p_value, 1.0);
        let test = shuffle_test(&constant, Shuffle::Cyclic, 50, |_| f64::NAN, &mut rng).unwrap();
        assert_eq!(test.p_value, 1.0);
        assert!(shuffle_test(&[], Shuffle::Cyclic, 5, first, &mut rng).is_err());
        assert!(shuffle_test(&[f64::NAN], Shuffle::Cyclic, 5, first, &mut rng).is_err());
        assert!(shuffle_test(&constant, Shuffle::Cyclic, 0, first, &mut rng).is_err());
    }

    #[test]
    fn silence_stays_silent() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for shuffle in ALL {
            assert_eq!(shuffle_train(&[0.0; 7], shuffle, &mut rng), [0.0; 7]);
            assert!(shuffle_train(&[], shuffle, &mut rng).is_empty());
        }
    }
}
