//! The `drift` program as a library: run, sweep, analyze and report simulations of
//! representational drift.
//!
//! [`main_with`] is the whole program over a registry, so that a program of one's own, with tasks,
//! rules, noises, measures and systems of its own, is a `main` of a few lines:
//!
//! ```no_run
//! use drift_sim::Registry;
//! use drift_sim::learn::{Noise, NoiseSource};
//!
//! /// Every value shrinks a little.
//! #[derive(Debug)]
//! struct Leak;
//!
//! impl Noise for Leak {
//!     fn add_to(&self, values: &mut [f64], _source: &mut NoiseSource) {
//!         values.iter_mut().for_each(|value| *value *= 0.9999);
//!     }
//!     fn variance(&self) -> f64 { 0.0 }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     let registry = Registry::new().with_noise("leak", |_: toml::Table| Ok(Leak));
//!     drift_cli::main_with(&registry.expect("the name is free"))
//! }
//! ```
//!
//! [`embed`] runs the commands within another program, such as the Python package.
//!
//! `args` is the command line; `run`, `sweep`, `figure`, `observe`, `analyze`, `infer` and `convert`
//! are its commands. `run_report`, `similarity`, `remapping` and the modules `write_up` say
//! what stands in their reports, `report` writes them and `figures` draws.
#![forbid(unsafe_code)]

mod analyze;
mod args;
mod convert;
pub mod embed;
mod error;
mod figure;
mod figures;
mod host;
mod infer;
mod observe;
mod packaging;
mod progress;
mod reading;
mod remapping;
mod report;
mod run;
mod run_report;
mod similarity;
mod sweep;

use std::process::ExitCode;

use clap::Parser as _;
use drift_sim::Registry;
use drift_sim::data::inspect;

use args::{Cli, Command, DataCommand};
pub use error::CliError as Error;

use error::CliError;
use host::Host;
use progress::Ending;

/// What the program says to who has given it no command.
const FIRST_STEPS: &str = "\
drift simulates, measures and explains representational drift.

  drift run figure2 --steps 20000     a first run, with a report to open in a browser
  drift presets                       what else can be run
  drift analyze --help                place cells and drift of recordings
  drift --help                        every command
";

/// The program: reads the command line, does what it says, and gives the exit code.
#[must_use]
pub fn main_with(registry: &Registry) -> ExitCode {
    if std::env::args_os().len() <= 1 {
        eprint!("{FIRST_STEPS}");
        return ExitCode::from(2);
    }
    match execute(&Cli::parse(), &Host::terminal(registry)) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::NotFinite) => ExitCode::from(3),
        Ok(Ending::Signal(signal)) => ExitCode::from(128 + signal),
        Err(error) => {
            eprintln!("drift: {}", error.line());
            ExitCode::from(error.exit_code())
        }
    }
}

fn execute(cli: &Cli, host: &Host<'_>) -> Result<Ending, CliError> {
    match &cli.command {
        Command::Run(arguments) => return run::run(arguments, host),
        Command::Resume {
            directory,
            no_report,
        } => return run::resume(directory, *no_report, host),
        Command::Sweep(command) => return sweep::execute(command, host),
        Command::Figure(arguments) => return figure::draw(arguments, host),
        Command::Analyze(arguments) => return analyze::analyze(arguments, host),
        Command::Compare(arguments) => return analyze::compare(arguments, host),
        Command::Presets { name, all } => run::list_presets(name.as_deref(), *all, host)?,
        Command::Report { directory } => run::report(directory, host)?,
        Command::Observe(arguments) => observe::execute(arguments, host)?,
        Command::Infer {
            trace,
            measures,
            observed,
        } => infer::infer(trace, measures, *observed, host)?,
        Command::Data(DataCommand::Inspect { file, reading }) => {
            reading.check()?;
            host.print(&inspect::describe(file, &reading.choices())?)?;
        }
        Command::Data(DataCommand::Convert(arguments)) => convert::execute(arguments, host)?,
        Command::Completions { shell } => packaging::completions(*shell, host)?,
        Command::Man { out } => packaging::manual(out)?,
    }
    Ok(Ending::Done)
}
