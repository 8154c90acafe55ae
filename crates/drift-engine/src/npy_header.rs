//! A look at the header of an `.npy` array before `npyz` parses it: its parser recurses without a
//! limit, allocates what the header says, and multiplies lengths without a look at overflow.

use std::io::{Cursor, Read};

/// More than any header of an array of numbers has.
const LONGEST: usize = 1 << 16;
/// numpy writes a tuple in a dictionary: a record of records would be deeper, and is refused anyway.
const DEEPEST: usize = 8;
/// A length along an axis, and the product of all.
const MOST_ENTRIES: u64 = 1 << 40;

/// The same bytes as `reader`, of which the header has been looked at.
pub(crate) fn checked<R: Read>(mut reader: R) -> Result<impl Read, String> {
    let mut start = vec![0; 8];
    read(&mut reader, &mut start)?;
    if &start[..6] != b"\x93NUMPY" {
        return Err("not an array of numpy's".to_owned());
    }
    let width = if start[6] == 1 { 2 } else { 4 };
    let mut length = [0; 4];
    read(&mut reader, &mut length[..width])?;
    start.extend(&length[..width]);
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        return Err(format!("a header of {length} bytes"));
    }
    let mut header = vec![0; length];
    read(&mut reader, &mut header)?;
    check(&header)?;
    start.extend(header);
    Ok(Cursor::new(start).chain(reader))
}

fn read(reader: &mut impl Read, bytes: &mut [u8]) -> Result<(), String> {
    reader.read_exact(bytes).map_err(|error| error.to_string())
}

/// Nesting, and the product of all whole numbers outside of quotes, which are lengths.
fn check(header: &[u8]) -> Result<(), String> {
    let (mut depth, mut entries, mut at) = (0_usize, 1_u64, 0);
    while at < header.len() {
        match header[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            quote @ (b'\'' | b'"') => {
                let inside = &header[at + 1..];
                at += inside
                    .iter()
                    .position(|&byte| byte == quote)
                    .map_or(inside.len(), |end| end + 1);
            }
            byte if byte.is_ascii_digit() => {
                let rest = &header[at..];
                let word = rest
                    .iter()
                    .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
                let word = &rest[..word.unwrap_or(rest.len())];
                let number = std::str::from_utf8(word).ok();
                let number: Option<u64> = number.and_then(|word| word.parse().ok());
                entries = number
                    .and_then(|number| entries.checked_mul(number.max(1)))
                    .filter(|&entries| entries <= MOST_ENTRIES)
                    .ok_or_else(|| format!("more than {MOST_ENTRIES} entries"))?;
                at += word.len() - 1;
            }
            _ => {}
        }
        if depth > DEEPEST {
            return Err(format!("a header nested deeper than {DEEPEST}"));
        }
        at += 1;
    }
    Ok(())
}
