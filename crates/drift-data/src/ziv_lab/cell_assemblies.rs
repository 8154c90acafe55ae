//! `zivlab/cell_assemblies`: rate maps of registered cells over sixteen sessions.
//!
//! One struct `this_mouse_data` a mouse. What becomes the [`Recording`] are `rate_maps_trials` (session × half × cell ×
//! bin × direction, Hz) and `cell_to_index_map` (cells × sessions, 1-based, 0 = not found); what the authors computed
//! comes from [`published`]. There are no spikes, no trajectory and no occupancy in the file.
//!
//! Not in the file but in the published script: the days of the sessions, that sessions 1 to 8 are environment A and 9
//! to 16 environment B, the region by the mouse's name ([`region`]), bins of 4 cm, direction 1 = right.

use std::path::Path;

use nalgebra::DMatrix;

use super::{BIN_CM, region};
use crate::Error;
use crate::mat::{MatFile, MatRef};
use crate::recording::{
    Activity, Cell, EpochKind, Identity, MapLayer, Note, RateMaps, Recording, Registration,
    Session, TrackDirection,
};

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
    let registration = registration(&data.field("cell_to_index_map")?, cells, sessions)?;
    let numbers = maps.numbers()?;
    let rate = |session: usize, half: usize, cell: usize, bin: usize, direction: usize| {
        numbers[session + sessions * (half + halves * (cell + cells * (bin + bins * direction)))]
    };
    let subject = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let region = subject.as_deref().and_then(region).map(str::to_owned);
    let mut recorded = Vec::with_capacity(sessions);
    for (session, day) in DAYS.iter().enumerate().take(sessions) {
        let environment = if session < SESSIONS_IN_A { "A" } else { "B" };
        let label = format!("{environment} {}", session + 1);
        let mut found: Vec<usize> = (0..cells)
            .filter(|cell| registration.columns[session][*cell].is_some())
            .collect();
        let mut layers = layers(
            halves,
            directions,
            bins,
            &found,
            |half, cell, bin, direction| rate(session, half, cell, bin, direction),
        );
        let mut notes = Vec::new();
        if layers
            .iter()
            .all(|(_, maps)| maps.iter().all(|rate| rate.is_nan()))
        {
            notes.push(Note::EmptySession {
                label: label.clone(),
            });
            found.clear();
            layers
                .iter_mut()
                .for_each(|(_, maps)| *maps = DMatrix::zeros(bins, 0));
        }
        recorded.push(Session {
            label,
            number: session + 1,
            date: None,
            day: Some(f64::from(*day)),
            environment: Some(environment.to_owned()),
            exposure: None,
            minutes: None,
            epoch: EpochKind::Run,
            trajectory: None,
            trials: Vec::new(),
            recorded_units: found.len(),
            cells: found
                .iter()
                .map(|row| Cell {
                    label: format!("cell {}", row + 1),
                    region: region.clone(),
                    identity: Some(Identity::Registered(*row)),
                })
                .collect(),
            activity: Activity::RateMaps(RateMaps {
                grid: vec![bins],
                bin_cm: BIN_CM,
                layers,
            }),
            notes,
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

fn registration(map: &MatRef<'_>, cells: usize, sessions: usize) -> Result<Registration, Error> {
    let matrix = map.matrix()?;
    if matrix.shape() != (cells, sessions) {
        return Err(map.wrong_shape(format!(
            "{cells} cells × {sessions} sessions, as rate_maps_trials"
        )));
    }
    let columns = matrix
        .column_iter()
        .map(|column| {
            column
                .iter()
                .map(|index| (*index >= 1.0).then(|| *index as usize - 1))
                .collect()
        })
        .collect();
    Ok(Registration { cells, columns })
}

fn layers(
    halves: usize,
    directions: usize,
    bins: usize,
    cells: &[usize],
    rate: impl Fn(usize, usize, usize, usize) -> f64,
) -> Vec<(MapLayer, DMatrix<f64>)> {
    let sides = [TrackDirection::Right, TrackDirection::Left];
    let mut layers = Vec::with_capacity(halves * directions);
    for half in 0..halves {
        for (direction, side) in sides.iter().enumerate().take(directions) {
            let layer = MapLayer {
                half: Some(half + 1),
                direction: Some(*side),
            };
            let maps = DMatrix::from_fn(bins, cells.len(), |bin, cell| {
                rate(half, cells[cell], bin, direction)
            });
            layers.push((layer, maps));
        }
    }
    layers
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
    Ok(Published {
        mean_rates: list("average_firing_rates_sessions")?,
        information: data
            .field("SI_SSR_bit_spike_sessions")?
            .cells()?
            .iter()
            .map(|session| session.numbers().map(|values| values.into_owned()))
            .collect::<Result<_, _>>()?,
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
    (0..sessions)
        .map(|session| {
            (0..halves)
                .map(|half| {
                    let list = lists.cell_at(&[session, half])?;
                    let numbers = list.numbers()?;
                    if let Some(index) = numbers
                        .iter()
                        .position(|number| !(*number >= 1.0 && number.fract() == 0.0))
                    {
                        return Err(Error::BadValue {
                            file: list.file().to_owned(),
                            variable: list.path().to_owned(),
                            index,
                            value: numbers[index],
                            expected: "the 1-based number of a registered cell",
                        });
                    }
                    Ok(numbers.iter().map(|number| *number as usize - 1).collect())
                })
                .collect()
        })
        .collect()
}
