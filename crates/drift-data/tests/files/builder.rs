//! Level-5 files made byte by byte, for what no program at hand would write.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Element types.
pub const INT8: u32 = 1;
pub const UINT8: u32 = 2;
pub const INT16: u32 = 3;
pub const UINT16: u32 = 4;
pub const INT32: u32 = 5;
pub const UINT32: u32 = 6;
pub const DOUBLE: u32 = 9;

/// Array flags.
pub const LOGICAL: u32 = 0x200;
pub const COMPLEX: u32 = 0x800;

/// Array classes.
pub const CELL: u32 = 1;
pub const STRUCT: u32 = 2;
pub const CHAR: u32 = 4;
pub const SPARSE: u32 = 5;
pub const CLASS_DOUBLE: u32 = 6;
pub const FUNCTION: u32 = 16;

/// Writes elements in one byte order.
#[derive(Clone, Copy)]
pub struct Builder {
    pub big_endian: bool,
}

pub const LITTLE: Builder = Builder { big_endian: false };
pub const BIG: Builder = Builder { big_endian: true };

impl Builder {
    fn word(self, value: u32) -> [u8; 4] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    /// Numbers of any type in this byte order.
    pub fn f64s(self, values: &[f64]) -> Vec<u8> {
        let bytes = |value: &f64| {
            if self.big_endian {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            }
        };
        values.iter().flat_map(bytes).collect()
    }

    pub fn i32s(self, values: &[i32]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| self.word(*value as u32))
            .collect()
    }

    pub fn u16s(self, values: &[u16]) -> Vec<u8> {
        let bytes = |value: &u16| {
            if self.big_endian {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            }
        };
        values.iter().flat_map(bytes).collect()
    }

    /// An element with padding, as a small element if it fits.
    pub fn element(self, kind: u32, data: &[u8]) -> Vec<u8> {
        if !data.is_empty() && data.len() <= 4 {
            let mut out = self.word((data.len() as u32) << 16 | kind).to_vec();
            out.extend_from_slice(data);
            out.resize(8, 0);
            return out;
        }
        let mut out = self.word(kind).to_vec();
        out.extend(self.word(data.len() as u32));
        out.extend_from_slice(data);
        out.resize(out.len().next_multiple_of(8), 0);
        out
    }

    /// A matrix element.
    pub fn matrix(self, class: u32, dims: &[i32], name: &str, parts: &[Vec<u8>]) -> Vec<u8> {
        let mut body = self.element(UINT32, &self.i32s(&[class as i32, 0]));
        body.extend(self.element(INT32, &self.i32s(dims)));
        body.extend(self.element(INT8, name.as_bytes()));
        body.extend(parts.iter().flatten());
        self.element(14, &body)
    }

    pub fn doubles(self, name: &str, dims: &[i32], values: &[f64]) -> Vec<u8> {
        self.matrix(
            CLASS_DOUBLE,
            dims,
            name,
            &[self.element(DOUBLE, &self.f64s(values))],
        )
    }

    pub fn text(self, name: &str, text: &str) -> Vec<u8> {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.matrix(
            CHAR,
            &[1, units.len() as i32],
            name,
            &[self.element(UINT16, &self.u16s(&units))],
        )
    }

    pub fn cell(self, name: &str, dims: &[i32], items: &[Vec<u8>]) -> Vec<u8> {
        self.matrix(CELL, dims, name, items)
    }

    /// A struct array; the values come element by element.
    pub fn structure(
        self,
        name: &str,
        dims: &[i32],
        length: usize,
        fields: &[&str],
        values: &[Vec<u8>],
    ) -> Vec<u8> {
        let mut names = Vec::new();
        for field in fields {
            names.extend_from_slice(field.as_bytes());
            names.resize(names.len().next_multiple_of(length), 0);
        }
        let mut parts = vec![
            self.element(INT32, &self.i32s(&[length as i32])),
            self.element(INT8, &names),
        ];
        parts.extend_from_slice(values);
        self.matrix(STRUCT, dims, name, &parts)
    }

    /// A sparse matrix, its values as the given bytes.
    pub fn sparse(
        self,
        flags: u32,
        name: &str,
        dims: &[i32],
        rows: &[i32],
        starts: &[i32],
        values: Vec<u8>,
    ) -> Vec<u8> {
        let parts = [
            self.element(INT32, &self.i32s(rows)),
            self.element(INT32, &self.i32s(starts)),
            values,
        ];
        self.matrix(SPARSE | flags, dims, name, &parts)
    }

    pub fn unset(self) -> Vec<u8> {
        self.element(14, &[])
    }

    /// A file of these variables.
    pub fn file(self, variables: &[Vec<u8>]) -> Vec<u8> {
        let mut out = b"MATLAB 5.0 MAT-file, made by a test".to_vec();
        out.resize(116, b' ');
        out.resize(124, 0);
        out.extend(if self.big_endian {
            *b"\x01\x00MI"
        } else {
            *b"\x00\x01IM"
        });
        out.extend(variables.iter().flatten());
        out
    }

    pub fn compressed(self, variable: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(variable).unwrap();
        let data = encoder.finish().unwrap();
        let mut out = self.word(15).to_vec();
        out.extend(self.word(data.len() as u32));
        out.extend(data);
        out
    }
}
