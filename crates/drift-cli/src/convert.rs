//! `drift data convert`: any recording as a folder with a `recording.toml`.

use std::path::{Path, PathBuf};

use clap::Args;
use drift_sim::data::folder::{self, Discovery, SessionEntry};
use drift_sim::data::mat::Limits;
use drift_sim::data::{Note, Recording};
use serde::de::DeserializeOwned;

use crate::analyze::load;
use crate::args::Format;
use crate::error::CliError;
use crate::host::Host;
use crate::reading::{ReadingArgs, refuse_given};

/// Arguments of `drift data convert`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without --format the recording is a folder with a recording.toml, or a folder whose files tell what \
they are (suite2p, CaImAn, CNMF-E, pynapple, Inscopix; DeepLabCut, SLEAP; CellReg, track2p; CSV and \
NPZ): then --session gives the order of the sessions, and the other options what no file says.

Example:
  drift data convert mouse1 converted --session day1=0 --session day3=2 \\
    --activity rate_hz=20 --positions bodypart=back --positions rate_hz=20 \\
    --positions cm_per_px=0.2 --registration counts=all")]
pub struct ConvertArgs {
    /// The recording: a folder, or what --format says.
    pub path: PathBuf,
    /// Directory to write; of several recordings each gets a directory in it.
    pub out: PathBuf,
    /// Layout of the files, as `drift analyze` takes it.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// A session and its day or date, in the order of time: its files stand in a folder of this name
    /// or have names that start with it.
    #[arg(long = "session", value_name = "LABEL=DAY")]
    pub sessions: Vec<String>,
    /// The animal; default: the folder's name.
    #[arg(long, value_name = "NAME")]
    pub subject: Option<String>,
    /// File or folder to take where several could be meant, relative to the recording's folder.
    #[arg(long, value_name = "FILE")]
    pub take: Vec<PathBuf>,
    /// A key of the positions as recording.toml has it, such as cm_per_px=0.2.
    #[arg(long, value_name = "KEY=VALUE")]
    pub positions: Vec<String>,
    /// A key of the activity as recording.toml has it, such as rate_hz=20.
    #[arg(long, value_name = "KEY=VALUE")]
    pub activity: Vec<String>,
    /// A key of the registration as recording.toml has it, such as counts=accepted.
    #[arg(long, value_name = "KEY=VALUE")]
    pub registration: Vec<String>,
    /// How the files of --format are read.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// `drift data convert`.
pub fn execute(arguments: &ConvertArgs, host: &Host<'_>) -> Result<(), CliError> {
    let path = arguments.path.as_path();
    let reading = &arguments.reading;
    reading.check()?;
    let recordings = match arguments.format {
        Some(format) => load::recordings(format, path, None, reading)?,
        None if path.is_file() || path.join(folder::FILE).exists() => {
            refuse_keys(arguments)?;
            vec![folder::load_with(
                path,
                &reading.choices(),
                &Limits::default(),
            )?]
        }
        None => vec![discovered(arguments)?],
    };
    let several = recordings.len() > 1;
    let mut said = String::new();
    for (number, recording) in recordings.into_iter().enumerate() {
        let recording = reading.apply(recording, false)?;
        let out = if several {
            arguments.out.join(name(&recording, number))
        } else {
            arguments.out.clone()
        };
        let notes = folder::write(&recording, &out)?;
        said += &told(&recording, &out, &notes);
    }
    host.print(&said)
}

/// The name of a directory for one of several recordings.
fn name(recording: &Recording, number: usize) -> String {
    let subject = recording.subject.as_deref().unwrap_or("recording");
    let subject = subject.replace(|c: char| !(c.is_alphanumeric() || "-_".contains(c)), "_");
    format!("{:02}-{subject}", number + 1)
}

/// What was read and written, for people.
fn told(recording: &Recording, out: &Path, notes: &[Note]) -> String {
    let mut text = format!(
        "{}: {} of {}\n",
        out.join(folder::FILE).display(),
        recording.format,
        recording
            .subject
            .as_deref()
            .unwrap_or("an animal without a name"),
    );
    for session in &recording.sessions {
        text += &format!(
            "  {}: {} samples, {} of {} cells\n",
            session.label,
            session.samples(),
            session.cells.len(),
            session.recorded_units
        );
        for note in &session.notes {
            text += &format!("    {note}\n");
        }
    }
    if let Some(registration) = &recording.registration {
        text += &format!(
            "  {} registered cells, {} of them in every session\n",
            registration.cells,
            registration.found_in_all()
        );
    }
    for note in recording.notes.iter().chain(notes) {
        text += &format!("  {note}\n");
    }
    text
}

fn refuse_keys(arguments: &ConvertArgs) -> Result<(), CliError> {
    let given = [
        ("--session", !arguments.sessions.is_empty()),
        ("--subject", arguments.subject.is_some()),
        ("--take", !arguments.take.is_empty()),
        ("--positions", !arguments.positions.is_empty()),
        ("--activity", !arguments.activity.is_empty()),
        ("--registration", !arguments.registration.is_empty()),
    ];
    refuse_given(&given, |option| {
        let path = arguments.path.display();
        format!(
            "{option} is given, but {path} has a {} that says it all",
            folder::FILE
        )
    })
}

/// The recording of a folder without a `recording.toml`.
fn discovered(arguments: &ConvertArgs) -> Result<Recording, CliError> {
    let mut known = Discovery {
        subject: arguments.subject.clone(),
        take: arguments.take.clone(),
        positions: keys("--positions", &arguments.positions)?,
        activity: keys("--activity", &arguments.activity)?,
        registration: keys("--registration", &arguments.registration)?,
        ..Discovery::default()
    };
    for session in &arguments.sessions {
        let Some((label, day)) = session.rsplit_once('=') else {
            return Err(CliError::Usage(format!(
                "--session {session}: expected LABEL=DAY, such as day3=2 or day3=2020-01-03"
            )));
        };
        let mut entry = SessionEntry {
            label: label.to_owned(),
            ..SessionEntry::default()
        };
        match day.parse() {
            Ok(day) => entry.day = Some(day),
            Err(_) => entry.date = Some(day.to_owned()),
        }
        known.sessions.push(entry);
    }
    let manifest = folder::discover(&arguments.path, &known)?;
    Ok(manifest.read(
        &arguments.path,
        &arguments.reading.choices(),
        &Limits::default(),
    )?)
}

/// Keys as a table of `recording.toml`; a value that is no TOML is text.
fn keys<T: DeserializeOwned>(option: &str, given: &[String]) -> Result<T, CliError> {
    let mut table = toml::Table::new();
    // The file is found by its content.
    table.insert("file".to_owned(), toml::Value::String(String::new()));
    for pair in given {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(CliError::Usage(format!(
                "{option} {pair}: expected KEY=VALUE"
            )));
        };
        let read = format!("value = {value}").parse::<toml::Table>().ok();
        let read = read.and_then(|mut table| table.remove("value"));
        let value = read.unwrap_or_else(|| toml::Value::String(value.to_owned()));
        if key == "file" || table.insert(key.to_owned(), value).is_some() {
            return Err(CliError::Usage(format!(
                "{option} {pair}: expected a key once, and not `file`, for which --take is"
            )));
        }
    }
    table
        .try_into()
        .map_err(|error: toml::de::Error| CliError::Usage(format!("{option}: {}", error.message())))
}
