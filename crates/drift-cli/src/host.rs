//! What a command runs in: the terminal, or another program.

use std::cell::RefCell;
use std::io::{ErrorKind, Write as _};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use drift_sim::Registry;

use crate::error::CliError;
use crate::progress::StopSignal;

/// The parts that scenarios may name, where a command prints, and how it hears that it should stop.
#[derive(Debug)]
pub struct Host<'a> {
    pub registry: &'a Registry,
    /// The program around the command; none on a terminal.
    program: Option<Program>,
}

#[derive(Debug)]
struct Program {
    stop: Arc<AtomicUsize>,
    printed: RefCell<String>,
}

impl<'a> Host<'a> {
    /// Standard output, and the signals of the process.
    pub fn terminal(registry: &'a Registry) -> Self {
        Self {
            registry,
            program: None,
        }
    }

    /// A program that keeps what is printed and sets `stop` to the number of a signal.
    pub fn program(registry: &'a Registry, stop: Arc<AtomicUsize>) -> Self {
        let printed = RefCell::default();
        Self {
            registry,
            program: Some(Program { stop, printed }),
        }
    }

    /// Writes `text`. A closed pipe is no failure: the reader, such as `head`, has what it wanted.
    pub fn print(&self, text: &str) -> Result<(), CliError> {
        if let Some(program) = &self.program {
            program.printed.borrow_mut().push_str(text);
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

    /// Starts to listen for the wish to stop.
    pub fn listen(&self) -> Result<StopSignal, CliError> {
        match &self.program {
            Some(program) => Ok(StopSignal::set_by(Arc::clone(&program.stop))),
            None => StopSignal::listen(),
        }
    }

    /// What was printed for the program around.
    pub fn printed(self) -> String {
        self.program
            .map_or_else(String::new, |program| program.printed.into_inner())
    }
}
