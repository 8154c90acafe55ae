//! From a path and a format to recordings, one an animal and environment.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use drift_sim::data::mat::Limits;
use drift_sim::data::rate_maps::{self, Layout};
use drift_sim::data::ziv_lab::{cell_assemblies, multiple_maps, unbiased_information};
use drift_sim::data::{
    EmptySessions, EpochKind, Filter, Note, Recording, folder, hc6, nwb, one_animal,
};

use super::selection;
use crate::args::{Format, RecordingArgs};
use crate::error::{CliError, read_text};
use crate::figures::style::finite_range;
use crate::reading::ReadingArgs;

/// Loads the recordings below `path` and splits them by environment.
pub fn load(arguments: &RecordingArgs) -> Result<Vec<Recording>, CliError> {
    let path = arguments.path.as_path();
    let reading = &arguments.reading;
    let layout = arguments.layout.as_deref();
    let needs_speed = selection(arguments).minimum_speed.is_some();
    let mut split = Vec::new();
    for recording in recordings(arguments.format, path, layout, reading)? {
        let recording = reading.apply(recording, needs_speed)?;
        check_bins(&recording, arguments.bin_cm.unwrap_or(4.0))?;
        // Who names the sessions knows whether the animal ran in them.
        let by_name = !reading.epochs.is_empty();
        split.extend(by_environment(&recording, by_name)?);
    }
    Ok(split)
}

/// Loads the recordings below `path`, with all their environments.
pub fn recordings(
    format: Format,
    path: &Path,
    layout: Option<&Path>,
    reading: &ReadingArgs,
) -> Result<Vec<Recording>, CliError> {
    reading.check()?;
    let instead = match format {
        Format::Nwb | Format::Recording => None,
        Format::Hc6 => Some("they are in cm, and name their own cells and times"),
        Format::PlaceCells | Format::MultipleMaps | Format::CellAssemblies => {
            Some("the publication gives one activity, its cells, its rate and its bins")
        }
        Format::RateMaps => Some("--layout names their variables and the scale"),
    };
    if let (Some(instead), Some(name)) = (instead, format.to_possible_value()) {
        reading.refuse_choices(name.get_name(), instead)?;
    }
    Ok(match format {
        Format::Hc6 => load_hc6(path, reading)?,
        Format::PlaceCells => load_place_cells(path, reading)?,
        Format::MultipleMaps => load_multiple_maps(path, reading)?,
        Format::CellAssemblies => {
            let files = files(path, "mat")?;
            each(path, &files, reading, |file| {
                Ok(vec![cell_assemblies::load(file)?])
            })?
        }
        Format::Nwb => {
            let files = files(path, "nwb")?;
            let options = reading.choices();
            let loaded = each(path, &files, reading, |file| {
                Ok(vec![nwb::load(file, &options)?])
            })?;
            one_animal(loaded)
        }
        Format::RateMaps => {
            let layout = read_layout(layout)?;
            let files = files(path, "mat")?;
            each(path, &files, reading, |file| {
                Ok(vec![rate_maps::load(file, &layout)?])
            })?
        }
        Format::Recording => load_folders(path, reading)?,
    })
}

/// A folder with a `recording.toml`, or a folder of such folders.
fn load_folders(path: &Path, reading: &ReadingArgs) -> Result<Vec<Recording>, CliError> {
    let choices = reading.choices();
    let load = |path: &Path| folder::load_with(path, &choices, &Limits::default());
    let is_recording = |path: &Path| path.join(folder::FILE).exists();
    if path.is_dir() && !is_recording(path) {
        let mut inner = folders(path)?;
        inner.retain(|path| is_recording(path));
        if !inner.is_empty() {
            return each(path, &inner, reading, |path| Ok(vec![load(path)?]));
        }
    }
    Ok(vec![load(path)?])
}

/// Most bins of place that a recording may be cut into.
const MOST_BINS: f64 = 1e6;

/// Refuses bins that are far too many, before memory is asked for: a position in another unit than
/// the file says.
fn check_bins(recording: &Recording, bin_cm: f64) -> Result<(), CliError> {
    for session in &recording.sessions {
        let position = session
            .trajectory
            .as_ref()
            .and_then(|trajectory| trajectory.position.as_ref());
        let mut bins = 1.0;
        for axis in position.map(|position| position.axes()).unwrap_or_default() {
            let (low, high) = finite_range(axis.iter().copied()).unwrap_or_default();
            bins *= ((high - low) / bin_cm).max(1.0);
        }
        if bins > MOST_BINS {
            return Err(CliError::Usage(format!(
                "session {} has positions for {bins:.0} bins of {bin_cm} cm, {MOST_BINS} at most \
                 are made: is its unit another (--scale), or does a value mark lost tracking \
                 (--missing)?",
                session.label
            )));
        }
    }
    Ok(())
}

/// What each of several files or folders holds. One that cannot be read is left out, with a note on
/// the first recording, unless the reading is strict or nothing can be read.
fn each(
    path: &Path,
    sources: &[PathBuf],
    reading: &ReadingArgs,
    load: impl Fn(&Path) -> Result<Vec<Recording>, CliError>,
) -> Result<Vec<Recording>, CliError> {
    let mut recordings = Vec::new();
    let mut left_out = Vec::new();
    for source in sources {
        match load(source) {
            Ok(loaded) => recordings.extend(loaded),
            // A single file is all there is.
            Err(error) if reading.strict || sources.len() == 1 => return Err(error),
            Err(error) => {
                eprintln!("drift: left out: {}", error.line());
                left_out.push(Note::LeftOut {
                    name: source
                        .strip_prefix(path)
                        .unwrap_or(source)
                        .display()
                        .to_string(),
                    reason: error.line(),
                });
            }
        }
    }
    match (recordings.first_mut(), left_out.first()) {
        (Some(first), _) => first.notes.extend(left_out),
        (None, Some(Note::LeftOut { reason, .. })) => {
            let reason = format!("nothing in it can be read; first: {reason}");
            return Err(CliError::content(path, reason));
        }
        (None, _) => {}
    }
    Ok(recordings)
}

/// An animal's folder, or a folder of such folders.
fn load_hc6(path: &Path, reading: &ReadingArgs) -> Result<Vec<Recording>, CliError> {
    let options = hc6::Options::default();
    match hc6::load(path, &options) {
        Err(drift_sim::data::Error::MissingFiles { .. }) if !folders(path)?.is_empty() => {
            each(path, &folders(path)?, reading, |animal| {
                Ok(vec![hc6::load(animal, &options)?])
            })
        }
        loaded => Ok(vec![loaded?]),
    }
}

/// A folder of mice, or the spike-train file of one.
fn load_place_cells(path: &Path, reading: &ReadingArgs) -> Result<Vec<Recording>, CliError> {
    let options = unbiased_information::Options::default();
    // The sample files of the repository have no mouse in their names.
    for sample in ["spike_train.mat", "simulated_spike_train.mat"] {
        let file = if path.is_file() {
            path.to_owned()
        } else {
            path.join(sample)
        };
        if file.file_name().is_some_and(|name| name == sample) && file.exists() {
            let stimulus = file.with_file_name("stimulus_trace.mat");
            return Ok(vec![unbiased_information::load_files(
                &file, stimulus, None, &options,
            )?]);
        }
    }
    if path.is_file() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mouse = name
            .strip_suffix("_spike_train.mat")
            .map(|mouse| mouse.strip_suffix("_simulated").unwrap_or(mouse))
            .ok_or_else(|| CliError::content(path, "its name does not end in _spike_train.mat"))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        return Ok(vec![unbiased_information::load(folder, mouse, &options)?]);
    }
    let mice = unbiased_information::mice(path)?;
    let mice: Vec<PathBuf> = mice.into_iter().map(PathBuf::from).collect();
    each(path, &mice, reading, |mouse| {
        let mouse = mouse.to_string_lossy();
        Ok(vec![unbiased_information::load(path, &mouse, &options)?])
    })
}

/// A track, a mouse with its tracks, or a folder of mice.
fn load_multiple_maps(path: &Path, reading: &ReadingArgs) -> Result<Vec<Recording>, CliError> {
    // An interrupted recording is repaired where its lengths allow, and the report says so; a session
    // that cannot be repaired is left out by name.
    let options = multiple_maps::Options {
        frame_log: reading.frame_log(),
        faults: reading.faults(),
        ..multiple_maps::Options::default()
    };
    if path.join("cell_registration.mat").exists() {
        return Ok(vec![multiple_maps::load(path, &options)?]);
    }
    let inner = folders(path)?;
    if inner
        .iter()
        .any(|track| track.join("cell_registration.mat").exists())
    {
        return Ok(multiple_maps::load_mouse(path, &options)?);
    }
    let recordings = each(path, &inner, reading, |mouse| {
        Ok(multiple_maps::load_mouse(mouse, &options)?)
    })?;
    if recordings.is_empty() {
        return Ok(multiple_maps::load_mouse(path, &options)?);
    }
    Ok(recordings)
}

fn entries(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    let read = fs::read_dir(path).and_then(|entries| {
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<Result<Vec<_>, _>>()
    });
    let mut paths = read.map_err(|error| CliError::read(path, error))?;
    paths.sort();
    Ok(paths)
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    let mut folders = entries(path)?;
    folders.retain(|path| path.is_dir());
    Ok(folders)
}

/// A file itself, or the files of a folder with this ending.
fn files(path: &Path, ending: &str) -> Result<Vec<PathBuf>, CliError> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let wanted = |file: &PathBuf| file.extension().is_some_and(|found| found == ending);
    let files: Vec<PathBuf> = entries(path)?.into_iter().filter(wanted).collect();
    if files.is_empty() {
        let reason = format!("there is no .{ending} file in it");
        return Err(CliError::content(path, reason));
    }
    Ok(files)
}

/// A [`Layout`] as a TOML file writes it; what is absent is as by default.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LayoutFile {
    rate_maps: Option<String>,
    /// The empty text says that there is none.
    trajectory: Option<String>,
    columns: Option<Vec<String>>,
    day: Option<String>,
    plane: Option<bool>,
    bin_cm: Option<f64>,
    position_to_cm: Option<f64>,
    subject: Option<String>,
    environment: Option<String>,
    region: Option<String>,
}

fn read_layout(path: Option<&Path>) -> Result<Layout, CliError> {
    let Some(path) = path else {
        return Ok(Layout::default());
    };
    let file: LayoutFile =
        toml::from_str(&read_text(path)?).map_err(|error| CliError::content(path, error))?;
    let usual = Layout::default();
    let optional = |given: Option<String>, usual| match given {
        Some(name) => Some(name).filter(|name| !name.is_empty()),
        None => usual,
    };
    Ok(Layout {
        rate_maps: file.rate_maps.unwrap_or(usual.rate_maps),
        trajectory: optional(file.trajectory, usual.trajectory),
        columns: file.columns.unwrap_or(usual.columns),
        day: optional(file.day, usual.day),
        plane: file.plane.unwrap_or(usual.plane),
        bin_cm: file.bin_cm.unwrap_or(usual.bin_cm),
        position_to_cm: file.position_to_cm.unwrap_or(usual.position_to_cm),
        subject: file.subject,
        environment: file.environment,
        region: file.region,
    })
}

/// A recording's runs, one recording an environment; sleep and rest have no place code to show.
fn by_environment(recording: &Recording, by_name: bool) -> Result<Vec<Recording>, CliError> {
    let runs = Filter {
        epochs: (!by_name).then(|| vec![EpochKind::Run]),
        empty_sessions: EmptySessions::LeaveOut,
        ..Filter::default()
    };
    // Where no session is called a run, as in NWB files with tags of their own, nothing says which
    // of them has no running: all are analysed but those that are called something without it.
    let mut epochs = recording.sessions.iter().map(|session| &session.epoch);
    let none_is_called_run = !epochs.any(|epoch| *epoch == EpochKind::Run);
    let runs = if none_is_called_run && !by_name {
        let other = recording.sessions.iter().map(|session| &session.epoch);
        let kinds = other.filter(|kind| matches!(kind, EpochKind::Other(_)));
        Filter {
            epochs: Some(kinds.cloned().collect()),
            ..runs
        }
    } else {
        runs
    };
    let mut names: Vec<Option<String>> = Vec::new();
    let wanted = recording
        .sessions
        .iter()
        .filter(|session| runs.wants(session));
    for session in wanted {
        if !names.contains(&session.environment) {
            names.push(session.environment.clone());
        }
    }
    let mut split = Vec::new();
    for environment in names {
        split.push(match environment {
            Some(name) => recording.filtered(&Filter {
                environment: Some(name),
                ..runs.clone()
            })?,
            None => {
                let mut rest = recording.filtered(&runs)?;
                rest.sessions
                    .retain(|session| session.environment.is_none());
                rest
            }
        });
    }
    split.retain(|recording| !recording.sessions.is_empty());
    Ok(split)
}
