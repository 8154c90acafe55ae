//! The Poisson decoder (Zhang, Ginzburg, McNaughton, Sejnowski, J Neurophysiol 1998).

use nalgebra::{DMatrix, DMatrixView};
use rand::Rng;
use rand::seq::SliceRandom;

use super::errors::Space;
use crate::Error;
use crate::error::{
    at_least, every, not_negative, not_negative_or_nan, positive, same_length, within,
};
use crate::sessions::BinnedSession;
use crate::shuffle::{Replicates, map_each, map_indices};

/// Scores closer than this to the best are a tie, which the first bin wins: windows without spikes
/// differ by rounding only.
const TIE: f64 = 1e-9;

/// What is known of the place before a spike is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Prior {
    /// Every bin visited in training is as likely.
    #[default]
    Uniform,
    /// The share of time spent in each bin in training.
    Occupancy,
}

/// Settings of the Poisson decoder.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `floor` | 0.01 Hz | least rate of a cell anywhere; with 0 a single spike would forbid a bin | > 0 |
/// | `prior` | [`Prior::Uniform`] | what is known before a spike | |
/// | `window` | 1 s | seconds counted together, 2 s suit sparse events | > 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, rename_all = "kebab-case"))]
pub struct PoissonSettings {
    /// Least rate, Hz.
    pub floor: f64,
    /// Prior over bins.
    pub prior: Prior,
    /// Seconds counted together; windows do not overlap and do not pass from one lap to the next.
    pub window: f64,
}

impl Default for PoissonSettings {
    fn default() -> Self {
        Self {
            floor: 0.01,
            prior: Prior::Uniform,
            window: 1.0,
        }
    }
}

/// Counts of a session in windows, as the few cells that were active in each.
#[derive(Debug, Clone, PartialEq)]
pub struct Windows {
    /// Registered cells of the session.
    cells: usize,
    starts: Vec<usize>,
    cell: Vec<u32>,
    count: Vec<f64>,
    seconds: Vec<f64>,
    bin: Vec<Option<usize>>,
    lap: Vec<usize>,
}

impl Windows {
    /// Cuts each run of frames of one lap into windows of `window` seconds, to the nearest number
    /// of frames (at least one) of the session's mean duration; a rest shorter than a window is
    /// left out. The place of a window is that of its middle frame (the later one of two).
    ///
    /// # Errors
    /// A window that is not a positive number of seconds.
    pub fn of(session: &BinnedSession, window: f64) -> Result<Self, Error> {
        let expected = "a positive number of seconds";
        within(positive(window), "window", window, expected)?;
        let (frames, laps) = (session.frames(), session.laps());
        let each = session.seconds().iter().sum::<f64>() / frames as f64;
        let width = ((window / each).round().max(1.0) as usize).min(frames.max(1));
        let mut first_frames = Vec::new();
        let mut start = 0;
        for run in laps.chunk_by(|a, b| a == b) {
            first_frames
                .extend((start..start + run.len() + 1 - width.min(run.len() + 1)).step_by(width));
            start += run.len();
        }
        // Window of each frame.
        let mut window_of = vec![u32::MAX; frames];
        for (window, &first) in first_frames.iter().enumerate() {
            window_of[first..first + width].fill(window as u32);
        }
        let mut of_window: Vec<Vec<(u32, f64)>> = vec![Vec::new(); first_frames.len()];
        for cell in 0..session.cells() {
            for (frame, value) in session.activity().entries(cell) {
                let window = window_of[frame];
                if window != u32::MAX {
                    let counts = &mut of_window[window as usize];
                    match counts.last_mut() {
                        Some((last, count)) if *last == cell as u32 => *count += value,
                        _ => counts.push((cell as u32, value)),
                    }
                }
            }
        }
        let mut windows = Self {
            cells: session.cells(),
            starts: vec![0],
            cell: Vec::new(),
            count: Vec::new(),
            seconds: Vec::new(),
            bin: Vec::new(),
            lap: Vec::new(),
        };
        for (&first, counts) in first_frames.iter().zip(of_window) {
            for (cell, count) in counts {
                windows.cell.push(cell);
                windows.count.push(count);
            }
            windows.starts.push(windows.cell.len());
            windows
                .seconds
                .push(session.seconds()[first..first + width].iter().sum());
            windows.bin.push(session.bins()[first + width / 2]);
            windows.lap.push(laps[first]);
        }
        Ok(windows)
    }

    /// Number of windows.
    #[must_use]
    pub fn count(&self) -> usize {
        self.bin.len()
    }

    /// Bin of the middle frame; `None` if it has none.
    ///
    /// # Panics
    /// If there is no such window.
    #[must_use]
    pub fn bin(&self, window: usize) -> Option<usize> {
        self.bin[window]
    }

    /// Lap of a window.
    ///
    /// # Panics
    /// If there is no such window.
    #[must_use]
    pub fn lap(&self, window: usize) -> usize {
        self.lap[window]
    }
}

/// Decoded bins of windows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decoded {
    /// Most likely bin of each window.
    pub decoded: Vec<usize>,
    /// Bin of its middle frame.
    pub actual: Vec<usize>,
}

impl Decoded {
    /// Distance of each decoded bin from the true one, in bins.
    #[must_use]
    pub fn errors(&self, n_bins: usize, space: Space) -> Vec<f64> {
        let pairs = self.decoded.iter().zip(&self.actual);
        pairs
            .map(|(&decoded, &actual)| space.distance(decoded, actual, n_bins))
            .collect()
    }
}

/// Position from counts: log p(b | n) = log p(b) + Σ_c (n_c log λ_c(b) − τ λ_c(b)) + const, with λ
/// the rate map and τ the seconds of the window.
///
/// ```
/// use drift_metrics::decoding::{PoissonDecoder, PoissonSettings};
/// use drift_metrics::nalgebra::DMatrix;
/// // Two bins, two cells.
/// let map = DMatrix::from_row_slice(2, 2, &[8.0, 0.0, 0.0, 4.0]);
/// let settings = PoissonSettings::default();
/// let decoder = PoissonDecoder::new(map.as_view(), &[10.0, 10.0], &settings)?;
/// let posterior = decoder.log_posterior(&[0.0, 2.0], 0.5)?;
/// assert!(posterior[1] > posterior[0]);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PoissonDecoder {
    /// λ, at least the floor (bins × cells); 0 for cells not found.
    rates: DMatrix<f64>,
    /// log λ; 0 for cells not found.
    log_rates: DMatrix<f64>,
    found: Vec<bool>,
    /// −∞ in bins not visited in training.
    log_prior: Vec<f64>,
}

impl PoissonDecoder {
    /// From a rate map (bins × cells, Hz) and the seconds spent in each bin (bins): a bin without
    /// time is never decoded, a cell whose map is NaN is not used.
    ///
    /// # Errors
    /// Another number of seconds than bins, or seconds that are negative or not finite; a negative
    /// or infinite rate; settings outside their ranges.
    pub fn new(
        map: DMatrixView<'_, f64>,
        seconds: &[f64],
        settings: &PoissonSettings,
    ) -> Result<Self, Error> {
        let PoissonSettings { floor, prior, .. } = *settings;
        within(positive(floor), "floor", floor, "a positive rate")?;
        same_length("seconds", seconds.len(), map.nrows(), "the bins of the map")?;
        every("seconds", seconds, not_negative, "finite, >= 0")?;
        for column in map.column_iter() {
            let (rates, expected) = (column.as_slice(), "finite and >= 0, or NaN");
            every("rates of a cell", rates, not_negative_or_nan, expected)?;
        }
        let found: Vec<bool> = map
            .column_iter()
            .map(|column| column.iter().any(|rate| !rate.is_nan()))
            .collect();
        let rates = DMatrix::from_fn(map.nrows(), map.ncols(), |bin, cell| {
            // NaN in a bin that is never decoded: any rate will do.
            if found[cell] {
                map[(bin, cell)].max(floor)
            } else {
                0.0
            }
        });
        // Most bins of most cells are at the floor.
        let log_floor = floor.ln();
        let log_rates = rates.map(|rate| match rate {
            0.0 => 0.0,
            _ if rate == floor => log_floor,
            _ => rate.ln(),
        });
        let total: f64 = seconds.iter().sum();
        let visited = seconds.iter().filter(|&&time| time > 0.0).count() as f64;
        let log_prior = seconds
            .iter()
            .map(|&time| match prior {
                _ if time == 0.0 => f64::NEG_INFINITY,
                Prior::Uniform => -visited.ln(),
                Prior::Occupancy => (time / total).ln(),
            })
            .collect();
        Ok(Self {
            rates,
            log_rates,
            found,
            log_prior,
        })
    }

    /// From all laps of a session.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of(session: &BinnedSession, settings: &PoissonSettings) -> Result<Self, Error> {
        let sums = session.sums(|_| Some(0), 1);
        Self::new(sums.map(0).as_view(), &sums.seconds[0], settings)
    }

    /// The decoder with the cells' identities permuted: cell c responds as cell `order[c]` did.
    ///
    /// # Errors
    /// Another number of cells, or one out of range.
    pub fn with_identities(&self, order: &[usize]) -> Result<Self, Error> {
        same_length("order", order.len(), self.found.len(), "the cells")?;
        for &cell in order {
            let (holds, expected) = (cell < self.found.len(), "less than the number of cells");
            within(holds, "index of a cell", cell as f64, expected)?;
        }
        Ok(Self {
            rates: self.rates.select_columns(order),
            log_rates: self.log_rates.select_columns(order),
            found: order.iter().map(|&cell| self.found[cell]).collect(),
            log_prior: self.log_prior.clone(),
        })
    }

    /// Normalised log posterior over bins, −∞ where a bin was not visited in training.
    ///
    /// `counts` (cells) in a window of `seconds`; cells not found in training are not used.
    ///
    /// # Errors
    /// Another number of counts than cells; a window that is not positive.
    pub fn log_posterior(&self, counts: &[f64], seconds: f64) -> Result<Vec<f64>, Error> {
        same_length("counts", counts.len(), self.found.len(), "the cells")?;
        within(positive(seconds), "seconds", seconds, "a positive number")?;
        let totals = self.totals(&self.found);
        let mut scores = self.log_prior.clone();
        let active = counts.iter().copied().enumerate();
        let active = active.filter(|&(_, count)| count > 0.0);
        self.score(active, seconds, &self.found, &totals, &mut scores);
        normalise(&mut scores);
        Ok(scores)
    }

    /// Normalised log posterior (windows × bins) of all windows.
    ///
    /// # Errors
    /// Windows of another number of cells.
    pub fn log_posteriors(&self, windows: &Windows) -> Result<DMatrix<f64>, Error> {
        self.check_cells(windows)?;
        let totals = self.totals(&self.found);
        let mut scores = vec![0.0; self.log_prior.len()];
        let mut posterior = DMatrix::zeros(windows.count(), scores.len());
        for (window, mut row) in posterior.row_iter_mut().enumerate() {
            self.scores(windows, window, &self.found, &totals, &mut scores);
            normalise(&mut scores);
            for (entry, &score) in row.iter_mut().zip(&scores) {
                *entry = score;
            }
        }
        Ok(posterior)
    }

    fn check_cells(&self, windows: &Windows) -> Result<(), Error> {
        let field = "cells of the windows";
        same_length(field, windows.cells, self.found.len(), "the decoder")
    }

    /// The most likely bin of every window whose middle frame has a bin, from the cells that are
    /// `found` (cells) and were found in training. In parallel with the feature `rayon`.
    ///
    /// # Errors
    /// `found` does not have one entry a cell; windows of another number of cells.
    pub fn decode(&self, windows: &Windows, found: &[bool]) -> Result<Decoded, Error> {
        self.check_cells(windows)?;
        same_length("found", found.len(), self.found.len(), "the cells")?;
        let found: Vec<bool> = found
            .iter()
            .zip(&self.found)
            .map(|(a, b)| *a && *b)
            .collect();
        let totals = self.totals(&found);
        let scores = || vec![0.0; self.log_prior.len()];
        let pairs = map_indices(windows.count(), scores, |scores, window| {
            let bin = windows.bin(window)?;
            self.scores(windows, window, &found, &totals, scores);
            Some((first_largest(scores)?, bin))
        });
        let (decoded, actual) = pairs.into_iter().flatten().unzip();
        Ok(Decoded { decoded, actual })
    }

    /// Σ_c λ_c(b) over some of the cells found (bins).
    pub(super) fn totals(&self, found: &[bool]) -> Vec<f64> {
        let mut totals = vec![0.0; self.log_prior.len()];
        for (cell, _) in found.iter().enumerate().filter(|(_, found)| **found) {
            for (total, rate) in totals.iter_mut().zip(self.rates.column(cell).iter()) {
                *total += rate;
            }
        }
        totals
    }

    /// Log posterior of one window but for a constant.
    pub(super) fn scores(
        &self,
        windows: &Windows,
        window: usize,
        found: &[bool],
        totals: &[f64],
        scores: &mut [f64],
    ) {
        let entries = windows.starts[window]..windows.starts[window + 1];
        let cells = windows.cell[entries.clone()].iter();
        let active = cells
            .map(|&cell| cell as usize)
            .zip(windows.count[entries].iter().copied());
        self.score(active, windows.seconds[window], found, totals, scores);
    }

    /// Log posterior but for a constant, of the counts of the active cells in so many seconds.
    fn score(
        &self,
        active: impl Iterator<Item = (usize, f64)>,
        seconds: f64,
        found: &[bool],
        totals: &[f64],
        scores: &mut [f64],
    ) {
        for ((score, prior), total) in scores.iter_mut().zip(&self.log_prior).zip(totals) {
            *score = prior - seconds * total;
        }
        let mut active = active.filter(|&(cell, _)| found[cell]);
        // Four at a time pass the scores once; the sums are those of one after the other.
        while let Some(first) = active.next() {
            match (active.next(), active.next(), active.next()) {
                (Some(second), Some(third), Some(fourth)) => {
                    self.add_four(scores, [first, second, third, fourth]);
                }
                rest => {
                    let rest = [Some(first), rest.0, rest.1, rest.2];
                    for (cell, count) in rest.into_iter().flatten() {
                        self.add(scores, cell, count);
                    }
                }
            }
        }
    }

    /// log λ of a cell (bins).
    fn logs(&self, cell: usize) -> &[f64] {
        let bins = self.log_prior.len();
        &self.log_rates.as_slice()[cell * bins..(cell + 1) * bins]
    }

    fn add(&self, scores: &mut [f64], cell: usize, count: f64) {
        for (score, log) in scores.iter_mut().zip(self.logs(cell)) {
            *score += count * log;
        }
    }

    fn add_four(&self, scores: &mut [f64], active: [(usize, f64); 4]) {
        let [a, b, c, d] = active.map(|(cell, _)| self.logs(cell));
        let [of_a, of_b, of_c, of_d] = active.map(|(_, count)| count);
        let logs = a.iter().zip(b).zip(c).zip(d);
        for (score, (((a, b), c), d)) in scores.iter_mut().zip(logs) {
            *score = *score + of_a * a + of_b * b + of_c * c + of_d * d;
        }
    }
}

/// Shifts logarithms so that their exponentials add up to 1.
fn normalise(scores: &mut [f64]) {
    let best = largest(scores);
    let sum: f64 = scores.iter().map(|score| (score - best).exp()).sum();
    for score in scores {
        *score = *score - best - sum.ln();
    }
}

/// The largest of some numbers, −∞ without any: eight at a time, for one after the other waits.
fn largest(values: &[f64]) -> f64 {
    let larger = |a: f64, b: f64| if b > a { b } else { a };
    let (eights, rest) = values.as_chunks::<8>();
    let mut best = [f64::NEG_INFINITY; 8];
    for eight in eights {
        for (best, value) in best.iter_mut().zip(eight) {
            *best = larger(*best, *value);
        }
    }
    best.iter()
        .chain(rest)
        .copied()
        .fold(f64::NEG_INFINITY, larger)
}

/// The first bin within [`TIE`] of the best; `None` if every bin is impossible.
pub(super) fn first_largest(scores: &[f64]) -> Option<usize> {
    let best = largest(scores);
    scores
        .iter()
        .position(|&score| score >= best - TIE)
        .filter(|_| best > f64::NEG_INFINITY)
}

/// A decoder against itself with permuted identities of the cells.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct IdentityTest {
    /// Mean error with the true identities, in bins.
    pub observed: f64,
    /// Mean error of each permutation.
    pub permuted: Vec<f64>,
    /// (1 + permutations whose error is not larger)/(1 + permutations).
    pub p_value: f64,
}

/// Tests whether a decoder does better than chance, by permutations of the cells' identities.
///
/// A cyclic shift of time is no shuffle where laps take equally long: shifted by a lap, a decoder
/// is as good as before. Permutations run in parallel with the feature `rayon`; results do not
/// depend on the number of threads. Four 64-bit words are drawn from `rng`.
///
/// # Errors
/// No permutations; windows of another number of cells; nothing to decode; a plane that does not
/// fit the bins.
pub fn identity_test<R: Rng + ?Sized>(
    decoder: &PoissonDecoder,
    windows: &Windows,
    space: Space,
    permutations: usize,
    rng: &mut R,
) -> Result<IdentityTest, Error> {
    at_least("permutations", permutations, 1)?;
    let n_bins = decoder.log_prior.len();
    space.check(n_bins)?;
    let cells = decoder.found.len();
    let error = |decoder: &PoissonDecoder| -> Result<f64, Error> {
        let errors = decoder
            .decode(windows, &vec![true; cells])?
            .errors(n_bins, space);
        at_least("windows decoded", errors.len(), 1)?;
        Ok(errors.iter().sum::<f64>() / errors.len() as f64)
    };
    let observed = error(decoder)?;
    let kept: Vec<usize> = (0..cells).filter(|&cell| decoder.found[cell]).collect();
    let replicates = Replicates::draw(rng);
    let permuted = map_each(permutations, |k| {
        let mut drawn = kept.clone();
        drawn.shuffle(&mut replicates.generator(k as u64));
        let mut order: Vec<usize> = (0..cells).collect();
        for (&cell, &as_cell) in kept.iter().zip(&drawn) {
            order[cell] = as_cell;
        }
        error(&decoder.with_identities(&order)?)
    });
    let permuted = permuted.into_iter().collect::<Result<Vec<f64>, Error>>()?;
    let as_good = permuted.iter().filter(|&&error| error <= observed).count();
    Ok(IdentityTest {
        observed,
        p_value: (1 + as_good) as f64 / (1 + permutations) as f64,
        permuted,
    })
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{PoissonDecoder, PoissonSettings, Windows, first_largest, largest};
    use crate::sessions::BinnedSession;

    /// However many cells are active, the score is the sum over one after the other, to the last bit.
    #[test]
    fn cells_are_added_in_order() {
        let (bins, cells, seconds) = (11, 10, 0.05);
        let rate = |bin: usize, cell: usize| 0.3 + ((7 * bin + 3 * cell) % 13) as f64;
        let map = DMatrix::from_fn(bins, cells, rate);
        // In window k the first k cells are active.
        let counts = DMatrix::from_fn(cells + 1, cells, |window, cell| match cell < window {
            true => 1.0 + (cell % 3) as f64,
            false => 0.0,
        });
        let (places, laps) = (vec![Some(0); cells + 1], vec![0; cells + 1]);
        let found = vec![true; cells];
        let counted = counts.as_view();
        let session =
            BinnedSession::new(counted, &places, bins, &laps, seconds.into(), &found).unwrap();
        let windows = Windows::of(&session, seconds).unwrap();
        let settings = PoissonSettings::default();
        let decoder = PoissonDecoder::new(map.as_view(), &vec![1.0; bins], &settings).unwrap();
        let mut scores = vec![0.0; bins];
        for window in 0..=cells {
            let totals = decoder.totals(&found);
            decoder.scores(&windows, window, &found, &totals, &mut scores);
            for (bin, score) in scores.iter().enumerate() {
                let mut expected = -(bins as f64).ln() - seconds * totals[bin];
                for cell in 0..window {
                    expected += counts[(window, cell)] * rate(bin, cell).ln();
                }
                assert_eq!(score.to_bits(), expected.to_bits(), "{window} {bin}");
            }
        }
    }

    #[test]
    fn the_largest_is_found_wherever_it_stands() {
        assert_eq!(largest(&[]), f64::NEG_INFINITY);
        assert_eq!(first_largest(&[f64::NEG_INFINITY; 9]), None);
        for length in 1..=25 {
            for place in 0..length {
                let mut values: Vec<f64> = (0..length).map(|k| -1.0 - (k * 5 % 7) as f64).collect();
                values[place] = -0.5;
                assert_eq!(largest(&values), -0.5);
                assert_eq!(first_largest(&values), Some(place));
            }
        }
    }
}
