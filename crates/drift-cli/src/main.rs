//! The `drift` program: run, sweep, analyze and report simulations of representational drift.
//!
//! `args` is the command line; `run`, `sweep`, `analyze`, `compare` and `inspect` are its commands;
//! `remapping` and `matching` are what `run` does with presets of these kinds; `run_report` and the
//! modules `write_up` say what stands in their reports, `report` writes them
//! and `figures` draws.
#![forbid(unsafe_code)]

mod analyze;
mod args;
mod compare;
mod error;
mod figures;
mod infer;
mod inspect;
mod matching;
mod output;
mod progress;
mod reading;
mod remapping;
mod report;
mod run;
mod run_report;
mod sweep;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};
use error::CliError;
use progress::Ending;

fn main() -> ExitCode {
    match execute(&Cli::parse()) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Signal(signal)) => ExitCode::from(128 + signal),
        Err(error) => {
            eprintln!("drift: {}", error.line());
            ExitCode::from(error.exit_code())
        }
    }
}

fn execute(cli: &Cli) -> Result<Ending, CliError> {
    match &cli.command {
        Command::Presets { name } => run::list_presets(name.as_deref()),
        Command::Run(arguments) => run::run(arguments),
        Command::Resume {
            directory,
            no_report,
        } => run::resume(directory, *no_report),
        Command::Report { directory } => run::report(directory),
        Command::Sweep(command) => sweep::execute(command),
        Command::Analyze(arguments) => analyze::analyze(arguments),
        Command::Compare(arguments) => compare::compare(arguments),
        Command::Infer { trace, measures } => infer::infer(trace, measures),
        Command::Data(command) => inspect::execute(command),
    }
}
