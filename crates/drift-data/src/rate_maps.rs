//! A configurable reader of "rate maps + trajectory" files.
//!
//! For data sets that publish each day's rate maps and the animal's path, and no spikes. The names and the nesting are
//! the caller's to give. CRCNS hc-22 (Jercog et al. 2019) is such a data set, but **its file layout is not known to
//! us**: nothing here claims to read it. Once its description is at hand, a [`Layout`] is what has to be filled in.

use std::path::Path;

use nalgebra::DMatrix;

use crate::Error;
use crate::error::positive;
use crate::mat::{MatFile, MatRef, MatValue};
use crate::recording::{
    Activity, Cell, MapLayer, Note, Position, RateMaps, Recording, Session, Trajectory,
};
use crate::times::{check_rising, durations, median_interval};

/// Where a file keeps what.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `rate_maps` | `rate_maps` | cell array over days of bins along x × bins along y × cells (or bins × cells), Hz |
/// | `trajectory` | `trajectory` | cell array over days of samples × columns; `None` if there is none |
/// | `columns` | `["time", "x", "y"]` | what the trajectory's columns are; others by any other word are passed over |
/// | `day` | `day` | one number for each day; `None` to count from 1 |
/// | `plane` | `true` | whether maps are of the plane (three dimensions) or of a track (two) |
/// | `bin_cm` | 5 | width of a bin, cm |
/// | `position_to_cm` | 1 | turns the trajectory's positions into cm |
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Variable with the maps.
    pub rate_maps: String,
    /// Variable with the trajectories.
    pub trajectory: Option<String>,
    /// Names of the trajectory's columns; `time`, `x`, `y`, `speed` and `heading` are taken.
    pub columns: Vec<String>,
    /// Variable with the days' numbers.
    pub day: Option<String>,
    /// Whether the maps are of the plane.
    pub plane: bool,
    /// Width of a bin, cm.
    pub bin_cm: f64,
    /// Turns positions into cm.
    pub position_to_cm: f64,
    /// The animal.
    pub subject: Option<String>,
    /// Name of the environment.
    pub environment: Option<String>,
    /// Brain region of all cells.
    pub region: Option<String>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            rate_maps: "rate_maps".to_owned(),
            trajectory: Some("trajectory".to_owned()),
            columns: ["time", "x", "y"].map(str::to_owned).to_vec(),
            day: Some("day".to_owned()),
            plane: true,
            bin_cm: 5.0,
            position_to_cm: 1.0,
            subject: None,
            environment: None,
            region: None,
        }
    }
}

/// Reads a file: one session for each day. Equal columns of two days are not taken for the same cell.
///
/// # Errors
/// [`Error::Parameter`] for a width or scale that is not a positive number, [`Error::MissingVariable`] for a variable or
/// column that is not there, [`Error::WrongShape`] if days or dimensions disagree, [`Error::TimeBackwards`] with the row
/// where time does not rise.
pub fn load(path: impl AsRef<Path>, layout: &Layout) -> Result<Recording, Error> {
    for (field, value) in [
        ("bin_cm", layout.bin_cm),
        ("position_to_cm", layout.position_to_cm),
    ] {
        positive(field, value)?;
    }
    let file = MatFile::open(path)?;
    let maps = per_day(file.get(&layout.rate_maps)?)?;
    let trajectories = layout.trajectory.as_ref();
    let trajectories = trajectories
        .map(|name| per_day(file.get(name)?))
        .transpose()?;
    let days = layout.day.as_ref().map(|name| file.get(name)).transpose()?;
    let mut sessions = Vec::with_capacity(maps.len());
    for (index, map) in maps.iter().enumerate() {
        let mut notes = Vec::new();
        let trajectory = match &trajectories {
            None => None,
            Some(all) => {
                let Some(value) = all.get(index) else {
                    let expected = format!("{} days, as the trajectory", all.len());
                    return Err(file.get(&layout.rate_maps)?.wrong_shape(expected));
                };
                trajectory(value, layout, &mut notes)?
            }
        };
        if trajectory.is_none() {
            notes.push(Note::NoTrajectory);
        }
        let day = match &days {
            None => index as f64 + 1.0,
            Some(days) => {
                let expected = || format!("{} days, as the rate maps", maps.len());
                let day = days.numbers()?.get(index).copied();
                day.ok_or_else(|| days.wrong_shape(expected()))?
            }
        };
        let maps = day_maps(map, layout)?;
        let cells = Cell::numbered(maps.cells(), layout.region.as_deref());
        sessions.push(Session {
            number: index + 1,
            day: Some(day),
            environment: layout.environment.clone(),
            trajectory,
            notes,
            ..Session::new(format!("day {day}"), cells, Activity::RateMaps(maps))
        });
    }
    Ok(Recording {
        format: "rate maps + trajectory",
        subject: layout.subject.clone(),
        sessions,
        registration: None,
        notes: file.notes().collect(),
    })
}

/// A cell array's elements; anything else is one day.
fn per_day(value: MatRef<'_>) -> Result<Vec<MatRef<'_>>, Error> {
    if matches!(value.value(), MatValue::Cell(_)) {
        value.cells()
    } else {
        Ok(vec![value])
    }
}

fn day_maps(map: &MatRef<'_>, layout: &Layout) -> Result<RateMaps, Error> {
    let dims = map.dims();
    let (grid, cells) = match (&dims[..], layout.plane) {
        ([x, y], true) => (vec![*x, *y], 1),
        ([x, y, cells], true) => (vec![*x, *y], *cells),
        ([bins, cells], false) => (vec![*bins], *cells),
        (_, true) => return Err(map.wrong_shape("bins along x × bins along y × cells")),
        (_, false) => return Err(map.wrong_shape("bins × cells")),
    };
    let numbers = map.numbers()?;
    let fits = |rate: f64| rate.is_nan() || (0.0..f64::INFINITY).contains(&rate);
    let expected = "a rate: at least 0, or NaN where unvisited";
    map.check(&numbers, fits, expected)?;
    let bins = grid.iter().product();
    let maps = DMatrix::from_column_slice(bins, cells, &numbers);
    let layer = MapLayer {
        half: None,
        direction: None,
    };
    Ok(RateMaps {
        grid,
        bin_cm: layout.bin_cm,
        layers: vec![(layer, maps)],
    })
}

fn trajectory(
    value: &MatRef<'_>,
    layout: &Layout,
    notes: &mut Vec<Note>,
) -> Result<Option<Trajectory>, Error> {
    if value.is_empty() {
        return Ok(None);
    }
    let matrix = value.matrix()?;
    let column = |name: &str| -> Result<Option<Vec<f64>>, Error> {
        match layout.columns.iter().position(|found| found == name) {
            None => Ok(None),
            Some(index) if index < matrix.ncols() => {
                Ok(Some(matrix.column(index).iter().copied().collect()))
            }
            Some(index) => Err(value.wrong_shape(format!("at least {} columns", index + 1))),
        }
    };
    let needed = |name: &str| {
        column(name)?.ok_or_else(|| Error::MissingVariable {
            file: value.file().to_owned(),
            variable: format!("{} column `{name}`", value.path()),
            present: layout.columns.clone(),
        })
    };
    let time = needed("time")?;
    let place = format!("{} column time", value.path());
    check_rising(&time, value.file(), &place)?;
    let mut x = needed("x")?;
    x.iter_mut().for_each(|x| *x *= layout.position_to_cm);
    let position = match column("y")? {
        Some(mut y) => {
            y.iter_mut().for_each(|y| *y *= layout.position_to_cm);
            Position::Plane { x, y }
        }
        None => Position::Line(x),
    };
    let interval = median_interval(&time);
    let interval = interval.ok_or_else(|| value.wrong_shape("at least two samples"))?;
    let trajectory = Trajectory {
        position: Some(position),
        speed: column("speed")?,
        heading: column("heading")?,
        ..Trajectory::on_clock(durations(&time, None), time, interval)
    };
    notes.extend(trajectory.notes());
    Ok(Some(trajectory))
}
