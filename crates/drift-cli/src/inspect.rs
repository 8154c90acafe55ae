//! `drift data inspect`: what is in a file or folder, and what would be read of it.

use drift_sim::data::inspect;

use crate::args::DataCommand;
use crate::error::CliError;
use crate::host::Host;
use crate::progress::Ending;

/// `drift data`.
pub fn execute(command: &DataCommand, host: &Host<'_>) -> Result<Ending, CliError> {
    let (file, reading) = match command {
        DataCommand::Inspect { file, reading } => (file, reading),
        DataCommand::Convert(arguments) => return crate::convert::execute(arguments, host),
    };
    reading.check()?;
    host.print(&inspect::describe(file, &reading.choices())?)?;
    Ok(Ending::Done)
}
