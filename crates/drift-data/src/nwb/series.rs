//! Time series: positions and responses.

use std::path::Path;

use hdf5_pure::{AttrValue, File, Group};

use crate::Error;
use crate::hdf5::{failed, number};
use crate::recording::{Clock, Note, Position, Trajectory};
use crate::times::{check_rising, durations, median_interval};

/// Responses of regions of interest.
pub(super) struct Responses {
    /// Frame after frame, the cells of each together.
    pub(super) values: Vec<f64>,
    pub(super) cells: usize,
    pub(super) time: Vec<f64>,
    pub(super) rate_hz: f64,
    pub(super) region: Option<String>,
}

/// All groups of a type below a group, with their paths, in the order of names.
fn of_type(
    group: &Group,
    path: &str,
    wanted: &str,
    depth: usize,
    found: &mut Vec<(String, Group)>,
) {
    let Ok(mut names) = group.groups() else {
        return;
    };
    names.sort();
    for name in names {
        let Ok(member) = group.group(&name) else {
            continue;
        };
        let place = format!("{path}/{name}");
        let kind = member.attrs().ok().and_then(|attributes| {
            attributes
                .get("neurodata_type")
                .and_then(AttrValue::as_str)
                .map(str::to_owned)
        });
        if kind.as_deref() == Some(wanted) {
            found.push((place, member));
        } else if depth > 0 {
            of_type(&member, &place, wanted, depth - 1, found);
        }
    }
}

/// The first series of a type below a path of the file.
fn first(file: &File, path: &str, wanted: &str) -> Option<(String, Group)> {
    let mut found = Vec::new();
    of_type(&file.group(path).ok()?, path, wanted, 4, &mut found);
    found.into_iter().next()
}

/// The times of a series of `samples` samples, s, and its rate, Hz.
fn times(
    path: &Path,
    series: &Group,
    place: &str,
    samples: usize,
) -> Result<(Vec<f64>, f64), Error> {
    if let Ok(stamps) = series.dataset("timestamps") {
        let place = format!("{place}/timestamps");
        let time = stamps.read_f64().map_err(failed(path, &place, "times"))?;
        if time.len() != samples {
            return Err(Error::FrameCount {
                file: path.to_owned(),
                variable: place,
                found: time.len(),
                reference: "data".to_owned(),
                expected: samples,
            });
        }
        check_rising(&time, path, &place)?;
        let rate = median_interval(&time).map_or(f64::NAN, f64::recip);
        return Ok((time, rate));
    }
    let place = format!("{place}/starting_time");
    let starting = series.dataset("starting_time").map_err(failed(
        path,
        &place,
        "timestamps or a starting time",
    ))?;
    let start = starting
        .read_f64()
        .map_err(failed(path, &place, "a time"))?;
    let attributes = starting.attrs().map_err(failed(path, &place, "a rate"))?;
    let rate = attributes.get("rate").and_then(number).unwrap_or(f64::NAN);
    match start[..] {
        [start] if rate > 0.0 && start.is_finite() => Ok((
            (0..samples)
                .map(|sample| start + sample as f64 / rate)
                .collect(),
            rate,
        )),
        _ => Err(Error::BadValue {
            file: path.to_owned(),
            variable: place,
            index: 0,
            value: rate,
            expected: "a starting time with a rate above 0",
        }),
    }
}

/// The values of a series after its conversion, with the number of values in a sample.
fn values(path: &Path, series: &Group, place: &str) -> Result<(Vec<f64>, usize), Error> {
    let place = format!("{place}/data");
    let data = series
        .dataset("data")
        .map_err(failed(path, &place, "data"))?;
    let shape = data.shape().map_err(failed(path, &place, "dimensions"))?;
    let width = match shape[..] {
        [_] => 1,
        [_, width] => width as usize,
        _ => {
            return Err(Error::WrongShape {
                file: path.to_owned(),
                variable: place,
                expected: "samples, or samples × values".to_owned(),
                found: shape.iter().map(|size| *size as usize).collect(),
            });
        }
    };
    let attributes = data.attrs().map_err(failed(path, &place, "attributes"))?;
    let attribute =
        |name: &str, default: f64| attributes.get(name).and_then(number).unwrap_or(default);
    let (conversion, offset) = (attribute("conversion", 1.0), attribute("offset", 0.0));
    let mut values = data.read_f64().map_err(failed(path, &place, "numbers"))?;
    for value in &mut values {
        *value = *value * conversion + offset;
    }
    Ok((values, width))
}

/// The animal's path, in cm.
pub(super) fn trajectory(
    path: &Path,
    file: &File,
) -> Result<Option<(Trajectory, Vec<Note>)>, Error> {
    let Some((place, series)) = first(file, "processing/behavior", "SpatialSeries") else {
        return Ok(None);
    };
    let (values, width) = values(path, &series, &place)?;
    if width == 0 || values.is_empty() {
        return Ok(None);
    }
    let (time, rate) = times(path, &series, &place, values.len() / width)?;
    // The format's unit is the metre.
    let axis = |axis: usize| -> Vec<f64> {
        values
            .iter()
            .skip(axis)
            .step_by(width)
            .map(|x| x * 100.0)
            .collect()
    };
    let position = if width == 1 {
        Position::Line(axis(0))
    } else {
        Position::Plane {
            x: axis(0),
            y: axis(1),
        }
    };
    let trajectory = Trajectory {
        durations: durations(&time, None),
        time,
        clock: Clock::Recording,
        sample_interval: 1.0 / rate,
        position: Some(position),
        bins: None,
        speed: None,
        heading: None,
        running: None,
    };
    let notes = trajectory.notes();
    Ok(Some((trajectory, notes)))
}

/// The first responses of regions of interest.
pub(super) fn responses(path: &Path, file: &File) -> Result<Option<Responses>, Error> {
    let Some((place, series)) = first(file, "processing/ophys", "RoiResponseSeries") else {
        return Ok(None);
    };
    let (values, cells) = values(path, &series, &place)?;
    let frames = values.len().checked_div(cells).unwrap_or(0);
    let (time, rate_hz) = times(path, &series, &place, frames)?;
    if let Some(index) = values.iter().position(|value| value.is_infinite()) {
        return Err(Error::BadValue {
            file: path.to_owned(),
            variable: format!("{place}/data"),
            index,
            value: values[index],
            expected: "a number, or NaN where nothing was recorded",
        });
    }
    let region = file
        .group("general/optophysiology")
        .ok()
        .and_then(|planes| {
            let mut names = planes.groups().ok()?;
            names.sort();
            names.iter().find_map(|name| {
                planes
                    .group(name)
                    .ok()?
                    .dataset("location")
                    .ok()?
                    .read_string()
                    .ok()?
                    .pop()
            })
        });
    Ok(Some(Responses {
        values,
        cells,
        time,
        rate_hz,
        region,
    }))
}

/// A trajectory with one sample for each frame; how many frames have no position, if that had to be looked up.
pub(super) fn at_frames(
    place: Option<&Trajectory>,
    time: Vec<f64>,
    rate_hz: f64,
) -> (Trajectory, Option<usize>) {
    let frames = Trajectory {
        durations: durations(&time, None),
        time,
        clock: Clock::Recording,
        sample_interval: 1.0 / rate_hz,
        position: None,
        bins: None,
        speed: None,
        heading: None,
        running: None,
    };
    let Some(place) = place else {
        return (frames, None);
    };
    if place.time == frames.time {
        return (place.clone(), None);
    }
    let samples: Vec<Option<usize>> = frames
        .time
        .iter()
        .map(|time| place.sample_at(*time))
        .collect();
    let pick = |values: &[f64]| {
        samples
            .iter()
            .map(|sample| sample.map_or(f64::NAN, |sample| values[sample]))
            .collect()
    };
    let position = place.position.as_ref().map(|position| match position {
        Position::Line(x) => Position::Line(pick(x)),
        Position::Plane { x, y } => Position::Plane {
            x: pick(x),
            y: pick(y),
        },
    });
    let missing = samples.iter().filter(|sample| sample.is_none()).count();
    (Trajectory { position, ..frames }, Some(missing))
}
