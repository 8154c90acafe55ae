//! The commands within another program, which has its own way of printing and of being interrupted.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use clap::Parser;
use drift_sim::data::Recording;
use drift_sim::{Registry, RunRecord};

use crate::analyze::load::load as read_recordings;
use crate::args::{Cli, RecordingArgs};
use crate::error::CliError;
use crate::host::Host;
use crate::run_report;

fn usage(error: &clap::Error) -> CliError {
    let text = error.to_string();
    // What clap adds for a terminal, usage and a hint at --help, is none of the caller's.
    let message = text.split("\n\nUsage").next().unwrap_or_default();
    CliError::Usage(message.trim_start_matches("error: ").trim().to_owned())
}

/// A command with its arguments, as they stand behind `drift`. Returns what the program would print. No signal is listened to: the command ends, with what it has kept, when
/// `stop` is other than 0.
///
/// # Errors
/// What the program would say.
pub fn call<I, T>(
    arguments: I,
    registry: &Registry,
    stop: Arc<AtomicUsize>,
) -> Result<String, CliError>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let name = std::iter::once(OsString::from("drift"));
    let arguments = name.chain(arguments.into_iter().map(Into::into));
    let cli = Cli::try_parse_from(arguments).map_err(|error| usage(&error))?;
    let host = Host::program(registry, stop);
    crate::execute(&cli, &host)?;
    Ok(host.printed())
}

/// Recordings as `drift analyze` reads them, split by environment, from its arguments: format, path
/// and options.
///
/// # Errors
/// What the program would say.
pub fn load<I, T>(arguments: I) -> Result<Vec<Recording>, CliError>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    #[derive(Debug, Parser)]
    struct Load {
        #[command(flatten)]
        recording: RecordingArgs,
    }
    let name = std::iter::once(OsString::from("load"));
    let arguments = name.chain(arguments.into_iter().map(Into::into));
    let read = Load::try_parse_from(arguments).map_err(|error| usage(&error))?;
    read_recordings(&read.recording)
}

/// Writes report.html and the figures of a run into its directory; returns the page.
///
/// # Errors
/// What `drift report` would say.
pub fn report(directory: &Path, registry: &Registry) -> Result<PathBuf, CliError> {
    let record: RunRecord = registry.read_run(directory)?;
    run_report::build(&record)?.write(directory)
}
