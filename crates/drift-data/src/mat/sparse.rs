//! Sparse matrices: row numbers, column starts and values, checked against each other.

use super::decode::{Decoder, Head};
use super::fault::{Fault, FaultKind};
use super::numeric::{ElementType, read_as};
use super::value::{MatSparse, MatValue, NumericClass};

impl Decoder<'_, '_, '_> {
    pub(super) fn sparse(&mut self, head: &Head, end: u64) -> Result<MatValue, Fault> {
        let [rows, columns] = head.dims[..] else {
            let dims = head.dims.iter().map(|dim| *dim as i64).collect();
            return Err(self.fault(FaultKind::Dimensions { dims }));
        };
        let mut row_indices = self.numbers::<i32>(end, "row numbers")?;
        let starts = self.numbers::<i32>(end, "column starts")?;
        if starts.len() as u64 != columns as u64 + 1 {
            return Err(self.fault(FaultKind::ValueCount {
                expected: columns as u64 + 1,
                found: starts.len() as u64,
            }));
        }
        self.charge(8 * starts.len() as u64)?;
        let mut column_starts = Vec::with_capacity(starts.len());
        let mut before = 0_i32;
        for (index, start) in starts.into_iter().enumerate() {
            if start < before || start as usize > row_indices.len() || (index == 0 && start != 0) {
                let limit = if index == 0 {
                    0
                } else {
                    row_indices.len() as u64
                };
                return Err(self.fault(FaultKind::SparseIndex {
                    index,
                    value: i64::from(start),
                    limit,
                }));
            }
            before = start;
            column_starts.push(start as usize);
        }
        let entries = before as usize;
        // nzmax may be larger than the number of entries: what lies behind is not part of the matrix.
        row_indices.truncate(entries);
        let mut rows_used = Vec::with_capacity(entries);
        for (index, row) in row_indices.into_iter().enumerate() {
            match u32::try_from(row) {
                Ok(valid) if (valid as usize) < rows => rows_used.push(valid),
                _ => {
                    let limit = (rows as u64).saturating_sub(1);
                    return Err(self.fault(FaultKind::SparseIndex {
                        index,
                        value: i64::from(row),
                        limit,
                    }));
                }
            }
        }
        let real = self.sparse_part(entries, head.logical, end)?;
        let imaginary = if head.complex {
            Some(self.sparse_part(entries, false, end)?)
        } else {
            None
        };
        Ok(MatValue::Sparse(MatSparse {
            rows,
            columns,
            logical: head.logical,
            column_starts,
            row_indices: rows_used,
            real,
            imaginary,
        }))
    }

    fn sparse_part(&mut self, entries: usize, logical: bool, end: u64) -> Result<Vec<f64>, Fault> {
        let tag = self.tag(end)?;
        let mut kind = self.element_type(&tag, "numbers")?;
        // MATLAB calls the bytes of a logical sparse matrix doubles.
        if logical
            && kind == ElementType::Number(NumericClass::Double)
            && tag.bytes < 8 * entries as u64
        {
            kind = ElementType::Number(NumericClass::UInt8);
        }
        let stored = self.value_count(&tag, kind)?;
        if stored < entries {
            return Err(self.fault(FaultKind::ValueCount {
                expected: entries as u64,
                found: stored as u64,
            }));
        }
        self.charge(8 * stored as u64)?;
        let mut values = read_as::<f64>(self.source, kind, stored, self.big_endian)?;
        values.truncate(entries);
        self.pad(&tag, end)?;
        Ok(values)
    }
}
