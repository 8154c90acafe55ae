//! Buffered bytes of one element, plain or inflated, turned into numbers as they stream past.

use std::io::{ErrorKind, Read};

use super::fault::{Fault, FaultKind};

/// Large enough that copying the inflater's window is a small share of the work, small enough for the second-level
/// cache.
const BUFFER_BYTES: usize = 128 * 1024;

/// Bytes that hold the flags, dimensions and name of a variable.
const HEAD_BYTES: u64 = 256;

/// Reads a stream whose length is not known, counting what was handed out.
pub(super) struct Source<'a> {
    input: &'a mut dyn Read,
    buffer: &'a mut [u8],
    start: usize,
    end: usize,
    /// Offset, in the file or in the inflated stream, of the next byte handed out.
    position: u64,
    /// No byte at or after this position can exist: the size of the file, or the compressed size times the highest
    /// ratio that the deflate format can reach.
    ceiling: u64,
    /// Where the compressed element starts in the file, if this source inflates one.
    compressed_at: Option<u64>,
}

/// The working buffer shared by all sources of one file.
pub(super) fn buffer() -> Vec<u8> {
    vec![0; BUFFER_BYTES]
}

impl<'a> Source<'a> {
    pub(super) fn new(
        input: &'a mut dyn Read,
        buffer: &'a mut [u8],
        position: u64,
        ceiling: u64,
        compressed_at: Option<u64>,
    ) -> Self {
        Self {
            input,
            buffer,
            start: 0,
            end: 0,
            position,
            ceiling,
            compressed_at,
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn ceiling(&self) -> u64 {
        self.ceiling
    }

    pub(super) fn fault(&self, kind: FaultKind) -> Fault {
        Fault::new(self.position, self.compressed_at, kind)
    }

    /// Makes at least `wanted` bytes (no more than the buffer holds) available, without handing them out.
    fn fill(&mut self, wanted: usize) -> Result<(), Fault> {
        if self.end - self.start >= wanted {
            return Ok(());
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        // An inflater that meets damage gives nothing of what came before it in the same piece: small pieces at
        // the start let a variable's name through.
        let most = match self.position {
            position if position < HEAD_BYTES => wanted.max(HEAD_BYTES as usize),
            _ => self.buffer.len(),
        };
        while self.end < wanted {
            match self.input.read(&mut self.buffer[self.end..most]) {
                Ok(0) => {
                    let available = self.end as u64;
                    return Err(self.fault(FaultKind::Truncated {
                        expected: wanted as u64,
                        available,
                    }));
                }
                Ok(read) => self.end += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.read_fault(&error, wanted)),
            }
        }
        Ok(())
    }

    fn read_fault(&self, error: &std::io::Error, wanted: usize) -> Fault {
        let available = (self.end - self.start) as u64;
        match (error.kind(), self.compressed_at) {
            (ErrorKind::UnexpectedEof, _) => self.fault(FaultKind::Truncated {
                expected: wanted as u64,
                available,
            }),
            (_, Some(_)) => self.fault(FaultKind::Inflate {
                message: error.to_string(),
            }),
            (_, None) => self.fault(FaultKind::Unreadable {
                message: error.to_string(),
            }),
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.fill(N)?;
        let mut out = [0; N];
        out.copy_from_slice(&self.buffer[self.start..self.start + N]);
        self.advance(N);
        Ok(out)
    }

    fn advance(&mut self, bytes: usize) {
        self.start += bytes;
        self.position += bytes as u64;
    }

    pub(super) fn skip(&mut self, mut bytes: u64) -> Result<(), Fault> {
        while bytes > 0 {
            self.fill(1)?;
            let step = bytes.min((self.end - self.start) as u64);
            self.advance(step as usize);
            bytes -= step;
        }
        Ok(())
    }

    /// `count` values of `N` bytes each, converted chunk by chunk into one allocation made beforehand.
    ///
    /// The caller has checked that the stream may hold that many bytes and that the budget allows the result.
    pub(super) fn values<T, const N: usize>(
        &mut self,
        count: usize,
        convert: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, Fault> {
        let mut values = Vec::with_capacity(count);
        while values.len() < count {
            self.fill(N)?;
            let whole = ((self.end - self.start) / N).min(count - values.len());
            let (chunks, _) = self.buffer[self.start..self.start + whole * N].as_chunks::<N>();
            values.extend(chunks.iter().map(|bytes| convert(*bytes)));
            self.advance(whole * N);
        }
        Ok(values)
    }

    /// Whether the stream ends here. For a compressed element this also checks the checksum at its end.
    pub(super) fn at_end(&mut self) -> Result<bool, Fault> {
        if self.start < self.end {
            return Ok(false);
        }
        loop {
            match self.input.read(self.buffer) {
                Ok(read) => {
                    (self.start, self.end) = (0, read);
                    return Ok(read == 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.read_fault(&error, 1)),
            }
        }
    }
}
