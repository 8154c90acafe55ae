//! Plug-in information of one cell from its active frames: the inner loops behind the naive
//! estimates, the shuffles and the subsamplings.

use crate::activity::SparseActivity;
use crate::binning::States;
use crate::statistics::distinct;

/// n log₂ n of whole numbers, so that entropies of counts need no logarithm.
#[derive(Debug, Clone)]
pub(crate) struct CountLogarithms(Vec<f64>);

impl CountLogarithms {
    /// For counts 0..=largest.
    pub(crate) fn up_to(largest: usize) -> Self {
        let mut table: Vec<f64> = (0..=largest)
            .map(|n| n as f64 * (n as f64).log2())
            .collect();
        table[0] = 0.0;
        Self(table)
    }

    pub(crate) fn of(&self, count: u32) -> f64 {
        self.0[count as usize]
    }
}

/// Occupancy of the states in one set of frames, and the terms that depend on nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Occupancy {
    pub(crate) frames: u32,
    pub(crate) counts: Vec<u32>,
    /// log₂(frames / count) of each state; 0 where the state does not occur.
    surprise: Vec<f64>,
    /// Σ count log₂ count.
    count_logarithm: f64,
}

impl Occupancy {
    pub(crate) fn of(states: &States, logarithms: &CountLogarithms) -> Self {
        let mut occupancy = Self::empty(states.count());
        occupancy.counts.copy_from_slice(states.occupancy());
        occupancy.refresh(logarithms);
        if states.durations().is_some() {
            occupancy.weigh(&states.time(1.0));
        }
        occupancy
    }

    /// Takes the shares of the states for those of time, `seconds` in each.
    pub(crate) fn weigh(&mut self, seconds: &[f64]) {
        let total: f64 = seconds.iter().sum();
        for (surprise, &seconds) in self.surprise.iter_mut().zip(seconds) {
            *surprise = if seconds > 0.0 {
                (total / seconds).log2()
            } else {
                0.0
            };
        }
    }

    pub(crate) fn empty(states: usize) -> Self {
        Self {
            frames: 0,
            counts: vec![0; states],
            surprise: vec![0.0; states],
            count_logarithm: 0.0,
        }
    }

    /// Brings the derived terms in line with `counts`.
    pub(crate) fn refresh(&mut self, logarithms: &CountLogarithms) {
        self.frames = self.counts.iter().sum();
        self.count_logarithm = 0.0;
        for (surprise, &count) in self.surprise.iter_mut().zip(&self.counts) {
            let share = f64::from(self.frames) / f64::from(count);
            *surprise = if count == 0 { 0.0 } else { share.log2() };
            self.count_logarithm += logarithms.of(count);
        }
    }

    /// Adds up the activity of `frames` by the state each of them meets; their total, and its
    /// information in bits per spike.
    pub(crate) fn information(
        &self,
        by_state: &mut [f64],
        (frames, values): (&[u32], &[f64]),
        state_of: &[u16],
    ) -> (f64, f64) {
        by_state.fill(0.0);
        for (&frame, &value) in frames.iter().zip(values) {
            by_state[usize::from(state_of[frame as usize])] += value;
        }
        let total = by_state.iter().sum();
        (total, self.bits_per_spike(by_state, total))
    }

    /// Skaggs' information of activity added up by state, in bits per spike:
    /// Σ (n_s/N) log₂(n_s T / (N o_s)), N = Σ n_s. NaN when N is 0.
    pub(crate) fn bits_per_spike(&self, by_state: &[f64], total: f64) -> f64 {
        if !(total > 0.0) {
            return f64::NAN;
        }
        let mut sum = 0.0;
        for (&n, &surprise) in by_state.iter().zip(&self.surprise) {
            if n > 0.0 {
                sum += n * (n.log2() + surprise);
            }
        }
        // A divergence is not negative; rounding may leave −1e-16 for an untuned cell.
        (sum / total - total.log2()).max(0.0)
    }
}

/// An active frame: when, how much, and the response class that mutual information sees
/// (0 = the class of silent frames).
#[derive(Debug, Clone, Copy)]
pub(crate) struct ActiveFrame {
    pub(crate) frame: u32,
    pub(crate) class: u32,
    pub(crate) value: f64,
}

/// Active frames of all cells with their response classes.
#[derive(Debug, Clone)]
pub(crate) struct ClassifiedActivity {
    starts: Vec<usize>,
    entries: Vec<ActiveFrame>,
    /// Classes of each cell besides that of silence.
    classes: Vec<usize>,
}

impl ClassifiedActivity {
    /// `level(value)` is the whole-number response of a value; 0 joins the silent frames.
    /// Levels are renumbered by cell, so that a count of a million costs no memory.
    pub(crate) fn new(activity: &SparseActivity, level: impl Fn(f64) -> u64) -> Self {
        let mut classified = Self {
            starts: vec![0],
            entries: Vec::new(),
            classes: Vec::with_capacity(activity.cells()),
        };
        for cell in 0..activity.cells() {
            let levels: Vec<u64> = activity.of(cell).1.iter().map(|&v| level(v)).collect();
            let positive: Vec<u64> = levels.iter().copied().filter(|&l| l > 0).collect();
            let distinct = distinct(&positive);
            let (frames, values) = activity.of(cell);
            for ((&frame, &value), &level) in frames.iter().zip(values).zip(&levels) {
                // With 0 ahead of the distinct positive levels, the rank is the class.
                let class = distinct.partition_point(|&l| l < level) as u32 + u32::from(level > 0);
                classified.entries.push(ActiveFrame {
                    frame,
                    class,
                    value,
                });
            }
            classified.starts.push(classified.entries.len());
            classified.classes.push(distinct.len());
        }
        classified
    }

    pub(crate) fn cell(&self, cell: usize) -> (&[ActiveFrame], usize) {
        (
            &self.entries[self.starts[cell]..self.starts[cell + 1]],
            self.classes[cell],
        )
    }

    fn most_classes(&self) -> usize {
        self.classes.iter().copied().max().unwrap_or(0)
    }
}

/// The naive information of one cell in one set of frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CellInformation {
    /// Mean activity per frame.
    pub(crate) mean: f64,
    /// NaN for a cell silent in these frames.
    pub(crate) bits_per_spike: f64,
    /// Plug-in mutual information, bits per frame.
    pub(crate) mutual: f64,
}

impl CellInformation {
    /// With the mean activity of frames `factor` times as long.
    pub(crate) fn stretched(self, factor: f64) -> Self {
        let mean = self.mean * factor;
        Self { mean, ..self }
    }
}

/// Reusable histograms of one thread.
#[derive(Debug)]
pub(crate) struct Histograms {
    /// Activity by state; the last entry collects frames outside the subsample.
    by_state: Vec<f64>,
    /// Frames by response class and state, row-major.
    joint: Vec<u32>,
    /// Frames with a response other than silence, by state.
    responding: Vec<u32>,
}

impl Histograms {
    pub(crate) fn new(states: usize, activity: &ClassifiedActivity) -> Self {
        Self {
            by_state: vec![0.0; states + 1],
            joint: vec![0; (activity.most_classes() + 1) * (states + 1)],
            responding: vec![0; states],
        }
    }

    /// Naive information of one cell when frame f has the state `state_of[f]`; the index one past
    /// the last state marks frames to leave out. `occupancy` describes the frames that stay.
    pub(crate) fn information(
        &mut self,
        (entries, classes): (&[ActiveFrame], usize),
        state_of: &[u16],
        occupancy: &Occupancy,
        logarithms: &CountLogarithms,
    ) -> CellInformation {
        let states = self.responding.len();
        let width = states + 1;
        self.by_state.fill(0.0);
        let joint = &mut self.joint[..(classes + 1) * width];
        joint.fill(0);
        for entry in entries {
            let state = usize::from(state_of[entry.frame as usize]);
            self.by_state[state] += entry.value;
            joint[entry.class as usize * width + state] += 1;
        }
        let by_state = &self.by_state[..states];
        let total: f64 = by_state.iter().sum();

        // MI · frames = Σ n_rs log n_rs − Σ n_r log n_r − Σ n_s log n_s + n log n, with the silent
        // row n_0s = o_s − (responding frames).
        self.responding.fill(0);
        let mut sum = logarithms.of(occupancy.frames) - occupancy.count_logarithm;
        let mut all_responding = 0;
        for row in joint.chunks_exact(width).skip(1) {
            let mut of_class = 0;
            for (responding, &count) in self.responding.iter_mut().zip(row) {
                *responding += count;
                of_class += count;
                sum += logarithms.of(count);
            }
            sum -= logarithms.of(of_class);
            all_responding += of_class;
        }
        for (&occupied, &responding) in occupancy.counts.iter().zip(&self.responding) {
            sum += logarithms.of(occupied - responding);
        }
        sum -= logarithms.of(occupancy.frames - all_responding);

        let frames = f64::from(occupancy.frames);
        CellInformation {
            mean: total / frames,
            bits_per_spike: occupancy.bits_per_spike(by_state, total),
            mutual: (sum / frames).max(0.0),
        }
    }
}
