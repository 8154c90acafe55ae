//! The elements of a file, one a variable: as they are, or compressed.

use std::io::{BufRead, Read};

use flate2::bufread::ZlibDecoder;

use super::decode::{self, Budget, Decoder};
use super::source::{self, Source};
use super::{Fault, FaultKind, HEADER_BYTES, Limits, MatValue, Variable};

/// Deflate cannot inflate further: 258 bytes for two bits at most.
const LARGEST_RATIO: u64 = 1032;

/// Reads the variables of a file of `size` bytes, whose header has been read.
///
/// What is wrong inside of an element costs its variable, which then says why; where an element ends is
/// known from its tag. Behind a tag that is cut or makes no sense nothing can be found any more: a
/// variable without a name stands for it.
///
/// # Errors
/// The first fault where no variable at all can be read, and what the operating system refuses.
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
    let mut first = None;
    let mut sound = 0;
    let mut offset = HEADER_BYTES;
    loop {
        let fault = |kind| Fault::new(offset, None, kind);
        let unreadable = |error: std::io::Error| {
            let message = error.to_string();
            fault(FaultKind::Unreadable { message })
        };
        let mut head = Vec::with_capacity(8);
        let mut tag = (&mut input).take(8);
        tag.read_to_end(&mut head).map_err(unreadable)?;
        if head.is_empty() {
            break;
        }
        let whole = head.first_chunk();
        let (number, bytes) = whole.map_or((0, 0), |head| decode::tag_words(*head, big_endian));
        let bytes = u64::from(bytes);
        let available = size.saturating_sub(offset + 8);
        let decoded = budget.decoded;
        let found = match number {
            _ if whole.is_none() => Err(fault(FaultKind::Truncated {
                expected: 8,
                available: head.len() as u64,
            })),
            14 | 15 => {
                let mut element = (&mut input).take(bytes);
                let head = (number == 15, offset, bytes);
                let found = element_of(
                    &mut element,
                    head,
                    size,
                    &mut buffer,
                    &mut budget,
                    big_endian,
                );
                std::io::copy(&mut element, &mut std::io::sink()).map_err(unreadable)?;
                found
            }
            found => Err(fault(FaultKind::ElementType {
                expected: "a variable",
                found,
            })),
        };
        let lost = bytes > available || !matches!(number, 14 | 15);
        // An element that is cut is not whole, whatever was found in it.
        let found = match found {
            Ok((name, _)) if bytes > available => Err(fault(FaultKind::Truncated {
                expected: bytes,
                available,
            })
            .inside(&name)),
            found => found,
        };
        match found {
            Ok((name, value)) => {
                sound += 1;
                variables.push(Variable { name, value });
            }
            Err(fault) if matches!(fault.kind, FaultKind::Unreadable { .. }) => return Err(fault),
            Err(fault) => {
                budget.decoded = decoded;
                if !fault.variable().is_empty() || !lost {
                    variables.push(Variable::unreadable(fault.variable(), fault.to_string()));
                }
                first.get_or_insert(fault);
            }
        }
        if lost {
            let what = format!(
                "offset {offset}: the file is cut or damaged here, and what stood behind is lost"
            );
            variables.push(Variable::unreadable("", what));
            break;
        }
        offset += 8 + bytes;
    }
    match first {
        Some(fault) if sound == 0 => Err(fault),
        _ => Ok(variables),
    }
}

/// The variable of an element, of which is known whether it is compressed, its offset, and how many bytes
/// follow its tag.
fn element_of(
    element: &mut impl BufRead,
    (deflated, offset, bytes): (bool, u64, u64),
    size: u64,
    buffer: &mut [u8],
    budget: &mut Budget,
    big_endian: bool,
) -> Result<(String, MatValue), Fault> {
    if deflated {
        let mut inflated = ZlibDecoder::new(element);
        let ceiling = bytes.saturating_mul(LARGEST_RATIO);
        let mut source = Source::new(&mut inflated, buffer, 0, ceiling, Some(offset));
        return compressed(&mut source, budget, big_endian);
    }
    let mut source = Source::new(element, buffer, offset + 8, size, None);
    Decoder {
        source: &mut source,
        budget,
        big_endian,
    }
    .matrix(bytes, 0)
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
    let inflated = budget.inflated.saturating_add(bytes);
    if inflated > budget.limits.inflated_bytes {
        return Err(source.fault(FaultKind::InflatedBytes {
            limit: budget.limits.inflated_bytes,
        }));
    }
    budget.inflated = inflated;
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
