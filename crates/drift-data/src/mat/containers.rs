//! Cells and structs, whose elements are matrices again.

use super::decode::{Decoder, Head};
use super::fault::{Fault, FaultKind};
use super::value::{MatCell, MatStruct, MatValue};

impl Decoder<'_, '_, '_> {
    /// Reads one element of a cell or struct, which must be a matrix.
    fn item(&mut self, end: u64, depth: usize) -> Result<MatValue, Fault> {
        let tag = self.tag(end)?;
        if tag.number != 14 || tag.small {
            return Err(self.wrong_type(&tag, "a matrix"));
        }
        self.charge(size_of::<MatValue>() as u64)?;
        Ok(self.matrix(tag.bytes, depth + 1)?.1)
    }

    pub(super) fn cell(&mut self, head: Head, end: u64, depth: usize) -> Result<MatValue, Fault> {
        let mut items = self.items_capacity(head.count, end)?;
        for index in 0..head.count {
            let item = self
                .item(end, depth)
                .map_err(|fault| fault.inside(&format!("{{{}}}", index + 1)))?;
            items.push(item);
        }
        Ok(MatValue::Cell(MatCell {
            dims: head.dims,
            items,
        }))
    }

    /// Room for `count` matrices, each of which takes at least 8 bytes of what is left.
    fn items_capacity(&self, count: usize, end: u64) -> Result<Vec<MatValue>, Fault> {
        let left = end
            .min(self.source.ceiling())
            .saturating_sub(self.source.position());
        let needed = (count as u64).saturating_mul(8);
        if needed > left {
            return Err(self.fault(FaultKind::ElementSize {
                size: needed,
                available: left,
            }));
        }
        // Memory is claimed as elements arrive: a false count in a compressed element must not claim it at once.
        Ok(Vec::with_capacity(count.min(4096)))
    }

    pub(super) fn structure(
        &mut self,
        head: Head,
        class_name: Option<String>,
        end: u64,
        depth: usize,
    ) -> Result<MatValue, Fault> {
        let length = self.numbers::<i32>(end, "the length of field names")?;
        let names = match length[..] {
            [_] => self.numbers::<u8>(end, "field names")?,
            _ => Vec::new(),
        };
        let length = match length[..] {
            [length] if length > 0 => length as usize,
            // A struct without fields may give any length.
            [_] if names.is_empty() => 1,
            _ => {
                return Err(self.fault(FaultKind::FixedSize {
                    expected: "one positive length of field names",
                    found: length.len() as u64 * 4,
                }));
            }
        };
        if names.len() % length != 0 {
            let found = names.len() as u64;
            return Err(self.fault(FaultKind::FixedSize {
                expected: "whole field names",
                found,
            }));
        }
        let mut fields = Vec::with_capacity(names.len() / length);
        for name in names.chunks(length) {
            let text = name.split(|byte| *byte == 0).next().unwrap_or(&[]);
            fields.push((self.ascii(text)?.to_owned(), Vec::new()));
        }
        // The values come element by element, the fields of each together.
        let total = head.count.saturating_mul(fields.len());
        self.items_capacity(total, end)?;
        if !fields.is_empty() {
            for index in 0..head.count {
                for (name, values) in &mut fields {
                    let value = self.item(end, depth).map_err(|fault| {
                        let step = if head.count == 1 {
                            format!(".{name}")
                        } else {
                            format!("({}).{name}", index + 1)
                        };
                        fault.inside(&step)
                    })?;
                    values.push(value);
                }
            }
        }
        Ok(MatValue::Struct(MatStruct {
            class_name,
            dims: head.dims,
            fields,
        }))
    }
}
