//! Standard output, which a reader such as `head` may close early.

use std::io::{ErrorKind, Write as _};

use crate::embed;
use crate::error::CliError;

/// Writes `text`. A closed pipe is no failure: the reader has what it wanted.
pub fn print(text: &str) -> Result<(), CliError> {
    if embed::print_to_host(text) {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::write("standard output".as_ref(), error))
        }
        _ => Ok(()),
    }
}
