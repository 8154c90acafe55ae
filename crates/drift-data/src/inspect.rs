//! What is in a file or folder, and what would be read of it, as text for people.

use std::fmt::Write as _;
use std::path::Path;

use hdf5_pure::{DType, Dataset, Group};

use crate::folder::{self, Part};
use crate::hdf5::{self, Links};
use crate::mat::{self, FileKind, Limits, MatFile};
use crate::recording::{Activity, Choices, Recording, Session};
use crate::{Error, files, name, numpy, nwb, table};

/// Members of one group, or rows of one table, that are shown.
const SHOWN: usize = 40;

/// Numbers of a small array that are shown.
const SHOWN_NUMBERS: usize = 6;

/// Most bytes of an array of numpy's that is read to show it.
const MOST_BYTES: u64 = 4 << 30;

/// Describes a file (MAT, NWB and other HDF5, NPY, NPZ, CSV, recording.toml) or a folder: what is in it,
/// what would be read of it as what, what would have to be given, and if it would not be read, why not.
///
/// # Errors
/// [`Error::Io`] for what cannot be opened, [`Error::NotLevel5`] for a file of no known kind, which is
/// named, and what the reader of the format reports of a damaged one.
pub fn describe(path: impl AsRef<Path>, choices: &Choices) -> Result<String, Error> {
    let path = path.as_ref();
    if path.is_dir() {
        return of_folder(path, choices);
    }
    let head = mat::head(path)?;
    let mut out = if head.starts_with(b"\x93NUMPY") {
        of_npy(path)
    } else {
        match FileKind::detect(&head) {
            FileKind::Zip => of_npz(path)?,
            FileKind::Hdf5 => return of_hdf5(path, choices),
            FileKind::Unknown | FileKind::TooShort(_) if is_text(&head) => {
                if path.extension().is_some_and(|kind| kind == "toml") {
                    return Ok(of_recording(path, choices));
                }
                of_csv(path)?
            }
            _ => MatFile::open(path)?.tree().to_string(),
        }
    };
    read_as(&mut out, path, choices);
    Ok(out)
}

/// What the file or what is in the folder would be read as; how many parts that are.
fn read_as(out: &mut String, path: &Path, choices: &Choices) -> Vec<Part> {
    let parts = Part::find(path);
    for part in parts.iter().take(SHOWN) {
        if part.path != path {
            let inner = part.path.strip_prefix(path).unwrap_or(&part.path);
            let _ = write!(out, "{}: ", inner.display());
        }
        part.describe(out, choices, &Limits::default());
    }
    if parts.len() > SHOWN {
        let _ = writeln!(out, "… {} more", parts.len() - SHOWN);
    }
    if parts.is_empty() && path.is_file() {
        // An array of suite2p is part of what its folder is.
        let whole = path.parent().map(Part::find).unwrap_or_default();
        let _ = match whole
            .iter()
            .find(|whole| Some(&*whole.path) == path.parent())
        {
            Some(whole) => writeln!(out, "read with its folder, as {}", whole.kind()),
            None => writeln!(
                out,
                "read as: nothing by itself, for no format is told from what is in it; `drift analyze rate-maps` \
                 takes rate maps from any MAT file, and a recording.toml may name positions and activity"
            ),
        };
    }
    parts
}

fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character that the head cuts in two.
        Err(error) if error.valid_up_to() + 4 > head.len() => "",
        Err(_) => return false,
    };
    text.chars()
        .all(|letter| !letter.is_control() || letter.is_whitespace())
}

fn dimensions<T: ToString>(shape: &[T]) -> String {
    match shape {
        [] => "single".to_owned(),
        shape => numpy::dimensions(shape),
    }
}

fn of_npy(path: &Path) -> String {
    let found = match numpy::read(path, MOST_BYTES) {
        Ok(array) => one_array(&array),
        Err(error) => format!("not readable: {error}"),
    };
    format!("{}\n  {found}\n", path.display())
}

fn one_array(array: &numpy::Array) -> String {
    let kind = if array.is_text() { "text" } else { "numbers" };
    let few = array.texts(SHOWN_NUMBERS);
    let more = if array.shape.iter().product::<usize>() > few.len() {
        " …"
    } else {
        ""
    };
    format!(
        "{} {kind}  [{}{more}]",
        dimensions(&array.shape),
        few.join(" ")
    )
}

fn of_npz(path: &Path) -> Result<String, Error> {
    let mut archive = numpy::Archive::open(path, MOST_BYTES)?;
    let mut out = format!("{}\n", path.display());
    for name in archive.names() {
        let found = match archive.get(&name) {
            Ok(array) => one_array(&array),
            Err(error) => format!("not readable: {error}"),
        };
        let _ = writeln!(out, "  {name}: {found}");
    }
    Ok(out)
}

fn of_csv(path: &Path) -> Result<String, Error> {
    let mut rows = table::Table::bare(path, b',')?;
    let mut out = format!("{}\n", path.display());
    let mut count = 0;
    while rows.next()? {
        count += 1;
        if count <= SHOWN_NUMBERS {
            let row: Vec<&str> = rows.row().take(SHOWN).collect();
            let _ = writeln!(out, "  {}", row.join(", "));
        }
    }
    let _ = writeln!(out, "  {count} rows, the header included");
    Ok(out)
}

fn of_hdf5(path: &Path, choices: &Choices) -> Result<String, Error> {
    let file = hdf5::open(path)?;
    let links = Links::of(path);
    let mut out = format!("{}\n", path.display());
    let root = file.root();
    members(&mut out, &root, "", &links, 1);
    let attributes = root.attrs().unwrap_or_default();
    if attributes.contains_key("nwb_version") {
        let _ = writeln!(out, "read as NWB:");
        match nwb::load(path, choices) {
            Ok(recording) => recording_lines(&mut out, &recording),
            Err(error) => {
                let _ = writeln!(out, "  it is not: {error}");
            }
        }
    } else {
        read_as(&mut out, path, choices);
    }
    Ok(out)
}

fn members(out: &mut String, group: &Group, path: &str, links: &Links, depth: usize) {
    let indent = 2 * depth;
    let place = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}/{name}")
        }
    };
    let mut datasets = group.datasets().unwrap_or_default();
    let mut groups = group.groups().unwrap_or_default();
    datasets.sort();
    groups.sort();
    for name in datasets.iter().take(SHOWN) {
        let found = group.dataset(name).map(|dataset| one_dataset(&dataset));
        let found = found.unwrap_or_else(|error| format!("not readable ({error})"));
        let _ = writeln!(out, "{:indent$}{name}: {found}", "");
    }
    for name in links.soft_in(path).iter().take(SHOWN) {
        let target = links.resolve(&place(name));
        let _ = writeln!(out, "{:indent$}{name} → {target}", "");
    }
    for name in groups.iter().take(SHOWN) {
        let Ok(member) = group.group(name) else {
            let _ = writeln!(out, "{:indent$}{name}/ not readable", "");
            continue;
        };
        let kind = member.attrs().ok().and_then(|attributes| {
            attributes
                .get("neurodata_type")?
                .as_str()
                .map(|kind| format!(" ({kind})"))
        });
        let _ = writeln!(out, "{:indent$}{name}/{}", "", kind.unwrap_or_default());
        // NWB files carry the whole text of the format's definition.
        if depth < 12 && place(name) != "specifications" {
            members(out, &member, &place(name), links, depth + 1);
        }
    }
    let hidden = datasets.len().saturating_sub(SHOWN) + groups.len().saturating_sub(SHOWN);
    if hidden > 0 {
        let _ = writeln!(out, "{:indent$}… {hidden} more", "");
    }
}

/// Dimensions and type of a dataset, and its values if they are few: integers to the last digit.
fn one_dataset(dataset: &Dataset) -> String {
    let shape = dataset.shape().unwrap_or_default();
    let Ok(kind) = dataset.dtype() else {
        return format!("{} of a type that cannot be read", dimensions(&shape));
    };
    let mut text = format!("{} {kind}", dimensions(&shape));
    if hdf5::count(&shape).is_some_and(|count| (1..=SHOWN_NUMBERS as u64).contains(&count)) {
        fn joined<T: ToString>(values: Vec<T>) -> String {
            let texts: Vec<String> = values.iter().map(T::to_string).collect();
            texts.join(" ")
        }
        let values = match kind {
            DType::F32 | DType::F64 => dataset.read_f64().map(joined),
            DType::I8 | DType::I16 | DType::I32 | DType::I64 => dataset.read_i64().map(joined),
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => dataset.read_u64().map(joined),
            DType::String | DType::VariableLengthString => dataset.read_string().map(|texts| {
                let line = texts.join(" ");
                let short: String = line.chars().take(60).collect();
                short.replace(char::is_control, " ")
            }),
            _ => return text,
        };
        if let Ok(values) = values {
            let _ = write!(text, "  [{values}]");
        }
    }
    text
}

/// A recording folder, or the file that names its parts.
fn of_recording(path: &Path, choices: &Choices) -> String {
    let mut out = "read as a recording folder:\n".to_owned();
    match folder::load_with(path, choices, &Limits::default()) {
        Ok(recording) => recording_lines(&mut out, &recording),
        Err(error) => {
            let _ = writeln!(out, "  it is not: {error}");
        }
    }
    out
}

fn of_folder(path: &Path, choices: &Choices) -> Result<String, Error> {
    let mut out = format!("{}\n", path.display());
    for file in files(path)?.iter().take(SHOWN) {
        let name = name(file);
        let slash = if file.is_dir() { "/" } else { "" };
        let kind = match &Part::find(file)[..] {
            [part] if part.path == *file => format!(": {}", part.kind()),
            _ => String::new(),
        };
        let _ = writeln!(out, "  {name}{slash}{kind}");
    }
    if path.join(folder::FILE).is_file() {
        return Ok(out + &of_recording(path, choices));
    }
    let parts = read_as(&mut out, path, choices);
    // A folder of suite2p or track2p is a part itself.
    if !parts.iter().any(|part| part.path == path) {
        for lacking in Part::lacking(&parts) {
            let _ = writeln!(out, "{lacking}");
        }
        let _ = writeln!(
            out,
            "there is no {}: `drift data convert` makes one where the files tell enough; the layouts \
             that need none are the formats of `drift analyze --help`",
            folder::FILE
        );
    }
    Ok(out)
}

/// What a recording holds, session by session.
fn recording_lines(out: &mut String, recording: &Recording) {
    let subject = recording.subject.as_deref().unwrap_or("not named");
    let _ = writeln!(out, "  animal: {subject}");
    let identity = match &recording.registration {
        Some(registration) => format!("registered, {} cells", registration.cells),
        None => "not known".to_owned(),
    };
    let _ = writeln!(out, "  identity of cells across sessions: {identity}");
    for session in recording.sessions.iter().take(SHOWN) {
        let line = session_line(session);
        let _ = writeln!(out, "  session {}: {line}", session.label);
        for note in &session.notes {
            let _ = writeln!(out, "    note: {note}");
        }
    }
    for note in &recording.notes {
        let _ = writeln!(out, "  note: {note}");
    }
}

fn session_line(session: &Session) -> String {
    let mut regions: Vec<&str> = Vec::new();
    for region in session
        .cells
        .iter()
        .filter_map(|cell| cell.region.as_deref())
    {
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    let kind = match &session.activity {
        Activity::Spikes(_) => "spikes",
        Activity::RateMaps(_) => "rate maps",
        Activity::Frames(frames) => frames.kind().words(),
    };
    let track = session.trajectory.as_ref();
    let position = match track.and_then(|track| track.position.as_ref()) {
        Some(position) => position.words(true),
        None if track.is_some_and(|track| track.bins.is_some()) => "positions as bins".to_owned(),
        None => "no position".to_owned(),
    };
    let day = session
        .day
        .map_or(String::new(), |day| format!("day {day}, "));
    let lasting = session
        .duration()
        .map_or(String::new(), |duration| format!(" over {duration:.1} s"));
    let cells = match session.cells.len() {
        cells if cells < session.recorded_units => {
            format!("{cells} of {} cells", session.recorded_units)
        }
        cells => format!("{cells} cells"),
    };
    format!(
        "{day}{cells}{}, {kind}, {} samples{lasting}, {position}",
        match regions.len() {
            0 => " (region not known)".to_owned(),
            _ => format!(" ({})", regions.join(", ")),
        },
        session.samples()
    )
}
