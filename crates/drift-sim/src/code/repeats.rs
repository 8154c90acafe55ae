//! Repeats within a session, and what is known of the code once the noise of estimation is out.

use drift_metrics::activity::SparseActivity;
use drift_metrics::decoding::{ErrorMatrixSettings, SessionDecoders};
use drift_metrics::sessions::matched_halves_interval;
use drift_metrics::sessions::{BinnedSession, MatchedHalves, matched_halves};
use drift_metrics::similarity::CodeMeasure;
use nalgebra::DMatrix;
use rand::Rng;

use super::moment::slot;
use super::{Evidence, Moment};
use crate::Error;

/// Fewest laps that a session is cut in halves with.
pub(super) const FEWEST_LAPS: usize = 4;

/// Seconds of a repeat where there are no laps.
const BLOCK_SECONDS: f64 = 60.0;

/// Numbers the laps of a session from the bin of each sample: a lap ends when the animal, having
/// been in the last quarter of the `bins`, comes to the first. Where so few laps are run, or along
/// no line (`line` is false), minutes take their place, of samples that last `seconds`.
pub(super) fn laps(place: &[Option<usize>], bins: usize, line: bool, seconds: f64) -> Vec<usize> {
    let (mut lap, mut far) = (0, false);
    let mut laps: Vec<usize> = place
        .iter()
        .map(|bin| {
            if let Some(bin) = bin {
                if 4 * bin >= 3 * bins {
                    far = true;
                } else if far && 4 * bin < bins {
                    far = false;
                    lap += 1;
                }
            }
            lap
        })
        .collect();
    if !line || lap + 1 < FEWEST_LAPS {
        let block = |sample: usize| (sample as f64 * seconds / BLOCK_SECONDS) as usize;
        laps = (0..place.len()).map(block).collect();
    }
    laps
}

impl Moment {
    /// The frames with a place, of all directions one after the other and with bins of their own,
    /// and all `units` of the study in its order; `None` where activity over time or laps are not
    /// known.
    ///
    /// # Errors
    /// [`Error::Metrics`] where the parts of the moment do not fit each other.
    pub fn binned(&self, units: usize) -> Result<Option<BinnedSession>, Error> {
        let Evidence::Passes(passes) = &self.evidence else {
            return Ok(None);
        };
        let timed = passes
            .iter()
            .all(|pass| pass.laps.len() == pass.activity.frames());
        if !timed {
            return Ok(None);
        }
        let bins = passes.iter().map(|pass| pass.bins).max().unwrap_or(0);
        let column_of = self.column_of(units);
        let found: Vec<bool> = column_of.iter().map(Option::is_some).collect();
        let mut entries = vec![Vec::new(); units];
        let (mut place, mut laps, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
        for pass in passes {
            let first = place.len();
            for (entries, column) in entries.iter_mut().zip(&column_of) {
                let here = column.iter().flat_map(|&at| pass.activity.entries(at));
                entries.extend(here.map(|(frame, value)| (first + frame, value)));
            }
            let labels = pass.states.labels();
            let offset = slot(pass.direction) * bins;
            let index = pass.states.index().iter();
            place.extend(index.map(|&state| Some(offset + labels[usize::from(state)])));
            laps.extend_from_slice(&pass.laps);
            seconds.extend(vec![pass.sample_seconds; pass.activity.frames()]);
        }
        let activity = SparseActivity::from_entries(place.len(), &entries)?;
        let durations = seconds.as_slice().into();
        let bins = bins * self.slots;
        let session = BinnedSession::of_activity(activity, &place, bins, &laps, durations, &found)?;
        Ok(Some(session))
    }
}

/// Similarity of every pair of times by matched halves, each (times × times), the diagonal 1.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CorrectedPairs {
    /// Mean over cells of the correlation of their rate maps, over its ceiling.
    pub rate_map: DMatrix<f64>,
    /// Mean over bins of the correlation of population vectors, over its ceiling.
    pub population_vector: DMatrix<f64>,
    /// Debiased kernel alignment, over its ceiling.
    pub cka: DMatrix<f64>,
    /// What a session's own halves say of each other, rate maps (times): what a code that stands
    /// still would give uncorrected.
    pub within: Vec<f64>,
    /// Interval of the rate maps' value with the first time (times × 2), 95 % of bootstraps over cells.
    pub interval_with_first: DMatrix<f64>,
}

/// Laps that are decoded from the others together.
pub(super) const LAPS_LEFT_OUT: usize = 2;

/// Bootstraps over cells behind an interval.
const RESAMPLES: usize = 200;

/// Trains the Poisson decoders of a session, with so many laps left out at a time.
pub(super) fn decoders(
    session: &BinnedSession,
    laps_left_out: usize,
) -> Result<SessionDecoders, Error> {
    let settings = ErrorMatrixSettings {
        laps_left_out,
        ..ErrorMatrixSettings::default()
    };
    Ok(SessionDecoders::of(session, &settings)?)
}

/// Compares all pairs of half maps.
pub(super) fn corrected_pairs<R: Rng + ?Sized>(
    halves: &[&[DMatrix<f64>; 2]],
    rng: &mut R,
) -> Result<CorrectedPairs, Error> {
    let times = halves.len();
    let views = |at: usize| [halves[at][0].as_view(), halves[at][1].as_view()];
    let compared = |measure: CodeMeasure| -> Result<DMatrix<f64>, Error> {
        let mut matrix = DMatrix::from_element(times, times, 1.0);
        for first in 0..times {
            for second in first + 1..times {
                let pair: MatchedHalves = matched_halves(views(first), views(second), measure)?;
                matrix[(first, second)] = pair.corrected;
                matrix[(second, first)] = pair.corrected;
            }
        }
        Ok(matrix)
    };
    let within = (0..times).map(|at| -> Result<f64, Error> {
        Ok(matched_halves(views(at), views(at), CodeMeasure::RateMap)?.within_first)
    });
    let within = within.collect::<Result<Vec<_>, Error>>()?;
    let mut interval = DMatrix::from_element(times, 2, 1.0);
    for second in 1..times {
        let measure = CodeMeasure::RateMap;
        let (low, high) =
            matched_halves_interval(views(0), views(second), measure, RESAMPLES, 0.95, rng)?;
        interval[(second, 0)] = low;
        interval[(second, 1)] = high;
    }
    Ok(CorrectedPairs {
        rate_map: compared(CodeMeasure::RateMap)?,
        population_vector: compared(CodeMeasure::PopulationVector)?,
        cka: compared(CodeMeasure::CkaDebiased)?,
        within,
        interval_with_first: interval,
    })
}

#[cfg(test)]
mod tests {
    use super::laps;

    #[test]
    fn a_lap_goes_to_the_far_end_and_back() {
        let path = [0, 3, 7, 4, 0, 2, 4, 2, 1, 7, 0, 7, 0, 6, 1];
        let place: Vec<Option<usize>> = path.iter().map(|bin| Some(*bin)).collect();
        let found = laps(&place, 8, true, 1.0);
        // Turning in the middle makes no lap.
        assert_eq!(found, [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4]);
        // In a plane, or with a lap or two, minutes count.
        let found = laps(&vec![Some(0); 130], 8, true, 1.0);
        assert_eq!((found[59], found[60], found[129]), (0, 1, 2));
        assert_eq!(laps(&place, 8, false, 30.0)[..5], [0, 0, 1, 1, 2]);
    }
}
