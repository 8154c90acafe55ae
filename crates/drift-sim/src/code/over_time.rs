//! A code at several times, and between them.

use drift_metrics::decoding::{ErrorMatrix, error_matrix_of};
use drift_metrics::sessions::{RegisteredSession, SessionPairs, compare_sessions};
use drift_metrics::sessions::{Turnover, session_turnover};
use nalgebra::DMatrix;
use rand::Rng;

use super::at::count;
use super::measure::{draws, measure};
use super::repeats::{CorrectedPairs, corrected_pairs};
use super::{CodeAt, Criteria, Moment, Population};
use crate::Error;

/// Every pair of times, where the study knows which unit of one is which of another.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Pairs {
    /// Correlations over the units active at both times (times × times); NaN where none is.
    pub correlations: SessionPairs,
    /// Turnover ratio among the units found at both times (times × times); NaN where none is.
    pub turnover: DMatrix<f64>,
    /// Correlations by matched halves, without the noise of estimation; `None` where no repeats are
    /// known, as in a simulation, which has no such noise.
    pub corrected: Option<CorrectedPairs>,
    /// Poisson decoders of every time tested on every time: on laps that they were not trained on, of a
    /// simulation on all samples. `None` where no repeats are known.
    pub decoding: Option<ErrorMatrix>,
    /// Units gained, lost and kept from each time to the next (times − 1); none where no unit was
    /// found at both.
    pub changes: Vec<Option<Turnover>>,
}

/// Similarity of the code to itself some time later.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AtLag {
    /// Number of moments between.
    pub moments: usize,
    /// Mean time between, in days (steps of a simulation, sessions without days).
    pub time: f64,
    /// Mean Pearson's r between rate maps of units active at both times.
    pub rate_map_correlation: f64,
    /// Mean Pearson's r between population vectors of the same bin.
    pub pv_correlation: f64,
    /// Mean correlation of rate maps by matched halves: 1 for a code that stands still; NaN where
    /// it is not known.
    pub corrected_rate_map_correlation: f64,
    /// Mean distance, in bins, of a place decoded by the decoder of the earlier time from the true
    /// one; at lag 0 by the time's own, from other laps. NaN where it is not known.
    pub decoding_error: f64,
    /// Mean turnover ratio: 0 when the same units are active, 1 when none is active at both.
    pub turnover_ratio: f64,
}

/// A code over time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CodeOverTime {
    /// Whose code it is.
    pub population: Population,
    /// Each time, in order.
    pub times: Vec<CodeAt>,
    /// All pairs of times; `None` where nothing is known of any unit's identity.
    pub pairs: Option<Pairs>,
}

/// Measures a code at each of its moments and between them.
///
/// `moments` are taken one after the other, so that one session's activity is in memory at a time.
/// Correlations are of unsmoothed maps over the units active at both times; units that were not
/// found at both are left out. All shuffles follow from `seed` and the names of population and
/// moment: they do not depend on what else is measured.
///
/// # Errors
/// [`OutOfRange`](drift_engine::Error::OutOfRange) for a criterion; this and [`Error::ShapeMismatch`] where the parts of a
/// moment do not fit each other; [`Error::Metrics`] where moments differ in their bins; what `moments` gives.
pub fn measure_code(
    population: Population,
    moments: impl IntoIterator<Item = Result<Moment, Error>>,
    criteria: &Criteria,
    seed: u64,
) -> Result<CodeOverTime, Error> {
    criteria.check()?;
    let mut times = Vec::new();
    for moment in moments {
        times.push(measure(&population, moment?, criteria, seed)?);
    }
    let pairs = pairs(&times, &mut draws(seed, &[&population.name(), "halves"]))?;
    // They were kept to be compared, and take most of a session's memory.
    for at in &mut times {
        (at.halves, at.decoders) = (None, None);
    }
    Ok(CodeOverTime {
        population,
        times,
        pairs,
    })
}

fn pairs<R: Rng + ?Sized>(times: &[CodeAt], rng: &mut R) -> Result<Option<Pairs>, Error> {
    let sessions: Option<Vec<RegisteredSession>> =
        times.iter().map(|at| at.session().cloned()).collect();
    let Some(sessions) = sessions.filter(|sessions| !sessions.is_empty()) else {
        return Ok(None);
    };
    let mut turnover = DMatrix::from_element(times.len(), times.len(), f64::NAN);
    let mut changes = Vec::new();
    for (first, before) in sessions.iter().enumerate() {
        for (second, after) in sessions.iter().enumerate() {
            let change = session_turnover(before, after)?;
            turnover[(first, second)] = change.turnover_ratio();
            if second == first + 1 {
                let both: Vec<bool> = before
                    .found()
                    .iter()
                    .zip(after.found())
                    .map(|(a, b)| *a && *b)
                    .collect();
                changes.push((count(&both) > 0).then_some(change));
            }
        }
    }
    let halves: Option<Vec<_>> = times.iter().map(|at| at.halves.as_ref()).collect();
    let decoders: Option<Vec<_>> = times.iter().map(|at| at.decoders.as_ref()).collect();
    let several = times.len() > 1;
    let corrected = halves.filter(|_| several);
    let decoders = decoders.filter(|_| several);
    Ok(Some(Pairs {
        correlations: compare_sessions(&sessions)?,
        corrected: corrected
            .map(|halves| corrected_pairs(&halves, rng))
            .transpose()?,
        decoding: decoders
            .map(|decoders| error_matrix_of(&decoders, times[0].space))
            .transpose()?,
        turnover,
        changes,
    }))
}

impl CodeOverTime {
    /// The unit of [`CodeOverTime::time`]: `step`, `day` or `session`.
    #[must_use]
    pub fn time_unit(&self) -> &'static str {
        match self.population.simulated {
            true => "step",
            false if self.times.iter().all(|at| at.when.day.is_some()) => "day",
            false => "session",
        }
    }

    /// Each time: steps of a simulation, days where all are known, else session numbers.
    #[must_use]
    pub fn time(&self) -> Vec<f64> {
        let unit = self.time_unit();
        let of = |at: &CodeAt| match unit {
            "step" => at.when.step.map_or(f64::NAN, |step| step as f64),
            "day" => at.when.day.unwrap_or(f64::NAN),
            _ => at.when.session as f64,
        };
        self.times.iter().map(of).collect()
    }

    /// Similarity against the time between, means over all pairs so many moments apart; empty
    /// where no unit is known.
    #[must_use]
    pub fn by_lag(&self) -> Vec<AtLag> {
        let Some(pairs) = &self.pairs else {
            return Vec::new();
        };
        let time = self.time();
        let between = DMatrix::from_fn(time.len(), time.len(), |i, j| time[j] - time[i]);
        let unknown = DMatrix::from_element(time.len(), time.len(), f64::NAN);
        let corrected = pairs.corrected.as_ref();
        let columns = [
            &between,
            &pairs.correlations.rate_map_correlation,
            &pairs.correlations.pv_correlation,
            &pairs.turnover,
            corrected.map_or(&unknown, |pairs| &pairs.rate_map),
            pairs.decoding.as_ref().map_or(&unknown, |all| &all.mean),
        ]
        .map(SessionPairs::by_lag);
        (0..time.len())
            .map(|lag| AtLag {
                moments: lag,
                time: columns[0][lag],
                rate_map_correlation: columns[1][lag],
                pv_correlation: columns[2][lag],
                turnover_ratio: columns[3][lag],
                corrected_rate_map_correlation: columns[4][lag],
                decoding_error: columns[5][lag],
            })
            .collect()
    }
}
