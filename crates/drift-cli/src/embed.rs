//! The commands within another program, which has its own way of printing and of being interrupted.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use clap::Parser;
use drift_sim::Registry;
use drift_sim::data::Recording;

use crate::analyze::load::load as read_recordings;
use crate::args::{Cli, RecordingArgs};
use crate::error::CliError;
use crate::host::Host;
use crate::run_report;

/// What is wrong with arguments, without what clap adds for a terminal: usage and a hint at --help.
pub(crate) fn usage(error: &clap::Error) -> CliError {
    let text = error.to_string();
    let message = text.split("\n\nUsage").next().unwrap_or_default();
    CliError::Usage(message.trim_start_matches("error: ").trim().to_owned())
}

/// Runs a command with its arguments, as they stand behind `drift`, and returns what the program would
/// print. It listens to no signal: the command ends, with what it has kept, when `stop` is other than 0.
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

/// Reads recordings as `drift analyze` does, one an animal and environment, from its arguments: format,
/// path and options.
///
/// # Errors
/// What the program would say.
pub fn load<I, T>(arguments: I) -> Result<Vec<Recording>, CliError>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    #[derive(Debug, Parser)]
    #[command(no_binary_name = true)]
    struct Load {
        #[command(flatten)]
        recording: RecordingArgs,
    }
    let arguments = arguments.into_iter().map(Into::<OsString>::into);
    let read = Load::try_parse_from(arguments).map_err(|error| usage(&error))?;
    read_recordings(&read.recording)
}

/// Writes report.html and the figures of a run into its directory; returns the page.
///
/// # Errors
/// What `drift report` would say.
pub fn report(directory: &Path, registry: &Registry) -> Result<PathBuf, CliError> {
    run_report::build(&registry.read_run(directory)?)?.write(directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use drift_sim::learn::{Noise, NoiseSource};

    /// Every value shrinks a little.
    #[derive(Debug)]
    struct Leak;

    impl Noise for Leak {
        fn add_to(&self, values: &mut [f64], _source: &mut NoiseSource) {
            values.iter_mut().for_each(|value| *value *= 0.9999);
        }
        fn variance(&self) -> f64 {
            0.0
        }
    }

    #[test]
    fn every_command_on_a_run_knows_the_parts_of_a_program() {
        let registry = Registry::new().with_noise("leak", |_: toml::Table| Ok(Leak));
        let registry = registry.expect("a free name");
        let folder = std::env::temp_dir().join(format!("drift-own-parts-{}", std::process::id()));
        let [run, seen] = ["run", "seen"].map(|name| folder.join(name).display().to_string());
        let drift = |arguments: &[&str]| {
            let done = call(arguments.iter().copied(), &registry, Arc::default());
            done.unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
        };
        let leak = "noise.label.leak={}";
        let small = [
            "--steps",
            "300",
            "--set",
            "network.hidden=20",
            "--set",
            leak,
        ];
        drift(
            &[
                &["run", "figure2", "--out", &run, "--no-report"],
                &small[..],
            ]
            .concat(),
        );
        assert!(drift(&["infer", &run]).contains("samples of"));
        let few = ["--minutes", "1", "--sessions", "2"];
        drift(&[&["observe", &run, "--out", &seen], &few[..]].concat());
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
