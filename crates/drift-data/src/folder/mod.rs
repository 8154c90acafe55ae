//! Recordings as a laboratory has them: a folder with a `recording.toml` that names the files of each
//! session, neutral ones (CSV, NPZ) or those of the programs that laboratories use.
//!
//! | what | formats |
//! |---|---|
//! | activity | neutral CSV and NPZ, suite2p, CaImAn, CNMF-E, pynapple, Inscopix |
//! | positions | neutral CSV and NPZ, DeepLabCut, SLEAP, pynapple |
//! | registration | neutral CSV, CellReg, CaImAn, track2p |
//!
//! [`load`] reads a folder that has a `recording.toml`; [`discover`] makes a [`Manifest`] of one that
//! has none; [`write`](fn@write) writes any recording as a neutral folder. The page "Formats" of the book lists
//! every key.
//!
//! No file is run: what Python pickled is refused by name. Paths stay inside the folder.
//!
//! ```
//! use drift_data::folder;
//!
//! let folder = tempfile::tempdir().unwrap();
//! let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
//! file("recording.toml", r#"
//!     format = "drift-recording"
//!     version = 1
//!     subject = "M1"
//!     [[session]]
//!     label = "d1"
//!     day = 0
//!     positions = { file = "positions.csv" }
//!     activity = { file = "spikes.csv", kind = "spikes" }
//! "#);
//! file("positions.csv", "time_s,x_cm\n0.00,10\n0.05,11\n0.10,\n0.15,13\n");
//! file("spikes.csv", "time_s,cell\n0.06,7\n0.01,7\n");
//! let recording = folder::load(folder.path())?;
//! let session = &recording.sessions[0];
//! assert_eq!(session.cells[0].label, "7");
//! assert_eq!(session.activity_matrix()?.as_slice(), [1.0, 1.0, 0.0, 0.0]);
//! assert_eq!(session.trajectory.as_ref().unwrap().missing(), 1);
//! # Ok::<(), drift_data::Error>(())
//! ```

pub(crate) mod activity;
pub(crate) mod cells;
mod choose;
mod days;
mod discover;
pub(crate) mod keys;
mod manifest;
#[cfg(feature = "nwb")]
mod part;
pub(crate) mod positions;
mod recognise;
mod write;

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

pub use discover::{Discovery, discover};
pub use manifest::{
    ActivityFile, Axes, Counts, FILE, FORMAT, Imaging, Kind, Manifest, Origin, PositionsFile,
    RegistrationFile, Registry, SessionEntry, Tracking, Unit,
};
#[cfg(feature = "nwb")]
pub(crate) use part::Part;
pub use write::write;

use crate::Error;
use crate::mat::Limits;
use crate::recording::{Cell, Choices, Faults, Frames, Note, Place, Recording, Session, range};
use crate::registration::{self, Members};
use activity::{Source, Values};

/// Reads a folder with a `recording.toml`, or that file.
///
/// # Errors
/// [`Error::Entry`] for what does not fit, with file, place, value, what is allowed and the key that
/// would mend it; [`Error::MissingVariable`] for a column or member that is not there,
/// [`Error::Ambiguous`] with the choices where something must be chosen, [`Error::Io`] for a file that
/// cannot be read.
pub fn load(folder: impl AsRef<Path>) -> Result<Recording, Error> {
    load_with(folder, &Choices::default(), &Limits::default())
}

/// As [`load`], with what is chosen of the files; a single array may take [`Limits::decoded_bytes`].
///
/// # Errors
/// As [`load`].
pub fn load_with(
    folder: impl AsRef<Path>,
    choices: &Choices,
    limits: &Limits,
) -> Result<Recording, Error> {
    let folder = folder.as_ref();
    let file = if folder.is_dir() {
        folder.join(FILE)
    } else {
        folder.to_owned()
    };
    let text = std::fs::read_to_string(&file).map_err(|error| Error::io(&file, &error))?;
    let root = file.parent().unwrap_or(Path::new("."));
    Manifest::parse(&file, &text)?.read(root, choices, limits)
}

impl Manifest {
    /// Reads the files that the manifest names, all of them inside `root`.
    ///
    /// # Errors
    /// As [`load`].
    pub fn read(
        &self,
        root: &Path,
        choices: &Choices,
        limits: &Limits,
    ) -> Result<Recording, Error> {
        let file = root.join(FILE);
        let manifest = self.chosen(&file, choices)?;
        manifest.read_chosen(&file, root, choices, limits)
    }

    fn read_chosen(
        &self,
        file: &Path,
        root: &Path,
        choices: &Choices,
        limits: &Limits,
    ) -> Result<Recording, Error> {
        let refused = |place: String, value: &str, expected: &str| {
            Err(Error::entry(file, place, value, expected))
        };
        if self.subject.trim().is_empty() {
            return refused("subject".to_owned(), "empty", "the name of the animal");
        }
        if self.session.is_empty() {
            return refused("[[session]]".to_owned(), "missing", "a session or more");
        }
        let mut labels = HashSet::new();
        for (number, entry) in self.session.iter().enumerate() {
            let place = || format!("session {}, label", number + 1);
            if entry.label.trim().is_empty() {
                return refused(place(), "empty", "a label");
            }
            if !labels.insert(entry.label.as_str()) {
                let value = format!("`{}` again", entry.label);
                return refused(place(), &value, "a label that no other session has");
            }
        }
        let days = days::days(file, &self.session)?;
        let mut sessions = Vec::with_capacity(self.session.len());
        let mut members = Vec::with_capacity(self.session.len());
        let (mut notes, mut first_fault) = (Vec::new(), None);
        for (index, entry) in self.session.iter().enumerate() {
            let (mut session, found) = match entry.read(file, root, choices, limits) {
                Ok(read) => read,
                Err(error) if choices.faults == Faults::LeaveOut => {
                    notes.push(Note::LeftOut {
                        name: entry.label.clone(),
                        reason: error.to_string(),
                    });
                    first_fault.get_or_insert(error);
                    members.push(None);
                    continue;
                }
                Err(error) => return Err(error),
            };
            session.number = index + 1;
            (session.day, session.date) = days[index];
            session.environment = entry.environment.clone().or(Some("track".to_owned()));
            let mut same = sessions
                .iter()
                .rev()
                .filter(|before: &&Session| before.environment == session.environment);
            let before = same.next().and_then(|before| before.exposure).unwrap_or(0);
            session.exposure = entry.exposure.or(Some(before.saturating_add(1)));
            sessions.push(session);
            members.push(Some(found));
        }
        if let (true, Some(error)) = (sessions.is_empty(), first_fault) {
            return Err(error);
        }
        let mut recording = Recording {
            format: "recording folder",
            subject: Some(self.subject.clone()),
            sessions,
            registration: None,
            notes,
        };
        if let Some(entry) = &self.registration {
            let path = inside(root, &entry.file, file, "registration")?;
            let labels = self.session.iter().map(|session| session.label.as_str());
            let labels: Vec<&str> = labels.collect();
            let rows = registration::read(&path, entry, &labels, &members, limits)?;
            recording.register(registration::resolve(&rows, &members, &recording.sessions))?;
        }
        Ok(recording)
    }
}

impl SessionEntry {
    fn read(
        &self,
        file: &Path,
        root: &Path,
        choices: &Choices,
        limits: &Limits,
    ) -> Result<(Session, Members), Error> {
        let place = |key: &str| format!("session `{}`, {key}", self.label);
        if let Some(minutes) = self.minutes
            && !(minutes > 0.0 && minutes.is_finite())
        {
            let (place, expected) = (place("minutes"), "a finite number above 0");
            return Err(Error::entry(file, place, minutes.to_string(), expected));
        }
        if self.exposure == Some(0) {
            let place = place("exposure");
            return Err(Error::entry(file, place, "0", "a number from 1 on"));
        }
        let path = inside(root, &self.activity.file, file, &place("activity"))?;
        let mut source = activity::read(&path, &self.activity, limits)?;
        if let Some(cells) = &self.cells {
            let cells = inside(root, cells, file, &place("cells"))?;
            cells::describe(&mut source, &cells)?;
        }
        let where_was = match &self.positions {
            None => None,
            Some(entry) => {
                let path = inside(root, &entry.file, file, &place("positions"))?;
                let found = positions::read(&path, entry, limits)?;
                self.check_overlap(&path, &found, &source)?;
                Some(found)
            }
        };
        let members = Members::of(&path, &source);
        let mut session = self.join(&path, source, where_was, choices)?;
        session.minutes = self.minutes;
        session.recorded_units = members.cells.len();
        Ok((session, members))
    }

    /// The kept cells of the source with the positions.
    fn join(
        &self,
        path: &Path,
        source: Source,
        place: Option<Place>,
        choices: &Choices,
    ) -> Result<Session, Error> {
        let kept = self.kept(path, &source.cells, choices)?;
        if kept.is_empty() {
            let value = format!("none of {} in the file", source.cells.len());
            let expected = "an accepted cell; a table `cells` may say which are kept";
            return Err(Error::entry(path, "the cells", value, expected).mended_by("cells"));
        }
        let cells = kept.iter().map(|cell| Cell {
            label: source.cells[*cell].id.clone(),
            region: source.cells[*cell].region.clone(),
            identity: None,
        });
        let cells = cells.collect();
        let label = self.label.clone();
        let mut session = match source.values {
            Values::Spikes(mut trains) => {
                let kept = kept.iter().map(|cell| std::mem::take(&mut trains[*cell]));
                Session::of_spikes(label, cells, kept.collect(), place)?
            }
            Values::Frames {
                place: array,
                values,
                kind,
                clock,
            } => {
                let values = if kept.len() == values.ncols() {
                    values
                } else {
                    values.select_columns(&kept)
                };
                let frames = Frames {
                    place: array,
                    values,
                    kind,
                    clock,
                };
                Session::of_frames(label, cells, frames, place)?
            }
        };
        session.notes.extend(source.notes);
        Ok(session)
    }

    /// Refuses positions and activity that have too little time in common: one of them may be in ms.
    fn check_overlap(&self, file: &Path, place: &Place, source: &Source) -> Result<(), Error> {
        let least = self.overlap.unwrap_or(0.5);
        if !(0.0..=1.0).contains(&least) {
            let expected = "a share of the time between 0 and 1";
            let error = Error::entry(file, "`overlap`", least.to_string(), expected);
            return Err(error.mended_by("overlap"));
        }
        let track = &place.trajectory;
        let (Some(first), Some(last)) = (track.time.first().copied(), track.end()) else {
            return Ok(());
        };
        let (from, to, even) = match &source.values {
            Values::Frames { clock, .. } => match (clock.time.first(), clock.end()) {
                (Some(first), Some(last)) => (*first, last, true),
                _ => return Ok(()),
            },
            Values::Spikes(trains) => {
                let (from, to) = range(trains.iter().flatten());
                // A few spikes may all lie in a part of the session, and none anywhere.
                (from, to, trains.iter().map(Vec::len).sum::<usize>() >= 100)
            }
        };
        if !(to > from) {
            return Ok(());
        }
        let common = (to.min(last) - from.max(first)).max(0.0);
        let whole = if even {
            (to - from).max(last - first)
        } else {
            to - from
        };
        if common >= least * whole {
            return Ok(());
        }
        let value = format!(
            "{first} s to {last} s, and of the activity {from} s to {to} s ({:.0} % in common)",
            100.0 * common / whole
        );
        let expected = format!(
            "{:.0} % in common or more; is one of them in ms?",
            100.0 * least
        );
        let place = format!("the time of the positions of session `{}`", self.label);
        Err(Error::entry(file, place, value, expected).mended_by("offset_s, overlap"))
    }
}

/// The path of a file that stays inside of `root`; `place` is where `manifest` names it.
fn inside(root: &Path, path: &Path, manifest: &Path, place: &str) -> Result<PathBuf, Error> {
    let outside = || {
        let value = format!("`{}`", path.display());
        let expected = "a path that stays inside of the folder";
        Error::entry(manifest, place, value, expected)
    };
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if path.as_os_str().is_empty() || !path.components().all(plain) {
        return Err(outside());
    }
    let joined = root.join(path);
    let real = |path: &Path| path.canonicalize().map_err(|error| Error::io(path, &error));
    let root = if root.as_os_str().is_empty() {
        Path::new(".")
    } else {
        root
    };
    if real(&joined)?.starts_with(real(root)?) {
        Ok(joined)
    } else {
        Err(outside())
    }
}
