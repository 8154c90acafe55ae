//! The commands within another program, which has its own way of printing and of being interrupted.

use std::cell::RefCell;
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
use crate::run_report;

thread_local! {
    /// The program around a command of this thread.
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

struct Host {
    stop: Arc<AtomicUsize>,
    printed: String,
}

/// Takes the place of listening to signals, where another program listens.
pub(crate) fn stop_of_host() -> Option<Arc<AtomicUsize>> {
    HOST.with_borrow(|host| host.as_ref().map(|host| Arc::clone(&host.stop)))
}

/// Takes what a command prints, where another program wants it. Whether it did.
pub(crate) fn print_to_host(text: &str) -> bool {
    HOST.with_borrow_mut(|host| match host {
        Some(host) => {
            host.printed += text;
            true
        }
        None => false,
    })
}

fn usage(error: &clap::Error) -> CliError {
    let text = error.to_string();
    // What clap adds for a terminal, usage and a hint at --help, is none of the caller's.
    let message = text.split("\n\nUsage").next().unwrap_or_default();
    CliError::Usage(message.trim_start_matches("error: ").trim().to_owned())
}

/// A command with its arguments, as they stand behind `drift`, on this thread. Returns what the
/// program would print. No signal is listened to: the command ends, with what it has kept, when
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
    HOST.set(Some(Host {
        stop,
        printed: String::new(),
    }));
    let ended = crate::execute(&cli, registry);
    let printed = HOST.take().map(|host| host.printed).unwrap_or_default();
    ended.map(|_| printed)
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
