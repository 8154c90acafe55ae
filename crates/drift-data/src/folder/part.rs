//! What one file or folder would be read as, and what its owner would have to say of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use toml::{Table as Keys, Value};

use super::activity::{self, Source, Values};
use super::choose::{self, put};
use super::keys::Entry;
use super::manifest::{ActivityFile, Kind, PositionsFile};
use super::recognise::{Content, recognise};
use super::{cells, positions};
use crate::mat::Limits;
use crate::recording::{Choices, FrameKind, Place, Position, range};
use crate::{Error, files, registration};

/// Folders inside of a folder that are looked into: `mouse/date/suite2p/plane0` has four.
const DEEPEST: usize = 5;

/// A file or folder that can be part of a recording.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) path: PathBuf,
    content: Content,
}

impl Part {
    /// What a path is, or what the paths inside of a folder are.
    pub(crate) fn find(path: &Path) -> Vec<Self> {
        fn collect(path: &Path, depth: usize, found: &mut Vec<Part>) {
            match recognise(path) {
                Some(content) => found.push(Part {
                    path: path.to_owned(),
                    content,
                }),
                None if path.is_dir() && depth < DEEPEST => {
                    for inner in files(path).unwrap_or_default() {
                        collect(&inner, depth + 1, found);
                    }
                }
                None => {}
            }
        }
        let mut found = Vec::new();
        collect(path, 0, &mut found);
        found
    }

    /// What it is, in words.
    pub(crate) fn kind(&self) -> String {
        self.content.to_string()
    }

    /// What a recording cannot do without, and lacks among these parts.
    pub(crate) fn lacking(parts: &[Self]) -> Vec<&'static str> {
        let has = |wanted: fn(&Content) -> bool| parts.iter().any(|part| wanted(&part.content));
        let mut lacking = Vec::new();
        if !has(|content| matches!(content, Content::Activity(_) | Content::Spikes)) {
            lacking.push("there is no activity, which a recording needs");
        }
        if !has(|content| matches!(content, Content::Positions(_))) {
            lacking.push("there are no positions: without them there are no rate maps");
        }
        if !has(|content| matches!(content, Content::Registration(_))) {
            lacking.push("there is no registration: no cell of one session is any of another");
        }
        lacking
    }

    /// What is read of it, what is noted, and what would have to be given.
    pub(crate) fn describe(&self, out: &mut String, choices: &Choices, limits: &Limits) {
        let file = self.path.clone();
        let (needed, read) = match self.content {
            Content::Activity(_) | Content::Spikes => {
                let (format, kind) = match self.content {
                    Content::Activity(format) => (format, None),
                    _ => (None, Some(Kind::Spikes)),
                };
                let entry = ActivityFile {
                    file,
                    format,
                    kind,
                    ..ActivityFile::default()
                };
                let mut given = Keys::new();
                let entry = choose::with(entry, choices, |choice| choice.activity);
                let (needed, read) = supposing(entry, &mut given, |entry| {
                    activity::read(&self.path, entry, limits)
                });
                (
                    needed,
                    read.map(|source| (values(&source, &given), source.notes)),
                )
            }
            Content::Positions(format) => {
                let entry = PositionsFile {
                    file,
                    format,
                    ..PositionsFile::default()
                };
                let mut given = Keys::new();
                let entry = choose::with(entry, choices, |choice| choice.positions);
                let (needed, read) = supposing(entry, &mut given, |entry| {
                    positions::read(&self.path, entry, limits)
                });
                (
                    needed,
                    read.map(|place| (track(&place, &given), place.notes)),
                )
            }
            Content::Cells => (
                Vec::new(),
                cells::summary(&file).map(|text| (text, Vec::new())),
            ),
            Content::Registration(format) => {
                let read = registration::summary(&file, format, limits);
                (Vec::new(), read.map(|text| (text, Vec::new())))
            }
        };
        let _ = match &read {
            Ok((text, _)) => writeln!(out, "read as {}: {text}", self.content),
            Err(error) => writeln!(out, "read as {}: it is not: {error}", self.content),
        };
        for error in needed {
            let _ = writeln!(out, "  needed: {error}");
        }
        for note in read.map(|(_, notes)| notes).unwrap_or_default() {
            let _ = writeln!(out, "  note: {note}");
        }
    }
}

/// Reads a file; where a key is missing it is noted and supposed, so that the next one is found. `given` has
/// the keys that were supposed.
fn supposing<T: Entry + Clone, R>(
    entry: Result<T, Error>,
    given: &mut Keys,
    mut read: impl FnMut(&T) -> Result<R, Error>,
) -> (Vec<Error>, Result<R, Error>) {
    let mut needed = Vec::new();
    let mut entry = match entry {
        Ok(entry) => entry,
        Err(error) => return (needed, Err(error)),
    };
    loop {
        let error = match read(&entry) {
            Err(error) => error,
            found => return (needed, found),
        };
        let Some((key, value)) = supposed(&error).filter(|(key, _)| !given.contains_key(*key))
        else {
            return (needed, Err(error));
        };
        let mut add = |key: &'static str, value: Value| {
            given.insert(key.to_owned(), value.clone());
            put(&mut entry, &[key], &value)
        };
        // With pixels of an unknown size the span of x says nothing.
        let added = match key {
            "cm_per_px" => add("unit", "cm".into()).and_then(|_| add(key, value)),
            _ => add(key, value),
        };
        match added {
            Ok(true) => needed.push(error),
            _ => return (needed, Err(error)),
        }
    }
}

/// The key that would mend an error, with a value to go on with.
fn supposed(error: &Error) -> Option<(&'static str, Value)> {
    match error {
        Error::Entry { key, .. } => match *key {
            "rate_hz" | "cm_per_px" => Some((key, Value::Float(1.0))),
            "unit" => Some((key, "cm".into())),
            "kind" => Some((key, "trace".into())),
            _ => None,
        },
        Error::Ambiguous {
            choices, option, ..
        } => {
            let key = option.strip_prefix("the key `")?.strip_suffix('`')?;
            Some((key, Value::String(choices.first()?.clone())))
        }
        _ => None,
    }
}

/// `5 cells (4 accepted), deconvolved amplitudes, 1160 frames at 20 Hz`.
fn values(source: &Source, supposed: &Keys) -> String {
    let all = source.cells.len();
    let kept = source.cells.iter().filter(|cell| cell.keep).count();
    let mut text = format!("{all} cells");
    if kept < all {
        let _ = write!(text, " ({kept} accepted)");
    }
    match &source.values {
        Values::Spikes(trains) => {
            let (first, last) = range(trains.iter().flatten());
            let _ = write!(text, ", {} spikes", trains.iter().flatten().count());
            if first <= last {
                let _ = write!(text, " from {first:.1} s to {last:.1} s");
            }
        }
        Values::Frames {
            kind,
            values,
            clock,
            ..
        } => {
            let supposed_kind = supposed.contains_key("kind");
            let kind = if supposed_kind {
                "numbers"
            } else {
                kind.words()
            };
            let _ = write!(text, ", {kind}, {} frames", values.nrows());
            if !supposed.contains_key("rate_hz") {
                let _ = write!(text, "{}", rate(clock.sample_interval));
            }
        }
    }
    text
}

fn rate(interval: f64) -> String {
    format!(" at {} Hz", (1e6 / interval).round() / 1e6)
}

/// `1160 samples at 20 Hz, 80 of them lost, positions on a line 0.1 to 99.8 cm`.
fn track(place: &Place, supposed: &Keys) -> String {
    let track = &place.trajectory;
    let mut text = format!("{} samples", track.len());
    if !supposed.contains_key("rate_hz") {
        text += &rate(track.sample_interval);
    }
    let _ = write!(text, ", {} of them lost", track.missing());
    let known = !(supposed.contains_key("cm_per_px") || supposed.contains_key("unit"));
    if let Some(position) = &track.position {
        let _ = write!(text, ", {}", position.words(known));
    }
    for name in ["individual", "bodypart", "track", "node"] {
        if let Some(Value::String(taken)) = supposed.get(name) {
            let _ = write!(text, ", {name} {taken} taken here");
        }
    }
    text
}

impl Position {
    /// Where it is, with the span in cm if the size of a unit is known.
    pub(crate) fn words(&self, known: bool) -> String {
        let span = |values: &[f64]| match range(values) {
            (low, high) if known && low <= high => format!(" {low:.1} to {high:.1} cm"),
            _ => String::new(),
        };
        match self {
            Self::Line(x) => format!("positions on a line{}", span(x)),
            Self::Plane { x, y } => format!("positions in the plane, x{}, y{}", span(x), span(y)),
        }
    }
}

impl FrameKind {
    /// What the numbers are, for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Counts => "numbers of spikes",
            Self::Events => "events",
            Self::Amplitudes => "deconvolved amplitudes",
            Self::Rates => "rates",
            Self::Trace => "traces (no information until --traces says what is activity)",
        }
    }
}
