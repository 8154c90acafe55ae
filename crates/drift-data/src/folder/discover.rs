//! A manifest for a folder that has none: what its files are is told from what is in them.

use std::path::{Path, PathBuf};

use toml::Table;

use super::keys::Entry;
use super::manifest::{
    ActivityFile, Kind, Manifest, PositionsFile, RegistrationFile, SessionEntry,
};
use super::recognise::{Content, recognise};
use crate::{Error, files, name};

/// Folders inside of a session's folder that are looked into: `date/suite2p/plane0` has three.
const DEEPEST: usize = 4;

/// What only the owner of the files knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Discovery {
    /// The animal; the folder's name if not given.
    pub subject: Option<String>,
    /// The sessions in the order of time, each with its label and either its `day` or its `date`. The
    /// files of a session stand in a folder of its label, or have names that start with it.
    pub sessions: Vec<SessionEntry>,
    /// Files or folders to take where several could be the activity, the positions, the cells of a
    /// session, or the registration; relative to the folder.
    pub take: Vec<PathBuf>,
    /// Keys of all files of positions; those that say nothing about a file are not given to it.
    pub positions: PositionsFile,
    /// Keys of all files of activity; those that say nothing about a file are not given to it.
    pub activity: ActivityFile,
    /// Keys of the registration, beside its file.
    pub registration: RegistrationFile,
}

/// Makes a manifest for a folder: for each session the one file that is its activity, the one that is
/// its positions and the one that lists its cells, and a registration beside them, told from their
/// content. Nothing is read but what tells the kind of a file.
///
/// # Errors
/// [`Error::Ambiguous`] with the files where several could be meant and none is among those to take;
/// [`Error::MissingFiles`] for a session without activity; [`Error::Entry`] for no session, for a file
/// to take that is not there, and for a key that says nothing about any file.
pub fn discover(folder: impl AsRef<Path>, known: &Discovery) -> Result<Manifest, Error> {
    let folder = folder.as_ref();
    let subject = known.subject.clone().or_else(|| {
        let real = folder.canonicalize().ok()?;
        Some(real.file_name()?.to_string_lossy().into_owned())
    });
    if known.sessions.is_empty() {
        let expected = "the sessions in the order of time, LABEL=DAY each: no file has their order";
        return Err(Error::entry(folder, "the sessions", "missing", expected).mended_by("session"));
    }
    for path in &known.take {
        if !folder.join(path).exists() {
            let place = format!("`{}`", path.display());
            let error = Error::entry(folder, place, "missing", "a file in the folder");
            return Err(error.mended_by("take"));
        }
    }
    let labels = known.sessions.iter().map(|entry| entry.label.as_str());
    let labels: Vec<&str> = labels.collect();
    let mut found: Vec<(PathBuf, Option<usize>, Content)> = Vec::new();
    for path in files(folder)? {
        let session = session_of(&name(&path), &labels);
        collect(folder, &path, session, 0, &mut found);
    }
    let mut manifest = Manifest::new(subject.unwrap_or_else(|| "unknown".to_owned()));
    let mut activity_keys = Keys::of(&known.activity)?;
    let mut positions_keys = Keys::of(&known.positions)?;
    for (number, entry) in known.sessions.iter().enumerate() {
        let choose = |what: &str, wanted: &dyn Fn(&Content) -> bool| {
            let mine = found
                .iter()
                .filter(|(_, session, content)| *session == Some(number) && wanted(content));
            let place = format!("the {what} of session `{}`", entry.label);
            one(folder, &place, mine, &known.take)
        };
        let Some((file, content)) = choose("activity", &|content| {
            matches!(content, Content::Activity(_) | Content::Spikes)
        })?
        else {
            return Err(Error::MissingFiles {
                folder: folder.to_owned(),
                expected: format!(
                    "activity of session `{0}` in a folder `{0}` or a file whose name starts so \
                     (suite2p, CaImAn, CNMF-E, pynapple, Inscopix, or a CSV or NPZ)",
                    entry.label
                ),
            });
        };
        let mut entry = entry.clone();
        let (format, kind) = match content {
            Content::Activity(format) => (*format, None),
            _ => (None, Some(Kind::Spikes)),
        };
        entry.activity = activity_keys.give(ActivityFile {
            file: file.to_owned(),
            format,
            ..ActivityFile::default()
        })?;
        entry.activity.kind = kind.or(entry.activity.kind);
        let are_positions = |content: &Content| matches!(content, Content::Positions(_));
        let positions = choose("positions", &are_positions)?;
        if let Some((file, Content::Positions(format))) = positions {
            entry.positions = Some(positions_keys.give(PositionsFile {
                file: file.to_owned(),
                format: *format,
                ..PositionsFile::default()
            })?);
        }
        let cells = choose("cells", &|content| *content == Content::Cells)?;
        entry.cells = cells.map(|(file, _)| file.to_owned());
        manifest.session.push(entry);
    }
    let registries = found.iter().filter(|(_, session, content)| {
        session.is_none() && matches!(content, Content::Registration(_))
    });
    if let Some((file, Content::Registration(format))) =
        one(folder, "the registration", registries, &known.take)?
    {
        manifest.registration = Some(RegistrationFile {
            file: file.to_owned(),
            format: *format,
            ..known.registration.clone()
        });
    }
    for (of, keys) in [("positions", positions_keys), ("activity", activity_keys)] {
        if let Some(key) = keys.unused.keys().next() {
            let expected = format!("a key that says something about the {of} in the folder");
            let place = format!("the key `{key}` of the {of}");
            return Err(Error::entry(folder, place, "without any use", expected));
        }
    }
    let RegistrationFile { base, counts, .. } = &known.registration;
    if manifest.registration.is_none() && (base.is_some() || counts.is_some()) {
        let expected = "a registration in the folder, outside of the sessions";
        let place = "the registration";
        return Err(Error::entry(folder, place, "missing", expected));
    }
    Ok(manifest)
}

/// The session whose label a name starts with; the longest label wins, and a number goes on to its
/// last digit: `day1` is not the start of `day10`.
fn session_of(name: &str, labels: &[&str]) -> Option<usize> {
    let starts = |label: &&str| {
        name.strip_prefix(*label).is_some_and(|rest| {
            let digit = |letter: Option<char>| letter.is_some_and(|c| c.is_ascii_digit());
            !(digit(label.chars().next_back()) && digit(rest.chars().next()))
        })
    };
    let fitting = labels.iter().enumerate().filter(|(_, label)| starts(label));
    fitting
        .max_by_key(|(_, label)| label.len())
        .map(|(session, _)| session)
}

/// Adds what a path is, or what the paths inside of it are.
fn collect(
    folder: &Path,
    path: &Path,
    session: Option<usize>,
    depth: usize,
    found: &mut Vec<(PathBuf, Option<usize>, Content)>,
) {
    let relative = path.strip_prefix(folder).unwrap_or(path).to_owned();
    match recognise(path) {
        Some(content) => found.push((relative, session, content)),
        // Outside of sessions only the registration matters, which is not deep.
        None if path.is_dir() && depth < DEEPEST && (session.is_some() || depth == 0) => {
            for inner in files(path).unwrap_or_default() {
                collect(folder, &inner, session, depth + 1, found);
            }
        }
        None => {}
    }
}

/// The only candidate, or the only one of several that is among those to take.
fn one<'a>(
    folder: &Path,
    what: &str,
    candidates: impl Iterator<Item = &'a (PathBuf, Option<usize>, Content)>,
    take: &[PathBuf],
) -> Result<Option<(&'a Path, &'a Content)>, Error> {
    let mut all: Vec<_> = candidates.collect();
    if all.iter().any(|(path, ..)| take.contains(path)) {
        all.retain(|(path, ..)| take.contains(path));
    }
    match all.as_slice() {
        [] => Ok(None),
        [(path, _, content)] => Ok(Some((path, content))),
        several => Err(Error::Ambiguous {
            file: folder.to_owned(),
            what: format!("{what} could be any of {} files", several.len()),
            choices: several
                .iter()
                .map(|(path, ..)| path.display().to_string())
                .collect(),
            option: "--take FILE",
        }),
    }
}

/// The keys that were given, and those of them that no file has taken yet.
struct Keys {
    given: Table,
    unused: Table,
}

impl Keys {
    fn of(entry: &impl Entry) -> Result<Self, Error> {
        let given = entry.given()?;
        let unused = given.clone();
        Ok(Self { given, unused })
    }

    /// The entry with those of the keys that say something about its file.
    fn give<T: Entry>(&mut self, entry: T) -> Result<T, Error> {
        entry.with(&self.given, &mut self.unused)
    }
}
