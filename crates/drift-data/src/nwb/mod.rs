//! Neurodata Without Borders (NWB 2) files: units, positions, epochs and responses of regions of interest.
//!
//! What is read, wherever links lead:
//!
//! * `units`: `id` (kept as they are, they need not count from 0), `spike_times` with `spike_times_index`, and a region
//!   from a column `region`, `location` or `brain_area`, else from the `location` of the unit's `electrodes`. A unit
//!   without spikes is a silent cell, not a missing one.
//! * the position: all `SpatialSeries` of the one `Position` container, in order of time; without such a container the
//!   one `SpatialSeries` that is no angle, in `processing` or `acquisition`. Times come from `timestamps` or from
//!   `starting_time` and its rate. Positions are value × `conversion` + `offset` in the series' `unit`, which must be a
//!   length. A marker of lost tracking that the series' comments state ("values of -1 indicate that …
//!   failed") or [`Choices::missing`] names counts as NaN does.
//! * `intervals/epochs`: one session each, named by its tags; without epochs the whole file is one session.
//! * if there are no units, `RoiResponseSeries`: one for each imaging plane, with the region of its own plane through
//!   `rois` and the segmentation; of the regions of interest those that the segmentation's column `iscell` calls cells.
//!   Series or containers called deconvolved or spikes are amplitudes, those called events are events, all others
//!   [traces](crate::FrameKind::Trace). Positions are taken at the imaging frames.
//!
//! What could mean several things is [`Error::Ambiguous`] and lists them; what was assumed or changed is a [`Note`].
//! Several files of one animal are one recording: [`one_animal`](crate::one_animal).
//!
//! Running direction, bins and identities beyond the file are not part of the format.

mod position;
mod responses;
mod series;
mod tree;
mod units;

use std::path::Path;

use crate::Error;
use crate::recording::{Activity, Choices, Date, EpochKind, Note, Recording, Session};

use tree::Tree;

/// Reads a file: one session for each epoch, or one for all of it.
///
/// # Errors
/// [`Error::Hdf5`] for what cannot be read or does not fit, [`Error::Ambiguous`] with the choices where several things
/// could be meant, [`Error::UnknownUnit`] for a position that is no length, [`Error::TimeBackwards`] with the row
/// where a time does not rise, [`Error::ImplausibleTimes`] for a unit whose spikes all lie outside the recording
/// (milliseconds for seconds), [`Error::FrameCount`] if a series and its times differ in length, [`Error::WrongShape`]
/// if neither side of a series is as long as its `rois`, [`Error::CellValue`] for a value that is not of its kind,
/// [`Error::MissingVariable`] if there are neither units nor responses, [`Error::Parameter`] for an option out of range.
pub fn load(path: impl AsRef<Path>, options: &Choices) -> Result<Recording, Error> {
    options.check()?;
    let path = path.as_ref();
    let tree = Tree::open(path)?;
    let (place, without) = match position::place(&tree, options)? {
        Ok(place) => (Some(place), None),
        Err(note) => (None, Some(note)),
    };
    let epochs = epochs(&tree)?;
    let date = tree
        .text("session_start_time")
        .and_then(|start| Date::from_digits(&start.get(..10)?.replace('-', "")));
    let subject = tree.text("general/subject/subject_id");
    let found = responses::all(&tree);
    let has_units = tree.group("units").is_some();
    let wants_responses = options.series.is_some() || options.plane.is_some();
    let mut whole = if has_units && (!wants_responses || found.is_empty()) {
        units::session(&tree, place, &epochs)?
    } else if found.is_empty() {
        return Err(Error::MissingVariable {
            file: path.to_owned(),
            variable: "units, or a RoiResponseSeries in processing or acquisition".to_owned(),
            present: ["", "processing", "acquisition"]
                .iter()
                .flat_map(|module| {
                    let members = tree.members(module).into_iter();
                    members.map(move |name| format!("{module}/{name}"))
                })
                .collect(),
        });
    } else {
        responses::session(&tree, &found, place, options)?
    };
    if has_units && !found.is_empty() {
        let (read, passed) = match whole.activity {
            Activity::Spikes(_) => ("units", "responses of regions of interest"),
            _ => ("responses of regions of interest", "units"),
        };
        whole.notes.push(Note::Read(format!(
            "the file holds units and responses; {read} were read, {passed} passed over (--series \
             chooses responses)"
        )));
    }
    if let Some(note) = without {
        whole.notes.retain(|note| *note != Note::NoTrajectory);
        whole.notes.push(note);
    }
    whole.date = date;
    whole.number = 1;
    whole.epoch = EpochKind::Other("whole file".to_owned());
    let mut sessions: Vec<Session> = if epochs.is_empty() {
        vec![whole]
    } else {
        let numbered = epochs.iter().zip(1..);
        numbered
            .map(|(epoch, number)| epoch.of(&whole, number))
            .collect()
    };
    tell_apart(&mut sessions);
    Ok(Recording {
        format: "NWB",
        subject,
        sessions,
        registration: None,
        notes: Vec::new(),
    })
}

/// Adds the number to labels that several sessions share.
fn tell_apart(sessions: &mut [Session]) {
    let labels = sessions.iter().map(|session| session.label.clone());
    let labels: Vec<String> = labels.collect();
    for session in sessions {
        let same = labels.iter().filter(|label| **label == session.label);
        if same.count() > 1 {
            session.label = format!("{} {}", session.label, session.number);
        }
    }
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
        let samples = (0..times.len()).filter(|sample| inside(times[*sample]));
        let samples: Vec<usize> = samples.collect();
        let activity = match &session.activity {
            Activity::Spikes(trains) => {
                let of =
                    |train: &Vec<f64>| train.iter().copied().filter(|time| inside(*time)).collect();
                Activity::Spikes(trains.iter().map(of).collect())
            }
            Activity::Frames(frames) => {
                let cells: Vec<usize> = (0..frames.cells()).collect();
                Activity::Frames(frames.select(&samples, &cells))
            }
            Activity::RateMaps(maps) => Activity::RateMaps(maps.clone()),
        };
        let (label, epoch) = match &self.tags[..] {
            [] => {
                let label = format!("epoch {number}");
                (label.clone(), EpochKind::Other(label))
            }
            tags => (tags.join(", "), EpochKind::from_word(&tags[0])),
        };
        Session {
            epoch,
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

fn epochs(tree: &Tree<'_>) -> Result<Vec<Epoch>, Error> {
    const TABLE: &str = "intervals/epochs";
    if tree.group(TABLE).is_none() {
        return Ok(Vec::new());
    }
    let starts = tree.column("intervals/epochs/start_time")?;
    let stops = tree.column("intervals/epochs/stop_time")?;
    let tags = match tree.texts("intervals/epochs/tags") {
        Some(tags) => {
            let ends = tree.column("intervals/epochs/tags_index")?;
            tree.ragged("intervals/epochs/tags_index", &tags, &ends)?
        }
        None => vec![Vec::new(); starts.len()],
    };
    for (column, rows) in [("stop_time", stops.len()), ("tags", tags.len())] {
        tree.check_rows(
            format!("{TABLE}/{column}"),
            rows,
            "start_time",
            starts.len(),
        )?;
    }
    let mut epochs = Vec::with_capacity(starts.len());
    for (index, ((start, stop), tags)) in starts.into_iter().zip(stops).zip(tags).enumerate() {
        if !(stop > start) {
            let place = format!("{TABLE}/stop_time");
            let expected = "a time after the epoch's start_time";
            return Err(tree.bad_value(place, index, stop, expected));
        }
        epochs.push(Epoch { start, stop, tags });
    }
    Ok(epochs)
}
