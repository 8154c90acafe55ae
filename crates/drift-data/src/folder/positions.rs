//! Where the animal was in a session, from its file.

use std::path::Path;

use super::activity::{passed_over, rising};
use super::keys::Entry;
use super::manifest::{Axes, Origin, PositionsFile, Tracking, Unit};
use crate::mat::Limits;
use crate::numpy::Archive;
use crate::recording::{Note, Place, Position, TrackDirection, Trajectory, range};
use crate::table::Table;
use crate::{Error, deeplabcut, pynapple, sleap};

/// The longest step of time that is no gap unless the entry says another, s.
const GAP_S: f64 = 0.5;
/// Spans of x that are taken for cm without a word, cm.
const SPAN_CM: std::ops::RangeInclusive<f64> = 2.0..=1000.0;

/// Positions as a file has them: times in s, coordinates NaN where the animal was lost.
#[derive(Debug, Default)]
pub(crate) struct Track {
    pub(crate) time: Vec<f64>,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Option<Vec<f64>>,
    /// 1 to larger positions, −1 to smaller ones, 0 neither.
    pub(crate) direction: Option<Vec<f64>>,
    pub(crate) notes: Vec<Note>,
}

/// Coordinates of one body part in pixels, frame after frame from frame 0 of the video.
#[derive(Debug, Default)]
pub(crate) struct Pixels {
    /// Number of the first frame.
    pub(crate) first_frame: u64,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) notes: Vec<Note>,
}

/// Reads the file of an entry; `file` is its path.
pub(super) fn read(file: &Path, entry: &PositionsFile, limits: &Limits) -> Result<Place, Error> {
    entry.only(entry.keys())?;
    let mut track = match entry.format {
        None => neutral(file, limits)?,
        Some(Tracking::Pynapple) => pynapple::positions(file, limits)?,
        Some(Tracking::DeepLabCut) => {
            let pixels = deeplabcut::read(file, entry, limits)?;
            scaled(file, entry, pixels)?
        }
        Some(Tracking::Sleap) => scaled(file, entry, sleap::read(file, entry, limits)?)?,
    };
    let pixels = matches!(entry.format, Some(Tracking::DeepLabCut | Tracking::Sleap));
    let Track { x, y, notes, .. } = &mut track;
    if !pixels {
        lose(entry, x, y.as_deref_mut(), notes);
    }
    if let (true, Some(unit)) = (pixels, entry.unit.filter(|unit| *unit != Unit::Cm)) {
        let expected = "cm, which `cm_per_px` turns pixels into";
        return Err(entry.refused("unit", format!("{unit:?}").to_lowercase(), expected));
    }
    match entry.scale.or(entry.unit.map(Unit::cm)) {
        Some(cm) if cm > 0.0 && cm.is_finite() => {
            let coordinates = track.x.iter_mut().chain(track.y.iter_mut().flatten());
            coordinates.for_each(|value| *value *= cm);
        }
        Some(cm) => {
            return Err(entry.refused("scale", cm.to_string(), "a finite number above 0"));
        }
        None if entry.format == Some(Tracking::Pynapple) => {
            let place = "the unit of the position";
            let error = Error::entry(file, place, "unknown", "cm, m or mm");
            return Err(error.mended_by("unit"));
        }
        None => check_span(file, entry, &track.x)?,
    }
    let gap_s = entry.gap_s.unwrap_or(GAP_S);
    if !(gap_s > 0.0) {
        return Err(entry.refused("gap_s", gap_s.to_string(), "a number of s above 0"));
    }
    if track.time.len() < 2 {
        let value = format!("of {} samples", track.time.len());
        let expected = "two samples or more";
        return Err(Error::entry(file, "the position", value, expected));
    }
    let position = match track.y.take() {
        Some(y) => Position::Plane { x: track.x, y },
        None => Position::Line(track.x),
    };
    let mut trajectory = Trajectory::new(track.time, Some(position), Some(gap_s))?;
    trajectory.running = track.direction.map(|direction| {
        let side = |direction: f64| match direction {
            1.0 => Some(TrackDirection::Right),
            -1.0 => Some(TrackDirection::Left),
            _ => None,
        };
        direction.into_iter().map(side).collect()
    });
    let mut notes = track.notes;
    notes.extend(trajectory.notes());
    Ok(Place { trajectory, notes })
}

impl PositionsFile {
    /// The least likelihood, checked.
    pub(crate) fn least_likelihood(&self) -> Result<Option<f64>, Error> {
        match self.likelihood {
            Some(least) if !(0.0..=1.0).contains(&least) => {
                let expected = "a likelihood between 0 and 1";
                Err(self.refused("likelihood", least.to_string(), expected))
            }
            least => Ok(least),
        }
    }
}

/// Takes samples with the marker of lost tracking for lost.
fn lose(entry: &PositionsFile, x: &mut [f64], y: Option<&mut [f64]>, notes: &mut Vec<Note>) {
    let Some(marker) = entry.missing else { return };
    let mut lost = 0;
    let mut mark = |coordinates: &mut [&mut f64]| {
        if coordinates.iter().any(|value| **value == marker) {
            coordinates.iter_mut().for_each(|value| **value = f64::NAN);
            lost += 1;
        }
    };
    match y {
        Some(y) => x.iter_mut().zip(y).for_each(|(x, y)| mark(&mut [x, y])),
        None => x.iter_mut().for_each(|x| mark(&mut [x])),
    }
    notes.push(Note::Read(format!(
        "{lost} samples at {marker} count as lost, which `missing` says"
    )));
}

/// Pixels as cm on the clock of the video.
fn scaled(file: &Path, entry: &PositionsFile, mut pixels: Pixels) -> Result<Track, Error> {
    lose(entry, &mut pixels.x, Some(&mut pixels.y), &mut pixels.notes);
    let given = |key: &'static str, value: Option<f64>, what: &str| match value {
        Some(value) if value > 0.0 && value.is_finite() => Ok(value),
        Some(value) => Err(entry.refused(key, value.to_string(), "a finite number above 0")),
        None => Err(Error::entry(file, what, "not in the file", "it to be given").mended_by(key)),
    };
    let rate = given("rate_hz", entry.rate_hz, "the frame rate of the video")?;
    let scale = given("cm_per_px", entry.cm_per_px, "the size of a pixel")?;
    let start = entry.start_s.unwrap_or(0.0);
    let [left, top] = match entry.origin_px {
        None => [0.0; 2],
        Some(Origin::Both(origin)) => [origin; 2],
        Some(Origin::Each(origin)) => origin,
    };
    for (key, value) in [("start_s", start), ("origin_px", left), ("origin_px", top)] {
        if !value.is_finite() {
            return Err(entry.refused(key, value.to_string(), "a finite number"));
        }
    }
    let axis = |values: Vec<f64>, origin: f64| -> Vec<f64> {
        values
            .into_iter()
            .map(|value| (value - origin) * scale)
            .collect()
    };
    let frames = pixels.first_frame..pixels.first_frame + pixels.x.len() as u64;
    let time = frames.map(|frame| start + frame as f64 / rate).collect();
    let (x, y) = match entry.axes.unwrap_or(Axes::Xy) {
        Axes::X => (axis(pixels.x, left), None),
        Axes::Y => (axis(pixels.y, top), None),
        Axes::Xy => (axis(pixels.x, left), Some(axis(pixels.y, top))),
    };
    Ok(Track {
        time,
        x,
        y,
        direction: None,
        notes: pixels.notes,
    })
}

/// Refuses positions that can hardly be in cm.
fn check_span(file: &Path, entry: &PositionsFile, x: &[f64]) -> Result<(), Error> {
    if let Some(index) = x.iter().position(|x| x.is_infinite()) {
        let place = format!("x, sample {index}");
        let expected = "a number, or NaN where it is lost";
        return Err(Error::entry(file, place, "infinite", expected));
    }
    let (lowest, highest) = range(x);
    let span = highest - lowest;
    // Nothing seen at all has no span.
    if lowest > highest || SPAN_CM.contains(&span) {
        return Ok(());
    }
    let hint = if span > 1000.0 { "pixels or mm" } else { "m" };
    let expected = format!("2 to 1000 cm; is it in {hint}? `unit = \"cm\"` says that it is right");
    let key = match entry.cm_per_px {
        Some(_) => "cm_per_px",
        None => "unit",
    };
    let value = format!("{span} cm");
    Err(Error::entry(file, "the span of x", value, expected).mended_by(key))
}

/// The neutral formats: CSV, and NPZ.
fn neutral(file: &Path, limits: &Limits) -> Result<Track, Error> {
    let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
    match ending.to_str() {
        Some("csv") => table(file),
        Some("npz") => archive(file, limits),
        _ => {
            let value = format!("{ending:?}");
            let expected = "a .csv or .npz file, or else a `format`";
            Err(Error::entry(file, "its ending", value, expected).mended_by("format"))
        }
    }
}

/// Columns of the table, members of the archive.
const COLUMNS: [&str; 4] = ["time_s", "x_cm", "y_cm", "direction"];

const DIRECTION: &str = "1, −1 or 0 (neither)";

fn is_direction(value: f64) -> bool {
    value.is_nan() || [1.0, -1.0, 0.0].contains(&value)
}

fn table(file: &Path) -> Result<Track, Error> {
    let mut table = Table::open(file)?;
    let (time, x) = (table.column("time_s")?, table.column("x_cm")?);
    let (y, direction) = (table.find("y_cm"), table.find("direction"));
    let mut track = Track {
        y: y.map(|_| Vec::new()),
        direction: direction.map(|_| Vec::new()),
        notes: passed_over("column", table.header(), &COLUMNS),
        ..Track::default()
    };
    let coordinate = |table: &Table, column: usize| {
        let value = table.number(column)?;
        if value.is_infinite() {
            return Err(table.refused(column, "a number, or nothing where it is lost"));
        }
        Ok(value)
    };
    while table.next()? {
        track.time.push(table.moment_after(time, &track.time)?);
        track.x.push(coordinate(&table, x)?);
        if let (Some(column), Some(values)) = (y, &mut track.y) {
            values.push(coordinate(&table, column)?);
        }
        if let (Some(column), Some(values)) = (direction, &mut track.direction) {
            let value = table.number(column)?;
            if !is_direction(value) {
                return Err(table.refused(column, DIRECTION));
            }
            values.push(value);
        }
    }
    Ok(track)
}

fn archive(file: &Path, limits: &Limits) -> Result<Track, Error> {
    let mut archive = Archive::open(file, limits.decoded_bytes)?;
    let time = archive.get("time_s")?;
    let stamps = time.vector()?.to_vec();
    rising(&time, &stamps)?;
    let mut column = |name: &str| -> Result<Option<Vec<f64>>, Error> {
        let Some(array) = archive.find(name)? else {
            return Ok(None);
        };
        let values = array.vector()?;
        if values.len() != stamps.len() {
            return Err(array.wrong_shape(format!("{} samples, as `time_s`", stamps.len())));
        }
        let (fits, expected): (fn(f64) -> bool, _) = match name {
            "direction" => (is_direction, DIRECTION),
            _ => (
                |value: f64| !value.is_infinite(),
                "a number, or NaN where lost",
            ),
        };
        if let Some(index) = values.iter().position(|value| !fits(*value)) {
            return Err(array.wrong_entry(index, values[index], expected));
        }
        Ok(Some(values.to_vec()))
    };
    let (x, y, direction) = (column("x_cm")?, column("y_cm")?, column("direction")?);
    let names = archive.names();
    let notes = passed_over("member", &names, &COLUMNS);
    let Some(x) = x else {
        return Err(Error::MissingVariable {
            file: file.to_owned(),
            variable: "x_cm".to_owned(),
            present: names,
        });
    };
    Ok(Track {
        time: stamps,
        x,
        y,
        direction,
        notes,
    })
}
