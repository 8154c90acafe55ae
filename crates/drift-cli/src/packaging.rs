//! What a package installs beside the program: completions and manual pages, made from the command
//! line itself.

use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Cli;
use crate::error::CliError;
use crate::host::Host;

/// `drift completions`.
pub fn completions(shell: Shell, host: &Host<'_>) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "drift", &mut script);
    host.print(&String::from_utf8_lossy(&script))
}

/// `drift man`.
pub fn manual(out: &Path) -> Result<(), CliError> {
    let write = |error| CliError::write(out, error);
    fs::create_dir_all(out).map_err(write)?;
    clap_mangen::generate_to(Cli::command(), out).map_err(write)
}
