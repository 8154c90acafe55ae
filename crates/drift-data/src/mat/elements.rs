//! The elements of a file, one a variable: as they are, or compressed.

use std::io::{BufRead, Read};

use flate2::bufread::ZlibDecoder;

use super::decode::{self, Budget, Decoder};
use super::source::{self, Source};
use super::{Fault, FaultKind, HEADER_BYTES, Limits, MatValue, Variable};

/// Deflate cannot inflate further: 258 bytes for two bits at most.
const LARGEST_RATIO: u64 = 1032;

/// Reads the variables of a file of `size` bytes, whose header has been read.
pub(super) fn variables(
    mut input: impl BufRead,
    size: u64,
    big_endian: bool,
    limits: Limits,
) -> Result<Vec<Variable>, Fault> {
    let mut budget = Budget {
        limits,
        inflated: 0,
        decoded: 0,
    };
    let mut buffer = source::buffer();
    let mut variables = Vec::new();
    let mut offset = HEADER_BYTES;
    loop {
        let fault = |kind| Fault::new(offset, None, kind);
        let mut head = [0; 8];
        let got = read_up_to(&mut input, &mut head).map_err(|error| {
            fault(FaultKind::Unreadable {
                message: error.to_string(),
            })
        })?;
        if got == 0 {
            return Ok(variables);
        }
        if got < 8 {
            return Err(fault(FaultKind::Truncated {
                expected: 8,
                available: got as u64,
            }));
        }
        let (number, bytes) = decode::tag_words(head, big_endian);
        let bytes = u64::from(bytes);
        let start = offset + 8;
        let available = size.saturating_sub(start);
        if bytes > available {
            return Err(fault(FaultKind::Truncated {
                expected: bytes,
                available,
            }));
        }
        let (name, value) = match number {
            14 => {
                let mut element = (&mut input).take(bytes);
                let mut source = Source::new(&mut element, &mut buffer, start, size, None);
                let found = Decoder {
                    source: &mut source,
                    budget: &mut budget,
                    big_endian,
                }
                .matrix(bytes, 0)?;
                drain(&mut element).map_err(|error| {
                    fault(FaultKind::Unreadable {
                        message: error.to_string(),
                    })
                })?;
                found
            }
            15 => {
                let mut element = (&mut input).take(bytes);
                let mut inflated = ZlibDecoder::new(&mut element);
                let ceiling = bytes.saturating_mul(LARGEST_RATIO);
                let mut source = Source::new(&mut inflated, &mut buffer, 0, ceiling, Some(offset));
                let found = compressed(&mut source, &mut budget, big_endian)?;
                drain(&mut element).map_err(|error| {
                    fault(FaultKind::Unreadable {
                        message: error.to_string(),
                    })
                })?;
                found
            }
            found => {
                return Err(fault(FaultKind::ElementType {
                    expected: "a variable",
                    found,
                }));
            }
        };
        variables.push(Variable { name, value });
        offset = start + bytes;
    }
}

/// The one variable inside a compressed element.
fn compressed(
    source: &mut Source<'_>,
    budget: &mut Budget,
    big_endian: bool,
) -> Result<(String, MatValue), Fault> {
    let (number, bytes) = decode::tag_words(source.array()?, big_endian);
    if number != 14 {
        return Err(source.fault(FaultKind::ElementType {
            expected: "a variable",
            found: number,
        }));
    }
    let bytes = u64::from(bytes);
    budget.inflated = budget.inflated.saturating_add(bytes);
    if budget.inflated > budget.limits.inflated_bytes {
        return Err(source.fault(FaultKind::InflatedBytes {
            limit: budget.limits.inflated_bytes,
        }));
    }
    let mut decoder = Decoder {
        source,
        budget,
        big_endian,
    };
    let end = decoder.source.position() + bytes;
    decoder.check_size(bytes, end)?;
    let found = decoder.matrix(bytes, 0)?;
    // Reading to the end of the stream also checks its checksum.
    if !source.at_end().map_err(|fault| fault.inside(&found.0))? {
        return Err(source.fault(FaultKind::LeftOver).inside(&found.0));
    }
    Ok(found)
}

fn read_up_to(input: &mut impl Read, out: &mut [u8]) -> std::io::Result<usize> {
    let mut got = 0;
    while got < out.len() {
        match input.read(&mut out[got..]) {
            Ok(0) => break,
            Ok(read) => got += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// Leaves the input behind the element, whatever of it was not needed.
fn drain(element: &mut impl Read) -> std::io::Result<()> {
    std::io::copy(element, &mut std::io::sink()).map(drop)
}
