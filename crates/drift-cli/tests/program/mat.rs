//! Writes MAT files of level 5, so that a test can make a laboratory's layout with numbers of its
//! own.

use std::path::Path;

/// A value of a MAT file.
#[derive(Debug, Clone)]
pub enum Mat {
    /// Doubles in column-major order.
    Numbers(Vec<usize>, Vec<f64>),
    /// A row of characters.
    Text(&'static str),
    /// A cell array.
    Cells(Vec<usize>, Vec<Mat>),
    /// One struct.
    Struct(Vec<(&'static str, Mat)>),
}

impl Mat {
    /// `[]`.
    pub fn empty() -> Self {
        Self::Numbers(vec![0, 0], Vec::new())
    }

    /// A scalar.
    pub fn number(value: f64) -> Self {
        Self::Numbers(vec![1, 1], vec![value])
    }

    /// A row of cells.
    pub fn row(cells: Vec<Mat>) -> Self {
        Self::Cells(vec![1, cells.len()], cells)
    }

    fn element(&self, name: &str) -> Vec<u8> {
        let (class, dims): (u32, Vec<usize>) = match self {
            Self::Numbers(dims, _) => (6, dims.clone()),
            Self::Text(text) => (4, vec![1, text.len()]),
            Self::Cells(dims, _) => (1, dims.clone()),
            Self::Struct(_) => (2, vec![1, 1]),
        };
        let mut inner = tagged(6, &[class, 0].map(u32::to_le_bytes).concat());
        let dims: Vec<[u8; 4]> = dims
            .iter()
            .map(|&size| (size as i32).to_le_bytes())
            .collect();
        inner.extend(tagged(5, &dims.concat()));
        inner.extend(tagged(1, name.as_bytes()));
        match self {
            Self::Numbers(_, values) => {
                let bytes: Vec<[u8; 8]> = values.iter().map(|value| value.to_le_bytes()).collect();
                inner.extend(tagged(9, &bytes.concat()));
            }
            Self::Text(text) => {
                let bytes: Vec<[u8; 2]> = text.encode_utf16().map(u16::to_le_bytes).collect();
                inner.extend(tagged(4, &bytes.concat()));
            }
            Self::Cells(_, cells) => cells.iter().for_each(|cell| inner.extend(cell.element(""))),
            Self::Struct(fields) => {
                inner.extend(tagged(5, &FIELD_NAME.to_le_bytes()));
                let mut names = vec![0; FIELD_NAME as usize * fields.len()];
                let slots = names.chunks_mut(FIELD_NAME as usize);
                for (slot, (name, _)) in slots.zip(fields) {
                    slot[..name.len()].copy_from_slice(name.as_bytes());
                }
                inner.extend(tagged(1, &names));
                fields
                    .iter()
                    .for_each(|(_, value)| inner.extend(value.element("")));
            }
        }
        tagged(14, &inner)
    }
}

/// Bytes of a field's name with its zero at the end: MATLAB's own number.
const FIELD_NAME: i32 = 64;

/// Type, length, data, and zeros up to a multiple of eight bytes.
fn tagged(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut element = [kind, data.len() as u32].map(u32::to_le_bytes).concat();
    element.extend(data);
    element.resize(element.len().next_multiple_of(8), 0);
    element
}

/// Writes variables into a file.
pub fn write(path: &Path, variables: &[(&str, Mat)]) {
    let mut bytes = b"MATLAB 5.0 MAT-file, Platform: GLNXA64".to_vec();
    bytes.resize(124, b' ');
    bytes.extend([0, 1, b'I', b'M']);
    for (name, value) in variables {
        bytes.extend(value.element(name));
    }
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
    std::fs::write(path, bytes).expect("written");
}
