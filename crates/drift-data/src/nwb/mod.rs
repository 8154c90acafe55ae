//! Neurodata Without Borders (NWB 2) files: units, positions, epochs and responses of regions of interest.
//!
//! What is read:
//!
//! * `units`: `id` (kept as they are, they need not count from 0), `spike_times` with `spike_times_index`, and a region
//!   from a column `region`, `location` or `brain_area`. A unit without spikes is a silent cell, not a missing one.
//! * the first `SpatialSeries` in `processing/behavior`, times from `timestamps` or from `starting_time` and its rate;
//!   positions are value × `conversion` + `offset`, and from metres to cm.
//! * `intervals/epochs`: one session each, named by its tags; without epochs the whole file is one session.
//! * the first `RoiResponseSeries` in `processing/ophys`, if there are no units; its region from the imaging plane's
//!   `location`. Positions are then taken at the imaging frames.
//!
//! Running direction, bins and identities beyond the file are not part of the format.

mod series;

use std::path::Path;

use hdf5_pure::{File, Group};

use crate::Error;
use crate::hdf5::{check_whole, failed};
use crate::recording::{
    Activity, Cell, Date, EpochKind, FrameActivity, FrameKind, Note, Recording, Session,
    Trajectory, outside,
};

use series::{Responses, responses, trajectory};

/// Reads a file: one session for each epoch, or one for all of it.
///
/// # Errors
/// [`Error::Hdf5`] for what cannot be read or does not fit, [`Error::TimeBackwards`] with the row where a time does not
/// rise, [`Error::ImplausibleTimes`] for a unit whose spikes all lie outside the recording (milliseconds for seconds),
/// [`Error::FrameCount`] if a series and its times differ in length, [`Error::MissingVariable`] if there are neither
/// units nor responses.
pub fn load(path: impl AsRef<Path>) -> Result<Recording, Error> {
    let path = path.as_ref();
    let file = File::open(path).map_err(failed(path, "the file", "HDF5"))?;
    check_whole(path, &file)?;
    let place = trajectory(path, &file)?;
    let epochs = epochs(path, &file)?;
    let date = file
        .dataset("session_start_time")
        .ok()
        .and_then(|start| start.read_string().ok())
        .and_then(|text| Date::from_digits(&text.first()?.get(..10)?.replace('-', "")));
    let subject = file
        .dataset("general/subject/subject_id")
        .ok()
        .and_then(|id| id.read_string().ok())
        .and_then(|mut text| text.pop());
    let whole = match file.group("units") {
        Ok(units) => spike_session(path, &units, place, &epochs)?,
        Err(_) => match responses(path, &file)? {
            Some(responses) => frame_session(responses, place),
            None => {
                return Err(Error::MissingVariable {
                    file: path.to_owned(),
                    variable: "units, or a RoiResponseSeries in processing/ophys".to_owned(),
                    present: file.root().groups().unwrap_or_default(),
                });
            }
        },
    };
    let whole = Session { date, ..whole };
    let sessions = if epochs.is_empty() {
        vec![whole]
    } else {
        epochs
            .iter()
            .enumerate()
            .map(|(index, epoch)| epoch.of(&whole, index + 1))
            .collect()
    };
    Ok(Recording {
        format: "NWB",
        subject,
        sessions,
        registration: None,
        notes: Vec::new(),
    })
}

/// A stretch of time with its tags.
struct Epoch {
    start: f64,
    stop: f64,
    tags: Vec<String>,
}

impl Epoch {
    /// What of a session lies in the epoch.
    fn of(&self, session: &Session, number: usize) -> Session {
        let inside = |time: f64| time >= self.start && time < self.stop;
        let trajectory = session.trajectory.as_ref();
        let times = trajectory.map_or(&[][..], |trajectory| &trajectory.time);
        let samples: Vec<usize> = (0..times.len())
            .filter(|sample| inside(times[*sample]))
            .collect();
        let activity = match &session.activity {
            Activity::Spikes(trains) => Activity::Spikes(
                trains
                    .iter()
                    .map(|train| train.iter().copied().filter(|time| inside(*time)).collect())
                    .collect(),
            ),
            Activity::Frames(frames) => {
                let cells: Vec<usize> = (0..frames.cells()).collect();
                Activity::Frames(frames.select(&samples, &cells))
            }
            Activity::RateMaps(maps) => Activity::RateMaps(maps.clone()),
        };
        let label = if self.tags.is_empty() {
            format!("epoch {number}")
        } else {
            self.tags.join(", ")
        };
        Session {
            epoch: self
                .tags
                .first()
                .map_or(EpochKind::Other(label.clone()), |tag| {
                    EpochKind::from_word(tag)
                }),
            label,
            number,
            trajectory: trajectory.map(|trajectory| trajectory.select(&samples)),
            activity,
            environment: None,
            cells: session.cells.clone(),
            trials: Vec::new(),
            notes: session.notes.clone(),
            ..*session
        }
    }
}

fn epochs(path: &Path, file: &File) -> Result<Vec<Epoch>, Error> {
    let Ok(table) = file.group("intervals/epochs") else {
        return Ok(Vec::new());
    };
    let starts = numbers(path, &table, "start_time", "intervals/epochs/start_time")?;
    let stops = numbers(path, &table, "stop_time", "intervals/epochs/stop_time")?;
    let tags = match table.dataset("tags") {
        Ok(tags) => {
            let tags =
                tags.read_string()
                    .map_err(failed(path, "intervals/epochs/tags", "texts"))?;
            let ends = numbers(path, &table, "tags_index", "intervals/epochs/tags_index")?;
            ragged(path, "intervals/epochs/tags_index", &tags, &ends)?
        }
        Err(_) => vec![Vec::new(); starts.len()],
    };
    if starts.len() != stops.len() || starts.len() != tags.len() {
        return Err(Error::FrameCount {
            file: path.to_owned(),
            variable: "intervals/epochs/stop_time".to_owned(),
            found: stops.len().min(tags.len()),
            reference: "start_time".to_owned(),
            expected: starts.len(),
        });
    }
    let mut epochs = Vec::with_capacity(starts.len());
    for (index, ((start, stop), tags)) in starts.into_iter().zip(stops).zip(tags).enumerate() {
        if !(stop > start) {
            return Err(Error::BadValue {
                file: path.to_owned(),
                variable: "intervals/epochs/stop_time".to_owned(),
                index,
                value: stop,
                expected: "a time after the epoch's start_time",
            });
        }
        epochs.push(Epoch { start, stop, tags });
    }
    Ok(epochs)
}

/// A column of numbers of a table.
fn numbers(path: &Path, table: &Group, column: &str, place: &str) -> Result<Vec<f64>, Error> {
    table
        .dataset(column)
        .and_then(|column| column.read_f64())
        .map_err(failed(path, place, "a column of numbers"))
}

/// Cuts a list into pieces that end at the given positions.
fn ragged<T: Clone>(
    path: &Path,
    place: &str,
    values: &[T],
    ends: &[f64],
) -> Result<Vec<Vec<T>>, Error> {
    let mut start = 0;
    ends.iter()
        .enumerate()
        .map(|(index, end)| {
            if !(*end >= start as f64 && *end <= values.len() as f64) {
                return Err(Error::BadValue {
                    file: path.to_owned(),
                    variable: place.to_owned(),
                    index,
                    value: *end,
                    expected: "a rising end inside the data",
                });
            }
            let piece = values[start..*end as usize].to_vec();
            start = *end as usize;
            Ok(piece)
        })
        .collect()
}

fn session(
    cells: Vec<Cell>,
    activity: Activity,
    trajectory: Option<Trajectory>,
    notes: Vec<Note>,
) -> Session {
    Session {
        label: "whole file".to_owned(),
        number: 1,
        date: None,
        day: None,
        environment: None,
        exposure: None,
        minutes: None,
        epoch: EpochKind::Other("whole file".to_owned()),
        trajectory,
        trials: Vec::new(),
        recorded_units: cells.len(),
        cells,
        activity,
        notes,
    }
}

fn spike_session(
    path: &Path,
    units: &Group,
    place: Option<(Trajectory, Vec<Note>)>,
    epochs: &[Epoch],
) -> Result<Session, Error> {
    let ids = numbers(path, units, "id", "units/id")?;
    let times = numbers(path, units, "spike_times", "units/spike_times")?;
    let ends = numbers(path, units, "spike_times_index", "units/spike_times_index")?;
    let mut trains = ragged(path, "units/spike_times_index", &times, &ends)?;
    if trains.len() != ids.len() {
        return Err(Error::FrameCount {
            file: path.to_owned(),
            variable: "units/spike_times_index".to_owned(),
            found: trains.len(),
            reference: "units/id".to_owned(),
            expected: ids.len(),
        });
    }
    let regions = ["region", "location", "brain_area"]
        .iter()
        .find_map(|name| units.dataset(name).ok()?.read_string().ok())
        .filter(|regions| regions.len() == ids.len());
    let (trajectory, mut notes) = match place {
        Some((trajectory, notes)) => (Some(trajectory), notes),
        None => (None, vec![Note::NoTrajectory]),
    };
    // What the file knows to be the recording: its positions and its epochs.
    let bounds = trajectory
        .iter()
        .flat_map(|place| [place.time.first().copied(), place.time.last().copied()])
        .flatten();
    let bounds = bounds.chain(epochs.iter().flat_map(|epoch| [epoch.start, epoch.stop]));
    let (from, to) = bounds.fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), time| {
        (from.min(time), to.max(time))
    });
    let mut cells = Vec::with_capacity(ids.len());
    for (index, (id, train)) in ids.iter().zip(&mut trains).enumerate() {
        let label = format!("unit {id}");
        if let Some(index) = train.iter().position(|time| !time.is_finite()) {
            return Err(Error::BadValue {
                file: path.to_owned(),
                variable: format!("units/spike_times of {label}"),
                index,
                value: train[index],
                expected: "a finite time",
            });
        }
        train.sort_by(f64::total_cmp);
        if let (Some(first), Some(last)) = (train.first(), train.last())
            && from <= to
            && (*first > to || *last < from)
        {
            let (first, last) = (*first, *last);
            let variable = format!("units/spike_times of {label}");
            return Err(Error::ImplausibleTimes {
                file: path.to_owned(),
                variable,
                first,
                last,
                from,
                to,
            });
        }
        notes.extend(
            trajectory
                .as_ref()
                .and_then(|place| outside(&label, train, place)),
        );
        let region = regions.as_ref().map(|regions| regions[index].clone());
        cells.push(Cell {
            label,
            region,
            identity: None,
        });
    }
    if trains.iter().all(Vec::is_empty) {
        notes.push(Note::Silent);
    }
    Ok(session(cells, Activity::Spikes(trains), trajectory, notes))
}

fn frame_session(responses: Responses, place: Option<(Trajectory, Vec<Note>)>) -> Session {
    let Responses {
        values,
        cells,
        time,
        rate_hz,
        region,
    } = responses;
    let frames = time.len();
    let mut activity = FrameActivity::new(rate_hz, FrameKind::Trace, frames);
    for cell in 0..cells {
        activity.push_cell((0..frames).map(|frame| (frame, values[frame * cells + cell])));
    }
    let (place, mut notes) = match place {
        Some((place, notes)) => (Some(place), notes),
        None => (None, vec![Note::NoTrajectory]),
    };
    let (trajectory, missing) = series::at_frames(place.as_ref(), time, rate_hz);
    if let Some(missing) = missing {
        notes.push(Note::ResampledPosition { missing });
    }
    let cells = (0..cells)
        .map(|cell| Cell {
            label: format!("roi {cell}"),
            region: region.clone(),
            identity: None,
        })
        .collect();
    session(cells, Activity::Frames(activity), Some(trajectory), notes)
}
