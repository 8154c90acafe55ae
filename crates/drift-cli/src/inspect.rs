//! `drift data inspect`: what is in a file or folder, and what would be read of it.

use drift_sim::data::inspect;

use crate::args::DataCommand;
use crate::error::CliError;
use crate::output::print;
use crate::progress::Ending;

/// `drift data`.
pub fn execute(command: &DataCommand) -> Result<Ending, CliError> {
    let (file, reading) = match command {
        DataCommand::Inspect { file, reading } => (file, reading),
        DataCommand::Convert(arguments) => return crate::convert::execute(arguments),
    };
    reading.check()?;
    print(&inspect::describe(file, &reading.choices())?)?;
    Ok(Ending::Done)
}
