//! `drift data inspect`: the tree of a MAT file.

use drift_sim::data::mat::MatFile;

use crate::args::DataCommand;
use crate::error::CliError;
use crate::output::print;
use crate::progress::Ending;

/// `drift data`.
pub fn execute(command: &DataCommand) -> Result<Ending, CliError> {
    let file = match command {
        DataCommand::Inspect { file } => file,
        DataCommand::Convert(arguments) => return crate::convert::execute(arguments),
    };
    let opened = MatFile::open(file)?;
    print(&opened.tree().to_string())?;
    Ok(Ending::Done)
}
