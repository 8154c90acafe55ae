//! Bounds on memory and nesting.

/// What a file may make the reader do.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `inflated_bytes` | 4 GiB | bytes that all compressed variables together may inflate to |
/// | `decoded_bytes` | 4 GiB | memory that all values together may take |
/// | `depth` | 64 | cells and structs inside each other; more than 512 counts as 512 |
///
/// The ratio of inflated to compressed bytes is not limited: real recordings reach 64 : 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes that all compressed variables together may inflate to.
    pub inflated_bytes: u64,
    /// Most bytes of memory that all values together may take.
    pub decoded_bytes: u64,
    /// Deepest nesting of cells and structs.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            inflated_bytes: 4 << 30,
            decoded_bytes: 4 << 30,
            depth: 64,
        }
    }
}
