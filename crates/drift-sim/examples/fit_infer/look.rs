//! A run as an experimenter would have it: few cells, few sessions, few events.

use drift_metrics::sessions::matched_halves;
use drift_metrics::similarity::CodeMeasure;
use drift_sim::infer::{Measure, Record};
use nalgebra::DMatrix;
use rand::{Rng, RngExt, seq::index::sample};
use rand_distr::{Distribution, LogNormal, Poisson};

/// Frames a second, of which a share is active.
const FRAME_HZ: f64 = 20.0;
/// Spread of the logarithm of the cells' gains.
const GAIN_SPREAD: f64 = 0.8;
/// Events that make a cell active in a session, as in an analysis.
const ACTIVE_EVENTS: f64 = 5.0;

/// How a run was looked at.
///
/// | field | drawn by [`Look::draw`] | meaning |
/// |---|---|---|
/// | `cells` | 20 to 100, logarithmic | units that are seen, by lot |
/// | `sessions` | 4 to 12 | times at which they are seen, evenly spread |
/// | `from` | 0 or 0.2 | where in the run the first session is, as a share |
/// | `peak_hz` | 0.03 to 10, logarithmic | median over active units of the highest expected rate, Hz |
/// | `minutes` | 10 to 60, logarithmic | length of a session |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Units that are seen.
    pub cells: usize,
    /// Times at which they are seen.
    pub sessions: usize,
    /// Where in the run the first session is, 0 to 1.
    pub from: f64,
    /// Median over active units of the highest expected rate, Hz.
    pub peak_hz: f64,
    /// Length of a session, minutes.
    pub minutes: f64,
}

impl Look {
    /// Draws what experiments differ in.
    pub fn draw<R: Rng + ?Sized>(rng: &mut R) -> Self {
        let mut log = |low: f64, high: f64| low * (high / low).powf(rng.random::<f64>());
        let (cells, peak_hz, minutes) = (log(20.0, 100.0), log(0.03, 10.0), log(10.0, 60.0));
        Self {
            cells: cells.round() as usize,
            sessions: rng.random_range(4..=12),
            from: if rng.random() { 0.2 } else { 0.0 },
            peak_hz,
            minutes,
        }
    }

    /// 100 cells over 8 sessions of 20 minutes: spikes (5 Hz) or calcium events (0.08 Hz), each
    /// from the start of learning and from a fifth of the run on.
    pub fn standard() -> [Self; 4] {
        [(5.0, 0.0), (5.0, 0.2), (0.08, 0.0), (0.08, 0.2)].map(|(peak_hz, from)| Self {
            cells: 100,
            sessions: 8,
            from,
            peak_hz,
            minutes: 20.0,
        })
    }

    /// What an analysis of the observed run has: shares of active frames and of active cells, and
    /// the correlation of rate maps with those of the last session by matched halves. `None` where
    /// too little is seen for any.
    ///
    /// `codes` are the activity of all units at each of `times` (places × units), every place
    /// visited as long as the others. Counts are Poisson; a common factor makes the median peak
    /// [`peak_hz`](Self::peak_hz), and each cell has a log-normal gain (median 1, spread 0.8)
    /// that stays from session to session. A cell without an event in a session is not found there,
    /// and one without any is not known.
    pub fn record<R: Rng + ?Sized>(
        &self,
        times: &[f64],
        codes: &[DMatrix<f64>],
        rng: &mut R,
    ) -> Option<Record> {
        let last = codes.len() as f64 - 1.0;
        let first = (self.from * last).round();
        let step = (last - first) / (self.sessions as f64 - 1.0);
        let seen = (0..self.sessions).map(|at| (first + step * at as f64).round() as usize);
        let seen: Vec<usize> = seen.collect();
        let (places, units) = codes[0].shape();
        let peak = |unit: usize| {
            let peaks = seen.iter().map(|&at| codes[at].column(unit).max());
            peaks.fold(0.0, f64::max)
        };
        let mut peaks: Vec<f64> = (0..units).map(peak).filter(|peak| *peak > 0.0).collect();
        peaks.sort_by(f64::total_cmp);
        let median = *peaks.get(peaks.len() / 2)?;
        let chosen = sample(rng, units, self.cells.min(units)).into_vec();
        let seconds = 60.0 * self.minutes / places as f64;
        let gain = LogNormal::new(0.0, GAIN_SPREAD).expect("a spread above 0");
        let factors: Vec<f64> = chosen
            .iter()
            .map(|_| gain.sample(rng) * seconds * self.peak_hz / median)
            .collect();
        let mut half = |at: usize| {
            DMatrix::from_fn(places, chosen.len(), |place, cell| {
                let expected = 0.5 * factors[cell] * codes[at][(place, chosen[cell])].max(0.0);
                Poisson::new(expected).map_or(0.0, |counts| counts.sample(rng))
            })
        };
        let sessions: Vec<[DMatrix<f64>; 2]> =
            seen.iter().map(|&at| [half(at), half(at)]).collect();
        record(
            &sessions,
            seconds,
            seen.iter().map(|&at| times[at]).collect(),
        )
    }
}

/// The record of sessions whose events were counted in halves (places × cells), each place being
/// visited for `seconds` a session.
fn record(sessions: &[[DMatrix<f64>; 2]], seconds: f64, times: Vec<f64>) -> Option<Record> {
    let cells = sessions[0][0].ncols();
    let events = |session: &[DMatrix<f64>; 2], cell: usize| {
        session[0].column(cell).sum() + session[1].column(cell).sum()
    };
    let known = (0..cells).filter(|&cell| sessions.iter().any(|s| events(s, cell) > 0.0));
    let known = known.count() as f64;
    let frames = FRAME_HZ * seconds;
    // Cells that are not found have no map.
    let maps = |session: &[DMatrix<f64>; 2]| {
        session.each_ref().map(|half| {
            DMatrix::from_fn(half.nrows(), cells, |place, cell| {
                match events(session, cell) > 0.0 {
                    true => half[(place, cell)],
                    false => f64::NAN,
                }
            })
        })
    };
    let end = maps(sessions.last()?);
    let mut curves = [const { Vec::new() }; 3];
    for session in sessions {
        let counts = &session[0] + &session[1];
        let found = (0..cells)
            .filter(|&cell| events(session, cell) > 0.0)
            .count();
        // Of n events in as many frames as there are, so many frames have one or more.
        let busy: f64 = counts.iter().map(|n| 1.0 - (-n / frames).exp()).sum();
        curves[0].push(busy / (found * counts.nrows()) as f64);
        let active = (0..cells).filter(|&cell| events(session, cell) >= ACTIVE_EVENTS);
        curves[1].push(active.count() as f64 / known);
        let here = maps(session);
        let [here, end] = [&here, &end].map(|maps| maps.each_ref().map(DMatrix::as_view));
        let alike = matched_halves(here, end, CodeMeasure::RateMap);
        curves[2].push(alike.map_or(f64::NAN, |halves| halves.corrected));
    }
    // With itself a session is compared as an analysis does.
    *curves[2].last_mut()? = 1.0;
    let [fraction, share, correlation] = curves;
    let curves = [
        (Measure::ActiveFraction, fraction),
        (Measure::FractionActiveUnits, share),
        (Measure::RateMapCorrelation, correlation),
    ];
    let record = Record::new(times, curves).ok()?;
    (!record.measures().is_empty()).then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_code_that_stands_still_is_seen_to() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let code = DMatrix::from_fn(12, 100, |place, unit| {
            let distance = (place as f64 - (unit % 12) as f64).abs();
            (2.0 - distance).max(0.0)
        });
        let times: Vec<f64> = (0..41).map(f64::from).collect();
        let look = Look::standard()[0];
        let seen = look.record(&times, &vec![code; 41], &mut rng).unwrap();
        assert_eq!(seen.times(), [0.0, 6.0, 11.0, 17.0, 23.0, 29.0, 34.0, 40.0]);
        for (_, correlation) in seen.curve(Measure::RateMapCorrelation) {
            assert!((correlation - 1.0).abs() < 0.02, "{correlation}");
        }
        for (_, share) in seen.curve(Measure::FractionActiveUnits) {
            assert!(share > 0.95, "{share}");
        }
    }
}
