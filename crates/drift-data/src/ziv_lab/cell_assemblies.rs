//! `zivlab/cell_assemblies`: rate maps of registered cells over sixteen sessions.
//!
//! One struct `this_mouse_data` a mouse. What becomes the [`Recording`] are `rate_maps_trials` (session × half × cell ×
//! bin × direction, Hz) and `cell_to_index_map` (cells × sessions, 1-based, 0 = not found); what the authors computed
//! comes from [`published`]. There are no spikes, no trajectory and no occupancy in the file.
//!
//! Not in the file but in the published script: the days of the sessions, that sessions 1 to 8 are environment A and 9
//! to 16 environment B, the region by the mouse's name ([`region`]), bins of 4 cm, direction 1 = right.

use std::borrow::Cow;
use std::path::Path;

use nalgebra::DMatrix;

use super::{BIN_CM, SIDES, region, registration};
use crate::Error;
use crate::mat::{MatFile, MatRef};
use crate::recording::{Activity, Cell, Identity, MapLayer, Note, RateMaps, Recording, Session};

/// Days of the sixteen sessions.
pub(crate) const DAYS: [u32; 16] = [1, 3, 5, 7, 9, 11, 13, 15, 19, 21, 23, 25, 27, 29, 31, 33];

/// Sessions in environment A; the others are in B.
const SESSIONS_IN_A: usize = 8;

/// Reads the rate maps of a mouse. Only cells found in a session are among its cells; a session without any finite rate
/// is left without cells, and a note says so.
///
/// # Errors
/// [`Error::MissingVariable`], [`Error::WrongShape`] if the fields do not fit each other, and everything that
/// [`MatFile::open`] reports.
pub fn load(path: impl AsRef<Path>) -> Result<Recording, Error> {
    let path = path.as_ref();
    let file = MatFile::open(path)?;
    let data = file.get("this_mouse_data")?;
    let maps = data.field("rate_maps_trials")?;
    let dims = maps.dims();
    let [sessions, halves, cells, bins, directions] = dims[..] else {
        return Err(maps.wrong_shape("session × half × cell × bin × direction"));
    };
    if sessions > DAYS.len() || directions > 2 {
        return Err(maps.wrong_shape("at most 16 sessions and 2 directions"));
    }
    let map = data.field("cell_to_index_map")?;
    if map.dims()[..] != [cells, sessions] {
        return Err(map.wrong_shape(format!(
            "{cells} cells × {sessions} sessions, as rate_maps_trials"
        )));
    }
    let registration = registration(&map, 1..=sessions)?;
    let numbers = maps.numbers()?;
    let rate = |session: usize, half: usize, cell: usize, bin: usize, direction: usize| {
        numbers[session + sessions * (half + halves * (cell + cells * (bin + bins * direction)))]
    };
    let subject = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let region = subject.as_deref().and_then(region);
    let mut recorded = Vec::with_capacity(sessions);
    for (session, day) in DAYS.iter().enumerate().take(sessions) {
        let environment = if session < SESSIONS_IN_A { "A" } else { "B" };
        let label = format!("{environment} {}", session + 1);
        let mut found: Vec<usize> = (0..cells)
            .filter(|cell| registration.columns[session][*cell].is_some())
            .collect();
        let mut layers = Vec::with_capacity(halves * directions);
        for half in 0..halves {
            for (direction, side) in SIDES.into_iter().enumerate().take(directions) {
                let layer = MapLayer {
                    half: Some(half + 1),
                    direction: Some(side),
                };
                let maps = DMatrix::from_fn(bins, found.len(), |bin, cell| {
                    rate(session, half, found[cell], bin, direction)
                });
                layers.push((layer, maps));
            }
        }
        let mut notes = Vec::new();
        let mut rates = layers.iter().flat_map(|(_, maps)| maps.iter());
        if rates.all(|rate| rate.is_nan()) {
            let label = label.clone();
            notes.push(Note::EmptySession { label });
            found.clear();
            let maps = layers.iter_mut().map(|(_, maps)| maps);
            maps.for_each(|maps| *maps = DMatrix::zeros(bins, 0));
        }
        let cells = found.iter().map(|row| Cell {
            label: format!("cell {}", row + 1),
            region: region.map(str::to_owned),
            identity: Some(Identity::Registered(*row)),
        });
        let maps = RateMaps {
            grid: vec![bins],
            bin_cm: BIN_CM,
            layers,
        };
        recorded.push(Session {
            number: session + 1,
            day: Some(f64::from(*day)),
            environment: Some(environment.to_owned()),
            notes,
            ..Session::new(label, cells.collect(), Activity::RateMaps(maps))
        });
    }
    Ok(Recording {
        format: "zivlab/cell_assemblies",
        subject,
        sessions: recorded,
        registration: Some(registration),
        notes: file.notes().collect(),
    })
}

/// What the authors computed for a mouse; session by session where it is a list of as many entries.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Published {
    /// Number of cells in each session.
    pub neurons: Vec<f64>,
    /// Mean rate of each session, Hz.
    pub mean_rates: Vec<f64>,
    /// Spatial information of each session's significant cells, bit/spike, corrected by scaled shuffle reduction.
    pub information: Vec<Vec<f64>>,
    /// Mean of that; NaN for a session without data.
    pub mean_information: Vec<f64>,
    /// Population-vector correlation between all halves of all sessions (NaN where one is missing).
    pub population_vector_correlation: DMatrix<f64>,
    /// Population-vector correlation by elapsed sessions. The file may hold more entries than sessions: only as many
    /// as there are sessions are kept.
    pub population_vector_dynamics: Vec<f64>,
    /// Ensemble-rate correlation by elapsed sessions, cut likewise.
    pub rate_dynamics: Vec<f64>,
    /// 0-based registered cells with significant tuning when running right: (session, half) → cells.
    pub significant_right: Vec<Vec<Vec<usize>>>,
    /// The same when running left.
    pub significant_left: Vec<Vec<Vec<usize>>>,
}

/// Reads what the authors computed.
///
/// # Errors
/// As [`load`].
pub fn published(path: impl AsRef<Path>) -> Result<Published, Error> {
    let file = MatFile::open(path)?;
    let data = file.get("this_mouse_data")?;
    let list = |name: &str| data.field(name)?.vector().map(|values| values.into_owned());
    let neurons = list("number_of_neurons_sessions")?;
    let sessions = neurons.len();
    let cut = |name: &str| -> Result<Vec<f64>, Error> {
        let mut values = list(name)?;
        values.truncate(sessions);
        Ok(values)
    };
    let information = data.field("SI_SSR_bit_spike_sessions")?.cells()?;
    let information = information
        .iter()
        .map(|session| session.numbers().map(Cow::into_owned));
    Ok(Published {
        mean_rates: list("average_firing_rates_sessions")?,
        information: information.collect::<Result<_, _>>()?,
        mean_information: list("average_SI_SSR_bit_spike_sessions")?,
        population_vector_correlation: data.field("PV_correlations")?.matrix()?,
        population_vector_dynamics: cut("mean_PV_dynamics")?,
        rate_dynamics: cut("mean_rate_dynamics")?,
        significant_right: significant(&data.field("significant_right_trials")?, sessions)?,
        significant_left: significant(&data.field("significant_left_trials")?, sessions)?,
        neurons,
    })
}

fn significant(lists: &MatRef<'_>, sessions: usize) -> Result<Vec<Vec<Vec<usize>>>, Error> {
    let [rows, halves] = lists.dims()[..] else {
        return Err(lists.wrong_shape("session × half"));
    };
    if rows != sessions {
        return Err(lists.wrong_shape(format!("{sessions} sessions × halves")));
    }
    let whole = |number: f64| number >= 1.0 && number.fract() == 0.0;
    let cells = |session: usize, half: usize| -> Result<Vec<usize>, Error> {
        let list = lists.cell_at(&[session, half])?;
        let numbers = list.numbers()?;
        list.check(&numbers, whole, "the 1-based number of a registered cell")?;
        Ok(numbers.iter().map(|number| *number as usize - 1).collect())
    };
    (0..sessions)
        .map(|session| (0..halves).map(|half| cells(session, half)).collect())
        .collect()
}
