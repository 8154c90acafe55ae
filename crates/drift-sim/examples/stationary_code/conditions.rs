//! Codes of known drift, seen through spikes and calcium events, and what is said of them.

use drift_sim::code::{Directions, RecordedCode, Selection};
use drift_sim::metrics::decoding::{ErrorMatrixSettings, PoissonSettings, error_matrix};
use drift_sim::metrics::increments::{
    peak_positions, rate_and_field, rate_and_field_by_halves, squared_displacement,
};
use drift_sim::metrics::rate_map::Track;
use drift_sim::metrics::sessions::{BinnedSession, matched_halves, matched_halves_interval};
use drift_sim::metrics::similarity::{CodeMeasure, code_similarity};
use drift_sim::nalgebra::{DMatrix, DMatrixView};
use drift_sim::observe::{Calcium, Observation, PlaceCode, Signal};
use drift_sim::rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A code and the way it is seen.
#[derive(Debug, Clone)]
pub struct Condition {
    pub name: &'static str,
    pub code: PlaceCode,
    pub seen: Observation,
}

/// What one measure says of two sessions.
#[derive(Debug, Clone)]
pub struct Said {
    pub measure: &'static str,
    pub naive: f64,
    pub corrected: f64,
    /// What the corrected one is without drift.
    pub still: f64,
    /// 95 % of bootstraps over cells, where there is an interval.
    pub interval: Option<(f64, f64)>,
}

/// A line of 24 bins, 150 cells of which 60 % have a field, two sessions of 20 minutes: only the
/// last one drifts.
pub fn conditions() -> [Condition; 6] {
    let code = PlaceCode::default();
    let events = Observation {
        rate_hz: 0.08,
        ..Observation::default()
    };
    let condition = |name, code, seen| Condition { name, code, seen };
    [
        condition("spikes", code, Observation::default()),
        condition("events", code, events),
        condition(
            "calcium",
            code,
            Observation {
                signal: Signal::Calcium(Calcium::default()),
                ..events
            },
        ),
        condition(
            "40 cells",
            code,
            Observation {
                cells: Some(40),
                ..events
            },
        ),
        condition(
            "q = 0.1",
            code,
            Observation {
                misregistered: 0.1,
                ..events
            },
        ),
        condition(
            "1 in 5 redrawn",
            PlaceCode {
                redrawn: 0.2,
                ..code
            },
            events,
        ),
    ]
}

type Failure = Box<dyn std::error::Error>;

/// The two sessions of a repeat, cells in the order of the registration, as an analysis bins them.
pub fn sessions(condition: &Condition, seed: u64) -> Result<[BinnedSession; 2], Failure> {
    let code = condition.code.draw(2, seed)?;
    let seen = Observation {
        seed,
        ..condition.seen
    };
    let recording = seen.of(&code)?.recording;
    let selection = Selection {
        directions: Directions::Together,
        ..Selection::default()
    };
    let recorded = RecordedCode::new(&recording, &selection)?;
    let units = recorded.population().units.ok_or("units are registered")?;
    let session = |index| -> Result<BinnedSession, Failure> {
        let moments = recorded.moments(index)?;
        let session = moments[0].binned(units)?;
        Ok(session.ok_or("twenty minutes have laps")?)
    };
    Ok([session(0)?, session(1)?])
}

/// What every measure says of one repeat, with intervals of so many `resamples` (none for 0).
pub fn said(condition: &Condition, seed: u64, resamples: usize) -> Result<Vec<Said>, Failure> {
    let sessions = sessions(condition, seed)?;
    let events: Vec<Vec<f64>> = sessions
        .iter()
        .map(|session| {
            (0..session.cells())
                .map(|cell| session.activity().total(cell))
                .collect()
        })
        .collect();
    let both: Vec<usize> = (0..sessions[0].cells())
        .filter(|&cell| events.iter().all(|events| events[cell] >= 5.0))
        .collect();
    let maps = [sessions[0].rate_map(), sessions[1].rate_map()];
    let halves = [sessions[0].half_maps(), sessions[1].half_maps()];
    let views = |session: usize| halves[session].each_ref().map(DMatrix::as_view);
    let chosen = maps.each_ref().map(|map| map.select_columns(&both));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut all = Vec::new();
    for (name, measure) in [
        ("rate-map r", CodeMeasure::RateMap),
        ("population-vector r", CodeMeasure::PopulationVector),
        ("CKA, debiased", CodeMeasure::CkaDebiased),
        ("RSA, Pearson", CodeMeasure::RsaPearson),
    ] {
        let pair: [DMatrixView<'_, f64>; 2] = chosen.each_ref().map(DMatrix::as_view);
        let corrected = matched_halves(views(0), views(1), measure)?.corrected;
        let interval = match resamples {
            0 => None,
            n => Some(matched_halves_interval(
                views(0),
                views(1),
                measure,
                n,
                0.95,
                &mut rng,
            )?),
        };
        all.push(Said {
            measure: name,
            naive: code_similarity(&pair, measure)?[(0, 1)],
            corrected,
            still: 1.0,
            interval,
        });
    }
    let plain = |measure, naive, corrected| Said {
        measure,
        naive,
        corrected,
        still: 0.0,
        interval: None,
    };
    let peaks = |half: usize| {
        let rows = halves.iter().flat_map(|session| {
            let active = session[half].select_columns(&both);
            peak_positions(active.as_view())
        });
        DMatrix::from_row_iterator(2, both.len(), rows.collect::<Vec<_>>())
    };
    let bins = sessions[0].n_bins();
    let moved = squared_displacement(&peaks(0), &peaks(1), bins, Track::Linear)?;
    let whole: Vec<Vec<f64>> = chosen.iter().map(|m| peak_positions(m.as_view())).collect();
    let squares = whole[0].iter().zip(&whole[1]).map(|(a, b)| (b - a).powi(2));
    let squares: Vec<f64> = squares.filter(|square| square.is_finite()).collect();
    let naive = squares.iter().sum::<f64>() / squares.len() as f64;
    let split = moved.first().map_or(f64::NAN, |lag| lag.split);
    all.push(plain("squared displacement, bins²", naive, split));
    let change = rate_and_field(chosen[0].as_view(), chosen[1].as_view())?;
    let power: f64 = (0..both.len())
        .map(|cell| chosen[0].column(cell).norm() * chosen[1].column(cell).norm())
        .sum();
    let parts = rate_and_field_by_halves(views(0), views(1))?;
    all.push(plain(
        "squared map change/power",
        change.total.iter().sum::<f64>() / power,
        (parts.rate + parts.field) / parts.power,
    ));
    let window = if condition.seen.rate_hz > 1.0 {
        1.0
    } else {
        2.0
    };
    let settings = ErrorMatrixSettings {
        decoder: PoissonSettings {
            window,
            ..PoissonSettings::default()
        },
        ..ErrorMatrixSettings::default()
    };
    let errors = error_matrix(&sessions, &settings)?.mean;
    let same = 0.5 * (errors[(0, 0)] + errors[(1, 1)]);
    let other = 0.5 * (errors[(0, 1)] + errors[(1, 0)]);
    all.push(plain(
        "decoder's error on the other day, bins",
        other,
        other - same,
    ));
    Ok(all)
}
