//! One matrix element after another, whatever its class.

use super::Limits;
use super::fault::{Fault, FaultKind};
use super::numeric::{ElementType, Number, read_as};
use super::source::Source;
use super::value::{
    MatArray, MatChar, MatValue, Numbers, NumericClass, Skipped, count, numbers_of,
};

/// MATLAB and its file format allow more; nothing real comes near.
const MOST_DIMENSIONS: usize = 64;

/// The head of an element: its type and size.
pub(super) struct Tag {
    pub(super) number: u32,
    pub(super) bytes: u64,
    /// Whether the data sit in the tag itself, padded to four bytes.
    pub(super) small: bool,
}

fn word(bytes: [u8; 4], big_endian: bool) -> u32 {
    if big_endian {
        u32::from_be_bytes(bytes)
    } else {
        u32::from_le_bytes(bytes)
    }
}

/// Type and size of the element that a tag of 8 bytes is the head of.
pub(super) fn tag_words([a, b, c, d, e, f, g, h]: [u8; 8], big_endian: bool) -> (u32, u32) {
    let words = [[a, b, c, d], [e, f, g, h]];
    words.map(|bytes| word(bytes, big_endian)).into()
}

/// What is still allowed.
pub(super) struct Budget {
    pub(super) limits: Limits,
    pub(super) inflated: u64,
    pub(super) decoded: u64,
}

pub(super) struct Decoder<'s, 'a, 'b> {
    pub(super) source: &'s mut Source<'a>,
    pub(super) budget: &'b mut Budget,
    pub(super) big_endian: bool,
}

/// The head of a matrix element.
pub(super) struct Head {
    class: u8,
    pub(super) logical: bool,
    pub(super) complex: bool,
    pub(super) dims: Vec<usize>,
    pub(super) count: usize,
}

impl Decoder<'_, '_, '_> {
    pub(super) fn fault(&self, kind: FaultKind) -> Fault {
        self.source.fault(kind)
    }

    /// Reads a tag whose element must end by `end`.
    pub(super) fn tag(&mut self, end: u64) -> Result<Tag, Fault> {
        let left = end.saturating_sub(self.source.position());
        if left < 8 {
            return Err(self.fault(FaultKind::ElementSize {
                size: 8,
                available: left,
            }));
        }
        // The first word tells whether the second is a size or already data.
        let number = word(self.source.array()?, self.big_endian);
        if number >> 16 != 0 {
            let bytes = u64::from(number >> 16);
            if bytes > 4 {
                return Err(self.fault(FaultKind::ElementSize {
                    size: bytes,
                    available: 4,
                }));
            }
            return Ok(Tag {
                number: number & 0xffff,
                bytes,
                small: true,
            });
        }
        let bytes = u64::from(word(self.source.array()?, self.big_endian));
        self.check_size(bytes, end)?;
        Ok(Tag {
            number,
            bytes,
            small: false,
        })
    }

    pub(super) fn check_size(&self, bytes: u64, end: u64) -> Result<(), Fault> {
        let available = end
            .min(self.source.ceiling())
            .saturating_sub(self.source.position());
        if bytes > available {
            return Err(self.fault(FaultKind::ElementSize {
                size: bytes,
                available,
            }));
        }
        Ok(())
    }

    /// Skips the padding behind an element of the given tag.
    pub(super) fn pad(&mut self, tag: &Tag, end: u64) -> Result<(), Fault> {
        let to = if tag.small { 4 } else { 8 };
        let padding = (to - tag.bytes % to) % to;
        // Some writers leave the padding away behind the last element.
        self.source
            .skip(padding.min(end.saturating_sub(self.source.position())))
    }

    pub(super) fn element_type(
        &self,
        tag: &Tag,
        expected: &'static str,
    ) -> Result<ElementType, Fault> {
        ElementType::from_number(tag.number).ok_or_else(|| self.wrong_type(tag, expected))
    }

    pub(super) fn wrong_type(&self, tag: &Tag, expected: &'static str) -> Fault {
        let found = tag.number;
        self.fault(FaultKind::ElementType { expected, found })
    }

    /// How many values an element holds.
    pub(super) fn value_count(&self, tag: &Tag, kind: ElementType) -> Result<usize, Fault> {
        if !tag.bytes.is_multiple_of(kind.width()) {
            return Err(self.fault(FaultKind::FixedSize {
                expected: "a whole number of values",
                found: tag.bytes,
            }));
        }
        Ok((tag.bytes / kind.width()) as usize)
    }

    pub(super) fn charge(&mut self, bytes: u64) -> Result<(), Fault> {
        self.budget.decoded = self.budget.decoded.saturating_add(bytes);
        if self.budget.decoded > self.budget.limits.decoded_bytes {
            return Err(self.fault(FaultKind::DecodedBytes {
                limit: self.budget.limits.decoded_bytes,
            }));
        }
        Ok(())
    }

    /// A whole element of numbers, whatever their stored type, as `T`.
    pub(super) fn numbers<T: Number>(
        &mut self,
        end: u64,
        expected: &'static str,
    ) -> Result<Vec<T>, Fault> {
        let tag = self.tag(end)?;
        let kind = self.element_type(&tag, expected)?;
        let count = self.value_count(&tag, kind)?;
        self.charge(count as u64 * T::BYTES)?;
        let values = read_as(self.source, kind, count, self.big_endian)?;
        self.pad(&tag, end)?;
        Ok(values)
    }

    pub(super) fn name(&mut self, end: u64) -> Result<String, Fault> {
        let bytes = self.numbers::<u8>(end, "a name")?;
        Ok(self.ascii(&bytes)?.trim_end_matches('\0').to_owned())
    }

    pub(super) fn ascii<'t>(&self, bytes: &'t [u8]) -> Result<&'t str, Fault> {
        let text = std::str::from_utf8(bytes).ok();
        text.filter(|text| text.is_ascii())
            .ok_or_else(|| self.fault(FaultKind::Name))
    }

    /// Reads the contents of a matrix element of `bytes` bytes, whose tag has been read: its name and value.
    pub(super) fn matrix(&mut self, bytes: u64, depth: usize) -> Result<(String, MatValue), Fault> {
        if bytes == 0 {
            return Ok((String::new(), MatValue::Unset));
        }
        if depth > self.budget.limits.depth {
            return Err(self.fault(FaultKind::Depth {
                limit: self.budget.limits.depth,
            }));
        }
        let end = self.source.position() + bytes;
        let flags = self.numbers::<u32>(end, "array flags")?;
        let [word, _] = flags[..] else {
            return Err(self.fault(FaultKind::FixedSize {
                expected: "8 bytes of array flags",
                found: flags.len() as u64 * 4,
            }));
        };
        let class = (word & 0xff) as u8;
        let (name, value) = if class == 17 {
            let name = self.name(end)?;
            let type_system = self.name(end)?;
            let class_name = self.name(end)?;
            (
                name,
                MatValue::Skipped(Skipped::Opaque {
                    type_system,
                    class_name,
                }),
            )
        } else {
            let dims = self.numbers::<i64>(end, "dimensions")?;
            let (dims, count) = self.dimensions(&dims)?;
            let name = self.name(end)?;
            let head = Head {
                class,
                logical: word & 0x200 != 0,
                complex: word & 0x800 != 0,
                dims,
                count,
            };
            let value = self
                .contents(head, end, depth)
                .map_err(|fault| fault.inside(&name))?;
            (name, value)
        };
        // What a later version may append, and what is skipped.
        self.source
            .skip(end.saturating_sub(self.source.position()))?;
        Ok((name, value))
    }

    fn dimensions(&self, dims: &[i64]) -> Result<(Vec<usize>, usize), Fault> {
        let impossible = || {
            self.fault(FaultKind::Dimensions {
                dims: dims.to_vec(),
            })
        };
        if dims.is_empty() || dims.len() > MOST_DIMENSIONS {
            return Err(impossible());
        }
        let sizes = dims.iter().map(|dim| usize::try_from(*dim));
        let sizes: Vec<usize> = sizes.collect::<Result<_, _>>().map_err(|_| impossible())?;
        let count = count(&sizes).ok_or_else(impossible)?;
        Ok((sizes, count))
    }

    fn contents(&mut self, head: Head, end: u64, depth: usize) -> Result<MatValue, Fault> {
        let class = match head.class {
            1 => return self.cell(head, end, depth),
            2 => return self.structure(head, None, end, depth),
            3 => {
                let class_name = self.name(end)?;
                return self.structure(head, Some(class_name), end, depth);
            }
            4 => return self.text(head, end),
            5 => return self.sparse(&head, end),
            class @ 6..=15 => NumericClass::ALL[usize::from(class) - 6],
            16 => return Ok(MatValue::Skipped(Skipped::FunctionHandle)),
            other => return Err(self.fault(FaultKind::Class { class: other })),
        };
        let (real, stored) = self.part(class, head.count, end)?;
        let imaginary = if head.complex {
            Some(self.part(class, head.count, end)?.0)
        } else {
            None
        };
        Ok(MatValue::Array(MatArray {
            class,
            logical: head.logical,
            dims: head.dims,
            real,
            imaginary,
            stored,
        }))
    }

    /// The real or imaginary part of a dense array.
    fn part(
        &mut self,
        class: NumericClass,
        count: usize,
        end: u64,
    ) -> Result<(Numbers, &'static str), Fault> {
        let tag = self.tag(end)?;
        let kind = self.element_type(&tag, "numbers")?;
        let ElementType::Number(stored) = kind else {
            return Err(self.wrong_type(&tag, "numbers"));
        };
        let found = self.value_count(&tag, kind)?;
        if found != count {
            return Err(self.fault(FaultKind::ValueCount {
                expected: count as u64,
                found: found as u64,
            }));
        }
        self.charge(count as u64 * class.bytes())?;
        let numbers = numbers_of!(class, read_as(self.source, kind, count, self.big_endian)?);
        self.pad(&tag, end)?;
        Ok((numbers, stored.name()))
    }

    fn text(&mut self, head: Head, end: u64) -> Result<MatValue, Fault> {
        let tag = self.tag(end)?;
        let kind = self.element_type(&tag, "text")?;
        let stored = self.value_count(&tag, kind)?;
        self.charge(2 * stored.max(head.count) as u64)?;
        let units: Vec<u16> = match kind {
            ElementType::Utf8 => {
                let bytes = read_as::<u8>(self.source, kind, stored, self.big_endian)?;
                let text = String::from_utf8_lossy(&bytes);
                let units: Vec<u16> = text.encode_utf16().collect();
                // Some writers count a character outside the basic plane as one element.
                if units.len() != head.count && text.chars().count() == head.count {
                    text.chars()
                        .map(|c| u16::try_from(u32::from(c)).unwrap_or(0xfffd))
                        .collect()
                } else {
                    units
                }
            }
            _ => read_as(self.source, kind, stored, self.big_endian)?,
        };
        self.pad(&tag, end)?;
        let units = if units.is_empty() && head.count <= stored.max(4096) {
            // MATLAB writes no data for text of only blanks in some versions.
            vec![u16::from(b' '); head.count]
        } else {
            units
        };
        if units.len() != head.count {
            let (expected, found) = (head.count as u64, units.len() as u64);
            return Err(self.fault(FaultKind::ValueCount { expected, found }));
        }
        Ok(MatValue::Char(MatChar {
            dims: head.dims,
            units,
        }))
    }
}
