//! From a path and a format to recordings, one an animal and environment.

use std::fs;
use std::path::{Path, PathBuf};

use drift_sim::data::rate_maps::{self, Layout};
use drift_sim::data::ziv_lab::{cell_assemblies, multiple_maps, unbiased_information};
use drift_sim::data::{EmptySessions, EpochKind, Filter, Recording, hc6, nwb};

use crate::args::{Format, RecordingArgs};
use crate::error::CliError;

/// Loads the recordings below `path` and splits them by environment.
pub fn load(arguments: &RecordingArgs) -> Result<Vec<Recording>, CliError> {
    let path = arguments.path.as_path();
    let loaded = match arguments.format {
        Format::Hc6 => load_hc6(path)?,
        Format::PlaceCells => load_place_cells(path)?,
        Format::MultipleMaps => load_multiple_maps(path)?,
        Format::CellAssemblies => {
            let files = files(path, "mat")?;
            files
                .iter()
                .map(cell_assemblies::load)
                .collect::<Result<_, _>>()?
        }
        Format::Nwb => {
            let files = files(path, "nwb")?;
            files
                .iter()
                .map(|file| nwb::load(file, &nwb::Options::default()))
                .collect::<Result<_, _>>()?
        }
        Format::RateMaps => {
            let layout = read_layout(arguments.layout.as_deref())?;
            let files = files(path, "mat")?;
            files
                .iter()
                .map(|file| rate_maps::load(file, &layout))
                .collect::<Result<_, _>>()?
        }
    };
    let mut split = Vec::new();
    for recording in loaded {
        split.extend(by_environment(&recording)?);
    }
    Ok(split)
}

/// An animal's folder, or a folder of such folders.
fn load_hc6(path: &Path) -> Result<Vec<Recording>, CliError> {
    let options = hc6::Options::default();
    match hc6::load(path, &options) {
        Err(drift_sim::data::Error::MissingFiles { .. }) if !folders(path)?.is_empty() => {
            folders(path)?
                .iter()
                .map(|animal| Ok(hc6::load(animal, &options)?))
                .collect()
        }
        loaded => Ok(vec![loaded?]),
    }
}

/// A folder of mice, or the spike-train file of one.
fn load_place_cells(path: &Path) -> Result<Vec<Recording>, CliError> {
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
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mouse = name
            .strip_suffix("_spike_train.mat")
            .map(|mouse| mouse.strip_suffix("_simulated").unwrap_or(mouse))
            .ok_or_else(|| CliError::content(path, "its name does not end in _spike_train.mat"))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        return Ok(vec![unbiased_information::load(folder, mouse, &options)?]);
    }
    let mice = unbiased_information::mice(path)?;
    mice.iter()
        .map(|mouse| Ok(unbiased_information::load(path, mouse, &options)?))
        .collect()
}

/// A track, a mouse with its tracks, or a folder of mice.
fn load_multiple_maps(path: &Path) -> Result<Vec<Recording>, CliError> {
    // An interrupted recording is repaired where its lengths allow, and the report says so.
    let options = multiple_maps::Options {
        frame_log: multiple_maps::FrameLogReading::Repair,
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
    let mut recordings = Vec::new();
    for mouse in &inner {
        recordings.extend(multiple_maps::load_mouse(mouse, &options)?);
    }
    if recordings.is_empty() {
        return Ok(multiple_maps::load_mouse(path, &options)?);
    }
    Ok(recordings)
}

fn entries(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    let read = fs::read_dir(path).map_err(|error| CliError::read(path, error))?;
    let mut paths = read
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CliError::read(path, error))?;
    paths.sort();
    Ok(paths)
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    Ok(entries(path)?
        .into_iter()
        .filter(|path| path.is_dir())
        .collect())
}

/// A file itself, or the files of a folder with this ending.
fn files(path: &Path, ending: &str) -> Result<Vec<PathBuf>, CliError> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let wanted = |file: &PathBuf| file.extension().is_some_and(|found| found == ending);
    let files: Vec<PathBuf> = entries(path)?.into_iter().filter(wanted).collect();
    if files.is_empty() {
        return Err(CliError::content(
            path,
            format!("there is no .{ending} file in it"),
        ));
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
    let text = fs::read_to_string(path).map_err(|error| CliError::read(path, error))?;
    let file: LayoutFile =
        toml::from_str(&text).map_err(|error| CliError::content(path, error.to_string()))?;
    let mut layout = Layout::default();
    let optional = |text: String| Some(text).filter(|text| !text.is_empty());
    if let Some(name) = file.rate_maps {
        layout.rate_maps = name;
    }
    if let Some(name) = file.trajectory {
        layout.trajectory = optional(name);
    }
    if let Some(columns) = file.columns {
        layout.columns = columns;
    }
    if let Some(name) = file.day {
        layout.day = optional(name);
    }
    layout.plane = file.plane.unwrap_or(layout.plane);
    layout.bin_cm = file.bin_cm.unwrap_or(layout.bin_cm);
    layout.position_to_cm = file.position_to_cm.unwrap_or(layout.position_to_cm);
    layout.subject = file.subject;
    layout.environment = file.environment;
    layout.region = file.region;
    Ok(layout)
}

/// A recording's runs, one recording an environment; sleep and rest have no place code to show.
fn by_environment(recording: &Recording) -> Result<Vec<Recording>, CliError> {
    let runs = Filter {
        epochs: Some(vec![EpochKind::Run]),
        empty_sessions: EmptySessions::LeaveOut,
        ..Filter::default()
    };
    // Where no session is called a run, as in NWB files with tags of their own, nothing says which
    // of them has no running: all are analysed but those that are called something without it.
    let none_is_called_run = !recording
        .sessions
        .iter()
        .any(|session| session.epoch == EpochKind::Run);
    let runs = if none_is_called_run {
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
    for session in recording
        .sessions
        .iter()
        .filter(|session| runs.wants(session))
    {
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
