use rand::RngExt;
use rand::seq::SliceRandom;

use crate::check::{in_range, length};
use crate::{Error, NoiseSource};

/// How a step's samples are chosen, not yet checked against their number.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `size` | 1 | samples of a batch, B | ≥ 1; without replacement at most those of a pass |
/// | `replacement` | false | each drawn from all, or passes over fresh permutations | |
/// | `frequencies` | equal | one number a sample: relative frequency with replacement, how often it stands in a pass without | finite, > 0; without replacement whole |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct BatchSettings {
    /// B.
    pub size: usize,
    /// Whether a sample can be drawn again before all others were.
    pub replacement: bool,
    /// Empty where all are equal.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub frequencies: Vec<f64>,
}

impl Default for BatchSettings {
    fn default() -> Self {
        Self {
            size: 1,
            replacement: false,
            frequencies: Vec::new(),
        }
    }
}

/// Samples that a pass over unequal multiplicities has at most.
const MOST: f64 = 1e8;

/// Draws the samples of one step after the other.
///
/// With replacement B samples are drawn at their frequencies. Without, a pass goes through a fresh
/// permutation of all, B at a time; what is left at its end is a shorter batch. Nothing is
/// allocated after it is built.
///
/// ```
/// use drift_learn::{Batches, BatchSettings, Stream, Streams};
///
/// let source = Streams::new(1).noise_source(Stream::Batches)?;
/// let settings = BatchSettings { size: 4, ..BatchSettings::default() };
/// let mut batches = Batches::new(settings, 10, source)?;
/// let mut pass: Vec<u32> = Vec::new();
/// for expected in [4, 4, 2] {
///     assert_eq!(batches.draw().len(), expected);
///     pass.extend(batches.last());
/// }
/// pass.sort_unstable();
/// assert_eq!(pass, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
/// # Ok::<(), drift_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Batches {
    size: usize,
    samples: usize,
    replacement: bool,
    /// Running sums of the frequencies; empty where all are equal or there is no replacement.
    sums: Vec<f64>,
    /// The pass at hand; with replacement the batch.
    order: Vec<u32>,
    /// Where the last batch begins and ends in it.
    last: [usize; 2],
    source: NoiseSource,
}

/// All that later batches depend on beside the settings, to be stored.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BatchState {
    order: Vec<u32>,
    last: [usize; 2],
    source: NoiseSource,
}

impl Batches {
    /// Batches of `samples` samples.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a size or a frequency, [`Error::LengthMismatch`] for another number
    /// of frequencies than samples.
    pub fn new(
        settings: BatchSettings,
        samples: usize,
        source: NoiseSource,
    ) -> Result<Self, Error> {
        let BatchSettings {
            size,
            replacement,
            frequencies,
        } = settings;
        let known = (1..=u32::MAX as usize).contains(&samples);
        in_range("samples", samples as f64, known, "1 to 4294967295")?;
        if !frequencies.is_empty() {
            length("frequencies", frequencies.len(), samples)?;
        }
        for &value in &frequencies {
            let holds = value > 0.0 && value.is_finite();
            in_range("frequencies", value, holds, "finite numbers > 0")?;
            let holds = replacement || (value.fract() == 0.0 && value <= MOST);
            let expected = "whole numbers without replacement";
            in_range("frequencies", value, holds, expected)?;
        }
        let mut sums = Vec::new();
        let order: Vec<u32> = if replacement {
            let mut sum = 0.0;
            sums.extend(frequencies.iter().map(|frequency| {
                sum += frequency;
                sum
            }));
            in_range("frequencies", sum, sum.is_finite(), "a finite sum")?;
            in_range("size", size as f64, size as f64 <= MOST, "1 to 1e8")?;
            vec![0; size]
        } else {
            let pass = frequencies.iter().sum::<f64>();
            let expected = "at most 1e8 samples in a pass";
            in_range("frequencies", pass, pass <= MOST, expected)?;
            let times = |sample| frequencies.get(sample).map_or(1, |&times| times as usize);
            (0..samples)
                .flat_map(|sample| std::iter::repeat_n(sample as u32, times(sample)))
                .collect()
        };
        let expected = "1 to the samples of a pass, or with replacement any number from 1";
        let holds = (1..=order.len()).contains(&size);
        in_range("size", size as f64, holds, expected)?;
        Ok(Self {
            size,
            samples,
            replacement,
            sums,
            last: [0, order.len()],
            order,
            source,
        })
    }

    /// Sizes of all batches, and of the rest at the end of a pass where there is any.
    #[must_use]
    pub fn sizes(&self) -> (usize, Option<usize>) {
        let rest = self.order.len() % self.size;
        (self.size, (rest > 0).then_some(rest))
    }

    /// The samples of the next step, numbered from 0.
    pub fn draw(&mut self) -> &[u32] {
        if self.replacement {
            for index in &mut self.order {
                *index = match self.sums.last() {
                    None => self.source.random_range(0..self.samples as u32),
                    Some(&total) => {
                        let point = total * self.source.random::<f64>();
                        let index = self.sums.partition_point(|&sum| sum <= point);
                        index.min(self.samples - 1) as u32
                    }
                };
            }
            return &self.order;
        }
        let mut start = self.last[1];
        if start == self.order.len() {
            self.order.shuffle(&mut self.source);
            start = 0;
        }
        self.last = [start, self.order.len().min(start + self.size)];
        self.last()
    }

    /// The samples of the step drawn last.
    #[must_use]
    pub fn last(&self) -> &[u32] {
        &self.order[self.last[0]..self.last[1]]
    }

    /// What later batches depend on.
    #[must_use]
    pub fn state(&self) -> BatchState {
        BatchState {
            order: self.order.clone(),
            last: self.last,
            source: self.source.clone(),
        }
    }

    /// Goes on from a state of the same settings.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::InvalidState`] where it is none.
    pub fn set_state(&mut self, state: BatchState) -> Result<(), Error> {
        let (found, expected) = (state.order.len(), self.order.len());
        length("order of the batches", found, expected)?;
        let beyond = |&index: &u32| index as usize >= self.samples;
        if let Some(index) = state.order.iter().position(beyond) {
            return Err(Error::InvalidState {
                field: "order of the batches",
                index,
                value: f64::from(state.order[index]),
                expected: "a sample",
            });
        }
        let [start, end] = state.last;
        if start > end || end > self.order.len() {
            return Err(Error::InvalidState {
                field: "last batch",
                index: 1,
                value: end as f64,
                expected: "an end in the pass",
            });
        }
        self.order = state.order;
        self.last = state.last;
        self.source = state.source;
        Ok(())
    }
}
