//! The moments of a study, and their measurement.

use drift_metrics::activity::SparseActivity;
use drift_metrics::activity::active_fraction;
use drift_metrics::binning::States;
use drift_metrics::sessions::session_turnover;
use drift_metrics::sessions::{RegisteredSession, compare_sessions};
use drift_metrics::shuffle::{PlaceCellSettings, place_cell_test};
use drift_metrics::statistics::Mean;
use drift_metrics::{
    BinEdges, BinnedPositions, Direction, place_units, rate_map, spatial_information,
};
use nalgebra::DMatrix;
use rand::Rng;

use super::{CodeAt, CodeOverTime};
use crate::Error;

/// One time at which a population was seen: a snapshot of a run or a session of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Name for tables: `step 20000`, `day 3`.
    pub label: String,
    /// Steps or days.
    pub time: f64,
    /// What the units did (samples × units at this time), not negative.
    pub activity: DMatrix<f64>,
    /// Position of each sample (samples), signed by the direction of motion; NaN where the sample
    /// counts for activity but not for maps.
    pub position: Vec<f64>,
    /// For each unit of the whole study, in an order shared by all moments, its column in
    /// `activity`; `None` where it was not found.
    pub column_of: Vec<Option<usize>>,
}

/// What counts as active and as tuned.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `active_samples` | 5 | samples with activity that make a unit active | ≥ 1 |
/// | `place_threshold` | 0.01 | bits per spike above which an active unit is a place unit, as the paper has it | finite |
/// | `shuffles` | 1000 | cyclic shuffles of the test for tuning; 0 leaves it out | |
/// | `significance` | 0.05 | a unit is tuned when p < this | (0, 1] |
///
/// The threshold suits units without noise. A recorded cell with few events exceeds it by chance:
/// for comparisons the test, which does not depend on the bias of the information, is the measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Criteria {
    /// Samples with activity that make a unit active.
    pub active_samples: usize,
    /// Spatial information above which an active unit is a place unit, bits per spike.
    pub place_threshold: f64,
    /// Cyclic shuffles of the test for tuning.
    pub shuffles: usize,
    /// Significance of the test.
    pub significance: f64,
}

impl Default for Criteria {
    fn default() -> Self {
        Self {
            active_samples: 5,
            place_threshold: 0.01,
            shuffles: 1000,
            significance: 0.05,
        }
    }
}

impl Criteria {
    fn check(&self) -> Result<(), Error> {
        if self.active_samples == 0 {
            return Err(Error::range("active_samples", 0, "at least 1"));
        }
        if !self.place_threshold.is_finite() {
            let value = self.place_threshold;
            return Err(Error::range("place_threshold", value, "a finite number"));
        }
        if !(self.significance > 0.0 && self.significance <= 1.0) {
            return Err(Error::range("significance", self.significance, "in (0, 1]"));
        }
        Ok(())
    }
}

/// Measures a code at each of its moments and between them.
///
/// `edges` bin the signed positions of all moments. `moments` are taken one after the other, so
/// that one session's activity is in memory at a time. A unit is active with activity in at least
/// `active_samples` samples; its information is taken where it has as many on samples with a
/// position. Correlations are of unsmoothed maps over the units active at both times.
///
/// # Errors
/// [`Error::OutOfRange`] for a criterion, [`Error::Metrics`] where activity, positions and columns
/// of a moment do not fit each other or moments differ in their units, and what `moments` gives.
pub fn measure_code<R: Rng + ?Sized>(
    edges: &BinEdges,
    moments: impl IntoIterator<Item = Result<Moment, Error>>,
    criteria: &Criteria,
    rng: &mut R,
) -> Result<CodeOverTime, Error> {
    criteria.check()?;
    let (mut times, mut sessions) = (Vec::new(), Vec::new());
    for moment in moments {
        let (at, session) = measure_moment(edges, &moment?, criteria, rng)?;
        times.push(at);
        sessions.push(session);
    }
    let pairs = compare_sessions(&sessions)?;
    let mut turnover = DMatrix::from_element(times.len(), times.len(), f64::NAN);
    let mut changes = Vec::new();
    for (first, before) in sessions.iter().enumerate() {
        for (second, after) in sessions.iter().enumerate() {
            let change = session_turnover(before, after)?;
            turnover[(first, second)] = change.turnover_ratio();
            if second == first + 1 {
                changes.push(change);
            }
        }
    }
    Ok(CodeOverTime {
        times,
        sessions,
        pairs,
        turnover,
        changes,
    })
}

fn measure_moment<R: Rng + ?Sized>(
    edges: &BinEdges,
    moment: &Moment,
    criteria: &Criteria,
    rng: &mut R,
) -> Result<(CodeAt, RegisteredSession), Error> {
    let positions = edges.assign(&moment.position);
    let map = rate_map::rate_map_of(&positions, moment.activity.as_view())?
        .with_direction(Direction::Signed);
    let information = spatial_information(&map)?;
    let active: Vec<bool> = moment
        .activity
        .column_iter()
        .map(|unit| unit.iter().filter(|value| **value > 0.0).count() >= criteria.active_samples)
        .collect();
    let (placed, states) = placed(&positions, &moment.activity)?;
    let tested = placed.cells_active_in(criteria.active_samples);
    let above = place_units(&information, criteria.place_threshold);
    let bits = Mean::of(tested.iter().map(|&unit| information[unit]));
    let (mut tuned, mut above_chance) = (None, None);
    if criteria.shuffles > 0 {
        (tuned, above_chance) = (Some(0), Some(f64::NAN));
        if !tested.is_empty() {
            let settings = PlaceCellSettings {
                shuffles: criteria.shuffles,
                significance: criteria.significance,
                ..PlaceCellSettings::default()
            };
            let test = place_cell_test(&placed.select(&tested)?, &states, &settings, rng)?;
            let excess = test
                .bits_per_spike
                .iter()
                .zip(&test.shuffled_mean)
                .map(|(bits, chance)| bits - chance);
            tuned = Some(test.significant_cells().len());
            above_chance = Some(Mean::of(excess).mean);
        }
    }
    let session = RegisteredSession::new(map.rates.as_view(), &moment.column_of, &active)?;
    let count = |flags: &[bool]| flags.iter().filter(|flag| **flag).count();
    let at = CodeAt {
        label: moment.label.clone(),
        time: moment.time,
        units: moment.column_of.len(),
        found: count(session.found()),
        active: count(session.active()),
        active_fraction: active_fraction(moment.activity.as_view()),
        place_units: tested.iter().filter(|&&unit| above[unit]).count(),
        tested: tested.len(),
        tuned,
        mean_information: bits.mean,
        information_error: bits.standard_error,
        information_above_chance: above_chance,
        map,
        column_of: moment.column_of.clone(),
    };
    Ok((at, session))
}

/// The samples that have a bin, and their bins.
fn placed(
    positions: &BinnedPositions,
    activity: &DMatrix<f64>,
) -> Result<(SparseActivity, States), Error> {
    let (rows, labels): (Vec<usize>, Vec<usize>) = positions
        .iter()
        .enumerate()
        .filter_map(|(row, bin)| Some((row, bin?)))
        .unzip();
    let kept = activity.select_rows(&rows);
    Ok((
        SparseActivity::from_dense(kept.as_view())?,
        States::new(&labels)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    /// Bin of each of 64 samples: every bin 16 times, in an order that no shift repeats.
    fn bin(sample: usize) -> usize {
        (sample * (sample + 1) / 2) % 64 / 16
    }

    /// Unit 0 prefers bin `preferred`, unit 1 fires everywhere, unit 2 never.
    fn moment(time: f64, preferred: usize, column_of: Vec<Option<usize>>) -> Moment {
        Moment {
            label: format!("day {time}"),
            time,
            activity: DMatrix::from_fn(64, 3, |sample, unit| match unit {
                0 => f64::from(u8::from(bin(sample) == preferred)),
                1 => 1.0,
                _ => 0.0,
            }),
            position: (0..64).map(|sample| bin(sample) as f64 + 0.5).collect(),
            column_of,
        }
    }

    fn measured(criteria: &Criteria) -> CodeOverTime {
        let all = || vec![Some(0), Some(1), Some(2)];
        let moments = [
            moment(1.0, 0, all()),
            moment(3.0, 0, all()),
            moment(7.0, 2, vec![Some(0), None, Some(2)]),
        ];
        let edges = BinEdges::equal(0.0, 4.0, 4).expect("edges");
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        measure_code(&edges, moments.map(Ok), criteria, &mut rng).expect("measured")
    }

    #[test]
    fn known_units_give_known_values() {
        let code = measured(&Criteria::default());
        let first = &code.times[0];
        assert_eq!((first.units, first.found, first.active), (3, 3, 2));
        assert_eq!(
            (first.tested, first.place_units, first.tuned),
            (2, 1, Some(1))
        );
        assert_eq!(first.mean_information, 1.0);
        assert_eq!(first.active_fraction, 1.25 / 3.0);
        assert_eq!((code.times[2].found, code.times[2].active), (2, 1));
        // Unit 0 keeps its map at first and then fires at another place.
        let maps = &code.pairs.rate_map_correlation;
        assert!((maps[(0, 1)] - 1.0).abs() < 1e-12 && (maps[(0, 2)] + 1.0 / 3.0).abs() < 1e-12);
        assert!(code.turnover.iter().all(|ratio| *ratio == 0.0));
        let lags = code.by_lag();
        assert_eq!((lags[1].time, lags[2].time), (3.0, 6.0));
        assert!((lags[2].rate_map_correlation + 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn without_shuffles_nothing_is_said_of_chance() {
        let code = measured(&Criteria {
            shuffles: 0,
            ..Criteria::default()
        });
        assert!(code.times[0].tuned.is_none() && code.times[0].tuned_share().is_nan());
        assert!(code.times[0].information_above_chance.is_none());
    }

    #[test]
    fn criteria_that_make_no_sense_are_refused() {
        let edges = BinEdges::equal(0.0, 1.0, 1).expect("edges");
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let default = Criteria::default;
        for criteria in [
            Criteria {
                active_samples: 0,
                ..default()
            },
            Criteria {
                significance: f64::NAN,
                ..default()
            },
            Criteria {
                place_threshold: f64::INFINITY,
                ..default()
            },
        ] {
            let refused = measure_code(&edges, [], &criteria, &mut rng);
            assert!(matches!(refused, Err(Error::OutOfRange { .. })));
        }
    }
}
