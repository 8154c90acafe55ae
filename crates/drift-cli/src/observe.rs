//! `drift observe`: a run's units as an experiment would see them, written as a recording.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use drift_sim::data::folder;
use drift_sim::observe::{Calcium, Observation, Signal, TrackCode};
use serde::Serialize;

use crate::error::CliError;
use crate::host::Host;
use crate::report::write_table;

/// Arguments of `drift observe`.
#[derive(Debug, Args)]
#[command(after_help = "\
What is written is a recording like any other (recording.toml, and a folder a session), with \
truth.csv (which cell is which unit) and observation.toml (how it was observed) beside it.

Example:
  drift run figure2 --steps 200000 --out runs/figure2
  drift observe runs/figure2 --out observed --signal calcium --cells 100
  drift analyze recording observed --out analysis")]
pub struct ObserveArgs {
    /// Directory of a run whose agent moves along a track, such as figure2.
    pub run: PathBuf,
    /// Directory to write; it may not hold anything.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// What is recorded of a cell: spikes, or events found in its fluorescence.
    #[arg(long, value_name = "SIGNAL", default_value = "spikes")]
    pub signal: SignalArg,
    /// Median over units of their highest expected rate, Hz; default: 5 for spikes, 0.08 for calcium.
    #[arg(long, value_name = "HZ")]
    pub rate: Option<f64>,
    /// Standard deviation of the logarithm of the cells' gains.
    #[arg(long, value_name = "S", default_value_t = Observation::default().gain_spread)]
    pub gain_spread: f64,
    /// Length of a session, minutes.
    #[arg(long, value_name = "T", default_value_t = Observation::default().minutes)]
    pub minutes: f64,
    /// Sessions, one a day: snapshots of the run, as evenly spread as they were taken.
    #[arg(long, value_name = "N", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub sessions: u32,
    /// Step of the first session; default: a hundredth of the run.
    #[arg(long, value_name = "STEP")]
    pub from: Option<u64>,
    /// Cells that are seen, by lot from the units that are active on any day; default: all of these.
    #[arg(long, value_name = "N")]
    pub cells: Option<usize>,
    /// Share of the cells that get another's identity each day.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub misregistered: f64,
    /// Register each day against the first, so that errors do not add up from day to day.
    #[arg(long)]
    pub against_first: bool,
    /// Frames a second.
    #[arg(long, value_name = "HZ", default_value_t = Observation::default().frame_hz)]
    pub frame_rate: f64,
    /// Length of the track, cm.
    #[arg(long, value_name = "CM", default_value_t = Observation::default().track_cm)]
    pub track_cm: f64,
    /// Mean speed of the animal, cm/s.
    #[arg(long, value_name = "V", default_value_t = Observation::default().speed_cm_s)]
    pub speed: f64,
    /// Seed of all draws.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
}

/// What is recorded of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SignalArg {
    /// Poisson spikes.
    Spikes,
    /// Events in a fluorescence that decays with 1 s.
    Calcium,
}

/// `observation.toml`: how a run was observed.
#[derive(Debug, Serialize)]
struct Provenance<'a> {
    run: &'a Path,
    sessions: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
    observation: Observation,
}

/// `drift observe`.
pub fn execute(arguments: &ObserveArgs, host: &Host<'_>) -> Result<(), CliError> {
    let (signal, usual) = match arguments.signal {
        SignalArg::Spikes => (Signal::Spikes, 5.0),
        SignalArg::Calcium => (Signal::Calcium(Calcium::default()), 0.08),
    };
    let observation = Observation {
        signal,
        rate_hz: arguments.rate.unwrap_or(usual),
        gain_spread: arguments.gain_spread,
        minutes: arguments.minutes,
        frame_hz: arguments.frame_rate,
        cells: arguments.cells,
        misregistered: arguments.misregistered,
        errors_chain: !arguments.against_first,
        track_cm: arguments.track_cm,
        speed_cm_s: arguments.speed,
        seed: arguments.seed,
    };
    observation.check()?;
    let out = arguments.out.as_path();
    refuse_full(out)?;
    let record = host.registry.read_run(&arguments.run)?;
    let code = TrackCode::of_run(&record, arguments.from, arguments.sessions as usize)?;
    let seen = observation.of(&code)?;
    // Written beside and renamed as a whole: a directory that is there is complete.
    let part = beside(out)?;
    match fs::remove_dir_all(&part) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(CliError::write(&part, error));
        }
        _ => {}
    }
    let notes = folder::write(&seen.recording, &part)?;
    write_table(&part.join("truth.csv"), &seen.truth)?;
    let provenance = Provenance {
        run: &arguments.run,
        sessions: arguments.sessions,
        from: arguments.from,
        observation,
    };
    let file = part.join("observation.toml");
    let text = toml::to_string(&provenance).map_err(|error| CliError::content(&file, error))?;
    fs::write(&file, text).map_err(|error| CliError::write(&file, error))?;
    fs::rename(&part, out).map_err(|error| CliError::write(out, error))?;
    let sessions = &seen.recording.sessions;
    let mut text = format!(
        "{}: {} sessions of {} minutes, {} cells\n",
        out.display(),
        sessions.len(),
        observation.minutes,
        sessions.first().map_or(0, |session| session.cells.len()),
    );
    for note in notes {
        text += &format!("  {note}\n");
    }
    host.print(&text)
}

fn refuse_full(out: &Path) -> Result<(), CliError> {
    let full = match fs::read_dir(out) {
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(CliError::read(out, error)),
        Ok(mut entries) => entries.next().is_some(),
    };
    if full {
        return Err(CliError::Usage(format!(
            "{} already holds something; choose another directory",
            out.display()
        )));
    }
    Ok(())
}

/// The directory that becomes `out` once it is complete.
fn beside(out: &Path) -> Result<PathBuf, CliError> {
    let Some(name) = out.file_name() else {
        let text = format!("{} has no name; choose another directory", out.display());
        return Err(CliError::Usage(text));
    };
    let mut name = name.to_os_string();
    name.push(".tmp");
    Ok(out.with_file_name(name))
}
