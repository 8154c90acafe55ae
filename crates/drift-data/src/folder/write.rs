//! Any recording as a neutral folder.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::SessionEntry;
use super::manifest::{ActivityFile, FILE, Kind, Manifest, PositionsFile, RegistrationFile, Unit};
use crate::Error;
use crate::numpy;
use crate::recording::{
    Activity, EpochKind, FrameKind, Identity, Note, Position, Recording, Session, TrackDirection,
    Trajectory,
};

/// Writes a recording as a folder that [`load`](super::load) reads: `recording.toml`, a folder a
/// session with `positions.csv`, `cells.csv` and `spikes.csv` or `activity.npz`, and
/// `registration.csv`. Numbers come back as they are, but for what the format has no place for, of
/// which the notes tell: trials, speeds, head directions, sessions of sleep and rest.
///
/// ```
/// use drift_data::nalgebra::DMatrix;
/// use drift_data::{
///     Activity, Cell, FrameActivity, FrameKind, Position, Recording, Session, Trajectory, folder,
/// };
///
/// let counts = DMatrix::from_row_slice(3, 1, &[0.0, 2.0, 0.0]);
/// let activity = FrameActivity::from_dense(counts.as_view(), 20.0, FrameKind::Events)?;
/// let cell = Cell { label: "7".into(), region: Some("CA1".into()), identity: None };
/// let mut session = Session::new("d1", vec![cell], Activity::Frames(activity));
/// let mut trajectory = Trajectory::even(3, 0.0, 20.0)?;
/// trajectory.position = Some(Position::Line(vec![10.0, 12.5, f64::NAN]));
/// session.trajectory = Some(trajectory);
/// session.day = Some(0.0);
/// let recording = Recording {
///     format: "made by hand",
///     subject: Some("M1".into()),
///     sessions: vec![session],
///     registration: None,
///     notes: Vec::new(),
/// };
///
/// let folder = tempfile::tempdir().unwrap();
/// assert!(folder::write(&recording, folder.path())?.is_empty());
/// let again = folder::load(folder.path())?;
/// let Activity::Frames(frames) = &again.sessions[0].activity else { panic!("frames") };
/// assert_eq!(frames.to_dense(), counts);
/// # Ok::<(), drift_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] where a file cannot be written, and if `folder` has a `recording.toml` already;
/// [`Error::NotRecorded`] for a recording of rate maps; [`Error::Entry`] where two cells of a session
/// have one label; [`Error::Unequal`] for a session whose parts do not fit each other.
pub fn write(recording: &Recording, folder: impl AsRef<Path>) -> Result<Vec<Note>, Error> {
    let folder = folder.as_ref();
    let file = folder.join(FILE);
    if file.exists() {
        let text = "it exists already; choose another folder";
        let error = std::io::Error::new(std::io::ErrorKind::AlreadyExists, text);
        return Err(Error::io(&file, &error));
    }
    let mut notes = Vec::new();
    let mut sessions: Vec<&Session> = Vec::new();
    for session in &recording.sessions {
        session.check()?;
        if matches!(session.epoch, EpochKind::Sleep | EpochKind::Rest) {
            notes.push(Note::LeftOut {
                name: session.label.clone(),
                reason: format!("a session of {} has no place in the format", session.epoch),
            });
        } else {
            sessions.push(session);
        }
    }
    let mut manifest = Manifest::new(recording.subject.as_deref().unwrap_or("unknown"));
    let labels = labels(&sessions, &mut notes);
    let days = days(&sessions, &mut notes);
    for (place, session) in sessions.iter().enumerate() {
        let name = format!("session{}", place + 1);
        make(&folder.join(&name))?;
        let mut entry = SessionEntry {
            label: labels[place].clone(),
            environment: session.environment.clone(),
            exposure: session.exposure.filter(|exposure| *exposure > 0),
            minutes: session
                .minutes
                .filter(|minutes| *minutes > 0.0 && minutes.is_finite()),
            ..SessionEntry::default()
        };
        match &days {
            None => entry.date = session.date.map(|date| date.to_string()),
            Some(days) => entry.day = Some(days[place]),
        }
        entry.cells = Some(cells(folder, &name, session)?);
        entry.positions = positions(folder, &name, session, &mut notes)?;
        entry.activity = activity(folder, &name, session)?;
        manifest.session.push(entry);
    }
    if let Some(registration) = &recording.registration {
        let path = PathBuf::from("registration.csv");
        let mut rows = csv(&folder.join(&path))?;
        rows.row(std::iter::once("cell").chain(labels.iter().map(String::as_str)))?;
        for row in 0..registration.cells {
            let name = row.to_string();
            let ids = sessions.iter().map(|session| {
                let wanted = Some(Identity::Registered(row));
                let mut cells = session.cells.iter();
                let found = cells.find(|cell| cell.identity == wanted);
                found.map_or("", |cell| cell.label.as_str())
            });
            rows.row(std::iter::once(name.as_str()).chain(ids))?;
        }
        rows.finish()?;
        manifest.registration = Some(RegistrationFile {
            file: path,
            ..RegistrationFile::default()
        });
    }
    fs::write(&file, manifest.to_toml()?).map_err(|error| Error::io(&file, &error))?;
    Ok(notes)
}

fn make(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|error| Error::io(folder, &error))
}

/// The labels of the sessions, made different where they are not.
fn labels(sessions: &[&Session], notes: &mut Vec<Note>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut labels = Vec::with_capacity(sessions.len());
    for session in sessions {
        let mut label = session.label.trim().to_owned();
        let mut number = 1;
        // `cell` is a column of the registration.
        while label.is_empty() || label == "cell" || taken.contains(&label) {
            number += 1;
            label = format!("{} ({number})", session.label.trim());
        }
        if label != session.label {
            let sentence = format!("session `{}` is written as `{label}`", session.label);
            notes.push(Note::Read(sentence));
        }
        taken.insert(label.clone());
        labels.push(label);
    }
    labels
}

/// The days where all sessions have them in order, and the numbers of the sessions otherwise; `None` where
/// all have dates in order.
fn days(sessions: &[&Session], notes: &mut Vec<Note>) -> Option<Vec<f64>> {
    let dates: Option<Vec<_>> = sessions.iter().map(|session| session.date).collect();
    if dates.is_some_and(|dates| dates.is_sorted()) {
        return None;
    }
    let days: Option<Vec<f64>> = sessions.iter().map(|session| session.day).collect();
    let sound = |days: &Vec<f64>| days.is_sorted() && days.iter().all(|day| day.is_finite());
    days.filter(sound).or_else(|| {
        notes.push(Note::Assumed {
            what: "the day of every session".to_owned(),
            taken: "the number of the session, from 0,".to_owned(),
        });
        Some((0..sessions.len()).map(|day| day as f64).collect())
    })
}

fn cells(folder: &Path, name: &str, session: &Session) -> Result<PathBuf, Error> {
    let path = Path::new(name).join("cells.csv");
    let mut rows = csv(&folder.join(&path))?;
    rows.row(["id", "region", "keep"])?;
    let mut taken = HashSet::new();
    for cell in &session.cells {
        if cell.label.trim().is_empty() || !taken.insert(cell.label.trim()) {
            let place = format!("session `{}`, label of a cell", session.label);
            let (file, value) = (folder.join(path), format!("`{}`", cell.label));
            return Err(Error::entry(&file, place, value, "a name of its own"));
        }
        let region = cell.region.as_deref().unwrap_or_default();
        rows.row([cell.label.as_str(), region, "true"])?;
    }
    rows.finish()?;
    Ok(path)
}

fn positions(
    folder: &Path,
    name: &str,
    session: &Session,
    notes: &mut Vec<Note>,
) -> Result<Option<PositionsFile>, Error> {
    let Some(trajectory) = &session.trajectory else {
        return Ok(None);
    };
    let (x, y) = match (&trajectory.position, &trajectory.bins) {
        (Some(Position::Line(x)), _) => (x.clone(), None),
        (Some(Position::Plane { x, y }), _) => (x.clone(), Some(y.clone())),
        (None, Some(bins)) => {
            notes.push(Note::Read(format!(
                "session `{}` has bins only: the middles of the bins are written as positions",
                session.label
            )));
            let middle = |bin: &u32| match bin {
                0 => f64::NAN,
                bin => (f64::from(*bin) - 0.5) * bins.width_cm,
            };
            (bins.bin.iter().map(middle).collect(), None)
        }
        (None, None) => return Ok(None),
    };
    if trajectory.len() < 2 {
        return Ok(None);
    }
    for (what, there) in [
        ("speeds", trajectory.speed.is_some()),
        ("head directions", trajectory.heading.is_some()),
        ("trials", !session.trials.is_empty()),
    ] {
        if there {
            notes.push(Note::Read(format!(
                "session `{}`: {what} have no place in the format and are not written",
                session.label
            )));
        }
    }
    let path = Path::new(name).join("positions.csv");
    let mut rows = csv(&folder.join(&path))?;
    let running = trajectory.running.as_ref();
    let header = ["time_s", "x_cm"]
        .into_iter()
        .chain(y.as_ref().map(|_| "y_cm"));
    rows.row(header.chain(running.map(|_| "direction")))?;
    let number = |value: f64| {
        if value.is_nan() {
            String::new()
        } else {
            value.to_string()
        }
    };
    for sample in 0..trajectory.len() {
        let mut row = vec![trajectory.time[sample].to_string(), number(x[sample])];
        row.extend(y.as_ref().map(|y| number(y[sample])));
        row.extend(running.map(|running| {
            let side = match running[sample] {
                Some(TrackDirection::Right) => "1",
                Some(TrackDirection::Left) => "-1",
                None => "0",
            };
            side.to_owned()
        }));
        rows.row(&row)?;
    }
    rows.finish()?;
    Ok(Some(PositionsFile {
        file: path,
        gap_s: Some(gap(trajectory)),
        unit: Some(Unit::Cm),
        ..PositionsFile::default()
    }))
}

/// The longest step that a sample lasts for: what is longer is a gap.
fn gap(trajectory: &Trajectory) -> f64 {
    let steps = trajectory.time.windows(2).map(|pair| pair[1] - pair[0]);
    let whole = steps
        .zip(&trajectory.durations)
        .filter(|(step, duration)| (step - *duration).abs() <= 1e-9 * step.abs())
        .map(|(step, _)| step);
    // A rounding above, so that the step itself is none.
    whole.fold(trajectory.sample_interval, f64::max) * (1.0 + 1e-9)
}

fn activity(folder: &Path, name: &str, session: &Session) -> Result<ActivityFile, Error> {
    let frames = match &session.activity {
        Activity::Spikes(trains) => {
            let path = Path::new(name).join("spikes.csv");
            let mut rows = csv(&folder.join(&path))?;
            rows.row(["time_s", "cell"])?;
            for (cell, train) in session.cells.iter().zip(trains) {
                for time in train {
                    rows.row([time.to_string().as_str(), cell.label.as_str()])?;
                }
            }
            rows.finish()?;
            return Ok(ActivityFile {
                file: path,
                kind: Some(Kind::Spikes),
                ..ActivityFile::default()
            });
        }
        Activity::Frames(frames) => frames,
        Activity::RateMaps(_) => return Err(session.not_recorded("activity over time")),
    };
    let path = Path::new(name).join("activity.npz");
    let mut archive = numpy::Writer::create(&folder.join(&path))?;
    let shape = [frames.frames(), frames.cells()];
    let columns = (0..frames.cells()).map(|cell| frames.column(cell));
    archive.numbers("activity", &shape, columns)?;
    let ids = session.cells.iter().map(|cell| cell.label.clone());
    let ids: Vec<String> = ids.collect();
    archive.texts("ids", &ids)?;
    let mut entry = ActivityFile {
        file: path,
        kind: Some(match frames.kind() {
            FrameKind::Counts | FrameKind::Events => Kind::Events,
            FrameKind::Amplitudes => Kind::Amplitudes,
            FrameKind::Rates => Kind::Rates,
            FrameKind::Trace => Kind::Trace,
        }),
        ..ActivityFile::default()
    };
    let clock = session.trajectory.as_ref();
    let start = clock.map_or(Some(0.0), |clock| even_start(clock, frames.rate_hz()));
    match (start, clock) {
        (None, Some(clock)) => {
            archive.numbers("time_s", &[clock.len()], [clock.time.clone()])?;
        }
        (start, _) => {
            entry.rate_hz = Some(frames.rate_hz());
            entry.start_s = start.filter(|start| *start != 0.0);
        }
    }
    archive.finish()?;
    Ok(entry)
}

/// When the clock starts, if it is even to the last bit.
fn even_start(clock: &Trajectory, rate_hz: f64) -> Option<f64> {
    let start = *clock.time.first()?;
    let even = |(sample, time): (usize, &f64)| *time == start + sample as f64 / rate_hz;
    let lasting = clock
        .durations
        .iter()
        .all(|duration| *duration == 1.0 / rate_hz);
    (lasting && clock.time.iter().enumerate().all(even)).then_some(start)
}

/// A CSV file that is being written.
struct Rows {
    file: PathBuf,
    writer: ::csv::Writer<fs::File>,
}

fn csv(file: &Path) -> Result<Rows, Error> {
    if let Some(folder) = file.parent() {
        make(folder)?;
    }
    let created = fs::File::create(file).map_err(|error| Error::io(file, &error))?;
    Ok(Rows {
        file: file.to_owned(),
        writer: ::csv::Writer::from_writer(created),
    })
}

impl Rows {
    fn row<T: AsRef<[u8]>>(&mut self, fields: impl IntoIterator<Item = T>) -> Result<(), Error> {
        let written = self.writer.write_record(fields);
        written.map_err(|error| Error::io(&self.file, &std::io::Error::other(error)))
    }

    fn finish(mut self) -> Result<(), Error> {
        let written = self.writer.flush();
        written.map_err(|error| Error::io(&self.file, &error))
    }
}
